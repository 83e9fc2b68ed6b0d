"""The network of chapter 3: two costs, L2 regularisation, better first weights, monitoring, early stopping.

    from nncore.book import mnist_loader, network2

    training_data, validation_data, test_data = mnist_loader.load_data_wrapper()
    net = network2.Network([784, 30, 10], cost=network2.CrossEntropyCost)
    net.SGD(training_data, 30, 10, 0.5, lmbda=5.0, evaluation_data=validation_data,
            monitor_evaluation_accuracy=True)

The book's names and its printed lines over an `nncore.Network` in float64. Chance comes from where the book
takes it: `np.random` gives the first weights and biases, `random.shuffle` the order. On purpose different:

- The caller's data keep their order: a copy of the order is shuffled, epoch after epoch.
- The cost of an output that is quite wrong (a rounds to 0 where y = 1) is computed from z and is finite; the
  book's `nan_to_num` made 1.8e308 of it.
- A run whose weights leave the finite numbers ends there, with a warning; the book went on with NaN.
- Labels and one-hot vectors are told apart by looking at them: `convert` is taken, and not needed.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterable
from itertools import pairwise
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore import _validation
from nncore.book.mnist_loader import vectorized_result
from nncore.book.network import _examples, sigmoid, sigmoid_prime
from nncore.formats import book_json

__all__ = [
    "CrossEntropyCost",
    "Network",
    "QuadraticCost",
    "load",
    "sigmoid",
    "sigmoid_prime",
    "vectorized_result",
]


class QuadraticCost:
    """Half the squared distance of the output from what was wanted (chapter 1)."""

    @staticmethod
    def fn(a: NDArray[Any], y: NDArray[Any]) -> float:
        """The cost of an output a, where y was wanted.

        Examples
        --------
        >>> QuadraticCost.fn(np.array([[0.5], [1.0]]), np.array([[1.0], [0.0]]))
        0.625
        """
        return float(np.sum((a - y) ** 2) / 2)

    @staticmethod
    def delta(z: NDArray[Any], a: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        """The error of the output layer (BP1): (a - y) sigma'(z)."""
        return (a - y) * sigmoid_prime(z)


