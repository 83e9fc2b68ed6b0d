"""`learn` trains a copy of a network on the digits of one hand, and says what it has learned of that hand.

A network knows what it was trained on; how well it reads new digits of the same hand is another question.
So five more networks are trained, each without a fifth of the digits, and read the fifth that they have not
seen.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nncore.datasets import Dataset
from nncore.training.augment import Rotate, Shift

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nncore.network import Network

MOST_REPEATS, MOST_OWN = 40, 4000  # of each digit of the hand in an epoch, and of all of them together
EPOCHS, MINI_BATCH_SIZE = 2, 10
ETA = 0.001  # of Adam, which suits networks of every cost and activation
SHIFT, DEGREES = 1, 8  # a digit is never seen twice at the same place, nor at the same angle
FOLDS = 5
FEWEST = 10  # digits; of fewer, a fifth says nothing


@dataclass(frozen=True, eq=False)
class Lesson:
    """A Lesson is what a network has learned from the digits of one hand.

    Attributes
    ----------
    before, net : Network
        The network that was asked to learn them, and a copy that was trained on all of them.
    seen : ndarray of int
        Its answers to them.
    unseen : ndarray of int or None
        For each of them, the answer of a network that was trained without it. None if they are fewer than 10.
    accuracy : float
        Of `net`, on the test digits.
    trainings : int
        How many networks were trained: `net`, and those that say what was learned of the hand.
    seconds : float
        All of that took so long.
    """

    before: Network
    net: Network
    seen: NDArray[np.intp]
    unseen: NDArray[np.intp] | None
    accuracy: float
    trainings: int
    seconds: float


def learn(
    net: Network,
    own: Dataset,
    training: Dataset,
    test: Dataset,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Lesson:
    """Train copies of a network on its reader's `own` digits, and on others of the training set.

    Parameters
    ----------
    net : Network
        It is not changed.
    own, training, test : Dataset
        The digits of the hand with their labels; those that stand beside them; those that judge.
    told : function (done, of), optional
        It is called after each of the trainings.
    """
    start = time.perf_counter()
    of = FOLDS + 1 if len(own) >= FEWEST else 1
    taught = fine_tuned(net, own, training)
    told(1, of)
    unseen = None
    if of > 1:
        unseen = np.empty(len(own), np.intp)
        for fold, out in enumerate(folds(own.labels)):
            unseen[out] = fine_tuned(net, own[~out], training).predict(own.images[out])
            told(2 + fold, of)
    seconds = time.perf_counter() - start
    return Lesson(net, taught, taught.predict(own.images), unseen, taught.accuracy(test), of, seconds)


def folds(labels: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
    """Return five masks; each example is in one of them, and each class is spread over all."""
    place = np.empty(len(labels), np.intp)
    place[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % FOLDS
    return [place == fold for fold in range(FOLDS)]


def fine_tuned(net: Network, own: Dataset, training: Dataset) -> Network:
    """Return a copy of the network, trained on its reader's digits together with the training set.

    The training set stands beside them so that the network does not forget it.
    """
    copy = net.copy()
    many = repeats(len(own))
    images = np.concatenate([np.repeat(own.images, many, axis=0), training.images])
    labels = np.concatenate([np.repeat(own.labels, many), training.labels])
    distorted = [Shift(SHIFT), Rotate(DEGREES)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reader sees what was learned
        copy.SGD(
            Dataset(images, labels),
            EPOCHS,
            MINI_BATCH_SIZE,
            ETA,
            rule="adam",
            augment=distorted,
            monitor=(),
            progress=False,
        )
    return copy


def repeats(n: int) -> int:
    """Return how often each of n digits is used in an epoch."""
    return max(1, min(MOST_REPEATS, MOST_OWN // n))
