"""Our numbers beside the book's: the verdicts, and the page that tells them.

    from nncore.reproduction.report import report

    report.write("docs/reproduction.md", results="nncore-book")

writes the page in Markdown and, beside it, in HTML, with a folder of figures.
"""

from __future__ import annotations

import datetime
import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from nncore.formats.atomic import new_file
from nncore.reproduction import experiments, runs
from nncore.reproduction.experiments.experiment import BookNumber, Experiment, Record
from nncore.reproduction.experiments.training_spec import Training
from nncore.reproduction.report.page import Block, Figure, Heading, Table, as_html, markdown
from nncore.reproduction.timing import in_words, network_of, of_the_book_by_network

__all__ = ["Verdict", "collect", "verdict", "write"]

WORDS = ("exact", "above", "reproduced", "best run", "below", "differs", "no number", "not run")


class Verdict(NamedTuple):
    """How a number of the book stands beside ours.

    Attributes
    ----------
    word : str
        "exact"; "above" the book's or equal; "reproduced", within what the claim allows; "best run", where
        the mean is below that, and the best run is not; "below"; "differs", where another number than the
        book's is neither better nor worse; "no number" in the book; "not run".
    values : tuple of float
        Ours, one a run.
    compared : float
        What was held against the book's: the mean, or the best run.
    within : float
        How far off still counts as reproduced.
    """

    word: str
    values: tuple[float, ...] = ()
    compared: float = math.nan
    within: float = 0.0


def verdict(claim: BookNumber, records: Iterable[Record]) -> Verdict:
    """Hold runs against a number of the book.

    Parameters
    ----------
    claim : BookNumber
    records : iterable of dict
        Of its part's finished runs.

    Examples
    --------
    >>> share = BookNumber("network", "accuracy", lambda record: record["accuracy"], 0.9542, tolerance=0.003)
    >>> verdict(share, [{"accuracy": 0.9530}, {"accuracy": 0.9540}]).word
    'reproduced'
    """
    records = list(records)
    values = tuple(value for record in records if not math.isnan(value := _value(claim, record)))
    if not values and records:
        return Verdict("no number" if all(record["status"] == "done" for record in records) else "differs")
    if not values:
        return Verdict("not run")
    compared = max(values) if claim.best_run else sum(values) / len(values)
    if claim.book is None:
        return Verdict("no number", values, compared)
    off = compared - claim.book
    if claim.criterion == "exact":
        within = claim.tolerance or 0.5e-4
        if all(abs(value - claim.book) <= within for value in values):
            return Verdict("exact", values, compared, within)
        most = claim.form == "yes" and abs(off) < 0.5  # of our runs do as the book's one did
        return Verdict("reproduced" if most else "differs", values, compared, within)
    if claim.criterion == "near":
        within = max(claim.tolerance, 2 * _deviation(values))
        return Verdict("reproduced" if abs(off) <= within else "differs", values, compared, within)
    least = claim.book - claim.tolerance - 1e-9
    word = "above" if off > -1e-9 else "reproduced" if compared >= least else "below"
    if word == "below" and max(values) >= least:
        word = "best run"
    return Verdict(word, values, compared, claim.tolerance)


def _value(claim: BookNumber, record: Record) -> float:
    """Ours; NaN where the run diverged before there was such a number."""
    try:
        return float(claim.ours(record))
    except (KeyError, IndexError):
        if record["status"] == "done":
            raise
        return math.nan


def sentence(claim: BookNumber, found: Verdict) -> str:
    """A verdict with its numbers, for the terminal."""
    book = "the book gives none" if claim.book is None else f"book {_number(claim, claim.book)}"
    if not found.values:
        return f"{book}; {found.word}"
    low, high = (_number(claim, value) for value in _ends(found.values))
    runs = f"{len(found.values)} runs, {low} to {high}" if len(found.values) > 1 else "1 run"
    return f"{book}; ours {_number(claim, _mean(found.values))} ({runs}): {_in_words(claim, found)}"


