"""The experiments of the book that are no training by epochs: each a function that returns its numbers.

`nncore.reproduction.experiments` lists them beside the trainings. Every number is one that JSON can hold.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore.book import mnist_average_darkness, mnist_svm
from nncore.reference import network as reference
from nncore.reproduction import replay
from nncore.reproduction.experiments.training_spec import Data


def darkness(data: Data) -> dict[str, Any]:
    """Tell digits apart by their average darkness alone.

    Examples
    --------
    >>> darkness(nncore.datasets.load_sample())["count"] > 150
    True
    """
    train, _, test = data
    averages = mnist_average_darkness.avg_darknesses((train.to_float(), train.labels))
    guesses = [mnist_average_darkness.guess_digit(image, averages) for image in test.to_float()]
    return _counted(np.array(guesses) == test.labels)


def svm(data: Data, images: int | None = None, evaluation: str = "test") -> dict[str, Any]:
    """Train a support vector machine with the defaults of 2013, and count what it gets right.

    Parameters
    ----------
    data : tuple of Dataset
    images : int, optional
        Training images, the first.
    evaluation : {"test", "validation"}
    """
    train = data[0][:images]
    on = data[2] if evaluation == "test" else data[1]
    count = mnist_svm.count_correct((train.to_float(), train.labels), (on.to_float(), on.labels))
    return {"count": count, "images": len(on), "accuracy": count / len(on)}


def _counted(right: NDArray[np.bool_]) -> dict[str, Any]:
    return {"count": int(right.sum()), "images": len(right), "accuracy": float(right.mean())}


def loop_against_matrix(data: Data, images: int = 2000) -> dict[str, Any]:
    """Time an epoch of [784, 30, 10] in NumPy, one example at a time and one matrix for each mini-batch.

    Parameters
    ----------
    data : tuple of Dataset
    images : int
        The first training images, with which both go through an epoch.

    Returns
    -------
    dict
        "loop" and "matrix", seconds; "ratio"; "difference", the largest between the weights at their end.
    """
    train = data[0][:images]
    nets = [reference.Network([784, 30, 10], cost="quadratic", seed=0) for _ in range(2)]
    start = time.perf_counter()
    nets[0].SGD(train, 1, 10, 3.0, shuffle=False)
    between = time.perf_counter()
    _matrix_epoch(nets[1], train.to_float().astype(float), np.eye(10)[train.labels], 10, 3.0)
    end = time.perf_counter()
    loop, matrix = between - start, end - between
    difference = max(
        float(np.abs(a - b).max()) for a, b in zip(nets[0].weights, nets[1].weights, strict=True)
    )
    return {"loop": loop, "matrix": matrix, "ratio": loop / matrix, "difference": difference}


def _matrix_epoch(net: reference.Network, X: NDArray[Any], Y: NDArray[Any], m: int, eta: float) -> None:
    """Chapter 2's BP1 to BP4 for all m examples of a mini-batch at once: they are the columns."""
    for first in range(0, len(X), m):
        activations = [X[first : first + m].T]
        for w, b in zip(net.weights, net.biases, strict=True):
            activations.append(reference.sigmoid(w @ activations[-1] + b))
        a = activations[-1]
        delta = (a - Y[first : first + m].T) * a * (1 - a)  # BP1
        for l in reversed(range(len(net.weights))):
            nabla_w, nabla_b = delta @ activations[l].T, delta.sum(axis=1, keepdims=True)  # BP4, BP3
            a = activations[l]
            delta = (net.weights[l].T @ delta) * a * (1 - a)  # BP2
            net.weights[l] = net.weights[l] - eta / a.shape[1] * nabla_w
            net.biases[l] = net.biases[l] - eta / a.shape[1] * nabla_b


def find_eta(data: Data, seed: int) -> dict[str, Any]:
    """Find the learning rate of [784, 30, 10] by the book's recipe.

    Returns
    -------
    dict
        "order", the power of ten below the threshold; "threshold"; "eta", half of it; "tried".
    """
    found = nncore.find_eta([784, 30, 10], data[0], lmbda=5.0, seed=seed, cost="cross-entropy")
    if found.threshold is None or found.eta is None:
        raise ValueError("find_eta: the cost falls at no eta that was tried")
    order = 10.0 ** math.floor(math.log10(found.threshold) + 1e-9)
    return {
        "order": order,
        "threshold": found.threshold,
        "eta": found.eta,
        "tried": [trial.eta for trial in found.trials],
    }


def learning_speeds(data: Data, seed: int, layers: Sequence[int]) -> dict[str, Any]:
    """Measure how fast each layer learns at the start: the norm of its biases' gradient over 1,000 images.

    Examples
    --------
    >>> numbers = learning_speeds(nncore.datasets.load_sample(), 0, [784, 30, 30, 10])
    >>> numbers["speeds"][0] < numbers["speeds"][1]  # of the hidden layers
    True
    """
    net = nncore.Network(layers, cost="cross-entropy", seed=seed)
    speeds = net.learning_speeds(data[0][:1000])
    return {"speeds": speeds[:-1], "output": speeds[-1]}


def replayed(data: Data, epochs: int | None, program: str) -> dict[str, Any]:
    """Train as one of the author's seeded programs did, and hold every published figure against it.

    Parameters
    ----------
    data : tuple of Dataset
    epochs : int or None
        No more than so many.
    program : str
        One of `nncore.reproduction.replay.PROGRAMS`.

    Returns
    -------
    dict
        "histories" by network; "published", how many figures there are of these epochs; "met", how many of
        them come before the first that differs; "comparison", a sentence for each network that has some.

    Notes
    -----
    The published figures are those that ship with nncore; of a folder ``author_curves`` in ``$NNCORE_DATA``,
    which holds files of the author's ``fig``, all that they have.
    """
    result = replay.run(program, epochs, data=data, progress=False)
    histories = {program: result} if isinstance(result, nncore.History) else result
    published = _published(program)
    met = replay.compare(program, histories, published)
    numbers = [
        epoch < len(histories[key])
        for key, network in published.items()
        for figures in network.figures.values()
        for epoch in figures
    ]
    return {
        "histories": {key: history.to_dict() for key, history in histories.items()},
        "published": sum(numbers),
        "met": sum(comparison.figures for comparison in met.values()),
        "comparison": {key: str(met[key]) for key in published},
    }


def _published(program: str) -> Mapping[str, replay.Published]:
    """All of the author's figures where his file is here, else those that ship."""
    folder = os.environ.get("NNCORE_DATA")
    path = Path(folder or ".", "author_curves", f"{program}.json")
    if folder and path.exists():
        return replay.read_published(program, path)
    return replay.PUBLISHED.get(program, {})


def vote(data: Data, networks: Sequence[nncore.Network]) -> dict[str, Any]:
    """Let the networks vote on the test images."""
    ensemble = nncore.Ensemble(networks)
    test = data[2]
    errors = ensemble.errors(test)
    alone = [net.accuracy(test) for net in networks]
    return {
        "accuracy": 1 - len(errors) / len(test),
        "errors": len(errors),
        "networks": len(networks),
        "alone": alone,
        "where": [int(i) for i in errors],
        "answers": [int(k) for k in ensemble.predict(test[errors])] if len(errors) else [],
    }
