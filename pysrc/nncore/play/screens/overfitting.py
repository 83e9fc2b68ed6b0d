"""The screen Overfitting: a training that learns its images by heart, and five things to do against it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _log
from nncore._work.stop import Stop
from nncore.play.against_overfitting import HELD, IMAGES, MEASURED, MINI_BATCH_SIZE, Recipe, Trial
from nncore.play.author import author
from nncore.play.digits import digits_at_hand
from nncore.play.screens.screen import Push, Screen, choice, real, whole
from nncore.play.weight_pictures import UNIT, bound, histogram
from nncore.reproduction import experiments
from nncore.reproduction.experiments.training_spec import Training

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nncore.play.workbench import Workbench

MOST_RUNS = 4
MOST_EPOCHS = 1000
KEPT = 32  # runs that are not trained again
FRAME = 0.05  # seconds between two frames
BOOK_TESTED, BOOK_TRAINED = 10_000, 1000  # images: what is published are counts
BOOK_EPOCHS = 400
MEASURES = {"lmbda": "lmbda", "dropout": "dropout", "augment": "shift", "stop": "patience", "data": "images"}
NOTHING = "none"
PROGRAM = "overfitting"  # the author's, and his file


class Overfitting(Screen):
    """Overfitting trains the book's network on 1,000 digits, as it is and with one measure against it each.

    `ask_runs` says which runs are wanted. What is not there is trained in a thread, one after the other, and
    frames "frame" show the state meanwhile; what is no longer wanted is given up.
    """

    digits: Any
    stop: Stop
    turn: Any
    ended: bool
    serial: int
    shown: float
    fault: str

    def __init__(self, bench: Workbench, push: Push) -> None:
        super().__init__(bench, push)
        self.digits = bench.digits or digits_at_hand()
        self.kept: dict[Recipe, Trial] = {}  # those that have ended, the oldest first
        self.wanted: list[tuple[str, float, Recipe]] = []
        self.trial: Trial | None = None  # the one that is trained now
        self.stop = Stop()
        self.turn = threading.Condition()
        self.thread: threading.Thread | None = None
        self.ended = False
        self.serial = 0
        self.shown = 0.0
        self.fault = ""

    def close(self) -> None:
        with self.turn:
            self.ended = True
            self.stop.set()
            self.turn.notify_all()
        if self.thread is not None:
            self.thread.join()

    def ask_runs(self, runs: Any, epochs: Any) -> dict[str, Any]:
        """Train these runs, as far as they are not there, and no others.

        Parameters
        ----------
        runs : list of [measure, value]
            "none" (whose value does not count), "lmbda", "dropout", "augment" (pixels), "stop" (epochs) or
            "data" (images). The last one is that whose weights and Python lines are shown.
        epochs : int
            Of 1,000 images.

        Returns
        -------
        dict
            The state, as `_state` gives it.
        """
        if not isinstance(runs, list) or not 1 <= len(runs) <= MOST_RUNS:
            raise ValueError(f"runs: a list of 1 to {MOST_RUNS} needed, got {runs!r:.60}")
        epochs = whole("epochs", epochs, 1, MOST_EPOCHS)
        wanted = [self._read(run, epochs) for run in runs]
        with self.turn:
            self.wanted, self.fault = wanted, ""
            if self.trial is not None and all(recipe != self.trial.recipe for _, _, recipe in wanted):
                self.stop.set()
            self.turn.notify_all()
            if self.thread is None:
                self.thread = threading.Thread(target=self._train, name="nncore-play-runs", daemon=True)
                self.thread.start()
            return self._state()

    def ask_rest(self) -> dict[str, Any]:
        """Give up what is being trained, as when the reader leaves the screen."""
        with self.turn:
            self.wanted = []
            self.stop.set()
        return {}

    def _read(self, run: Any, epochs: int) -> tuple[str, float, Recipe]:
        """Return the measure of a run, its value, and its recipe."""
        if not isinstance(run, list) or len(run) != 2:
            raise ValueError(f"runs: [measure, value] needed, got {run!r:.60}")
        measure = choice("measure", run[0], (NOTHING, *MEASURES))
        recipe = Recipe(epochs)
        if measure == NOTHING:
            return measure, 0.0, recipe
        value: float
        if measure == "lmbda":
            value = real("lmbda", run[1], 0.0, 1e6)
        elif measure == "dropout":
            value = real("dropout", run[1], 0.0, 0.9)
        else:
            least = IMAGES if measure == "data" else 1
            name = {"augment": "pixels", "stop": "epochs", "data": "images"}[measure]
            value = whole(name, run[1], least, MOST_EPOCHS if measure == "stop" else self._most(measure))
        given: dict[str, Any] = {MEASURES[measure]: value}
        return measure, value, recipe._replace(**given)

    def _most(self, measure: str) -> int:
        """Return the largest number of images, or of pixels."""
        return len(self.digits.training) - HELD if measure == "data" else 8

    def curves(self) -> dict[str, NDArray[np.float64]]:
        """Return what was measured so far of each run that is wanted: the points of `ask_runs`."""
        with self.turn:
            found = {measure: self._trial(recipe) for measure, _, recipe in self.wanted}
            return {measure: points_of(trial) for measure, trial in found.items()}

    # --- the thread

    def _train(self) -> None:
        while (trial := self._next()) is not None:
            try:
                trial.train(self.stop, self._show)
            except Exception as error:
                self._end_with(error)
            with self.turn:
                self.trial = None
                if trial.done:
                    self.kept[trial.recipe] = trial
                    while len(self.kept) > KEPT:
                        del self.kept[next(iter(self.kept))]
            self._show(at_once=True)

    def _next(self) -> Trial | None:
        """Wait for a run that is wanted and not there, and return it; None ends the thread."""
        with self.turn:
            while not self.ended:
                for *_, recipe in self.wanted:
                    if recipe not in self.kept and not self.fault:
                        self.trial, self.stop = Trial(recipe, self.digits), Stop()
                        return self.trial
                self.turn.wait()
            return None

    def _show(self, at_once: bool = False) -> None:
        """Push a frame, at most 20 a second."""
        now = time.perf_counter()
        if at_once or now >= self.shown + FRAME:
            self.shown = now
            with self.turn:
                if self.wanted:
                    self.push("frame", self._state())

    def _end_with(self, error: Exception) -> None:
        """Train nothing until other runs are wanted, and say why."""
        with self.turn:
            self.fault = f"A fault of nncore's: {type(error).__name__}: {error}"
        logger = _log.listener(_log.WARNING)
        if logger is not None:
            logger.error("nncore play, overfitting", exc_info=error)

    # --- what is shown

    def _state(self) -> dict[str, Any]:
        """Return the runs that are wanted, as far as they are trained, and the weights of the last two.

        Returns
        -------
        dict
            ``runs``: measure, value, points (rows: epochs of 1,000 images, accuracy on the training images,
            on the test images), done, trains, stopped, error, seconds, images, epochs, python.
            ``weights``: range, and the counts, number and beyond of the last run and of the one before it.
        """
        self.serial += 1
        trials = [self._trial(recipe) for *_, recipe in self.wanted]
        return {
            "serial": self.serial,
            "running": any(trial is None or not trial.done for trial in trials) and not self.fault,
            "fault": self.fault,
            "runs": [self._described(*run, trial) for run, trial in zip(self.wanted, trials, strict=True)],
            "weights": weights_of(trials),
            "book": book(self.wanted),
            "n_test": len(self.digits.test),
            "most_images": self._most("data"),
            "is_mnist": self.digits.is_mnist,
        }

    def _trial(self, recipe: Recipe) -> Trial | None:
        """Return the trial of a recipe, whether it has ended or not."""
        if self.trial is not None and self.trial.recipe == recipe:
            return self.trial
        return self.kept.get(recipe)

    def _described(self, measure: str, value: float, recipe: Recipe, trial: Trial | None) -> dict[str, Any]:
        return {
            "measure": measure,
            "value": value,
            "points": points_of(trial),
            "done": trial is not None and trial.done,
            "stopped": "" if trial is None else trial.stopped,
            "error": "" if trial is None else trial.error,
            "seconds": 0.0 if trial is None else trial.seconds,
            "images": recipe.images,
            "n_measured": min(recipe.images, MEASURED),
            "epochs": recipe.own_epochs,
            "steps": recipe.own_epochs * -(-recipe.images // MINI_BATCH_SIZE),
            "python": recipe.python(self.digits.code),
        }


def points_of(trial: Trial | None) -> NDArray[np.float64]:
    """Return what was measured so far, as rows."""
    return np.array([] if trial is None else list(trial.points), np.float64).reshape(-1, 3)


def weights_of(trials: list[Trial | None]) -> dict[str, Any]:
    """Return the histograms of the weights of the last run and of the one before, in one range."""
    found = [None if trial is None else trial.weights for trial in trials[-2:]]
    known = [w for w in found if w is not None and np.isfinite(w).all()]
    most = max([bound(w) for w in known], default=UNIT)
    wide = UNIT * 2.0 ** np.ceil(np.log2(max(most, 1e-6) / UNIT))
    counts: list[dict[str, Any] | None] = []
    for w in reversed(found):
        if w is None or not np.isfinite(w).all():
            counts.append(None)
            continue
        inside, beyond = histogram(w, wide)
        mean = float(np.abs(w.astype(np.float64)).mean())
        counts.append({"counts": inside, "beyond": beyond, "n": int(w.size), "mean": mean})
    return {"range": float(wide), "last": counts}


def book(wanted: list[tuple[str, float, Recipe]]) -> list[dict[str, Any]]:
    """Return what the book and its author published for the runs that are wanted.

    Returns
    -------
    list of dict
        name, ``whole`` (whether it is the author's own file), and points, [epochs, accuracy], on the
        ``training`` and on the ``test`` images.
    """
    found = []
    recipes = [recipe for *_, recipe in wanted]
    if any(recipe._replace(epochs=BOOK_EPOCHS) == Recipe() for recipe in recipes):
        curves, is_whole = author(PROGRAM)
        published = curves[PROGRAM]
        numbers = {
            "training": (published.numbers["training_accuracy"], BOOK_TRAINED),
            "test": (published.numbers["evaluation_accuracy"], BOOK_TESTED),
        }
        points = {
            side: [[epoch + 1.0, count / images] for epoch, count in counts.items()]
            for side, (counts, images) in numbers.items()
        }
        found.append({"name": "the author" if is_whole else "the book", "whole": is_whole, **points})
    regularized = experiments.find("3.8")
    training = regularized.parts[0]
    last = next(number.book for number in regularized.numbers if "last epoch" in number.what)
    assert isinstance(training, Training)
    same = Recipe(lmbda=training.lmbda)
    if last is not None and any(recipe._replace(epochs=BOOK_EPOCHS) == same for recipe in recipes):
        points = {"training": [], "test": [[float(BOOK_EPOCHS), last]]}
        found.append({"name": f"the book, lmbda {training.lmbda:g}", "whole": False, **points})
    return found
