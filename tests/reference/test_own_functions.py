"""The reference network takes activations and costs of one's own, and calls the methods of a subclass."""

from types import SimpleNamespace

import numpy as np
import pytest

from nncore.reference import Network

SINE = (np.sin, np.cos)


class Fourth:
    """A quarter of the sum of (a - y)^4, behind a linear layer."""

    @staticmethod
    def fn(a, y):
        return np.sum((a - y) ** 4) / 4

    @staticmethod
    def delta(z, a, y):
        return (a - y) ** 3


def data(n_in=3, n_out=2, m=5):
    rng = np.random.default_rng(0)
    return rng.standard_normal((m, n_in)), rng.random((m, n_out))


def check(net, X, y):
    """backprop gives the derivatives of the summed cost, by central differences."""
    nabla_b, nabla_w = net.backprop(X, y)
    for arrays, nablas in ((net.biases, nabla_b), (net.weights, nabla_w)):
        for l, nabla in enumerate(nablas):
            for entry in np.ndindex(nabla.shape):
                kept, costs = arrays[l][entry], []
                for moved in (kept + 1e-5, kept - 1e-5):
                    arrays[l][entry] = moved
                    costs.append(net.cost((X, y)) * len(X))
                arrays[l][entry] = kept
                assert nabla[entry] == pytest.approx((costs[0] - costs[1]) / 2e-5, rel=1e-5, abs=1e-7)


def test_an_own_activation_of_the_hidden_layers():
    net = Network([3, 4, 2], activation=SINE, seed=0)
    X, y = data()
    w, b = net.weights, net.biases
    expected = 1 / (1 + np.exp(-(np.sin(X @ w[0].T + b[0].T) @ w[1].T + b[1].T)))
    np.testing.assert_allclose(net.feedforward(X), expected)
    check(net, X, y)


def test_an_own_activation_of_every_layer():
    layers = [SimpleNamespace(n=4, activation=SINE), SimpleNamespace(n=2, activation=SINE)]
    net = Network(layers, input_shape=(3,), seed=0)
    assert net.cost_name == "quadratic"
    check(net, *data())
    with pytest.raises(ValueError, match="cost"):
        Network(layers, input_shape=(3,), cost="cross-entropy")


def test_an_own_cost():
    layers = [SimpleNamespace(n=4, activation="tanh"), SimpleNamespace(n=2, activation="linear")]
    net = Network(layers, input_shape=(3,), seed=0, cost=Fourth)
    X, y = data()
    check(net, X, y)
    before = net.cost((X, y))
    net.SGD((X, y), 50, 5, 0.1)
    assert net.cost((X, y)) < before / 2
    assert net.cost((X, y)) == pytest.approx(np.sum((net.feedforward(X) - y) ** 4) / 4 / len(X))


def test_a_method_of_a_subclass_is_called():
    class Counted(Network):
        calls = 0

        def output_delta(self, z, a, y):
            self.calls += 1
            return super().output_delta(z, a, y)

    net = Counted([3, 2], seed=0)
    net.SGD(data(), 2, 5, 0.1)
    assert net.calls == 10
