"""A `Pace` chooses how many threads train, by measuring, and how long each slice of an epoch is."""

from __future__ import annotations

import math
import time

from nncore._cores import cores_available, idle_cores

SLICE = 0.05  # seconds: Ctrl-C and the progress bar wait for the end of a slice
TRIAL = 0.004  # seconds that a number of threads is tried for: long enough to measure;
TRIAL_STEPS, TRIAL_PARTS = 3, 4  # but so many steps at least, in so many slices
GAIN = 1.05  # more threads must be so much faster to be kept
# A core that has slept, of a virtual machine above all, may work at half its speed for WARM seconds. After a
# change to more threads and after a PAUSE these do not count; but a trial that is HOPELESS times slower ends.
WARM, PAUSE, HOPELESS = 0.02, 0.005, 4.0
BUSY = 1.5  # after slices that take so many times as long as those before, fewer threads are tried
MOST_THREADS = 256  # a team of the core has no more
# Other numbers of threads are tried again after so many seconds, and after twice as many while that is vain.
PATIENCE, LONGEST_PATIENCE = 0.2, 8.0
# The first slice has so many units of work: parameters times examples, where a step counts as STEP more. A
# step of SHARED units is surely faster on all cores, if they are idle.
FIRST, STEP, SHARED = 5 * 10**7, 16, 2 * 10**6


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
        may use. A trial takes place only while so many cores are idle.
    size, mini_batch_size : int
        The network's parameters and the examples of a mini-batch: from these the first slice is guessed.

    Attributes
    ----------
    measures : bool
        Whether the number of threads is chosen by measuring.
    best : int
        The number of threads that is used now.
    """

    measures: bool
    best: int
    first: int
    spent: float
    patience: float
    next_trial: float
    recent: tuple[int, float]
    awake: int
    last: float
    cold_until: float

    def __init__(self, threads: int | None = 1, size: int = 1, mini_batch_size: int = 1) -> None:
        self.measures = threads is None and most_threads() > 1
        self.best = threads or 1
        step = size * (mini_batch_size + STEP)
        if self.measures and step >= SHARED and idle_cores() >= most_threads() - 1:
            self.best = most_threads()
        self.mini_batch_size = mini_batch_size
        self.first = max(1, FIRST // step) * mini_batch_size
        self.speeds: dict[int, float] = {}  # examples per second, as last measured
        self.trials: list[int] = []  # the numbers to try; the first of them is `best`, to compare with
        self.recent = (0, 0.0)  # examples and seconds of the last slices, which are too short to tell a speed
        self.awake, self.last = 1, 0.0  # the threads of the last slice, and when it ended
        self.cold_until = -math.inf  # when the cores are awake
        self.spent = 0.0  # seconds of training so far: what takes less than a trial is not worth one
        self.patience = PATIENCE
        self.next_trial = 0.0

    def next_slice(self) -> tuple[int, int]:
        """Return the number of threads for the next slice, and about how many examples it should have."""
        if self.best not in self.speeds:
            return self.best, self.first
        may_try = self.measures and not self.trials and self.spent >= TRIAL
        if may_try and time.perf_counter() >= self.next_trial:
            self._try_others()
        if self.trials:
            size = self._trial_size()
            return self.trials[0], max(1, min(size // TRIAL_PARTS, size - self.recent[0]))
        return self.best, max(1, int(self.speeds[self.best] * SLICE))

    def record(self, threads: int, examples: int, seconds: float, left: bool) -> None:
        """Note how fast so many threads trained, and whether they left before the slice ended."""
        self.spent += seconds
        before = self.speeds.get(threads)
        trial = bool(self.trials) and threads == self.trials[0]
        other = trial and threads != self.best
        hopeless = other and examples / max(seconds, 1e-9) * HOPELESS < self.speeds[self.best]
        ends = hopeless or (other and left)
        if self._is_cold(threads, seconds) and not ends and (trial or before is not None):
            return
        examples, seconds = examples + self.recent[0], seconds + self.recent[1]
        if trial:
            enough = ends or examples >= self._trial_size() or seconds >= 2 * TRIAL
        else:
            enough = before is None or seconds >= TRIAL
        if not (enough or left):
            self.recent = (examples, seconds)
            return
        self.recent = (0, 0.0)
        speed = self.speeds[threads] = examples / max(seconds, 1e-9)
        if not self.measures:
            return
        if left and 1 < threads == self.best:
            self.best, self.trials = 1, []
            self._wait_longer()
        elif trial:
            self._end_trial(threads, speed)
        elif 1 < threads == self.best and before is not None and speed * BUSY < before:
            self.trials = [self.best, self.best // 2]

    def _is_cold(self, threads: int, seconds: float) -> bool:
        """Note that a slice has just ended; return whether it began while cores woke up."""
        now = time.perf_counter()
        began = now - seconds
        paused = began - self.last > PAUSE
        if threads > self.awake or (paused and began >= self.cold_until + 3 * WARM):  # some slices must count
            self.cold_until = began + WARM
        self.awake, self.last = threads, now
        return threads > 1 and began < self.cold_until

    def _trial_size(self) -> int:
        """Return how many examples a trial has."""
        return max(int(self.speeds[self.best] * TRIAL), TRIAL_STEPS * self.mini_batch_size)

    def _try_others(self) -> None:
        """Plan to try the next larger number of threads, and the next smaller."""
        larger, self.recent = min(2 * self.best, most_threads()), (0, 0.0)
        others = [larger] if self.best < larger <= self.best + idle_cores() else []
        if self.best > 1:
            others.append(self.best // 2)
        if others:
            self.trials = [self.best, *others]
        else:
            self.next_trial = time.perf_counter() + (LONGEST_PATIENCE if larger == self.best else PATIENCE)

    def _end_trial(self, threads: int, speed: float) -> None:
        """Take the number that was tried if it is faster, and try on from there; else wait."""
        self.trials.pop(0)
        if threads == self.best:
            return
        if speed > self.speeds[self.best] * (GAIN if threads > self.best else 1):
            larger, smaller = min(2 * threads, most_threads()), threads // 2
            if threads > self.best:
                self.trials = [threads, larger] if threads < larger <= threads + idle_cores() else []
            else:
                self.trials = [threads, smaller] if smaller else []
            self.best, self.patience = threads, PATIENCE
            self.next_trial = time.perf_counter() + self.patience
        elif not self.trials:
            self._wait_longer()

    def _wait_longer(self) -> None:
        """Put off the next trial, for twice as long as the last time."""
        self.next_trial = time.perf_counter() + self.patience
        self.patience = min(2 * self.patience, LONGEST_PATIENCE)
