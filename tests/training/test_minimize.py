"""minimize: cost and gradient are the network's, every method finds the minimum, for every kind of layer."""

import sys

import numpy as np
import pytest
from support.networks import reference_of

import nncore as nn
from nncore.training.minimize import Cost, parameter_indices

pytest.importorskip("scipy")
METHODS = ["L-BFGS-B", "CG", "BFGS", "Newton-CG"]


def f(x):
    """Chapter 4's function."""
    return 0.2 + 0.4 * x**2 + 0.3 * np.sin(15 * x) + 0.05 * np.cos(50 * x)


def classes(n=40, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, 5)), rng.integers(0, 3, n)


NETWORKS = {
    "dense": lambda dtype: nn.Network([5, 4, 3], dtype=dtype, seed=3),
    "softmax": lambda dtype: nn.Network([5, 4, 3], cost="log-likelihood", dtype=dtype, seed=3),
    "convolution": lambda dtype: images_network([nn.Conv2D(3, 3, "tanh"), nn.Softmax(3)], dtype),
    "pooling": lambda dtype: images_network([nn.Conv2D(3, 3), nn.MaxPool2D(2), nn.Dense(3)], dtype),
    "two convolutions": lambda dtype: images_network(
        [nn.Conv2D(2, 3, padding="same"), nn.Conv2D(5, (2, 3)), nn.MaxPool2D(2), nn.Dense(4), nn.Softmax(3)],
        dtype,
    ),
}


def images_network(layers, dtype, seed=0):
    return nn.Network(layers, input_shape=(1, 8, 8), dtype=dtype, seed=seed)


def examples_for(net, n=12, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, net.sizes[0])), rng.integers(0, 3, n)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS.keys())
def test_cost_and_gradient_match_the_reference(make, dtype):
    net = make(dtype)
    X, y = examples_for(net)
    wide = net.copy("float64")
    cost = Cost(wide, wide._data("data", (X, y)), lmbda=0.7)
    expected = reference_of(net)
    x = np.concatenate([array.T.ravel() for array in (*expected.weights, *expected.biases)])
    np.testing.assert_array_equal(net.parameters[parameter_indices(net)[0]], x)
    np.testing.assert_array_equal(wide.parameters[cost.indices], x)
    C, nabla = cost(x)
    nabla_b, nabla_w = expected.backprop(X, y)
    wanted = [((nw + 0.7 * w) / 12).T.ravel() for nw, w in zip(nabla_w, expected.weights, strict=True)]
    wanted += [nb.ravel() / 12 for nb in nabla_b]
    assert pytest.approx(expected.cost((X, y), 0.7), rel=1e-13) == C
    # sums over 12 examples; those of a convolution are sums over up to 64 pixels besides
    np.testing.assert_allclose(nabla, np.concatenate(wanted), rtol=0, atol=1e-13)


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS.keys())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_kind_of_layer_is_minimised(make, dtype):
    net = make(dtype)
    data = examples_for(net)
    before = net.cost(data, 0.1)
    history = net.minimize(data, lmbda=0.1, maxiter=30)
    after = net.cost(data, 0.1)
    assert after < 0.75 * before  # 30 iterations on examples without any rule
    assert history.training_cost[-1] == pytest.approx(after, rel=1e-5 if dtype == "float32" else 1e-12)
    padding = np.ones(net._program.size, bool)
    padding[parameter_indices(net)[0]] = False
    assert not net.parameters[padding].any()


def test_the_number_of_parameters_counts_filters_once():
    net = NETWORKS["two convolutions"]("float32")
    indices, n_weights = parameter_indices(net)
    assert len(indices) == len(set(indices)) == n_weights + 2 + 5 + 4 + 3
    assert n_weights == 2 * 9 + 5 * 2 * 6 + 5 * 3 * 3 * 4 + 4 * 3


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


def test_one_callback_needs_no_list():
    data, net, lengths = classes(), nn.Network([5, 4, 3], seed=0), []
    net.minimize(data, maxiter=3, callbacks=lambda net, history: lengths.append(len(history)))
    assert lengths == [1, 2, 3]


def test_a_convolution_goes_down_to_the_minimum_with_bfgs():
    """As many parameters as filters have, not as feature maps have: BFGS's matrix is small."""
    net = images_network([nn.Conv2D(1, 7, "tanh"), nn.Softmax(3)], "float64")  # smooth, without pooling
    data = examples_for(net)
    net.minimize(data, method="BFGS", lmbda=4.0)
    nabla_b, nabla_w = net.backprop(*data)
    gradients = [nw + 4.0 * w for nw, w in zip(nabla_w, net.weights, strict=True)] + nabla_b
    assert max(np.abs(gradient).max() for gradient in gradients) / 12 < 1e-5


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
    shared = nn.Network([nn.Conv2D(40, 5), nn.MaxPool2D(2), nn.Softmax(10)], input_shape=(1, 28, 28), seed=0)
    rows = 40 * 26 + 40 * 144 * 10 + 10  # filters are shared: 26 numbers each
    with pytest.raises(ValueError, match=f"BFGS keeps a square matrix, of {rows} rows"):
        shared.minimize((np.zeros((1, 784)), [0]), method="BFGS")
    with pytest.raises(TypeError, match=r"callbacks: a function \(net, history\), or a list .*; got 3"):
        net.minimize(data, callbacks=3)
    with pytest.raises(TypeError, match="positional"):
        net.minimize(data, "CG")
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ImportError, match="minimize: SciPy is needed: pip install scipy"):
        net.minimize(data)
    assert np.array_equal(net.parameters, before)


def test_parameters_that_are_far_too_large_cost_infinity():
    """A method tries such, and goes back; nobody can act upon a warning of NumPy's."""
    net = nn.Network([2, 1], dtype="float64", seed=0)
    data = net._data("data", ([[0.0, 1.0]], [[1.0]]))
    cost = Cost(net, data, 0.5)
    assert cost.value(np.full(3, 1e300)) == np.inf


def test_a_callback_can_copy_and_save_the_network(tmp_path):
    """The record of the run counts its iterations while it goes on; it said 0, which no file may say."""
    X, y = np.linspace(0, 1, 20).reshape(-1, 1), np.linspace(0, 1, 20) ** 2
    net = nn.Network([nn.Dense(4, "tanh"), nn.Dense(1, "linear")], input_shape=(1,), seed=0)
    counted = []

    def callback(net, history):
        net.save(tmp_path / "net.npz")
        counted.append(
            (net.copy().training_record[-1].epochs, nn.load(tmp_path / "net.npz").history.steps[-1])
        )

    net.minimize((X, y), maxiter=3, callbacks=callback)
    assert counted == [(1, 1), (2, 2), (3, 3)]
    net.minimize((X, y), maxiter=2)
    assert sum(run.epochs for run in net.training_record) == 5
