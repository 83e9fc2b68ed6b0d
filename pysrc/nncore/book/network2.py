"""The network of chapter 3: two costs, L2 regularisation, better initial weights, monitoring, early stopping.

    from nncore.book import mnist_loader, network2

    training_data, validation_data, test_data = mnist_loader.load_data_wrapper()
    net = network2.Network([784, 30, 10], cost=network2.CrossEntropyCost)
    net.SGD(training_data, 30, 10, 0.5, lmbda=5.0, evaluation_data=validation_data,
            monitor_evaluation_accuracy=True)

The module has the book's names and prints its lines; underneath is an `nncore.Network` in float64. The random
numbers come from the book's sources: `np.random` gives the initial weights and biases, `random.shuffle` the
order. These differences are deliberate:

- The caller's data keep their order; a list of indices is shuffled instead.
- The cost of a completely wrong output (a is rounded to 0 although y = 1) is computed from z and is finite.
  The book's `nan_to_num` gave 1.8e308.
- A run ends with a warning when its weights are no longer finite. The book's program went on with NaN.
- Labels and one-hot vectors are recognised from the data: `convert` is accepted and ignored.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterable
from itertools import pairwise
from os import PathLike
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore import _hints, _validation, choices
from nncore.book import hints
from nncore.book.listings import BookNetwork, plain, sigmoid, sigmoid_prime
from nncore.book.mnist_loader import vectorized_result
from nncore.book.network2_report import Measured, Report
from nncore.files.kinds import check_suffix
from nncore.formats import book_json
from nncore.training.not_learning import warn_of_own

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
    """Half the squared distance between the output and the desired output (chapter 1)."""

    @staticmethod
    def fn(a: NDArray[Any], y: NDArray[Any]) -> float:
        """Return the cost of an output a if y is desired.

        Examples
        --------
        >>> QuadraticCost.fn(np.array([[0.5], [1.0]]), np.array([[1.0], [0.0]]))
        0.625
        """
        return float(np.sum((a - y) ** 2) / 2)

    @staticmethod
    def delta(z: NDArray[Any], a: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        """Return the error of the output layer (BP1): (a - y) sigma'(z)."""
        delta: NDArray[Any] = (a - y) * sigmoid_prime(z)
        return delta


