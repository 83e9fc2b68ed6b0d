"""`SGD` goes through the epochs of a run, with its schedule, stopping rules and callbacks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from nncore import _entries, _hints, _validation, choices, targets
from nncore._cores import cores_available
from nncore.insight.scale import warn_of_scale
from nncore.layers import Dense
from nncore.training import monitoring, reports, rules, schedules, stopping
from nncore.training.augment import Augment, augmentation_for, image_shape
from nncore.training.epochs import EpochRunner
from nncore.training.history import EVALUATION, History
from nncore.training.monitoring import Monitor
from nncore.training.not_learning import explain_divergence, warn_if_not_learning
from nncore.training.pace import Pace
from nncore.training.progress import check as check_progress
from nncore.training.progress import progress_bar
from nncore.training.run import as_callbacks, evaluation_examples, exclusive, record_interrupt
from nncore.training.training_record import run_of

if TYPE_CHECKING:
    from nncore.network import Network

__all__ = ["SGD"]
# The first layer skips zero inputs if at most this share of them is non-zero. Skipping pays below about 0.45.
DENSITY = 0.35
# From so many bytes of inputs on, one thread would take some milliseconds to list those that are not zero.
LISTED_TOGETHER = 8_000_000
MOST_LISTING = 8  # threads that list inputs: more would wait for the memory


def SGD(
    net: Network,
    training_data: Any,
    epochs: int = _hints.NEEDED,
    mini_batch_size: int = _hints.NEEDED,
    eta: float = _hints.NEEDED,
    lmbda: float = 0.0,
    *,
    l1: float = 0.0,
    momentum: float | None = None,
    rule: choices.RuleName | rules.Rule = "sgd",
    schedule: schedules.Schedule | Callable[[int], float] | None = None,
    stop: Any = None,
    evaluation_data: Any = None,
    weights: Any = None,
    class_weight: Literal["balanced"] | Mapping[Any, float] | ArrayLike | None = None,
    evaluation_weights: Any = None,
    monitor: choices.Measure | Sequence[choices.Measure] | Monitor | None = None,
    augment: Augment | None = None,
    callbacks: Callable[..., Any] | Sequence[Callable[[Network, History], Any]] = (),
    keep_best: bool = False,
    resume: History | None = None,
    threads: int | None = None,
    progress: bool | Callable[[int], Any] | None = None,
    shuffle: bool | Callable[[int, int], Any] = True,
    drop_last: bool = False,
    **unknown: Any,
) -> History:
    """Train the network by mini-batch stochastic gradient descent (chapters 1 and 3).

    Each epoch puts the n training examples in a new order and cuts them into mini-batches of m. For each
    mini-batch, backpropagation gives the gradient of the regularised cost,

        nabla C = 1/m sum over the mini-batch of nabla C_x + lmbda/n w + l1/n sgn(w)

    (biases are not regularised), and every weight and bias takes a step against it:

        w <- w - eta nabla C                                   by default;
        v <- mu v - eta nabla C,  w <- w + v                   with momentum=mu.

    `nn.rules` has the other rules. A second call trains the network further, as a run of its own.

    Parameters
    ----------
    training_data : Dataset, pair of arrays (X, y), or the book's list of (x, y)
        The n training examples. They are never changed.
    epochs : int
        How many times the training examples are used.
    mini_batch_size : int
        m. If m does not divide n, the last mini-batch is shorter, and its sum is divided by its own length.
    eta : float
        The learning rate; with a schedule of `nn.schedules`, that of the first epoch. Adam needs about 0.001.
    lmbda, l1 : float, default 0.0
        The strength of L2 and of L1 regularisation. Both together make an elastic net.
    momentum : float, optional
        mu; short for ``rule=nn.rules.Momentum(mu)``. With rule="nesterov" it is that rule's mu.
    rule : {"sgd", "momentum", "nesterov", "adam"} or rule of nn.rules, default "sgd"
        How a step follows the gradient, such as ``nn.rules.Adam(beta2=0.99)``.
    schedule : schedule of nn.schedules or callable, optional
        The learning rate of each epoch. A function is called as ``schedule(epoch)``, where epoch counts the
        epochs of the run from 0, and returns the learning rate itself; `eta` is then not used.
    stop : rule of nn.stopping, callable, or list of these, optional
        When the run ends before its last epoch. A function is called as ``stop(history)`` after each epoch.
    evaluation_data : as training_data, optional
        The cost and accuracy on these examples are measured after each epoch.
    weights : array_like (n,), optional
        How much each training example counts, numbers of at least 0: see the notes.
    class_weight : "balanced", dict or sequence, optional
        How much the examples of each class count: numbers of at least 0, 1 for a class that a dict leaves
        out. "balanced" gives each of the k classes that occur the same total, by n / (k times the number of
        its examples). With `weights`, the two are multiplied.
    evaluation_weights : array_like, optional
        How much each of the evaluation_data counts in what is measured. Weights of the training do not.
    monitor : str, sequence of str, or nn.Monitor, optional
        What is measured after each epoch: "evaluation_cost", "evaluation_accuracy", "training_cost",
        "training_accuracy", "learning_speeds"; by default the first two if there is evaluation_data. A
        `Monitor` can measure within the epochs too.
    augment : distortion of nn.augment, or list of them, optional
        Each image is distorted anew whenever it is trained on. What is monitored are the images as they are.
    callbacks : callable or sequence of callable
        Each is called after every epoch as ``callback(net, history)``.
    keep_best : bool, default False
        Whether the network gets the parameters of its best epoch (`History.best_epoch`) at the end.
    resume : History, optional
        The history of a run that is to be continued by `epochs` epochs. Its lists grow, its schedule
        continues where it stopped, stopping rules see all of it, and the rule's memory (velocities, Adam's
        means) is taken over. So a run that is resumed with the same arguments gives the same parameters, to
        the bit, as one without a pause. Without `resume`, a run begins with that memory zero. The rule must
        be of the same kind as before; its numbers may change.
    threads : int, optional
        How many threads share each mini-batch, and what is monitored. By default the library measures, now
        and then, which number trains fastest, up to the cores that the process may use; where others use the
        machine it returns to one thread. The parameters are the same, to the bit, for any number.
        `History.threads` says what ran. Several networks can train at the same time, each in a Python thread.
    progress : bool or callable, optional
        Whether there is a progress bar; by default at a terminal and in a notebook. A function is called
        about every twentieth of a second as ``progress(images)``, with the number of training examples used
        since the last call.
    shuffle : bool or callable, default True
        Whether each epoch has a new order, which the network's seed and `epochs_trained` decide. A function
        is called as ``shuffle(epoch, n)`` and returns the order as an array of indices.
    drop_last : bool, default False
        Whether a shorter last mini-batch is left out, as chapter 6's network3 does. Regularisation still
        divides by n, the number of all examples.

    Returns
    -------
    History
        What was measured, with one value per epoch. It is kept as ``net.history`` too. Ctrl-C ends the run
        with a warning; network and history are then as they were after the last complete epoch.

    Raises
    ------
    DivergenceError
        The parameters left the finite numbers. The network is as it was at the start of that epoch.
    RuntimeError
        Another thread is training this network.

    Warns
    -----
    NotLearningWarning
        The run ended no better than one answer for every example, by what was monitored. The warning says
        why, if that is found at once.
    UserWarning
        The first run begins with inputs, or with numbers as targets, whose scale is far from -1 to 1. The
        warning names the column and its range, and the lines that scale it.

    Notes
    -----
    The weight c_x of an example multiplies its gradient, and so its error delta in the output layer (BP1):

        nabla C = 1/m sum over the mini-batch of c_x nabla C_x + lmbda/n w + l1/n sgn(w)

    m and n count examples, whatever their weights. An example of weight 0 teaches nothing. A step over all
    examples is the step over data in which example x stands c_x times, with eta times the mean weight as the
    learning rate there; the mean is 1 for "balanced". The training cost and accuracy are weighted means, as
    ``net.cost(training_data, lmbda, weights=weights)`` gives them. Weights that are all 1 give the same bits
    as none.

    Examples
    --------
    Chapter 3: L2 regularisation, momentum, and half the learning rate after three epochs in a row without an
    improvement, until it is an eighth

    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=1)
    >>> history = net.SGD(
    ...     train, epochs=50, mini_batch_size=10, eta=0.1, lmbda=1.0, momentum=0.5,
    ...     schedule=nn.schedules.Halve(no_improvement_in=3, stop_at=1 / 8),
    ...     evaluation_data=validation, keep_best=True,
    ... )
    >>> history.stopped
    'eta was halved 3 times, to 0.125 of the first'
    >>> history.evaluation_accuracy[history.best_epoch] == net.accuracy(validation) > 0.9
    True
    """
    for name in unknown:  # such as lr=, which other libraries have
        raise _hints.unknown_argument("SGD", name)
    _hints.check_needed("SGD", epochs=epochs, mini_batch_size=mini_batch_size, eta=eta)
    if getattr(epochs, "ndim", 0):  # SGD(X, y, ...)
        raise TypeError(
            "epochs: a whole number needed, got an array; inputs and answers come as one pair. In nncore: "
            "net.SGD((X, y), epochs=30, mini_batch_size=10, eta=0.5)"
        )
    net._core_alone("SGD", trains=True)
    epochs = _validation.integer("epochs", epochs, 0)
    mini_batch_size = _validation.integer("mini_batch_size", mini_batch_size, 1)
    eta = _validation.real("eta", eta, least=0)
    lmbda = _validation.real("lmbda", lmbda, least=0)
    l1 = _validation.real("l1", l1, least=0)
    rule = rules.chosen(rule, momentum)
    keep_best = _validation.flag("keep_best", keep_best)
    drop_last = _validation.flag("drop_last", drop_last)
    threads = None if threads is None else _validation.integer("threads", threads, 1, bits=8)
    callbacks = as_callbacks(callbacks)
    check_progress(progress)
    _check_shuffle(shuffle)
    schedules.check(schedule)
    history = _checked_history(net, resume, rule)
    _warn_of_lost_memory(net, history, rule)

    given = net._examples("training_data", training_data, usual=net._usual_to_train_on)
    examples = {"training": _validation.weighted(given, weights, class_weight, dtype=net.dtype)}
    run = run_of(
        net,
        training_data,
        examples["training"],
        rule,
        mini_batch_size=mini_batch_size,
        eta=eta,
        lmbda=lmbda,
        l1=l1,
        schedule=schedule,
        augment=augment,
    )
    examples |= evaluation_examples(
        net, evaluation_data, evaluation_weights, lambda: run.usual, net._evaluation_data
    )
    _check_weights(history, run.settings.weights)
    data = {side: net._prepare(given) for side, given in examples.items()}
    if not net.training_record:
        warn_of_scale("training_data", examples["training"], net.layers[-1].activation)
    n, training = examples["training"].n, data["training"]
    observer = monitoring.observer(net, monitor, examples, data, lmbda, l1, threads)
    stopping_rules = stopping.collect(stop, schedule, observer.names)
    if keep_best and not set(observer.names) & set(EVALUATION):
        raise ValueError("keep_best: the best epoch is that of the evaluation data: pass evaluation_data")
    if drop_last and n < mini_batch_size:
        raise ValueError(
            f"drop_last: {n} examples make no mini-batch of {mini_batch_size}; lower mini_batch_size"
        )
    augmentation = None
    if augment is not None:
        shape = image_shape("training_data", training_data, net.input_shape)
        augmentation = augmentation_for(net._kernels, augment, shape)

    with exclusive(net), net._record.begin(run) as run:
        history.lmbda, history.mini_batch_size, history.rule = lmbda, mini_batch_size, rule
        history.weights = run.settings.weights
        history.sparse = skips_zeros(net, training, examples["training"].X, augmentation is not None, threads)
        net.history = history
        pace = pace_for(net, threads, mini_batch_size, (rule.name, history.sparse, augment is None))
        reports.began("SGD", net, history, n, mini_batch_size=mini_batch_size, eta=eta, rule=rule)
        try:
            _begin(net, history)
            history.stopped = stopping.reason_to_stop(stopping_rules, history) if len(history) else None
            images = epochs * (n - n % mini_batch_size * drop_last)
            with progress_bar(progress, images, " images") as bar:
                runner = EpochRunner(
                    net, training, mini_batch_size, observer, history, bar, augmentation, pace
                )
                numbers = rule.for_kernels() | {"lmbda_over_n": lmbda / n, "l1_over_n": l1 / n}
                step = None
                for _ in range(epochs):
                    if history.stopped:
                        break
                    rate = schedules.learning_rate(schedule, eta, history)
                    if step is None or step.eta != rate:
                        step = net._kernels.Rule(**numbers, eta=rate)
                    order = _order(net, shuffle, n)
                    if drop_last:
                        order = order[: len(order) - len(order) % mini_batch_size]
                    runner.train(step, order)
                    run.epochs += 1
                    reports.epoch(history)
                    if history.best_epoch == len(history) - 1:
                        history.best = net.parameters.copy() if keep_best else None
                    for callback in callbacks:
                        callback(net, history)
                    history.stopped = stopping.reason_to_stop(stopping_rules, history)
            done = "the epoch is done" if epochs == 1 else f"all {epochs} epochs are done"
            history.stopped = history.stopped or done
        except KeyboardInterrupt:
            record_interrupt(history, "epoch")
        except Exception as error:
            explain_divergence(error, examples["training"], net.layers[-1].activation)
            history.stopped = f"{type(error).__name__}: {error}"
            raise
        finally:
            reports.ended(history)
            if keep_best and history.best is not None and not np.array_equal(net.parameters, history.best):
                history.last = net.parameters.copy()
                net.parameters[:] = history.best
    if keep_best and history.best is None and history.best_epoch is not None:
        warnings.warn(
            f"keep_best: the best epoch, {history.best_epoch}, came before this run was resumed, and the "
            "history does not hold its parameters: the network keeps those of the last epoch. net.save keeps "
            "the best ones; History.to_dict does not",
            stacklevel=2,
        )
    kept = history.best_epoch if keep_best and history.best is not None else None
    warn_if_not_learning(net, history, examples, -1 if kept is None else kept, SGD)
    return history


def _checked_history(net: Network, resume: Any, rule: rules.Rule) -> History:
    """Return a new History, or the one that SGD's `resume` gave, once it is known to fit network and rule."""
    if resume is None:
        return History()
    if not isinstance(resume, History):
        raise TypeError(
            f"resume: the History of the run to continue needed, such as net.history; got {resume!r:.60}"
        )
    size = net._program.size
    sizes = {"best": (size,), "last": (size,), "state": (0, size, 2 * size)}
    for name, allowed in sizes.items():
        array = getattr(resume, name)
        if array is not None and (array.size not in allowed or (array.size and array.dtype != net.dtype)):
            raise ValueError(
                f"resume: the history is of another network: as {name} it holds {array.size} numbers of "
                f"{array.dtype}, and this network has {size} of {net.dtype}"
            )
    for name in ("seed", "epochs_trained"):
        known, own = getattr(resume, name), getattr(net, name)
        if known is not None and known != own:
            raise ValueError(
                f"resume: the history is of a network with {name} {known}, and this one has {own}: pass "
                "net.history, or begin a new run without resume"
            )
    if resume.rule is not None and type(resume.rule) is not type(rule):
        raise ValueError(
            f"resume: the history is of a run with the rule {resume.rule!r}, got {rule!r:.60}: pass the same "
            "rule, or begin a new run without resume"
        )
    return resume


