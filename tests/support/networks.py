"""Networks on given kernels, their references, examples for them, and comparisons of their parameters."""

import threading

import numpy as np
import pytest

import nncore as nn
from nncore import targets
from nncore.reference import Network as ReferenceNetwork

HIDDEN = ["sigmoid", "tanh", "relu", "linear"]
OUTPUTS = [  # activations of the output layer, and costs that go with them
    ("sigmoid", "cross-entropy"),
    ("softmax", "log-likelihood"),
    ("sigmoid", "quadratic"),
    ("tanh", "quadratic"),
    ("relu", "quadratic"),
    ("linear", "quadratic"),
]

patching = threading.Lock()  # tests build networks in threads, and each must put back what it found


def activations_of(sizes, output, first=0):
    """The activations of all layers but the input; hidden layers take HIDDEN's in turn, from `first` on."""
    return [HIDDEN[(first + i) % 4] for i in range(len(sizes) - 2)] + [output]


def network_on(kernels, sizes, activations, cost=None, dropout=None, **options):
    """A dense network on the given kernels.

    `activations` and `dropout` have an item for each layer but the input. A layer's dropout is the share of
    its inputs that training leaves out.
    """
    dropout = [0.0] * len(activations) if dropout is None else dropout
    layers = [
        nn.Softmax(n, dropout=p) if name == "softmax" else nn.Dense(n, name, dropout=p)
        for n, name, p in zip(sizes[1:], activations, dropout, strict=True)
    ]
    return network_of_layers(kernels, layers, sizes[:1], cost=cost, **options)


def network_of_layers(kernels, layers, input_shape, **options):
    """A network of any layers on the given kernels."""
    with patching, pytest.MonkeyPatch.context() as patch:
        patch.setattr(targets, "kernels", lambda dtype: kernels)
        return nn.Network(layers, input_shape=input_shape, dtype=kernels.dtype, **options)


def copy_of(net):
    """The same dense network on the same kernels, with memory of its own."""
    activations = [layer.activation for layer in net.layers]
    other = network_on(net._kernels, net.sizes, activations, net.cost_name, seed=net.seed)
    other.parameters = net.parameters
    return other


def reference_of(net):
    """The float64 network in plain NumPy that has the layers and the parameters of a network."""
    reference = ReferenceNetwork(net.layers, input_shape=net.input_shape, cost=net.cost_name, seed=net.seed)
    reference.weights, reference.biases = net.weights, net.biases
    return reference


def with_random_parameters(net, seed):
    """The network, with weights and biases of a size that keeps z near 1."""
    rng = np.random.default_rng(seed)
    net.weights = [rng.standard_normal(w.shape) / np.sqrt(w.shape[1]) for w in net.weights]
    net.biases = [rng.standard_normal(b.shape) for b in net.biases]
    return net


def examples_for(net, m, seed=0):
    """(X, y): m examples of the network's dtype. Some inputs are 0; targets are from 0 to 1 and sum to 1."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((m, net.sizes[0])) * (rng.random((m, net.sizes[0])) < 0.8)
    y = rng.random((m, net.sizes[-1]))
    return X.astype(net.dtype), (y / y.sum(axis=1, keepdims=True)).astype(net.dtype)


def check_parameters(got, expected, **tolerance):
    """Two networks have the same parameters, within rtol and atol as NumPy has them."""
    for one, other in zip([*got.weights, *got.biases], [*expected.weights, *expected.biases], strict=True):
        np.testing.assert_allclose(one, other, **tolerance)


def check_parameters_within(bound, net, weights, biases, bounds):
    """The network's parameters are those given, within `bounds`: (weights, biases), lists of `Rounded`."""
    for l in range(len(net.layers)):
        bound.check(net.weights[l], weights[l], bounds[0][l].error, f"weights[{l}] ")
        bound.check(net.biases[l], biases[l], bounds[1][l].error, f"biases[{l}] ")
