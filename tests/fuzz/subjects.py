"""The grammar of the calls: one function for each part of the public API, which draws a call of it."""

from pathlib import Path

import numpy as np
import subjects_around as around
import values
from case import ACTIVATIONS, LAYER_NAMES, Call

import nncore as nn

COSTS = ("quadratic", "cross-entropy", "log-likelihood")


def make_layer(c):
    small = lambda: c.rng.randint(1, 6)  # noqa: E731
    way = c.rng.randrange(4)
    if way == 0:
        named = c.options(dropout=lambda: c.one(0, 0.5, 0.9), weight_eta_factor=lambda: c.one(0, 1, 2.5))
        return Call(nn.Dense, (c.arg(small), c.one(*ACTIVATIONS)), named)
    if way == 1:
        return Call(nn.Softmax, (c.arg(small),), c.options(dropout=lambda: c.one(0, 0.5)))
    if way == 2:
        kernel = c.arg(lambda: c.rng.choice((1, 3, (2, 3), [1, 2], np.int64(2))))
        named = c.options(activation=lambda: c.one(*ACTIVATIONS), padding=lambda: c.one("valid", "same"))
        return Call(nn.Conv2D, (c.arg(small), kernel), named)
    return Call(nn.MaxPool2D, (c.arg(lambda: c.rng.choice((1, 2, (1, 2), [2, 1]))),))


def make_network(c):
    layers, named = c.layers()
    if c.is_wrong():
        if named and c.chance(0.5):
            named["input_shape"] = (
                values.wrong(c.rng)
                if c.chance(0.5)
                else c.rng.choice(
                    ((), (0,), (1, 2), (2**40,), (3, 2**33, 2**33), (1, 1, 1), 5, (-1,), (1.5,), ("4",))
                )
            )
        else:
            layers = list(layers)
            layers[c.rng.randrange(len(layers))] = values.wrong(c.rng)
    if c.is_wrong():
        layers = values.wrong(c.rng)
    named |= c.options(
        cost=lambda: c.one(None, *COSTS[:2]),
        init=lambda: c.arg(lambda: c.rng.choice(("scaled", "large", "he", "zeros", good_init))),
        dtype=lambda: c.one("float32", "float64", np.float32, np.dtype("f8"), float),
        seed=lambda: c.one(0, 5, 2**63, None, np.int64(7)),
        activation=lambda: c.one(*ACTIVATIONS),
    )
    if "cost" in named or "activation" in named:
        c.sane = False  # not every cost goes with every output layer
    own = "seed" in named and named["seed"] is not None
    return Call(nn.Network, (layers,), named, own=own, names=("sizes", "layer", "outputs", *LAYER_NAMES))


def good_init(rng, shape, n_in):
    return rng.standard_normal(shape) / n_in


def answer(c):
    """feedforward, predict, activations and trace."""
    net = c.network()
    method = c.rng.choice(("feedforward", "predict", "activations"))
    return Call(getattr(net, method), (c.inputs(net),), net=net)


def score(c):
    """cost, accuracy, learning_speeds and backprop."""
    net = c.network()
    method = c.rng.choice(("cost", "accuracy", "learning_speeds", "backprop"))
    data = c.data(net)
    c.sane &= method != "accuracy"  # it takes classes alone
    if method == "cost":
        named = c.options(lmbda=lambda: c.one(0, 0.5, 5), l1=lambda: c.one(0, 0.5))
        return Call(net.cost, (data,), named, net)
    if method == "backprop" and isinstance(data, tuple) and len(data) == 2:
        return Call(net.backprop, data, {}, net, names=("data", "x", "y"))
    return Call(getattr(net, method), (data,), {}, net, names=("data",))


def examine(c):
    """trace and check_gradients."""
    net = c.network()
    X, y = c.examples(net, 1)
    if c.chance(0.5):
        arguments = (c.array(X[0] if net.sizes[0] > 1 else X), *[c.arg(lambda: y[0])] * c.chance(0.6))
        return Call(nn.trace, (net, *arguments), net=net, names=("X", "data"), own=False)
    named = c.options(
        samples=lambda: c.one(1, 5, None),
        tolerance=lambda: c.one(0.1, None),
        seed=lambda: c.one(0, 3),
    )
    return Call(nn.check_gradients, (c.arg(lambda: net), c.data(net, 3)), named, net, ("data",), own=False)


