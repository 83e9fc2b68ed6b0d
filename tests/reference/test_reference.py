"""The float64 reference against hand-worked numbers, central differences and the book's own published run."""

import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.described import equal, layers
from support.differences import check_gradient

import nncore as nn
from nncore.reference import Network as CompleteNetwork
from nncore.reference import network as reference
from nncore.reference.convolution import kind_of

LN3 = np.log(3.0)  # sigmoid(ln 3) = 3/4, sigmoid(0) = 1/2, sigmoid(-ln 3) = 1/4: slopes 3/16, 1/4, 3/16


def data_of(n_in, n_out, m, seed=0):
    """m random inputs, and targets from 0 to 1 that sum to 1 (as every cost allows)."""
    rng = np.random.default_rng(seed)
    y = rng.random((m, n_out))
    return rng.standard_normal((m, n_in)), y / y.sum(axis=1, keepdims=True)


# The 2-3-1 example, worked by hand. With x = (1, 2):
#   z^2 = (ln 3, 2 - 2, 1 - 2 ln 3 + ln 3 - 1) = (ln 3, 0, -ln 3)          a^2 = (3/4, 1/2, 1/4)
#   z^3 = 4 * 3/4 - 2 * 1/2 + 8 * 1/4 + ln 3 - 4 = ln 3                    a^3 = 3/4
@pytest.fixture
def two_three_one():
    def network(cost):
        net = reference.Network([2, 3, 1], cost=cost)
        net.weights = [[[LN3, 0.0], [2.0, -1.0], [1.0, -LN3]], [[4.0, -2.0, 8.0]]]
        net.biases = [[[0.0], [0.0], [LN3 - 1.0]], [[LN3 - 4.0]]]
        return net

    return network


X1, Y1 = np.array([[1.0], [2.0]]), np.array([[0.0]])


def test_hand_worked_feedforward(two_three_one):
    zs, activations = two_three_one("quadratic").forward(X1)
    equal(zs, [[[LN3], [0.0], [-LN3]], [[LN3]]])
    equal(activations, [X1, [[0.75], [0.5], [0.25]], [[0.75]]])


def test_hand_worked_quadratic_backprop(two_three_one):
    net = two_three_one("quadratic")
    # BP1  delta^3 = (3/4 - 0) * 3/16 = 9/64
    # BP4  dC/dw^3 = 9/64 * (3/4, 1/2, 1/4)
    # BP2  delta^2 = (4, -2, 8) * 9/64 * (3/16, 1/4, 3/16) = (27, -18, 54) / 256
    # BP4  dC/dw^2 = delta^2 times (1, 2)
    nabla_b, nabla_w = net.backprop(X1, Y1)
    equal(nabla_b, [np.array([[27.0], [-18.0], [54.0]]) / 256, [[9 / 64]]])
    equal(
        nabla_w,
        [np.array([[27.0, 54.0], [-18.0, -36.0], [54.0, 108.0]]) / 256, np.array([[27.0, 18.0, 9.0]]) / 256],
    )
    assert net.cost(([X1], [Y1])) == pytest.approx(9 / 32, rel=1e-15)


def test_hand_worked_cross_entropy_backprop(two_three_one):
    net = two_three_one("cross-entropy")
    # BP1  delta^3 = 3/4 - 0
    # BP4  dC/dw^3 = 3/4 * (3/4, 1/2, 1/4)
    # BP2  delta^2 = (4, -2, 8) * 3/4 * (3/16, 1/4, 3/16) = (9, -6, 18) / 16
    nabla_b, nabla_w = net.backprop(X1, Y1)
    equal(nabla_b, [np.array([[9.0], [-6.0], [18.0]]) / 16, [[0.75]]])
    equal(
        nabla_w, [np.array([[9.0, 18.0], [-6.0, -12.0], [18.0, 36.0]]) / 16, np.array([[9.0, 6.0, 3.0]]) / 16]
    )
    assert net.cost(([X1], [Y1])) == pytest.approx(np.log(4.0), rel=1e-15)  # -ln(1 - 3/4)


def test_hand_worked_step_with_weight_decay(two_three_one):
    net = two_three_one("cross-entropy")
    net.update_mini_batch(([X1], [Y1]), eta=0.5, lmbda=2.0, n=4)  # weights shrink by 1 - 0.5 * 2/4 = 3/4
    equal(net.weights[1:], [np.array([[4.0, -2.0, 8.0]]) * 0.75 - np.array([[9.0, 6.0, 3.0]]) / 32])
    equal(net.biases[1:], [[[LN3 - 4.0 - 0.375]]])
    equal(net.biases[:1], [np.array([[0.0], [0.0], [LN3 - 1.0]]) - np.array([[9.0], [-6.0], [18.0]]) / 32])