def _check_weights(history: History, weights: str | None) -> None:
    """Refuse other weights than those of the run that is resumed; both are described by `weights_text`."""
    if len(history) and history.weights != weights:
        raise ValueError(
            f"resume: the run had {history.weights or 'no'} weights, this call has {weights or 'none'}: pass "
            "the same weights and class_weight, or begin a new run without resume"
        )


def _begin(net: Network, history: History) -> None:
    """Make a history ready for the next epochs: a new one, or that of a run to continue."""
    history.stopped, history.interrupted = None, False
    if history.last is not None and history.best is not None and np.array_equal(net.parameters, history.best):
        net.parameters[:] = history.last  # keep_best had replaced them by the best
    history.last = None
    if history.state is not None:  # it may come from a file, and the kernels like whole cache lines
        aligned = targets.aligned_zeros(history.state.size, net.dtype)
        aligned[:] = history.state
        history.state = aligned


def _warn_of_lost_memory(net: Network, history: History, rule: rules.Rule) -> None:
    """Warn if a run is resumed whose history does not hold the velocities or means of its rule."""
    if not len(history):
        return
    size = net._kernels.Rule(**rule.for_kernels(), eta=0.0).states * net._program.size
    if size and (history.state is None or history.state.size != size):
        warnings.warn(
            f"resume: the history does not hold the memory of {rule!r}, which begins at zero: a run without "
            "momentum has none, and History.to_dict does not keep it; net.save does, and so does "
            "History.from_dict(fields, arrays)",
            stacklevel=3,
        )


