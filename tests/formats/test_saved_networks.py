"""Saved, copied and pickled networks are the same networks; other files are refused."""

import copy
import json
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.data_files import memory_below
from support.small import bytes_of, small

import nncore as nn
from nncore.formats import npz


def same(one, other):
    """Whether two networks are the same, in everything that can be told of them and in what they will do."""
    assert repr(one) == repr(other)
    assert one.layers == other.layers
    assert one.input_shape == other.input_shape
    assert (one.seed, one.epochs_trained, one.dtype, one.cost_name) == (
        other.seed, other.epochs_trained, other.dtype, other.cost_name)  # fmt: skip
    assert not np.shares_memory(one.parameters, other.parameters)
    return bytes_of(one) == bytes_of(other)


def saved_and_loaded(net, tmp_path):
    net.save(tmp_path / "net.npz")
    return nn.load(tmp_path / "net.npz")


COPIES = {
    "load": saved_and_loaded,
    "copy": lambda net, _: copy.copy(net),
    "deepcopy": lambda net, _: copy.deepcopy(net),
    **{f"pickle {protocol}": lambda net, _, protocol=protocol: pickle.loads(pickle.dumps(net, protocol))
       for protocol in range(pickle.HIGHEST_PROTOCOL + 1)},
}  # fmt: skip
KINDS = {
    "sizes": lambda: nn.Network([4, 6, 3], seed=2**64 - 1),
    "float64": lambda: nn.Network([4, 6, 3], seed=1, dtype="float64", cost="quadratic"),
    "layers": lambda: nn.Network(
        [nn.Dense(17, "tanh"), nn.Dense(1, "relu"), nn.Softmax(3)], input_shape=(1, 2, 2), seed=0
    ),
}


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_trains_on_as_the_network_would(way, kind, tmp_path):
    net, data = KINDS[kind](), small()[1]
    net.SGD(data, 2, 5, 0.1, 0.1)
    before = bytes_of(net)
    other = COPIES[way](net, tmp_path)
    assert same(net, other)
    other.SGD(data, 2, 5, 0.1, 0.1)
    assert bytes_of(net) == before  # not touched
    net.SGD(data, 2, 5, 0.1, 0.1)
    assert same(net, other)  # the order of its epochs too
    assert other.feedforward(data[0]).tobytes() == net.feedforward(data[0]).tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("dtype_of_copy", [None, "float32", np.float64])
def test_copy_of_another_dtype_has_the_same_parameters(dtype, dtype_of_copy):
    net, data = small(seed=5, dtype=dtype)
    net.SGD(data, 2, 5, 0.1)
    before = bytes_of(net)
    other = net.copy(dtype_of_copy)
    assert other.dtype == np.dtype(dtype_of_copy or dtype)
    assert (other.seed, other.epochs_trained, other.layers) == (net.seed, 2, net.layers)
    for ours, theirs in zip([*net.weights, *net.biases], [*other.weights, *other.biases], strict=True):
        np.testing.assert_array_equal(ours.astype(other.dtype), theirs)
    other.SGD(data, 1, 5, 0.1)
    assert bytes_of(net) == before


def test_copy_refuses_other_dtypes():
    with pytest.raises(ValueError, match="dtype: one of float32, float64 needed, got 'float16'"):
        small()[0].copy("float16")


class Patient(nn.Network):
    """A subclass whose constructor takes other arguments, and which keeps an attribute of its own."""

    def __init__(self, patience):
        super().__init__([4, 3])
        self.patience = patience

    def _state(self):
        description, arrays = super()._state()
        return description | {"patience": self.patience}, arrays

    @classmethod
    def _from_state(cls, description, arrays):
        net = super()._from_state(description, arrays)
        net.patience = description["patience"]
        return net


@pytest.mark.parametrize(
    "copied", [nn.Network.copy, copy.copy, copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))]
)
def test_copies_of_a_subclass_are_of_that_subclass(copied):
    net = Patient(7)
    other = copied(net)
    assert type(other) is Patient
    assert other.patience == 7
    assert same(net, other)


@given(
    sizes=st.lists(st.integers(1, 40), min_size=2, max_size=4),
    dtype=st.sampled_from(["float32", "float64"]),
    scale=st.sampled_from([1e-40, 1.0, 1e30]),
)
def test_saved_parameters_are_loaded_bit_for_bit(tmp_path_factory, sizes, dtype, scale):
    net = nn.Network(sizes, seed=sizes[0], dtype=dtype)
    net.weights = [w * np.float64(scale) for w in net.weights]
    path = tmp_path_factory.mktemp("net") / "net"  # no suffix is added
    net.save(path)
    assert same(net, nn.load(path))
    assert path.parent.joinpath("net").is_file()
    net.save(str(path))
    assert same(net, nn.load(str(path)))


