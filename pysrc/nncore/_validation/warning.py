"""`warn` gives a warning for the line of the user's that led to it."""

from __future__ import annotations

import sys
import warnings

WAYS = ("nncore.", "functools")  # the modules that a call goes through: properties are functools'


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn with the place in the first code on the way here that is not nncore's own."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(WAYS):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
