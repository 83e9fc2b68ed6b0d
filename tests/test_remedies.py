"""Whatever a message of the package tells a user to do works, on the very input that brings the message.

`support.advising_messages` finds the messages in the sources. Each has a function here that provokes it and
carries its remedy out, or the name of a test that does (`ELSEWHERE`), or it advises nothing after all
(`NO_ADVICE`). A new message that is in none of them makes `test_every_message_that_advises_is_listed` fail.
"""

import importlib
import re
import shlex
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from support import commands
from support.advising_messages import advice

import nncore as nn
from nncore.book import network, network2, network3, universality

ROOT = Path(__file__).parents[1]
CARRIED_OUT = []  # (module, start of the message, function)


def remedy(module, *starts):
    """Mark a function that provokes the messages of a module that begin so, and does what they advise."""

    def mark(function):
        CARRIED_OUT.extend((module, start, function) for start in starts)
        return function

    return mark


def message(call, *errors):
    """The message of the error that a call raises."""
    with pytest.raises(
        errors or (ValueError, TypeError, ImportError, AttributeError, RuntimeError)
    ) as caught:
        call()
    return str(caught.value)


def code(text, pattern, **names):
    """Carry out the code in a message, the first group of the pattern; return the names, `_` its value."""
    found = re.search(pattern, text)
    assert found is not None, text
    names = {"nn": nn, "np": np, "nncore": nn} | names
    try:
        names["_"] = eval(found[1], names)
    except SyntaxError:
        exec(found[1], names)
    return names


def xor(m=4):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (m, 2)).astype(float)
    return X, (X[:, 0] != X[:, 1]).astype(int)


def trained(**options):
    net = nn.Network([2, 3, 2], seed=0)
    net.SGD(xor(), 2, 2, 0.5, **options)
    return net


# ---- networks


@remedy("_exchange.py", "activations: a state dict does not hold them")
def _(given):
    arrays = nn.Network([2, 3, 1], seed=0).state_dict()
    text = message(lambda: nn.Network.from_state_dict(arrays))
    advised = re.search(r"activations=\[.*?\]", text)[0]
    assert eval(f"nn.Network.from_state_dict(arrays, {advised})", {"nn": nn, "arrays": arrays}).sizes == [
        2,
        3,
        1,
    ]


@remedy("_exchange.py", "dtype: it goes with")
def _(given):
    net, path = nn.Network([2, 1], dtype="float64", seed=0), Path("net.npz")
    text = message(lambda: net.save(path, dtype="float32"))
    code(text, r"for this file, (.*)$", net=net, path=path)
    assert nn.load(path).dtype == "float32"


@remedy("_page.py", "dtype: float16 has numbers up to")
def _(given):
    net, path = nn.Network([2, 1], seed=0), Path("net.html")
    net.weights[0][0, 0] = 1e6
    text = message(lambda: net.save_html(path))
    dtype = code(text, r"(dtype='float32') keeps it$")["dtype"]
    net.save_html(path, dtype=dtype)
    assert nn.load(path).weights[0][0, 0] == 1e6


@remedy("_validation/architecture.py", "layers: a class was given")
def _(given):
    text = message(lambda: nn.Network([nn.Dense, nn.Softmax(2)], input_shape=(4,)))
    layer = code(text, r"write (Dense\(30\))", Dense=nn.Dense)["_"]
    assert nn.Network([layer, nn.Softmax(2)], input_shape=(4,)).sizes == [4, 30, 2]


@remedy("_validation/architecture.py", "layers: sizes alone are needed")
def _(given):
    text = message(lambda: nn.Network([784, nn.Dense(30)]))
    shape = code(text, r"(input_shape=\(n,\))", n=784)["input_shape"]
    assert nn.Network([nn.Dense(30)], input_shape=shape).sizes == [784, 30]


@remedy("_validation/architecture.py", "activation: it goes with a list")
def _(given):
    text = message(lambda: nn.Network([nn.Dense(30)], input_shape=4, activation="relu"))
    layer = code(text, r"has its own: (.*)$")["_"]
    assert nn.Network([layer], input_shape=(4,)).layers[0].activation == "relu"


@remedy("training/steps.py", "momentum: Adam has none")
def _(given):
    net = nn.Network([2, 3, 2], seed=0)
    steps = nn.Steps(net, xor(), 2, 0.5, rule="adam")
    rule = code(message(lambda: setattr(steps, "momentum", 0.5)), r"with (rule='\w+')$")["rule"]
    steps = nn.Steps(net, xor(), 2, 0.5, rule=rule)
    steps.momentum = 0.5
    assert steps.one_step() == 2


@remedy("layers.py", "; softmax is a layer of its own")
def _(given):
    text = message(lambda: nn.Dense(3, "softmax"))
    layer = code(text, r"(Softmax\(n\))", Softmax=nn.Softmax, n=3)["_"]
    assert nn.Network([layer], input_shape=(2,)).layers[0].activation == "softmax"


@remedy("training/schedules.py", "{}: define eta(self, first, history)")
def _(given):
    class Half(nn.schedules.Schedule):
        pass

    assert "define eta(self, first, history)" in message(
        lambda: trained(schedule=Half()), NotImplementedError
    )
    Half.eta = lambda self, first, history: first / 2
    assert trained(schedule=Half()).history.eta == [0.25, 0.25]


@remedy("layers.py", "; the core has these alone")
def _(given):
    text = message(lambda: nn.Dense(3, np.sin))
    net = code(text, r"(nncore\.reference.*?\)\))", sigma=np.sin, sigma_prime=np.cos)["_"]
    assert net.sizes == [784, 30, 10]


@remedy("layers.py", "cost: log-likelihood takes", "cost: a softmax layer learns")
def _(given):
    text = message(lambda: nn.Network([nn.Dense(3, "tanh")], input_shape=2, cost="log-likelihood"))
    assert nn.Network([nn.Softmax(3)], input_shape=2, cost="log-likelihood").sizes == [2, 3]
    cost = code(text, r"use (cost='\w+')")["cost"]
    assert nn.Network([nn.Dense(3, "tanh")], input_shape=2, cost=cost).cost_name == "quadratic"
    text = message(lambda: nn.Network([nn.Softmax(3)], input_shape=2, cost="quadratic"))
    cost = code(text, r"use (cost='[\w-]+')")["cost"]
    assert nn.Network([nn.Softmax(3)], input_shape=2, cost=cost).sizes == [2, 3]
    layer = code(text, r"or (Dense\(.*?\)) as output", Dense=nn.Dense, n=3)["_"]
    assert nn.Network([layer], input_shape=2, cost="quadratic").sizes == [2, 3]


