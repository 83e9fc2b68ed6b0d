"""Functions that measure the numbers of the book that do not come from a training by epochs.

`nncore.reproduction.experiments` lists them beside the trainings. JSON can hold every number they return.
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
from nncore.reproduction import published_curves, replay
from nncore.reproduction.experiments.training_spec import Data

NEEDS_SCIKIT_LEARN = "needs scikit-learn"  # a note of experiments


def darkness(data: Data) -> dict[str, Any]:
    """Classify digits by their average darkness alone.

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
    """Train a support vector machine with the defaults of 2013, and count the images it classifies correctly.

    Parameters
    ----------
    data : tuple of Dataset
    images : int, optional
        Number of training images, taken from the start; by default all of them.
    evaluation : {"test", "validation"}
        The set whose images are counted.
    """
    train = data[0][:images]
    on = data[2] if evaluation == "test" else data[1]
    count = mnist_svm.count_correct((train.to_float(), train.labels), (on.to_float(), on.labels))
    return {"count": count, "images": len(on), "accuracy": count / len(on)}


def _counted(right: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the number and the share of images that were classified correctly."""
    return {"count": int(right.sum()), "images": len(right), "accuracy": float(right.mean())}


def loop_against_matrix(data: Data, images: int = 2000) -> dict[str, Any]:
    """Time an epoch of [784, 30, 10] in NumPy: one example at a time, and one matrix for each mini-batch.

    Parameters
    ----------
    data : tuple of Dataset
    images : int
        Number of training images in the epoch, taken from the start.

    Returns
    -------
    dict
        "loop" and "matrix" (seconds), "ratio" of both, and "difference", the largest absolute difference
        between the weights of both networks at the end.
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
    """Train for one epoch with chapter 2's BP1 to BP4 on matrices, whose columns are the m examples."""
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
        "threshold", the largest eta at which the cost falls steadily; "order", the power of ten at or below
        it; "eta", half of the threshold; "tried", every eta that was tried.
    """
    found = nncore.find_eta([784, 30, 10], data[0], lmbda=5.0, seed=seed, cost="cross-entropy")
    if found.threshold is None or found.eta is None:
        raise ValueError("find_eta: the cost falls at none of the learning rates that were tried")
    order = 10.0 ** math.floor(math.log10(found.threshold) + 1e-9)
    return {
        "order": order,
        "threshold": found.threshold,
        "eta": found.eta,
        "tried": [trial.eta for trial in found.trials],
    }


def learning_speeds(data: Data, seed: int, layers: Sequence[int]) -> dict[str, Any]:
    """Measure how fast each layer learns at the start: the norm of the gradient of its biases, 1,000 images.

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
    """Train as one of the author's seeded programs did, and compare every number that he published.

    Parameters
    ----------
    data : tuple of Dataset
    epochs : int or None
        Train each network for no more than this number of epochs.
    program : str
        One of `nncore.reproduction.replay.PROGRAMS`.

    Returns
    -------
    dict
        "histories" by network; "published", the number of published numbers for these epochs; "met", how
        many of them are met before the first that differs; "comparison", a sentence for each network that
        has published numbers.

    Notes
    -----
    The published numbers are those that ship with nncore. If ``$NNCORE_DATA`` has a folder ``author_curves``
    with files from the author's folder ``fig``, all numbers of these files are compared.
    """
    result = replay.run(program, epochs, data=data, progress=False)
    histories = {program: result} if isinstance(result, nncore.History) else result
    published = _published(program)
    met = published_curves.compare(program, histories, published)
    reached = [
        epoch < len(histories[key])
        for key, network in published.items()
        for numbers_of_column in network.numbers.values()
        for epoch in numbers_of_column
    ]
    return {
        "histories": {key: history.to_dict() for key, history in histories.items()},
        "published": sum(reached),
        "met": sum(comparison.numbers for comparison in met.values()),
        "comparison": {key: str(met[key]) for key in published},
    }


def _published(program: str) -> Mapping[str, published_curves.Published]:
    """Return all of the author's numbers if his file is in $NNCORE_DATA, else those that ship with nncore."""
    folder = os.environ.get("NNCORE_DATA")
    path = Path(folder or ".", "author_curves", f"{program}.json")
    if folder and path.exists():
        return published_curves.read_published(program, path)
    return published_curves.PUBLISHED.get(program, {})


def vote(data: Data, networks: Sequence[nncore.Network]) -> dict[str, Any]:
    """Let the networks vote on the test images.

    Returns
    -------
    dict
        "accuracy" and "errors" of the vote; "networks", their number; "alone", the accuracy of each; "where",
        the indices of the images that the vote gets wrong; "answers", what it answers for them.
    """
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
