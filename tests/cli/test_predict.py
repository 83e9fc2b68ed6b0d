"""`nncore predict`: the files that it reads, and those that it refuses."""

import gzip
import re
import struct
import sys
import warnings

import numpy as np
import pytest
from support.commands import refused, run

import nncore
from nncore.cli.answers import in_words


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


def answered(tmp_path, net, X, *, name="x.npy"):
    """What predict prints for each row of X, without the name of the file."""
    net.save(tmp_path / "net.npz")
    np.save(tmp_path / name, X)
    return [
        line.split(": ", 1)[1]
        for line in run("predict", tmp_path / "net.npz", tmp_path / name)[0].splitlines()
    ]


def of_digits(sample, layers, targets):
    """A network of 784 inputs that learned targets for digits."""
    net = nncore.Network(layers, input_shape=(784,), seed=0)
    net.SGD((sample[0].images[:300], targets(sample[0].labels[:300])), 5, 10, 0.1)
    return net


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("n_out", [1, 2])
def test_a_regression_answers_numbers(tmp_path, sample, n_out, count):
    y = (lambda y: y / 9) if n_out == 1 else (lambda y: np.c_[y / 9, -y])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of targets on several scales
        net = of_digits(sample, [nncore.Dense(8), nncore.Dense(n_out, "linear")], y)
    test = sample[2].images[:count]
    lines = answered(tmp_path, net, test)
    found = [[float(value) for value in line.split(", ")] for line in lines]
    np.testing.assert_allclose(found, net.predict(sample[2][:count]).reshape(count, n_out), rtol=1e-5)


def test_several_labels_are_those_that_are_on_with_each_output_in_per_cent(tmp_path, sample):
    net = of_digits(sample, [nncore.Dense(3)], lambda y: np.c_[y % 2, y > 4, y > 2].astype(int))
    test = sample[2][:40]
    lines = answered(tmp_path, net, test.images)
    outputs, answers = net.feedforward(test), net.predict(test)
    assert {0, 3} <= set(answers.sum(axis=1))
    for line, a, on in zip(lines, outputs, answers, strict=True):
        labels, _, shares = line.partition(" (")
        assert labels == (", ".join(map(str, np.flatnonzero(on))) or "none")
        assert shares == ", ".join(f"{k}: {a[k]:.1%}" for k in range(3)) + ")"


def test_of_many_labels_the_largest_outputs_are_shown(tmp_path):
    net = nncore.Network([4, 20], seed=0)
    y = np.random.default_rng(0).integers(0, 2, (30, 20))
    net.SGD((np.random.default_rng(1).random((30, 4)), y), 2, 5, 0.5)
    [line] = answered(tmp_path, net, np.full((1, 4), 0.25))
    labels, _, shares = line.partition(" (")
    assert labels.split(", ") == [str(k) for k in np.flatnonzero(net.predict([[0.25] * 4])[0])]
    largest = np.argsort(-net.feedforward([[0.25] * 4])[0])[:5]
    assert [share.split(":")[0] for share in shares.split(", ")] == [str(k) for k in largest]


def test_one_output_for_two_classes_answers_a_class_with_its_per_cent(tmp_path, sample):
    net = of_digits(sample, [nncore.Dense(1)], lambda y: (y > 4).astype(int))
    test = sample[2][:40]
    answers = net.predict(test)
    assert set(answers) == {0, 1}
    for line, k, [a] in zip(
        answered(tmp_path, net, test.images), answers, net.feedforward(test), strict=True
    ):
        assert line == f"{k} ({a if k else 1 - a:.1%})"


def test_two_classes_of_one_output_have_names(tmp_path, sample):
    images, labels = sample[0].images[:300], (sample[0].labels[:300] > 4).astype(int)
    net = nncore.Network([784, 1], seed=0)
    net.SGD(nncore.Dataset(images, labels, class_names=["small", "large"]), 5, 10, 0.5)
    names = [line.split(" (")[0] for line in answered(tmp_path, net, sample[2].images[:20])]
    assert names == [["small", "large"][k] for k in net.predict(sample[2][:20])]


@pytest.mark.parametrize("kind", ["numbers", "several labels", "two classes"])
def test_photos_and_their_steps_are_answered_in_kind(tmp_path, sample, monkeypatch, kind):
    Image = pytest.importorskip("PIL.Image", reason="needs Pillow")
    pytest.importorskip("scipy")
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    layers, y = {
        "numbers": ([nncore.Dense(8), nncore.Dense(1, "linear")], lambda y: y / 9),
        "several labels": ([nncore.Dense(3)], lambda y: np.c_[y % 2, y > 4, y > 2].astype(int)),
        "two classes": ([nncore.Dense(1)], lambda y: (y > 4).astype(int)),
    }[kind]
    net = of_digits(sample, layers, y)
    net.save("net.npz")
    Image.fromarray(sample[2].images[0]).save("digit.png")
    lines = run("predict", "net.npz", "digit.png", "--show")[0].splitlines()
    seen = nncore.datasets.read_picture("digit.png").images
    [answer] = in_words(net, net.feedforward(seen))
    assert lines[0] == f"digit.png: {answer}"
    bars = 3 if kind == "several labels" else 0
    assert len(lines) == 2 + bars  # a bar of a number would say nothing
    assert (tmp_path / "digit-steps.png").exists()


def with_channels():
    net = nncore.Network(
        [nncore.Conv2D(4, 5, activation="relu"), nncore.MaxPool2D(2), nncore.Softmax(2)],
        input_shape=(3, 32, 32),
        seed=0,
    )
    X = np.random.default_rng(0).random((20, 3, 32, 32))
    X[:10, 0] *= 0.1
    net.SGD((X, np.arange(20) // 10), 5, 5, 0.05)
    return net, X


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
@pytest.mark.parametrize("one", [True, False])
def test_images_whose_axes_are_not_those_of_the_network_are_refused(tmp_path, dtype, one):
    net, X = with_channels()
    net.save(tmp_path / "net.npz")
    first = X[9] if one else X[8:12]
    first = (255 * first).astype(dtype) if dtype == "uint8" else first.astype(dtype)
    last = np.moveaxis(first, -3, -1)
    np.save(tmp_path / "last.npy", last)
    text = refused("predict", tmp_path / "net.npz", tmp_path / "last.npy")
    assert "last.npy: the network reads (channels, height, width) = (3, 32, 32), got images of shape" in text
    turned = eval(re.search(r"X\.transpose\(.*?\)", text)[0], {"X": last})
    np.testing.assert_array_equal(turned, first)
    expected = [f"{k} (" for k in np.atleast_1d(net.predict(turned))]
    assert [line[:3] for line in answered(tmp_path, net, turned)] == expected
    assert [line[:3] for line in answered(tmp_path, net, turned.reshape(len(expected), -1))] == expected


def test_inputs_that_are_no_pixels_are_read_as_in_the_training(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.integers(-1, 4, (60, 4))
    net = nncore.Network([nncore.Dense(1, "linear")], input_shape=(4,), seed=0)
    net.minimize((X, X.sum(axis=1) / 4), maxiter=20)
    for given in (X[:5], X[:5].astype(float), X[:5].astype(np.int16)):
        found = [float(line) for line in answered(tmp_path, net, given)]
        np.testing.assert_allclose(found, net.predict(X[:5]), rtol=1e-4)
    assert run("predict", tmp_path / "net.npz", tmp_path / "x.npy")[1] == ""  # nothing of light and dark
    np.save(tmp_path / "far.npy", 100.0 * X[:5])
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert "trained on inputs from" in run("predict", tmp_path / "net.npz", tmp_path / "far.npy")[1]
