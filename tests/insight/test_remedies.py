"""What a finding tells the user to do is carried out as it is written, and it helps."""

import re

import numpy as np
import pytest
from support.diagnosis import CHAPTER_1, DENSE, diagnosed, finding, train, train_unscaled

import nncore as nn
from nncore.insight.diagnose import USUAL_REMEDY


def number_in(remedy, name):
    """The number in "Try eta = 0.5, on a new network."."""
    return float(re.search(rf"{name} = ([\d.e-]*\d)", remedy)[1])


def code_in(remedy, start):
    """The Python in a remedy, from `start` to the end of the call or of the sentence."""
    if start.endswith("("):
        return re.search(rf"{re.escape(start)}[^()]*\)", remedy)[0]
    return re.search(rf"({re.escape(start)}.*?)(?=\.$|\. |;| would fit)", remedy)[1]


@pytest.mark.parametrize(
    ("name", "eta", "settings"),
    [
        ("eta too low", 0.001, {"epochs": 3, "layers": [784, 30, 10], **CHAPTER_1}),
        ("eta too high", 100.0, {"epochs": 2, "layers": [784, 30, 10], **CHAPTER_1}),
        ("eta too high", 100.0, {"epochs": 2, "layers": [784, 30, 10]}),
    ],
)
def test_the_eta_that_is_named_learns(sample, name, eta, settings):
    data = sample[0][:4000]
    epochs, layers = settings.pop("epochs"), settings.pop("layers")
    found = diagnosed(train(data, layers, epochs, eta, **settings), data)
    better = number_in(finding(found, name).remedy, "eta")
    net = train(data, layers, 8, better, **settings)
    assert diagnosed(net, data).healthy
    assert net.accuracy(data) > 0.8


def test_the_lmbda_that_is_named_learns(sample):
    data, _, _ = sample
    found = diagnosed(train(data, [784, 30, 10], 2, 0.5, 10_000.0), data)
    lmbda = number_in(finding(found, "lmbda too high").remedy, "lmbda")
    net = train(data, [784, 30, 10], 3, 0.5, lmbda)
    assert diagnosed(net, data).healthy
    assert net.accuracy(data) > 0.85


@pytest.mark.parametrize("kind", ["pixels", "columns"])
def test_inputs_are_scaled_as_written(sample, kind):
    if kind == "pixels":
        data, layers = sample[0][:3000], [784, 30, 10]
        X, y = data.images.reshape(-1, 784).astype(int), data.labels
        code = r"Divide them: (X / 256)\."
    else:
        X = np.random.default_rng(0).normal(500, 100, (400, 3))
        y, layers = (X[:, 0] > 500).astype(int), [3, 5, 2]
        code = r"about -1 to 1: (mean, std = .*?)\. Test data"
    found = diagnosed(train_unscaled((X, y), layers, 2, 0.5), (X, y))
    names = {"X": X}
    code = re.search(code, finding(found, "inputs not scaled").remedy)[1]
    exec(code if "X = " in code else f"X = {code}", names)
    scaled = names["X"]
    net = train((scaled, y), layers, 5, 0.5)
    assert diagnosed(net, (scaled, y)).healthy
    assert net.accuracy((scaled, y)) > 0.85


@pytest.mark.parametrize("shift", [1, -1])
def test_labels_are_moved_as_written(sample, shift):
    X, y = sample[0].to_float(), np.roll(sample[0].labels, shift)
    remedy = finding(diagnosed(train((X, y), [784, 30, 10], 3, 0.5), (X, y)), "rows shifted").remedy
    moved = eval(code_in(remedy, "np.roll("), {"np": np, "y": y})
    np.testing.assert_array_equal(moved, sample[0].labels)


def test_labels_are_counted_as_written(sample):
    X, y = sample[0].to_float(), sample[0].labels
    net = train((X, y), [784, 30, 10], 3, 0.5)
    remedy = finding(diagnosed(net, (X, (y + 1) % 10)), "labels shifted").remedy
    shifted = eval(code_in(remedy, "y "), {"y": (y + 1) % 10})
    assert (shifted % 10 == y).all()


