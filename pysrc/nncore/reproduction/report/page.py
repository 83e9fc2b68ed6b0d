"""A page of headings, paragraphs, tables and figures, in Markdown and in HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Heading(NamedTuple):
    text: str
    level: int


class Table(NamedTuple):
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


class Figure(NamedTuple):
    path: str
    caption: str


Block = Heading | Table | Figure | str  # a str is a paragraph


def markdown(blocks: Iterable[Block]) -> str:
    """Return the page in Markdown.

    Examples
    --------
    >>> print(markdown([Heading("Title", 1), Table(["a", "b"], [["1", "2"]])]), end="")
    # Title
    <BLANKLINE>
    | a | b |
    | --- | --- |
    | 1 | 2 |
    """
    parts = []
    for block in blocks:
        if isinstance(block, Heading):
            parts.append(f"{'#' * block.level} {block.text}")
        elif isinstance(block, Table):
            rows = [block.head, ["---"] * len(block.head), *block.rows]
            parts.append("\n".join(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows))
        elif isinstance(block, Figure):
            parts.append(f"![{block.caption}]({block.path})\n\n*{block.caption}*")
        else:
            parts.append(block)
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #ccc;padding:.2rem .5rem;"
    "text-align:left;vertical-align:top}tr.below td,tr.differs td{background:#fde8e8}"
    "figure{margin:1rem 0}img{max-width:100%}"
)


def as_html(blocks: Iterable[Block]) -> str:
    """Return the page in HTML, a complete document."""
    parts = []
    for block in blocks:
        if isinstance(block, Heading):
            parts.append(f"<h{block.level}>{html.escape(block.text)}</h{block.level}>")
        elif isinstance(block, Table):
            head = "".join(f"<th>{html.escape(cell)}</th>" for cell in block.head)
            parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>")
            for row in block.rows:
                cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in row)
                parts.append(f'<tr class="{html.escape(row[-1].split(" ")[0])}">{cells}</tr>')
            parts.append("</tbody></table>")
        elif isinstance(block, Figure):
            caption = html.escape(block.caption)
            parts.append(
                f'<figure><img src="{html.escape(block.path)}" alt="{caption}">'
                f"<figcaption>{caption}</figcaption></figure>"
            )
        else:
            parts.append(f"<p>{_inline(html.escape(block, quote=False))}</p>")
    title = next((block.text for block in blocks if isinstance(block, Heading)), "nncore")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def _inline(text: str) -> str:
    """Return a text with Markdown's **strong**, *emphasis* and `code` as HTML."""
    for mark, tag in (("**", "strong"), ("*", "em"), ("`", "code")):
        pieces = text.split(mark)
        text = "".join(piece if i % 2 == 0 else f"<{tag}>{piece}</{tag}>" for i, piece in enumerate(pieces))
    return text
