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
from nncore.book.mnist_loader import Pairs


class Network(nncore.Network):
    """A network as chapter 1 builds it.

    It is also an `nncore.Network`, with `save`, `predict`, `cost` and all other methods. Only `SGD` has the
    arguments of the book's.

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

    def __init__(self, sizes: Iterable[int]) -> None:
        super().__init__(sizes, cost="quadratic", init=_randn, dtype="float64")

    def SGD(  # type: ignore[override]
        self,
        training_data: Iterable[Any],
        epochs: int,
        mini_batch_size: int,
        eta: float,
        test_data: Iterable[Any] | None = None,
    ) -> None:
        """Train by mini-batch stochastic gradient descent, and print a line after each epoch.

        As in the book, `random.shuffle` shuffles the order of the epoch before; the caller's `training_data`
        is not changed. The core's loop takes the steps of an epoch without calling `update_mini_batch`.

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
        order: list[int] = []

        def shuffle(epoch: int, n: int) -> NDArray[np.intp]:
            if not order:
                order.extend(range(n))
            random.shuffle(order)
            return np.array(order)

        test = None if test_data is None else self._data("test_data", _examples(test_data))

        def report(net: nncore.Network, history: nncore.History) -> None:
            if test is None:
                print(f"Epoch {len(history) - 1} complete")
            else:
                print(f"Epoch {len(history) - 1}: {self._count_correct(test)} / {len(test)}")

        super().SGD(
            _examples(training_data),
            epochs,
            mini_batch_size,
            eta,
            shuffle=shuffle,
            callbacks=[report],
            progress=False,
        )

    def update_mini_batch(self, mini_batch: Iterable[tuple[Any, Any]], eta: float) -> None:
        """Take a step with m pairs (x, y): w <- w - eta/m nabla_w, b <- b - eta/m nabla_b."""
        x, y = zip(*mini_batch, strict=True)
        nabla_b, nabla_w = self.backprop(np.stack(x), np.stack(y))
        self.biases = [b - eta / len(x) * nb for b, nb in zip(self.biases, nabla_b, strict=True)]
        self.weights = [w - eta / len(x) * nw for w, nw in zip(self.weights, nabla_w, strict=True)]

    def evaluate(self, test_data: Iterable[Any]) -> int:
        """Return the number of pairs (x, digit) for which the digit's neuron has the largest activation."""
        return self._count_correct(self._data("test_data", _examples(test_data)))

    def cost_derivative(self, output_activations: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        """Return the derivatives of the cost of one example with respect to the output activations: a - y."""
        return output_activations - y

    def _count_correct(self, data: Any) -> int:
        """Return the number of correctly classified examples; `self._data` made `data`."""
        _, accuracy = self._cost_and_accuracy(data)
        return round(accuracy * len(data))


def _randn(rng: np.random.Generator, shape: tuple[int, int], n_in: int) -> NDArray[np.float64]:
    """Draw from N(0, 1) with NumPy's global generator, whose seed is `np.random.seed`, and not with rng."""
    return np.random.randn(*shape)  # noqa: NPY002


def _examples(data: Iterable[Any]) -> Any:
    """Return the Dataset of the loader's pairs, which the core reads as bytes; other data unchanged."""
    return data.dataset if isinstance(data, Pairs) and data.dataset is not None else data


def sigmoid(z: Any) -> Any:
    """Return 1 / (1 + exp(-z)) for a number or for each entry of an array, without overflow.

    Examples
    --------
    >>> float(sigmoid(0.0)), sigmoid(np.array([-1000.0, 1000.0])).round(3).tolist()
    (0.5, [0.0, 1.0])
    """
    return nncore.functions.sigmoid(z)[()]


def sigmoid_prime(z: Any) -> Any:
    """Return the derivative of the sigmoid function, sigmoid(z) (1 - sigmoid(z)).

    Examples
    --------
    >>> float(sigmoid_prime(0.0))
    0.25
    """
    return sigmoid(z) * (1 - sigmoid(z))