def sgd_options(c, net, n):
    """The named arguments of SGD."""
    evaluation = lambda: c.data(net, 5)  # noqa: E731
    return c.options(
        0.15,
        lmbda=lambda: c.one(0, 0.1, 5.0),
        l1=lambda: c.one(0, 0.1),
        momentum=lambda: c.one(0, 0.5, None),
        rule=lambda: c.arg(
            lambda: c.rng.choice(("sgd", "momentum", "nesterov", "adam", nn.rules.Adam()))
        ),
        schedule=lambda: c.arg(
            lambda: c.rng.choice((nn.schedules.Step(1), nn.schedules.Cosine(2), lambda epoch: 0.01, None))
        ),
        stop=lambda: c.arg(
            lambda: c.rng.choice((None, [], nn.stopping.TimeBudget(100), lambda history: False))
        ),
        weights=lambda: c.arg(lambda: np.linspace(0, 2, n)),
        class_weight=lambda: c.arg(lambda: c.rng.choice((None, "balanced", {0: 2.0}))),
        evaluation_data=evaluation,
        monitor=lambda: c.one(
            "training_cost", ("training_cost",), nn.Monitor("learning_speeds"), [], None,
            nn.Monitor("training_cost", every=2),
        ),
        augment=lambda: c.arg(lambda: c.rng.choice((None, nn.augment.Shift(1), [nn.augment.Rotate(5)]))),
        callbacks=lambda: c.arg(lambda: c.rng.choice(((), len_of, [len_of], values.raise_planted))),
        keep_best=lambda: c.one(False, True),
        resume=lambda: c.arg(lambda: c.rng.choice((None, net.history, nn.History()))),
        threads=lambda: c.arg(lambda: c.rng.choice((None, 1, 2, 3)), small=True),
        progress=lambda: c.arg(lambda: c.rng.choice((None, False, len_of, values.raise_planted))),
        shuffle=lambda: c.arg(
            lambda: c.rng.choice((True, False, lambda epoch, n: np.arange(n)[::-1], lambda epoch, n: [n]))
        ),
        drop_last=lambda: c.one(False, True),
    )  # fmt: skip


def len_of(*arguments):
    return 0


SGD_NAMES = (
    "training_data",
    "x",
    "y",
    "shape",
    "epochs",
    "history",
    "batch_size",
    "data",
    "Input",
    "inputs",
    "targets",
)


def train(c):
    net = c.network()
    data = c.data(net)
    named = sgd_options(c, net, 5)
    arguments = (
        data,
        c.arg(lambda: c.rng.choice((0, 1, 1, 2)), small=True),
        c.arg(lambda: c.rng.choice((1, 2, 3, 100, 2**62))),
        c.arg(lambda: c.rng.choice((0, 0.01, 0.1, 1.0))),
    )
    if {
        "keep_best",
        "drop_last",
        "augment",
        "resume",
        "momentum",
        "shuffle",
        "weights",
        "class_weight",
    } & set(named):
        c.sane = False  # they do not go with everything
    return Call(net.SGD, arguments, named, net, SGD_NAMES)


def minimise(c):
    net = c.network()
    named = c.options(
        0.2,
        method=lambda: c.one("L-BFGS-B", "CG", "BFGS", "Newton-CG"),
        lmbda=lambda: c.one(0, 0.5),
        stop=lambda: c.arg(lambda: c.rng.choice((None, lambda history: "enough"))),
        evaluation_data=lambda: c.data(net, 4),
        monitor=lambda: c.one("training_cost", None),
        callbacks=lambda: c.arg(lambda: c.rng.choice(((), len_of, values.raise_planted))),
        options=lambda: c.arg(lambda: c.rng.choice((None, {}, {"gtol": 1e-3}))),
    )
    named["maxiter"] = c.arg(lambda: c.rng.choice((1, 2, 3)), small=True)
    c.sane = False  # dropout is refused
    return Call(net.minimize, (c.data(net, 4),), named, net, SGD_NAMES)


