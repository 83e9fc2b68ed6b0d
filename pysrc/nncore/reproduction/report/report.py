"""The report: a page with our numbers beside the book's, their verdicts, times and figures.

    from nncore.reproduction.report import report

    report.write("reproduction.md", results="nncore-book")

writes the page in Markdown and, beside it, in HTML, with a folder of figures. The numbers are those of the
runs whose results ship with nncore; what the folder of results has stands beside them.
"""

from __future__ import annotations

import datetime
import statistics
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path

from nncore.files.atomic import new_file
from nncore.reproduction import experiments
from nncore.reproduction.experiments.experiment import BookNumber, Experiment, Record
from nncore.reproduction.experiments.training_spec import Training
from nncore.reproduction.record import RESULTS
from nncore.reproduction.report import figures
from nncore.reproduction.report.page import Block, Figure, Heading, Table, as_html, markdown
from nncore.reproduction.report.verdicts import WORDS, Verdict, ends, in_form, in_words, mean, verdict
from nncore.reproduction.results import Records, Results, collect, kept
from nncore.reproduction.timing import architecture, book_seconds_per_image, in_units

__all__ = ["page", "write"]

INTRODUCTION = (
    "This page shows every number of the experiments in Michael Nielsen's *Neural Networks and Deep "
    "Learning* beside the number that nncore gives. `nncore book report` writes it."
)
COMPARISON = (
    "The table says at which epoch a run counts: at its best or at its last. In chapter 6 the test accuracy "
    "at the best validation epoch counts, and the best of the runs is compared, as in the book. In the "
    "other chapters the mean of our runs is compared. *Exact*: every run equals the book's number in every "
    "digit that the book gives. *Above*: ours is not below the book's number. *Reproduced*: an accuracy is "
    "at most 0.3 points below the book's in chapters 1 to 5, and at most 0.1 points in chapter 6; a point "
    "of a curve differs by at most two standard deviations of our runs, or by at most what the table "
    "allows. *Best run*: the mean is further below, but the best of the runs is not. For yes/no results: "
    "the verdict is *exact* if every run agrees with the book, and *reproduced* if most do. *Unclear*: one "
    "or two runs are below or differ, and their spread is not known. In the figures a line is the mean of "
    "the runs, with a band from the lowest to the highest of them."
)
YOURS = (
    "*Yours* are the numbers of your own runs, from the folder of results that the page was made of. A "
    "figure shows your runs, and says so, if they are all there."
)
TIMES_HEAD = (
    "chapters",
    "runs",
    "all runs, one core",
    "all runs, all cores",
    "trainings, one core",
    "trainings, book's algorithm",
)
TIMES = (
    "*All runs, one core*: the sum of the wall-clock times of all runs, monitoring included. The median of "
    "a part's runs counts for each of them, since a run may have waited for other work of the machine. *All "
    "runs, all cores*: that sum divided by the number of cores, which share the runs. *Trainings, one core*: "
    "the trainings of networks only, without replays "
    "and scikit-learn's support vector machines. *Trainings, book's algorithm*: the same trainings, "
    "without monitoring, one example at a time in NumPy (`nncore.reference`); this is extrapolated from a "
    "few hundred images of each network (a few dozen of a convolutional one), measured on this machine."
)
NUMBERS_HEAD = ("", "number", "book", "ours (mean)", "range", "runs", "time per run (median)", "verdict")
YOURS_HEAD = ("yours (mean)", "your range", "your runs", "your verdict")


def write(
    output: str | PathLike[str] = "docs/reproduction.md", results: str | PathLike[str] = RESULTS
) -> list[Path]:
    """Write the report: Markdown, HTML beside it, and the figures in a folder of the same name.

    Parameters
    ----------
    output : path
        The Markdown page.
    results : path
        The folder of results. If it has some, they stand beside those that ship with nncore.

    Returns
    -------
    list of Path
        The files that were written: Markdown, HTML, figures.

    Examples
    --------
    >>> write("mine.md", "results")  # doctest: +SKIP
    """
    output, results = Path(output), Path(results)
    output.parent.mkdir(parents=True, exist_ok=True)
    own = collect(results)
    trainings = [part for id, name in own if isinstance(part := experiments.find(id).part(name), Training)]
    own_book_seconds = book_seconds_per_image(results, trainings) if own else {}
    drawn, left_out = _draw_figures(output.with_suffix(""), results)
    blocks = page(*kept(), drawn, output.parent, own, own_book_seconds)
    if left_out:
        blocks.append(f"Not drawn: {'; '.join(left_out)}.")
    written = [output, output.with_suffix(".html")]
    for path, text in zip(written, (markdown(blocks), as_html(blocks)), strict=True):
        with new_file(path) as file:
            file.write(text.encode())
    return written + [path for path, _ in drawn]


