"""Networks of every kind for the tests of formats that other programs read, and examples for them."""

import numpy as np

import nncore as nn
from nncore.book import network3
from support.every_layer import MAPS, NAMES, PAIRS, deep, with_maps

RNG_SEED = 7


def _trained(layers, input_shape, y, dtype="float32", **options):
    """A network after two epochs on examples with the targets y."""
    net = nn.Network(layers, input_shape=input_shape, dtype=dtype, seed=3)
    X = np.random.default_rng(RNG_SEED).random((len(y), *input_shape))
    net.SGD((X, y), 2, 4, 0.1, **options)
    return net


def classes(dtype="float32"):
    return _trained([nn.Dense(7, "relu"), nn.Softmax(3)], (6,), np.arange(24) % 3, dtype, momentum=0.5)


def two_classes(dtype="float32"):
    return _trained([nn.Dense(5, "tanh"), nn.Dense(1)], (6,), np.arange(24) % 2, dtype)


def numbers(dtype="float32"):
    targets = np.random.default_rng(1).random((24, 2))
    return _trained([nn.Dense(5, "tanh"), nn.Dense(2, "linear")], (6,), targets, dtype)


def several_labels(dtype="float32"):
    targets = np.random.default_rng(1).random((24, 4)) > 0.4
    return _trained([nn.Dense(5), nn.Dense(4)], (6,), targets.astype(float), dtype)


def dropout(dtype="float32"):
    layers = [nn.Conv2D(2, 3, "relu"), nn.Dense(9, "relu", dropout=0.5), nn.Softmax(4, dropout=0.25)]
    return _trained(layers, (1, 6, 7), np.arange(24) % 4, dtype)


def unscaled_dropout(dtype="float32"):
    """The book's network3, whose dropout is not scaled in training (always float32)."""
    np.random.seed(0)  # noqa: NPY002
    layers = [
        network3.FullyConnectedLayer(6, 8, p_dropout=0.5),
        network3.SoftmaxLayer(8, 3, p_dropout=0.5),
    ]
    net = network3.Network(layers, 4)
    X, y = np.random.default_rng(RNG_SEED).random((24, 6)), np.arange(24) % 3
    nn.Network.SGD(net, (X, y), 2, 4, 0.5)
    return net


NETWORKS = {
    "one neuron": lambda dtype: nn.Network([3, 1], dtype=dtype, seed=0),
    "book": lambda dtype: nn.Network([784, 30, 10], dtype=dtype, seed=0),
    "wide": lambda dtype: nn.Network([3000, 40, 5], dtype=dtype, seed=0),
    "saturated": lambda dtype: nn.Network([50, 20, 20, 3], init="large", dtype=dtype, seed=0),
    "images into dense": lambda dtype: nn.Network([nn.Dense(3)], input_shape=(2, 4, 5), dtype=dtype, seed=0),
    **{f: globals()[f] for f in ("classes", "two_classes", "numbers", "several_labels", "dropout")},
    "unscaled_dropout": unscaled_dropout,
    **{name: lambda dtype, pair=pair: deep(pair, dtype) for name, pair in zip(NAMES, PAIRS, strict=True)},
    **{f"maps: {name}": lambda dtype, name=name: with_maps(name, dtype)[0] for name in MAPS},
}


def inputs_of(net, m=9):
    """m examples of a network's input shape and dtype, and among them one of zeros, and large ones."""
    X = np.random.default_rng(RNG_SEED).standard_normal((m, *net.input_shape))
    X[1:2] *= 10
    X[2:3] = 0
    return X.astype(net.dtype)


def exact(net, X):
    """The outputs (m, n_out) of the reference in float64, from the network's parameters."""
    reference = nn.reference.Network(net.layers, input_shape=net.input_shape, cost=net.cost_name)
    reference.weights = [np.asarray(w, np.float64) for w in net.weights]
    reference.biases = [np.asarray(b, np.float64) for b in net.biases]
    return np.array([reference.feedforward(x.astype(np.float64)).reshape(-1) for x in X])


def largest_difference(one, other):
    """The largest difference, in units of 1 or of the largest magnitude, if that is above 1."""
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    return np.abs(one - other).max() / max(1.0, np.abs(other).max())
