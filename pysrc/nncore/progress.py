"""The bar that shows how far a run is, its speed and the time left."""

from __future__ import annotations

import contextlib
import sys
import warnings
from contextlib import AbstractContextManager
from typing import Any


def bar(progress: bool | None, total: int, unit: str) -> AbstractContextManager[Any]:
    """A progress bar over `total` units, or None: by default where someone looks on, at a terminal or in
    a notebook."""
    if not (_someone_looks() if progress is None else progress):
        return contextlib.nullcontext()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a notebook without widgets gets the bar in characters
        from tqdm.auto import tqdm
    return tqdm(total=total, unit=unit, unit_scale=True, delay=0 if progress else 0.5, dynamic_ncols=True)


def _someone_looks() -> bool:
    ipython = sys.modules.get("IPython")
    shell = type(ipython.get_ipython()).__name__ if ipython is not None else ""
    return shell == "ZMQInteractiveShell" or (sys.stderr is not None and sys.stderr.isatty())