def _draw_figures(folder: Path, results: Path) -> tuple[list[tuple[Path, str]], list[str]]:
    """Draw the figures that have results; return (path, caption) of each, and why others are missing."""
    own = Results(results)
    ran = {id for id, _ in own.all_records}
    try:
        yours, _ = figures.write(own, folder, [key for key in figures.FIGURES if ran & set(key.split(", "))])
        ours, left_out = figures.write(None, folder, [key for key in figures.FIGURES if key not in yours])
    except ImportError as error:  # without matplotlib the page has its numbers all the same
        return [], [str(error)]
    drawn = [
        ((yours | ours)[id], f"{id}: {drawing.caption}{' (your runs)' if id in yours else ''}")
        for id, drawing in figures.FIGURES.items()
        if id in yours or id in ours
    ]
    return drawn, [f"{id}: {reason}" for id, reason in left_out.items()]


def page(
    records: Records,
    book_seconds: Mapping[str, float],
    drawn: Sequence[tuple[Path, str]] = (),
    folder: Path = Path(),
    own: Records | None = None,
    own_book_seconds: Mapping[str, float] | None = None,
) -> list[Block]:
    """Return the blocks of the report.

    Parameters
    ----------
    records : mapping
        As `nncore.reproduction.results.collect` returns them.
    book_seconds : mapping of str to float
        By the architecture of a network, the seconds of the book's own algorithm for a training image.
    drawn : sequence of (path, caption)
        The figures.
    folder : Path
        The folder of the page.
    own, own_book_seconds : mapping, optional
        The same of the reader's own runs, which stand beside the others.
    """
    verdicts = _verdicts(records)
    yours = _verdicts(own) if own else {}
    words = [found.word for of_experiment in verdicts.values() for found in of_experiment]
    times = _times(records, book_seconds)
    if own:
        times += _times(own, own_book_seconds or {}, ", yours")
    blocks: list[Block] = [
        Heading("The book, reproduced", 1),
        INTRODUCTION,
        _circumstances(records, own or {}),
        Heading("How the numbers are compared", 2),
        COMPARISON,
        *([YOURS] if own else []),
        Table(["verdict", "count"], [[word, str(words.count(word))] for word in WORDS if words.count(word)]),
        Heading("Time", 2),
        Table(TIMES_HEAD, times),
        TIMES,
    ]
    for chapter in sorted({experiment.chapter for experiment in experiments.EXPERIMENTS.values()}):
        of_chapter = experiments.of_chapter(chapter)
        rows = [
            row
            for experiment in of_chapter
            for row in _rows(experiment, verdicts[experiment.id], records, yours.get(experiment.id, ()))
        ]
        blocks += [
            Heading(f"Chapter {chapter}", 2),
            Table(NUMBERS_HEAD + (YOURS_HEAD if own else ()), rows),
            *_notes(of_chapter, records),
        ]
        blocks += [
            Figure(path.relative_to(folder).as_posix(), caption)
            for path, caption in drawn
            if caption.startswith(f"{chapter}.")
        ]
    return blocks


def _verdicts(records: Records) -> dict[str, list[Verdict]]:
    """Return the verdict of each number of each experiment."""
    return {
        experiment.id: [
            verdict(
                number, records.get((experiment.id, number.part), ()), experiment.part(number.part).seeded
            )
            for number in experiment.numbers
        ]
        for experiment in experiments.EXPERIMENTS.values()
    }


def _rows(
    experiment: Experiment, verdicts: Sequence[Verdict], records: Records, yours: Sequence[Verdict]
) -> list[list[str]]:
    """Return a row of the table for each number of an experiment."""
    rows: list[list[str]] = []
    timed = set()  # parts whose time is in a row above
    for place, (number, found) in enumerate(zip(experiment.numbers, verdicts, strict=True)):
        finished = records.get((experiment.id, number.part), ())
        seconds = statistics.median(record["wall"] for record in finished) if finished else 0.0
        rows.append(
            [
                "" if rows else experiment.id,
                number.what if rows else f"{experiment.title}: {number.what}",
                "" if number.book is None else in_form(number, number.book),
                *_values(number, found),
                in_units(seconds) if finished and number.part not in timed else "",
                in_words(number, found),
            ]
        )
        if yours:
            mine = yours[place]
            rows[-1] += [*_values(number, mine), "" if mine.word == "not run" else in_words(number, mine)]
        timed.add(number.part)
    return rows


