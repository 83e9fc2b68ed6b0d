"""The screen Train, live: a training that one watches, and whose settings one moves while it learns."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import nncore
from nncore.play.digits import digits_at_hand
from nncore.play.live_run import MOVABLE, LiveRun, Move, Settings
from nncore.play.published import published
from nncore.play.screens.screen import Push, Screen, whole
from nncore.play.trainer import FULL, Task, Trainer
from nncore.play.weight_pictures import WeightPictures

if TYPE_CHECKING:
    from nncore.insight.diagnose import Finding
    from nncore.play.workbench import Workbench

MOST_RUNS = 4
MOST_EPOCHS = 1000
MOST_HIDDEN = 400
MOST_MOVES = 500  # that a link may carry
MOST_SEED = 1 << 53
FIRST = Settings()
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Train(Screen):
    """Train has at most four runs on the same digits. One of them, the current one, follows the controls.

    Every question about it is answered by `state`, which is pushed as "frame", too, about 20 times a second
    while something trains.
    """

    digits: Any
    letters: Any
    current: int
    epochs: int
    serial: int
    trainer: Trainer

    def __init__(self, bench: Workbench, push: Push) -> None:
        super().__init__(bench, push)
        self.digits = bench.digits or digits_at_hand()
        self.letters = itertools.cycle(LETTERS)
        self.runs: list[LiveRun] = []
        self.current = 0
        self.epochs = 30
        self.serial = 0
        self.pictures: dict[LiveRun, WeightPictures] = {}
        self.trainer = Trainer(lambda: self.push("frame", self._state()))

    def close(self) -> None:
        self.trainer.close()

    @property
    def run(self) -> LiveRun:
        """The current run."""
        if not self.runs:
            raise ValueError("there is no run yet: ask begin first")
        return self.runs[self.current]

    def ask_begin(self, runs: Any, current: Any = 0, epochs: Any = 30, speed: Any = FULL) -> dict[str, Any]:
        """Make the runs that a link describes, and train each up to where it was.

        Parameters
        ----------
        runs : list of dict
            Each has ``settings``, where those left out are the usual ones; ``moved``, a list of [epochs,
            images, name, value]; and ``at``, [epochs, images]. Places are whole epochs and the images after
            them, as the number of training images may differ from machine to machine.
        current : int
            Which of them is the current one.
        epochs, speed : int
            See `ask_epochs` and `ask_speed`.
        """
        if not isinstance(runs, list) or not 1 <= len(runs) <= MOST_RUNS:
            raise ValueError(f"runs: a list of 1 to {MOST_RUNS} needed, got {runs!r:.60}")
        read = [self._read(run) for run in runs]
        current = whole("current", current, 0, len(read) - 1)
        with self.trainer.still():
            self.epochs = whole("epochs", epochs, 1, MOST_EPOCHS)
            self.trainer.speed = whole("speed", speed, 0, FULL)
            if [(run.settings, run.moved, run.images) for run in self.runs] != read:
                self.letters = itertools.cycle(LETTERS)
                made = []
                for settings, moved, images in read:
                    made.append(self._made(settings))
                    made[-1].coming.extend(moved)
                    made[-1].goal = images
                self.runs, self.pictures, self.trainer.fault = made, {}, ""
                first = [made[current], *made[:current], *made[current + 1 :]]
                self.trainer.queue[:] = [Task(run, True) for run in first if not run.finished]
            self.current = current
            return self._state()()

    def _read(self, run: Any) -> tuple[Settings, list[Move], int]:
        """Return the settings, the moves and the images of one of the runs of `ask_begin`."""
        if not isinstance(run, dict) or not run.keys() <= {"settings", "moved", "at"}:
            raise ValueError(f"runs: settings, moved and at needed, got {run!r:.60}")
        moved = run.get("moved", [])
        if not isinstance(moved, list) or len(moved) > MOST_MOVES:
            raise ValueError(f"moved: a list of at most {MOST_MOVES} needed, got {moved!r:.60}")
        moves = []
        for move in moved:
            if not isinstance(move, list) or len(move) != 4 or move[2] not in MOVABLE:
                raise ValueError(f"moved: [epochs, images, name, value] needed, got {move!r:.60}")
            moves.append(Move(self._place(move[:2]), move[2], check_setting(move[2], move[3])))
        return settings_of(run.get("settings", {})), moves, self._place(run.get("at", [0, 0]))

    def _place(self, place: Any) -> int:
        """Return a place, [epochs, images after them], as a number of images."""
        if not isinstance(place, list) or len(place) != 2:
            raise ValueError(f"at: [epochs, images] needed, got {place!r:.60}")
        n = len(self.digits.training)
        return whole("at", place[0], 0, MOST_EPOCHS) * n + min(n, whole("at", place[1], 0, MOST_SEED))

    def ask_state(self) -> dict[str, Any]:
        """Return the state of all runs."""
        with self.trainer.still():
            return self._state()()

    def ask_set(self, name: Any, value: Any) -> dict[str, Any]:
        """Change eta, lmbda, mini_batch_size or momentum of the current run: its next mini-batch uses it."""
        return self._with_run(lambda run: run.set(name, value))

    def ask_go(self) -> dict[str, Any]:
        """Train the current run, and what else has not reached its goal. A run that is done begins again."""
        with self.trainer.still():
            if self.run.images >= self._goal():
                self._begin_again({}, repeats=True)
            self.run.error, self.run.goal = "", self._goal()
            self._train_all()
            return self._state()()

    def ask_pause(self) -> dict[str, Any]:
        """Let nothing train, and measure where the current run stands."""
        return self._with_run(self._pause)

    def ask_step(self) -> dict[str, Any]:
        """Train the current run on one mini-batch."""
        return self._with_run(lambda run: self._advance(run, run.images + 1))

    def ask_epoch(self) -> dict[str, Any]:
        """Train the current run to the end of an epoch."""
        return self._with_run(lambda run: self._advance(run, (run.images // run.n + 1) * run.n))

    def ask_speed(self, speed: Any) -> dict[str, Any]:
        """Set the speed: 0 is 20 mini-batches a second, 1 half an epoch, 2 five epochs, 3 full."""
        with self.trainer.still():
            self.trainer.speed = whole("speed", speed, 0, FULL)
            return self._state()()

    def ask_epochs(self, epochs: Any) -> dict[str, Any]:
        """Set how many epochs a run has."""
        with self.trainer.still():
            self.epochs = whole("epochs", epochs, 1, MOST_EPOCHS)
            if any(task.run is self.run and not task.full for task in self.trainer.queue):
                self.run.goal = self._goal()
            return self._state()()

    def ask_choose(self, run: Any) -> dict[str, Any]:
        """Let another run follow the controls."""
        with self.trainer.still():
            chosen = whole("run", run, 0, len(self.runs) - 1)
            if chosen != self.current:
                self._pause(self.run)
                self.current = chosen
            return self._state()()

    def ask_new_start(self) -> dict[str, Any]:
        """Begin the current run anew with the next seed. It goes on training if it did."""
        with self.trainer.still():
            trains = any(task.run is self.run for task in self.trainer.queue)
            self._begin_again({"seed": (self.run.settings.seed + 1) % MOST_SEED})
            if trains:
                self.run.goal = self._goal()
                self._train_all()
            return self._state()()

    def ask_beside(self, name: Any, value: Any) -> dict[str, Any]:
        """Train a new run at full speed that differs from the current one in one setting from the start."""
        with self.trainer.still():
            changes = {name: check_setting(name, value)}
            run = self.run.again(next(self.letters), changes, self._goal(), keeps_moves=True)
            self._add(run)
            self.trainer.queue.insert(0, Task(run, True))
            return self._state()()

    def ask_apply(self, changes: Any) -> dict[str, Any]:
        """Begin again with a remedy of the doctor's, and train; the old run stays beside it."""
        if not isinstance(changes, dict) or not changes:
            raise ValueError(f"changes: settings by name needed, got {changes!r:.60}")
        checked = {name: check_setting(name, value) for name, value in changes.items()}
        with self.trainer.still():
            self._begin_again(checked)
            self.run.goal = self._goal()
            self._train_all()
            return self._state()()

    def ask_drop(self, letter: Any) -> dict[str, Any]:
        """Remove a run, unless it is the only one."""
        with self.trainer.still():
            place = next((k for k, run in enumerate(self.runs) if run.letter == letter), None)
            if place is None or len(self.runs) == 1:
                raise ValueError(f"letter: that of one of several runs needed, got {letter!r:.60}")
            current = self.run
            self._remove(self.runs[place])
            self.current = self.runs.index(current) if current in self.runs else len(self.runs) - 1
            return self._state()()

    def ask_doctor(self) -> dict[str, Any]:
        """Ask the doctor about the current run, which stands still meanwhile.

        Returns
        -------
        dict
            ``about``, ``healthy``, and ``findings``: severity, name, measured, remedy, and ``change``, the
            settings of this screen that the remedy changes, or None.
        """
        with self.trainer.still():
            self._pause(self.run)
            self.push("frame", self._state())
            run = self.run
            net, now = run.net.copy(), run.now
            history = run.steps.history
        diagnosis = nncore.diagnose(
            net,
            self.digits.training,
            history,
            evaluation_data=self.digits.test,
            eta=now.eta,
            lmbda=now.lmbda,
            mini_batch_size=now.mini_batch_size,
        )
        return {
            "about": f"run {run.letter}, {counted(run)}",
            "healthy": diagnosis.healthy,
            "findings": [shown(finding, now) for finding in diagnosis],
        }

    # --- what the questions are made of; nothing trains meanwhile

    def _with_run(self, act: Callable[[LiveRun], None]) -> dict[str, Any]:
        """Let something be done with the current run, and return the state after it."""
        with self.trainer.still():
            act(self.run)
            return self._state()()

    def _goal(self) -> int:
        return self.epochs * len(self.digits.training)

    def _pause(self, run: LiveRun) -> None:
        self.trainer.queue.clear()
        run.rest()

    def _advance(self, run: LiveRun, goal: int) -> None:
        """Train a run to a goal at full speed, and nothing else."""
        self._pause(run)
        run.error, run.goal = "", goal
        self.trainer.queue.append(Task(run, True))

    def _train_all(self) -> None:
        """Train what has not reached its goal, the runs beside first."""
        beside = [run for run in self.runs if run is not self.run and not run.finished]
        self.trainer.queue[:] = [*(Task(run, True) for run in beside), Task(self.run)]

    def _begin_again(self, changes: dict[str, Any], repeats: bool = False) -> None:
        """Put a new run in place of the current one, which stays beside it if it was trained otherwise."""
        old = self.run
        settings = old.now._replace(**changes)
        self.trainer.queue[:] = [task for task in self.trainer.queue if task.run is not old]
        same = repeats and not old.moved and settings == old.settings
        if same or not old.images:
            new = old.again(old.letter, changes, 0)
            self.runs[self.current] = new
            self.pictures.pop(old, None)
        else:
            old.rest()
            old.goal = old.images
            new = old.again(next(self.letters), changes, 0)
            self._add(new)
            self.current = self.runs.index(new)

    def _made(self, settings: Settings) -> LiveRun:
        return LiveRun(next(self.letters), settings, self.digits)

    def _add(self, run: LiveRun) -> None:
        """Add a run; of more than four the oldest goes, but not the current one."""
        current = self.run
        self.runs.append(run)
        if len(self.runs) > MOST_RUNS:
            self._remove(next(old for old in self.runs if old is not current))
        self.current = self.runs.index(current)

    def _remove(self, run: LiveRun) -> None:
        self.runs.remove(run)
        self.pictures.pop(run, None)
        self.trainer.queue[:] = [task for task in self.trainer.queue if task.run is not run]

    def _state(self) -> Callable[[], dict[str, Any]]:
        """Return a function of the state as it is now, which may be called later, while something trains."""
        self.serial += 1
        run = self.run
        w = run.net.weights[0].copy()
        state = {
            "serial": self.serial,
            "runs": [self._described(each) for each in self.runs],
            "current": self.current,
            "epochs": self.epochs,
            "speed": self.trainer.speed,
            "running": bool(self.trainer.queue),
            "fault": self.trainer.fault,
            "n": run.n,
            "n_test": len(self.digits.test),
            "n_measured": run.n_measured,
            "is_mnist": self.digits.is_mnist,
            "code": self.digits.code,
        }
        pictures = self.pictures.setdefault(run, WeightPictures(run.first_weights))
        return lambda: state | pictures.of(w)

    def _described(self, run: LiveRun) -> dict[str, Any]:
        book = published(run.settings) if self.digits.is_mnist else None
        return {
            "letter": run.letter,
            "settings": run.settings._asdict(),
            "now": run.now._asdict(),
            "moved": [move._asdict() for move in run.moved],
            "images": run.images,
            "goal": run.goal,
            "seconds": run.steps.seconds,
            "trains": any(task.run is run for task in self.trainer.queue),
            "curve": run.curve(),
            "error": run.error,
            "book": None if book is None else book._asdict(),
        }


