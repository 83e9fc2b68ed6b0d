"""A network that fits network2's format is saved in it, and read from it, by the suffix .json."""

import json

import numpy as np
import pytest

import nncore as nn
from nncore.book import network2
from nncore.formats import book_json


@pytest.mark.parametrize("cost", ["quadratic", "cross-entropy"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_becomes_json_and_comes_back(tmp_path, cost, dtype):
    net = nn.Network([4, 3, 2], cost=cost, dtype=dtype, seed=0)
    net.save(tmp_path / "net.json")
    X = np.random.default_rng(0).random((5, 4))
    again = nn.load(tmp_path / "net.json")
    assert (again.sizes, again.cost_name, again.dtype) == ([4, 3, 2], cost, "float64")
    for ours, theirs in zip([*net.weights, *net.biases], [*again.weights, *again.biases], strict=True):
        np.testing.assert_array_equal(ours.astype("float64"), theirs)
    np.testing.assert_array_equal(network2.load(tmp_path / "net.json").weights[0], net.weights[0])
    np.testing.assert_allclose(again.feedforward(X), net.feedforward(X), rtol=1e-5)


def test_nn_load_reads_what_network2_saved(tmp_path):
    theirs = network2.Network([4, 3, 2], cost=network2.QuadraticCost)
    theirs.save(tmp_path / "net")  # the name does not matter
    ours = nn.load(tmp_path / "net")
    np.testing.assert_array_equal(ours.parameters, theirs.parameters)
    assert ours.cost_name == "quadratic"


def test_json_may_begin_with_a_mark_of_its_encoding(tmp_path):
    nn.Network([2, 1], seed=0).save(tmp_path / "net.json")
    content = (tmp_path / "net.json").read_bytes()
    (tmp_path / "net.json").write_bytes(b"\xef\xbb\xbf\n " + content)
    assert nn.load(tmp_path / "net.json").sizes == [2, 1]


@pytest.mark.parametrize(
    ("net", "has"),
    [
        (nn.Network([nn.Dense(3, "relu"), nn.Dense(2)], input_shape=(4,)), "relu"),
        (nn.Network([nn.Dense(3, dropout=0.5), nn.Dense(2)], input_shape=(4,)), "dropout"),
        (nn.Network([nn.Softmax(3)], input_shape=(4,)), "Softmax"),
        (nn.Network([nn.Conv2D(1, 3), nn.Dense(2)], input_shape=(1, 4, 4)), "Conv2D"),
        (nn.Network([nn.Dense(2)], input_shape=(1, 4, 4)), "images"),
    ],
    ids=["relu", "dropout", "softmax", "convolution", "images"],
)
def test_a_network_that_does_not_fit_is_refused(tmp_path, net, has):
    with pytest.raises(
        ValueError, match=f"path: a .json file is network2's.*{has}.*type '.*net.npz'"
    ) as error:
        net.save(tmp_path / "net.json")
    net.save(str(error.value).rsplit("type ", 1)[1].strip("'"))
    nn.load(tmp_path / "net.npz")


GOOD = {"sizes": [2, 1], "weights": [[[0.5, 1.0]]], "biases": [[[0.0]]], "cost": "QuadraticCost"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (json.dumps(GOOD | {"more": [[]] * 2000}), "it has more lists than its sizes say"),
        (json.dumps(GOOD | {"sizes": [10**9, 10**9], "more": [[]] * 3_000_000}), "more lists than its sizes"),
        (json.dumps(GOOD).replace("0.5", "1" * 5000), "4300 digits"),
        (json.dumps(GOOD).replace("[0.5", "[" * 900 + "0.5"), "expected a network that network2 saved"),
    ],
    ids=["lists", "lists and sizes", "digits", "depth"],
)
def test_json_out_of_all_proportion_is_refused(tmp_path, text, says):
    path = tmp_path / "net.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=says):
        nn.load(path)


def test_json_has_a_largest_size(tmp_path, monkeypatch):
    monkeypatch.setattr(book_json, "MOST_BYTES", 50)
    (tmp_path / "net.json").write_text(json.dumps(GOOD))
    with pytest.raises(ValueError, match="it has more than 50 bytes"):
        nn.load(tmp_path / "net.json")
