"""Networks trained in a line, and their diagnosis."""

import warnings

import numpy as np

import nncore as nn
from nncore.insight.diagnose import SEVERITIES

DENSE = nn.Dense
CHAPTER_1 = {"cost": "quadratic", "init": "large"}
RELU = [DENSE(100, "relu"), nn.Softmax(10)], {"init": "he", "input_shape": (784,)}


def train(data, layers, epochs, eta, lmbda=0.0, evaluation_data=None, monitor=None, shuffle=True, **network):
    """A network that has been trained, by mini-batches of 10."""
    net = nn.Network(layers, seed=network.pop("seed", 0), **network)
    net.SGD(
        data,
        epochs,
        10,
        eta,
        lmbda,
        evaluation_data=evaluation_data,
        monitor=monitor,
        shuffle=shuffle,
        progress=False,
    )
    return net


def train_unscaled(*arguments, **settings):
    """The same on data that are scaled badly, of which SGD warns."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net = train(*arguments, **settings)
    assert any("Scale " in str(each.message) or "Divide " in str(each.message) for each in caught)
    return net


def diagnosed(net, data, **settings):
    """The diagnosis; the network is as it was."""
    before, history, epochs = net.parameters.copy(), net.history, net.epochs_trained
    found = nn.diagnose(net, data, **settings)
    np.testing.assert_array_equal(net.parameters, before)
    assert (net.history, net.epochs_trained) == (history, epochs)
    assert [SEVERITIES.index(finding.severity) for finding in found] == sorted(
        SEVERITIES.index(finding.severity) for finding in found
    )
    return found


def finding(found, name):
    """The one of that name."""
    assert name in found.names, found
    return found[found.names.index(name)]


def factor(measured, word):
    """The number in "about 400 times too high"."""
    return float(measured.split("about ")[1].split(f" times too {word}")[0].replace(",", ""))
