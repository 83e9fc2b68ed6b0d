"""These functions measure how far chapter 4's networks (`nncore.book.universality`) are from their functions.

Nothing is trained and nothing is random: the numbers are the same on every machine, up to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nncore.book import universality

BUMPS = (5, 10, 20, 50, 100, 200)
TOWERS = (5, 10, 20, 40)


def surface(x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
    """Return the function of two inputs that towers approximate here (the book gives none).

    Examples
    --------
    >>> float(surface(0.0, 0.0))
    0.5
    """
    x, y = np.asarray(x), np.asarray(y)
    values: NDArray[np.float64] = 0.5 + 0.4 * np.sin(6 * x) * np.cos(4 * y)
    return values


def step(s: float = 0.4, w: float = 1000.0) -> dict[str, Any]:
    """Measure a step: how far the output of one neuron is from 0 before s, and from 1 after s.

    Examples
    --------
    >>> step()["mean"] < 0.002  # 2 ln(2) / w: a sigmoid is not quite upright
    True
    """
    deviation = universality.deviation(universality.step(s, w), lambda x: x > s)
    return {"s": s, "w": w, "mean": deviation.mean, "max": deviation.max}


def bump(left: float = 0.4, right: float = 0.6, height: float = 0.8, w: float = 1000.0) -> dict[str, Any]:
    """Measure a bump: how far a pair of steps is from its height inside the bump, and from 0 outside.

    Examples
    --------
    >>> bump()["mean"] < 0.003
    True
    """
    net = universality.bump(left, right, height, w)
    deviation = universality.deviation(net, lambda x: height * ((x > left) & (x < right)))
    return {
        "left": left,
        "right": right,
        "height": height,
        "w": w,
        "mean": deviation.mean,
        "max": deviation.max,
    }


def bumps(counts: Sequence[int] = BUMPS) -> dict[str, Any]:
    """Measure how far N bumps are from the book's function of one input.

    Parameters
    ----------
    counts : sequence of int
        Numbers of bumps.

    Returns
    -------
    dict
        "counts"; "mean" and "max", the deviations for each count; "summed", the book's measure: the mean
        deviation of the weighted input of a sigmoid output neuron from the inverse sigmoid of the function.

    Examples
    --------
    >>> numbers = bumps([5, 50])
    >>> [round(mean, 4) for mean in numbers["mean"]]
    [0.0917, 0.0097]
    """
    f = universality.f

    def goal(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return universality.inverse_sigmoid(f(x))

    deviations = [universality.deviation(universality.approximate(f, N), f) for N in counts]
    summed = [universality.deviation(universality.approximate(goal, N), goal).mean for N in counts]
    return {
        "counts": list(counts),
        "mean": [each.mean for each in deviations],
        "max": [each.max for each in deviations],
        "summed": summed,
    }


def towers(counts: Sequence[int] = TOWERS) -> dict[str, Any]:
    """Measure how far N x N towers are from a function of two inputs.

    Parameters
    ----------
    counts : sequence of int
        Numbers of towers along each input.

    Returns
    -------
    dict
        "counts"; "mean", the mean deviation for each count.

    Examples
    --------
    >>> numbers = towers([5, 10])
    >>> numbers["mean"][1] < 0.6 * numbers["mean"][0]
    True
    """
    deviations = [
        universality.deviation(universality.approximate_by_towers(surface, N), surface) for N in counts
    ]
    return {"counts": list(counts), "mean": [each.mean for each in deviations]}
