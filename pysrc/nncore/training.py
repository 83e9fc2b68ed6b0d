"""The loop over epochs: order, slices, monitoring, history, progress. The mini-batches are the core's business."""

from __future__ import annotations

import contextlib
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore.layers import Dense

if TYPE_CHECKING:
    from nncore.network import Network

DENSITY = 0.35  # of non-zero inputs, up to which the first layer reads those alone: it is faster below about 0.45
SLICE = 0.1  # seconds of training between two looks at Ctrl-C and the progress bar
MONITORED = ("evaluation_cost", "evaluation_accuracy", "training_cost", "training_accuracy")


class DivergenceError(FloatingPointError):
    """Training left the finite numbers. The network is as it was at the start of `epoch`."""

    def __init__(self, message: str, epoch: int) -> None:
        super().__init__(message)
        self.epoch = epoch

    def __reduce__(self):
        return DivergenceError, (self.args[0], self.epoch)


class History:
    """What was seen of a training run, one value an epoch.

    Attributes
    ----------
    evaluation_cost, evaluation_accuracy, training_cost, training_accuracy : list of float
        Those that were monitored; accuracies are fractions.
    seconds : list of float
        Of training, without the monitoring.
    eta : list of float
        The learning rate of the epoch.
    interrupted : bool
        Whether Ctrl-C ended the run.

    Examples
    --------
    It unpacks like the four lists of the book's network2:

    >>> import nncore as nn
    >>> net = nn.Network([1, 1], seed=0)
    >>> data = ([[0.0], [1.0]], [[1.0], [0.0]])
    >>> costs, accuracies, _, _ = net.SGD(data, 3, 1, 0.5, evaluation_data=data)
    >>> len(costs)
    3
    """

    def __init__(self) -> None:
        self.evaluation_cost: list[float] = []
        self.evaluation_accuracy: list[float] = []
        self.training_cost: list[float] = []
        self.training_accuracy: list[float] = []
        self.seconds: list[float] = []
        self.eta: list[float] = []
        self.interrupted = False

    def __iter__(self) -> Iterator[list[float]]:
        return iter([getattr(self, name) for name in MONITORED])

    def __len__(self) -> int:
        return len(self.seconds)

    def to_dict(self) -> dict[str, list[float]]:
        """The lists that hold something, by name."""
        return {name: list(values) for name, values in vars(self).items() if isinstance(values, list) and values}

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {values[-1]:.4g}" for name, values in self.to_dict().items())
        return f"<History: {len(self)} epochs{'; last ' + last if last else ''}>"


def SGD(
    net: Network,
    training_data: Any,
    epochs: int,
    mini_batch_size: int,
    eta: float,
    lmbda: float = 0.0,
    *,
    evaluation_data: Any = None,
    monitor: tuple[str, ...] | None = None,
    shuffle: bool | Callable[[int, int], Any] = True,
    callbacks: Any = (),
    progress: bool | None = None,
) -> History:
    """Train by mini-batch stochastic gradient descent (chapters 1 and 3). Called again, it goes on.

    For each mini-batch of m examples: w <- (1 - eta lmbda/n) w - eta/m (sum of BP4), b <- b - eta/m (sum of BP3).

    Parameters
    ----------
    training_data : Dataset, pair of arrays (X, y), or the book's list of (x, y)
        n examples; never changed.
    epochs : int
    mini_batch_size : int
        m. A short last mini-batch divides by its own length.
    eta : float
        The learning rate.
    lmbda : float
        L2 regularisation; biases are not regularised.
    evaluation_data : as training_data, optional
        Cost and accuracy on it are taken after each epoch.
    monitor : sequence of str, optional
        Which of "evaluation_cost", "evaluation_accuracy", "training_cost", "training_accuracy" to take after each
        epoch. By default the evaluation's where there is evaluation_data; the training's cost a pass over the data.
    shuffle : bool or callable
        True: a new order each epoch, which (seed, epoch) decides. False: the data's order. A callable is called as
        ``shuffle(epoch, n)`` and returns the order as an array of places.
    callbacks : sequence of callable
        Each is called after every epoch as ``callback(net, history)``.
    progress : bool, optional
        A progress bar; by default where standard error is a terminal.

    Returns
    -------
    History
        Also kept as ``net.history``, where it is after Ctrl-C too.

    Raises
    ------
    DivergenceError
        The parameters left the finite numbers; the network is as it was at the start of that epoch.
    RuntimeError
        The network is being trained already, in another thread.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], cost="quadratic", init="large", seed=1)
    >>> history = net.SGD(train, 3, 10, 3.0, evaluation_data=test)
    >>> len(history.evaluation_accuracy)
    3
    """
    epochs = _validation.integer("epochs", epochs, 0)
    mini_batch_size = _validation.integer("mini_batch_size", mini_batch_size, 1)
    eta = _validation.real("eta", eta, least=0)
    lmbda = _validation.real("lmbda", lmbda, least=0)
    watched = _watched(monitor, evaluation_data)
    data = net.data("training_data", training_data)
    if isinstance(net.layers[0], Dense):
        data.list_entries(DENSITY)
    evaluation = None if evaluation_data is None else net.data("evaluation_data", evaluation_data)
    if not net._in_use.acquire(blocking=False):
        raise RuntimeError("this network is being trained already, in another thread: train a copy (copy.deepcopy)")
    net.history = history = History()
    try:
        with _bar(progress, epochs * len(data)) as bar:
            for _ in range(epochs):
                order = _order(net, shuffle, len(data))
                start = time.perf_counter()
                _train_epoch(net, data, order, mini_batch_size, eta, lmbda / len(data), bar)
                history.seconds.append(time.perf_counter() - start)
                history.eta.append(eta)
                net.epochs_trained += 1
                _look(net, history, watched, data, evaluation, lmbda)
                if bar is not None and history.evaluation_accuracy:
                    bar.set_postfix_str(f"accuracy {history.evaluation_accuracy[-1]:.2%}")
                for callback in callbacks:
                    callback(net, history)
    except KeyboardInterrupt:
        history.interrupted = True
        warnings.warn(f"interrupted after {len(history)} epochs; the network keeps what it learned", stacklevel=2)
    finally:
        net._in_use.release()
    return history


