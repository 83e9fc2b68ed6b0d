"""`collect`, `kept` and `Results` give reports and figures the results of finished runs.

The results of the runs that nncore publishes ship with it in one small file, ``kept.json.xz``, so that
``nncore book report`` makes its page without running anything, and sets a reader's own runs beside it. The
file has what the page and its figures show: of each run its numbers, in ``"values"``, and the lists of its
history that a figure draws, of long runs at some epochs. ``tools/keep_results.py`` writes it.
"""

from __future__ import annotations

import functools
import json
import lzma
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore.reproduction import experiments
from nncore.reproduction.record import RESULTS, Run, read

__all__ = ["KEPT", "Kept", "Missing", "Records", "Results", "collect", "kept"]

Records = Mapping[tuple[str, str], list[dict[str, Any]]]  # by experiment and part, in the order of the seeds
NOT_RUN = "not run; `nncore book run {}` does it"
KEPT = Path(__file__).with_name("kept.json.xz")


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


class Kept(NamedTuple):
    """The results that ship with nncore.

    Attributes
    ----------
    records : mapping
        The records of the runs, as `collect` returns them.
    book_seconds : mapping of str to float
        By the architecture of a network, the seconds that the book's own algorithm took for a training image
        on the machine of the runs.
    """

    records: Records
    book_seconds: Mapping[str, float]


@functools.cache
def kept() -> Kept:
    """Return the results that ship with nncore; those whose settings have changed since are left out.

    Examples
    --------
    >>> len(kept().records["1.1", "network"])
    10
    """
    stored = json.loads(lzma.decompress(KEPT.read_bytes()))
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for record in stored["records"]:
        part = experiments.find(record["experiment"]).part(record["part"])
        if _same(record["settings"], json.loads(json.dumps(part.settings()))):
            found.setdefault((record["experiment"], record["part"]), []).append(record)
    return Kept(found, stored["book_seconds"])


def _same(settings: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a result has these settings; its data and networks, which are not among them, are ignored."""
    return {key: value for key, value in settings.items() if key not in ("data", "networks")} == wanted


class Missing(LookupError):
    """A figure raises `Missing` if something that it needs is missing; the message says what."""


class Results:
    """The results of a folder, or those that ship with nncore, and the test images that go with them.

    Parameters
    ----------
    folder : path, optional
        The folder of results that `nncore.reproduction.runs` wrote to. None stands for the results that ship
        with nncore.
    data : str
        The images of the runs: "mnist", "sample" or a folder that holds MNIST.
    """

    folder: Path | None
    data: str

    def __init__(self, folder: str | PathLike[str] | None = RESULTS, data: str = "mnist") -> None:
        self.folder, self.data = None if folder is None else Path(folder), data
        if data == "sample" and self.folder is not None:
            self.folder = self.folder / "sample"

    @functools.cached_property
    def all_records(self) -> Records:
        """The records of all whole runs, as `collect` and `kept` return them."""
        return kept().records if self.folder is None else collect(self.folder)

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
            The part has no finished run, or the file of the network is gone; no network ships with nncore.
        """
        first = self.records(id, part)[0]
        if self.folder is None:
            raise Missing(f"{id}, {part}: its networks do not ship with nncore; {NOT_RUN.format(id)}")
        path = Run(id, part, first["seed"], self.folder).network
        if not path.exists():
            raise Missing(f"{id}, {part}: the file of its network, {path}, is missing")
        return nncore.load(path)

    def errors(self, id: str, part: str) -> tuple[list[int], list[int]]:
        """Return which test images a part's first network classifies wrongly, and what it answers.

        Raises
        ------
        Missing
            There is neither a network nor a list of its errors.
        """
        numbers = self.records(id, part)[0].get("numbers", {})
        if "where" not in numbers:
            answers = self.network(id, part).predict(self.test)
            where = np.flatnonzero(answers != self.test.labels)
            return where.tolist(), answers[where].tolist()
        return numbers["where"], numbers["answers"]

    def filters(self, id: str, part: str) -> NDArray[np.float32]:
        """Return the weights of the first layer of a part's first network.

        Raises
        ------
        Missing
            There is neither a network nor a list of these weights.
        """
        numbers = self.records(id, part)[0].get("numbers", {})
        if "filters" not in numbers:
            return self.network(id, part).weights[0]
        return np.array(numbers["filters"], np.float32)

    @functools.cached_property
    def test(self) -> nncore.Dataset:
        """The test images."""
        if self.data == "sample":
            return nncore.datasets.load_sample()[2]
        try:
            return nncore.datasets.load_mnist(None if self.data == "mnist" else self.data)[2]
        except (OSError, ValueError, ImportError) as error:
            raise Missing(f"the test images are missing: {error}") from error
