"""`sweep` trains a network for each config and each seed, several at a time, and returns a table."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
import uuid
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import numpy as np

from nncore import _given, _validation
from nncore._cores import cores_available
from nncore._work.workplace import TICK, Workplace, follow, workplace
from nncore.network import Network, load
from nncore.sweeps import configs as _configs
from nncore.sweeps import training
from nncore.sweeps.collecting import Run, Table
from nncore.sweeps.configs import Arguments
from nncore.sweeps.data import Loader, readable
from nncore.sweeps.identity import described, digest_of_data
from nncore.sweeps.results import Result, Results, label_of
from nncore.sweeps.training import ELSEWHERE, INTERRUPTED, Outcome, Place, Task
from nncore.training.progress import progress_bar

__all__ = ["sweep"]
NOT_DECISIVE = ("threads", "callbacks")  # arguments that do not change the result


def sweep(
    configs: Mapping[str, Any] | Sequence[Any] | Callable[[int], Mapping[str, Any]],
    data: Any,
    executor: Executor | None = None,
    seeds: int | Iterable[int] = 3,
    *,
    evaluation_data: Any = None,
    folder: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    progress: bool | Callable[[Result], Any] | None = None,
    **common: Any,
) -> Results:
    """Train a network for each config with each seed, and return a table of what came out.

    Several trainings run at a time. Each gives the same bits as one that is alone, whatever carries it out.

    Parameters
    ----------
    configs : dict of lists, list of dicts, or function
        The arguments of `Network` and `SGD`. A dict of lists makes all combinations, such as
        ``{"eta": [0.1, 0.5], "lmbda": [0, 5]}``; anything in it but a list, a range or an array is one value,
        a tuple too. A list holds a dict for each config, or a function that is called as ``function(seed)``
        and returns such a dict, for a random search.
    data : Dataset, pair of arrays, the book's list of (x, y), or what the loaders return
        The training data. With (training, validation, test), as ``nn.datasets.load_mnist()`` returns them,
        the validation data are the `evaluation_data`, and the test data are not looked at. A function without
        arguments that returns such data, as `nn.datasets.load_mnist` is, is called once by each process.
    executor : concurrent.futures.Executor, optional
        Carries the trainings out: a ProcessPoolExecutor, or what `nn.distributed.dask` gives. By default
        threads of this process do, as the core does not hold Python's lock.
    seeds : int or iterable of int, default 3
        How many seeds, counted from 0, or the seeds.
    evaluation_data : as training data, optional
        The cost and the accuracy on these examples are measured after each epoch.
    folder : path, optional
        A folder for the results. A training whose result is there is not repeated, one that was stopped goes
        on from its checkpoint. Results for other arguments or other data are kept apart. All workers must
        share the folder.
    threads : int, optional
        Without an executor: how many trainings run at a time; by default one for each core that the process
        may use. Each trains in one thread; if there are fewer trainings than cores, in some more.
    progress : bool or callable, optional
        Whether there is a progress bar; by default at a terminal and in a notebook. A function is called with
        the `Result` of each training that ends: `print` prints a line for each.
    **common
        Arguments of `Network` and `SGD` that all configs have in common.

    Returns
    -------
    Results
        Its lines are in the order of configs and seeds. An error of a training stands in it, and does not end
        the others. Ctrl-C ends the sweep with a warning; what has ended until then is in the table.

    Raises
    ------
    TypeError, ValueError
        An argument has a name that neither `Network` nor `SGD` knows, or a value that they refuse, or is
        missing: this shows before anything is trained.

    Notes
    -----
    The same bits need the same kernels: `nn.targets.target`. A function among the arguments must be one that
    the executor can send, which for processes is one with a name at the top of a module.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> results = nn.sweep(
    ...     {"eta": [0.001, 0.5], "lmbda": [0.0, 1.0]}, (train[:1000], validation), seeds=2,
    ...     layers=[784, 10], epochs=3, mini_batch_size=10,
    ... )
    >>> best = results.best()
    >>> len(results), best.arguments["eta"], best.mean > 0.8
    (8, 0.5, True)
    >>> ensemble = nn.Ensemble(best.networks)
    """
    chosen = _configs.expand(configs, common)
    threads = None if threads is None else _validation.integer("threads", threads, 1)
    chosen_seeds = _seeds(seeds)
    runs = [(i, seed, config(seed)) for i, config in enumerate(chosen) for seed in chosen_seeds]
    names = _configs.varying(arguments for _, _, arguments in runs)
    labels = [label_of(i, arguments, names, seed) for i, seed, arguments in runs]
    pair = readable(data() if callable(data) else data, evaluation_data, _reader(runs, labels))
    _try_out(runs, labels, pair)
    where = None if folder is None else _made(folder)
    digests = digest_of_data(pair[0]), digest_of_data(pair[1])
    if executor is None and threads is None:
        threads = min(cores_available(), len(runs))
    with workplace(executor, threads, where) as work:
        loads = callable(data) and evaluation_data is None and all(map(_validation.is_dataset, pair))
        handed = work.hand("data", pair, Loader(data, digests) if loads else None)
        shown = Table(runs, labels, len(pair[0][1] if isinstance(pair[0], tuple) else pair[0]))
        tasks = []
        for i, (_, seed, arguments) in enumerate(runs):
            given = {"threads": max(1, cores_available() // threads) if threads else 1} | arguments
            identity = _identity(arguments, digests)
            place = _place(where or work.scratch, identity, seed)
            counted = shown.counter(i, work.stop) if work.here else None
            tasks.append(Task(given, seed, handed, identity, place, work.stop, counted))
        if where is not None:
            _warn_of_others(where, tasks, digests)
        with progress_bar(False if callable(progress) else progress, shown.images, " images") as bar:
            shown.show(bar, progress)
            interrupted = _carry_out(work, tasks, shown, keep=where is not None)
    if interrupted:
        text = f"interrupted: {shown.ended} of {len(tasks)} trainings have ended"
        warnings.warn_explicit(text, UserWarning, "nncore", 1)  # of no place in the code
    return Results(shown.results(), interrupted)


def _carry_out(work: Workplace, tasks: list[Task], shown: Table, keep: bool) -> bool:
    """Carry the tasks out, and return whether Ctrl-C ended them.

    With `keep`, networks stay in the folder until they are asked for.
    """
    pending: dict[Future[Outcome], int] = {}
    waiting = list(range(len(tasks)))  # not submitted, or being carried out by another sweep in this folder

    def submit() -> None:
        while waiting:
            i = waiting.pop(0)
            try:
                task = tasks[i]._replace(attempt=uuid.uuid4().hex)
                pending[work.executor.submit(training.carry_out, task)] = i
            except RuntimeError as error:  # the executor broke, or was shut down
                shown.add(i, Outcome(training.in_words(error)))

    def ended(i: int, future: Future[Outcome]) -> None:
        if future.cancelled():
            outcome = Outcome(INTERRUPTED)
        elif (error := future.exception()) is not None:
            outcome = Outcome(training.in_words(error))
        else:
            outcome = future.result()
        place = tasks[i].place
        if outcome.error == ELSEWHERE:
            waiting.append(i)
        elif outcome.error is None and outcome.network is None and place is not None:
            shown.add(i, outcome, place.network if keep else load(place.network))
        else:
            shown.add(i, outcome, outcome.network)

    try:
        submit()
        while pending or waiting:
            follow(pending, ended, work)
            if waiting:
                time.sleep(TICK)
                submit()
    except KeyboardInterrupt:
        work.stop.set()
        for future, i in pending.items():
            if future.done() and not future.cancelled():
                ended(i, future)
        return True
    return False


def _seeds(seeds: Any) -> list[int]:
    """Return the seeds that `seeds`, a number of them or a list, stands for."""
    if isinstance(seeds, (int, np.integer)) and not isinstance(seeds, bool):
        return list(range(_validation.integer("seeds", seeds, 1)))
    if not _given.has_elements(seeds):
        raise TypeError(f"seeds: a number of seeds, or a list of them, needed; got {seeds!r:.60}")
    found = [_validation.seed(seed) for seed in seeds]
    if not found:
        raise ValueError("seeds: at least one needed, got none")
    if len(set(found)) < len(found):
        raise ValueError(f"seeds: different seeds needed, got {found}")
    return found


def _reader(runs: list[Run], labels: list[str]) -> Network:
    """Return the network that checks the data: one of float64, if there is one, as float32 loses digits."""
    wide = [i for i, (_, _, arguments) in enumerate(runs) if str(arguments.get("dtype")).endswith("64")]
    i = wide[0] if wide else 0
    try:
        return Network(**_configs.network_arguments(runs[i][2]), seed=0)
    except (TypeError, ValueError) as error:
        error.add_note(f"(in the config with {labels[i]})")
        raise


def _try_out(runs: list[Run], labels: list[str], pair: tuple[Any, Any]) -> None:
    """Find mistakes in the configs before anything runs; arguments that are the same are tried once."""
    tried: list[Arguments] = []
    for label, (_, seed, arguments) in zip(labels, runs, strict=True):
        if not any(arguments is known or _same(arguments, known) for known in tried[-1:]):
            tried.append(arguments)
            _configs.try_out(arguments, seed, *pair, label)


def _same(a: Arguments, b: Arguments) -> bool:
    """Return whether two dicts have the same objects."""
    return a.keys() == b.keys() and all(a[name] is b[name] for name in a)


def _made(folder: Any) -> Path:
    """Return the folder, which is made if it is not there, as a path that holds on any machine."""
    if not isinstance(folder, (str, os.PathLike)) or not str(folder):
        raise TypeError(f"folder: the name of a folder needed, got {folder!r:.60}")
    path = Path(folder).expanduser().resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def _identity(arguments: Arguments, digests: tuple[str | None, str | None]) -> dict[str, Any]:
    """Return what decides a result, but for the seed."""
    decisive = {name: value for name, value in arguments.items() if name not in NOT_DECISIVE}
    return {"arguments": described(decisive), "data": digests[0], "evaluation_data": digests[1]}


def _place(folder: Path | None, identity: dict[str, Any], seed: int) -> Place | None:
    """Return the files of a training: their name says what decides its result."""
    if folder is None:
        return None
    text = json.dumps(identity, sort_keys=True)
    return Place(folder, f"{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}-seed-{seed}")


def _warn_of_others(folder: Path, tasks: list[Task], digests: tuple[str | None, str | None]) -> None:
    """Warn of results in the folder that are of other data: they are not in the table."""
    own = {task.place.record.name for task in tasks if task.place is not None}
    others = 0
    for path in folder.glob("*-seed-*.json"):
        if path.name not in own:
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
                record = json.loads(path.read_text(encoding="utf-8"))
                others += (record["data"], record["evaluation_data"]) != digests
    if others:
        warnings.warn(
            f"folder: {others} of the results in {folder} are of other data; they are kept, and are not in "
            "this table",
            stacklevel=3,
        )
