"""The trace of one example and the check of gradients, against the core, the twin and hand-worked numbers."""

import numpy as np
import pytest

import nncore as nn
from nncore.insight import gradient_check
from nncore.reference import equations

DENSE = nn.Dense
PAIRS = [  # hidden activation, output layer, cost
    ("sigmoid", DENSE(4), "cross-entropy"),
    ("sigmoid", DENSE(4), "quadratic"),
    ("tanh", DENSE(4, "tanh"), "quadratic"),
    ("relu", DENSE(4, "relu"), "quadratic"),
    ("relu", DENSE(4, "linear"), "quadratic"),
    ("linear", DENSE(4, "linear"), "quadratic"),
    ("tanh", nn.Softmax(4), "log-likelihood"),
    ("relu", nn.Softmax(4), "log-likelihood"),
]
MAPS = {  # layers and input_shape
    "chapter 6": (
        [nn.Conv2D(20, 5), nn.MaxPool2D(2), nn.Conv2D(40, 5), nn.MaxPool2D(2), DENSE(9), nn.Softmax(4)],
        (1, 28, 28),
    ),
    "relu": (
        [nn.Conv2D(6, 3, "relu"), nn.MaxPool2D(2), nn.Conv2D(9, 3, "relu"), DENSE(9, "relu"), nn.Softmax(4)],
        (3, 11, 12),
    ),
    "rectangles, same": (
        [
            nn.Conv2D(5, (3, 2), "tanh"),
            nn.MaxPool2D((2, 3)),
            nn.Conv2D(7, (2, 4), "sigmoid", "same"),
            nn.MaxPool2D(2),
            DENSE(4),
        ],
        (2, 13, 17),
    ),
    "pooling first and twice": (
        [nn.MaxPool2D(2), nn.Conv2D(5, 3, "linear"), nn.MaxPool2D(3), nn.MaxPool2D(2), DENSE(4, "tanh")],
        (2, 20, 21),
    ),
}
NAMES = [f"{hidden}-{output.activation}-{cost}" for hidden, output, cost in PAIRS]


def deep(pair, dtype="float64", init="scaled", seed=1):
    """Four hidden layers, of the pair's activation, and its output layer."""
    hidden, output, cost = pair
    layers = [*(DENSE(n, hidden) for n in (7, 5, 6, 9)), output]
    return nn.Network(layers, input_shape=(6,), cost=cost, dtype=dtype, init=init, seed=seed)


