"""The author's own runs, replayed digit for digit.

    from nncore.reproduction import replay

    history = replay.run("overfitting", epochs=60)
    print(replay.compare("overfitting", history))

The programs behind the figures of chapter 3 are seeded, and their results are published. Here they run
again through the float64 core, with the author's seed, NumPy's legacy random numbers, the shuffle of
Python 2, and pixels of value/256. Only the rounding differs, by about 1e-16 of each sum. Where learning
amplifies this difference, the replay leaves the published curve at some epoch; `compare` says at which. With
AVX-512, and costs compared within 1e-9:

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

import json
import math
import random
from collections.abc import Mapping
from os import PathLike
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore import _validation
from nncore.book.network2 import draw
from nncore.formats import book_json

SEED = 12345678
MINI_BATCH_SIZE = 10
EVERYTHING = ("evaluation_cost", "evaluation_accuracy", "training_cost", "training_accuracy")
ACCURACY = ("evaluation_accuracy",)


class SeededTraining(NamedTuple):
    """A training in one of the programs, with the cross-entropy cost and mini-batches of 10.

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
        What it recorded.
    evaluate_only_at_end : bool
        Whether it evaluated only after the last epoch.
    """

    epochs: int
    eta: float
    lmbda: float
    hidden: int = 30
    init: str = "large"
    images: int | None = None
    evaluation: str = "validation"
    monitor: tuple[str, ...] = EVERYTHING
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


class Published(NamedTuple):
    """The numbers that the author published for a training.

    Attributes
    ----------
    numbers : dict of str to dict of int to float
        For lists of a History, the numbers by epoch. Accuracies are counts of images.
    tolerance : float
        How much a cost may differ and still count as the same.
    """

    numbers: dict[str, dict[int, float]]
    tolerance: float = 1e-9


def _from_epoch_0(text: str) -> dict[int, float]:
    """Return the numbers in a text, by epoch."""
    return {epoch: json.loads(number) for epoch, number in enumerate(text.split())}


# The numbers that ship with nncore, costs to four digits. `read_published` reads all from the author's files.
PUBLISHED: dict[str, dict[str, Published]] = {
    "overfitting": {
        "overfitting": Published(
            {
                "evaluation_accuracy": _from_epoch_0(
                    "5887 6505 6970 7271 7433 7198 7710 7747 7850 7899 7853 7848 7986 8020 8046 "
                    "8039 8056 8090 8090 8107 8086 8126 8104 8107 8116 8121 8128 8121 8135 8126"
                )
                | {399: 8223},
                "training_accuracy": _from_epoch_0(
                    "690 749 812 848 872 865 914 932 948 949 957 966 970 973 979 "
                    "977 981 982 982 985 984 988 989 990 988 990 991 991 992 992"
                )
                | {399: 1000},
                "evaluation_cost": _from_epoch_0(
                    "2.0763 1.8232 1.6641 1.4913 1.4627 1.5609 1.3271 1.3032 1.2737 1.2353"
                )
                | {399: 1.7731},
                "training_cost": _from_epoch_0(
                    "1.8434 1.4777 1.2073 1.0133 0.9046 0.8891 0.6951 0.6006 0.5409 0.4779"
                )
                | {399: 0.0042},
            },
            tolerance=0.0000501,
        ),
    },
    "weight_initialization_30": {
        "scaled": Published(
            {
                "evaluation_accuracy": _from_epoch_0(
                    "9270 9414 9470 9504 9537 9550 9587 9594 9596 9594 9616 9595 9622 9630 9636 "
                    "9641 9625 9652 9637 9634 9642 9639 9649 9646 9646 9653 9646 9653 9640 9650"
                )
            }
        ),
        "large": Published(
            {
                "evaluation_accuracy": _from_epoch_0(
                    "8643 9044 9141 9231 9299 9327 9385 9416 9433 9449 9476 9489 9500 9535 9521 "
                    "9548 9564 9573 9585 9592 9596 9615 9607 9605 9606 9622 9637 9648 9635 9637"
                )
            }
        ),
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
        if not histories or settings.init == "scaled":  # here the program makes a network
            biases, weights = draw(normal, sizes)
            weights = [w / np.sqrt(w.shape[1]) for w in weights]
        if settings.init == "large":  # here it draws new weights for the network that it has
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
        if len(histories) < len(
            program
        ):  # the next network needs the order after all of the author's shuffles
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


class Comparison(NamedTuple):
    """How long a replay stays on the published curve; `str` gives a sentence.

    Attributes
    ----------
    numbers : int
        The published numbers that were met, all in epochs before `epoch`.
    cost_error : float
        The largest difference of a cost among them.
    epoch : int or None
        The first epoch with a number that differs from the published one.
    difference : str
        That number and the published one.
    """

    numbers: int
    cost_error: float
    epoch: int | None = None
    difference: str = ""

    def __str__(self) -> str:
        if self.epoch is not None:
            return f"leaves the published curve at epoch {self.epoch}: {self.difference}"
        if not self.numbers:
            return "has no published numbers here to compare with"
        costs = f"; costs differ by {self.cost_error:.0e} at most" if self.cost_error else ""
        return f"meets every published number of these epochs, {self.numbers} of them{costs}"


@overload
def compare(
    name: str, histories: nncore.History, published: Mapping[str, Published] | None = None
) -> Comparison: ...
@overload
def compare(
    name: str, histories: Mapping[str, nncore.History], published: Mapping[str, Published] | None = None
) -> dict[str, Comparison]: ...
def compare(
    name: str,
    histories: nncore.History | Mapping[str, nncore.History],
    published: Mapping[str, Published] | None = None,
) -> Comparison | dict[str, Comparison]:
    """Say at which epoch, if any, a replay leaves the curve that the author published.

    Parameters
    ----------
    name : str
        The program's.
    histories : History or mapping of str to History
        What `run` returned for MNIST.
    published : mapping of str to Published, optional
        What `read_published` returned; by default the numbers that ship with nncore, which exist for
        "overfitting" and "weight_initialization_30".

    Returns
    -------
    Comparison or dict of str to Comparison
        One for each History.

    Examples
    --------
    >>> history = nncore.History()
    >>> history.evaluation_accuracy = [0.5887, 0.6504]
    >>> history.evaluation_cost = [2.0763, 1.8232]
    >>> print(compare("overfitting", history))
    leaves the published curve at epoch 1: evaluation accuracy 6504, published 6505
    """
    program = PROGRAMS[_validation.one_of("name", name, tuple(PROGRAMS))]
    published = PUBLISHED.get(name, {}) if published is None else published
    if isinstance(histories, nncore.History):
        return compare(name, {name: histories}, published)[name]
    return {
        key: _compare(program[key], history, published.get(key, Published({})))
        for key, history in histories.items()
    }


def _compare(settings: SeededTraining, history: nncore.History, published: Published) -> Comparison:
    n = {"evaluation": 10_000, "training": settings.images or 50_000}
    met, errors = 0, [0.0]
    for epoch in range(settings.epochs):
        differing, errors_now = [], []
        for column, numbers in published.numbers.items():
            seen = getattr(history, column)[epoch : epoch + 1]
            if epoch not in numbers or not seen or math.isnan(seen[0]):
                continue
            side, what = column.split("_")
            number = seen[0] if what == "cost" else round(seen[0] * n[side])
            errors_now.append(abs(number - numbers[epoch]))
            if errors_now[-1] > (published.tolerance if what == "cost" else 0):
                differing.append(f"{side} {what} {number}, published {numbers[epoch]}")
        if differing:
            return Comparison(met, max(errors), epoch, "; ".join(differing))
        met += len(errors_now)
        errors += errors_now
    return Comparison(met, max(errors))


def read_published(name: str, path: str | PathLike[str]) -> dict[str, Published]:
    """Read every number of a program from the JSON file that the author keeps beside it.

    Parameters
    ----------
    name : str
        The program's.
    path : path
        The file; for "overfitting" it is `fig/overfitting.json` in the author's repository.

    Returns
    -------
    dict of str to Published
        An argument of `compare`; costs count as the same within 1e-9.

    Raises
    ------
    ValueError
        The file holds something else.
    OSError
        The file cannot be opened.
    """
    program = PROGRAMS[_validation.one_of("name", name, tuple(PROGRAMS))]
    with open(book_json.file_at(path), encoding="utf-8") as file:
        try:
            content = json.load(file)
            if name.startswith("weight_initialization"):
                content = [content[f"{init}_weight_initialization"] for init in ("default", "large")]
            networks = [content] if len(program) == 1 else content
            return {
                key: Published(_read_numbers(settings, network))
                for (key, settings), network in zip(program.items(), networks, strict=True)
            }
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ValueError(f"{path}: expected the author's {name}.json ({error})") from error


def _read_numbers(settings: SeededTraining, content: Any) -> dict[str, dict[int, float]]:
    """Return the numbers of a network: the file has four lists, or for more_data an accuracy in per cent."""
    if settings.evaluate_only_at_end:
        return {"evaluation_accuracy": {settings.epochs - 1: round(100 * content)}}
    numbers = {}
    for column, values in zip(EVERYTHING, content, strict=True):
        numbers[column] = dict(enumerate(values))
        if not all(type(value) in (int, float) for value in values):
            raise ValueError("a list holds something other than numbers")
    return numbers
