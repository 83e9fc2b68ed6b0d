"""A `Trainer` is a thread that trains one run after the other, and stands still while these are changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from nncore import _log

PORTION = 0.015  # seconds that are trained without a look at what the reader does
FRAME = 0.05  # seconds between two states that are published
FULL = 3  # the fastest speed
SLOWEST = 20.0  # mini-batches a second, at speed 0
EPOCHS = {1: 0.5, 2: 5.0}  # epochs a second, at the speeds between


class Trainable(Protocol):
    """What a Trainer trains; `play.live_run.LiveRun` is one."""

    @property
    def images(self) -> int: ...
    @property
    def n(self) -> int: ...
    @property
    def mini_batch_size(self) -> int: ...
    @property
    def finished(self) -> bool: ...
    def train(self, images: int) -> int: ...
    def rest(self) -> None: ...


class Task(NamedTuple):
    """A run that is to be trained to its goal; `full`: at full speed, whatever the reader's speed is."""

    run: Trainable
    full: bool = False


class SlowMotion:
    """SlowMotion says how many images may be trained now, so that there are so many a second."""

    def __init__(self) -> None:
        self._allowed, self._last = 0.0, time.perf_counter()

    def allowed(self, rate: float, mini_batch_size: int) -> int:
        """Return how many images are due at this rate. Time that was lost is not made up."""
        now = time.perf_counter()
        most = max(2 * FRAME * rate, mini_batch_size)
        self._allowed = min(most, self._allowed + rate * (now - self._last))
        self._last = now
        return int(self._allowed)

    def take(self, images: int) -> None:
        """Count images that were trained."""
        self._allowed = max(0.0, self._allowed - images)


class Trainer:
    """A Trainer trains the tasks of its `queue`, the first to its goal, then the next.

    Parameters
    ----------
    publish : function
        It is called about 20 times a second while something trains, and when the last task ends. Nothing
        trains meanwhile.

    Attributes
    ----------
    queue : list of Task
        What is to be trained. Change it, and the runs, within ``with trainer.still():``.
    speed : int
        0, some mini-batches a second, to 3, as fast as can be.
    fault : str
        What ended the training, if it was no fault of the settings.
    """

    fault: str

    def __init__(self, publish: Callable[[], None]) -> None:
        self.queue: list[Task] = []
        self.speed = FULL
        self.fault = ""
        self._publish = publish
        self._published = 0.0
        self._images_a_second = 0.0
        self._slow = SlowMotion()
        self._turn = threading.Condition()
        self._guests = 0  # threads that wait for `still`, or are in it
        self._busy = self._ended = False
        self._thread: threading.Thread | None = None

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let nothing train within this block, and let one thread be in it."""
        with self._turn:
            self._guests += 1
            try:
                while self._busy:
                    self._turn.wait()
                yield
            finally:
                self._guests -= 1
                if self.queue and self._thread is None and not self._ended:
                    self._thread = threading.Thread(
                        target=self._run, name="nncore-play-training", daemon=True
                    )
                    self._thread.start()
                self._turn.notify_all()

    def close(self) -> None:
        """End the thread; what it trains stays where it is."""
        with self._turn:
            self._ended = True
            self._turn.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while self._take_turn():
            wait = 0.0
            try:
                wait = self._portion(self.queue[0])
            except Exception as error:
                self._end_with(error)
            finally:
                with self._turn:
                    self._busy = False
                    self._turn.notify_all()
                    if wait and not self._guests and not self._ended:
                        self._turn.wait(wait)

    def _take_turn(self) -> bool:
        """Wait until there is something to train, and nobody who wants it still; False ends the thread."""
        with self._turn:
            while not self._ended and (self._guests or not self.queue):
                self._turn.wait()
            self._busy = not self._ended
            return self._busy

    def _portion(self, task: Task) -> float:
        """Train a little of a task; return how many seconds nothing is due."""
        run = task.run
        m = run.mini_batch_size
        wanted = min(run.n, max(m, round(self._images_a_second * PORTION)))
        rate = None if task.full else self._rate(run)
        if rate is not None:
            due, enough = self._slow.allowed(rate, m), max(m, rate * FRAME / 2)
            if due < enough and not run.finished:
                return min(FRAME, (enough - due) / rate)
            wanted = min(wanted, due)
        if not run.finished:
            start = time.perf_counter()
            trained = run.train(wanted)
            seconds = time.perf_counter() - start
            self._images_a_second = trained / seconds if seconds else 0.0
            self._slow.take(trained)
        if run.finished:
            run.rest()
            self.queue.remove(task)
        if not self.queue or time.perf_counter() >= self._published + FRAME:
            self._published = time.perf_counter()
            self._publish()
        return 0.0

    def _rate(self, run: Trainable) -> float | None:
        """Return how many images a second the reader's speed means; None where it is full."""
        if self.speed >= FULL:
            return None
        return EPOCHS[self.speed] * run.n if self.speed in EPOCHS else SLOWEST * run.mini_batch_size

    def _end_with(self, error: Exception) -> None:
        """End what trains, and say why."""
        self.queue.clear()
        self.fault = f"A fault of nncore's: {type(error).__name__}: {error}"
        logger = _log.listener(_log.WARNING)
        if logger is not None:
            logger.error("nncore play, training", exc_info=error)
        self._publish()
