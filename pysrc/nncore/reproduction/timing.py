"""How long experiments take on this machine, and how long the book's own algorithm would."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nncore
from nncore import reference, targets
from nncore.formats.atomic import new_file
from nncore.reproduction.experiments.experiment import Experiment
from nncore.reproduction.experiments.training_spec import Training


def of_experiment(experiment: Experiment, records: Mapping[tuple[str, str], list[dict[str, Any]]]) -> str:
    """What one core takes for all runs of an experiment, in words; "about" where a part has no result yet."""
    total, estimated = 0.0, False
    for part in experiment.parts:
        finished = records.get((experiment.id, part.name), [])
        if finished:
            one = sum(record["wall"] for record in finished) / len(finished)
        else:
            one, estimated = (estimate(part) if isinstance(part, Training) else part.seconds), True
        total += one * (experiment.seeds if part.seeded else 1)
    return f"{'about ' if estimated else ''}{in_words(total)}"


def estimate(part: Training, images: int = 200) -> float:
    """Seconds that a training takes, from an epoch of a few of the bundled digits.

    Parameters
    ----------
    part : Training
    images : int
        How many.

    Examples
    --------
    >>> estimate(Training("network", (784, 30, 10), epochs=30, eta=3.0, cost="quadratic")) > 0
    True
    """
    train = nncore.datasets.load_sample()[0][:images]
    net = part.network(seed=0)
    m = min(part.mini_batch_size, images)
    net.SGD(train, 1, m, part.eta)  # the first time, memory comes slowly
    trained = sum(net.SGD(train, 1, m, part.eta).seconds) / len(train)
    data = net._data("train", train)
    start = time.perf_counter()
    net._cost_and_accuracy(data)
    looked = (time.perf_counter() - start) / len(train)
    epoch = trained * (part.images or 50_000) * (5 if part.expanded else 1)
    if not part.evaluate_only_at_end:
        epoch += looked * 10_000 * (1 + part.test_each_epoch)
        epoch += looked * (part.images or 50_000) * any("training" in name for name in part.monitor)
    return epoch * part.epochs


def in_words(seconds: float) -> str:
    """A duration.

    Examples
    --------
    >>> in_words(0.2), in_words(45), in_words(600), in_words(9000)
    ('1 s', '45 s', '10 min', '2.5 h')
    """
    if seconds < 120:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def of_the_book(part: Training, images: int | None = None) -> float:
    """Seconds that the book's algorithm takes for a training image: one example at a time, in plain NumPy.

    Parameters
    ----------
    part : Training
        Whose network it is.
    images : int, optional
        How many of the bundled digits it is measured on; by default 300, and 30 of a convolutional network.

    Examples
    --------
    >>> of_the_book(Training("network", (784, 30, 10), 30, 3.0, cost="quadratic"), images=10) > 0
    True
    """
    convolutional = part.input_shape is not None and len(part.input_shape) == 3
    train = nncore.datasets.load_sample()[0][: images or (30 if convolutional else 300)]
    net = reference.Network(part.layers, cost=part.cost, init=part.init, seed=0, input_shape=part.input_shape)
    start = time.perf_counter()
    net.SGD(train, 1, part.mini_batch_size, part.eta)
    return (time.perf_counter() - start) / len(train)


def network_of(part: Training) -> str:
    """Tells networks apart, for what takes as long."""
    return json.dumps(part.settings()["layers"])


def of_the_book_by_network(results: Path, parts: list[Training]) -> dict[str, float]:
    """For the network of each part, `of_the_book`; measured once a machine, and kept with the results."""
    path = results / "book-algorithm.json"
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    machine = f"{targets.cpu()}, nncore {nncore.__version__}"
    seconds: dict[str, float] = kept.get(machine, {})
    for part in parts:
        if network_of(part) not in seconds:
            seconds[network_of(part)] = of_the_book(part)
    with new_file(path) as file:
        file.write(json.dumps(kept | {machine: seconds}).encode())
    return seconds
