"""Write the results of the book's experiments in the small form that ships with nncore.

    nncore book run --all
    python tools/keep_results.py nncore-book
    nncore book report --output docs/reproduction.md

The second line takes the results of whole experiments in the folder, with their networks, and writes
pysrc/nncore/reproduction/kept.json.xz. It keeps what the page and its figures show.
"""

import argparse
import json
import lzma
import math
from pathlib import Path

import numpy as np

from nncore.files.atomic import new_file
from nncore.reproduction import experiments
from nncore.reproduction.experiments.training_spec import Training
from nncore.reproduction.report import verdicts
from nncore.reproduction.results import KEPT, Results
from nncore.reproduction.timing import book_seconds_per_image

DRAWN = {  # the lists of the history that figures draw
    "3.6": ("evaluation_accuracy", "evaluation_cost", "training_accuracy", "training_cost"),
    "3.7": ("evaluation_accuracy", "training_accuracy"),
    "3.8": ("evaluation_accuracy", "evaluation_cost", "training_accuracy", "training_cost"),
    "3.9": ("evaluation_accuracy", "training_accuracy"),
    "3.14": ("evaluation_accuracy",),
    "3.15": ("evaluation_accuracy",),
    "3.18": ("training_cost",),
    "5.6": ("learning_speeds",),
}
SHORT = 60  # epochs of a history that is kept whole
ERRORS, FILTERS = ("1.1", "network"), ("6.2", "conv-20-fc-100")  # the parts whose first network is drawn
DIGITS = 5  # of a number; of a list that is drawn, DIGITS_DRAWN
DIGITS_DRAWN = 3
LARGEST = 2000  # characters of what a run measured; more are the curves of a replay, which nobody draws


def compact(record):
    """Return what is kept of a record."""
    id, part = record["experiment"], record["part"]
    numbers = [number for number in experiments.find(id).numbers if number.part == part]
    values = {number.what: verdicts.verdict(number, [record]).values for number in numbers}
    assert len(values) == len(numbers), (id, part, "two numbers have one name")
    history = record.get("history", {})
    drawn = {name: history[name] for name in DRAWN.get(id, ()) if history.get(name)}
    epochs = max(map(len, drawn.values()), default=0)
    if epochs > SHORT:
        steps = np.concatenate([np.linspace(1, epochs, SHORT // 2), np.geomspace(1, epochs, SHORT // 2)])
        shown = np.unique(steps.round().astype(int)).tolist()
        drawn = {name: [each[epoch - 1] for epoch in shown] for name, each in drawn.items()}
        drawn["epochs"] = shown
    if history.get("images"):
        drawn["images"] = history["images"][-1:]
    measured = {
        name: each for name, each in record.get("numbers", {}).items() if len(json.dumps(each)) < LARGEST
    }
    kept = {name: each for name, each in record.items() if name not in ("seconds", "test_accuracy")}
    return rounded(kept) | {
        "date": record["date"][:10],
        "values": {what: rounded(each[0]) if each else math.nan for what, each in values.items()},
        "history": rounded(drawn, DIGITS_DRAWN),
        "numbers": rounded(measured),
    }


def rounded(value, digits=DIGITS):
    """Return a value of JSON whose numbers have so many digits at the most; whole numbers stay."""
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    if isinstance(value, dict):
        return {name: rounded(each, digits) for name, each in value.items()}
    if isinstance(value, list):
        return [rounded(each, digits) for each in value]
    return value


def keep(folder, file=KEPT):
    """Write the results of a folder; return the number of runs."""
    found = Results(folder)
    records = {key: [compact(record) for record in part] for key, part in found.all_records.items()}
    if ERRORS in records:
        where, answers = found.errors(*ERRORS)
        records[ERRORS][0]["numbers"] |= {"where": where, "answers": answers}
    if FILTERS in records:
        records[FILTERS][0]["numbers"]["filters"] = rounded(found.filters(*FILTERS).tolist())
    parts = [experiments.find(id).part(name) for id, name in records]
    seconds = book_seconds_per_image(Path(folder), [part for part in parts if isinstance(part, Training)])
    every = [record for part in records.values() for record in part]
    text = json.dumps({"records": every, "book_seconds": rounded(seconds)}, separators=(",", ":"))
    with new_file(Path(file)) as opened:
        opened.write(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    return len(every)


if __name__ == "__main__":
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("folder", type=Path, help="the folder of results")
    options = parser.parse_args()
    runs = keep(options.folder)
    print(f"{KEPT}: {runs} runs, {KEPT.stat().st_size:,} bytes")
