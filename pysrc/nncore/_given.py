"""This module takes what a user gave for an array, a list, a number or the name of a file, or refuses it.

Every value passes here before it is compared or converted: NumPy's and Python's own messages name neither
the argument nor what is needed.
"""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

MOST_AXES = 32  # of an array; a list that nests deeper is none


def array(name: str, value: Any) -> np.ndarray:
    """Return `value` as an array; refuse what NumPy would take apart in silence, or not at all."""
    if hasattr(value, "toarray"):  # a sparse matrix of SciPy
        raise TypeError(f"{name}: an array needed, got a sparse matrix; its method toarray() gives one")
    if _is_masked(value):
        raise ValueError(
            f"{name}: some of its values are masked, and a network needs all of them; "
            f"{_without_masked(name, value)}"
        )
    try:
        return np.asarray(value)
    except ValueError as ragged:
        hint = "; the inputs of a pair are its first part: X, y = data" if _is_two(value) else ""
        raise ValueError(f"{name}: rows of one length needed ({ragged}){hint}") from None
    except TypeError as reason:  # such as the class of an array
        raise TypeError(f"{name}: an array needed, got {value!r:.60} ({reason})") from None


def _is_two(value: Any) -> bool:
    """Return whether a value may be a pair, inputs and answers."""
    return type(value) is tuple and len(value) == 2


def _is_masked(value: Any, depth: int = 0) -> bool:
    """Return whether an array, or one in a list of them, has masked values. NumPy uses what they hide."""
    if isinstance(value, (list, tuple)):
        if not value or not isinstance(value[0], (list, tuple, np.ndarray)) or depth == MOST_AXES:
            return False
        return any(_is_masked(each, depth + 1) for each in value)
    return isinstance(value, np.ma.MaskedArray) and bool(np.ma.is_masked(value))


def _without_masked(name: str, value: Any) -> str:
    """Say how a network can do without the masked values of an array, or of a list of arrays."""
    in_list = not isinstance(value, np.ma.MaskedArray)
    if not name.endswith(" y"):
        each = " of each array in it" if in_list else ""
        return f"the method filled(0){each} puts 0 in their place"
    stacked = "X, y = np.asarray(X), np.ma.stack(y); " if in_list else ""  # 0 would be an answer
    rows = "" if np.ndim(value) == 1 else ".any(axis=1)"
    return f"to leave those out: {stacked}keep = ~np.ma.getmaskarray(y){rows}; X, y = X[keep], y[keep]"


def is_text(array: np.ndarray) -> bool:
    """Return whether an array holds text."""
    return bool(array.ndim) and (
        array.dtype.kind in "US" or bool(array.size and isinstance(array.flat[0], str))
    )


def converts(array: np.ndarray, kind: type) -> bool:
    """Return whether an array can become one of finite numbers of this kind, and loses no imaginary parts."""
    if array.dtype.kind == "c":
        return False
    try:
        with np.errstate(invalid="ignore"):  # numbers too large for an int become others
            return bool(np.isfinite(array.astype(kind)).all())
    except (TypeError, ValueError, OverflowError):
        return False


def listed(name: str, value: Any, needed: str) -> list[Any]:
    """Return the elements of a list, tuple, array or generator. Text is none of these."""
    if has_elements(value):
        return list(value)
    raise TypeError(f"{name}: {needed} needed, got {value!r:.60}")


def has_elements(value: Any) -> bool:
    """Return whether a value is a list, tuple, array, generator or the like. Text and 0-d arrays are not."""
    if isinstance(value, (str, bytes, bytearray, type)):
        return False
    if isinstance(value, memoryview):
        return value.ndim == 1  # Python lists no others
    return isinstance(value, Iterable) and not (isinstance(value, np.ndarray) and value.ndim == 0)


def whole(value: Any) -> int | None:
    """Return a whole number as an int, or None if it is none; True and False are none."""
    if isinstance(value, (bool, np.bool_)):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def real(value: Any) -> float | None:
    """Return a number as a float, or None if it is none: text, arrays and complex numbers are none.

    A whole number beyond the floats is infinite.
    """
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind == "c":
        return None
    if np.ndim(value) if isinstance(value, np.ndarray) else isinstance(value, (str, bytes, bytearray)):
        return None
    try:
        return float(operator.pos(value))  # float alone would accept text
    except OverflowError:
        return math.inf
    except (TypeError, ValueError, ArithmeticError):
        return None


def path(value: Any) -> Path:
    """Return the name of a file as a Path. Python would take a number for an open file."""
    try:
        name = os.fspath(value)
    except TypeError:
        name = None
    if not isinstance(name, str):
        raise TypeError(f"path: the name of a file needed, as text or a pathlib.Path; got {value!r:.60}")
    if not name or "\0" in name:
        raise ValueError(f"path: the name of a file needed, got {name!r:.80}")
    return Path(name)
