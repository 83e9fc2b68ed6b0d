"""What a user gives is taken, or refused with the name of the argument, whatever it is."""

import decimal
import fractions

import numpy as np
import pytest
from support.refusal import refused

import nncore as nn
from nncore import _given

NUMBER_IN_AN_ARRAY = np.array(0.5)  # it is iterable by its class alone


@pytest.fixture
def net():
    return nn.Network([3, 4, 2], seed=0)


@pytest.mark.parametrize("value", [[1, 2], (1, 2), np.array([1, 2]), range(1, 3), {1: "a", 2: "b"}])
def test_what_has_elements_is_listed(value):
    assert _given.listed("name", value, "a list") == [1, 2]
    assert _given.listed("name", iter(value), "a list") == [1, 2]


@pytest.mark.parametrize(
    "value",
    [None, 5, 0.5, "12", b"12", bytearray(2), NUMBER_IN_AN_ARRAY, memoryview(np.eye(2)), list, object()],
)
def test_what_has_none_is_refused(value):
    refused(TypeError, "name", lambda: _given.listed("name", value, "a list"))


def test_every_argument_that_is_a_list_is_checked_so(net, tmp_path):
    data = np.zeros((4, 3)), [0, 1, 0, 1]
    wrong = NUMBER_IN_AN_ARRAY
    for name, call in {
        "layers": lambda: nn.Network(wrong),
        "input_shape": lambda: nn.Network([nn.Dense(2)], input_shape=wrong),
        "kernel_size": lambda: nn.Conv2D(3, wrong),
        "size": lambda: nn.MaxPool2D(wrong),
        "weights": lambda: net.weights.assign(wrong),
        "biases": lambda: setattr(net, "biases", wrong),
        "callbacks": lambda: net.SGD(data, 1, 2, 0.1, callbacks=wrong),
        "stop": lambda: net.SGD(data, 1, 2, 0.1, stop=wrong),
        "monitor": lambda: net.SGD(data, 1, 2, 0.1, monitor=wrong),
        "augment": lambda: net.SGD(data, 1, 2, 0.1, augment=wrong),
        "training_data": lambda: net.SGD(wrong, 1, 2, 0.1),
        "networks": lambda: nn.Ensemble(wrong),
        "class_names": lambda: nn.Dataset(np.zeros((1, 4), np.uint8), [0], class_names=wrong),
    }.items():
        refused((ValueError, TypeError), name, call)
    refused(TypeError, "weights", lambda: nn.functions.feedforward(wrong, [[0.0]], [1.0]))
    refused(TypeError, "biases", lambda: nn.functions.feedforward([[[1.0]]], wrong, [1.0]))


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), np.array(3)])
def test_whole_numbers(value):
    assert _given.whole(value) == 3
    assert type(_given.whole(value)) is int


@pytest.mark.parametrize("value", [True, np.True_, 3.0, "3", b"3", None, [3], np.array([3, 4]), 3j, "\x03"])
def test_what_is_no_whole_number(value):
    assert _given.whole(value) is None


@pytest.mark.parametrize(
    "value", [0.5, np.float16(0.5), np.array(0.5), fractions.Fraction(1, 2), decimal.Decimal("0.5")]
)
def test_real_numbers(value):
    assert _given.real(value) == 0.5


@pytest.mark.parametrize(
    "value",
    ["0.5", b"0.5", bytearray(b"1"), None, [0.5], np.array([0.5]), 1j, np.datetime64("2020-01-01"), {}],
)
def test_what_is_no_real_number(value):
    assert _given.real(value) is None


def test_a_whole_number_beyond_the_floats_is_infinite():
    assert _given.real(10**400) == np.inf


@pytest.mark.parametrize("wrong", [None, "0.5", b"1", [0.5], np.array([0.5, 1]), 1j, 10**400, float("nan")])
def test_a_layer_refuses_what_is_no_number(wrong):
    for name in ("dropout", "weight_eta_factor"):
        refused(ValueError, name, lambda name=name: nn.Dense(3, **{name: wrong}))


@pytest.mark.parametrize(
    "wrong", [None, "3", b"3", [3], np.array([3, 4]), 3j, 0.5, float("nan"), 0, -1, True]
)
def test_a_layer_refuses_what_is_no_count(wrong):
    refused(ValueError, "n", lambda: nn.Dense(wrong))
    refused(ValueError, "filters", lambda: nn.Conv2D(wrong, 3))


@pytest.mark.parametrize(
    "wrong", [np.array([]), np.array(["sigmoid", "relu"]), {}, ("a",), b"sigmoid", 0, ""]
)
def test_names_are_text(wrong, net):
    for call in (
        lambda: nn.Dense(3, wrong),
        lambda: nn.Network([3, 2], activation=wrong),
        lambda: nn.Network([3, 4, 2], activation=wrong),
        lambda: nn.functions.feedforward([[[1.0]]], [[0.0]], [1.0], activation=wrong),
    ):
        refused(ValueError, "activation: one of", call)
    refused(ValueError, "padding", lambda: nn.Conv2D(3, 3, padding=wrong))
    refused(ValueError, "cost: one of", lambda: nn.Network([3, 2], cost=wrong))
    refused(ValueError, "dtype: one of", lambda: nn.Network([3, 2], dtype=wrong))


