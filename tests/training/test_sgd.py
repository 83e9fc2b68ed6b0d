"""SGD does what a plain NumPy loop does, and whatever ends it, network and history are whole."""

import os
import pickle
import signal
import threading

import numpy as np
import pytest

import nncore as nn
from nncore.reference import network as reference

EPS = np.finfo(np.float64).eps
SIZES, N, M = [5, 4, 3], 11, 4  # mini-batches of 4, 4 and 3


def classes(n=N, seed=1):
    """(X, unit vectors) of n examples."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, SIZES[0])), np.eye(SIZES[-1])[rng.integers(0, SIZES[-1], n)]


def network(**options):
    return nn.Network(SIZES, **{"cost": "cross-entropy", "dtype": "float64", "seed": 3} | options)


def twin_of(net):
    twin = reference.Network(net.layers, input_shape=net.input_shape, cost=net.cost_name, seed=net.seed)
    twin.weights, twin.biases = net.weights, net.biases
    return twin


class Plain:
    """Chapter 3's exercises as a reader would write them in NumPy; beside them a bound on the rounding."""

    def __init__(self, net, kind, lmbda=0.0, l1=0.0, mu=0.0, beta2=0.999, epsilon=1e-8):
        self.twin, self.kind, self.lmbda, self.l1 = twin_of(net), kind, lmbda, l1
        self.mu, self.beta2, self.epsilon = mu, beta2, epsilon
        self.t = self.error = 0
        self.v, self.s = [0.0] * 4, [0.0] * 4
        self.error_v = 0.0

    def epoch(self, X, y, eta, epoch):
        order = reference.shuffled(len(X), self.twin.seed, epoch)
        for i in range(0, len(X), M):
            self.step(X[order[i : i + M]], y[order[i : i + M]], eta, len(X))

    def step(self, X, y, eta, n):
        nabla_b, nabla_w = self.twin.backprop(X, y)
        parameters = [*self.twin.biases, *self.twin.weights]
        nablas = [nabla / len(X) for nabla in nabla_b]
        for w, nabla in zip(self.twin.weights, nabla_w, strict=True):
            nablas.append(nabla / len(X) + self.lmbda / n * w + self.l1 / n * np.sign(w))
        self.t += 1
        steepest = 0.0  # how much an error of nabla moves a parameter
        for i, (w, nabla) in enumerate(zip(parameters, nablas, strict=True)):
            if self.kind == "adam":
                self.v[i] = self.mu * self.v[i] + (1 - self.mu) * nabla
                self.s[i] = self.beta2 * self.s[i] + (1 - self.beta2) * nabla**2
                root = np.sqrt(self.s[i] / (1 - self.beta2**self.t)) + self.epsilon
                w -= eta * self.v[i] / (1 - self.mu**self.t) / root
                steepest = max(steepest, eta / root.min())
            elif self.kind == "nesterov":
                self.v[i] = self.mu * self.v[i] - eta * nabla
                w += self.mu * self.v[i] - eta * nabla
                steepest = eta * (1 + abs(self.mu))
            else:
                self.v[i] = self.mu * self.v[i] - eta * nabla
                w += self.v[i]
                steepest = eta
        # Two programs round the operations behind a gradient (on the longest way through this network there
        # are fewer than 64) in another order; what they are apart already changes the gradient by less than
        # itself, as the second derivatives of these small costs are below 1; and momentum adds it up.
        largest = max(1.0, *(np.abs(nabla).max() for nabla in nablas), *(np.abs(w).max() for w in parameters))
        self.error_v = abs(self.mu) * self.error_v + steepest * (64 * EPS * largest + self.error)
        self.error += self.error_v + 4 * EPS * largest

    def check(self, net):
        assert self.error < 1e-9  # the bound says something
        for got, wanted in zip(
            [*net.biases, *net.weights], [*self.twin.biases, *self.twin.weights], strict=True
        ):
            np.testing.assert_allclose(got, wanted, rtol=0, atol=self.error)


