"""A stopping rule says when a run ends before its last epoch (chapter 3, "Early stopping").

A rule, or a list of rules, is passed as ``SGD(stop=...)``. Each rule is called after every epoch, and the
first that has a reason ends the run; `History.stopped` says the reason. Rules read the run's `History` alone
and keep nothing of their own. So one rule may serve many runs, and a run that is resumed ends
where it would have ended without the pause.

Your own rule is a function ``rule(history)`` that returns whether to stop, or the reason to stop as text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from nncore import _given, _validation
from nncore.training.history import EVALUATION

if TYPE_CHECKING:
    from nncore.training.history import History
    from nncore.training.schedules import Schedule

__all__ = ["NoImprovement", "TargetReached", "TimeBudget"]


def __dir__() -> list[str]:
    return __all__


@dataclass(frozen=True)
class NoImprovement:
    """Stop when the last `epochs` epochs brought no improvement (chapter 3, "no-improvement-in-ten").

    An epoch is an improvement if its evaluation accuracy is higher than that of every epoch before; where no
    accuracy is monitored, if its evaluation cost is lower.

    Parameters
    ----------
    epochs : int
        At least 1. Other libraries call it patience.

    Examples
    --------
    >>> import nncore as nn
    >>> net, data = nn.Network([1, 1], init="zeros"), ([[0.0], [0.0]], [[1.0], [0.0]])  # nothing to learn
    >>> net.SGD(data, 100, 2, 0.5, stop=nn.stopping.NoImprovement(10), evaluation_data=data).stopped
    'no improvement in 10 epochs; the best evaluation accuracy, 0.5, came in epoch 0'
    """

    epochs: int
    needs: ClassVar[tuple[str, ...]] = EVALUATION

    def __post_init__(self) -> None:
        _validation.integer("epochs", self.epochs, 1)

    def __call__(self, history: History) -> str:
        best = history.best_epoch
        if best is None or len(history) - 1 - best < self.epochs:
            return ""
        name = "evaluation_accuracy" if history.evaluation_accuracy else "evaluation_cost"
        value = getattr(history, name)[best]
        what = name.replace("_", " ")
        return f"no improvement in {self.epochs} epochs; the best {what}, {value:.4g}, came in epoch {best}"


@dataclass(frozen=True)
class TargetReached:
    """Stop when the evaluation accuracy is high enough, or the evaluation cost low enough.

    Parameters
    ----------
    accuracy : float, optional
        The run ends at an evaluation accuracy of at least this, a fraction from 0 to 1.
    cost : float, optional
        The run ends at an evaluation cost of at most this. Give one of the two.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> goal = nn.stopping.TargetReached(accuracy=0.8)
    >>> history = net.SGD(train, 100, 10, 0.5, stop=goal, evaluation_data=validation)
    >>> len(history) < 100 and history.evaluation_accuracy[-1] >= 0.8
    True
    """

    accuracy: float | None = None
    cost: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if (self.accuracy is None) == (self.cost is None):
            given = "neither" if self.accuracy is None else "both"
            raise ValueError(
                f"TargetReached: either accuracy or cost needed, got {given}; list two rules for both"
            )
        if self.accuracy is not None and _validation.real("accuracy", self.accuracy, least=0) > 1:
            raise ValueError(
                f"accuracy: a fraction, 0 to 1, needed; got {self.accuracy!r:.60}; divide percent by 100"
            )
        if self.cost is not None:
            _validation.real("cost", self.cost)

    @property
    def needs(self) -> tuple[str, ...]:
        """What must be monitored for this rule: the evaluation accuracy or the evaluation cost."""
        return ("evaluation_cost",) if self.accuracy is None else ("evaluation_accuracy",)

    def __call__(self, history: History) -> str:
        (name,) = self.needs
        column = getattr(history, name)
        if not column:
            return ""
        value = column[-1]
        met = value >= self.accuracy if self.accuracy is not None else value <= (self.cost or 0.0)
        return f"the {name.replace('_', ' ')} came to {value:.4g}" if met else ""


@dataclass(frozen=True)
class TimeBudget:
    """Stop when the run has taken this long, monitoring included. The epoch that is under way is finished.

    Parameters
    ----------
    seconds : float
        At least 0. What a run took before it was resumed counts; the pause does not.

    Examples
    --------
    >>> import nncore as nn
    >>> net, data = nn.Network([1, 1], seed=0), ([[0.0], [1.0]], [[1.0], [0.0]])
    >>> net.SGD(data, 10**9, 1, 0.5, stop=nn.stopping.TimeBudget(0.01)).stopped
    'the time budget of 0.01 seconds is used up'
    """

    seconds: float

    def __post_init__(self) -> None:
        _validation.real("seconds", self.seconds, least=0)

    def __call__(self, history: History) -> str:
        used_up = history.elapsed[-1] >= self.seconds
        return f"the time budget of {self.seconds:g} seconds is used up" if used_up else ""


StoppingRule = Callable[["History"], Any]


def collect(
    stop: Any, schedule: Schedule | Callable[[int], float] | None, monitored: Iterable[str]
) -> list[StoppingRule]:
    """Return the rules that may end a run: those of SGD's `stop`, and the schedule's own end.

    An error refuses what is no rule, and a rule or schedule that needs a value that is not monitored.
    """
    rules = [] if stop is None else list(stop) if _given.has_elements(stop) else [stop]
    for rule in rules:
        if not callable(rule) or isinstance(rule, type):
            raise TypeError(
                "stop: a rule of nn.stopping, such as NoImprovement(10), a function of the history, or a "
                f"list of them needed; got {rule!r:.60}"
            )
    for each in (*rules, schedule):
        names = getattr(each, "needs", ())
        if names and not set(names) & set(monitored):
            raise ValueError(
                f"{each!r} needs {' or '.join(names)}, which is not monitored: pass evaluation_data"
            )
    if (schedule_end := getattr(schedule, "reason_to_stop", None)) is not None:
        rules.append(schedule_end)
    return rules


def reason_to_stop(rules: Iterable[StoppingRule], history: History) -> str | None:
    """Return the reason of the first rule that wants the run to end after the epochs so far, or None."""
    for rule in rules:
        if verdict := rule(history):
            name = getattr(rule, "__name__", repr(rule))
            return verdict if isinstance(verdict, str) else f"the stopping rule {name} ended the run"
    return None
