"""What the screen The four equations asks of the core, without a browser."""

import numpy as np
import pytest

import nncore as nn
from nncore.datasets import load_sample
from nncore.play.screens.equations import LARGEST_ETA, Equations, kept_back, pairs
from nncore.play.workbench import Workbench

DATA = load_sample()
X, LABEL = DATA[2][78]
X = X.reshape(-1)


def screen(net):
    return Equations(Workbench(net, "", DATA), lambda name, value: None)


def dense(**options):
    return nn.Network([784, 12, 10], seed=1, **options)


def conv():
    layers = [nn.Conv2D(3, 5, activation="relu"), nn.MaxPool2D(2), nn.Dense(20, "tanh"), nn.Softmax(10)]
    return nn.Network(layers, input_shape=(1, 28, 28), seed=1)


@pytest.mark.parametrize(
    ("net", "expected", "sentence"),
    [
        (nn.Network([784, 12, 10]), [1, 2], ""),
        (nn.Network([784, 10]), [1], ""),
        (
            nn.Network([784, 400, 10]),
            [2],
            "Layers 1 and 2 are not shown: there are 313,600 weights between them.",
        ),
        (
            conv(),
            [4],
            "Here layers 4 and 5 are shown; layers 2 and 3 are made of feature maps, and not shown.",
        ),
        (
            nn.Network([nn.Conv2D(3, 5), nn.Softmax(10)], input_shape=(1, 28, 28)),
            [],
            "Here layer 3 is shown; layer 2 is made of feature maps, and not shown.",
        ),
    ],
)
def test_which_layers_can_be_shown(net, expected, sentence):
    assert pairs(net) == expected
    assert kept_back(net) == sentence
    answer = screen(net).ask_network()
    assert answer["pairs"] == expected
    trace = screen(net).ask_trace(X, LABEL)
    assert trace["layer"] == (expected[-1] if expected else None)
    np.testing.assert_array_equal(trace["last"]["delta"], nn.trace(net, X, LABEL).delta[-1].ravel())


@pytest.mark.parametrize(
    "net", [dense(cost="quadratic"), dense(), conv()], ids=["quadratic", "cross-entropy", "conv"]
)
def test_differences_of_any_layer_equal_the_gradient(net):
    asked = screen(net)
    asked.ask_trace(X, LABEL)
    seen = nn.trace(net, X, LABEL)
    p = 0
    for layer, kind in enumerate(net.layers, start=2):
        if isinstance(kind, nn.MaxPool2D):
            with pytest.raises(ValueError, match=f"layer: one with weights needed, got {layer}"):
                asked.ask_difference("weights", layer, [0, 0])
            continue
        for name, nabla in (("weights", seen.nabla_w[p]), ("biases", seen.nabla_b[p])):
            entry = np.unravel_index(np.abs(nabla).argmax(), nabla.shape)
            found = asked.ask_difference(name, layer, [int(k) for k in entry])["difference"]
            assert found == pytest.approx(nabla[entry], rel=1e-6)
        p += 1


def test_a_kink_gives_no_difference():
    net = nn.Network([nn.Dense(3, "relu"), nn.Softmax(10)], input_shape=(784,), seed=1)
    net.biases[0][0] = -(net.weights[0][0].astype(float) @ X)  # its z is 0, but for rounding
    asked = screen(net)
    asked.ask_trace(X, LABEL)
    assert np.isnan(asked.ask_difference("biases", 2, [0, 0])["difference"])


def test_a_difference_below_its_rounding_says_how_much_that_is():
    net = nn.Network([784, 12, 10], seed=1)
    net.biases[0][0] = -200  # saturated: its error is some 1e-87
    asked = screen(net)
    assert 0 < abs(asked.ask_trace(X, LABEL)["below"]["delta"][0]) < 1e-30
    found = asked.ask_difference("biases", 2, [0, 0])
    assert found["difference"] == 0
    assert 1e-12 < found["rounding"] < 1e-6


def test_steps_change_the_screen_s_copy_alone_and_another_network_begins_anew():
    bench = Workbench(dense(), "", DATA)
    before = bench.net.parameters.copy()
    asked = Equations(bench, lambda name, value: None)
    first = asked.ask_trace(X, LABEL)
    expected = asked.ask_moved(0.05)["cost"]
    assert expected < first["cost"]
    assert asked.ask_step(0.05) == {"steps": 1}
    second = asked.ask_trace(X, LABEL)
    assert (second["cost"], second["steps"]) == (pytest.approx(expected, rel=1e-12), 1)
    assert second["range"] == first["range"]
    np.testing.assert_array_equal(bench.net.parameters, before)
    assert asked.ask_again() == {"steps": 0}
    assert asked.ask_trace(X, LABEL)["cost"] == first["cost"]
    asked.ask_step(0.05)
    bench.net = dense(cost="quadratic")
    assert asked.ask_trace(X, LABEL)["steps"] == 0


def test_the_label_is_the_answer_if_none_is_given_and_stays_so_after_steps():
    asked = screen(dense())
    answer = int(nn.trace(dense(), X).a[-1].argmax())
    for _ in range(3):
        assert asked.ask_trace(X)["label"] == answer
        asked.ask_trace(X, (answer + 1) % 10)
        asked.ask_step(1.0)


@pytest.mark.parametrize(
    ("question", "arguments", "reason"),
    [
        ("trace", {"pixels": X[:5]}, "pixels: 784 numbers needed"),
        ("trace", {"pixels": X + 1}, "pixels: numbers from 0 to 1 needed"),
        ("trace", {"pixels": X, "label": 10}, "label: a whole number from 0 to 9 needed, got 10"),
        ("trace", {"pixels": X, "layer": 3}, "layer: a whole number from 1 to 2 needed, got 3"),
        (
            "difference",
            {"kind": "weights", "layer": 3, "entry": [10, 0]},
            "entry: a whole number from 0 to 9",
        ),
        ("difference", {"kind": "weights", "layer": 3, "entry": [1]}, "entry: 2 whole numbers needed"),
        ("difference", {"kind": "zs", "layer": 3, "entry": [1, 1]}, "kind: "),
        ("difference", {"kind": "biases", "layer": 1, "entry": [1, 0]}, "layer: "),
        ("moved", {"eta": -1}, "eta: "),
        ("step", {"eta": 2 * LARGEST_ETA}, "eta: a number from 0 to 1e"),
        ("along", {"most": float("nan")}, "most: "),
    ],
)
def test_what_does_not_fit_is_refused(question, arguments, reason):
    asked = screen(dense())
    asked.ask_trace(X, LABEL)
    with pytest.raises(ValueError, match=reason):
        asked.ask(question, arguments)


def test_what_needs_a_trace_says_so():
    for question, arguments in [("step", {"eta": 1}), ("moved", {"eta": 1}), ("along", {"most": 1})]:
        with pytest.raises(ValueError, match="ask trace first"):
            screen(dense()).ask(question, arguments)
