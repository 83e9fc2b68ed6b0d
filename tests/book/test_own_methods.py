"""What a reader of the book changes counts: methods of a subclass, the class of the cost, sigmoid."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from support.book import lists_of_pairs, seed_everything

import nncore as nn
from nncore.book import network, network2

CALLED = "your own, and the core cannot call it"


@pytest.fixture
def pairs(sample):
    return lists_of_pairs(sample, 100, 50)


def trained(make, training_data, *arguments, warns=True, **options):
    """The network after SGD, and what SGD returned; the same draws each time."""
    seed_everything()
    net = make()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = net.SGD(training_data, *arguments, **options)
    assert [CALLED in str(warning.message) for warning in caught] == [True] * warns, caught
    return net, result


def same(net, other):
    np.testing.assert_allclose(net.parameters, other.parameters, rtol=1e-9, atol=1e-12)


def counted(name, base):
    """A subclass whose method of this name counts its calls, and does what the book's does."""

    def method(self, *arguments, **options):
        self.calls += 1
        return getattr(base, name)(self, *arguments, **options)

    return type("Counted", (base,), {"calls": 0, name: method})


@pytest.mark.parametrize("name", network.Network.LISTED)
def test_a_method_of_chapter_1_that_a_subclass_overrides_is_called(name, pairs, capsys):
    training_data, test_data = pairs
    plain, _ = trained(
        lambda: network.Network([784, 5, 10]), training_data, 2, 10, 3.0, test_data, warns=False
    )
    lines = capsys.readouterr().out
    cls = counted(name, network.Network)
    net, _ = trained(lambda: cls([784, 5, 10]), training_data, 2, 10, 3.0, test_data)
    assert capsys.readouterr().out == lines
    assert net.calls >= {"update_mini_batch": 20, "evaluate": 2, "feedforward": 100}.get(name, 200)
    assert net.epochs_trained == 2
    same(net, plain)


@pytest.mark.parametrize("name", network2.Network.LISTED)
@pytest.mark.parametrize("cost", [network2.QuadraticCost, network2.CrossEntropyCost])
def test_a_method_of_chapter_3_that_a_subclass_overrides_is_called(name, cost, pairs, capsys):
    training_data, test_data = pairs
    arguments = 2, 10, 0.5, 1.0, test_data, True, True, True, True
    plain, lists = trained(
        lambda: network2.Network([784, 5, 10], cost), training_data, *arguments, warns=False
    )
    lines = capsys.readouterr().out
    cls = counted(name, network2.Network)
    net, others = trained(lambda: cls([784, 5, 10], cost), training_data, *arguments)
    assert net.calls >= 2
    same(net, plain)
    for values, other in zip(lists, others, strict=True):
        assert len(values) == 2
        np.testing.assert_allclose(values, other)
    printed = capsys.readouterr().out
    assert [line.split(":")[0] for line in printed.splitlines()] == [
        line.split(":")[0] for line in lines.splitlines()
    ]


def test_a_method_that_is_assigned_to_the_network_is_called(pairs):
    def make():
        net = network.Network([784, 5, 10])
        net.update_mini_batch = lambda mini_batch, eta: calls.append(len(mini_batch))
        return net

    calls = []
    net, _ = trained(make, pairs[0], 1, 30, 3.0)
    seed_everything()
    np.testing.assert_array_equal(net.parameters, make().parameters)
    assert calls == [30, 30, 30, 10]


def test_the_cost_of_an_own_cost_derivative_is_the_one_that_falls(pairs):
    """(a - y)/(a (1 - a)) is the derivative of the cross-entropy: the network learns as network2 does."""

    class CrossEntropy(network.Network):
        def cost_derivative(self, output_activations, y):
            return (output_activations - y) / (output_activations * (1 - output_activations))

    def chapter_3():
        net = network2.Network([784, 5, 10])
        net.weights = [w * np.sqrt(w.shape[1]) for w in net.weights]
        return net

    net, _ = trained(lambda: CrossEntropy([784, 5, 10]), pairs[0], 2, 10, 0.5)
    other, _ = trained(chapter_3, pairs[0], 2, 10, 0.5, warns=False)
    same(net, other)
    assert net.accuracy(pairs[1]) == other.accuracy(pairs[1]) / 50
    with pytest.raises(
        TypeError, match=r"^cost: your own cost_derivative .* network2\.Network\(sizes, cost="
    ):
        net.cost(pairs[1])


