"""The contestants of rivals.py do the same work: the same steps, in one mini-batch of all examples."""

import dataclasses
import importlib

import numpy as np
import pytest
from _rivals import ours
from _rivals.workload import Workload, feedforward
from rivals import CONVOLUTIONAL_RIVALS, OURS, RIVALS

from nncore import reference

WORK = Workload(sizes=(784, 12, 10), n=40, mini_batch_size=40, eta=0.5, lmbda=2.0, threads=1)
CONVOLUTIONAL = dataclasses.replace(WORK, filters=(3, 4), sizes=(784, 12, 11, 10), activation="relu", eta=0.1)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (WORK.n, 784)) * (rng.random((WORK.n, 784)) < 0.2)
    return (images / 256).astype(np.float32), np.eye(10, dtype=np.float32)[rng.integers(0, 10, WORK.n)]


def trained_by_hand(X, Y, epochs):
    """The outputs after some full-batch steps, computed in float64 by the plain equations."""
    biases, weights = [[p.astype(np.float64) for p in kind] for kind in WORK.parameters()]
    for _ in range(epochs):
        hidden = feedforward(biases[:1], weights[:1], X)
        delta_2 = feedforward(biases, weights, X) - Y
        delta_1 = (delta_2 @ weights[1]) * hidden * (1 - hidden)
        for layer, (delta, a) in enumerate([(delta_1, X), (delta_2, hidden)]):
            weights[layer] = WORK.decay * weights[layer] - WORK.step * delta.T @ a
            biases[layer] -= WORK.step * delta.sum(axis=0)
    return feedforward(biases, weights, X)


def trained(module, work, X, Y, epochs):
    """The outputs of a contestant after some full-batch steps."""
    try:
        contestant = importlib.import_module(f"_rivals.{module}")
    except ModuleNotFoundError as error:
        pytest.skip(f"not installed: {error.name}")
    trainer = contestant.Trainer(work, X.copy(), Y.copy())
    for _ in range(epochs):
        trainer.epoch()
    return trainer.feedforward(X)


@pytest.mark.parametrize("module", [OURS, *RIVALS])
@pytest.mark.filterwarnings("default")  # other packages warn while they are loaded
def test_contestants_take_the_steps_of_the_book(module, data):
    assert np.max(np.abs(trained(module, WORK, *data, 3) - trained_by_hand(*data, 3))) < 1e-5


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
@pytest.mark.parametrize("module", [OURS, *CONVOLUTIONAL_RIVALS])
@pytest.mark.filterwarnings("default")
def test_contestants_take_the_steps_of_chapter_6(module, activation, data):
    work = dataclasses.replace(CONVOLUTIONAL, activation=activation)
    net = ours.network(work)
    in_numpy = reference.Network(net.layers, input_shape=net.input_shape)
    in_numpy.weights, in_numpy.biases = net.weights, net.biases
    in_numpy.SGD(data, 3, work.n, work.eta, work.lmbda)
    assert np.max(np.abs(trained(module, work, *data, 3) - in_numpy.feedforward(data[0]))) < 1e-5
