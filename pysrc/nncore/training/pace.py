"""A `Pace` chooses how many threads train, by measuring, and how long each slice of an epoch is."""

from __future__ import annotations

import time

from nncore._cores import cores_available

SLICE = 0.05  # seconds: Ctrl-C and the progress bar wait for the end of a slice
TRIAL = 0.004  # seconds that a number of threads is tried for: long enough to start them, and to measure
GAIN = 1.05  # more threads must be so much faster to be kept
BUSY = 1.5  # a slice that takes so many times as long as the last shows that others use the machine
MOST_THREADS = 256  # a team of the core has no more
# Other numbers of threads are tried again after so many seconds, and after twice as many while that is vain.
PATIENCE, LONGEST_PATIENCE = 0.5, 8.0
# The first slice has so many units of work: parameters times examples, where a step counts as STEP more.
FIRST, STEP = 5 * 10**7, 16


def most_threads() -> int:
    """Return the largest number of threads worth trying: one for each core that the process may use."""
    return min(cores_available(), MOST_THREADS)


class Pace:
    """A Pace finds the number of threads that trains fastest, and notices when that changes.

    The parameters do not depend on the number of threads, so it may change between any two slices.

    Parameters
    ----------
    threads : int or None, default 1
        The number of threads; None means that it is chosen, among 1, 2, 4 ... and all cores that the process
        may use.
    size, mini_batch_size : int
        The network's parameters and the examples of a mini-batch: from these the first slice is guessed.

    Attributes
    ----------
    measures : bool
        Whether the number of threads is chosen by measuring.
    """

    def __init__(self, threads: int | None = 1, size: int = 1, mini_batch_size: int = 1) -> None:
        self.measures = threads is None and most_threads() > 1
        self.best = threads or 1
        self.first = max(1, FIRST // (size * (mini_batch_size + STEP))) * mini_batch_size
        self.speeds: dict[int, float] = {}  # examples per second, as last measured
        self.trials: list[int] = []
        self.spent = 0.0  # seconds of training so far: what takes less than a trial is not worth one
        self.patience = PATIENCE
        self.next_trial = 0.0

    def next_slice(self) -> tuple[int, int]:
        """Return the number of threads for the next slice, and about how many examples it should have."""
        if self.best not in self.speeds:
            return self.best, self.first
        is_due = self.spent >= TRIAL and time.perf_counter() >= self.next_trial
        if self.measures and not self.trials and is_due:
            self._try_others()
        threads, seconds = (self.trials[0], TRIAL) if self.trials else (self.best, SLICE)
        return threads, max(1, int(self.speeds[self.best] * seconds))

    def record(self, threads: int, examples: int, seconds: float, left: bool) -> None:
        """Note how fast so many threads trained, and whether they left before the slice ended."""
        self.spent += seconds
        speed = examples / max(seconds, 1e-9)
        before = self.speeds.get(threads)
        self.speeds[threads] = speed
        if not self.measures:
            return
        if self.trials:
            if threads == self.trials[0]:
                self._end_trial(threads, speed)
        elif before is not None and (left or speed * BUSY < before) and threads > 1:
            self.best = 1
            self._wait_longer()

    def _try_others(self) -> None:
        """Plan to try the next larger number of threads, and the next smaller."""
        most = most_threads()
        self.trials = [
            number for number in (min(2 * self.best, most), self.best // 2) if number not in (0, self.best)
        ]
        if not self.trials:
            self.next_trial = time.perf_counter() + LONGEST_PATIENCE

    def _end_trial(self, threads: int, speed: float) -> None:
        """Take the number that was tried if it is faster, and try on from there; else wait."""
        gain = speed / self.speeds[self.best]
        self.trials.pop(0)
        if gain > (GAIN if threads > self.best else 1):
            larger = min(2 * threads, most_threads())
            self.trials = [larger] if threads > self.best and larger > threads else []
            self.best, self.patience = threads, PATIENCE
            self.next_trial = time.perf_counter() + self.patience
        elif not self.trials:
            self._wait_longer()

    def _wait_longer(self) -> None:
        """Put off the next trial, for twice as long as the last time."""
        self.next_trial = time.perf_counter() + self.patience
        self.patience = min(2 * self.patience, LONGEST_PATIENCE)