@remedy("layers.py", "{} has filters of", ", padding='same'")
def _(given):
    text = message(lambda: nn.Network([nn.Conv2D(2, 5), nn.Dense(2)], input_shape=(1, 4, 4)))
    padding = code(text, r"or (padding='same')")["padding"]
    net = nn.Network([nn.Conv2D(2, 5, padding=padding), nn.Dense(2)], input_shape=(1, 4, 4))
    assert "Conv2D(2, 5, padding='same')" in repr(net)
    assert nn.Network([nn.Conv2D(2, 3), nn.Dense(2)], input_shape=(1, 4, 4)).shapes[1] == (2, 2, 2)


@remedy("_validation/architecture.py", "{} means (channels, height, width)")
def _(given):
    """Channels that come last."""
    X = np.random.default_rng(0).random((6, 32, 32, 3))
    text = message(lambda: nn.Network([nn.Conv2D(4, 5), nn.Softmax(2)], input_shape=X.shape[1:]))
    shape = code(text, r"(input_shape=\(.*?\))")["input_shape"]
    net = nn.Network([nn.Conv2D(4, 5), nn.Softmax(2)], input_shape=shape)
    turned = code(text, r"as (X\.transpose\(.*?\))", X=X)["_"]
    np.testing.assert_array_equal(turned[0, 2], X[0, :, :, 2])
    assert net.feedforward(turned).shape == (6, 2)


@remedy("network.py", "{}: it holds an ensemble")
@remedy("ensemble.py", "{}: it holds one network")
@remedy("files/kinds.py", "nn.load reads it", "nn.Ensemble.load reads it")
def _(given):
    nets = [nn.Network([2, 1], seed=seed) for seed in (0, 1)]
    nn.Ensemble(nets).save("both.npz")
    nets[0].save("one.npz")
    text = message(lambda: nn.load("both.npz"))
    assert len(code(text, r"(nn\.Ensemble\.load) reads it")["_"]("both.npz")) == 2
    text = message(lambda: nn.Ensemble.load("one.npz"))
    assert code(text, r"(nn\.load) reads it")["_"]("one.npz").sizes == [2, 1]


@remedy("training/monitoring.py", "the targets are numbers")
def _(given):
    net = nn.Network([nn.Dense(1, "linear")], input_shape=(2,), seed=0)
    X, y = xor()
    text = message(lambda: net.accuracy((X, y + 0.5)))
    assert getattr(net, re.search(r"`(\w+)`", text)[1])((X, y + 0.5)) > 0


@remedy("ensemble.py", "networks: different networks needed")
def _(given):
    net = nn.Network([2, 1], seed=0)
    text = message(lambda: nn.Ensemble([net, net]))
    assert len(nn.Ensemble([net, code(text, r"(net\.copy\(\))", net=net)["_"]])) == 2


@remedy("ensemble.py", "networks: an nn.Network needed")
def _(given):
    assert "nn.Network" in message(lambda: nn.Ensemble([nn.Network([2, 1]), 3]))
    assert len(nn.Ensemble([nn.Network([2, 1]), nn.Network([2, 1])])) == 2


@remedy("training/run.py", "this network is being trained already")
def _(given):
    net, texts = nn.Network([2, 3, 2], seed=0), []

    def other(net, history):
        thread = threading.Thread(
            target=lambda: texts.append(message(lambda: net.SGD(xor(), 1, 2, 0.5))), daemon=True
        )
        thread.start()
        thread.join()

    net.SGD(xor(), 1, 2, 0.5, callbacks=other)
    assert len(code(texts[0], r"(net\.copy\(\))", net=net)["_"].SGD(xor(), 1, 2, 0.5)) == 1


# ---- SGD and its parts


@remedy("training/sgd.py", "epochs: a whole number needed, got an array")
def _(given):
    X, y = xor(40)
    text = message(lambda: nn.Network([2, 3, 2]).SGD(X, y, 2, 10, 0.5))
    net = nn.Network([2, 3, 2], seed=0)
    code(text, r"In nncore: (.*)$", net=net, X=X, y=y)
    assert net.epochs_trained == 30


@remedy("_validation/examples.py", "{}: {} needed, got the name of a file", "{}: {} needed, got a {} alone")
def _(given):
    Path("table.csv").write_text("a,b,kind\n0,0,x\n0,1,y\n1,0,y\n1,1,x\n")
    net = nn.Network([2, 3, 2], seed=0)
    text = message(lambda: net.SGD("table.csv", 2, 2, 0.5))
    net.SGD(code(text, r"a file; (nn\..*?\)) reads", path="table.csv")["_"], 2, 2, 0.5)
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [0, 0, 1, 1], "b": [0, 1, 0, 1], "kind": [0, 1, 1, 0]})
    text = message(lambda: net.SGD(frame, 2, 2, 0.5))
    names = code(text, r"answers: (names = .*)$", frame=frame)
    nn.Network([2, 3, 2], seed=0).SGD((names["X"], names["y"]), 2, 2, 0.5)


@remedy("datasets/table.py", "table: it is the pair (X, y)")
def _(given):
    Path("table.csv").write_text("a,b,kind\n" + "0,0,x\n0,1,y\n" * 100)
    table = nn.datasets.read_csv("table.csv", target="kind")
    text = message(lambda: table[:100])
    names = code(text, r"type (X, y = table)", table=table)
    first = code(text, r"then (first = .*?) has", X=names["X"], y=names["y"])["first"]
    assert nn.Network([2, 3, 2], seed=0).SGD(first, 2, 10, 0.5).images == [100, 200]
    training_data, test_data = code(text, r"; (table\.split.*?) sets", table=table)["_"]
    assert (len(training_data.y), len(test_data.y)) == (160, 40)


@remedy("training/sgd.py", "keep_best: the best epoch is that")
def _(given):
    assert "pass evaluation_data" in message(lambda: trained(keep_best=True))
    assert trained(keep_best=True, evaluation_data=xor()).history.best_epoch is not None


@remedy("training/sgd.py", "resume: the History of the run", "resume: the history is of a network with")
def _(given):
    net = trained()
    text = message(lambda: net.SGD(xor(), 1, 2, 0.5, resume=3))
    history = code(text, r"such as (net\.history)", net=net)["_"]
    assert len(net.SGD(xor(), 1, 2, 0.5, resume=history)) == 3
    other = nn.Network([2, 3, 2], seed=1)
    text = message(lambda: other.SGD(xor(), 1, 2, 0.5, resume=history))
    assert "pass net.history, or begin a new run without resume" in text
    assert len(other.SGD(xor(), 1, 2, 0.5)) == 1
    assert len(net.SGD(xor(), 1, 2, 0.5, resume=net.history)) == 4


