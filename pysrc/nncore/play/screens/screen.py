"""A `Screen` answers the questions of one screen: the question NAME by its method ``ask_NAME``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nncore.play.workbench import Workbench

Push = Callable[[str, Any], None]


class Screen:
    """The base class of all screens.

    Questions come one after the other, in a thread of the connection. An error that says what is wrong with
    what came (ValueError, TypeError, OSError, MemoryError) is shown to the reader as it stands.

    Parameters
    ----------
    bench : Workbench
        The network that is open, and the data.
    push : function (name, value)
        Sends a frame to the page, from any thread. Only the newest of a name is kept until the page has seen
        the last. A `value` that is a function without arguments is called when its frame is sent, in another
        thread: it must bring its own lock if it reads what changes.
    """

    bench: Workbench
    push: Push

    def __init__(self, bench: Workbench, push: Push) -> None:
        self.bench, self.push = bench, push

    def ask(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Return the answer to the question `name`.

        Raises
        ------
        ValueError
            There is no such question, or it does not take these arguments.
        """
        method = getattr(type(self), f"ask_{name}", None)
        if method is None:
            known = [each.removeprefix("ask_") for each in dir(self) if each.startswith("ask_")]
            raise ValueError(f"ask: one of {', '.join(known)} needed, got {name!r:.60}")
        try:
            signature(method).bind(self, **arguments)
        except TypeError as reason:
            raise ValueError(f"{name}: {reason}, got {', '.join(arguments) or 'nothing'}") from None
        return method(self, **arguments)

    def is_quick(self, name: str) -> bool:
        """Return whether the question `name` takes less than about a millisecond, whatever is asked."""
        return False

    def close(self) -> None:
        """End what the screen has started. It may be called from any thread, while a question is answered."""


@functools.cache
def signature(method: Callable[..., Any]) -> inspect.Signature:
    """Return what a method takes; to find that out takes as long as a small network takes to answer."""
    return inspect.signature(method)


def whole(name: str, value: Any, least: int, most: int) -> int:
    """Return `value` as an int from `least` to `most`."""
    number = _validation.integer(name, value, least)
    if number > most:
        raise ValueError(f"{name}: a whole number from {least:,} to {most:,} needed, got {value!r:.60}")
    return number


def real(name: str, value: Any, least: float, most: float) -> float:
    """Return `value` as a float from `least` to `most`."""
    number = _validation.real(name, value, least=least)
    if number > most:
        raise ValueError(f"{name}: a number from {least:g} to {most:g} needed, got {value!r:.60}")
    return number


def choice(name: str, value: Any, choices: Sequence[str]) -> str:
    """Return `value` if it is one of the choices."""
    return _validation.one_of(name, value, choices)


def reals(name: str, value: Any, n: int, least: float, most: float) -> NDArray[np.float32]:
    """Return `value` as a row of n float32, each from `least` to `most`."""
    try:
        row = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise ValueError(f"{name}: {n:,} numbers needed, got {value!r:.60}") from None
    if row.dtype.kind not in "fiu" or row.size != n:
        raise ValueError(f"{name}: {n:,} numbers needed, got an array of {row.dtype} of shape {row.shape}")
    if n and not (row.min() >= least and row.max() <= most):  # NaN among them
        raise ValueError(f"{name}: numbers from {least:g} to {most:g} needed, got {row.min()} to {row.max()}")
    return np.ascontiguousarray(row, np.float32).reshape(n)
