"""The files of the answers, from the folder or from what an installation has in its place."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

ANSWERS = Path(__file__).parent / "_answers"
PACKED = ANSWERS.with_name("answers.json")  # made by setup.py: a third as large in a wheel as many files


@cache
def stored() -> dict[str, str]:
    """Return the text of each file of the answers, by its path: chapter3/l1.py."""
    if PACKED.exists():
        packed: dict[str, str] = json.loads(PACKED.read_text(encoding="utf-8"))
        return packed
    files = sorted(path for suffix in ("py", "md") for path in ANSWERS.glob(f"chapter?/*.{suffix}"))
    return {path.relative_to(ANSWERS).as_posix(): path.read_text(encoding="utf-8") for path in files}