def pace_for(net: Network, threads: int | None, mini_batch_size: int, kind: tuple[Any, ...]) -> Pace:
    """Return the Pace of the run: a new one for a given number of threads, else that of the last such run."""
    if threads is not None:
        return Pace(threads, net._program.size, mini_batch_size)
    known: dict[tuple[Any, ...], Pace] = net.__dict__.setdefault("_paces", {})
    key = (mini_batch_size, *kind)
    if key not in known:
        known[key] = Pace(None, net._program.size, mini_batch_size)
    return known[key]


def skips_zeros(net: Network, training: Any, X: np.ndarray, augmented: bool, threads: int | None) -> bool:
    """Return whether the first layer reads only the non-zero inputs, and list them if so.

    The result is the same to rounding. It is faster if few inputs are non-zero, as in images of digits. X
    holds the inputs of `training`; their list is kept if they do not change.
    """
    if net.layers[0].dropout or augmented or not isinstance(net.layers[0], Dense):
        return False
    most = min(cores_available(), MOST_LISTING) if X.nbytes >= LISTED_TOGETHER else 1
    return _entries.list_entries(training, X, DENSITY, most if threads is None else min(threads, most))


def _check_shuffle(shuffle: Any) -> None:
    """Refuse what gives no order of the examples, before anything is trained."""
    if not callable(shuffle) and not isinstance(shuffle, (bool, np.bool_)):
        raise TypeError(
            f"shuffle: True, False or a function (epoch, n) of the order needed, got {shuffle!r:.60}"
        )


def _order(net: Network, shuffle: bool | Callable[[int, int], Any], n: int) -> np.ndarray:
    """Return the order of the training examples in the next epoch, as indices."""
    if callable(shuffle):
        return _validation.order(shuffle(net.epochs_trained, n), n)
    if not shuffle:
        return np.arange(n, dtype=np.intp)
    order = np.empty(n, np.intp)
    net._kernels.shuffle(order, net.seed, net.epochs_trained)
    return order
