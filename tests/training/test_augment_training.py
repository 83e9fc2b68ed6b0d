"""SGD trains on distorted images, and on nothing but images; nn.augment.distorted shows what it trains on."""

import copy
import math

import numpy as np
import pytest
from support.distortions import EVERY, distort, distorted_by_reference, some_images

import nncore as nn
from nncore import targets
from nncore.datasets import Dataset
from nncore.reference import network as reference
from nncore.training import augment


def net_of(layers=(784, 12, 10), **options):
    return nn.Network(list(layers), seed=3, **options)


def same(net, other):
    return net.parameters.tobytes() == other.parameters.tobytes()


@pytest.mark.parametrize(("m", "rule"), [(7, {}), (7, {"momentum": 0.5}), (300, {}), (20, {"l1": 0.1})])
@pytest.mark.parametrize("name", ["shift", "all"])
def test_sgd_trains_on_the_distorted_images(sample, name, m, rule, monkeypatch):
    """It trains as on a copy that was distorted before each epoch: fused, general, in parts of 250."""
    digits, kernels = sample[0][:320], targets.kernels("float64")
    net, plain = net_of(dtype="float64"), net_of(dtype="float64")
    history = net.SGD(digits, 2, m, 0.5, lmbda=0.1, augment=EVERY[name], **rule)
    assert history.sparse is False
    monkeypatch.setattr("nncore.training.sgd.DENSITY", 0.0)
    earlier = None
    for epoch in range(2):
        order = reference.shuffled(len(digits), net.seed, epoch)
        images = distort(kernels, digits.images[order][:, None], EVERY[name], net.seed, epoch)
        X = images.reshape(len(digits), 784)
        pair = (X, digits.labels[order])
        earlier = plain.SGD(pair, 1, m, 0.5, lmbda=0.1, shuffle=False, resume=earlier, **rule)
    assert same(net, plain)


