"""`load` finds or downloads MNIST's relatives, and brings EMNIST's images and labels into order."""

import gzip
import hashlib
import http.server
import threading
import zipfile
from functools import partial

import numpy as np
import pytest
from support.data_files import IDX_NAMES, idx_bytes, small_data, write_idx

import nncore as nn
from nncore.book import mnist_loader
from nncore.datasets import named


@pytest.fixture
def letters(few):
    """Six images as EMNIST stores them: transposed, letters from 1."""
    images, _ = few
    return images, np.array([1, 26, 3, 4, 5, 6], np.uint8)


def write_emnist(folder, letters, split="letters"):
    images, labels = letters
    folder.mkdir(parents=True, exist_ok=True)
    for part, rows in (("train", slice(0, 4)), ("test", slice(4, 6))):
        for what, data, d in (("images", images, 3), ("labels", labels, 1)):
            path = folder / f"emnist-{split}-{part}-{what}-idx{d}-ubyte.gz"
            path.write_bytes(gzip.compress(idx_bytes(data[rows])))


def check_letters(loaded, letters):
    images, _ = letters
    train, validation, test = loaded
    assert (len(train), len(validation), len(test)) == (3, 1, 2)
    assert np.array_equal(train.images[1], images[1].T)
    assert train.labels.tolist() == [0, 25, 2]
    assert test.classes[train.labels[1]] == "z"
    assert {part.name for part in loaded} == {"emnist-letters"}


def test_emnist_is_upright_and_begins_with_0(tmp_path, letters):
    write_emnist(tmp_path, letters)
    write_emnist(tmp_path, letters, "digits")  # another set in the same folder
    check_letters(nn.datasets.load("emnist-letters", tmp_path), letters)
    with pytest.raises(ValueError, match="26, but it has 10 classes"):
        nn.datasets.load("emnist-digits", tmp_path)


@pytest.fixture
def server(tmp_path):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    (tmp_path / "served").mkdir()
    handler = partial(Quiet, directory=tmp_path / "served")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield tmp_path / "served", f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_emnist_is_downloaded_once_and_unpacked(tmp_path, letters, server, monkeypatch):
    folder, address = server
    write_emnist(tmp_path / "gzip", letters)
    with zipfile.ZipFile(folder / "gzip.zip", "w") as archive:
        for path in sorted((tmp_path / "gzip").iterdir()):
            archive.write(path, f"gzip/{path.name}")
    sha256 = {"gzip.zip": hashlib.sha256((folder / "gzip.zip").read_bytes()).hexdigest()}
    monkeypatch.setattr(named, "EMNIST", named.EMNIST._replace(mirrors=(address,), sha256=sha256))
    monkeypatch.setenv("NNCORE_CACHE", str(tmp_path / "cache"))
    check_letters(nn.datasets.load("emnist-letters"), letters)
    monkeypatch.setattr(named, "EMNIST", named.EMNIST._replace(mirrors=()))
    check_letters(nn.datasets.load("emnist-letters"), letters)
    with pytest.raises(ValueError, match=r"emnist-digits-train-images-idx3-ubyte.gz is not in it"):
        nn.datasets.load("emnist-digits")


def test_fashion_has_its_own_name(tmp_path, few, server, monkeypatch):
    folder, address = server
    write_idx(folder, few, lambda name: name + ".gz", gzip.compress)
    sha256 = {f"{n}.gz": hashlib.sha256((folder / f"{n}.gz").read_bytes()).hexdigest() for n in IDX_NAMES}
    monkeypatch.setattr(named, "FASHION", named.FASHION._replace(mirrors=(address,), sha256=sha256))
    monkeypatch.setenv("NNCORE_CACHE", str(tmp_path / "cache"))
    write_idx(tmp_path / "data", small_data(seed=9))  # MNIST's own place
    monkeypatch.setenv("NNCORE_DATA", str(tmp_path / "data"))
    train, _, _ = nn.datasets.load("fashion-mnist")
    assert np.array_equal(train.images, few[0][:3])
    assert train.classes[9] == "Ankle boot"
    assert (tmp_path / "cache" / "fashion-mnist" / f"{IDX_NAMES[0]}.gz").is_file()
    write_idx(tmp_path / "data" / "FashionMNIST" / "raw", small_data(seed=9))
    assert not np.array_equal(nn.datasets.load("fashion-mnist")[0].images, few[0][:3])


def test_sets_that_are_refused(tmp_path, few, monkeypatch):
    with pytest.raises(ValueError, match='name: one of "mnist", "fashion-mnist"'):
        nn.datasets.load("imagenet")
    with pytest.raises(FileNotFoundError, match="emnist-letters-train-images-idx3-ubyte"):
        nn.datasets.load("emnist-letters", tmp_path)
    labels = np.array(nn.datasets.mnist.FIRST_LABELS, np.uint8)
    images = np.zeros((len(labels), 28, 28), np.uint8)
    for name, data in zip(IDX_NAMES, (images, labels) * 2, strict=True):
        (tmp_path / name).write_bytes(idx_bytes(data))
    with pytest.raises(ValueError, match="this is MNIST, not kmnist"):
        nn.datasets.load("kmnist", tmp_path)


def test_the_books_listing_on_a_fresh_machine(tmp_path, few, monkeypatch):
    monkeypatch.setenv("NNCORE_CACHE", str(tmp_path))
    monkeypatch.setattr(nn.datasets.mnist, "MIRRORS", ("http://127.0.0.1:9/",))  # nobody listens there
    for function, kind in ((mnist_loader.load_data_wrapper, "pairs"), (mnist_loader.load_data, "arrays")):
        with pytest.raises(ConnectionError) as error:
            function()
        message = str(error.value)
        assert "\n" not in message
        code = message.split("In the book's program, ")[1].split(" takes these digits")[0]
        training, validation, test = eval(code, {"mnist_loader": mnist_loader})
        n = [len(part if kind == "pairs" else part[1]) for part in (training, validation, test)]
        assert n == [8000, 1000, 1000]
