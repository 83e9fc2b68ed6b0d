"""`run` carries out many runs, several at a time in worker processes.

    from nncore.reproduction import runs

    if __name__ == "__main__":  # worker processes import this file
        runs.run(["3.8"], seeds=3, results="nncore-book")

A run whose result is on disk is not done again, and one that was stopped is resumed.
"""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any

from nncore.reproduction import experiments, single_run
from nncore.reproduction.display import Display
from nncore.reproduction.experiments.training_spec import Measurement
from nncore.reproduction.record import RESULTS, Run

__all__ = ["run", "wanted_runs"]

PATIENCE = 10.0  # seconds to wait for trainings to stop after Ctrl-C


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
    """Carry out experiments, several runs at a time; results that are on disk are not made again.

    Parameters
    ----------
    selection : iterable of str
        The ids of the experiments.
    seeds : int or iterable of int
        The number of seeds, counted from 0, or the seeds themselves. By default each experiment's own number.
    results : path
        The folder of results.
    data : str
        "mnist", "sample" (the digits that ship with nncore), or the path of a folder that holds MNIST.
    epochs : int, optional
        A smaller number of epochs, for a quick trial.
    workers : int, optional
        The number of worker processes; by default the number of cores.
    executor : concurrent.futures.Executor, optional
        Carries the runs out instead of worker processes: threads, or a cluster that shares the folder of
        results.

    Returns
    -------
    dict of Run to str
        The outcome of each run: what `single_run.carry_out` returns, or "failed: " and the reason.
    """
    wanted = wanted_runs(selection, seeds, results, data, epochs)
    if executor is not None:
        single_run.stop.clear()
        return _run_all(wanted, executor, single_run.stop)
    context = multiprocessing.get_context("spawn")
    stop, others = context.Event(), set(multiprocessing.active_children())
    count = min(workers or os.cpu_count() or 1, max(len(wanted), 1))
    with concurrent.futures.ProcessPoolExecutor(count, context, _start_worker, (stop,)) as processes:
        try:
            return _run_all(wanted, processes, stop, count)
        except BaseException:  # trainings have stopped by now, but a measurement cannot be stopped
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
    """Return the runs that `run` would carry out; a part that does not depend on the seed has one."""
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
    """Prepare a worker process: it stops when its parent sets `stop`, and ends when its parent ends.

    Ctrl-C reaches it through `stop` only.
    """
    single_run.stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run_all(
    wanted: list[Run], executor: concurrent.futures.Executor, stop: Any, shown: int | None = None
) -> dict[Run, str]:
    """Submit the runs to the executor, show their progress, and return the outcome of each.

    Runs that use the networks of others start after them. A process pool reports one queued run as running,
    so only the first `shown` are shown as running.
    """
    outcomes: dict[Run, str] = {}
    with Display() as display:
        for needs_others in (False, True):
            futures = {
                executor.submit(single_run.carry_out, run): run
                for run in wanted
                if _uses_networks(run) == needs_others
            }
            pending = set(futures)
            try:
                while pending:
                    done, pending = concurrent.futures.wait(pending, 1.0, concurrent.futures.FIRST_COMPLETED)
                    for future in done:
                        run = futures[future]
                        outcomes[run] = _outcome(future)
                        display.ended(run, outcomes[run])
                    running = [run for future, run in futures.items() if future.running()]
                    display.update(running[:shown])
            except BaseException:  # Ctrl-C too
                stop.set()
                for future in pending:
                    future.cancel()
                concurrent.futures.wait(pending, PATIENCE)
                raise
    return outcomes


def _uses_networks(run: Run) -> bool:
    """Whether a run uses the networks of another experiment."""
    part = experiments.find(run.experiment).part(run.part)
    return isinstance(part, Measurement) and bool(part.networks_of)


def _outcome(future: concurrent.futures.Future[str]) -> str:
    """Return the outcome of a run; an error in it, such as a missing library, does not end the others."""
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, Exception) and not isinstance(error, concurrent.futures.BrokenExecutor):
        return f"failed: {type(error).__name__}: {error}"
    raise error
