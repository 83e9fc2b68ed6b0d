"""`run` carries out many runs, several at a time: in threads, in processes, or on a cluster.

    from nncore.reproduction import runs

    runs.run(["3.8"], seeds=3, results="nncore-book")

A run whose result is on disk is not done again, and one that was stopped is resumed.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
import os
import signal
import threading
import uuid
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path

from nncore._cores import cores_available
from nncore._work.stop import Stop
from nncore._work.workplace import Workplace, follow, workplace
from nncore.reproduction import experiments, single_run
from nncore.reproduction.display import Display
from nncore.reproduction.experiments.training_spec import Measurement, Training
from nncore.reproduction.record import RESULTS, Run, is_running

__all__ = ["run", "wanted_runs"]


def run(
    selection: Iterable[str],
    *,
    seeds: int | Iterable[int] | None = None,
    results: str | PathLike[str] = RESULTS,
    data: str = "mnist",
    epochs: int | None = None,
    threads: int | None = None,
    workers: int | None = None,
    executor: concurrent.futures.Executor | None = None,
    stop: Stop | None = None,
) -> dict[Run, str]:
    """Carry out experiments, several runs at a time; results that are on disk are not made again.

    Trainings run in threads of this process. What is not a training comes after them, in worker processes,
    since it leans on Python's lock and cannot be stopped from within.

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
    threads : int, optional
        How many runs at a time; by default as many as the process may use cores.
    workers : int, optional
        The number of worker processes that carry everything out, trainings too.
    executor : concurrent.futures.Executor, optional
        Carries everything out instead: a cluster that shares the folder of results, such as
        `nn.distributed.dask` gives. It needs the data under the same name on every machine.
    stop : Stop, optional
        Where it is set, from another thread, everything ends as it does after Ctrl-C.

    Returns
    -------
    dict of Run to str
        The outcome of each run: what `single_run.carry_out` returns, or "failed: " and the reason.

    Raises
    ------
    KeyboardInterrupt
        Ctrl-C, or `stop`, has ended the runs; those that were begun can be resumed.

    Examples
    --------
    >>> import tempfile
    >>> from nncore.reproduction import runs
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     outcomes = runs.run(["1.1"], seeds=1, results=folder, data="sample", epochs=1, threads=1)
    >>> list(outcomes.values())
    ['done']
    """
    wanted = wanted_runs(selection, seeds, results, data, epochs)
    folder = Path(results)
    folder.mkdir(parents=True, exist_ok=True)
    if workers is not None and (threads is not None or executor is not None):
        raise ValueError("workers: they replace the threads and the executor; pass one of the three")
    outcomes: dict[Run, str] = {}
    trainings = [run for run in wanted if not isinstance(part_of(run), Measurement)]
    others = [run for run in wanted if isinstance(part_of(run), Measurement)]
    with Display() as display:
        for runs, in_processes in ((trainings, workers is not None), (others, executor is None)):
            if runs:
                count = min(workers or threads or cores_available(), len(runs))
                with (
                    _processes(count, folder)
                    if in_processes
                    else workplace(executor, count if executor is None else None, folder, "results")
                ) as work:
                    outcomes |= _run_all(runs, work, display, stop)
    return {run: outcomes[run] for run in wanted}


@contextlib.contextmanager
def _processes(count: int, folder: Path) -> Iterator[Workplace]:
    """Give a workplace of worker processes, which are ended if something goes wrong."""
    context, others = multiprocessing.get_context("spawn"), set(multiprocessing.active_children())
    with concurrent.futures.ProcessPoolExecutor(count, context, _start_worker) as processes:
        try:
            with workplace(processes, None, folder, "results") as work:
                yield work
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


def _start_worker() -> None:
    """Prepare a worker process: it ends when its parent ends. Ctrl-C reaches it as a `Stop` only."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run_all(
    wanted: list[Run], work: Workplace, display: Display, stop: Stop | None = None
) -> dict[Run, str]:
    """Carry runs out, show their progress, and return the outcome of each."""
    outcomes: dict[Run, str] = {}
    pending = {
        work.executor.submit(single_run.carry_out, run, work.stop, uuid.uuid4().hex): run for run in wanted
    }

    def ended(run: Run, future: concurrent.futures.Future[str]) -> None:
        outcomes[run] = _outcome(future)
        display.ended(run, outcomes[run])

    def look() -> None:
        display.update(filter(is_running, pending.values()))
        if stop is not None:
            stop.check()

    follow(pending, ended, work, look)
    return outcomes


def part_of(run: Run) -> Training | Measurement:
    """Return the part of an experiment that a run carries out."""
    return experiments.find(run.experiment).part(run.part)


def _outcome(future: concurrent.futures.Future[str]) -> str:
    """Return the outcome of a run; an error in it, such as a missing library, does not end the others."""
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, Exception) and not isinstance(error, concurrent.futures.BrokenExecutor):
        return f"failed: {type(error).__name__}: {error}"
    raise error
