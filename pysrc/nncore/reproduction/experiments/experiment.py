"""An experiment of the book: what is run, and the numbers that the book gives for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nncore.reproduction.experiments.training_spec import Measurement, Training

Record = Mapping[str, Any]  # the record of a finished run, which `nncore.reproduction.record.read` returns


@dataclass(frozen=True)
class BookNumber:
    """A number that the book gives, and the number of ours that is compared with it.

    Attributes
    ----------
    part : str
        The part of the experiment whose runs give our number.
    what : str
        What is measured, on which set, at which epoch.
    ours : callable
        Returns our number, given the record of a run.
    book : float or None
        The book's number; accuracies are fractions. None if the book gives no number.
    criterion : {"at least", "near", "exact"}
        When our number counts as reproduced. `at least`: it is not below the book's number. `near`: it is
        within two standard deviations of our runs. `exact`: it equals the book's to the last printed digit.
    tolerance : float
        For `at least`, how far our number may be below the book's. For `near`, a distance that is allowed
        even if our own runs differ by less. For `exact`, half of the last printed digit.
    best_run : bool
        Whether the best of our runs is compared, as in chapter 6, where the book took the best of three;
        otherwise their mean is.
    form : {"percent", "number", "yes"}
        How the number is printed: an accuracy in per cent, a number, or "yes" for 1 and "no" for 0.
    """

    part: str
    what: str
    ours: Callable[[Record], float]
    book: float | None = None
    criterion: str = "at least"
    tolerance: float = 0.0
    best_run: bool = False
    form: str = "percent"


@dataclass(frozen=True)
class Experiment:
    """An experiment of the book.

    Attributes
    ----------
    id : str
        The chapter and a number: "3.8".
    title : str
    section : str
        Where the book describes it.
    parts : tuple of Training or Measurement
        What is run.
    numbers : tuple of BookNumber
        The book's numbers, each with the number of ours that is compared with it.
    published : str
        What the book gives, in words.
    notes : tuple of str
        What differs from the book, and why.
    seeds : int
        Number of runs of each part, unless the user chooses another.
    """

    id: str
    title: str
    section: str
    parts: tuple[Training | Measurement, ...]
    numbers: tuple[BookNumber, ...]
    published: str
    notes: tuple[str, ...] = ()
    seeds: int = 3

    @property
    def chapter(self) -> int:
        return int(self.id.split(".")[0])

    def part(self, name: str) -> Training | Measurement:
        """Return the part with this name."""
        for part in self.parts:
            if part.name == name:
                return part
        raise ValueError(f"part: one of {', '.join(part.name for part in self.parts)} needed, got {name!r}")


def best(column: str) -> Callable[[Record], float]:
    """Return a function that gives the largest value of a list of a run's history."""
    return lambda record: max(record["history"][column])


def at(column: str, epoch: int) -> Callable[[Record], float]:
    """Return a function that gives the value of a list of a run's history at an epoch; -1 is the last."""
    return lambda record: record["history"][column][epoch]


def measured(name: str) -> Callable[[Record], float]:
    """Return a function that gives one of the numbers of a measurement."""
    return lambda record: record["numbers"][name]


def test_at_best_validation(record: Record) -> float:
    """Return the test accuracy at the epoch of the best validation accuracy; of equal ones, the last.

    This is chapter 6's rule.
    """
    validation = record["history"]["evaluation_accuracy"]
    epoch = max(range(len(validation)), key=lambda epoch: (validation[epoch], epoch))
    return float(record["test_accuracy"][epoch])


def in_replay(network: str, column: str, epoch: int | None = None) -> Callable[[Record], float]:
    """Return a function that gives a number of one network of a replay: the best, or that of an epoch."""

    def ours(record: Record) -> float:
        values = record["numbers"]["histories"][network][column]
        return float(max(values) if epoch is None else values[epoch])

    return ours


def share_of_numbers_met(record: Record) -> float:
    """Return the share of the author's numbers that a replay meets before the first that differs.

    NaN if the author published none.
    """
    numbers = record["numbers"]
    return numbers["met"] / numbers["published"] if numbers["published"] else float("nan")


def learns_nothing(record: Record) -> float:
    """Return 1 if the run diverged or classified an eighth of the images or fewer at its end, else 0.

    (The book's program goes on with NaN, and answers 0 for every image.)
    """
    diverged = record["status"] != "done"
    return float(diverged or record["history"]["evaluation_accuracy"][-1] < 0.125)


def below_half(record: Record) -> float:
    """Return 1 if the network classifies fewer than half of the images correctly at its end, else 0."""
    return float(record["history"]["evaluation_accuracy"][-1] < 0.5)