RULES = {
    "plain": {},
    "L2": {"lmbda": 0.7},
    "L1": {"l1": 0.3},
    "elastic net": {"lmbda": 0.7, "l1": 0.3},
    "momentum": {"momentum": 0.9},
    "momentum, L2": {"momentum": 0.5, "lmbda": 0.7},
    "momentum, elastic net": {"momentum": 0.5, "lmbda": 0.7, "l1": 0.3},
    "mu < 0": {"momentum": -0.5, "lmbda": 0.7},
    "mu > 1": {"momentum": 1.1},
    "nesterov": {"rule": "nesterov"},
    "nesterov, elastic net": {"rule": "nesterov", "momentum": 0.5, "lmbda": 0.7, "l1": 0.3},
    "adam": {"rule": "adam"},
    "adam, L2": {"rule": nn.rules.Adam(beta1=0.8), "lmbda": 0.7},
    "adam, other numbers": {"rule": nn.rules.Adam(beta1=0.6, beta2=0.8, epsilon=0.25)},
    "momentum by name": {"rule": "momentum"},
    "momentum, object": {"rule": nn.rules.Momentum(0.3), "l1": 0.3},
    "nesterov, object": {"rule": nn.rules.Nesterov(0.3), "lmbda": 0.7},
}


@pytest.mark.parametrize("cost", ["quadratic", "cross-entropy", "log-likelihood"])
@pytest.mark.parametrize("options", RULES.values(), ids=RULES.keys())
def test_each_rule_is_the_plain_loop(options, cost):
    net, (X, y) = network(cost=cost), classes()
    rule = options.get("rule", "sgd")
    if isinstance(rule, nn.rules.Adam):
        kind, numbers = "adam", (rule.beta1, rule.beta2, rule.epsilon)
    elif rule == "adam":
        kind, numbers = "adam", (0.9, 0.999, 1e-8)
    else:
        kind = "nesterov" if rule == "nesterov" or isinstance(rule, nn.rules.Nesterov) else "sgd"
        numbers = (getattr(rule, "mu", options.get("momentum", 0.0 if rule == "sgd" else 0.9)),)
    plain = Plain(net, kind, options.get("lmbda", 0.0), options.get("l1", 0.0), *numbers)
    eta, epochs = (0.001, 1) if kind == "adam" else (0.5, 3)  # Adam blows up what two programs are apart
    net.SGD((X, y), epochs, M, eta, **options)
    for epoch in range(epochs):
        plain.epoch(X, y, eta, epoch)
    plain.check(net)


def test_velocities_are_at_rest_when_SGD_is_called_again():
    data = classes()
    net, again = network(), network()
    net.SGD(data, 2, M, 0.5, momentum=0.9)
    again.SGD(data, 1, M, 0.5, momentum=0.9)
    plain = Plain(again, "sgd", mu=0.9)
    again.SGD(data, 1, M, 0.5, momentum=0.9)
    plain.epoch(*data, 0.5, 1)
    plain.check(again)
    assert not np.array_equal(net.parameters, again.parameters)


@pytest.mark.parametrize("rule", ["sgd", nn.rules.Momentum(0.7), nn.rules.Nesterov(0.7), nn.rules.Adam(0.7)])
def test_a_run_goes_on_as_if_it_had_not_paused(rule, tmp_path):
    """Through files, as after a kill: the same bits, and the same History but for the seconds."""
    train, evaluation = classes(30), classes(20, seed=2)
    options = {
        "lmbda": 0.1,
        "rule": rule,
        "schedule": nn.schedules.Halve(no_improvement_in=2, stop_at=0.0),
        "evaluation_data": evaluation,
        "monitor": nn.Monitor(every=10, examples=8),
        "keep_best": True,
        "stop": nn.stopping.NoImprovement(50),
    }
    net = network()
    whole = net.SGD(train, 20, M, 0.05, **options)

    part, saved = network(), {}

    def checkpoint(net, history):
        if len(history) == 8:
            net.save(tmp_path / "net.npz")
            saved["history"] = pickle.dumps(history)

    part.SGD(train, 8, M, 0.05, callbacks=[checkpoint], **options)
    part = nn.load(tmp_path / "net.npz")
    rest = part.SGD(train, 12, M, 0.05, resume=pickle.loads(saved["history"]), **options)

    assert rest is part.history
    assert len(set(whole.eta)) > 2
    assert np.array_equal(part.parameters, net.parameters)
    for name in (
        "evaluation_cost",
        "evaluation_accuracy",
        "eta",
        "images",
        "steps",
        "within_epochs",
        "best_epoch",
    ):
        assert getattr(rest, name) == getattr(whole, name), name
    assert len(rest.elapsed) == 20
    assert rest.elapsed == sorted(rest.elapsed)


