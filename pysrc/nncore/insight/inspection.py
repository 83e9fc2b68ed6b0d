"""Looking inside a network: one example's way through it, and a check of its gradients.

For study: the numbers come from `nncore.reference.equations`, plain NumPy in float64, and not from the core.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nncore import _validation
from nncore.layers import Conv2D, Layer, MaxPool2D
from nncore.network import Network
from nncore.reference.equations import backward, columns, forward, gradients, largest
from nncore.reference.network import COSTS

TOLERANCE = {"float64": 1e-6, "float32": 1e-3}  # of a relative error
STEP = float(np.cbrt(np.finfo(np.float64).eps))  # rounding and curvature disturb a difference equally there


class Trace:
    """One example's way through a network, forwards and back. `trace` makes it; printing it tells the story.

    Attributes
    ----------
    x, y : ndarray
        The input (n_in, 1), or (channels, height, width) where the network takes feature maps; and the
        target (n_out, 1) or None.
    z, a : list of ndarray
        Weighted inputs and activations, (n_out, 1) or (channels, height, width), of each of ``net.layers``.
        Pooling, which has no weighted input, has its activations in both.
    delta : list of ndarray
        The error of each layer, dC/dz; empty without a y, as are the two that follow.
    nabla_b, nabla_w : list of ndarray
        dC/db and dC/dw, in the shapes of ``net.biases`` and ``net.weights``.
    cost : float or None
        C of this example.
    equations : dict of str to str
        Where each value comes from, by its name in the book: ``equations["delta^3"]``. conv(w, a) is what
        chapter 6 writes w * a: w at each place of the feature maps a. conv^T is the way back.
    """

    def __init__(self, net: Network, x: np.ndarray, y: np.ndarray | None) -> None:
        self._network = net
        x = x.reshape(*net.shapes[0], 1)
        zs, activations = forward(net, x)
        deltas, nablas = [], []
        self.cost: float | None = None
        if y is not None:
            self.cost = float(COSTS[net.cost_name](zs[-1], activations[-1], y))
            deltas = backward(net, zs, activations, y)
            previous = zip(net.layers, [x, *activations[:-1]], deltas, strict=True)
            nablas = [gradients(layer, a, delta) for layer, a, delta in previous]
        self.x, self.y = _one(x), y
        self.z, self.a, self.delta = ([_one(value) for value in side] for side in (zs, activations, deltas))
        self.nabla_b = [nabla[0] for nabla in nablas if nabla]  # BP3
        self.nabla_w = [nabla[1] for nabla in nablas if nabla]  # BP4
        self.equations = {name: equation for name, equation, _ in self._steps()}

    def _steps(self) -> Iterator[tuple[str, str, np.ndarray]]:
        """(name, equation, value) of all that was computed, in that order; layers numbered as in the book."""
        layers = self._network.layers
        yield "a^1", "x", self.x
        for l, layer in enumerate(layers):
            n = l + 2
            if isinstance(layer, MaxPool2D):
                yield f"a^{n}", "largest a^{} of each {} x {}".format(n - 1, *layer.size), self.a[l]
                continue
            product = f"conv(w^{n}, a^{n - 1})" if isinstance(layer, Conv2D) else f"w^{n} a^{n - 1}"
            yield f"z^{n}", f"{product} + b^{n}", self.z[l]
            yield f"a^{n}", f"{layer.activation}(z^{n})", self.a[l]
        nablas = zip(reversed(self.nabla_b), reversed(self.nabla_w), strict=True)
        for l in reversed(range(len(self.delta))):
            layer, n = layers[l], l + 2
            yield f"delta^{n}", self._error(l), self.delta[l]
            if not isinstance(layer, MaxPool2D):
                maps, (nabla_b, nabla_w) = isinstance(layer, Conv2D), next(nablas)
                yield f"dC/db^{n}", f"BP3: delta^{n}{', summed over each map' if maps else ''}", nabla_b
                product = f"conv(delta^{n}, a^{n - 1})" if maps else f"delta^{n} (a^{n - 1})^T"
                yield f"dC/dw^{n}", f"BP4: {product}", nabla_w

    def _error(self, l: int) -> str:
        """BP1 or BP2, for the layer of that number."""
        layers, n = self._network.layers, l + 2
        if l == len(layers) - 1:
            error, quadratic = f"a^{n} - y", self._network.cost_name == "quadratic"
            return f"BP1: ({error}) * sigma'(z^{n})" if quadratic else f"BP1: {error}"
        after: Layer = layers[l + 1]
        if isinstance(after, MaxPool2D):
            error = f"delta^{n + 1} at the largest a^{n}"
        elif isinstance(after, Conv2D):
            error = f"conv^T(w^{n + 1}, delta^{n + 1})"
        else:
            error = f"(w^{n + 1})^T delta^{n + 1}"
        return f"BP2: {error}" if isinstance(layers[l], MaxPool2D) else f"BP2: {error} * sigma'(z^{n})"

    def __repr__(self) -> str:
        cost = "" if self.cost is None else f"; C = {self.cost:.6g}"
        rows = []
        for name, equation, value in self._steps():
            rows.append((f"{name:<8} = ", equation, str(value.shape), _short(value)))
            if name == f"a^{len(self._network.layers) + 1}" and self.y is not None:
                rows.append((f"{'y':<8}   ", "", str(self.y.shape), _short(self.y)))
        wide, shape = (max(len(row[column]) for row in rows) for column in (1, 2))
        lines = [f"  {row[0]}{row[1]:<{wide}}  {row[2]:<{shape}}  {row[3]}" for row in rows]
        return "\n".join([f"Trace through {self._network!r}{cost}", *lines])


def _one(value: np.ndarray) -> np.ndarray:
    """The book's column (n, 1) as it is; of feature maps (channels, height, width, 1) the example."""
    return value if value.ndim == 2 else value[..., 0]