@remedy("training/sgd.py", "keep_best: the best epoch, {}", "resume: the history does not hold the memory")
def _(given):
    data = xor(40)
    net = nn.Network([2, 3, 2], seed=0)
    net.SGD(data, 4, 2, 2.0, momentum=0.5, evaluation_data=data, keep_best=True)
    net.save("net.npz")
    fields = net.history.to_dict()
    net.history = nn.History.from_dict(fields)
    with pytest.warns(UserWarning, match="net.save does, and so does") as caught:
        net.SGD(data, 1, 2, 1e-9, momentum=0.5, evaluation_data=data, resume=net.history)
    assert "History.to_dict does not keep it" in str(caught[0].message)
    net = nn.load("net.npz")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.SGD(data, 1, 2, 1e-9, momentum=0.5, evaluation_data=data, keep_best=True, resume=net.history)


@remedy("training/monitoring.py", "monitor: every={} needs", "a name, a list of names")
def _(given):
    text = message(lambda: trained(monitor=nn.Monitor(every=2)))
    monitor = code(text, r"as in (nn\.Monitor\(.*?\))")["_"]
    assert trained(monitor=monitor).history.training_cost
    assert trained(monitor=nn.Monitor(every=2), evaluation_data=xor()).history.within_epochs
    text = message(lambda: trained(monitor=3))
    assert trained(monitor=code(text, r"such as (nn\.Monitor\(.*?\))")["_"]).history.training_cost


@remedy("training/stopping.py", "stop: a rule of nn.stopping", "{} needs {}, which is not monitored")
def _(given):
    text = message(lambda: trained(stop=3))
    rule = code(text, r"such as (NoImprovement\(10\))", NoImprovement=nn.stopping.NoImprovement)["_"]
    assert "pass evaluation_data" in message(lambda: trained(stop=rule))
    assert len(trained(stop=rule, evaluation_data=xor()).history) == 2


@remedy("training/schedules.py", "schedule: a schedule of nn.schedules")
def _(given):
    text = message(lambda: trained(schedule="step"))
    schedule = code(text, r"such as (Step\(10\))", Step=nn.schedules.Step)["_"]
    assert trained(schedule=schedule).history.eta == [0.5, 0.5]


@remedy("training/rules.py", "rule: an object needed", "momentum: Adam has none", "rule: one of {}")
def _(given):
    text = message(lambda: trained(rule=nn.rules.Adam))
    assert trained(rule=code(text, r"write (rule=.*\(\))")["rule"]).history.rule == nn.rules.Adam()
    text = message(lambda: trained(rule=nn.rules.Adam(), momentum=0.8))
    rule = code(text.replace("...", "0.8"), r"(rule=nn\.rules\.Adam\(.*?\))")["rule"]
    assert trained(rule=rule).history.rule.beta1 == 0.8
    text = message(lambda: trained(rule=3))
    assert trained(rule=code(text, r"such as (Adam\(\))", Adam=nn.rules.Adam)["_"]).epochs_trained == 2


@remedy("training/augment.py", "a distortion such as", "augment: distortions of nn.augment")
@remedy("training/augment.py", "augment: images needed", "sigma: a number above 0")
def _(given):
    data = given["data"]
    net = nn.Network([784, 10], seed=0)
    for wrong in (3, ["shift"]):
        text = message(lambda wrong=wrong: net.SGD(data, 1, 10, 0.1, augment=wrong))
        shift = code(text, r"such as ((?:nn\.augment\.)?Shift\(1\))", Shift=nn.augment.Shift)["_"]
        net.SGD(data, 1, 10, 0.1, augment=shift)
    text = message(lambda: nn.augment.Elastic(2.0, 0.0))
    alpha = code(text, r"set (alpha=0)")["alpha"]
    net.SGD(data, 1, 10, 0.1, augment=nn.augment.Elastic(alpha, 4.0))
    X, y = np.random.default_rng(0).random((20, 6)), np.zeros(20, int)
    text = message(lambda: nn.Network([6, 2]).SGD((X, y), 1, 10, 0.1, augment=shift))
    assert "images (n, height, width)" in text
    nn.Network([6, 2]).SGD((X.reshape(20, 2, 3), y), 1, 10, 0.1, augment=shift)
    shape = code(text, r"(input_shape=\(.*?\))", channels=1, height=2, width=3)["input_shape"]
    nn.Network([nn.Dense(2)], input_shape=shape).SGD((X, y), 1, 10, 0.1, augment=shift)


@remedy("training/learning_curves.py", "history: nothing was monitored")
def _(given):
    pytest.importorskip("matplotlib")
    text = message(lambda: trained().history.plot())
    trained(**{"monitor": code(text, r"or (monitor='training_cost')")["monitor"]}).history.plot()
    trained(evaluation_data=xor()).history.plot()


@remedy("training/minimize.py", "minimize: a network without dropout")
def _(given):
    net = nn.Network([nn.Dense(3), nn.Dense(2, dropout=0.5)], input_shape=(2,), seed=0)
    text = message(lambda: net.minimize(xor()))
    code(text, r"use (net\.SGD)", net=net)["_"](xor(), 1, 2, 0.5)


@remedy("training/not_learning.py", "{}: it has not learned")
@remedy("training/eta_search.py", "The cost falls steadily at none of them")
def _(given):
    X, y = given["data"].to_float(), np.random.default_rng(0).permutation(given["data"].labels)
    net = nn.Network([784, 10], seed=0)
    with pytest.warns(nn.NotLearningWarning) as caught:
        net.SGD((X, y), 2, 2, 0.0, monitor="training_accuracy")
    found = code(
        str(caught[0].message), r"(nn\.diagnose\(net, training_data\))", net=net, training_data=(X, y)
    )
    assert found["_"].names
    found = nn.find_eta([784, 2], (np.zeros((50, 784)), np.arange(50) % 2), cost="quadratic")
    if found.threshold is None:
        assert code(repr(found), r"(nn\.diagnose\(net, data\))", net=net, data=(X, y))["_"].names


# ---- looking into networks


