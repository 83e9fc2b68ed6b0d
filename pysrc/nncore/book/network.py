"""The network of chapter 1: sigmoid neurons, quadratic cost, stochastic gradient descent.

    from nncore.book import mnist_loader, network

    training_data, validation_data, test_data = mnist_loader.load_data_wrapper()
    net = network.Network([784, 30, 10])
    net.SGD(training_data, 30, 10, 3.0, test_data=test_data)

The book's names and its printed lines over an `nncore.Network` in float64. Chance comes from where the book
takes it: `np.random.seed` rules the first weights and biases, `random.seed` the shuffles.
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

    It is an `nncore.Network` besides: `save`, `predict`, `cost` and the rest are there. Only `SGD` takes what
    the book's takes.

    Parameters
    ----------
    sizes : list of int
        The number of neurons in each layer, input first: `[784, 30, 10]`.

    Attributes
    ----------
    num_layers, sizes : int, list of int
        As given.
    biases, weights : sequence of ndarray
        `(n, 1)` and `(n, n_prev)` for each layer but the input, drawn from N(0, 1); assigning copies in.

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

        `random.shuffle` draws the order, and each epoch shuffles that of the one before, as in the book; the
        caller's `training_data` stays as it is. The steps are taken by the core's loop over an epoch, not by
        calls of `update_mini_batch`.

        Parameters
        ----------
        training_data : iterable of (x, y)
            A list, a zip or a generator; x `(sizes[0], 1)`, y `(sizes[-1], 1)`.
        epochs : int
            How often to go through the data.
        mini_batch_size : int
            The examples of a step.
        eta : float
            The learning rate.
        test_data : iterable of (x, digit), optional
            When given, each line says how many of them the network gets right: `Epoch 0: 9129 / 10000`.
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
        """One step over m pairs (x, y): w <- w - eta/m nabla_w, and b likewise."""
        x, y = zip(*mini_batch, strict=True)
        nabla_b, nabla_w = self.backprop(np.stack(x), np.stack(y))
        self.biases = [b - eta / len(x) * nb for b, nb in zip(self.biases, nabla_b, strict=True)]
        self.weights = [w - eta / len(x) * nw for w, nw in zip(self.weights, nabla_w, strict=True)]

    def evaluate(self, test_data: Iterable[Any]) -> int:
        """The number of pairs (x, digit) for which the neuron of that digit is the most active one."""
        return self._count_correct(self._data("test_data", _examples(test_data)))

    def cost_derivative(self, output_activations: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        """The derivatives of the cost of one example by the output activations: a - y."""
        return output_activations - y

    def _count_correct(self, data: Any) -> int:
        """The count behind `accuracy`, for examples that `self._data` prepared."""
        _, accuracy = self._cost_and_accuracy(data)
        return round(accuracy * len(data))


def _randn(rng: np.random.Generator, shape: tuple[int, int], n_in: int) -> NDArray[np.float64]:
    """N(0, 1) from NumPy's old global stream, the one that np.random.seed rules, and not from rng."""
    return np.random.randn(*shape)  # noqa: NPY002


def _examples(data: Iterable[Any]) -> Any:
    """The bytes behind the loader's pairs, which the core reads as they are; other data as it is."""
    return data.dataset if isinstance(data, Pairs) and data.dataset is not None else data


def sigmoid(z: Any) -> Any:
    """1 / (1 + exp(-z)), of a number or of each entry of an array; nothing overflows.

    Examples
    --------
    >>> float(sigmoid(0.0)), sigmoid(np.array([-1000.0, 1000.0])).round(3).tolist()
    (0.5, [0.0, 1.0])
    """
    return nncore.functions.sigmoid(z)[()]


def sigmoid_prime(z: Any) -> Any:
    """The derivative of the sigmoid function.

    Examples
    --------
    >>> float(sigmoid_prime(0.0))
    0.25
    """
    return sigmoid(z) * (1 - sigmoid(z))
