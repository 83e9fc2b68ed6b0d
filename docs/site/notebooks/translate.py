"""A page of the site as a notebook that any Jupyter shows: directives become plain Markdown and HTML."""

import base64
import mimetypes
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from nncore.book.exercises import find

FENCE = re.compile(r"^(?P<indent> *)(?P<marks>`{3,}|:{3,})\{(?P<name>[\w:-]+)\} *(?P<argument>.*)$")
ROLE = re.compile(r"\{(?P<name>[\w:-]+)\}`(?P<text>[^`]*)`")
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]+)\]\((?P<target>[^)\s]+)\)")
IMAGE = re.compile(r"!\[(?P<words>[^\]]*)\]\((?P<target>[^)\s]+)\)(?:\{[^}]*\})?")
TARGET = re.compile(r"^\([\w-]+\)=\n", re.MULTILINE)
ADMONITIONS = ("admonition", "attention", "caution", "danger", "error", "hint", "important", "note", "tip",
               "warning", "seealso")  # fmt: skip
LEFT_OUT = ("toctree", "contents", "eval-rst", "raw", "glue:figure")
LANGUAGES = {".py": "python", ".pyx": "cython", ".pxd": "cython", ".c": "c", ".h": "c", ".js": "javascript"}
FIRST = (
    "*This notebook is a page of nncore's documentation. It needs nncore with the packages of its extra "
    '`docs`: `pip install ".[docs]"` in nncore\'s repository.*'
)


def translated(notebook: NotebookNode, source: Path, root: Path) -> NotebookNode:
    """Return a notebook whose Markdown is plain.

    Parameters
    ----------
    notebook : NotebookNode
        As it was executed. It is changed in place.
    source : Path
        The page's file, which links and files in it are relative to.
    root : Path
        The folder of the documentation, where paths that begin with / start.
    """
    page = Page(source, root, glued(notebook))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            page.attachments = {}
            cell.source = page.markdown(cell.source)
            if page.attachments:
                cell.attachments = page.attachments
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    notebook.cells.insert(0, new_markdown_cell(FIRST))
    for number, cell in enumerate(notebook.cells):  # the same build gives the same file
        cell.id = f"cell-{number}"
    return notebook


