"""`compare` says how long a replay stays on the curves that the author published.

from nncore.reproduction import published_curves, replay

history = replay.run("overfitting", epochs=60)
print(published_curves.compare("overfitting", history))
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from os import PathLike
from typing import Any, NamedTuple, overload

import nncore
from nncore import _validation
from nncore.formats import book_json
from nncore.reproduction.replay import EVERYTHING, PROGRAMS, SeededTraining


class Published(NamedTuple):
    """The numbers that the author published for a training.

    Attributes
    ----------
    numbers : dict of str to dict of int to float
        The numbers by epoch, for each list of a History that the author published. Accuracies are counts of
        images.
    tolerance : float
        How much a cost may differ and still count as the same.
    """

    numbers: dict[str, dict[int, float]]
    tolerance: float = 1e-9


def _from_epoch_0(text: str) -> dict[int, float]:
    """Return the numbers in a text, by epoch."""
    return {epoch: json.loads(number) for epoch, number in enumerate(text.split())}


# These numbers ship with nncore, costs to four digits. `read_published` reads all from the author's files.
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

# Images classified correctly after so many epochs, which chapter 1 prints, by the number of the experiment.
TRANSCRIPTS: dict[str, dict[int, int]] = {
    "1.1": {1: 9129, 2: 9295, 3: 9348, 28: 9528, 29: 9542, 30: 9534},
    "1.3": {1: 1139, 2: 1136, 3: 1135, 28: 2101, 29: 2123, 30: 2142},
    "1.4": {1: 1009, 30: 982},
}


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
        The name of the program, one of `nncore.reproduction.replay.PROGRAMS`.
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
    """Compare one history with the published numbers, epoch by epoch, up to the first that differs."""
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
    """Read every number of a program from the JSON file that the author published beside the program.

    Parameters
    ----------
    name : str
        The name of the program, one of `nncore.reproduction.replay.PROGRAMS`.
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

    Examples
    --------
    >>> read_published("overfitting", "fig/overfitting.json")  # doctest: +SKIP
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
        except KeyError as missing:
            raise ValueError(f"{path}: expected the author's {name}.json (it has no {missing})") from missing
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"{path}: expected the author's {name}.json ({error})") from error


def _read_numbers(settings: SeededTraining, content: Any) -> dict[str, dict[int, float]]:
    """Return the numbers of a network: the file has four lists, or for more_data an accuracy in per cent."""
    if settings.evaluate_only_at_end:
        return {"evaluation_accuracy": {settings.epochs - 1: round(100 * content)}}
    numbers: dict[str, dict[int, float]] = {}
    for column, values in zip(EVERYTHING, content, strict=True):
        numbers[column] = dict(enumerate(values))
        if not all(type(value) in (int, float) for value in values):
            raise ValueError("a list holds something other than numbers")
    return numbers
