"""An experiment of the book: its parts, and the numbers that they are held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nncore.reproduction.experiments.training_spec import Measurement, Part

Record = Mapping[str, Any]  # of a run, as `nncore.reproduction.runs.read` gives it


@dataclass(frozen=True)
class Claim:
    """A number that the book gives, and which of ours stands beside it.

    Attributes
    ----------
    part : str
        Whose runs it is about.
    what : str
        What is counted, on which set, at which epoch.
    ours : callable
        The number, from the record of a run.
    book : float or None
        The book's; accuracies as fractions. None: it gives none.
    how : {"at least", "near", "exact"}
        When ours is the same: not below the book's; no further from it than two standard deviations of our
        runs; to the last digit that the book gives.
    within : float
        "at least": so far below still counts as reproduced. "near": so far away does, however near our own
        runs are to one another. "exact": the half of the last digit.
    best : bool
        Whether the best of the runs is compared, as where the book took the best of three; else their mean.
    form : {"percent", "number", "yes"}
        How it is printed: an accuracy, in per cent; a number; "yes" where it is 1, and "no" where it is 0.
    """

    part: str
    what: str
    ours: Callable[[Record], float]
    book: float | None = None
    how: str = "at least"
    within: float = 0.0
    best: bool = False
    form: str = "percent"


@dataclass(frozen=True)
class Experiment:
    """One entry of the book's numbers.

    Attributes
    ----------
    id : str
        The chapter and a number: "3.8".
    title : str
    place : str
        Where it stands in the book.
    parts : tuple of Part or Measurement
    claims : tuple of Claim
        The book's numbers, each with what is compared to it.
    published : str
        What the book gives, in words.
    notes : tuple of str
        What is done otherwise than in the book, and why.
    seeds : int
        How many runs of each part, unless one asks for others.
    """

    id: str
    title: str
    place: str
    parts: tuple[Part | Measurement, ...]
    claims: tuple[Claim, ...]
    published: str
    notes: tuple[str, ...] = ()
    seeds: int = 3

    @property
    def chapter(self) -> int:
        return int(self.id.split(".")[0])

    @property
    def measured(self) -> str:
        """What is compared with the book, each once."""
        return "; ".join(dict.fromkeys(claim.what for claim in self.claims))

    def part(self, name: str) -> Part | Measurement:
        """The part of that name."""
        for part in self.parts:
            if part.name == name:
                return part
        raise ValueError(f"part: one of {', '.join(part.name for part in self.parts)} needed, got {name!r}")


def best(column: str) -> Callable[[Record], float]:
    """The largest of a list of the history."""
    return lambda record: max(record["history"][column])


def at(column: str, epoch: int) -> Callable[[Record], float]:
    """That of an epoch; -1 is the last."""
    return lambda record: record["history"][column][epoch]


def number(name: str) -> Callable[[Record], float]:
    """One of a measurement's numbers."""
    return lambda record: record["numbers"][name]


def selected(record: Record) -> float:
    """Chapter 6's rule: the test accuracy at the best validation epoch; of equals at the last."""
    validation = record["history"]["evaluation_accuracy"]
    epoch = max(range(len(validation)), key=lambda epoch: (validation[epoch], epoch))
    return record["test_accuracy"][epoch]


def in_replay(network: str, column: str, epoch: int | None = None) -> Callable[[Record], float]:
    """A number of one of a replay's networks: the best, or that of an epoch."""

    def ours(record: Record) -> float:
        values = record["numbers"]["histories"][network][column]
        return max(values) if epoch is None else values[epoch]

    return ours


def figures_met(record: Record) -> float:
    """The share of the published figures before the first that differs; NaN where there are none."""
    numbers = record["numbers"]
    return numbers["met"] / numbers["published"] if numbers["published"] else float("nan")


def learns_nothing(record: Record) -> float:
    """1 where it ends by chance, with an eighth of the images right or fewer, or leaves the finite numbers.

    (The book's program goes on with numbers that are none, and answers 0 for every image.)
    """
    diverged = record["status"] != "done"
    return float(diverged or record["history"]["evaluation_accuracy"][-1] < 0.125)


def not_even_half(record: Record) -> float:
    """1 where it gets not even half of the images right at its end."""
    return float(record["history"]["evaluation_accuracy"][-1] < 0.5)
