"""An `EpochRunner` trains and measures one epoch at a time. An epoch either completes or is rolled back."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import targets
from nncore.training.history import History
from nncore.training.monitoring import Observer
from nncore.training.pace import Pace
from nncore.training.progress import measured
from nncore.training.run import PERHAPS, DivergenceError

if TYPE_CHECKING:
    from nncore.network import Network

# For Adam or not, an eta above which no data can be to blame, and a usual one.
FAR_TOO_LARGE = {False: (100.0, 0.1), True: (10.0, 0.001)}


@dataclass
class EpochRunner:
    """Trains the epochs of one run, one per call of `train`."""

    net: Network
    training: Any  # the training set, as the kernels read it
    mini_batch_size: int
    observer: Observer
    history: History
    bar: Any  # a progress bar, or None
    augmentation: Any = None  # the kernels' description of the distortions
    pace: Pace = field(default_factory=Pace)
    began: float = field(init=False)
    next_check: float = 0.0  # when the parameters are looked at again within an epoch
    epoch: Any = None  # the kernels' Epoch: new memory is dear, so one serves for all epochs

    def __post_init__(self) -> None:
        self.began = time.perf_counter() - last(self.history.elapsed)

    def _check_parameters(self, rule: Any, at_end: bool) -> None:
        """Raise a DivergenceError if a parameter is not finite: at an epoch's end, and after most slices.

        A check reads all parameters: in a large network it takes as long as a few steps. So within an epoch
        it waits until it takes at most a fiftieth of the time.
        """
        start = time.perf_counter()
        if at_end or start >= self.next_check:
            if not self.epoch.is_finite():
                raise divergence(self.net, rule)
            end = time.perf_counter()
            self.next_check = end + 50 * (end - start)

    def train(self, rule: Any, order: np.ndarray) -> None:
        """Train one more epoch by the kernels' `rule`, on the examples in `order`.

        If anything ends the epoch half-way, network and history are put back to where they were before it.
        """
        net, history = self.net, self.history
        epochs, epochs_trained = len(history), net.epochs_trained
        self._begin(rule, order)
        try:
            self._train_slices(rule, len(order))
            net.epochs_trained = epochs_trained + 1
            history.seed, history.epochs_trained = net.seed, epochs_trained + 1
        except BaseException:  # KeyboardInterrupt among them
            history.truncate(epochs)
            net.epochs_trained = epochs_trained
            self.epoch.restore()
            raise

    def _begin(self, rule: Any, order: np.ndarray) -> None:
        """Let the kernels begin an epoch, and keep parameters and state as they are before it."""
        net, history = self.net, self.history
        size = rule.states * net._program.size
        if history.state is None or history.state.size != size:  # the rule's memory is zero to begin with
            history.state = targets.aligned_zeros(size, net.dtype)
            history.optimizer_start = last(history.steps) if size else 0
        state = history.state if size else None, last(history.steps) - history.optimizer_start
        key = net.seed, net.epochs_trained, 0
        if self.epoch is None:
            self.epoch = net._kernels.Epoch(
                net._program,
                net.parameters,
                self.training,
                order,
                self.mini_batch_size,
                rule,
                state=state,
                key=key,
                augmentation=self.augmentation,
            )
        else:
            self.epoch.begin(order, rule, state=state, key=key)
        self.epoch.keep()

    def _train_slices(self, rule: Any, n: int) -> None:
        """Train the n examples of the epoch slice by slice, measure, and append the values to the history."""
        net, history, every, epoch, pace = self.net, self.history, self.observer.every, self.epoch, self.pace
        seconds, steps, before = 0.0, last(history.steps), last(history.images)
        first = 0
        examples_by: dict[int, int] = {}
        while first < n:
            threads, wanted = pace.next_slice()
            goal = min(n, first + wanted)
            if every is not None:
                goal = min(goal, first + every - (before + first) % every)
            start = time.perf_counter()
            end = epoch.train(goal, threads, leaves=pace.measures)
            duration = time.perf_counter() - start
            pace.record(threads, end - first, duration, end < goal)
            seconds += duration
            examples_by[threads] = examples_by.get(threads, 0) + end - first
            self._check_parameters(rule, at_end=end == n)
            if every is not None and (before + end) // every > (before + first) // every:
                history.add_within_epoch(before + end, self.observer.within_epoch(net))
            if self.bar is not None:
                self.bar.update(end - first)
            first = end
        steps += -(-n // self.mini_batch_size)
        if len(examples_by) != 1:
            threads = max(examples_by, key=examples_by.__getitem__, default=1)
        values = self.observer.after_epoch(net) | {
            "eta": rule.eta,
            "images": before + n,
            "steps": steps,
            "threads": threads,
            "elapsed": time.perf_counter() - self.began,
            "seconds": seconds,
        }
        history.add(values)
        if self.bar is not None:
            self.bar.set_postfix(measured(values), refresh=False)  # the bar redraws itself often enough


def last(totals: list[Any]) -> Any:
    """Return the last value of a list of totals, or 0 before the first epoch."""
    return totals[-1] if totals else 0


def divergence(net: Network, rule: Any) -> DivergenceError:
    """Return the error for an epoch that left the finite numbers, with its likely cause."""
    return DivergenceError(
        f"epoch {net.epochs_trained}: the parameters left the finite numbers; {_cause(rule)}. The network is "
        "as it was at the start of this epoch.",
        net.epochs_trained,
    )


def _cause(rule: Any) -> str:
    """Say which number of the rule is to blame, and what to do.

    A bias has the input 1 in each example. So an eta above `FAR_TOO_LARGE` is too large whatever the inputs.
    """
    largest, usual = FAR_TOO_LARGE[rule.kind == "adam"]
    decay, l1_step = rule.eta * rule.lmbda_over_n, rule.eta * rule.l1_over_n
    if rule.eta > largest:
        return f"eta = {rule.eta:g} is far too large for any data; try {usual:g}"
    if abs(rule.momentum) >= 1:
        return f"with momentum = {rule.momentum:g} the velocities only grow; take a momentum between -1 and 1"
    if decay > 2:
        return f"eta lmbda/n = {decay:.3g} flips the sign of the weights at every step; lower lmbda"
    if l1_step > 1:
        return f"eta l1/n = {l1_step:.3g} is what each step moves every weight by; lower l1"
    return f"eta = {rule.eta:g} {PERHAPS}; try a tenth of it"
