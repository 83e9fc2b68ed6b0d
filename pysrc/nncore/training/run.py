"""This module holds what SGD and `minimize` share: errors, warnings, callbacks and exclusive use."""

from __future__ import annotations

import contextlib
import math
import os
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore.training.history import History

if TYPE_CHECKING:
    from nncore._validation import Examples
    from nncore.network import Network

Callback = Callable[["Network", History], Any]
FEWEST_TO_JUDGE = 100  # with fewer examples or steps than this, an accuracy near chance says little


class DivergenceError(FloatingPointError):
    """Training left the finite numbers. The network is as it was at the start of `epoch`."""

    def __init__(self, message: str, epoch: int) -> None:
        super().__init__(message)
        self.epoch = epoch

    def __reduce__(self):
        return DivergenceError, (self.args[0], self.epoch)


class NotLearningWarning(UserWarning):
    """A run ended with an accuracy that one answer for every example would reach, too.

    SGD warns so if it did 100 steps or more and monitored an accuracy on 100 examples or more.
    ``nn.diagnose(net, training_data)`` looks for the reason.

    Examples
    --------
    A network whose weights are all 0 gives the same answer for every image:

    >>> import warnings
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], init="zeros")
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     history = net.SGD(train, 1, 10, eta=0.0, evaluation_data=validation)
    >>> [warning.category.__name__ for warning in caught]
    ['NotLearningWarning']
    """


@contextlib.contextmanager
def exclusive(net: Network) -> Iterator[None]:
    """Refuse a network that another thread trains, and keep others from training it meanwhile.

    Each process has a lock of its own. A child that `os.fork` makes while a thread of its parent trains the
    network does not have that thread, so nobody in the child would open the parent's lock.
    """
    lock = net._in_use.setdefault(os.getpid(), threading.Lock())
    if not lock.acquire(blocking=False):
        raise RuntimeError(
            "this network is being trained already, in another thread: train a copy of it, net.copy()"
        )
    try:
        yield
    finally:
        lock.release()


def as_callbacks(callbacks: Any) -> list[Callback]:
    """Return SGD's `callbacks`, a function or a sequence of functions, as a list."""
    if callable(callbacks):
        return [callbacks]
    listed = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    if not all(map(callable, listed)):
        raise TypeError(f"callbacks: a function (net, history), or a list of them, needed; got {callbacks!r}")
    return listed


def record_interrupt(history: History, unit: str) -> None:
    """Write into the history that Ctrl-C ended the run within an epoch or iteration, and warn of it."""
    history.truncate(len(history))
    history.interrupted, history.stopped = True, f"interrupted in {unit} {len(history)}"
    warnings.warn(
        f"{history.stopped}: the network is as it was when that {unit} began", UserWarning, stacklevel=3
    )


def warn_if_not_learning(history: History, examples: dict[str, Examples], epoch: int) -> None:
    """Warn if the accuracy in an epoch is no better than that of one answer for every example.

    A run of few steps may still learn, and few examples may be answered wrongly by chance: neither is judged.
    `examples` has the "training" and the "evaluation" set; the evaluation set counts if it was monitored.
    `epoch` is the one whose parameters the network has.
    """
    if not history.steps or history.steps[-1] < FEWEST_TO_JUDGE:
        return
    for side in ("evaluation", "training"):
        accuracies = getattr(history, f"{side}_accuracy")
        if accuracies and side in examples and not math.isnan(accuracies[epoch]):
            answer, share = commonest_class(examples[side])
            accuracy, n = accuracies[epoch], examples[side].n
            if n >= FEWEST_TO_JUDGE and accuracy <= share and share < 1:
                warnings.warn(
                    f"after {history.steps[-1]:,} steps the network is right on {accuracy:.1%} of the {n:,} "
                    f"{side} examples, and the answer {answer} for all would be right on {share:.1%}: "
                    "it has not learned. nn.diagnose(net, training_data) tells why.",
                    NotLearningWarning,
                    stacklevel=3,
                )
            return


def commonest_class(examples: Examples) -> tuple[int, float]:
    """Return the class that most of the examples have, and its share of them."""
    y = examples.y  # labels, one number per example, or unit vectors
    classes = y if y.ndim == 1 else y[:, 0] > 0.5 if y.shape[1] == 1 else y.argmax(axis=1)
    counts = np.bincount(classes)
    return int(counts.argmax()), float(counts.max()) / len(classes)
