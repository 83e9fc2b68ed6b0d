"""A `Handed` object reaches every worker, but is not sent again with every task."""

from __future__ import annotations

import functools
import pickle
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Handed:
    """A Handed object is read once by each process that works with it; `get` returns it.

    In the process that made it, `get` returns the object itself. In others it comes from a file, or from a
    function that they call, or else it was sent with the task.

    Parameters
    ----------
    value : object
    path : Path, optional
        A file that holds the object, pickled by `write`. Only the owner of the file may write to its folder.
    function : callable, optional
        A function without arguments that returns the object.
    """

    value: Any
    path: Path | None
    function: Callable[[], Any] | None

    def __init__(
        self, value: Any, path: Path | None = None, function: Callable[[], Any] | None = None
    ) -> None:
        self.value, self.path, self.function = value, path, function

    def get(self) -> Any:
        """Return the object."""
        if self.value is not None:
            return self.value
        return _called(self.function) if self.function is not None else _read(self.path)

    def write(self) -> None:
        """Write the object to its file."""
        assert self.path is not None
        with open(self.path, "xb") as file:
            pickle.dump(self.value, file, pickle.HIGHEST_PROTOCOL)

    def __reduce__(self) -> tuple[Any, ...]:
        elsewhere = self.path is not None or self.function is not None
        return Handed, (None if elsewhere else self.value, self.path, self.function)


@functools.lru_cache(2)
def _called(function: Callable[[], Any]) -> Any:
    return function()


@functools.lru_cache(2)
def _read(path: Path) -> Any:
    try:
        with open(path, "rb") as file:
            return pickle.load(file)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"folder: the worker on {platform.node()} cannot read {path}: give a folder that all machines "
            "share under the same name"
        ) from None
