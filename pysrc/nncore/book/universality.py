"""Networks built by hand that approximate any function (chapter 4): steps, bumps and towers.

    net = universality.approximate(f, 20)        # a network of 20 bumps; nothing is trained
    universality.deviation(net, f)

A sigmoid neuron with a large weight w is a step, which rises at s = -b/w. Two steps with the weights h and -h
are a bump of height h, and bumps side by side approximate any continuous function of one input on [0, 1]. A
tower is a neuron that reads the steps of several inputs, and is near 1 only where each input is inside its
bump; towers approximate functions of several inputs.

The deviation of a network from f is |f(x) - network(x)|; `deviation` returns its mean and its largest value
on [0, 1]. A bump has the height of f in its middle. Inside a bump, the deviation is at most half its width
times the slope of f, and on average half of that. The mean deviation of N bumps is therefore V/(4N), where V
is the integral of |f'| over [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nncore import _validation
from nncore.choices import Activation
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

LIMITS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}  # limits of an activation at minus and plus infinity
STEEP = 200.0  # default of w times the width of a bump: a step takes a fiftieth of the width
AND = 50.0  # a tower's weight for each step: at half of it a sigmoid is within 2e-11 of 0 or 1


def f(x: ArrayLike) -> NDArray[np.float64]:
    """Return the function that chapter 4 approximates: 0.2 + 0.4 x^2 + 0.3 x sin(15 x) + 0.05 cos(50 x).

    Examples
    --------
    >>> float(f(0.0))
    0.25
    """
    x = _validation.numeric("x", x).astype(np.float64)
    with np.errstate(all="ignore"):  # far outside of [0, 1]
        values: NDArray[np.float64] = 0.2 + 0.4 * x**2 + 0.3 * x * np.sin(15 * x) + 0.05 * np.cos(50 * x)
        return values


def inverse_sigmoid(a: ArrayLike) -> NDArray[np.float64]:
    """Return the z at which a sigmoid neuron has the activation a, between 0 and 1: ln(a / (1 - a)).

    Examples
    --------
    >>> inverse_sigmoid([0.5, 0.75]).round(3).tolist()
    [0.0, 1.099]
    """
    a = _validation.numeric("a", a).astype(np.float64)
    if not bool(((a > 0) & (a < 1)).all()):
        raise ValueError("a: activations above 0 and below 1 needed, since a sigmoid gives no others")
    z: NDArray[np.float64] = np.log(a) - np.log1p(-a)
    return z


def step(s: float, w: float = 1000.0) -> Network:
    """Return a network of one sigmoid neuron that steps from 0 to 1 at s.

    Parameters
    ----------
    s : float
        The input at which its activation is 1/2. Its bias is -w s.
    w : float
        Its weight. The activation rises from 0.12 to 0.88 within 4/w; with a negative weight it falls.

    Returns
    -------
    Network
        Its sizes are [1, 1]; it is float64, as are all networks here.

    Examples
    --------
    >>> step(0.4).feedforward([[0.39], [0.4], [0.41]]).round(3).ravel().tolist()
    [0.0, 0.5, 1.0]
    """
    s, w = _validation.real("s", s), _validation.real("w", w)
    net = _network(1, Dense(1))
    net.weights[0], net.biases[0] = [[w]], _biases(w, np.array([[s]]))
    return net


def bump(left: float, right: float, height: float, w: float = 1000.0) -> Network:
    """Return a network of two steps that is `height` between left and right, and 0 outside.

    Parameters
    ----------
    left, right : float
        The ends of the bump.
    height : float
        The weight of the first step in the linear output; that of the second step is -height.
    w : float
        The weight of both steps.

    Returns
    -------
    Network
        Its sizes are [1, 2, 1].

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
    output: Activation = "linear",
    activation: Activation = "sigmoid",
) -> Network:
    """Return a network with one hidden layer of 2N neurons that approximates f on [0, 1] by N bumps.

    Parameters
    ----------
    f : callable
        Takes an array of x, and returns an array of f(x).
    N : int
        The number of bumps. All have the same width, and each has the height of f in its middle.
    w : float, optional
        The weight of the steps; by default 200 N, which is 1000 for five bumps.
    output : {"linear", "sigmoid"}
        The activation of the output neuron, which reads the sum of the bumps. With "sigmoid" the bumps
        approximate the inverse sigmoid of f, and f must be between 0 and 1.
    activation : {"sigmoid", "tanh"}
        The activation of the hidden neurons. Any activation would do that has two different limits at minus
        and plus infinity.

    Returns
    -------
    Network
        Its sizes are [1, 2N, 1]. Neurons 2k and 2k + 1 begin and end bump k. The first bump begins and the
        last one ends half a width outside [0, 1], so that 0 and 1 lie inside them.

    Notes
    -----
    As N grows, the mean deviation approaches V/(4N), where V is the integral of abs(f'): a bump is 1/N wide,
    and if f rises by df across it, abs(f - bump) falls from df/2 to 0 and rises to df/2 again. Since the
    steps are not quite vertical, it is smaller by a share of 8 ln(2) N/w, 2.8 % by default. The largest
    deviation is at most max abs(f')/(2N).

    Chapter 4 approximates the inverse sigmoid of f by five bumps, and compares the weighted input of the
    output neuron: ``goal = lambda x: inverse_sigmoid(f(x))``, ``deviation(approximate(goal, 5), goal)``.

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
            f"activation: one of {', '.join(LIMITS)} needed, got {activation!r:.60}: a step needs two "
            "different limits at minus and plus infinity"
        )
    edges = _edges(N)
    heights = _heights(f, ((np.arange(N) + 0.5) / N,), output)
    return _bumps(edges[:-1], edges[1:], heights, w, output, activation)


def tower(
    left: Sequence[float], right: Sequence[float], height: float = 1.0, w: float = 1000.0, h: float = AND
) -> Network:
    """Return a network that is `height` where every input is between its left and right, and 0 elsewhere.

    A pair of steps makes a bump of each of the m inputs. The second hidden layer is one neuron, which adds
    the bumps of height h and has the bias -(m - 1/2) h, so that it is near 1 only inside all bumps.

    Parameters
    ----------
    left, right : sequence of float
        The ends of the tower, one number for each input.
    height : float
        The weight of the output, which is linear.
    w : float
        The weight of the steps.
    h : float
        The height of the bumps. Outside the steps, the tower is within exp(-h/2) of 0 and 1.

    Returns
    -------
    Network
        Its sizes are [m, 2m, 1, 1].

    Examples
    --------
    >>> net = tower((0.4, 0.3), (0.6, 0.7), 0.8)
    >>> net.sizes
    [2, 4, 1, 1]
    >>> net.feedforward([[0.5, 0.5], [0.5, 0.9], [0.1, 0.9]]).round(3).ravel().tolist()
    [0.8, 0.0, 0.0]
    """
    left = _validation.listed("left", left, "a list of numbers, one for each input,")
    right = _validation.listed("right", right, "a list of numbers, one for each input,")
    if not left or len(left) != len(right):
        raise ValueError(f"right: one number for each of left needed, got {len(right)} for {len(left)}")
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
    output: Activation = "linear",
) -> Network:
    """Return a network with two hidden layers that approximates f of m inputs on [0, 1]^m by N^m towers.

    Parameters
    ----------
    f : callable
        Takes an array for each input, ``f(x, y)``, and returns an array of values.
    N : int
        The number of towers along each input. Each has the height of f in its middle.
    inputs : int
        The number m of inputs.
    w, output
        As for `approximate`.
    h : float
        As for `tower`.

    Returns
    -------
    Network
        Its sizes are [m, m (N + 1), N^m, 1]: neighbouring towers share a step.

    Notes
    -----
    The mean deviation falls as 1/N; for f = x + y it is 1/(3N). The largest deviation does not fall: where
    the corners of towers meet, every bump has half its height, no tower is near 1, and the network has a gap
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
    """The deviation abs(f(x) - network(x)) of a network from a function on [0, 1], or on [0, 1]^m.

    Attributes
    ----------
    mean, max : float
        Its mean and its largest value.

    Examples
    --------
    >>> mean, largest = deviation(approximate(f, 50), f)
    >>> bool(mean < largest)
    True
    """

    mean: float
    max: float


