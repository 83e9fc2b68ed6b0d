"""These functions say whether inputs, or the numbers that a network is to fit, are scaled badly.

`bad_inputs` and `bad_targets` return (name, what was measured, what to do), or None. The doctor, SGD's
warnings and `find_eta` all ask them, so that they say the same. A column is what one input, or one target,
is for all examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nncore import _validation
from nncore.insight.sampling import evenly_spaced
from nncore.insight.wording import format_count

if TYPE_CHECKING:
    from nncore._validation import Examples

Sentences = tuple[str, str, str]
NOT_SCALED = ("inputs not scaled", "targets not scaled")
FEWEST = 10  # with fewer examples, a warning at the start would say little
LARGE = 4.0  # a column whose root mean square is larger is not scaled: 1 is that of a scaled one
NEAR = 0.25  # inputs that are all nearer to 0 than this are far too small if, in a typical example,
SMALL = 0.2  # their squares sum to less than the square of this;
TINY = 0.02  # and however many they are, if all are nearer to 0 than this
UNEQUAL = 300  # standard deviations that differ by this factor are not those of scaled columns
MOST_COLUMNS = 200  # with more inputs than this, some are often nearly constant, and that does not hurt
RARE = 0.9  # a column with one value in so many examples says little by its standard deviation
PIXELS = 16  # so many inputs that reach the same whole number may be an image
BLOCK = 4096  # rows whose squares are computed at once
LARGEST_WHOLE = 1e15  # a float above it has no digits behind the point, and so is no count


class Columns(NamedTuple):
    """Columns holds the lowest and highest value, the mean and the standard deviation of each column."""

    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    std: np.ndarray

    @classmethod
    @np.errstate(over="ignore", invalid="ignore")  # squares of huge numbers
    def of(cls, rows: np.ndarray, scale: float = 1.0) -> Columns:
        """Measure the columns of rows (n, columns), each number multiplied by `scale`."""
        mean, squares = rows.mean(axis=0, dtype=np.float64), np.zeros(rows.shape[1])
        for begin in range(0, len(rows), BLOCK):
            squares += np.square(rows[begin : begin + BLOCK] - mean).sum(axis=0)
        low, high, std = rows.min(axis=0), rows.max(axis=0), np.sqrt(squares / len(rows))
        std[low == high] = 0.0
        return cls(low * scale, high * scale, mean * scale, std * scale)

    @property
    def size(self) -> np.ndarray:
        """The root mean square of each column: how far its values are from 0."""
        size: np.ndarray = np.hypot(self.mean, self.std)
        return size

    def describe(self, k: int, name: str) -> str:
        """Say in which range column k lies; `name` is its name, with the verb."""
        if self.low[k] == self.high[k]:
            return f"{name.replace(' goes from', ' is')} {self.low[k]:.4g} for every example"
        return (
            f"{name} {self.low[k]:.4g} to {self.high[k]:.4g} (mean {self.mean[k]:.3g}, standard deviation "
            f"{self.std[k]:.3g})"
        )


def warn_of_scale(name: str, examples: Examples, activation: str) -> None:
    """Warn if the examples, passed under this name, are scaled badly; `activation` is the output layer's."""
    if examples.n < FEWEST:
        return
    # Bytes are between 0 and 1; but few of them, or zeros and ones, may be the numbers of a table.
    are_pixels = examples.images is not None and examples.X.shape[1] >= PIXELS
    are_pixels = are_pixels and int(_validation.evenly(examples.X).max()) > 1
    x = None if are_pixels else bad_inputs(examples)
    for said in (x, bad_targets(examples, activation)):
        if said is not None and said[0] in NOT_SCALED:
            _validation.warn(f"{name}: {said[1]} {said[2]}")


def bad_inputs(examples: Examples, noun: str = "example", diverged: bool = False) -> Sentences | None:
    """Say whether the inputs are all the same, nearly all 0, far too large, or far too small.

    If the training `diverged`, the reason is not that they are all the same: then only their size counts.
    A sample is looked at first. What it shows is measured again on all examples, as one of them may have a
    value that is far from all others.
    """
    sample = examples.X[evenly_spaced(examples.n)]
    if _bad_inputs(sample, examples.scale, noun, diverged) is None:
        return None
    return _bad_inputs(examples.X, examples.scale, noun, diverged)


