"""Networks of network3 whose activation is a function of the reader's own, in NumPy.

The core has four activations. These functions compute z, a and the gradients of a network for any other, many
examples at once, with `nncore.reference.equations`. `own` is a dict: own[l] is (sigma, sigma') of layers[l].
x, y, z, a and delta are columns, the last index is the example.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore import _validation
from nncore.book.listings import Listed
from nncore.insight.sampling import columns
from nncore.reference.equations import activation_of, backpropagate, gradients, parameters_of, weighted_input

Function = Callable[[Any], Any]
Own = dict[int, tuple[Function, Function]]
STEP = 1e-5  # of the differences that stand for a derivative: exact to ten digits
LARGEST = np.log(1e300)  # of a softmax output, nothing below e^-LARGEST counts


def derivative(sigma: Function) -> Function:
    """Return the derivative of a function, its attribute `prime` or central differences."""
    prime = getattr(sigma, "prime", None)
    return prime or (lambda z: (sigma(z + STEP) - sigma(z - STEP)) / (2 * STEP))


def forward(
    net: Any, own: Own, x: NDArray[Any], rng: np.random.Generator | None = None
) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """Return z and a of each layer, what each reads, and the factors by which dropout multiplied that.

    A factor is 0 for what is left out. Without `rng`, which draws them in training, all are 1.
    """
    zs, activations, read, factors = [], [], [], []
    a = x.reshape(*net.shapes[0], -1)
    for l, (layer, w_b) in enumerate(zip(net.layers, parameters_of(net), strict=True)):
        p = layer.dropout if rng is not None else 0.0
        factors.append((rng.random(a.shape) >= p) / (1 - p) if rng is not None and p else 1.0)
        read.append(a * factors[-1])
        zs.append(weighted_input(layer, read[-1], *w_b))
        a = _functions(net, own, l)[0](zs[-1])
        activations.append(a)
    return zs, activations, read, factors


def _functions(net: Any, own: Own, l: int) -> tuple[Any, Any]:
    """Return (sigma, sigma') of net.layers[l]."""
    return own[l] if l in own else activation_of(net.layers[l])


def gradient(
    net: Any,
    own: Own,
    x: NDArray[Any],
    y: NDArray[Any],
    rng: np.random.Generator | None = None,
    weights: Any = 1.0,
) -> tuple[list[Any], list[Any]]:
    """Return (nabla_b, nabla_w) of each layer that has parameters, summed over the examples times weights."""
    zs, activations, read, factors = forward(net, own, x, rng)
    parameters = parameters_of(net)
    delta = weights * (activations[-1] - y)  # BP1, of softmax and log-likelihood
    found: list[tuple[Any, ...]] = []
    for l in reversed(range(len(zs))):
        found.insert(0, gradients(net.layers[l], read[l], delta))  # BP3, BP4
        if l:
            error = backpropagate(net.layers[l], read[l], delta, *parameters[l]) * factors[l]
            delta = error * _functions(net, own, l - 1)[1](zs[l - 1])  # BP2
    pairs = [pair for pair in found if pair]
    return [nabla_b for nabla_b, _ in pairs], [nabla_w for _, nabla_w in pairs]


def costs_and_right(net: Any, own: Own, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """Return the log-likelihood cost of each example, and whether the answer is right: (2, m)."""
    a = forward(net, own, x)[1][-1]
    costs = -(y * np.log(np.maximum(a, np.exp(-LARGEST)))).sum(axis=0)
    return np.stack([costs, a.argmax(axis=0) == y.argmax(axis=0)])


class OwnActivations(nncore.Network):
    """The base of network3's `Network`, which may have activations that the core does not know."""

    _own: Own

    def _outputs(self, X: Any) -> tuple[NDArray[Any], bool, bool]:
        """Return the outputs as `nncore.Network` does, with the reader's own activations."""
        if not self._own:
            return super()._outputs(X)
        rows, single, column = _validation.rows("X", X, self._interface, self._usual)
        outputs = [
            forward(self, self._own, _validation.seen(rows[k : k + 500]).T.astype(np.float64))[1][-1].T
            for k in range(0, len(rows), 500)
        ]
        return np.concatenate(outputs), single, column

    def backprop(self, X: Any, y: Any = None, *, weights: Any = None) -> tuple[list[Any], list[Any]]:
        """Return the gradient of the cost, summed over the examples: see `nncore.Network.backprop`."""
        if not self._own:
            return super().backprop(X, y, weights=weights)
        given = self._examples("(X, y)", X if y is None else (X, y), one=True)
        counts = _validation.weighted(given, weights, dtype="float64").counts
        return gradient(self, self._own, *columns(given, self.sizes[-1]), weights=counts)

    def _prepare(self, given: Any) -> Any:
        """Leave examples as they are where the core must not measure."""
        return Listed(given) if self._own else super()._prepare(given)

    def _cost_and_accuracy(
        self,
        data: Any,
        lmbda: float = 0.0,
        l1: float = 0.0,
        threads: int | None = None,
        needs_cost: bool = True,
    ) -> tuple[float, float]:
        """Return (cost, accuracy) on what `_prepare` returned."""
        if not isinstance(data, Listed):
            return super()._cost_and_accuracy(data, lmbda, l1, threads, needs_cost)
        x, y = columns(data.examples, self.sizes[-1])
        parts = [
            costs_and_right(self, self._own, x[:, k : k + 500], y[:, k : k + 500])
            for k in range(0, len(data), 500)
        ]
        counts = data.examples.counts
        n = counts.sum()
        total, right = np.concatenate(parts, axis=1) @ counts
        total += lmbda / 2 * sum(float(np.vdot(w, w)) for w in self.weights)
        total += l1 * sum(float(np.abs(w).sum()) for w in self.weights)
        return float(total / n), float(right / n)

    def _core_alone(self, name: str, trains: bool = False) -> None:
        """Refuse what uses the core's activations, or a file that cannot hold a function."""
        if self._own:
            raise TypeError(
                f"{name}: it does not know your own activation_fn; SGD, feedforward, predict, accuracy and "
                "params do"
            )
        super()._core_alone(name, trains)

    def _own_SGD(
        self,
        training_data: Any,
        epochs: int,
        m: int,
        eta: float,
        decay: float,
        seed: int,
        options: dict[str, Any],
        begun: Callable[[int], None],
        report: Callable[[], None],
    ) -> None:
        """Train a network with an activation of the reader's own; eta decay is the share taken off a weight.

        `begun` is called with the examples of each step, `report` after each epoch.
        """
        if options:
            raise TypeError(
                f"{', '.join(sorted(options))}: with an activation of your own, network3's SGD has no such "
                "argument; with sigmoid, tanh, ReLU or linear it has"
            )
        warnings.warn(
            "activation_fn: your own, and the core cannot call it. So SGD trains in NumPy, which is much "
            "slower.",
            stacklevel=3,
        )
        rng = np.random.default_rng(seed)
        x, y = columns(self._examples("training_data", training_data), self.sizes[-1])
        factors = [
            (1 - layer.dropout) ** 2 for layer in self.layers if not isinstance(layer, nncore.MaxPool2D)
        ]
        for _ in range(epochs):
            for k in range(0, x.shape[1] - m + 1, m):
                part = slice(k, k + m)
                nabla_b, nabla_w = gradient(self, self._own, x[:, part], y[:, part], rng)
                self.weights = [
                    w - eta * (factor * nw / m + decay * w)
                    for w, nw, factor in zip(self.weights, nabla_w, factors, strict=True)
                ]
                self.biases = [b - eta / m * nb for b, nb in zip(self.biases, nabla_b, strict=True)]
                begun(m)
            self.epochs_trained += 1
            report()
