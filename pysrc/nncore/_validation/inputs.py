"""This module compares inputs with those that a network was trained on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nncore._validation.names import Names
from nncore._validation.warning import warn

LARGER, SMALLER = 8.0, 1 / 32  # root mean squares beyond these multiples of the usual one are looked at
FAR_BELOW = 1 / 20  # inputs whose largest magnitude is below this share of the usual are on another scale
BEYOND_BYTES = 8.0  # bytes, at most 255/256, are below an eighth of it, and so on another scale
MANY, LOOKED_AT = 30, 30  # the mean of so many examples counts, and it is taken over so many of them
LARGEST = float(np.finfo(np.float64).max)
NAMELESS = Names()
BELOW_ZERO = 1 / 20  # of the largest: inputs so far below 0 are others, where none was below 0
FAR_MEAN = 2.0  # a mean that is off by so many standard deviations is that of other inputs
FEW = 10  # examples, which may be unlike the next ones by chance
BYTES_HELP = "Bytes (uint8) are pixels, and read as byte/256; those of a table are X.astype(float)."


class UsualInputs:
    """These are the inputs of a training, in four numbers: the lowest, the highest, mean and mean square; and
    the `Names` of their columns, and of the classes.

    The checks recognise inputs on another scale, such as 0 to 255 in place of 0 to 1. They cost a comparison
    of numbers that are known already. Thirty examples or more are compared by their mean, too: it tells dark
    digits on a light ground from light digits.
    """

    __slots__ = (
        "as_numbers",
        "below",
        "examples",
        "high",
        "largest",
        "least",
        "low",
        "mean",
        "mean_square",
        "most",
        "names",
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
    as_numbers: bool
    examples: int
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
        # Numbers that a byte can be, too: above 1, or zeros and ones (which are their own squares).
        self.as_numbers = high > 1 or (low == 0 and high == 1 and mean - mean_square < 0.01 * mean)
        self.examples = examples

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
        many = len(rows) >= MANY
        unlike = self.as_numbers or self.largest > BEYOND_BYTES
        if unlike or (many and self._not_bytes(int(evenly(rows).max()), many)):
            low, high = int(rows.min()), int(rows.max())
            if self._not_bytes(high, many):
                self._warn_of_range(name, low / 256, high / 256, f" {BYTES_HELP}")
                return
        if many:
            self._check_mean(name, rows, 1 / 256)

    def to_train_on(self) -> UsualInputs | None:
        """Return what the inputs of the next training are compared with, whose names may be others."""
        if self.examples < FEW:
            return None
        return UsualInputs(self.low, self.high, self.mean, self.mean_square, NAMELESS, self.examples)

    def _not_bytes(self, high: int, many: bool) -> bool:
        """Return whether bytes up to `high` were numbers in the training, or are far below its inputs.

        One image may be nearly black. Many are not.
        """
        were_numbers = high <= self.high and self.as_numbers
        far_below = self.largest > BEYOND_BYTES or (many and high / 256 < FAR_BELOW * self.largest)
        return high > 0 and (were_numbers or far_below)

    def _check_range(self, name: str, low: float, high: float) -> bool:
        """Warn if the smallest or the largest of the inputs shows another scale; return whether it does."""
        width = self.high - self.low or self.largest
        too_far = high > self.high + width or low < max(self.low - width, self.below)
        too_near = 0 < max(abs(low), abs(high)) < FAR_BELOW * self.largest
        if self.largest == 0 or not (too_far or too_near):
            return False
        bytes_help = " Bytes (uint8) are read as byte/256." if max(high, self.high) == 255 else ""
        self._warn_of_range(name, low, high, bytes_help)
        return True

    def _warn_of_range(self, name: str, low: float, high: float, bytes_help: str) -> None:
        """Warn of another scale."""
        warn(
            f"{name}: these inputs go from {low:.4g} to {high:.4g}, and the network was trained on inputs "
            f"from {self.low:.4g} to {self.high:.4g}. Bring them to the same scale, or what it has learned "
            f"means little for them.{bytes_help}"
        )

    def _check_mean(self, name: str, rows: np.ndarray, scale: float) -> None:
        """Warn if the mean of many inputs is far from the usual one."""
        some = evenly(rows)
        mean = float(some.sum()) * scale / some.size
        if abs(mean - self.mean) > FAR_MEAN * self.std > 0:
            hint = ""
            if self.low >= 0 and self.high <= 1 and mean <= 1 and abs(1 - mean - self.mean) < 0.5 * self.std:
                hint = " Light and dark seem to be exchanged: 1 - X exchanges them back."
                hint = hint.replace("1 - X", "255 - X") if scale < 1 else hint
            warn(
                f"{name}: the mean of these inputs is {mean:.3g}, and in the training it was "
                f"{self.mean:.3g}, with a standard deviation of {self.std:.3g}. Prepare them as the training "
                f"data were, or what it has learned means little for them.{hint}"
            )


def evenly(rows: np.ndarray) -> np.ndarray:
    """Return some of many rows, evenly spaced: a view."""
    return rows[:: max(1, len(rows) // LOOKED_AT)]


def check_names(name: str, data: Any, usual: UsualInputs | None) -> None:
    """Compare the names of columns and classes in data with those of the training, if there was one."""
    if usual is not None:
        usual.names.check(name, Names.of(data))
