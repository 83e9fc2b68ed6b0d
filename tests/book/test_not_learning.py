"""The book's programs say why a run has learned nothing, as nn.Network does, on the slow path too."""

import re
import warnings

import numpy as np
import pytest
from support.book import lists_of_pairs, seed_everything

import nncore as nn
from nncore.book import network, network2, network3


class Own(network.Network):
    def backprop(self, x, y):
        return super().backprop(x, y)


class Own2(network2.Network):
    def backprop(self, x, y):
        return super().backprop(x, y)


def run(cls, data, eta, epochs=3, **options):
    """The right answers of the last epoch on the test data, and the NotLearningWarnings with their places."""
    seed_everything()
    training_data, test_data = data
    net = cls([784, 15, 10])
    if isinstance(net, network.Network):
        options = {"test_data": test_data}
    elif not options:
        options = {"evaluation_data": test_data, "monitor_evaluation_accuracy": True}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net.SGD(training_data, epochs, 10, eta, **options)
    found = [warning for warning in caught if warning.category is nn.NotLearningWarning]
    assert all(warning.filename == __file__ for warning in found)
    right = net.evaluate(test_data) if isinstance(net, network.Network) else net.accuracy(test_data)
    return right, [str(warning.message) for warning in found]


@pytest.fixture
def data(sample):
    return lists_of_pairs(sample, 2000, 500)


@pytest.mark.parametrize("cls", [network.Network, network2.Network])
def test_an_eta_that_is_too_high_is_named_with_one_that_learns(cls, data, capsys):
    right, (said,) = run(cls, data, 100.0)
    assert f"is right on {right / 500:.1%} of the 500 evaluation examples" in said
    assert re.search(r"eta = 100 is about \d+ times too high", said)
    better, none = run(cls, data, float(re.search(r"Try eta = ([\d.]+)", said)[1]))
    assert better > 300
    assert none == []


@pytest.mark.parametrize(("cls", "eta"), [(Own, 1000.0), (Own2, 100.0)])
def test_with_own_methods_the_accuracies_that_they_gave_are_judged(cls, eta, data, capsys):
    data = data[0][:1000], data[1]
    _, (said,) = run(cls, data, eta, 1)
    assert "of the 500 evaluation examples" in said
    advised = [float(eta) for eta in re.search(r"try ([\d.]+) and ([\d.]+), in case", said).groups()]
    assert advised == [eta / 10, eta / 100]
    right, none = run(cls, data, advised[-1], 2)
    assert right > 100
    assert none == []


def test_the_training_accuracy_is_judged_where_it_alone_is_monitored(data, capsys):
    for cls in (network2.Network, Own2):
        _, (said,) = run(cls, (data[0][:1000], data[1]), 100.0, 1, monitor_training_accuracy=True)
        assert "of the 1,000 training examples" in said


def test_bad_inputs_are_named_without_trials(sample, capsys):
    train, _, test = sample
    training_data = [(x.reshape(-1, 1).astype(float), y) for x, y in zip(train.images[:300], np.eye(10)[
        train.labels[:300]
    ][:, :, None], strict=True)]  # fmt: skip
    test_data = [
        (x.reshape(-1, 1).astype(float), y) for x, y in zip(test.images[:200], test.labels, strict=False)
    ]
    _, said = run(Own, (training_data, test_data), 100.0, 4)
    assert said, "a network of saturated neurons was expected not to learn"
    assert "256" in said[0] or "255" in said[0]


def test_the_numbers_that_are_printed_are_those_of_evaluate(data, capsys):
    right, _ = run(network.Network, data, 3.0, 2)
    assert capsys.readouterr().out.splitlines()[-1] == f"Epoch 1: {right} / 500"


def test_targets_that_are_no_classes_are_counted_as_ever(capsys):
    rng = np.random.default_rng(0)
    data = [(x.reshape(2, 1), np.array([[x.mean()]])) for x in rng.random((200, 2))]
    net = network.Network([2, 3, 1])
    net.SGD(data, 1, 10, 0.5, data)
    assert capsys.readouterr().out == f"Epoch 0: {net.evaluate(data)} / 200\n"
    lists = network2.Network([2, 3, 1]).SGD(data, 1, 10, 0.5, 0.0, data, True, True)
    assert [len(values) for values in lists] == [1, 1, 0, 0]


X, WRONG = np.random.default_rng(0).random((20, 2)), [2] * 20
PAIRS = list(zip(X[:, :, None], np.eye(2)[np.arange(20) % 2][:, :, None], strict=True))


def test_network3_calls_its_data_and_its_layers_by_their_names():
    layers = [network3.FullyConnectedLayer(2, 3), network3.SoftmaxLayer(3, 2)]
    good = X, np.arange(20) % 2
    says = (
        r"^validation_data, y: .* is SoftmaxLayer\(n_in=3, n_out=3\): make it the last of network3's layers$"
    )
    with pytest.raises(ValueError, match=says) as caught:
        network3.Network(layers, 10).SGD(good, 1, 10, 0.5, (X, WRONG), good)
    layers[-1] = eval(re.search(r"SoftmaxLayer\(.*?\)", str(caught.value))[0], vars(network3))
    network3.Network(layers, 10).SGD(good, 1, 10, 0.5, (X, WRONG), good)


@pytest.mark.parametrize(("module", "name"), [(network, "test_data"), (network2, "evaluation_data")])
def test_network_and_network2_do_so_too(module, name):
    with pytest.raises(
        ValueError, match=rf"^{name}, y: .*one of 3 neurons: make it Network\(\[2, 3, 3\]\)$"
    ) as caught:
        module.Network([2, 3, 2]).SGD(PAIRS, 1, 10, 0.5, **{name: (X, WRONG)})
    net = eval(re.search(r"Network\(.*\)", str(caught.value))[0], vars(module))
    net.SGD((X, WRONG), 1, 10, 0.5, **{name: (X, WRONG)})


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("test_data", lambda good, large: network.Network([2, 3, 2]).SGD(good, 1, 10, 0.5, large)),
        (
            "validation_data",
            lambda good, large: network3.Network([network3.SoftmaxLayer(2, 2)], 10).SGD(
                good, 1, 10, 0.5, large, good
            ),
        ),
    ],
)
def test_inputs_of_another_scale_than_the_training_are_noticed_by_their_name(name, call):
    y = np.arange(200) % 2
    X = np.random.default_rng(0).random((200, 2))
    with pytest.warns(UserWarning, match=f"^{name}, x: "):
        call((X, y), (X * 255, y))
