"""A `Display` shows runs on standard error: as bars on a terminal, otherwise as a line a minute for each."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from typing import Any

import numpy as np
from tqdm import tqdm

from nncore.reproduction import experiments
from nncore.reproduction.experiments.training_spec import Measurement
from nncore.reproduction.record import Run, read
from nncore.training.progress import is_interactive

SECONDS_BETWEEN_LINES = 60


class Display:
    """Shows the progress of trainings, which it reads from their checkpoints, and how each run ended."""

    on_terminal: bool
    last_line: float

    def __init__(self) -> None:
        self.bars: dict[Run, Any] = {}
        self.on_terminal, self.last_line = is_interactive(), time.monotonic()

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *error: Any) -> None:
        for bar in self.bars.values():
            bar.close()

    def update(self, running: Iterable[Run]) -> None:
        """Show how many epochs of these runs are done."""
        due = time.monotonic() - self.last_line >= SECONDS_BETWEEN_LINES
        for run in running:
            part = experiments.find(run.experiment).part(run.part)
            if isinstance(part, Measurement):
                continue
            total = run.epochs or part.epochs
            epochs, seconds = _epochs_done(run)
            if self.on_terminal:
                if run not in self.bars:
                    self.bars[run] = tqdm(
                        total=total, initial=epochs, desc=str(run), unit=" epochs", dynamic_ncols=True
                    )
                self.bars[run].update(epochs - self.bars[run].n)
            elif due and epochs:
                left = seconds / epochs * (total - epochs)
                _print(f"{run}: {epochs} of {total} epochs, {in_words(left)} left")
        if due:
            self.last_line = time.monotonic()

    def ended(self, run: Run, outcome: str) -> None:
        """Show how a run ended."""
        if run in self.bars:
            self.bars.pop(run).close()
        record = read(run)
        seconds = f", {record['wall']:.1f} s" if record is not None and outcome == "done" else ""
        line = f"{run}: {outcome}{seconds}"
        if self.bars:
            tqdm.write(line, file=sys.stderr)  # above the bars
        else:
            _print(line)


def in_words(seconds: float) -> str:
    """Write a time to come: less than a minute, 1 minute, 5 minutes, 2 hours 5 minutes."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "hour"), (minutes, "minute")]
    return " ".join(f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count)


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _epochs_done(run: Run) -> tuple[int, float]:
    """Return the number of epochs that a run has done, and their seconds, as its checkpoint says."""
    try:
        with np.load(run.checkpoint) as file:
            history = json.loads(str(file["description"]))["description"]["history"]
    except (FileNotFoundError, ValueError, KeyError):
        return 0, 0.0
    return len(history["seconds"]), history["elapsed"][-1]
