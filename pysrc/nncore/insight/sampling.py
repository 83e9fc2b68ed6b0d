"""These functions choose the examples that the tools of this package use, and give them as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nncore._validation import Examples

MOST_EXAMPLES = 1000  # enough to judge a network by


def evenly_spaced(n: int) -> np.ndarray:
    """Return the indices of at most `MOST_EXAMPLES` of n examples, evenly spaced over all of them."""
    return np.linspace(0, n - 1, min(n, MOST_EXAMPLES)).astype(np.intp)


def columns(examples: Examples, n_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the examples as columns of float64, as in the book: x (n_in, m) and y (n_out, m).

    A label becomes a column with a 1 in its row and 0 elsewhere.
    """
    y = examples.y if examples.labels is None else examples.labels[:, None] == np.arange(n_out)
    x = examples.X * examples.scale
    return x.T.astype(np.float64), y.T.astype(np.float64)
