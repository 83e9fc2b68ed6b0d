"""`carry_out` carries out one run in this process.

A training writes a checkpoint at the end of an epoch, every few seconds. A run that was stopped or killed is
resumed from its checkpoint, and ends with the same bits as a run that was not.
"""

from __future__ import annotations

import functools
import sys
import threading
import time
from typing import Any

import numpy as np

import nncore
from nncore._work.stop import Stop
from nncore._work.warned import warned
from nncore.formats import npz
from nncore.reproduction import experiments, stored_names
from nncore.reproduction.experiments.training_spec import Data, Measurement, Training
from nncore.reproduction.record import Run, locked, read, runs_on_disk, settings_of, write

__all__ = ["carry_out"]

CHECKPOINT_SECONDS = 5.0  # the shortest time between two checkpoints of a run

_loading = threading.RLock()  # so that threads which need the same images load them once


def carry_out(run: Run, stop: Stop | None = None, attempt: str = "") -> str:
    """Carry out a run, or the rest of a run that was stopped.

    Parameters
    ----------
    run : Run
    stop : Stop, optional
        Ends the run when it is set.
    attempt : str
        Unlike that of any other call, for executors that keep results.

    Returns
    -------
    str
        "done"; "already done" if its result is on disk; "stopped" if `stop` was set; "running elsewhere" if
        another process is doing it.
    """
    stop = Stop() if stop is None else stop
    if stop.is_set():
        return "stopped"
    run.path.parent.mkdir(parents=True, exist_ok=True)
    with locked(run) as is_ours:
        if not is_ours:
            return "running elsewhere"
        part = experiments.find(run.experiment).part(run.part)
        data = _load(run.data) if part.takes_data else None
        settings = settings_of(run, data)
        record = read(run)
        if record is not None and record["settings"] == settings:
            return "already done"
        if record is not None:
            _warn(f"{run}: the settings have changed since its result was written; running it again")
        if isinstance(part, Measurement):
            result: dict[str, Any] | None = _measure(part, run, data)
        else:
            assert data is not None
            result = _train(part, run, settings, data, stop)
        if result is None:
            return "stopped"
        write(run, result | {"settings": settings})
        run.checkpoint.unlink(missing_ok=True)
    return "done"


def _warn(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _measure(measurement: Measurement, run: Run, data: Data | None) -> dict[str, Any]:
    """Return the result of a measurement."""
    given: dict[str, Any] = {"data": data, "seed": run.seed, "epochs": run.epochs}
    if measurement.networks_of:
        others = runs_on_disk(run, measurement.networks_of)
        if not others:
            raise ValueError(
                f"{run.experiment}: it needs the networks of {measurement.networks_of}; "
                f"`nncore book run {measurement.networks_of}` trains them"
            )
        given["networks"] = [nncore.load(other.network) for other in others]
    start = time.perf_counter()
    numbers = measurement.function(
        **{name: given[name] for name in measurement.takes}, **measurement.arguments
    )
    seconds = time.perf_counter() - start
    return {"status": "done", "numbers": numbers, "seconds": seconds, "wall": seconds}


def _load(data: str) -> Data:
    with _loading:
        return _loaded(data)


@functools.lru_cache(1)
def _loaded(data: str) -> Data:
    if data == "sample":
        return nncore.datasets.load_sample()
    return nncore.datasets.load_mnist(None if data == "mnist" else data)


def _training_data(training: Training, data: str) -> nncore.Dataset:
    """Return the images of a training. They are kept for its next seed (the expanded ones take 196 MB)."""
    with _loading:
        return _prepared(training, data)


@functools.lru_cache(1)
def _prepared(training: Training, data: str) -> nncore.Dataset:
    return training.training_data(_load(data)[0])


def _train(
    training: Training, run: Run, settings: dict[str, Any], data: Data, stop: Stop
) -> dict[str, Any] | None:
    """Return the result of a training, or None if it was stopped, with a checkpoint on disk."""
    net = training.network(run.seed)
    history, tested, best = nncore.History(), [], None
    if (checkpoint := _read_checkpoint(run, settings)) is not None:
        description, arrays = checkpoint
        history, tested = nncore.History.from_dict(description["history"]), description["test_accuracy"]
        net.parameters, net.epochs_trained = arrays["parameters"], len(history)
        best = arrays.get("best")
    test = net._data("test", data[2]) if training.test_each_epoch else None
    written = time.monotonic()

    def after_epoch(net: nncore.Network, history: nncore.History) -> None:
        nonlocal best, written
        if test is not None:
            tested.append(net._cost_and_accuracy(test)[1])
        accuracies = history.evaluation_accuracy
        if accuracies and accuracies[-1] >= max(accuracies):  # of equal ones the last, as in network3
            best = net.parameters.copy()
        if time.monotonic() - written >= CHECKPOINT_SECONDS:
            _write_checkpoint(run, settings, net, history, tested, best)
            written = time.monotonic()

    status = "done"
    arguments = training.sgd_arguments() | {"epochs": settings["epochs"] - len(history)}
    with warned():  # the caller learns of a stop by None; and the book shows networks that fail
        try:
            net.SGD(
                _training_data(training, run.data),
                evaluation_data=training.evaluation_data(*data[1:]),
                callbacks=after_epoch,
                resume=history,
                progress=stop.check,
                **arguments,
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
    if training.evaluate_only_at_end:
        numbers["accuracy"] = net.accuracy(training.evaluation_data(*data[1:]))
    return {
        "status": status,
        "history": history.to_dict(),
        "test_accuracy": tested,
        "numbers": numbers,
        "seconds": sum(history.seconds),
        "wall": history.elapsed[-1] if len(history) else 0.0,
    }


def _write_checkpoint(
    run: Run,
    settings: dict[str, Any],
    net: nncore.Network,
    history: nncore.History,
    tested: list[float],
    best: np.ndarray | None,
) -> None:
    """Write one file, so that all of it is of the same epoch (no training of the book has momentum)."""
    description = {"settings": settings, "history": history.to_dict(), "test_accuracy": tested}
    arrays = {"parameters": net.parameters} | ({} if best is None else {"best": best})
    npz.write(run.checkpoint, description, arrays)


def _read_checkpoint(run: Run, settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return description and arrays of a run's checkpoint, or None if there is none with these settings."""
    if not run.checkpoint.exists():
        return None
    description, arrays = npz.read(run.checkpoint)
    if stored_names.current(description["settings"]) != settings:
        _warn(
            f"{run}: the settings have changed since its checkpoint was written; starting from the beginning"
        )
        return None
    return description, arrays
