"""The screen Learning speeds: how long the gradient of each layer is, in a network that learns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast, get_args

from nncore import choices
from nncore.play.digits import digits_at_hand
from nncore.play.screens.screen import Push, Screen, choice, whole
from nncore.play.speeds_run import ETA, LMBDA, DeepSettings, SpeedsRun
from nncore.play.trainer import Task, Trainer
from nncore.play.workbench import Workbench

MOST_HIDDEN = 6
MOST_SEED = 1 << 53
ACTIVATIONS = ("sigmoid", "tanh", "relu")
INITS = get_args(choices.Init)
DATA = ("1000", "all")


class Speeds(Screen):
    """Speeds trains one deep network. Every question is answered by its state, which is pushed as "frame"."""

    digits: Any
    run: SpeedsRun
    serial: int
    trainer: Trainer

    def __init__(self, bench: Workbench, push: Push) -> None:
        super().__init__(bench, push)
        self.digits = bench.digits or digits_at_hand()
        self.run = SpeedsRun(DeepSettings(), self.digits)
        self.serial = 0
        self.trainer = Trainer(lambda: self.push("frame", self._state()))

    def close(self) -> None:
        self.trainer.close()

    def ask_begin(
        self, hidden: Any, activation: Any, init: Any, data: Any = "1000", seed: Any = 0, at: Any = 0
    ) -> dict[str, Any]:
        """Begin with a new network, and train it at once if it is to have been trained.

        Parameters
        ----------
        hidden : int
            The number of hidden layers, 1 to 6.
        activation : {"sigmoid", "tanh", "relu"}
            That of the hidden layers.
        init : str
            As in `nncore.Network`.
        data : {"1000", "all"}
            1,000 training images as one mini-batch, as in the book, or all of them in mini-batches of 10.
        seed : int
            Of the initial weights.
        at : int
            How many epochs to train.
        """
        settings = DeepSettings(
            whole("hidden", hidden, 1, MOST_HIDDEN),
            cast(choices.Activation, choice("activation", activation, ACTIVATIONS)),
            cast(choices.Init, choice("init", init, INITS)),
            choice("data", data, DATA),
            whole("seed", seed, 0, MOST_SEED),
        )
        at = whole("at", at, 0, settings.epochs)
        with self.trainer.still():
            self.trainer.queue.clear()
            self.trainer.fault = ""
            self.run = SpeedsRun(settings, self.digits)
            self._go_on(at * self.run.n)
            return self._state()

    def ask_state(self) -> dict[str, Any]:
        """Return the state."""
        with self.trainer.still():
            return self._state()

    def ask_go(self) -> dict[str, Any]:
        """Train to the last epoch; a run that is done begins again."""
        with self.trainer.still():
            goal = self.run.settings.epochs * self.run.n
            if self.run.images >= goal or self.run.error:
                self.run = SpeedsRun(self.run.settings, self.digits)
            self._go_on(goal)
            return self._state()

    def ask_pause(self) -> dict[str, Any]:
        """Stop, and measure there."""
        with self.trainer.still():
            self.trainer.queue.clear()
            self.run.rest()
            return self._state()

    def ask_step(self) -> dict[str, Any]:
        """Train on one mini-batch."""
        return self._advance(lambda run: run.images + 1)

    def ask_epoch(self) -> dict[str, Any]:
        """Train to the end of an epoch."""
        return self._advance(lambda run: (run.images // run.n + 1) * run.n)

    def _advance(self, goal: Callable[[SpeedsRun], int]) -> dict[str, Any]:
        with self.trainer.still():
            self.trainer.queue.clear()
            self._go_on(goal(self.run))
            return self._state()

    def _go_on(self, goal: int) -> None:
        """Train to a goal, in images; nothing trains meanwhile."""
        self.run.goal = goal
        self.trainer.queue[:] = [] if self.run.finished else [Task(self.run, True)]

    def _state(self) -> dict[str, Any]:
        self.serial += 1
        run = self.run
        return {
            "serial": self.serial,
            "settings": run.settings._asdict(),
            "images": run.images,
            "n": run.n,
            "measured": len(run.probe),
            "mini_batch_size": run.mini_batch_size,
            "eta": ETA,
            "lmbda": LMBDA,
            "epochs": run.settings.epochs,
            "seconds": run.steps.seconds,
            "running": bool(self.trainer.queue),
            "curve": run.curve(),
            "book": published(run.settings),
            "error": run.error or self.trainer.fault,
            "is_mnist": self.digits.is_mnist,
            "code": self.digits.code,
        }


def published(settings: DeepSettings) -> list[float]:
    """Return the speeds of the hidden layers at the start that the book gives; none for networks not in it.

    >>> published(DeepSettings(hidden=3))
    [0.012, 0.06, 0.283]
    """
    from nncore.reproduction.experiments import chapter5

    if settings.activation != "sigmoid" or settings.init != "scaled":
        return []
    return list(chapter5.SPEEDS.get(settings.hidden, ()))
