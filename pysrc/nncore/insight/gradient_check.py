"""A check of a network's gradients against central differences of its cost.

For study: the numbers come from `nncore.reference.equations`, plain NumPy in float64, and not from the core.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore.insight.sampling import columns
from nncore.layers import MaxPool2D
from nncore.reference.equations import argmax_in_windows, forward

if TYPE_CHECKING:
    from nncore.network import Network

TOLERANCE = {"float64": 1e-6, "float32": 1e-3}  # of a relative error
STEP = float(np.cbrt(np.finfo(np.float64).eps))  # rounding and curvature disturb a difference equally there


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
    double = net.copy("float64")
    data = double._data("(X, y)", (X, y))
    x = x.reshape(*net.shapes[0], -1)
    zs, activations = forward(double, x)
    compared: list[tuple[str, Any, dict[tuple[int, ...], tuple[float, float]]]] = []
    for l, (layer, a) in enumerate(zip(net.layers, [x, *activations[:-1]], strict=True)):
        if isinstance(layer, MaxPool2D):
            continue
        p = len(compared) // 2  # the layer's place among those with parameters
        reach = float(np.abs(a).max())
        for name, parameters, nabla, factor in (
            (f"biases[{p}]", double.biases[p], nabla_b[p], 1.0),
            (f"weights[{p}]", double.weights[p], nabla_w[p], reach),
        ):
            if np.shape(nabla) != parameters.shape:
                raise ValueError(f"net.backprop: {parameters.shape} needed for {name}, got {np.shape(nabla)}")
            chosen = np.arange(parameters.size)
            if samples is not None and samples < parameters.size:
                chosen = np.sort(rng.choice(parameters.size, samples, replace=False))
            differences = {}
            for place in zip(*np.unravel_index(chosen, parameters.shape), strict=True):
                at = tuple(map(int, place))
                differences[at] = _difference(double, data, l, a, parameters, at, factor)
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
