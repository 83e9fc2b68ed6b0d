"""Words with formulas, for a terminal: TeX becomes what one would type."""

from __future__ import annotations

import re
import textwrap

WIDTH = 100
SIGNS = {
    "odot": "*", "times": "*", "cdot": ".", "le": "<=", "ge": ">=", "ne": "!=", "approx": "~", "to": "->",
    "infty": "infinity", "ldots": "...", "quad": " ", "left": "", "right": "", "Rightarrow": "=>", "pm": "+-",
    ",": " ", ";": " ", "!": "", "prime": "'",
}  # fmt: skip


def plain(markdown: str) -> str:
    """Return Markdown with formulas as lines of a terminal.

    Examples
    --------
    >>> print(plain(r"By the chain rule $\\frac{\\partial C}{\\partial b_j} = \\delta_j^{l+1}$."))
    By the chain rule dC/db_j = delta_j^(l+1).
    """
    paragraphs = re.split(r"\n\s*\n", markdown.strip())
    return "\n\n".join(_paragraph(paragraph) for paragraph in paragraphs)


def _paragraph(text: str) -> str:
    if text.startswith("$$"):
        lines = text.strip("$").strip().splitlines()
        return "\n".join("    " + _formula(line) for line in lines)
    if text.startswith("```"):
        return textwrap.indent("\n".join(text.splitlines()[1:-1]), "    ")
    text = re.sub(r"\$([^$]+)\$", lambda match: _formula(match[1]), text).replace("`", "")
    items = re.split(r"\n(?=(?:-|\d+\.) )", text)
    return "\n".join(
        textwrap.fill(
            " ".join(item.split()),
            WIDTH,
            subsequent_indent=" " * len(re.match(r"(?:(?:-|\d+\.) )?", item)[0]),  # type: ignore[index]
            break_long_words=False,
            break_on_hyphens=False,
        )
        for item in items
    )


def _formula(tex: str) -> str:
    """Return one formula without TeX's commands: the innermost braces first."""
    tex = re.sub(r"\\partial\s+", r"\\partial{}", tex).replace(r"\partial{}", "d")
    tex = re.sub(r"\\(?:text|mathrm)\{([^{}]*)\}", r"\1", tex)
    before = None
    while before != tex:
        before = tex
        tex = re.sub(r"([_^])\{([^{}]*)\}", lambda match: match[1] + _tied(match[2]), tex)
        tex = re.sub(r"\\sqrt\{([^{}]*)\}", r"sqrt(\1)", tex)
        tex = re.sub(
            r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}", lambda match: f"{_tied(match[1])}/{_tied(match[2])}", tex
        )
    tex = re.sub(r"\\([A-Za-z]+|[|{},;!])", lambda match: SIGNS.get(match[1], match[1]), tex)
    return " ".join(tex.replace("( ", "(").replace(" )", ")").split())


def _tied(part: str) -> str:
    """Return a part of a formula that holds together, in parentheses if it must be."""
    part = part.strip()
    outside = re.sub(r"\([^()]*\)", "", part)
    return part if re.fullmatch(r"[\w'.^\\]+", outside) else f"({part})"