def test_adam_counts_its_steps_from_rest():
    """A History from a file has no averages: they begin at 0, and so does their correction."""
    data, net, fresh = classes(), network(), network()
    history = net.SGD(data, 5, M, 0.01, rule="adam")
    fresh.parameters = net.parameters
    with pytest.warns(UserWarning, match=r"resume: the history does not hold the memory of Adam"):
        net.SGD(data, 2, M, 0.01, rule="adam", resume=nn.History.from_dict(history.to_dict()), shuffle=False)
    fresh.SGD(data, 2, M, 0.01, rule="adam", shuffle=False)
    assert np.array_equal(net.parameters, fresh.parameters)


def test_dropout_goes_on_as_if_it_had_not_paused(tmp_path):
    """Its masks belong to (seed, epoch, place): a network from a file needs no more."""
    data = classes(30)
    layers = [nn.Dense(6, dropout=0.2), nn.Softmax(3, dropout=0.5)]
    whole, part = (nn.Network(layers, input_shape=5, seed=3) for _ in range(2))
    whole.SGD(data, 4, M, 0.5)
    part.SGD(data, 2, M, 0.5)
    part.save(tmp_path / "net.npz")
    part = nn.load(tmp_path / "net.npz")
    part.SGD(data, 2, M, 0.5)
    assert np.array_equal(part.parameters, whole.parameters)


def test_the_first_layer_skips_inputs_that_are_zero(monkeypatch):
    X, y = classes(40)
    X *= np.random.default_rng(0).random(X.shape) < 0.3
    dense, sparse = network(), network()
    assert sparse.SGD((X, y), 3, M, 0.5, 0.1).sparse is True
    with monkeypatch.context() as patch:
        patch.setattr("nncore.training.sgd.DENSITY", 0.0)
        assert dense.SGD((X, y), 3, M, 0.5, 0.1).sparse is False
    assert not np.array_equal(dense.parameters, sparse.parameters)
    np.testing.assert_allclose(dense.parameters, sparse.parameters, rtol=0, atol=1e-13)  # 30 steps
    assert not network().SGD(classes(), 1, M, 0.5).sparse  # nothing is zero
    dropped = nn.Network([nn.Dense(3, dropout=0.5)], input_shape=5, seed=0)
    assert not dropped.SGD((X, y), 1, M, 0.5).sparse


def test_a_run_that_had_ended_does_not_go_on():
    data = classes()
    net = network(init="zeros")
    history = net.SGD(
        (data[0] * 0, data[1]), 50, N, 0.0, evaluation_data=data, stop=nn.stopping.NoImprovement(3)
    )
    assert len(history) == 4
    before = net.parameters.copy()
    net.SGD(data, 5, M, 0.5, evaluation_data=data, stop=nn.stopping.NoImprovement(3), resume=history)
    assert len(history) == 4
    assert np.array_equal(net.parameters, before)


def test_history_of_another_network_is_refused():
    data = classes()
    history = nn.Network([5, 20, 3], seed=0).SGD(data, 1, M, 0.5, evaluation_data=data, keep_best=True)
    with pytest.raises(ValueError, match="resume: the history is of another network: as best it holds"):
        network().SGD(data, 1, M, 0.5, resume=history)
    with pytest.raises(TypeError, match="resume: the History of the run to continue needed"):
        network().SGD(data, 1, M, 0.5, resume=[])


