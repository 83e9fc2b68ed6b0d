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
from pathlib import Path

from nncore.files.atomic import new_file
from nncore.reproduction import experiments
from nncore.reproduction.experiments.training_spec import Training
from nncore.reproduction.results import KEPT, Results
from nncore.reproduction.timing import book_seconds_per_image

COLUMNS = ("evaluation_cost", "evaluation_accuracy", "training_cost", "training_accuracy", "learning_speeds")
ERRORS, FILTERS = ("1.1", "network"), ("6.2", "conv-20-fc-100")  # the parts whose first network is drawn
DIGITS = 5  # of each number


def compact(record):
    """Return what is kept of a record."""
    history = record.get("history", {})
    shown = {column: history[column] for column in COLUMNS if history.get(column)}
    if history.get("images"):
        shown["images"] = history["images"][-1:]
    return rounded({**record, "history": shown, "numbers": dict(record.get("numbers", {}))})


def rounded(value):
    """Return a value of JSON whose numbers have `DIGITS` digits at the most; whole numbers stay."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
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
