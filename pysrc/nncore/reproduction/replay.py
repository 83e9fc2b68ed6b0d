"""The author's own runs, replayed digit for digit.

    from nncore.reproduction import replay

    history = replay.run("overfitting", epochs=60)
    print(replay.compare("overfitting", history))

The programs behind the figures of chapter 3 are seeded, and their results are published. Here they run
again through the float64 core: his seed, NumPy's legacy draws, the shuffle of Python 2, pixels of value/256.
Only the rounding is our own, 1e-16 or so of each sum, and where learning amplifies that, a curve is left some
day; `compare` says when. Seen with AVX-512, costs compared within 1e-9:

    overfitting, regularized        on the curve through all 400 epochs, costs within 4e-14
    weight_initialization_30, _100  every count of all 30 epochs, both ways to draw the first weights
    more_data                       all nine accuracies
    multiple_eta                    0.025 and 0.25 through all 30 epochs; 2.5 leaves it in epoch 0, each order
                                    of summing for a curve of its own: steps so large amplify any rounding
    overfitting_full                leaves it at epoch 2,
    regularized_full                at epoch 4, and so does plain NumPy that sums in the book's order
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


class Experiment(NamedTuple):
    """A network that one of the programs trains, with the cross-entropy cost and mini-batches of 10."""

    epochs: int
    eta: float
    lmbda: float
    hidden: int = 30  # neurons
    init: str = "large"  # or "scaled"
    images: int | None = (
        None  # cut off for this network, before they are shuffled; None: the program's whole list
    )
    evaluation: str = "validation"  # or "test"
    monitor: tuple[str, ...] = EVERYTHING
    last_epoch_alone: bool = False  # whether it was looked at then alone


def _weight_initialization(hidden: int) -> dict[str, Experiment]:
    return {init: Experiment(30, 0.1, 5.0, hidden, init, monitor=ACCURACY) for init in ("scaled", "large")}


def _more_data(n: int) -> Experiment:
    return Experiment(1_500_000 // n, 0.5, n * 0.0001, images=n, monitor=ACCURACY, last_epoch_alone=True)


# The programs, and the networks that each trains one after the other. A single one has the program's name.
PROGRAMS: dict[str, dict[str, Experiment]] = {
    "overfitting": {"overfitting": Experiment(400, 0.5, 0.0, images=1000, evaluation="test")},
    "overfitting_full": {"overfitting_full": Experiment(30, 0.5, 0.0, images=50_000, evaluation="test")},
    "regularized": {"regularized": Experiment(400, 0.5, 0.1, images=1000, evaluation="test")},
    "regularized_full": {"regularized_full": Experiment(30, 0.5, 5.0, images=50_000, evaluation="test")},
    "weight_initialization_30": _weight_initialization(30),
    "weight_initialization_100": _weight_initialization(100),
    "multiple_eta": {
        f"eta {eta}": Experiment(30, eta, 5.0, init="scaled", monitor=("training_cost",))
        for eta in (0.025, 0.25, 2.5)
    },
    "more_data": {
        f"{n} images": _more_data(n) for n in (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
    },
}


class Published(NamedTuple):
    """What the author published of a network."""

    figures: dict[str, dict[int, float]]  # of the lists of a History, by epoch; accuracies count examples
    within: float = 1e-9  # how near a cost must be to count as the same


def _figures(text: str) -> dict[int, float]:
    """Those of the epochs from 0 on."""
    return {epoch: json.loads(figure) for epoch, figure in enumerate(text.split())}


# The figures that ship with nncore, costs to four digits; `read_published` reads all from the author's files.
PUBLISHED: dict[str, dict[str, Published]] = {
    "overfitting": {
        "overfitting": Published(
            {
                "evaluation_accuracy": _figures(
                    "5887 6505 6970 7271 7433 7198 7710 7747 7850 7899 7853 7848 7986 8020 8046 "
                    "8039 8056 8090 8090 8107 8086 8126 8104 8107 8116 8121 8128 8121 8135 8126"
                )
                | {399: 8223},
                "training_accuracy": _figures(
                    "690 749 812 848 872 865 914 932 948 949 957 966 970 973 979 "
                    "977 981 982 982 985 984 988 989 990 988 990 991 991 992 992"
                )
                | {399: 1000},
                "evaluation_cost": _figures(
                    "2.0763 1.8232 1.6641 1.4913 1.4627 1.5609 1.3271 1.3032 1.2737 1.2353"
                )
                | {399: 1.7731},
                "training_cost": _figures(
                    "1.8434 1.4777 1.2073 1.0133 0.9046 0.8891 0.6951 0.6006 0.5409 0.4779"
                )
                | {399: 0.0042},
            },
            within=0.0000501,
        ),
    },
    "weight_initialization_30": {
        "scaled": Published(
            {
                "evaluation_accuracy": _figures(
                    "9270 9414 9470 9504 9537 9550 9587 9594 9596 9594 9616 9595 9622 9630 9636 "
                    "9641 9625 9652 9637 9634 9642 9639 9649 9646 9646 9653 9646 9653 9640 9650"
                )
            }
        ),
        "large": Published(
            {
                "evaluation_accuracy": _figures(
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
        L2 (some 15 s each); "overfitting_full", "regularized_full": the same with all 50,000, 30 epochs;
        "weight_initialization_30", "weight_initialization_100": the two ways to draw the first weights;
        "multiple_eta": three learning rates; "more_data": nine sizes of the training set (all: up to 45 s).
    epochs : int, optional
        Of each network, no more than this. What the author's program drew in the epochs left out is drawn all
        the same: the next network begins as his did.
    data : tuple of Dataset, optional
        Training, validation and test images; by default MNIST, as `nncore.datasets.load_mnist` finds it. With
        others the curves are others too.
    progress : bool, optional
        A progress bar for each network; by default on a terminal.

    Returns
    -------
    History or dict of str to History
        What the author looked at, epoch by epoch; accuracies are fractions. Of a program with several
        networks, by network: "scaled", "large"; "eta 0.025", "eta 0.25", "eta 2.5"; "100 images" to
        "50000 images" (he looked after the last epoch alone: NaN before). Ctrl-C ends the program, and the
        last history says so.

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
    for key, experiment in program.items():
        images = training[: experiment.images]
        order = whole if experiment.images is None else list(range(len(images)))

        def shuffle(epoch: int, n: int, order: list[int] = order) -> NDArray[np.intp]:
            python2_shuffle(order, uniform)
            return np.array(order)

        sizes = [training.images[0].size, experiment.hidden, 10]
        if not histories or experiment.init == "scaled":  # where the program makes a network
            biases, weights = draw(normal, sizes)
            weights = [w / np.sqrt(w.shape[1]) for w in weights]
        if experiment.init == "large":  # or draws anew for the one it has
            biases, weights = draw(normal, sizes)
        net = nncore.Network(sizes, cost="cross-entropy", init="zeros", dtype="float64")
        net.biases, net.weights = biases, weights
        evaluation = test if experiment.evaluation == "test" else validation
        histories[key] = history = net.SGD(
            images,
            experiment.epochs if epochs is None else min(epochs, experiment.epochs),
            MINI_BATCH_SIZE,
            experiment.eta,
            experiment.lmbda,
            evaluation_data=evaluation,
            monitor=() if experiment.last_epoch_alone else experiment.monitor,
            shuffle=shuffle,
            progress=progress,
        )
        if history.interrupted:
            break
        if experiment.last_epoch_alone:
            history.evaluation_accuracy = [math.nan] * (len(history) - 1) + [net.accuracy(evaluation)]
        if len(histories) < len(program):  # the next begins where all of the author's shuffles lead
            for _ in range(len(history), experiment.epochs):
                python2_shuffle(order, uniform)
    return histories[name] if len(program) == 1 else histories


def python2_shuffle(x: list[Any], uniform: Any) -> None:
    """Shuffle a list in place as Python 2's `random.shuffle(x)` did.

    Parameters
    ----------
    x : list
    uniform : callable
        Gives the next random number in [0, 1): the method `random` of a `random.Random`.

    Examples
    --------
    >>> x = [1, 2, 3, 4]
    >>> python2_shuffle(x, lambda: 0.0)  # always change places with the first
    >>> x
    [2, 3, 4, 1]
    """
    for i in range(len(x) - 1, 0, -1):
        j = int(uniform() * (i + 1))
        x[i], x[j] = x[j], x[i]


class Comparison(NamedTuple):
    """How long a replay was on the published curve; printed, a sentence says it.

    Attributes
    ----------
    figures : int
        Published figures that were met, all of the epochs before `epoch`.
    cost_error : float
        By how much a cost among them differs, at most.
    epoch : int or None
        The first epoch with a figure that is not the published one.
    difference : str
        That figure and the published one.
    """

    figures: int
    cost_error: float
    epoch: int | None = None
    difference: str = ""

    def __str__(self) -> str:
        if self.epoch is not None:
            return f"leaves the published curve at epoch {self.epoch}: {self.difference}"
        if not self.figures:
            return "has no published figures here to compare with"
        costs = f"; costs differ by {self.cost_error:.0e} at most" if self.cost_error else ""
        return f"meets every published figure of these epochs, {self.figures} of them{costs}"


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
        What `run` returned, of MNIST.
    published : mapping of str to Published, optional
        What `read_published` returned; by default the figures that ship with nncore, which are those of
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


def _compare(experiment: Experiment, history: nncore.History, published: Published) -> Comparison:
    n = {"evaluation": 10_000, "training": experiment.images or 50_000}
    met, errors = 0, [0.0]
    for epoch in range(experiment.epochs):
        differing, errors_now = [], []
        for column, figures in published.figures.items():
            seen = getattr(history, column)[epoch : epoch + 1]
            if epoch not in figures or not seen or math.isnan(seen[0]):
                continue
            side, what = column.split("_")
            figure = seen[0] if what == "cost" else round(seen[0] * n[side])
            errors_now.append(abs(figure - figures[epoch]))
            if errors_now[-1] > (published.within if what == "cost" else 0):
                differing.append(f"{side} {what} {figure}, published {figures[epoch]}")
        if differing:
            return Comparison(met, max(errors), epoch, "; ".join(differing))
        met += len(errors_now)
        errors += errors_now
    return Comparison(met, max(errors))


def read_published(name: str, path: str | PathLike[str]) -> dict[str, Published]:
    """Every figure of a program, from the JSON file that the author keeps beside it.

    Parameters
    ----------
    name : str
        The program's.
    path : path
        Its file: of "overfitting", `fig/overfitting.json` in the author's repository.

    Returns
    -------
    dict of str to Published
        For `compare`; costs count as the same within 1e-9.

    Raises
    ------
    ValueError
        The file is another.
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
                key: Published(_read_figures(experiment, network))
                for (key, experiment), network in zip(program.items(), networks, strict=True)
            }
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ValueError(f"{path}: expected the author's {name}.json ({error})") from error


def _read_figures(experiment: Experiment, content: Any) -> dict[str, dict[int, float]]:
    """What the file holds of a network: four lists; of more_data's a number, its accuracy in per cent."""
    if experiment.last_epoch_alone:
        return {"evaluation_accuracy": {experiment.epochs - 1: round(100 * content)}}
    figures = {}
    for column, values in zip(EVERYTHING, content, strict=True):
        figures[column] = dict(enumerate(values))
        if not all(type(value) in (int, float) for value in values):
            raise ValueError("a list holds something else than numbers")
    return figures