@remedy("insight/plot/maps.py", "layer: the index of", "x: one example needed")
@remedy("insight/plot/data.py", "data: a Dataset needed")
def _(given):
    pytest.importorskip("matplotlib")
    data = given["data"]
    net = nn.Network([nn.Conv2D(2, 5), nn.MaxPool2D(2), nn.Softmax(10)], input_shape=(1, 28, 28), seed=0)
    X = data.to_float()
    text = message(lambda: nn.plot.feature_maps(net, X[0], 2))
    layers = code(text, r"(net\.layers)", net=net)["_"]
    index = next(l for l, layer in enumerate(layers) if isinstance(layer, nn.Conv2D))
    nn.plot.feature_maps(net, X[0], index)
    text = message(lambda: nn.plot.feature_maps(net, X))
    code(text, r"(nn\.plot\.feature_maps\(.*?\]\))", net=net, X=X)
    text = message(lambda: nn.plot.misclassified(net, (X, data.labels)))
    made = code(text, r"(nn\.Dataset\(.*?\))", images=data.images, labels=data.labels)["_"]
    nn.plot.misclassified(net, made)


@remedy("insight/plot/graph.py", "x: one example needed")
@remedy("insight/plot/answer.py", "x: one example needed")
@remedy("insight/plot/histograms.py", "start: a network with the same layers")
def _(given):
    pytest.importorskip("matplotlib")
    net, X = nn.Network([784, 10], seed=0), given["data"].to_float()
    for draw in (nn.plot.network, nn.plot.outputs):
        code(message(lambda draw=draw: draw(net, X)), r"(nn\.plot\.\w+\(net, X\[0\]\))", net=net, X=X)
    text = message(lambda: nn.plot.weights(net, nn.Network([784, 9], seed=0)))
    nn.plot.weights(net, code(text, r"(net\.copy\(\))", net=net)["_"])


@remedy("callbacks/live_plot.py", "Plot: a file needed", "Plot: nothing is monitored")
def _(given):
    pytest.importorskip("matplotlib")
    plot = code(message(nn.callbacks.Plot), r"(nn\.callbacks\.Plot\('run\.png'\))")["_"]
    net, data = nn.Network([784, 10], seed=0), given["data"]
    text = message(lambda: net.SGD(data, 1, 10, 0.1, callbacks=plot))
    net.SGD(data, 1, 10, 0.1, callbacks=plot, monitor=code(text, r"or (monitor='.*?')$")["monitor"])
    net.SGD(data, 1, 10, 0.1, callbacks=plot, evaluation_data=data)


@remedy("insight/trace.py", "x: one example needed")
def _(given):
    X, y = given["data"].to_float(), given["data"].labels
    net = nn.Network([784, 10])
    text = message(lambda: nn.trace(net, X, y))
    assert code(text, r"(nn\.trace\(net, X\[0\], y\[0\]\))", net=net, X=X, y=y)["_"].cost > 0


@remedy("insight/gradient_check.py", "net.backprop: {} needed")
def _(given):
    net = nn.Network([2, 2])
    right, (X, y) = net.backprop, xor()
    net.backprop = lambda X, y: right(X, y)[::-1]
    assert "net.backprop" in message(lambda: nn.check_gradients(net, X, y))
    net.backprop = right
    assert nn.check_gradients(net, X, y)


# ---- data


@remedy(
    "datasets/dataset.py",
    "images.astype(np.uint8) if",
    "np.minimum(256 * images, 255)",
)
def _(given):
    data = given["data"]
    images = data.to_float().reshape(-1, 28, 28)
    text = message(lambda: nn.Dataset(images, data.labels))
    made = nn.Dataset(code(text, r": (np\.minimum.*?\)) for these", images=images)["_"], data.labels)
    np.testing.assert_array_equal(made.images, data.images)
    images = data.images.astype(float)
    text = message(lambda: nn.Dataset(images, data.labels))
    made = nn.Dataset(code(text, r": (images\.astype.*?\)) if", images=images)["_"], data.labels)
    np.testing.assert_array_equal(made.images, data.images)


@remedy("datasets/mnist.py", "give a folder that holds")
def _(given):
    """In Python, and in a shell with the words of a shell."""
    given["monkeypatch"].setenv("NNCORE_DATA", "nothing")
    given["monkeypatch"].setenv("NNCORE_CACHE", "nowhere")
    given["monkeypatch"].setattr("nncore.datasets.mnist.MIRRORS", ())
    text = message(lambda: nn.datasets.load_mnist("nothing"), OSError, ValueError, ImportError)
    if "load_sample()" in text:
        assert code(text, r"(load_sample\(\))", load_sample=nn.datasets.load_sample)["_"]
    shell = commands.refused("train", "--data", "nothing")
    assert "load_mnist(" not in shell


@remedy("training/history.py", "to_frame: pandas is needed")
def _(given):
    try:
        import pandas  # noqa: F401
    except ImportError:
        history = trained().history
        text = message(history.to_frame)
        assert code(text, r"(to_dict\(\))", to_dict=history.to_dict)["_"]["epochs_trained"] == 2


# ---- the book's modules


@remedy("book/listings.py", "{}: your own, and the core cannot call it")
def _(given):
    net = network.Network([2, 3, 2])
    net.update_mini_batch = lambda mini_batch, eta: None
    with pytest.warns(UserWarning, match="update_mini_batch: your own"):
        net.SGD(xor(), 1, 2, 0.5)


@remedy("book/listings.py", "save: a file for nn.load holds numbers alone, and forgets your own cost")
def _(given):
    class Mine(network2.QuadraticCost):
        """Another cost, as far as the library knows."""

    net = network2.Network([2, 3, 2], cost=Mine)
    text = message(lambda: nn.Network.save(net, "net.npz"))
    assert not Path("net.npz").exists()
    code(text, r"; (net\.save\('net\.json'\)) and", net=net)
    text = text.replace("cost=...", "cost=Mine")
    again = code(text, r"and (network2\.load\(.*\)) keep", network2=network2, Mine=Mine)["_"]
    assert again.cost is Mine


@remedy("book/network2.py", "cost: QuadraticCost, CrossEntropyCost, or a class")
def _(given):
    class Mine:
        @staticmethod
        def fn(a, y):
            return 0.0

        @staticmethod
        def delta(z, a, y):
            return a - y

    assert "fn(a, y) and delta(z, a, y)" in message(lambda: network2.Network([2, 1], cost="mine"))
    assert network2.Network([2, 1], cost=Mine).cost is Mine


@remedy("book/network2.py", "evaluation_data: monitor_evaluation_")
def _(given):
    data, net = given["data"], network2.Network([784, 10])
    text = message(lambda: net.SGD(data, 1, 10, 0.5, monitor_evaluation_cost=True))
    options = code(text, r"pass (evaluation_data=validation_data)", validation_data=data)
    net.SGD(data, 1, 10, 0.5, evaluation_data=options["evaluation_data"], monitor_evaluation_cost=True)


