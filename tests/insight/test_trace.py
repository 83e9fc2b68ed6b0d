"""The trace of one example, against the core, the reference and numbers worked by hand."""

import numpy as np
import pytest
from support.every_layer import MAPS, NAMES, PAIRS, deep, examples, with_maps
from support.networks import reference_of

import nncore as nn


@pytest.mark.parametrize("pair", PAIRS, ids=NAMES)
def test_a_trace_is_what_backprop_and_the_reference_compute(pair):
    net = deep(pair)
    X, y = examples()
    seen = nn.trace(net, X[0], y[0])
    zs, activations = reference_of(net).forward(X[0].reshape(-1, 1))
    for traced, expected in ((seen.z, zs), ([seen.x, *seen.a], activations)):
        assert len(traced) == len(expected)
        for mine, wanted in zip(traced, expected, strict=True):
            np.testing.assert_allclose(mine, wanted, rtol=1e-12, atol=1e-14)
    nabla_b, nabla_w = net.backprop(X[0], y[:1])
    for traced, expected in ((seen.nabla_b, nabla_b), (seen.delta, nabla_b), (seen.nabla_w, nabla_w)):
        assert len(traced) == len(expected)
        for mine, wanted in zip(traced, expected, strict=True):
            np.testing.assert_allclose(mine, wanted, rtol=1e-9, atol=1e-13)
    assert seen.cost == pytest.approx(net.cost((X[:1], y[:1])), rel=1e-12)


@pytest.mark.parametrize("name", MAPS)
def test_a_trace_of_feature_maps(name):
    net, X, y = with_maps(name)
    seen = nn.trace(net, X[0], y[0])
    zs, activations = reference_of(net).forward(X[0].reshape(-1, 1))
    for traced, expected, shapes in (
        (seen.z, zs, net.shapes[1:]),
        ([seen.x, *seen.a], activations, net.shapes),
    ):
        for mine, wanted, shape in zip(traced, expected, shapes, strict=True):
            assert mine.shape == (shape if len(shape) == 3 else (*shape, 1))
            np.testing.assert_allclose(mine.reshape(-1, 1), wanted, rtol=1e-12, atol=1e-14)
    nablas = net.backprop(X[0], y[:1])
    for traced, expected in zip((seen.nabla_b, seen.nabla_w), nablas, strict=True):
        for mine, wanted in zip(traced, expected, strict=True):
            assert mine.shape == wanted.shape
            np.testing.assert_allclose(mine, wanted, rtol=1e-9, atol=1e-13)
    assert [delta.shape for delta in seen.delta] == [z.shape for z in seen.z]
    for layer, before, after in zip(net.layers[1:], seen.delta, seen.delta[1:], strict=False):
        if isinstance(layer, nn.MaxPool2D):  # an error goes to one place of each window
            assert np.count_nonzero(before) <= np.count_nonzero(after)
    assert seen.cost == pytest.approx(net.cost((X[:1], y[:1])), rel=1e-12)
    assert [a.shape for a in net.activations(X)] == [(5, *shape) for shape in net.shapes[1:]]
    for whole, traced in zip(net.activations(X[0]), seen.a, strict=True):
        np.testing.assert_array_equal(whole, traced.reshape(whole.shape))


def test_the_equations_of_chapter_6():
    layers, shape = MAPS["chapter 6"]
    net = nn.Network(layers, input_shape=shape, dtype="float64", seed=1)
    seen = nn.trace(net, np.random.default_rng(0).random(shape), 3)
    story = """a^1 z^2 a^2 a^3 z^4 a^4 a^5 z^6 a^6 z^7 a^7 y delta^7 dC/db^7 dC/dw^7 delta^6 dC/db^6 dC/dw^6
        delta^5 delta^4 dC/db^4 dC/dw^4 delta^3 delta^2 dC/db^2 dC/dw^2"""
    lines = repr(seen).splitlines()
    assert [line.split()[0] for line in lines[1:]] == story.split()
    assert max(map(len, lines[1:])) < 120
    equations = seen.equations
    assert equations["z^4"] == "conv(w^4, a^3) + b^4"
    assert equations["a^3"] == "largest a^2 of each 2 x 2"
    assert equations["delta^5"] == "BP2: (w^6)^T delta^6"
    assert equations["delta^4"] == "BP2: delta^5 at the largest a^4 * sigma'(z^4)"
    assert equations["delta^3"] == "BP2: conv^T(w^4, delta^4)"
    assert equations["dC/db^2"] == "BP3: delta^2, summed over each map"
    assert equations["dC/dw^2"] == "BP4: conv(delta^2, a^1)"
    np.testing.assert_allclose(seen.nabla_b[0][:, 0], seen.delta[0].sum(axis=(1, 2)))