def counted(run: LiveRun) -> str:
    """Return how far a run is, in words."""
    epochs, images = divmod(run.images, run.n)
    if images:
        return f"after {run.images:,} images"
    return f"after {epochs} epochs" if epochs != 1 else "after one epoch"


def settings_of(given: Any) -> Settings:
    """Return the settings that came by name; those left out are the usual ones."""
    if not isinstance(given, dict):
        raise ValueError(f"settings: values by name needed, got {given!r:.60}")
    return FIRST._replace(**{name: check_setting(name, value) for name, value in given.items()})


def check_setting(name: Any, value: Any) -> Any:
    """Return the value of a setting that a run begins with, or refuse it by the core's own words."""
    if name not in Settings._fields:
        raise ValueError(f"name: one of {', '.join(Settings._fields)} needed, got {name!r:.60}")
    if name == "hidden":
        return whole("hidden", value, 0, MOST_HIDDEN)
    if name == "seed":
        return whole("seed", value, 0, MOST_SEED)
    if name in ("cost", "init"):
        nncore.Network([1, 1], **{name: value})
        return value
    steps = nncore.Steps(nncore.Network([1, 1]), ([[0.0]], [[0.0]]), 1, 1.0)
    setattr(steps, name, value)
    return getattr(steps, name)


def shown(finding: Finding, now: Settings) -> dict[str, Any]:
    """Return a finding as the page shows it."""
    known: Mapping[str, Any] = getattr(finding, "change", {})
    change = {name: value for name, value in known.items() if name in Settings._fields}
    change = {name: value for name, value in change.items() if getattr(now, name) != value}
    return {
        "severity": finding.severity,
        "name": finding.name,
        "measured": finding.measured,
        "remedy": finding.remedy,
        "change": change or None,
    }
