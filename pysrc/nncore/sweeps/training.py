"""`carry_out` carries one training of a sweep out, in whatever process it is called.

With a folder, a training writes a checkpoint at the end of an epoch, every few seconds. One that was stopped,
or whose worker was killed, goes on from there to the same bits, on whatever worker.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from nncore import targets
from nncore._work.handed import Handed
from nncore._work.stop import Stop
from nncore._work.warned import warned
from nncore.files.atomic import new_file
from nncore.files.lease import lease
from nncore.network import Network, load
from nncore.sweeps.configs import Arguments, network_arguments, training_arguments
from nncore.training.history import History
from nncore.training.run import DivergenceError
from nncore.training.training_record import versions

CHECKPOINT_SECONDS = 5.0  # the shortest time between two checkpoints of a training
FORMAT = "sweep-1"  # of the records
INTERRUPTED, ELSEWHERE = "interrupted", "elsewhere"


class Place(NamedTuple):
    """A Place has the files of one training in a sweep's folder.

    Attributes
    ----------
    folder : Path
    name : str
        A hash of the arguments and the data, and the seed.
    """

    folder: Path
    name: str

    @property
    def record(self) -> Path:
        """The result, a .json file."""
        return self.folder / f"{self.name}.json"

    @property
    def network(self) -> Path:
        """The trained network."""
        return self.folder / f"{self.name}.npz"

    @property
    def checkpoint(self) -> Path:
        """The network and its history so far, of a training that has not ended."""
        return self.folder / f"{self.name}.checkpoint.npz"

    @property
    def lock(self) -> Path:
        """The file that the process locks which carries the training out."""
        return self.folder / ".locks" / self.name


class Task(NamedTuple):
    """A Task is one training of a sweep.

    Attributes
    ----------
    arguments : dict
        Those of `Network` and `SGD`.
    seed : int
    data : Handed
        The pair (training data, evaluation data or None).
    identity : dict
        What decides the result, as JSON has it.
    place : Place or None
    stop : Stop
    progress : callable or None
        What SGD calls with the images that it has used, in the process of the sweep.
    attempt : str
        Unlike that of any other task, so that no executor takes it for one that it has done.
    """

    arguments: Arguments
    seed: int
    data: Handed
    identity: dict[str, Any]
    place: Place | None
    stop: Stop
    progress: Callable[[int], None] | None = None
    attempt: str = ""


class Outcome(NamedTuple):
    """An Outcome is what a worker returns of a task.

    Attributes
    ----------
    error : str or None
        Why there is no result: the error of the training, "interrupted", or "elsewhere" if another process
        is carrying it out.
    history : dict or None
        What `History.to_dict` returned.
    warnings : sequence of str
        What the training warned of.
    network : Network or None
        The trained network; None if it lies in the folder.
    """

    error: str | None = None
    history: dict[str, Any] | None = None
    warnings: Sequence[str] = ()
    network: Network | None = None


def carry_out(task: Task) -> Outcome:
    """Carry a training out, or its rest, or read its result; an error in it is a result, too."""
    if task.stop.is_set():
        return Outcome(INTERRUPTED)
    try:
        if task.place is None:
            return _train(task)
        with lease(task.place.lock) as is_ours:
            if not is_ours:
                return Outcome(ELSEWHERE)
            return read(task.place) or _train(task)
    except Exception as error:
        return Outcome(in_words(error))


def in_words(error: BaseException) -> str:
    """Return an error as a table shows it."""
    return f"{type(error).__name__}: {error}"


def _train(task: Task) -> Outcome:
    """Train, and write the result, if there is a folder."""
    place, (training, evaluation) = task.place, task.data.get()
    net, arguments = None, training_arguments(task.arguments)
    if place is not None and place.checkpoint.exists():
        net = load(place.checkpoint)
    if net is None or net.history is None:
        net = Network(**network_arguments(task.arguments), seed=task.seed)
    before = net.history
    arguments["epochs"] -= 0 if before is None else len(before)
    given = arguments.pop("callbacks", ())
    callbacks = [given] if callable(given) else list(given)
    if place is not None:
        callbacks.append(_checkpoints(place))
    diverged = None
    with warned() as texts:
        try:
            net.SGD(
                training,
                evaluation_data=evaluation,
                callbacks=callbacks,
                resume=before,
                progress=task.progress or task.stop.check,
                **arguments,
            )
        except DivergenceError as error:
            diverged = in_words(error)
    history = History() if net.history is None else net.history  # one without epochs is false
    if history.interrupted:
        if place is not None and len(history):
            net.save(place.checkpoint)
        return Outcome(INTERRUPTED)
    outcome = Outcome(diverged, history.to_dict(), texts, net)
    if place is None:
        return outcome
    net.save(place.network)
    write(place, outcome, task)
    place.checkpoint.unlink(missing_ok=True)
    return outcome._replace(network=None)


def _checkpoints(place: Place) -> Any:
    """Return the callback that writes a checkpoint every few seconds."""
    written = monotonic()

    def after_epoch(net: Network, history: History) -> None:
        nonlocal written
        if monotonic() - written >= CHECKPOINT_SECONDS:
            net.save(place.checkpoint)
            written = monotonic()

    return after_epoch


def write(place: Place, outcome: Outcome, task: Task) -> None:
    """Write the record of a training that has ended."""
    record = {
        "format": FORMAT,
        **task.identity,
        "seed": task.seed,
        "error": outcome.error,
        "history": outcome.history,
        "warnings": outcome.warnings,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "worker": f"{platform.node()}, process {os.getpid()}",
        "target": targets.target()[0],
        "versions": versions(),
    }
    with new_file(place.record) as file:
        file.write(json.dumps(record).encode())


def read(place: Place) -> Outcome | None:
    """Return the outcome of a training that has ended, or None if there is no record of it.

    Raises
    ------
    ValueError
        The record is damaged.
    """
    try:
        record = json.loads(place.record.read_text(encoding="utf-8"))
        if record["format"] != FORMAT:
            raise ValueError(f"its format is {record['format']!r:.40}")
        error, texts = record["error"], record["warnings"]
        if not (error is None or isinstance(error, str)) or not all(isinstance(t, str) for t in texts):
            raise ValueError("its error and warnings are no texts")
        History.from_dict(record["history"])
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, RecursionError) as reason:
        raise ValueError(f"{place.record}: not a result of a sweep ({reason}); delete it") from reason
    return Outcome(error, record["history"], texts)
