"""This module puts the ES modules that a screen needs into one text: for an exported page and for notebooks.

The front end has no build step: its modules import one another by relative paths, and ``nncore play`` serves
them as they are. A page that is one file, and the `_esm` of an anywidget, cannot import by paths. There
`LOADER`, a few lines of JavaScript, makes a blob of each module, in an order in which every module comes
after those that it imports, and puts the blobs' addresses in place of the names.

One form of import is known, on one line or several, at the beginning of a line:

    import { html, render } from "../vendor/lit-html.js";

Default imports, ``* as name``, and ``import "./name.js";`` alone are as good. Whatever else imports is
refused with the name of its file.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import NamedTuple

STATIC = Path(__file__).parents[1] / "play" / "static"

IMPORT = re.compile(r'^import\s+([\w$*{}\s,]+?\s+from\s+)?"(\.\.?/[^"\n]+)";', re.MULTILINE)
OTHER_IMPORT = re.compile(
    r'^[ \t]*(?:import\b(?![.:])[^\n]*|export\b[^"\'\n]*\bfrom\s*["\'][^\n]*)|\bimport\s*\([^\n]*',
    re.MULTILINE,
)
# A comment that has its lines to itself. Licences stay.
COMMENT = re.compile(r"^[ \t]*(?:/\*(?!!)(?:(?!\*/|@license)[\s\S])*\*/|//[^\n]*)[ \t]*\n", re.MULTILINE)
TYPE = re.compile(r"/\*\*[^\n]*?\*/")  # within a line; it may name a type of another module
BLANKS = re.compile(r"^[ \t]+", re.MULTILINE)

LOADER = "file/loader.js"
# What the page around the modules names, in `formats.html_page` and `formats.page_about`.
PAGE_WORDS = {
    "nn",
    "file",
    "stage",
    "gallery",
    "about",
    "cap",
    "grid",
    "curve",
    "last",
    "end",
    "middle",
    "name",
    "value",
}
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")  # selectors and declarations
NAME = re.compile(r"[.#]([\w-]+)|\b(nn-\w+)")  # of a class, an element of ours, an id


class Module(NamedTuple):
    """A module of the front end: its path below `static`, and its text, which imports by such paths."""

    name: str
    text: str


def collect(*names: str, root: Path = STATIC) -> list[Module]:
    """Return modules and all that they import, each after those that it imports.

    Parameters
    ----------
    *names : str
        Paths below `root`, such as "screens/draw.js".
    root : path
        The folder of the front end.

    Raises
    ------
    ValueError
        A module is not there, imports in a form that is not known, or imports itself by way of others.

    Examples
    --------
    >>> from nncore.files import es_modules
    >>> [module.name for module in es_modules.collect("net/train.js")]
    ['net/forward.js', 'net/train.js']
    """
    found: dict[str, Module] = {}
    for name in names:
        _collect(name, root, found, ())
    return list(found.values())


def _collect(name: str, root: Path, found: dict[str, Module], importing: tuple[str, ...]) -> None:
    """Add a module to those found, after what it imports."""
    if name in found:
        return
    if name in importing:
        raise ValueError(f"{name}: it imports itself, by way of {' and '.join(importing)}")
    path = root / name
    if name.startswith("..") or not path.is_file():
        by = f"; {importing[-1]} imports it" if importing else ""
        raise ValueError(f"{name}: there is no such module{by}")
    text = path.read_text(encoding="utf-8")
    if not name.startswith("vendor/"):
        text = plain(text)

    def linked(statement: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), statement[2]))
        _collect(target, root, found, (*importing, name))
        return " ".join(["import", *(statement[1] or "").split(), f'"/{target}";'])

    if other := OTHER_IMPORT.search(IMPORT.sub("", TYPE.sub("", text))):
        needed = 'an import of the form import { ... } from "./name.js"; needed'
        raise ValueError(f"{name}: {needed}, got {other[0].strip()!r:.80}")
    found[name] = Module(name, IMPORT.sub(linked, text))


def text_of(name: str, root: Path = STATIC) -> str:
    """Return a script without its comments."""
    return plain((root / name).read_text(encoding="utf-8"))


def plain(text: str) -> str:
    """Return a script without the comments that have lines to themselves, and without leading blanks."""
    return BLANKS.sub("", COMMENT.sub("", text))


def styles(*names: str, used_by: list[Module] | None = None, root: Path = STATIC) -> str:
    """Return style sheets without their comments; one that is not there has no rules.

    Parameters
    ----------
    *names : str
        Paths below `root`.
    used_by : list of Module, optional
        Rules for classes and elements that none of these modules, nor the page around them, names are left
        out.
    root : path
        The folder of the front end.
    """
    texts = (path.read_text(encoding="utf-8") for name in names if (path := root / name).is_file())
    text = re.sub(r"/\*.*?\*/\s*", "", "".join(texts), flags=re.DOTALL)
    if used_by is None:
        return text
    words = {word for module in used_by for word in re.findall(r"[\w-]+", module.text)} | PAGE_WORDS
    return RULE.sub(lambda rule: _used(rule, words), text)


def _used(rule: re.Match[str], words: set[str]) -> str:
    """Return a rule with those selectors alone whose classes and elements are among the words."""
    begin, *_ = re.split(r"[^\s]", rule[1], maxsplit=1)
    kept = [
        selector
        for selector in rule[1].strip().split(",")
        if {one or other for one, other in NAME.findall(selector)} <= words
    ]
    return f"{begin}{','.join(kept)}{{{rule[2]}}}" if kept else begin


def as_json(*names: str, root: Path = STATIC) -> str:
    """Return modules and all that they import as JSON, for `LOADER`."""
    return json.dumps(collect(*names, root=root), ensure_ascii=False, separators=(",", ":"))


def esm(name: str, host: str, root: Path = STATIC) -> str:
    """Return one module that is all a screen needs: the `_esm` of an anywidget.

    Parameters
    ----------
    name : str
        The module of the screen, whose default export is the screen.
    host : str
        The module whose function `hosted` makes of a screen what anywidget takes.

    Examples
    --------
    >>> from nncore.files import es_modules
    >>> es_modules.esm("net/train.js", "net/load.js").splitlines()[-1]
    'export default host.hosted(screen.default);'
    """
    return (
        f"const modules = {as_json(name, host, root=root)};\n"
        f"{text_of(LOADER)}const addresses = addressesOf(modules);\n"
        f"const screen = await import(addresses[{json.dumps(name)}]);\n"
        f"const host = await import(addresses[{json.dumps(host)}]);\n"
        "export default host.hosted(screen.default);\n"
    )