def assign(c):
    """Weights, biases, parameters and single arrays are assigned."""
    net = c.network()
    what = c.rng.choice(("weights", "biases", "parameters", "weights[0]", "copy", "weights[?]"))
    if what == "parameters":
        value = c.array(net.parameters * 2)
        return Call(setattr, (net, "parameters", value), net=net, names=(what,))
    if what == "copy":
        c.sane &= np.abs(net.parameters).max() < np.finfo(np.float32).max  # or float32 holds no copy
        return Call(net.copy, (), {"dtype": c.one("float32", "float64", None)}, net)
    if what == "weights[0]":
        return Call(net.weights.__setitem__, (0, c.array(net.weights[0] + 1)), net=net, names=("weights",))
    if what == "weights[?]":
        l = c.arg(lambda: c.rng.choice((0, -1, slice(None))))
        return Call(net.weights.__getitem__, (l,), net=net, names=("weights", "l"), own=False)
    value = c.arg(lambda: [c.array(array * 2) for array in getattr(net, what)])
    return Call(setattr, (net, what, value), net=net, names=(what,))


def save(c):
    """Networks are written, under any name, and read again."""
    net = c.network()
    names = (
        "net.npz",
        "net.json",
        "net",
        "net.onnx",
        "net.safetensors",
        "net.html",
        "a net.c",
        "no/net.npz",
        "",
        ".",
        "n\0.npz",
        "x" * 300,
        Path("p.npz"),
    )
    name = c.arg(lambda: c.rng.choice(names))
    path = c.folder / name if isinstance(name, (str, Path)) and name and "\0" not in str(name) else name
    if c.chance(0.3):
        return Call(nn.load, (path,), names=(str(path), c.folder, "file"), own=False)
    if c.chance(0.4):
        net.save(c.folder / "net.npz")  # what can be saved can be read again
        return Call(nn.load, (c.folder / "net.npz",), own=False) if c.chance(0.5) else Call(net.copy)
    names = (str(path), c.folder, "file", "weights", "biases")
    if c.chance(0.3):
        return Call(nn.Ensemble([net]).save, (path,), net=net, names=names, own=False)
    named = c.options(label=lambda: c.one(True, False), dtype=lambda: c.one("float32", "float64", None))
    return Call(net.save, (path,), named, net=net, names=names, own=False)


def state_dict(c):
    """Parameters go to PyTorch's state dict and come back; the layers are told, or the activations."""
    net = c.network()
    if c.chance(0.2):
        return Call(c.rng.choice((net.state_dict, net.torch_code)), net=net)
    arrays = net.state_dict()
    keys = [c.rng.choice(("0.weight", "bias", "", 5, None)) if c.is_wrong() else key for key in arrays]
    given = c.arg(lambda: {key: c.array(array) for key, array in zip(keys, arrays.values(), strict=True)})
    if len(net.input_shape) == 1 and c.chance(0.7):
        named = {"activations": c.arg(lambda: [c.arg(layer.activation) for layer in net.layers])}
    else:
        named = {"layers": c.arg(lambda: [c.arg(layer) for layer in net.layers])}
        named["input_shape"] = c.arg(net.input_shape, small=True)
    named |= c.options(cost=lambda: c.one(None, net.cost_name))
    names = ("weights", "biases", "weight", "bias", *map(str, arrays), *LAYER_NAMES)
    return Call(nn.Network.from_state_dict, (given,), named, names=names, own=False)


def ensemble(c):
    net = c.network()
    members = [net, net.copy()]
    if c.chance(0.2):
        return Call(nn.Ensemble, (c.arg(lambda: [c.arg(lambda: net) for _ in range(2)]),), own=False)
    group = nn.Ensemble(members)
    method = c.rng.choice(("feedforward", "predict", "accuracy", "errors", "disagreement", "SGD"))
    if method == "SGD":
        named = c.options(
            threads=lambda: c.arg(lambda: c.rng.choice((1, 2)), small=True),
            resume=lambda: c.arg(lambda: None),
            progress=lambda: c.arg(lambda: c.rng.choice((None, len_of))),
            rule=lambda: c.one("sgd", "adam"),
            evaluation_data=lambda: c.data(net, 4),
        )
        c.sane = False
        arguments = (c.data(net, 4), c.arg(lambda: 1, small=True), c.one(2, 3), c.one(0.01, 0.1))
        return Call(group.SGD, arguments, named, net, SGD_NAMES)
    data = c.inputs(net) if method in ("feedforward", "predict") else c.data(net)
    c.sane &= method in ("feedforward", "predict")  # the others take classes alone
    named = c.options(by=lambda: c.one("vote", "mean")) if method in ("predict", "accuracy", "errors") else {}
    return Call(getattr(group, method), (data,), named, net, ("X",))


