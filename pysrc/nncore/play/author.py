"""`author` returns the curves that the author of the book published beside his figures."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from nncore.reproduction.published_curves import PUBLISHED, Published, read_published

FOLDERS = ("author_curves", "fig")  # of NNCORE_DATA, in which his files may lie


@functools.cache
def author(program: str) -> tuple[dict[str, Published], bool]:
    """Return the author's curves of a program: all from his file, if it is at hand, else those that ship."""
    folder = os.environ.get("NNCORE_DATA")
    for name in FOLDERS:
        if folder and (path := Path(folder, name, f"{program}.json")).is_file():
            try:
                return read_published(program, path), True
            except (ValueError, OSError):
                continue
    return PUBLISHED[program], False
