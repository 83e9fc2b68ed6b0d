"""The dense layer over its active inputs: the bits of the dense product, the twin's numbers to rounding."""

import numpy as np
import pytest

import nncore as nn

SHAPES = {  # the second layer reads the active of the first's neurons, the third those of the second's
    "narrow": [12, 90, 70, 5],
    "wide": [12, 150, 300, 10],
    "wide, then narrow": [12, 300, 130, 67, 3],
    "uneven": [9, 33, 257, 64],
}


def rectified(network_on, kernels, sizes, **options):
    """A network of rectified linear units, of whose hidden neurons each is active for one example in five."""
    net = network_on(kernels, sizes, ["relu"] * (len(sizes) - 2) + ["softmax"], seed=5, **options)
    a = np.random.default_rng(0).standard_normal((sizes[0], 200))
    for w, b in zip(net.weights[:-1], net.biases[:-1], strict=True):
        b[:] = -np.quantile(w @ a, 0.8, axis=1, keepdims=True)
        a = np.maximum(0, w @ a + b)
    return net


def share(net, X):
    """Of the activations of each hidden layer, how many are active."""
    return [np.mean(a != 0) for a in net.activations(X)[:-1]]


@pytest.mark.parametrize("sizes", SHAPES.values(), ids=SHAPES)
def test_few_active_inputs_give_the_bits_of_the_dense_product(kernels, network_on, sizes):
    """Beside examples that turn every neuron on, the others are part of a dense product."""
    net = rectified(network_on, kernels, sizes)
    X = np.random.default_rng(1).standard_normal((30, sizes[0])).astype(kernels.dtype)
    assert all(0 < active < 1 / 3 for active in share(net, X))
    few = net.feedforward(X)
    others = np.sign(net.weights[0]).sum(axis=0) * 100  # most of the first layer's neurons like these
    both = np.concatenate([X, np.tile(others, (100, 1))]).astype(kernels.dtype)
    assert share(net, both)[0] > 1 / 3
    np.testing.assert_array_equal(net.feedforward(both)[:30], few)


@pytest.mark.parametrize("m", [1, 7, 40])
@pytest.mark.parametrize("sizes", SHAPES.values(), ids=SHAPES)
def test_gradients(kernels, network_on, rounding, examples_for, sizes, m):
    net = rectified(network_on, kernels, sizes)
    X, y = examples_for(net, m)
    bound = rounding(kernels.dtype)
    wanted_b, wanted_w = bound.backprop(net, X, y)
    for got, wanted in [*zip(net.backprop(X, y), (wanted_b, wanted_w), strict=True)]:
        for l in range(len(net.layers)):
            bound.check(got[l], wanted[l].value, wanted[l].error, f"[{l}] ")


@pytest.mark.parametrize("lmbda_over_n", [0.0, 0.01])
@pytest.mark.parametrize("sizes", SHAPES.values(), ids=SHAPES)
def test_a_step(kernels, network_on, rounding, examples_for, train, sizes, lmbda_over_n):
    net = rectified(network_on, kernels, sizes)
    X, y = examples_for(net, 10)
    assert all(active < 1 / 3 for active in share(net, X))
    bound = rounding(kernels.dtype)
    weights, biases = bound.step(net, X, y, 0.5, lmbda_over_n)
    train(net, (X, y), range(10), 10, 0.5, lmbda_over_n=lmbda_over_n)
    for l in range(len(net.layers)):
        bound.check(net.weights[l], weights[l].value, weights[l].error, f"weights[{l}] ")
        bound.check(net.biases[l], biases[l].value, biases[l].error, f"biases[{l}] ")


@pytest.mark.parametrize("sizes", [[8, 300, 6], [8, 40, 270, 300, 6]], ids=str)
@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_a_wide_layer_goes_back_by_dot_products(
    kernels, network_on, rounding, examples_for, activation, sizes
):
    """With many inputs active too: half of ReLU's, all of the sigmoid's. 270 examples are two times."""
    net = network_on(kernels, sizes, [activation] * (len(sizes) - 2) + ["softmax"], seed=2)
    for m in (3, 270):
        X, y = examples_for(net, m)
        bound = rounding(kernels.dtype)
        for got, wanted in zip(net.backprop(X, y), bound.backprop(net, X, y), strict=True):
            for l in range(len(net.layers)):
                error = 2 * wanted[l].error + bound.gamma(2) * np.abs(wanted[l].value).max()
                bound.check(got[l], wanted[l].value, error, f"{m} examples [{l}] ")


def test_targets_with_fma_give_the_same_bits(fused_kernels, network_on, examples_for, train):
    _, variants = fused_kernels
    seen = []
    for kernels in variants:
        net = rectified(network_on, kernels, [12, 300, 280, 10])
        X, y = examples_for(net, 60)
        train(net, (X, y), range(60), 10, 0.1, lmbda_over_n=0.001)
        seen.append(net.parameters.copy())
    np.testing.assert_array_equal(*seen)


@pytest.mark.parametrize("rule", [{}, {"momentum": 0.5}, {"lmbda": 2.0}])
def test_dropout_trains_as_the_general_path_does(sample, rule):
    """A mini-batch of 10 against one that is summed in parts, by way of the gradients (l1 = 1e-300: the rule
    that is not fused), to rounding: some 60 steps, each by 1e-16 or so."""
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