def test_a_sample_is_drawn_as_written(sample):
    data, _, _ = sample
    data = data[np.argsort(data.labels, kind="stable")]
    found = diagnosed(nn.Network([784, 10]), data[:500])
    drawn = eval(code_in(finding(found, "one label").remedy, "data["), {"np": np, "data": data})
    assert len(drawn) == 1000
    assert "one label" not in diagnosed(nn.Network([784, 10]), drawn).names


def test_settings_are_chosen_as_written(sample):
    data = sample[0][:3000]
    remedy = finding(
        diagnosed(train(data, [784, 30, 10], 2, 0.5, init="zeros"), data), "identical neurons"
    ).remedy
    found = diagnosed(train(data, [784, 30, 10], 3, 0.5, **settings_in(remedy)), data)
    assert found.healthy
    remedy = finding(diagnosed(train(data, [784, 30, 10], 2, 100.0, **CHAPTER_1), data), "slow output").remedy
    found = diagnosed(train(data, [784, 30, 10], 3, 0.5, **settings_in(remedy)), data)
    assert found.healthy
    deep = train(data, [784, 30, 30, 30, 30, 10], 1, 0.1)
    settings = settings_in(finding(diagnosed(deep, data), "vanishing gradient").remedy)
    activation = settings.pop("activation")
    layers = [DENSE(30, activation) for _ in range(4)]
    net = train(data, [*layers, nn.Softmax(10)], 3, 0.03, input_shape=(784,), **settings)
    assert "vanishing gradient" not in diagnosed(net, data).names


def settings_in(remedy):
    """The settings of a network that a remedy names: {"init": "scaled"}."""
    return dict(re.findall(r'(\w+)="([^"]+)"', remedy))


def test_neurons_learn_in_the_network_that_is_named(sample):
    """Dead, saturated and too large: a new network with the init that is named, and a smaller eta."""
    data = sample[0][:2000]
    dead = nn.Network([DENSE(30, "relu"), nn.Softmax(10)], input_shape=(784,), init="he", seed=0)
    dead.biases[0] = np.full((30, 1), -100.0)
    dead.SGD(data, 1, 10, 0.1)
    settings = settings_in(finding(diagnosed(dead, data), "dead neurons").remedy)
    net = train(data, [DENSE(30, "relu"), nn.Softmax(10)], 3, 0.03, input_shape=(784,), **settings)
    assert diagnosed(net, data).healthy
    full = train(data, [784, 30, 10], 2, 100.0, **CHAPTER_1)
    found = diagnosed(full, data)
    for name in ("saturated neurons", "weights exploded"):
        if name in found.names:
            net = train(data, [784, 30, 10], 5, 0.5, **settings_in(finding(found, name).remedy))
            assert diagnosed(net, data).healthy


def test_calls_run_as_written(sample):
    data = sample[0][:1000]
    layers = [784, 30, 10]
    net = nn.Network(layers, seed=0)
    names = {"nn": nn, "net": net, "data": data, "layers": layers}
    exec(code_in(finding(diagnosed(net, data), "not trained").remedy, "net.SGD("), names)
    assert net.epochs_trained == 30
    assert net.accuracy(data) > 0.9
    names["net"] = train(data, layers, 1, 100.0)
    names["net"].history = None
    remedy = finding(diagnosed(names["net"], data), "eta unknown").remedy
    found = eval(code_in(remedy, "nn.diagnose(").replace("eta=...", "eta=100"), names)
    assert "eta too high" in found.names
    hopeless = data.to_float(), np.random.default_rng(0).permutation(data.labels)
    names["net"], names["data"] = train(hopeless, layers, 1, 0.5), hopeless
    assert diagnosed(names["net"], hopeless)[0].remedy == "What follows may be the reason."
    found = eval(code_in(USUAL_REMEDY, "nn.find_eta("), names)
    if found.threshold is None:
        assert eval(code_in(repr(found).splitlines()[-1], "nn.diagnose("), names).names
