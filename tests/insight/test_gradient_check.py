"""The check of gradients: right ones pass, wrong ones are found, kinks are left out."""

import numpy as np
import pytest
from support.every_layer import DENSE, MAPS, NAMES, PAIRS, deep, examples, with_maps

import nncore as nn
from nncore.insight import gradient_check
from nncore.reference import equations


@pytest.mark.parametrize("init", ["scaled", "large", "he", "glorot"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("pair", PAIRS, ids=NAMES)
def test_the_gradients_are_right(pair, dtype, init):
    check = nn.check_gradients(deep(pair, dtype, init), *examples(), samples=None)
    assert check, check
    assert [array.name for array in check.arrays[:2]] == ["biases[0]", "weights[0]"]
    assert all(array.tried + array.skipped == np.prod(array.shape) for array in check.arrays)
    entries = sum(array.tried for array in check.arrays)
    assert sum(array.skipped for array in check.arrays) < entries / 10


def test_the_gradients_of_a_digit_recogniser_are_right(sample):
    train, _, _ = sample
    net = nn.Network([784, 30, 10], seed=0)
    before = net.parameters.copy()
    check = nn.check_gradients(net, train[:10], train.labels[:10])
    assert check.ok
    assert [array.tried for array in check.arrays] == [30, 200, 10, 200]
    np.testing.assert_array_equal(net.parameters, before)
    assert nn.check_gradients(net, train.images[:10], train.labels[:10])  # pixels of 0 to 255


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", MAPS)
def test_the_gradients_of_feature_maps_are_right(name, dtype):
    net, X, y = with_maps(name, dtype)
    check = nn.check_gradients(net, X, y, samples=30)
    assert check, check
    assert [array.name for array in check.arrays[:2]] == ["biases[0]", "weights[0]"]
    assert [array.shape for array in check.arrays[1::2]] == [w.shape for w in net.weights]
    assert all(array.tried > array.skipped for array in check.arrays)


def test_a_wrong_way_back_through_pooling_is_found(monkeypatch):
    """As if every place of a window got the error."""
    net, X, y = with_maps("relu")
    with monkeypatch.context() as patch:
        patch.setattr(equations, "argmax_in_windows", lambda layer, a: 0)
        first = nn.trace(net, X[0], y[0])
    monkeypatch.setattr(net, "backprop", lambda X, y: (first.nabla_b, first.nabla_w))
    wrong = [array.name for array in nn.check_gradients(net, X[0], y[:1]).arrays if not array.ok]
    assert wrong == ["biases[0]", "weights[0]"]


def test_entries_where_a_maximum_changes_are_left_out():
    layers = [nn.Conv2D(1, (1, 2), "linear"), nn.MaxPool2D((1, 2)), DENSE(1, "linear")]
    net = nn.Network(layers, input_shape=(1, 1, 3), dtype="float64", init="zeros")
    net.weights, net.biases = [[[[[1.0, 1.0]]]], [[1.0]]], [[[0.5]], [[0.0]]]
    tie = [[1.0, 2.0, 1.0]]  # both places see 3; more of either weight makes one of them the larger
    check = nn.check_gradients(net, tie, [[0.0]])
    assert [array.skipped for array in check.arrays] == [0, 2, 0, 0]
    assert check.ok


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "linear"])
def test_a_network_that_has_exploded_is_not_called_right(activation):
    """Its costs are not finite, so nothing can be compared; and NumPy's own warnings tell nobody that."""
    layers = [nn.Dense(3, "linear"), nn.Dense(2, activation), nn.Dense(2, "linear")]
    net = nn.Network(layers, input_shape=2, dtype="float64", seed=0)
    net.parameters[:] = 1e200
    check = nn.check_gradients(net, [[1.0, 2.0], [0.5, 0.1]], [0, 1])
    assert not check
    assert sum(array.tried for array in check.arrays) == 0
    assert repr(check).splitlines()[0].endswith(": nothing could be compared")
    assert "right" not in repr(check)


def test_blank_images_are_at_the_kink_of_relu(sample):
    train, _, _ = sample
    layers = [nn.Conv2D(3, 5, "relu"), nn.MaxPool2D(4), nn.Softmax(10)]
    net = nn.Network(layers, input_shape=(1, 28, 28), init="he", seed=0)
    check = nn.check_gradients(net, train.to_float()[:3], train.labels[:3], samples=20)
    assert check.ok
    assert repr(check.arrays[0]).endswith(
        "0 of 3 tried, 3 at a kink, or not finite, left out: nothing to compare"
    )
    noise = 0.01 * np.random.default_rng(0).random((3, 784))
    assert nn.check_gradients(net, train.to_float()[:3] + noise, train.labels[:3]).arrays[0].tried > 0


