"""A schedule says what the learning rate of each epoch is (chapter 3, "Variable schedules").

A schedule is passed as ``SGD(schedule=...)``. It computes the learning rate from SGD's `eta` and from the
run's `History`, and keeps nothing of its own. So one schedule may serve many runs, and a run that is resumed
continues the schedule where it stopped.

Your own schedule is a function ``schedule(epoch)`` of the epoch, counted from 0, that returns the learning
rate; or a subclass of `Schedule`, which sees the whole `History`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from nncore import _validation
from nncore.training.history import EVALUATION

if TYPE_CHECKING:
    from nncore.training.history import History

__all__ = ["Cosine", "Halve", "Schedule", "Step"]


def __dir__() -> list[str]:
    return __all__


class Schedule:
    """Base class of the schedules: subclass it and define `eta` to write one that depends on the History.

    Examples
    --------
    This schedule lowers the learning rate to a tenth while the training cost is below 0.2:

    >>> import nncore as nn
    >>> class SlowNearTheGoal(nn.schedules.Schedule):
    ...     def eta(self, first, history):
    ...         near = len(history) > 0 and history.training_cost[-1] < 0.2
    ...         return first / 10 if near else first
    >>> net, data = nn.Network([1, 1], seed=0), ([[0.0], [1.0]], [[1.0], [0.0]])
    >>> history = net.SGD(data, 20, 1, 4.0, schedule=SlowNearTheGoal(), monitor="training_cost")
    >>> history.eta[0], history.eta[-1]
    (4.0, 0.4)
    """

    needs: ClassVar[tuple[str, ...]] = ()  # the schedule works only where one of these is monitored

    def eta(self, first: float, history: History) -> float:
        """Return the learning rate of the next epoch.

        Parameters
        ----------
        first : float
            The `eta` that SGD was called with.
        history : History
            The run so far; ``len(history)`` is the number of the next epoch.
        """
        raise NotImplementedError(f"{type(self).__name__}: define eta(self, first, history)")

    def reason_to_stop(self, history: History) -> str:
        """Return why the run should end after the epochs in `history`, or "" if it should go on.

        Most schedules never end a run; `Halve` does.
        """
        return ""


@dataclass(frozen=True)
class Step(Schedule):
    """The learning rate is multiplied by `factor` after every `every` epochs.

    Epoch e has the learning rate eta factor^floor(e / every).

    Parameters
    ----------
    every : int
        The number of epochs that share one learning rate.
    factor : float, default 0.5
        At least 0.

    Examples
    --------
    >>> import nncore as nn
    >>> net, data = nn.Network([1, 1], seed=0), ([[0.0], [1.0]], [[1.0], [0.0]])
    >>> net.SGD(data, 5, 1, 8.0, schedule=nn.schedules.Step(every=2, factor=0.5)).eta
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
class Cosine(Schedule):
    """The learning rate falls from eta to eta times `end` along half a cosine, and stays there.

    Epoch e has the learning rate eta (end + (1 - end) (1 + cos(pi e / epochs)) / 2) until e = epochs.

    Parameters
    ----------
    epochs : int
        The number of epochs that the fall takes.
    end : float, default 0.0
        The last learning rate as a fraction of eta; at least 0.

    References
    ----------
    I. Loshchilov and F. Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR 2017 (without
    the restarts).

    Examples
    --------
    >>> import nncore as nn
    >>> net, data = nn.Network([1, 1], seed=0), ([[0.0], [1.0]], [[1.0], [0.0]])
    >>> [round(eta, 2) for eta in net.SGD(data, 5, 1, 8.0, schedule=nn.schedules.Cosine(4, end=0.25)).eta]
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
class Halve(Schedule):
    """The learning rate is halved whenever the network stops improving (a problem of chapter 3).

    An epoch is an improvement if its evaluation accuracy is higher than that of every epoch before; where no
    accuracy is monitored, if its evaluation cost is lower. After a halving the count begins again.

    Parameters
    ----------
    no_improvement_in : int, default 10
        The learning rate is halved after this many epochs in a row without an improvement.
    stop_at : float, default 1/128
        The run ends once the learning rate has fallen to this fraction of the first.

    Examples
    --------
    >>> import nncore as nn
    >>> net, data = nn.Network([1, 1], init="zeros"), ([[0.0], [0.0]], [[1.0], [0.0]])  # nothing to learn
    >>> schedule = nn.schedules.Halve(no_improvement_in=2, stop_at=1 / 4)
    >>> history = net.SGD(data, 100, 2, 8.0, schedule=schedule, evaluation_data=data)
    >>> history.eta, history.stopped
    ([8.0, 8.0, 8.0, 4.0, 4.0], 'eta was halved 2 times, to 0.25 of the first')
    """

    no_improvement_in: int = 10
    stop_at: float = 1 / 128
    needs: ClassVar[tuple[str, ...]] = EVALUATION

    def __post_init__(self) -> None:
        _validation.integer("no_improvement_in", self.no_improvement_in, 1)
        _validation.real("stop_at", self.stop_at, least=0)

    def halvings(self, history: History) -> int:
        """Return how often the learning rate has been halved so far."""
        best, without_improvement, halvings = -math.inf, 0, 0
        scores = history.evaluation_accuracy or [-cost for cost in history.evaluation_cost]
        for score in scores:
            best, without_improvement = (score, 0) if score > best else (best, without_improvement + 1)
            if without_improvement == self.no_improvement_in:
                halvings, without_improvement = halvings + 1, 0
        return halvings

    def eta(self, first: float, history: History) -> float:
        return first * 0.5 ** self.halvings(history)

    def reason_to_stop(self, history: History) -> str:
        halvings = self.halvings(history)
        ended = halvings > 0 and 0.5**halvings <= self.stop_at
        return f"eta was halved {halvings} times, to {0.5**halvings:.4g} of the first" if ended else ""


def check(schedule: Any) -> None:
    """Refuse a `schedule` argument of SGD that is neither a `Schedule` nor a function of the epoch."""
    is_class = isinstance(schedule, type)
    if schedule is None or (not is_class and (isinstance(schedule, Schedule) or callable(schedule))):
        return
    hint = f"; make one: {schedule.__name__}(...)" if is_class else ""
    raise TypeError(
        "schedule: a schedule of nn.schedules, such as Step(10), or a function of the epoch needed; "
        f"got {schedule!r:.60}{hint}"
    )


def learning_rate(schedule: Schedule | Callable[[int], float] | None, eta: float, history: History) -> float:
    """Return the learning rate of the next epoch, from SGD's arguments `schedule` and `eta`."""
    if schedule is None:
        return eta
    value = schedule.eta(eta, history) if isinstance(schedule, Schedule) else schedule(len(history))
    return _validation.real("schedule", value, least=0)
