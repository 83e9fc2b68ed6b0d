"""Learning-rate schedules, and rules that stop a run (chapter 3: "How to choose a neural network's
hyper-parameters?").

A schedule goes to ``SGD(schedule=...)``, a rule or a list of rules to ``SGD(stop=...)``. Both go by the
run's `History` alone and keep nothing of their own: one may serve many runs, and a run that goes on does
so as if it had never paused.

Your own schedule is a function of the epoch (from 0) that returns eta; your own rule is a function of the
history that returns whether to stop, or the reason to stop as text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nncore import _validation

if TYPE_CHECKING:
    from nncore.training.history import History

EVALUATION = (
    "evaluation_accuracy",
    "evaluation_cost",
)  # what a rule may go by; one of those it names must be monitored
__all__ = ["Schedule", "cosine", "halve", "no_improvement_in", "step", "target", "time_budget"]


class Schedule:
    """A learning rate for each epoch, from SGD's `eta` and from what has been seen."""

    def eta(self, first: float, history: History) -> float:
        """The learning rate of the epoch to come, `first` being SGD's."""
        raise NotImplementedError


@dataclass(frozen=True)
class step(Schedule):
    """eta times `factor` after every `every` epochs.

    Parameters
    ----------
    every : int
        Epochs with one eta.
    factor : float

    Examples
    --------
    >>> import nncore as nn
    >>> net, data = nn.Network([1, 1], seed=0), ([[0.0], [1.0]], [[1.0], [0.0]])
    >>> net.SGD(data, 5, 1, 8.0, schedule=nn.schedules.step(every=2, factor=0.5)).eta
    [8.0, 8.0, 4.0, 4.0, 2.0]
    """

    every: int
    factor: float = 0.5

    def __post_init__(self) -> None:
        _validation.integer("every", self.every, 1)
        _validation.real("factor", self.factor, least=0)

    def eta(self, first: float, history: History) -> float:
        return first * self.factor ** (len(history) // self.every)


@dataclass(frozen=True)
class cosine(Schedule):
    """From eta down to eta times `end` along half a cosine, and there it stays.

    Parameters
    ----------
    epochs : int
        How many it takes.
    end : float
        The last fraction of eta.

    Examples
    --------
    >>> import nncore as nn
    >>> net, data = nn.Network([1, 1], seed=0), ([[0.0], [1.0]], [[1.0], [0.0]])
    >>> [round(eta, 2) for eta in net.SGD(data, 5, 1, 8.0, schedule=nn.schedules.cosine(4, end=0.25)).eta]
    [8.0, 7.12, 5.0, 2.88, 2.0]
    """

    epochs: int
    end: float = 0.0

    def __post_init__(self) -> None:
        _validation.integer("epochs", self.epochs, 1)
        _validation.real("end", self.end, least=0)

    def eta(self, first: float, history: History) -> float:
        done = min(len(history) / self.epochs, 1.0)
        return first * (self.end + (1 - self.end) * (1 + math.cos(math.pi * done)) / 2)


@dataclass(frozen=True)
class halve(Schedule):
    """Half of eta each time that there was no improvement in so many epochs, to the end of the run (a
    problem of chapter 3).

    Improvement is a better evaluation accuracy than any before; a lower cost, where there are no accuracies.
    After a halving the count of epochs begins again.

    Parameters
    ----------
    no_improvement_in : int
        Epochs.
    stop_at : float
        The run ends when eta has come down to this fraction of the first.

    Examples
    --------
    >>> import nncore as nn
    >>> net, data = nn.Network([1, 1], init="zeros"), ([[0.0], [0.0]], [[1.0], [0.0]])  # nothing to learn
    >>> schedule = nn.schedules.halve(no_improvement_in=2, stop_at=1 / 4)
    >>> history = net.SGD(data, 100, 2, 8.0, schedule=schedule, evaluation_data=data)
    >>> history.eta, history.stopped
    ([8.0, 8.0, 8.0, 4.0, 4.0], 'eta was halved 2 times, to 0.25 of the first')
    """

    no_improvement_in: int = 10
    stop_at: float = 1 / 128
    goes_by = EVALUATION

    def __post_init__(self) -> None:
        _validation.integer("no_improvement_in", self.no_improvement_in, 1)
        _validation.real("stop_at", self.stop_at, least=0)

    def halvings(self, history: History) -> int:
        """How many there have been."""
        best, waited, halvings = -math.inf, 0, 0
        scores = history.evaluation_accuracy or [-cost for cost in history.evaluation_cost]
        for score in scores:
            best, waited = (score, 0) if score > best else (best, waited + 1)
            if waited == self.no_improvement_in:
                halvings, waited = halvings + 1, 0
        return halvings

    def eta(self, first: float, history: History) -> float:
        return first * 0.5 ** self.halvings(history)

    def __call__(self, history: History) -> str:
        halvings = self.halvings(history)
        ended = halvings > 0 and 0.5**halvings <= self.stop_at
        return f"eta was halved {halvings} times, to {0.5**halvings:.4g} of the first" if ended else ""


@dataclass(frozen=True)
class no_improvement_in:
    """Stop when the last `n` epochs brought no improvement (chapter 3, "Early stopping").

    Improvement is a better evaluation accuracy than any before; a lower cost, where there are no accuracies.

    Parameters
    ----------
    n : int

    Examples
    --------
    >>> import nncore as nn
    >>> net, data = nn.Network([1, 1], init="zeros"), ([[0.0], [0.0]], [[1.0], [0.0]])  # nothing to learn
    >>> net.SGD(data, 100, 2, 0.5, stop=nn.schedules.no_improvement_in(10), evaluation_data=data).stopped
    'no improvement in 10 epochs; the best evaluation accuracy, 0.5, came in epoch 0'
    """

    n: int
    goes_by = EVALUATION

    def __post_init__(self) -> None:
        _validation.integer("n", self.n, 1)

    def __call__(self, history: History) -> str:
        best = history.best_epoch
        if best is None or len(history) - 1 - best < self.n:
            return ""
        name = "evaluation_accuracy" if history.evaluation_accuracy else "evaluation_cost"
        value = getattr(history, name)[best]
        what = name.replace("_", " ")
        return f"no improvement in {self.n} epochs; the best {what}, {value:.4g}, came in epoch {best}"


@dataclass(frozen=True)
class target:
    """Stop when the evaluation data are answered well enough.

    Parameters
    ----------
    accuracy : float, optional
        At least this fraction; or
    cost : float, optional
        at most this.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> history = net.SGD(train, 100, 10, 0.5, stop=nn.schedules.target(0.8), evaluation_data=validation)
    >>> len(history) < 100 and history.evaluation_accuracy[-1] >= 0.8
    True
    """

    accuracy: float | None = None
    cost: float | None = None

    def __post_init__(self) -> None:
        if (self.accuracy is None) == (self.cost is None):
            raise ValueError("target: one of accuracy and cost is needed")
        if self.accuracy is not None and _validation.real("accuracy", self.accuracy, least=0) > 1:
            raise ValueError(f"accuracy: a fraction, 0 to 1, needed; got {self.accuracy!r}")
        if self.cost is not None:
            _validation.real("cost", self.cost)

    @property
    def goes_by(self) -> tuple[str, ...]:
        return EVALUATION[:1] if self.cost is None else EVALUATION[1:]

    def __call__(self, history: History) -> str:
        if self.accuracy is not None:
            seen, what = history.evaluation_accuracy, "accuracy"
            met = bool(seen) and seen[-1] >= self.accuracy
        else:
            seen, what = history.evaluation_cost, "cost"
            met = bool(seen) and self.cost is not None and seen[-1] <= self.cost
        return f"the evaluation {what} came to {seen[-1]:.4g}" if met else ""


@dataclass(frozen=True)
class time_budget:
    """Stop when a run has taken so long, all included: no epoch begins after that.

    Parameters
    ----------
    seconds : float

    Examples
    --------
    >>> import nncore as nn
    >>> net, data = nn.Network([1, 1], seed=0), ([[0.0], [1.0]], [[1.0], [0.0]])
    >>> net.SGD(data, 10**9, 1, 0.5, stop=nn.schedules.time_budget(0.01)).stopped
    'the 0.01 seconds are used up'
    """

    seconds: float

    def __post_init__(self) -> None:
        _validation.real("seconds", self.seconds, least=0)

    def __call__(self, history: History) -> str:
        return f"the {self.seconds:g} seconds are used up" if history.elapsed[-1] >= self.seconds else ""


def eta_of(schedule: Schedule | Callable[[int], float] | None, first: float, history: History) -> float:
    """The learning rate of the epoch to come."""
    if schedule is None:
        return first
    if isinstance(schedule, Schedule):
        return schedule.eta(first, history)
    return _validation.real("schedule", schedule(len(history)), least=0)


def rules(schedule: Any, stop: Any, watched: Iterable[str]) -> list[Callable[[History], Any]]:
    """What may end the run: the rules given, and a schedule that has an end. `watched` is what is
    monitored."""
    if schedule is not None and not callable(getattr(schedule, "eta", schedule)):
        raise TypeError(
            f"schedule: one of nn.schedules, or a function of the epoch, needed; got {schedule!r}"
        )
    given = [] if stop is None else list(stop) if isinstance(stop, Iterable) else [stop]
    for rule in given:
        if not callable(rule):
            raise TypeError(
                f"stop: a rule, such as no_improvement_in(10), or a list of rules needed; got {rule!r}"
            )
    if isinstance(schedule, halve):
        given.append(schedule)
    for rule in given:
        names = getattr(rule, "goes_by", ())
        if names and not set(names) & set(watched):
            raise ValueError(
                f"{rule!r} goes by {' or '.join(names)}, which is not monitored: pass evaluation_data"
            )
    return given


def reason(rules: Iterable[Callable[[History], Any]], history: History) -> str | None:
    """Why the run should stop now, or None."""
    for rule in rules:
        if verdict := rule(history):
            return verdict if isinstance(verdict, str) else f"{getattr(rule, '__name__', repr(rule))} said so"
    return None