def test_hand_worked_softmax():
    # z = (ln 1, ln 2, ln 5), so a = (1, 2, 5) / 8; the label is 2: C = -ln(5/8), delta = a - (0, 0, 1)
    net = reference.Network(layers((3, "softmax")), input_shape=(1,), init="zeros")
    net.weights = [np.log([[1.0], [2.0], [5.0]])]
    np.testing.assert_allclose(net.feedforward([1.0]), [0.125, 0.25, 0.625], rtol=1e-15)
    assert net.cost(([[1.0]], [2])) == pytest.approx(np.log(1.6), rel=1e-15)
    equal(net.backprop([1.0], 2)[0], [[[0.125], [0.25], [-0.375]]])


def test_hand_worked_tanh():
    # tanh(ln 2) = 3/5, its slope 1 - 9/25 = 16/25; y = 1: delta = -2/5 * 16/25
    net = reference.Network(layers((1, "tanh")), input_shape=(1,), init="zeros")
    net.biases = [[[np.log(2.0)]]]
    equal(net.backprop([3.0], [1.0])[1], [[[-0.256 * 3.0]]])


HIDDEN = ("sigmoid", "tanh", "relu", "linear")
OUTPUTS = [(activation, cost) for activation, costs in reference.PAIRS.items() for cost in costs]


def test_pairs_of_output_layer_and_cost():
    assert sorted(OUTPUTS) == [
        ("linear", "quadratic"),
        ("relu", "quadratic"),
        ("sigmoid", "cross-entropy"),
        ("sigmoid", "quadratic"),
        ("softmax", "log-likelihood"),
        ("tanh", "quadratic"),
    ]


@pytest.mark.parametrize("hidden_layers", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("first", range(4), ids=HIDDEN)
@pytest.mark.parametrize(("activation", "cost"), OUTPUTS)
def test_backprop_matches_central_differences(activation, cost, first, hidden_layers):
    hidden = [(n, HIDDEN[(first + i) % 4]) for i, n in enumerate([4, 1, 5, 3][:hidden_layers])]
    described = layers(*hidden, (2, activation))
    net = reference.Network(described, cost=cost, init="large", seed=9, input_shape=(3,))
    X, y = data_of(3, 2, 4)
    nabla_b, nabla_w = net.backprop(X, y)
    assert all(np.any(nabla) for nabla in nabla_b + nabla_w)  # seed 9: no layer of relu is dead for all of X
    for array, nabla in zip(net.biases + net.weights, nabla_b + nabla_w, strict=True):
        check_gradient(nabla, lambda: len(X) * net.cost((X, y)), array)


def test_backprop_is_the_sum_over_its_rows():
    net = reference.Network([3, 4, 2], seed=1)
    X, y = data_of(3, 2, 5)
    one_by_one = [net.backprop(x, target) for x, target in zip(X, y, strict=True)]
    for whole, parts in zip(net.backprop(X, y), zip(*one_by_one, strict=True), strict=True):
        equal(whole, [sum(arrays) for arrays in zip(*parts, strict=True)])


def test_relu_slope_at_zero_is_zero():
    relu, relu_prime = reference.ACTIVATIONS["relu"]
    np.testing.assert_array_equal(relu(np.array([-2.0, 0.0, 3.0])), [0.0, 0.0, 3.0])
    np.testing.assert_array_equal(relu_prime(np.array([-2.0, 0.0, 3.0])), [0.0, 0.0, 1.0])


EXTREMES = np.array([[-1000.0], [-710.0], [-40.0], [0.0], [40.0], [710.0], [1000.0]])


@pytest.mark.parametrize(
    ("activation", "values", "slopes"),
    [
        ("sigmoid", [0, 0, np.exp(-40.0), 0.5, 1, 1, 1], [0, 0, np.exp(-40.0), 0.25, np.exp(-40.0), 0, 0]),
        ("tanh", [-1, -1, -1, 0, 1, 1, 1], [0, 0, 4 * np.exp(-80.0), 1, 4 * np.exp(-80.0), 0, 0]),
        ("relu", [0, 0, 0, 0, 40, 710, 1000], [0, 0, 0, 0, 1, 1, 1]),
        ("linear", EXTREMES[:, 0], [1] * 7),
    ],
)
def test_activations_do_not_overflow(activation, values, slopes):
    sigma, sigma_prime = reference.ACTIVATIONS[activation]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        np.testing.assert_allclose(sigma(EXTREMES)[:, 0], values, rtol=1e-14, atol=1e-300)
        np.testing.assert_allclose(sigma_prime(EXTREMES)[:, 0], slopes, rtol=1e-14, atol=1e-300)


def test_costs_do_not_overflow():
    z = np.array([[1000.0], [-1000.0]])
    right, wrong = np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        a = reference.sigmoid(z)
        assert reference.cross_entropy(z, a, right) == 0.0
        assert reference.cross_entropy(z, a, wrong) == 2000.0
        a = reference.softmax(z)
        np.testing.assert_array_equal(a, right)
        assert reference.log_likelihood(z, a, right) == 0.0
        assert reference.log_likelihood(z, a, wrong) == 2000.0


def test_costs_from_z_match_the_book():
    z, y = np.array([[0.3], [-1.2], [2.0]]), np.array([[0.2], [0.5], [0.3]])
    a = reference.sigmoid(z)
    from_a = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))
    assert reference.cross_entropy(z, a, y) == pytest.approx(from_a, rel=1e-14)
    a = reference.softmax(z)
    assert reference.log_likelihood(z, a, y) == pytest.approx(-np.sum(y * np.log(a)), rel=1e-14)