# Ends: Ctrl-C, divergence, an error. Each leaves the last whole epoch.
def check_whole(net, history, epochs, data, **options):
    """The network and its history are those of a run of so many epochs; they can go on."""
    other = network()
    wanted = other.SGD(data, epochs, M, 0.5, **options)
    assert net.epochs_trained == len(history) == epochs
    assert np.array_equal(net.parameters, other.parameters)
    for name, values in wanted.to_dict().items():
        if name in ("seconds", "elapsed"):
            assert len(getattr(history, name)) == epochs
        elif name not in ("stopped", "rule"):
            assert getattr(history, name) == values
    net.SGD(data, 2, M, 0.5, resume=history, **options)
    other.SGD(data, 2, M, 0.5, resume=wanted, **options)
    assert np.array_equal(net.parameters, other.parameters)


class InThirdEpoch:
    """Raises an error in the third epoch, at a look of its own."""

    def __init__(self, net, error, look):
        self.net, self.error, self.look, self.looks, self.measure = (
            net,
            error,
            look,
            0,
            net._cost_and_accuracy,
        )

    def __call__(self, *arguments):
        if self.net.epochs_trained == 2:
            self.looks += 1
            if self.looks == self.look:
                del self.net._cost_and_accuracy  # once is enough
                raise self.error
        return self.measure(*arguments)


@pytest.mark.parametrize("look", [1, 2, 3, 4])
def test_ctrl_c_leaves_the_last_whole_epoch(look):
    data, net = classes(12), network()  # a look ends the second epoch, and is a part of it
    options = {
        "momentum": 0.5,
        "evaluation_data": data,
        "monitor": nn.Monitor("evaluation_cost", "training_accuracy", every=2 * M, examples=3),
    }
    net._cost_and_accuracy = InThirdEpoch(net, KeyboardInterrupt, look)
    with pytest.warns(
        UserWarning, match="interrupted in epoch 2: the network is as it was when that epoch began"
    ):
        history = net.SGD(data, 10, M, 0.5, **options)
    assert history.interrupted
    assert history.stopped == "interrupted in epoch 2"
    check_whole(net, history, 2, data, **options)
    assert not history.interrupted


@pytest.mark.parametrize("when", ["in the history", "after the history", "after the count of epochs"])
def test_ctrl_c_at_the_very_end_of_an_epoch(when, monkeypatch):
    data, add = classes(), nn.History.add

    def add_and_press(history, values):
        if len(history) < 2 or when == "after the count of epochs":
            return add(history, values)
        if when == "after the history":
            add(history, values)
        else:
            history.training_cost.append(values["training_cost"])
        raise KeyboardInterrupt

    class Pressed(nn.Network):
        def __setattr__(self, name, value):
            super().__setattr__(name, value)
            if (name, value, when) == ("epochs_trained", 3, "after the count of epochs"):
                raise KeyboardInterrupt

    net = Pressed(SIZES, cost="cross-entropy", dtype="float64", seed=3)
    monkeypatch.setattr(nn.History, "add", add_and_press)
    with pytest.warns(UserWarning, match="interrupted in epoch 2"):
        history = net.SGD(data, 10, M, 0.5, monitor="training_cost")
    monkeypatch.undo()
    when = "never again"
    check_whole(net, history, 2, data, monitor="training_cost")


def test_ctrl_c_in_a_callback_or_a_shuffle_leaves_the_last_whole_epoch():
    data = classes()

    def callback(net, history):
        if len(history) == 2:
            raise KeyboardInterrupt

    def shuffle(epoch, n):
        if epoch == 2:
            raise KeyboardInterrupt
        return np.arange(n)

    for options in ({"callbacks": [callback], "shuffle": False}, {"shuffle": shuffle}):
        net = network()
        with pytest.warns(UserWarning, match="interrupted in epoch 2"):
            history = net.SGD(data, 10, M, 0.5, **options)
        check_whole(net, history, 2, data, shuffle=False)


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_a_real_ctrl_c_stops_soon(sample):
    """Within two slices: the one that goes on, and one that began while the signal was on its way."""
    net, slices, pressed = nn.Network([784, 100, 10], seed=0), [], []

    def press():
        pressed.append(len(slices))
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.3, press)
    timer.start()
    with pytest.warns(UserWarning, match="interrupted in epoch"):
        history = net.SGD(sample[0], 10**6, 10, 0.5, progress=slices.append)
    assert len(slices) - pressed[0] <= 2
    assert history.interrupted
    assert net.epochs_trained == len(history)
    assert np.isfinite(net.parameters).all()


