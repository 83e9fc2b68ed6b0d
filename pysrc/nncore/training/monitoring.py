"""What is looked at while a network learns: costs, accuracies, and how fast each layer learns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nncore import _validation, targets
from nncore._validation import Examples
from nncore.training.history import MONITORED

if TYPE_CHECKING:
    from nncore.network import Network


def why_not_classes(net: Network, examples: Examples) -> str:
    """Why no accuracy can be counted on these examples; "" where it can.

    It can where the answers are classes: labels; with one output, 0 and 1; with more, targets of which one is
    the largest, if they are shares of 1 (as unit vectors are), or -1 and 1, or the outputs are probabilities.
    """
    y = examples.targets
    if y is None:
        return ""
    if y.shape[1] == 1:
        plain = ((y == 0) | (y == 1)).all()
        return "" if plain else "the targets are numbers, not classes (of one output: 0 and 1)"
    activation = net.layers[-1].activation
    shares = y.min() >= 0 and np.abs(y.sum(axis=1) - 1).max() < 1e-3
    if not shares and activation not in ("sigmoid", "softmax") and not (np.abs(y) == 1).all():
        return f"the targets are numbers, not classes, and the output layer is {activation}"
    tied = np.flatnonzero((y == y.max(axis=1, keepdims=True)).sum(axis=1) > 1)
    return f"the targets in row {tied[0]} have no one largest, so they name no class" if tied.size else ""


def learning_speeds(net: Network, data: Any) -> list[float]:
    """How fast each layer learns: the norm of the gradient of the mean cost by its biases (chapter 5).

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
    return _speeds(net, net._data("data", data))


def _speeds(net: Network, data: Any) -> list[float]:
    nabla = targets.aligned_zeros(net._program.size, net.dtype)
    net._kernels.backprop(net._program, net.parameters, data, nabla)
    places = zip(net._program.places(), net.biases, strict=True)
    return [float(np.linalg.norm(nabla[b : b + len(biases)])) / len(data) for (_, b, _), biases in places]


class Monitor(NamedTuple):
    """What is taken, and of which examples: of all of them after an epoch, of the first few within it."""

    names: tuple[str, ...]
    every: int | None  # training examples between two looks within an epoch
    all: dict[str, Any]  # "evaluation" and "training" examples as the kernels read them
    few: dict[str, Any]
    lmbda: float
    l1: float
    threads: int

    def after_epoch(self, net: Network) -> dict[str, Any]:
        seen = self._costs_and_accuracies(net, self.all)
        if "learning_speeds" in self.names:
            seen["learning_speeds"] = _speeds(net, self.few["training"])
        return seen

    def within_epoch(self, net: Network) -> dict[str, Any]:
        return self._costs_and_accuracies(net, self.few)

    def _costs_and_accuracies(self, net: Network, examples: dict[str, Any]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for side, data in examples.items():
            pair = (f"{side}_cost", f"{side}_accuracy")
            if any(name in self.names for name in pair):
                share = len(data) / len(self.all[side])  # of the penalty, which is divided by len(data)
                values = net._cost_and_accuracy(data, share * self.lmbda, share * self.l1, self.threads)
                seen |= {name: value for name, value in zip(pair, values, strict=True) if name in self.names}
        return seen


def prepare(
    net: Network,
    names: str | Sequence[str] | None,
    every: int | None,
    on: int,
    examples: dict[str, Examples],
    lmbda: float,
    l1: float,
    threads: int = 1,
) -> Monitor:
    """The Monitor that SGD's `monitor`, `monitor_every` and `monitor_on` ask for; `examples` by side."""
    if names is None:
        evaluation = examples.get("evaluation")
        number = 0 if evaluation is None else 1 if why_not_classes(net, evaluation) else 2
        names = MONITORED[:number]
    names = (names,) if isinstance(names, str) else tuple(names)
    for name in names:
        _validation.one_of("monitor", name, (*MONITORED, "learning_speeds"))
        side, _, what = name.partition("_")
        if side == "evaluation" and side not in examples:
            raise ValueError(f"monitor: {name} needs evaluation_data")
        if what == "accuracy" and (reason := why_not_classes(net, examples[side])):
            raise ValueError(f"monitor: there is no {name}: {reason}; take {side}_cost")
    on = _validation.integer("monitor_on", on, 1)
    if every is not None and not set(names) & set(MONITORED):
        raise ValueError("monitor_every: there is nothing to look at: pass evaluation_data, or monitor=...")
    return Monitor(
        names,
        None if every is None else _validation.integer("monitor_every", every, 1),
        {side: net._prepare(given) for side, given in examples.items()},
        {side: net._prepare(given.subset(slice(on))) for side, given in examples.items()},
        lmbda,
        l1,
        threads,
    )
