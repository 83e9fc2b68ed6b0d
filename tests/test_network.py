"""A network: what it is made of, and what it answers."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from support.small import bytes_of, small

import nncore as nn
from nncore.reference import network as reference

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
    attributes += " epochs_trained history training_record"
    methods = "SGD minimize feedforward predict backprop cost accuracy learning_speeds trace activations"
    methods += " state_dict from_state_dict torch_code save save_html copy summary"
    assert names == {*attributes.split(), *methods.split()}


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
    "init", ["scaled", "large", "he", "glorot", "zeros", lambda rng, shape, n_in: rng.random(shape) / n_in]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_first_parameters_match_reference(init, dtype):
    net = nn.Network([5, 70, 3], init=init, seed=9, dtype=dtype)
    plain = reference.Network([5, 70, 3], init=init, seed=9, dtype=dtype)
    for got, wanted in zip([*net.weights, *net.biases], plain.weights + plain.biases, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_a_seed_is_drawn_and_kept():
    net = nn.Network([4, 3])
    assert 0 <= net.seed < 2**64
    assert net.seed != nn.Network([4, 3]).seed
    assert bytes_of(nn.Network([4, 3], seed=net.seed)) == bytes_of(net)
    assert nn.Network([4, 3], seed=2**64 - 1).seed == 2**64 - 1
    assert nn.Network([4, 3], seed=np.uint8(7)).seed == 7


def test_repr():
    net = nn.Network([nn.Dense(3, "tanh"), nn.Softmax(2)], input_shape=(4,))
    assert repr(net) == "<Network [4, 3, 2], tanh, softmax; log-likelihood cost, float32>"
    assert repr(net.weights) == "<weights: (3, 4), (2, 3)>"


def test_a_convolutional_network_is_printed_by_its_layers():
    layers = [nn.Conv2D(20, 5, "relu"), nn.MaxPool2D((2, 3)), nn.Dense(30), nn.Softmax(10)]
    assert repr(nn.Network(layers, input_shape=(1, 28, 28))) == (
        "<Network 1 x 28 x 28, Conv2D(20, 5) relu, MaxPool2D((2, 3)), Dense(30) sigmoid, Softmax(10); "
        "log-likelihood cost, float32>"
    )


@pytest.mark.parametrize("cost", [None, "quadratic", "log-likelihood"])
def test_the_activation_of_hidden_layers_is_given_with_sizes(cost):
    net = nn.Network([2, 3, 4, 2], activation="tanh", cost=cost)
    output = "softmax" if cost == "log-likelihood" else "sigmoid"
    assert [layer.activation for layer in net.layers] == ["tanh", "tanh", output]
    with pytest.raises(ValueError, match=r"^activation: .*nn\.Dense\(30, 'tanh'\)"):
        nn.Network([nn.Dense(3)], input_shape=(2,), activation="tanh")
    for wrong in ("softmax", "gelu", np.tanh, (np.sin, np.cos)):
        with pytest.raises(ValueError, match="activation: one of sigmoid, tanh, relu, linear needed"):
            nn.Network([2, 3, 1], activation=wrong)


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


def test_views_show_what_training_changes():
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


def test_a_network_can_be_assigned_its_own_arrays():
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
def test_arrays_that_do_not_fit_change_nothing(values):
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


def test_parameters_can_be_copied_and_assigned_back():
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
    """As in the reference: (n_in, 1) is the book's column, (m, n_in) rows, whatever m is."""
    net = nn.Network([n_in, n_out], seed=1)
    plain = reference.Network([n_in, n_out], seed=1)
    forms = [
        np.ones((m, n_in)),
        np.ones((m, n_in, 1)),
        np.ones((m, 1, n_in)),
        np.ones(n_in),
        np.ones((n_in, 1)),
    ]
    for X in forms:
        assert net.feedforward(X).shape == plain.feedforward(X).shape, X.shape
        if n_out > 1:
            assert np.shape(net.predict(X)) == np.shape(plain.predict(X)), X.shape


def test_predict_of_one_output_compares_it_with_a_half(sample):
    net = nn.Network([nn.Dense(1, "linear")], input_shape=2, init="zeros")
    net.SGD(([[0, 9], [1, 9]], [0, 1]), 1, 1, 0.0)  # the targets were the classes 0 and 1
    net.weights[0] = [[1.0, 0.0]]
    X = np.array([[0.4, 9], [0.5, 9], [0.6, 9], [np.nextafter(np.float32(0.5), np.float32(1)), 9]])
    assert net.predict(X).tolist() == [0, 0, 1, 1]
    assert net.predict(X[2]) == 1
    assert type(net.predict(X[2])) is int
    assert net.predict(X[2].reshape(2, 1)) == 1
    pixels = nn.Network([784, 1], seed=0)
    assert pixels.predict(sample[2][:1]).shape == (1,)  # a Dataset of one is rows
    assert pixels.predict(sample[2][:3]).shape == (3,)


def test_a_dataset_always_gives_rows():
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


def test_the_data_of_the_caller_is_never_changed():
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


def test_returned_arrays_belong_to_the_caller():
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


def test_a_network_answers_while_it_trains(sample):
    """feedforward reads the parameters; that another thread trains them meanwhile does no harm."""
    net = nn.Network([784, 30, 10], seed=0)
    with ThreadPoolExecutor(2) as threads:
        training = threads.submit(net.SGD, sample[0][:2000], 3, 10, 0.5)
        while not training.done():
            assert np.isfinite(net.feedforward(sample[2][:10])).all()
        assert len(training.result()) == 3


def test_a_copy_in_float32_of_numbers_beyond_it_is_refused():
    net = nn.Network([2, 1], dtype="float64", seed=0)
    net.weights[0][0, 1] = 1e300
    with pytest.raises(ValueError, match=r"dtype: weights_0: finite float32 numbers needed, got inf"):
        net.copy("float32")
    for wrong in (np, "float16", int, [1], object()):
        with pytest.raises(ValueError, match="dtype: one of float32, float64 needed"):
            net.copy(wrong)
