"""This module converts what a user passes as numbers to the C-contiguous arrays that the kernels read.

Bytes (uint8) are pixels wherever they come from, in a `Dataset` or in an array of the user's: the network
sees byte/256. The values of any other array are used as they are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np

from nncore import _given
from nncore._validation.architecture import Interface
from nncore._validation.inputs import UsualInputs
from nncore._validation.names import Names
from nncore.datasets import Dataset, Table

BYTE = 1 / 256  # what a network sees of a byte of 1
BYTES = np.dtype(np.uint8)
# What names of classes that were counted once mean for the next data: np.unique would count them anew.
SAME_NAMES = "Later data need the same names: y = [list(names).index(each) for each in y]"


def numeric(name: str, value: Any) -> np.ndarray:
    """Return `value` as an array of numbers."""
    array: np.ndarray = value if type(value) is np.ndarray else _given.array(name, value)
    if array.dtype.kind in "buif":
        return array
    raise TypeError(f"{name}: numbers needed, got {_kind_of(array)}{_remedy(name, array)}")


def _kind_of(array: np.ndarray) -> str:
    """Say what an array without numbers holds."""
    if array.ndim == 0:
        return type(array.item()).__name__
    return "text" if _given.is_text(array) else f"an array of {array.dtype}"


def _remedy(name: str, array: np.ndarray) -> str:
    """Say what to type in place of an array without numbers."""
    answers = name.endswith("y")
    if answers and array.ndim == 0 and isinstance(array.item(), str):
        return (
            "; a word has a number: names, y = np.unique(y, return_inverse=True) for all words of the "
            "training, list(names).index(y) for one"
        )
    if _given.is_text(array):
        if not _given.converts(array, float):
            count = "classes from words: names, y = np.unique(y, return_inverse=True)"
            if answers:
                return f"; {count}. {SAME_NAMES}"
            return _words(array) if array.ndim == 2 else ""
        if answers and _given.converts(array, int):
            return "; labels that came as text: np.asarray(y).astype(int)"
        return f"; numbers that came as text: np.asarray({'y' if answers else 'X'}).astype(float)"
    if array.dtype == object and array.size and _given.converts(array, float):
        return f"; np.asarray({'y' if answers else 'X'}).astype(float) makes numbers of them"
    if array.dtype == object and (huge := next(filter(_is_huge, array.flat), None)) is not None:
        return f"; a whole number of about {huge.bit_length() * 0.301:.0f} digits is too large for a float"
    if array.dtype == object and array.ndim == 2 and not answers and (words := _words(array)):
        return words
    if array.dtype == object and array.ndim in (1, 2) and array.size:
        return _first_without_number(array)
    return ""


def _first_without_number(array: np.ndarray) -> str:
    """Say where the first value stands that is no finite number, such as a gap of a DataFrame."""
    flat, low, high = array.reshape(-1), 0, array.size  # flat[:low] are numbers, and flat[:high] are not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _given.converts(flat[low:middle], float) else (low, middle)
    row, *column = np.unravel_index(low, array.shape)
    return f"; in row {row}{f', column {column[0]}' if column else ''} stands {flat[low]!r:.40}"


def _is_huge(value: Any) -> bool:
    """Return whether a value is a whole number that no float64 holds."""
    return isinstance(value, int) and value.bit_length() > 1024


def _words(array: np.ndarray) -> str:
    """Say how a column of words in a table becomes a column of 0 and 1 for each word."""
    for k in range(array.shape[1]):
        if all(isinstance(value, str) for value in array[:, k]) and not _given.converts(array[:, k], float):
            others = "np.delete(X, {k}, axis=1)"
            others += ".astype(float)" if _given.converts(np.delete(array, k, axis=1), float) else ""
            return (
                f"; column {k} holds words such as {str(array[0, k])!r:.30}. A column of 0 and 1 for each "
                f"word: X = np.asarray(X); words = np.unique(X[:, {k}]); "
                f"X = np.c_[{others.format(k=k)}, X[:, [{k}]] == words]. Later data need the same words."
            )
    return ""


def contiguous(array: np.ndarray, dtype: Any = None) -> np.ndarray:
    """Return the array as the kernels read it: C-contiguous, each number at a multiple of its size."""
    array = np.ascontiguousarray(array, dtype)
    return array if array.flags.aligned else array.copy()


def converted(array: np.ndarray, dtype: str | np.dtype[Any]) -> np.ndarray:
    """Return the array as contiguous reals of the network's dtype."""
    flags = array.flags
    if array.dtype == dtype:
        return array if flags.c_contiguous and flags.aligned else contiguous(array)
    with np.errstate(over="ignore", invalid="ignore"):  # a number that is too large is refused later
        return contiguous(array, dtype)