def _values(number: BookNumber, found: Verdict) -> tuple[str, str, str]:
    """Return the mean of the runs, their range and their number, as the table has them."""
    low, high = (in_form(number, value) for value in ends(found.values))
    average = in_form(number, mean(found.values)) if found.values else ""
    return average, f"{low} to {high}" if low != high else "", str(len(found.values) or "")


def _notes(chapter: Iterable[Experiment], records: Records) -> list[Block]:
    """Return the notes below a table; each stands once, after the ids of its experiments."""
    ids_of: dict[str, list[str]] = {}
    for experiment in chapter:
        for note in (*experiment.notes, *_observed(experiment, records)):
            ids_of.setdefault(note, []).append(experiment.id)
    return [f"**{', '.join(ids)}**: {note}." for note, ids in ids_of.items()]


def _observed(experiment: Experiment, records: Records) -> list[str]:
    """Return notes on the runs: where replays leave the published curves, and how many runs diverged."""
    notes = []
    for part in experiment.parts:
        finished = records.get((experiment.id, part.name), ())
        for record in finished:
            comparisons = record.get("numbers", {}).get("comparison", {})
            notes += [f"the replay of {network} {sentence}" for network, sentence in comparisons.items()]
        diverged = [record["status"].split(";")[0] for record in finished if record["status"] != "done"]
        if diverged:
            notes.append(f"{part.name}: {len(diverged)} of {len(finished)} runs {diverged[0]}")
    return notes


def _circumstances(records: Records, own: Records) -> Table:
    """Return the table that says where, with what and when the runs were made."""
    columns = [_made(each) for each in (records, own) if each]
    heads = ["ours", "yours"] if own else [""]
    names = ("machine", "versions", "runs")
    rows = [[name, *values] for name, *values in zip(names, *columns, strict=True)]
    written = ["page written", datetime.datetime.now(datetime.UTC).date().isoformat(), ""]
    return Table(["", *heads], [*rows, written[: 1 + len(heads)]])


def _made(records: Records) -> tuple[str, str, str]:
    """Return the machines, the versions, and the number and dates of runs."""
    every = [record for part in records.values() for record in part]
    machines = sorted({_machine(record) for record in every})
    versions = sorted(
        {", ".join(f"{name} {version}" for name, version in record["versions"].items()) for record in every}
    )
    dates = sorted(record["date"][:10] for record in every)
    made = f"{len(every)}, made {' to '.join(dict.fromkeys((dates[0], dates[-1])))}"
    return "; ".join(machines), "; ".join(versions), made


def _machine(record: Record) -> str:
    machine = record["machine"]
    threads = f"{machine['threads']} thread{'s' if machine['threads'] != 1 else ''} per run"
    return f"{machine['cpu']}, {machine['cores']} cores, {machine['target']} kernels, {threads}"


def _times(records: Records, book_seconds: Mapping[str, float], whose: str = "") -> list[list[str]]:
    """Return the rows of times, for chapters 1 to 5 and for chapter 6."""
    rows = []
    for name, chapters in (("1 to 5", range(1, 6)), ("6", range(6, 7))):
        all_runs = trainings = by_book = 0.0
        count = 0
        for (id, part_name), finished in records.items():
            experiment = experiments.find(id)
            part = experiment.part(part_name)
            if experiment.chapter not in chapters:
                continue
            count += len(finished)
            seconds = len(finished) * statistics.median(record["wall"] for record in finished)
            all_runs += seconds
            if isinstance(part, Training):
                trainings += seconds
                images = sum(sum(record["history"].get("images", [0])[-1:]) for record in finished)
                by_book += images * book_seconds[architecture(part)]
        if count:
            cores = max(record["machine"]["cores"] for part in records.values() for record in part)
            sums = (all_runs, all_runs / cores, trainings, by_book)
            rows.append([name + whose, str(count), *map(in_units, sums)])
    return rows
