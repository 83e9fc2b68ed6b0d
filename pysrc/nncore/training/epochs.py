"""An epoch of training: its mini-batches in slices, and what is seen on the way. An epoch is whole, or it
never was."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import targets
from nncore.training.history import MONITORED, History
from nncore.training.monitoring import Monitor

if TYPE_CHECKING:
    from nncore.network import Network

# The work in a slice: parameters times examples, and for each step as much as for STEP examples more. Ctrl-C
# and the progress bar wait for its end, a twentieth of a second or so. No clock decides, since where a slice
# ends the parameters may be rounded once more.
SLICE, STEP = 10**9, 16


class DivergenceError(FloatingPointError):
    """Training left the finite numbers. The network is as it was at the start of `epoch`."""

    def __init__(self, message: str, epoch: int) -> None:
        super().__init__(message)
        self.epoch = epoch

    def __reduce__(self):
        return DivergenceError, (self.args[0], self.epoch)


@dataclass
class Epochs:
    """What the epochs of a run share."""

    net: Network
    mini_batch_size: int
    watch: Monitor
    history: History
    bar: Any  # of progress, or None
    augmentation: Any = None  # the kernels', of the training images
    threads: int = 1
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = time.perf_counter() - last(self.history.elapsed)

    def train(self, rule: Any, order: np.ndarray) -> None:
        """One more epoch. Whatever ends it half-way, network and history are as they were before it."""
        net, history = self.net, self.history
        size = rule.states * net._program.size
        if history.state is None or history.state.size != size:
            history.state, history.at_rest = targets.aligned_zeros(size, net.dtype), last(history.steps)
        epochs, trained = len(history), net.epochs_trained
        parameters, state = net.parameters.copy(), history.state.copy()
        try:
            self._train(rule, order)
            net.epochs_trained += 1
        except BaseException:  # Ctrl-C too
            history.cut(epochs)
            net.epochs_trained = trained
            net.parameters[:], history.state[:] = parameters, state
            raise

    def _train(self, rule: Any, order: np.ndarray) -> None:
        """The mini-batches, slice by slice, and then a look at what they brought."""
        net, history, every = self.net, self.history, self.watch.every
        seconds, steps, before = 0.0, last(history.steps), last(history.images)
        for first, end in self._slices(len(order)):
            start = time.perf_counter()
            net._kernels.train(
                net._program,
                net.parameters,
                self.watch.all["training"],
                order[first:end],
                self.mini_batch_size,
                rule,
                history.state,
                step=steps - history.at_rest,
                seed=net.seed,
                epoch=net.epochs_trained,
                place=first,
                augmentation=self.augmentation,
                threads=self.threads,
            )
            seconds += time.perf_counter() - start
            with np.errstate(over="ignore", invalid="ignore"):
                if not np.isfinite(net.parameters.sum()):
                    raise divergence(net, rule)
            steps += -(-(end - first) // self.mini_batch_size)
            if every is not None and (before + end) // every > (before + first) // every:
                history.add_within(before + end, self.watch.within_epoch(net))
            if self.bar is not None:
                self.bar.update(end - first)
        values = self.watch.after_epoch(net)
        values |= {"eta": rule.eta, "images": before + len(order), "steps": steps, "seconds": seconds}
        history.add(values | {"elapsed": time.perf_counter() - self.began})
        if self.bar is not None:
            seen = {name: f"{values[name]:.4g}" for name in MONITORED if name in values}
            self.bar.set_postfix(seen, refresh=False)  # the bar's own pace is quick enough

    def _slices(self, n: int) -> Iterator[tuple[int, int]]:
        """Where slices begin and end: whole mini-batches, up to the next look within the epoch."""
        m, every, seen = self.mini_batch_size, self.watch.every, last(self.history.images)
        size = max(1, SLICE // (self.net._program.size * (m + STEP))) * m
        first = 0
        while first < n:
            end = min(first + size, n)
            if every is not None:
                due = first + every - (seen + first) % every
                end = min(end, -(-due // m) * m)
            yield first, end
            first = end


def last(column: list[Any]) -> Any:
    """Where a list that counts up has come to."""
    return column[-1] if column else 0


def divergence(net: Network, rule: Any) -> DivergenceError:
    """The error, with its likely cause."""
    cause = f"eta = {rule.eta:g} is probably too large for this network and its data; try a tenth of it"
    if rule.eta * rule.lmbda_over_n > 2:
        decay = rule.eta * rule.lmbda_over_n
        cause = f"eta lmbda/n = {decay:.3g} turns weights round at every step: lower lmbda"
    if abs(rule.momentum) >= 1:
        cause = f"with momentum = {rule.momentum:g} velocities only grow: take one between -1 and 1"
    return DivergenceError(
        f"epoch {net.epochs_trained}: the parameters left the finite numbers; {cause}, or scale the inputs "
        "down (pixels of 0 to 255?). The network is as it was at the start of this epoch.",
        net.epochs_trained,
    )
