"""This module checks how much each example counts: weights of examples and of classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nncore._validation.answers import CLASSES
from nncore._validation.arguments import integer, real
from nncore._validation.arrays import numeric
from nncore._validation.examples import Examples

BALANCED = "balanced"


def weighted(
    given: Examples, weights: Any, class_weight: Any = None, *, dtype: str, name: str = "weights"
) -> Examples:
    """Return checked examples with the weights of each and of its class, multiplied.

    Where neither is given the examples stay as they are. `name` is that of the argument that holds `weights`.
    """
    if weights is None and class_weight is None:
        return given
    each = np.ones(given.n) if weights is None else weights_of(name, weights, given.n)
    with np.errstate(over="ignore"):  # products and sums that are infinite are refused below
        if class_weight is not None:
            name, each = "class_weight", each * _of_classes(given, class_weight)
        found = each.astype(dtype)
        total = float(found.sum(dtype=np.float64))
    if not np.isfinite(found).all() or not np.isfinite(total):
        raise ValueError(f"{name}: {each.max():.6g} is too large for a network of {dtype}")
    if total == 0:
        raise ValueError(
            f"{name}: all {given.n} examples have the weight 0, and there is nothing to learn or to measure; "
            "at least one weight above 0 needed"
        )
    return given._replace(weights=found)


def weights_of(name: str, weights: Any, n: int) -> np.ndarray:
    """Return the weights of n examples as float64."""
    array = numeric(name, weights)
    if array.shape not in ((n,), (n, 1)):
        got = f"{len(array)}" if array.ndim == 1 else f"an array of shape {array.shape}"
        raise ValueError(f"{name}: {n} numbers needed, one for each example; got {got}")
    each = array.reshape(n).astype(np.float64)
    wrong = np.flatnonzero(~(np.isfinite(each) & (each >= 0)))
    if wrong.size:
        raise ValueError(f"{name}: numbers of at least 0 needed, got {each[wrong[0]]:g} at {wrong[0]}")
    return each


def _of_classes(given: Examples, class_weight: Any) -> np.ndarray:
    """Return the weight of the class of each example, as float64."""
    if given.kind != CLASSES or given.row_without_class is not None:
        what = "shares of several classes" if given.kind == CLASSES else given.kind
        raise ValueError(
            f"class_weight: targets that are classes needed, got {what}; weights= takes a number for each "
            "example"
        )
    classes = given.classes
    counts = np.bincount(classes, minlength=given.n_classes)
    if isinstance(class_weight, str):
        if class_weight != BALANCED:
            raise ValueError(
                f'class_weight: "balanced", or a number for each class, needed; got {class_weight!r:.60}'
            )
        balanced: np.ndarray = (given.n / (np.count_nonzero(counts) * np.maximum(counts, 1)))[classes]
        return balanced
    of_class = np.ones(given.n_classes)
    if isinstance(class_weight, Mapping):
        for key, value in class_weight.items():
            k = integer("class_weight, a class", key, 0)
            if k >= given.n_classes:
                raise ValueError(
                    f"class_weight: the classes are 0 to {given.n_classes - 1}, got a weight of class {k}"
                )
            of_class[k] = real(f"class_weight, class {k}", value, least=0)
    else:
        array = numeric("class_weight", class_weight)
        if array.shape != of_class.shape:
            raise ValueError(
                f"class_weight: {given.n_classes} numbers needed, one for each class; got shape {array.shape}"
            )
        for k, value in enumerate(array.tolist()):
            of_class[k] = real(f"class_weight, class {k}", value, least=0)
    counts_of: np.ndarray = of_class[classes]
    return counts_of