class Absolute:
    """The sum of |a - y|: a cost that the core does not know."""

    @staticmethod
    def fn(a, y):
        return float(np.abs(a - y).sum())

    @staticmethod
    def delta(z, a, y):
        return np.sign(a - y) * network2.sigmoid_prime(z)


def test_an_own_cost_of_chapter_3_is_used(pairs, tmp_path):
    training_data, test_data = pairs
    net, (costs, right, *_) = trained(
        lambda: network2.Network([784, 5, 10], cost=Absolute), training_data, 5, 10, 1.0, 0.0, test_data,
        True, True,
    )  # fmt: skip
    assert net.cost is Absolute
    outputs = np.hstack([net.feedforward(x) for x, _ in test_data])
    y = np.array([digit for _, digit in test_data])
    assert costs[-1] == pytest.approx(np.abs(outputs - (np.arange(10)[:, None] == y)).sum() / 50)
    assert right[-1] == net.accuracy(test_data) == (outputs.argmax(axis=0) == y).sum()
    assert costs[-1] < costs[0]
    X = np.random.default_rng(0).random((5, 784))
    assert nn.check_gradients(net, X, y[:5])  # delta is the derivative of fn, by central differences
    for other in (net.copy(), copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert other.cost is Absolute
    net.save(tmp_path / "net.json")
    with pytest.raises(
        ValueError, match=r"its cost is 'Absolute', .*network2\.load\(filename, cost=\.\.\.\)"
    ):
        network2.load(tmp_path / "net.json")
    other = network2.load(tmp_path / "net.json", cost=Absolute)
    same(net, other)
    assert other.cost is Absolute


def test_own_costs_that_are_the_books_give_the_books_numbers(pairs):
    class Loud(network2.CrossEntropyCost):
        @staticmethod
        def fn(a, y):
            heard.append(1)
            return network2.CrossEntropyCost.fn(a, y)

    heard = []
    arguments = 2, 10, 0.5, 1.0, pairs[1], True
    plain, lists = trained(lambda: network2.Network([784, 5, 10]), pairs[0], *arguments, warns=False)
    net, others = trained(lambda: network2.Network([784, 5, 10], Loud), pairs[0], *arguments)
    assert len(heard) == 100
    same(net, plain)
    np.testing.assert_allclose(others[0], lists[0])


def test_a_class_that_is_no_cost_is_refused():
    with pytest.raises(
        TypeError, match=r"^cost: .*fn\(a, y\) and delta\(z, a, y\) needed, got <class 'dict'>"
    ):
        network2.Network([2, 1], cost=dict)


@pytest.mark.parametrize("module", [network, network2])
def test_another_function_in_place_of_sigmoid_is_used(module, monkeypatch, pairs):
    monkeypatch.setattr(module, "sigmoid", np.tanh)
    monkeypatch.setattr(module, "sigmoid_prime", lambda z: 1 - np.tanh(z) ** 2)
    cost = {} if module is network else {"cost": network2.QuadraticCost}
    net, _ = trained(lambda: module.Network([784, 5, 10], **cost), pairs[0], 3, 10, 0.02)
    x = pairs[1][0][0]
    w, b = net.weights, net.biases
    expected = np.tanh(w[1] @ np.tanh(w[0] @ x + b[0]) + b[1])
    np.testing.assert_allclose(net.feedforward(x), expected)
    assert net.predict(x) == expected.argmax()
    X, y = np.random.default_rng(0).random((4, 784)), np.arange(4)
    np.testing.assert_allclose(net.feedforward(X)[1], net.feedforward(X[1]))
    assert nn.check_gradients(net, X, y)
    with pytest.raises(
        TypeError, match=r"^minimize: .* cannot call your own sigmoid, sigmoid_prime; SGD, feed"
    ):
        net.minimize((X, y))
    monkeypatch.undo()
    net.minimize((X, np.eye(10)[y]), maxiter=1)


def test_an_own_feedforward_answers():
    class Turned(network.Network):
        def feedforward(self, a):
            return 1 - super().feedforward(a)

    net = Turned([3, 4])
    X = np.random.default_rng(0).random((6, 3))
    plain = network.Network([3, 4])
    plain.parameters = net.parameters
    np.testing.assert_array_equal(net.predict(X), plain.feedforward(X).argmin(axis=1))
    assert net.accuracy((X, net.predict(X))) == 1


def test_a_network_without_changes_does_not_warn_or_slow_down(pairs, monkeypatch):
    """A subclass that adds a method of its own follows the core."""

    class Named(network.Network):
        def name(self):
            return "Ada"

    monkeypatch.setattr(network.Network, "_summed_gradient", None)  # of the listing, which is slow
    trained(lambda: Named([784, 5, 10]), pairs[0], 1, 10, 3.0, warns=False)


def test_the_change_is_said_once(pairs):
    net, _ = trained(lambda: counted("backprop", network.Network)([784, 5, 10]), pairs[0], 1, 10, 3.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.SGD(pairs[0], 1, 10, 3.0)


def changed(name):
    """A network2 with a cost, or a method, of the reader's own."""
    if name == "cost":
        return network2.Network([784, 5, 10], cost=Absolute)
    return counted(name, network2.Network)([784, 5, 10])


@pytest.mark.parametrize("name", ["cost", "backprop", "update_mini_batch", "feedforward"])
def test_find_eta_and_the_core_refuse_what_they_cannot_call(name, pairs):
    net = changed(name)
    for call, function in [
        (lambda: nn.find_eta(net, pairs[0]), "find_eta"),
        (lambda: nn.find_eta(lambda: changed(name), pairs[0]), "find_eta"),
        (lambda: nn.Network.SGD(net, pairs[0], 1, 10, 0.5), "SGD"),
    ]:
        with pytest.raises(
            TypeError, match=f"^{function}: it computes with the core, which cannot call your own {name}"
        ):
            call()
    assert nn.find_eta(network2.Network([784, 5, 10]), pairs[0]).eta is not None
    assert nn.find_eta(changed("accuracy"), pairs[0]).eta is not None  # it plays no part in the search


@pytest.mark.parametrize("name", ["cost", "backprop", "feedforward"])
def test_files_do_not_forget_what_is_the_readers_own(name, tmp_path):
    net = changed(name)
    for call in (
        lambda: nn.Network.save(net, tmp_path / "net.npz"),
        lambda: nn.Network.save(net, tmp_path / "net.json"),
        lambda: nn.Ensemble([net]).save(tmp_path / "nets.npz"),
    ):
        with pytest.raises(
            TypeError, match=f"^save: a file for nn.load holds numbers alone, and forgets your own {name}"
        ):
            call()
    assert not list(tmp_path.iterdir())


def test_weights_count_for_an_own_cost(pairs):
    net = changed("cost")
    (X, y), weights = (
        (np.hstack([x for x, _ in pairs[1]]).T, np.array([y for _, y in pairs[1]])),
        np.arange(50) % 4,
    )
    rows = np.repeat(np.arange(50), weights)
    got, expected = net.backprop(X, y, weights=weights), net.backprop(X[rows], y[rows])
    for one, other in zip(got[0] + got[1], expected[0] + expected[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
    assert nn.check_gradients(net, X[:5], y[:5], weights=weights[:5], samples=20)
    assert nn.Network.accuracy(net, (X, y), weights=weights) == nn.Network.accuracy(net, (X[rows], y[rows]))
    costs = [
        nn.Network.cost(net, (X, y), 3.0, weights=weights),
        nn.Network.cost(net, (X[rows], y[rows]), 3.0),
    ]
    assert costs[0] == pytest.approx(costs[1])
