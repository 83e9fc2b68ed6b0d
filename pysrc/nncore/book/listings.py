"""The book's listings in NumPy, one example at a time, for what a reader of the book has changed.

`network` and `network2` train with the core. The core cannot call a method that a subclass overrides, a cost
that the reader wrote, or another function in place of `sigmoid`. A network with such a change follows the
book's listing instead, which calls all of them, and says so once in a warning.
"""

from __future__ import annotations

import math
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore import _own_methods, _validation, choices
from nncore._work.portable import portable
from nncore.book.mnist_loader import Pairs
from nncore.training.monitoring import reason_without_accuracy

Gradient = tuple[list[NDArray[Any]], list[NDArray[Any]]]
Pair = tuple[NDArray[Any], Any]
FUNCTIONS = ("sigmoid", "sigmoid_prime")  # of a module of the book, which a reader may replace there
MATHEMATICS = {
    *FUNCTIONS,
    "backprop",
    "cost",
    "cost_derivative",
    "feedforward",
}  # what the core computes, too


@dataclass(frozen=True)
class Listed:
    """`Listed` holds examples that the listings measure, in place of what the core reads."""

    examples: _validation.Examples

    @property
    def total_weight(self) -> float:
        """The sum of the examples' weights."""
        return float(self.examples.counts.sum())

    def __len__(self) -> int:
        return self.examples.n


class BookInterface(_validation.Interface):
    """What a network reads and answers, with messages that name the book's lists of sizes."""

    __slots__ = ()

    def named(self, output: nncore.Dense) -> str:
        """Return an output layer as a message names it."""
        return f"one of {output.n} neurons" if _is_sigmoid(output) else super().named(output)

    def ending_with(self, output: nncore.Dense) -> str:
        """Say how to make this network with another output layer."""
        if not _is_sigmoid(output):
            return super().ending_with(output)
        hidden = [layer.n for layer in self.layers[:-1] if isinstance(layer, nncore.Dense)]
        return f"make it Network({[self.n_in, *hidden, output.n]})"


def _is_sigmoid(layer: nncore.Dense) -> bool:
    return layer.activation == "sigmoid"


class Evaluation:
    """An Evaluation measures the evaluation data of a run, or reads what SGD has measured on them.

    SGD measures an accuracy only if the targets are classes; the book's programs count always.
    """

    net: BookNetwork
    data: Any
    examples: _validation.Examples
    n: int
    are_classes: bool

    def __init__(self, net: BookNetwork, name: str, data: Any) -> None:
        self.net, self.data = net, portable(name, plain(data), net)
        self.examples = net._examples(name, self.data)
        self.n = self.examples.n
        self.are_classes = not reason_without_accuracy(self.examples)

    def options(self, *names: choices.Measure) -> dict[str, Any]:
        """Return the arguments with which SGD measures what these names say, if it can."""
        return {"evaluation_data": self.data, "monitor": names} if self.are_classes else {}

    def measure(self, history: nncore.History, lmbda: float = 0.0) -> tuple[float, int]:
        """Return the cost after an epoch, NaN if SGD does not measure it, and the number of right answers."""
        if self.are_classes:
            cost = history.evaluation_cost[-1] if history.evaluation_cost else math.nan
            accuracy = history.evaluation_accuracy[-1]
        else:
            cost, accuracy = self.net._cost_and_accuracy(self.net._prepare(self.examples), lmbda)
        return cost, round(accuracy * self.n)


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


