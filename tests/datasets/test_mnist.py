"""`load_mnist` finds the files or downloads them, and refuses others by their names."""

import gzip
import hashlib
import http.server
import struct
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from support.data_files import IDX_NAMES, assert_few, idx_bytes, small_data, write_idx

from nncore import datasets


def test_mnist(mnist):
    train, validation, test = mnist
    assert [part.images.shape for part in mnist] == [(50_000, 28, 28), (10_000, 28, 28), (10_000, 28, 28)]
    assert all(part.images.dtype == np.uint8 for part in mnist)
    # how often each digit comes, as published
    assert list(np.bincount(test.labels)) == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert list(np.bincount(validation.labels)) == [991, 1064, 990, 1030, 983, 915, 967, 1090, 1009, 961]
    pixels = hashlib.sha256(struct.pack(">4I", 2051, 60_000, 28, 28))
    pixels.update(train.images)
    pixels.update(validation.images)
    assert pixels.hexdigest() == "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/self/status is Linux's")
def test_mnist_takes_little_memory(mnist):
    program = (  # VmHWM is this process's own peak; ru_maxrss begins with that of the one that started it
        "import nncore.datasets as d; d.load_mnist(); "
        "print([line for line in open('/proc/self/status') if 'VmHWM' in line][0].split()[1])"
    )
    peak = int(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout) / 1024
    assert peak < 180  # MB; MNIST itself is 55


@pytest.mark.parametrize("folder", ["", "mnist"])
@pytest.mark.parametrize(
    ("spell", "pack"),
    [
        (lambda name: name, bytes),
        (lambda name: name + ".gz", gzip.compress),
        (lambda name: name.replace("-idx", ".idx"), bytes),
        (lambda name: name.replace("-idx", ".idx") + ".gz", gzip.compress),
        (lambda name: name + ".gz", bytes),  # unpacked, and not renamed
    ],
    ids=["plain", "gzip", "dot", "dot-gzip", "misnamed"],
)
def test_load_mnist_finds_the_four_files(tmp_path, few, folder, spell, pack):
    write_idx(tmp_path / folder, few, spell, pack)
    assert_few(datasets.load_mnist(tmp_path), few)
    assert_few(datasets.load_mnist(str(tmp_path)), few)


def test_load_mnist_tries_path_then_NNCORE_DATA_then_cache(tmp_path, few, monkeypatch):
    for place, seed in (("path", 1), ("data", 2), ("cache", 3)):
        write_idx(tmp_path / place, small_data(seed=seed))
    monkeypatch.setenv("NNCORE_CACHE", str(tmp_path / "cache"))
    assert_few(datasets.load_mnist(), small_data(seed=3))
    monkeypatch.setenv("NNCORE_DATA", "")  # the same as none
    assert_few(datasets.load_mnist(), small_data(seed=3))
    monkeypatch.setenv("NNCORE_DATA", str(tmp_path / "data"))
    assert_few(datasets.load_mnist(), small_data(seed=2))
    assert_few(datasets.load_mnist(tmp_path / "path"), small_data(seed=1))


def test_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("NNCORE_CACHE", str(tmp_path))
    assert datasets.mnist.cache_folder() == tmp_path
    monkeypatch.delenv("NNCORE_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert datasets.mnist.cache_folder() == tmp_path / "xdg" / "nncore"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert datasets.mnist.cache_folder() == Path.home() / ".cache" / "nncore"


@pytest.mark.parametrize("missing", range(5))
def test_load_mnist_names_the_folder_without_mnist(tmp_path, few, monkeypatch, missing):
    if missing < 4:  # one of the files
        write_idx(tmp_path, few)
        (tmp_path / IDX_NAMES[missing]).unlink()
    with pytest.raises(
        FileNotFoundError, match=f"path: there is no MNIST in {tmp_path}.*NNCORE_DATA.*load_sample"
    ):
        datasets.load_mnist(tmp_path)
    monkeypatch.setenv("NNCORE_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="NNCORE_DATA: there is no MNIST in"):
        datasets.load_mnist()


def test_load_mnist_refuses_other_shapes_and_labels(tmp_path, few):
    write_idx(tmp_path, few)
    images = tmp_path / IDX_NAMES[0]
    good = images.read_bytes()
    images.write_bytes(idx_bytes(np.zeros((3, 28, 28), np.uint8)))
    with pytest.raises(
        ValueError, match=r"train-images-idx3-ubyte: expected shape \(4, 28, 28\).*\(3, 28, 28\)"
    ):
        datasets.load_mnist(tmp_path)
    images.write_bytes(good)
    (tmp_path / IDX_NAMES[3]).write_bytes(idx_bytes(np.array([0, 10], np.uint8)))
    with pytest.raises(ValueError, match="t10k-labels-idx1-ubyte: expected labels 0 to 9, got 10"):
        datasets.load_mnist(tmp_path)


@pytest.fixture
def mirrors(tmp_path, few, monkeypatch):
    """Two mirrors on this machine: the first has other files of these names, the second the right ones."""
    write_idx(tmp_path / "wrong", small_data(seed=9), lambda name: name + ".gz", gzip.compress)
    write_idx(tmp_path / "right", few, lambda name: name + ".gz", gzip.compress)
    hashes = {
        name: hashlib.sha256((tmp_path / "right" / f"{name}.gz").read_bytes()).hexdigest()
        for name in IDX_NAMES
    }

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(datasets.mnist, "SHA256", hashes)
        monkeypatch.setattr(datasets.mnist, "MIRRORS", (f"{address}/wrong/", f"{address}/right/"))
        monkeypatch.setenv("NNCORE_CACHE", str(tmp_path / "cache"))
        yield server
        server.shutdown()


def test_download_takes_only_the_right_files_and_keeps_them(mirrors, few, tmp_path, monkeypatch):
    pytest.importorskip("pooch")
    assert_few(datasets.load_mnist(), few)
    assert sorted(path.name for path in (tmp_path / "cache" / "mnist").iterdir()) == sorted(
        f"{name}.gz" for name in IDX_NAMES
    )
    monkeypatch.setattr(datasets.mnist, "MIRRORS", ())
    assert_few(datasets.load_mnist(), few)  # from the cache


def test_an_unfinished_download_is_finished(mirrors, few, tmp_path):
    pytest.importorskip("pooch")
    write_idx(tmp_path / "cache" / "mnist", few, lambda name: name + ".gz", gzip.compress)
    (tmp_path / "cache" / "mnist" / f"{IDX_NAMES[2]}.gz").unlink()
    assert_few(datasets.load_mnist(), few)


def test_without_a_network_the_message_names_other_ways(tmp_path, few, monkeypatch):
    pytest.importorskip("pooch")
    monkeypatch.setenv("NNCORE_CACHE", str(tmp_path))
    monkeypatch.setattr(datasets.mnist, "MIRRORS", ("http://127.0.0.1:9/",))  # nobody listens there
    with pytest.raises(
        ConnectionError, match=r"could not be downloaded .*path=.*NNCORE_DATA.*load_sample"
    ) as error:
        datasets.load_mnist()
    assert "\n" not in str(error.value)


def test_without_pooch_the_message_says_how_to_install_it(tmp_path, few, monkeypatch):
    monkeypatch.setenv("NNCORE_CACHE", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(
        FileNotFoundError, match=r"pip install \"nncore\[data\]\".*path=.*NNCORE_DATA.*load_sample"
    ):
        datasets.load_mnist()