@remedy("book/network3.py", "{}: network3 did not save it", "{}: network3 sets this itself")
@remedy("formats/book_json.py", "it has more than {} bytes")
def _(given):
    nn.Network([784, 10]).save("net.npz")
    text = message(lambda: network3.load("net.npz"))
    assert code(text, r"(nncore\.load) reads it")["_"]("net.npz").sizes == [784, 10]
    data = given["data"]
    net = network3.Network([network3.SoftmaxLayer(784, 10)], 10)
    text = message(lambda: net.SGD(data, 1, 10, 0.1, data, data, progress=False))
    SGD = code(text, r"(nncore\.Network\.SGD) accepts it")["_"]
    assert len(SGD(net, data, 1, 10, 0.1, progress=False)) == 1
    nn.Network.save(network2.Network([2, 2]), "large.npz")  # as the message about a JSON file too large says
    assert nn.load("large.npz").sizes == [2, 2]


@remedy("book/network3_own.py", "activation_fn: your own")
def _(given):
    text = message(lambda: network3.FullyConnectedLayer(784, 30, activation_fn="relu"))
    assert "a function of your own that takes an array" in text
    data = given["data"]
    layers = [network3.FullyConnectedLayer(784, 5, np.sin), network3.SoftmaxLayer(5, 10)]
    with pytest.warns(UserWarning, match="activation_fn: your own"):
        network3.Network(layers, 10).SGD(data, 1, 10, 0.1, data, data)


@remedy(
    "book/network3.py",
    "{}",
    "net.predict(test_data",
    "nothing to set",
    "FullyConnectedLayer(n_in",
    "nn.functions",
)
@remedy("book/network3_layers.py", "net.params[0]", "net.predict(X)", "poolsize=(2, 2)", "nn.Conv2D(20, 5")
def _(given):
    """Each line that network3 shows in place of a name or an argument of the book's runs."""
    data, m, i = given["data"], 10, 0
    net = network3.Network([network3.SoftmaxLayer(784, 10)], m)
    names = {
        "net": net,
        "X": data.to_float(),
        "data": data,
        "test_data": data,
        "m": m,
        "i": i,
        "z": np.zeros(3),
    }
    names |= {
        "n_in": 784,
        "n_out": 10,
        "FullyConnectedLayer": network3.FullyConnectedLayer,
        "network3": network3,
    }
    layers = importlib.import_module("nncore.book.network3_layers")
    for line in {*network3.NETWORK.values(), *layers.LAYER.values(), *network3.MODULE.values()}:
        if "nothing" not in line:
            code(line, r"(.*)", **names)
    for line in layers.ARGUMENTS.values():
        if line.startswith("nn."):
            code(line, r"(.*)", **names)
    network3.ConvPoolLayer((2, 1, 5, 5), (10, 1, 28, 28), poolsize=(2, 2), activation_fn=network3.ReLU)
    network3.FullyConnectedLayer(3, n_out=30, p_dropout=0.5)


@remedy("book/universality.py", "f: values between 0 and 1 needed")
def _(given):
    text = message(lambda: universality.approximate(lambda x: 3 * x, 5, output="sigmoid"))
    output = code(text, r"(output='linear')")["output"]
    assert universality.approximate(lambda x: 3 * x, 5, output=output)


# ---- installing


@pytest.mark.parametrize(
    ("module", "command"),
    [
        (module, re.search(r"pip install (?:'|\")?([^'\";]+)", text)[1].split()[0])
        for module, text in advice()
        if "pip install" in text
        and module not in ("targets.py", "_namesake.py")  # they install nncore itself
    ],
)
def test_what_pip_would_install_is_the_library_itself(module, command):
    """Not an extra of `nncore`: on the package index, that name belongs to another project."""
    known = {"pandas": "pandas", "scipy": "scipy", "scikit-learn": "sklearn", "matplotlib": "matplotlib"}
    known |= {"pillow": "PIL", "Pillow": "PIL", "tensorboardX": "tensorboardX"}
    known |= {name: name for name in ("click", "tqdm", "onnx", "safetensors", "filelock", "distributed")}
    known |= {"websockets": "websockets", "anywidget": "anywidget"}
    assert command.rstrip(".,") in known, f"{module}: pip install {command}"


# ---- the command line


def shell(text, pattern, *, code=0):
    """Run the command in a message, the first group of the pattern."""
    words = shlex.split(re.search(pattern, text)[1])
    return commands.run(*words[words[0] == "nncore" :], code=code)


@remedy(
    "cli/train.py", "nncore diagnose {}", "Train again with --output", "--data {}", "The network is not saved"
)
@remedy(
    "cli/messages.py", "nncore diagnose MODEL", "nn.diagnose(net, data)", "nn.diagnose(net, training_data)"
)
@remedy("cli/messages.py", "nn.diagnose(net, data, eta=...)", "nncore diagnose MODEL --eta ETA")
@remedy(
    "cli/messages.py", "nn.find_eta(layers, data)", "nncore find-eta", "--cost cross-entropy", "--init scaled"
)
def _(given):
    arguments = [
        "train",
        *shlex.split("--layers 784,30,10 --epochs 2 --eta 100 --cost quadratic --init large"),
    ]
    out, err = commands.run(*arguments)
    output = re.search(r"with (--output digits\.npz)", out)[1].split()
    assert "Train again with --output digits.npz" in err
    out, err = commands.run(*arguments, *output)
    out, _ = shell(err, r"To see why: (nncore diagnose digits\.npz)")
    assert "eta too high" in out
    assert "nn." not in out
    net = nn.load("digits.npz")
    net.history = None
    net.save("old.npz")
    out, _ = commands.run("diagnose", "old.npz")
    if "--eta ETA" in out:
        command = re.search(r"(nncore diagnose MODEL --eta ETA)", out)[1]
        out, _ = shell(command.replace("MODEL", "old.npz").replace("ETA", "100"), "(.*)")
        assert "eta too high" in out
    assert "Use half of that" in shell("nncore find-eta --epochs 1 --layers 784,10", "(.*)")[0]
    commands.run("train", "--epochs", "0", *shlex.split("--cost cross-entropy --init scaled"))


@remedy("cli/messages.py", "nncore book show {}", "nncore book exercise {}")
def _(given):
    text = commands.misused("book", "3.7")
    for advised in re.search(r"Type (.*)\.$", text)[1].split(" or "):
        commands.run(*advised.split()[1:])


