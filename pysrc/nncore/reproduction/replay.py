"""`run` replays the author's own runs digit for digit.

    from nncore.reproduction import published_curves, replay

    history = replay.run("overfitting", epochs=60)
    print(published_curves.compare("overfitting", history))

The programs behind the figures of chapter 3 are seeded, and their results are published. Here they run
again through the float64 core, with the author's seed, NumPy's legacy random numbers, the shuffle of
Python 2, and pixels of value/256. Only the rounding differs, by about 1e-16 of each sum. Where learning
amplifies this difference, the replay leaves the published curve at some epoch, and
`published_curves.compare` says at which. With AVX-512, and costs compared within 1e-9:

    overfitting, regularized        on the curve through all 400 epochs, costs within 4e-14
    weight_initialization_30, _100  every count of all 30 epochs, for both ways to draw the initial weights
    more_data                       all nine accuracies
    multiple_eta                    0.025 and 0.25 on the curve through all 30 epochs; 2.5 leaves it in epoch
                                    0: steps this large amplify any rounding, and every order of summation
                                    gives another curve
    overfitting_full                leaves the curve at epoch 2,
    regularized_full                at epoch 4, as plain NumPy does that sums in the book's order
"""

from __future__ import annotations

import math
import random
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore import _validation
from nncore.book.network2 import draw
from nncore.choices import Init, Measure

SEED = 12345678
MINI_BATCH_SIZE = 10
EVERYTHING: tuple[Measure, ...] = (
    "evaluation_cost",
    "evaluation_accuracy",
    "training_cost",
    "training_accuracy",
)
ACCURACY: tuple[Measure, ...] = ("evaluation_accuracy",)


class SeededTraining(NamedTuple):
    """A training in one of the author's programs, with the cross-entropy cost and mini-batches of 10.

    Attributes
    ----------
    epochs, eta, lmbda
        Arguments of `nncore.Network.SGD`.
    hidden : int
        The number of hidden neurons.
    init : {"large", "scaled"}
        How the initial weights are drawn.
    images : int or None
        The number of training images, taken from the start before they are shuffled. None: the program
        trains on its own list of all images, in the order in which the training before left it.
    evaluation : {"test", "validation"}
        The set on which the program evaluated.
    monitor : tuple of str
        What the program recorded.
    evaluate_only_at_end : bool
        Whether it evaluated only after the last epoch.
    """

    epochs: int
    eta: float
    lmbda: float
    hidden: int = 30
    init: Init = "large"
    images: int | None = None
    evaluation: str = "validation"
    monitor: tuple[Measure, ...] = EVERYTHING
    evaluate_only_at_end: bool = False


def _weight_initialization(hidden: int) -> dict[str, SeededTraining]:
    return {
        init: SeededTraining(30, 0.1, 5.0, hidden, init, monitor=ACCURACY) for init in ("scaled", "large")
    }


def _more_data(n: int) -> SeededTraining:
    return SeededTraining(
        1_500_000 // n, 0.5, n * 0.0001, images=n, monitor=ACCURACY, evaluate_only_at_end=True
    )


