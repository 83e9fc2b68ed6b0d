"""SGD: the loop over epochs, with its schedule, stopping rules and callbacks."""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore.layers import Dense
from nncore.training import monitoring, schedules
from nncore.training.augment import Augment, image_shape, prepare
from nncore.training.epochs import DivergenceError, Epochs
from nncore.training.history import History
from nncore.training.progress import bar as progress_bar

if TYPE_CHECKING:
    from nncore.network import Network

__all__ = ["SGD", "DivergenceError", "History"]
DENSITY = 0.35  # of non-zero inputs, up to which the first layer reads those alone: faster below about 0.45
MOMENTUM = {"sgd": 0.0, "nesterov": 0.9, "adam": 0.9}  # of each rule, unless SGD's caller gives it


def SGD(
    net: Network,
    training_data: Any,
    epochs: int,
    mini_batch_size: int,
    eta: float,
    lmbda: float = 0.0,
    *,
    l1: float = 0.0,
    momentum: float | None = None,
    rule: str = "sgd",
    schedule: schedules.Schedule | Callable[[int], float] | None = None,
    stop: Any = None,
    evaluation_data: Any = None,
    monitor: str | Sequence[str] | None = None,
    monitor_every: int | None = None,
    monitor_on: int = 100,
    shuffle: bool | Callable[[int, int], Any] = True,
    drop_last: bool = False,
    augment: Augment | None = None,
    callbacks: Callable[..., Any] | Sequence[Callable[[Network, History], Any]] = (),
    keep_best: bool = False,
    history: History | None = None,
    sparse: bool | None = None,
    progress: bool | Callable[[int], Any] | None = None,
    threads: int = 1,
) -> History:
    """Train by mini-batch stochastic gradient descent (chapters 1 and 3). Called again, it trains on.

    For each mini-batch of m examples the gradient is

        nabla C = 1/m (sum of BP3 and BP4) + lmbda/n w + l1/n sgn(w)        (biases: the sum alone)

    and a step is, by `rule`,

        "sgd"       v <- mu v - eta nabla C,  w <- w + v      (momentum mu; mu = 0 is plain gradient descent)
        "nesterov"  the same, with nabla C taken where mu v leads to: the parameters are kept there
        "adam"      steps of about eta for each parameter, whatever the size of its gradients
                    (Kingma and Ba, "Adam", 2015)

    Parameters
    ----------
    training_data : Dataset, pair of arrays (X, y), or the book's list of (x, y)
        n examples; never changed.
    epochs : int
    mini_batch_size : int
        m. A short last mini-batch divides by its own length.
    eta : float
        The learning rate; with a schedule of `nn.schedules`, that of the first epoch. For Adam about 0.001.
    lmbda, l1 : float
        L2 and L1 regularisation (both: an elastic net).
    momentum : float, optional
        mu, by default 0; 0.9 with "nesterov" and "adam". Any number is taken, to see what goes wrong: with
        mu < 0 each step takes back a part of the one before; with mu >= 1 nothing slows the velocity down,
        and the run ends in a DivergenceError. Adam's must be in [0, 1).
    rule : {"sgd", "nesterov", "adam"}
    schedule : nn.schedules.Schedule or callable, optional
        The learning rate of each epoch. A function is called as ``schedule(epoch)``, with the epoch of
        the run from 0, and returns eta itself, whatever `eta` is.
    stop : callable or sequence of callable, optional
        Rules that end the run before its last epoch: of `nn.schedules`, or your own ``rule(history)``.
    evaluation_data : as training_data, optional
        Cost and accuracy on it are taken after each epoch.
    monitor : str or sequence of str, optional
        Which of "evaluation_cost", "evaluation_accuracy", "training_cost", "training_accuracy",
        "learning_speeds" to take after each epoch. By default the evaluation's, where there is
        evaluation_data (of targets that are numbers and not classes, the cost alone). The training's cost
        a pass over the data; the learning speeds, which are measured on the first monitor_on training
        examples, cost next to nothing.
    monitor_every : int, optional
        Look within the epochs too, whenever so many training examples have gone by, at the first
        `monitor_on` examples of the evaluation or training data: `History.within`.
    monitor_on : int
    shuffle : bool or callable
        True: a new order each epoch, which (seed, epoch) decides. False: the data's order. A callable is
        called as ``shuffle(epoch, n)`` and returns the order as an array of places.
    drop_last : bool
        Whether a short last mini-batch is left out of the epoch (chapter 6's network3 does that). n, of which
        regularisation takes its share, stays the number of all examples.
    augment : distortion of `nn.augment`, or list of them, optional
        Train on distorted images, made anew in every epoch: shifted, rotated, scaled, skewed, elastically
        distorted. Costs and accuracies are those of the images as they are.
    callbacks : callable or sequence of callable
        Each is called after every epoch as ``callback(net, history)``.
    keep_best : bool
        Whether the network gets the parameters of its best epoch (`History.best_epoch`) at the end.
    history : History, optional
        Of a run that is to go on for so many more epochs: its lists grow, schedule and rules see all of
        it, and momentum's velocities (Adam's averages) are taken over. Without it a run begins anew, at
        rest.
    sparse : bool, optional
        Whether the first layer reads only the inputs that are not zero, which gives the same numbers to
        rounding. By default it does where at most 35 % are not, and no image is distorted; `History.sparse`
        says whether it did.
    progress : bool or callable, optional
        A progress bar; by default on a terminal and in a notebook. A function in its place is called every
        twentieth of a second or so, as ``progress(images)``, with how many training examples went by.
    threads : int
        How many share the work of each mini-batch of a convolutional network, and of what is monitored: as
        many as the machine has cores, at most. Parameters and history come out the same, to the bit, whatever
        their number. A network of dense layers trains in one; several networks train side by side, in a
        Python thread each.

    Returns
    -------
    History
        Also kept as ``net.history``, where it is after Ctrl-C too: that ends the run, with network and
        history as they were after the last whole epoch.

    Raises
    ------
    DivergenceError
        The parameters left the finite numbers; the network is as it was at the start of that epoch.
    RuntimeError
        The network is being trained already, in another thread.

    Examples
    --------
    Chapter 3: L2, momentum, and half the learning rate whenever three epochs brought nothing

    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=1)
    >>> schedule = nn.schedules.halve(no_improvement_in=3, stop_at=1 / 8)
    >>> history = net.SGD(
    ...     train, 50, 10, 0.1, lmbda=1.0, momentum=0.5, schedule=schedule,
    ...     evaluation_data=validation, keep_best=True,
    ... )
    >>> history.stopped
    'eta was halved 3 times, to 0.125 of the first'
    >>> history.evaluation_accuracy[history.best_epoch] == net.accuracy(validation) > 0.9
    True
    """
    epochs = _validation.integer("epochs", epochs, 0)
    mini_batch_size = _validation.integer("mini_batch_size", mini_batch_size, 1)
    eta = _validation.real("eta", eta, least=0)
    lmbda = _validation.real("lmbda", lmbda, least=0)
    l1 = _validation.real("l1", l1, least=0)
    momentum = _momentum(rule, momentum)
    threads = _threads(net, threads)
    examples = {"training": net._examples("training_data", training_data)}
    if evaluation_data is not None:
        examples["evaluation"] = net._examples("evaluation_data", evaluation_data)
    watch = monitoring.prepare(net, monitor, monitor_every, monitor_on, examples, lmbda, l1, threads)
    rules = schedules.rules(schedule, stop, watch.names)
    if keep_best and not set(watch.names) & set(schedules.EVALUATION):
        raise ValueError("keep_best: the best epoch is the evaluation's: pass evaluation_data")
    augmentation = None
    if augment is not None:
        shape = image_shape("training_data", training_data, net.input_shape)
        augmentation = prepare(net._kernels, augment, shape)
    n, history = examples["training"].n, _begin(net, history)
    if drop_last and n < mini_batch_size:
        raise ValueError(f"drop_last: {n} examples make no mini-batch of {mini_batch_size}")
    history.lmbda, history.mini_batch_size = lmbda, mini_batch_size
    history.sparse = _choose_sparse(net, watch.all["training"], sparse, augmentation is not None)

    with alone(net):
        net.history = history
        try:
            history.stopped = schedules.reason(rules, history) if len(history) else None
            with progress_bar(progress, epochs * (n - n % mini_batch_size * drop_last), " images") as bar:
                run = Epochs(net, mini_batch_size, watch, history, bar, augmentation, threads)
                for _ in range(epochs):
                    if history.stopped:
                        break
                    eta_now = schedules.eta_of(schedule, eta, history)
                    update = net._kernels.Rule(rule, eta_now, lmbda / n, l1 / n, momentum)
                    order = _order(net, shuffle, n)
                    if drop_last:
                        order = order[: len(order) - len(order) % mini_batch_size]
                    run.train(update, order)
                    if keep_best and history.best_epoch == len(history) - 1:
                        history.best = net.parameters.copy()
                    for callback in (callbacks,) if callable(callbacks) else callbacks:
                        callback(net, history)
                    history.stopped = schedules.reason(rules, history)
            history.stopped = history.stopped or f"all {epochs} epochs are done"
        except KeyboardInterrupt:
            interrupted(history, "epoch")
        except Exception as error:
            history.stopped = f"{type(error).__name__}: {error}"
            raise
        finally:
            if keep_best and history.best is not None:
                net.parameters[:] = history.best
    _say_if_failing(net, training_data, history)
    return history


