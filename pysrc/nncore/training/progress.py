"""The bar that shows how far a run is, its speed and the time left."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any


class Told:
    """In the place of a bar, a function that is told of every step."""

    def __init__(self, update: Callable[[int], Any]) -> None:
        self.update = update

    def set_postfix(self, seen: dict[str, str], refresh: bool) -> None:
        """It does not draw what was seen."""


def bar(progress: bool | Callable[[int], Any] | None, total: int, unit: str) -> AbstractContextManager[Any]:
    """A progress bar over `total` units, or None: by default where someone looks on, at a terminal or in
    a notebook. A function stands in for the bar."""
    if callable(progress):
        return contextlib.nullcontext(Told(progress))
    if not (someone_looks() if progress is None else progress):
        return contextlib.nullcontext()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a notebook without widgets gets the bar in characters
        from tqdm.auto import tqdm
    return tqdm(total=total, unit=unit, unit_scale=True, delay=0 if progress else 0.5, dynamic_ncols=True)


def someone_looks() -> bool:
    ipython = sys.modules.get("IPython")
    shell = type(ipython.get_ipython()).__name__ if ipython is not None else ""
    return shell == "ZMQInteractiveShell" or (sys.stderr is not None and sys.stderr.isatty())
