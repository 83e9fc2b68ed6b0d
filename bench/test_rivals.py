"""The contestants of rivals.py do the same work: the same steps, in mini-batches of a part and of all."""

import dataclasses
import importlib

import numpy as np
import pytest
import rivals
from _rivals import ours
from _rivals.workload import ROWS, Workload, feedforward

from nncore import reference

WORK = Workload(sizes=(784, 12, 10), n=40, mini_batch_size=40, eta=0.5, lmbda=2.0)
CONVOLUTIONAL = Workload(
    sizes=(784, 12, 11, 10), n=40, mini_batch_size=20, eta=0.1, lmbda=2.0, filters=(3, 4), output="softmax"
)
OTHERS = {
    "parts": dataclasses.replace(WORK, mini_batch_size=10),
    "relu, softmax": dataclasses.replace(WORK, activation="relu", output="softmax", eta=0.1),
    "tanh, linear, adam": Workload(
        (4, 9, 6, 4), 40, 40, 0.01, activation="tanh", output="linear", rule="adam", data="random"
    ),
    "adam, parts": Workload((4, 9, 3), 40, 10, 0.01, rule="adam", data="random"),
}
MODULES = (rivals.OURS, rivals.OUR_CALLS, *rivals.RIVALS, "book")


@pytest.fixture(scope="module")
def digits():
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (40, 784)) * (rng.random((40, 784)) < 0.2)
    return images, rng.integers(0, 10, 40)


def trained_by_hand(X, Y, epochs):
    """The outputs after some full-batch steps, computed in float64 by the plain equations."""
    biases, weights = [[p.astype(np.float64) for p in kind] for kind in WORK.parameters()]
    for _ in range(epochs):
        hidden = feedforward(WORK, biases[:1], weights[:1], X)
        delta_2 = feedforward(WORK, biases, weights, X) - Y
        delta_1 = (delta_2 @ weights[1]) * hidden * (1 - hidden)
        for layer, (delta, a) in enumerate([(delta_1, X), (delta_2, hidden)]):
            weights[layer] = WORK.decay * weights[layer] - WORK.step * delta.T @ a
            biases[layer] -= WORK.step * delta.sum(axis=0)
    return feedforward(WORK, biases, weights, X)


def trained(module, work, X, Y, epochs):
    """The outputs of a contestant after some epochs in order, which it must count."""
    try:
        contestant = importlib.import_module(f"_rivals.{module}")
    except ModuleNotFoundError as error:
        pytest.skip(f"not installed: {error.name}")
    if not getattr(contestant, "takes", lambda work: True)(work):
        pytest.skip("other work than this contestant's")
    trainer = contestant.Trainer(work, X.copy(), Y.copy())
    assert trainer.epochs(epochs, shuffle=False) == epochs * work.n_mini_batches
    return trainer.feedforward(X)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.filterwarnings("default")  # other packages warn while they are loaded
def test_contestants_take_the_steps_of_the_book(module, digits):
    X, Y = WORK.examples(*digits)
    assert np.max(np.abs(trained(module, WORK, X, Y, 3) - trained_by_hand(X, Y, 3))) < 1e-5


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("module", MODULES)
@pytest.mark.filterwarnings("default")
def test_contestants_take_the_same_steps(module, name, digits):
    work = OTHERS[name]
    X, Y = work.examples(*digits)
    assert np.max(np.abs(trained(module, work, X, Y, 3) - trained(rivals.OURS, work, X, Y, 3))) < 1e-5


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
@pytest.mark.parametrize("module", [rivals.OURS, *(m for m in MODULES if m.endswith("conv"))])
@pytest.mark.filterwarnings("default")
def test_contestants_take_the_steps_of_chapter_6(module, activation, digits):
    work = dataclasses.replace(CONVOLUTIONAL, activation=activation)
    X, Y = work.examples(*digits)
    net = ours.network(work)
    in_numpy = reference.Network(net.layers, input_shape=net.input_shape)
    in_numpy.weights, in_numpy.biases = net.weights, net.biases
    in_numpy.SGD((X, Y), 3, work.mini_batch_size, work.eta, work.lmbda, shuffle=False)
    assert np.max(np.abs(trained(module, work, X, Y, 3) - in_numpy.feedforward(X))) < 1e-5


@pytest.mark.parametrize("name", ROWS)
def test_every_row_has_whole_mini_batches_and_counts_its_operations(name):
    work = ROWS[name]
    assert work.n % work.mini_batch_size == 0
    assert 0 <= work.first_layer_operations < work.operations


def test_operations_are_those_of_the_three_products():
    work = Workload(sizes=(3, 5, 2), n=7, mini_batch_size=7)
    assert work.operations == 7 * 2 * (15 + 10 + 10 + 15 + 10)  # forward, BP2 of the second layer, BP4


class Told:
    """A contestant that told this."""

    def __init__(self, steps, cost):
        self.about = {"steps": steps, "cost": cost}


def test_other_work_is_seen():
    work = ROWS["784-30-10@10"]
    right = Told(5000, 0.2)
    assert rivals.other_work(work, Told(5000, 0.2001), right) == ""
    assert "4999 steps" in rivals.other_work(work, Told(4999, 0.2), right)
    assert "cost" in rivals.other_work(work, Told(5000, 0.21), right)
    assert "cost" in rivals.other_work(work, Told(5000, float("nan")), right)
