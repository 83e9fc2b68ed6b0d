"""Twelve trainings that go wrong, by name; `run` carries one out, as it is or with what a remedy changes."""

from __future__ import annotations

import contextlib
import functools
import threading
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import nncore
from nncore.datasets import Dataset
from nncore.insight.diagnose import Diagnosis, Patient
from nncore.layers import Dense, Softmax
from nncore.training.run import DivergenceError

if TYPE_CHECKING:
    from nncore.choices import Activation, Cost
    from nncore.network import Network
    from nncore.training.history import History

SIDE, CLASSES = 28, 10
TRAINING = threading.Lock()  # who asks for what is being trained waits for it
RARE, RARE_IMAGES = 8, 30  # the rare class, and how many of its images are left
SATURATED_BIAS = 12.0  # at which every output starts, near 1


@dataclass(frozen=True)
class Settings:
    """Settings say how a network is made and trained on the bundled digits.

    `n` is how many of the 8,000 are used. `divisor` is that of the bytes: 256 makes numbers from 0 to 1.
    `rows_off` says by how many rows the labels are moved, `few` whether one class is rare.
    """

    hidden: tuple[int, ...] = (30,)
    activation: Activation = "sigmoid"
    cost: Cost = "cross-entropy"
    init: Literal["scaled", "large", "he", "zeros", "saturated"] = "scaled"
    n: int = 8000
    divisor: int = 256
    rows_off: int = 0
    few: bool = False
    sorted: bool = False
    epochs: int = 10
    mini_batch_size: int = 10
    eta: float = 0.5
    lmbda: float = 0.0
    shuffle: bool = True
    class_weight: Literal["balanced"] | None = None


SETUPS: dict[str, tuple[str, Settings]] = {
    "eta-100": ("eta = 100", Settings(cost="quadratic", init="large", eta=100.0)),
    "eta-small": ("eta = 0.001", Settings(cost="quadratic", init="large", eta=0.001)),
    "lmbda": ("lmbda = 10,000", Settings(lmbda=10_000.0)),
    "zeros": ("All weights zero", Settings(init="zeros")),
    "saturated": ("Quadratic cost, saturated", Settings(cost="quadratic", init="saturated")),
    "deep": ("Ten hidden layers", Settings(hidden=(30,) * 10, eta=0.1)),
    "dead": ("Dead ReLU neurons", Settings(activation="relu", cost="log-likelihood", init="he", eta=1.0)),
    "bytes": ("Pixels 0 to 255", Settings(divisor=1)),
    "rows": ("Labels one row off", Settings(rows_off=1)),
    "sorted": ("Sorted, not shuffled", Settings(sorted=True, shuffle=False)),
    "rare": ("One rare class", Settings(few=True, epochs=5, eta=0.1)),
    "heart": ("Learned by heart", Settings(n=1000, epochs=60, init="large")),
}


@dataclass(frozen=True, eq=False)
class Run:
    """A Run is a training that was carried out, with all that the doctor needs."""

    settings: Settings
    net: Network
    data: Any
    validation: Any
    seconds: float

    @property
    def history(self) -> History:
        assert self.net.history is not None
        return self.net.history

    @property
    def accuracy(self) -> float:
        """The share of the validation digits that the network reads correctly."""
        return self.net.accuracy(self.validation)

    @functools.cached_property
    def diagnosis(self) -> Diagnosis:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return nncore.diagnose(
                self.net, self.data, evaluation_data=self.validation, class_weight=self.settings.class_weight
            )

    @functools.cached_property
    def patient(self) -> Patient:
        """What the doctor measures."""
        return Patient(
            self.net,
            self.data,
            evaluation_data=self.validation,
            class_weight=self.settings.class_weight,
        )


def run(settings: Settings) -> Run:
    """Train a new network as the settings say; the same settings are trained once, for all connections."""
    with TRAINING:
        return _run(settings)


@functools.lru_cache(maxsize=64)
def _run(settings: Settings) -> Run:
    training, validation, _ = load()
    net, data, others = new_network(settings), examples(settings, training), scaled(settings, validation)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the doctor speaks
        start = time.perf_counter()
        with contextlib.suppress(DivergenceError):
            net.SGD(
                data,
                settings.epochs,
                settings.mini_batch_size,
                settings.eta,
                settings.lmbda,
                class_weight=settings.class_weight,
                shuffle=settings.shuffle,
                evaluation_data=others,
                monitor=("evaluation_accuracy", "training_accuracy", "training_cost"),
                progress=False,
            )
        seconds = time.perf_counter() - start
    return Run(settings, net, data, others, seconds)


@functools.lru_cache(maxsize=1)
def load() -> tuple[Dataset, Dataset, Dataset]:
    """Return the bundled digits, the same objects each time."""
    return nncore.datasets.load_sample()


def new_network(settings: Settings) -> Network:
    """Return the network of the settings, not yet trained."""
    hidden = [Dense(n, settings.activation) for n in settings.hidden]
    output = Softmax(CLASSES) if settings.cost == "log-likelihood" else Dense(CLASSES, "sigmoid")
    init = "scaled" if settings.init == "saturated" else settings.init
    net = nncore.Network([*hidden, output], input_shape=(SIDE * SIDE,), cost=settings.cost, init=init, seed=1)
    if settings.init == "saturated":
        net.biases[-1][...] = SATURATED_BIAS
    return net


def examples(settings: Settings, training: Dataset) -> Any:
    """Return the training data, with what is wrong with them."""
    chosen = np.arange(settings.n)
    labels = training.labels[: settings.n]
    if settings.few:
        chosen = np.flatnonzero((labels != RARE) | (np.cumsum(labels == RARE) <= RARE_IMAGES))
    if settings.sorted:
        chosen = np.argsort(labels, kind="stable")
    data = training[chosen]
    return scaled(settings, Dataset(data.images, np.roll(data.labels, settings.rows_off)))


def scaled(settings: Settings, data: Dataset) -> Any:
    """Return bytes, which a network divides by 256, or numbers that are divided by something else."""
    if settings.divisor == 256:
        return data
    pixels = data.images.reshape(len(data), SIDE * SIDE).astype(np.float32)
    return pixels / np.float32(settings.divisor), data.labels
