"""What SGD does with its arguments: examples, order, the best epoch, learning rates of layers, refusals."""

import numpy as np
import pytest
from support.small_runs import M, N, classes, network

import nncore as nn
from nncore.reference import network as reference


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


def test_a_learning_rate_of_a_layer_does_not_scale_gradients():
    layers = [nn.Dense(4, weight_eta_factor=0.25), nn.Dense(3)]
    net = nn.Network(layers, input_shape=(5,), cost="cross-entropy", dtype="float64", seed=3)
    for ours, wanted in zip(net.backprop(*classes()), network().backprop(*classes()), strict=True):
        for nabla, plain in zip(ours, wanted, strict=True):
            assert np.array_equal(nabla, plain)


def test_a_learning_rate_of_a_layer_is_saved(tmp_path):
    net = nn.Network(
        [nn.Dense(4, weight_eta_factor=0.25), nn.Softmax(3, weight_eta_factor=0.5)], input_shape=(5,)
    )
    net.save(tmp_path / "net.npz")
    assert nn.load(tmp_path / "net.npz").layers == net.layers
    for scale in (-1.0, np.nan, np.inf, "1"):
        with pytest.raises(ValueError, match="weight_eta_factor: a number of at least 0 needed"):
            nn.Dense(4, weight_eta_factor=scale)


@pytest.mark.parametrize(
    ("argument", "value", "message"),
    [
        ("monitor", 3, "monitor: a name, a list of names, or a Monitor .* needed, got 3"),
        ("monitor", nn.Monitor, "monitor: a name, a list of names, or a Monitor .* needed, got <class"),
        ("keep_best", "no", "keep_best: True or False needed, got 'no'"),
        ("drop_last", "no", "drop_last: True or False needed, got 'no'"),
        ("drop_last", 2, "drop_last: True or False needed, got 2"),
    ],
)
def test_values_of_a_wrong_type_are_refused_by_name(argument, value, message):
    data = ([[0.0], [1.0]], [[1.0], [0.0]])
    with pytest.raises(TypeError, match=message):
        nn.Network([1, 1]).SGD(data, 1, 1, 0.5, evaluation_data=data, **{argument: value})


@pytest.mark.parametrize("module", [nn.rules, nn.schedules, nn.stopping, nn.augment])
def test_dir_of_a_module_shows_public_names_only(module):
    assert dir(module) == sorted(module.__all__)