@remedy("cli/messages.py", "net.SGD(data, 30, 10, 0.5) trains it", "nncore train --output MODEL")
@remedy("cli/messages.py", "nn.Ensemble.load reads it", '"nncore info" prints')
@remedy("cli/messages.py", "as load_mnist(path=...)", "as --data FOLDER")
def _(given):
    nn.Network([784, 10], seed=0).save("new.npz")
    out, _ = commands.run("diagnose", "new.npz")
    command = re.search(r"(nncore train --output MODEL)", out)[1].replace("MODEL", "new.npz")
    assert "saved in new.npz" in shell(f"{command} --epochs 1 --layers 784,10", "(.*)")[0]
    nn.Ensemble([nn.Network([784, 10]), nn.Network([784, 10])]).save("both.npz")
    text = commands.refused("evaluate", "both.npz")
    assert '"nncore info" prints what is in it' in text
    assert "An ensemble of 2 networks" in commands.run("info", "both.npz")[0]


@remedy(
    "cli/train.py",
    "--output: there is no folder",
    "--output: {} is a folder",
    "--output: {} exists and is not",
    "--output: {}",
)
@remedy("cli/train.py", "--output: you may not write")
def _(given):
    start = "train", "--epochs", "0", "--layers", "784,10", "--output"
    assert "make it first" in commands.refused(*start, "made/digits.npz")
    Path("made").mkdir()
    commands.run(*start, "made/digits.npz")
    text = commands.refused(*start, "made")
    commands.run(*start, f"made/{re.search(r'such as (.*?).$', text)[1]}")
    Path("notes.txt").write_text("mine")
    assert "name another file" in commands.refused(*start, "notes.txt")
    commands.run(*start, "another.npz")
    text = commands.refused(*start, "digits.onx")  # before the training: it would be lost
    commands.run(*start, re.search(r"type '(.*?)'", text)[1])
    assert nn.load("digits.onnx").sizes == [784, 10]


@remedy("cli/train.py", "--network and --layers both", "--network {} learns from", "it goes with sizes")
@remedy("cli/recipes.py", "it needs a hidden layer", "{} is not one of", "experiment {} trains no")
def _(given):
    text = commands.misused("train", "--network", "conv", "--layers", "784,10")
    assert "give one of them" in text
    commands.run("train", "--layers", "784,10", "--epochs", "0")
    text = commands.misused("train", "--network", "conv", "--cost", "quadratic")
    assert "leave --cost out" in text
    commands.run("train", "--network", "conv", "--epochs", "0")
    for given in (["--network", "6.6"], ["--layers", "784,10"]):
        text = commands.misused("train", *given, "--dropout", "0.5")
        sizes = re.search(r"(--layers 784,100,10)", text)[1].split()
        commands.run("train", *sizes, "--dropout", "0.5", "--epochs", "0")
    for number in ("6.99", "4.1"):
        text = commands.misused("train", "--network", number)
        assert "1.1" in shell(text, r'"(nncore book list)"')[0]
    commands.run("train", "--network", "1.1", "--epochs", "0")


@remedy("cli/show.py", "Say what to draw", "{} holds several networks")
def _(given):
    pytest.importorskip("matplotlib")
    net = nn.Network([784, 10], seed=0)
    net.save("net.npz")
    text = commands.misused("show", "net.npz")
    shell(f"{re.search('(nncore show .*?png)', text)[1]} --data sample", "(.*)")
    for option in re.findall(r"--(confusion|weights|filters|network)", text):
        commands.run("show", "net.npz", f"--{option}", f"{option}.png", "--data", "sample")
    nn.Ensemble([net, net.copy()]).save("both.npz")
    text = commands.misused("show", "both.npz", "--weights", "weights.png")
    options = [word for name in re.findall(r"--\w+", text)[-2:] for word in (name, f"{name[2:]}.svg")]
    commands.run("show", "both.npz", *options, "--data", "sample")
    assert Path("errors.svg").exists()


@remedy(
    "cli/messages.py", "nn.load reads it", "nn.datasets.load_mnist reads it", "the option --data takes it"
)
def _(given):
    """What a file is that was given for another, in the words of a shell."""
    nn.Network([784, 10], seed=0).save("net.npz")
    text = commands.refused("train", "--data", "net.npz", "--epochs", "0", "--layers", "784,10")
    assert "nn.load" not in text
    assert commands.run("info", "net.npz")[0]


@remedy("cli/book.py", "Name the experiments", "{} is not an experiment")
@remedy("reproduction/results.py", "not run; `nncore book run")
@remedy("reproduction/single_run.py", "{}: it needs the networks of")
def _(given):
    text = commands.misused("book", "run")
    assert "3.8" in text
    out, _ = commands.run("book", "show", re.search(r"IDs such as ([\d.]+),", text)[1])
    assert out.startswith("3.8 ")
    text = commands.misused("book", "show", "9.9")
    assert "3.8" in shell(text, r'"(nncore book list)"')[0]
    commands.run("book", "run", "3.1", "--results", "some")
    for module in ("results.py", "single_run.py"):
        for known, template in advice():
            if known == f"reproduction/{module}":
                assert "`nncore book run {}`" in template  # a command that the line above has shown to work


@remedy("cli/predict.py", "{}: mostly light")
@remedy("files/kinds.py", "nncore predict MODEL FILE")
def _(given):
    pytest.importorskip("PIL")
    from PIL import Image

    nn.Network([784, 10], seed=0).save("net.npz")
    Image.fromarray(255 - given["data"].images[0]).save("light.png")
    commands.run("predict", "net.npz", "light.png")
    _, err = commands.run("predict", "net.npz", "--as-is", "light.png")
    assert "add --invert" in err
    _, err = commands.run("predict", "net.npz", "--as-is", "--invert", "light.png")
    assert not err


# ---- the lists


