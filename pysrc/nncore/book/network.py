"""The network of chapter 1: sigmoid neurons, quadratic cost, stochastic gradient descent.

    from nncore.book import mnist_loader, network

    training_data, validation_data, test_data = mnist_loader.load_data_wrapper()
    net = network.Network([784, 30, 10])
    net.SGD(training_data, 30, 10, 3.0, test_data=test_data)

The module has the book's names and prints its lines; underneath is an `nncore.Network` in float64. The random
numbers come from the book's sources: `np.random` gives the initial weights and biases, `random` the shuffles,
so that `np.random.seed` and `random.seed` make a run repeatable.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore import _hints
from nncore.book import hints
from nncore.book.listings import BookNetwork, plain, sigmoid, sigmoid_prime
from nncore.training.not_learning import warn_of_own

__all__ = ["Network", "sigmoid", "sigmoid_prime"]


class Network(BookNetwork):
    """A network as chapter 1 builds it.

    It is also an `nncore.Network`, with `save`, `predict`, `cost` and all other methods. Only `SGD` has the
    arguments of the book's.

    A subclass may override each of the book's methods, and the module's `sigmoid` and `sigmoid_prime` may be
    replaced by other functions: `SGD` then follows the book's listing in NumPy, which calls them, and warns
    that this is slower.

    Parameters
    ----------
    sizes : list of int
        The number of neurons in each layer, input first: `[784, 30, 10]`.

    Attributes
    ----------
    num_layers, sizes : int, list of int
        The number of layers and their sizes.
    biases, weights : sequence of ndarray
        Arrays `(n, 1)` and `(n, n_prev)` for each layer but the input, drawn from N(0, 1). Assigning copies
        the values.

    Examples
    --------
    >>> net = Network([2, 3, 1])
    >>> net.num_layers, [w.shape for w in net.weights], [b.shape for b in net.biases]
    (3, [(3, 2), (1, 3)], [(3, 1), (1, 1)])
    >>> net.feedforward(np.array([[0.5], [1.0]])).shape
    (1, 1)
    """

    _evaluation_data = "test_data"
    LISTED: tuple[str, ...] = ("update_mini_batch", "backprop", "cost_derivative", "feedforward", "evaluate")

    def __init__(self, sizes: Iterable[int]) -> None:
        super().__init__(sizes, cost="quadratic", init=_randn, dtype="float64")

    def SGD(  # type: ignore[override]
        self,
        training_data: Iterable[Any],
        epochs: int = _hints.NEEDED,
        mini_batch_size: int = _hints.NEEDED,
        eta: float = _hints.NEEDED,
        test_data: Iterable[Any] | None = None,
        **unknown: Any,
    ) -> None:
        """Train by mini-batch stochastic gradient descent, and print a line after each epoch.

        As in the book, `random.shuffle` shuffles the order of the epoch before; the caller's `training_data`
        is not changed. The core's loop takes the steps of an epoch without calling `update_mini_batch`,
        unless a subclass overrides it or another method that the book's `SGD` calls.

        Parameters
        ----------
        training_data : iterable of (x, y)
            A list, a zip or a generator of pairs of arrays x `(sizes[0], 1)` and y `(sizes[-1], 1)`.
        epochs : int
            The number of passes over the data.
        mini_batch_size : int
            The number of examples in a step.
        eta : float
            The learning rate.
        test_data : iterable of (x, digit), optional
            If given, each line has the number of correctly classified pairs: `Epoch 0: 9129 / 10000`.
        """
        hints.check("network", unknown, epochs=epochs, mini_batch_size=mini_batch_size, eta=eta)
        if self._follows_listing():
            self._listed_SGD(training_data, epochs, mini_batch_size, eta, test_data)
            return
        order: list[int] = []

        def shuffle(epoch: int, n: int) -> NDArray[np.intp]:
            if not order:
                order.extend(range(n))
            random.shuffle(order)
            return np.array(order)

        test = self._evaluation("test_data", test_data)

        def report(net: nncore.Network, history: nncore.History) -> None:
            if test is None:
                print(f"Epoch {len(history) - 1} complete")
            else:
                print(f"Epoch {len(history) - 1}: {test.measure(history)[1]} / {test.n}")

        super().SGD(
            plain(training_data),
            epochs,
            mini_batch_size,
            eta,
            shuffle=shuffle,
            callbacks=[report],
            progress=False,
            **({} if test is None else test.options("evaluation_accuracy")),
        )

    def _listed_SGD(
        self, training_data: Iterable[Any], epochs: int, mini_batch_size: int, eta: float, test_data: Any
    ) -> None:
        """Train as the book's `SGD` does, which calls update_mini_batch and evaluate."""

        def step(mini_batch: Any, n: int) -> None:
            self.update_mini_batch(mini_batch, eta)

        training = self._examples("training_data", plain(training_data))
        tested = None if test_data is None else self._examples("test_data", plain(test_data))
        pairs = [] if tested is None else self._pairs("test_data", tested, vectors=False)
        right, trained = 0, self._listed_epochs("training_data", training, epochs, mini_batch_size, step)
        for j, _ in enumerate(trained):
            if tested is not None:
                right = self.evaluate(pairs)
            print(f"Epoch {j} complete" if tested is None else f"Epoch {j}: {right} / {len(pairs)}")
        if tested is not None and "evaluate" not in self.changes():
            steps = epochs * -(-training.n // mini_batch_size)
            warn_of_own(right, "evaluation", tested, training, steps, eta)

    def update_mini_batch(self, mini_batch: Iterable[tuple[Any, Any]], eta: float) -> None:
        """Take a step with m pairs (x, y): w <- w - eta/m nabla_w, b <- b - eta/m nabla_b."""
        mini_batch = list(mini_batch)
        m, (nabla_b, nabla_w) = len(mini_batch), self._summed_gradient(mini_batch)
        self.biases = [b - eta / m * nb for b, nb in zip(self.biases, nabla_b, strict=True)]
        self.weights = [w - eta / m * nw for w, nw in zip(self.weights, nabla_w, strict=True)]

    def evaluate(self, test_data: Iterable[Any]) -> int:
        """Return the number of pairs (x, digit) for which the digit's neuron has the largest activation."""
        return self._count_correct(self._data("test_data", plain(test_data)))

    def cost_derivative(self, output_activations: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        """Return the derivatives of the cost of one example with respect to the output activations: a - y."""
        derivative: NDArray[Any] = output_activations - y
        return derivative

    def output_delta(self, z: NDArray[Any], a: NDArray[Any], y: Any) -> NDArray[Any]:
        """Return the error of the output layer (BP1): `cost_derivative` times sigma'(z)."""
        delta: NDArray[Any] = self.cost_derivative(a, y) * self._functions()[1](z)
        return delta

    def cost_of(self, a: NDArray[Any], y: Any) -> float:
        """Return the quadratic cost of one example; NaN if `cost_derivative` is that of another cost."""
        return float("nan") if "cost_derivative" in self.changes() else float(np.sum((a - y) ** 2) / 2)

    def cost(self, data: Any, lmbda: float = 0.0, l1: float = 0.0, *, weights: Any = None) -> float:
        """Return the mean quadratic cost over the data, as `nncore.Network.cost` does."""
        if "cost_derivative" in self.changes():
            raise TypeError(
                "cost: your own cost_derivative gives the derivative of a cost that is not known here; "
                "network2.Network(sizes, cost=...) takes a class with the cost and its delta"
            )
        return super().cost(data, lmbda, l1, weights=weights)

    def _count_correct(self, data: Any) -> int:
        """Return the number of correctly classified examples; `self._data` made `data`."""
        _, accuracy = self._cost_and_accuracy(data)
        return round(accuracy * len(data))


def _randn(rng: np.random.Generator, shape: tuple[int, int], n_in: int) -> NDArray[np.float64]:
    """Draw from N(0, 1) with NumPy's global generator, whose seed is `np.random.seed`, and not with rng."""
    return np.random.randn(*shape)  # noqa: NPY002
