"""Distorted images match a reference in plain Python; and what holds for every image."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.distortions import (
    EVERY,
    SHAPES,
    Stream,
    distort,
    distorted_by_reference,
    gaussian_matrix,
    noise_of,
    some_images,
)
from support.memory import Guarded
from support.networks import network_on

from nncore import targets
from nncore.training import augment


@pytest.mark.parametrize("name", EVERY)
def test_images_match_the_reference(kernels, name):
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
def test_targets_give_the_same_bits(kernels_of_same_bits, sample, name):
    images = sample[0].images[:50].reshape(50, 1, 28, 28)
    first, *others = (distort(kernels, images, EVERY[name], 3) for kernels in kernels_of_same_bits)
    assert first.dtype == kernels_of_same_bits[0].dtype
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
def test_draws_depend_on_position_seed_and_epoch(kernels, name):
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
def test_no_memory_beside_the_arrays_is_touched(kernels, name, dtype):
    """The caller's images stay as they are, too. A number read from a margin would be a NaN."""
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
    """Coordinates stay on the canvas, whatever amounts an entry point is called with."""
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
def test_the_core_refuses_impossible_augmentations(kernels, shape, affine, elastic):
    with pytest.raises(ValueError):
        kernels.Augmentation(shape, affine, elastic)


def test_the_core_refuses_images_of_another_size(kernels):
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
