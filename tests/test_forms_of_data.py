"""One meaning of bytes, axes that fit, and forms of data that can be read in one way only."""

import re
import warnings

import numpy as np
import pytest
from support.advice import array_in
from support.memory import unaligned
from support.refusal import refused

import nncore as nn
from nncore import reference

# ---- memory


def test_arrays_at_odd_addresses_train_to_the_same_bits():
    """As a view into a file has them; the labels, the targets and the evaluation data too."""
    rng = np.random.default_rng(0)
    X, y = rng.random((30, 7), np.float32), rng.integers(0, 3, 30)
    for answers in (y, np.eye(3, dtype=np.float32)[y]):
        net, other = (nn.Network([7, 5, 3], seed=0) for _ in range(2))
        net.SGD((X, answers), 2, 10, 0.5, evaluation_data=(X, answers))
        shifted = unaligned(X), unaligned(answers)
        other.SGD(shifted, 2, 10, 0.5, evaluation_data=shifted)
        assert other.parameters.tobytes() == net.parameters.tobytes()
        assert other.predict(shifted[0]).tolist() == net.predict(X).tolist()
        assert other.cost(shifted) == net.cost((X, answers))


# ---- bytes


def test_bytes_are_pixels_everywhere(sample):
    data = sample[0][:200]
    images, labels = data.images, data.labels
    forms = [data, (images, labels), (images.reshape(200, 784), labels), (data.to_float(), labels)]
    forms.append([(x.reshape(784, 1), y) for x, y in zip(images, labels, strict=True)])
    nets = []
    for form in forms:
        net = nn.Network([784, 12, 10], seed=0)
        net.SGD(form, 2, 10, 0.5, evaluation_data=form)
        nets.append(net)
    for net, form in zip(nets, forms, strict=True):
        np.testing.assert_allclose(net.parameters, nets[0].parameters, rtol=1e-4, atol=1e-5)
        assert abs(net.cost(form) - net.cost(data)) < 1e-6
        assert net.training_record.data.hash == nets[0].training_record.data.hash
    net, one = nets[0], images[3]
    np.testing.assert_array_equal(net.feedforward(images), net.feedforward(data))
    np.testing.assert_array_equal(net.predict(images), net.predict(data))
    np.testing.assert_allclose(net.activations(one)[-1], net.feedforward(one / 256), rtol=1e-5)
    np.testing.assert_allclose(net.trace(one, 3).a[-1], net.feedforward(one / 256)[:, None], rtol=1e-5)
    for mine, other in zip(net.backprop(images, labels), net.backprop(data.to_float(), labels), strict=True):
        for nabla, same in zip(mine, other, strict=True):
            np.testing.assert_allclose(nabla, same, rtol=1e-4, atol=1e-4)
    twin = reference.Network([784, 12, 10], seed=0)
    twin.weights, twin.biases = net.weights, net.biases
    np.testing.assert_allclose(twin.feedforward(images[:3]), net.feedforward(data[:3]), rtol=1e-5)
    assert abs(twin.cost((images[:5], labels[:5])) - net.cost(data[:5])) < 1e-5


def test_whole_numbers_that_are_not_bytes_are_used_as_they_are():
    net = nn.Network([2, 1], seed=0, dtype="float64")
    np.testing.assert_array_equal(net.feedforward(np.array([[3, 200]])), net.feedforward([[3.0, 200.0]]))
    mixed = [(np.array([[0], [128]], np.uint8), 1), (np.array([[0.0], [0.5]]), 1)]
    assert net.cost(mixed) == net.cost([mixed[1]])


# ---- inputs unlike those of the training


@pytest.fixture(scope="module")
def digits(sample):
    net = nn.Network([784, 12, 10], seed=0)
    net.SGD(sample[0][:500], 1, 10, 0.5)
    return net


def test_inputs_on_another_scale_give_a_warning(digits, sample):
    raw = sample[2].images.reshape(-1, 784).astype(np.float32)
    for use in (
        lambda: digits.predict(raw[0]),
        lambda: digits.feedforward(raw),
        lambda: digits.cost((raw, sample[2].labels)),
        lambda: digits.accuracy((raw, sample[2].labels)),
        lambda: digits.SGD(sample[0][:500], 1, 10, 0.5, evaluation_data=(raw, sample[2].labels)),
        lambda: digits.predict(raw[0] / 65536),
    ):
        with pytest.warns(UserWarning, match="the network was trained on inputs from 0 to 0.996") as caught:
            use()
        assert len(caught) == 1
        assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="255 - X exchanges them back"):
        digits.predict(255 - sample[2].images)