def _short(value: np.ndarray) -> str:
    """The first few numbers of an array."""
    shown = " ".join(f"{number:.4g}" for number in value.flat[:3])
    return f"[{shown}{' ...' if value.size > 3 else ''}]"


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
    >>> _, _, test = nn.datasets.load_sample()
    >>> net = nn.Network([2, 1], cost="quadratic", init="zeros", seed=0)
    >>> net.weights[0] = [[1.0, -1.0]]
    >>> seen = nn.trace(net, [3.0, 1.0], [1.0])
    >>> seen
    Trace through <Network [2, 1], sigmoid; quadratic cost, float32>; C = 0.00710467
      a^1      = x                             (2, 1)  [3 1]
      z^2      = w^2 a^1 + b^2                 (1, 1)  [2]
      a^2      = sigmoid(z^2)                  (1, 1)  [0.8808]
      y                                        (1, 1)  [1]
      delta^2  = BP1: (a^2 - y) * sigma'(z^2)  (1, 1)  [-0.01252]
      dC/db^2  = BP3: delta^2                  (1, 1)  [-0.01252]
      dC/dw^2  = BP4: delta^2 (a^1)^T          (1, 2)  [-0.03755 -0.01252]
    >>> seen.equations["dC/db^2"]
    'BP3: delta^2'

    Pooling sends an error to the largest activation of each window alone:

    >>> layers = [nn.Conv2D(20, 5), nn.MaxPool2D(2), nn.Softmax(10)]
    >>> seen = nn.trace(nn.Network(layers, input_shape=(1, 28, 28), seed=0), *test[0])
    >>> seen.equations["delta^2"], seen.delta[0].shape, (seen.delta[0] != 0).sum(axis=(1, 2)).max()
    ("BP2: delta^3 at the largest a^2 * sigma'(z^2)", (20, 24, 24), np.int64(144))
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
        Entries compared, and entries left out because the cost has a kink between the difference's two sides.
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
        tried += f", {self.skipped} at a kink left out" if self.skipped else ""
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
        For each layer that has them its biases and its weights, the input side first.
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
    would move z further. Where a relu neuron is off on one side and on at the other, or another activation
    of a pooling window is the largest, the cost has a kink and a difference means nothing: that entry is left
    out. In the blank corners of a digit z is the filter's bias alone: where init="he" has drawn zeros, relu
    is just at its kink there, and no bias can be checked without some noise in the images.

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
    data = twin._data("(X, y)", (X, y))
    x = x.reshape(*net.shapes[0], -1)
    zs, activations = forward(twin, x)
    compared: list[tuple[str, Any, dict[tuple[int, ...], tuple[float, float]]]] = []
    for l, (layer, a) in enumerate(zip(net.layers, [x, *activations[:-1]], strict=True)):
        if isinstance(layer, MaxPool2D):
            continue
        p = len(compared) // 2  # the layer's place among those with parameters
        reach = float(np.abs(a).max())
        for name, parameters, nabla, factor in (
            (f"biases[{p}]", twin.biases[p], nabla_b[p], 1.0),
            (f"weights[{p}]", twin.weights[p], nabla_w[p], reach),
        ):
            if np.shape(nabla) != parameters.shape:
                raise ValueError(f"net.backprop: {parameters.shape} needed for {name}, got {np.shape(nabla)}")
            chosen = np.arange(parameters.size)
            if samples is not None and samples < parameters.size:
                chosen = np.sort(rng.choice(parameters.size, samples, replace=False))
            differences = {}
            for place in zip(*np.unravel_index(chosen, parameters.shape), strict=True):
                at = tuple(map(int, place))
                differences[at] = _difference(twin, data, l, a, parameters, at, factor)
            compared.append((name, nabla, differences))
    steepest = max((abs(d) for *_, found in compared for d, _ in found.values() if d == d), default=0.0)
    largest = max(1.0, *(float(np.abs(z).max()) for z in zs))
    rounding = 10 * float(np.finfo(net.dtype).eps) * steepest * largest
    arrays = [_verdict(*found, rounding, tolerance) for found in compared]
    return GradientCheck(net, given.n, arrays, tolerance)


