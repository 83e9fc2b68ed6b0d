"""`average` trains one network on several workers, which average their parameters after every round."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, NamedTuple

import numpy as np

from nncore import _hints, _validation
from nncore._cores import cores_available
from nncore._work.handed import Handed
from nncore._work.portable import portable
from nncore._work.stop import Stop
from nncore._work.warned import warned
from nncore._work.workplace import Workplace, follow, workplace
from nncore.insight.scale import warn_of_scale
from nncore.network import Network
from nncore.training import monitoring, rules, schedules
from nncore.training.augment import Augment
from nncore.training.history import History
from nncore.training.progress import progress_bar
from nncore.training.run import evaluation_examples, exclusive, record_interrupt
from nncore.training.training_record import run_of

__all__ = ["average"]


def average(
    net: Network,
    data: Any,
    *,
    workers: int = _hints.NEEDED,
    rounds: int = _hints.NEEDED,
    mini_batch_size: int = _hints.NEEDED,
    eta: float = _hints.NEEDED,
    lmbda: float = 0.0,
    l1: float = 0.0,
    epochs: int = 1,
    outer: tuple[float, float] = (1.0, 0.5),
    momentum: float | None = None,
    rule: str | rules.Rule = "sgd",
    schedule: schedules.Schedule | Callable[[int], float] | None = None,
    augment: Augment | None = None,
    evaluation_data: Any = None,
    monitor: Any = None,
    executor: Executor | None = None,
    progress: bool | Callable[[int], Any] | None = None,
    **unknown: Any,
) -> History:
    """Train a network on several workers, which average their parameters after every round (local SGD).

    In each round every worker gets the network and its own share of the n examples, drawn anew, and trains
    on it by `SGD`. Then, with w the parameters before the round and w' the mean of the workers',

        v <- mu v + (w - w'),  w <- w - r (w - w' + mu v),

    an outer step with Nesterov's momentum; v begins at zero. With ``outer=(1.0, 0.0)``, w is the mean. The
    result depends on the number of workers, and not on what carries them out: it is the same to the bit.

    This pays where a pass over a worker's share takes much longer than to send the parameters: see
    docs/how-to/many-machines.md. On the cores of one machine, ``SGD(threads=...)`` is the way.

    Parameters
    ----------
    net : Network
        It is trained in place.
    data : Dataset, pair of arrays (X, y), or the book's list of (x, y)
        The n training examples.
    workers : int
        How many train at a time, each on n/workers of the examples.
    rounds : int
        How many times the parameters are averaged.
    mini_batch_size, eta, lmbda, l1, momentum, rule, schedule, augment
        As for `Network.SGD`. `lmbda` and `l1` are shared out, so that a step shrinks the weights as it does
        in `SGD` on all data. The rule's memory stays with each worker. A schedule counts the epochs.
    epochs : int, default 1
        How many times a worker goes through its share in each round.
    outer : pair of float, default (1.0, 0.5)
        The outer learning rate r and momentum mu.
    evaluation_data, monitor
        As for `Network.SGD`; the network with the averaged parameters is measured, after each round.
    executor : concurrent.futures.Executor, optional
        Carries the workers out; by default threads of this process do.
    progress : bool or callable, optional
        As for `Network.SGD`; the workers share one bar.

    Returns
    -------
    History
        It has one value for each round, and is kept as ``net.history``, too. After Ctrl-C, network and
        history are as they were after the last complete round.

    Raises
    ------
    DivergenceError
        The parameters of a worker left the finite numbers. The network is as it was before that round.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> history = nn.distributed.average(
    ...     net, train, workers=2, rounds=3, mini_batch_size=10, eta=0.5, evaluation_data=validation
    ... )
    >>> len(history), net.accuracy(test) > 0.85
    (3, True)
    """
    for name in unknown:  # such as batch_size=, which other libraries have
        raise _hints.unknown_argument("average", name)
    _hints.check_needed("average", workers=workers, rounds=rounds, mini_batch_size=mini_batch_size, eta=eta)
    net._core_alone("average", trains=True)
    workers = _validation.integer("workers", workers, 1)
    rounds = _validation.integer("rounds", rounds, 0)
    epochs = _validation.integer("epochs", epochs, 1)
    mini_batch_size = _validation.integer("mini_batch_size", mini_batch_size, 1)
    eta = _validation.real("eta", eta, least=0)
    lmbda = _validation.real("lmbda", lmbda, least=0)
    l1 = _validation.real("l1", l1, least=0)
    outer_step = OuterStep.checked(outer)
    chosen = rules.chosen(rule, momentum)
    schedules.check(schedule)
    data = portable("data", data, net)
    given = net._examples("data", data, usual=net._usual_to_train_on)
    if workers > given.n:
        raise ValueError(f"workers: {workers} workers need as many examples, and there are {given.n}")
    run = run_of(
        net,
        data,
        given,
        chosen,
        mini_batch_size=mini_batch_size,
        eta=eta,
        lmbda=lmbda,
        l1=l1,
        schedule=schedule,
        augment=augment,
    )
    examples = {"training": given} | evaluation_examples(net, evaluation_data, None, lambda: run.usual)
    prepared = {side: net._prepare(each) for side, each in examples.items()}
    observer = monitoring.observer(net, monitor, examples, prepared, lmbda, l1, None)
    if not net.training_record:
        warn_of_scale("data", given, net.layers[-1].activation)
    options = {"rule": chosen, "schedule": schedule, "augment": augment, "eta": eta}
    options |= {"mini_batch_size": mini_batch_size, "epochs": epochs}

    history = History()
    history.lmbda, history.mini_batch_size, history.rule = lmbda, mini_batch_size, chosen
    count = min(workers, cores_available())
    copies = [_worker(net, k) for k in range(workers)]
    with (
        exclusive(net),
        net._record.begin(run) as recording,
        workplace(executor, count if executor is None else None) as work,
        progress_bar(progress, rounds * epochs * given.n, " images") as bar,
    ):
        net.history = history
        handed = work.hand("data", data)
        began, images = time.perf_counter(), 0
        try:
            for _ in range(rounds):
                start = time.perf_counter()
                shares = shares_of(net, given.n, workers)
                tasks = []
                for copy, share in zip(copies, shares, strict=True):
                    copy.parameters = net.parameters
                    part = {"lmbda": lmbda * (len(share) / given.n), "l1": l1 * (len(share) / given.n)}
                    part["threads"] = max(1, cores_available() // count) if executor is None else 1
                    tasks.append(Task(copy, handed, share, options | part, work.stop, uuid.uuid4().hex))
                copies = _round(work, tasks, bar)
                outer_step.take(net, copies)
                net.epochs_trained += epochs
                recording.epochs += epochs
                images += epochs * given.n
                values = observer.after_epoch(net)
                last = [copy.history for copy in copies if copy.history]
                values |= {"eta": last[0].eta[-1], "steps": max(each.steps[-1] for each in last)}
                values |= {"images": images, "threads": count}
                values |= {"seconds": time.perf_counter() - start, "elapsed": time.perf_counter() - began}
                history.seed, history.epochs_trained = net.seed, net.epochs_trained
                history.add(values)
            history.stopped = f"all {rounds} rounds are done"
        except KeyboardInterrupt:
            record_interrupt(history, "round")
        except Exception as error:
            history.stopped = f"{type(error).__name__}: {error}"
            raise
    return history


class OuterStep:
    """An OuterStep moves a network from its parameters towards the mean of the workers', with momentum."""

    rate: float
    mu: float

    def __init__(self, rate: float, mu: float) -> None:
        self.rate, self.mu = rate, mu
        self.v: np.ndarray | float = 0.0

    @classmethod
    def checked(cls, outer: Any) -> OuterStep:
        """Return the step for what a user gave as `outer`."""
        values = _validation.listed("outer", outer, "a pair (learning rate, momentum)")
        if len(values) != 2:
            raise ValueError(f"outer: a pair (learning rate, momentum) needed, got {outer!r:.60}")
        return cls(
            _validation.real("outer, learning rate", values[0], least=0),
            _validation.real("outer, momentum", values[1], least=0, below=1),
        )

    def take(self, net: Network, copies: list[Network]) -> None:
        """Give the network its new parameters. The mean is taken in float64, in the order of the workers."""
        mean = np.zeros(net.parameters.shape)
        for copy in copies:
            mean += copy.parameters
        mean /= len(copies)
        moved = net.parameters - mean
        self.v = self.mu * self.v + moved
        # w - r (moved + mu v), so written that it is the mean to the bit where r = 1 and mu = 0
        net.parameters = mean + (1 - self.rate) * moved - self.rate * self.mu * self.v


