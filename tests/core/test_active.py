"""The dense layer over its active inputs: the bits of the dense product, and the reference to rounding.

An input is active where it is not 0: behind ReLU and dropout, often few are.
"""

import numpy as np
import pytest
from support.cases import network_with_few_active
from support.networks import check_parameters_within, examples_for, network_on
from support.rounding import Rounding
from support.training import train

import nncore as nn

SHAPES = {  # the second layer reads the active neurons of the first, the third those of the second
    "narrow": [12, 90, 70, 5],
    "wide": [12, 150, 300, 10],
    "wide, then narrow": [12, 300, 130, 67, 3],
    "uneven": [9, 33, 257, 64],
}


def active_share(net, X):
    """The share of activations that are not 0, for each hidden layer."""
    return [np.mean(a != 0) for a in net.activations(X)[:-1]]


@pytest.mark.parametrize("sizes", SHAPES.values(), ids=SHAPES)
def test_few_active_inputs_give_the_bits_of_the_dense_product(kernels, sizes):
    """The same examples, beside others that make every neuron active, go through the dense product."""
    net = network_with_few_active(kernels, sizes)
    X = np.random.default_rng(1).standard_normal((30, sizes[0])).astype(kernels.dtype)
    assert all(0 < active < 1 / 3 for active in active_share(net, X))
    alone = net.feedforward(X)
    others = np.sign(net.weights[0]).sum(axis=0) * 100  # makes most neurons of the first layer active
    both = np.concatenate([X, np.tile(others, (100, 1))]).astype(kernels.dtype)
    assert active_share(net, both)[0] > 1 / 3
    np.testing.assert_array_equal(net.feedforward(both)[:30], alone)


@pytest.mark.parametrize("m", [1, 7, 40])
@pytest.mark.parametrize("sizes", SHAPES.values(), ids=SHAPES)
def test_gradients_are_within_the_bound(kernels, sizes, m):
    net = network_with_few_active(kernels, sizes)
    X, y = examples_for(net, m)
    bound = Rounding(kernels.dtype)
    for got, expected in zip(net.backprop(X, y), bound.backprop(net, X, y), strict=True):
        for l in range(len(net.layers)):
            bound.check_rounded(got[l], expected[l], f"[{l}] ")


@pytest.mark.parametrize("lmbda_over_n", [0.0, 0.01])
@pytest.mark.parametrize("sizes", SHAPES.values(), ids=SHAPES)
def test_a_step_is_within_the_bound(kernels, sizes, lmbda_over_n):
    net = network_with_few_active(kernels, sizes)
    X, y = examples_for(net, 10)
    assert all(active < 1 / 3 for active in active_share(net, X))
    bound = Rounding(kernels.dtype)
    expected = bound.step(net, X, y, 0.5, lmbda_over_n)
    train(net, (X, y), range(10), 10, {"eta": 0.5, "lmbda_over_n": lmbda_over_n})
    weights, biases = ([rounded.value for rounded in side] for side in expected)
    check_parameters_within(bound, net, weights, biases, expected)


@pytest.mark.parametrize("sizes", [[8, 300, 6], [8, 40, 270, 300, 6]], ids=str)
@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_BP2_of_a_wide_layer_by_dot_products(kernels, activation, sizes):
    """With many active inputs, too: half of ReLU's, all of the sigmoid's. 270 examples go in two parts."""
    net = network_on(kernels, sizes, [activation] * (len(sizes) - 2) + ["softmax"], seed=2)
    for m in (3, 270):
        X, y = examples_for(net, m)
        bound = Rounding(kernels.dtype)
        for got, expected in zip(net.backprop(X, y), bound.backprop(net, X, y), strict=True):
            for l in range(len(net.layers)):
                error = 2 * expected[l].error + bound.gamma(2) * np.abs(expected[l].value).max()
                bound.check(got[l], expected[l].value, error, f"{m} examples [{l}] ")


@pytest.mark.parametrize("rule", [{}, {"momentum": 0.5}, {"lmbda": 2.0}])
def test_dropout_trains_like_the_general_path(sample, rule):
    """l1 = 1e-300 changes no weight, but sends the step along the path that keeps gradients.

    Some 60 steps, each of which rounds by about 1e-16.
    """
    sizes = [784, 150, 200, 10]
    nets = []
    for l1 in (0.0, 1e-300):
        layers = [nn.Dense(n, "relu", dropout=p) for n, p in zip(sizes[1:-1], (0, 0.5), strict=True)]
        net = nn.Network(
            [*layers, nn.Softmax(10, dropout=0.5)],
            input_shape=(784,),
            init="he",
            dtype="float64",
            seed=1,
        )
        net.SGD(sample[0][:600], 1, 10, 0.05, l1=l1, **rule)
        nets.append(net)
    a, b = (net.parameters for net in nets)
    assert np.abs(a - b).max() < 1e-12 * np.abs(a).max()
    assert nets[0].accuracy(sample[2]) > 0.5
