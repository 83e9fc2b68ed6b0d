"""A `SpeedsRun` is a training of a deep network that measures how fast each of its layers learns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore import choices
from nncore.play.digits import Digits
from nncore.play.steps_run import StepsRun
from nncore.training.run import DivergenceError

NEURONS = 30  # of each hidden layer, as in chapter 5
CLASSES = 10
MEASURED = 1000  # training images, the first ones, on which the gradients are measured
ETA, LMBDA = 0.1, 5.0


class DeepSettings(NamedTuple):
    """What a run begins with.

    Attributes
    ----------
    hidden : int
        The number of hidden layers.
    activation, init
        As in `nncore.Dense` and `nncore.Network`.
    data : {"1000", "all"}
        The book's 1,000 training images, as one mini-batch, or all of them, in mini-batches of 10.
    seed : int
        Of the initial weights.
    """

    hidden: int = 4
    activation: choices.Activation = "sigmoid"
    init: choices.Init = "scaled"
    data: str = "1000"
    seed: int = 0

    @property
    def epochs(self) -> int:
        """How many epochs the run has: the book's 500 for 1,000 images."""
        return 500 if self.data == "1000" else 30

    @property
    def mini_batch_size(self) -> int:
        """m."""
        return MEASURED if self.data == "1000" else 10


class SpeedsRun(StepsRun):
    """A SpeedsRun trains a network up to its goal, and measures its layers at the start and after each epoch.

    Parameters
    ----------
    settings : DeepSettings
        What it begins with.
    digits : Digits
        What it is trained on.
    goal : int
        The number of images after which it pauses.

    Attributes
    ----------
    points : list of (int, list of float)
        The images used so far, and then `Network.learning_speeds`, a number for each layer that has biases.
    error : str
        Why the training ended, if it left the finite numbers.
    """

    steps: nncore.Steps
    goal: int
    error: str
    settings: DeepSettings
    net: nncore.Network
    probe: nncore.Dataset

    def __init__(self, settings: DeepSettings, digits: Digits, goal: int = 0) -> None:
        self.settings, self.goal, self.error = settings, goal, ""
        hidden = [nncore.Dense(NEURONS, settings.activation) for _ in range(settings.hidden)]
        self.net = nncore.Network(
            [*hidden, nncore.Dense(CLASSES)],
            input_shape=(digits.training.images[0].size,),
            cost="cross-entropy",
            init=settings.init,
            seed=settings.seed,
        )
        self.probe = digits.training[:MEASURED]
        data = self.probe if settings.data == "1000" else digits.training
        self.steps = nncore.Steps(self.net, data, settings.mini_batch_size, ETA, LMBDA)
        self.points: list[tuple[int, list[float]]] = []
        self._measure()

    def train(self, images: int) -> int:
        """Train on so many images, or to the end of the epoch or the goal; return how many there were."""
        end = min(self.goal, (self.images // self.n + 1) * self.n)
        try:
            trained = self.steps.train(min(images, end - self.images))
        except DivergenceError as error:
            self.error, self.goal = str(error), self.images
            self.points = [point for point in self.points if point[0] <= self.images]
            return 0
        if self.images >= end:
            self._measure()
        return trained

    def rest(self) -> None:
        """Measure where the training pauses."""
        if self.points[-1][0] != self.images:
            self._measure()

    def _measure(self) -> None:
        if self.points and self.points[-1][0] % self.n:  # measured only because the training paused there
            self.points.pop()
        self.points.append((self.images, self.net.learning_speeds(self.probe)))

    def curve(self) -> NDArray[np.float64]:
        """Return the points as rows: epochs, and the speed of each layer, the input side first."""
        return np.array([[images / self.n, *speeds] for images, speeds in self.points], np.float64)
