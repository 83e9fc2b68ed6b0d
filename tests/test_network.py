"""Network: what it owns, what it answers, how it trains and stops, and how it is kept."""

import copy
import itertools
import json
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nncore as nn
from nncore.formats import npz
from nncore.reference import network as reference


def small(seed=0, **options):
    """Four inputs, three classes; and twenty examples that it can learn."""
    net = nn.Network([4, 6, 3], seed=seed, **options)
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 20)
    return net, (rng.standard_normal((20, 4)) + 3 * np.eye(4)[labels], labels)


def bytes_of(net):
    return net.parameters.tobytes()


# ---- what it is made of


def test_sizes_are_sigmoid_layers():
    net = nn.Network([784, 30, 10])
    assert net.sizes == [784, 30, 10]
    assert net.num_layers == 3
    assert net.layers == (nn.Dense(30), nn.Dense(10))
    assert net.input_shape == (784,)
    assert net.cost_name == "cross-entropy"
    assert net.dtype == "float32"
    assert net.history is None
    assert [w.shape for w in net.weights] == [(30, 784), (10, 30)]
    assert [b.shape for b in net.biases] == [(30, 1), (10, 1)]
    assert len(net.weights) == len(net.biases) == 2


def test_dir_lists_what_a_user_may_call():
    names = {name for name in dir(nn.Network([2, 1])) if not name.startswith("_")}
    attributes = "weights biases parameters layers shapes sizes num_layers input_shape cost_name dtype seed"
    attributes += " epochs_trained history"
    methods = "SGD minimize feedforward predict backprop cost accuracy learning_speeds trace activations"
    assert names == {*attributes.split(), *methods.split(), "save", "copy", "summary"}


def test_layers_come_with_an_input_shape():
    net = nn.Network([nn.Dense(30, "relu"), nn.Softmax(10)], input_shape=(1, 28, 28), dtype="float64")
    assert net.sizes == [784, 30, 10]
    assert net.input_shape == (1, 28, 28)
    assert net.cost_name == "log-likelihood"
    assert net.weights[0].dtype == net.feedforward(np.zeros(784)).dtype == np.float64


def test_log_likelihood_makes_the_output_of_sizes_softmax():
    assert nn.Network([4, 3, 2], cost="log-likelihood").layers == (nn.Dense(3), nn.Softmax(2))


@pytest.mark.parametrize(
    ("layer", "cost"),
    [(nn.Dense(2, "linear"), "quadratic"), (nn.Dense(2), "cross-entropy"), (nn.Softmax(2), "log-likelihood"),
     (nn.Dense(2, "tanh"), "quadratic"), (nn.Dense(2, "relu"), "quadratic")],
)  # fmt: skip
def test_the_cost_goes_with_the_output_layer(layer, cost):
    assert nn.Network([layer], input_shape=3).cost_name == cost


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", np.float32, np.float64, float, np.dtype("f4"), ">f4"]
)
def test_dtypes(dtype):
    net = nn.Network([2, 1], dtype=dtype)
    assert net.dtype == np.dtype(dtype).name
    assert net.parameters.dtype == net.dtype
    assert net.parameters.dtype.isnative