def test_divergence_gives_back_the_start_of_the_epoch():
    rng = np.random.default_rng(0)
    data = (rng.standard_normal((40, 5)), rng.standard_normal((40, 3)))
    net = nn.Network([nn.Dense(4, "relu"), nn.Dense(3, "linear")], input_shape=5, dtype="float64", seed=0)
    before, seen = net.parameters.copy(), []
    with pytest.raises(nn.DivergenceError, match=r"epoch 1: .* eta = 1e\+60 .*tenth") as caught:
        net.SGD(data, 5, 1, 0.01, schedule=lambda epoch: 1e60 if epoch else 0.01,
                callbacks=[lambda net, history: seen.append(net.parameters.copy())])  # fmt: skip
    assert caught.value.epoch == net.epochs_trained == len(net.history) == 1
    assert np.array_equal(net.parameters, seen[0])
    assert not np.array_equal(net.parameters, before)
    assert net.history.stopped.startswith("DivergenceError: epoch 1")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.epoch) == (str(caught.value), 1)


def test_divergence_by_momentum_says_so():
    net = network(cost="quadratic", dtype="float32")
    with pytest.raises(nn.DivergenceError, match="with momentum = 2 the velocities only grow"):
        net.SGD(classes(), 100, M, 0.5, momentum=2.0)
    assert np.isfinite(net.parameters).all()
    assert np.isfinite(net.history.state).all()


def test_an_error_in_a_callback_comes_through_and_leaves_whole_epochs():
    data, net = classes(), network()

    def callback(net, history):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        net.SGD(data, 5, M, 0.5, callbacks=[callback])
    assert net.history.stopped == "LookupError: mine"
    check_whole(net, net.history, 1, data)


def test_one_trainer_at_a_time():
    data, net, errors = classes(), network(), []

    def callback(net, history):
        try:
            net.SGD(data, 1, M, 0.5)
        except RuntimeError as error:
            errors.append(str(error))

    history = net.SGD(data, 1, M, 0.5, callbacks=[callback])
    assert "trained already" in errors[0]
    assert net.history is history
    net.SGD(data, 1, M, 0.5)


def test_keep_best_gives_back_the_best_epoch():
    train, evaluation = classes(20), classes(20, seed=7)
    seen = []
    net = network()
    history = net.SGD(train, 30, M, 2.0, evaluation_data=evaluation, keep_best=True,
                      callbacks=[lambda net, history: seen.append(net.parameters.copy())])  # fmt: skip
    best = history.evaluation_accuracy.index(max(history.evaluation_accuracy))
    assert history.best_epoch == best < 29
    assert np.array_equal(net.parameters, seen[best])
    assert net.accuracy(evaluation) == max(history.evaluation_accuracy)


def test_keep_best_goes_by_the_cost_where_there_are_no_classes():
    rng = np.random.default_rng(0)
    train, evaluation = ((rng.random((20, 5)), rng.random((20, 3))) for _ in range(2))
    net = nn.Network([nn.Dense(4, "tanh"), nn.Dense(3, "linear")], input_shape=5, seed=0)
    history = net.SGD(train, 40, M, 0.3, evaluation_data=evaluation, keep_best=True)
    assert history.evaluation_accuracy == []
    assert history.best_epoch == history.evaluation_cost.index(min(history.evaluation_cost)) < 39
    assert net.cost(evaluation) == min(history.evaluation_cost)


def test_keep_best_after_ctrl_c():
    train, evaluation = classes(20), classes(20, seed=7)

    def callback(net, history):
        if len(history) > history.best_epoch + 3:
            raise KeyboardInterrupt

    net = network()
    with pytest.warns(UserWarning, match="interrupted"):
        history = net.SGD(train, 90, M, 2.0, evaluation_data=evaluation, keep_best=True, callbacks=[callback])
    assert len(history) < 90
    assert net.accuracy(evaluation) == max(history.evaluation_accuracy)