class CrossEntropyCost:
    """The cross-entropy of chapter 3, summed over the output neurons."""

    @staticmethod
    def fn(a: NDArray[Any], y: NDArray[Any]) -> float:
        """Return the cost of an output a if y is desired; it is infinite if an a is 0 or 1 and wrong.

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
        """Return the error of the output layer (BP1): a - y, for any z."""
        delta: NDArray[Any] = a - y
        return delta


COSTS: dict[choices.Cost, type[QuadraticCost] | type[CrossEntropyCost]] = {
    "quadratic": QuadraticCost,
    "cross-entropy": CrossEntropyCost,
}
WRITTEN: dict[Any, tuple[Any, Any]] = {  # a reader may replace them
    known: (known.fn, known.delta) for known in COSTS.values()
}


class Network(BookNetwork):
    """A network as chapter 3 builds it.

    `SGD`, `accuracy`, `cost` and `save` are network2's; all other methods are those of `nncore.Network`. A
    subclass may override each of the book's methods: `SGD` then follows the book's listing in NumPy, which
    calls them, and warns that this is slower. So it does with a cost of the reader's own.

    Parameters
    ----------
    sizes : list of int
        The number of neurons in each layer, input first: `[784, 30, 10]`.
    cost : type, optional
        `CrossEntropyCost`, `QuadraticCost`, or a class of your own with two static methods: ``fn(a, y)``
        returns the cost of an output `a` (n_out, 1) if `y` is desired, and ``delta(z, a, y)`` the error of
        the output layer, (n_out, 1).

    Attributes
    ----------
    num_layers, sizes, cost : int, list of int, type
        The number of layers, their sizes, and the class of the cost.
    biases, weights : sequence of ndarray
        Arrays `(n, 1)` and `(n, n_prev)` for each layer but the input, as `default_weight_initializer` drew
        them. Assigning copies the values.

    Examples
    --------
    >>> net = Network([2, 3, 1], cost=QuadraticCost)
    >>> net.large_weight_initializer()
    >>> net.feedforward(np.array([[0.5], [1.0]])).shape
    (1, 1)
    """

    LISTED: tuple[str, ...] = ("update_mini_batch", "backprop", "feedforward", "accuracy", "total_cost")
    _own_cost: Any = None  # a cost that the core does not know

    def __init__(self, sizes: Iterable[int], cost: Any = CrossEntropyCost) -> None:
        names = [
            name for name, known in COSTS.items() if cost is known or (type(cost) is known and not vars(cost))
        ]
        if not names:
            if not callable(getattr(cost, "fn", None)) or not callable(getattr(cost, "delta", None)):
                raise TypeError(
                    "cost: QuadraticCost, CrossEntropyCost, or a class with the static methods fn(a, y) and "
                    f"delta(z, a, y) needed, got {cost!r:.60}"
                )
            self._own_cost = cost
        super().__init__(sizes, cost=names[0] if names else "quadratic", init="zeros", dtype="float64")
        self.default_weight_initializer()

    @property
    def cost(self) -> Any:
        """The class of the cost."""
        return COSTS[self.cost_name] if self._own_cost is None else self._own_cost

    def changes(self) -> set[str]:
        """Return the names of what a reader has put in place of the book's: methods, functions, the cost."""
        return super().changes() | (
            {"cost"} if self._own_cost is not None or _formulas(self.cost) != WRITTEN[self.cost] else set()
        )

    def output_delta(self, z: NDArray[Any], a: NDArray[Any], y: Any) -> NDArray[Any]:
        """Return the error of the output layer (BP1), which the class of the cost computes."""
        delta: NDArray[Any] = self.cost.delta(z, a, y)
        return delta

    def cost_of(self, a: NDArray[Any], y: Any) -> float:
        """Return the cost of one example, which the class of the cost computes."""
        return float(self.cost.fn(a, y))

    def copy(self, dtype: Any = None) -> Self:
        """Return an independent network, as `nncore.Network.copy` does, with the same cost."""
        other = super().copy(dtype)
        other._own_cost = self._own_cost
        return other

    def __reduce__(self) -> tuple[Any, ...]:  # for copy and pickle
        return (*super().__reduce__(), {"_own_cost": self._own_cost})

    def default_weight_initializer(self) -> None:
        """Draw biases from N(0, 1) and weights from N(0, 1)/sqrt(n_prev); a neuron has n_prev inputs."""
        self.large_weight_initializer()
        self.weights = [w / np.sqrt(w.shape[1]) for w in self.weights]

    def large_weight_initializer(self) -> None:
        """Draw biases and weights from N(0, 1), as in chapter 1."""
        self.biases, self.weights = draw(np.random, self.sizes)

    def SGD(  # type: ignore[override]
        self,
        training_data: Iterable[Any],
        epochs: int = _hints.NEEDED,
        mini_batch_size: int = _hints.NEEDED,
        eta: float = _hints.NEEDED,
        lmbda: float = 0.0,
        evaluation_data: Iterable[Any] | None = None,
        monitor_evaluation_cost: bool = False,
        monitor_evaluation_accuracy: bool = False,
        monitor_training_cost: bool = False,
        monitor_training_accuracy: bool = False,
        early_stopping_n: int = 0,
        **unknown: Any,
    ) -> tuple[list[float], list[int], list[float], list[int]]:
        """Train by mini-batch stochastic gradient descent, and print what is monitored after each epoch.

        As in the book, `random.shuffle` shuffles the order of the epoch before; the caller's `training_data`
        is not changed.

        Parameters
        ----------
        training_data : iterable of (x, y)
            A list, a zip or a generator of pairs of arrays x `(sizes[0], 1)` and y `(sizes[-1], 1)`.
        epochs : int
            The number of passes over the data.
        mini_batch_size : int
            The number of examples in a step. The last step of an epoch may have fewer, and divides by their
            number.
        eta : float
            The learning rate.
        lmbda : float
            L2 regularisation with n training examples: w <- (1 - eta lmbda/n) w - eta/m nabla_w.
        evaluation_data : iterable of (x, digit), optional
            The validation or the test data.
        monitor_evaluation_cost, monitor_evaluation_accuracy : bool
            Whether to print and return the cost and the accuracy on the evaluation data.
        monitor_training_cost, monitor_training_accuracy : bool
            The same for the training data; this takes one more pass over them per epoch.
        early_stopping_n : int
            Stop after this number of epochs without a better accuracy on the evaluation data; 0: never.

        Returns
        -------
        evaluation_cost, evaluation_accuracy, training_cost, training_accuracy : list
            One value per epoch, or empty if it is not monitored. Costs are those of `total_cost`;
            accuracies are numbers of correctly classified examples.

        Warns
        -----
        RuntimeWarning
            The weights are no longer finite. The network and the lists are as they were before that epoch.
        """
        hints.check("network2", unknown, epochs=epochs, mini_batch_size=mini_batch_size, eta=eta)
        early_stopping_n = _validation.integer("early_stopping_n", early_stopping_n, 0)
        lmbda = _validation.real("lmbda", lmbda, least=0)
        watched = monitor_evaluation_cost or monitor_evaluation_accuracy or early_stopping_n > 0
        if watched and evaluation_data is None:
            raise ValueError(
                "evaluation_data: monitor_evaluation_... and early_stopping_n need it; pass "
                "evaluation_data=validation_data"
            )
        report = Report(
            monitor_evaluation_cost,
            monitor_evaluation_accuracy,
            monitor_training_cost,
            monitor_training_accuracy,
            early_stopping_n,
        )
        if self._follows_listing():
            self._listed_SGD(report, training_data, epochs, mini_batch_size, eta, lmbda, evaluation_data)
            return report.lists
        evaluation = self._evaluation("evaluation_data", evaluation_data)
        order: list[int] = []

        def shuffle(epoch: int, n: int) -> NDArray[np.intp]:
            if not order:
                order.extend(range(n))
            random.shuffle(order)
            return np.array(order)

        def measure(net: nncore.Network, history: nncore.History) -> None:
            n = len(order)
            cost = history.training_cost[-1] if monitor_training_cost else None
            right = round(history.training_accuracy[-1] * n) if monitor_training_accuracy else None
            evaluated: Measured | None = None
            if evaluation is not None and watched:
                evaluated = *evaluation.measure(history, lmbda), evaluation.n
            report.add((cost, right, n), evaluated)

        flags: dict[choices.Measure, bool] = {
            "training_cost": monitor_training_cost,
            "training_accuracy": monitor_training_accuracy,
        }
        measured: dict[str, Any] = {"monitor": tuple(name for name, wanted in flags.items() if wanted)}
        if evaluation is not None and watched:
            options = evaluation.options("evaluation_cost", "evaluation_accuracy")
            measured = options | {"monitor": (*measured["monitor"], *options.get("monitor", ()))}
        try:
            super().SGD(
                plain(training_data),
                epochs,
                mini_batch_size,
                eta,
                lmbda,
                stop=lambda history: report.reason_to_stop(),
                shuffle=shuffle,
                callbacks=[measure],
                progress=False,
                **measured,
            )
        except nncore.DivergenceError as error:
            warnings.warn(str(error), RuntimeWarning, stacklevel=2)
        return report.lists

    def _listed_SGD(
        self,
        report: Report,
        training_data: Iterable[Any],
        epochs: int,
        mini_batch_size: int,
        eta: float,
        lmbda: float,
        evaluation_data: Iterable[Any] | None,
    ) -> None:
        """Train as the book's `SGD` does, which calls update_mini_batch, total_cost and accuracy."""

        def step(mini_batch: Any, n: int) -> None:
            self.update_mini_batch(mini_batch, eta, lmbda, n)

        training = self._examples("training_data", plain(training_data))
        evaluation, tested = None, list[Any]()
        if evaluation_data is not None:
            evaluation = self._examples("evaluation_data", plain(evaluation_data))
            tested = self._pairs("evaluation_data", evaluation, vectors=False)
        for pairs in self._listed_epochs("training_data", training, epochs, mini_batch_size, step):
            cost = self.total_cost(pairs, lmbda) if report.training_cost else None
            right = self.accuracy(pairs, convert=True) if report.training_accuracy else None
            evaluated: Measured | None = None
            if evaluation is not None:
                evaluated = (
                    self.total_cost(tested, lmbda, convert=True) if report.evaluation_cost else None,
                    self.accuracy(tested) if report.counts_right else None,
                    len(tested),
                )
            report.add((cost, right, len(pairs)), evaluated)
            if report.reason_to_stop():
                break
        if "accuracy" not in self.changes():
            steps = report.epochs * -(-training.n // mini_batch_size)
            if evaluation is not None and report.right:
                warn_of_own(report.right[-1], "evaluation", evaluation, training, steps, eta)
            elif report.lists[3]:
                warn_of_own(report.lists[3][-1], "training", training, training, steps, eta)

    def update_mini_batch(
        self, mini_batch: Iterable[tuple[Any, Any]], eta: float, lmbda: float, n: int
    ) -> None:
        """Take a step with the m pairs (x, y) of a mini-batch; n is the number of all training examples."""
        mini_batch = list(mini_batch)
        m, (nabla_b, nabla_w) = len(mini_batch), self._summed_gradient(mini_batch)
        decay = 1 - eta * (lmbda / n)
        self.weights = [decay * w - eta / m * nw for w, nw in zip(self.weights, nabla_w, strict=True)]
        self.biases = [b - eta / m * nb for b, nb in zip(self.biases, nabla_b, strict=True)]

    def accuracy(  # type: ignore[override]
        self, data: Iterable[Any], convert: bool = False
    ) -> int:
        """Return the number of pairs (x, y) for which the neuron of the digit has the largest activation.

        Parameters
        ----------
        data : iterable of (x, y)
            y is a digit, or a vector as in the training data.
        convert : bool
            Ignored: the data show whether y is a vector.
        """
        examples = self._data("data", plain(data))
        _, accuracy = self._cost_and_accuracy(examples)
        return round(accuracy * len(examples))

    def total_cost(self, data: Iterable[Any], lmbda: float, convert: bool = False) -> float:
        """Return the mean cost of the pairs (x, y), plus lmbda/(2n) times the sum of the squared weights.

        Here n is the number of these pairs, so that the penalty of a network depends on their number.

        Parameters
        ----------
        data : iterable of (x, y)
            y is a digit, or a vector as in the training data.
        lmbda : float
            L2 regularisation.
        convert : bool
            Ignored: the data show whether y is a vector.
        """
        return self._cost_and_accuracy(
            self._data("data", plain(data)), _validation.real("lmbda", lmbda, least=0)
        )[0]

    def save(self, filename: str | PathLike[str]) -> None:  # type: ignore[override]
        """Write the network to a JSON file that `load` and the book's network2 can read.

        Of a cost of your own the file keeps the name: ``load(filename, cost=YourCost)`` reads it.

        `nncore.Network.save(net, filename)` writes the formats of `nncore.load`, such as .npz.

        Raises
        ------
        ValueError
            The name promises another format than JSON, such as .onnx or .npz.
        """
        check_suffix(filename, "json", name="filename")
        name = getattr(self.cost, "__name__", type(self.cost).__name__)
        book_json.write(filename, self.sizes, self.weights, self.biases, name, known=(name,))


def _formulas(cost: Any) -> tuple[Any, Any]:
    """Return the functions of a cost as they are now."""
    return cost.fn, cost.delta


def load(filename: str | PathLike[str], cost: Any = None) -> Network:
    """Read a network from a file that this module or the book's network2 saved.

    Parameters
    ----------
    filename : str or path
    cost : type, optional
        The class of the cost, if it is one of your own: the file has its name alone.

    Raises
    ------
    ValueError
        The file is something else, or is damaged. Only numbers are read: no code in it can run.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Network([2, 3, 1]).save(pathlib.Path(folder, "net.json"))
    ...     load(pathlib.Path(folder, "net.json")).sizes
    [2, 3, 1]
    """
    own = () if cost is None else (getattr(cost, "__name__", type(cost).__name__),)
    sizes, weights, biases, name = book_json.read(filename, own)
    costs = {known.__name__: known for known in COSTS.values()} | dict.fromkeys(own, cost)
    net = Network(sizes, cost=costs[name])
    net.weights, net.biases = weights, biases
    return net


def draw(numbers: Any, sizes: list[int]) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """Draw biases (n, 1) and weights (n, n_prev) from N(0, 1), as the book does: first all biases.

    Parameters
    ----------
    numbers : module or RandomState
        Its function `randn` draws the numbers: `np.random` itself, or a generator.
    sizes : list of int
        The number of neurons in each layer, the input first.
    """
    biases = [numbers.randn(n, 1) for n in sizes[1:]]
    return biases, [numbers.randn(n, n_prev) for n_prev, n in pairwise(sizes)]