@pytest.mark.parametrize(
    "init", ["scaled", "large", "he", "zeros", lambda rng, shape, n_in: rng.random(shape) / n_in]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_are_drawn_as_the_twin_draws_them(init, dtype):
    net = nn.Network([5, 70, 3], init=init, seed=9, dtype=dtype)
    twin = reference.Network([5, 70, 3], init=init, seed=9, dtype=dtype)
    for got, wanted in zip([*net.weights, *net.biases], twin.weights + twin.biases, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_a_seed_is_drawn_and_kept():
    net = nn.Network([4, 3])
    assert 0 <= net.seed < 2**64
    assert net.seed != nn.Network([4, 3]).seed
    assert bytes_of(nn.Network([4, 3], seed=net.seed)) == bytes_of(net)
    assert nn.Network([4, 3], seed=2**64 - 1).seed == 2**64 - 1
    assert nn.Network([4, 3], seed=np.uint8(7)).seed == 7


def test_repr_says_what_it_is():
    net = nn.Network([nn.Dense(3, "tanh"), nn.Softmax(2)], input_shape=(4,))
    assert repr(net) == "<Network [4, 3, 2], tanh, softmax; log-likelihood cost, float32>"
    assert repr(net.weights) == "<weights: (3, 4), (2, 3)>"


# ---- weights and biases are live


def test_views_are_the_parameters():
    net, (X, _) = small()
    for view in [*net.weights, *net.biases]:
        assert np.shares_memory(view, net.parameters)
    before = net.feedforward(X)
    net.weights[1][2, 5] += 1
    net.biases[0][:] = 0
    after = net.feedforward(X)
    assert (before != after).any()
    copied = nn.Network([4, 6, 3], seed=0)
    copied.weights, copied.biases = net.weights, net.biases
    assert bytes_of(copied) == bytes_of(net)


def test_training_moves_the_views():
    net, data = small()
    w, was = net.weights[0], net.weights[0].copy()
    net.SGD(data, 1, 5, 0.5)
    assert w is net.weights[0]
    assert (w != was).any()


def test_assigning_copies_in():
    net, data = small()
    w, b = np.ones((6, 4)), [np.zeros((6, 1)), np.ones((3, 1))]
    view = net.weights[0]
    net.weights[0] = w
    net.biases = b
    net.SGD(data, 1, 5, 0.5)
    assert net.weights[0] is view
    np.testing.assert_array_equal(w, 1)
    np.testing.assert_array_equal(b[1], 1)


def test_lists_generators_and_slices_can_be_assigned():
    net, _ = small()
    net.weights = (np.full(w.shape, 2) for w in list(net.weights))
    np.testing.assert_array_equal(net.weights[1], 2)
    net.biases = [[[1.0]] * 6, [[2.0]] * 3]
    np.testing.assert_array_equal(net.biases[1], [[2], [2], [2]])
    net.weights[:] = [w * 2 for w in net.weights]
    np.testing.assert_array_equal(net.weights[0], 4)
    net.weights[1:] = [np.zeros((3, 6))]
    net.weights[-1] = np.full((3, 6), 7)
    np.testing.assert_array_equal(net.weights[1], 7)
    net.weights[0] -= 1
    np.testing.assert_array_equal(net.weights[0], 3)


def test_a_network_s_own_arrays_can_be_exchanged():
    net = nn.Network([3, 3, 3, 3], seed=0)
    b, w = [b.copy() for b in net.biases], [w.copy() for w in net.weights]
    net.biases = [net.biases[1], net.biases[2], net.biases[0]]
    net.weights = reversed(net.weights)
    for l in range(3):
        np.testing.assert_array_equal(net.biases[l], b[(l + 1) % 3])
        np.testing.assert_array_equal(net.weights[l], w[2 - l])
    square = nn.Network([16, 16], seed=0)  # no padding: the view and its transpose are the same memory
    was = square.weights[0].copy()
    square.weights = [square.weights[0].T]
    np.testing.assert_array_equal(square.weights[0], was.T)


@pytest.mark.parametrize(
    "values",
    [
        [np.zeros((6, 4))],
        [np.zeros((6, 4)), np.zeros((3, 6)), np.zeros((3, 3))],
        [np.zeros((6, 4)), np.zeros((6, 3))],
        [np.zeros((6, 4)), np.zeros((3, 6, 1))],
        [np.zeros((6, 4)), np.zeros(18)],
        [np.zeros((6, 4)), 0.0],
        [np.zeros((6, 4)), np.full((3, 6), np.nan)],
        [np.zeros((6, 4)), np.full((3, 6), 1e39)],  # past float32
        [np.zeros((6, 4)), [[1, 2], [3]]],
        [np.zeros((6, 4)), np.zeros((3, 6), complex)],
        [np.zeros((6, 4)), None],
        [np.zeros((6, 4)), [["a"] * 6] * 3],
    ],
)
def test_what_does_not_fit_changes_nothing(values):
    net, _ = small()
    before = bytes_of(net)
    with pytest.raises((ValueError, TypeError), match="weights"):
        net.weights = values
    with pytest.raises((ValueError, TypeError), match="weights"):
        net.weights[:] = values
    if len(values) == 2:
        with pytest.raises((ValueError, TypeError), match=r"weights\[1\]: "):
            net.weights[1] = values[1]
    assert bytes_of(net) == before


def test_parameters_can_be_kept_and_put_back():
    net, data = small()
    before = net.parameters.copy()
    net.SGD(data, 1, 5, 0.5)
    assert bytes_of(net) != before.tobytes()
    net.parameters = before
    assert bytes_of(net) == before.tobytes()
    assert np.shares_memory(net.weights[0], net.parameters)
    for wrong in (before[:-1], before.reshape(1, -1), np.full_like(before, np.inf), None):
        with pytest.raises((ValueError, TypeError), match="parameters: "):
            net.parameters = wrong
    assert bytes_of(net) == before.tobytes()


def test_views_end_where_the_layers_do():
    net, _ = small()
    with pytest.raises(IndexError):
        net.weights[2]
    with pytest.raises(IndexError):
        net.weights[2] = np.zeros((1, 1))
    assert [w.shape for w in net.weights[:1]] == [(6, 4)]


# ---- feedforward, predict, backprop


def test_shapes_of_feedforward_and_predict():
    net = nn.Network([4, 3], seed=2)
    X = np.arange(8.0).reshape(2, 4)
    a = net.feedforward(X)
    assert a.shape == (2, 3)
    assert net.feedforward(X.reshape(2, 2, 2)).tobytes() == a.tobytes()  # images
    assert net.feedforward(X.reshape(2, 4, 1)).tobytes() == a.tobytes()  # columns
    assert net.feedforward(X[:1]).shape == (1, 3)
    for one, shape in ((X[0], (3,)), (X[0].reshape(2, 2), (3,)), (X[0].reshape(4, 1), (3, 1))):
        assert net.feedforward(one).shape == shape
        assert net.feedforward(one).tobytes() == a[0].tobytes()
        assert net.predict(one) == a[0].argmax()
        assert type(net.predict(one)) is int
    assert net.predict(X).tolist() == a.argmax(axis=1).tolist()
    assert net.predict(X[:1]).shape == (1,)


@pytest.mark.parametrize("n_out", [1, 2, 3])
@pytest.mark.parametrize("n_in", [1, 2, 3])
@pytest.mark.parametrize("m", [1, 2, 3])
def test_shapes_where_numbers_coincide(n_in, n_out, m):
    """As the twin has it: (n_in, 1) is the book's column, (m, n_in) rows, whatever m is."""
    net = nn.Network([n_in, n_out], seed=1)
    twin = reference.Network([n_in, n_out], seed=1)
    forms = [
        np.ones((m, n_in)),
        np.ones((m, n_in, 1)),
        np.ones((m, 1, n_in)),
        np.ones(n_in),
        np.ones((n_in, 1)),
    ]
    for X in forms:
        assert net.feedforward(X).shape == twin.feedforward(X).shape, X.shape
        if n_out > 1:
            assert np.shape(net.predict(X)) == np.shape(twin.predict(X)), X.shape


def test_predict_of_one_output_is_whether_it_is_above_a_half(sample):
    net = nn.Network([nn.Dense(1, "linear")], input_shape=2, init="zeros")
    net.weights[0] = [[1.0, 0.0]]
    X = np.array([[0.4, 9], [0.5, 9], [0.6, 9], [np.nextafter(np.float32(0.5), np.float32(1)), 9]])
    assert net.predict(X).tolist() == [0, 0, 1, 1]
    assert net.predict(X[2]) == 1
    assert type(net.predict(X[2])) is int
    assert net.predict(X[2].reshape(2, 1)) == 1
    pixels = nn.Network([784, 1], seed=0)
    assert pixels.predict(sample[2][:1]).shape == (1,)  # a Dataset of one is rows
    assert pixels.predict(sample[2][:3]).shape == (3,)


def test_a_dataset_is_always_rows():
    """Also where its images, taken together, have the shape of one."""
    data = nn.Dataset(np.arange(4, dtype=np.uint8).reshape(4, 1), [0, 1, 0, 1])
    assert nn.Network([1, 2], seed=0).feedforward(data).shape == (4, 2)
    with pytest.raises(ValueError, match=r"rows \(n, 4\) needed, got shape \(4, 1\)"):
        nn.Network([4, 2]).feedforward(data)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_form_of_data_is_the_same_data(dtype):
    rng = np.random.default_rng(0)
    pixels, labels = rng.integers(0, 256, (6, 4), dtype=np.uint8), np.array([2, 0, 1, 1, 2, 0])
    X, units = pixels / 256, np.eye(3)[labels]
    columns = [(x.reshape(4, 1), unit.reshape(3, 1)) for x, unit in zip(X, units, strict=True)]
    data = nn.Dataset(pixels.reshape(6, 2, 2), labels)
    forms = {
        "a Dataset": data,
        "a Dataset of rows": nn.Dataset(pixels, labels),
        "a Dataset and labels": (data, labels),
        "a Dataset and units": (data, units),
        "arrays": (X, labels),
        "float32": (X.astype(np.float32), labels.astype(np.uint8)),
        "Fortran": (np.asfortranarray(X), np.asfortranarray(units)),
        "every second": (np.repeat(X, 2, axis=0)[::2], np.repeat(labels, 2)[::2]),
        "the other byte order": (X.astype(">f8"), labels.astype(">i4")),
        "units": (X, units),
        "columns of units": (X, units.reshape(6, 3, 1)),
        "a column of labels": (X, labels.reshape(6, 1)),
        "labels as floats": (X, labels.astype(float)),
        "lists": (X.reshape(6, 2, 2).tolist(), labels.tolist()),
        "a list of two lists": [X.tolist(), labels.tolist()],
        "the book's list": columns,
        "a tuple of pairs": tuple(columns),
        "a zip": zip(X, labels, strict=True),
        "a generator": ((x, unit) for x, unit in columns),
        "a Dataset's pairs": list(data),
        "a Dataset's generator": (pair for pair in data),
        "pairs as lists": iter([[x, int(label)] for x, label in zip(X, labels, strict=True)]),
        "images": [(x.reshape(2, 2), label) for x, label in zip(X, labels, strict=True)],
    }
    trained = {}
    for form, data in forms.items():
        net = nn.Network([4, 3], seed=1, dtype=dtype)
        net.SGD(data, 1, 2, 0.5)
        trained[form] = bytes_of(net)
    assert {form for form, parameters in trained.items() if parameters != trained["arrays"]} == set()


def test_nothing_of_the_caller_s_is_changed():
    X, y = np.random.default_rng(0).random((6, 4)), np.eye(3)[[2, 0, 1, 1, 2, 0]]
    pairs = [(x.reshape(4, 1).copy(), target.reshape(3, 1).copy()) for x, target in zip(X, y, strict=True)]
    frozen = X.copy(), y.copy()
    for array in frozen:
        array.flags.writeable = False
    order = np.array([5, 4, 3, 2, 1, 0])
    before = [array.tobytes() for array in (X, y, order, *(side for pair in pairs for side in pair))]
    ids = [id(pair) for pair in pairs]
    for data in ((X, y), frozen, pairs):
        net = nn.Network([4, 3], dtype="float64", seed=0)
        net.SGD(data, 2, 4, 0.5, 0.1, evaluation_data=data, monitor=["training_cost", "evaluation_accuracy"])
        net.SGD(data, 2, 4, 0.5, shuffle=lambda epoch, n: order)
        net.cost(data, 0.1)
        net.accuracy(data)
    net.feedforward(X)
    net.backprop(X, y)
    net.predict(X)
    assert [array.tobytes() for array in (X, y, order, *(side for pair in pairs for side in pair))] == before
    assert [id(pair) for pair in pairs] == ids


def test_what_is_returned_is_the_caller_s():
    """Writing to results does not reach the network, nor the next result."""
    net, (X, labels) = small()
    before = bytes_of(net)
    for result in (
        net.feedforward(X),
        net.predict(X),
        *net.backprop(X, labels)[0],
        *net.backprop(X, labels)[1],
    ):
        result[...] = 0
    assert bytes_of(net) == before
    assert net.feedforward(X).any()


def test_the_same_answers_while_training(sample):
    """feedforward reads the parameters; that another thread trains them meanwhile does no harm."""
    net = nn.Network([784, 30, 10], seed=0)
    with ThreadPoolExecutor(2) as threads:
        training = threads.submit(net.SGD, sample[0][:2000], 3, 10, 0.5)
        while not training.done():
            assert np.isfinite(net.feedforward(sample[2][:10])).all()
        assert len(training.result()) == 3


# ---- SGD


def test_SGD_is_the_twin_s_over_epochs():
    X, y = np.random.default_rng(3).random((23, 5)), np.random.default_rng(4).integers(0, 3, 23)
    net, twin = nn.Network([5, 4, 3], seed=7, dtype="float64"), reference.Network([5, 4, 3], seed=7)
    for epochs, mini_batch_size, eta, lmbda in (
        (2, 5, 0.5, 0.0),
        (1, 1, 0.1, 2.0),
        (2, 23, 3.0, 0.1),
        (1, 99, 1.0, 0.0),
    ):
        net.SGD((X, y), epochs, mini_batch_size, eta, lmbda)
        twin.SGD((X, y), epochs, mini_batch_size, eta, lmbda)
    for got, wanted in zip([*net.weights, *net.biases], twin.weights + twin.biases, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10)
    assert net.epochs_trained == twin.epochs_trained == 6


def test_SGD_called_again_goes_on():
    (twice, data), (once, _) = small(), small()
    twice.SGD(data, 1, 3, 0.7)
    twice.SGD(data, 2, 3, 0.7)
    once.SGD(data, 3, 3, 0.7)
    assert bytes_of(twice) == bytes_of(once)
    assert twice.epochs_trained == once.epochs_trained == 3


def test_no_epochs_change_nothing():
    net, data = small()
    before = bytes_of(net)
    history = net.SGD(data, 0, 3, 0.7, evaluation_data=data)
    assert len(history) == 0
    assert history.seconds == history.evaluation_cost == []
    assert bytes_of(net) == before


def test_shuffle_may_be_off_or_a_function():
    asked = []

    def order(epoch, n):
        asked.append((epoch, n))
        return list(range(n))

    (by_function, data), (off, _), (on, _) = small(), small(), small()
    by_function.SGD(data, 2, 3, 0.7, shuffle=order)
    off.SGD(data, 2, 3, 0.7, shuffle=False)
    on.SGD(data, 2, 3, 0.7)
    assert asked == [(0, 20), (1, 20)]
    assert bytes_of(by_function) == bytes_of(off) != bytes_of(on)


def test_history_holds_one_value_an_epoch():
    net, data = small()
    history = net.SGD(
        data, 3, 5, 0.5, 0.3, evaluation_data=data, monitor=("training_cost", "evaluation_accuracy")
    )
    assert history is net.history
    assert len(history) == len(history.seconds) == 3
    assert history.eta == [0.5] * 3
    assert history.evaluation_cost == history.training_accuracy == []
    assert history.training_cost[-1] == net.cost(data, 0.3)
    assert history.evaluation_accuracy[-1] == net.accuracy(data)
    assert not history.interrupted
    assert list(history) == [[], history.evaluation_accuracy, history.training_cost, []]
    default = net.SGD(data, 1, 5, 0.5, evaluation_data=data)
    assert [len(values) for values in default] == [1, 1, 0, 0]


def test_callbacks_see_each_epoch():
    net, data = small()
    seen = []
    net.SGD(data, 3, 5, 0.5, callbacks=[lambda net, history: seen.append((net.epochs_trained, len(history)))])
    assert seen == [(1, 1), (2, 2), (3, 3)]


def test_one_example_and_one_mini_batch_of_all():
    net, (X, labels) = small()
    net.SGD((X[:1], labels[:1]), 1, 1, 0.5)
    net.SGD((X[0], labels[0]), 1, 10, 0.5)
    net.SGD((X, labels), 1, 20, 0.5)
    assert np.isfinite(net.parameters).all()


@pytest.mark.parametrize("lmbda", [0.0, 1.0])
def test_the_result_does_not_depend_on_how_fast_the_machine_is(sample, monkeypatch, lmbda):
    """However long SGD thinks that things take: where it looks up, waiting rows are rounded once more."""
    results = set()
    for tick in (1e-9, 1e-3, 10.0):
        net = nn.Network([784, 12, 10], seed=3)
        clock = itertools.count(0.0, tick)
        with monkeypatch.context() as patch:
            patch.setattr(time, "perf_counter", lambda clock=clock: next(clock))
            net.SGD(sample[0][:1000], 2, 10, 0.5, lmbda)
        assert next(clock) > tick  # it was looked at
        results.add(bytes_of(net))
    assert len(results) == 1


def test_a_network_learns_digits(sample):
    train, validation, test = sample
    net = nn.Network([784, 30, 10], seed=0)
    history = net.SGD(train, 3, 10, 0.5, evaluation_data=validation)
    assert history.evaluation_cost[-1] < history.evaluation_cost[0]
    assert net.accuracy(test) > 0.88  # guessing gives 0.1


# ---- what stops it


def test_divergence_puts_the_parameters_back():
    net = nn.Network([nn.Dense(3, "linear"), nn.Dense(3, "linear")], input_shape=(4,), seed=0)
    X = np.random.default_rng(0).standard_normal((50, 4))
    data = (X, X[:, :3])
    net.SGD(data, 2, 5, 0.01)
    before = bytes_of(net)
    with pytest.raises(nn.DivergenceError, match=r"epoch 2: .* eta = 1e") as error:
        net.SGD(data, 3, 5, 1e10)
    assert error.value.epoch == 2
    assert isinstance(error.value, FloatingPointError)
    assert bytes_of(net) == before
    assert net.epochs_trained == 2
    net.SGD(data, 1, 5, 0.01)  # and it goes on
    assert net.epochs_trained == 3
    again = pickle.loads(pickle.dumps(error.value))
    assert (again.epoch, str(again)) == (2, str(error.value))


def test_a_network_is_trained_by_one_at_a_time():
    net, data = small()
    inside, done = threading.Event(), threading.Event()

    def wait(net, history):
        inside.set()
        done.wait(10)

    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(net.SGD, data, 1, 5, 0.5, callbacks=[wait])
        assert inside.wait(10)
        history = net.history
        with pytest.raises(RuntimeError, match="being trained already"):
            net.SGD(data, 1, 5, 0.5)
        assert net.history is history
        copied = copy.deepcopy(net)
        copied.SGD(data, 1, 5, 0.5)  # as the message advises
        done.set()
        assert len(first.result()) == 1
    net.SGD(data, 1, 5, 0.5)
    assert net.epochs_trained == 2
    assert bytes_of(copied) == bytes_of(net)


def test_an_error_in_a_callback_leaves_the_network_usable():
    net, data = small()

    def fail(net, history):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        net.SGD(data, 3, 5, 0.5, callbacks=[fail])
    assert net.epochs_trained == len(net.history) == 1
    net.SGD(data, 1, 5, 0.5)


def test_an_interrupt_in_a_callback_ends_the_run():
    net, data = small()

    def stop(net, history):
        if len(history) == 2:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted"):
        history = net.SGD(data, 5, 5, 0.5, callbacks=[stop])
    assert history.interrupted
    assert len(history) == net.epochs_trained == 2
    assert not net.SGD(data, 1, 5, 0.5).interrupted


CTRL_C = """
import sys, time, warnings
import numpy as np
import nncore as nn
train, _, test = nn.datasets.load_sample()
net = nn.Network({sizes}, seed=0)
print("ready", flush=True)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    history = net.SGD(train, 100_000, {mini_batch_size}, 0.01)
    stopped = time.monotonic()
assert history.interrupted and history is net.history
assert len(caught) == 1 and "interrupted" in str(caught[0].message)
assert np.isfinite(net.parameters).all()
assert net.epochs_trained == len(history)
net.accuracy(test[:100])
net.SGD(train[:10], 1, 10, 0.1)
print(stopped, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.parametrize(
    ("sizes", "mini_batch_size"), [([784, 30, 10], 10), ([784, 300, 100, 10], 10), ([784, 30, 10], 8000)]
)
def test_ctrl_c_stops_within_a_quarter_of_a_second(sizes, mini_batch_size):
    """The clock is the machine's, the same in both processes; three tries, since other processes run too."""
    code = CTRL_C.format(sizes=sizes, mini_batch_size=mini_batch_size)
    took = []
    while not took or (took[-1] >= 0.25 and len(took) < 3):
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        time.sleep(0.4)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
        took.append(float(out) - sent)
    assert 0 < took[-1] < 0.25, took


# ---- kept and copied


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
def test_a_copy_is_the_network_and_goes_on_as_it_would(way, kind, tmp_path):
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
def test_saved_parameters_come_back_to_the_bit(tmp_path_factory, sizes, dtype, scale):
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


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_of_something_else_is_refused(damage, tmp_path):
    net, _ = small()
    description, arrays = net._state()
    description = json.loads(json.dumps(description))
    DAMAGES[damage](description, arrays)
    path = tmp_path / "damaged.npz"
    npz.write(path, description, arrays)
    with pytest.raises(ValueError, match=r"damaged\.npz: not a network that nncore saved"):
        nn.load(path)


def test_what_was_not_saved_by_nncore_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", w=np.zeros(3))
    (tmp_path / "text").write_text("weights")
    for name in ("other.npz", "text"):
        with pytest.raises(ValueError, match=name):
            nn.load(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError):
        small()[0].save(tmp_path / "no" / "folder.npz")