def test_cost_and_its_penalty_divide_by_the_examples_evaluated():
    net = reference.Network(layers((1, "linear")), input_shape=(1,), init="zeros")
    net.weights = [[[3.0]]]
    X, y = [[1.0], [0.0], [2.0], [0.0]], [[1.0], [0.0], [6.0], [4.0]]  # errors 2, 0, 0, -4
    assert net.cost((X, y)) == (2.0 + 8.0) / 4
    assert net.cost((X, y), lmbda=0.5) == (2.0 + 8.0) / 4 + 0.5 / (2 * 4) * 9.0


def test_short_last_mini_batch_divides_by_its_own_length():
    net = reference.Network(layers((1, "linear")), input_shape=(1,), init="zeros")
    net.SGD(([[1.0]] * 3, [[1.0], [1.0], [3.0]]), 1, 2, 0.5, shuffle=False)
    # first two: a = 0, delta = -1: w = b = 0.5 * 2/2; third: a = 1, delta = -2: w = b = 0.5 + 0.5 * 2/1
    assert net.weights[0] == net.biases[0] == 1.5


def test_lmbda_over_n_decays_weights_and_not_biases():
    net = reference.Network(layers((1, "linear")), input_shape=(1,), init="zeros")
    net.weights, net.biases = [[[2.0]]], [[[1.0]]]
    net.SGD(([[0.0]] * 4, [[1.0]] * 4), 1, 2, 0.5, lmbda=2.0)  # a = b = y: only decay, twice
    assert net.weights[0] == 2.0 * (1 - 0.5 * 2.0 / 4) ** 2
    assert net.biases[0] == 1.0


def test_SGD_makes_the_steps_in_the_order_drawn():
    X, y = data_of(3, 2, 7)
    net, by_hand = (reference.Network([3, 4, 2], seed=5) for _ in range(2))
    net.SGD((X, y), 2, 3, 0.7, lmbda=0.1)  # seven examples: mini-batches of 3, 3 and 1
    for epoch in range(2):
        order = reference.shuffled(7, 5, epoch)
        for rows in order[:3], order[3:6], order[6:]:
            by_hand.update_mini_batch((X[rows], y[rows]), 0.7, 0.1, 7)
    np.testing.assert_array_equal(net.weights[0], by_hand.weights[0])
    np.testing.assert_array_equal(net.biases[1], by_hand.biases[1])


def test_SGD_called_again_goes_on():
    X, y = data_of(3, 2, 7)
    twice, once = (reference.Network([3, 4, 2], seed=5) for _ in range(2))
    twice.SGD((X, y), 1, 3, 0.7)
    twice.SGD((X, y), 2, 3, 0.7)
    once.SGD((X, y), 3, 3, 0.7)
    assert twice.epochs_trained == once.epochs_trained == 3
    np.testing.assert_array_equal(twice.weights[0], once.weights[0])


def test_SGD_takes_an_order_from_its_caller():
    X, y = data_of(3, 2, 4)
    asked = []

    def order(epoch, n):
        asked.append((epoch, n))
        return np.array([2, 0, 3, 1])

    net, plain = (reference.Network([3, 2], seed=5) for _ in range(2))
    net.SGD((X, y), 2, 1, 0.7, shuffle=order)
    plain.SGD((X[[2, 0, 3, 1]], y[[2, 0, 3, 1]]), 2, 1, 0.7, shuffle=False)
    assert asked == [(0, 4), (1, 4)]
    np.testing.assert_array_equal(net.weights[0], plain.weights[0])


