"""Full-batch minimisation: its cost and gradient are the network's, and it gets where SGD does not."""

import sys

import numpy as np
import pytest

import nncore as nn
from nncore.reference import network as reference
from nncore.training.minimize import Cost, parameter_indices

pytest.importorskip("scipy")
METHODS = ["L-BFGS-B", "CG", "BFGS", "Newton-CG"]


def f(x):
    """Chapter 4's function."""
    return 0.2 + 0.4 * x**2 + 0.3 * np.sin(15 * x) + 0.05 * np.cos(50 * x)


def classes(n=40, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, 5)), rng.integers(0, 3, n)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cost_and_gradient_are_the_twins(dtype):
    net, (X, y) = nn.Network([5, 4, 3], dtype=dtype, seed=3), classes()
    wide = net.copy("float64")
    cost = Cost(wide, wide._data("data", (X, y)), lmbda=0.7)
    twin = reference.Network([5, 4, 3])
    twin.weights, twin.biases = net.weights, net.biases
    x = np.concatenate([w.T.ravel() for w in twin.weights] + [b.ravel() for b in twin.biases])
    np.testing.assert_array_equal(net.parameters[parameter_indices(net)[0]], x)
    C, nabla = cost(x)
    nabla_b, nabla_w = twin.backprop(X, y)
    wanted = [((nw + 0.7 * w) / 40).T.ravel() for nw, w in zip(nabla_w, twin.weights, strict=True)]
    wanted += [nb.ravel() / 40 for nb in nabla_b]
    assert pytest.approx(twin.cost((X, y), 0.7), rel=1e-14) == C
    np.testing.assert_allclose(
        nabla, np.concatenate(wanted), rtol=0, atol=1e-14
    )  # sums of 40 numbers below 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_method_finds_the_minimum(method, dtype):
    """One sigmoid neuron's regularised cost is convex: all methods must end where its gradient is 0."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((30, 4)), rng.integers(0, 2, 30)
    net = nn.Network([4, 1], dtype=dtype, seed=0)
    history = net.minimize((X, y), method=method, lmbda=1.0)
    nabla_b, nabla_w = net.backprop(X, y)
    gradient = np.append(nabla_w[0] + net.weights[0], nabla_b[0]) / 30
    assert np.abs(gradient).max() < 1e-4  # the methods stop at 1e-5; float32 rounds the parameters
    assert history.training_cost[-1] == pytest.approx(net.cost((X, y), 1.0), rel=1e-6)
    assert history.training_cost == sorted(history.training_cost, reverse=True)
    assert 0 < len(history) < 100
    assert net.history is history
    assert history.stopped not in (None, "")


def test_a_function_is_fitted():
    x = np.linspace(0, 1, 200)[:, None]
    net = nn.Network([nn.Dense(50, "tanh"), nn.Dense(1, "linear")], input_shape=(1,), dtype="float64", seed=0)
    net.weights[0] = np.random.default_rng(0).choice([-40.0, 40.0], (50, 1))
    net.biases[0] = -net.weights[0] * np.linspace(0, 1, 50)[:, None]  # steps at s = -b/w all over [0, 1]
    history = net.minimize((x, f(x)), maxiter=1000, evaluation_data=(x, f(x)))
    rms = np.sqrt(np.mean((net.feedforward(x) - f(x)) ** 2))
    assert rms < 3e-4
    assert history.training_cost == history.evaluation_cost
    assert history.training_cost[-1] == pytest.approx(rms**2 / 2, rel=1e-9)
    assert history.evaluation_accuracy == []


def test_digits_are_learned(sample):
    train, _, test = sample
    net = nn.Network([784, 10], seed=0)
    net.minimize(train[:1000], lmbda=1.0, maxiter=60)
    assert net.accuracy(test) > 0.85


def test_each_iteration_is_seen():
    data, net, seen = classes(), nn.Network([5, 4, 3], seed=0), []
    history = net.minimize(
        data, maxiter=7, evaluation_data=data, callbacks=[lambda net, h: seen.append(net.cost(data))]
    )
    assert len(history) == len(seen) == 7
    assert "ITERATIONS" in history.stopped.upper()
    np.testing.assert_allclose(history.training_cost, seen, rtol=1e-6)  # float32 rounds the parameters
    assert history.evaluation_accuracy[-1] == net.accuracy(data)
    assert history.steps == list(range(1, 8))
    assert history.images == sorted(history.images)
    assert history.images[-1] >= 8 * 40
    assert net.epochs_trained == 0


@pytest.mark.parametrize("method", METHODS)
def test_a_rule_ends_it(method):
    data, net = classes(), nn.Network([5, 4, 3], seed=0)
    history = net.minimize(data, method=method, stop=nn.stopping.TargetReached(0.6), evaluation_data=data)
    assert history.stopped.startswith("the evaluation accuracy came to 0.")
    assert history.evaluation_accuracy[-1] >= 0.6
    assert max(history.evaluation_accuracy[:-1], default=0) < 0.6
    assert net.accuracy(data) == history.evaluation_accuracy[-1]


def test_ctrl_c_keeps_the_last_iteration():
    data, net = classes(), nn.Network([5, 4, 3], seed=0)

    def callback(net, history):
        if len(history) == 3:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted in iteration 3"):
        history = net.minimize(data, callbacks=[callback])
    assert history.interrupted
    assert len(history) == 3
    assert net.cost(data) == pytest.approx(history.training_cost[-1], rel=1e-6)
    net.minimize(data, maxiter=1)  # nothing keeps it


def test_ctrl_c_in_the_history(monkeypatch):
    data, net, add = classes(), nn.Network([5, 4, 3], seed=0), nn.History.add

    def add_and_press(history, values):
        if len(history) == 2:
            history.training_cost.append(values["training_cost"])
            raise KeyboardInterrupt
        add(history, values)

    monkeypatch.setattr(nn.History, "add", add_and_press)
    with pytest.warns(UserWarning, match="interrupted in iteration 2"):
        history = net.minimize(data)
    assert (len(history.training_cost), len(history.elapsed), len(history)) == (2, 2, 2)


def test_at_the_minimum_nothing_happens():
    data, net = ([[0.0], [0.0]], [[1.0], [0.0]]), nn.Network([1, 1], init="zeros")
    history = net.minimize(data)
    assert (len(history), history.interrupted) == (0, False)
    assert history.stopped
    assert not net.parameters.any()


def test_padding_stays_zero():
    data, net = classes(), nn.Network([5, 4, 3], seed=0)
    net.minimize(data, maxiter=5, lmbda=1.0)
    padding = np.ones(net._program.size, bool)
    padding[parameter_indices(net)[0]] = False
    assert padding.any()
    assert not net.parameters[padding].any()


def test_what_does_not_make_sense_is_refused(monkeypatch):
    data, net = classes(), nn.Network([5, 4, 3], seed=0)
    before = net.parameters.copy()
    with pytest.raises(ValueError, match="method: one of L-BFGS-B, CG, BFGS, Newton-CG needed, got 'Powell'"):
        net.minimize(data, method="Powell")
    with pytest.raises(ValueError, match="lmbda: a number needed that is at least 0"):
        net.minimize(data, lmbda=-1.0)
    with pytest.raises(ValueError, match="maxiter: at least 1"):
        net.minimize(data, maxiter=0)
    with pytest.raises(ValueError, match=r"NoImprovement.* pass evaluation_data"):
        net.minimize(data, stop=nn.stopping.NoImprovement(5))
    with pytest.raises(ValueError, match="minimize: a network without dropout needed"):
        nn.Network([nn.Dense(3, dropout=0.5)], input_shape=5).minimize(data)
    with pytest.raises(nn.DivergenceError, match="the cost is not a finite number"):
        nn.Network([nn.Dense(1, "linear")], input_shape=1, seed=0).minimize(([[1.0]], [[1e200]]))
    with pytest.raises(ValueError, match="BFGS keeps a square matrix, of 15910 rows"):
        nn.Network([784, 20, 10], seed=0).minimize((np.zeros((1, 784)), [0]), method="BFGS")
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ImportError, match=r"minimize: SciPy is needed: pip install 'nncore\[scipy\]'"):
        net.minimize(data)
    assert np.array_equal(net.parameters, before)
