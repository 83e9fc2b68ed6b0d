"""These functions say whether inputs, or the numbers that a network is to fit, are scaled badly.

Each returns (name, what was measured, what to do), or None. x and y are columns, one beside the other.
"""

from __future__ import annotations

import numpy as np

from nncore.insight.wording import format_count

Sentences = tuple[str, str, str]
MOST_COLUMNS = 200  # with more inputs than this, some are often nearly constant, and that does not hurt


def standardise(spread: np.ndarray) -> str:
    """Return the line that scales X, whose columns have these standard deviations."""
    std = "X.std(axis=0)" if (spread > 0).all() else "np.maximum(X.std(axis=0), 1e-9)"  # no column by 0
    return f"X = (X - X.mean(axis=0)) / {std}"


LARGEST_WHOLE = 1e15  # a float above it has no digits behind the point, and so is no count


@np.errstate(over="ignore", invalid="ignore")  # squares of huge numbers
def bad_inputs(x: np.ndarray, noun: str = "example") -> Sentences | None:
    """Say whether the inputs x (n_in, m) are all the same, nearly all 0, far too large, or far too small."""
    low, high = float(x.min()), float(x.max())
    whole = low >= 0 and bool((x == np.round(x)).all())
    if x.shape[1] > 1 and (x == x[:, :1]).all():
        return (
            "inputs identical",
            f"{format_count(x.shape[1])} {noun}s were compared, and all of them are the same.",
            "Check how they are read: np.ptp(X, axis=0) should not be 0 for every input.",
        )
    if whole and 10 <= high < LARGEST_WHOLE:
        largest = 256 if 128 < high < 256 else high
        of_bytes = " An nn.Dataset of bytes does so by itself." if high < 256 else ""
        return (
            "inputs not scaled",
            f"The inputs are whole numbers up to {high:g}.",
            f"Divide them: X / {largest:g}.{of_bytes}",
        )
    if whole and high == 1 and len(x) >= 64 and (x != 0).mean() < 0.02 and np.ptp(x.sum(axis=0)) > 0:
        return (
            "inputs nearly all 0",
            f"Only {(x != 0).mean():.1%} of the inputs are not 0, and those are 1.",
            "If they are bytes that were divided by X // 255, the grey values are gone: take X / 256.",
        )
    spread = x.std(axis=1)
    size, varying = float(np.sqrt(np.mean(x**2))), spread[spread > 0]
    if size > 10:
        measured = f"The inputs go from {low:g} to {high:g}."
        return "inputs not scaled", measured, f"Scale each input to about -1 to 1: {standardise(spread)}."
    if 0 < max(-low, high) < 0.02:
        return (
            "inputs not scaled",
            f"The inputs are all within {max(-low, high):.2g} of 0.",
            "Were they divided twice? Scale them to about -1 to 1.",
        )
    if len(varying) > 1 and len(x) <= MOST_COLUMNS and varying.max() > 300 * varying.min():
        least, most = int(np.argmin(np.where(spread > 0, spread, np.inf))), int(spread.argmax())
        return (
            "inputs not scaled",
            f"Input {most} has the standard deviation {spread[most]:.3g}, input {least} {spread[least]:.3g}.",
            f"Scale each input to about -1 to 1: {standardise(spread)}.",
        )
    return None


@np.errstate(over="ignore", invalid="ignore")
def bad_targets(y: np.ndarray) -> Sentences | None:
    """Say whether the numbers y (n_out, m) that a network is to fit are far from 0, far apart, or tiny."""
    mean, spread = y.mean(axis=1), y.std(axis=1)
    if not (spread > 0).any():
        return None
    off = bool((np.abs(mean) > 10 * np.maximum(spread, 1)).any() or spread.max() > 10)
    tiny = bool(np.abs(y).max() < 0.01)
    if not off and not tiny:
        return None
    k = int(spread.argmax())
    std = "y.std(axis=0)" if (spread > 0).all() else "np.maximum(y.std(axis=0), 1e-9)"
    return (
        "targets not scaled",
        f"The targets go from {y.min():.4g} to {y.max():.4g} (mean {mean[k]:.3g}, standard deviation "
        f"{spread[k]:.3g}).",
        f"Scale them to about -1 to 1: mean, std = y.mean(axis=0), {std}; y = (y - mean) / std. "
        "net.feedforward(X) * std + mean are then the answers in the old units.",
    )