def test_a_trace_worked_by_hand():
    net = nn.Network([2, 1, 1], cost="quadratic", dtype="float64", init="zeros")
    net.weights = [[[1.0, -1.0]], [[2.0]]]
    net.biases = [[[0.0]], [[-1.0]]]
    seen = nn.trace(net, [3.0, 3.0], [0.0])
    # z^2 = 3 - 3 = 0, a^2 = 1/2, z^3 = 2/2 - 1 = 0, a^3 = 1/2; sigma'(0) = 1/4 twice
    assert [z.item() for z in seen.z] == [0.0, 0.0]
    assert [a.item() for a in seen.a] == [0.5, 0.5]
    assert [delta.item() for delta in seen.delta] == [2 * 0.125 * 0.25, 0.5 * 0.25]  # BP2, BP1
    assert seen.nabla_w[0].tolist() == [[0.1875, 0.1875]]  # BP4: 3/16
    assert seen.nabla_w[1].tolist() == [[0.0625]]
    assert seen.cost == 0.125
    assert seen.equations["delta^3"] == "BP1: (a^3 - y) * sigma'(z^3)"
    assert seen.equations["delta^2"] == "BP2: (w^3)^T delta^3 * sigma'(z^2)"
    assert seen.equations["dC/db^2"] == "BP3: delta^2"
    assert seen.equations["dC/dw^2"] == "BP4: delta^2 (a^1)^T"


def test_cross_entropy_cancels_the_derivative_in_bp1():
    assert nn.trace(nn.Network([1, 1]), [0.5], [1]).equations["delta^2"] == "BP1: a^2 - y"


def test_a_trace_takes_every_form_of_an_example(sample):
    train, _, _ = sample
    net = nn.Network([784, 30, 10], seed=0)
    x, label = train[0]
    expected = nn.trace(net, x, label)
    target = np.eye(10)[label]
    forms = [(x.ravel(), label), (x.reshape(28, 28), target), (train[:1], [label]), (x, target[:, None])]
    for X, y in forms:
        seen = nn.trace(net, X, y)
        np.testing.assert_array_equal(seen.nabla_w[0], expected.nabla_w[0])
        assert seen.y.shape == (10, 1)
    assert expected.y.argmax() == label


def test_a_trace_without_an_answer_goes_forwards_only():
    seen = nn.trace(nn.Network([2, 3, 1], seed=0), (0.5, 1.0))
    assert [a.shape for a in seen.a] == [(3, 1), (1, 1)]
    assert (seen.delta, seen.nabla_b, seen.nabla_w, seen.y, seen.cost) == ([], [], [], None, None)
    assert "BP" not in repr(seen)


def test_a_printed_trace_lists_its_equations(sample):
    train, _, _ = sample
    lines = repr(nn.trace(nn.Network([784, 30, 10], seed=0), *train[0])).splitlines()
    story = ["a^1", "z^2", "a^2", "z^3", "a^3", "y", "delta^3", "dC/db^3", "dC/dw^3", "delta^2"]
    assert [line.split()[0] for line in lines[1:11]] == story
    assert [sum(f"BP{i}: " in line for line in lines) for i in (1, 2, 3, 4)] == [1, 1, 2, 2]
    assert "(30, 784)" in lines[-1]
    assert max(map(len, lines)) < 120


def test_a_trace_refuses_what_is_not_one_example():
    net = nn.Network([2, 3, 2], seed=0)
    with pytest.raises(ValueError, match="one example needed, got 3"):
        nn.trace(net, np.zeros((3, 2)), [0, 1, 0])
    with pytest.raises(ValueError, match="x"):
        nn.trace(net, [1.0, 2.0, 3.0], 0)
    with pytest.raises(ValueError, match="2 classes need labels 0 to 1, got 2"):
        nn.trace(net, [1.0, 2.0], 2)


def test_numbers_beyond_the_floats_are_shown_without_a_warning_of_numpy():
    net = nn.Network(
        [nn.Dense(3, "linear"), nn.Dense(1, "linear")], input_shape=(2,), dtype="float64", seed=0
    )
    net.weights[0][:], net.weights[1][:] = 1e300, 1e300
    assert np.isinf(nn.trace(net, [1.0, 1.0], [1e308]).a[-1]).all()
    assert np.isinf(net.activations([1.0, 1.0])[-1]).all()
