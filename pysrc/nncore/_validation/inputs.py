"""This module compares inputs with those that a network was trained on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nncore._validation.names import Names
from nncore._validation.warning import warn

LARGER, SMALLER = 8.0, 1 / 32  # root mean squares beyond these multiples of the usual one are looked at
FAR_BELOW = 1 / 20  # inputs whose largest magnitude is below this share of the usual are on another scale
MANY, LOOKED_AT = 30, 30  # the mean of so many examples counts, and it is taken over so many of them
LARGEST = float(np.finfo(np.float64).max)
NAMELESS = Names()
BELOW_ZERO = 1 / 20  # of the largest: inputs so far below 0 are others, where none was below 0
FAR_MEAN = 2.0  # a mean that is off by so many standard deviations is that of other inputs


class UsualInputs:
    """These are the inputs of a training, in four numbers: the lowest, the highest, mean and mean square; and
    the `Names` of their columns, and of the classes.

    The checks recognise inputs on another scale, such as 0 to 255 in place of 0 to 1. They cost a comparison
    of numbers that are known already. Thirty examples or more are compared by their mean, too: it tells dark
    digits on a light ground from light digits.
    """

    __slots__ = (
        "below",
        "high",
        "largest",
        "least",
        "low",
        "mean",
        "mean_square",
        "most",
        "names",
        "not_as_bytes",
        "std",
    )

    low: float
    high: float
    mean: float
    mean_square: float
    largest: float
    below: float
    std: float
    least: float
    most: float
    not_as_bytes: bool
    names: Names

    def __init__(
        self,
        low: float,
        high: float,
        mean: float,
        mean_square: float,
        names: Names = NAMELESS,
        examples: int = MANY,
    ) -> None:
        self.low, self.high, self.mean, self.mean_square, self.names = low, high, mean, mean_square, names
        self.largest = max(abs(low), abs(high))
        self.std = math.sqrt(max(mean_square - mean * mean, 0.0))
        self.most, self.least = LARGER**2 * mean_square, SMALLER**2 * mean_square
        never_below = low >= 0 and examples >= MANY  # of a few examples it may be by chance
        self.below = -BELOW_ZERO * self.largest if never_below else -math.inf
        self.not_as_bytes = self.largest > 1 / FAR_BELOW  # bytes are at most 255/256

    @classmethod
    def of(cls, rows: np.ndarray, names: Names = NAMELESS) -> UsualInputs:
        """Return these numbers of examples (n, n_in), bytes or reals."""
        if rows.dtype == np.uint8:
            rows = rows * np.float32(1 / 256)
        with np.errstate(over="ignore"):
            mean, square = float(rows.mean(dtype=np.float64)), float(np.vdot(rows, rows)) / rows.size
        # Sums of huge numbers are infinite. What is kept with a network is finite, and can be read again.
        mean, square = max(-LARGEST, min(mean, LARGEST)), min(square, LARGEST)
        return cls(float(rows.min()), float(rows.max()), mean, square, names, len(rows))

    def check(self, name: str, rows: np.ndarray, low: float, high: float, squares: float) -> None:
        """Warn if rows of reals, whose range and sum of squares are known, are on another scale."""
        size = rows.size
        usual = self.least * size <= squares <= self.most * size and low >= self.below
        if not usual and self._check_range(name, low, high):
            return
        if len(rows) >= MANY:
            self._check_mean(name, rows, 1.0)

    def check_bytes(self, name: str, rows: np.ndarray) -> None:
        """Warn if rows of bytes, which a network sees as byte/256, are on another scale."""
        if self.not_as_bytes and self._check_range(name, float(rows.min()) / 256, float(rows.max()) / 256):
            return
        if len(rows) >= MANY:
            self._check_mean(name, rows, 1 / 256)

    def _check_range(self, name: str, low: float, high: float) -> bool:
        """Warn if the smallest or the largest of the inputs shows another scale; return whether it does."""
        width = self.high - self.low or self.largest
        too_far = high > self.high + width or low < max(self.low - width, self.below)
        too_near = 0 < max(abs(low), abs(high)) < FAR_BELOW * self.largest
        if self.largest == 0 or not (too_far or too_near):
            return False
        bytes_help = " Bytes (uint8) are read as byte/256." if max(high, self.high) == 255 else ""
        warn(
            f"{name}: these inputs go from {low:.4g} to {high:.4g}, and the network was trained on inputs "
            f"from {self.low:.4g} to {self.high:.4g}. Bring them to the same scale, or its answers mean "
            f"little.{bytes_help}"
        )
        return True

    def _check_mean(self, name: str, rows: np.ndarray, scale: float) -> None:
        """Warn if the mean of many inputs is far from the usual one."""
        some = rows[:: max(1, len(rows) // LOOKED_AT)]
        mean = float(some.sum()) * scale / some.size
        if abs(mean - self.mean) > FAR_MEAN * self.std > 0:
            hint = ""
            if self.low >= 0 and self.high <= 1 and mean <= 1 and abs(1 - mean - self.mean) < 0.5 * self.std:
                hint = " Light and dark seem to be exchanged: 1 - X exchanges them back."
                hint = hint.replace("1 - X", "255 - X") if scale < 1 else hint
            warn(
                f"{name}: the mean of these inputs is {mean:.3g}, and in the training it was "
                f"{self.mean:.3g}, with a standard deviation of {self.std:.3g}. Prepare them as the training "
                f"data were, or its answers mean little.{hint}"
            )


def check_names(name: str, data: Any, usual: UsualInputs | None) -> None:
    """Compare the names of columns and classes in data with those of the training, if there was one."""
    if usual is not None:
        usual.names.check(name, Names.of(data))
