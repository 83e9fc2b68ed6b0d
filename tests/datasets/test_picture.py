"""`read_picture` finds the digits of photos, scans and drawings, and refuses what holds none."""

import contextlib
import io
import os
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw
from support.photographs import photograph

import nncore as nn
from nncore.datasets import picture_file

SEED = 2026  # of the photographs; the recipe was made on those of other seeds


@pytest.fixture(scope="module")
def reader():
    """A network that reads digits, digits that it has not seen, and the share that it must read on photos."""
    if os.environ.get("NNCORE_DATA"):
        train, _, test = nn.datasets.load_mnist()
        least, epochs, lmbda = 0.9, 4, 5.0
    else:
        train, _, test = nn.datasets.load_sample()
        least, epochs, lmbda = 0.85, 10, 1.0
    net = nn.Network([784, 100, 10], cost="cross-entropy", seed=0)
    net.SGD(train, epochs, 10, 0.5, lmbda=lmbda)
    return net, test, least


def share_read(net, test, n):
    """The share of n photographs of test digits that are read as one digit, the right one."""
    chosen = np.random.default_rng(SEED).choice(len(test), n, replace=False)
    right = 0
    for i, k in enumerate(chosen):
        picture = nn.datasets.read_picture(photograph(test.images[k], [SEED, i]))
        right += len(picture) == 1 and int(net.predict(picture.images)[0]) == test.labels[k]
    return right / n


def test_photographs_are_read(reader):
    net, test, least = reader
    assert share_read(net, test, 20) >= least - 0.05  # one of twenty is 0.05


@pytest.mark.slow
def test_nine_of_ten_of_300_photographs_are_read(reader):
    net, test, least = reader
    assert share_read(net, test, 300) >= least


@pytest.mark.parametrize("invert", [False, True])
def test_a_digit_of_mnist_comes_through_as_it_is(invert):
    _, _, test = nn.datasets.load_sample()
    same = 0
    for image in test.images[:100]:
        picture = nn.datasets.read_picture(255 - image if invert else image)
        same += np.array_equal(picture.images[0], image) and picture.is_dark == invert
    assert same >= 95  # the rest are not centred as most are


def sheet(size=(400, 900), paper=230, ink=40):
    """Two lines: 1 and a ring, and under them 1, a ring and 1."""
    image = Image.new("L", size[::-1], paper)
    draw = ImageDraw.Draw(image)
    for x, y, kind in [(100, 40, 1), (300, 60, 0), (60, 240, 1), (240, 230, 0), (500, 250, 1)]:
        if kind:
            draw.line([(x, y), (x, y + 110)], fill=ink, width=14)
        else:
            draw.ellipse([x, y, x + 70, y + 110], outline=ink, width=14)
    return image


def kinds(picture):
    """1 for a stroke, 0 for a ring, in the order of the digits."""
    return [int((box[2] - box[0]) < 30) for box in picture.boxes]


def test_several_digits_in_the_order_of_reading():
    picture = nn.datasets.read_picture(np.asarray(sheet()))
    assert kinds(picture) == [1, 0, 1, 0, 1]
    assert picture.images.shape == (5, 28, 28)
    assert picture.images.dtype == np.uint8
    assert list(picture.steps) == ["grey", "background", "ink", "threshold", "digits"]
    assert picture.boxes[1] == pytest.approx([300, 60, 371, 171], abs=3)
    for image in picture.images:
        rows, cols = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(cols)) + 1 <= 20
        y = (image.sum(axis=1) * np.arange(28.0)).sum() / image.sum()
        assert abs(y - 14) <= 0.6


@pytest.mark.parametrize("make", [
    lambda im: im, lambda im: im.convert("RGB"), lambda im: im.convert("RGBA"), lambda im: im.convert("P"),
    lambda im: im.convert("1"), lambda im: im.convert("LA"),
    lambda im: Image.fromarray(np.asarray(im).astype(np.uint16) * 257),
], ids=["L", "RGB", "RGBA", "P", "1", "LA", "16"])  # fmt: skip
def test_every_mode_of_a_file(tmp_path, make):
    make(sheet()).save(tmp_path / "sheet.png")
    assert kinds(nn.datasets.read_picture(tmp_path / "sheet.png")) == [1, 0, 1, 0, 1]


