"""`warned` collects the warnings of one thread, while other threads do the same."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Any

_lock = threading.Lock()
_collected: dict[int, list[Warned]] = {}  # by thread
_before: Any = None  # what catches the warnings of all of them


class Warned(str):
    """The text of a warning, which knows its category."""

    category: type[Warning] = UserWarning


@contextlib.contextmanager
def warned() -> Iterator[list[Warned]]:
    """Collect the texts of this thread's warnings in a list, instead of showing them.

    ``warnings.catch_warnings`` changes the filters of the whole process, and two threads that use it may
    leave each other's filters behind. Here the first thread that comes changes them, the last one that goes
    restores them, and each warning goes to the list of the thread that issued it. Warnings of other threads
    are shown as always.

    Examples
    --------
    >>> import warnings
    >>> with warned() as texts:
    ...     warnings.warn("a warning", stacklevel=1)
    >>> texts
    ['a warning']
    """
    global _before
    me, texts = threading.get_ident(), list[Warned]()
    with _lock:
        outer = _collected.get(me)
        if not _collected:
            _before = warnings.catch_warnings()
            _before.__enter__()
            warnings.simplefilter("always")
            warnings.showwarning = _collecting(warnings.showwarning)
        _collected[me] = texts
    try:
        yield texts
    finally:
        with _lock:
            if outer is not None:
                _collected[me] = outer
            else:
                del _collected[me]
            if not _collected:
                _before.__exit__(None, None, None)


def _collecting(show: Any) -> Any:
    def collect(message: Any, category: type[Warning], *rest: Any, **named: Any) -> None:
        texts = _collected.get(threading.get_ident())
        if texts is None:
            show(message, category, *rest, **named)
        else:
            texts.append(Warned(message))
            texts[-1].category = category

    return collect
