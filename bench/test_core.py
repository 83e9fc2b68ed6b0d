"""The core against the book's algorithm in Python, in one process: `pytest bench/ --benchmark-only`.

A group of the table is the same work done by the core, by the book's algorithm in NumPy (`nncore.reference`,
one example at a time), and, where it is small, by the same on Python's own lists (`plain_python`): the number
in brackets is how many times as long it takes. rivals.py compares with other libraries.
"""

import numpy as np
import plain_python
import pytest

import nncore as nn
from nncore import reference

NETS = [[784, 30, 10], [784, 100, 10]]
SIZES = [1, 10, 100]  # of a mini-batch


class InLists:
    """plain_python's network with the methods of the other two."""

    def __init__(self, net):
        self.net = plain_python.Network(net.weights, net.biases)

    def feedforward(self, X):
        return [self.net.feedforward(x) for x in X]

    def backprop(self, X, y):
        return self.net.backprop(X, y)

    def SGD(self, data, epochs, mini_batch_size, eta):
        for _ in range(epochs):
            self.net.SGD(*data, mini_batch_size, eta)


def network(who, sizes):
    if who == "nncore":
        return nn.Network(sizes, seed=0)
    in_numpy = reference.Network(sizes, seed=0)
    return in_numpy if who == "reference" else InLists(in_numpy)


def one_hot(labels):
    return np.eye(10)[labels]


def images(who, n):
    """The first n of the digits that ship with the package, as each takes them without a conversion."""
    train, _, _ = nn.datasets.load_sample()
    X, Y = train.to_float()[:n], one_hot(train.labels[:n])
    if who == "nncore":
        return X, Y.astype(np.float32)
    return (X.astype(np.float64), Y) if who == "reference" else (X.tolist(), Y.tolist())


def cases(largest_in_lists):
    """(who, sizes of the layers, number of images); lists do only the small network and few images."""
    return [
        pytest.param(who, sizes, m, id=f"{who}-{sizes[1]}-{m}")
        for sizes in NETS
        for m in SIZES
        for who in ("nncore", "reference", "lists")
        if who != "lists" or (sizes is NETS[0] and m <= largest_in_lists)
    ]


def describe(benchmark, what, sizes, n):
    benchmark.group = f"{what}, {sizes}"
    benchmark.extra_info.update(images=n, target=nn.targets.target()[0])


@pytest.mark.parametrize(("who", "sizes", "m"), cases(largest_in_lists=10))
def test_feedforward(benchmark, who, sizes, m):
    describe(benchmark, f"feedforward of {m}", sizes, m)
    net, (X, _) = network(who, sizes), images(who, m)
    benchmark(net.feedforward, X)


@pytest.mark.parametrize(("who", "sizes", "m"), cases(largest_in_lists=10))
def test_backprop(benchmark, who, sizes, m):
    describe(benchmark, f"backprop of {m}", sizes, m)
    net, (X, y) = network(who, sizes), images(who, m)
    benchmark(net.backprop, X, y)


@pytest.mark.parametrize(("who", "sizes", "m"), cases(largest_in_lists=0))
def test_epoch(benchmark, who, sizes, m):
    describe(benchmark, f"epoch of 1000, mini-batch {m}", sizes, 1000)
    net, data = network(who, sizes), images(who, 1000)
    benchmark.pedantic(net.SGD, (data, 1, m, 0.05), rounds=10, warmup_rounds=1)


@pytest.mark.parametrize("who", ["nncore", "reference", "lists"])
def test_small_epoch(benchmark, who):
    describe(benchmark, "epoch of 100, mini-batch 10", NETS[0], 100)
    net, data = network(who, NETS[0]), images(who, 100)
    benchmark.pedantic(net.SGD, (data, 1, 10, 0.05), rounds=3, warmup_rounds=1)


def test_lists_give_the_numbers_of_the_reference():
    rng = np.random.default_rng(0)
    in_numpy = reference.Network([5, 4, 3], seed=1)
    lists, X, Y = InLists(in_numpy), rng.random((6, 5)), one_hot([0, 1, 2, 0, 1, 2])[:, :3]
    for ours, theirs in zip(lists.backprop(X.tolist(), Y.tolist()), in_numpy.backprop(X, Y), strict=True):
        for nabla, nabla_numpy in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(np.reshape(nabla, nabla_numpy.shape), nabla_numpy, rtol=1e-12)
    lists.SGD((X.tolist(), Y.tolist()), 2, 6, 0.5)
    in_numpy.SGD((X, Y), 2, 6, 0.5)
    np.testing.assert_allclose(lists.feedforward(X.tolist()), in_numpy.feedforward(X), rtol=1e-12)