def test_a_saved_network_opens_in_another_process(tmp_path):
    net, _ = small()
    net.save(tmp_path / "net.npz")
    code = "import sys, numpy as np, nncore as nn; net = nn.load(sys.argv[1]);"
    code += "print(net, net.feedforward(np.ones(4)).tobytes().hex())"
    run = subprocess.run([sys.executable, "-c", code, tmp_path / "net.npz"], capture_output=True, text=True)
    assert run.stdout.strip() == f"{net} {net.feedforward(np.ones(4)).tobytes().hex()}"


DAMAGES = {
    "no layers": lambda d, a: d.pop("layers"),
    "layers that are no list": lambda d, a: d.update(layers=5),
    "a layer that is no table": lambda d, a: d.update(layers=[5]),
    "an unknown layer": lambda d, a: d["layers"][0].update(type="Network"),
    "a layer without a size": lambda d, a: d["layers"][0].pop("n"),
    "a size that is text": lambda d, a: d["layers"][0].update(n="6"),
    "a field of no layer": lambda d, a: d["layers"][0].update(code="exit()"),
    "another size": lambda d, a: d["layers"][0].update(n=7),
    "a size that no memory holds": lambda d, a: d["layers"][0].update(n=10**7),
    "a size past all memory": lambda d, a: d["layers"][0].update(n=2**80),
    "one layer more": lambda d, a: d["layers"].append(d["layers"][1]),
    "softmax in the middle": lambda d, a: d["layers"][0].update(type="Softmax", activation="softmax"),
    "no input": lambda d, a: d.update(input_shape=[0]),
    "a large input": lambda d, a: d.update(input_shape=[10**6, 10**6]),
    "an input that is text": lambda d, a: d.update(input_shape=["4", 10**12]),
    "an unknown cost": lambda d, a: d.update(cost="hinge"),
    "another cost": lambda d, a: d.update(cost="log-likelihood"),
    "an unknown dtype": lambda d, a: d.update(dtype="int8"),
    "a negative seed": lambda d, a: d.update(seed=-1),
    "epochs before the first": lambda d, a: d.update(epochs_trained=-1),
    "no weights": lambda d, a: a.pop("weights_1"),
    "no biases": lambda d, a: a.pop("biases_0"),
    "weights of another shape": lambda d, a: a.update(weights_0=np.zeros((4, 6))),
    "biases of another shape": lambda d, a: a.update(biases_0=np.zeros(6)),
    "weights that are NaN": lambda d, a: a.update(weights_0=np.full((6, 4), np.nan)),
    "weights that are complex": lambda d, a: a.update(weights_0=np.zeros((6, 4), complex)),
}


def test_layers_larger_than_all_memory_take_none(tmp_path):
    """A network of one weight, behind a pooling of 10^10 pixels: nothing is made of that size."""
    description, _ = small()[0]._state()
    description |= {"input_shape": [1, 10**5, 10**5], "cost": "cross-entropy"}
    description["layers"] = [{"type": "MaxPool2D", "size": [10**5, 10**5]}, {"type": "Dense", "n": 1}]
    npz.write(tmp_path / "net.npz", description, {"weights_0": np.ones((1, 1)), "biases_0": np.ones((1, 1))})
    with memory_below(1):
        assert nn.load(tmp_path / "net.npz").sizes == [10**10, 1, 1]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_describes_no_network_is_refused(damage, tmp_path):
    net, _ = small()
    description, arrays = net._state()
    description = json.loads(json.dumps(description))
    DAMAGES[damage](description, arrays)
    path = tmp_path / "damaged.npz"
    npz.write(path, description, arrays)
    with pytest.raises(ValueError, match=r"damaged\.npz: not a network that nncore saved"):
        nn.load(path)


def test_files_of_other_programs_are_refused(tmp_path):
    np.savez(tmp_path / "other.npz", w=np.zeros(3))
    (tmp_path / "text").write_text("weights")
    for name in ("other.npz", "text"):
        with pytest.raises(ValueError, match=name):
            nn.load(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError):
        small()[0].save(tmp_path / "no" / "folder.npz")


