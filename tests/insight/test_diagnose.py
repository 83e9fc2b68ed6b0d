"""The diagnosis of the book's own bad runs, and of healthy networks, of which it finds nothing wrong."""

import numpy as np
import pytest
from support.diagnosis import CHAPTER_1, DENSE, RELU, diagnosed, factor, finding, train

import nncore as nn
from nncore.insight.diagnose import hint

# The book's bad runs, on the 8,000 digits that ship with the package.


def test_1_3_eta_too_low(sample):
    data, _, _ = sample
    net = train(data, [784, 100, 10], 5, 0.001, **CHAPTER_1)
    found = diagnosed(net, data)
    assert found[0].name in ("near chance", "one answer")
    low = finding(found, "eta too low")
    assert low.severity == "serious"
    assert factor(low.measured, "low") >= 100  # the book learns at 3.0
    assert low.remedy.startswith("Try eta = ")
    assert "eta too high" not in found.names


def test_1_4_eta_too_high(sample):
    data, _, _ = sample
    net = train(data, [784, 30, 10], 3, 100.0, **CHAPTER_1)
    found = diagnosed(net, data)
    answer = np.bincount(net.predict(data)).argmax()
    right = (data.labels == answer).sum()
    assert found[0].name == "one answer"
    assert found[0].measured == f"It answers {answer} for every image; {right} of 8000 are {answer}s."
    assert 10 <= factor(finding(found, "eta too high").measured, "high") <= 300
    assert "10 of 10 neurons of the output layer" in finding(found, "saturated neurons").measured
    assert "cross-entropy" in finding(found, "slow output").remedy
    assert {each.change["eta"] for each in found if "eta" in each.change} == {
        finding(found, "eta too high").change["eta"]
    }
    assert "eta" in finding(found, "saturated neurons").change


def test_3_16_eta_and_lmbda_too_high(sample):
    data, _, _ = sample
    net = train(data, [784, 30, 10], 3, 10.0, 160.0)  # the book's lmbda of 1000, for 8,000 images
    found = diagnosed(net, data, lmbda=160.0)
    assert found[0].name == "one answer"
    assert 10 <= factor(finding(found, "eta too high").measured, "high") <= 100
    assert "eta lmbda/n = 20% off every weight" in finding(found, "lmbda too high").measured
    assert "lmbda = 0.8" in finding(found, "lmbda too high").remedy
    assert "lmbda" in finding(found, "weights vanished").remedy


@pytest.mark.parametrize(("eta", "lmbda"), [(10.0, 20.0), (100.0, 20.0)])
def test_3_17_no_hidden_layer_and_a_thousand_images(sample, eta, lmbda):
    data = sample[0][:1000]
    net = train(data, [784, 10], 4, eta, lmbda)
    found = diagnosed(net, data, lmbda=lmbda)
    assert found[0].name in ("near chance", "one answer")
    assert factor(finding(found, "eta too high").measured, "high") >= 30
    assert "lmbda too high" in found.names
    assert ("weights exploded" in found.names) == (eta == 100)


def test_3_17_with_a_lmbda_that_makes_weights_overflow(sample):
    """The book's first try. Here it ends in an error that says what to do; the network is as it was."""
    data = sample[0][:1000]
    net = nn.Network([784, 10], seed=0)
    with pytest.raises(nn.DivergenceError, match="eta lmbda/n = 10 flips the sign of the weights"):
        net.SGD(data, 4, 10, 10.0, 1000.0)
    found = diagnosed(net, data)
    assert found[0].name == "diverged"
    assert "Its last run ended early: epoch 0: the parameters left" in found[0].measured
    assert finding(found, "eta unknown").remedy.startswith("Try eta = 0.")
    assert not found.healthy
    found = diagnosed(net, data, eta=10.0)
    assert "eta too high" in found.names
    assert "eta lmbda/n = 1000% off every weight" in finding(found, "lmbda too high").measured


def test_3_17_with_eta_1_is_no_failure(sample):
    data = sample[0][:1000]
    net = train(data, [784, 10], 4, 1.0, 20.0)
    assert all(finding.severity != "serious" for finding in diagnosed(net, data))


def test_3_18_a_cost_that_oscillates(sample):
    data, _, _ = sample
    net = train(data, [784, 30, 10], 12, 7.5, 0.8, monitor=("training_cost",))
    assert net.accuracy(data) > 0.5  # it learns, but badly
    high = finding(diagnosed(net, data), "eta too high")
    assert high.severity == "warning"
    assert 5 <= factor(high.measured, "high") <= 100