def check_finite(name: str, reals: np.ndarray) -> None:
    """Refuse a NaN or an infinity."""
    if not math.isfinite(np.vdot(reals, reals)):  # which a large number makes infinite, too
        _refuse_gaps(name, reals)


def finite_range(name: str, rows: np.ndarray, net: Interface) -> tuple[float, float, float]:
    """Refuse a NaN or an infinity in rows of the network's reals.

    Return the lowest number, the highest, and the sum of the squares.
    """
    low, high, squares = net.kernels.range_and_squares(rows)
    if not math.isfinite(squares):
        _refuse_gaps(name, rows)
    return low, high, squares


def _refuse_gaps(name: str, reals: np.ndarray) -> None:
    """Refuse the first number that is not finite, if there is one."""
    bad = np.argwhere(~np.isfinite(reals))
    if len(bad):
        value, row, where = reals[tuple(bad[0])], int(bad[0][0]), _gaps(name, reals, bad)
        raise ValueError(f"{name}: finite {reals.dtype} numbers needed, got {value} in row {row}{where}")


def _gaps(name: str, reals: np.ndarray, bad: np.ndarray) -> str:
    """Say where the bad numbers of a user's examples are, and how to leave those rows out."""
    side = name.rpartition(" ")[2]
    if side not in ("x", "y") or reals.ndim != 2 or len(reals) == 1:
        return ""
    rows = len(np.unique(bad[:, 0]))
    column = f", column {bad[0][1]}" if reals.shape[1] > 1 else ""
    if not np.isnan(reals[tuple(bad[0])]):
        return f"{column}: {reals.dtype} ends at {np.finfo(reals.dtype).max:.2g}, so scale them down"
    if side == "x" and len(empty := np.flatnonzero(np.isnan(reals).all(axis=0))):
        return (
            f"{column}; column {empty[0]} has one in every row. A column of one value has std 0: "
            "std[std == 0] = 1, before X - mean is divided by std. A column that was empty must go: "
            f"X = np.delete(X, {empty[0]}, axis=1)"
        )
    finite = f"np.isfinite({'X' if side == 'x' else 'y'})"
    if reals.shape[1] > 1:
        finite += ".all(axis=1)"
    return (
        f"{column} ({rows} of {len(reals)} rows have one); to leave them out: keep = {finite}; "
        "X, y = X[keep], y[keep]"
    )


def reals(name: str, array: np.ndarray, dtype: str) -> np.ndarray:
    """Return the array as C-contiguous, finite reals of the network's dtype."""
    found = converted(array, dtype)
    check_finite(name, found)
    return found


def parameters(
    name: str, value: Any, shape: tuple[int, ...], dtype: str, *, finite: bool = True
) -> np.ndarray:
    """Check weights or biases that a user assigns, in the shape of those they replace."""
    array = numeric(name, value)
    if array.shape != shape:
        raise ValueError(f"{name}: shape {shape} needed, got {array.shape}")
    return reals(name, array, dtype) if finite else converted(array, dtype)


def seen(rows: np.ndarray) -> np.ndarray:
    """Return the numbers that a network sees in an array: those of bytes are byte/256."""
    return rows * np.float32(BYTE) if rows.dtype == np.uint8 else rows


def rows(
    name: str, X: Any, net: Interface, usual: UsualInputs | None = None
) -> tuple[np.ndarray, bool, bool]:
    """Return (array (n, n_in) of uint8 or finite reals, whether X is one example, whether it is a column).

    If the inputs look quite unlike the `usual` ones, those of the training, a warning says so. Columns that
    have other names, or the same in another order, are refused.
    """
    if type(X) is not np.ndarray:
        if usual is not None:
            usual.names.check_columns(name, Names.of(X).columns)
        if isinstance(X, Table):  # of a pair, whose answers play no part here
            X = X.X
        elif isinstance(X, (tuple, list)) and X:
            _refuse_pairs(name, X, net.n_in)
    array, single, column = _usual_form(X, net) or _shaped(name, X, net)
    if array.dtype == BYTES:
        array = np.ascontiguousarray(array)
        if usual is not None:
            usual.check_bytes(name, array)
        return array, single, column
    array = converted(array, net.reals)
    low, high, squares = finite_range(name, array, net)
    if usual is not None:
        usual.check(name, array, low, high, squares)
    return array, single, column