class CrossEntropyCost:
    """The cross-entropy of chapter 3, summed over the output neurons."""

    @staticmethod
    def fn(a: NDArray[Any], y: NDArray[Any]) -> float:
        """The cost of an output a, where y was wanted; infinite where a is 0 or 1 and quite wrong.

        Examples
        --------
        >>> y = np.array([[1.0], [0.0]])
        >>> CrossEntropyCost.fn(np.array([[1.0], [0.0]]), y), CrossEntropyCost.fn(np.array([[0.0], [0.0]]), y)
        (0.0, inf)
        """
        with np.errstate(divide="ignore", invalid="ignore"):  # 0 ln 0 is 0 here
            ones = np.where(y == 0, 0.0, -y * np.log(a))
            zeros = np.where(y == 1, 0.0, -(1 - y) * np.log1p(-a))
        return float(np.sum(ones + zeros))

    @staticmethod
    def delta(z: NDArray[Any], a: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        """The error of the output layer (BP1): a - y, whatever z is."""
        return a - y


COSTS: dict[str, type[QuadraticCost] | type[CrossEntropyCost]] = {
    "quadratic": QuadraticCost,
    "cross-entropy": CrossEntropyCost,
}


class Network(nncore.Network):
    """A network as chapter 3 builds it.

    `SGD`, `accuracy`, `cost`, `save` are network2's; what else an `nncore.Network` has is there too.

    Parameters
    ----------
    sizes : list of int
        The number of neurons in each layer, input first: `[784, 30, 10]`.
    cost : type, optional
        `CrossEntropyCost` or `QuadraticCost`. The core knows these two; another class is refused.

    Attributes
    ----------
    num_layers, sizes, cost : int, list of int, type
        As given.
    biases, weights : sequence of ndarray
        `(n, 1)` and `(n, n_prev)` for each layer but the input, as `default_weight_initializer` drew them;
        assigning copies in.

    Examples
    --------
    >>> net = Network([2, 3, 1], cost=QuadraticCost)
    >>> net.large_weight_initializer()
    >>> net.feedforward(np.array([[0.5], [1.0]])).shape
    (1, 1)
    """

    def __init__(self, sizes: Iterable[int], cost: Any = CrossEntropyCost) -> None:
        names = [name for name, known in COSTS.items() if cost is known or type(cost) is known]
        if not names:
            raise TypeError(f"cost: QuadraticCost or CrossEntropyCost needed, got {cost!r}")
        super().__init__(sizes, cost=names[0], init="zeros", dtype="float64")
        self.default_weight_initializer()

    @property
    def cost(self) -> type[QuadraticCost] | type[CrossEntropyCost]:  # type: ignore[override]
        return COSTS[self.cost_name]

    def default_weight_initializer(self) -> None:
        """Draw biases from N(0, 1) and weights from N(0, 1)/sqrt(n_prev), n_prev the inputs of the neuron."""
        self.large_weight_initializer()
        self.weights = [w / np.sqrt(w.shape[1]) for w in self.weights]

    def large_weight_initializer(self) -> None:
        """Draw biases and weights from N(0, 1), as in chapter 1."""
        self.biases, self.weights = draw(np.random, self.sizes)

    def SGD(  # type: ignore[override]
        self,
        training_data: Iterable[Any],
        epochs: int,
        mini_batch_size: int,
        eta: float,
        lmbda: float = 0.0,
        evaluation_data: Iterable[Any] | None = None,
        monitor_evaluation_cost: bool = False,
        monitor_evaluation_accuracy: bool = False,
        monitor_training_cost: bool = False,
        monitor_training_accuracy: bool = False,
        early_stopping_n: int = 0,
    ) -> tuple[list[float], list[int], list[float], list[int]]:
        """Train by mini-batch stochastic gradient descent, and print what is monitored after each epoch.

        `random.shuffle` draws the order, and each epoch shuffles that of the one before, as in the book; the
        caller's `training_data` stays as it is.

        Parameters
        ----------
        training_data : iterable of (x, y)
            A list, a zip or a generator; x `(sizes[0], 1)`, y `(sizes[-1], 1)`.
        epochs : int
            How often to go through the data.
        mini_batch_size : int
            The examples of a step; a short last one divides by its own length.
        eta : float
            The learning rate.
        lmbda : float
            L2 regularisation: w <- (1 - eta lmbda/n) w - eta/m nabla_w, n the number of training examples.
        evaluation_data : iterable of (x, digit), optional
            The validation or the test data.
        monitor_evaluation_cost, monitor_evaluation_accuracy : bool
            What to print and return of the evaluation data.
        monitor_training_cost, monitor_training_accuracy : bool
            The same of the training data, for a pass over them each epoch.
        early_stopping_n : int
            Stop when so many epochs have gone by since the best accuracy on the evaluation data; 0: never.

        Returns
        -------
        evaluation_cost, evaluation_accuracy, training_cost, training_accuracy : list
            One value an epoch, or empty where it is not monitored. Costs are as `total_cost` gives them;
            accuracies count examples.

        Warns
        -----
        RuntimeWarning
            The weights left the finite numbers. Before that epoch the lists end, and the network stays.
        """
        early_stopping_n = _validation.integer("early_stopping_n", early_stopping_n, 0)
        watched = monitor_evaluation_cost or monitor_evaluation_accuracy or early_stopping_n > 0
        if watched and evaluation_data is None:
            raise ValueError(
                "evaluation_data: monitor_evaluation_... and early_stopping_n need it; pass "
                "evaluation_data=validation_data"
            )
        evaluation: Any = None
        if evaluation_data is not None:
            evaluation = self._data("evaluation_data", _examples(evaluation_data))
        order: list[int] = []
        evaluation_cost: list[float] = []
        training_cost: list[float] = []
        evaluation_accuracy: list[int] = []
        training_accuracy: list[int] = []
        counts: list[int] = []  # what early_stopping_n goes by, printed or not

        def shuffle(epoch: int, n: int) -> NDArray[np.intp]:
            if not order:
                order.extend(range(n))
            random.shuffle(order)
            return np.array(order)

        def report(net: nncore.Network, history: nncore.History) -> None:
            print(f"Epoch {len(history) - 1} training complete")
            if monitor_training_cost:
                training_cost.append(history.training_cost[-1])
                print(f"Cost on training data: {training_cost[-1]}")
            if monitor_training_accuracy:
                training_accuracy.append(round(history.training_accuracy[-1] * len(order)))
                print(f"Accuracy on training data: {training_accuracy[-1]} / {len(order)}")
            if watched:
                cost, accuracy = self._cost_and_accuracy(evaluation, lmbda)
                counts.append(round(accuracy * len(evaluation)))
                if monitor_evaluation_cost:
                    evaluation_cost.append(cost)
                    print(f"Cost on evaluation data: {cost}")
                if monitor_evaluation_accuracy:
                    evaluation_accuracy.append(counts[-1])
                    print(f"Accuracy on evaluation data: {counts[-1]} / {len(evaluation)}")
            print()

        def no_improvement(history: nncore.History) -> str:
            waited = len(counts) - 1 - counts.index(max(counts))
            return f"no improvement in {waited} epochs" if waited >= early_stopping_n else ""

        flags = {"training_cost": monitor_training_cost, "training_accuracy": monitor_training_accuracy}
        try:
            super().SGD(
                _examples(training_data),
                epochs,
                mini_batch_size,
                eta,
                lmbda,
                monitor=tuple(name for name, wanted in flags.items() if wanted),
                stop=no_improvement if early_stopping_n else None,
                shuffle=shuffle,
                callbacks=[report],
                progress=False,
            )
        except nncore.DivergenceError as error:
            warnings.warn(str(error), RuntimeWarning, stacklevel=2)
        return evaluation_cost, evaluation_accuracy, training_cost, training_accuracy

    def update_mini_batch(
        self, mini_batch: Iterable[tuple[Any, Any]], eta: float, lmbda: float, n: int
    ) -> None:
        """One step over m pairs (x, y), n being the number of all training examples (see `SGD`)."""
        x, y = zip(*mini_batch, strict=True)
        m = len(x)
        nabla_b, nabla_w = self.backprop(np.stack(x), np.stack(y))
        decay = 1 - eta * (lmbda / n)
        self.weights = [decay * w - eta / m * nw for w, nw in zip(self.weights, nabla_w, strict=True)]
        self.biases = [b - eta / m * nb for b, nb in zip(self.biases, nabla_b, strict=True)]

    def accuracy(self, data: Iterable[Any], convert: bool = False) -> int:
        """The number of pairs (x, y) for which the neuron of the digit is the most active one.

        Parameters
        ----------
        data : iterable of (x, y)
            y is a digit, or a vector as in the training data.
        convert : bool
            Not needed: whether y is a vector is seen.
        """
        examples = self._data("data", _examples(data))
        _, accuracy = self._cost_and_accuracy(examples)
        return round(accuracy * len(examples))

    def total_cost(self, data: Iterable[Any], lmbda: float, convert: bool = False) -> float:
        """The mean cost of the pairs (x, y), and lmbda/(2n) times the sum of the squared weights.

        n is the number of pairs given here: one network has two penalties on sets of two sizes.

        Parameters
        ----------
        data : iterable of (x, y)
            y is a digit, or a vector as in the training data.
        lmbda : float
            L2 regularisation.
        convert : bool
            Not needed: whether y is a vector is seen.
        """
        return self._cost_and_accuracy(
            self._data("data", _examples(data)), _validation.real("lmbda", lmbda, least=0)
        )[0]

    def save(self, filename: str | PathLike[str]) -> None:
        """Write the network to a JSON file that `load` reads, and the book's network2 too.

        `nncore.Network.save(net, filename)` writes a file for `nncore.load`.
        """
        book_json.write(filename, self.sizes, self.weights, self.biases, self.cost.__name__)


def load(filename: str | PathLike[str]) -> Network:
    """Read a network that `save` wrote, here or in the book's network2.

    Raises
    ------
    ValueError
        The file is none of these, or is damaged. It is read as numbers only: nothing in it can run.
    """
    sizes, weights, biases, cost = book_json.read(filename)
    costs = {known.__name__: known for known in COSTS.values()}
    net = Network(sizes, cost=costs[cost])
    net.weights, net.biases = weights, biases
    return net


def draw(numbers: Any, sizes: list[int]) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """Biases (n, 1) and weights (n, n_prev) from N(0, 1), in the book's order: all biases, then all weights.

    Parameters
    ----------
    numbers : module or RandomState
        Whose `randn` to draw from: `np.random` itself, or a stream of one's own.
    sizes : list of int
        Neurons in each layer, the input first.
    """
    biases = [numbers.randn(n, 1) for n in sizes[1:]]
    return biases, [numbers.randn(n, n_prev) for n_prev, n in pairwise(sizes)]
