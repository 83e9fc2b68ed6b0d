"""Networks built by hand that compute any function (chapter 4): steps, bumps and towers.

    net = universality.approximate(f, 20)        # a network of 20 bumps; nothing is trained
    universality.deviation(net, f)

A sigmoid neuron whose weight w is large is a step, up at s = -b/w. Two steps, one weighed by h and one by -h,
are a bump of height h; bumps side by side follow any continuous function of one input on [0, 1]. A neuron
that reads the steps of several inputs, and answers only where all of their bumps are up, is a tower; towers
follow functions of several inputs.

How far a network is from f is the mean of |f(x) - network(x)| over [0, 1], and the largest of it. Bumps and
towers that stand at the height of f in their middle are off by half a bump's width times the slope at most,
by a quarter in the mean: N bumps deviate by V/(4N) in the mean, V the integral of |f'| over [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nncore import _validation
from nncore.layers import Dense
from nncore.network import Network

__all__ = [
    "Deviation",
    "approximate",
    "approximate_by_towers",
    "bump",
    "deviation",
    "f",
    "inverse_sigmoid",
    "step",
    "tower",
]

LIMITS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}  # what an activation goes to, far left and far right
STEEP = 200.0  # w times the width of a bump, by default: steps are over within a fiftieth of it
AND = 50.0  # how much a tower reads each step by: at half of that a sigmoid is within 2e-11 of 0 or 1


def f(x: ArrayLike) -> NDArray[np.float64]:
    """The function that chapter 4 approximates: 0.2 + 0.4 x^2 + 0.3 x sin(15 x) + 0.05 cos(50 x).

    Examples
    --------
    >>> float(f(0.0))
    0.25
    """
    x = np.asarray(x, np.float64)
    return 0.2 + 0.4 * x**2 + 0.3 * x * np.sin(15 * x) + 0.05 * np.cos(50 * x)


def inverse_sigmoid(a: ArrayLike) -> NDArray[np.float64]:
    """The z at which a sigmoid neuron's activation is a, between 0 and 1: ln(a / (1 - a)).

    Examples
    --------
    >>> inverse_sigmoid([0.5, 0.75]).round(3).tolist()
    [0.0, 1.099]
    """
    a = np.asarray(a, np.float64)
    return np.log(a) - np.log1p(-a)


def step(s: float, w: float = 1000.0) -> Network:
    """One sigmoid neuron that steps from 0 up to 1 at s.

    Parameters
    ----------
    s : float
        Where its activation is 1/2: its bias is -w s.
    w : float
        Its weight: between 0.12 and 0.88 it needs a width of 4/w. Below 0 it steps down.

    Returns
    -------
    Network
        [1, 1], float64, as all networks here.

    Examples
    --------
    >>> step(0.4).feedforward([[0.39], [0.4], [0.41]]).round(3).ravel().tolist()
    [0.0, 0.5, 1.0]
    """
    s, w = _validation.real("s", s), _validation.real("w", w)
    net = _network(1, Dense(1))
    net.weights[0], net.biases[0] = [[w]], [[-w * s]]
    return net


def bump(left: float, right: float, height: float, w: float = 1000.0) -> Network:
    """A pair of steps that is `height` between left and right, and 0 outside.

    Parameters
    ----------
    left, right : float
        Where it begins and ends.
    height : float
        What the output, which is linear, weighs the first step by; the second one by -height.
    w : float
        The weight of both steps.

    Returns
    -------
    Network
        [1, 2, 1].

    Examples
    --------
    >>> bump(0.4, 0.6, 0.8).feedforward([[0.3], [0.5], [0.7]]).round(3).ravel().tolist()
    [0.0, 0.8, 0.0]
    """
    left, right = _interval(left, right)
    height, w = _validation.real("height", height), _validation.real("w", w)
    return _bumps(np.array([left]), np.array([right]), np.array([height]), w, "linear", "sigmoid")


def approximate(
    f: Callable[[NDArray[np.float64]], ArrayLike],
    N: int,
    *,
    w: float | None = None,
    output: str = "linear",
    activation: str = "sigmoid",
) -> Network:
    """A network with one hidden layer, of 2N neurons, that follows f on [0, 1] with N bumps of one width.

    Parameters
    ----------
    f : callable
        Called with an array of x, returns as many f(x).
    N : int
        Each bump has the height of f in its middle.
    w : float, optional
        The weight of the steps; by default 200 N, which is 1000 for five bumps.
    output : {"linear", "sigmoid"}
        What the output neuron makes of the sum of the bumps. With "sigmoid" they follow the inverse sigmoid
        of f, which must be between 0 and 1.
    activation : {"sigmoid", "tanh"}
        Of the hidden neurons. Anything will do that goes to two different limits, far left and far right.

    Returns
    -------
    Network
        [1, 2N, 1]; neurons 2k and 2k + 1 begin and end bump k. The first begins and the last ends half a
        bump outside [0, 1], so that 0 and 1 are on the top of theirs.

    Notes
    -----
    The mean deviation is V/(4N), V the integral of |f'|, as N grows: where a bump is 1/N wide and f rises by
    df across it, |f - bump| falls from df/2 to 0 and rises again. Steps that are not quite upright take off
    a share of 8 ln(2) N/w, 2.8 % by default. The largest deviation is max |f'|/(2N) at most.

    Chapter 4 follows the inverse sigmoid of f by five bumps, and compares the sum that reaches the output:
    ``goal = lambda x: inverse_sigmoid(f(x))``, ``deviation(approximate(goal, 5), goal)``.

    Examples
    --------
    >>> import nncore as nn
    >>> from nncore.book import universality
    >>> for N in (5, 50, 500):
    ...     net = universality.approximate(universality.f, N)
    ...     print(N, net.sizes, f"{universality.deviation(net, universality.f).mean:.4f}")
    5 [1, 10, 1] 0.0917
    50 [1, 100, 1] 0.0097
    500 [1, 1000, 1] 0.0010
    """
    N = _validation.integer("N", N, 1)
    w = STEEP * N if w is None else _validation.real("w", w)
    _validation.one_of("output", output, ("linear", "sigmoid"))
    if activation not in LIMITS:
        raise ValueError(
            f"activation: one of {', '.join(LIMITS)} needed, got {activation!r}: a step needs two different "
            "limits, far left and far right"
        )
    edges = _edges(N)
    heights = _heights(f, ((np.arange(N) + 0.5) / N,), output)
    return _bumps(edges[:-1], edges[1:], heights, w, output, activation)


def tower(
    left: Sequence[float], right: Sequence[float], height: float = 1.0, w: float = 1000.0, h: float = AND
) -> Network:
    """A network that is `height` where every input is between its left and right, and 0 elsewhere.

    A pair of steps for each input makes a bump of it. The second hidden layer is a neuron that adds the m
    bumps, h high each, and has the bias -(m - 1/2) h: it is up only where all of them are.

    Parameters
    ----------
    left, right : sequence of float
        One number for each input.
    height : float
        The weight of the output, which is linear.
    w : float
        The weight of the steps.
    h : float
        The height of the bumps: the tower is within exp(-h/2) of 0 and 1, but for the width of the steps.

    Returns
    -------
    Network
        [m, 2m, 1, 1].

    Examples
    --------
    >>> net = tower((0.4, 0.3), (0.6, 0.7), 0.8)
    >>> net.sizes
    [2, 4, 1, 1]
    >>> net.feedforward([[0.5, 0.5], [0.5, 0.9], [0.1, 0.9]]).round(3).ravel().tolist()
    [0.8, 0.0, 0.0]
    """
    left, right = list(left), list(right)
    if not left or len(left) != len(right):
        raise ValueError(f"right: one number for each of left's needed, got {len(right)} for {len(left)}")
    edges = [np.array(_interval(*pair)) for pair in zip(left, right, strict=True)]
    height, w, h = (_validation.real(name, value) for name, value in (("height", height), ("w", w), ("h", h)))
    return _towers(edges, np.array([height]), w, h, "linear")


def approximate_by_towers(
    f: Callable[..., ArrayLike],
    N: int,
    *,
    inputs: int = 2,
    w: float | None = None,
    h: float = AND,
    output: str = "linear",
) -> Network:
    """A network with two hidden layers that follows f of several inputs on [0, 1]^m with N^m towers.

    Parameters
    ----------
    f : callable
        Called with an array for each input, ``f(x, y)``; returns as many values.
    N : int
        Towers along each input; each has the height of f in its middle.
    inputs : int
        m.
    w, output
        As for `approximate`.
    h : float
        As for `tower`.

    Returns
    -------
    Network
        [m, m (N + 1), N^m, 1]: neighbours share the step between them.

    Notes
    -----
    The mean deviation falls as 1/N: for f = x + y it is 1/(3N). The largest does not: where the corners of
    towers meet, each of their bumps is half up, none of the towers is up, and the network falls into a hole
    about 4/w wide.

    Examples
    --------
    >>> def f(x, y):
    ...     return 0.5 + 0.4 * np.sin(3 * x) * np.cos(4 * y)
    >>> net = approximate_by_towers(f, 10)
    >>> net.sizes
    [2, 22, 100, 1]
    >>> deviation(net, f).mean < 0.05
    True
    """
    N, inputs = _validation.integer("N", N, 1), _validation.integer("inputs", inputs, 1)
    w = STEEP * N if w is None else _validation.real("w", w)
    h = _validation.real("h", h)
    _validation.one_of("output", output, ("linear", "sigmoid"))
    middles = np.array(list(product((np.arange(N) + 0.5) / N, repeat=inputs)))
    heights = _heights(f, tuple(middles.T), output)
    return _towers([_edges(N)] * inputs, heights, w, h, output)


class Deviation(NamedTuple):
    """How far a network is from a function on [0, 1], or on [0, 1]^m.

    Attributes
    ----------
    mean : float
        Of |f(x) - network(x)|.
    max : float
    """

    mean: float
    max: float


def deviation(net: Network, f: Callable[..., ArrayLike], points: int = 10_000) -> Deviation:
    """The mean and the largest of |f(x) - network(x)| over [0, 1]^m, m the inputs of the network.

    Parameters
    ----------
    net : Network
        Of one output.
    f : callable
        Called with an array for each input, returns as many values.
    points : int
        Where both are compared. They lie evenly, and in step with no grid of bumps: multiples of the golden
        ratio, of its likes for more inputs, modulo 1.

    Returns
    -------
    Deviation

    Examples
    --------
    A step at 1/2 is off by 1/4 in the mean from f(x) = x, and by 1/2 at most:

    >>> off = deviation(step(0.5, w=1e6), lambda x: x)
    >>> print(f"{off.mean:.3f} {off.max:.3f}")
    0.250 0.500
    """
    points = _validation.integer("points", points, 1)
    if net.sizes[-1] != 1:
        raise ValueError(f"net: one output needed, got {net.sizes[-1]}")
    X = _evenly(points, net.sizes[0])
    off = np.abs(_values(f, tuple(X.T)) - net.feedforward(X)[:, 0])
    return Deviation(float(off.mean()), float(off.max()))


def _network(inputs: int, *layers: Dense) -> Network:
    return Network(layers, input_shape=(inputs,), init="zeros", dtype="float64")


def _interval(left: Any, right: Any) -> tuple[float, float]:
    left, right = _validation.real("left", left), _validation.real("right", right)
    if left >= right:
        raise ValueError(f"right: beyond left, {left:g}, needed, got {right:g}")
    return left, right


def _edges(N: int) -> NDArray[np.float64]:
    """Of N bumps: evenly over [0, 1], but for the first and the last, which are half a bump outside."""
    edges = np.arange(N + 1) / N
    edges[0], edges[-1] = -0.5 / N, 1 + 0.5 / N
    return edges


def _values(f: Callable[..., ArrayLike], x: tuple[NDArray[np.float64], ...]) -> NDArray[np.float64]:
    """f at so many points, checked."""
    values = np.asarray(f(*x), np.float64)
    if values.shape not in ((), x[0].shape):
        raise ValueError(f"f: {x[0].shape} values for as many points needed, got {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("f: finite values on [0, 1] needed")
    return np.broadcast_to(values, x[0].shape)


def _heights(
    f: Callable[..., ArrayLike], middles: tuple[NDArray[np.float64], ...], output: str
) -> NDArray[np.float64]:
    """How high bumps or towers with these middles must be."""
    values = _values(f, middles)
    if output == "linear":
        return values
    low, high = values.min(), values.max()
    if not 0 < low <= high < 1:
        raise ValueError(
            f"f: values between 0 and 1 needed for output='sigmoid', got {low:g} to {high:g}: "
            "output='linear' takes any"
        )
    return inverse_sigmoid(values)


def _bumps(
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    heights: NDArray[np.float64],
    w: float,
    output: str,
    activation: str,
) -> Network:
    """Pairs of neurons, one hidden layer."""
    edges = np.stack([left, right], axis=1).reshape(-1, 1)
    low, high = LIMITS[activation]
    signs = np.tile([1.0, -1.0], len(heights))
    net = _network(1, Dense(len(edges), activation), Dense(1, output))
    net.weights = [np.full_like(edges, w), (np.repeat(heights, 2) * signs / (high - low))[None]]
    net.biases[0] = -w * edges
    return net


def _towers(
    edges: Sequence[NDArray[np.float64]], heights: NDArray[np.float64], w: float, h: float, output: str
) -> Network:
    """A tower for each cell of the grid of edges, those of the last input side by side; two hidden layers."""
    steps = np.concatenate(edges)
    reads_input = np.repeat(np.eye(len(edges)), [len(own) for own in edges], axis=0)
    first = np.cumsum([0, *(len(own) for own in edges[:-1])])  # step of each input
    reads_step = np.zeros((len(heights), len(steps)))
    for j, cell in enumerate(product(*(range(len(own) - 1) for own in edges))):
        reads_step[j, first + cell] = h
        reads_step[j, first + cell + 1] = -h
    net = _network(len(edges), Dense(len(steps)), Dense(len(heights)), Dense(1, output))
    net.weights = [w * reads_input, reads_step, heights[None]]
    net.biases[0], net.biases[1] = -w * steps[:, None], np.full((len(heights), 1), -(len(edges) - 0.5) * h)
    return net


def _evenly(points: int, inputs: int) -> NDArray[np.float64]:
    """Points in [0, 1]^inputs, (points, inputs): Roberts' sequence, of one input the golden ratio's."""
    ratio = 2.0
    for _ in range(50):  # to the root of ratio^(inputs + 1) = ratio + 1
        ratio = (1 + ratio) ** (1 / (inputs + 1))
    return (0.5 + np.outer(np.arange(1, points + 1), ratio ** -np.arange(1.0, inputs + 1))) % 1
