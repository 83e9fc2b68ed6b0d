"""The grammar of the calls, second part: what lies around the networks. See `subjects.py`."""

import numpy as np
import values
from case import ACTIVATIONS, LAYER_NAMES, Call

import nncore as nn
from nncore.book import network, network2, network3, universality


def dataset(c):
    n, shape = c.rng.choice((0, 1, 3)), c.rng.choice(((4,), (2, 2), (3, 1)))
    images = (c.numbers(n, *shape) * 255).astype(np.uint8)
    labels = np.arange(n)
    named = c.options(name=lambda: c.one("a", None), class_names=lambda: c.one(None, ["a", "b", "c"]))
    return Call(nn.Dataset, (c.array(images), c.array(labels)), named, own=False)


def part_of_dataset(c):
    data = nn.Dataset((c.numbers(5, 4) * 255).astype(np.uint8), np.arange(5) % 3)
    if c.chance(0.3):
        return Call(
            data.only, (c.one(0, 1, 2), *[c.one(0)] * c.chance(0.3)), names=("only", "labels"), own=False
        )
    key = c.arg(lambda: c.rng.choice((0, -1, slice(2), [0, 3], np.array([True] * 5), np.int8(2), [])))
    return Call(data.__getitem__, (key,), names=("Dataset", "index"), own=False)


def function(c):
    """The functions on arrays."""
    name = c.rng.choice(nn.functions.__all__)
    if name not in ("feedforward", "backprop"):
        shape = c.rng.choice(((), (3,), (2, 3), (0,), (2, 0), (2, 1, 4)))
        return Call(getattr(nn.functions, name), (c.array(np.asarray(c.numbers(*shape))),))
    sizes = [c.rng.randint(1, 4) for _ in range(c.rng.randint(2, 3))]
    pairs = list(zip(sizes[1:], sizes[:-1], strict=True))
    weights = c.arg(lambda: [c.array(c.numbers(n, k)) for n, k in pairs])
    biases = c.arg(lambda: [c.array(c.numbers(n)) for n, _ in pairs])
    X = c.array(c.numbers(3, sizes[0]))
    named = c.options(activation=lambda: c.one(*ACTIVATIONS))
    names = ("weights", "biases", "layers")
    if name == "feedforward":
        return Call(nn.functions.feedforward, (weights, biases, X), named, names=names)
    named |= c.options(cost=lambda: c.one("quadratic"))
    return Call(
        nn.functions.backprop, (weights, biases, X, c.array(c.numbers(3, sizes[-1]))), named, names=names
    )


def history(c):
    """A history is read from a dict that is not quite right."""
    net = c.network()
    X, y = c.examples(net, 4)
    found = net.SGD((X, y), 1, 2, 0.01, rule="adam", monitor=nn.Monitor("training_cost", every=2))
    fields, arrays = found.to_dict(), found.arrays()
    if c.is_wrong():
        for holder in (fields, arrays, fields["within_epochs"]):
            if c.chance(0.5):
                name = c.rng.choice([*holder, "other"])
                holder[name] = values.wrong(c.rng) if c.chance(0.6) else [values.wrong(c.rng)]
    names = ("history", *fields, *arrays)
    return Call(nn.History.from_dict, (c.arg(lambda: fields), c.arg(lambda: arrays)), {}, None, names)


def book(c):
    """The book's modules."""
    way = c.rng.randrange(6)
    sizes = c.arg(lambda: [c.rng.randint(1, 4) for _ in range(3)])
    names = ("sizes", "layers", "cost", "x", "y", "training_data")
    if way == 0:
        return Call(network.Network, (sizes,), names=names, own=False)
    if way == 1:
        cost = c.arg(lambda: c.rng.choice((network2.CrossEntropyCost, network2.QuadraticCost)))
        return Call(network2.Network, (sizes,), {"cost": cost}, names=names, own=False)
    if way == 2:
        arguments = (c.arg(lambda: 4), c.arg(lambda: 2))
        return Call(c.rng.choice((network3.FullyConnectedLayer, network3.SoftmaxLayer)), arguments, own=False,
                    names=LAYER_NAMES)  # fmt: skip
    if way == 3:
        return Call(network2.vectorized_result, (c.arg(lambda: 3),), own=False)
    if way == 4:
        return Call(network.sigmoid, (c.array(c.numbers(3)),), own=False)
    book = network.Network([2, 3, 2])
    x, y = c.numbers(2, 1), c.numbers(2, 1)
    if c.chance(0.5):
        return Call(book.feedforward, (c.array(x),), names=("a", "X"), own=False)
    data = c.arg(lambda: [(c.array(x), c.array(y)) for _ in range(3)])
    arguments = (data, c.arg(lambda: 1, small=True), c.one(1, 2), c.one(0.1))
    named = c.options(test_data=lambda: c.arg(lambda: [(x, 1)]))
    return Call(book.SGD, arguments, named, names=(*names, "evaluation_data"), own=False)


def record(c):
    net = c.network()
    return Call(net.training_record.share_seen, (c.data(net),), own=False, names=("x", "y", "training"))


