"""`nncore predict`: the files that it reads, and those that it refuses."""

import gzip
import re
import struct
import sys

import numpy as np
import pytest
from support.commands import refused, run

import nncore


def first_digit(sample):
    """A test image as bytes (28, 28), and its label."""
    _, _, test = sample
    return test.images[0], int(test.labels[0])


def predicted(path, model, *options):
    """The digit and the per cent that predict prints for a file of one image."""
    stdout, _ = run("predict", model, path, *options)
    found = re.match(rf"{re.escape(str(path))}: (\d) \((\d+\.\d)%\)\n", stdout)
    assert found is not None, stdout
    return int(found[1]), float(found[2])


@pytest.mark.parametrize("shape", [(28, 28), (784,), (784, 1), (1, 28, 28)])
@pytest.mark.parametrize("kind", ["bytes", "float32", "float64", "big-endian"])
def test_predict_reads_arrays(tmp_path, model, sample, shape, kind):
    image, label = first_digit(sample)
    dtype = {"bytes": None, "float32": np.float32, "float64": np.float64, "big-endian": ">f8"}[kind]
    array = image if dtype is None else (image / 256).astype(dtype)
    np.save(tmp_path / "digit.npy", array.reshape(shape))
    a = nncore.load(model[0]).feedforward(image.reshape(784) / 256)
    digit, percent = predicted(tmp_path / "digit.npy", model[0])
    assert digit == np.argmax(a) == label
    assert percent == pytest.approx(100 * a.max(), abs=0.051)


def test_predict_reads_many_images_and_many_files(tmp_path, model, sample):
    _, _, test = sample
    np.save(tmp_path / "images.npy", test.images[:3])
    np.save(tmp_path / "rows.npy", test.to_float()[3:5])
    idx = struct.pack(">4B3I", 0, 0, 8, 3, 2, 28, 28) + test.images[5:7].tobytes()
    (tmp_path / "plain-idx3-ubyte").write_bytes(idx)
    (tmp_path / "packed-idx3-ubyte.gz").write_bytes(gzip.compress(idx))
    names = ["images.npy", "rows.npy", "plain-idx3-ubyte", "packed-idx3-ubyte.gz"]
    stdout, _ = run("predict", model[0], *[tmp_path / name for name in names])
    labels = nncore.load(model[0]).predict(test[:7])
    places = [(names[0], i) for i in range(3)]
    places += [(name, i) for name in names[1:] for i in range(2)]
    for line, (name, i), digit in zip(stdout.splitlines(), places, [*labels, *labels[5:]], strict=True):
        assert line.startswith(f"{tmp_path / name}[{i}]: {digit} (")


@pytest.mark.parametrize("name", ["digit.png", "digit.pgm", "digit.bmp"])
def test_predict_reads_pictures(tmp_path, model, sample, name):
    Image = pytest.importorskip("PIL.Image", reason="needs Pillow")
    image, _ = first_digit(sample)
    np.save(tmp_path / "digit.npy", image)
    Image.fromarray(image).save(tmp_path / name)
    assert predicted(tmp_path / name, model[0]) == predicted(tmp_path / "digit.npy", model[0])


def test_dark_digits_on_light_paper(tmp_path, model, sample):
    Image = pytest.importorskip("PIL.Image", reason="needs Pillow")
    image, _ = first_digit(sample)
    np.save(tmp_path / "digit.npy", image)
    Image.fromarray(255 - image).save(tmp_path / "paper.png")
    black = np.zeros_like(image)
    Image.fromarray(np.dstack([black, black, black, image])).save(tmp_path / "transparent.png")
    for name in ("paper.png", "transparent.png"):
        assert predicted(tmp_path / name, model[0]) == predicted(tmp_path / "digit.npy", model[0])
        assert "--invert" in run("predict", model[0], tmp_path / name, "--as-is")[1]
        as_is = predicted(tmp_path / name, model[0], "--as-is", "--invert")
        assert as_is == predicted(tmp_path / "digit.npy", model[0])
        assert "not needed" in run("predict", model[0], tmp_path / name, "--invert")[1]


