"""The experiments of the book as a table shows them: a row for each, and what opens below a row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from nncore.formats import npz
from nncore.play.author import author
from nncore.reproduction import experiments, runs
from nncore.reproduction.experiments.experiment import BookNumber, Experiment
from nncore.reproduction.experiments.training_spec import Training
from nncore.reproduction.published_curves import PUBLISHED, TRANSCRIPTS
from nncore.reproduction.record import Run, is_running
from nncore.reproduction.replay import PROGRAMS
from nncore.reproduction.report.verdicts import Verdict, in_form, in_words, mean, verdict
from nncore.reproduction.results import Records

REPRODUCED = ("exact", "above", "reproduced", "best run")
DIFFERS = ("below", "differs")
IMAGES = 10_000  # of the test set and of the validation set; the author published counts
LOAD = "train, validation, test = nn.datasets.load_mnist()"  # before a listing
# What a part's curve shows: the first of these lists that its runs have.
COLUMNS = ("evaluation_accuracy", "training_accuracy", "training_cost", "evaluation_cost")


def verdicts(experiment: Experiment, records: Records) -> list[Verdict]:
    """Return how our runs compare with each number of an experiment."""
    return [
        verdict(number, records.get((experiment.id, number.part), ()), experiment.part(number.part).seeded)
        for number in experiment.numbers
    ]


def row(experiment: Experiment, records: Records) -> dict[str, Any]:
    """Return the row of an experiment, with its main number; `word` is about all of its numbers."""
    found = verdicts(experiment, records)
    main = main_number(experiment)
    finished = [record for part in experiment.parts for record in records.get((experiment.id, part.name), ())]
    return {
        "id": experiment.id,
        "chapter": experiment.chapter,
        "title": experiment.title,
        "numbers": len(found),
        **compared(experiment.numbers[main], found[main]),
        "runs": len(finished),
        "of": len(runs.wanted_runs([experiment.id])),
        "seconds": sum(float(record["wall"]) for record in finished) if finished else None,
        "word": word([each.word for each in found]),
        "needs_mnist": any(part.takes_data for part in experiment.parts),
    }


def main_number(experiment: Experiment) -> int:
    """Return the place of the number that a row shows: an accuracy of the book, or else the first number.

    >>> main_number(experiments.find("1.3"))  # the first is a yes
    1
    """
    places = range(len(experiment.numbers))
    known = [at for at in places if experiment.numbers[at].book is not None]
    accuracies = [at for at in known if experiment.numbers[at].form == "percent"]
    return (accuracies or known or list(places))[0]


def word(words: list[str]) -> str:
    """Return one word for the verdicts of an experiment: the worst of them."""
    if all(each == "not run" for each in words):
        return "not run yet"
    if any(each in DIFFERS for each in words):
        return "differs"
    if "unclear" in words:
        return "unclear"
    if "not run" in words:
        return "in part"
    return "reproduced" if any(each in REPRODUCED for each in words) else "no number"


def compared(number: BookNumber, found: Verdict) -> dict[str, Any]:
    """Return a number of the book, ours, and their difference, each as it is and as it is printed."""
    ours = None
    if found.values:
        ours = max(found.values) if number.best_run else mean(found.values)
    difference = None if ours is None or number.book is None or number.form == "yes" else ours - number.book
    percent = number.form == "percent"
    return {
        "what": number.what,
        "part": number.part,
        "form": number.form,
        "book": number.book,
        "book_text": "" if number.book is None else in_form(number, number.book),
        "ours": ours,
        "ours_text": "" if ours is None else in_form(number, ours),
        "difference": difference,
        "difference_text": "" if difference is None else signed(difference, percent),
        "verdict": in_words(number, found) if found.values else found.word,
    }


def signed(difference: float, percent: bool) -> str:
    """Return a difference with its sign, in points where the numbers are per cent."""
    text = f"{100 * abs(difference):.2f}" if percent else f"{abs(difference):.3g}"
    sign = "" if float(text) == 0 else "+" if difference > 0 else "\u2212"
    return sign + text


def opened(experiment: Experiment, name: str, records: Records, folder: Path) -> dict[str, Any]:
    """Return what opens below a row: numbers, notes, the listing and the curve of one of its parts."""
    names = [part.name for part in experiment.parts]
    part = experiment.part(name or names[0])
    found = verdicts(experiment, records)
    return {
        "id": experiment.id,
        "section": experiment.section,
        "published": experiment.published,
        "notes": list(experiment.notes),
        "numbers": [
            compared(number, each) | {"runs": len(each.values)}
            for number, each in zip(experiment.numbers, found, strict=True)
        ],
        "parts": names,
        "part": part.name,
        "describe": part.describe().removesuffix("."),
        "code": f"{LOAD}\n{part.code()}" if part.takes_data else part.code(),
        "curve": curve(experiment, part, records, folder) if isinstance(part, Training) else None,
    }


def curve(
    experiment: Experiment, training: Training, records: Records, folder: Path
) -> dict[str, Any] | None:
    """Return the curves of a training: all seeds that are done or under way, their mean, and the book's.

    Returns
    -------
    dict or None
        what, epochs; ``seeds``: seed, done, points; ``mean``: points of the epochs that all finished seeds
        have; ``book``: name, whole, points. A point is [epochs, value]. None if there is nothing to draw.
    """
    histories = [
        (record["seed"], True, record["history"])
        for record in records.get((experiment.id, training.name), ())
    ]
    histories += [(run.seed, False, history) for run, history in under_way(experiment, training, folder)]
    present = [name for name in COLUMNS if any(history.get(name) for *_, history in histories)]
    wanted = [name for name in COLUMNS if name in training.monitor and not training.evaluate_only_at_end]
    column = next(iter(present or wanted), None)
    if column is None:
        return None
    seeds = [
        {"seed": seed, "done": done, "points": points(history.get(column, []))}
        for seed, done, history in histories
    ]
    lists = [history.get(column, []) for _, done, history in histories if done]
    shortest = min(map(len, lists), default=0)
    average = np.mean([values[:shortest] for values in lists], axis=0).tolist() if shortest else []
    return {
        "what": column.replace("evaluation", training.evaluation).replace("_", " "),
        "is_accuracy": column.endswith("accuracy"),
        "epochs": training.epochs,
        "seeds": seeds,
        "mean": points(average),
        "book": published(experiment, training, column),
    }


def points(values: list[float]) -> list[list[float]]:
    """Return a list of a history as points that count epochs from 1."""
    return [[epoch + 1.0, float(value)] for epoch, value in enumerate(values) if np.isfinite(value)]


def progress(experiment: Experiment, folder: Path) -> list[dict[str, Any]]:
    """Return how far the runs are that a process carries out now, here or elsewhere."""
    found = []
    for run in runs.wanted_runs([experiment.id], results=folder):
        if not is_running(run):
            continue
        part = experiment.part(run.part)
        epochs = len(checkpoint(run).get("seconds", []))
        of = part.epochs if isinstance(part, Training) else None
        found.append({"part": run.part, "seed": run.seed, "epochs": epochs, "of": of})
    return found


def under_way(experiment: Experiment, training: Training, folder: Path) -> list[tuple[Run, dict[str, Any]]]:
    """Return the runs of a training that have a checkpoint, with the history in it."""
    wanted = runs.wanted_runs([experiment.id], results=folder)
    mine = [run for run in wanted if run.part == training.name and run.checkpoint.exists()]
    return [(run, history) for run in mine if (history := checkpoint(run))]


def checkpoint(run: Run) -> dict[str, Any]:
    """Return the history in the checkpoint of a run; {} if there is none that can be read."""
    try:
        description, _ = npz.read(run.checkpoint)
        history = description["history"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return history if isinstance(history, dict) else {}


def published(experiment: Experiment, training: Training, column: str) -> list[dict[str, Any]]:
    """Return what the book and its author published for a curve: whole curves, or points."""
    if column.endswith("accuracy"):
        images = training.images or 50_000 if column.startswith("training") else IMAGES
        program = next((name for name in PUBLISHED if is_replayed(experiment, name)), None)
        if program is not None:
            numbers, whole = author(program)
            key = training.name if training.name in numbers else next(iter(numbers))
            counts = numbers[key].numbers.get(column, {})
            found = [[epoch + 1.0, count / images] for epoch, count in counts.items()]
            whole = whole or len(counts) == PROGRAMS[program][key].epochs
            return [{"name": "the author" if whole else "the book", "whole": whole, "points": found}]
        if experiment.id in TRANSCRIPTS and column == "evaluation_accuracy":
            found = [[float(epoch), count / images] for epoch, count in TRANSCRIPTS[experiment.id].items()]
            return [{"name": "the book", "whole": False, "points": found}]
    what = column.replace("evaluation", training.evaluation).replace("_", " ")
    mine = [
        number
        for number in experiment.numbers
        if number.part == training.name and number.book is not None and number.what.startswith(what)
    ]
    places = {"first epoch": 1.0, "last epoch": float(training.epochs)}
    ends = [[x, number.book] for number in mine for place, x in places.items() if number.what.find(place) > 0]
    found_here: list[dict[str, Any]] = []
    if ends:
        found_here.append({"name": "the book", "whole": False, "points": ends})
    best = next((number.book for number in mine if "best epoch" in number.what), None)
    if best is not None:
        level = [[1.0, best], [float(training.epochs), best]]
        found_here.append({"name": "the book, best", "whole": True, "points": level})
    return found_here


def is_replayed(experiment: Experiment, program: str) -> bool:
    """Return whether an experiment is that of one of the author's programs."""
    return any(json.dumps(part.settings()).find(f'"{program}"') >= 0 for part in experiment.parts)


def experiment_of(id: Any) -> Experiment:
    """Return an experiment by what a page sent."""
    if not isinstance(id, str):
        raise TypeError(f"id: that of an experiment, such as '3.8', needed, got {id!r:.60}")
    return experiments.find(id)
