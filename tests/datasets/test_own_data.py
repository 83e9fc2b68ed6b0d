"""Tables, folders of pictures and toy sets: what is read, and what is refused by its place."""

import gzip
import pickle
import tracemalloc

import numpy as np
import pytest
from PIL import Image

import nncore as nn

FLOWERS = "petal,sepal,kind\n1.5,4.9,setosa\n4.7,7.0,versicolor\n1.3,4.4,setosa\n"


def table(tmp_path, text, target=None, name="table.csv", **options):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return nn.datasets.read_csv(path, target, **options)


@pytest.mark.parametrize("text", [
    FLOWERS, FLOWERS.replace(",", ";"), FLOWERS.replace(",", "\t"), FLOWERS.replace("\n", "\r\n"),
    "\ufeff" + FLOWERS, FLOWERS.replace("setosa", '"setosa"'), FLOWERS + "\n\n",
    gzip.compress(FLOWERS.encode(), mtime=0),
], ids=[",", ";", "tab", "CRLF", "BOM", "quotes", "blank", "gzip"])  # fmt: skip
def test_tables_are_read(tmp_path, text):
    read = table(tmp_path, text, "kind")
    X, y = read
    assert X.tolist() == [[1.5, 4.9], [4.7, 7.0], [1.3, 4.4]]
    assert y.tolist() == [0, 1, 0]
    assert (read.classes, read.columns, read.target) == (("setosa", "versicolor"), ("petal", "sepal"), "kind")


def test_a_table_trains_a_network_which_keeps_the_classes(tmp_path):
    read = table(tmp_path, FLOWERS, "kind")
    net = nn.Network([2, 3, 2], seed=0)
    net.SGD(read, 3, 1, 0.1)
    net.save(tmp_path / "net.npz")
    data = nn.load(tmp_path / "net.npz").training_record.data
    assert (data.class_names, data.name) == (("setosa", "versicolor"), "table")
    assert net.accuracy(read) in (1 / 3, 2 / 3, 1.0)
    again = pickle.loads(pickle.dumps(read))
    assert again.classes == read.classes
    train, test = read.split(0.3)
    assert (len(train.y), len(test.y), test.classes) == (2, 1, read.classes)


def test_classes_that_differ_in_capitals_alone_are_named(tmp_path):
    with pytest.warns(UserWarning, match="'Malignant' and 'malignant' count as different classes") as caught:
        assert table(tmp_path, "a,kind\n1,malignant\n2,Malignant\n3,benign\n", -1).classes[0] == "Malignant"
    assert [warning.filename for warning in caught] == [__file__]  # the line that called read_csv


def test_targets_by_index_without_names_and_as_numbers(tmp_path):
    assert table(tmp_path, "0,1,2\n1,3,4\n", 0).X.tolist() == [[1, 2], [3, 4]]
    read = table(tmp_path, "1,2,0.5\n3,4,1.5\n", -1, regression=True)
    assert (read.y.tolist(), read.classes, read.columns) == ([0.5, 1.5], None, ("column 1", "column 2"))
    assert table(tmp_path, "a,label\n5,3\n6,1\n").classes == ("1", "3")  # not from 0: named
    assert table(tmp_path, "a,label\n5,3\n6,0\n").y.tolist() == [3, 0]  # from 0: as they are
    assert table(tmp_path, "a,label\n5,3\n", classes=["1", "3"]).y.tolist() == [1]
    assert table(tmp_path, "a,b,label\n5,x,0\n", columns=["a"]).X.tolist() == [[5]]


@pytest.mark.parametrize("where", ["first", "last"])
def test_kaggles_mnist(tmp_path, where):
    _, _, test = nn.datasets.load_sample()
    names = [f"pixel{i}" for i in range(784)]
    rows = [[str(p) for p in image.ravel()] for image in test.images[:3]]
    lines = [["label", *names]] + [[str(k), *row] for k, row in zip(test.labels, rows, strict=False)]
    if where == "last":
        lines = [[*line[1:], line[0]] for line in lines]
    data = table(tmp_path, "\n".join(",".join(line) for line in lines), name="train.csv")
    assert isinstance(data, nn.Dataset)
    assert np.array_equal(data.images, test.images[:3])
    assert data.labels.tolist() == test.labels[:3].tolist()


