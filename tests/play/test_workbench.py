"""What is open, and what may be opened."""

import json
import tempfile

import numpy as np
import pytest

import nncore as nn
from nncore.play import wire
from nncore.play.workbench import Stock, Workbench, shown_name


def file_of(net, tmp_path, suffix):
    path = tmp_path / f"net{suffix}"
    net.save(path)
    return path.read_bytes()


def open_bench(net, name=""):
    return Workbench(net, name, nn.datasets.load_sample())


@pytest.mark.parametrize("suffix", [".npz", ".json", ".onnx", ".safetensors"])
def test_each_format_is_opened_from_its_bytes(bench, tmp_path, suffix):
    if suffix in (".onnx", ".safetensors"):
        pytest.importorskip(suffix[1:])
    net = nn.Network([784, 8, 10], seed=5)
    found = bench.open(f"eight{suffix}", memoryview(file_of(net, tmp_path, suffix)))
    assert found["title"] == f"eight{suffix}, 784-8-10"
    assert found == bench.description()
    for mine, theirs in zip(bench.net.weights, net.weights, strict=True):
        assert np.array_equal(mine.astype(np.float32), theirs)


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.npz", b"", "a.npz: expected a whole file of nncore's, but this is an empty file"),
        ("a.npz", b"\x89PNG\r\n\x1a\n" + bytes(50), "but this is a picture (PNG)"),
        ("../../etc/passwd", b"root:x:0:0:root:/root:/bin/bash\n", "passwd: expected"),
        ("C:\\nets\\a.npz", b"\x80\x04.", "a.npz: expected a whole file of nncore's, but this is a pickle"),
        ("x\n\x1b[31m.json", b"{", ".json: expected"),
        ("a" * 500 + ".json", b'{"sizes": [2, 1]}', "aaa.json: expected"),
        ("a.json/", b"{", "expected"),
        ("", b"{", "expected"),
        ("a..\0", b"{", "expected"),
    ],
)
def test_what_is_no_network_is_refused_by_the_readers_and_the_old_one_stays(bench, name, data, text):
    before = bench.net
    with pytest.raises(ValueError) as refused:
        bench.open(name, data)
    message = str(refused.value)
    assert text in message
    assert "nncore-play-" not in message
    assert message.isprintable()
    assert bench.net is before


def test_nothing_is_left_of_a_file(bench, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    bench.open("net.npz", file_of(nn.Network([784, 10], seed=1), tmp_path, ".npz"))
    with pytest.raises(ValueError, match="expected"):
        bench.open("net.npz", b"no")
    assert list((tmp_path / "t").iterdir()) == []


def test_a_network_for_other_inputs_is_opened_and_says_so(bench, tmp_path):
    found = bench.open("xor.npz", file_of(nn.Network([2, 3, 1], seed=0), tmp_path, ".npz"))
    assert not found["draws"]
    assert found["accuracy"] is None
    assert found["sentence"] == "The network takes 2 numbers; a drawing has 28 x 28."
    assert found["input"] == {"shape": [2], "images": None}


def test_the_description_of_a_trained_network():
    train, _, test = nn.datasets.load_sample()
    net = nn.Network([784, 15, 10], seed=2**63 + 5)
    net.SGD(train[:1000], epochs=2, mini_batch_size=10, eta=0.5, lmbda=1.0)
    found = open_bench(net, "fifteen.npz").description()
    assert found["accuracy"] == net.accuracy(test)
    assert found["seed"] == str(2**63 + 5)
    assert found["epochs_trained"] == 2
    assert found["training"][0]["epochs"] == 2
    assert "eta 0.5" in found["training"][0]["settings"]
    assert found["classes"] == [str(digit) for digit in range(10)]
    assert found["parameters"] == 784 * 15 + 15 + 15 * 10 + 10
    json.dumps(found)
    wire.pack("", {"network": found})


def test_a_convolutional_network_is_described():
    layers = [
        nn.Conv2D(4, (5, 3), "relu", padding="same"),
        nn.MaxPool2D(2),
        nn.Dense(8, dropout=0.5),
        nn.Softmax(10),
    ]
    found = open_bench(nn.Network(layers, input_shape=(1, 28, 28), seed=0), "c.npz").description()
    assert found["title"].startswith("c.npz, 1 x 28 x 28, Conv2D(4, (5, 3)")
    assert found["input"] == {"shape": [1, 28, 28], "images": [28, 28]}
    first, pool, dense, _ = found["layers"]
    assert first["weight_shape"] == [4, 1, 5, 3]
    assert (first["size"], first["padding"], first["shape"]) == ([5, 3], "same", [4, 28, 28])
    assert (pool["size"], pool["weight_shape"]) == ([2, 2], None)
    assert dense["dropout"] == 0.5


def test_a_network_that_reads_no_digits_has_no_accuracy():
    train, _, _ = nn.datasets.load_sample()
    shirts = nn.Dataset(train.images[:200], train.labels[:200], class_names=[f"shirt {k}" for k in range(10)])
    net = nn.Network([784, 10], seed=0)
    net.SGD(shirts, 1, 10, 0.5)
    found = open_bench(net).description()
    assert found["accuracy"] is None
    assert found["classes"][3] == "shirt 3"


def test_connections_have_networks_of_their_own():
    net = nn.Network([784, 10], seed=0)
    stock = Stock(net, "a")
    first, second = stock.workbench(), stock.workbench()
    first.net.weights[0][...] = 7
    assert not (second.net.weights[0] == 7).any()
    assert not (net.weights[0] == 7).any()


def test_the_default_network_reads_94_of_100_digits():
    bench = Stock().workbench()
    assert bench.title == "784-30-10"
    assert bench.net.layers == nn.Network([784, 30, 10]).layers
    assert bench.accuracy() > 0.935


def test_a_stock_that_cannot_be_made_says_why(monkeypatch):
    def refuse():
        raise OSError("digits.npz: not there")

    monkeypatch.setattr(nn.datasets, "load_sample", refuse)
    with pytest.raises(OSError, match="not there"):
        Stock().workbench()


def test_names_are_shown_on_one_line_and_never_whole_paths():
    assert shown_name("a/b/c.npz") == "c.npz"
    assert shown_name("C:\\a\\b.npz") == "b.npz"
    assert shown_name("a\nb\u202e.npz") == "a b .npz"
    assert len(shown_name("x" * 1000)) == 80
    with pytest.raises(TypeError, match="name: text needed"):
        shown_name(3)
