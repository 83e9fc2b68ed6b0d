"""A `Run` names a run; `read` and `write` handle its record on disk.

A run is one part of an experiment with one seed. Its record is ``RESULTS/<id>/<part>/seed-<n>.json``; beside
it, ``seed-<n>.npz`` holds the network, and ``seed-<n>.checkpoint.npz`` the state of an unfinished run.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import zlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import nncore
from nncore import targets
from nncore.files.atomic import new_file
from nncore.files.lease import lease, owner_of
from nncore.reproduction import experiments, stored_names
from nncore.reproduction.experiments.training_spec import Data, Measurement

__all__ = [
    "RESULTS",
    "Run",
    "fingerprint",
    "is_running",
    "locked",
    "read",
    "runs_on_disk",
    "settings_of",
    "write",
]

RESULTS = Path("nncore-book")  # in the current folder


class Run(NamedTuple):
    """One part of an experiment with one seed.

    Attributes
    ----------
    experiment, part : str
        The experiment's id and the part's name.
    seed : int
    results : Path
        The folder of all results.
    data : str
        "mnist", "sample", or a folder that holds MNIST.
    epochs : int or None
        A smaller number of epochs than the book's, for a quick trial. Results of such runs go to a folder of
        their own.
    """

    experiment: str
    part: str
    seed: int
    results: Path = RESULTS
    data: str = "mnist"
    epochs: int | None = None

    @property
    def path(self) -> Path:
        """The path of the record, a .json file."""
        root = self.results
        if self.data == "sample":
            root = root / "sample"
        if self.epochs is not None:
            root = root / f"{self.epochs}-epochs"
        return root / self.experiment / self.part / f"seed-{self.seed}.json"

    @property
    def network(self) -> Path:
        """The path of the trained network."""
        return self.path.with_suffix(".npz")

    @property
    def checkpoint(self) -> Path:
        """The path of the checkpoint of an unfinished run."""
        return self.path.with_suffix(".checkpoint.npz")

    @property
    def lock(self) -> Path:
        """The file that the process locks which carries the run out."""
        return self.results / ".locks" / "-".join(self.path.relative_to(self.results).with_suffix("").parts)

    def __str__(self) -> str:
        return f"{self.experiment} {self.part}, seed {self.seed}"


def read(run: Run) -> dict[str, Any] | None:
    """Return the record of a finished run, or None if it is not finished.

    Returns
    -------
    dict or None
        "experiment", "part", "seed"; "settings", which decide the result; "status", "done" or "diverged: "
        and the reason; "history", the lists of `nncore.History`; "test_accuracy", one per epoch if it was
        measured; "numbers", those of a measurement; "seconds" of training alone and "wall", all seconds;
        "date", "machine", "versions".

    Raises
    ------
    ValueError
        The file is damaged.
    """
    try:
        record = json.loads(run.path.read_text(encoding="utf-8"))
        if not isinstance(record, dict) or not isinstance(record.get("settings"), dict):
            raise ValueError("it has no settings")
        return record | {"settings": stored_names.current(record["settings"])}
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{run.path}: not a result of nncore ({error}); delete it") from error


def write(run: Run, result: dict[str, Any]) -> None:
    """Write the record of a run: its result, and where, when and with what it was made."""
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


def settings_of(run: Run, data: Data | None) -> dict[str, Any]:
    """Return the settings that decide the result of a run, as they stand on disk.

    Parameters
    ----------
    run : Run
    data : tuple of Dataset or None
        The images that the run uses; None if it uses none.
    """
    part = experiments.find(run.experiment).part(run.part)
    settings = part.settings()
    if data is not None:
        settings["data"] = fingerprint(data)
    if isinstance(part, Measurement) and (others := runs_on_disk(run, part.networks_of)):
        settings["networks"] = [stored_names.of_network(*other[:3], read(other) or {}) for other in others]
    return settings if run.epochs is None else settings | {"epochs": run.epochs}


def runs_on_disk(run: Run, id: str) -> list[Run]:
    """Return the finished runs of experiment `id` in the same folder of results as `run`; none for ""."""
    if not id:
        return []
    runs = []
    for part in experiments.find(id).parts:
        folder = run._replace(experiment=id, part=part.name).path.parent
        seeds = sorted(int(path.stem.removeprefix("seed-")) for path in folder.glob("seed-*.json"))
        runs += [run._replace(experiment=id, part=part.name, seed=seed) for seed in seeds]
    return runs


def fingerprint(data: Data) -> str:
    """Return a text that identifies images and labels by their number and a checksum."""
    crc = 0
    for dataset in data:
        crc = zlib.crc32(np.ascontiguousarray(dataset.labels), zlib.crc32(dataset.images, crc))
    return stored_names.of_data([len(dataset) for dataset in data], crc)


def locked(run: Run) -> AbstractContextManager[bool]:
    """Lock a run against other processes, and give False if another process has locked it: see `lease`."""
    return lease(run.lock)


def is_running(run: Run) -> bool:
    """Return whether a process, on whatever machine, is carrying the run out."""
    return owner_of(run.lock).exists()
