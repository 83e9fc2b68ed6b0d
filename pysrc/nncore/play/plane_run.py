"""`PlaneRun` trains the network of the screen Two inputs in a thread, while a reader moves its weights."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import nncore
from nncore.training.run import DivergenceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nncore import choices
    from nncore.network import Network

FRAME = 0.05  # seconds
EPOCHS_A_FRAME = (1, 1, 20)  # by speed; at speed 0 mini-batches, and at FULL as many as a frame has time for
FULL = 3
MOST_EPOCHS = 1_000_000
KEPT = 1000  # epochs of the history; the page has its own curve


class Settings(NamedTuple):
    """The settings of a training."""

    eta: float
    lmbda: float
    rule: choices.RuleName
    mini_batch_size: int


class PlaneRun:
    """A PlaneRun has a network and points, and trains while it is asked to.

    Weights that are cut are 0, and stay so: they are put back to 0 after every mini-batch, which is the same
    as a network without them.

    Parameters
    ----------
    number : int
        It comes with every frame, so that the page knows which run a frame belongs to.
    net : Network
        It is trained.
    points : ndarray (n, 2)
    labels : ndarray (n,)
        Their classes, 0 and 1. There may be no points; then nothing can be trained.
    settings : Settings
    push : function of a frame
    """

    number: int
    net: Network
    push: Any
    steps: Any
    error: str
    ending: Any

    def __init__(
        self,
        number: int,
        net: Network,
        points: NDArray[Any],
        labels: NDArray[Any],
        settings: Settings,
        push: Callable[[dict[str, Any]], None],
    ) -> None:
        self.number, self.net, self.push = number, net, push
        eta, lmbda, rule, size = settings
        self.steps = None
        if len(labels):
            self.steps = nncore.Steps(net, (points, labels), size, eta, lmbda, rule=rule, threads=1)
        self.speed = FULL
        self.changes: deque[Callable[[], None]] = deque()
        self.cuts: list[tuple[NDArray[Any], tuple[NDArray[Any], ...]]] = []
        self.error = ""
        self.ending = threading.Event()
        self.thread: threading.Thread | None = None

    def frame(self) -> dict[str, Any]:
        """Return the network as it is now."""
        steps = self.steps
        return {
            "run": self.number,
            "parameters": flat(self.net),
            "epochs": min(self.net.epochs_trained, MOST_EPOCHS),
            "seconds": 0.0 if steps is None else steps.seconds,
            "whole": steps is None or steps.done in (0, steps.n),
            "running": self.thread is not None and not self.ending.is_set(),
            "error": self.error,
        }

    def go(self) -> None:
        """Train in a thread, until `pause`, and push a frame about 20 times a second."""
        if self.thread is not None and self.ending.is_set():
            self.pause()
        if self.thread is None:
            self.error = ""
            self.ending.clear()
            self.thread = threading.Thread(target=self._train, name="nncore-play-plane", daemon=True)
            self.thread.start()

    def pause(self) -> None:
        """Let nothing train any more when this returns."""
        self.ending.set()
        if self.thread is not None:
            self.thread.join()
            self.thread = None
        self._apply()

    def change(self, act: Callable[[], None]) -> None:
        """Do something with the network, before its next mini-batch if it trains."""
        self.changes.append(act)
        if self.thread is None or self.ending.is_set():
            self.pause()

    def cut(self, places: Iterable[int]) -> None:
        """Let the weights at these places of `flat` be 0, and no others."""
        marked = np.zeros(sum(part.size for part in parts_of(self.net)), bool)
        marked[list(places)] = True
        cuts, at = [], 0
        for part in parts_of(self.net):
            here = marked[at : at + part.size].reshape(part.shape)
            if here.any():
                cuts.append((part, np.nonzero(here)))
            at += part.size
        self.cuts = cuts
        self._sever()

    def put(self, parameters: Mapping[int, float] | NDArray[Any]) -> None:
        """Set some parameters by their places in `flat`, or all."""
        values = flat(self.net)
        if isinstance(parameters, np.ndarray):
            values[:] = parameters
        else:
            for place, value in parameters.items():
                values[place] = value
        at = 0
        for part in parts_of(self.net):
            part[...] = values[at : at + part.size].reshape(part.shape)
            at += part.size
        self._sever()

    def one_step(self) -> None:
        """Train on one mini-batch."""
        assert self.steps is not None
        self.steps.one_step()
        self._sever()

    def one_epoch(self) -> None:
        """Train to the end of an epoch."""
        steps = self.steps
        assert steps is not None
        if self.cuts:
            self.one_step()
            while steps.done < steps.n:
                self.one_step()
        else:
            steps.one_epoch()
        if len(steps.history) > KEPT:
            steps.history.truncate(0)

    def train(self, epochs: int) -> None:
        """Train for so many epochs."""
        for _ in range(epochs):
            self.one_epoch()

    def try_to(self, train: Callable[[], None]) -> None:
        """Train, and note it if the parameters leave the finite numbers."""
        try:
            train()
        except DivergenceError as error:
            self.error = " ".join(str(error).split())

    def _train(self) -> None:
        while not self.ending.is_set():
            begun = time.perf_counter()
            self._apply()
            self.try_to(partial(self._portion, begun))
            if self.error or self.net.epochs_trained >= MOST_EPOCHS:
                self.ending.set()
            self.push(self.frame())
            self.ending.wait(max(0.0, FRAME - (time.perf_counter() - begun)))

    def _portion(self, begun: float) -> None:
        """Train what a frame has at this speed."""
        if self.speed == 0:
            self.one_step()
        elif self.speed < FULL:
            self.train(EPOCHS_A_FRAME[self.speed])
        else:
            while time.perf_counter() - begun < FRAME and not self.ending.is_set():
                self.one_epoch()

    def _apply(self) -> None:
        while self.changes:
            self.changes.popleft()()

    def _sever(self) -> None:
        for part, places in self.cuts:
            part[places] = 0


def parts_of(net: Network) -> list[NDArray[Any]]:
    """Return the live arrays of a network: weights and biases of the first layer, then of the next."""
    return [part for pair in zip(net.weights, net.biases, strict=True) for part in pair]


def flat(net: Network) -> NDArray[np.float32]:
    """Return all parameters in a row, a copy: w row by row and b of the first layer, then of the next."""
    return np.concatenate([part.astype(np.float32).ravel() for part in parts_of(net)])