@pytest.mark.parametrize("convert", [
    lambda a: a, lambda a: a / 255, lambda a: (a / 255).astype(np.float32), lambda a: a > 128,
    lambda a: np.dstack([a, a, a]), lambda a: np.dstack([a, a, a, np.full_like(a, 255)]), lambda a: 255 - a,
], ids=["bytes", "float64", "float32", "bool", "RGB", "RGBA", "light on dark"])  # fmt: skip
def test_every_form_of_an_array(convert):
    array = convert(np.asarray(sheet()))
    before = array.copy()
    assert kinds(nn.datasets.read_picture(array)) == [1, 0, 1, 0, 1]
    assert np.array_equal(array, before)


def test_ink_on_a_transparent_ground(tmp_path):
    alpha = 255 - np.asarray(sheet(paper=255, ink=0))
    for value in (0, 255):
        grey = np.full_like(alpha, value)
        Image.fromarray(np.dstack([grey, grey, grey, alpha])).save(tmp_path / "drawn.png")
        picture = nn.datasets.read_picture(tmp_path / "drawn.png")
        assert kinds(picture) == [1, 0, 1, 0, 1]
        assert picture.is_dark == (value == 0)


def test_exif_orientation(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    sheet().transpose(Image.Transpose.ROTATE_90).save(tmp_path / "phone.jpg", exif=exif)
    picture = nn.datasets.read_picture(tmp_path / "phone.jpg")
    assert kinds(picture) == [1, 0, 1, 0, 1]
    assert picture.boxes[1] == pytest.approx([300, 60, 371, 171], abs=4)


def drawn(*lines, width=9, size=(600, 400), paper=235, fill=30):
    image = Image.new("L", size, paper)
    for line in lines:
        ImageDraw.Draw(image).line(line, fill=fill, width=width)
    return image


FIVE = [(200, 130), (195, 200), (250, 195), (270, 240), (240, 280), (190, 270)]


def test_a_broken_digit_is_one_and_specks_are_none():
    image = drawn(FIVE, [(212, 120), (275, 116)])
    ImageDraw.Draw(image).ellipse([450, 300, 458, 308], fill=30)
    assert len(nn.datasets.read_picture(np.asarray(image))) == 1


def test_rulings_and_the_edge_of_the_page_are_left_out():
    rulings = [[(0, y), (599, y + 4)] for y in range(10, 400, 37)]
    image = np.asarray(drawn(*rulings, width=2, fill=120)).copy()
    digit = np.asarray(drawn([(200, 130), (205, 270)], [(300, 130), (360, 130), (320, 270)]))
    image = np.minimum(image, digit)
    assert len(nn.datasets.read_picture(image)) == 2
    page = np.full((600, 800), 60, np.uint8)
    page[100:500, 100:700] = digit
    assert len(nn.datasets.read_picture(page)) == 2


def test_digits_that_touch_are_parted_and_a_wide_ring_is_not():
    image = Image.new("L", (600, 400), 235)
    pen = ImageDraw.Draw(image)
    for x in (100, 192):
        pen.ellipse([x, 100, x + 100, 240], outline=30, width=10)
    assert len(nn.datasets.read_picture(np.asarray(image))) == 2
    wide = Image.new("L", (600, 400), 235)
    ImageDraw.Draw(wide).ellipse([100, 100, 320, 240], outline=30, width=20)
    assert len(nn.datasets.read_picture(np.asarray(wide))) == 1


def test_a_thin_pen_is_made_thicker():
    thin = nn.datasets.read_picture(np.asarray(drawn(FIVE, width=2))).images[0]
    thick = nn.datasets.read_picture(np.asarray(drawn(FIVE, width=14))).images[0]
    assert thin.sum() > 0.6 * thick.sum()


def blank(noise):
    rng = np.random.default_rng(0)
    return np.clip(np.linspace(150, 240, 600) + rng.normal(0, noise, (400, 600)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("noise", [0, 3, 10])
def test_a_blank_page_is_refused(noise):
    with pytest.raises(ValueError, match=r"picture: (nothing is written|no digit|this is no sheet)"):
        nn.datasets.read_picture(blank(noise))


def bomb():
    """A PNG whose header promises 60,000 x 60,000 pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">2I5B", 60_000, 60_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))


def test_files_that_are_refused(tmp_path):
    cut = io.BytesIO()
    sheet().save(cut, "PNG")
    contents = {
        "HEIC or AVIF.*JPEG": b"\0\0\0\x18ftypheic" + bytes(40),
        "not a picture.*PNG or JPEG": b"only words",
        "not a picture": bomb(),
        "not a picture that": cut.getvalue()[:300],
    }
    for i, (pattern, content) in enumerate(contents.items()):
        path = tmp_path / f"file{i}.png"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=pattern) as error:
            nn.datasets.read_picture(path)
        assert str(path) in str(error.value)
    with pytest.raises(FileNotFoundError):
        nn.datasets.read_picture(tmp_path / "missing.png")


@pytest.mark.parametrize("array", [
    np.zeros((3, 4, 2), np.uint8), np.zeros(784), np.zeros((0, 3)), np.full((40, 40), 2.0),
    np.full((40, 40), np.nan), np.zeros((40, 40), int),
], ids=["channels", "row", "empty", "scale", "nan", "int"])  # fmt: skip
def test_arrays_that_are_refused(array):
    with pytest.raises((ValueError, TypeError), match="picture: "):
        nn.datasets.read_picture(array)


def test_large_pictures_are_refused_before_they_are_read(monkeypatch, tmp_path):
    monkeypatch.setattr(picture_file, "MOST_PIXELS", 1000)
    sheet().save(tmp_path / "large.png")
    with pytest.raises(ValueError, match="900 x 400 pixels"):
        nn.datasets.read_picture(tmp_path / "large.png")


def test_the_steps_are_drawn(tmp_path):
    pytest.importorskip("matplotlib").use("agg")
    picture = nn.datasets.read_picture(np.asarray(sheet()))
    figure = nn.plot.picture_steps(picture, ["a", "b", "c", "d", "e"])
    shown = [ax for part in figure.subfigs for ax in part.axes if ax.images]
    assert len(shown) == 5 + 5
    assert np.array_equal(shown[5].images[0].get_array(), picture.images[0])
    assert shown[9].get_xlabel() == "e"
    with pytest.raises(ValueError, match="captions: 5"):
        nn.plot.picture_steps(picture, ["a"])
    with pytest.raises(TypeError, match="read_picture"):
        nn.plot.picture_steps(picture.images)
    _, _, test = nn.datasets.load_sample()
    nn.plot.picture_steps(nn.datasets.read_picture(test.images[0])).savefig(tmp_path / "one.png")


@pytest.mark.parametrize("convert", [lambda a: a.astype(float), lambda a: a.astype(int)])
def test_numbers_to_255_become_bytes(convert):
    picture = convert(np.asarray(sheet()))
    with pytest.raises((ValueError, TypeError), match=r"picture\.astype\(np\.uint8\) makes bytes"):
        nn.datasets.read_picture(picture)
    assert kinds(nn.datasets.read_picture(picture.astype(np.uint8))) == [1, 0, 1, 0, 1]


def test_a_damaged_length_takes_no_memory(tmp_path):
    """A chunk of a PNG says how long it is: a file is not read into a buffer of that size."""
    path = tmp_path / "digit.png"
    Image.fromarray(np.full((40, 40), 200, np.uint8)).save(path)
    content = bytearray(path.read_bytes())
    place = content.index(b"IDAT") - 4
    content[place : place + 4] = (0x7FFFFFF0).to_bytes(4, "big")
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with contextlib.suppress(ValueError):
            picture_file.open_grey(path)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_a_file_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(picture_file.MOST_BYTES + 1)
    with pytest.raises(ValueError, match="pictures of at most 268,435,456 bytes are read"):
        picture_file.open_grey(path)
