"""Experiments carried out: each run once, its result on disk, going on where it stopped.

    from nncore.reproduction import runs

    if __name__ == "__main__":  # the workers are processes, which import this file
        runs.run(["3.8"], seeds=3, results="nncore-book")

A run is an experiment's part with one seed. Its result is ``RESULTS/<id>/<part>/seed-<n>.json``, and beside
it ``.npz``, the network. While it goes on, ``.checkpoint.npz`` keeps the end of an epoch, of which there is
one every few seconds: a run that was killed goes on from there, to the same bits.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import datetime
import functools
import json
import multiprocessing
import os
import platform
import signal
import sys
import threading
import time
import warnings
import zlib
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

import nncore
from nncore import targets
from nncore.formats import npz
from nncore.formats.atomic import new_file
from nncore.reproduction import experiments, stored_names
from nncore.reproduction.experiments.training_spec import Data, Measurement, Training
from nncore.training.progress import someone_looks

__all__ = ["Run", "carry_out", "read", "run"]

RESULTS = Path("nncore-book")  # in the current folder
CHECKPOINT_SECONDS = 5.0  # between two of a run, at least
PATIENCE = 10.0  # seconds until the trainings have stopped, after Ctrl-C

_stop: Any = threading.Event()  # in a worker process its parent's, shared


class Run(NamedTuple):
    """A part of an experiment, with one seed.

    Attributes
    ----------
    experiment, part : str
        The id, and the part's name.
    seed : int
    results : Path
        The folder of all results.
    data : str
        "mnist", "sample", or a folder that holds MNIST.
    epochs : int or None
        Fewer than the book's, for a look: its result is kept apart from those of whole runs.
    """

    experiment: str
    part: str
    seed: int
    results: Path = RESULTS
    data: str = "mnist"
    epochs: int | None = None

    @property
    def path(self) -> Path:
        """Where the result goes, a .json file."""
        root = self.results
        if self.data == "sample":
            root = root / "sample"
        if self.epochs is not None:
            root = root / f"{self.epochs}-epochs"
        return root / self.experiment / self.part / f"seed-{self.seed}.json"

    @property
    def network(self) -> Path:
        return self.path.with_suffix(".npz")

    @property
    def checkpoint(self) -> Path:
        return self.path.with_suffix(".checkpoint.npz")

    def __str__(self) -> str:
        return f"{self.experiment} {self.part}, seed {self.seed}"


def run(
    selection: Iterable[str],
    *,
    seeds: int | Iterable[int] | None = None,
    results: str | PathLike[str] = RESULTS,
    data: str = "mnist",
    epochs: int | None = None,
    workers: int | None = None,
    executor: concurrent.futures.Executor | None = None,
) -> dict[Run, str]:
    """Carry out experiments, as many at a time as there are cores; what is on disk is not done again.

    Parameters
    ----------
    selection : iterable of str
        Ids of experiments.
    seeds : int or iterable of int
        How many, from 0 on; or which. By default as many as each experiment says.
    results : path
        The folder that results go to, and come from.
    data : str
        "mnist", "sample" (the digits that ship with nncore), or a folder that holds MNIST.
    epochs : int, optional
        Fewer epochs, for a look.
    workers : int, optional
        Processes; by default as many as cores.
    executor : concurrent.futures.Executor, optional
        What carries the runs out in place of processes of our own: threads, or a cluster that shares the
        folder of results.

    Returns
    -------
    dict of Run to str
        What became of each: what `carry_out` returns, or "failed: " and the reason.
    """
    wanted = wanted_runs(selection, seeds, results, data, epochs)
    if executor is not None:
        _stop.clear()
        return _follow(wanted, executor, _stop)
    context = multiprocessing.get_context("spawn")
    stop, others = context.Event(), set(multiprocessing.active_children())
    count = min(workers or os.cpu_count() or 1, max(len(wanted), 1))
    with concurrent.futures.ProcessPoolExecutor(count, context, _start_worker, (stop,)) as processes:
        try:
            return _follow(wanted, processes, stop, count)
        except BaseException:  # a training has stopped by now; a measurement cannot
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
            raise


def wanted_runs(
    selection: Iterable[str],
    seeds: int | Iterable[int] | None = None,
    results: str | PathLike[str] = RESULTS,
    data: str = "mnist",
    epochs: int | None = None,
) -> list[Run]:
    """The runs that `run` would carry out; of a part that no seed rules, one."""
    wanted = []
    for id in selection:
        experiment = experiments.find(id)
        count = experiment.seeds if seeds is None else seeds
        chosen = list(range(count) if isinstance(count, int) else count)
        for part in experiment.parts:
            for seed in chosen if part.seeded else [0]:
                wanted.append(Run(id, part.name, seed, Path(results), data, epochs))
    return wanted


def _start_worker(stop: Any) -> None:
    """A worker process: Ctrl-C reaches it through its parent, which says stop; it does not outlive that."""
    global _stop
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _follow(
    wanted: list[Run], executor: concurrent.futures.Executor, stop: Any, at_once: int | None = None
) -> dict[Run, str]:
    """Hand the runs to the executor, and show how far they are. Those that take the networks of others wait
    for them. At most `at_once` go on: a pool of processes says so of one more, which is next."""
    became: dict[Run, str] = {}
    with _Display() as display:
        for needs_others in (False, True):
            futures = {
                executor.submit(carry_out, run): run
                for run in wanted
                if bool(_networks_of(run)) == needs_others
            }
            pending = set(futures)
            try:
                while pending:
                    done, pending = concurrent.futures.wait(pending, 1.0, concurrent.futures.FIRST_COMPLETED)
                    for future in done:
                        run = futures[future]
                        became[run] = _result(future)
                        display.done(run, became[run])
                    running = [run for future, run in futures.items() if future.running()]
                    display.look(running[:at_once])
            except BaseException:  # Ctrl-C too
                stop.set()
                for future in pending:
                    future.cancel()
                concurrent.futures.wait(pending, PATIENCE)
                raise
    return became


def _result(future: concurrent.futures.Future[str]) -> str:
    """What became of a run. What ends one, such as a library that is missing, does not end the others."""
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, Exception) and not isinstance(error, concurrent.futures.BrokenExecutor):
        return f"failed: {type(error).__name__}: {error}"
    raise error


def carry_out(run: Run) -> str:
    """Do a run, or what is left of it, in this process.

    Returns
    -------
    str
        "done"; "there already", where its result is on disk; "stopped", where it was told to; "running
        elsewhere", where another process is at it.
    """
    run.path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(run) as locked:
        if not locked:
            return "running elsewhere"
        part = experiments.find(run.experiment).part(run.part)
        data = _load(run.data) if part.takes_data else None
        settings = _settings(part, run, data)
        record = read(run)
        if record is not None and record["settings"] == settings:
            return "there already"
        if record is not None:
            _say(f"{run}: its settings changed, it is done anew")
        if isinstance(part, Measurement):
            result: dict[str, Any] | None = _measure(part, run, data)
        else:
            assert data is not None
            result = _train(part, run, settings, data)
        if result is None:
            return "stopped"
        _write(run, result | {"settings": settings})
        run.checkpoint.unlink(missing_ok=True)
    return "done"


def read(run: Run) -> dict[str, Any] | None:
    """What is on disk of a run that is finished, or None.

    Returns
    -------
    dict or None
        "experiment", "part", "seed", "settings"; "status"; "history", the lists of `nncore.History`;
        "test_accuracy", one an epoch where it was counted; "seconds" of training and "wall" seconds; "date",
        "machine", "versions".
    """
    try:
        record = json.loads(run.path.read_text(encoding="utf-8"))
        return record | {"settings": stored_names.current(record["settings"])}
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{run.path}: not a result of nncore ({error}); delete it") from error


def _write(run: Run, result: dict[str, Any]) -> None:
    record = {
        "experiment": run.experiment,
        "part": run.part,
        "seed": run.seed,
        **result,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpu": targets.cpu(),
            "cores": os.cpu_count(),
            "target": targets.target()[0],
            "system": f"{platform.system()} {platform.machine()}",
            "threads": 1,
        },
        "versions": {
            "nncore": nncore.__version__,
            "Python": platform.python_version(),
            "NumPy": np.__version__,
        },
    }
    with new_file(run.path) as file:
        file.write(json.dumps(record).encode())


def _settings(part: Training | Measurement, run: Run, data: Data | None) -> dict[str, Any]:
    """What decides the result of a run, the data included, and the networks that it takes from others."""
    settings = part.settings() | ({} if data is None else {"data": fingerprint(data)})
    if others := _runs_of(run, _networks_of(run)):
        settings["networks"] = [stored_names.of_network(*other[:3], read(other) or {}) for other in others]
    return settings if run.epochs is None else settings | {"epochs": run.epochs}


def _networks_of(run: Run) -> str:
    """The experiment whose networks a run takes, or ""."""
    part = experiments.find(run.experiment).part(run.part)
    return part.networks_of if isinstance(part, Measurement) else ""


def _runs_of(run: Run, id: str) -> list[Run]:
    """The finished runs of an experiment, in the same folder of results as `run`."""
    if not id:
        return []
    runs = []
    for part in experiments.find(id).parts:
        folder = run._replace(experiment=id, part=part.name).path.parent
        seeds = sorted(int(path.stem.removeprefix("seed-")) for path in folder.glob("seed-*.json"))
        runs += [run._replace(experiment=id, part=part.name, seed=seed) for seed in seeds]
    return runs


def _measure(part: Measurement, run: Run, data: Data | None) -> dict[str, Any]:
    """The result of a measurement."""
    given: dict[str, Any] = {"data": data, "seed": run.seed, "epochs": run.epochs}
    if part.networks_of:
        others = _runs_of(run, part.networks_of)
        if not others:
            raise ValueError(f"{run.experiment}: run {part.networks_of} first, whose networks it takes")
        given["networks"] = [nncore.load(other.network) for other in others]
    start = time.perf_counter()
    numbers = part.function(**{name: given[name] for name in part.takes}, **part.arguments)
    seconds = time.perf_counter() - start
    return {"status": "done", "numbers": numbers, "seconds": seconds, "wall": seconds}


@functools.lru_cache(1)
def _load(data: str) -> Data:
    if data == "sample":
        return nncore.datasets.load_sample()
    return nncore.datasets.load_mnist(None if data == "mnist" else data)


@functools.lru_cache(1)
def _training_data(part: Training, data: str) -> nncore.Dataset:
    """The last part's is kept for its next seed: 196 MB, of the expanded images."""
    return part.training_data(_load(data)[0])