def option_object(c):
    """Rules, schedules, stopping rules, distortions, monitors."""
    share = lambda: c.one(0, 0.5, 0.9)  # noqa: E731
    count = lambda: c.one(1, 2, 10)  # noqa: E731
    r, s, t, a = nn.rules, nn.schedules, nn.stopping, nn.augment
    makers = {
        r.Adam: (share, share, lambda: c.one(1e-8, 1)),
        r.Momentum: (share,),
        r.Nesterov: (share,),
        s.Cosine: (count, share),
        s.Halve: (count, share),
        s.Step: (count, share),
        t.NoImprovement: (count,),
        t.TargetReached: (share,),
        t.TimeBudget: (count,),
        a.Elastic: (count, count),
        a.Rotate: (count,),
        a.Scale: (count,),
        a.Shift: (count, lambda: c.one(True, False)),
        a.Skew: (count,),
        nn.Monitor: (lambda: c.one("training_cost", "learning_speeds"),),
    }
    function = c.rng.choice(list(makers))
    arguments = tuple(maker() for maker in makers[function])
    named = c.options(every=count, examples=count) if function is nn.Monitor else {}
    return Call(function, arguments, named, own=False, names=(function.__name__,))


def distortion(c):
    """Images are distorted."""
    distortions = (
        nn.augment.Shift(1),
        nn.augment.Rotate(10),
        [nn.augment.Scale(5), nn.augment.Elastic()],
        [],
    )
    X = c.numbers(3, 4, 5).astype("float32")
    named = c.options(
        seed=lambda: c.one(0, 5), epoch=lambda: c.one(0, 3), dtype=lambda: c.one("float32", "float64")
    )
    own = named.get("seed", 0) is not None  # None draws a seed
    return Call(nn.augment.distorted, (c.array(X), c.arg(lambda: c.rng.choice(distortions))), named, own=own)


def doctor(c):
    """The doctor and the search for eta."""
    net = c.network()
    data = c.data(net, c.rng.choice((4, 12)))
    if c.chance(0.5):
        named = c.options(
            history=lambda: c.arg(lambda: net.history),
            evaluation_data=lambda: c.data(net, 4),
            eta=lambda: c.one(0.1, None),
            lmbda=lambda: c.one(0.1, None),
            mini_batch_size=lambda: c.arg(lambda: c.rng.choice((2, None)), small=True),
        )
        return Call(nn.diagnose, (net, data), named, net, ("X", "y"), own=False)
    named = c.options(
        mini_batch_size=lambda: c.one(2, 5),
        lmbda=lambda: c.one(0, 0.5),
        epochs=lambda: c.arg(lambda: 1, small=True),
        start=lambda: c.one(0.01, 1.0),
        seed=lambda: c.one(0, 1),
    )
    layers = c.arg(lambda: list(net.sizes), small=True)
    return Call(nn.find_eta, (layers, data), named, None, ("X", "y", *LAYER_NAMES), own=False)


# Each subject as often as its number says.
SUBJECTS = {
    make_layer: 3, make_network: 6, answer: 8, score: 8, examine: 2, train: 10, minimise: 1, assign: 4,
    save: 2, state_dict: 2, ensemble: 4, option_object: 3, distortion: 2, doctor: 1,
    around.dataset: 3, around.part_of_dataset: 2, around.function: 4, around.history: 1, around.record: 1,
    around.book: 2, around.chapter4: 1, around.unknown_argument: 1, around.picture: 0.1, around.command: 0.05,
}  # fmt: skip