class BookNetwork(nncore.Network):
    """The base of `network.Network` and `network2.Network`, which finds what a reader has changed."""

    _SGD_is_general = False
    _Interface = BookInterface
    LISTED: tuple[str, ...] = ("update_mini_batch", "backprop", "feedforward")  # the methods that SGD calls

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__module__.startswith("nncore.book."):  # the book's own class, which a reader may change later
            cls._written = _own_methods.written(cls, cls.LISTED)

    def _ignores(self, name: str, *methods: str) -> None:
        """Say nothing: the methods of the book's programs count."""

    def changes(self) -> set[str]:
        """Return the names of the methods and functions that a reader has put in place of the book's."""
        changed = _own_methods.changed(self, self._written)
        module = sys.modules[self._book_class().__module__]
        return changed | {name for name in FUNCTIONS if getattr(module, name) is not globals()[name]}

    def _book_class(self) -> type:
        """Return the class of the book from which this network's class derives, or the class itself."""
        return next(cls for cls in type(self).__mro__ if cls.__module__.startswith("nncore.book."))

    def _functions(self) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
        """Return (sigmoid, sigmoid_prime) as the module of the book has them now."""
        module = sys.modules[self._book_class().__module__]
        return module.sigmoid, module.sigmoid_prime

    def _follows_listing(self) -> bool:
        """Return whether SGD follows the book's listing, and say so the first time."""
        changed = self.changes()
        if changed and not self._change_is_said:
            self._change_is_said = True
            warnings.warn(
                f"{', '.join(sorted(changed))}: your own, and the core cannot call it. So SGD follows the "
                "book's listing in Python, which calls it and is much slower.",
                stacklevel=3,
            )
        return bool(changed)

    def _evaluation(self, name: str, data: Any) -> Evaluation | None:
        """Return the Evaluation of these data, if there are any."""
        return None if data is None else Evaluation(self, name, data)

    def output_delta(self, z: NDArray[Any], a: NDArray[Any], y: Any) -> NDArray[Any]:
        """Return the error of the output layer (BP1)."""
        raise NotImplementedError

    def cost_of(self, a: NDArray[Any], y: Any) -> float:
        """Return the cost of one example, from its output and its target."""
        raise NotImplementedError

    def feedforward(self, a: Any) -> NDArray[Any]:
        """Return the output of the network for an input `a`, (n_in, 1), or for rows (m, n_in)."""
        out, single, column = super()._outputs(a) if not self._changed_sigmoid() else self._listed_outputs(a)
        if column:
            return out.reshape(-1, 1)
        return out[0] if single else out

    def _changed_sigmoid(self) -> bool:
        return not self.changes().isdisjoint(FUNCTIONS)

    def _listed_outputs(self, X: Any) -> tuple[NDArray[Any], bool, bool]:
        """Return what `_outputs` returns, with the module's sigmoid."""
        rows, single, column = _validation.rows("X", X, self._interface, self._usual)
        a = _validation.seen(rows).T
        for w, b in zip(self.weights, self.biases, strict=True):
            a = self._functions()[0](w @ a + b)
        return a.T, single, column

    def _outputs(self, X: Any) -> tuple[NDArray[Any], bool, bool]:
        """Return the outputs as `nncore.Network` does, from an own `feedforward` if there is one."""
        if "feedforward" not in self.changes():
            return self._listed_outputs(X) if self._changed_sigmoid() else super()._outputs(X)
        rows, single, column = _validation.rows("X", X, self._interface, self._usual)
        outputs = [np.ravel(self.feedforward(row.reshape(-1, 1))) for row in _validation.seen(rows)]
        return np.array(outputs), single, column

    def backprop(self, x: Any, y: Any = None, *, weights: Any = None) -> Gradient:
        """Return (nabla_b, nabla_w), the gradient of the cost of one example, or its sum over rows."""
        if not self.changes() & MATHEMATICS:
            return super().backprop(x, y, weights=weights)
        if y is not None and weights is None and np.shape(x) == (self.sizes[0], 1):
            return self._listed_backprop(np.asarray(x, np.float64), y)
        name, given = "(x, y)", x if y is None else (x, y)
        examples = self._examples(name, plain(given), one=True)
        counts = _validation.weighted(examples, weights, dtype=self.dtype).counts
        pairs = self._pairs(name, examples, vectors=True, one=True)
        return _summed(self._listed_backprop(*pair, count) for pair, count in zip(pairs, counts, strict=True))

    def _listed_backprop(self, x: NDArray[Any], y: Any, count: float = 1.0) -> Gradient:
        """Return the gradient of the cost of one example, as the book's `backprop` does it, times count."""
        sigma, sigma_prime = self._functions()
        weights, zs, activations = list(self.weights), [], [x]
        for w, b in zip(weights, self.biases, strict=True):
            zs.append(np.dot(w, activations[-1]) + b)
            activations.append(sigma(zs[-1]))
        delta = count * self.output_delta(zs[-1], activations[-1], y)
        nabla_b, nabla_w = [delta], [np.dot(delta, activations[-2].T)]
        for l in range(2, self.num_layers):
            delta = np.dot(weights[-l + 1].T, delta) * sigma_prime(zs[-l])
            nabla_b.insert(0, delta)
            nabla_w.insert(0, np.dot(delta, activations[-l - 1].T))
        return nabla_b, nabla_w

    def _summed_gradient(self, mini_batch: list[Pair]) -> Gradient:
        """Return the gradient summed over a mini-batch; the reader's own `backprop` takes one example."""
        if "backprop" in self.changes():
            return _summed(self.backprop(x, y) for x, y in mini_batch)
        x, y = zip(*mini_batch, strict=True)
        return self.backprop(np.stack(x), np.stack(y))

    def _listed_epochs(
        self,
        name: str,
        training_data: Any,
        epochs: int,
        mini_batch_size: int,
        step: Callable[[Any, int], Any],
    ) -> Iterator[list[Pair]]:
        """Train epoch by epoch as the book does; call `step` with each mini-batch and n. Yield all pairs."""
        epochs = _validation.integer("epochs", epochs, 0)
        mini_batch_size = _validation.integer("mini_batch_size", mini_batch_size, 1)
        pairs = self._pairs(name, training_data, vectors=True)
        n, order = len(pairs), list(range(len(pairs)))
        for _ in range(epochs):
            random.shuffle(order)
            for k in range(0, n, mini_batch_size):
                step([pairs[i] for i in order[k : k + mini_batch_size]], n)
            self.epochs_trained += 1
            yield pairs

    def _examples(
        self, name: str, data: Any, *, one: bool = False, usual: _validation.UsualInputs | None = None
    ) -> _validation.Examples:
        """Check examples; a cost or a derivative of the reader's own may take any targets."""
        own = self.changes() & MATHEMATICS
        interface = self._interface.without_cost() if own else self._interface
        return _validation.examples(name, data, interface, one=one, usual=usual)

    def _pairs(self, name: str, data: Any, vectors: bool, one: bool = False) -> list[Pair]:
        """Return data as the book's list of pairs: x (n_in, 1), and y (n_out, 1) or, if it came so, a digit.

        If `vectors` is true, a digit becomes a vector. If `one` is true, data may be one pair.
        """
        n_out = self.sizes[-1]
        given = self._examples(name, plain(data), one=one)
        X = _validation.seen(given.X)
        if given.labels is None:
            return [(x[:, None], y[:, None]) for x, y in zip(X, given.y, strict=True)]
        labels = given.labels.tolist()
        units = np.eye(n_out)[:, :, None]
        return [(x[:, None], units[y] if vectors else y) for x, y in zip(X, labels, strict=True)]

    def _prepare(self, given: Any) -> Any:
        """Leave examples as they are where the core must not measure."""
        return Listed(given) if self.changes() & MATHEMATICS else super()._prepare(given)

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
        pairs, counts = self._pairs("data", data.examples, vectors=True), data.examples.counts
        cost = right = 0.0
        for (x, y), count in zip(pairs, counts, strict=True):
            a = np.asarray(self.feedforward(x))
            cost += count * float(self.cost_of(a, y))
            is_right = (a[0, 0] > 0.5) == (y[0, 0] > 0.5) if len(a) == 1 else a.argmax() == y.argmax()
            right += count * bool(is_right)
        cost += lmbda / 2 * sum(float(np.vdot(w, w)) for w in self.weights)
        cost += l1 * sum(float(np.abs(w).sum()) for w in self.weights)
        n = float(counts.sum())
        return cost / n, right / n

    def _core_alone(self, name: str, trains: bool = False) -> None:
        """Refuse a method that computes with the core, if the network has something of the reader's own."""
        if changed := self.changes() & (MATHEMATICS | {"update_mini_batch"} if trains else MATHEMATICS):
            raise TypeError(
                f"{name}: it computes with the core, which cannot call your own "
                f"{', '.join(sorted(changed))}; SGD, feedforward, predict and accuracy do"
            )

    def _check_savable(self) -> None:
        """Refuse a file that would forget what is the reader's own."""
        if own := sorted(self.changes() & MATHEMATICS):
            if own == ["cost"]:
                raise TypeError(
                    "save: a file for nn.load holds numbers alone, and forgets your own cost; "
                    "net.save('net.json') and network2.load('net.json', cost=...) keep it"
                )
            raise TypeError(
                f"save: a file for nn.load holds numbers alone, and forgets your own {', '.join(own)}"
            )


def plain(data: Any) -> Any:
    """Return the Dataset of the loader's pairs, which the core reads as bytes; other data unchanged."""
    return data.dataset if isinstance(data, Pairs) and data.dataset is not None else data


def _summed(gradients: Iterator[Gradient]) -> Gradient:
    """Return the sum of gradients (nabla_b, nabla_w)."""
    nabla_b, nabla_w = (list(side) for side in next(gradients))
    for more_b, more_w in gradients:
        nabla_b = [b + more for b, more in zip(nabla_b, more_b, strict=True)]
        nabla_w = [w + more for w, more in zip(nabla_w, more_w, strict=True)]
    return nabla_b, nabla_w