def fingerprint(data: Data) -> str:
    """Tells data from other data: how many images, and a checksum."""
    crc = 0
    for dataset in data:
        crc = zlib.crc32(np.ascontiguousarray(dataset.labels), zlib.crc32(dataset.images, crc))
    return stored_names.of_data([len(dataset) for dataset in data], crc)


def _train(part: Training, run: Run, settings: dict[str, Any], data: Data) -> dict[str, Any] | None:
    """The result of a training, or None where it was stopped, with a checkpoint on disk."""
    net = part.network(run.seed)
    history, tested, best = nncore.History(), [], None
    if (kept := _read_checkpoint(run, settings)) is not None:
        description, arrays = kept
        history, tested = nncore.History.from_dict(description["history"]), description["test_accuracy"]
        net.parameters, net.epochs_trained = arrays["parameters"], len(history)
        best = arrays.get("best")
    test = net._data("test", data[2]) if part.test_each_epoch else None
    written = time.monotonic()

    def after_epoch(net: nncore.Network, history: nncore.History) -> None:
        nonlocal best, written
        if test is not None:
            tested.append(net._cost_and_accuracy(test)[1])
        accuracies = history.evaluation_accuracy
        if accuracies and accuracies[-1] >= max(accuracies):  # of equals the last, as in network3
            best = net.parameters.copy()
        if time.monotonic() - written >= CHECKPOINT_SECONDS:
            _write_checkpoint(run, settings, net, history, tested, best)
            written = time.monotonic()

    status = "done"
    rates = part.sgd_arguments() | {"epochs": settings["epochs"] - len(history)}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="interrupted")  # the caller hears of it
        try:
            net.SGD(
                _training_data(part, run.data),
                evaluation_data=part.evaluation_data(*data[1:]),
                callbacks=after_epoch,
                history=history,
                progress=_go_on,
                **rates,
            )
        except nncore.DivergenceError as error:
            status = f"diverged: {error}"
    if history.interrupted:
        if len(history):
            _write_checkpoint(run, settings, net, history, tested[: len(history)], best)
        return None
    if best is not None:
        net.parameters = best
    net.save(run.network)
    numbers = {}
    if part.evaluate_only_at_end:
        numbers["accuracy"] = net.accuracy(part.evaluation_data(*data[1:]))
    return {
        "status": status,
        "history": history.to_dict(),
        "test_accuracy": tested,
        "numbers": numbers,
        "seconds": sum(history.seconds),
        "wall": history.elapsed[-1] if len(history) else 0.0,
    }


