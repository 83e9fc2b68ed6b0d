"""Workloads that several core tests run: networks, data and rules that reach every path of the core."""

import functools

import numpy as np

from nncore import datasets
from support.networks import activations_of, network_on
from support.training import train

# For training over non-zero inputs. eta is such that mini-batches of one example converge: otherwise a last
# bit grows without limit. Adam divides the error of a gradient, of some 1e-17, by epsilon at most: with 1e-4
# it counts no more than the errors of the others.
KINDS = {
    "plain": {"eta": 0.05},
    "L2": {"eta": 0.05, "lmbda_over_n": 0.02},
    "momentum": {"eta": 0.01, "momentum": 0.8},
    "momentum and L2": {"eta": 0.01, "lmbda_over_n": 0.02, "momentum": 0.8},
    "L1": {"eta": 0.05, "l1_over_n": 0.001},
    "nesterov": {"kind": "nesterov", "eta": 0.01, "lmbda_over_n": 0.02, "momentum": 0.8},
    "adam": {"kind": "adam", "eta": 0.001, "lmbda_over_n": 0.002, "momentum": 0.9, "epsilon": 1e-4},
}


@functools.cache
def digits(n):
    """The first n of the training digits that ship with the package."""
    return datasets.load_sample()[0][:n]


def network_after_steps(kernels, output, cost, first):
    """(net, data): a deep network after steps of SGD by all paths, over data with zeros."""
    sizes = [45, 33, 16, 7, 10]
    net = network_on(kernels, sizes, activations_of(sizes, output, first), cost, seed=8)
    rng = np.random.default_rng(8)
    X = rng.standard_normal((61, 45)) * (rng.random((61, 45)) < 0.5)
    data = X, rng.integers(0, 10, 61)
    train(net, data, rng.permutation(61), 13, {"eta": 0.02, "lmbda_over_n": 0.1})
    train(net, data, rng.permutation(61), 10, {"eta": 0.01, "l1_over_n": 1e-3, "momentum": 0.5})
    train(net, data, rng.permutation(61), 1, {"eta": 0.01})
    return net, data


def network_with_few_active(kernels, sizes):
    """A ReLU network in which each hidden neuron is active for one example in five."""
    net = network_on(kernels, sizes, ["relu"] * (len(sizes) - 2) + ["softmax"], seed=5)
    a = np.random.default_rng(0).standard_normal((sizes[0], 200))
    for w, b in zip(net.weights[:-1], net.biases[:-1], strict=True):
        b[:] = -np.quantile(w @ a, 0.8, axis=1, keepdims=True)
        a = np.maximum(0, w @ a + b)
    return net