def test_history_has_one_value_per_epoch():
    X, y = data_of(3, 2, 6)
    net = reference.Network([3, 2], seed=5)
    history = net.SGD((X, y), 3, 2, 0.7, lmbda=0.3, evaluation_data=zip(X, y, strict=True))
    assert len(history.evaluation_cost) == len(history.evaluation_accuracy) == 3
    assert history.evaluation_cost[-1] == net.cost((X, y), 0.3)
    assert history.evaluation_accuracy[-1] == net.accuracy((X, y))
    assert net.SGD((X, y), 1, 2, 0.7).evaluation_cost == []


def test_assigning_copies_in():
    net, w = reference.Network([3, 2]), np.ones((2, 3), np.float32)
    net.weights = [w]
    net.SGD(data_of(3, 2, 2), 1, 1, 0.5)
    np.testing.assert_array_equal(w, 1.0)
    assert net.weights[0].dtype == np.float64


def test_the_package_imports_numpy_alone(tmp_path):
    """A copy of the folder under another name works where nncore cannot be imported."""
    shutil.copytree(Path(reference.__file__).parent, tmp_path / "copied" / "reference")
    for file in (tmp_path / "copied" / "reference").glob("*.py"):
        file.write_text(file.read_text(encoding="utf-8").replace("nncore.reference", "reference"), "utf-8")
    program = """if True:
        import sys
        sys.modules["nncore"] = None  # `import nncore` fails
        before = set(sys.modules)
        sys.path.insert(0, sys.argv[1])
        import reference.convolution, reference.equations, reference.network
        new = {name.split(".")[0] for name in set(sys.modules) - before}
        of_cython = {name for name in new if name.startswith(("_cython_", "cython_runtime"))}  # NumPy's
        print(*sorted(new - sys.stdlib_module_names - of_cython - {"reference"}))
    """
    run = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "copied"], capture_output=True, text=True, cwd=tmp_path
    )
    assert (run.stdout.split(), run.returncode) == (["numpy"], 0), run.stderr


def test_published_run_is_replayed(mnist):
    """`overfitting`, replayed from its seeds on 1,000 digits: the accuracies and costs that he published."""
    train, _, test = mnist
    train, draw = train[:1000], np.random.RandomState(12345678)
    net = reference.Network([784, 30, 10], cost="cross-entropy")
    for _ in range(2):  # his constructor draws the scaled weights, and then his program the large ones
        net.biases = [draw.randn(30, 1), draw.randn(10, 1)]
        net.weights = [draw.randn(30, 784), draw.randn(10, 30)]
    shuffler, order = random.Random(12345678), list(range(1000))

    def python_2_shuffle(epoch, n):
        for i in range(n - 1, 0, -1):
            j = int(shuffler.random() * (i + 1))
            order[i], order[j] = order[j], order[i]
        return order  # of the epoch before, shuffled on

    for correct, cost in (5887, 2.0763), (6505, 1.8232), (6970, 1.6641):
        net.SGD(train, 1, 10, 0.5, shuffle=python_2_shuffle)
        assert net.accuracy(test) == correct / 10_000
        assert round(net.cost(test), 4) == cost
    assert (net.accuracy(train), round(net.cost(train), 4)) == (0.812, 1.2073)


def test_the_complete_network_computes_what_the_page_computes():
    """For the layers of chapters 1 to 3, from sizes or from layers, the two classes give the same bits."""
    X, y = data_of(3, 2, 7)
    for described, shape in (
        ([3, 4, 2], None),
        (list(np.array([3, 4, 2])), None),
        (layers((4, "tanh"), (2, "softmax")), (3,)),
    ):
        page, complete = (
            kind(described, seed=5, input_shape=shape) for kind in (reference.Network, CompleteNetwork)
        )
        assert page.sizes == complete.sizes == [3, 4, 2]
        for net in (page, complete):
            net.SGD((X, y), 2, 3, 0.7, lmbda=0.1)
        for one, other in zip(
            [*page.weights, *page.biases], [*complete.weights, *complete.biases], strict=True
        ):
            np.testing.assert_array_equal(one, other)


def test_kinds_of_layers():
    described = [nn.Conv2D(2, 3), nn.MaxPool2D(2), nn.Dense(4), nn.Softmax(3)]
    assert [kind_of(layer) for layer in described] == ["convolution", "pooling", "dense", "dense"]
    net = CompleteNetwork(described, input_shape=(1, 8, 8), seed=0)
    assert [w.shape for w in net.weights] == [(2, 1, 3, 3), (4, 18), (3, 4)]
    assert [type(layer).__name__ for layer in net.layers] == [
        "Convolution",
        "MaxPooling",
        "FullyConnected",
        "FullyConnected",
    ]
