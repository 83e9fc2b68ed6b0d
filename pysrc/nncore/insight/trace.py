"""`trace` follows one example through a network, forwards and back.

It is made for study: its numbers come from `nncore.reference.equations`, which is plain NumPy in float64, and
not from the core.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore.insight.sampling import columns
from nncore.layers import Conv2D, Layer, MaxPool2D
from nncore.reference.equations import backward, forward, gradients
from nncore.reference.network import COSTS

if TYPE_CHECKING:
    from nncore.network import Network


class Trace:
    """A `Trace` holds all that `nncore.trace` computed for one example. Printed, it lists each value.

    Attributes
    ----------
    x : ndarray
        The input, (n_in, 1), or (channels, height, width) if the network reads feature maps.
    y : ndarray or None
        The target, (n_out, 1).
    z, a : list of ndarray
        The weighted input and the activation of each of ``net.layers``, (n_out, 1) or (channels, height,
        width). A pooling layer has no weighted input; its activation is in both lists.
    delta : list of ndarray
        The error dC/dz of each layer. Without a y, this list and the next two are empty.
    nabla_b, nabla_w : list of ndarray
        dC/db and dC/dw, in the shapes of ``net.biases`` and ``net.weights``.
    cost : float or None
        The cost C of this example.
    equations : dict of str to str
        The equation of each value, by the value's name in the book: ``equations["delta^3"]``. conv(w, a) is
        the convolution that chapter 6 writes w * a, and conv^T(w, delta) carries an error back through it.

    Examples
    --------
    >>> import nncore as nn
    >>> trace = nn.Network([2, 3, 1], seed=0).trace([0.0, 1.0], [1.0])
    >>> [delta.shape for delta in trace.delta], trace.equations["delta^3"]
    ([(3, 1), (1, 1)], 'BP1: a^3 - y')
    """

    x: np.ndarray
    y: np.ndarray | None
    z: list[np.ndarray]
    a: list[np.ndarray]
    delta: list[np.ndarray]
    nabla_b: list[np.ndarray]
    nabla_w: list[np.ndarray]
    equations: dict[str, str]

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
        """Yield (name, equation, value) in the order of computation; layers have the book's numbers."""
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
        """Return the equation of the error of layers[l]: BP1 or BP2."""
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
    """Return the one example in feature maps (channels, height, width, 1); a column (n, 1) stays as it is."""
    return value if value.ndim == 2 else value[..., 0]


def _short(value: np.ndarray) -> str:
    """Write the first three numbers of an array."""
    shown = " ".join(f"{number:.4g}" for number in value.flat[:3])
    return f"[{shown}{' ...' if value.size > 3 else ''}]"


def trace(net: Network, x: Any, y: Any = None) -> Trace:
    """Compute every z and a of a network for one example, and with a y every delta and gradient (chapter 2).

    Parameters
    ----------
    net : Network
        The network. It is not changed.
    x : array_like, pair (x, y), or Dataset
        One example: (n_in,), the book's column (n_in, 1), or an image. A pair, such as ``test[0]``, and a
        Dataset of one image have its y, too.
    y : int or array_like, optional
        Its label, or its target (n_out,) or (n_out, 1). Without y the trace ends with the output.

    Returns
    -------
    Trace
        The lists `z`, `a`, `delta`, `nabla_b` and `nabla_w`, in float64. Printed, it shows each value beside
        its equation, BP1 to BP4 by name.

    Raises
    ------
    ValueError
        x is not one example for this network, or y does not fit its output.

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

    A pooling layer passes the error on to the largest activation of each window alone:

    >>> layers = [nn.Conv2D(20, 5), nn.MaxPool2D(2), nn.Softmax(10)]
    >>> seen = nn.trace(nn.Network(layers, input_shape=(1, 28, 28), seed=0), *test[0])
    >>> seen.equations["delta^2"], seen.delta[0].shape, int((seen.delta[0] != 0).sum(axis=(1, 2)).max())
    ("BP2: delta^3 at the largest a^2 * sigma'(z^2)", (20, 24, 24), 144)
    """
    _validation.check_network(net)
    net._core_alone("trace")
    n_out, interface = net.sizes[-1], net._interface.with_dtype("float64")
    if y is None and isinstance(x, tuple) and len(x) == 2 and np.ndim(x[0]):
        x, y = x
    elif y is None and hasattr(x, "labels"):
        y = x.labels
    X = x if hasattr(x, "images") else _validation.numeric("x", x)
    if y is None:
        y_or_zeros, interface = np.zeros((1, n_out)), interface.without_cost()
    else:
        y_or_zeros = y
    given = _validation.examples("(x, y)", (X, y_or_zeros), interface, usual=net._usual, one=True)
    if given.n != 1:
        raise ValueError(f"x: one example needed, got {given.n}; nn.trace(net, X[0], y[0]) traces the first")
    column, target = columns(given, n_out)
    with np.errstate(over="ignore", invalid="ignore"):  # infinite values are shown as such
        return Trace(net, column, None if y is None else target)


def activations(net: Network, X: Any) -> list[np.ndarray]:
    """Compute the activations of every layer in float64.

    Parameters
    ----------
    net : Network
        The network. It is not changed.
    X : array_like or Dataset
        One example or rows, as for `Network.feedforward`.

    Returns
    -------
    list of ndarray
        One array for each of ``net.layers``: (n,), or (channels, height, width) for feature maps. For m rows
        the shapes are (m, n) and (m, channels, height, width).

    Examples
    --------
    >>> import nncore as nn
    >>> _, _, test = nn.datasets.load_sample()
    >>> layers = [nn.Conv2D(20, 5), nn.MaxPool2D(2), nn.Softmax(10)]
    >>> net = nn.Network(layers, input_shape=(1, 28, 28), seed=0)
    >>> [a.shape for a in net.activations(test.images[0])]
    [(20, 24, 24), (20, 12, 12), (10,)]
    """
    net._core_alone("activations")
    rows, single, _ = _validation.rows("X", X, net._interface, net._usual)
    with np.errstate(over="ignore", invalid="ignore"):
        _, found = forward(net, _validation.seen(rows).T.astype(np.float64))
    found = [np.moveaxis(a, -1, 0) for a in found]
    return [a[0] for a in found] if single else found