def test_3_6_overfitting(sample):
    training, validation, _ = sample
    net = train(training[:1000], [784, 30, 10], 60, 0.5, evaluation_data=validation, init="large")
    found = diagnosed(net, training[:1000])
    assert found.names == ["overfitting"]
    assert "100.0% of its training images right" in found[0].measured
    best = max(net.history.evaluation_accuracy)
    assert (
        f"best was {best:.1%}, in epoch {net.history.evaluation_accuracy.index(best)} of 60"
        in found[0].measured
    )
    again = diagnosed(net, training[:1000], history=nn.History(), evaluation_data=validation)
    assert again.names == ["overfitting"]
    assert "best was" not in again[0].measured


# Healthy networks.


@pytest.mark.parametrize(
    ("layers", "epochs", "eta", "lmbda", "network"),
    [
        ([784, 30, 10], 5, 3.0, 0.0, CHAPTER_1),
        ([784, 30, 10], 30, 3.0, 0.0, CHAPTER_1),
        ([784, 100, 10], 10, 0.1, 0.8, {}),
        ([784, 30, 10], 10, 0.5, 0.0, {"init": "large"}),
        ([784, 30, 10], 10, 0.5, 0.8, {}),
        ([784, 30, 10], 20, 0.5, 0.8, {}),
        ([784, 30, 10], 3, 0.025, 0.8, {}),
        ([784, 10], 5, 0.1, 0.0, {}),
        ([784, 30, 30, 10], 10, 0.1, 0.8, {}),
        ([784, 30, 30, 30, 10], 15, 0.1, 0.8, {}),
        ([784, 30, 10], 5, 0.25, 0.0, {"cost": "log-likelihood"}),
        (RELU[0], 5, 0.03, 0.1, RELU[1]),
        ([DENSE(30, "tanh"), nn.Softmax(10)], 5, 0.05, 0.1, {"input_shape": (784,)}),
        ([DENSE(60, dropout=0.0), DENSE(10, dropout=0.3)], 5, 0.3, 0.0, {"input_shape": (784,)}),
    ],
)
def test_nothing_is_wrong_with_healthy_networks(sample, layers, epochs, eta, lmbda, network):
    training, validation, _ = sample
    watched = ("evaluation_accuracy", "evaluation_cost", "training_cost", "training_accuracy")
    net = train(training, layers, epochs, eta, lmbda, validation, watched, seed=1, **network)
    assert net.accuracy(validation) > 0.8
    found = diagnosed(net, training, lmbda=lmbda)
    assert found.healthy
    assert not found.names
    assert repr(found).endswith("nothing wrong was found.")
    assert hint(net, training, net.history) is None


def test_nothing_is_wrong_on_other_data(sample):
    training, _, _ = sample
    zeros_and_ones = training.only(0, 1)
    net = train(zeros_and_ones, [784, 30, 10], 3, 0.5)  # eight outputs that nothing asks for
    assert not diagnosed(net, zeros_and_ones).names
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 5))
    for n_out in (1, 2):
        data = X, (X[:, 0] + X[:, 1] > 0).astype(int)
        assert not diagnosed(train(data, [5, 10, n_out], 20, 0.5), data).names
    rare = X, (X[:, 0] > 1.6).astype(int)
    assert not diagnosed(train(rare, [5, 10, 2], 40, 0.5), rare).names
    pairs = [(x[:, None], np.eye(2)[label][:, None]) for x, label in zip(*data, strict=True)]
    assert not diagnosed(train(pairs, [5, 10, 2], 20, 0.5), pairs).names
    assert not diagnosed(train(pairs, [5, 10, 2], 20, 0.5), iter(pairs)).names
    xor = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    net = nn.Network([2, 4, 1], seed=0)
    net.SGD(xor, 2000, 1, 1.0, monitor="training_cost", progress=False)
    assert not diagnosed(net, xor).names


def test_only_a_fitted_function_is_healthy():
    x = np.linspace(0, 1, 200)[:, None]
    data = x, 0.2 + 0.4 * x**2 + 0.3 * np.sin(5 * x)
    layers = [DENSE(30, "tanh"), DENSE(1, "linear")]
    net = train(data, layers, 200, 0.05, input_shape=(1,), monitor=("training_cost",))
    assert not diagnosed(net, data).names
    assert hint(net, data, net.history) is None
    slow = diagnosed(train(data, layers, 3, 1e-6, input_shape=(1,)), data)
    assert "mean squared error" in finding(slow, "learns nothing").measured
    assert "eta too low" in slow.names


def test_a_new_network_is_only_reported_as_new(sample):
    data, _, _ = sample
    found = diagnosed(nn.Network([784, 30, 10], seed=0), data)
    assert found.names == ["not trained"]
    assert found.healthy
