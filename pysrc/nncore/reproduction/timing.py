"""This module says how long experiments take here, and how long the book's algorithm would take."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nncore
from nncore import reference, targets
from nncore.files.atomic import new_file
from nncore.reproduction.experiments.experiment import Experiment
from nncore.reproduction.experiments.training_spec import Training


def of_experiment(experiment: Experiment, records: Mapping[tuple[str, str], list[dict[str, Any]]]) -> str:
    """Return the time that one core needs for all runs of an experiment, in words.

    It begins with "about" if a part has no result yet and its time is estimated.
    """
    total, estimated = 0.0, False
    for part in experiment.parts:
        finished = records.get((experiment.id, part.name), [])
        if finished:
            one = sum(record["wall"] for record in finished) / len(finished)
        else:
            one, estimated = (estimate(part) if isinstance(part, Training) else part.seconds), True
        total += one * (experiment.seeds if part.seeded else 1)
    return f"{'about ' if estimated else ''}{in_units(total)}"


def estimate(training: Training, images: int = 200) -> float:
    """Estimate the seconds of a training from one epoch on some of the digits that ship with nncore.

    Parameters
    ----------
    training : Training
    images : int
        The number of digits.

    Examples
    --------
    >>> estimate(Training("network", (784, 30, 10), epochs=30, eta=3.0, cost="quadratic")) > 0
    True
    """
    train = nncore.datasets.load_sample()[0][:images]
    net = training.network(seed=0)
    m = min(training.mini_batch_size, images)
    net.SGD(train, 1, m, training.eta)  # not timed: the first call waits for memory
    per_image = sum(net.SGD(train, 1, m, training.eta).seconds) / len(train)
    data = net._data("train", train)
    start = time.perf_counter()
    net._cost_and_accuracy(data)
    evaluation_per_image = (time.perf_counter() - start) / len(train)
    trained = training.images or 50_000
    epoch = per_image * trained * (5 if training.expanded else 1)
    if not training.evaluate_only_at_end:
        epoch += evaluation_per_image * 10_000 * (1 + training.test_each_epoch)
        epoch += evaluation_per_image * trained * any("training" in name for name in training.monitor)
    return epoch * training.epochs


def in_units(seconds: float) -> str:
    """Return a duration in seconds, minutes or hours.

    Examples
    --------
    >>> in_units(0.2), in_units(45), in_units(600), in_units(9000)
    ('1 s', '45 s', '10 min', '2.5 h')
    """
    if seconds < 120:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def book_algorithm(training: Training, images: int | None = None) -> float:
    """Measure the seconds that the book's algorithm takes for a training image.

    The book's algorithm treats one example at a time, in plain NumPy.

    Parameters
    ----------
    training : Training
        The training whose network is measured.
    images : int, optional
        The number of digits, of those that ship with nncore; by default 300, and 30 for a convolutional
        network.

    Examples
    --------
    >>> book_algorithm(Training("network", (784, 30, 10), 30, 3.0, cost="quadratic"), images=10) > 0
    True
    """
    convolutional = training.input_shape is not None and len(training.input_shape) == 3
    train = nncore.datasets.load_sample()[0][: images or (30 if convolutional else 300)]
    net = reference.Network(
        training.layers, cost=training.cost, init=training.init, seed=0, input_shape=training.input_shape
    )
    start = time.perf_counter()
    net.SGD(train, 1, training.mini_batch_size, training.eta)
    return (time.perf_counter() - start) / len(train)


def architecture(training: Training) -> str:
    """Return a key for the architecture: trainings with the same key cost the same per image."""
    return json.dumps(training.settings()["layers"])


def book_seconds_per_image(results: Path, trainings: list[Training]) -> dict[str, float]:
    """Return `book_algorithm` by the architecture of each training.

    Each architecture is measured once on a machine; the file ``book-algorithm.json`` in the folder of results
    keeps the seconds.
    """
    path = results / "book-algorithm.json"
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    machine = f"{targets.cpu()}, nncore {nncore.__version__}"
    seconds: dict[str, float] = kept.get(machine, {})
    for training in trainings:
        if architecture(training) not in seconds:
            seconds[architecture(training)] = book_algorithm(training)
    with new_file(path) as file:
        file.write(json.dumps(kept | {machine: seconds}).encode())
    return seconds