class Task(NamedTuple):
    """A Task is the part of one worker in one round."""

    net: Network
    data: Handed
    share: np.ndarray  # the indices of its examples
    options: dict[str, Any]  # for SGD
    stop: Stop
    attempt: str  # unlike that of any other task, so that no executor takes it for one that it has done


def train(task: Task) -> Network | None:
    """Train a worker's network on its share, and return it, or None if Ctrl-C ended the round."""
    data = task.data.get()
    part = (data[0][task.share], data[1][task.share]) if isinstance(data, tuple) else data[task.share]
    with warned():
        history = task.net.SGD(part, resume=task.net.history, progress=task.stop.check, **task.options)
    return None if history.interrupted else task.net


def shares_of(net: Network, n: int, workers: int) -> list[np.ndarray]:
    """Return the indices of each worker's examples, which seed and epoch decide."""
    order = np.arange(n, dtype=np.intp)
    if workers > 1:  # one worker has them as they are, and so trains as SGD does
        net._kernels.shuffle(order, _seed(net.seed, workers), net.epochs_trained)
    return [np.sort(order[k::workers]) for k in range(workers)]


def _worker(net: Network, k: int) -> Network:
    """Return the network of worker k, which has a seed of its own; the first has that of the network."""
    copy = net.copy()
    copy.history = None
    if k:
        copy.seed = _seed(net.seed, k)
    return copy


def _seed(seed: int, k: int) -> int:
    return int(np.random.SeedSequence([seed, k]).generate_state(1, np.uint64)[0])


def _round(work: Workplace, tasks: list[Task], bar: Any) -> list[Network]:
    """Have all workers train, and return their networks in order; the error of one ends the round."""
    found: dict[int, Network] = {}

    def ended(k: int, future: Future[Network | None]) -> None:
        try:
            net = future.result()
        except Exception as error:
            error.add_note(f"(on worker {k} of {len(tasks)})")
            raise
        if net is None:
            raise KeyboardInterrupt
        found[k] = net
        if bar is not None:
            bar.update(len(tasks[k].share) * tasks[k].options["epochs"])

    follow({work.executor.submit(train, task): k for k, task in enumerate(tasks)}, ended, work)
    return [found[k] for k in range(len(tasks))]