# Regression
def f(x):
    """Chapter 4's function."""
    return 0.2 + 0.4 * x**2 + 0.3 * np.sin(15 * x) + 0.05 * np.cos(50 * x)


def curve(n=200, neurons=50):
    """(net, (x, f(x))): neurons whose steps, at s = -b/w, are spread over [0, 1], as in chapter 4."""
    x = np.linspace(0, 1, n)[:, None]
    net = nn.Network([nn.Dense(neurons, "tanh"), nn.Dense(1, "linear")], input_shape=(1,), seed=0)
    net.weights[0] = np.random.default_rng(0).choice([-40.0, 40.0], (neurons, 1))
    net.biases[0] = -net.weights[0] * np.linspace(0, 1, neurons)[:, None]
    return net, (x, f(x))


def test_a_function_is_fitted():
    net, (x, y) = curve()
    history = net.SGD(
        (x, y), 500, 10, 0.01, rule="adam", schedule=nn.schedules.Cosine(500), evaluation_data=(x, y)
    )
    rms = np.sqrt(np.mean((net.feedforward(x) - y) ** 2))
    assert rms < 0.005
    assert history.evaluation_cost[-1] == pytest.approx(rms**2 / 2, rel=1e-4)
    assert history.evaluation_accuracy == []


def test_what_does_not_make_sense_is_refused():
    data, net = classes(), network()
    cases = {
        "epochs: at least 0": {"epochs": -1},
        "l1: a number needed that is at least 0": {"l1": -1.0},
        "rule: one of sgd, momentum, nesterov, adam needed, got 'lion'": {"rule": "lion"},
        "momentum: a number needed that is finite": {"momentum": float("nan")},
        "momentum: Adam has none, got 0.5; set its beta1": {"rule": "adam", "momentum": 0.5},
        "momentum: the rule Momentum.mu=0.9. has its own": {"rule": nn.rules.Momentum(), "momentum": 0.5},
        "threads: 1 needed for a network of dense layers, got 2": {"threads": 2},
        "threads: at least 1": {"threads": 0},
        "keep_best: .* pass evaluation_data": {"keep_best": True},
        "monitor: evaluation_cost needs evaluation_data": {"monitor": "evaluation_cost"},
        "monitor: one of .*learning_speeds needed, got 'loss'": {"monitor": ["loss"]},
        "monitor: every=10 needs a cost or an accuracy to measure": {"monitor": nn.Monitor(every=10)},
        "schedule: a number needed that is at least 0": {"schedule": lambda epoch: -1.0},
    }
    before = net.parameters.copy()
    for message, options in cases.items():
        with pytest.raises(ValueError, match=message):
            net.SGD(**{"training_data": data, "epochs": 1, "mini_batch_size": 2, "eta": 0.5} | options)
    with pytest.raises(TypeError, match="schedule: a number needed, got None"):
        net.SGD(data, 1, 2, 0.5, schedule=lambda epoch: None)
    assert np.array_equal(net.parameters, before)
    net.SGD(data, 1, 2, 0.5)  # nothing keeps it


def test_no_epochs_and_no_examples():
    data, net = classes(), network()
    before = net.parameters.copy()
    assert net.SGD(data, 0, M, 0.5).stopped == "all 0 epochs are done"
    history = net.SGD(data, 1, M, 0.5, shuffle=lambda epoch, n: np.arange(0))
    assert history.images == [0]
    assert np.array_equal(net.parameters, before)


# The bar
def test_no_bar_where_nobody_looks(capfd):
    network().SGD(classes(), 3, M, 0.5)
    assert capfd.readouterr() == ("", "")


