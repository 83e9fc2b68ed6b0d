"""`load_mnist` finds the files or downloads them, and refuses others by their names."""

import gzip
import hashlib
import struct
import subprocess
import sys
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
def test_load_mnist_names_what_is_missing(tmp_path, few, monkeypatch, missing):
    if missing < 4:  # one of the files
        write_idx(tmp_path, few)
        (tmp_path / IDX_NAMES[missing]).unlink()
    says = f"{IDX_NAMES[missing]} missing in {tmp_path}" if missing < 4 else f"{tmp_path} holds no files"
    with pytest.raises(
        FileNotFoundError, match=f"path: there is no MNIST in {tmp_path}: {says}.*NNCORE_DATA.*load_sample"
    ):
        datasets.load_mnist(tmp_path)
    monkeypatch.setenv("NNCORE_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match=f"NNCORE_DATA: there is no MNIST in .*: {says}"):
        datasets.load_mnist()


def test_images_without_as_many_labels_are_refused(tmp_path, few):
    write_idx(tmp_path, few)
    images = tmp_path / IDX_NAMES[0]
    images.write_bytes(idx_bytes(np.zeros((3, 28, 28), np.uint8)))
    with pytest.raises(
        ValueError,
        match=r"train-labels-idx1-ubyte: expected 3 labels, one for each image of train-images-idx3-ubyte, "
        r"got shape \(4,\)",
    ):
        datasets.load_mnist(tmp_path)
    images.write_bytes(idx_bytes(np.zeros(4, np.uint8)))
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte: expected images, .*got shape \(4,\)"):
        datasets.load_mnist(tmp_path)