def _say_if_failing(net: Network, training_data: Any, history: History) -> None:
    """A line of the doctor's on standard error, where a watched run answers no better than by chance."""
    watched = history.evaluation_accuracy or history.training_accuracy
    if watched and watched[-1] < 0.5:
        from nncore.insight.diagnose import hint

        found = hint(net, training_data, history)
        if found is not None:
            print(found, file=sys.stderr)


@contextlib.contextmanager
def alone(net: Network) -> Iterator[None]:
    """Nobody else trains the network meanwhile."""
    if not net._in_use.acquire(blocking=False):
        raise RuntimeError(
            "this network is being trained already, in another thread: train a copy (copy.deepcopy)"
        )
    try:
        yield
    finally:
        net._in_use.release()


def interrupted(history: History, what: str) -> None:
    """Ctrl-C ended a run in an epoch or iteration that is not in its history."""
    history.cut(len(history))
    history.interrupted, history.stopped = True, f"interrupted in {what} {len(history)}"
    warnings.warn(f"{history.stopped}: the network is as it was when that began", stacklevel=3)


def _begin(net: Network, history: History | None) -> History:
    """A new History, or the one to go on with."""
    if history is None:
        return History()
    if not isinstance(history, History):
        raise TypeError(f"history: the History of a run that is to go on needed, got {history!r}")
    if history.best is not None and history.best.size != net._program.size:
        raise ValueError("history: it is the history of another network")
    history.stopped, history.interrupted = None, False
    return history