def _difference(
    net: Network,
    data: Any,
    l: int,
    a: np.ndarray,
    parameters: np.ndarray,
    at: tuple[int, ...],
    reach: float,
) -> tuple[float, float]:
    """(central difference of the summed cost by one parameter, what rounding may do to it); NaN at a kink.

    The parameter is of layer number l, to which a comes; `reach` is the largest number that it is multiplied
    with.
    """
    value = float(parameters[at])
    h = STEP * max(1.0, abs(value)) / max(1.0, reach)
    costs, sides = [], []
    for side in (value + h, value - h):
        parameters[at] = side
        costs.append(net._cost_and_accuracy(data)[0] * len(data))
        sides.append(_sides(net, l, a))
    parameters[at] = value
    if sides[0] != sides[1]:
        return np.nan, 0.0
    noise = 10 * float(np.finfo(np.float64).eps) * abs(costs[0]) / h
    return (costs[0] - costs[1]) / ((value + h) - (value - h)), noise


def _sides(net: Network, first: int, a: np.ndarray) -> list[bytes]:
    """On which side of its kinks the cost is, from layer number `first` on, to which a comes: which relu
    neurons are on, and which a of each window is the largest."""
    layers = net.layers[first:]
    if not any(isinstance(layer, MaxPool2D) or layer.activation == "relu" for layer in layers):
        return []
    zs, activations = forward(net, a, first)
    sides = []
    for layer, before, z in zip(layers, [a, *activations[:-1]], zs, strict=True):
        if isinstance(layer, MaxPool2D):
            sides.append(largest(layer, before).tobytes())
        elif layer.activation == "relu":
            sides.append((z > 0).tobytes())
    return sides


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


def activations(net: Network, X: Any) -> list[np.ndarray]:
    """The activations of every layer, in float64.

    Parameters
    ----------
    net : Network
    X : array_like or Dataset
        One example or rows, as for `Network.feedforward`.

    Returns
    -------
    list of ndarray
        One for each of ``net.layers``: (n,), or of feature maps (channels, height, width); for rows with the
        number of examples in front.

    Examples
    --------
    >>> import nncore as nn
    >>> _, _, test = nn.datasets.load_sample()
    >>> layers = [nn.Conv2D(20, 5), nn.MaxPool2D(2), nn.Softmax(10)]
    >>> net = nn.Network(layers, input_shape=(1, 28, 28), seed=0)
    >>> [a.shape for a in net.activations(test.images[0] / 256)]
    [(20, 24, 24), (20, 12, 12), (10,)]
    """
    rows, single, _ = _validation.rows("X", X, net.sizes[0], net.dtype)
    scale = _validation.scale(X) if rows.dtype == np.uint8 else 1.0
    _, found = forward(net, (rows * np.float64(scale)).T)
    found = [np.moveaxis(a, -1, 0) for a in found]
    return [a[0] for a in found] if single else found
