"""Links that lead out of `docs/`, to files of the repository, lead to pages of the site as well.

A page of the documentation links to `../nncore/passes/backward.pxd` as one does on a code host. On the site,
a file that some page includes whole (ARCHITECTURE.md, see `repository_pages` in conf.py) is that page; any
other file becomes a page that shows it. `../nncore/equations/dense.pxd#hidden_delta` leads to the line that
defines `hidden_delta`: a name that the file does not define is an error. Code such as
`equations/dense.pxd:hidden_delta` becomes such a link by itself.
"""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from markdown_it.tree import SyntaxTreeNode
from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
FOLDER = "files"  # of the site: files/nncore/passes/backward.pxd.html
LEXERS = {".pxd": "x.pyx", ".h": "x.c"}  # where Pygments goes by another name
PLACE = re.compile(r"(?P<path>[\w/]+\.(?:pxd|pyx|h|py))(?::(?P<name>\w+))?")

render_link_unknown = SphinxRenderer.render_link_unknown


def render_link(self: SphinxRenderer, token: SyntaxTreeNode) -> None:
    """Render a link: to a file or folder of the repository as this module does, others as MyST does."""
    env = self.sphinx_env
    docs = Path(env.srcdir).resolve()
    path, _, name = self.md.normalizeLinkText(str(token.attrGet("href") or "")).partition("#")
    file = None if not path or path.startswith("/") else found(path, Path(self.document["source"]), env)
    if file is None:
        return render_link_unknown(self, token)
    page = page_of(file, docs, env)
    if page:
        link = addnodes.pending_xref(
            refdomain="doc",
            reftype="myst",
            refdoc=env.docname,
            reftarget=page,
            reftargetid=name or None,
            refexplicit=True,
        )
    else:
        link = marked(env, file.relative_to(docs.parent).as_posix(), name)
    self.add_line_and_source_path(link, token)
    self.current_node.append(link)
    inner = nodes.inline("", "", classes=["xref", "myst"])
    link.append(inner)
    with self.current_node_context(inner):
        self.render_children(token)
    return None


def found(path: str, source: Path, env: BuildEnvironment) -> Path | None:
    """Return the file or folder that a link names, from where it stands in a file, or from the page."""
    root = Path(env.srcdir).resolve().parent
    for place in (source.parent, Path(env.doc2path(env.docname)).parent):
        file = (place / path).resolve()
        if file.exists() and file.is_relative_to(root):
            return file
    return None


def page_of(file: Path, docs: Path, env: BuildEnvironment) -> str:
    """Return the name of the page that a file is, or an empty text."""
    if file.is_relative_to(docs):
        inside = file.relative_to(docs)
        page = (inside / "index" if file.is_dir() else inside.with_suffix("")).as_posix()
        is_page = file.is_dir() or file.suffix == ".md"
    else:
        page = env.config.repository_pages.get(file.relative_to(docs.parent).as_posix(), "")
        is_page = True
    return page if is_page and page in env.found_docs else ""


def marked(env: BuildEnvironment, file: str, name: str) -> nodes.reference:
    """Return a link to a file of the repository whose address is found when the page is written."""
    env.repository_files.setdefault(env.docname, set()).add(file)
    return nodes.reference("", "", internal=True, repository_file=file, repository_name=name)


class CodePlaces(SphinxTransform):
    """Make links of code that names a place in the sources: `equations/dense.pxd:hidden_delta`."""

    default_priority = 400

    def apply(self, **kwargs: Any) -> None:
        root = Path(self.env.srcdir).resolve().parent
        for code in [*self.document.findall(nodes.literal)]:
            place = PLACE.fullmatch(code.astext())
            around = code.parent.parent if isinstance(code.parent, nodes.inline) else code.parent
            if place is None or isinstance(around, nodes.reference | addnodes.pending_xref | nodes.title):
                continue
            candidates = [f"{above}{place['path']}" for above in ("", "nncore/", "pysrc/nncore/")]
            path = next((one for one in candidates if (root / one).is_file()), None)
            if path is not None and "/" in place["path"]:
                link = marked(self.env, path, place["name"] or "")
                link.source, link.line = code.source, code.line
                code.replace_self(link)
                link.append(code)


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Give marked links their address."""
    for link in doctree.findall(nodes.reference):
        file = link.attributes.pop("repository_file", None)
        if file is not None:
            name = link.attributes.pop("repository_name")
            line = line_of(app, file, name, link) if name else 0
            page = app.builder.get_relative_uri(docname, f"{FOLDER}/{file}")
            link["refuri"] = f"{page}#L-{line}" if line else page


def line_of(app: Sphinx, file: str, name: str, link: nodes.Element) -> int:
    """Return the line that a link means: L33, or the one that defines a name."""
    if numbered := re.fullmatch(r"L(\d+)", name):
        return int(numbered[1])
    path = Path(app.srcdir).parent / file
    if not path.is_file():
        return 0
    text, word = path.read_text(), re.escape(name)
    defining = (
        rf"^\s*(?:async )?def {word}\b|^\s*class {word}\b",  # Python
        rf"^\s*(?:cdef|cpdef|ctypedef)\b.*\b{word}\b",  # Cython
        rf"^(?:\#\s*define|typedef|struct|enum)\b.*\b{word}\b|^[A-Za-z_][^;=\n]*\b{word}\(",  # C
        rf"^{word}\b ?[:=]",
    )
    for pattern in defining:
        if match := re.search(pattern, text, re.MULTILINE):
            return (
                text[: match.start()].count("\n")
                + 1
                + match[0].count("\n", 0, len(match[0]) - len(match[0].lstrip()))
            )
    LOGGER.warning("%s does not define %s", file, name, location=link, type="repository", subtype="name")
    return 0


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield a page for each file of the repository that some page links to."""
    root = Path(app.srcdir).parent
    for inside in sorted(set().union(*app.env.repository_files.values())):
        path = root / inside
        body = listing(path) if path.is_dir() else shown(path)
        yield (
            f"{FOLDER}/{inside}",
            {"title": inside, "body": f"<h1>{html.escape(inside)}</h1>\n{body}"},
            "page.html",
        )


def listing(folder: Path) -> str:
    """Return the names in a folder as HTML."""
    names = [f"{one.name}/" if one.is_dir() else one.name for one in sorted(folder.iterdir())]
    shown_names = [name for name in names if not name.startswith((".", "__pycache__"))]
    return "<ul>" + "".join(f"<li><code>{html.escape(name)}</code></li>" for name in shown_names) + "</ul>"


def shown(path: Path) -> str:
    """Return a file as HTML, with an anchor on each line."""
    try:
        lexer = get_lexer_for_filename(LEXERS.get(path.suffix, path.name))
    except ClassNotFound:
        lexer = TextLexer()
    form = HtmlFormatter(lineanchors="L", anchorlinenos=True, linenos="inline", wrapcode=True)
    return highlight(path.read_text(errors="replace"), lexer, form)


def begin(app: Sphinx) -> None:
    if not hasattr(app.env, "repository_files"):
        app.env.repository_files = {}


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    env.repository_files.pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
    env.repository_files.update(
        {name: files for name, files in other.repository_files.items() if name in docnames}
    )


def setup(app: Sphinx) -> dict[str, Any]:
    SphinxRenderer.render_link_unknown = render_link  # MyST has no hook for links
    app.add_config_value("repository_pages", {}, "env", dict)
    app.add_transform(CodePlaces)
    app.connect("builder-inited", begin)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("doctree-resolved", resolve)
    app.connect("html-collect-pages", pages)
    return {"version": "1", "env_version": 2, "parallel_read_safe": True, "parallel_write_safe": True}
