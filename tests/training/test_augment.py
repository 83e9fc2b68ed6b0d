"""Distorted images: they match a reference in whole numbers and float64; training on them."""

import copy
import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.generator import bits_of, key_of
from support.memory import Guarded
from support.networks import network_on

import nncore as nn
from nncore import targets
from nncore.book import expand_mnist
from nncore.datasets import Dataset
from nncore.reference import network as reference
from nncore.training import augment

STREAM = 0x7FFFFFFF
SINGLE = {
    "shift": augment.Shift(3),
    "straight shift": augment.Shift(3, straight=True),
    "rotate": augment.Rotate(40),
    "scale": augment.Scale(30),
    "skew": augment.Skew(25),
    "elastic": augment.Elastic(),
    "rough": augment.Elastic(5, 1.5),
}
LISTS = {
    "two shifts": [augment.Shift(1), augment.Shift(2, straight=True)],
    "affine": [augment.Rotate(180), augment.Scale(15), augment.Shift(2), augment.Skew(15), augment.Rotate(7)],
    "all": [
        augment.Shift(1),
        augment.Rotate(15),
        augment.Scale(15),
        augment.Elastic(20, 3),
        augment.Skew(10),
    ],
}
EVERY = SINGLE | LISTS
SHAPES = [(1, 28, 28), (1, 5, 17), (3, 9, 4), (2, 1, 1), (1, 33, 16)]


# The reference: draws in whole numbers, one pixel at a time in float64.
class Stream:
    """The random numbers of the example at one position of an epoch."""

    def __init__(self, seed, epoch, place):
        self.key = bits_of(key_of(seed, epoch, STREAM), place)

    def bits(self, counter):
        return bits_of(self.key, counter)

    def below(self, counter, n):
        return (self.bits(counter) >> 32) * n >> 32

    def sign(self, counter):
        return (self.bits(counter) >> 11) * 2.0**-52 - 1


def straight(drawn, n):
    """(right, down) of 4n + 1 numbers."""
    along = [0, *range(1, n + 1), *range(-1, -n - 1, -1)]
    shifts = [(k, 0) for k in along] + [(0, k) for k in along[1:]]
    return shifts[drawn]


def forward_map(distortion, stream, k):
    """The distortion as a 3 x 3 matrix: where a point (x, y, 1), y downwards, goes."""
    u, v = stream.sign(2 * k), stream.sign(2 * k + 1)
    if isinstance(distortion, augment.Shift):
        n = distortion.pixels
        right, down = (stream.below(2 * k + i, 2 * n + 1) - n for i in (0, 1))
        if distortion.straight:
            right, down = straight(stream.below(2 * k, 4 * n + 1), n)
        return np.array([[1, 0, right], [0, 1, down], [0, 0, 1.0]])
    if isinstance(distortion, augment.Rotate):
        t = u * math.radians(distortion.degrees)  # towards the left of the upper half: against the clock
        return np.array([[math.cos(t), math.sin(t), 0], [-math.sin(t), math.cos(t), 0], [0, 0, 1]])
    if isinstance(distortion, augment.Scale):
        return np.diag([1 + u * distortion.percent / 100, 1 + v * distortion.percent / 100, 1])
    return np.array([[1, -math.tan(u * math.radians(distortion.degrees)), 0], [0, 1, 0], [0, 0, 1]])


def gaussian_matrix(n, sigma):
    far = np.arange(-math.ceil(12 * sigma), math.ceil(12 * sigma) + 1)
    apart = np.arange(n)[:, None] - np.arange(n)
    return np.exp(-(apart**2) / (2 * sigma**2)) / np.exp(-(far**2) / (2 * sigma**2)).sum()