def deviation(net: Network, f: Callable[..., ArrayLike], points: int = 10_000) -> Deviation:
    """Return the mean and the largest abs(f(x) - network(x)) on [0, 1]^m for a network with m inputs.

    Parameters
    ----------
    net : Network
        A network with one output.
    f : callable
        Takes an array for each input, and returns an array of values.
    points : int
        The number of points at which both are compared. The points are even but follow no grid of bumps:
        they are multiples of the golden ratio modulo 1, or of related numbers if there are more inputs.

    Returns
    -------
    Deviation

    Examples
    --------
    The deviation of a step at 1/2 from f(x) = x is 1/4 on average, and at most 1/2:

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
        raise ValueError(f"right: a number above left, {left:g}, needed; got {right:g}")
    return left, right


def _edges(N: int) -> NDArray[np.float64]:
    """Return the N + 1 edges of N bumps: even on [0, 1], but the outer two are half a width outside."""
    edges = np.arange(N + 1) / N
    edges[0], edges[-1] = -0.5 / N, 1 + 0.5 / N
    return edges


def _values(f: Callable[..., ArrayLike], x: tuple[NDArray[np.float64], ...]) -> NDArray[np.float64]:
    """Return the checked values of f at the points x."""
    if not callable(f):
        raise TypeError(f"f: a function of {len(x)} arrays needed, got {f!r:.60}")
    values = _validation.numeric("f, its values", f(*x)).astype(np.float64)
    if values.shape not in ((), x[0].shape):
        raise ValueError(f"f: an array of values of shape {x[0].shape} needed, got {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("f: finite values on [0, 1] needed")
    return np.broadcast_to(values, x[0].shape)


def _heights(
    f: Callable[..., ArrayLike], middles: tuple[NDArray[np.float64], ...], output: Activation
) -> NDArray[np.float64]:
    """Return the heights of bumps or towers with these middles."""
    values = _values(f, middles)
    if output == "linear":
        return values
    low, high = values.min(), values.max()
    if not 0 < low <= high < 1:
        raise ValueError(
            f"f: values between 0 and 1 needed for output='sigmoid', got {low:g} to {high:g}; "
            "output='linear' allows any"
        )
    return inverse_sigmoid(values)


def _bumps(
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    heights: NDArray[np.float64],
    w: float,
    output: Activation,
    activation: Activation,
) -> Network:
    """Return a network whose hidden layer is a pair of neurons for each bump."""
    edges = np.stack([left, right], axis=1).reshape(-1, 1)
    low, high = LIMITS[activation]
    signs = np.tile([1.0, -1.0], len(heights))
    net = _network(1, Dense(len(edges), activation), Dense(1, output))
    net.weights = [np.full_like(edges, w), (np.repeat(heights, 2) * signs / (high - low))[None]]
    net.biases[0] = _biases(w, edges)
    return net


def _biases(w: float, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the biases -w s of steps at the edges s."""
    with np.errstate(over="ignore"):
        biases = -w * edges
    if not np.isfinite(biases).all():
        raise ValueError(
            f"w: {w:g} times the place of a step, {np.abs(edges).max():g}, is more than a float64 can hold"
        )
    return biases