def _momentum(rule: str, momentum: float | None) -> float:
    """mu of a rule."""
    usual = MOMENTUM[_validation.one_of("rule", rule, tuple(MOMENTUM))]
    if momentum is None:
        return usual
    if rule == "adam":
        return _validation.real("momentum", momentum, least=0, below=1)
    return _validation.real("momentum", momentum)


def _threads(net: Network, threads: int) -> int:
    threads = _validation.integer("threads", threads, 1, 8)
    if threads > 1 and isinstance(net.layers[0], Dense):
        raise ValueError(
            f"threads: 1 needed for a network of dense layers, got {threads}: its steps take microseconds, "
            "less than threads need to agree on one. Networks train side by side, in a Python thread each"
        )
    return threads


def _choose_sparse(net: Network, data: Any, sparse: bool | None, augmented: bool) -> bool:
    """Whether the first layer reads only the inputs that are not zero; lists them."""
    if sparse is False or net.layers[0].dropout or augmented or not isinstance(net.layers[0], Dense):
        chosen = False
    else:
        chosen = data.list_entries(DENSITY if sparse is None else 1.0)
    if sparse and not chosen:
        raise ValueError(
            "sparse: a first layer with dropout, of 65,536 inputs and more, of augmented images, or a "
            "convolution, reads all its inputs"
        )
    return chosen


def _order(net: Network, shuffle: bool | Callable[[int, int], Any], n: int) -> np.ndarray:
    """The order of the examples in the epoch to come."""
    if not callable(shuffle) and not isinstance(shuffle, (bool, np.bool_)):
        raise TypeError(f"shuffle: True, False or a function (epoch, n) needed, got {type(shuffle).__name__}")
    if callable(shuffle):
        return _validation.order(shuffle(net.epochs_trained, n), n)
    order = np.arange(n, dtype=np.intp)
    if shuffle:
        net._kernels.shuffle(order, net.seed, net.epochs_trained)
    return order