def test_inputs_below_zero_where_none_were_are_told(digits, sample):
    """Pixels that were standardised, as torchvision does: their scale and their mean are not far off."""
    scaled = sample[2].to_float().reshape(-1, 784)
    for X in ((scaled - 0.1307) / 0.3081, 2 * scaled[0] - 1):
        with pytest.warns(UserWarning, match="trained on inputs from 0 to 0.996"):
            digits.predict(X)
    digits.predict(scaled - 0.01)  # as a picture that was resized with a cubic spline
    net = nn.Network([4, 2], seed=0)
    X = np.random.default_rng(0).standard_normal((60, 4))
    net.SGD((X, np.arange(60) % 2), 1, 10, 0.1)
    net.predict(1.3 * X)
    net = nn.Network([4, 2], seed=0)
    net.SGD((abs(X[:20]), np.arange(20) % 2), 1, 10, 0.1)  # of a few examples it may be by chance
    net.predict(X[20:])


def test_a_network_of_raw_floats_is_told_of_bytes(sample):
    net = nn.Network([784, 5, 10], seed=0)
    with pytest.warns(UserWarning, match="whole numbers up to 255"):
        net.SGD((sample[0].images[:100].astype(float), sample[0].labels[:100]), 1, 10, 0.01)
    with pytest.warns(UserWarning, match="from 0 to 0.9961, and the network was trained .* from 0 to 255"):
        net.predict(sample[2].images[0])


def test_columns_that_were_standardised_in_training():
    X = np.random.default_rng(0).normal(6, 2, (150, 4))
    net = nn.Network([4, 5, 3], seed=0)
    net.SGD(((X - X.mean(axis=0)) / X.std(axis=0), np.arange(150) % 3), 1, 10, 0.1)
    with pytest.warns(UserWarning, match="the mean of these inputs is"):
        net.predict(X)


def test_ordinary_inputs_give_no_warning(digits, sample):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        digits.predict(sample[2])
        digits.accuracy(sample[1])
        for image in sample[2].images[:200]:
            digits.predict(image)
        digits.predict(np.zeros((28, 28)))
        digits.predict(np.ones((28, 28)))


# ---- bytes for a table, and training on


@pytest.fixture(scope="module")
def table():
    """(bytes of 0 and 1, labels, a network that was trained on the same numbers as floats)."""
    B = (np.random.default_rng(0).random((400, 12)) < 0.5).astype(np.uint8)
    y = (B[:, 0] | B[:, 1]).astype(int)
    net = nn.Network([12, 8, 2], seed=0)
    net.SGD((B.astype(float), y), 20, 10, 0.5)
    return B, y, net


USES_OF_BYTES = {
    "predict": lambda net, B, y: net.predict(B),
    "predict one": lambda net, B, y: net.predict(B[0]),
    "feedforward": lambda net, B, y: net.feedforward(B),
    "activations": lambda net, B, y: net.activations(B),
    "accuracy": lambda net, B, y: net.accuracy((B, y)),
    "cost": lambda net, B, y: net.cost((B, y)),
    "cost of pairs": lambda net, B, y: net.cost(list(zip(B, y, strict=True))),
    "evaluation_data": lambda net, B, y: net.SGD((B * 1.0, y), 1, 10, 0.1, evaluation_data=(B, y)),
    "SGD": lambda net, B, y: net.SGD((B, y), 1, 10, 0.1),
    "minimize": lambda net, B, y: net.minimize((B, y), maxiter=1),
    "Steps": lambda net, B, y: nn.Steps(net, (B, y), 10, 0.1),
    "backprop": lambda net, B, y: net.backprop(B, y),
    "check_gradients": lambda net, B, y: nn.check_gradients(net, B[:3], y[:3], samples=1),
    "trace": lambda net, B, y: nn.trace(net, B[0], 1),
    "Ensemble": lambda net, B, y: nn.Ensemble([net]).predict(B),
    "learning_speeds": lambda net, B, y: net.learning_speeds((B, y)),
    "find_eta": lambda net, B, y: nn.find_eta(net, (B, y)),
    "diagnose": lambda net, B, y: nn.diagnose(net, (B, y)),
    "confusion": lambda net, B, y: nn.plot.confusion(net, (B, y)),
    "numbers up to 9": lambda net, B, y: net.predict(9 * B),
}