def broken(net, change):
    """The network's backprop, with the mistake that `change(nabla_b, nabla_w)` makes in it."""
    right = net.backprop

    def backprop(X, y):
        nabla_b, nabla_w = right(X, y)
        change(nabla_b, nabla_w)
        return nabla_b, nabla_w

    return backprop


def halve_biases(nabla_b, nabla_w):
    nabla_b[0][...] /= 2


def one_weight_off_by_a_hundredth(nabla_b, nabla_w):
    at = np.unravel_index(np.abs(nabla_w[1]).argmax(), nabla_w[1].shape)
    nabla_w[1][at] *= 1.01


def transposed(nabla_b, nabla_w):
    nabla_w[0] = nabla_w[0][::-1]


def wrong_sign(nabla_b, nabla_w):
    nabla_w[4][...] *= -1


def not_a_number(nabla_b, nabla_w):
    nabla_b[2][1] = np.nan


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("change", "name"),
    [
        (halve_biases, "biases[0]"),
        (one_weight_off_by_a_hundredth, "weights[1]"),
        (transposed, "weights[0]"),
        (wrong_sign, "weights[4]"),
        (not_a_number, "biases[2]"),
    ],
)
def test_a_wrong_gradient_is_called_wrong(monkeypatch, change, name, dtype):
    net = deep(PAIRS[0], dtype)
    monkeypatch.setattr(net, "backprop", broken(net, change))
    check = nn.check_gradients(net, *examples(), samples=None)
    assert not check
    assert [array.name for array in check.arrays if not array.ok] == [name]
    assert "WRONG in 1 of 10 arrays" in repr(check)
    assert f"{name:<11} WRONG  at [" in repr(check)


def test_a_forgotten_sigma_prime_is_found_in_every_layer_below(monkeypatch):
    """BP2 as a student may first write it."""
    net = deep(PAIRS[0])

    def backprop(X, y):
        x, y = X.T, (y[:, None] == np.arange(4)).T
        _, activations = equations.forward(net, x)
        deltas = [activations[-1] - y]
        for w in reversed(net.weights[1:]):
            deltas.insert(0, w.T @ deltas[0])
        previous = [x, *activations[:-1]]
        return [d.sum(axis=1, keepdims=True) for d in deltas], [
            d @ a.T for d, a in zip(deltas, previous, strict=True)
        ]

    monkeypatch.setattr(net, "backprop", backprop)
    wrong = [array.name for array in nn.check_gradients(net, *examples()).arrays if not array.ok]
    assert wrong == [f"{kind}[{l}]" for l in range(4) for kind in ("biases", "weights")]


def test_entries_at_a_kink_of_relu_are_left_out(monkeypatch):
    net = nn.Network([DENSE(2, "relu"), DENSE(1, "linear")], input_shape=(1,), dtype="float64", init="zeros")
    net.weights = [[[1.0], [1.0]], [[1.0, 1.0]]]
    net.biases = [[[-1.0], [5.0]], [[0.0]]]  # z^2 = 0, just at the kink, and 6
    example = [[1.0]], [[0.0]]
    check = nn.check_gradients(net, *example)
    assert check.ok
    assert [array.skipped for array in check.arrays] == [1, 1, 0, 0]
    assert "1 at a kink, or not finite, left out" in repr(check)
    monkeypatch.setattr(gradient_check, "_sides", lambda net, first, a: [])
    assert not nn.check_gradients(net, *example)


def test_the_tolerance_and_the_draw_of_entries_are_the_users(monkeypatch):
    net = deep(PAIRS[0])
    X, y = examples()
    with monkeypatch.context() as patch:
        patch.setattr(net, "backprop", broken(net, one_weight_off_by_a_hundredth))
        assert not nn.check_gradients(net, X, y, samples=None, tolerance=0.009)
        assert nn.check_gradients(net, X, y, samples=None, tolerance=0.011)
    few = [nn.check_gradients(net, X, y, samples=3, seed=seed) for seed in (0, 0, 1)]
    assert [array.tried for array in few[0].arrays] == [3] * 10
    assert repr(few[0]) == repr(few[1])
    assert [a.where for a in few[0].arrays] != [a.where for a in few[2].arrays]


def test_a_check_refuses_what_does_not_fit(monkeypatch):
    net = deep(PAIRS[0])
    X, y = examples()
    with pytest.raises(ValueError, match="samples: at least 1"):
        nn.check_gradients(net, X, y, samples=0)
    with pytest.raises(ValueError, match="5 answers needed"):
        nn.check_gradients(net, X, y[:2])
    monkeypatch.setattr(net, "backprop", lambda X, y: ([np.zeros(3)] * 5, [np.zeros((3, 3))] * 5))
    with pytest.raises(ValueError, match=r"net\.backprop: \(7, 1\) needed for biases\[0\], got \(3,\)"):
        nn.check_gradients(net, X, y)