# The trainings of each program, in their order. A single one has the program's name.
PROGRAMS: dict[str, dict[str, SeededTraining]] = {
    "overfitting": {"overfitting": SeededTraining(400, 0.5, 0.0, images=1000, evaluation="test")},
    "overfitting_full": {"overfitting_full": SeededTraining(30, 0.5, 0.0, images=50_000, evaluation="test")},
    "regularized": {"regularized": SeededTraining(400, 0.5, 0.1, images=1000, evaluation="test")},
    "regularized_full": {"regularized_full": SeededTraining(30, 0.5, 5.0, images=50_000, evaluation="test")},
    "weight_initialization_30": _weight_initialization(30),
    "weight_initialization_100": _weight_initialization(100),
    "multiple_eta": {
        f"eta {eta}": SeededTraining(30, eta, 5.0, init="scaled", monitor=("training_cost",))
        for eta in (0.025, 0.25, 2.5)
    },
    "more_data": {
        f"{n} images": _more_data(n) for n in (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
    },
}


def run(
    name: str,
    epochs: int | None = None,
    *,
    data: tuple[nncore.Dataset, nncore.Dataset, nncore.Dataset] | None = None,
    progress: bool | None = None,
) -> nncore.History | dict[str, nncore.History]:
    """Train as one of the author's programs did.

    Parameters
    ----------
    name : str
        One of `PROGRAMS`. "overfitting", "regularized": the first 1,000 images, 400 epochs, without and with
        L2 (about 15 s each); "overfitting_full", "regularized_full": the same with all 50,000, 30 epochs;
        "weight_initialization_30", "weight_initialization_100": the two ways to draw the initial weights;
        "multiple_eta": three learning rates; "more_data": nine sizes of the training set (up to 45 s each).
    epochs : int, optional
        The largest number of epochs of each network. The random numbers of the epochs left out are drawn all
        the same, so that the next network begins as the author's did.
    data : tuple of Dataset, optional
        Training, validation and test images; by default MNIST, as `nncore.datasets.load_mnist` finds it.
        Other images give other curves.
    progress : bool, optional
        Whether to show a progress bar for each network; by default on a terminal.

    Returns
    -------
    History or dict of str to History
        What the author recorded, epoch by epoch; accuracies are fractions. A program with several networks
        gives a history for each: "scaled", "large"; "eta 0.025", "eta 0.25", "eta 2.5"; "100 images" to
        "50000 images" (NaN before the last epoch, after which alone he evaluated). Ctrl-C ends the program,
        and the last history has `interrupted` set.

    Examples
    --------
    >>> history = run("overfitting", epochs=2, data=nncore.datasets.load_sample())
    >>> len(history), len(history.evaluation_cost), history.evaluation_accuracy[1] > 0.5
    (2, 2, True)
    """
    program = PROGRAMS[_validation.one_of("name", name, tuple(PROGRAMS))]
    if epochs is not None:
        epochs = _validation.integer("epochs", epochs, 1)
    training, validation, test = nncore.datasets.load_mnist() if data is None else data
    uniform, normal = random.Random(SEED).random, np.random.RandomState(SEED)
    whole = list(range(len(training)))
    histories: dict[str, nncore.History] = {}
    for key, settings in program.items():
        images = training[: settings.images]
        order = whole if settings.images is None else list(range(len(images)))

        def shuffle(epoch: int, n: int, order: list[int] = order) -> NDArray[np.intp]:
            python2_shuffle(order, uniform)
            return np.array(order)

        sizes = [training.images[0].size, settings.hidden, 10]
        if not histories or settings.init == "scaled":  # the author's program makes a network here
            biases, weights = draw(normal, sizes)
            weights = [w / np.sqrt(w.shape[1]) for w in weights]
        if settings.init == "large":  # the author's program draws new weights for its network here
            biases, weights = draw(normal, sizes)
        net = nncore.Network(sizes, cost="cross-entropy", init="zeros", dtype="float64")
        net.biases, net.weights = biases, weights
        evaluation = test if settings.evaluation == "test" else validation
        histories[key] = history = net.SGD(
            images,
            settings.epochs if epochs is None else min(epochs, settings.epochs),
            MINI_BATCH_SIZE,
            settings.eta,
            settings.lmbda,
            evaluation_data=evaluation,
            monitor=() if settings.evaluate_only_at_end else settings.monitor,
            shuffle=shuffle,
            progress=progress,
        )
        if history.interrupted:
            break
        if settings.evaluate_only_at_end:
            history.evaluation_accuracy = [math.nan] * (len(history) - 1) + [net.accuracy(evaluation)]
        if len(histories) < len(program):  # the next network needs the order after all of his shuffles
            for _ in range(len(history), settings.epochs):
                python2_shuffle(order, uniform)
    return histories[name] if len(program) == 1 else histories


def python2_shuffle(x: list[Any], uniform: Any) -> None:
    """Shuffle a list in place as Python 2's `random.shuffle(x)` did.

    Parameters
    ----------
    x : list
    uniform : callable
        Returns the next random number in [0, 1): the method `random` of a `random.Random`.

    Examples
    --------
    >>> x = [1, 2, 3, 4]
    >>> python2_shuffle(x, lambda: 0.0)  # always swap with the first
    >>> x
    [2, 3, 4, 1]
    """
    for i in range(len(x) - 1, 0, -1):
        j = int(uniform() * (i + 1))
        x[i], x[j] = x[j], x[i]
