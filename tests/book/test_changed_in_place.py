"""What a reader replaces in the book's programs as they stand counts as an override does: a method on the
class, a function of a cost; what cannot count, on a layer of network3, is refused."""

import warnings

import numpy as np
import pytest
from support.book import lists_of_pairs, seed_everything

import nncore as nn
from nncore.book import network, network2, network3

CALLED = "your own, and the core cannot call it"


@pytest.fixture
def pairs(sample):
    return lists_of_pairs(sample, 100, 50)


def trained(make, *arguments):
    """The network after SGD with the same draws each time, what SGD returned, and the warnings."""
    seed_everything()
    net = make()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = net.SGD(*arguments)
    return net, result, [str(warning.message) for warning in caught]


METHODS = [(module, name) for module in (network, network2) for name in module.Network.LISTED]


@pytest.mark.parametrize(("module", "name"), METHODS)
@pytest.mark.parametrize("inherited", [False, True])
def test_a_method_that_is_replaced_on_the_class_is_called(module, name, inherited, pairs, monkeypatch):
    cls = type("Mine", (module.Network,), {}) if inherited else module.Network
    arguments = pairs[0], 2, 10, 0.5
    arguments += (pairs[1],) if module is network else (1.0, pairs[1], True, True)
    plain, result, said = trained(lambda: cls([784, 5, 10]), *arguments)
    assert said == []
    calls, old = [], getattr(module.Network, name)
    monkeypatch.setattr(module.Network, name, lambda self, *a, **k: calls.append(1) or old(self, *a, **k))
    net, other, said = trained(lambda: cls([784, 5, 10]), *arguments)
    assert len(calls) >= 2
    assert [text.startswith(f"{name}: {CALLED}") for text in said] == [True], said
    np.testing.assert_allclose(net.parameters, plain.parameters, rtol=1e-9, atol=1e-12)
    if result is not None:
        np.testing.assert_allclose(other[0], result[0])
    monkeypatch.undo()
    assert trained(lambda: cls([784, 5, 10]), *arguments)[2] == []


@pytest.mark.parametrize("cost", [network2.CrossEntropyCost, network2.QuadraticCost])
def test_a_cost_whose_functions_are_replaced_is_used(cost, pairs, monkeypatch):
    arguments = pairs[0], 1, 10, 0.5, 0.0, pairs[1], True
    monkeypatch.setattr(cost, "fn", staticmethod(lambda a, y: 42.0))
    for make in (
        lambda: network2.Network([784, 5, 10], cost),
        lambda: network2.Network([784, 5, 10], cost()),
    ):
        net, (costs, *_), said = trained(make, *arguments)
        assert net.total_cost(pairs[1], 0.0) == pytest.approx(42.0)
        assert costs == [pytest.approx(42.0)]
        assert [text.startswith(f"cost: {CALLED}") for text in said] == [True]
    monkeypatch.undo()
    assert net.total_cost(pairs[1], 0.0) < 42.0


@pytest.mark.parametrize("cost", [network2.CrossEntropyCost, network2.QuadraticCost])
def test_a_cost_whose_delta_is_replaced_is_used(cost, pairs, monkeypatch):
    """With a delta of zeros nothing is learned."""
    monkeypatch.setattr(cost, "delta", staticmethod(lambda z, a, y: np.zeros_like(a)))
    seed_everything()
    before = network2.Network([784, 5, 10], cost).parameters
    net, _, said = trained(lambda: network2.Network([784, 5, 10], cost), pairs[0], 1, 10, 0.5)
    np.testing.assert_array_equal(net.parameters, before)
    assert len(said) == 1


def test_a_cost_that_is_changed_as_an_object_is_used(pairs):
    cost = network2.CrossEntropyCost()
    cost.fn = lambda a, y: 42.0
    assert network2.Network([784, 5, 10], cost).total_cost(pairs[1], 0.0) == pytest.approx(42.0)
    assert network2.Network([784, 5, 10], network2.CrossEntropyCost()).total_cost(pairs[1], 0.0) < 42.0


class OwnSoftmax(network3.SoftmaxLayer):
    def cost(self, net):
        raise AssertionError

    def accuracy(self, y):
        raise AssertionError


class OwnInput(network3.FullyConnectedLayer):
    def set_inpt(self, *arguments):
        raise AssertionError


class OwnWeights(network3.ConvPoolLayer):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.w = np.zeros(3)


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        (
            [network3.FullyConnectedLayer(4, 3), OwnSoftmax(3, 2)],
            r"layers\[1\]: .*your own accuracy, cost of Own",
        ),
        ([OwnInput(4, 3), network3.SoftmaxLayer(3, 2)], r"layers\[0\]: .*your own set_inpt of OwnInput"),
        (
            [OwnWeights((2, 1, 3, 3), (10, 1, 4, 4), (2, 2)), network3.SoftmaxLayer(2, 2)],
            r"layers\[0\]: .*your own w of OwnWeights",
        ),
    ],
)
def test_what_the_core_would_ignore_on_a_layer_is_refused(layers, says):
    with pytest.raises(TypeError, match=f"^{says}") as caught:
        network3.Network(layers, 10)
    assert "activation_fn=f" in str(caught.value)


def test_a_layer_with_a_constructor_of_its_own_is_welcome():
    class Small(network3.FullyConnectedLayer):
        def __init__(self):
            super().__init__(4, 3, network3.tanh)
            self.note = "mine"

    assert network3.Network([Small(), network3.SoftmaxLayer(3, 2)], 10).sizes == [4, 3, 2]


class OwnBackprop(network.Network):
    def backprop(self, x, y):
        return super().backprop(x, y)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("diagnose", lambda net, data: nn.diagnose(net, data)),
        ("trace", lambda net, data: nn.trace(net, *data[0])),
        ("trace", lambda net, data: net.trace(*data[0])),
        ("activations", lambda net, data: net.activations(data[0][0])),
        ("learning_speeds", lambda net, data: net.learning_speeds(data)),
        ("minimize", lambda net, data: net.minimize(data)),
    ],
)
def test_what_computes_with_the_core_refuses_a_network_with_own_methods(name, call, pairs):
    """As a function and as a method, so that no answer is that of another network."""
    with pytest.raises(
        TypeError, match=f"^{name}: it computes with the core, which cannot call your own backprop"
    ):
        call(OwnBackprop([784, 5, 10]), pairs[0])


def test_what_counts_in_place_of_an_own_layer_does():
    """An activation and first weights of network3, and a cost of network2."""
    net = network3.Network(
        [network3.FullyConnectedLayer(4, 3, activation_fn=np.arctan), network3.SoftmaxLayer(3, 2)], 10
    )
    assert net._own
    params = net.params
    params[0] = np.ones_like(params[0])
    net.params = params
    assert (net.params[0] == 1).all()

    class Mine(network2.QuadraticCost):
        pass

    assert network2.Network([2, 3, 2], cost=Mine).cost is Mine
