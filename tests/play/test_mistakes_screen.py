"""What Mistakes asks of the core: the answers to all test digits, and their principal axes in each layer."""

import numpy as np
import pytest

import nncore as nn
from nncore.play.screens.mistakes import Mistakes, on_principal_axes
from nncore.play.workbench import Workbench

LAYERS = [nn.Conv2D(2, 9, "relu"), nn.MaxPool2D(2), nn.Dense(12, "tanh"), nn.Softmax(10)]


def mistakes_of(net, sample):
    return Mistakes(Workbench(net, "mine.npz", sample), lambda name, value: None)


@pytest.fixture(params=["dense", "convolutional"])
def mistakes(request, sample):
    if request.param == "dense":
        net = nn.Network([784, 12, 10], seed=1)
    else:
        net = nn.Network(LAYERS, input_shape=(1, 28, 28), cost="log-likelihood", seed=3)
    net.SGD(sample[0], 1, 10, 0.1)
    return mistakes_of(net, sample)


def test_the_answers_are_those_of_the_network(mistakes):
    net, test = mistakes.bench.net, mistakes.bench.test
    found = mistakes.ask("answers", {})
    predicted = net.predict(test)
    assert np.array_equal(found["answers"], predicted)
    assert np.array_equal(found["outputs"], net.feedforward(test.to_float()))
    assert np.array_equal(found["images"].reshape(-1, 28, 28), test.images)
    for row in range(10):
        for column in range(10):
            assert found["counts"][row, column] == np.sum((test.labels == row) & (predicted == column))
    assert sorted([*found["worst"], *found["right"]]) == list(range(1000))
    surest = found["outputs"].max(axis=1)
    assert set(found["worst"]) == set(np.flatnonzero(predicted != test.labels))
    assert np.all(np.diff(surest[found["worst"]]) <= 0)
    assert np.all(np.diff(surest[found["right"]]) >= 0)


def test_the_matrix_is_that_of_the_plot(mistakes):
    pytest.importorskip("matplotlib")
    ax = nn.plot.confusion(mistakes.bench.net, mistakes.bench.test)
    counts = mistakes.ask("answers", {})["counts"]
    shown = {
        (round(text.get_position()[1]), round(text.get_position()[0])): text.get_text() for text in ax.texts
    }
    assert shown == {(i, j): str(counts[i, j]) for i, j in np.ndindex(10, 10) if counts[i, j]}


def test_the_map_of_a_layer_is_its_singular_value_decomposition(mistakes):
    net, test = mistakes.bench.net, mistakes.bench.test
    X = test.to_float()
    known = [X, *(a.reshape(1000, -1) for a in net.activations(X.reshape(1000, *net.input_shape)))]
    for layer in {2, len(known)}:
        found = mistakes.ask("map", {"layer": layer})
        few = known[layer - 1].astype(float)
        few -= few.mean(axis=0)
        u, s, _ = np.linalg.svd(few[:, few.std(axis=0) > 0], full_matrices=False)
        expected = u[:, :2] * s[:2]
        expected *= np.sign((expected * found["points"]).sum(axis=0))
        np.testing.assert_allclose(found["points"], expected, atol=2e-3 * abs(expected).max())
        np.testing.assert_allclose(found["shares"], s[:2] ** 2 / (s**2).sum(), rtol=1e-3)
        assert mistakes.ask("map", {"layer": layer}) is found  # not computed again
    mistakes.bench.net = net.copy()
    assert mistakes.ask("map", {"layer": 2}) is not found


@pytest.mark.parametrize("shape", [(6, 3), (3, 6), (5, 1), (4, 2)])
def test_principal_axes_of_few_numbers(shape):
    X = np.random.default_rng(0).normal(size=shape)
    points, shares = on_principal_axes(X)
    u, s, _ = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    expected = np.zeros((shape[0], 2))
    expected[:, : min(2, len(s))] = u[:, :2] * s[:2]
    np.testing.assert_allclose(abs(points), abs(expected), atol=1e-7)
    assert shares.sum() == pytest.approx((s[:2] ** 2).sum() / (s**2).sum())
    for axis in range(2):
        assert points[abs(points[:, axis]).argmax(), axis] >= 0


def test_layers_without_variance_have_no_axes():
    points, shares = on_principal_axes(np.ones((4, 3)))
    assert not points.any()
    assert not shares.any()


def test_a_network_that_reads_no_digits_says_so(sample):
    found = mistakes_of(nn.Network([2, 3, 1], seed=1), sample).ask("answers", {})
    assert found == {
        "sentence": "The open network, mine.npz, 2-3-1, reads no digits: it does not take 28 x 28 pixels and "
        "answer one of ten."
    }


@pytest.mark.parametrize("layer", [0, 4, "2", 1.5, None])
def test_a_layer_that_there_is_not_is_refused(sample, layer):
    mistakes = mistakes_of(nn.Network([784, 12, 10], seed=1), sample)
    with pytest.raises((ValueError, TypeError), match="layer"):
        mistakes.ask("map", {"layer": layer})