Results = Mapping[tuple[str, str], list[dict[str, Any]]]


def collect(results: str | PathLike[str] = runs.RESULTS) -> Results:
    """The records of all whole runs in a folder, by experiment and part; by seed.

    Those whose settings are not those of today's registry are left out.
    """
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for experiment in experiments.EXPERIMENTS.values():
        for part in experiment.parts:
            folder = Path(results, experiment.id, part.name)
            wanted = json.loads(json.dumps(part.settings()))
            seeds = sorted(int(path.stem.removeprefix("seed-")) for path in folder.glob("seed-*.json"))
            records = []
            for seed in seeds:
                record = runs.read(runs.Run(experiment.id, part.name, seed, Path(results)))
                if record is not None and _same(record["settings"], wanted):
                    records.append(record)
            if records:
                found[experiment.id, part.name] = records
    return found


def _same(settings: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a result is of these settings; data and networks, which are not among them, stand besides."""
    return {key: value for key, value in settings.items() if key not in ("data", "networks")} == wanted


def write(
    output: str | PathLike[str] = "docs/reproduction.md", results: str | PathLike[str] = runs.RESULTS
) -> list[Path]:
    """Write the report: Markdown, HTML beside it, and the figures in a folder of its name.

    Parameters
    ----------
    output : path
        The Markdown page.
    results : path
        The folder of results.

    Returns
    -------
    list of Path
        What was written: Markdown, HTML, figures.
    """
    output, results = Path(output), Path(results)
    output.parent.mkdir(parents=True, exist_ok=True)
    records = collect(results)
    if not records:
        raise ValueError(f"results: there are none in {results}; `nncore book run` makes them")
    drawn, left_out = _figures(output.with_suffix(""), results)
    parts = [part for key in records if isinstance(part := experiments.find(key[0]).part(key[1]), Training)]
    blocks = page(records, of_the_book_by_network(results, parts), drawn, output.parent)
    if left_out:
        blocks.append(f"Not drawn: {'; '.join(left_out)}.")
    written = [output, output.with_suffix(".html")]
    for path, text in zip(written, (markdown(blocks), as_html(blocks)), strict=True):
        with new_file(path) as file:
            file.write(text.encode())
    return written + [path for path, _ in drawn]


def page(
    records: Results,
    book_seconds: Mapping[str, float],
    drawn: Sequence[tuple[Path, str]] = (),
    folder: Path = Path(),
) -> list[Block]:
    """The blocks of the report.

    Parameters
    ----------
    records : mapping
        As `collect` gives them.
    book_seconds : mapping of str to float
        By the layers of a network, what the book's own algorithm takes for a training image.
    drawn : sequence of (path, caption)
        The figures.
    folder : Path
        Of the page.
    """
    verdicts = {
        (experiment.id, i): verdict(claim, records.get((experiment.id, claim.part), ()))
        for experiment in experiments.EXPERIMENTS.values()
        for i, claim in enumerate(experiment.numbers)
    }
    counts = {word: sum(each.word == word for each in verdicts.values()) for word in WORDS}
    blocks: list[Block] = [
        Heading("The book, reproduced", 1),
        "Every number of the experiments in Michael Nielsen's *Neural Networks and Deep Learning*, beside "
        "what nncore gives. Written by `nncore book report`.",
        *_circumstances(records),
        Heading("How it is compared", 2),
        "By the book's own rule: a run counts at its best epoch, or its last, as the table says; chapter 6 "
        "takes the test accuracy at the best validation epoch, of the best of the runs. In the other "
        "chapters the mean of our runs is compared. *Above*: not below the book's number. *Reproduced*: at "
        "most 0.3 points below it in chapters 1 to 5, 0.1 in chapter 6; a point of a curve, no further from "
        "it than two standard deviations of our runs, or than the table says. *Best run*: the mean is "
        "further below, the best of the runs is not. *Exact*: the same in every digit that the book gives. "
        "Of yes or no, all of our runs (exact) or most of them (reproduced) do as the book's one.",
        Table(["verdict", "numbers"], [[word, str(count)] for word, count in counts.items() if count]),
        Heading("Time", 2),
        *_times(records, book_seconds),
    ]
    for chapter in sorted({experiment.chapter for experiment in experiments.EXPERIMENTS.values()}):
        blocks.append(Heading(f"Chapter {chapter}", 2))
        rows = []
        for experiment in experiments.of_chapter(chapter):
            found = [verdicts[experiment.id, i] for i in range(len(experiment.numbers))]
            rows += _rows(experiment, found, records)
        head = ["", "what is compared", "book", "ours, mean", "range", "runs", "a run takes", "verdict"]
        blocks += [Table(head, rows), *_notes(experiments.of_chapter(chapter), records)]
        blocks += [
            Figure(path.relative_to(folder).as_posix(), caption)
            for path, caption in drawn
            if caption.startswith(f"{chapter}.")
        ]
    return blocks


def _rows(experiment: Experiment, verdicts: Sequence[Verdict], records: Results) -> list[list[str]]:
    rows: list[list[str]] = []
    timed = set()  # parts whose seconds stand in a row above
    for claim, found in zip(experiment.numbers, verdicts, strict=True):
        low, high = (_number(claim, value) for value in _ends(found.values))
        finished = records.get((experiment.id, claim.part), ())
        seconds = _mean([record["wall"] for record in finished])
        rows.append(
            [
                "" if rows else experiment.id,
                claim.what if rows else f"{experiment.title}: {claim.what}",
                "" if claim.book is None else _number(claim, claim.book),
                _number(claim, _mean(found.values)) if found.values else "",
                f"{low} to {high}" if low != high else "",
                str(len(found.values) or ""),
                in_words(seconds) if finished and claim.part not in timed else "",
                _in_words(claim, found),
            ]
        )
        timed.add(claim.part)
    return rows


def _in_words(claim: BookNumber, found: Verdict) -> str:
    """The verdict with its number."""
    if claim.book is None or not found.values or found.word == "exact":
        return found.word
    off = found.compared - claim.book
    by = f"{'+' if off >= 0 else '−'}{_width(claim, abs(off))}"
    points = " points" if claim.form == "percent" else ""
    if found.word == "best run":
        reach = sum(value >= claim.book - found.within - 1e-9 for value in found.values)
        deviations = abs(off) / _deviation(found.values)
        return (
            f"best run (the mean {by}{points}, {deviations:.1f} standard deviations; "
            f"{reach} of {len(found.values)} runs reach it)"
        )
    if claim.form == "yes":
        return found.word
    best = f"best of {len(found.values)}, " if claim.best_run and len(found.values) > 1 else ""
    allowed = f" of {_width(claim, found.within)} allowed" if claim.criterion == "near" else ""
    return f"{found.word} ({best}{by}{points}{allowed})"


def _width(claim: BookNumber, width: float) -> str:
    return f"{width * 100:.2f}" if claim.form == "percent" else f"{width:.3g}"


def _number(claim: BookNumber, value: float) -> str:
    if claim.form == "number":
        return f"{value:.3g}"
    if claim.form == "yes":
        return {0.0: "no", 1.0: "yes"}.get(value, f"yes in {value:.0%}".replace("%", " %"))
    return f"{value:.2%}".replace("%", " %")


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _deviation(values: Sequence[float]) -> float:
    """The standard deviation of our runs; of one, 0."""
    return statistics.stdev(values) if len(values) > 1 else 0.0


def _ends(values: Sequence[float]) -> tuple[float, float]:
    return (min(values), max(values)) if values else (math.nan, math.nan)


def _notes(chapter: Iterable[Experiment], records: Results) -> list[Block]:
    """What is to be said below the table, each with the experiments that it is said of."""
    said: dict[str, list[str]] = {}
    for experiment in chapter:
        for sentence in (*experiment.notes, *_observed(experiment, records)):
            said.setdefault(sentence, []).append(experiment.id)
    return [f"**{', '.join(ids)}**: {sentence}." for sentence, ids in said.items()]


def _observed(experiment: Experiment, records: Results) -> list[str]:
    """How a replay stands to the published curve; which runs diverged."""
    said = []
    for part in experiment.parts:
        finished = records.get((experiment.id, part.name), ())
        for record in finished:
            comparisons = record.get("numbers", {}).get("comparison", {})
            said += [f"the replay of {network} {sentence}" for network, sentence in comparisons.items()]
        diverged = [record["status"].split(";")[0] for record in finished if record["status"] != "done"]
        if diverged:
            said.append(f"{part.name}: {len(diverged)} of {len(finished)} runs {diverged[0]}")
    return said


def _circumstances(records: Results) -> list[Block]:
    """Where, with what and when the runs were made."""
    every = [record for part in records.values() for record in part]
    machines = sorted({_machine(record) for record in every})
    versions = sorted(
        {", ".join(f"{name} {version}" for name, version in record["versions"].items()) for record in every}
    )
    dates = sorted(record["date"][:10] for record in every)
    return [
        Table(
            ["", ""],
            [
                ["machine", "; ".join(machines)],
                ["versions", "; ".join(versions)],
                ["runs", f"{len(every)}, made {' to '.join(dict.fromkeys((dates[0], dates[-1])))}"],
                ["this page", datetime.datetime.now(datetime.UTC).date().isoformat()],
            ],
        )
    ]


def _machine(record: Record) -> str:
    machine = record["machine"]
    threads = f"{machine['threads']} thread{'s' if machine['threads'] != 1 else ''} a run"
    return f"{machine['cpu']}, {machine['cores']} cores, {machine['target']} kernels, {threads}"


# --- time


def _times(records: Results, book_seconds: Mapping[str, float]) -> list[Block]:
    """Of chapters 1 to 5, and of 6: ours, and the book's algorithm's."""
    rows = []
    for name, chapters in (("1 to 5", range(1, 6)), ("6", range(6, 7))):
        ours = trainings = book = 0.0
        count = 0
        for (id, name_of_part), finished in records.items():
            experiment = experiments.find(id)
            part = experiment.part(name_of_part)
            if experiment.chapter not in chapters:
                continue
            count += len(finished)
            ours += sum(record["wall"] for record in finished)
            if isinstance(part, Training):
                trainings += sum(record["wall"] for record in finished)
                for record in finished:
                    book += sum(record["history"].get("images", [0])[-1:]) * book_seconds[network_of(part)]
        if count:
            cores = max(record["machine"]["cores"] for part in records.values() for record in part)
            rows.append(
                [
                    name,
                    str(count),
                    in_words(ours),
                    in_words(ours / cores),
                    in_words(trainings),
                    in_words(book),
                ]
            )
    return [
        Table(
            ["chapters", "runs", "all, one core", "all, on all cores", "trainings", "the book's way"], rows
        ),
        "The sum of all runs, by the clock on the wall: monitoring is in it, and whatever else the machine "
        "did meanwhile; that by the number of cores, which runs share; and the trainings of networks alone, "
        "one core: without replays and scikit-learn's support vector machines. "
        "The book's way is one example at a time in NumPy, `nncore.reference`: measured on a few "
        "hundred images of each network (of a convolutional one, a few dozen) on this machine, and "
        "extrapolated to the same trainings, without monitoring.",
    ]


# --- figures


def _figures(folder: Path, results: Path) -> tuple[list[tuple[Path, str]], list[str]]:
    """Draws what can be drawn: (path, caption) of each; and why others are not there."""
    from nncore.reproduction.report import figures

    try:
        written, left_out = figures.write(results, folder)
    except ImportError as error:  # matplotlib is missing: the numbers are told all the same
        return [], [str(error)]
    drawn = [(path, f"{id}: {figures.FIGURES[id].caption}") for id, path in written.items()]
    return drawn, [f"{id}: {reason}" for id, reason in left_out.items()]