def _bad_inputs(rows: np.ndarray, scale: float, noun: str, diverged: bool) -> Sentences | None:
    """Say the same of the inputs in these rows, each multiplied by `scale`."""
    columns, n_in = Columns.of(rows, scale), rows.shape[1]
    low, high = float(columns.low.min()), float(columns.high.max())
    varying = columns.std > 0
    if len(rows) > 1 and not varying.any() and not diverged:
        return (
            "inputs identical",
            f"{format_count(len(rows))} {noun}s were compared, and all of them are the same.",
            "Check how they are read: np.ptp(X, axis=0) should not be 0 for every input.",
        )
    if _are_pixels(rows, columns, scale):
        largest = 256 if 128 < high < 256 else high
        of_bytes = " An nn.Dataset of bytes does so by itself." if high < 256 else ""
        return (
            NOT_SCALED[0],
            f"The inputs are whole numbers up to {high:g}.",
            f"Divide them: X / {largest:g}.{of_bytes}",
        )
    if low == 0 and high == 1 and n_in >= 64 and _are_few_ones(rows, scale):
        return (
            "inputs nearly all 0",
            f"Only {np.count_nonzero(rows) / rows.size:.1%} of the inputs are not 0, and those are 1.",
            "If they are bytes that were divided by X // 255, the grey values are gone: take X / 256.",
        )
    if scale != 1 and 0 < high <= scale and n_in >= 64 and columns.mean.mean() < high / 2:
        return (
            NOT_SCALED[0],
            f"The inputs are bytes (uint8) of 0 and 1, which are all within {high:.2g} of 0.",
            f"{_validation.BYTES_HELP} If they are pixels that were divided by X // 255, the grey values are "
            "gone: give the bytes as they were, or take X / 256.",
        )
    large = np.flatnonzero(columns.size > LARGE)
    if large.size:
        k = int(columns.size.argmax())
        measured = columns.describe(k, f"Input {k} goes from")
        if large.size > 1:
            measured += f"; {_these(large.size, n_in)} {n_in} inputs are far outside of -1 to 1"
        return NOT_SCALED[0], f"{measured}.", standardise(columns)
    most = max(-low, high)
    if 0 < most < TINY or (most < NEAR and 0 < float(np.sum(columns.size**2)) < SMALL**2):
        twice = "Were they divided twice? " if most < TINY else ""
        if scale != 1:
            twice = f"{_validation.BYTES_HELP} "
        spread = columns.std.max()
        measured = f"The inputs are all within {most:.2g} of 0 (largest standard deviation {spread:.2g})."
        return NOT_SCALED[0], measured, twice + standardise(columns)
    if n_in <= MOST_COLUMNS and (unequal := _unequal(rows, columns)) is not None:
        least, most = unequal
        measured = (
            f"Input {most} has the standard deviation {columns.std[most]:.3g}, input {least} "
            f"{columns.std[least]:.3g}."
        )
        return NOT_SCALED[0], measured, standardise(columns)
    return None


def _these(k: int, n: int) -> str:
    """Return the words before "n inputs are", when k of them are."""
    return "all" if k == n else f"{k} of the"


def _are_pixels(rows: np.ndarray, columns: Columns, scale: float) -> bool:
    """Return whether the inputs are whole numbers of one range, such as 0 to 255, as those of images are."""
    high = columns.high.max()
    if scale != 1 or len(columns.high) < PIXELS or columns.low.min() < 0 or not 10 <= high < LARGEST_WHOLE:
        return False
    varying = columns.std > 0
    return bool(np.median(columns.high[varying]) > high / 2 and (rows == np.round(rows)).all())


def _are_few_ones(rows: np.ndarray, scale: float) -> bool:
    """Return whether few inputs are not 0, and these are 1, and not the same number in each example."""
    ones = rows * scale == 1
    if (ones.mean() >= TINY) or np.count_nonzero(rows) != np.count_nonzero(ones):
        return False
    return bool(np.ptp(ones.sum(axis=1)) > 0)


def _unequal(rows: np.ndarray, columns: Columns) -> tuple[int, int] | None:
    """Return the columns with the least and the largest standard deviation, if they are far apart."""
    few = np.flatnonzero((columns.std > 0) & (columns.std < columns.std.max() / UNEQUAL))
    for k in few[np.argsort(columns.std[few])]:
        _, counts = np.unique(rows[:, k], return_counts=True)
        if counts.max() < RARE * len(rows):
            return int(k), int(columns.std.argmax())
    return None


def standardise(columns: Columns) -> str:
    """Return the line that scales X with these columns, and the inputs that come later."""
    constant = "" if (columns.std > 0).all() else " std[np.ptp(X, axis=0) == 0] = 1;"  # no column by 0
    return (
        f"Scale each input to about -1 to 1: mean, std = X.mean(axis=0), X.std(axis=0);{constant} "
        "X = (X - mean) / std. Test data, and all later inputs, need the same mean and std."
    )


def bad_targets(examples: Examples, activation: str = "linear") -> Sentences | None:
    """Say whether the numbers that a network is to fit are far from 0, far apart, or tiny."""
    y = examples.targets
    if y is None or examples.kind != _validation.NUMBERS:
        return None
    columns = Columns.of(y)
    are_tiny = max(-columns.low.min(), columns.high.max()) < TINY / 2
    if not (columns.std > 0).any() or not (are_tiny or (columns.size > LARGE).any()):
        return None
    k = int(columns.size.argmax())
    measured = columns.describe(k, "The targets go from" if y.shape[1] == 1 else f"Target {k} goes from")
    if activation == "relu" and columns.low.min() >= 0:  # it answers nothing below 0
        y_max = "y.max(axis=0)" if (columns.high > 0).all() else "np.maximum(y.max(axis=0), 1e-9)"
        remedy = f"y_max = {y_max}; y = y / y_max. net.feedforward(X) * y_max"
    else:
        std = "y.std(axis=0)" if (columns.std > 0).all() else "np.maximum(y.std(axis=0), 1e-9)"
        remedy = f"y_mean, y_std = y.mean(axis=0), {std}; y = (y - y_mean) / y_std. "
        remedy += "net.feedforward(X) * y_std + y_mean"
    return (
        NOT_SCALED[1],
        f"{measured}.",
        f"Scale them to about -1 to 1: {remedy} are then the answers in the old units.",
    )
