"""This module holds what SGD and `minimize` share: errors, warnings, callbacks and exclusive use."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nncore import _given, _validation
from nncore._validation import Examples, UsualInputs
from nncore.training.history import History

if TYPE_CHECKING:
    from nncore.network import Network

Callback = Callable[["Network", History], Any]
PERHAPS = "is probably too large for this network and its data"  # the cause of a divergence if none is known


class DivergenceError(FloatingPointError):
    """Training left the finite numbers. The network is as it was at the start of `epoch`.

    Examples
    --------
    >>> import nncore as nn
    >>> net = nn.Network([nn.Dense(1, "linear")], input_shape=(1,), seed=0)
    >>> try:
    ...     net.SGD(([[1.0], [2.0]], [1.0, 2.0]), epochs=200, mini_batch_size=1, eta=10.0)
    ... except nn.DivergenceError as error:
    ...     print(error)  # doctest: +ELLIPSIS
    epoch 13: the parameters left the finite numbers; eta = 10 is probably too large ...
    """

    def __init__(self, message: str, epoch: int) -> None:
        super().__init__(message)
        self.epoch = epoch

    def __reduce__(self) -> tuple[Any, ...]:
        return DivergenceError, (self.args[0], self.epoch)


class NotLearningWarning(UserWarning):
    """A run ended no better than one answer for every example.

    SGD warns so if it did 100 steps or more, and monitored an accuracy on 100 examples or more, or the cost
    of numbers. It says why, if that is found at once: badly scaled inputs, an eta that is too high,
    unequal classes, saturated neurons. ``nn.diagnose(net, training_data)`` looks at more.

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


class exclusive:
    """Refuse a network that another thread trains, and keep others from training it meanwhile.

    Each process has a lock of its own. A child that `os.fork` makes while a thread of its parent trains the
    network does not have that thread, so nobody in the child would open the parent's lock.
    """

    locks: dict[int, threading.Lock]
    lock: threading.Lock

    def __init__(self, net: Network) -> None:
        self.locks = net._in_use

    def __enter__(self) -> None:
        process = os.getpid()
        self.lock = self.locks.get(process) or self.locks.setdefault(process, threading.Lock())
        if not self.lock.acquire(blocking=False):
            raise RuntimeError(
                "this network is being trained already, in another thread: train a copy of it, net.copy()"
            )

    def __exit__(self, *error: object) -> None:
        self.lock.release()


def evaluation_examples(
    net: Network,
    data: Any,
    weights: Any,
    usual: Callable[[], UsualInputs],
    name: str = "evaluation_data",
) -> dict[str, Examples]:
    """Return the checked "evaluation" set with its weights, or an empty dict where there is none.

    `usual` is asked only then: it measures the training set. `name` is what the user calls the data.
    """
    if data is None and weights is None:
        return {}
    if data is None:
        raise ValueError("evaluation_weights: they are those of evaluation_data, and none are given")
    given = net._examples(name, data, usual=usual())
    return {"evaluation": _validation.weighted(given, weights, dtype=net.dtype, name="evaluation_weights")}


def as_callbacks(callbacks: Any) -> list[Callback]:
    """Return SGD's `callbacks`, a function or a sequence of functions, as a list."""
    if type(callbacks) is tuple and not callbacks:
        return []
    if callable(callbacks):
        return [callbacks]
    listed = list(callbacks) if _given.has_elements(callbacks) else [callbacks]
    if not all(map(callable, listed)):
        raise TypeError(
            f"callbacks: a function (net, history), or a list of them, needed; got {callbacks!r:.60}"
        )
    return listed


def record_interrupt(history: History, unit: str) -> None:
    """Write into the history that Ctrl-C ended the run within an epoch or iteration, and warn of it."""
    history.truncate(len(history))
    history.interrupted, history.stopped = True, f"interrupted in {unit} {len(history)}"
    warnings.warn_explicit(  # of no place in the code, since none is to blame
        f"{history.stopped}: the network is as it was when that {unit} began", UserWarning, "nncore", 1
    )