@pytest.mark.parametrize(("text", "options", "pattern"), [
    ("a,b,label\n1,2,0\n1,,1\n", {}, r"line 3, column 'b': the value is missing"),
    ("a,b,label\n1,2,0\n1,NaN,1\n", {}, r"line 3, column 'b': the value is missing"),
    ("a,b,label\n1,2,0\n1,inf,1\n", {}, r"line 3, column 'b': a number needed"),
    ("a,b,label\n1,2,0\n1,red,1\n", {}, r"line 3, column 'b': a number needed, got 'red'.*columns="),
    ("a,b,label\n1,2,0\n1,2\n", {}, r"line 3: 2 fields, but 3 columns; correct"),
    ("a,label\n1,0\n1,\n", {}, r"line 3, column 'label': the target is missing"),
    ("a,label\n1,0.5\n", {}, r"column 'label': '0.5' is a number and no class; regression=True"),
    ("a;label\n1,5;0\n", {}, r"a number with a decimal point needed"),
    ("a,label\n1,red\n", {"regression": True}, r"line 2, column 'label': a number to predict"),
    ("a,label\n1,red\n", {"classes": ["blue"]}, r"'red' is not one of the classes blue"),
    ("a,b\n1,2\n", {}, r"which column holds the targets\? target='b'"),
    ("a,b\n1,2\n", {"target": "c"}, r"no column is called 'c'.*'a', 'b'"),
    ("a,a\n1,2\n", {"target": "a"}, r"2 columns are called 'a'"),
    ("a,b\n1,2\n", {"target": 5}, r"has 2 columns"),
    ("label\n1\n", {"target": 0}, r"no column besides"),
    ("a|b|label\n1|2|x\n", {}, r"no comma, semicolon or tab in its first line.*write commas"),
    ("label,a\nx,1\n", {"target": "a"}, r"got 'x'; if these are the classes, target='label'; otherwise col"),
    ("a,label\n", {}, r"only a line of names"),
    ("", {}, r"an empty file"),
    ("\x89PNG\r\n\0\0", {}, r"expected a CSV table"),
    ("<!DOCTYPE html>\n<html>\n", {}, r"expected a CSV table, but this is a web page"),
    ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", {}, r"this is a Git LFS pointer"),
    ('{"a": [1, 2],\n"label": [0, 1]}\n', {}, r"this is JSON"),
    ("@relation iris\n@data\n1,2\n", {}, r"this is an ARFF table"),
])  # fmt: skip
def test_tables_are_refused_by_line_and_column(tmp_path, text, options, pattern):
    with pytest.raises(ValueError, match=pattern) as error:
        table(tmp_path, text.encode("latin-1"), **options)
    assert "table.csv" in str(error.value)


def test_first_names_that_look_like_another_format(tmp_path):
    for name in ("price", "quality", "[unit]", "cost", "lp", "dp"):
        found = table(tmp_path, f"{name},label\n1.5,0\n2.5,1\n")
        assert (found.columns, found.y.tolist()) == ((name,), [0, 1])


