"""The messages of the package that advise code or a command, found in its sources."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nncore

PACKAGE = Path(nncore.__file__).parent
ADVISES = re.compile(
    r"\bnn\.\w|\bnp\.\w|\.astype\(|\b[A-Z]\w+\(\w|"
    r"\bnet\.\w|\bnncore[ .][a-z-]+\b|`[^`]+`|pip install|--[a-z]+\b|\b\w+=[\w\"'(\[{]|"
    r"\b(?:pass|use|take|write|try|call|install|begin|draw|put) (?:a |the )?[\w.]*[\"'`(=_.\d]",
    re.IGNORECASE,
)
SPOKEN = ("warn", "warn_explicit", "echo", "Finding", "error", "print", "append", "_warn", "_print")


def text_of(node: ast.AST) -> str | None:
    """The text of a string, in which {} stands for what is filled in; None if the node is no string."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            "{}" if isinstance(part, ast.FormattedValue) else text_of(part) or "" for part in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = text_of(node.left), text_of(node.right)
        return None if left is None and right is None else f"{left or '{}'}{right or '{}'}"
    return None


def docstrings(tree: ast.AST) -> set[int]:
    """The ids of the nodes that are docstrings."""
    found = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            found |= {
                id(statement.value)
                for statement in body
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            }
    return found


def advice() -> list[tuple[str, str]]:
    """(module, text) of each string in the package that advises something."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if "_answers" in path.parts:  # answers to exercises, which print what they found
            continue
        tree = ast.parse(path.read_text())
        skipped = docstrings(tree)
        inside: set[int] = set()
        for node in ast.walk(tree):  # a string comes before its parts
            text = None if id(node) in skipped | inside else text_of(node)
            if text is None:
                continue
            inside |= {id(part) for part in ast.walk(node)} - {id(node)}
            if " " in text.strip() and ADVISES.search(text):
                found.append((path.relative_to(PACKAGE).as_posix(), " ".join(text.split())))
    return found
