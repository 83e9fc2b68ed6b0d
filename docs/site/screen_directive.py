"""The directive `screen` shows a screen of `nncore play` on a page of the site.

    ```{screen} draw
    :state: {"digit": 3}
    ```

Where the site can answer the screen (`screens/answers/NAME.js`), it runs in the page. Elsewhere, and without
JavaScript, the page shows its picture, and says how to open it in `nncore play`. `state` is what the screen
begins with, under the names of its `defaults`.
"""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from docutils.parsers.rst import directives
from PIL import Image
from screens import bundles, networks
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from nncore.files.es_modules import STATIC

FOLDER = "screens"  # of the scripts, below _static
ENTRY = re.compile(r'\{ name: "(\w+)", title: "([^"]+)", chapter: "[^"]+" \}')
TITLES = dict(ENTRY.findall((STATIC / "screens" / "index.js").read_text(encoding="utf-8")))


class ScreenNode(nodes.General, nodes.Element):
    """A screen: attributes ``name`` and ``state``. Its children say in words how to open it."""


def defaults_in(script: str) -> set[str]:
    """Return the names of a screen's `defaults`, and of the constants that they take over (``...START``)."""
    names: set[str] = set()
    for opening in re.finditer(r"defaults: \{|const [A-Z]+ = (?:Object\.freeze\()?\{", script):
        depth, end = 1, opening.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(script[end], 0)
            end += 1
        names.update(re.findall(r"(\w+):", script[opening.end() : end]))
    return names


class ScreenDirective(SphinxDirective):
    """The directive: its argument is the name of the screen."""

    required_arguments = 1
    option_spec = {"state": directives.unchanged_required}  # noqa: RUF012  (docutils' own interface)

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in TITLES:
            raise self.error(f"screen: one of {', '.join(TITLES)} needed, got {name!r}")
        try:
            state = json.loads(self.options.get("state", "{}"))
        except ValueError as reason:
            raise self.error(f"state: JSON needed, got {self.options['state']!r} ({reason})") from None
        if not isinstance(state, dict):
            raise self.error(f"state: an object of JSON needed, got {self.options['state']!r}")
        script = (STATIC / "screens" / f"{name}.js").read_text(encoding="utf-8")
        unknown = [key for key in state if key not in defaults_in(script)]
        if unknown:
            raise self.error(f"state: the screen {name} has no {', '.join(unknown)}")
        digit = state.get("digit", -1)
        if name in bundles.answered() and not (isinstance(digit, int) and -1 <= digit < networks.DIGITS):
            raise self.error(f"state: the site has the test digits 0 to {networks.DIGITS - 1}, got {digit!r}")
        node = ScreenNode("", nodes.paragraph("", "", *opening(name, state)), name=name, state=state)
        self.set_source_info(node)
        return [node]


def opening(name: str, state: dict[str, Any]) -> list[nodes.Node]:
    """Return the sentences that say how to open a screen in `nncore play`."""
    first = [nodes.strong("", TITLES[name]), nodes.Text(", a screen of "), nodes.literal("", "nncore play")]
    if not state:
        return [*first, nodes.Text(": type this line in a terminal, and choose the screen on the left.")]
    middle = nodes.Text(": type this line in a terminal, and end the page's address in ")
    return [*first, middle, nodes.literal("", fragment(name, state)), nodes.Text(".")]


def fragment(name: str, state: dict[str, Any]) -> str:
    """Return the end of the address that opens a screen with a state, as `lib/links.js` reads it.

    >>> fragment("draw", {"digit": 3, "layer": 2})
    '#draw?digit=3&layer=2'
    """
    values = (
        (key, value if isinstance(value, str) else json.dumps(value, separators=(",", ":")))
        for key, value in state.items()
    )
    query = "&".join(f"{key}={quote(text, safe=',:;@/')}" for key, text in values)
    return f"#{name}{f'?{query}' if query else ''}"


def visit(translator: Any, node: ScreenNode) -> None:
    """Write the figure: the place where the screen runs, its picture, and what stands below."""
    name, state = node["name"], node["state"]
    builder = translator.builder
    static = relative_uri(builder.get_target_uri(builder.current_docname), f"_static/{FOLDER}/")
    live = " data-live" if name in bundles.answered() else ""
    translator.body.append(
        f'<figure class="nn-screen" data-screen="{name}" data-state="{escape(json.dumps(state))}"{live}>\n'
        f'<div class="nn-live"></div>\n<div class="nn-still">{pictures(name, static)}</div>\n<figcaption>'
    )
    if live:
        translator.body.append(
            f'<p class="nn-here"><strong>{escape(TITLES[name])}</strong>, a screen of '
            "<code>nncore play</code>, computed here by your browser. "
            '<button type="button" class="nn-full" hidden>Full screen</button></p>'
        )


def depart(translator: Any, node: ScreenNode) -> None:
    """End the figure."""
    translator.body.append("</figcaption>\n</figure>\n")


def pictures(name: str, static: str) -> str:
    """Return the picture of a screen, light and dark.

    Its size is said, so that what stands below does not move when the picture arrives.
    """
    return "".join(
        f'<img class="nn-{theme} only-{theme}" src="{static}{name}-{theme}.webp" loading="lazy" '
        f'{size_of(path)} alt="{escape(f"The screen {TITLES[name]} of nncore play")}">'
        for theme in ("light", "dark")
        if (path := bundles.PICTURES / f"{name}-{theme}.webp").is_file()
    )


def size_of(path: Path) -> str:
    """Return the attributes that say how large a picture is."""
    with Image.open(path) as picture:
        return f'width="{picture.width}" height="{picture.height}"'


def skip(translator: Any, node: ScreenNode) -> None:
    """Leave it to the children, in a format that is not HTML."""


def write(app: Sphinx) -> None:
    """Write the scripts to where Sphinx takes static files from."""
    if app.builder.format == "html":
        made = Path(app.doctreedir) / "static"
        bundles.write(made / FOLDER)
        app.config.html_static_path.append(str(made))


def add_scripts(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Let the pages that show a screen load its script and style sheet."""
    if doctree is not None and next(doctree.findall(ScreenNode), None) is not None:
        app.add_css_file(f"{FOLDER}/screens.css")
        app.add_js_file(f"{FOLDER}/loader.js")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(
        ScreenNode,
        html=(visit, depart),
        **dict.fromkeys(("latex", "text", "man", "texinfo"), (skip, skip)),
    )
    app.add_directive("screen", ScreenDirective)
    app.connect("builder-inited", write)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