def test_a_sheet_of_digits(tmp_path, model, sample, monkeypatch):
    Image = pytest.importorskip("PIL.Image", reason="needs Pillow")
    monkeypatch.chdir(tmp_path)
    _, _, test = sample
    sheet = Image.new("L", (900, 400), 220)
    for i in range(3):
        large = Image.fromarray(255 - test.images[i]).resize((200, 200), Image.Resampling.BICUBIC)
        sheet.paste(large.point(lambda p: p * 220 // 255), (50 + 280 * i, 100))
    sheet.save("sheet.png")
    stdout, _ = run("predict", model[0], "sheet.png", "--show")
    lines = stdout.splitlines()
    net = nncore.load(model[0])
    for i, digit in enumerate(net.predict(nncore.datasets.read_picture("sheet.png").images)):
        assert lines[i].startswith(f"sheet.png[{i}]: {digit} (")
    assert lines[3].split() == ["per", "cent", *"0123456789"]
    assert [line.split()[0] for line in lines[4:7]] == ["[0]", "[1]", "[2]"]
    assert lines[7] == "The steps are drawn in sheet-steps.png."
    assert max(map(len, lines)) <= 60
    with Image.open("sheet-steps.png") as steps:
        assert steps.size[0] > 500
    Image.fromarray(test.images[0]).save("one.png")
    lines = run("predict", model[0], "one.png")[0].splitlines()
    assert [line.split()[0] for line in lines[1:]] == list("0123456789")
    assert max(map(len, lines)) <= 60


def test_classes_are_named(tmp_path, sample):
    train, _, test = sample
    names = [f"the {k}" for k in range(10)]
    net = nncore.Network([784, 10], seed=0)
    net.SGD(nncore.Dataset(train.images[:500], train.labels[:500], class_names=names), 5, 10, 0.5)
    net.save(tmp_path / "named.npz")
    np.save(tmp_path / "digit.npy", test.images[0])
    answer = int(net.predict(test[:1])[0])
    assert f": the {answer} (" in run("predict", tmp_path / "named.npz", tmp_path / "digit.npy")[0]


def test_predict_without_pillow(tmp_path, model, monkeypatch):
    (tmp_path / "digit.png").write_bytes(b"\x89PNG\r\n")
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert "pip install pillow" in refused("predict", model[0], tmp_path / "digit.png")


def test_images_that_do_not_fit_are_refused(tmp_path, model):
    bad = {
        "size.npy": np.zeros((28, 27), np.uint8),
        "scale.npy": np.full((28, 28), 255.0),
        "negative.npy": np.full((28, 28), -0.5),
        "nan.npy": np.full((28, 28), np.nan),
        "ints.npy": np.zeros((28, 28), np.int64),
        "text.npy": np.full((28, 28), "x"),
        "none.npy": np.zeros((0, 28, 28), np.uint8),
        "scalar.npy": np.uint8(3),
        "objects.npy": np.full((28, 28), None),
    }
    for name, array in bad.items():
        np.save(tmp_path / name, array, allow_pickle=True)
    whole = (tmp_path / "size.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(whole[: len(whole) // 2])
    with open(tmp_path / "huge.npy", "wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (10**12, 28, 28)}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(bytes(784))
    (tmp_path / "empty.npy").write_bytes(b"")
    (tmp_path / "words.png").write_text("not a picture")
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(bytes(1000))[:20])
    for name in sorted(entry.name for entry in tmp_path.iterdir()):
        refused("predict", model[0], tmp_path / name)
    assert "(28, 27)" in refused("predict", model[0], tmp_path / "size.npy")
    assert "int64" in refused("predict", model[0], tmp_path / "ints.npy")
    assert "255" in refused("predict", model[0], tmp_path / "scale.npy")
    assert "missing.png" in refused("predict", model[0], tmp_path / "missing.png")
