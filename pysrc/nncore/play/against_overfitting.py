"""A `Recipe` is a training of chapter 3 that overfits, and what is done against it; a `Trial` runs it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore._work.stop import Stop
from nncore._work.warned import warned
from nncore.play.digits import Digits
from nncore.training.augment import Shift
from nncore.training.run import DivergenceError
from nncore.training.stopping import NoImprovement

HIDDEN, CLASSES = 30, 10
ETA, MINI_BATCH_SIZE, SEED = 0.5, 10, 1  # the book's, but for the seed
IMAGES = 1000  # on which the book trains until it overfits
HELD = 1000  # training images that nobody trains on: early stopping watches them
MEASURED = 10_000  # training images, the first ones, on which the accuracy is measured
WIDTH = 33  # letters of a line of Python


class Recipe(NamedTuple):
    """What is done against overfitting. Zeros are the book's training, which does nothing.

    Attributes
    ----------
    epochs : int
        Of 1,000 images; with more images there are fewer, so that the number of steps is the same.
    lmbda : float
        The strength of L2 regularisation.
    dropout : float
        The share of the hidden neurons that each mini-batch leaves out.
    shift : int
        Each image is moved by up to so many pixels whenever it is trained on.
    patience : int
        The training ends when so many epochs brought no improvement; 0: it does not end early.
    images : int
        The number of training images.
    """

    epochs: int = 400
    lmbda: float = 0.0
    dropout: float = 0.0
    shift: int = 0
    patience: int = 0
    images: int = IMAGES

    @property
    def own_epochs(self) -> int:
        """The number of epochs of its own images."""
        return max(1, round(self.epochs * IMAGES / self.images))

    def network(self) -> nncore.Network:
        """Return the network before its training: the book's, of 30 hidden neurons."""
        return nncore.Network(
            [nncore.Dense(HIDDEN, "sigmoid", dropout=self.dropout), nncore.Dense(CLASSES, "sigmoid")],
            input_shape=(784,),
            cost="cross-entropy",
            init="large",
            seed=SEED,
        )

    def python(self, load: str) -> str:
        """Return lines that do the same; `load` is the one that loads the digits as ``data``."""
        layers = f"[784, {HIDDEN}, {CLASSES}]"
        if self.dropout:
            hidden = f'nn.Dense({HIDDEN}, "sigmoid", dropout={self.dropout:g})'
            layers = f'[{hidden}, nn.Dense({CLASSES}, "sigmoid")], input_shape=784'
        made = [layers, 'cost="cross-entropy"', 'init="large"', f"seed={SEED}"]
        given = [f"data[0][:{self.images}]", str(self.own_epochs), str(MINI_BATCH_SIZE), f"{ETA:g}"]
        given += [f"lmbda={self.lmbda:g}"] * (self.lmbda != 0)
        given += [f"augment=nn.augment.Shift({self.shift})"] * (self.shift != 0)
        if self.patience:
            given += [
                f"stop=nn.stopping.NoImprovement({self.patience})",
                f"evaluation_data=data[0][-{HELD}:]",
            ]
        return "\n".join(
            [
                load,
                wrapped("net = nn.Network(", made),
                wrapped("net.SGD(", given),
                "net.accuracy(data[2])",
            ]
        )


def wrapped(call: str, arguments: list[str]) -> str:
    """Return a call, broken into lines between its arguments."""
    return textwrap.fill(
        f"{call}{', '.join(arguments)})",
        WIDTH,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def is_measured(epoch: int, epochs: int) -> bool:
    """Return whether the accuracies are measured after this epoch: early often, later seldom.

    >>> [epoch for epoch in range(1, 401) if is_measured(epoch, 400)][28:46]
    [29, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100, 110, 120]
    """
    return epoch <= 30 or epoch == epochs or epoch % (5 if epoch <= 100 else 10) == 0


class Trial:
    """A Trial trains a network by a recipe, once, and keeps what was measured.

    Attributes
    ----------
    points : list of (epochs, accuracy, accuracy)
        After so many epochs of 1,000 images, the accuracies on the training images and on the test images.
    done : bool
        Whether the training has ended.
    stopped : str
        Why it ended before its last epoch, or "".
    error : str
        What was wrong with it, or "".
    seconds : float
        How long the training took, without measuring.
    weights : ndarray or None
        All weights of both layers, as they were when last measured.
    """

    recipe: Recipe
    digits: Digits
    done: bool
    stopped: str
    error: str
    seconds: float

    def __init__(self, recipe: Recipe, digits: Digits) -> None:
        self.recipe, self.digits = recipe, digits
        self.points: list[tuple[float, float, float]] = []
        self.done = False
        self.stopped = self.error = ""
        self.seconds = 0.0
        self.weights: NDArray[np.float32] | None = None

    def train(self, stop: Stop, told: Callable[[], None]) -> None:
        """Train until the end, or until `stop` is set; call `told` after each measurement."""
        recipe, net = self.recipe, self.recipe.network()
        training = self.digits.training[: recipe.images]
        sets = [net._prepare(net._examples("data", data)) for data in (training[:MEASURED], self.digits.test)]
        held = self.digits.training[-HELD:]

        def after_epoch(net: nncore.Network, history: nncore.History) -> None:
            epoch = len(history)
            if is_measured(epoch, recipe.own_epochs):
                self._measure(net, epoch, sets)
                told()

        with warned():
            try:
                history = net.SGD(
                    training,
                    recipe.own_epochs,
                    MINI_BATCH_SIZE,
                    ETA,
                    recipe.lmbda,
                    augment=Shift(recipe.shift) if recipe.shift else None,
                    stop=NoImprovement(recipe.patience) if recipe.patience else None,
                    evaluation_data=held if recipe.patience else None,
                    monitor=("evaluation_accuracy",) if recipe.patience else (),
                    callbacks=after_epoch,
                    progress=stop.check,
                )
            except DivergenceError as error:
                self.error, self.done = str(error), True
                return
        if history.interrupted:
            return
        if len(history) < recipe.own_epochs:
            self.stopped = str(history.stopped)
        if not is_measured(len(history), recipe.own_epochs):
            self._measure(net, len(history), sets)
        self.seconds = sum(history.seconds)
        self.done = True

    def _measure(self, net: nncore.Network, epoch: int, sets: list[Any]) -> None:
        accuracies = [net._cost_and_accuracy(data, needs_cost=False)[1] for data in sets]
        self.weights = np.concatenate([w.reshape(-1) for w in net.weights])
        self.points.append((epoch * self.recipe.images / IMAGES, accuracies[0], accuracies[1]))
        if net.history is not None:
            self.seconds = sum(net.history.seconds)
