"""Verdicts: how our runs compare with a number of the book."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nncore.reproduction.experiments.experiment import BookNumber, Record

WORDS = ("exact", "above", "reproduced", "best run", "below", "differs", "unclear", "no number", "not run")
FEWEST_RUNS = 3  # with fewer, nobody knows how far apart the runs are


class Verdict(NamedTuple):
    """How our runs compare with a number of the book.

    Attributes
    ----------
    word : str
        "exact": our number equals the book's in every digit. "above": it is not below the book's number.
        "reproduced": it is within the tolerance. "best run": the mean is too low, but the best run is not.
        "below": it is too low. "differs": it is not the book's, where neither more nor less is better.
        "unclear": it would be one of these, but there are only one or two runs, whose spread is not known.
        "no number": the book gives none. "not run": no run of the part is finished.
    values : tuple of float
        Our numbers, one for each run.
    compared : float
        The number that is compared with the book's: the mean of `values`, or the best run's.
    tolerance : float
        The largest difference that counts as reproduced.
    """

    word: str
    values: tuple[float, ...] = ()
    compared: float = math.nan
    tolerance: float = 0.0


def verdict(number: BookNumber, records: Iterable[Record], seeded: bool = True) -> Verdict:
    """Compare our runs with a number of the book.

    Parameters
    ----------
    number : BookNumber
    records : iterable of dict
        The records of the finished runs of its part.
    seeded : bool
        Whether the runs depend on a seed, so that one or two of them do not show their spread.

    Examples
    --------
    >>> share = BookNumber("network", "accuracy", lambda record: record["accuracy"], 0.9542, tolerance=0.003)
    >>> verdict(share, [{"accuracy": 0.9530}, {"accuracy": 0.9540}]).word
    'reproduced'
    """
    found = _verdict(number, list(records))
    spread = seeded and (number.criterion != "exact" or number.form == "yes")
    if found.word in ("below", "differs") and spread and 0 < len(found.values) < FEWEST_RUNS:
        return found._replace(word="unclear")
    return found


def _verdict(number: BookNumber, records: list[Record]) -> Verdict:
    """Compare our runs with a number of the book, however few there are."""
    values = tuple(value for record in records if not math.isnan(value := _value(number, record)))
    if not values and records:
        return Verdict("no number" if all(record["status"] == "done" for record in records) else "differs")
    if not values:
        return Verdict("not run")
    compared = max(values) if number.best_run else mean(values)
    if number.book is None:
        return Verdict("no number", values, compared)
    if number.criterion == "exact":
        return _exact(number, number.book, values, compared)
    difference = compared - number.book
    if number.criterion == "near":
        tolerance = max(number.tolerance, 2 * deviation(values))
        return Verdict(
            "reproduced" if abs(difference) <= tolerance else "differs", values, compared, tolerance
        )
    least = number.book - number.tolerance - 1e-9
    word = "above" if difference > -1e-9 else "reproduced" if compared >= least else "below"
    if word == "below" and max(values) >= least:
        word = "best run"
    return Verdict(word, values, compared, number.tolerance)


def _exact(number: BookNumber, book: float, values: tuple[float, ...], compared: float) -> Verdict:
    """Compare to the last digit; for yes/no results it is enough to reproduce that most runs agree."""
    tolerance = number.tolerance or 0.5e-4
    if all(abs(value - book) <= tolerance for value in values):
        return Verdict("exact", values, compared, tolerance)
    most_agree = number.form == "yes" and abs(compared - book) < 0.5
    return Verdict("reproduced" if most_agree else "differs", values, compared, tolerance)


def _value(number: BookNumber, record: Record) -> float:
    """Return our number of a run; NaN if the run diverged before it had that number.

    A record that ships with nncore has the number itself, in place of the history that it is taken from.
    """
    if "values" in record:
        return float(record["values"][number.what])
    try:
        return float(number.ours(record))
    except (KeyError, IndexError):
        if record["status"] == "done":
            raise
        return math.nan


def sentence(number: BookNumber, found: Verdict) -> str:
    """Return a verdict with its numbers, as the command line prints it."""
    book = "the book gives no number" if number.book is None else f"book {in_form(number, number.book)}"
    if not found.values:
        return f"{book}; {found.word}"
    ours = f"{book}; ours {in_form(number, mean(found.values))} ({_runs(number, found.values)})"
    return ours if number.book is None else f"{ours}: {in_words(number, found)}"


def trial_sentence(number: BookNumber, records: Iterable[Record]) -> str:
    """Return the numbers of a quick trial beside the book's, without a verdict.

    A trial has fewer epochs or fewer images than the experiment, so that the two cannot be compared.

    Parameters
    ----------
    number : BookNumber
    records : iterable of dict
        The records of the trial's runs of the number's part.

    Examples
    --------
    >>> share = BookNumber("network", "accuracy", lambda record: record["accuracy"], 0.9542)
    >>> trial_sentence(share, [{"accuracy": 0.8950}, {"accuracy": 0.8970}])
    'this trial 89.60 % (2 runs, 89.50 % to 89.70 %); the whole experiment in the book 95.42 %'
    """
    values = []
    for record in records:
        try:
            value = float(number.ours(record))
        except (KeyError, IndexError):  # the number belongs to an epoch that the trial does not reach
            continue
        if not math.isnan(value):
            values.append(value)
    whole = "the book gives no number"
    if number.book is not None:
        whole = f"the whole experiment in the book {in_form(number, number.book)}"
    if not values:
        return f"this trial does not give the number; {whole}"
    return f"this trial {in_form(number, mean(values))} ({_runs(number, values)}); {whole}"


def _runs(number: BookNumber, values: Sequence[float]) -> str:
    """Return how many runs there are, and the smallest and the largest of their values."""
    low, high = (in_form(number, value) for value in ends(values))
    return f"{len(values)} runs, {low} to {high}" if len(values) > 1 else "1 run"


def in_words(number: BookNumber, found: Verdict) -> str:
    """Return the word of a verdict, with the difference from the book's number."""
    if number.book is None or not found.values or found.word == "exact":
        return found.word
    difference = found.compared - number.book
    points = " points" if number.form == "percent" else ""
    by = f"{'+' if difference >= 0 else '−'}{_width(number, abs(difference))}{points}"
    if found.word == "best run":
        enough = sum(value >= number.book - found.tolerance - 1e-9 for value in found.values)
        deviations = abs(difference) / deviation(found.values)
        return (
            f"best run (mean {by}, {deviations:.1f} standard deviations; "
            f"{enough} of {len(found.values)} runs high enough)"
        )
    if found.word == "unclear":
        runs = "1 run does" if len(found.values) == 1 else f"{len(found.values)} runs do"
        of = by if number.form != "yes" else "not the book's answer"
        return f"unclear ({of}; {runs} not show the spread: --seeds {FEWEST_RUNS} does)"
    if number.form == "yes":
        return found.word
    best = f"best of {len(found.values)}, " if number.best_run and len(found.values) > 1 else ""
    allowed = f", {_width(number, found.tolerance)} allowed" if number.criterion == "near" else ""
    return f"{found.word} ({best}{by}{allowed})"


def _width(number: BookNumber, width: float) -> str:
    return f"{width * 100:.2f}" if number.form == "percent" else f"{width:.3g}"


def in_form(number: BookNumber, value: float) -> str:
    """Return a value as its number is printed: in per cent, as a number, or as yes or no."""
    if number.form == "number":
        return f"{value:.3g}"
    if number.form == "yes":
        return {0.0: "no", 1.0: "yes"}.get(value, f"yes in {value:.0%}".replace("%", " %"))
    return f"{value:.2%}".replace("%", " %")


def mean(values: Sequence[float]) -> float:
    """Return the mean of the values; NaN if there are none."""
    return math.fsum(values) / len(values) if values else math.nan


def deviation(values: Sequence[float]) -> float:
    """Return the standard deviation of our runs; 0 for a single run."""
    return statistics.stdev(values) if len(values) > 1 else 0.0


def ends(values: Sequence[float]) -> tuple[float, float]:
    """Return the smallest and the largest value; NaN if there are none."""
    return (min(values), max(values)) if values else (math.nan, math.nan)
