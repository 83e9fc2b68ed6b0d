"""A `LiveRun` is a training that one watches: what it began with, what was moved, and what was measured."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore import choices
from nncore._cores import cores_available
from nncore.play.digits import Digits
from nncore.play.steps_run import StepsRun
from nncore.training.run import DivergenceError

CLASSES = 10
MEASURED = 10_000  # training images, the first ones, on which cost and accuracy are measured
FIRST_MARK = 100  # images after which the first measurement is made; the others after twice as many each
CORES_FOR_PAGE = 1  # who trains on all cores slows down the page that shows it, and the page the training
MOVABLE = ("eta", "lmbda", "mini_batch_size", "momentum")  # what may change during a training


class Settings(NamedTuple):
    """What a training begins with: the arguments of `nncore.Network` and `nncore.Steps`."""

    eta: float = 3.0
    lmbda: float = 0.0
    mini_batch_size: int = 10
    momentum: float = 0.0
    hidden: int = 30
    cost: choices.Cost = "quadratic"
    init: choices.Init = "scaled"
    seed: int = 1


class Move(NamedTuple):
    """A setting was changed after so many images."""

    images: int
    name: str
    value: float


class Point(NamedTuple):
    """What was measured after so many images: fractions and costs, on test and training images."""

    images: int
    test_accuracy: float
    training_accuracy: float
    test_cost: float
    training_cost: float


class LiveRun(StepsRun):
    """A LiveRun trains one network by `nncore.Steps` up to its goal, and measures it on the way.

    Parameters
    ----------
    letter : str
        Its name on the page.
    settings : Settings
        What it begins with.
    digits : Digits
        What it is trained and measured on.
    coming : iterable of Move
        Changes to be made on the way, as an earlier run had them.
    goal : int
        The number of images after which it pauses.

    Attributes
    ----------
    moved : list of Move
        The changes that were made.
    points : list of Point
        What was measured: at the start, early in the first epoch, after each epoch, and where it paused.
    error : str
        Why the training ended, if it left the finite numbers.
    """

    steps: nncore.Steps
    goal: int
    error: str
    letter: str
    settings: Settings
    digits: Digits
    net: nncore.Network
    first_weights: Any
    coming: deque[Move]
    passing: bool
    n_measured: int

    def __init__(
        self, letter: str, settings: Settings, digits: Digits, coming: Iterable[Move] = (), goal: int = 0
    ) -> None:
        self.letter, self.settings, self.digits, self.goal = letter, settings, digits, goal
        hidden = [settings.hidden] if settings.hidden else []
        sizes = [digits.training.images[0].size, *hidden, CLASSES]
        self.net = nncore.Network(sizes, cost=settings.cost, init=settings.init, seed=settings.seed)
        self.steps = nncore.Steps(
            self.net,
            digits.training,
            settings.mini_batch_size,
            settings.eta,
            settings.lmbda,
            momentum=settings.momentum or None,
            threads=1 if cores_available() <= CORES_FOR_PAGE + 1 else None,
        )
        self.first_weights = self.net.weights[0].copy()
        self.moved: list[Move] = []
        self.coming = deque(coming)
        self.points: list[Point] = []
        self._rows = array("d")  # the points as `curve` returns them
        self.passing = False  # whether the last point was measured only because the training paused there
        self.error = ""
        measured = digits.training[:MEASURED]
        self.n_measured = len(measured)  # training images
        self._sets = [self.net._prepare(self.net._examples("data", data)) for data in (digits.test, measured)]
        self._measure()

    @property
    def now(self) -> Settings:
        """The settings that the next mini-batch is trained with."""
        now: dict[str, Any] = {name: getattr(self.steps, name) for name in MOVABLE}
        return self.settings._replace(**now)

    def set(self, name: str, value: Any) -> None:
        """Change one of the settings in `MOVABLE`; the next mini-batch uses it.

        Before the first mini-batch it is what the training begins with.

        Raises
        ------
        ValueError, TypeError
            The core refuses the value.
        """
        if name not in MOVABLE:
            raise ValueError(f"name: one of {', '.join(MOVABLE)} needed, got {name!r:.60}")
        before = getattr(self.steps, name)
        setattr(self.steps, name, value)
        if getattr(self.steps, name) == before:
            return
        self.coming.clear()
        self._note(Move(self.images, name, getattr(self.steps, name)))

    def _note(self, move: Move) -> None:
        if not self.images:
            moved: dict[str, Any] = {move.name: move.value}
            self.settings = self.settings._replace(**moved)
            return
        self.moved = [m for m in self.moved if (m.images, m.name) != move[:2]] + [move]

    def train(self, images: int) -> int:
        """Train on so many images, or up to where something is to be done; return how many there were."""
        while self.coming and self.coming[0].images <= self.images:
            _, name, value = self.coming.popleft()
            setattr(self.steps, name, value)
            self._note(Move(self.images, name, value))
        mark = self._next_mark()
        stop = min(mark, self.goal, self.coming[0].images if self.coming else mark)
        try:
            trained = self.steps.train(min(images, stop - self.images))
        except DivergenceError as error:
            self._go_back(str(error))
            return 0
        if self.images >= mark:
            self._measure()
        elif self.images >= self.goal:
            self._measure()
            self.passing = True
        return trained

    def _next_mark(self) -> int:
        """Return after how many images the next measurement is due."""
        if self.images < self.n:
            mark = FIRST_MARK
            while mark <= self.images:
                mark *= 2
            if mark < self.n:
                return mark
        return (self.images // self.n + 1) * self.n

    def rest(self) -> None:
        """Measure where the training pauses."""
        if self.points[-1].images != self.images:
            self._measure()
            self.passing = True

    def _measure(self) -> None:
        """Measure costs and accuracies on the test images and on the first training images."""
        test, training = (self.net._cost_and_accuracy(data, self.steps.lmbda) for data in self._sets)
        if self.passing:
            self._keep_points(len(self.points) - 1)
        self.passing = False
        self.points.append(Point(self.images, test[1], training[1], test[0], training[0]))
        self._rows.extend((self.images / self.n, *self.points[-1][1:]))

    def _keep_points(self, count: int) -> None:
        """Forget all but the first points."""
        del self.points[count:], self._rows[count * len(Point._fields) :]

    def _go_back(self, error: str) -> None:
        """Forget what was measured and moved in the epoch that `Steps` has undone."""
        self.error, self.goal = error, self.images
        self.coming.clear()
        self.passing = False
        self._keep_points(sum(point.images <= self.images for point in self.points))
        late = [move for move in self.moved if move.images > self.images]
        self.moved = [move for move in self.moved if move.images <= self.images]
        for move in late:
            self._note(move._replace(images=self.images))

    def curve(self) -> NDArray[np.float64]:
        """Return the points as rows: epochs, and the four numbers that were measured."""
        return np.array(self._rows, np.float64).reshape(-1, len(Point._fields))

    def again(self, letter: str, changes: dict[str, Any], goal: int, *, keeps_moves: bool = False) -> LiveRun:
        """Return a new run with changes.

        It begins with the settings of now; if `keeps_moves`, as this one began, and with the same moves on
        the way but for those of a setting that is changed.
        """
        if not keeps_moves:
            return LiveRun(letter, self.now._replace(**changes), self.digits, goal=goal)
        moves = [move for move in (*self.moved, *self.coming) if move.name not in changes]
        return LiveRun(letter, self.settings._replace(**changes), self.digits, moves, goal)