def _towers(
    edges: Sequence[NDArray[np.float64]], heights: NDArray[np.float64], w: float, h: float, output: Activation
) -> Network:
    """Return a network with a tower for each cell of the grid; the last input varies fastest."""
    steps = np.concatenate(edges)
    reads_input = np.repeat(np.eye(len(edges)), [len(own) for own in edges], axis=0)
    first = np.cumsum([0, *(len(own) for own in edges[:-1])])  # index of the first step of each input
    reads_step = np.zeros((len(heights), len(steps)))
    for j, cell in enumerate(product(*(range(len(own) - 1) for own in edges))):
        reads_step[j, first + cell] = h
        reads_step[j, first + cell + 1] = -h
    net = _network(len(edges), Dense(len(steps)), Dense(len(heights)), Dense(1, output))
    net.weights = [w * reads_input, reads_step, heights[None]]
    net.biases[0] = _biases(w, steps[:, None])
    net.biases[1] = np.full((len(heights), 1), -(len(edges) - 0.5) * h)
    return net


def _evenly(points: int, inputs: int) -> NDArray[np.float64]:
    """Return points in [0, 1]^inputs, (points, inputs): Roberts' sequence, multiples of the golden ratio."""
    ratio = 2.0
    for _ in range(50):  # converges to the root of ratio^(inputs + 1) = ratio + 1
        ratio = (1 + ratio) ** (1 / (inputs + 1))
    return (0.5 + np.outer(np.arange(1, points + 1), ratio ** -np.arange(1.0, inputs + 1))) % 1