def glued(notebook: NotebookNode) -> dict[str, str]:
    """Return the values that cells have given a name with `glue`, as text."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name", "")
            if name:
                found[name] = output.get("data", {}).get("text/plain", "").strip("'\"")
        cell["outputs"] = [
            output
            for output in cell.get("outputs", [])
            if not output.get("metadata", {}).get("scrapbook", {}).get("mime_prefix")
        ]
        if cell.cell_type != "code":
            del cell["outputs"]
    return found


class Page:
    """The Markdown of one page, translated piece by piece; pictures are collected in `attachments`."""

    def __init__(self, source: Path, root: Path, values: dict[str, str]) -> None:
        self.source, self.root, self.values = source, root, values
        self.attachments: dict[str, dict[str, str]] = {}

    def markdown(self, text: str) -> str:
        """Translate a text: its directives first, then what stands within lines, but not within code."""
        done, plain, lines = [], [], text.splitlines()

        def end_of_plain() -> None:
            if plain:
                done.append(self.inline("\n".join(plain)))
                plain.clear()

        at = 0
        while at < len(lines):
            opened = FENCE.match(lines[at])
            code = re.match(r"^ *(`{3,}|~{3,})", lines[at])
            if not (opened or code):
                if not lines[at].startswith("%"):  # a comment
                    plain.append(lines[at])
                at += 1
                continue
            end_of_plain()
            marks = opened["marks"] if opened else code[1]  # type: ignore[index]  # one of the two has matched
            end = next(
                (i for i in range(at + 1, len(lines))
                 if re.fullmatch(rf" *{re.escape(marks[0])}{{{len(marks)},}} *", lines[i])),
                len(lines),
            )  # fmt: skip
            if opened:
                done.append(self.directive(opened["name"], opened["argument"], lines[at + 1 : end]))
            else:
                done.append("\n".join(lines[at : end + 1]))
            at = end + 1
        end_of_plain()
        return "\n".join(done).strip("\n")

    # ---- directives

    def directive(self, name: str, argument: str, body: list[str]) -> str:
        options, body = split_options(body)
        if name in LEFT_OUT:
            return ""
        written: dict[str, Callable[[str, dict[str, str], list[str]], str]] = {
            "literalinclude": self.literalinclude,
            "include": self.include,
            "math": lambda argument, options, body: "\n".join(["", "$$", argument, *body, "$$", ""]),
            "figure": self.figure,
            "image": self.figure,
            "screen": self.screen,
            "exercise": self.exercise,
            "dropdown": self.dropdown,
            "code-block": lambda argument, options, body: "\n".join([f"```{argument}", *body, "```"]),
        }
        written["code"] = written["sourcecode"] = written["code-block"]
        written["details"] = written["dropdown"]
        if name in ADMONITIONS:
            title = argument if name == "admonition" else name.capitalize()
            first = "" if name == "admonition" else argument
            inner = f"**{self.inline(title)}.** {first}\n{self.markdown(chr(10).join(body))}"
            return "\n" + "\n".join(f"> {line}".rstrip() for line in inner.splitlines()) + "\n"
        if name in written:
            return written[name](argument, options, body)
        title = [f"**{self.inline(argument)}**", ""] if argument and not argument.isdigit() else []
        return "\n".join(["", *title, self.markdown("\n".join(body)), ""])  # cards, tabs and so on

    def dropdown(self, argument: str, options: dict[str, str], body: list[str]) -> str:
        inner = self.markdown("\n".join(body))
        return f"\n<details><summary>{argument or 'More'}</summary>\n\n{inner}\n\n</details>\n"

    def screen(self, argument: str, options: dict[str, str], body: list[str]) -> str:
        return (
            f"\n*The screen {argument} of `nncore play` stands here. The command `nncore play` opens it.*\n"
        )

    def exercise(self, argument: str, options: dict[str, str], body: list[str]) -> str:
        found = [find(number) for number in argument.split()]
        items = [
            f"- **{one.number or one.names[0]} {one.title}.** {one.question} "
            f"(`nncore book exercise {one.number or one.names[0]} --answer`)"
            for one in found
        ]
        return "\n" + "\n".join(" ".join(item.split()) for item in items) + "\n"

    def figure(self, argument: str, options: dict[str, str], body: list[str]) -> str:
        caption = self.markdown("\n".join(body))
        return f"\n{self.picture(options.get('alt', ''), argument.strip())}\n\n{caption}\n"

    def literalinclude(self, argument: str, options: dict[str, str], body: list[str]) -> str:
        path = self.file(argument)
        return "\n".join(
            ["", f"```{LANGUAGES.get(path.suffix, '')}", part(path, options).strip("\n"), "```", ""]
        )

    def include(self, argument: str, options: dict[str, str], body: list[str]) -> str:
        path = self.file(argument)
        inner = Page(path, self.root, self.values)
        text = inner.markdown(part(path, options))
        self.attachments.update(inner.attachments)
        return text

    # ---- within lines

    def inline(self, text: str) -> str:
        text = TARGET.sub("", text)
        text = IMAGE.sub(lambda found: self.picture(found["words"], found["target"]), text)
        text = ROLE.sub(lambda found: self.role(found["name"], found["text"]), text)
        return LINK.sub(lambda found: found[0] if "://" in found["target"] else found["text"], text)

    def role(self, name: str, text: str) -> str:
        if name.startswith("glue") or name == "eval":
            value, _, form = text.partition(":")
            shown = self.values.get(value, value)
            try:
                return format(float(shown), form) if form else shown
            except ValueError:
                return shown
        if name == "math":
            return f"${text}$"
        titled = re.fullmatch(r"(.*\S) *<[^>]*>", text)
        return titled[1] if titled else text if name in ("ref", "doc", "abbr") else f"`{text.lstrip('~!')}`"

    def picture(self, words: str, target: str) -> str:
        """Attach a picture to the cell, so that the notebook is one file."""
        path = self.file(target)
        if "://" in target or not path.is_file():
            return f"![{words}]({target})"
        kind = mimetypes.guess_type(path.name)[0] or "image/png"
        self.attachments[path.name] = {kind: base64.b64encode(path.read_bytes()).decode()}
        return f"![{words}](attachment:{path.name})"

    def file(self, name: str) -> Path:
        name = name.strip()
        return self.root / name[1:] if name.startswith("/") else self.source.parent / name


def split_options(body: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return the options at the head of a directive's body, and the rest."""
    options: dict[str, Any] = {}
    lines = list(body)
    if lines and lines[0].strip() == "---":
        end = next((i for i in range(1, len(lines)) if lines[i].strip() == "---"), len(lines) - 1)
        for line in lines[1:end]:
            key, _, value = line.partition(":")
            options[key.strip()] = unquoted(value)
        return options, lines[end + 1 :]
    while lines and (found := re.match(r"^ *:([\w-]+):(?: (.*))?$", lines[0])):
        options[found[1]] = unquoted(found[2] or "")
        lines.pop(0)
    return options, lines


def unquoted(value: str) -> str:
    """Return the value of an option without the quotes of YAML."""
    value = value.strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value


def part(path: Path, options: dict[str, str]) -> str:
    """Return the part of a file that the options of an include choose."""
    text = path.read_text()
    if after := options.get("start-after"):
        text = text.partition(after)[2].partition("\n")[2]
    if at := options.get("start-at"):
        text = text[text.find(at) :]
    if before := options.get("end-before"):
        text = text.partition(before)[0].rpartition("\n")[0]
    if lines := options.get("lines"):
        chosen = []
        for span in lines.split(","):
            first, dash, last = span.partition("-")
            chosen += text.splitlines()[
                int(first or 1) - 1 : (int(last) if last else None) if dash else int(first)
            ]
        text = "\n".join(chosen)
    return text
