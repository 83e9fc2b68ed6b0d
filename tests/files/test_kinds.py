"""`recognise` says what a file is; `refusal` says it in the readers' messages; names promise formats."""

import bz2
import gzip
import io
import json
import os
import pickle
import re
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from support.data_files import idx_bytes, small_data

import nncore as nn
from nncore._exchange import EXCHANGED
from nncore.book import network2
from nncore.files import kinds, streams


def zipped(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


def saved(save, *arguments, **keywords):
    buffer = io.BytesIO()
    save(buffer, *arguments, **keywords)
    return buffer.getvalue()


def tarred():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return buffer.getvalue()


IMAGES, LABELS = small_data()
NETWORK2 = json.dumps({"biases": [[[0.0]]], "cost": "QuadraticCost", "sizes": [1, 1], "weights": [[[1.0]]]})
FILES = {
    "nothing": (b"", "an empty file"),
    "images": (idx_bytes(IMAGES), "an IDX file of 6 images of 28 x 28"),
    "labels": (idx_bytes(LABELS.astype(np.uint8)), "an IDX file of 6 labels"),
    "images.gz": (gzip.compress(idx_bytes(IMAGES)), "6 images of 28 x 28, compressed with gzip"),
    "cut.gz": (b"\x1f\x8b\x08", "a gzip file that is cut off or damaged"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "a Git LFS pointer"),
    "array.npy": (saved(np.save, np.zeros(3)), r"an array that NumPy saved \(\.npy\)"),
    "arrays.npz": (
        saved(np.savez, a=np.zeros(3), b=np.ones(2)),
        "an .npz file of NumPy's with the arrays a, b",
    ),
    "mnist.npz": (saved(np.savez, x_train=0, y_train=0, x_test=0, y_test=0), "MNIST as Keras distributes it"),
    "data.zip": (zipped("a.png", "b.png"), "a zip archive with a.png, b.png"),
    "cut.zip": (zipped("a.png")[:40], "a zip file that is cut off or damaged"),
    "model.pt": (zipped("model/data.pkl", "model/version"), "a file that PyTorch saved"),
    "model.keras": (zipped("config.json", "model.weights.h5"), "a network that Keras saved"),
    "table.xlsx": (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Office document"),
    "model.h5": (b"\x89HDF\r\n\x1a\n" + bytes(90), "an HDF5 file"),
    "photo": (b"\x89PNG\r\n\x1a\n" + bytes(90), r"a picture \(PNG\)"),
    "photo.jpg": (b"\xff\xd8\xff\xe0" + bytes(90), r"a picture \(JPEG\)"),
    "data.mat": (b"MATLAB 5.0 MAT-file, Platform", "a file of MATLAB's"),
    "page.npz": (b"\n<!DOCTYPE html><html>", "a web page"),
    "error.xml": (b"<?xml version='1.0'?><Error>", "an XML or HTML text"),
    "net.json": (NETWORK2.encode(), "a network that network2 saved as JSON"),
    "net.json.gz": (gzip.compress(NETWORK2.encode()), "JSON, compressed with gzip"),
    "other.json": (b'{"a": [1, 2]}', "JSON, but not a network that network2 saved"),
    "mnist.arff": (b"% comment\n@RELATION mnist\n@DATA\n", "an ARFF table"),
    "train.csv": (b"label,p0,p1\n3,0,255\n4,0,0\n", "a CSV table of 3 columns, whose first line names them"),
    "train.tsv": (b"3\t0\t255\n4\t0\t0\n", "a CSV table of 3 columns"),
    "notes": (b"weights of my network", "a text that begins 'weights of my networ'"),
    "list.pkl": (pickle.dumps([1, 2]), "a pickle"),
    "old.pkl": (pickle.dumps(Path("x"), protocol=0), "a pickle of objects from "),
    "tree.pkl": (pickle.dumps(np.zeros(3), protocol=4), "a pickle of objects from numpy"),
    "old": (pickle.dumps(np.zeros(3), protocol=0), "a pickle of objects from numpy"),
    "archive.tar": (tarred(), "a tar archive"),
    "archive.tgz": (gzip.compress(tarred()), "a tar archive, compressed with gzip"),
    "file.bz2": (bz2.compress(b"a"), "a file compressed with bzip2"),
    "net.html": (
        f"<!doctype html>\n<head>{kinds.PAGE_MARK}".encode(),
        "a web page that nncore saved, with a network in it",
    ),
    "net.safetensors": (struct.pack("<Q", 2) + b"{}", "a safetensors file"),
    "net.onnx": (b"\x08\x07\x12\x07pytorch", "an ONNX network"),
    "bytes": (bytes(range(1, 40)), "a file that nncore does not know: it begins with 01 02 03"),
}


@pytest.mark.parametrize("name", FILES)
def test_every_reader_says_what_the_file_is(tmp_path, name):
    content, what = FILES[name]
    path = tmp_path / name
    path.write_bytes(content)
    kind = kinds.recognise(path)
    assert re.search(what, kind.what)
    readers = {
        nn.load: "network ensemble network2 onnx safetensors page",
        nn.Ensemble.load: "network ensemble",
        network2.load: "network2",
        nn.datasets.load_mnist: "pickle keras idx",  # gzip says so, too
        nn.datasets.read_idx: "idx gzip",
    }
    for read, own in readers.items():
        if kind.name not in own.split():
            with pytest.raises(ValueError, match=what) as error:
                read(path)
            assert str(error.value).startswith(f"{path}: expected ")
            assert str(error.value).endswith(kind.advice)


def test_networks_and_ensembles_of_nncore_are_told_apart(tmp_path):
    net = nn.Network([2, 3, 1], seed=0)
    net.save(tmp_path / "net.npz")
    nn.Ensemble([net]).save(tmp_path / "ensemble.npz")
    assert kinds.recognise(tmp_path / "net.npz") == kinds.NETWORK
    assert kinds.recognise(tmp_path / "ensemble.npz") == kinds.ENSEMBLE
    with pytest.raises(ValueError, match=r"nn\.Ensemble\.load reads it"):
        nn.load(tmp_path / "ensemble.npz")
    with pytest.raises(ValueError, match=r"nn\.load reads it"):
        nn.Ensemble.load(tmp_path / "net.npz")


READERS = [nn.load, nn.Ensemble.load, network2.load, nn.datasets.read_idx, kinds.recognise]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes as POSIX has them")
@pytest.mark.parametrize("read", [*READERS, nn.datasets.load_mnist])
def test_what_is_no_file_is_refused_at_once(tmp_path, read):
    os.mkfifo(tmp_path / "pipe")
    places = {tmp_path / "pipe": "a pipe"}
    if os.path.exists("/dev/zero"):
        places[Path("/dev/zero")] = "a device"
    if read is not nn.datasets.load_mnist:
        places[tmp_path] = "a folder"
    for path, what in places.items():
        with pytest.raises(ValueError, match=f"{path}: expected a file, but this is {what}"):
            read(path)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "nothing")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes as POSIX has them")
def test_a_pipe_that_takes_the_place_of_a_file_does_not_block(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(streams, "refuse_all_but_files", lambda path: None)  # it was a file when that looked
    with pytest.raises(ValueError, match="expected a file"):
        streams.open_file(tmp_path / "pipe")


@pytest.mark.parametrize("suffix", sorted(set(kinds.PROMISES) - {"npz"}))
def test_a_name_that_promises_another_format_is_refused(tmp_path, suffix):
    net = nn.Network([2, 1], seed=0)
    for each in [nn.Ensemble([net])] if f".{suffix}" in (*EXCHANGED, ".json") else [net, nn.Ensemble([net])]:
        path = tmp_path / f"net.{suffix}"
        with pytest.raises(ValueError, match=f"net.{suffix}' names .*type '.*net.npz'") as error:
            each.save(path)
        assert os.listdir(tmp_path) == []
        each.save(str(error.value).rsplit("type ", 1)[1].strip("'"))
        (tmp_path / "net.npz").unlink()


WRITERS = {  # what writes one format under any name that promises none: that format
    "npz": lambda path: nn.callbacks.Checkpoint(path),
    "csv": lambda path: nn.callbacks.CSVLog(path),
    "json": lambda path: network2.Network([2, 1]).save(path),
}


@pytest.mark.parametrize("suffix", sorted(kinds.PROMISES))
@pytest.mark.parametrize("writes", WRITERS)
def test_what_writes_one_format_refuses_the_names_of_others(tmp_path, writes, suffix):
    name = tmp_path / f"run.{suffix}"
    if suffix == writes or (suffix == "txt" and writes != "npz"):
        WRITERS[writes](name)
        return
    for path in (name, str(name).upper()):
        with pytest.raises(ValueError, match=r"names .*; type '") as error:
            WRITERS[writes](path)
        assert os.listdir(tmp_path) == []
    with pytest.raises(ValueError, match=f"run.{suffix}' names .*type '.*run.{writes}'") as error:
        WRITERS[writes](name)
    WRITERS[writes](str(error.value).rsplit("type ", 1)[1].strip("'"))


@pytest.mark.parametrize("writes", WRITERS)
@pytest.mark.parametrize("name", ["run", "run.dat", "run.log", "run-0.5", ".run", "RUN.{}"])
def test_what_writes_one_format_takes_any_other_name(tmp_path, writes, name):
    WRITERS[writes](tmp_path / name.format(writes.upper()))


@pytest.mark.parametrize(
    ("name", "meant"), [("net.onx", "net.onnx"), ("a.safetensor", "a.safetensors"), ("n.jsn", "n.json")]
)
def test_a_slip_in_an_ending_is_no_name_for_nncores_own_format(tmp_path, name, meant):
    with pytest.raises(ValueError, match=f"{name}' names no format that is written; type '.*{meant}'"):
        nn.Network([2, 1], seed=0).save(tmp_path / name)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["net", "net.npz", "NET.NPZ", "run-0.5", "net.v2", "net.nncore", ".net"])
def test_other_names_are_as_good_as_any(tmp_path, name):
    net = nn.Network([2, 1], seed=0)
    net.save(tmp_path / name)
    assert nn.load(tmp_path / name).parameters.tobytes() == net.parameters.tobytes()
    assert os.listdir(tmp_path) == [name]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes as POSIX has them")
@pytest.mark.parametrize("name", ["net.npz", "net.json"])
def test_what_is_no_file_is_not_written(tmp_path, name):
    net = nn.Network([2, 1], seed=0)
    os.mkfifo(tmp_path / name)
    with pytest.raises(ValueError, match=f"{name}: expected a file, but this is a pipe; name a file$"):
        net.save(tmp_path / name)
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    with pytest.raises(
        ValueError, match=f"{name}: expected a file, but this is a folder; name a file in it$"
    ):
        net.save(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "better"),
    [("net.npz.gz", "net.npz"), ("net.v2.h5", "net.v2.npz"), ("net.json.gz", "net.json.npz")],
)
def test_the_name_that_is_advised_can_be_written(tmp_path, name, better):
    net = nn.Network([2, 1], seed=0)
    with pytest.raises(ValueError, match="type ") as caught:
        net.save(tmp_path / name)
    advised = re.search(r"type '(.*)'$", str(caught.value))[1]
    assert advised == str(tmp_path / better)
    net.save(advised)
    assert nn.load(advised).sizes == [2, 1]