def _refuse_pairs(name: str, X: Sequence[Any], n_in: int) -> None:
    """Refuse a pair (X, y), and a list of pairs, where inputs alone are needed."""
    if _is_pair(X, n_in):
        raise TypeError(
            f"{name}: inputs alone needed, got a pair; its inputs are the first part: X, y = data"
        )
    if type(X[0]) is tuple and _is_pair(X[0], n_in):
        raise TypeError(
            f"{name}: inputs alone needed, got pairs (x, y); their inputs are "
            "X = np.array([x for x, _ in data])"
        )


def _is_pair(X: Sequence[Any], n_in: int) -> bool:
    """Return whether a tuple, or a list of two arrays, is inputs with their answers.

    Two of one shape are none if they can be two examples, or two halves of one.
    """
    if len(X) != 2 or (type(X) is list and not isinstance(X[0], np.ndarray)):
        return False
    try:
        first, second = map(np.shape, X)
    except ValueError:  # rows of different lengths
        return False
    if not first:
        return False
    are_rows, is_row = math.prod(first[1:]) == n_in, math.prod(first) == n_in
    if first == second:
        return are_rows and not is_row
    return are_rows or is_row or (len(first) > 1 and len(second) == 1)


def _usual_form(X: Any, net: Interface) -> tuple[np.ndarray, bool, bool] | None:
    """Return the same as `_shaped` for what needs no more checks: rows, one vector or column, in an array."""
    if type(X) is not np.ndarray or (X.dtype != net.reals and X.dtype != BYTES):
        return None
    shape, n_in = X.shape, net.n_in
    if shape == (n_in,):
        return X[np.newaxis], True, False
    if len(shape) != 2 or n_in == 1:
        return None
    if shape == (n_in, 1):
        return X.reshape(1, n_in), True, True
    return (X, False, False) if shape[1] == n_in and shape[0] else None


def _shaped(name: str, X: Any, net: Interface) -> tuple[np.ndarray, bool, bool]:
    """Return the same as `rows`, before it is converted."""
    n_in, dataset = net.n_in, isinstance(X, Dataset)
    array = numeric(name, X.images if dataset else X)
    shape = array.shape
    column = shape == (n_in, 1) and not dataset
    image = len(shape) in (2, 3) and shape[0] != 1
    single = column or (array.size == n_in and (len(shape) == 1 or image) and not dataset)
    if not single and (len(shape) < 2 or math.prod(shape[1:]) != n_in):
        turned = "; X.T has one example in each row" if len(shape) == 2 and shape[0] == n_in else ""
        raise ValueError(
            f"{name}: one example ({n_in},) or rows (n, {n_in}) needed, got shape {shape}{turned}"
        )
    if not single and not len(array):
        raise ValueError(f"{name}: no example given, got shape {shape}")
    if not column:
        check_axes(name, shape if single else shape[1:], net.input_shape, 0 if single else 1)
    return array.reshape(1 if single else len(array), n_in), single, column


def check_axes(name: str, shape: tuple[int, ...], input_shape: tuple[int, ...], before: int) -> None:
    """Refuse the shape of an example whose axes contradict the network's (channels, height, width).

    `before` is the number of axes before those of an example in the user's array.
    """
    if len(input_shape) < 3 or len(shape) < 2 or shape == input_shape:
        return
    channels, height, width = input_shape
    if channels == 1 and shape in ((height, width), (height, width, 1)):
        return
    has = f"{name}: the network reads (channels, height, width) = {input_shape}, got images of shape {shape}"
    axes = ", ".join(map(str, range(before)))
    wanted = (height, width) if len(shape) == 2 and channels == 1 else input_shape
    for order in _orders(len(shape)):
        if tuple(shape[axis] for axis in order) == wanted:
            moved = ", ".join(str(axis + before) for axis in order)
            raise ValueError(
                f"{has}; X.transpose({axes}{', ' if axes else ''}{moved}) puts their axes in that order"
            )
    raise ValueError(f"{has}; flat rows (n, {math.prod(input_shape)}) are read in that order, too")


def _orders(count: int) -> list[tuple[int, ...]]:
    """Return the orders of so many axes, first that of images whose channels come last."""
    orders = list(permutations(range(count))) if count <= 3 else []
    return sorted(orders, key=lambda order: order != (2, 0, 1))
