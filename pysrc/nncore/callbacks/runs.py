"""The callbacks share how they take their arguments, and how they notice that another run has begun."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

from nncore import _validation
from nncore.files.kinds import check_suffix
from nncore.training.history import History


def file_path(callback: str, path: Any, writes: str | None = None, **why: str) -> Path:
    """Return the file that a user named, if its folder exists.

    If `writes` is given, the suffix of a format, the name must not promise another one: see `check_suffix`.
    """
    file = Path(path)
    if writes is not None:
        check_suffix(file, writes, name=callback, **why)
    if not file.parent.is_dir():
        raise FileNotFoundError(f"{callback}: there is no folder {file.parent}; make it first")
    if file.is_dir():
        raise IsADirectoryError(f"{callback}: {file} is a folder; name a file in it")
    return file


def each(callback: str, every: int) -> int:
    """Return `every`, the number of epochs from one action of the callback to the next."""
    return _validation.integer(f"{callback}, every", every, 1)


class RunWatch:
    """A RunWatch tells the first epoch of a run from the others: a run has a History of its own.

    A run that is resumed with the History that was seen last is the same run.
    """

    def __init__(self) -> None:
        self._history: weakref.ref[History] | None = None
        self._epochs = 0

    def is_new(self, history: History) -> bool:
        """Return whether this is another run than at the last call, and remember it."""
        known = None if self._history is None else self._history()
        new = known is not history or len(history) <= self._epochs
        self._history, self._epochs = weakref.ref(history), len(history)
        return new

    def __reduce__(self) -> tuple[type[RunWatch], tuple[()]]:
        """Let a copy, also in another process, begin without a run."""
        return RunWatch, ()
