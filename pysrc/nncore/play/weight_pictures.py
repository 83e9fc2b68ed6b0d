"""The weights of a layer as a page shows them: bytes with a scale, and a histogram with a range."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_PICTURES = 30
BINS = 60
TOP = 127  # the int8 of a weight at the maximum of the scale
UNIT = 0.5  # maxima are this times a power of two
SAMPLE = 5000  # weights, evenly spaced, tell their size as well as all
NEARLY_ALL = 0.995  # of the weights lie within a range; the largest may be far away
SHARE = 0.8  # of that size is the maximum of the colours: larger weights are as dark


class WeightScale:
    """A WeightScale gives a maximum that does not follow the weights: it doubles, or it halves."""

    def __init__(self) -> None:
        self._value = 0.0

    def fit(self, size: float) -> float:
        """Return the maximum for weights of this size. It is halved only where that leaves room to spare."""
        if not np.isfinite(size):
            return self._value or UNIT
        value = self._value or UNIT / 1024
        while value < size:
            value *= 2
        while value > UNIT / 1024 and size < 0.4 * value:
            value /= 2
        self._value = value
        return value


def bound(w: NDArray[Any]) -> float:
    """Return the size that nearly all weights do not exceed."""
    sizes = np.abs(w.reshape(-1)[:: max(1, w.size // SAMPLE)])
    place = int(NEARLY_ALL * (sizes.size - 1))
    return float(np.partition(sizes, place)[place])


def as_bytes(w: NDArray[Any], most: float) -> NDArray[np.int8]:
    """Return weights as int8, -127 to 127 for -`most` to `most` and beyond."""
    return np.rint(np.clip(w * (TOP / most), -TOP, TOP)).astype(np.int8)


def histogram(w: NDArray[Any], most: float) -> tuple[NDArray[np.int32], int]:
    """Return how many weights lie in each of 60 equal parts of [-most, most), and how many beyond.

    >>> counts, beyond = histogram(np.array([-2.0, -0.01, 0.0, 0.99]), 1.0)
    >>> counts[[29, 30, 59]].tolist(), beyond
    ([1, 1, 1], 1)
    """
    part = (w.reshape(-1) + most) * (BINS / (2 * most))
    counts = np.bincount((np.clip(part, -1, BINS) + 1).astype(np.intp), minlength=BINS + 2)
    inside = counts[1:-1].astype(np.int32)
    return inside, int(w.size - inside.sum())


class WeightPictures:
    """WeightPictures describes the weights of a layer while it is trained, beside those it began with.

    Parameters
    ----------
    first : ndarray (n_out, n_in)
        The weights at the start.
    """

    def __init__(self, first: NDArray[Any]) -> None:
        self._first = first
        self._scale, self._width = WeightScale(), WeightScale()
        self._start: tuple[float, NDArray[np.int32]] = (0.0, np.zeros(BINS, np.int32))

    def of(self, w: NDArray[Any]) -> dict[str, Any]:
        """Return the pictures of at most 30 neurons, and the histograms of all weights, now and at first."""
        size = bound(w)
        most, wide = self._scale.fit(SHARE * size), self._width.fit(size)
        if self._start[0] != wide:
            self._start = wide, histogram(self._first, wide)[0]
        counts, beyond = histogram(w, wide)
        shown = w[:MOST_PICTURES]
        return {
            "neurons": len(w),
            "weights": as_bytes(shown, most),
            "least": shown.min(axis=1),
            "most": shown.max(axis=1),
            "scale": most,
            "top": TOP,
            "histogram": {"now": counts, "start": self._start[1], "range": wide, "beyond": beyond},
        }