ELSEWHERE = {  # (module, start of the message): the test that carries the remedy out
    ("cli/exercises.py", ""): "tests/cli/test_exercises.py",
    ("play/screens/handwriting.py", ""): "tests/play/test_handwriting.py",
    ("play/screens/setups_code.py", ""): "tests/play/test_doctor.py",
    ("play/against_overfitting.py", ""): "tests/play/test_overfitting_screen.py",
    ("play/screens/book.py", "It needs MNIST"): "tests/play/test_book_screen.py::"
    "test_without_mnist_nothing_is_downloaded_and_what_was_fetched_is_used",
    ("play/digits.py", "data = nn.datasets"): "tests/play/test_train_screen.py",
    ("_hints.py", ""): "tests/test_hints.py::test_every_line_that_a_hint_shows_runs",
    ("book/hints.py", ""): "tests/book/test_hints.py::test_every_line_that_a_hint_shows_runs",
    ("reference/checks.py", ""): "tests/reference/test_checks.py::test_what_a_message_advises_works",
    (
        "_own_methods.py",
        "",
    ): "tests/test_own_methods.py::test_where_the_warning_says_that_an_override_counts_it_does",
    (
        "book/network3_layers.py",
        "SoftmaxLayer(n_in={}",
    ): "tests/book/test_not_learning.py::test_network3_calls_its_data_and_its_layers_by_their_names",
    (
        "book/network3_layers.py",
        "{}: the core does not use your own",
    ): "tests/book/test_changed_in_place.py::test_what_counts_in_place_of_an_own_layer_does",
    (
        "ensemble.py",
        "networks[{}]: SGD of",
    ): "tests/test_ensemble.py::test_members_that_were_trained_by_their_own_vote",
    (
        "play/__init__.py",
        "play: an event loop runs here",
    ): "tests/cli/test_play.py::test_it_serves_a_file_until_ctrl_c",
    (
        "play/server.py",
        "port {} is taken",
    ): "tests/cli/test_play.py::test_a_port_that_is_taken_is_named_and_a_free_one_with_it",
    (
        "play/server.py",
        "another token is needed",
    ): "tests/cli/test_play.py::test_it_serves_a_file_until_ctrl_c",
    ("files/kinds.py", ""): "tests/files/test_kinds.py",
    (
        "_validation/names.py",
        "",
    ): "tests/test_names_of_data.py",
    ("formats/safetensors_file.py", "{}: it holds arrays"): "tests/formats/test_safetensors.py",
    ("formats/state_dict.py", "activations: {} is a convolution"): "tests/formats/test_state_dict.py",
    ("cli/export.py", "Its numbers are float32"): "tests/cli/test_export.py::test_dtypes",
    ("datasets/csv_file.py", ""): "tests/datasets/test_own_data.py::test_the_remedies_of_tables",
    ("datasets/class_folders.py", ""): "tests/datasets/test_own_data.py::test_folders_are_refused",
    (
        "datasets/named.py",
        "",
    ): "tests/datasets/test_named.py::test_fashion_has_its_own_name",
    ("datasets/picture.py", ""): "tests/datasets/test_picture.py::test_numbers_to_255_become_bytes",
    (
        "cli/predict.py",
        "--invert is not needed",
    ): "tests/cli/test_predict.py::test_dark_digits_on_light_paper",
    ("datasets/folders.py", ""): "tests/datasets/test_mnist.py",
    ("reproduction/experiments/training_spec.py", ""): "tests/reproduction/test_experiments.py",
    ("reproduction/stored_names.py", ""): "tests/reproduction/test_stored_names.py",
    ("_validation/answers.py", ""): "tests/test_answers.py",
    ("_validation/architecture.py", "make it nn.Network"): "tests/test_answers.py",
    ("_validation/architecture.py", "layers: the outputs of softmax"): "tests/test_answers.py",
    (
        "_validation/inputs.py",
        "Bytes (uint8) are pixels",
    ): "tests/test_forms_of_data.py::test_bytes_where_the_training_had_their_numbers_are_told",
    (
        "_validation/examples.py",
        "classes from words",
    ): "tests/test_answers.py::test_words_as_labels_of_pairs",
    (
        "_validation/examples.py",
        "labels that came as text",
    ): "tests/test_answers.py::test_words_as_labels_of_pairs",
    (
        "datasets/dataset.py",
        "; classes from words",
    ): "tests/datasets/test_dataset.py::test_labels_that_are_no_ints",
    (
        "datasets/dataset.py",
        "; np.asarray(labels)",
    ): "tests/datasets/test_dataset.py::test_labels_that_are_no_ints",
    ("_validation/arrays.py", ""): "tests/test_answers.py::test_values_that_are_not_numbers",
    ("_given.py", "the method filled(0)"): "tests/test_answers.py::test_values_that_are_not_numbers",
    (
        "_given.py",
        "X, y = np.asarray(X), np.ma.stack(y)",
    ): "tests/test_answers.py::test_masked_targets_in_a_list_are_left_out",
    (
        "_given.py",
        "to leave those out",
    ): "tests/test_tables_as_they_come.py::test_masked_answers_are_left_out",
    ("training/monitoring.py", "the targets"): "tests/test_answers.py",
    ("sklearn/base.py", ""): "tests/test_sklearn.py::test_what_messages_advise_works",
    ("sklearn/classifier.py", ""): "tests/test_sklearn.py::test_what_messages_advise_works",
    ("sklearn/regressor.py", ""): "tests/test_sklearn.py::test_what_messages_advise_works",
    ("sklearn/settings.py", ""): "tests/test_sklearn.py::test_what_messages_advise_works",
    ("cli/trained_on.py", ""): "tests/cli/test_trained_on.py",
    ("cli/train.py", '"conv" for a network'): "tests/cli/test_train.py",
    ("cli/train.py", "--network"): "tests/cli/test_train.py",
    (
        "training/not_learning.py",
        "An example has the weight",
    ): "tests/training/test_not_learning.py::test_what_is_far_too_large_is_to_blame_and_its_remedy_works",
    (
        "training/not_learning.py",
        "Try l1",
    ): "tests/training/test_not_learning.py::test_an_l1_that_takes_all_weights_away_is_the_cause",
    ("insight/scale.py", ""): "tests/insight/test_small_and_unequal_data.py",
    ("insight/classes.py", ""): "tests/insight/test_small_and_unequal_data.py",
    ("insight/diagnose/other_starts.py", ""): "tests/insight/test_small_and_unequal_data.py",
    ("insight/diagnose/checks.py", ""): "tests/insight/test_remedies.py",
    ("insight/diagnose/__init__.py", ""): "tests/insight/test_remedies.py::test_calls_run_as_written",
    (
        "insight/neurons.py",
        "",
    ): "tests/insight/test_remedies.py::test_neurons_learn_in_the_network_that_is_named",
    ("book/network3.py", "layers: network3's cost"): "tests/book/test_network3.py",
    ("book/network3.py", "layers: a list of network3's layers"): "tests/book/test_network3.py",
    ("book/network3.py", "set_value: params are copies"): "tests/book/test_network3.py",
    ("formats/book_json.py", "its cost is"): "tests/book/test_own_methods.py",
    ("book/network.py", "cost: your own cost_derivative"): "tests/book/test_own_methods.py",
    ("targets.py", ""): "tests/test_targets.py",
    ("play/digits.py", "data: (training, validation, test)"): "tests/play/test_digits.py",
    ("sweeps/configs.py", ""): "tests/sweeps/test_remedies.py",
    ("sweeps/results.py", "results: nothing was monitored"): "tests/sweeps/test_remedies.py",
    (
        "_work/workplace.py",
        "executor: an executor",
    ): "tests/sweeps/test_remedies.py::test_the_executors_that_are_named_work",
    ("distributed/cluster.py", "address: "): "tests/distributed/test_cluster.py",
    ("cli/book.py", "--threads and --workers"): "tests/cli/test_cli_book.py",
    ("reproduction/report/verdicts.py", "unclear"): "tests/reproduction/test_verdicts.py",
}
NO_ADVICE = {  # these name code, but do not advise it
    ("files/es_modules.py", "const modules"),  # JavaScript
    ("formats/html_page.py", ""),  # HTML, and what a page is called
    ("formats/page_about.py", ""),  # HTML; what it prints is in tests/play/screens/test_exported_page.py
    ("formats/page_model.py", "expected version"),
    ("widgets/widget.py", "@scope"),  # CSS
    ("widgets/__init__.py", "nncore.widgets: the package anywidget is needed"),
    ("play/screens/mistakes.py", "The open network, {}, reads no digits"),
    ("play/screens/overfitting.py", "nncore play, overfitting"),  # the names of threads
    ("play/screens/book.py", "nncore play, book"),  # a line of the log
    ("play/book_table.py", "train, validation, test"),  # what stands before a listing
    ("play/trainer.py", "nncore play, training"),
    ("play/__init__.py", "nncore play: {} (Ctrl-C"),  # it says where the page is
    ("play/__init__.py", "play: the package websockets is needed"),
    ("play/server.py", "text/"),  # kinds of files
    ("play/session.py", "nncore play, %s"),  # a line of the log
    ("_namesake.py", ""),  # to remove another project from this environment is not for a test
    ("cli/book.py", "import nncore as nn"),
    ("cli/book.py", "train, validation, test ="),
    ("cli/train.py", '"conv" for a network of convolutions'),  # the help of an option
    ("cli/show.py", "How many digits --errors shows"),  # the help of an option
    ("cli/show.py", "--history: {} holds no record"),
    ("book/mnist_svm.py", ""),  # pip install: see the test of it
    ("book/listings.py", "save: a file for nn.load holds numbers alone, and forgets your own {}"),
    ("callbacks/checkpoint.py", "Checkpoint({}"),  # a repr
    ("callbacks/tensorboard.py", "TensorBoard"),  # a repr; pip install
    ("training/minimize.py", "minimize: SciPy is needed"),
    ("sklearn/__init__.py", ""),  # pip install: see the test of it
    ("cli/predict.py", "Exchange light and dark"),  # the help of an option
    ("datasets/ink.py", "reading photos needs SciPy"),
    ("datasets/picture_file.py", "reading pictures needs Pillow"),
    ("insight/plot/picture_steps.py", "picture: what nn.datasets.read_picture returns"),
    ("training/pictures.py", "nn.plot needs matplotlib"),
    ("reproduction/report/figures/drawing.py", "figures: matplotlib"),
    ("reproduction/report/page.py", ""),
    ("reproduction/report/report.py", ""),
    ("reproduction/experiments/chapter1.py", ""),
    ("reproduction/experiments/chapter2.py", ""),
    ("reproduction/experiments/chapter4.py", ""),
    ("reproduction/report/figures/chapter4.py", ""),
    ("insight/trace.py", "conv("),  # equations
    ("reproduction/experiments/chapter3.py", ""),
    ("reproduction/experiments/chapter3_hyper_parameters.py", ""),
    ("network.py", "{}: not a network that nncore saved"),
    ("_persistence.py", "a part of its description"),
    ("_answers.py", "data: the network was trained on"),
    ("_validation/architecture.py", "net: an nn.Network"),
    ("insight/plot/errors.py", "or an nn.Ensemble"),
    ("training/history.py", "history, arrays: a dict"),
    ("ensemble.py", "{}: not an ensemble that nncore saved"),
    ("formats/npz.py", "{}: expected version"),
    ("_exchange.py", "{}: not a network that nncore saved"),
    ("formats/parts.py", ""),  # pip install: see the test of it
    ("formats/c_functions.py", ""),  # C
    ("formats/c_source.py", ""),
    ("formats/onnx_chain.py", "nncore reads a chain"),
    ("formats/safetensors_file.py", "a network that nncore saved"),
    ("formats/state_dict.py", "model"),  # what torch_code prints
    ("formats/state_dict.py", ", padding="),
    ("formats/state_dict.py", "state_dict: names that end"),
    ("formats/state_dict.py", "state_dict: {} is no layer"),
    ("files/lease.py", "filelock is needed"),
    ("distributed/cluster.py", "dask: distributed is needed"),
    ("sweeps/results.py", "to_frame: pandas is needed"),
}


