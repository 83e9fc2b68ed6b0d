"""`collect` and `Results` give reports and figures the results of finished runs."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import nncore
from nncore.reproduction import experiments
from nncore.reproduction.record import RESULTS, Run, read

__all__ = ["Missing", "Records", "Results", "collect"]

Records = Mapping[tuple[str, str], list[dict[str, Any]]]  # by experiment and part, in the order of the seeds
NOT_RUN = "not run; `nncore book run {}` does it"


def collect(results: str | PathLike[str] = RESULTS, selection: Iterable[str] | None = None) -> Records:
    """Return the records of all whole runs in a folder, by experiment and part.

    `selection` has the ids of the experiments; by default all of them are collected.

    Records whose settings differ from those of the experiment today are left out. The records of a part are
    sorted by seed.

    Examples
    --------
    >>> collect("a folder without results")
    {}
    """
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for id in experiments.EXPERIMENTS if selection is None else selection:
        experiment = experiments.find(id)
        for part in experiment.parts:
            folder = Path(results, experiment.id, part.name)
            wanted = json.loads(json.dumps(part.settings()))
            seeds = sorted(int(path.stem.removeprefix("seed-")) for path in folder.glob("seed-*.json"))
            records = []
            for seed in seeds:
                record = read(Run(experiment.id, part.name, seed, Path(results)))
                if record is not None and _same(record["settings"], wanted):
                    records.append(record)
            if records:
                found[experiment.id, part.name] = records
    return found


def _same(settings: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a result has these settings; its data and networks, which are not among them, are ignored."""
    return {key: value for key, value in settings.items() if key not in ("data", "networks")} == wanted


class Missing(LookupError):
    """A figure raises `Missing` if something that it needs is missing; the message says what."""


class Results:
    """The results of a folder, with the networks and the test images that go with them.

    Parameters
    ----------
    folder : path
        The folder of results that `nncore.reproduction.runs` wrote to.
    data : str
        The images of the runs: "mnist", "sample" or a folder that holds MNIST.
    """

    folder: Path
    data: str

    def __init__(self, folder: str | PathLike[str], data: str = "mnist") -> None:
        self.folder, self.data = Path(folder), data
        if data == "sample":
            self.folder = self.folder / "sample"

    @functools.cached_property
    def all_records(self) -> Records:
        """The records of all whole runs, as `collect` returns them."""
        return collect(self.folder)

    def records(self, id: str, part: str) -> list[dict[str, Any]]:
        """Return the records of a part, sorted by seed.

        Raises
        ------
        Missing
            The part has no finished run.
        """
        if (id, part) not in self.all_records:
            raise Missing(f"{id}, {part}: {NOT_RUN.format(id)}")
        return self.all_records[id, part]

    def network(self, id: str, part: str) -> nncore.Network:
        """Return the trained network of a part's first seed.

        Raises
        ------
        Missing
            The part has no finished run, or the file of the network is gone.
        """
        path = Run(id, part, self.records(id, part)[0]["seed"], self.folder).network
        if not path.exists():
            raise Missing(f"{id}, {part}: the file of its network, {path}, is missing")
        return nncore.load(path)

    @functools.cached_property
    def test(self) -> nncore.Dataset:
        """The test images."""
        if self.data == "sample":
            return nncore.datasets.load_sample()[2]
        try:
            return nncore.datasets.load_mnist(None if self.data == "mnist" else self.data)[2]
        except (OSError, ValueError, ImportError) as error:
            raise Missing(f"the test images are missing: {error}") from error