def _watched(monitor: Any, evaluation_data: Any) -> tuple[str, ...]:
    """What to take after each epoch."""
    if monitor is None:
        return MONITORED[:2] if evaluation_data is not None else ()
    watched = (monitor,) if isinstance(monitor, str) else tuple(monitor)
    for name in watched:
        _validation.one_of("monitor", name, MONITORED)
        if name.startswith("evaluation") and evaluation_data is None:
            raise ValueError(f"monitor: {name} needs evaluation_data")
    return watched


def _order(net: Network, shuffle: bool | Callable[[int, int], Any], n: int) -> np.ndarray:
    """The order of the examples in the epoch to come."""
    if callable(shuffle):
        return _validation.order(shuffle(net.epochs_trained, n), n)
    order = np.arange(n, dtype=np.intp)
    if shuffle:
        net.kernels.shuffle(order, net.seed, net.epochs_trained)
    return order


def _train_epoch(
    net: Network, data: Any, order: np.ndarray, mini_batch_size: int, eta: float, lmbda_over_n: float, bar: Any
) -> None:
    """One epoch, in slices of about SLICE seconds."""
    before = net.parameters.copy()
    rule = net.kernels.Rule("sgd", eta, lmbda_over_n)
    first, length = 0, mini_batch_size
    while first < len(order):
        start = time.perf_counter()
        part = order[first : first + length]
        net.kernels.train(net.program, net.parameters, data, part, mini_batch_size, rule, seed=net.seed, place=first)
        if not np.isfinite(net.parameters.sum()):
            net.parameters[:] = before
            raise DivergenceError(
                f"epoch {net.epochs_trained}: the parameters left the finite numbers; eta = {eta:g} is probably too "
                "large for this network and its data, or the inputs are (pixels of 0 to 255?): try eta a tenth of "
                "that. The network is as it was at the start of this epoch.",
                net.epochs_trained,
            )
        if bar is not None:
            bar.update(len(part))
        first += length
        seconds = time.perf_counter() - start
        length = mini_batch_size * max(1, int(len(part) / mini_batch_size * min(16.0, SLICE / max(seconds, 1e-9))))


def _look(
    net: Network, history: History, watched: tuple[str, ...], data: Any, evaluation: Any, lmbda: float
) -> None:
    """Take what is monitored."""
    for side, examples in (("evaluation", evaluation), ("training", data)):
        if any(name.startswith(side) for name in watched):
            for name, value in zip((f"{side}_cost", f"{side}_accuracy"), net.measure(examples, lmbda), strict=True):
                if name in watched:
                    getattr(history, name).append(value)


def _bar(progress: bool | None, total: int) -> Any:
    """A progress bar that counts images, or none."""
    if not (sys.stderr.isatty() if progress is None else progress):
        return contextlib.nullcontext()
    from tqdm.auto import tqdm

    return tqdm(total=total, unit=" images", unit_scale=True, delay=0 if progress else 0.5, dynamic_ncols=True)
