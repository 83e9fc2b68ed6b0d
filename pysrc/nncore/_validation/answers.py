"""This module checks labels and targets against the output layer and the cost of a network.

The cross-entropy takes an output and its target for probabilities, and the log-likelihood takes a row of
targets for shares of 1. With other targets their values and gradients mean nothing, so those are refused.
The quadratic cost takes any numbers; a warning says so if the output layer cannot give them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nncore._validation.architecture import Interface
from nncore._validation.arrays import SAME_NAMES, contiguous, converted, finite_range, numeric
from nncore._validation.warning import warn
from nncore.layers import Dense, Softmax

# What targets are. A network answers in the same way: see `Network.predict`.
CLASSES, NUMBERS, SEVERAL_LABELS = "classes", "numbers", "several labels"
KINDS = (CLASSES, NUMBERS, SEVERAL_LABELS)

RANGES = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, np.inf)}
ROUNDING = 8 * float(np.finfo(np.float32).eps)  # by so much, numbers computed in float32 may miss a bound
MOST_CLASSES = 100  # whole numbers above this are counts or measurements, and not the labels of classes


def answers(name: str, y: Any, n: int, net: Interface) -> tuple[np.ndarray | None, np.ndarray | None, str]:
    """Return (labels, targets, kind). Labels are integers (n,) and targets reals (n, n_out); one is None."""
    array, n_out = numeric(name, y), net.n_out
    if array.ndim == 0:
        array = array.reshape(1)
    if len(array) != n and not (n == 1 and array.size == n_out):
        turned = "; y.T has one in each row" if array.ndim == 2 and array.shape[1] == n else ""
        raise ValueError(f"{name}: {n} answers needed, one for each input; got {len(array)}{turned}")
    if array.size == n * n_out and not (array.ndim == 1 and n_out > 1 and n > 1):
        given = array if array.shape == (n, n_out) else array.reshape(n, n_out)
        targets = converted(given, net.reals)
        return None, targets, _kind_of_targets(name, targets, array.dtype, net)
    if array.size != n:
        raise ValueError(f"{name}: labels ({n},) or targets ({n}, {n_out}) needed, got shape {array.shape}")
    return labels(name, array.reshape(n), net), None, CLASSES


def labels(name: str, given: np.ndarray, net: Interface) -> np.ndarray:
    """Return labels as the integers that the kernels read, if they are 0 to n_out - 1."""
    if given.dtype.kind in "iu":
        found = contiguous(given, np.intp)
        if net.kernels.labels_below(found, net.n_out):
            return found
    with np.errstate(invalid="ignore"):
        found = given.astype(np.intp)
    wrong = np.flatnonzero((found != given) | (found < 0) | (found >= net.n_out))
    if not wrong.size:
        return found
    value, hint = given[wrong[0]], ""
    if np.isnan(value):
        hint = "; to leave such rows out: keep = np.isfinite(y); X, y = X[keep], y[keep]"
    elif given.min() != 0 and 1 < len(np.unique(given)) <= net.n_out and (given == np.rint(given)).all():
        hint = f"; names, y = np.unique(y, return_inverse=True) counts them from 0. {SAME_NAMES}"
    elif value != int(value) if np.isfinite(value) else True:
        hint = f"; targets of {net.n_out} numbers for each example have the shape ({len(given)}, {net.n_out})"
    elif 0 <= value <= MOST_CLASSES:
        k = int(given[np.isfinite(given)].max()) + 1
        output = Softmax(k) if net.activation == "softmax" else Dense(k)
        hint = f"; for {k} classes the output layer is {net.named(output)}: {net.ending_with(output)}"
    raise ValueError(
        f"{name}: {net.n_out} classes need labels 0 to {net.n_out - 1}, got {value} at row {wrong[0]}{hint}"
    )


def _kind_of_targets(name: str, y: np.ndarray, given: np.dtype[Any], net: Interface) -> str:
    """Return the kind of targets y (n, n_out), if they are finite and the network can learn them."""
    is_softmax = net.cost == "log-likelihood"
    are_bits, are_unit_vectors = net.kernels.zeros_and_ones(y)
    if are_bits and (are_unit_vectors if y.shape[1] > 1 else not is_softmax):
        return CLASSES
    low, high, _ = finite_range(name, y, net)
    if y.shape[1] == 1:
        kind = CLASSES if are_bits else NUMBERS
        shares = not is_softmax
    else:
        shares = low >= 0 and float(np.abs(_row_sums(y) - 1).max()) <= _tolerance(y, given)
        kind = CLASSES if shares or _one_is_high(y, low, high) else NUMBERS
        if kind == NUMBERS and are_bits:
            kind = SEVERAL_LABELS
    if is_softmax and not shares:
        _refuse_for_softmax(name, y, kind, net)
    if net.cost == "cross-entropy" and not (low >= -ROUNDING and high <= 1 + ROUNDING):
        _refuse(name, y, low, high, net)
    if net.cost == "quadratic":
        least, most = RANGES.get(net.activation, (-np.inf, np.inf))
        if low < least - ROUNDING or high > most + ROUNDING:
            _warn_of_range(name, y, low, high, net)
    return kind


def _row_sums(y: np.ndarray) -> np.ndarray:
    """Return the sum of each row; that of huge targets is infinite."""
    with np.errstate(over="ignore"):
        sums: np.ndarray = np.add.reduce(y, axis=1)
        return sums


def _tolerance(y: np.ndarray, given: np.dtype[Any]) -> float:
    """Return by how much a row of shares may miss the sum 1: what rounding to its dtype can do, and more."""
    eps = float(np.finfo(given).eps) if given.kind == "f" else 0.0
    return float(max(float(np.finfo(y.dtype).eps) ** 0.5, ROUNDING, eps))


def _one_is_high(y: np.ndarray, low: float, high: float) -> bool:
    """Return whether each row names a class: one number is the high one, and all others are the low one."""
    is_high = y == high
    return high > low and bool((is_high | (y == low)).all()) and bool((is_high.sum(axis=1) == 1).all())


def _range(low: float, high: float) -> str:
    """Describe the range of targets."""
    return f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}"


def _few_labels(y: np.ndarray, low: float) -> np.ndarray | None:
    """Return the values of one column, sorted, if they are whole numbers that look like labels."""
    if y.shape[1] > 1 or not -1 <= low <= 1 or not bool((y == np.rint(y)).all()):
        return None
    values = np.unique(y)
    if len(values) == 2:
        return values
    return values if low == 0 and np.array_equal(values, np.arange(len(values))) and len(values) > 2 else None


def _for_labels(name: str, values: np.ndarray, net: Interface) -> str:
    """Return the message for labels that one output cannot tell apart."""
    k = len(values)
    if k == 2:
        a, b = map(int, values)
        return (
            f"{name}: one {net.activation} output tells the classes 0 and 1 apart, got {a} and {b}: "
            f"y = (np.asarray(y) == {b}).astype(int)"
        )
    return (
        f"{name}: one {net.activation} output tells the classes 0 and 1 apart, got the labels 0 to {k - 1}: "
        f"for {k} classes the output layer is {net.named(Softmax(k))}: {net.ending_with(Softmax(k))}"
    )


def _refuse(name: str, y: np.ndarray, low: float, high: float, net: Interface) -> None:
    """Refuse targets outside [0, 1] for the cross-entropy."""
    values = _few_labels(y, low)
    if values is not None and len(values) <= MOST_CLASSES:
        raise ValueError(_for_labels(name, values, net))
    output = Dense(net.n_out, "linear")
    raise ValueError(
        f"{name}: the cross-entropy of a sigmoid output needs targets from 0 to 1, got {_range(low, high)}: "
        f"for numbers the output layer is {net.named(output)}: {net.ending_with(output)}"
    )


def _refuse_for_softmax(name: str, y: np.ndarray, kind: str, net: Interface) -> None:
    """Refuse targets that are not shares of 1 for the log-likelihood."""
    n_out = net.n_out
    needs = f"{name}: a softmax output needs targets of at least 0 that sum to 1 in each row, got"
    if kind == SEVERAL_LABELS:
        row = int(np.flatnonzero(y.sum(axis=1) != 1)[0])
        raise ValueError(
            f"{needs} {y[row].sum():g} ones in row {row}: for several labels at once the output layer is "
            f"{net.named(Dense(n_out))}: {net.ending_with(Dense(n_out))}"
        )
    sums = _row_sums(y)
    if y.min() >= 0 and sums.min() > 0 and n_out > 1:
        row = int(np.abs(sums - 1).argmax())
        raise ValueError(
            f"{needs} the sum {sums[row]:.6g} in row {row}: shares of classes are "
            f"y = np.asarray(y, float); y /= y.sum(axis=1, keepdims=True). For numbers the output layer is "
            f'nn.Dense({n_out}, "linear"): {net.ending_with(Dense(n_out, "linear"))}'
        )
    output = Dense(n_out, "linear")
    raise ValueError(
        f"{needs} {_range(float(y.min()), float(y.max()))}: for numbers the output layer is "
        f"{net.named(output)}: {net.ending_with(output)}"
    )


def _warn_of_range(name: str, y: np.ndarray, low: float, high: float, net: Interface) -> None:
    """Warn of targets that the output layer cannot give; refuse those that are labels of many classes."""
    values = _few_labels(y, low)
    if values is not None and 2 < len(values) <= MOST_CLASSES:
        raise ValueError(_for_labels(name, values, net))
    least, most = RANGES[net.activation]
    output = Dense(net.n_out, "linear")
    if net.activation == "sigmoid" and low >= -1 - ROUNDING and high <= 1 + ROUNDING:
        output = Dense(net.n_out, "tanh")
    has = f"from {least:g} to {most:g}" if np.isfinite(most) else "0 or more"
    warn(
        f"{name}: the {net.activation} output layer answers numbers {has}, and the targets are "
        f"{_range(low, high)}: it cannot reach them. The output layer for them is {net.named(output)}: "
        f"{net.ending_with(output)}"
    )
