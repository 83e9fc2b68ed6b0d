"""This module keeps the lists of non-zero inputs of data that do not change, so that training on them again
starts at once.

A list is kept with the memory that holds the inputs, and goes when that goes. It is kept only if nobody can
write to the memory, and used again only if that is still so. An array whose owner made it read-only can be
made writeable again, or be written to through a view that was made before: for these a checksum of all bytes
decides. `sealed` memory needs none.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import Any, NamedTuple

import numpy as np

KEPT = 4  # lists at the most; the one that was used longest ago goes first


class _Memory(np.ndarray):
    """The type of memory that `sealed` has closed: no other reference to it is left."""


class _Kept(NamedTuple):
    owner: weakref.ref[np.ndarray]
    checksum: int | None  # None if the memory is sealed
    entries: Any  # the kernels' Entries, or None if too many inputs are not zero


_kept: dict[tuple[Any, ...], _Kept] = {}
_in_use = threading.Lock()


def _renew_lock() -> None:
    """Give the child of a fork a lock that no thread of its parent holds."""
    global _in_use
    _in_use = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def sealed(array: np.ndarray) -> np.ndarray:
    """Return the array as one that nobody can write to, and that nobody can make writeable.

    Its memory is taken over: the caller must hold the only reference to the array, and give it up.
    """
    memory = memoryview(np.ascontiguousarray(array).reshape(-1).view(_Memory)).toreadonly()
    return np.frombuffer(memory, array.dtype).reshape(array.shape)


def list_entries(data: Any, array: np.ndarray, most: float, threads: int) -> bool:
    """List the non-zero inputs of `data`, the kernels' Data of this array, or take over a list that is kept.

    Return False, and list nothing, if they are more than a share `most` of all.
    """
    owner = array.base if isinstance(array.base, np.ndarray) else array
    if array.flags.writeable or not (_is_sealed(owner) or _is_frozen(owner)):
        return bool(data.list_entries(most, threads))
    place = array.__array_interface__["data"][0]
    key = (type(data), id(owner), place, array.shape, array.dtype.str, data.scale, most)
    with _in_use:
        known = _kept.pop(key, None)
        checksum = None if _is_sealed(owner) else type(data).checksum(array)
        if known is None or known.owner() is not owner or known.checksum != checksum:
            data.list_entries(most, threads)
            known = _Kept(weakref.ref(owner, lambda _: _kept.pop(key, None)), checksum, data.entries)
        elif known.entries is not None:
            data.entries = known.entries
        _kept[key] = known  # the last is the one that was used last
        for oldest in list(_kept)[:-KEPT]:  # a list: memory that goes meanwhile takes its entry out of _kept
            _kept.pop(oldest, None)
        return known.entries is not None


def _is_sealed(owner: np.ndarray) -> bool:
    """Return whether nobody can write to the memory."""
    base = owner.base
    return isinstance(base, bytes) or (
        isinstance(base, memoryview) and base.readonly and isinstance(base.obj, _Memory)
    )


def _is_frozen(owner: np.ndarray) -> bool:
    """Return whether the memory is the array's own, and the array is read-only."""
    return owner.base is None and not owner.flags.writeable
