"""A `Follower` looks at a fit after each epoch: scores, early stopping, learning rates, callbacks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from nncore.sklearn.settings import Settings
from nncore.sklearn.versions import EpochCallbacks
from nncore.training.history import History

if TYPE_CHECKING:
    from nncore.network import Network

CUT = 5.0  # what learning_rate="adaptive" divides by
SMALLEST_RATE = 1e-6  # at which it stops
Score = Callable[["Network", History], float]


class Follower:
    """A Follower keeps what one fit has measured, and decides when it ends.

    The decisions are scikit-learn's: the fit ends when, in more than `n_iter_no_change` epochs in a row, the
    training loss has not fallen by more than `tol`, or with early stopping the validation score not risen so.

    Parameters
    ----------
    settings : Settings
    n : int
        The number of training examples of an epoch.
    seen : int
        How many examples the estimator has trained on before.
    best_loss : float
        The lowest training loss before; infinity in a first fit.
    score : callable, optional
        ``score(net, history)`` is the validation score after an epoch.
    weight : float
        The sum of the weights of the validation examples.
    callbacks : EpochCallbacks, optional
        The callbacks of scikit-learn.
    """

    settings: Settings
    n: int
    seen: int
    score: Score | None
    weight: float
    callbacks: EpochCallbacks | None
    lmbda: float
    best_loss: float
    best_score: float
    without_improvement: int
    eta: float
    reason: str

    def __init__(
        self,
        settings: Settings,
        n: int,
        seen: int = 0,
        best_loss: float = math.inf,
        score: Score | None = None,
        weight: float = 0.0,
        callbacks: EpochCallbacks | None = None,
    ) -> None:
        self.settings, self.n, self.seen = settings, n, seen
        self.score, self.weight, self.callbacks = score, weight, callbacks
        self.lmbda = 0.0
        self.losses: list[float] = []
        self.validation_losses: list[float] = []
        self.scores: list[float] = []
        self.best_loss, self.best_score = best_loss, -math.inf
        self.best_parameters: np.ndarray | None = None
        self.without_improvement = 0
        self.eta = settings.eta
        self.reason = ""

    def after_epoch(self, net: Network, history: History) -> None:
        """Measure an epoch, or an iteration of L-BFGS. `SGD` and `minimize` call this method."""
        self.seen += self.n
        loss = history.training_cost[-1]
        self.losses.append(loss)
        if self.settings.verbose:
            print(f"Iteration {len(self.losses)}, loss = {loss:.8f}")
        if self.score is not None:
            self._validate(net, history, self.score)
        if self.settings.solver != "lbfgs" or self.settings.early_stopping:
            self._count(net, loss)
            if self.without_improvement > self.settings.patience:
                self._give_up()
        if self.callbacks is not None and self.callbacks.end(net):
            self.reason = self.reason or "a callback ended the run"

    def stop(self, history: History) -> str:
        """Return the reason to end the run, or "". `SGD` and `minimize` call this after `after_epoch`."""
        if not self.reason and self.callbacks is not None and len(history) < self.settings.max_iter:
            self.callbacks.begin()
        return self.reason

    def learning_rate(self, epoch: int) -> float:
        """Return eta of the next epoch, for learning_rate="invscaling" and "adaptive"."""
        if self.settings.learning_rate == "invscaling":
            return float(self.settings.eta / (self.seen + 1) ** self.settings.power_t)
        return self.eta

    def _validate(self, net: Network, history: History, score: Score) -> None:
        """Measure the validation data, and keep the parameters if their score is the best."""
        self.scores.append(score(net, history))
        penalty = self.lmbda / 2 * sum(float(np.vdot(w, w)) for w in net.weights) / self.weight
        self.validation_losses.append(history.evaluation_cost[-1] - penalty)
        if self.settings.verbose:
            print(f"Validation score: {self.scores[-1]:f}")

    def _count(self, net: Network, loss: float) -> None:
        """Count an epoch without an improvement; begin to count anew after one with it."""
        tol = self.settings.tol
        if self.settings.early_stopping:
            improved = self.scores[-1] >= self.best_score + tol
        else:
            improved = loss <= self.best_loss - tol
        self.without_improvement = 0 if improved else self.without_improvement + 1
        self.best_loss = min(self.best_loss, loss)
        if self.scores and self.scores[-1] > self.best_score:
            self.best_score = self.scores[-1]
            if self.settings.early_stopping:
                self.best_parameters = net.parameters.copy()

    def _give_up(self) -> None:
        """End the run; or lower an adaptive learning rate, and wait for an improvement anew."""
        settings = self.settings
        what = "validation score" if settings.early_stopping else "training loss"
        reason = f"the {what} did not improve by {settings.tol:g} in {settings.patience} epochs in a row"
        if settings.solver == "sgd" and settings.learning_rate == "adaptive" and self.eta > SMALLEST_RATE:
            self.eta /= CUT
            self.without_improvement = 0
            if settings.verbose:
                print(f"{reason}: the learning rate is {self.eta:g} now")
            return
        self.reason = reason
        if settings.verbose:
            print(f"{reason}: the run ends")
