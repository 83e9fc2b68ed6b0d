"""Which of a user's examples are looked at, and in which form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore.datasets import Dataset

if TYPE_CHECKING:
    from nncore.network import Network

MOST_EXAMPLES = 1000  # a look at a network takes at most this many examples


def examples(net: Network, data: Any) -> _validation.Examples:
    """Check a user's data, and return them as the network's methods read them."""
    return _validation.examples("data", data, net.sizes[0], net.sizes[-1], net.dtype)


def evenly_spaced(n: int) -> np.ndarray:
    """Return the indices of at most `MOST_EXAMPLES` of n examples, evenly spaced over all of them."""
    return np.linspace(0, n - 1, min(n, MOST_EXAMPLES)).astype(np.intp)


def take(given: _validation.Examples, places: Any) -> tuple[Any, np.ndarray]:
    """Some of the examples, as a pair that every method takes."""
    X = given.inputs if given.images is None else given.images
    y = given.labels if given.targets is None else given.targets
    assert X is not None  # examples have one of each
    assert y is not None
    X, y = X[places], y[places]
    return (Dataset(X, np.zeros(len(X), np.int64)) if given.scale != 1 else X), y


def columns(given: _validation.Examples, n_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the examples as columns of float64, as the book writes them: x (n_in, m) and y (n_out, m)."""
    x = given.inputs if given.images is None else given.images * given.scale
    y = given.targets
    if given.labels is not None:
        y = given.labels[:, None] == np.arange(n_out)
    assert x is not None  # examples have images or inputs,
    assert y is not None  # and labels or targets
    return x.T.astype(np.float64), y.T.astype(np.float64)
