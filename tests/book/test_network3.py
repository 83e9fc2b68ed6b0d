"""Chapter 6's module: it prints the book's lines and follows network3's rules, in network3's parameters."""

import copy
import functools
import pickle
import re

import numpy as np
import pytest
from support.generator import mask

import nncore as nn
from nncore.book import conv, network3
from nncore.book.network3 import (
    ConvPoolLayer,
    FullyConnectedLayer,
    Network,
    ReLU,
    SoftmaxLayer,
    linear,
    sigmoid,
    tanh,
)

M = 10  # mini-batch size


def small(activation_fn=sigmoid, p=0.0, dtype="float64", seed=0):
    """Images of 9 x 8: convolution with pooling twice, a fully connected layer, softmax."""
    np.random.seed(seed)  # noqa: NPY002
    first = ConvPoolLayer(
        image_shape=(M, 1, 9, 8), filter_shape=(3, 1, 2, 3), poolsize=(2, 2), activation_fn=activation_fn
    )
    second = ConvPoolLayer(  # 3 maps of 4 x 3
        image_shape=(M, 3, 4, 3), filter_shape=(4, 3, 2, 2), poolsize=(3, 1), activation_fn=activation_fn
    )
    layers = [
        first,
        second,
        FullyConnectedLayer(n_in=4 * 1 * 2, n_out=6, activation_fn=activation_fn, p_dropout=p),
        FullyConnectedLayer(n_in=6, n_out=5, activation_fn=activation_fn, p_dropout=p / 2),
        SoftmaxLayer(n_in=5, n_out=3, p_dropout=p),
    ]
    return Network(layers, M, dtype=dtype)


def examples(n, seed=1):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, 72)), rng.integers(0, 3, n)


