"""Networks go into safetensors files and come back to the bit; other libraries read the same numbers."""

import json
import re
import sys

import numpy as np
import pytest
from support.exchange import NETWORKS, classes

import nncore as nn

safetensors = pytest.importorskip("safetensors.numpy", reason="pip install safetensors")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_comes_back_to_the_bit(tmp_path, name, dtype):
    net = NETWORKS[name](dtype)
    net.save(tmp_path / "net.safetensors")
    again = nn.load(tmp_path / "net.safetensors")
    assert (again.layers, again.input_shape, again.cost_name) == (net.layers, net.input_shape, net.cost_name)
    assert (again.dtype, again.seed, again.epochs_trained) == (net.dtype, net.seed, net.epochs_trained)
    np.testing.assert_array_equal(again.parameters, net.parameters)
    assert [run.settings for run in again.training_record] == [run.settings for run in net.training_record]


@pytest.mark.parametrize("name", ["book", "maps: rectangles, same"])
def test_arrays_have_the_numbers_of_the_network(tmp_path, name):
    """Weights are transposed views; the library would write their memory in its own order."""
    net = NETWORKS[name]("float32")
    assert not net.weights[0].flags.c_contiguous
    net.save(tmp_path / "net.safetensors")
    arrays = safetensors.load_file(tmp_path / "net.safetensors")
    with_weights = [l for l, layer in enumerate(net.layers) if not isinstance(layer, nn.MaxPool2D)]
    assert set(arrays) == {f"layers.{l}.{what}" for l in with_weights for what in ("weight", "bias")}
    for l, w, b in zip(with_weights, net.weights, net.biases, strict=True):
        np.testing.assert_array_equal(arrays[f"layers.{l}.weight"], w)
        np.testing.assert_array_equal(arrays[f"layers.{l}.bias"], b[:, 0])


def test_metadata(tmp_path):
    classes().save(tmp_path / "net.safetensors")
    with __import__("safetensors").safe_open(tmp_path / "net.safetensors", "np") as file:
        metadata = file.metadata()
    assert metadata["format"] == "pt"
    assert json.loads(metadata["nncore"])["layers"][0]["activation"] == "relu"


def test_dtype_on_request(tmp_path):
    net = nn.Network([3, 2], dtype="float64", seed=0)
    net.save(tmp_path / "net.safetensors", dtype="float32")
    assert nn.load(tmp_path / "net.safetensors").dtype == "float32"
    np.testing.assert_array_equal(
        nn.load(tmp_path / "net.safetensors").parameters, net.copy("float32").parameters
    )


@pytest.mark.parametrize("names", [("0.weight", "0.bias"), ("fc1.weight", "fc1.bias")])
def test_other_files_are_read_as_a_state_dict(tmp_path, names):
    arrays = {names[0]: np.ones((2, 3), np.float32), names[1]: np.zeros(2, np.float32)}
    path = tmp_path / "model.safetensors"
    safetensors.save_file(arrays, path, {"format": "pt"})
    with pytest.raises(ValueError, match="it holds arrays, but nncore did not save it") as error:
        nn.load(path)
    assert str(path) in str(error.value)
    advised = re.search(r"nn\.Network\.from_state_dict\(.*\]\)", str(error.value))[0]
    advised = advised.replace("FILE", "path").replace("[...]", "['tanh']")
    import safetensors as package

    net = eval(advised, {"nn": nn, "safetensors": package, "path": path})
    assert net.layers == (nn.Dense(2, "tanh"),)


def packed(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


DESCRIPTION = {
    "layers": [{"type": "Dense", "n": 1, "activation": "sigmoid", "dropout": 0.0}],
    "input_shape": [2],
    "cost": "quadratic",
    "dtype": "float32",
    "seed": 1,
    "epochs_trained": 0,
}
W, B = entry("F32", [1, 2], 0, 8), entry("F32", [1], 8, 12)
NUMBERS = np.arange(3, dtype=np.float32).tobytes()


def header(description=DESCRIPTION, **entries):
    text = description if isinstance(description, str) else json.dumps(description)
    arrays = {"layers.0.weight": W, "layers.0.bias": B} | entries
    return {"__metadata__": {"format": "pt", "nncore": text}} | {k: v for k, v in arrays.items() if v}


def test_a_file_made_by_hand_is_read(tmp_path):
    (tmp_path / "net.safetensors").write_bytes(packed(header(), NUMBERS))
    assert nn.load(tmp_path / "net.safetensors").weights[0].tolist() == [[0.0, 1.0]]


@pytest.mark.parametrize(
    "content",
    [
        packed(header(), NUMBERS[:-1]),
        packed(header(), NUMBERS + b"more"),
        packed(header())[:40],
        (2**62).to_bytes(8, "little") + b"{",
        packed(b"{" * 5000),
        packed(b'{"a": ' * 900 + b"1" + b"}" * 900),
        packed(b'{"__metadata__": [' + b"[]," * 200_000 + b"1]}"),
        packed(header("[")),
        packed(header("[1]")),
        packed(header("{}")),
        packed(header("[" * 100_000)),
        *(packed(header({k: v for k, v in DESCRIPTION.items() if k != out}), NUMBERS) for out in DESCRIPTION),
        packed(header().__repr__().encode("utf-16")),
        packed(header(DESCRIPTION | {"layers": 5}), NUMBERS),
        packed(header(DESCRIPTION | {"layers": ["Dense"]}), NUMBERS),
        packed(header(DESCRIPTION | {"layers": [{"type": "Dense", "n": 10**12}]}), NUMBERS),
        packed(header(DESCRIPTION | {"input_shape": [2**40]}), NUMBERS),
        packed(header(DESCRIPTION | {"dtype": "float16"}), NUMBERS),
        packed(header(**{"layers.0.bias": None}), NUMBERS[:8]),
        packed(header(**{"layers.1.bias": entry("F32", [1], 12, 16)}), NUMBERS + bytes(4)),
        packed(header(**{"layers.0.weight": entry("F32", [2**40, 2], 0, 8)}), NUMBERS),
        packed(header(**{"layers.0.weight": entry("I32", [1, 2], 0, 8)}), NUMBERS),
        packed(header(**{"layers.0.weight": entry("BF16", [2, 2], 0, 8)}), NUMBERS),
        packed(header(**{"layers.0.weight": entry("F32", [1, 2], 4, 12)}), NUMBERS),
        packed(header(), np.float32([np.nan, 1, 1]).tobytes()),
        packed(header() | {"__metadata__": {"nncore": 5}}, NUMBERS),
    ],
)
def test_damaged_files_are_refused(tmp_path, content):
    path = tmp_path / "net.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError) as error:
        nn.load(path)
    assert str(path) in str(error.value)


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    nn.Network([2, 1], seed=0).save(tmp_path / "net.safetensors")
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    for call in (
        lambda: nn.load(tmp_path / "net.safetensors"),
        lambda: nn.Network([2, 1]).save(tmp_path / "b.safetensors"),
    ):
        with pytest.raises(ImportError, match="pip install safetensors"):
            call()