@pytest.mark.parametrize("use", USES_OF_BYTES)
def test_bytes_where_the_training_had_their_numbers_are_told(table, use):
    B, y, net = table
    with pytest.warns(UserWarning, match="trained on inputs from 0 to 1") as caught:
        USES_OF_BYTES[use](net.copy(), B, y)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    X = eval(str(caught[0].message).rpartition("those of a table are ")[2].rstrip("."), {"X": B})
    assert net.accuracy((X, y)) > 0.95


@pytest.mark.parametrize("scale", [2, 8, 16])
def test_bytes_of_whole_numbers_are_told(scale):
    X = np.random.default_rng(0).integers(0, scale + 1, (60, 5)).astype(float)
    net = nn.Network([5, 2], seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 16 is not scaled
        net.SGD((X, np.arange(60) % 2), 1, 10, 0.01)
    with pytest.warns(UserWarning, match=r"those of a table are X\.astype"):
        net.predict(X[:1].astype(np.uint8))
    net.predict(np.zeros(5, np.uint8))


@pytest.mark.parametrize("divisor", [255, 256])
def test_nearly_black_images_of_a_network_of_pixels_are_welcome(sample, divisor):
    net = nn.Network([784, 10], seed=0)
    net.SGD((sample[0].images[:500] / divisor, sample[0].labels[:500]), 1, 10, 0.1)
    images = sample[2].images
    for some in (images, images[0], images[0] * 0, images[0] // 255, images[0] // 50, images[:20] // 255):
        net.predict(some)
    with pytest.warns(UserWarning, match="these inputs go from 0 to 0.003906"):
        net.predict(images // 255)  # many are not black by chance


TRAINS = {
    "SGD": lambda net, data: net.SGD(data, 1, 10, 0.5),
    "minimize": lambda net, data: net.minimize(data, maxiter=1),
    "Steps": lambda net, data: nn.Steps(net, data, 10, 0.5),
    "average": lambda net, data: nn.distributed.average(
        net, data, workers=1, rounds=1, mini_batch_size=10, eta=0.5
    ),
    "trace": lambda net, data: nn.trace(net, (data[0][0], data[1][0])),
}


@pytest.mark.parametrize("way", TRAINS)
def test_training_on_at_another_scale_is_told_and_on_similar_data_it_is_not(digits, sample, way):
    raw = sample[0].images[:50].astype(float)
    with pytest.warns(UserWarning, match="these inputs go from 0 to 255, .* from 0 to 0.996") as caught:
        TRAINS[way](digits.copy(), (raw, sample[0].labels[:50]))
    assert len(caught) == 1
    assert caught[0].filename == __file__
    TRAINS[way](digits.copy(), (sample[1].to_float()[:50], sample[1].labels[:50]))


def test_training_on_with_light_and_dark_exchanged(digits, sample):
    X = sample[0].to_float()[:50]
    with pytest.warns(UserWarning, match="1 - X exchanges them back"):
        digits.copy().SGD((1 - X, sample[0].labels[:50]), 1, 10, 0.5)


def test_training_on_one_by_one_compares_nothing():
    """As the first example says little of those that follow."""
    net = nn.Network([2, 1], seed=0)
    for x in ([0.01, 0.02], [0.9, 0.5], [8.0, -9.0]):
        net.SGD([(x, 1)], 1, 1, 0.1)


def test_training_on_other_columns_is_welcome(table):
    """The names are compared where they are an order; see test_names_of_data.py."""
    pd = pytest.importorskip("pandas")
    B, y, _ = table
    net = nn.Network([2, 2], seed=0)
    for names in (["a", "b"], ["c", "d"]):
        net.SGD((pd.DataFrame(B[:, :2] * 1.0, columns=names), y), 1, 10, 0.1)


# ---- axes

COLOUR = nn.Network([nn.Conv2D(2, 3), nn.Softmax(2)], input_shape=(3, 8, 8), seed=0)
TALL = nn.Network([nn.Conv2D(2, 3), nn.Softmax(2)], input_shape=(1, 6, 4), seed=0)


@pytest.mark.parametrize(
    ("net", "shape"),
    [
        (COLOUR, (5, 8, 8, 3)),
        (TALL, (5, 4, 6)),
        (TALL, (5, 4, 6, 1)),
        (TALL, (5, 1, 4, 6)),
        (COLOUR, (8, 8, 3)),
    ],
)
def test_axes_that_contradict_the_network_are_refused_with_the_transpose(net, shape):
    X = np.random.default_rng(0).random(shape)
    moved = array_in(refused(ValueError, "X: the network reads", lambda: net.feedforward(X)), X=X)
    assert moved.shape[-2:] == net.input_shape[1:]
    net.feedforward(moved)
    if X.ndim > 3 or net is TALL:
        y = np.zeros(len(X), int)
        refused(ValueError, "training_data, x: the network reads", lambda: net.SGD((X, y), 1, 2, 0.1))
        net.SGD((moved, y), 1, 2, 0.1)
        refused(ValueError, "data, x: the network", lambda: net.cost([(x, 0) for x in X]))


def test_axes_that_fit_are_welcome():
    x = np.random.default_rng(0).random((5, 6, 4))
    out = TALL.feedforward(x)
    for same in (x[..., None], x[:, None], x.reshape(5, 24)):
        np.testing.assert_array_equal(TALL.feedforward(same), out)
    np.testing.assert_array_equal(TALL.feedforward(x[0]), out[0])
    flat = nn.Network([24, 2], seed=0)
    np.testing.assert_array_equal(flat.feedforward(x), flat.feedforward(x.reshape(5, 24)))
    refused(ValueError, "X", lambda: TALL.feedforward(x.reshape(5, 2, 12)))


def test_images_of_a_dataset_have_axes_too():
    data = nn.Dataset(np.zeros((5, 4, 6), np.uint8), [0, 1, 0, 1, 0])
    refused(ValueError, "training_data, x", lambda: TALL.SGD(data, 1, 2, 0.1))


def network_of(shape, *layers):
    return nn.Network([*layers, nn.Softmax(2)], input_shape=shape, seed=0)


def told(shape, *layers):
    """What the warning, or the error, says of a network."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            network_of(shape, *layers)
        except ValueError as error:
            return str(error)
    (only,) = caught
    assert only.filename == __file__
    return str(only.message)


@pytest.mark.parametrize("shape", [(32, 32, 3), (12, 20, 4), (4, 4, 3), (28, 28, 1)])
@pytest.mark.parametrize("layer", [nn.Conv2D(4, 3, padding="same"), nn.Conv2D(4, 25), nn.MaxPool2D(2)])
def test_an_input_shape_whose_channels_come_last_is_told(shape, layer):
    """With a warning where the layer fits, and where it does not in place of other advice."""
    message = told(shape, layer)
    assert f"{shape[0]} maps of {shape[1]} x {shape[2]}" in message
    advised = eval(re.search(r"input_shape=(\(.*?\))", message)[1])
    X = np.random.default_rng(0).random((2, *shape))
    moved = array_in(message, X=X)
    np.testing.assert_array_equal(moved[0, 0], X[0, :, :, 0])
    network_of(advised, nn.Conv2D(4, 1)).predict(moved)


def test_a_later_layer_that_does_not_fit_is_told_of_the_channels():
    message = told((32, 32, 3), nn.Conv2D(4, 3), nn.MaxPool2D(2))
    assert message.startswith("layers[1]")
    assert "input_shape=(3, 32, 32)" in message


def test_channels_that_come_first_are_welcome():
    for shape in ((3, 32, 32), (1, 28, 28), (4, 4, 4), (1, 5, 3), (20, 4, 4), (3, 3, 4)):
        network_of(shape, nn.Conv2D(2, 3))
    network_of((6, 100, 1), nn.Conv2D(2, (5, 1)))  # six sequences
    network_of((32, 32, 3), nn.Dense(2))  # which has no axes
    message = refused(ValueError, "layers[0]", lambda: network_of((20, 4, 4), nn.Conv2D(2, 5)))
    assert "a smaller kernel_size" in message


# ---- two readings


PAIRS = {
    "numbers": ([1, 3, 3], (np.linspace(0, 1, 50).reshape(-1, 1), np.zeros((50, 3)))),
    "labels": ([1, 3, 3], (np.linspace(0, 1, 50).reshape(-1, 1), np.zeros(50))),
    "one column each": ([1, 3, 1], (np.zeros((50, 1)), np.zeros((50, 1)))),
    "an autoencoder's": ([4, 2, 4], (np.zeros((5, 4)), np.zeros((5, 4)))),
    "images": ([784, 10], (np.zeros((5, 28, 28)), np.zeros(5, int))),
    "one image and its label": ([784, 10], (np.zeros((28, 28)), 3)),
    "the book's": ([784, 10], (np.zeros((784, 1)), np.zeros((10, 1)))),
    "one example": ([2, 3, 1], ([0.0, 1.0], [1.0])),
}


@pytest.mark.parametrize("kind", PAIRS)
def test_a_pair_where_inputs_are_needed_is_told_what_to_type(kind):
    sizes, data = PAIRS[kind]
    net = nn.Network(sizes, seed=0)
    for use in (net.predict, net.feedforward, net.activations, nn.Ensemble([net]).predict):
        message = refused(TypeError, "X: inputs alone needed, got a pair", lambda use=use: use(data))
    names = {"data": data}
    exec(message.rpartition(": ")[2], names)
    net.predict(names["X"])
    message = refused(TypeError, "X: inputs alone needed", lambda: nn.plot.outputs(net, data))
    message = refused(TypeError, "X: inputs alone needed, got pairs", lambda: net.predict([data, data]))
    if np.size(data[0]) == sizes[0]:
        names = {"data": [data, data], "np": np}
        exec(re.search(r"X = .*", message)[0], names)
        net.predict(names["X"])


def test_what_is_no_pair_is_read_as_it_was():
    rows = np.random.default_rng(0).random((2, 4))
    net = nn.Network([4, 2], seed=0)
    np.testing.assert_array_equal(net.predict(tuple(rows)), net.predict(rows))
    np.testing.assert_array_equal(net.predict([*rows]), net.predict(rows))
    assert nn.Network([2, 2], seed=0).feedforward((0.1, 0.2)).shape == (2,)
    halves = nn.Network([nn.Conv2D(1, 2), nn.Softmax(2)], input_shape=(2, 3, 3), seed=0)
    assert halves.feedforward((np.zeros((3, 3)), np.ones((3, 3)))).shape == (2,)
    refused(ValueError, "X: rows of one length", lambda: net.predict([[0.1, 0.2], [0.3]]))


def test_a_pair_where_images_are_needed_is_told_of(sample):
    data = sample[2].images[:5], sample[2].labels[:5]
    message = refused(ValueError, "data", lambda: nn.augment.distorted(data, nn.augment.Shift(1)))
    names = {"data": data}
    exec(re.search(r"X, y = data", message)[0], names)
    nn.augment.distorted(names["X"], nn.augment.Shift(1))


def test_two_examples_as_lists_or_two_arrays_as_lists():
    net = nn.Network([1, 1], seed=0)
    for data in ([[[0.1], [0.9]], [[0.8], [0.2]]], [[0.1, 0.9], [0.8, 0.2]]):
        if np.ndim(data) == 3:
            message = refused(ValueError, "training_data", lambda data=data: net.SGD(data, 1, 1, 0.1))
            assert "(X, y)" in message
            assert "[(x, y), (x, y)]" in message
    X, y = [[0.1], [0.9]], [[0.8], [0.2]]
    assert net.cost((X, y)) == net.cost([(X[0], y[0]), (X[1], y[1])])
    wide = nn.Network([3, 2], seed=0)
    a, b = [0.1, 0.2, 0.3], [0.5, 0.6, 0.7]
    assert wide.cost([[a, [0, 1]], [b, [1, 0]]]) == wide.cost(([a, b], [[0, 1], [1, 0]]))  # one reading fits
    assert wide.cost([[a, b], [[0, 1], [1, 0]]]) == wide.cost(([a, b], [[0, 1], [1, 0]]))


def test_one_pair_is_not_a_training_set(sample):
    net = nn.Network([784, 10], seed=0)
    pairs = list(sample[0][:3])
    for one in (sample[0][0], pairs[0], (sample[0].images[0], 5)):
        for use in (lambda one=one: net.SGD(one, 1, 1, 0.1), lambda one=one: net.cost(one)):
            message = refused(ValueError, "", use)
            assert "[(x, y)]" in message
            assert "training_data[:1]" in message
    net.SGD([pairs[0]], 1, 1, 0.1)
    net.SGD(sample[0][:1], 1, 1, 0.1)
    net.backprop(*pairs[0])
    net.trace(*pairs[0])
