"""check_gradients, trace and backprop take X and y, or data as everything else does."""

import numpy as np
import pytest

import nncore as nn
from nncore.book import mnist_loader, network


@pytest.fixture
def forms(sample):
    """The same five digits, as X and y and in each form of data."""
    data = sample[0][:5]
    X, y = data.to_float(), data.labels
    return X, y, [data, (X, y), list(mnist_loader.Pairs(data, vectorized=True))]


@pytest.mark.parametrize("make", [nn.Network, network.Network])
def test_backprop_and_check_gradients_take_data(forms, make):
    X, y, others = forms
    net = make([784, 4, 10])
    expected = net.backprop(X, y)
    report = repr(nn.check_gradients(net, X, y, samples=5))
    assert "right" in report
    for data in others:
        for nabla, other in zip(expected[1], net.backprop(data)[1], strict=True):
            np.testing.assert_allclose(nabla, other, rtol=1e-5, atol=1e-7)
        assert nn.check_gradients(net, data, samples=5)


def test_a_backprop_of_ones_own_gets_arrays(forms):
    net = nn.Network([784, 4, 10])
    right = net.backprop
    net.backprop = lambda X, y: right(X, y)
    for data in forms[2]:
        assert nn.check_gradients(net, data, samples=3)


def test_trace_takes_a_pair_and_a_dataset_of_one(forms):
    X, y, (data, *_) = forms
    net = nn.Network([784, 4, 10], seed=0)
    expected = repr(nn.trace(net, X[2], y[2]))
    for one in (data[2], (X[2], y[2]), data[2:3]):
        assert repr(nn.trace(net, one)) == repr(net.trace(one)) == expected
    assert nn.trace(net, X[2]).y is None


def test_two_inputs_are_not_a_pair():
    net = nn.Network([2, 1], seed=0)
    assert nn.trace(net, [3.0, 1.0]).y is None
    assert nn.trace(net, (3.0, 1.0)).y is None
