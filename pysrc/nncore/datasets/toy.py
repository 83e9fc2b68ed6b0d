"""`toy` makes small sets of points in the plane, on which a network's decision can be drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nncore import _given

Name = Literal["xor", "circles", "moons", "spirals"]
Points = NDArray[np.float64]

NAMES: tuple[Name, ...] = get_args(Name)
MOST = 10_000_000  # points


def toy(name: Name, n: int = 200, noise: float = 0.1, seed: int = 0) -> tuple[Points, NDArray[np.int64]]:
    """Make n points in the plane, each of one of two classes.

    Parameters
    ----------
    name : {"xor", "circles", "moons", "spirals"}
        "xor": around the corners of the unit square; the class is x XOR y. "circles": a circle of radius 1
        around one of radius 0.5. "moons": two half circles that reach into each other. "spirals": two spirals
        of one turn.
    n : int, optional
        The number of points, 2 or more: n/2 of each class.
    noise : float, optional
        The standard deviation of what is added to each coordinate.
    seed : int, optional
        The same seed gives the same points.

    Returns
    -------
    X : ndarray of float64, (n, 2)
        The points, in a random order.
    y : ndarray of int64, (n,)
        The classes, 0 and 1.

    Raises
    ------
    ValueError
        There is no set of this name, n is too small or too large, or noise is negative.

    Examples
    --------
    >>> import nncore as nn
    >>> X, y = nn.datasets.toy("xor", n=4, noise=0)
    >>> sorted(zip(X.tolist(), y.tolist()))
    [([0.0, 0.0], 0), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], 0)]
    >>> net = nn.Network([2, 10, 2], activation="tanh", seed=0)
    >>> history = net.SGD(nn.datasets.toy("circles"), 200, 10, 0.1)
    >>> net.accuracy(nn.datasets.toy("circles", seed=1)) > 0.9
    True
    """
    if not isinstance(name, str) or name not in NAMES:
        raise ValueError(f"name: one of {', '.join(map(repr, NAMES))} needed, got {name!r:.60}")
    count, deviation, start = _given.whole(n), _given.real(noise), _given.whole(seed)
    if count is None or not 2 <= count <= MOST:
        raise ValueError(f"n: a whole number from 2 to {MOST:,} needed, got {n!r:.60}")
    if deviation is None or not 0 <= deviation < np.inf:
        raise ValueError(f"noise: a number of 0 or more needed, got {noise!r:.60}")
    if start is None or start < 0:
        raise ValueError(f"seed: a whole number of 0 or more needed, got {seed!r:.60}")
    rng = np.random.default_rng(start)
    y = np.arange(count, dtype=np.int64) % 2
    X = SHAPES[name](y, np.arange(count) // 2 / max(1, (count + 1) // 2 - 1))
    X = X + deviation * rng.standard_normal(X.shape)
    order = rng.permutation(count)
    return X[order], y[order]


def xor(y: NDArray[np.int64], t: Points) -> Points:
    """Return corners of the unit square: class 1 has one coordinate of 1."""
    first = np.arange(len(y)) // 2 % 2
    corners: Points = np.stack([first, first ^ y], axis=1).astype(np.float64)
    return corners


def circles(y: NDArray[np.int64], t: Points) -> Points:
    """Return points of a circle of radius 1, class 0, and of one of radius 0.5."""
    angle = 2 * np.pi * t
    points: Points = (1 - 0.5 * y)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points


def moons(y: NDArray[np.int64], t: Points) -> Points:
    """Return points of an upper half circle, class 0, and of a lower one that reaches into it."""
    angle = np.pi * t
    return np.stack(
        [np.where(y, 1 - np.cos(angle), np.cos(angle)), np.where(y, 0.5 - np.sin(angle), np.sin(angle))],
        axis=1,
    )


def spirals(y: NDArray[np.int64], t: Points) -> Points:
    """Return points of two spirals from the middle to radius 1, one the other turned by half a turn."""
    angle, radius = 2 * np.pi * t + np.pi * y, 0.1 + 0.9 * t
    points: Points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points


SHAPES: dict[Name, Callable[[NDArray[np.int64], Points], Points]] = {
    "xor": xor,
    "circles": circles,
    "moons": moons,
    "spirals": spirals,
}
