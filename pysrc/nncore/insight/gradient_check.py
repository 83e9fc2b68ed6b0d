"""`check_gradients` compares a network's backprop with central differences of its cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nncore import _validation
from nncore.insight.sampling import columns
from nncore.layers import MaxPool2D
from nncore.reference.equations import argmax_in_windows, forward

if TYPE_CHECKING:
    from nncore._validation import Examples
    from nncore.network import Network

Kind = Literal["biases", "weights"]

TOLERANCE = {"float64": 1e-6, "float32": 1e-3}  # the largest relative error that counts as right
STEP = float(np.cbrt(np.finfo(np.float64).eps))  # with it, rounding and curvature cost about the same


@dataclass(frozen=True)
class ArrayCheck:
    """An `ArrayCheck` is the result of `check_gradients` for the biases or the weights of one layer.

    Attributes
    ----------
    name : str
        ``"biases[0]"``, ``"weights[0]"`` and so on.
    shape : tuple of int
        The shape of the array.
    tried : int
        The number of entries that were compared.
    skipped : int
        The number of entries that were left out, because the cost has a kink between C(w - h) and C(w + h),
        or is not a finite number there.
    error : float
        The largest relative error.
    where : tuple of int or None
        The index of the entry with that error; None if no entry could be compared.
    backprop, difference : float
        The two numbers for that entry.
    ok : bool
        Whether the error is within the tolerance.

    Examples
    --------
    >>> import nncore as nn
    >>> first = nn.check_gradients(nn.Network([2, 3, 1], seed=0), ([[0.0, 1.0]], [1])).arrays[0]
    >>> first.name, first.shape, first.ok
    ('biases[0]', (3, 1), True)
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
        tried += f", {self.skipped} at a kink, or not finite, left out" if self.skipped else ""
        if self.where is None:
            return f"{self.name:<11} {tried}: nothing to compare"
        if self.ok:
            return f"{self.name:<11} ok     largest relative error {self.error:.1e} ({tried})"
        return (
            f"{self.name:<11} WRONG  at {list(self.where)} backprop gives {self.backprop:.6g}, "
            f"the difference {self.difference:.6g}: relative error {self.error:.1e} ({tried})"
        )


class GradientCheck:
    """A `GradientCheck` is the result of `check_gradients`. It is true if every array is right.

    It is false if nothing could be compared in any array.

    Attributes
    ----------
    arrays : list of ArrayCheck
        The checks of the biases and the weights of each layer that has them, the input side first.
    ok : bool
        Whether something was compared, and every array is right.
    tolerance : float
        The largest relative error that counts as right.

    Examples
    --------
    >>> import nncore as nn
    >>> check = nn.check_gradients(nn.Network([2, 3, 1], seed=0), ([[0.0, 1.0]], [1]))
    >>> check.ok, len(check.arrays)
    (True, 4)
    """

    compared: bool
    ok: bool

    def __init__(self, net: Network, m: int, arrays: list[ArrayCheck], tolerance: float) -> None:
        self._of = f"{net!r} over {m} example{'s' if m > 1 else ''}"
        self.arrays = arrays
        self.tolerance = tolerance
        self.compared = any(array.tried for array in arrays)
        self.ok = self.compared and all(array.ok for array in arrays)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        wrong = sum(not array.ok for array in self.arrays)
        verdict = "right" if self.ok else f"WRONG in {wrong} of {len(self.arrays)} arrays"
        verdict += f", to a relative {self.tolerance:g}"
        head = f"Gradients of {self._of}: {verdict if self.compared else 'nothing could be compared'}"
        return "\n".join([head, *(f"  {array!r}" for array in self.arrays)])