SLOPES = {  # the activations, and their derivatives in terms of a
    sigmoid: (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
    tanh: (np.tanh, lambda a: 1 - a**2),
    ReLU: (lambda z: np.maximum(z, 0), lambda a: (a > 0) * 1.0),
    linear: (lambda z: z, np.ones_like),
}


class PlainNetwork3:
    """The network of `small` in NumPy, with the parameters of network3.

    Its convolutions turn the filters around, and dropout scales activations when the network is used, not in
    training.
    """

    POOLS = ((2, 2), (3, 1))

    def __init__(self, net, activation_fn, p):
        self.params = [array.astype(float) for array in net.params]
        self.sigma, self.slope = SLOPES[activation_fn]
        self.drop = [p, p / 2, p]

    def conv_pool(self, a, w, b, pool):
        """(a after, and for each of its numbers the patch that the maximum came from)."""
        (t, c), (k, l) = w.shape[2:], pool
        height, width = a.shape[1] - t + 1, a.shape[2] - c + 1
        flipped = w[:, :, ::-1, ::-1]
        out = np.zeros((len(w), height // k, width // l))
        patches = {}
        for f, y, x in np.ndindex(out.shape):
            window = [
                (np.sum(flipped[f] * a[:, i : i + t, j : j + c]), -i, -j, i, j)
                for i in range(y * k, y * k + k)
                for j in range(x * l, x * l + l)
            ]
            out[f, y, x], *_, i, j = max(window)
            patches[f, y, x] = slice(i, i + t), slice(j, j + c)
        return self.sigma(out + b[:, None, None]), patches  # pooled before the activation

    def gradients(self, x, label, epoch, place):
        w1, b1, w2, b2, *dense = self.params
        maps = x.reshape(1, 9, 8)
        first, from_first = self.conv_pool(maps, w1, b1, self.POOLS[0])
        second, from_second = self.conv_pool(first, w2, b2, self.POOLS[1])
        a, inputs, masks = second.ravel(), [], []
        for l, p in enumerate(self.drop):
            w, b = dense[2 * l : 2 * l + 2]
            masks.append(mask(0, epoch, 4 + l, place, len(a), p) if p else np.ones(len(a)))
            inputs.append(masks[-1] * a)  # not scaled
            z = inputs[-1] @ w + b
            a = self.sigma(z) if l < 2 else np.exp(z - z.max()) / np.exp(z - z.max()).sum()
            if l == 0:
                hidden = [a]
            elif l == 1:
                hidden.append(a)
        delta = a - np.eye(3)[label]
        nabla = []
        for l in (2, 1, 0):
            nabla = [np.outer(inputs[l], delta), delta, *nabla]
            before = masks[l] * (dense[2 * l] @ delta)
            delta = before * self.slope(hidden[l - 1] if l else second.ravel())
        for a, w, patches in ((first, w2, from_second), (maps, w1, from_first)):
            delta = delta.reshape(len(w), *(1 + max(at[i] for at in patches) for i in (1, 2)))
            nabla_w, before = np.zeros_like(w), np.zeros_like(a)
            for (f, y, x_), (rows, columns) in patches.items():
                nabla_w[f] += delta[f, y, x_] * a[:, rows, columns][:, ::-1, ::-1]
                before[:, rows, columns] += delta[f, y, x_] * w[f, :, ::-1, ::-1]
            nabla = [nabla_w, delta.sum(axis=(1, 2)), *nabla]
            delta = before * self.slope(a)
        return nabla

    def SGD(self, X, y, epochs, eta, lmbda, mu=0.0):
        batches = len(X) // M
        velocity = [np.zeros_like(array) for array in self.params]
        for epoch in range(epochs):
            for batch in range(batches):
                rows = range(batch * M, batch * M + M)
                each = [self.gradients(X[i], y[i], epoch, i) for i in rows]
                for k, array in enumerate(self.params):
                    nabla = sum(nabla[k] for nabla in each) / M
                    if k % 2 == 0:
                        nabla = nabla + lmbda / batches * array
                    velocity[k] = mu * velocity[k] - eta * nabla
                self.params = [array + v for array, v in zip(self.params, velocity, strict=True)]

    def outputs(self, x):
        w1, b1, w2, b2, *dense = self.params
        a, _ = self.conv_pool(x.reshape(1, 9, 8), w1, b1, self.POOLS[0])
        a = self.conv_pool(a, w2, b2, self.POOLS[1])[0].ravel()
        for l, p in enumerate(self.drop):
            z = (1 - p) * (a @ dense[2 * l]) + dense[2 * l + 1]
            a = self.sigma(z) if l < 2 else np.exp(z) / np.exp(z).sum()
        return a


@pytest.mark.parametrize(
    ("activation_fn", "p", "lmbda", "options"),
    [
        (sigmoid, 0.0, 0.0, {}),
        (ReLU, 0.5, 0.1, {}),
        (tanh, 0.25, 0.3, {"momentum": 0.5}),
        (linear, 0.5, 0.0, {"l1": 1e-300}),  # the general path
    ],
)
def test_training_follows_the_rules_of_network3(activation_fn, p, lmbda, options, capsys):
    net = small(activation_fn, p)
    net.params = [array + 0.1 for array in net.params]  # softmax too
    plain = PlainNetwork3(net, activation_fn, p)
    X, y = examples(57)  # the last 7 are left out
    net.SGD((X, y), 2, M, 0.1, (X[:20], y[:20]), (X[:20], y[:20]), lmbda=lmbda, **options)
    plain.SGD(X, y, 2, 0.1, lmbda, options.get("momentum", 0.0))
    for array, wanted in zip(net.params, plain.params, strict=True):
        np.testing.assert_allclose(array, wanted, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(net.feedforward(X[:4]), [plain.outputs(x) for x in X[:4]], rtol=1e-10)


def test_initial_parameters_are_drawn_as_in_the_book():
    net = small(p=0.5)
    rng = np.random.RandomState(0)
    wanted = []
    for scale, shape, count in [
        (1 / np.sqrt(3 * 6 // 4), (3, 1, 2, 3), 3),  # in whole numbers, as Python 2 divided
        (1 / np.sqrt(4 * 4 // 3), (4, 3, 2, 2), 4),
        (1 / np.sqrt(6), (8, 6), 6),
        (1 / np.sqrt(5), (6, 5), 5),
    ]:
        wanted += [rng.normal(0.0, scale, shape), rng.normal(0.0, 1.0, count)]
    wanted += [np.zeros((5, 3)), np.zeros(3)]
    for array, drawn in zip(net.params, wanted, strict=True):
        np.testing.assert_allclose(array, drawn, rtol=1e-15)


LISTING = """
import nncore.book.network3 as network3
from nncore.book.network3 import Network
from nncore.book.network3 import ConvPoolLayer, FullyConnectedLayer, SoftmaxLayer
mini_batch_size = 10
net = Network([
    ConvPoolLayer(image_shape=(mini_batch_size, 1, 28, 28),
                  filter_shape=(4, 1, 5, 5),
                  poolsize=(2, 2)),
    FullyConnectedLayer(n_in=4*12*12, n_out=10),
    SoftmaxLayer(n_in=10, n_out=10)], mini_batch_size)
net.SGD(training_data, 2, mini_batch_size, 0.1,
        validation_data, test_data)
"""


def test_listing_prints_the_lines_of_the_book(sample, capsys):
    names = dict(zip(("training_data", "validation_data", "test_data"), sample, strict=True))
    np.random.seed(0)  # noqa: NPY002
    exec(LISTING, names)
    lines = capsys.readouterr().out.splitlines()
    for line, wanted in zip(
        lines,
        [
            r"Training mini-batch number 0",
            r"Epoch 0: validation accuracy \d\d\.\d\d%",
            r"This is the best validation accuracy to date\.",
            r"The corresponding test accuracy is \d\d\.\d\d%",
            r"Training mini-batch number 1000",
            r"Epoch 1: validation accuracy \d\d\.\d\d%",
            r"This is the best validation accuracy to date\.",
            r"The corresponding test accuracy is \d\d\.\d\d%",
            r"Finished training network\.",
            r"Best validation accuracy of \d\d\.\d\d% obtained at iteration 1599",
            r"Corresponding test accuracy of \d\d\.\d\d%",
        ],
        strict=True,
    ):
        assert re.fullmatch(wanted, line)
    net, test_data = names["net"], names["test_data"]
    assert lines[-1] == f"Corresponding test accuracy of {net.accuracy(test_data):.2%}"


def test_mini_batch_numbers_are_printed(capsys):
    """1,000 mini-batches an epoch: number 1000 belongs to the second."""
    np.random.seed(0)  # noqa: NPY002
    net = Network([SoftmaxLayer(n_in=2, n_out=3)], 1)
    X, y = np.ones((1000, 2)), np.zeros(1000, int)
    net.SGD((X, y), 3, 1, 0.1, (X, y), (X, y))
    numbers = [
        line for line in capsys.readouterr().out.splitlines() if line.startswith(("Training", "Epoch"))
    ]
    assert [line.split(":")[0] for line in numbers] == [
        "Training mini-batch number 0",
        "Epoch 0",
        "Training mini-batch number 1000",
        "Epoch 1",
        "Training mini-batch number 2000",
        "Epoch 2",
    ]


def test_test_accuracy_belongs_to_the_last_best_validation_epoch(capsys):
    """A step back and forth: weights and accuracies are the same in epochs 0 and 2."""
    net = Network([SoftmaxLayer(n_in=1, n_out=2)], 1)
    seen = iter([0.5, 0.75, 0.75, 0.25])

    def measure(data, *others):
        return 0.0, next(seen) if len(data) == 3 else net.epochs_trained / 10

    net._cost_and_accuracy = measure
    X = np.ones((3, 1))
    net.SGD((X, [0, 1, 0]), 4, 1, 0.1, (X, [0, 1, 0]), (X[:2], [0, 1]))
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("This is the best") for line in lines) == 3  # an equal one counts
    assert lines[-2:] == [
        "Best validation accuracy of 75.00% obtained at iteration 8",
        "Corresponding test accuracy of 30.00%",
    ]


def test_incomplete_mini_batches_are_left_out_of_accuracies(capsys):
    net = small()
    X, y = examples(30)
    answers = net.predict(X)
    y = np.where(np.arange(30) < 20, answers, (answers + 1) % 3)  # right in two mini-batches
    net.SGD((X, y), 1, M, 0.0, (X[:29], y[:29]), (X[:25], y[:25]))
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "Best validation accuracy of 100.00% obtained at iteration 2",
        "Corresponding test accuracy of 100.00%",
    ]


def test_options_and_methods_of_nncore(capsys, tmp_path):
    net = small(p=0.5)
    X, y = examples(40)
    seen = []
    net.SGD(
        (X, y), 50, M, 0.0, (X, y), (X, y),
        stop=nn.stopping.NoImprovement(3),
        schedule=nn.schedules.Step(2),
        callbacks=[lambda net, history: seen.append(len(history))],
        monitor="training_cost",
    )  # fmt: skip
    assert seen == [1, 2, 3, 4]
    assert len(net.history.training_cost) == 4
    assert capsys.readouterr().out.count("Epoch") == 4
    assert 0 <= net.accuracy((X, y)) <= 1
    path = tmp_path / "net3.npz"
    net.save(path)
    for back in (network3.load(path), copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert isinstance(back, Network)
        assert back.mini_batch_size == M
        assert np.array_equal(back.parameters, net.parameters)
        assert back.layers == net.layers
        back.SGD((X, y), 1, M, 0.1, (X, y), (X, y))
    assert np.array_equal(nn.load(path).parameters, net.parameters)
    nn.Network([2, 1]).save(path)
    with pytest.raises(ValueError, match="network3 did not save it"):
        network3.load(path)


def test_networks_vote_in_an_ensemble(capsys):
    nets = [small(seed=seed) for seed in range(3)]
    X, y = examples(40)
    assert 0 <= nn.Ensemble(nets).accuracy((X, y)) <= 1


def test_params_are_copies_and_assignable():
    net, other = small(p=0.5), small(p=0.5, seed=1)
    other.params = net.params
    assert np.array_equal(other.parameters, net.parameters)
    np.testing.assert_array_equal(net.params[0][:, :, ::-1, ::-1], net.weights[0])
    np.testing.assert_array_equal(net.params[-2].T / 2, net.weights[-1])


def test_diverging_run_ends_with_a_warning(capsys):
    net = small(ReLU)
    X, y = examples(40)
    with pytest.warns(RuntimeWarning, match="left the finite numbers"):
        net.SGD((X, y), 30, M, 1e200, (X, y), (X, y))
    assert "Finished training network." in capsys.readouterr().out


def test_load_data_shared(sample, monkeypatch, tmp_path):
    small_data = tuple(data[:3] for data in sample)
    monkeypatch.setattr(network3, "load_mnist", lambda path=None: small_data)
    assert network3.load_data_shared() == list(small_data)
    expanded, validation, test = network3.load_data_shared("../data/mnist_expanded.pkl.gz")
    assert (validation, test) == small_data[1:]
    assert len(expanded) == 15
    image = small_data[0].images[1].astype(int)
    for axis, step in [(0, 0), (0, 1), (0, -1), (1, 1), (1, -1)]:
        shifted = np.roll(image, step, axis)  # its border is empty
        places = [i for i in range(15) if np.array_equal(expanded.images[i], shifted)]
        assert [expanded.labels[i] for i in places] == [small_data[0].labels[1]]
    with pytest.raises(FileNotFoundError, match=r"\.\./other\.pkl does not exist"):
        network3.load_data_shared("../other.pkl")


def test_wrong_arguments_are_named():
    made = functools.partial(ConvPoolLayer, filter_shape=(2, 1, 3, 3), image_shape=(M, 1, 8, 8))
    data = examples(20)
    for call, words in [
        (lambda: Network([], M), "layers: at least one needed"),
        (
            lambda: Network([made(), SoftmaxLayer(17, 3)], M),
            r"layers\[1\]: its input has shape \(17,\).*\(2, 3, 3\), which is 18",
        ),
        (
            lambda: Network([made(), SoftmaxLayer(18, 3)], 5),
            "image_shape must begin with the mini-batch size, 5",
        ),
        (lambda: Network([FullyConnectedLayer(3, 3)], M), "a SoftmaxLayer at the end"),
        (lambda: made(filter_shape=(2, 2, 3, 3)), "filters over the 1 maps"),
        (lambda: made(filter_shape=(2, 3, 3)), "four numbers each"),
        (lambda: FullyConnectedLayer(3, 3, p_dropout=1.0), "^p_dropout: a number needed"),
        (lambda: small().SGD(data, 1, 5, 0.1, data, data), "mini_batch_size: 10 needed, with which"),
        (
            lambda: small().SGD(examples(9), 1, M, 0.1, data, data),
            "9 examples make no mini-batch of 10",
        ),
        (
            lambda: small().SGD(data, 1, M, 0.1, examples(9), data),
            "validation_data: at least 10 examples needed",
        ),
        (lambda: setattr(small(), "params", [np.zeros(1)] * 10), r"params: w \(3, 1, 2, 3\) and b \(3,\)"),
        (lambda: setattr(small(), "params", []), "params: 10 arrays needed"),
    ]:
        with pytest.raises(ValueError, match=words):
            call()
    with pytest.raises(TypeError, match="activation_fn: sigmoid, tanh, ReLU or linear"):
        made(activation_fn="sigmoid")
    with pytest.raises(TypeError, match="progress: network3 sets this itself"):
        small().SGD(data, 1, M, 0.1, data, data, progress=False)


def test_experiments_of_conv(sample, capsys, tmp_path):
    data = tuple(part[:200] for part in sample)
    short = {"epochs": 1, "data": data}
    for nets, words in [
        (conv.shallow(n=1, **short), "[784, 100, 10]"),
        (
            conv.basic_conv(n=1, **short),
            "28, Conv2D(20, 5) sigmoid, MaxPool2D(2), Dense(100) sigmoid, Softmax(10);",
        ),
        (conv.omit_FC(n=1, **short), "Conv2D(20, 5) sigmoid, MaxPool2D(2), Softmax(10);"),
        (
            conv.dbl_conv(tanh, n=1, **short),
            "tanh, MaxPool2D(2), Conv2D(40, 5) tanh, MaxPool2D(2), Dense(100) tanh, Softmax(10);",
        ),
        (
            conv.regularized_dbl_conv(n=1, lmbdas=[0.1], **short),
            "sigmoid, MaxPool2D(2), Dense(100) sigmoid, Softmax(10);",
        ),
        (conv.dbl_conv_relu(n=1, lmbdas=[0.1], **short), "relu, MaxPool2D(2), Dense(100) relu, Softmax(10);"),
        (conv.expanded_data(30, 1, **short), "relu, MaxPool2D(2), Dense(30) relu, Softmax(10);"),
        (
            conv.expanded_data_double_fc(30, 1, **short),
            "relu, MaxPool2D(2), Dense(30) relu, Dense(30) relu, Softmax(10);",
        ),
    ]:
        assert words in repr(nets[0])
        assert len(nets) == 1
    nets = conv.double_fc_dropout(0.5, 0.25, 0.125, 2, neurons=20, **short)
    assert [layer.dropout for layer in nets[0].layers] == [0, 0, 0, 0, 0.5, 0.25, 0.125]
    capsys.readouterr()
    error_locations, erroneous_predictions = conv.ensemble(nets, data)
    test = data[2]
    assert error_locations == nn.Ensemble(nets).errors(test).tolist()
    assert erroneous_predictions == nn.Ensemble(nets).predict(test)[error_locations].tolist()
    assert capsys.readouterr().out == f"Accuracy is {nn.Ensemble(nets).accuracy(test):.2%}\n"
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure = conv.plot_errors(error_locations, erroneous_predictions, data)
    at = error_locations[0]
    assert figure.axes[0].get_title() == f"{test.labels[at]} → {erroneous_predictions[0]}"
    assert len(conv.plot_filters(nets[0], 0, 5, 4).axes) == 20 + 1
    assert conv.plot_filters(nets[0], 1, 8, 5).axes
    pyplot.close("all")


# What is not as in the book says what to type instead


def digits():
    np.random.seed(0)  # noqa: NPY002
    return network3.Network(
        [
            network3.ConvPoolLayer(image_shape=(10, 1, 28, 28), filter_shape=(2, 1, 5, 5), poolsize=(2, 2)),
            network3.SoftmaxLayer(n_in=2 * 12 * 12, n_out=10),
        ],
        10,
    )


@pytest.mark.parametrize("layers", [[784, 30, 10], [nn.Dense(30), nn.Softmax(10)]])
def test_what_is_no_list_of_its_layers_is_refused(layers):
    with pytest.raises(
        TypeError, match=r"^layers: a list of network3's layers needed.*network2\.Network"
    ) as error:
        network3.Network(layers, 10)
    code = str(error.value).split("of each: ")[1].split(". ")[0]
    assert network3.Network(eval(code, vars(network3)), 10).sizes == [784, 30, 10]


def test_a_network_that_does_not_end_with_softmax_is_refused():
    first = network3.FullyConnectedLayer(784, 30)
    with pytest.raises(
        ValueError, match=r"^layers: network3's cost needs a SoftmaxLayer at the end"
    ) as error:
        network3.Network([first, network3.FullyConnectedLayer(30, 10)], 10)
    code = str(error.value).split("put ")[1].removesuffix(" there")
    assert network3.Network([first, eval(code, vars(network3))], 10).sizes == [784, 30, 10]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"filter_shape": (2, 3, 5, 5), "image_shape": (10, 3, 4, 32)},
            r"^filter_shape: filters that fit into maps",
        ),
        (
            {"filter_shape": (2, 1, 5, 5), "image_shape": (10, 1, 8, 8), "poolsize": (5, 5)},
            "^poolsize: .*4 x 4",
        ),
    ],
)
def test_messages_of_layers_name_their_own_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        network3.ConvPoolLayer(**arguments)
    with pytest.raises(ValueError, match=r"^p_dropout: "):
        network3.FullyConnectedLayer(784, 30, p_dropout=1.0)
    with pytest.raises(ValueError, match=r"^n_out: "):
        network3.SoftmaxLayer(784, 0)


def test_predictions_of_a_test_mini_batch(sample):
    train, validation, test = (part[:60] for part in sample)
    net = digits()
    with pytest.raises(AttributeError, match=r"test_mb_predictions.*In nncore: net\.predict"):
        net.test_mb_predictions(0)
    net.SGD(train, 1, 10, 0.1, validation, test)
    np.testing.assert_array_equal(net.test_mb_predictions(2), net.predict(test[20:30]))
    assert network3.size(test) == network3.size((test.images, test.labels)) == 60


def test_parameters_are_read_as_those_of_theano():
    net = digits()
    params = net.params
    np.testing.assert_array_equal(params[0].get_value(borrow=True), params[0])
    assert type(params[0].get_value()) is type(params[2].eval()) is np.ndarray
    with pytest.raises(AttributeError, match=r"net\.params = params") as error:
        params[0].set_value(params[0])
    code = str(error.value).split(": ", 2)[-1].split("them: ")[-1]
    exec(code, {"net": net, "w": params[0] + 1})
    np.testing.assert_allclose(net.params[0], params[0] + 1, rtol=1e-6)


@pytest.mark.parametrize("name", ["w", "b", "params", "output", "y_out"])
def test_attributes_of_its_layers_are_hinted(name, sample):
    for layer in (network3.SoftmaxLayer(4, 2), network3.FullyConnectedLayer(4, 2)):
        with pytest.raises(AttributeError, match=rf"no attribute '{name}'\. In nncore: ") as error:
            getattr(layer, name)
    hint = str(error.value).split("In nncore: ")[1]
    exec(hint, {"net": digits(), "X": sample[0][:10].to_float(), "data": sample[0][:10]})


@pytest.mark.parametrize("name", ["stride", "padding", "activation", "dropout", "units"])
def test_arguments_of_its_layers_are_hinted(name):
    with pytest.raises(TypeError, match=rf"unexpected keyword argument '{name}'\. In nncore: "):
        network3.FullyConnectedLayer(4, 2, **{name: 1})


@pytest.mark.parametrize("name", ["theano", "shared", "GPU", "dropout_layer"])
def test_names_of_theano_are_hinted(name):
    with pytest.raises(AttributeError, match=rf"has no attribute '{name}'\. In nncore: "):
        getattr(network3, name)


@pytest.mark.parametrize("given", [{"weights": [3.0, 1.0] * 20}, {"class_weight": {0: 3.0}}])
def test_examples_and_classes_have_the_weights_of_the_core(given, capsys):
    data = np.random.default_rng(0).random((40, 6)), np.arange(40) % 3
    net = network3.Network([network3.FullyConnectedLayer(6, 5), network3.SoftmaxLayer(5, 3)], 10)
    core = nn.Network([nn.Dense(5), nn.Softmax(3)], input_shape=6, seed=network3.SEED)
    core.parameters[:] = net.parameters
    net.SGD(data, 2, 10, 0.5, data, data, **given)
    core.SGD(data, 2, 10, 0.5, shuffle=False, **given)
    assert net.parameters.tobytes() == core.parameters.tobytes()