def test_what_is_saved_can_be_read_back(tmp_path):
    """Gradients of 1e30 make Adam's mean of squares infinite in float32: the parameters stay finite."""
    data = np.full((4, 1), 1e15, np.float32), np.full((4, 1), 1e15, np.float32)
    net = nn.Network([nn.Dense(1, "linear")], input_shape=(1,), seed=0)
    net.SGD(data, 2, 2, 0.001, rule="adam")
    assert np.isinf(net.history.state).any()
    net.save(tmp_path / "net.npz")
    again = nn.load(tmp_path / "net.npz")
    for each in (net, again):
        each.SGD(data, 1, 2, 0.001, rule="adam", resume=each.history)
    assert np.array_equal(again.parameters, net.parameters)


def test_parameters_that_are_not_finite_are_not_saved(tmp_path):
    net = nn.Network([2, 1], seed=0)
    net.save(tmp_path / "net.npz")
    net.weights[0][0, 1] = np.nan
    with pytest.raises(ValueError, match="weights_0: finite float32 numbers needed, got nan in row 0"):
        net.save(tmp_path / "net.npz")
    assert np.isfinite(nn.load(tmp_path / "net.npz").parameters).all()


def damaged(net, path, change):
    """The path of a file of the network whose description and arrays were changed."""
    net.save(path)
    description, arrays = npz.read(path)
    change(description, arrays)
    npz.write(path, description, arrays)
    return path


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d, a: d["history"]["rule"].update(beta1=10**400), "beta1: a finite number needed"),
        (lambda d, a: d["history"].update(lmbda=10**400), "history, lmbda: a finite number needed"),
        (
            lambda d, a: d["layers"][0].update(weight_eta_factor=10**400),
            "weight_eta_factor: a number of at least 0 needed",
        ),
        (lambda d, a: d["layers"].pop(0), "biases_1: this network has no such array"),
        (lambda d, a: d.pop("history"), "state_0_biases_0: this network has no such array"),
        (lambda d, a: a.update(weights_7=a["weights_0"]), "weights_7: this network has no such array"),
        (lambda d, a: a.update(state_2_weights_0=a["weights_0"]), "state_2_weights_0: this network has no"),
    ],
)
def test_numbers_and_arrays_that_no_network_has_are_refused(tmp_path, change, message):
    net = nn.Network([3, 3, 3], seed=0)
    net.SGD(([[0.0, 1.0, 0.5]], [1]), 1, 1, 0.1, rule="adam")
    path = damaged(net, tmp_path / "net.npz", change)
    with pytest.raises(ValueError, match=f"{re.escape(str(path))}.*{message}"):
        nn.load(path)


@pytest.mark.parametrize("missing", ["layers", "input_shape", "cost", "dtype", "seed", "epochs_trained"])
def test_a_file_says_which_entry_it_lacks(tmp_path, missing):
    description, arrays = nn.Network([2, 3, 1], seed=0)._state()
    del description[missing]
    npz.write(tmp_path / "net.npz", description, arrays)
    with pytest.raises(ValueError, match=rf"net\.npz: .*\(it has no entry '{missing}'\)"):
        nn.load(tmp_path / "net.npz")
    npz.write(tmp_path / "all.npz", {"networks": [description]}, {f"0_{n}": a for n, a in arrays.items()})
    with pytest.raises(ValueError, match=rf"all\.npz: .*\(it has no entry '{missing}'\)"):
        nn.Ensemble.load(tmp_path / "all.npz")


@pytest.mark.parametrize("missing", ["weights_0", "weights_1", "biases_0", "biases_1"])
def test_a_file_says_which_array_it_lacks(tmp_path, missing):
    description, arrays = nn.Network([2, 3, 1], seed=0)._state()
    del arrays[missing]
    npz.write(tmp_path / "net.npz", description, arrays)
    with pytest.raises(ValueError, match=f"it has no entry '{missing}'"):
        nn.load(tmp_path / "net.npz")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("layers", 5),
        ("layers", [5]),
        ("input_shape", 5),
        ("training_record", []),
        ("training_record", {"runs": 5}),
    ],
)
def test_parts_of_another_kind_are_named_in_no_words_of_python(tmp_path, name, value):
    description, arrays = nn.Network([2, 3, 1], seed=0)._state()
    npz.write(tmp_path / "net.npz", description | {name: value}, arrays)
    with pytest.raises(ValueError, match=r"net\.npz: not a network that nncore saved") as caught:
        nn.load(tmp_path / "net.npz")
    assert "'int' object" not in str(caught.value)
    assert "another kind" in str(caught.value) or "it has no entry" in str(caught.value)