def noise_of(stream, first, height, width):
    """(2, height, width) in [-1, 1): four numbers of 16 bits in a word."""
    words = [stream.bits(first + j) for j in range(-(-2 * height * width // 4))]
    parts = [word >> 16 * k & 0xFFFF for word in words for k in range(4)]
    return ((np.array(parts[: 2 * height * width]) + 0.5) / 2**15 - 1).reshape(2, height, width)


def distorted_by_reference(images, augmentation, seed=0, epoch=0, places=None):
    """images (n, channels, height, width)."""
    listed = [augmentation] if isinstance(augmentation, augment.Distortion) else augmentation
    affine = [d for d in listed if not isinstance(d, augment.Elastic)]
    elastic = [d for d in listed if isinstance(d, augment.Elastic)]
    n, _, height, width = images.shape
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    out = np.empty(images.shape)
    for i, place in enumerate(range(n) if places is None else places):
        stream = Stream(seed, epoch, place)
        there = np.eye(3)
        for k, distortion in enumerate(affine):
            there = forward_map(distortion, stream, k) @ there
        back = np.linalg.inv(there)
        field = np.zeros((2, height, width))
        for distortion in elastic:
            noise = noise_of(stream, 2 * len(affine), height, width)
            down, across = gaussian_matrix(height, distortion.sigma), gaussian_matrix(width, distortion.sigma)
            field = distortion.alpha * (down @ noise @ across)
        for r in range(height):
            for c in range(width):
                x, y = (back @ [c - centre[0], r - centre[1], 1])[:2] + centre + field[:, r, c]
                out[i, :, r, c] = bilinear(images[i], x, y)
    return out


def bilinear(image, x, y):
    """image (channels, height, width), 0 beyond the border."""
    column, row = math.floor(x), math.floor(y)
    total = np.zeros(len(image))
    for r, share_r in ((row, 1 - (y - row)), (row + 1, y - row)):
        for c, share_c in ((column, 1 - (x - column)), (column + 1, x - column)):
            if 0 <= r < image.shape[1] and 0 <= c < image.shape[2]:
                total += share_r * share_c * image[:, r, c]
    return total


def some_images(shape, n=3, seed=0):
    return np.random.default_rng(seed).random((n, *shape))


def distort(kernels, images, augmentation, seed=0, epoch=0, place=0):
    """By the door; images (n, channels, height, width) of bytes or floats."""
    rows = images.reshape(len(images), -1)
    is_bytes = rows.dtype == np.uint8
    rows = rows if is_bytes else rows.astype(kernels.dtype)
    data = kernels.Data(rows, None, None, None, 1 / 256) if is_bytes else kernels.Data(None, rows)
    out = np.full(rows.shape, np.nan, kernels.dtype)
    kernels.augment(
        augment.augmentation_for(kernels, augmentation, images.shape[1:]), data, out, seed, epoch, place
    )
    return out.reshape(images.shape)


@pytest.mark.parametrize("name", EVERY)
def test_images_match_reference(kernels, name):
    close = {"float64": 1e-10, "float32": 1e-4}[kernels.dtype]
    for number, shape in enumerate(SHAPES):
        images = some_images(shape, 2 if shape[1] > 20 else 4, number)
        wanted = distorted_by_reference(images, EVERY[name], 7, number, range(5, 9)[: len(images)])
        got = distort(kernels, images, EVERY[name], 7, number, 5)
        np.testing.assert_allclose(got, wanted, rtol=0, atol=close, err_msg=str(shape))


@pytest.mark.parametrize("name", EVERY)
def test_bytes_are_distorted_as_their_values_are(kernels, name):
    images = np.random.default_rng(1).integers(0, 256, (4, 2, 11, 13), np.uint8)
    np.testing.assert_array_equal(
        distort(kernels, images, EVERY[name], 1), distort(kernels, images / 256, EVERY[name], 1)
    )


@pytest.mark.parametrize("name", EVERY)
def test_targets_with_fma_give_the_same_bits(kernels_with_fma, sample, name):
    images = sample[0].images[:50].reshape(50, 1, 28, 28)
    first, *others = (distort(kernels, images, EVERY[name], 3) for kernels in kernels_with_fma)
    assert first.dtype == kernels_with_fma[0].dtype
    assert all(other.tobytes() == first.tobytes() for other in others)


# What must hold for any image.
@pytest.mark.parametrize(
    "nothing",
    [
        [],
        augment.Shift(0),
        augment.Shift(0, straight=True),
        augment.Rotate(0),
        augment.Scale(0),
        augment.Skew(0),
        augment.Elastic(0, 4),
        [augment.Rotate(0), augment.Scale(0), augment.Skew(0), augment.Shift(0), augment.Elastic(0)],
    ],
    ids=str,
)
def test_no_amount_changes_nothing(kernels, nothing):
    for shape in SHAPES:
        images = some_images(shape).astype(kernels.dtype)
        np.testing.assert_array_equal(distort(kernels, images, nothing), images)


@given(st.integers(0, 4), st.booleans(), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_an_interior_shift_keeps_every_pixel(pixels, straight, seed, epoch):
    images = np.zeros((5, 1, 20, 24))
    images[:, :, 4:-4, 4:-4] = some_images((1, 12, 16), 5)
    moved = distort(targets.kernels("float64"), images, augment.Shift(pixels, straight), seed, epoch)
    for before, after in zip(images, moved, strict=True):
        assert np.array_equal(np.sort(before, axis=None), np.sort(after, axis=None))
        assert any(
            np.array_equal(after, np.roll(before, (down, right), (1, 2)))
            for down in range(-pixels, pixels + 1)
            for right in range(-pixels, pixels + 1)
        )


@pytest.mark.parametrize("size", [1, 2, 5, 28])
def test_a_shift_farther_than_the_image_leaves_nothing(kernels, size):
    images = np.ones((40, 1, size, size + 1))
    moved = distort(kernels, images, augment.Shift(3 * size + 3))
    assert {0.0} <= set(moved.ravel().tolist()) <= {0.0, 1.0}
    assert not moved.all(axis=(1, 2, 3)).all()


@pytest.mark.parametrize(("straight", "count"), [(True, 5), (False, 9)])
def test_all_shifts_are_equally_likely(straight, count):
    dot = np.zeros((9000, 1, 3, 3))
    dot[:, 0, 1, 1] = 1
    seen = distort(targets.kernels("float32"), dot, augment.Shift(1, straight)).reshape(9000, 9).sum(axis=0)
    assert np.count_nonzero(seen) == count
    expected = 9000 / count
    assert np.abs(seen[seen > 0] - expected).max() < 5 * math.sqrt(expected)  # of a seed that never changes


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_right_angles_turn_square_images_exactly(kernels, turns):
    """Of the angle that is drawn, the largest is chosen so that this one is a multiple of 90 degrees."""
    images = some_images((1, 28, 28), 1)
    share = Stream(5, 0, 0).sign(0)
    got = distort(kernels, images, augment.Rotate(turns * 90 / abs(share)), 5)
    wanted = np.rot90(images, turns if share > 0 else -turns, axes=(2, 3))
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-12 if kernels.dtype == "float64" else 2e-5)


def test_the_field_is_scipys_gaussian_of_the_noise():
    """On a slope of 1 for each pixel, the value fetched is the displacement."""
    ndimage = pytest.importorskip("scipy.ndimage")
    height, width, sigma = 40, 44, 3.0
    noise = noise_of(Stream(2, 0, 0), 0, height, width)
    field = [1.0 * ndimage.gaussian_filter(part, sigma, mode="constant", truncate=12) for part in noise]
    columns, rows = np.meshgrid(np.arange(width) + 0.0, np.arange(height) + 0.0)
    kernels = targets.kernels("float64")
    seen_x, seen_y = (
        distort(kernels, slope[None, None], augment.Elastic(1.0, sigma), 2)[0, 0] for slope in (columns, rows)
    )
    inside = slice(1, -1), slice(1, -1)  # a pixel that comes from beyond the border is darker
    np.testing.assert_allclose((seen_x - columns)[inside], field[0][inside], rtol=0, atol=1e-10)
    np.testing.assert_allclose((seen_y - rows)[inside], field[1][inside], rtol=0, atol=1e-10)


def test_displacements_are_as_large_as_the_docstring_says():
    fields = [
        34 * gaussian_matrix(28, 4) @ noise_of(Stream(seed, 0, 0), 0, 28, 28) @ gaussian_matrix(28, 4)
        for seed in range(60)
    ]
    assert np.std([field[:, 12:16, 12:16] for field in fields]) == pytest.approx(34 / (6.1 * 4), rel=0.15)


@pytest.mark.parametrize("name", EVERY)
def test_draws_go_by_place_seed_and_epoch(kernels, name):
    images = np.repeat(some_images((1, 12, 12), 1), 12, axis=0)
    all_at_once = distort(kernels, images, EVERY[name], 9, 4)
    for place in (0, 5, 11):
        one = distort(kernels, images[:1], EVERY[name], 9, 4, place)
        np.testing.assert_array_equal(one[0], all_at_once[place])
    assert len({image.tobytes() for image in all_at_once}) > 5
    for other in (distort(kernels, images, EVERY[name], 10, 4), distort(kernels, images, EVERY[name], 9, 5)):
        assert not np.array_equal(other, all_at_once)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("dtype", ["uint8", "real"])
def test_nobody_reads_or_writes_beside_the_arrays(kernels, name, dtype):
    """And the caller's images stay as they are. Whatever is read from a margin is a NaN."""
    for shape in SHAPES:
        real = kernels.dtype
        rows = (some_images(shape) * 255).astype("uint8" if dtype == "uint8" else real).reshape(3, -1)
        images, out = Guarded(rows), Guarded(np.zeros(rows.shape, real))
        pair = (images.array, None) if dtype == "uint8" else (None, images.array)
        kernels.augment(augment.augmentation_for(kernels, EVERY[name], shape), kernels.Data(*pair), out.array)
        assert images.intact()
        assert out.intact()
        assert np.isfinite(out.array).all()
        np.testing.assert_array_equal(images.array, rows)


def test_no_amount_leaves_the_image(kernels):
    """Whatever the doors are asked for, coordinates stay on the canvas."""
    images = np.ones((20, 36), kernels.dtype)
    out = np.empty_like(images)
    for affine, elastic in [
        ([("scale", 1.0)], None),
        ([("scale", 1.0), ("scale", 1.0), ("rotate", 1e6)], None),
        ([("skew", math.pi / 2)] * 40, None),
        ([("shift", 2**24 - 1)] * 3, (1e7, 1e-300)),
        ([("scale", 1e7)] * 60, (1e7, 1e5)),
    ]:
        augmentation = kernels.Augmentation((1, 6, 6), affine, elastic)
        for epoch in range(5):
            kernels.augment(augmentation, kernels.Data(None, images), out, 0, epoch)


# Training.
def net_of(layers=(784, 12, 10), **options):
    return nn.Network(list(layers), seed=3, **options)


def same(net, other):
    return net.parameters.tobytes() == other.parameters.tobytes()


@pytest.mark.parametrize(("m", "rule"), [(7, {}), (7, {"momentum": 0.5}), (300, {}), (20, {"l1": 0.1})])
@pytest.mark.parametrize("name", ["shift", "all"])
def test_SGD_trains_on_the_distorted_images(sample, name, m, rule, monkeypatch):
    """As on a copy that was distorted before, in every epoch another: fused, general, in parts of 250."""
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


def test_the_images_of_an_epoch_match_reference(sample):
    digits = sample[0][:12]
    net = net_of(dtype="float64")
    twin = reference.Network([784, 12, 10], seed=3)
    net.SGD(digits, 2, 5, 0.5, augment=EVERY["all"])
    for epoch in range(2):
        order = reference.shuffled(12, net.seed, epoch)
        images = distorted_by_reference(digits.images[order][:, None] / 256, EVERY["all"], net.seed, epoch)
        twin.epochs_trained = 0
        twin.SGD((images.reshape(12, 784), digits.labels[order]), 1, 5, 0.5, shuffle=False)
    for got, wanted in zip([*net.weights, *net.biases], [*twin.weights, *twin.biases], strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("name", ["straight shift", "elastic"])
def test_the_same_run_again_in_slices_and_after_a_resume(sample, name, monkeypatch):
    digits, options = sample[0][:100], {"augment": EVERY[name]}
    whole, again, resumed, sliced = (net_of() for _ in range(4))
    whole.SGD(digits, 3, 10, 0.5, **options)
    again.SGD(digits, 3, 10, 0.5, **options)
    resumed.SGD(digits, 1, 10, 0.5, **options)
    resumed = copy.deepcopy(resumed)
    resumed.SGD(digits, 2, 10, 0.5, **options)
    monkeypatch.setattr("nncore.training.epochs.SLICE", 1)  # a call for each mini-batch
    sliced.SGD(digits, 3, 10, 0.5, **options)
    assert same(whole, again)
    assert same(whole, resumed)
    assert same(whole, sliced)


def test_the_callers_images_and_the_monitors_are_left_alone(sample):
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


def test_distortions_make_up_for_data(sample):
    """300 digits: with small distortions a network gets more of the others right."""
    digits, test = sample[0][:300], sample[2]
    plain, augmented = net_of([784, 30, 10]), net_of([784, 30, 10])
    plain.SGD(digits, 60, 10, 0.5, lmbda=0.1)
    augmented.SGD(digits, 60, 10, 0.5, lmbda=0.1, augment=[augment.Rotate(10), augment.Elastic(20, 4)])
    assert augmented.accuracy(test) > plain.accuracy(test) + 0.01


def test_an_interrupted_or_diverging_epoch_never_was(sample):
    net = net_of()
    before = net.parameters.copy()
    with pytest.raises(nn.DivergenceError):
        net.SGD(sample[0][:50], 3, 10, 1e38, lmbda=1e38, augment=augment.Shift(1))
    np.testing.assert_array_equal(net.parameters, before)


# What has the shape of an image.
def test_images_have_the_shape_of_their_array_or_of_the_network_or_are_square():
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
def test_amounts_that_are_none_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("shape", "affine", "elastic"),
    [
        ((0, 2, 2), [], None),
        ((1, -2, 2), [], None),
        ((1, 2**40, 2), [], None),
        ((1, 2, 2), [("shift", -1)], None),
        ((1, 2, 2), [("shift", math.nan)], None),
        ((1, 2, 2), [("turn", 1)], None),
        ((1, 2, 2), [], (math.nan, 1)),
        ((1, 2, 2), [], (math.inf, 1)),
        ((1, 2, 2), [], (1, 0)),
    ],
)
def test_the_door_refuses(kernels, shape, affine, elastic):
    with pytest.raises(ValueError):
        kernels.Augmentation(shape, affine, elastic)


def test_the_doors_refuse_images_of_another_size(kernels):
    net, rows = network_on(kernels, [9, 2], ["sigmoid"]), np.ones((3, 9), kernels.dtype)
    data = kernels.Data(None, rows, np.zeros(3, np.intp))
    out = np.empty((3, 9), kernels.dtype)
    other, right = kernels.Augmentation((1, 2, 2)), kernels.Augmentation((1, 3, 3))
    with pytest.raises(ValueError, match=r"augmentation: .* 1 x 2 x 2"):
        kernels.augment(other, data, out)
    with pytest.raises(ValueError, match="out: shape"):
        kernels.augment(right, data, out[:2])
    order, rule = np.arange(3), kernels.Rule("sgd", 0.1)
    with pytest.raises(ValueError, match=r"augmentation: .* 1 x 2 x 2"):
        kernels.train(net._program, net.parameters, data, order, 2, rule, augmentation=other)


# nn.augment.distorted, the book's 250,000, and the picture.
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


def test_expand_mnist_makes_the_books_five_of_each(sample):
    digits = sample[0][:40]
    expanded = expand_mnist.expand(digits, seed=None)
    assert len(expanded) == 200
    for i, image in enumerate(digits.images):
        for variant, (down, right) in enumerate([(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]):
            wanted = np.roll(image, (down, right), (0, 1))
            if down:
                wanted[0 if down > 0 else -1] = 0
            if right:
                wanted[:, 0 if right > 0 else -1] = 0
            np.testing.assert_array_equal(expanded.images[5 * i + variant], wanted)
            assert expanded.labels[5 * i + variant] == digits.labels[i]
    shuffled = expand_mnist.expand(digits, seed=1)
    pairs = [
        sorted((image.tobytes(), label) for image, label in zip(d.images, d.labels, strict=True))
        for d in (expanded, shuffled)
    ]
    assert pairs[0] == pairs[1]
    assert not np.array_equal(expanded.labels, shuffled.labels)
    np.testing.assert_array_equal(shuffled.images, expand_mnist.expand(digits, seed=1).images)
    with pytest.raises(ValueError, match="data: images"):
        expand_mnist.expand(Dataset(digits.images.reshape(40, 784), digits.labels))


def test_expand_mnist_takes_the_memory_of_its_images_once(sample):
    digits = sample[0][:4000]
    tracemalloc.start()
    expanded = expand_mnist.expand(digits)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.1 * expanded.images.nbytes


def test_expanded_mnist(mnist):
    expanded = expand_mnist.expand()
    assert expanded.images.shape == (250000, 28, 28)
    np.testing.assert_array_equal(np.bincount(expanded.labels), 5 * np.bincount(mnist[0].labels))


def test_the_picture_shows_the_images_and_what_becomes_of_them(sample):
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