def check_gradients(
    net: Network,
    X: Any,
    y: Any = None,
    *,
    weights: Any = None,
    samples: int | None = 200,
    tolerance: float | None = None,
    seed: int = 0,
) -> GradientCheck:
    """Compare `net.backprop` with central differences of the cost, (C(w + h) - C(w - h)) / 2h, in float64.

    The check calls ``net.backprop``. Assign a function of your own to it to see whether that is right.

    Parameters
    ----------
    net : Network
        The network. It is not changed: the differences are taken on a float64 copy.
    X : array_like, or Dataset, pair of arrays, or the book's list of (x, y)
        Rows (m, n_in), or one example; or data with their labels, without a y. About ten examples are enough.
    y : array_like, optional
        Labels (m,) or targets (m, n_out).
    weights : array_like (m,), optional
        How much each example counts, as `Network.backprop` takes them.
    samples : int or None, optional
        The number of entries to compare in each array, drawn at random; None compares all.
    tolerance : float, optional
        The largest relative error that counts as right: by default 1e-6 for a float64 network, 1e-3 for a
        float32 one. An entry near 0 may in addition be off by what rounding alone can do.
    seed : int, optional
        The seed of the draw of entries.

    Returns
    -------
    GradientCheck
        True or false. Printed, it shows the largest error of each array and its entry.

    Raises
    ------
    ValueError
        X or y does not fit the network, or backprop returns arrays whose shapes differ from the parameters'.

    Notes
    -----
    h is 6e-6, the cube root of float64's rounding. It is larger for a parameter above 1, and smaller if
    inputs above 1 would move z further. If a relu neuron is off with w - h and on with w + h, or another
    activation of a pooling window becomes the largest, then the cost has a kink and the difference means
    nothing: the entry is left out.

    In the blank corners of a digit, z is the filter's bias alone. If that bias is 0, as init="he" draws it,
    relu is just at its kink there, and no bias can be checked without some noise in the images.

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
    _validation.check_network(net)
    samples = None if samples is None else _validation.integer("samples", samples, 1)
    tolerance = TOLERANCE[net.dtype] if tolerance is None else tolerance
    tolerance = _validation.real("tolerance", tolerance, least=1e-12)
    rng = np.random.default_rng(_validation.integer("seed", seed, 0))
    name, data = ("data", X) if y is None else ("(X, y)", (X, y))
    examples = _validation.examples(name, data, net._interface.with_dtype("float64"), one=True)
    if y is None:
        X, y = examples.X, examples.y
    examples = _validation.weighted(examples, weights, dtype="float64")
    # A function of the user's own in place of backprop may take no weights.
    nabla_b, nabla_w = net.backprop(X, y) if weights is None else net.backprop(X, y, weights=weights)
    central = Differences(net, examples)
    compared: list[tuple[str, Any, dict[tuple[int, ...], tuple[float, float]]]] = []
    for p in range(len(net.weights)):
        arrays: tuple[tuple[Kind, Any, tuple[int, ...]], ...] = (
            ("biases", nabla_b[p], net.biases[p].shape),
            ("weights", nabla_w[p], net.weights[p].shape),
        )
        for kind, nabla, shape in arrays:
            if np.shape(nabla) != shape:
                raise ValueError(f"net.backprop: {shape} needed for {kind}[{p}], got {np.shape(nabla)}")
            size = int(np.prod(shape))
            drawn = np.arange(size)
            if samples is not None and samples < size:
                drawn = np.sort(rng.choice(size, samples, replace=False))
            entries = [tuple(map(int, entry)) for entry in zip(*np.unravel_index(drawn, shape), strict=True)]
            found = {entry: central.with_rounding(kind, p, entry) for entry in entries}
            compared.append((f"{kind}[{p}]", nabla, found))
    steepest = max((abs(d) for *_, found in compared for d, _ in found.values() if d == d), default=0.0)
    largest_z = max(1.0, *(float(np.abs(z).max()) for z in central.zs))
    rounding = 10 * float(np.finfo(net.dtype).eps) * steepest * largest_z
    verdicts = [_verdict(*found, rounding, tolerance) for found in compared]
    return GradientCheck(net, examples.n, verdicts, tolerance)


class Differences:
    """A `Differences` takes central differences of a network's cost, on a float64 copy of the network.

    Parameters
    ----------
    net : Network
        The network. It is not changed.
    examples : Examples
        What the cost is of, as `_validation.examples` returns it for the interface of a float64 network.

    Attributes
    ----------
    zs : list of ndarray
        The weighted inputs of each of ``net.layers`` for these examples.
    """

    zs: list[np.ndarray]

    def __init__(self, net: Network, examples: Examples) -> None:
        self._net = net.copy("float64")
        self._data = self._net._prepare(examples)
        x, _ = columns(examples, net.sizes[-1])
        x = x.reshape(*net.shapes[0], -1)
        with np.errstate(over="ignore", invalid="ignore"):  # parameters may have exploded
            self.zs, activations = forward(self._net, x)
        self._read = [x, *activations[:-1]]  # by each layer
        self._largest = [float(np.abs(a).max()) for a in self._read]
        self._places = [l for l, layer in enumerate(net.layers) if not isinstance(layer, MaxPool2D)]

    def with_rounding(self, kind: Kind, p: int, entry: tuple[int, ...]) -> tuple[float, float]:
        """Return (the central difference, what rounding can do to it).

        The difference is NaN if there is a kink, if no step is small enough for inputs of this size, or if a
        cost is not finite.
        """
        net, data, l = self._net, self._data, self._places[p]
        parameters = (net.biases if kind == "biases" else net.weights)[p]
        # The parameter is multiplied by numbers of at most this size
        factor = 1.0 if kind == "biases" else self._largest[l]
        value = float(parameters[entry])
        h = STEP * max(1.0, abs(value)) / max(1.0, factor)
        costs, sides = [], []
        for moved in (value + h, value - h):
            parameters[entry] = moved
            costs.append(net._cost_and_accuracy(data)[0] * data.total_weight)
            sides.append(_sides(net, l, self._read[l]))
        parameters[entry] = value
        if sides[0] != sides[1] or value + h == value - h:  # a step that is too small for the inputs' size
            return np.nan, 0.0
        if not np.isfinite(costs).all():
            return np.nan, 0.0
        noise = 10 * float(np.finfo(np.float64).eps) * abs(costs[0]) / h
        return (costs[0] - costs[1]) / ((value + h) - (value - h)), noise


def _sides(net: Network, first: int, a: np.ndarray) -> list[bytes]:
    """Say on which side of its kinks the cost is, from layers[first] on, which reads `a`.

    The answer says which relu neurons are on, and which activation of each pooling window is the largest.
    """
    layers = net.layers[first:]
    if not any(isinstance(layer, MaxPool2D) or layer.activation == "relu" for layer in layers):
        return []
    with np.errstate(over="ignore", invalid="ignore"):
        zs, activations = forward(net, a, first)
    sides = []
    for layer, before, z in zip(layers, [a, *activations[:-1]], zs, strict=True):
        if isinstance(layer, MaxPool2D):
            sides.append(argmax_in_windows(layer, before).tobytes())
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
    """Compare one array of backprop's with the differences; `rounding` is what the network's dtype adds."""
    errors = {}
    for entry, (difference, noise) in differences.items():
        if not np.isnan(difference):
            size = max(abs(float(nabla[entry])), abs(difference)) + (noise + rounding) / tolerance
            error = abs(float(nabla[entry]) - difference) / size if size else 0.0
            errors[entry] = error if np.isfinite(error) else np.inf
    where = max(errors, key=lambda entry: errors[entry], default=None)
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
