"""Do the contestants of rivals.py do the same work? In one mini-batch of all examples, no shuffle matters."""

import importlib

import numpy as np
import pytest
from _rivals.workload import Workload, feedforward
from rivals import OURS, RIVALS

WORK = Workload(sizes=(784, 12, 10), n=40, mini_batch_size=40, eta=0.5, lmbda=2.0, threads=1)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (WORK.n, 784)) * (rng.random((WORK.n, 784)) < 0.2)
    return (images / 256).astype(np.float32), np.eye(10, dtype=np.float32)[rng.integers(0, 10, WORK.n)]


def trained_by_hand(X, Y, epochs):
    """The outputs after some full-batch steps, in float64 and with nothing clever."""
    biases, weights = [[p.astype(np.float64) for p in kind] for kind in WORK.parameters()]
    for _ in range(epochs):
        hidden = feedforward(biases[:1], weights[:1], X)
        delta_2 = feedforward(biases, weights, X) - Y
        delta_1 = (delta_2 @ weights[1]) * hidden * (1 - hidden)
        for layer, (delta, a) in enumerate([(delta_1, X), (delta_2, hidden)]):
            weights[layer] = WORK.decay * weights[layer] - WORK.step * delta.T @ a
            biases[layer] -= WORK.step * delta.sum(axis=0)
    return feedforward(biases, weights, X)


@pytest.mark.parametrize("module", [OURS, *RIVALS])
@pytest.mark.filterwarnings("default")  # what other people's packages warn of as they are loaded is not ours
def test_contestant_takes_the_book_s_steps(module, data):
    try:
        contestant = importlib.import_module(f"_rivals.{module}")
    except ModuleNotFoundError as error:
        pytest.skip(f"not installed: {error.name}")
    X, Y = data
    trainer = contestant.Trainer(WORK, X.copy(), Y.copy())
    for _ in range(3):
        trainer.epoch()
    assert np.max(np.abs(trainer.feedforward(X) - trained_by_hand(X, Y, 3))) < 1e-5
