"""A drawn digit becomes what Python's recipe makes of it."""

import numpy as np
import pytest
from support.node import needs_node, run
from support.strokes import strokes_of

import nncore as nn
from nncore.datasets import mnist_form, picture_file

pytestmark = needs_node
pytest.importorskip("scipy", reason="pip install scipy")
pytest.importorskip("PIL", reason="pip install pillow")

FORMS = """
import { formOfStrokes, inkOfStrokes } from "@/net/mnist_form.js";
return given.drawings.map((strokes) => ({ ink: inkOfStrokes(strokes).ink, pixels: formOfStrokes(strokes) }));
"""


@pytest.fixture(scope="module")
def test_digits():
    return nn.datasets.load_sample()[2][:200]


@pytest.fixture(scope="module")
def drawings(test_digits):
    return [strokes_of(image) for image in test_digits.images]


@pytest.fixture(scope="module")
def found(drawings):
    return run(FORMS, drawings=drawings)


def pad(ink):
    return ink.reshape(280, 280)


def test_200_drawn_digits_become_the_pixels_of_python(found):
    for each in found:
        ink = pad(each["ink"])
        np.testing.assert_array_equal(each["pixels"].reshape(28, 28), mnist_form.mnist_form(ink, ink > 0.5))


def test_the_ink_of_a_line_is_the_area_that_the_pen_covers():
    """Against a count of 64 points in each pixel."""
    lines = [[[60, 80], [200, 95]], [[140, 70], [90, 215]], [[50.3, 61.7], [190.2, 201.9]]]
    offsets = (np.arange(8) + 0.5) / 8
    for each, (p, q) in zip(run(FORMS, drawings=[[line] for line in lines]), lines, strict=True):
        exact = np.zeros((280, 280))
        for dy in offsets:
            for dx in offsets:
                exact += _distance(np.arange(280)[None] + dx, np.arange(280)[:, None] + dy, p, q) <= 10.5
        np.testing.assert_allclose(pad(each["ink"]), exact / 64, atol=0.12)


def _distance(x, y, p, q):
    dx, dy = q[0] - p[0], q[1] - p[1]
    along = np.clip(((x - p[0]) * dx + (y - p[1]) * dy) / (dx * dx + dy * dy), 0, 1)
    return np.hypot(x - p[0] - along * dx, y - p[1] - along * dy)


@pytest.mark.parametrize("pen", [4, 9, 15, 40])
def test_other_pens_become_the_pixels_of_python(drawings, pen):
    """A thin pen is made thicker, a thick one is left as it is."""
    script = """
    import { formOfStrokes, inkOfStrokes } from "@/net/mnist_form.js";
    return given.drawings.map((strokes) => (
      { ink: inkOfStrokes(strokes, given.pen).ink, pixels: formOfStrokes(strokes, given.pen) }
    ));
    """
    for each in run(script, drawings=drawings[:20], pen=pen):
        ink = pad(each["ink"])
        np.testing.assert_array_equal(each["pixels"].reshape(28, 28), mnist_form.mnist_form(ink, ink > 0.5))


def test_grey_pictures_become_the_pixels_of_python(test_digits):
    """Grey ink of other sizes, smaller than the box, too: the recipe reduces and enlarges.

    Float32 sums of another order may round a pixel to its neighbour.
    """
    script = """
    import { mnistForm } from "@/net/mnist_form.js";
    return given.pictures.map((ink) => mnistForm({ rows: ink.shape[0], cols: ink.shape[1], ink }));
    """
    rng = np.random.default_rng(3)
    pictures = [
        np.clip(
            image[4:24, 4:24].astype(np.float32) / 255 * 0.9 + 0.02 * rng.random((20, 20), np.float32), 0, 1
        )
        for image in test_digits.images[:20]
    ]
    sizes = [(12, 12), (20, 17), (55, 40), (90, 133)]
    pictures = [np.clip(picture_file.resized(p, *sizes[i % 4]), 0, 1) for i, p in enumerate(pictures)]
    for ink, found in zip(pictures, run(script, pictures=pictures), strict=True):
        wanted = mnist_form.mnist_form(ink, ink > 0.5).astype(int)
        assert np.abs(found.reshape(28, 28) - wanted).max() <= 1


def test_a_pen_that_goes_on_gives_the_pixels_of_the_whole_drawing(drawings, found):
    """The ink of a drawing is kept, as long as the pen only adds to it."""
    script = """
    import { formOfStrokes } from "@/net/mnist_form.js";
    return given.drawings.map((strokes) => {
      strokes.forEach((points, k) => {
        const before = strokes.slice(0, k);
        for (let n = 1; n < points.length; n += 7) formOfStrokes([...before, points.slice(0, n)]);
        if (k) formOfStrokes(strokes.slice(0, k - 1)); // undone, and drawn again
      });
      return formOfStrokes(strokes);
    });
    """
    for pixels, each in zip(run(script, drawings=drawings[:20]), found, strict=False):
        np.testing.assert_array_equal(pixels, each["pixels"])


def test_nothing_drawn_is_no_digit():
    script = """
    import { formOfStrokes } from "@/net/mnist_form.js";
    return [formOfStrokes([]), formOfStrokes([[[140, 140]]])];
    """
    nothing, point = run(script)
    assert nothing is None
    assert point.max() == 255  # one touch of the pen is a point


def test_a_network_reads_what_is_drawn(found, test_digits):
    train, _, _ = nn.datasets.load_sample()
    net = nn.Network([784, 30, 10], seed=1)
    net.SGD(train, 20, 10, 0.25, 4.0)
    drawn = np.stack([each["pixels"].reshape(28, 28) for each in found])
    right = net.predict(drawn) == test_digits.labels
    assert right.mean() >= 0.9
    # a photo of the same drawing gives the same answer
    photos = [nn.datasets.read_picture(1 - pad(each["ink"])).images for each in found[:30]]
    same = [len(p) == 1 and net.predict(p)[0] == net.predict(drawn[i]) for i, p in enumerate(photos)]
    assert np.mean(same) >= 0.9
