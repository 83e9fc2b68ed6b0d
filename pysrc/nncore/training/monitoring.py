"""Monitoring measures costs, accuracies and learning speeds during a run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nncore import _validation, choices, targets
from nncore._validation import Examples
from nncore.training.history import MONITORED

if TYPE_CHECKING:
    from nncore.network import Network

NAMES = (*MONITORED, "learning_speeds")


@dataclass(frozen=True, init=False)
class Monitor:
    """A Monitor says what ``SGD(monitor=...)`` measures during a run, and how often.

    Parameters
    ----------
    *names : str
        What to measure after each epoch: "evaluation_cost", "evaluation_accuracy", "training_cost",
        "training_accuracy" or "learning_speeds". Without names, the evaluation cost and accuracy
        are measured if SGD has evaluation_data; if its targets are numbers and not classes, the cost alone.
    every : int, optional
        Costs and accuracies are measured within the epochs too, whenever this many more training examples
        have been used: see `History.within_epochs`.
    examples : int, default 100
        How many examples are used for that: the first of the evaluation data or of the training data.
        Learning speeds are measured on the first so many training examples.

    Notes
    -----
    A training cost or accuracy takes a pass over the training set after each epoch. Learning speeds take a
    backward pass over `examples` examples, which is almost free.

    Examples
    --------
    Chapter 3 asks for feedback more often than once an epoch: the accuracy on 100 validation images, after
    every 1,000 training images.

    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> monitor = nn.Monitor("evaluation_accuracy", every=1000, examples=100)
    >>> history = net.SGD(train, 1, 10, 0.5, evaluation_data=validation, monitor=monitor)
    >>> history.within_epochs["images"]
    [1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000]
    """

    names: tuple[str, ...]
    every: int | None
    examples: int

    def __init__(self, *names: choices.Measure, every: int | None = None, examples: int = 100) -> None:
        for name in names:
            _validation.one_of("Monitor", name, NAMES)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "every", None if every is None else _validation.integer("every", every, 1))
        object.__setattr__(self, "examples", _validation.integer("examples", examples, 1))

    def __repr__(self) -> str:
        arguments = [*map(repr, self.names), f"every={self.every}", f"examples={self.examples}"]
        return f"Monitor({', '.join(arguments)})"


def reason_without_accuracy(examples: Examples) -> str:
    """Return why no accuracy can be computed on these examples and what to use, or "" if it can.

    An accuracy needs targets that name classes: see `Network.predict`.
    """
    if examples.kind == _validation.NUMBERS:
        return "the targets are numbers, not classes; `cost` says how close the outputs are"
    if examples.kind == _validation.SEVERAL_LABELS:
        return (
            "the targets are several labels, not one class; (net.predict(X) == y).mean() is the share of "
            "right labels, and `cost` says how close the outputs are"
        )
    if (row := examples.row_without_class) is None:
        return ""
    return (
        f"the targets in row {row} have no one largest, so they name no class; `cost` says how close the "
        "outputs are"
    )


def learning_speeds(net: Network, data: Any) -> list[float]:
    """Return how fast each layer learns: the norm of the gradient of the mean cost by its biases (chapter 5).

    Parameters
    ----------
    data : Dataset, pair of arrays, or the book's list of (x, y)

    Returns
    -------
    list of float
        One for each layer that has biases, the input side first.

    Examples
    --------
    Of three hidden layers the first learns slowest:

    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> speeds = nn.Network([784, 30, 30, 30, 10], seed=0).learning_speeds(train[:1000])
    >>> speeds[0] < speeds[1] < speeds[2]
    True
    """
    net._core_alone("learning_speeds")
    return _learning_speeds(net, net._data("data", data))


def _learning_speeds(net: Network, data: Any) -> list[float]:
    """Return the learning speeds on examples that the kernels read."""
    nabla = targets.aligned_zeros(net._program.size, net.dtype)
    net._kernels.backprop(net._program, net.parameters, data, nabla)
    offsets = zip(net._program.offsets(), net.biases, strict=True)
    n = data.total_weight or math.nan
    with np.errstate(over="ignore"):  # a gradient that is too large has an infinite norm
        norms = [float(np.linalg.norm(nabla[b : b + len(biases)])) for (_, b, _), biases in offsets]
    return [norm / n for norm in norms]


class Observer(NamedTuple):
    """An Observer measures what a Monitor names.

    After an epoch it uses whole sets, and within an epoch their first examples.
    """

    names: tuple[str, ...]
    every: int | None  # training examples between two measurements within an epoch
    whole: Mapping[str, Any]  # the "evaluation" and "training" examples, as the kernels read them
    probe: Mapping[str, Any]  # the first examples of each
    lmbda: float
    l1: float
    threads: int | None  # None means as many as the work repays

    def after_epoch(self, net: Network) -> dict[str, Any]:
        if not self.names:
            return {}
        values = self._costs_and_accuracies(net, self.whole)
        if "learning_speeds" in self.names:
            values["learning_speeds"] = _learning_speeds(net, self.probe["training"])
        return values

    def within_epoch(self, net: Network) -> dict[str, Any]:
        return self._costs_and_accuracies(net, self.probe)

    def _costs_and_accuracies(self, net: Network, sets: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for side, data in sets.items():
            pair = (f"{side}_cost", f"{side}_accuracy")
            if any(name in self.names for name in pair):
                # The penalty is divided by the total weight of these examples, and not of all.
                share = data.total_weight / self.whole[side].total_weight
                penalties = share * self.lmbda, share * self.l1
                both = net._cost_and_accuracy(data, *penalties, self.threads, pair[0] in self.names)
                values |= {name: value for name, value in zip(pair, both, strict=True) if name in self.names}
        return values


def observer(
    net: Network,
    monitor: str | Sequence[str] | Monitor | None,
    examples: Mapping[str, Examples],
    whole: Mapping[str, Any],
    lmbda: float,
    l1: float,
    threads: int | None = None,
) -> Observer:
    """Return the Observer that SGD's argument `monitor` asks for.

    `examples` are the checked "training" and "evaluation" sets, `whole` the same as the kernels read them.
    """
    if monitor is None and "evaluation" not in examples:
        return Observer((), None, whole, {}, lmbda, l1, threads)
    if monitor is None:
        monitor = Monitor()
    elif not isinstance(monitor, Monitor):
        needed = 'a name, a list of names, or a Monitor such as nn.Monitor("training_cost")'
        given = [monitor] if isinstance(monitor, str) else _validation.listed("monitor", monitor, needed)
        names = tuple(given)
        for name in names:
            _validation.one_of("monitor", name, NAMES)
        if not names:  # measure nothing
            return Observer((), None, whole, {}, lmbda, l1, threads)
        monitor = Monitor(*names)
    names = monitor.names or _usual_names(examples)
    for name in names:
        side, _, what = name.partition("_")
        if side == "evaluation" and side not in examples:
            raise ValueError(f"monitor: {name} needs evaluation_data")
        if what == "accuracy" and (reason := reason_without_accuracy(examples[side])):
            raise ValueError(f"monitor: there is no {name}: {reason}; take {side}_cost")
    if monitor.every is not None and not set(names) & set(MONITORED):
        raise ValueError(
            f"monitor: every={monitor.every} needs a cost or an accuracy to measure: pass evaluation_data, "
            'or name one, as in nn.Monitor("training_cost", every=1000)'
        )
    probe: dict[str, Any] = {}
    if monitor.every is not None or "learning_speeds" in names:
        first = slice(monitor.examples)
        probe = {side: net._prepare(given.subset(first)) for side, given in examples.items()}
    return Observer(names, monitor.every, whole, probe, lmbda, l1, threads)


def _usual_names(examples: Mapping[str, Examples]) -> tuple[str, ...]:
    """Return what is measured if nothing is named: evaluation cost and accuracy, as far as they exist."""
    evaluation = examples.get("evaluation")
    if evaluation is None:
        return ()
    return MONITORED[:1] if reason_without_accuracy(evaluation) else MONITORED[:2]