def listed(module, text):
    """Whether one of the lists has a message."""
    known = [(where, start) for where, start, _ in CARRIED_OUT] + [*ELSEWHERE, *NO_ADVICE]
    return any(where == module and text.startswith(start) for where, start in known)


def test_every_message_that_advises_is_listed():
    missing = [f"{module}: {text}" for module, text in advice() if not listed(module, text)]
    assert not missing, "provoke these messages and carry their remedies out:\n" + "\n".join(missing)


def test_the_lists_hold_no_message_that_is_gone():
    messages = advice()
    known = [(where, start) for where, start, _ in CARRIED_OUT] + [*ELSEWHERE, *NO_ADVICE]
    gone = [
        (where, start)
        for where, start in known
        if not any(module == where and text.startswith(start) for module, text in messages)
    ]
    assert not gone


def test_the_tests_that_carry_remedies_out_exist():
    for test in ELSEWHERE.values():
        path, _, name = test.partition("::")
        assert (ROOT / path).exists(), path
        assert not name or f"def {name}(" in (ROOT / path).read_text(), test


FUNCTIONS = {
    function: f"{module.removesuffix('.py')}: {start[:40]}"
    for module, start, function in reversed(CARRIED_OUT)
}


@pytest.mark.parametrize("function", FUNCTIONS, ids=FUNCTIONS.values())
@pytest.mark.filterwarnings("ignore::nncore.NotLearningWarning")
def test_the_remedy_works(function, sample, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    function({"data": sample[0][:200], "monkeypatch": monkeypatch})