def picture(c):
    """The pictures."""
    net = c.network()
    plot, n_in = nn.plot, net.sizes[0]
    data = nn.Dataset((c.numbers(4, n_in) * 255).astype(np.uint8), np.arange(4) % max(2, net.sizes[-1]))
    data, of = c.arg(lambda: data), c.arg(lambda: net)
    columns = lambda: c.arg(lambda: c.rng.choice((None, 2)), small=True)  # noqa: E731
    c.sane = False  # not all layers and inputs are pictures
    way, names = c.rng.randrange(6), ("x", "X", "y", "layer", "data", "augment", "images")
    if way == 0:
        named = c.options(layer=lambda: c.one(0, 1), columns=columns)
        return Call(plot.filters, (of,), named, names=names, own=False)
    if way == 1:
        return Call(
            plot.feature_maps, (of, c.inputs(net)), c.options(columns=columns), names=names, own=False
        )
    if way == 2:
        return Call(plot.confusion, (of, data), names=names, own=False)
    if way == 3:
        named = c.options(columns=columns, captions=lambda: c.arg(lambda: ["a"] * 4))
        return Call(plot.images, (data,), named, names=names, own=False)
    if way == 4:
        named = c.options(most=lambda: c.arg(lambda: 2), columns=columns)
        return Call(plot.misclassified, (of, data), named, names=names, own=False)
    named = c.options(images=lambda: c.arg(lambda: 2), variants=lambda: c.arg(lambda: 2, small=True))
    return Call(plot.augmented, (data, c.arg(lambda: nn.augment.Shift(1))), named, names=names, own=False)


def chapter4(c):
    """The functions of chapter 4."""
    number = lambda: c.one(0.3, 0.5, 10.0)  # noqa: E731
    way = c.rng.randrange(6)
    if way == 0:
        return Call(universality.step, (number(), number()), own=False, names=("weights", "biases"))
    if way == 1:
        return Call(universality.bump, (number(), number(), number()), own=False, names=("weights", "biases"))
    if way == 2:
        pairs = c.arg(lambda: [0.1, 0.2]), c.arg(lambda: [0.4, 0.5])
        return Call(universality.tower, (*pairs, number()), own=False, names=("weights", "biases"))
    if way == 3:
        return Call(c.rng.choice((universality.f, universality.inverse_sigmoid)), (c.array(c.numbers(3)),))
    f = c.arg(lambda: np.sin)
    named = c.options(output=lambda: c.one("linear"), w=number)
    N = c.arg(lambda: c.rng.choice((1, 5)), small=True)
    return Call(universality.approximate, (f, N), named, own=False, names=("weights", "biases"))


TEXTS = (
    *("", "0", "1", "-1", "nan", "inf", "1e308", "abc", "9" * 30, "784", "784,5,10", "784,-1,10", "784,,10"),
    *("784," + "9" * 12 + ",10", "5,5", "conv", "quadratic", "he", "float64", "\0", "ünï", "--", "-h"),
)


def run_command(*words):
    """Run the command line with these words: it ends with a code, and never with a traceback."""
    from click.testing import CliRunner

    from nncore import cli

    result = CliRunner().invoke(cli.main, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if result.exit_code and not result.output.strip():
        raise RuntimeError("it fails, and does not say why")
    return result.exit_code


def command(c):
    """The command line."""
    net = nn.Network([784, 2, 10], seed=0)
    net.save(c.folder / "command.npz")
    text = lambda right: c.rng.choice(TEXTS) if c.is_wrong() else right  # noqa: E731
    file = text(str(c.folder / "command.npz"))
    way = c.rng.randrange(4)
    if way == 0:
        words = ["train", "--layers", text("784,2,10"), "--epochs", c.rng.choice(("0", "1", "-1", "x"))]
        options = {
            "--cost": "quadratic",
            "--init": "he",
            "--mini-batch": "100",
            "--lmbda": "1",
            "--seed": "5",
        }
        options |= {"--eta": "0.5", "--dtype": "float64", "--seed": "5", "--nonsense": "1"}
        options["--output"] = str(c.folder / "out.npz")
        for name, right in options.items():
            if c.chance(0.3 if name != "--nonsense" else 0.02):
                words += [name, text(right)]
    elif way == 1:
        words = ["info", file]
    elif way == 2:
        words = ["evaluate", file, "--data", text("sample")]
    else:
        words = ["predict", file, text(str(c.folder / "command.npz"))]
    return Call(run_command, tuple(words), own=False)


def unknown_argument(c):
    """Names that an object does not have, and arguments that a function does not take."""
    net, c.sane = c.network(), False
    name = c.rng.choice(
        ("lr", "fit", "weights_", "batch_size", "nonsense", "optimizer", "evaluate", "__len__x")
    )
    way = c.rng.randrange(4)
    if way == 0:
        return Call(getattr, (c.rng.choice((net, nn, nn.Dense(3))), name), names=(name,), own=False)
    if way == 1:
        return Call(net.SGD, ((0, 0), 1, 1, 0.1), {name: 1}, net, names=(name,))
    if way == 2:
        return Call(nn.Network, ([2, 2],), {name: 1}, names=(name,))
    return Call(nn.Dense, (3,), {name: 1}, names=(name,))
