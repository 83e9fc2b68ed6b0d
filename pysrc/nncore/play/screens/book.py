"""The screen The book, run: every experiment of the book beside ours, and what runs them here."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nncore import _log
from nncore._cores import cores_available
from nncore._work.stop import Stop
from nncore.datasets.mnist import mnist_at_hand
from nncore.play.book_table import experiment_of, opened, progress, row
from nncore.play.digits import digits_at_hand
from nncore.play.screens.screen import Push, Screen
from nncore.reproduction import runs, timing
from nncore.reproduction.experiments import EXPERIMENTS
from nncore.reproduction.record import RESULTS
from nncore.reproduction.results import collect

if TYPE_CHECKING:
    from nncore.play.workbench import Workbench

LOOK = 0.5  # seconds between two looks at what runs
PATIENCE = 1.0  # seconds that other questions wait for a pause
NEEDS_MNIST = "It needs MNIST, which is not on this machine: nn.datasets.load_mnist() fetches it (11 MB)."


class Book(Screen):
    """Book shows the results in the folder ``nncore-book``, as ``nncore book`` does, and adds to them.

    One experiment runs at a time, in a thread of its own; while it does, frames "frame" say how far it is. It
    goes on when the reader leaves the screen. It ends with the connection, or when it is paused, and what it
    had begun is resumed later from its checkpoint.
    """

    folder: Path
    lock: Any
    running: str
    stop: Stop
    ended: Any

    def __init__(self, bench: Workbench, push: Push) -> None:
        super().__init__(bench, push)
        self.folder = Path(RESULTS).absolute()
        self.lock = threading.Lock()
        self.running = ""  # the id of the experiment that runs
        self.stop = Stop()
        self.ended = threading.Event()
        self.ended.set()
        self.thread: threading.Thread | None = None
        self.failed: dict[str, list[str]] = {}  # by experiment, how runs of it ended that failed

    def close(self) -> None:
        self.stop.set()
        if self.thread is not None:
            self.thread.join()

    def ask_table(self) -> dict[str, Any]:
        """Return a row for each experiment, with the results that are there."""
        records = collect(self.folder)
        return {
            "rows": [row(experiment, records) for experiment in EXPERIMENTS.values()],
            "folder": str(self.folder),
            "has_mnist": has_mnist(),
            "needs_mnist": NEEDS_MNIST,
            "running": self.running,
        }

    def ask_open(self, id: Any, part: Any = "") -> dict[str, Any]:
        """Return what opens below the row of an experiment; `part` chooses one of its curves and listings."""
        experiment = experiment_of(id)
        if not isinstance(part, str):
            raise TypeError(f"part: the name of a part needed, got {part!r:.60}")
        records = collect(self.folder, [experiment.id])
        return opened(experiment, part, records, self.folder) | self._going_on(experiment.id)

    def ask_time(self, id: Any) -> dict[str, Any]:
        """Return how long an experiment takes, in words; a training without results is tried for a moment."""
        experiment = experiment_of(id)
        return {"time": timing.of_experiment(experiment, collect(self.folder, [experiment.id]))}

    def ask_start(self, id: Any) -> dict[str, Any]:
        """Run what is left of an experiment, as ``nncore book run`` does."""
        experiment = experiment_of(id)
        if any(part.takes_data for part in experiment.parts) and not has_mnist():
            raise ValueError(NEEDS_MNIST)
        with self.lock:
            if self.running:
                raise ValueError(f"id: {self.running} is running; pause it first")
            if self.thread is not None:
                self.thread.join()
            self.running, self.stop, self.ended = experiment.id, Stop(), threading.Event()
            self.failed.pop(experiment.id, None)
            self.thread = threading.Thread(
                target=self._run, args=(experiment.id, self.stop, self.ended), name="nncore-play-book"
            )
            self.thread.start()
            threading.Thread(target=self._watch, args=(self.ended,), daemon=True).start()
        return self._frame(experiment.id)

    def ask_pause(self) -> dict[str, Any]:
        """End what runs, so that it can be resumed; a measurement may need some seconds for that."""
        running = self.running
        if not running:
            return {"running": ""}
        self.stop.set()
        self.ended.wait(PATIENCE)
        return self._frame(running)

    def _run(self, id: str, stop: Stop, ended: threading.Event) -> None:
        failed = []
        try:
            threads = max(1, cores_available() - 1)  # one is left for the page
            outcomes = runs.run([id], results=self.folder, threads=threads, stop=stop)
            bad = {run: word for run, word in outcomes.items() if word not in ("done", "already done")}
            failed = [
                f"{run.part}, seed {run.seed}: {word.removeprefix('failed: ')}" for run, word in bad.items()
            ]
        except KeyboardInterrupt:  # it was paused
            pass
        except Exception as error:
            failed = [f"{type(error).__name__}: {error}"]
            logger = _log.listener(_log.WARNING)
            if logger is not None:
                logger.error("nncore play, book: %s", id, exc_info=error)
        finally:
            if failed:
                self.failed[id] = failed
            self.running = ""
            ended.set()
            self.push("frame", lambda: self._frame(id))

    def _watch(self, ended: threading.Event) -> None:
        """Push how far the experiment is, until it has ended."""
        id = self.running
        while id and not ended.wait(LOOK):
            self.push("frame", lambda: self._frame(id))

    def _frame(self, id: str) -> dict[str, Any]:
        """Return the row of an experiment, and how far its runs are."""
        experiment = EXPERIMENTS[id]
        return {"id": id, "row": row(experiment, collect(self.folder, [id]))} | self._going_on(id)

    def _going_on(self, id: str) -> dict[str, Any]:
        return {
            "running": self.running,
            "pausing": bool(self.running) and self.stop.is_set(),
            "progress": progress(EXPERIMENTS[id], self.folder),
            "failed": self.failed.get(id, []),
        }


def has_mnist() -> bool:
    """Return whether MNIST is on this machine, or has come since the page was opened."""
    return digits_at_hand().is_mnist or mnist_at_hand() is not None