def some(m=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((m, 6)), rng.integers(0, 4, m)


@pytest.mark.parametrize("pair", PAIRS, ids=NAMES)
def test_a_trace_is_what_backprop_and_the_twin_compute(pair, twin_of):
    net = deep(pair)
    X, y = some()
    seen = nn.trace(net, X[0], y[0])
    zs, activations = twin_of(net).forward(X[0].reshape(-1, 1))
    for traced, expected in ((seen.z, zs), ([seen.x, *seen.a], activations)):
        assert len(traced) == len(expected)
        for mine, twins in zip(traced, expected, strict=True):
            np.testing.assert_allclose(mine, twins, rtol=1e-12, atol=1e-14)
    nabla_b, nabla_w = net.backprop(X[0], y[:1])
    for traced, expected in ((seen.nabla_b, nabla_b), (seen.delta, nabla_b), (seen.nabla_w, nabla_w)):
        assert len(traced) == len(expected)
        for mine, cores in zip(traced, expected, strict=True):
            np.testing.assert_allclose(mine, cores, rtol=1e-9, atol=1e-13)
    assert seen.cost == pytest.approx(net.cost((X[:1], y[:1])), rel=1e-12)


def with_maps(name, dtype="float64"):
    layers, shape = MAPS[name]
    net = nn.Network(layers, input_shape=shape, dtype=dtype, seed=1)
    rng = np.random.default_rng(0)
    return net, rng.standard_normal((5, *shape)), rng.integers(0, 4, 5)


@pytest.mark.parametrize("name", MAPS)
def test_a_trace_of_feature_maps(name, twin_of):
    net, X, y = with_maps(name)
    seen = nn.trace(net, X[0], y[0])
    zs, activations = twin_of(net).forward(X[0].reshape(-1, 1))
    for traced, expected, shapes in (
        (seen.z, zs, net.shapes[1:]),
        ([seen.x, *seen.a], activations, net.shapes),
    ):
        for mine, twins, shape in zip(traced, expected, shapes, strict=True):
            assert mine.shape == (shape if len(shape) == 3 else (*shape, 1))
            np.testing.assert_allclose(mine.reshape(-1, 1), twins, rtol=1e-12, atol=1e-14)
    nablas = net.backprop(X[0], y[:1])
    for traced, expected in zip((seen.nabla_b, seen.nabla_w), nablas, strict=True):
        for mine, cores in zip(traced, expected, strict=True):
            assert mine.shape == cores.shape
            np.testing.assert_allclose(mine, cores, rtol=1e-9, atol=1e-13)
    assert [delta.shape for delta in seen.delta] == [z.shape for z in seen.z]
    for layer, before, after in zip(net.layers[1:], seen.delta, seen.delta[1:], strict=False):
        if isinstance(layer, nn.MaxPool2D):  # an error goes to one place of each window
            assert np.count_nonzero(before) <= np.count_nonzero(after)
    assert seen.cost == pytest.approx(net.cost((X[:1], y[:1])), rel=1e-12)
    assert [a.shape for a in net.activations(X)] == [(5, *shape) for shape in net.shapes[1:]]
    for whole, traced in zip(net.activations(X[0]), seen.a, strict=True):
        np.testing.assert_array_equal(whole, traced.reshape(whole.shape))


def test_the_equations_of_chapter_6():
    layers, shape = MAPS["chapter 6"]
    net = nn.Network(layers, input_shape=shape, dtype="float64", seed=1)
    seen = nn.trace(net, np.random.default_rng(0).random(shape), 3)
    story = """a^1 z^2 a^2 a^3 z^4 a^4 a^5 z^6 a^6 z^7 a^7 y delta^7 dC/db^7 dC/dw^7 delta^6 dC/db^6 dC/dw^6
        delta^5 delta^4 dC/db^4 dC/dw^4 delta^3 delta^2 dC/db^2 dC/dw^2"""
    lines = repr(seen).splitlines()
    assert [line.split()[0] for line in lines[1:]] == story.split()
    assert max(map(len, lines[1:])) < 120
    told = seen.equations
    assert told["z^4"] == "conv(w^4, a^3) + b^4"
    assert told["a^3"] == "largest a^2 of each 2 x 2"
    assert told["delta^5"] == "BP2: (w^6)^T delta^6"
    assert told["delta^4"] == "BP2: delta^5 at the largest a^4 * sigma'(z^4)"
    assert told["delta^3"] == "BP2: conv^T(w^4, delta^4)"
    assert told["dC/db^2"] == "BP3: delta^2, summed over each map"
    assert told["dC/dw^2"] == "BP4: conv(delta^2, a^1)"
    np.testing.assert_allclose(seen.nabla_b[0][:, 0], seen.delta[0].sum(axis=(1, 2)))


def test_a_trace_worked_by_hand():
    net = nn.Network([2, 1, 1], cost="quadratic", dtype="float64", init="zeros")
    net.weights = [[[1.0, -1.0]], [[2.0]]]
    net.biases = [[[0.0]], [[-1.0]]]
    seen = nn.trace(net, [3.0, 3.0], [0.0])
    # z^2 = 3 - 3 = 0, a^2 = 1/2, z^3 = 2/2 - 1 = 0, a^3 = 1/2; sigma'(0) = 1/4 twice
    assert [z.item() for z in seen.z] == [0.0, 0.0]
    assert [a.item() for a in seen.a] == [0.5, 0.5]
    assert [delta.item() for delta in seen.delta] == [2 * 0.125 * 0.25, 0.5 * 0.25]  # BP2, BP1
    assert seen.nabla_w[0].tolist() == [[0.1875, 0.1875]]  # BP4: 3/16
    assert seen.nabla_w[1].tolist() == [[0.0625]]
    assert seen.cost == 0.125
    assert seen.equations["delta^3"] == "BP1: (a^3 - y) * sigma'(z^3)"
    assert seen.equations["delta^2"] == "BP2: (w^3)^T delta^3 * sigma'(z^2)"
    assert seen.equations["dC/db^2"] == "BP3: delta^2"
    assert seen.equations["dC/dw^2"] == "BP4: delta^2 (a^1)^T"


def test_cross_entropy_cancels_the_derivative_in_bp1():
    assert nn.trace(nn.Network([1, 1]), [0.5], [1]).equations["delta^2"] == "BP1: a^2 - y"


def test_a_trace_takes_what_a_user_has(sample):
    train, _, _ = sample
    net = nn.Network([784, 30, 10], seed=0)
    x, label = train[0]
    expected = nn.trace(net, x, label)
    target = np.eye(10)[label]
    forms = [(x.ravel(), label), (x.reshape(28, 28), target), (train[:1], [label]), (x, target[:, None])]
    for X, y in forms:
        seen = nn.trace(net, X, y)
        np.testing.assert_array_equal(seen.nabla_w[0], expected.nabla_w[0])
        assert seen.y.shape == (10, 1)
    assert expected.y.argmax() == label


def test_a_trace_without_an_answer_goes_forwards_only():
    seen = nn.trace(nn.Network([2, 3, 1], seed=0), (0.5, 1.0))
    assert [a.shape for a in seen.a] == [(3, 1), (1, 1)]
    assert (seen.delta, seen.nabla_b, seen.nabla_w, seen.y, seen.cost) == ([], [], [], None, None)
    assert "BP" not in repr(seen)


def test_a_trace_tells_its_story(sample):
    train, _, _ = sample
    lines = repr(nn.trace(nn.Network([784, 30, 10], seed=0), *train[0])).splitlines()
    story = ["a^1", "z^2", "a^2", "z^3", "a^3", "y", "delta^3", "dC/db^3", "dC/dw^3", "delta^2"]
    assert [line.split()[0] for line in lines[1:11]] == story
    assert [sum(f"BP{i}: " in line for line in lines) for i in (1, 2, 3, 4)] == [1, 1, 2, 2]
    assert "(30, 784)" in lines[-1]
    assert max(map(len, lines)) < 120


def test_a_trace_refuses_what_is_not_one_example():
    net = nn.Network([2, 3, 2], seed=0)
    with pytest.raises(ValueError, match="one example needed, got 3"):
        nn.trace(net, np.zeros((3, 2)), [0, 1, 0])
    with pytest.raises(ValueError, match="x"):
        nn.trace(net, [1.0, 2.0, 3.0], 0)
    with pytest.raises(ValueError, match="2 classes need labels 0 to 1, got 2"):
        nn.trace(net, [1.0, 2.0], 2)


@pytest.mark.parametrize("init", ["scaled", "large", "he"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("pair", PAIRS, ids=NAMES)
def test_the_gradients_are_right(pair, dtype, init):
    check = nn.check_gradients(deep(pair, dtype, init), *some(), samples=None)
    assert check, check
    assert [array.name for array in check.arrays[:2]] == ["biases[0]", "weights[0]"]
    assert all(array.tried + array.skipped == np.prod(array.shape) for array in check.arrays)
    entries = sum(array.tried for array in check.arrays)
    assert sum(array.skipped for array in check.arrays) < entries / 10


def test_the_gradients_of_a_digit_recogniser_are_right(sample):
    train, _, _ = sample
    net = nn.Network([784, 30, 10], seed=0)
    before = net.parameters.copy()
    check = nn.check_gradients(net, train[:10], train.labels[:10])
    assert check.ok
    assert [array.tried for array in check.arrays] == [30, 200, 10, 200]
    np.testing.assert_array_equal(net.parameters, before)
    assert nn.check_gradients(net, train.images[:10], train.labels[:10])  # pixels of 0 to 255


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", MAPS)
def test_the_gradients_of_feature_maps_are_right(name, dtype):
    net, X, y = with_maps(name, dtype)
    check = nn.check_gradients(net, X, y, samples=30)
    assert check, check
    assert [array.name for array in check.arrays[:2]] == ["biases[0]", "weights[0]"]
    assert [array.shape for array in check.arrays[1::2]] == [w.shape for w in net.weights]
    assert all(array.tried > array.skipped for array in check.arrays)


def test_a_wrong_way_back_through_pooling_is_found(monkeypatch):
    """As if every place of a window got the error."""
    net, X, y = with_maps("relu")
    with monkeypatch.context() as patch:
        patch.setattr(equations, "argmax_in_windows", lambda layer, a: 0)
        first = nn.trace(net, X[0], y[0])
    monkeypatch.setattr(net, "backprop", lambda X, y: (first.nabla_b, first.nabla_w))
    wrong = [array.name for array in nn.check_gradients(net, X[0], y[:1]).arrays if not array.ok]
    assert wrong == ["biases[0]", "weights[0]"]


def test_entries_where_the_largest_of_a_window_changes_are_left_out():
    layers = [nn.Conv2D(1, (1, 2), "linear"), nn.MaxPool2D((1, 2)), DENSE(1, "linear")]
    net = nn.Network(layers, input_shape=(1, 1, 3), dtype="float64", init="zeros")
    net.weights, net.biases = [[[[[1.0, 1.0]]]], [[1.0]]], [[[0.5]], [[0.0]]]
    tie = [[1.0, 2.0, 1.0]]  # both places see 3; more of either weight makes one of them the larger
    check = nn.check_gradients(net, tie, [[0.0]])
    assert [array.skipped for array in check.arrays] == [0, 2, 0, 0]
    assert check.ok


def test_blank_images_are_at_the_kink_of_relu(sample):
    train, _, _ = sample
    layers = [nn.Conv2D(3, 5, "relu"), nn.MaxPool2D(4), nn.Softmax(10)]
    net = nn.Network(layers, input_shape=(1, 28, 28), init="he", seed=0)
    check = nn.check_gradients(net, train.to_float()[:3], train.labels[:3], samples=20)
    assert check.ok
    assert repr(check.arrays[0]).endswith("0 of 3 tried, 3 at a kink left out: nothing to compare")
    noise = 0.01 * np.random.default_rng(0).random((3, 784))
    assert nn.check_gradients(net, train.to_float()[:3] + noise, train.labels[:3]).arrays[0].tried > 0


def broken(net, change):
    """The network's backprop, with the mistake that `change(nabla_b, nabla_w)` makes in it."""
    right = net.backprop

    def backprop(X, y):
        nabla_b, nabla_w = right(X, y)
        change(nabla_b, nabla_w)
        return nabla_b, nabla_w

    return backprop


def halve_biases(nabla_b, nabla_w):
    nabla_b[0][...] /= 2


def one_weight_off_by_a_hundredth(nabla_b, nabla_w):
    at = np.unravel_index(np.abs(nabla_w[1]).argmax(), nabla_w[1].shape)
    nabla_w[1][at] *= 1.01


def transposed(nabla_b, nabla_w):
    nabla_w[0] = nabla_w[0][::-1]


def wrong_sign(nabla_b, nabla_w):
    nabla_w[4][...] *= -1


def not_a_number(nabla_b, nabla_w):
    nabla_b[2][1] = np.nan


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("change", "name"),
    [
        (halve_biases, "biases[0]"),
        (one_weight_off_by_a_hundredth, "weights[1]"),
        (transposed, "weights[0]"),
        (wrong_sign, "weights[4]"),
        (not_a_number, "biases[2]"),
    ],
)
def test_a_wrong_gradient_is_called_wrong(monkeypatch, change, name, dtype):
    net = deep(PAIRS[0], dtype)
    monkeypatch.setattr(net, "backprop", broken(net, change))
    check = nn.check_gradients(net, *some(), samples=None)
    assert not check
    assert [array.name for array in check.arrays if not array.ok] == [name]
    assert "WRONG in 1 of 10 arrays" in repr(check)
    assert f"{name:<11} WRONG  at [" in repr(check)


def test_a_forgotten_sigma_prime_is_found_in_every_layer_below(monkeypatch):
    """BP2 as a student may first write it."""
    net = deep(PAIRS[0])

    def backprop(X, y):
        x, y = X.T, (y[:, None] == np.arange(4)).T
        _, activations = equations.forward(net, x)
        deltas = [activations[-1] - y]
        for w in reversed(net.weights[1:]):
            deltas.insert(0, w.T @ deltas[0])
        previous = [x, *activations[:-1]]
        return [d.sum(axis=1, keepdims=True) for d in deltas], [
            d @ a.T for d, a in zip(deltas, previous, strict=True)
        ]

    monkeypatch.setattr(net, "backprop", backprop)
    wrong = [array.name for array in nn.check_gradients(net, *some()).arrays if not array.ok]
    assert wrong == [f"{kind}[{l}]" for l in range(4) for kind in ("biases", "weights")]


def test_entries_at_a_kink_of_relu_are_left_out(monkeypatch):
    net = nn.Network([DENSE(2, "relu"), DENSE(1, "linear")], input_shape=(1,), dtype="float64", init="zeros")
    net.weights = [[[1.0], [1.0]], [[1.0, 1.0]]]
    net.biases = [[[-1.0], [5.0]], [[0.0]]]  # z^2 = 0, just at the kink, and 6
    example = [[1.0]], [[0.0]]
    check = nn.check_gradients(net, *example)
    assert check.ok
    assert [array.skipped for array in check.arrays] == [1, 1, 0, 0]
    assert "1 at a kink left out" in repr(check)
    monkeypatch.setattr(gradient_check, "_sides", lambda net, first, a: [])
    assert not nn.check_gradients(net, *example)


def test_the_tolerance_and_the_draw_of_entries_are_the_users(monkeypatch):
    net = deep(PAIRS[0])
    X, y = some()
    with monkeypatch.context() as patch:
        patch.setattr(net, "backprop", broken(net, one_weight_off_by_a_hundredth))
        assert not nn.check_gradients(net, X, y, samples=None, tolerance=0.009)
        assert nn.check_gradients(net, X, y, samples=None, tolerance=0.011)
    few = [nn.check_gradients(net, X, y, samples=3, seed=seed) for seed in (0, 0, 1)]
    assert [array.tried for array in few[0].arrays] == [3] * 10
    assert repr(few[0]) == repr(few[1])
    assert [a.where for a in few[0].arrays] != [a.where for a in few[2].arrays]


def test_a_check_refuses_what_does_not_fit(monkeypatch):
    net = deep(PAIRS[0])
    X, y = some()
    with pytest.raises(ValueError, match="samples: at least 1"):
        nn.check_gradients(net, X, y, samples=0)
    with pytest.raises(ValueError, match="5 answers needed"):
        nn.check_gradients(net, X, y[:2])
    monkeypatch.setattr(net, "backprop", lambda X, y: ([np.zeros(3)] * 5, [np.zeros((3, 3))] * 5))
    with pytest.raises(ValueError, match=r"net\.backprop: \(7, 1\) needed for biases\[0\], got \(3,\)"):
        nn.check_gradients(net, X, y)