def test_the_images_of_an_epoch_match_the_reference(sample):
    digits = sample[0][:12]
    net = net_of(dtype="float64")
    expected = reference.Network([784, 12, 10], seed=3)
    net.SGD(digits, 2, 5, 0.5, augment=EVERY["all"])
    for epoch in range(2):
        order = reference.shuffled(12, net.seed, epoch)
        images = distorted_by_reference(digits.images[order][:, None] / 256, EVERY["all"], net.seed, epoch)
        expected.epochs_trained = 0
        expected.SGD((images.reshape(12, 784), digits.labels[order]), 1, 5, 0.5, shuffle=False)
    for got, wanted in zip([*net.weights, *net.biases], [*expected.weights, *expected.biases], strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("name", ["straight shift", "elastic"])
def test_slices_and_repeated_runs_see_the_same_images(sample, name, monkeypatch):
    digits, options = sample[0][:100], {"augment": EVERY[name]}
    whole, again, resumed, sliced = (net_of() for _ in range(4))
    whole.SGD(digits, 3, 10, 0.5, **options)
    again.SGD(digits, 3, 10, 0.5, **options)
    resumed.SGD(digits, 1, 10, 0.5, **options)
    resumed = copy.deepcopy(resumed)
    resumed.SGD(digits, 2, 10, 0.5, **options)
    monkeypatch.setattr("nncore.training.pace.FIRST", 1)
    monkeypatch.setattr("nncore.training.pace.SLICE", 1e-9)  # a call for each mini-batch
    sliced.SGD(digits, 3, 10, 0.5, **options)
    assert same(whole, again)
    assert same(whole, resumed)
    assert same(whole, sliced)


def test_what_the_caller_and_the_monitor_have_stays_undistorted(sample):
    digits = sample[0][:100]
    before = digits.images.copy()
    net = net_of()
    history = net.SGD(
        digits, 2, 10, 0.5, augment=EVERY["all"], monitor="training_cost", evaluation_data=sample[1]
    )
    np.testing.assert_array_equal(digits.images, before)
    assert history.training_cost[-1] == net.cost(digits)
    history = net.SGD((digits.to_float(), digits.labels), 1, 10, 0.5, augment=EVERY["all"])
    np.testing.assert_array_equal(digits.images, before)


def test_distortions_help_where_there_are_few_examples(sample):
    """300 digits: with small distortions a network gets more of the others right."""
    digits, test = sample[0][:300], sample[2]
    plain, augmented = net_of([784, 30, 10]), net_of([784, 30, 10])
    plain.SGD(digits, 60, 10, 0.5, lmbda=0.1)
    augmented.SGD(digits, 60, 10, 0.5, lmbda=0.1, augment=[augment.Rotate(10), augment.Elastic(20, 4)])
    assert augmented.accuracy(test) > plain.accuracy(test) + 0.01


def test_an_epoch_that_diverges_is_rolled_back(sample):
    net = net_of()
    before = net.parameters.copy()
    with pytest.raises(nn.DivergenceError):
        net.SGD(sample[0][:50], 3, 10, 1e38, lmbda=1e38, augment=augment.Shift(1))
    np.testing.assert_array_equal(net.parameters, before)


# Images, and what is none
def test_the_shape_of_images_is_given_or_a_square():
    flat, images, coloured = np.ones((4, 36)), np.ones((4, 4, 9)), np.ones((4, 4, 3, 3))
    labels = np.zeros(4, int)
    shape = augment.image_shape
    assert shape("data", (flat, labels), (36,)) == (1, 6, 6)
    assert shape("data", (images, labels), (36,)) == (1, 4, 9)
    assert shape("data", (coloured, labels), (36,)) == (4, 3, 3)
    assert shape("data", (flat, labels), (2, 9, 2)) == (2, 9, 2)
    assert shape("data", (flat[..., None], labels), (36,)) == (1, 6, 6)  # the book's columns
    assert shape("data", Dataset(images.astype(np.uint8), labels), (36,)) == (1, 4, 9)
    assert shape("data", Dataset(flat.astype(np.uint8), labels), (36,)) == (1, 6, 6)
    assert shape("data", zip(flat, labels, strict=True), (36,)) == (1, 6, 6)


def test_inputs_that_are_no_images_are_refused():
    net, X = nn.Network([12, 2], seed=0), np.ones((5, 12))
    with pytest.raises(ValueError, match=r"augment: images needed, got 12 inputs.*input_shape"):
        net.SGD((X, np.zeros(5, int)), 1, 2, 0.5, augment=augment.Shift(1))
    net.SGD((X.reshape(5, 3, 4), np.zeros(5, int)), 1, 2, 0.5, augment=augment.Shift(1))
    shaped = nn.Network([nn.Dense(2)], input_shape=(1, 2, 6), seed=0)
    shaped.SGD((X, np.zeros(5, int)), 1, 2, 0.5, augment=augment.Shift(1))


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ("shift", TypeError, r"augment: a distortion such as nn.augment.Shift\(1\)"),
        (3, TypeError, "augment: a distortion such as nn.augment.Shift"),
        ([augment.Shift(1), 3], TypeError, "augment: distortions of nn.augment needed, .* got 3"),
        (augment.Shift, TypeError, "augment: a distortion such as nn.augment.Shift"),
        (
            [augment.Elastic(), augment.Elastic()],
            ValueError,
            "augment: one elastic distortion at most, got 2",
        ),
    ],
)
def test_what_is_no_distortion_is_refused(sample, wrong, error, message):
    with pytest.raises(error, match=message):
        net_of().SGD(sample[0][:20], 1, 10, 0.5, augment=wrong)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: augment.Shift(-1), ValueError, "pixels: at least 0"),
        (lambda: augment.Shift(0.5), TypeError, "pixels: a whole number"),
        (lambda: augment.Shift(10**7), ValueError, r"pixels: .* below 1e\+06"),
        (lambda: augment.Rotate(-1), ValueError, "degrees"),
        (lambda: augment.Rotate(math.nan), ValueError, "degrees"),
        (lambda: augment.Scale(100), ValueError, "percent: .* below 100"),
        (lambda: augment.Scale("5%"), TypeError, "percent"),
        (lambda: augment.Skew(90), ValueError, "degrees: .* below 90"),
        (lambda: augment.Elastic(-1), ValueError, "alpha"),
        (lambda: augment.Elastic(34, 0), ValueError, "sigma: a number above 0"),
        (lambda: augment.Elastic(34, math.inf), ValueError, "sigma"),
    ],
)
def test_amounts_out_of_range_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_distorted_gives_what_training_sees(sample):
    digits = sample[0][:5]
    kernels = targets.kernels("float64")
    got = augment.distorted(digits, EVERY["all"], seed=4, epoch=2, dtype="float64")
    assert got.shape == (5, 28, 28)
    wanted = distort(kernels, digits.images[:, None], EVERY["all"], 4, 2)
    np.testing.assert_array_equal(got, wanted[:, 0])
    coloured = some_images((3, 6, 5))
    np.testing.assert_array_equal(
        augment.distorted(coloured, EVERY["all"], dtype="float64"), distort(kernels, coloured, EVERY["all"])
    )
    assert augment.distorted(digits[:0], EVERY["all"]).shape == (0, 28, 28)
    with pytest.raises(ValueError, match="data: images"):
        augment.distorted(np.ones(4), EVERY["all"])


def test_the_picture_shows_images_and_their_distortions(sample):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    ax = nn.plot.augmented(sample[0], EVERY["all"], images=3, variants=4, seed=5)
    picture = np.asarray(ax.images[0].get_array().filled(np.nan))
    pyplot.close(ax.figure)
    assert picture.shape == (3 * 29 - 1, 5 * 29 - 1)
    for i, x in enumerate(sample[0].to_float()[:3].reshape(3, 28, 28)):
        np.testing.assert_array_equal(picture[29 * i : 29 * i + 28, :28], x)
    seen = augment.distorted(sample[0][:3], EVERY["all"], seed=5, epoch=2)
    np.testing.assert_array_equal(picture[29:57, 3 * 29 : 3 * 29 + 28], seen[1])
    with pytest.raises(ValueError, match="at least one image"):
        nn.plot.augmented(sample[0][:0], EVERY["all"])
    with pytest.raises(ValueError, match="one channel"):
        nn.plot.augmented(np.ones((2, 3, 4, 4)), EVERY["all"])