def test_a_bar_where_it_is_asked_for(capfd):
    data = classes()
    network().SGD(data, 3, M, 0.5, evaluation_data=data, progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "33.0/33.0" in err
    assert "images/s" in err
    assert "evaluation_accuracy=" in err


def test_a_bar_on_a_terminal_and_in_a_notebook(monkeypatch):
    from types import SimpleNamespace

    from nncore.training import progress

    class ZMQInteractiveShell:
        pass

    assert not progress.is_interactive()
    monkeypatch.setattr("sys.stderr", SimpleNamespace(isatty=lambda: True))
    assert progress.is_interactive()
    monkeypatch.setattr("sys.stderr", None)  # as under pythonw
    assert not progress.is_interactive()
    monkeypatch.setitem(
        __import__("sys").modules, "IPython", SimpleNamespace(get_ipython=ZMQInteractiveShell)
    )
    assert progress.is_interactive()


def test_a_short_last_mini_batch_can_be_left_out():
    X, y = classes()
    net, whole = network(), network()
    net.SGD((X, y), 2, M, 0.5, lmbda=3.0, shuffle=False, drop_last=True)
    whole.SGD((X[:8], y[:8]), 2, M, 0.5, lmbda=3.0 * 8 / N, shuffle=False)  # lmbda/n is the same
    np.testing.assert_allclose(net.parameters, whole.parameters, rtol=1e-13)
    assert net.history.images == [8, 16]
    shuffled, order = network(), reference.shuffled(N, 3, 0)
    shuffled.SGD((X, y), 1, M, 0.5, drop_last=True)
    listed = network()
    listed.SGD((X, y), 1, M, 0.5, shuffle=lambda epoch, n: order[:8])
    assert np.array_equal(shuffled.parameters, listed.parameters)
    with pytest.raises(ValueError, match="drop_last: 3 examples make no mini-batch of 4"):
        net.SGD((X[:3], y[:3]), 1, M, 0.5, drop_last=True)


def test_a_function_is_told_of_progress():
    seen = []
    network().SGD(classes(), 3, M, 0.5, evaluation_data=classes(), progress=seen.append)
    assert sum(seen) == 3 * N


@pytest.mark.parametrize("options", [{}, {"momentum": 0.5}, {"rule": "nesterov"}, {"l1": 1e-300}])
@pytest.mark.parametrize("sparse", [False, True])
def test_a_layer_may_have_a_learning_rate_of_its_own(options, sparse, monkeypatch):
    """Its weights step scale times as far; their decay, biases and other layers step as ever. One step."""
    X, y = classes(M)
    layers = [nn.Dense(4, weight_eta_factor=0.25), nn.Dense(3, weight_eta_factor=0.875)]
    net = nn.Network(layers, input_shape=(5,), cost="cross-entropy", dtype="float64", seed=3)
    nabla_b, nabla_w = net.backprop(X, y)
    before = [w.copy() for w in net.weights], [b.copy() for b in net.biases]
    monkeypatch.setattr("nncore.training.sgd.DENSITY", float(sparse))
    assert net.SGD((X, y), 1, M, 0.5, lmbda=0.8, shuffle=False, **options).sparse == sparse
    look_ahead = 1 + 0.9 if options.get("rule") else 1  # Nesterov's, of the first step
    for l, scale in enumerate((0.25, 0.875)):
        step = 0.5 * (scale * nabla_w[l] / M + 0.8 / M * before[0][l])
        np.testing.assert_allclose(net.weights[l], before[0][l] - look_ahead * step, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(
            net.biases[l], before[1][l] - look_ahead * 0.5 * nabla_b[l] / M, rtol=1e-12, atol=1e-15
        )


def test_gradients_are_not_scaled_by_a_layer_s_learning_rate():
    layers = [nn.Dense(4, weight_eta_factor=0.25), nn.Dense(3)]
    net = nn.Network(layers, input_shape=(5,), cost="cross-entropy", dtype="float64", seed=3)
    for ours, wanted in zip(net.backprop(*classes()), network().backprop(*classes()), strict=True):
        for nabla, plain in zip(ours, wanted, strict=True):
            assert np.array_equal(nabla, plain)


def test_a_layer_s_learning_rate_is_saved(tmp_path):
    net = nn.Network(
        [nn.Dense(4, weight_eta_factor=0.25), nn.Softmax(3, weight_eta_factor=0.5)], input_shape=(5,)
    )
    net.save(tmp_path / "net.npz")
    assert nn.load(tmp_path / "net.npz").layers == net.layers
    for scale in (-1.0, np.nan, np.inf, "1"):
        with pytest.raises(ValueError, match="weight_eta_factor: a number of at least 0 needed"):
            nn.Dense(4, weight_eta_factor=scale)