def _go_on(images: int) -> None:
    """Called every twentieth of a second or so: ends a run as Ctrl-C would, which its parent may have had."""
    if _stop.is_set():
        raise KeyboardInterrupt


def _write_checkpoint(
    run: Run,
    settings: dict[str, Any],
    net: nncore.Network,
    history: nncore.History,
    tested: list[float],
    best: np.ndarray | None,
) -> None:
    """One file, so that all of it is of the same epoch. (Momentum would have a state besides.)"""
    description = {"settings": settings, "history": history.to_dict(), "test_accuracy": tested}
    arrays = {"parameters": net.parameters} | ({} if best is None else {"best": best})
    npz.write(run.checkpoint, description, arrays)


def _read_checkpoint(run: Run, settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    if not run.checkpoint.exists():
        return None
    description, arrays = npz.read(run.checkpoint)
    if stored_names.current(description["settings"]) != settings:
        _say(f"{run}: its settings changed since it was stopped, it begins anew")
        return None
    return description, arrays


@contextlib.contextmanager
def _locked(run: Run) -> Iterator[bool]:
    """Whether no other process is at this run; none will be meanwhile. The system lets go of the lock of a
    process that dies."""
    folder = run.results / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    name = "-".join(run.path.relative_to(run.results).with_suffix("").parts)
    with open(folder / name, "a+b") as file:
        try:
            _lock(file)
        except OSError:
            yield False
            return
        yield True


if sys.platform == "win32":
    import msvcrt

    def _lock(file: Any) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: Any) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class _Display:
    """How far the runs are: at a terminal a bar for each that goes on; else a line, every minute."""

    def __init__(self) -> None:
        self.bars: dict[Run, Any] = {}
        self.terminal, self.said = someone_looks(), time.monotonic()

    def __enter__(self) -> _Display:
        return self

    def __exit__(self, *error: Any) -> None:
        for bar in self.bars.values():
            bar.close()

    def look(self, running: Iterable[Run]) -> None:
        """At the checkpoints of those that go on."""
        due = time.monotonic() - self.said >= 60
        for run in running:
            part = experiments.find(run.experiment).part(run.part)
            if isinstance(part, Measurement):
                continue
            total = run.epochs or part.epochs
            epochs, seconds = self._epochs(run)
            if self.terminal:
                if run not in self.bars:
                    self.bars[run] = tqdm(
                        total=total, initial=epochs, desc=str(run), unit=" epochs", dynamic_ncols=True
                    )
                self.bars[run].update(epochs - self.bars[run].n)
            elif due and epochs:
                left = seconds / epochs * (total - epochs)
                _say(f"{run}: {epochs} of {total} epochs, {left / 60:.0f} minutes left")
        if due:
            self.said = time.monotonic()

    def done(self, run: Run, became: str) -> None:
        if run in self.bars:
            self.bars.pop(run).close()
        record = read(run)
        took = f", {record['wall']:.1f} s" if record is not None and became == "done" else ""
        line = f"{run}: {became}{took}"
        if self.bars:
            tqdm.write(line, file=sys.stderr)  # above the bars
        else:
            _say(line)

    def _epochs(self, run: Run) -> tuple[int, float]:
        """Epochs done and the seconds that they took, as the checkpoint has it."""
        try:
            with np.load(run.checkpoint) as file:
                history = json.loads(str(file["description"]))["description"]["history"]
        except (FileNotFoundError, ValueError, KeyError):
            return 0, 0.0
        return len(history["seconds"]), history["elapsed"][-1]
