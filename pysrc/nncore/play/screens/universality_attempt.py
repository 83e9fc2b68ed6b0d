"""An `Attempt` is SGD's try at a function that a network was built for by hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore._work.warned import warned
from nncore.book import universality
from nncore.layers import Dense
from nncore.network import Network
from nncore.play.screens.screen import Push
from nncore.training.history import History
from nncore.training.run import DivergenceError

FRAME = 0.05  # seconds from one frame to the next,
SHARE = 10  # and at least so many times those that the last one took
EXAMPLES = {1: 200, 2: 21}  # along each input, by the number of inputs
EPOCHS = {1: 3000, 2: 1000}
MINI_BATCH = 10
MOMENTUM = 0.9
ETA = {1: 0.1, 2: 0.05}  # for few neurons; more of them need less
SOFT = {1: 2.0, 2: 8.0}  # how steep the first steps are; with one input, times the number of neurons


class Attempt:
    """An Attempt trains a network with one hidden layer of sigmoid neurons and a linear output, in a thread.

    The neurons begin as soft steps, spread over the inputs, and the output weights as zeros. It pushes frames
    "sgd", at most 20 a second: "attempt" (its number), "neurons", "epoch", "epochs", "seconds", "running",
    "output" at the points that the page draws, "mean" and "max" (the deviation), and "error", the sentence
    that says why it ended early, or "".

    Parameters
    ----------
    number : int
        It tells one attempt from the next.
    neurons : int
        The number of hidden neurons.
    goal : function
        It takes an array for each input.
    points : ndarray (n, inputs)
        Where the page draws the output.
    push : function (name, value)
        Sends a frame.
    """

    number: int
    neurons: int
    goal: Any
    points: Any
    push: Push
    epochs: int
    net: Network
    due: float
    stopped: Any
    error: str
    thread: Any

    def __init__(
        self,
        number: int,
        neurons: int,
        goal: Callable[..., NDArray[np.float64]],
        points: NDArray[np.float64],
        push: Push,
    ) -> None:
        self.number, self.neurons, self.goal, self.points, self.push = number, neurons, goal, points, push
        inputs = points.shape[1]
        self.epochs = EPOCHS[inputs]
        self.net = soft_steps(inputs, neurons)
        self.due = time.perf_counter() + FRAME
        self.stopped = threading.Event()
        self.error = ""
        self.thread = threading.Thread(target=self._train, name="nncore-play-sgd", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """End the training behind the epoch that is under way, and wait for that."""
        self.stopped.set()
        self.thread.join()

    def _train(self) -> None:
        inputs = self.points.shape[1]
        side = (np.arange(EXAMPLES[inputs]) + 0.5) / EXAMPLES[inputs]
        x = np.stack(np.meshgrid(*[side] * inputs, indexing="ij"), axis=-1).reshape(-1, inputs)
        try:
            with warned():
                self.net.SGD(
                    (x, self.goal(*x.T)[:, None]),
                    self.epochs,
                    MINI_BATCH,
                    eta=10 * ETA[inputs] / max(10, self.neurons),
                    momentum=MOMENTUM,
                    threads=1,
                    progress=False,
                    callbacks=self._show,
                    stop=lambda history: self.stopped.is_set(),
                )
        except DivergenceError as error:
            self.error = str(error)
        self._push(running=False)

    def _show(self, net: Network, history: History) -> None:
        if time.perf_counter() > self.due:
            self._push(running=True)

    def _push(self, running: bool) -> None:
        start = time.perf_counter()
        deviation = universality.deviation(self.net, self.goal)
        self.push(
            "sgd",
            {
                "attempt": self.number,
                "neurons": self.neurons,
                "epoch": self.net.epochs_trained,
                "epochs": self.epochs,
                "seconds": self.seconds(),
                "running": running,
                "output": self.net.feedforward(self.points)[:, 0],
                "mean": deviation.mean,
                "max": deviation.max,
                "error": self.error,
            },
        )
        now = time.perf_counter()
        self.due = now + max(FRAME, SHARE * (now - start))

    def seconds(self) -> float:
        """Return how long the core has trained: without the time for measuring and showing."""
        history = self.net.history
        return 0.0 if history is None else float(sum(history.seconds))


def soft_steps(inputs: int, neurons: int) -> Network:
    """Return a network whose hidden neurons are soft steps, and whose output is 0 everywhere.

    >>> net = soft_steps(1, 10)
    >>> (-net.biases[0] / net.weights[0])[:, 0].round(2).tolist()
    [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95]
    """
    layers = [Dense(neurons), Dense(1, "linear")]
    net = Network(layers, input_shape=(inputs,), init="zeros", dtype="float64", seed=1)
    if inputs == 1:
        weights = np.full((neurons, 1), SOFT[1] * neurons)
        centres = ((np.arange(neurons) + 0.5) / neurons)[:, None]
    else:
        random = np.random.default_rng(1)
        angles = random.uniform(0, 2 * np.pi, neurons)
        weights = SOFT[2] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        centres = random.uniform(0, 1, (neurons, 2))
    net.weights[0], net.biases[0] = weights, -(weights * centres).sum(axis=1, keepdims=True)
    return net
