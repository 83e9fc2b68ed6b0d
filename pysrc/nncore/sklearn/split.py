"""`split` chooses the examples that early stopping validates on.

The choice depends on what an example holds, on its weight and on a seed, and not on its place. So equal
examples are on the same side, where none of them tells the answer of another; an example of weight 2 is
treated as two equal ones; and the split of shuffled data is the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def split(
    X: Array, weights: Array | None, classes: Array | None, fraction: float, seed: int
) -> tuple[Array, Array]:
    """Return the indices of the examples to train on and of those to validate on, both ascending.

    Of each class, examples are chosen until they have the `fraction` of its weight; of all examples, where
    the classes are too small for that. Where too few examples differ, single ones are drawn, among equal ones
    too.

    Parameters
    ----------
    X : ndarray (n, n_in)
    weights : ndarray (n,), optional
    classes : ndarray (n,), optional
        The class of each example, if each part should have the same shares of the classes.
    fraction : float
    seed : int
    """
    rng = np.random.default_rng(seed)
    each = np.ones(len(X)) if weights is None else weights
    of_class = np.zeros(len(X), np.intp) if classes is None else classes
    keys = hashes(X, rng)
    for groups in (of_class, np.zeros(len(X), np.intp)):
        held_out = np.zeros(len(X), bool)
        for group in np.unique(groups):
            held_out[_lightest(np.flatnonzero(groups == group), keys, each, fraction)] = True
        if each[held_out].any() and each[~held_out].any():
            return np.flatnonzero(~held_out), np.flatnonzero(held_out)
    held_out[:] = False
    for group in np.unique(of_class):
        members = rng.permutation(np.flatnonzero((of_class == group) & (each > 0)))
        held_out[members[: round(fraction * len(members))]] = True
    if not held_out.any():
        held_out[rng.choice(np.flatnonzero(each > 0))] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def hashes(X: Array, rng: np.random.Generator) -> Array:
    """Return a number of 64 bits for each row; those of equal rows are equal."""
    words = np.ascontiguousarray(X).view(f"u{X.dtype.itemsize}")
    factors = rng.integers(1, 2**63, words.shape[1], np.uint64) * np.uint64(2) + np.uint64(1)
    keys: Array = words.astype(np.uint64, copy=False) @ factors
    keys ^= keys >> np.uint64(32)  # sums of products are well mixed in their upper half alone
    keys *= np.uint64(0x9E3779B97F4A7C15)
    return np.asarray(keys ^ (keys >> np.uint64(29)))


def _lightest(members: Array, keys: Array, weights: Array, fraction: float) -> Array:
    """Return those members of a class with the lowest keys that have the fraction of its weight together."""
    _, which = np.unique(keys[members], return_inverse=True)
    of_key = np.bincount(which, weights[members])
    middle = np.cumsum(of_key) - of_key / 2  # rounds to the nearest number of different examples
    chosen: Array = (middle < fraction * of_key.sum())[which]
    return np.asarray(members[chosen])