@pytest.mark.parametrize(
    "wrong", [0, 5, True, None, 0.5, b"net.npz", ["net.npz"], np.array(["net.npz"]), object()]
)
def test_a_number_is_no_file(wrong, net, tmp_path, monkeypatch):
    """Python takes 0 for the standard input."""
    monkeypatch.chdir(tmp_path)
    for call in (lambda: net.save(wrong), lambda: nn.load(wrong), lambda: nn.Ensemble.load(wrong)):
        refused(TypeError, "path: the name of a file needed", call)
    refused(TypeError, "path", lambda: nn.datasets.read_idx(wrong))
    if wrong is not None:
        refused(TypeError, "path", lambda: nn.datasets.load_mnist(wrong))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("wrong", ["", "net\0.npz", "\0"])
def test_a_name_that_no_file_can_have(wrong, net):
    for call in (lambda: net.save(wrong), lambda: nn.load(wrong), lambda: nn.datasets.load_mnist(wrong)):
        refused(ValueError, "path: the name of a file", call)


RAGGED = [[1.0, 2.0, 3.0], [4.0]]


def test_rows_of_different_lengths(net):
    for call in (
        lambda: nn.functions.sigmoid(RAGGED),
        lambda: nn.functions.feedforward([RAGGED], [[0.0]], [1.0]),
        lambda: nn.Dataset(RAGGED, [0, 1]),
        lambda: nn.trace(net, RAGGED),
        lambda: nn.augment.distorted(RAGGED, []),
        lambda: net.training_record.share_seen(RAGGED),
    ):
        with pytest.raises(ValueError, match="rows of one length needed"):
            call()


@pytest.mark.parametrize("wrong", [None, 5, "net", [784, 10], nn.Network, nn.Dense(3)])
def test_what_takes_a_network_refuses_anything_else(wrong):
    data = np.zeros((1, 4)), [0]
    images = nn.Dataset(np.zeros((1, 4), np.uint8), [0])
    for call in (
        lambda: nn.check_gradients(wrong, *data),
        lambda: nn.diagnose(wrong, data),
        lambda: nn.trace(wrong, data[0]),
        lambda: nn.plot.filters(wrong),
        lambda: nn.plot.feature_maps(wrong, data[0]),
        lambda: nn.plot.confusion(wrong, data),
        lambda: nn.plot.network(wrong),
        lambda: nn.plot.weights(wrong),
        lambda: nn.plot.boundary(wrong, data),
        lambda: nn.plot.outputs(wrong, data[0]),
        lambda: nn.plot.misclassified(wrong, images),
    ):
        refused(TypeError, "net: an nn.Network", call)


@pytest.mark.parametrize(
    ("index", "error"), [(3, IndexError), (-4, IndexError), (0.5, TypeError), ("a", TypeError)]
)
def test_arrays_of_layers_are_named_by_their_index(net, index, error):
    for arrays, name in ((net.weights, "weights"), (net.biases, "biases")):
        with pytest.raises(error, match=f"{name}: an index from 0 to 1 needed"):
            arrays[index]
        with pytest.raises(error, match=f"{name}: an index from 0 to 1 needed"):
            arrays[index] = np.zeros(3)


def test_huge_targets_are_refused_or_taken_without_a_warning_of_numpy():
    softmax = nn.Network([2, 3], cost="log-likelihood", dtype="float64", seed=0)
    huge = [[1e308, 1e308, 1e308]]
    with pytest.raises(ValueError, match="sum to 1"):
        softmax.cost(([[0.0, 1.0]], huge))
    line = nn.Network([nn.Dense(3, "linear")], input_shape=(2,), dtype="float64", seed=0)
    assert line.learning_speeds(([[0.0, 1.0]], huge)) == [np.inf]


def test_imaginary_parts_are_not_lost():
    net = nn.Network([2, 3], seed=0)
    for number in (np.complex128(0.5), np.array(0.5 + 0j), 0.5 + 0j):
        with pytest.raises(TypeError, match="lmbda: a number needed"):
            net.cost(([[0.0, 1.0]], [1]), number)
    with pytest.raises(TypeError, match=r"labels: expected ints, got complex128$"):
        nn.Dataset(np.zeros((1, 2, 2), np.uint8), np.array([1 + 0j]))


def test_labels_too_large_for_an_int_are_refused_without_a_warning_of_numpy():
    with pytest.raises(TypeError, match=r"labels: expected ints, got float64$"):
        nn.Dataset(np.zeros((1, 2, 2), np.uint8), np.array([8e37]))
    with pytest.raises(TypeError, match="makes ints of them"):
        nn.Dataset(np.zeros((1, 2, 2), np.uint8), np.array([8.0]))


def test_an_array_among_activations_is_named():
    state = {"0.weight": np.zeros((3, 2)), "0.bias": np.zeros(3)}
    with pytest.raises(ValueError, match="activation: one of"):
        nn.Network.from_state_dict(state, activations=[np.zeros(0)])


def test_the_doctor_looks_at_examples_of_the_first_class_alone():
    net = nn.Network([nn.Dense(4), nn.Softmax(3)], input_shape=(5,), seed=0)
    assert "Network" in str(nn.diagnose(net, (np.random.default_rng(0).random((12, 5)), np.zeros(12, int))))