@pytest.mark.parametrize("mode", ["RGBA", "LA", "I;16", "RGB", "P"])
def test_a_large_picture_takes_little_memory_beside_its_pixels(tmp_path, mode):
    """A file of a few kilobytes may hold 89 million pixels: no array may have several numbers for each."""
    image = Image.new("RGBA" if mode == "P" else mode, (2000, 2000))
    image = image.convert("P") if mode == "P" else image
    if mode == "P":
        image.info["transparency"] = 0
    (tmp_path / "class").mkdir()
    image.save(tmp_path / "class" / "large.png")
    tracemalloc.start()
    try:
        nn.datasets.read_folder(tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * 4_000_000 + 30_000_000  # a float for each pixel, and a strip of the picture


def folder(tmp_path, names=("cat", "dog"), n=5, size=(4, 3)):
    for k, name in enumerate(names):
        (tmp_path / name).mkdir(parents=True)
        for i in range(n):
            Image.new("L", size, 10 * k + i).save(tmp_path / name / f"{i}.png")
    return tmp_path


def test_folders_are_classes(tmp_path):
    here = folder(tmp_path / "pets", ("dog", "cat"))
    (here / ".hidden").write_text("x")
    (here / "cat" / ".DS_Store").write_text("x")
    (here / "read.me").write_text("beside the classes")
    data = nn.datasets.read_folder(here)
    assert (data.classes, data.name, data.images.shape) == (("cat", "dog"), "pets", (10, 3, 4))
    assert data.images[:, 0, 0].tolist() == [10, 11, 12, 13, 14, 0, 1, 2, 3, 4]
    assert data.only(1).classes == data[:3].classes == ("cat", "dog")
    train, test = nn.datasets.read_folder(here, test=0.2)
    assert np.bincount(train.labels).tolist() == [4, 4]
    assert np.bincount(test.labels).tolist() == [1, 1]
    assert not np.isin(test.images[:, 0, 0], train.images[:, 0, 0]).any()
    assert nn.datasets.read_folder(here, size=28).images.shape == (10, 28, 28)
    assert nn.datasets.read_folder(here, size=(2, 5), classes=["dog", "cat"]).labels[0] == 1


def test_folders_of_photos_of_digits(tmp_path):
    _, _, test = nn.datasets.load_sample()
    for i in range(3):
        (tmp_path / str(test.labels[i])).mkdir(exist_ok=True)
        large = Image.fromarray(255 - test.images[i]).resize((200, 200), Image.Resampling.BICUBIC)
        page = Image.new("L", (500, 400), 255)
        page.paste(large, (100, 100))
        page.save(tmp_path / str(test.labels[i]) / f"{i}.png")
    assert nn.datasets.read_folder(tmp_path, digits=True).images.shape == (3, 28, 28)


def test_folders_are_refused(tmp_path):
    here = folder(tmp_path / "a")
    Image.new("L", (9, 9)).save(here / "cat" / "odd.png")
    with pytest.raises(ValueError, match=r"odd.png: 9 x 9 pixels, but 0.png has 3 x 4; size=\(3, 4\)"):
        nn.datasets.read_folder(here)
    assert len(nn.datasets.read_folder(here, size=(3, 4))) == 11
    (here / "cat" / "notes.txt").write_text("text")
    with pytest.raises(ValueError, match=r"notes.txt: not a picture"):
        nn.datasets.read_folder(here, size=4)
    (here / "cat" / "notes.txt").unlink()
    (here / "cat" / "link.png").symlink_to("/etc/passwd")
    with pytest.raises(ValueError, match=r"link.png: a link"):
        nn.datasets.read_folder(here, size=4)
    (here / "cat" / "link.png").unlink()
    (here / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty: no picture"):
        nn.datasets.read_folder(here, size=4)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        nn.datasets.read_folder(tmp_path / "missing")


def test_a_folder_of_train_and_test_says_how_to_read_both(tmp_path):
    folder(tmp_path / "train")
    folder(tmp_path / "test", ("dog",), 2)
    with pytest.raises(ValueError, match="parts of a data set") as error:
        nn.datasets.read_folder(tmp_path)
    names = {"nn": nn}
    first, second = str(error.value).split("by itself: ")[1].split(", other = ")
    exec(f"{first}\nother = {second}", names)
    assert names["data"].classes == names["other"].classes == ("cat", "dog")
    assert names["other"].labels.tolist() == [1, 1]


@pytest.mark.parametrize("name", ["xor", "circles", "moons", "spirals"])
def test_toys(name):
    X, y = nn.datasets.toy(name, n=100, noise=0.02, seed=3)
    again = nn.datasets.toy(name, n=100, noise=0.02, seed=3)
    assert (X.shape, X.dtype, np.bincount(y).tolist()) == ((100, 2), np.float64, [50, 50])
    assert np.array_equal(X, again[0])
    assert not np.array_equal(X, nn.datasets.toy(name, n=100, noise=0.02, seed=4)[0])
    distances = ((X[:, None] - X) ** 2).sum(axis=2) + np.eye(100) * 9
    assert (y[distances.argmin(axis=1)] == y).mean() > 0.9  # neighbours are of one class: it can be learned


@pytest.mark.parametrize(("options", "pattern"), [
    ({"name": "donuts"}, "name: one of 'xor'"), ({"name": "xor", "n": 1}, "n: "),
    ({"name": "xor", "noise": -1}, "noise: "), ({"name": "xor", "seed": -1}, "seed: "),
])  # fmt: skip
def test_toys_are_refused(options, pattern):
    with pytest.raises(ValueError, match=pattern):
        nn.datasets.toy(**options)


def test_the_remedies_of_tables(tmp_path):
    """What the messages name works on the very file that brings them."""
    with pytest.raises(ValueError, match="which column") as error:
        table(tmp_path, "1,2,0\n3,4,1\n")
    assert "target=-1 is its last, target=0 its first" in str(error.value)
    assert table(tmp_path, "1,2,0\n3,4,1\n", -1).y.tolist() == [0, 1]
    with pytest.raises(ValueError, match=r"target='b' is its last, target=0 its first"):
        table(tmp_path, "a,b\n1,2\n")
    assert table(tmp_path, "a,b\n1,2\n", "b").X.tolist() == [[1]]
    with pytest.raises(ValueError, match="regression=True"):
        table(tmp_path, "a,label\n1,0.5\n")
    assert table(tmp_path, "a,label\n1,0.5\n", regression=True).y.tolist() == [0.5]
    with pytest.raises(ValueError, match="if these are the classes, target='kind'; otherwise columns="):
        table(tmp_path, "kind,a,b\nx,1,2\ny,3,4\n", "b")
    assert table(tmp_path, "kind,a,b\nx,1,2\ny,3,4\n", "kind").classes == ("x", "y")
    assert table(tmp_path, "kind,a,b\nx,1,2\ny,3,4\n", "b", columns=["a"]).X.tolist() == [[1], [3]]
    with pytest.raises(ValueError, match="write commas between the fields"):
        table(tmp_path, "a|label\n1|x\n2|y\n")
    assert table(tmp_path, "a,label\n1,x\n2,y\n").classes == ("x", "y")
    with pytest.raises(ValueError, match="this is a text in UTF-16; save it as UTF-8"):
        table(tmp_path, "a,label\n1,x\n2,y\n".encode("utf-16"))
