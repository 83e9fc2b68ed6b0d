"""Looking inside a network: one example's way through it, and a check of its gradients.

Both are plain NumPy in float64 and for study: clear before quick. x, y, z, a and delta are columns here, as
in the book; several examples stand side by side. Entry l of a list belongs to weights[l], the book's w^(l+2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nncore import _validation
from nncore.layers import Dense, Layer
from nncore.network import Network
from nncore.reference import ACTIVATIONS, COSTS

TOLERANCE = {"float64": 1e-6, "float32": 1e-3}  # of a relative error
STEP = float(np.cbrt(np.finfo(np.float64).eps))  # rounding and curvature disturb a difference equally there


def softmax(z: np.ndarray) -> np.ndarray:
    """Each column's exponentials, divided by their sum."""
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


def activation(layer: Layer) -> tuple[Any, Any]:
    """(sigma, sigma') of a layer, for any number of columns; softmax's costs do without the derivative."""
    return (softmax, None) if layer.activation == "softmax" else ACTIVATIONS[layer.activation]


def columns(given: _validation.Examples, n_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Examples as columns of float64: x (n_in, m) and y (n_out, m)."""
    x = given.inputs if given.images is None else given.images * given.scale
    y = given.targets
    if given.labels is not None:
        y = given.labels[:, None] == np.arange(n_out)
    assert x is not None  # examples have images or inputs,
    assert y is not None  # and labels or targets
    return x.T.astype(np.float64), y.T.astype(np.float64)


def forward(net: Network, x: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """z and a of each layer, for columns x (n_in, m): z = w a_prev + b, a = sigma(z)."""
    if not all(isinstance(layer, Dense) for layer in net.layers):
        raise ValueError("net: trace, diagnose and check_gradients know fully connected layers only, so far")
    zs, activations = [], []
    a = x
    for w, b, layer in zip(net.weights, net.biases, net.layers, strict=True):
        z = np.asarray(w, np.float64) @ a + np.asarray(b, np.float64)
        a = activation(layer)[0](z)
        zs.append(z)
        activations.append(a)
    return zs, activations


def backward(net: Network, zs: list[np.ndarray], a: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """delta of each layer, for the output layer's a and the targets y (n_out, m)."""
    delta = a - y  # BP1: cross-entropy and log-likelihood cancel sigma'(z),
    if net.cost_name == "quadratic":
        delta = delta * activation(net.layers[-1])[1](zs[-1])  # and quadratic does not
    deltas = [delta]
    for l in reversed(range(len(zs) - 1)):
        sigma_prime = activation(net.layers[l])[1]
        delta = (np.asarray(net.weights[l + 1], np.float64).T @ delta) * sigma_prime(zs[l])  # BP2
        deltas.insert(0, delta)
    return deltas


class Trace:
    """One example's way through a network, forwards and back. `trace` makes it; printing it tells the story.

    Attributes
    ----------
    x, y : ndarray
        The input (n_in, 1), and the target (n_out, 1) or None.
    z, a : list of ndarray
        Weighted inputs and activations, (n_out, 1) for each layer after the input.
    delta : list of ndarray
        The error of each layer, dC/dz; empty without a y, as are the two that follow.
    nabla_b, nabla_w : list of ndarray
        dC/db (n_out, 1) and dC/dw (n_out, n_in).
    cost : float or None
        C of this example.
    equations : dict of str to str
        Where each value comes from, by its name in the book: ``equations["delta^3"]``.
    """

    def __init__(self, net: Network, x: np.ndarray, y: np.ndarray | None) -> None:
        self._network = net
        self.x, self.y = x, y
        self.z, self.a = forward(net, x)
        self.delta: list[np.ndarray] = []
        self.nabla_b: list[np.ndarray] = []
        self.nabla_w: list[np.ndarray] = []
        self.cost: float | None = None
        if y is not None:
            self.cost = float(COSTS[net.cost_name](self.z[-1], self.a[-1], y))
            self.delta = backward(net, self.z, self.a[-1], y)
            self.nabla_b = [delta.copy() for delta in self.delta]  # BP3
            previous = [x, *self.a[:-1]]
            self.nabla_w = [delta @ a.T for delta, a in zip(self.delta, previous, strict=True)]  # BP4
        self.equations = {name: equation for name, equation, _ in self._steps()}

    def _steps(self) -> Iterator[tuple[str, str, np.ndarray]]:
        """(name, equation, value) of all that was computed, in that order; layers numbered as in the book."""
        layers = self._network.layers
        L = len(layers) + 1
        yield "a^1", "x", self.x
        for l, layer in enumerate(layers):
            n = l + 2
            yield f"z^{n}", f"w^{n} a^{n - 1} + b^{n}", self.z[l]
            yield f"a^{n}", f"{layer.activation}(z^{n})", self.a[l]
        for l in reversed(range(len(self.delta))):
            n = l + 2
            if n < L:
                error = f"BP2: (w^{n + 1})^T delta^{n + 1} * sigma'(z^{n})"
            elif self._network.cost_name == "quadratic":
                error = f"BP1: (a^{n} - y) * sigma'(z^{n})"
            else:
                error = f"BP1: a^{n} - y"
            yield f"delta^{n}", error, self.delta[l]
            yield f"dC/db^{n}", f"BP3: delta^{n}", self.nabla_b[l]
            yield f"dC/dw^{n}", f"BP4: delta^{n} (a^{n - 1})^T", self.nabla_w[l]

    def __repr__(self) -> str:
        cost = "" if self.cost is None else f"; C = {self.cost:.6g}"
        lines = [f"Trace through {self._network!r}{cost}"]
        for name, equation, value in self._steps():
            lines.append(f"  {name:<8} = {equation:<40} {value.shape!s:<10} {_short(value)}")
            if name == f"a^{len(self._network.layers) + 1}" and self.y is not None:
                lines.append(f"  {'y':<8}   {'':<40} {self.y.shape!s:<10} {_short(self.y)}")
        return "\n".join(lines)


def _short(value: np.ndarray) -> str:
    """The first few numbers of an array."""
    shown = " ".join(f"{number:.4g}" for number in value.flat[:5])
    return f"[{shown}{' ...' if value.size > 5 else ''}]"


def trace(net: Network, x: Any, y: Any = None) -> Trace:
    """Follow one example through a network: every z and a, and with a y every delta and gradient (chapter 2).

    Parameters
    ----------
    net : Network
    x : array_like
        One example: (n_in,), the book's column (n_in, 1), or an image.
    y : int or array_like, optional
        Its label, or its target (n_out,) or (n_out, 1). Without it the trace ends with the output.

    Returns
    -------
    Trace
        With lists `z`, `a`, `delta`, `nabla_b`, `nabla_w`, in float64; printed, each value stands beside the
        equation it comes from, BP1 to BP4 by name.

    Raises
    ------
    ValueError
        x is not one example of this network's, or y does not fit its output.

    Examples
    --------
    >>> import nncore as nn
    >>> net = nn.Network([2, 1], cost="quadratic", init="zeros", seed=0)
    >>> net.weights[0] = [[1.0, -1.0]]
    >>> seen = nn.trace(net, [3.0, 1.0], [1.0])
    >>> seen
    Trace through <Network [2, 1], sigmoid; quadratic cost, float32>; C = 0.00710467
      a^1      = x                                        (2, 1)     [3 1]
      z^2      = w^2 a^1 + b^2                            (1, 1)     [2]
      a^2      = sigmoid(z^2)                             (1, 1)     [0.8808]
      y                                                   (1, 1)     [1]
      delta^2  = BP1: (a^2 - y) * sigma'(z^2)             (1, 1)     [-0.01252]
      dC/db^2  = BP3: delta^2                             (1, 1)     [-0.01252]
      dC/dw^2  = BP4: delta^2 (a^1)^T                     (1, 2)     [-0.03755 -0.01252]
    >>> seen.equations["dC/db^2"]
    'BP3: delta^2'
    """
    n_in, n_out = net.sizes[0], net.sizes[-1]
    X = x if hasattr(x, "images") else np.asarray(x)
    answer = np.zeros((1, n_out)) if y is None else y
    given = _validation.examples("(x, y)", (X, answer), n_in, n_out, "float64")
    if given.n != 1:
        raise ValueError(f"x: one example needed, got {given.n}; trace(net, X[0], y[0]) follows the first")
    column, target = columns(given, n_out)
    return Trace(net, column, None if y is None else target)


@dataclass(frozen=True)
class ArrayCheck:
    """What a check found for the biases or the weights of one layer.

    Attributes
    ----------
    name : str
        ``"biases[0]"``, ``"weights[0]"`` and so on.
    shape : tuple of int
    tried, skipped : int
        Entries compared, and entries left out because a relu bends between the two sides of the difference.
    error : float
        The largest relative error.
    where : tuple of int or None
        Where it stands; None where nothing could be compared.
    backprop, difference : float
        The two numbers there.
    ok : bool
        Whether the error is within the tolerance.
    """

    name: str
    shape: tuple[int, ...]
    tried: int
    skipped: int
    error: float
    where: tuple[int, ...] | None
    backprop: float
    difference: float
    ok: bool

    def __repr__(self) -> str:
        tried = f"{self.tried} of {int(np.prod(self.shape))} tried"
        tried += f", {self.skipped} at a kink of relu left out" if self.skipped else ""
        if self.where is None:
            return f"{self.name:<11} {tried}: nothing to compare"
        if self.ok:
            return f"{self.name:<11} ok     largest relative error {self.error:.1e} ({tried})"
        return (
            f"{self.name:<11} WRONG  at {list(self.where)} backprop gives {self.backprop:.6g}, "
            f"the difference {self.difference:.6g}: relative error {self.error:.1e} ({tried})"
        )


class GradientCheck:
    """The verdict of `check_gradients`; true where every array is right.

    Attributes
    ----------
    arrays : list of ArrayCheck
        For each layer its biases and its weights, the input side first.
    ok : bool
    tolerance : float
        The largest relative error that counts as right.
    """

    def __init__(self, net: Network, m: int, arrays: list[ArrayCheck], tolerance: float) -> None:
        self._of = f"{net!r} over {m} example{'s' if m > 1 else ''}"
        self.arrays = arrays
        self.tolerance = tolerance
        self.ok = all(array.ok for array in arrays)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        wrong = sum(not array.ok for array in self.arrays)
        verdict = "right" if self.ok else f"WRONG in {wrong} of {len(self.arrays)} arrays"
        head = f"Gradients of {self._of}: {verdict}, to a relative {self.tolerance:g}"
        return "\n".join([head, *(f"  {array!r}" for array in self.arrays)])


def check_gradients(
    net: Network, X: Any, y: Any, *, samples: int | None = 200, tolerance: float | None = None, seed: int = 0
) -> GradientCheck:
    """Compare `net.backprop` with central differences of the cost, (C(w + h) - C(w - h)) / 2h, in float64.

    What is compared is whatever ``net.backprop`` is: assign your own function to it, and see whether it is
    right.

    Parameters
    ----------
    net : Network
        Not changed. The differences are taken on a float64 copy with the same parameters.
    X : array_like
        Rows (m, n_in), or one example. A few are enough, ten say.
    y : array_like
        Labels (m,) or targets (m, n_out).
    samples : int or None
        Entries to try in each array, drawn at random; None tries all.
    tolerance : float, optional
        The largest relative error that counts as right: 1e-6 for a float64 network, 1e-3 for float32. What
        rounding alone does to an entry near zero is allowed besides.
    seed : int
        Which entries are drawn.

    Returns
    -------
    GradientCheck
        True or false; printed, it says for each array how far off and where.

    Raises
    ------
    ValueError
        X or y do not fit the network, or backprop returns arrays of other shapes than the parameters'.

    Notes
    -----
    h is 6e-6, the cube root of float64's rounding; more for a parameter above 1, less where inputs above 1
    would move z further. Where a relu neuron is off on one side and on at the other, the cost has a kink and
    a difference means nothing: that entry is left out.

    Examples
    --------
    >>> import nncore as nn
    >>> net = nn.Network([2, 3, 1], dtype="float64", seed=0)
    >>> check = nn.check_gradients(net, [[0, 1], [1, 0]], [1, 0])
    >>> check.ok
    True
    >>> right = net.backprop
    >>> net.backprop = lambda X, y: ([2 * nabla for nabla in right(X, y)[0]], right(X, y)[1])
    >>> [array.name for array in nn.check_gradients(net, [[0, 1], [1, 0]], [1, 0]).arrays if not array.ok]
    ['biases[0]', 'biases[1]']
    """
    samples = None if samples is None else _validation.integer("samples", samples, 1)
    tolerance = TOLERANCE[net.dtype] if tolerance is None else tolerance
    tolerance = _validation.real("tolerance", tolerance, least=1e-12)
    rng = np.random.default_rng(_validation.integer("seed", seed, 0))
    given = _validation.examples("(X, y)", (X, y), net.sizes[0], net.sizes[-1], "float64")
    x, _ = columns(given, net.sizes[-1])
    nabla_b, nabla_w = net.backprop(X, y)
    twin = Network(net.layers, input_shape=net.input_shape, cost=net.cost_name, dtype="float64", init="zeros")
    twin.biases, twin.weights = net.biases, net.weights
    data = twin.data("(X, y)", (X, y))
    zs, activations = forward(twin, x)
    compared = []
    for l, a_prev in enumerate([x, *activations[:-1]]):
        for name, parameters, nabla, factors in (
            (f"biases[{l}]", twin.biases[l], nabla_b[l], 1.0),
            (f"weights[{l}]", twin.weights[l], nabla_w[l], a_prev),
        ):
            if np.shape(nabla) != parameters.shape:
                raise ValueError(f"net.backprop: {parameters.shape} needed for {name}, got {np.shape(nabla)}")
            chosen = np.arange(parameters.size)
            if samples is not None and samples < parameters.size:
                chosen = np.sort(rng.choice(parameters.size, samples, replace=False))
            reach = float(np.abs(factors).max())
            differences = {}
            for place in zip(*np.unravel_index(chosen, parameters.shape), strict=True):
                at = tuple(map(int, place))
                differences[at] = _difference(twin, data, x, parameters, at, reach)
            compared.append((name, nabla, differences))
    steepest = max((abs(d) for *_, found in compared for d, _ in found.values() if d == d), default=0.0)
    largest = max(1.0, *(float(np.abs(z).max()) for z in zs))
    rounding = 10 * float(np.finfo(net.dtype).eps) * steepest * largest
    arrays = [_verdict(*found, rounding, tolerance) for found in compared]
    return GradientCheck(net, given.n, arrays, tolerance)


def _difference(
    net: Network, data: Any, x: np.ndarray, parameters: np.ndarray, at: tuple[int, ...], reach: float
) -> tuple[float, float]:
    """(central difference of the summed cost by one parameter, what rounding may do to it); NaN at a kink.

    `reach` is the largest number that the parameter is multiplied with.
    """
    value = float(parameters[at])
    h = STEP * max(1.0, abs(value)) / max(1.0, reach)
    costs, signs = [], []
    for side in (value + h, value - h):
        parameters[at] = side
        costs.append(net.measure(data)[0] * len(data))
        signs.append(_signs(net, x))
    parameters[at] = value
    if signs[0] != signs[1]:
        return np.nan, 0.0
    noise = 10 * float(np.finfo(np.float64).eps) * abs(costs[0]) / h
    return (costs[0] - costs[1]) / ((value + h) - (value - h)), noise


def _signs(net: Network, x: np.ndarray) -> list[bytes]:
    """Which relu neurons are on, for each example."""
    if all(layer.activation != "relu" for layer in net.layers):
        return []
    zs, _ = forward(net, x)
    return [(z > 0).tobytes() for z, layer in zip(zs, net.layers, strict=True) if layer.activation == "relu"]


def _verdict(
    name: str,
    nabla: np.ndarray,
    differences: dict[tuple[int, ...], tuple[float, float]],
    rounding: float,
    tolerance: float,
) -> ArrayCheck:
    """Compare one array of backprop's with the differences taken; `rounding` is what its dtype may add."""
    errors = {}
    for at, (difference, noise) in differences.items():
        if not np.isnan(difference):
            size = max(abs(float(nabla[at])), abs(difference)) + (noise + rounding) / tolerance
            error = abs(float(nabla[at]) - difference) / size if size else 0.0
            errors[at] = error if np.isfinite(error) else np.inf
    where = max(errors, key=lambda at: errors[at], default=None)
    error = 0.0 if where is None else errors[where]
    return ArrayCheck(
        name,
        nabla.shape,
        tried=len(errors),
        skipped=len(differences) - len(errors),
        error=error,
        where=where,
        backprop=np.nan if where is None else float(nabla[where]),
        difference=np.nan if where is None else differences[where][0],
        ok=error <= tolerance,
    )
