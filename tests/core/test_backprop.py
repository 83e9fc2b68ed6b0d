"""Backpropagation and the step of SGD, over whole networks."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.differences import check_gradient
from support.limits import MOST_ROWS
from support.networks import (
    HIDDEN,
    OUTPUTS,
    activations_of,
    check_parameters_within,
    copy_of,
    examples_for,
    network_on,
    reference_of,
)
from support.rounding import Rounding
from support.rules import PlainRule
from support.training import train

SIZES = st.lists(st.integers(1, 70), min_size=2, max_size=5)
LN3 = np.log(3.0)


# The 2-3-1 example, worked by hand, with sigmoid(ln 3) = 3/4 and its slope 3/16. For x = (1, 2):
#   z^2 = (ln 3, 2 - 2, 1 - 2 ln 3 + ln 3 - 1) = (ln 3, 0, -ln 3)          a^2 = (3/4, 1/2, 1/4)
#   z^3 = 4 * 3/4 - 2 * 1/2 + 8 * 1/4 + ln 3 - 4 = ln 3                    a^3 = 3/4
@pytest.fixture(params=["quadratic", "cross-entropy"])
def two_three_one(request, kernels):
    net = network_on(kernels, [2, 3, 1], ["sigmoid", "sigmoid"], request.param)
    net.weights = [[[LN3, 0.0], [2.0, -1.0], [1.0, -LN3]], [[4.0, -2.0, 8.0]]]
    net.biases = [[[0.0], [0.0], [LN3 - 1.0]], [[LN3 - 4.0]]]
    return net


# delta^3 = (3/4 - 0) * 3/16 = 9/64 for the quadratic cost, 3/4 - 0 for cross-entropy; all else in proportion:
#   BP2  delta^2 = (4, -2, 8) delta^3 * (3/16, 1/4, 3/16) = (3/4, -1/2, 3/2) delta^3
#   BP4  dC/dw^3 = delta^3 (3/4, 1/2, 1/4), dC/dw^2 = delta^2 times (1, 2)
DELTA_2 = np.array([[3 / 4], [-1 / 2], [3 / 2]])
A_2 = np.array([[3 / 4, 1 / 2, 1 / 4]])


def test_hand_worked_example(two_three_one):
    net = two_three_one
    delta = {"quadratic": 9 / 64, "cross-entropy": 3 / 4}[net.cost_name]
    rtol = 16 * np.finfo(net.dtype).eps  # z^3 sums numbers of up to 4 to about 1
    np.testing.assert_allclose(net.feedforward([1.0, 2.0]), [0.75], rtol=rtol)
    nabla_b, nabla_w = net.backprop([1.0, 2.0], [0.0])
    np.testing.assert_allclose(nabla_b[1], [[delta]], rtol=rtol)
    np.testing.assert_allclose(nabla_w[1], delta * A_2, rtol=rtol)
    np.testing.assert_allclose(nabla_b[0], delta * DELTA_2, rtol=rtol)
    np.testing.assert_allclose(nabla_w[0], delta * DELTA_2 * [[1.0, 2.0]], rtol=rtol)


def test_hand_worked_step(two_three_one):
    net = two_three_one
    delta = {"quadratic": 9 / 64, "cross-entropy": 3 / 4}[net.cost_name]
    b_2 = net.biases[0].copy()
    # lmbda = 8 and n = 4: weights shrink by eta lmbda/n = 1/4; the mini-batch holds the example twice
    train(net, ([[1.0, 2.0]] * 2, [[0.0]] * 2), [0, 1], 2, {"eta": 0.125, "lmbda_over_n": 8 / 4})
    rtol = 16 * np.finfo(net.dtype).eps
    np.testing.assert_allclose(
        net.weights[1], 0.75 * np.array([[4.0, -2.0, 8.0]]) - delta / 8 * A_2, rtol=rtol
    )
    np.testing.assert_allclose(net.biases[1], [[LN3 - 4.0 - delta / 8]], rtol=rtol)
    np.testing.assert_allclose(net.biases[0], b_2 - delta / 8 * DELTA_2, rtol=rtol, atol=rtol)
    # BP2 used the weights from before the step: otherwise delta^2 would be three quarters of this
    w_2 = 0.75 * np.array([[LN3, 0.0], [2.0, -1.0], [1.0, -LN3]]) - delta / 8 * DELTA_2 * [[1.0, 2.0]]
    np.testing.assert_allclose(net.weights[0], w_2, rtol=rtol, atol=rtol)


@pytest.mark.parametrize(("output", "cost"), OUTPUTS)
@pytest.mark.parametrize("first", range(4), ids=HIDDEN)
@pytest.mark.parametrize("hidden_layers", [0, 1, 3])
def test_gradients_match_central_differences(kernels64, output, cost, first, hidden_layers):
    """Of the cost that the kernels give. h^2 C'''/6 and eps C/h leave some 1e-10."""
    sizes = [3, *[4, 1, 5][:hidden_layers], 2]
    net = network_on(kernels64, sizes, activations_of(sizes, output, first), cost, init="large", seed=9)
    data = examples_for(net, 4)
    nabla_b, nabla_w = net.backprop(*data)
    examples = net._data("data", data)
    for array, nabla in zip([*net.biases, *net.weights], [*nabla_b, *nabla_w], strict=True):
        check_gradient(nabla, lambda: kernels64.evaluate(net._program, net.parameters, examples)[0], array)


@given(
    sizes=SIZES,
    m=st.integers(1, 33) | st.just(MOST_ROWS + 10),
    first=st.integers(0, 3),
    output=st.sampled_from(OUTPUTS),
)
def test_gradients_match_reference(kernels, output, sizes, m, first):
    assume(output[0] != "softmax" or sizes[-1] > 1)
    net = network_on(kernels, sizes, activations_of(sizes, output[0], first), output[1], seed=m)
    X, y = examples_for(net, m, seed=first)
    bound = Rounding(kernels.dtype)
    for got, expected, bounds in zip(
        net.backprop(X, y), reference_of(net).backprop(X, y), bound.backprop(net, X, y), strict=True
    ):
        for l in range(len(net.layers)):
            bound.check(got[l], expected[l], bounds[l].error, f"layer {l} ")


@given(sizes=SIZES, m=st.integers(2, 40))
def test_gradients_are_sums_over_the_examples(kernels, sizes, m):
    assume(sizes[-1] > 1)
    net = network_on(kernels, sizes, activations_of(sizes, "softmax"), seed=m)
    X, y = examples_for(net, m)
    bounds = Rounding(kernels.dtype).backprop(net, X, y)
    each = [net.backprop(x, target) for x, target in zip(X, y, strict=True)]
    for side, whole in enumerate(net.backprop(X, y)):
        for l in range(len(net.layers)):
            total = np.sum([nablas[side][l] for nablas in each], axis=0, dtype=np.float64)
            Rounding.check(whole[l], total, 2 * bounds[side][l].error)


@given(
    sizes=SIZES,
    listed=st.booleans(),
    m=st.integers(1, 33) | st.just(MOST_ROWS + 10),
    first=st.integers(0, 3),
    output=st.sampled_from(OUTPUTS),
)
def test_a_step_matches_reference(kernels, output, sizes, m, first, listed):
    assume(output[0] != "softmax" or sizes[-1] > 1)
    net = network_on(kernels, sizes, activations_of(sizes, output[0], first), output[1], seed=m)
    reference = reference_of(net)
    X, y = examples_for(net, m)
    bound = Rounding(kernels.dtype)
    bounds = bound.step(net, X, y, 0.5, 0.1)
    train(net, (X, y), range(m), m, {"eta": 0.5, "lmbda_over_n": 0.1}, listed=listed)
    reference.update_mini_batch((X, y), 0.5, lmbda=0.1 * m)
    check_parameters_within(bound, net, reference.weights, reference.biases, bounds)


def doubled(bounds):
    """The bounds of the distance between two results that are both within `bounds` of the exact one."""
    return [[rounded.with_error_times(2) for rounded in side] for side in bounds]


@given(sizes=SIZES, m=st.integers(1, 33), first=st.integers(0, 3), output=st.sampled_from(OUTPUTS))
def test_the_fused_step_matches_the_step_from_gradients(kernels, output, sizes, m, first):
    """Either -eta/m delta a is summed into w, or the gradients of backprop are subtracted."""
    assume(output[0] != "softmax" or sizes[-1] > 1)
    net = network_on(kernels, sizes, activations_of(sizes, output[0], first), output[1], seed=m)
    data = examples_for(net, m)
    nabla_b, nabla_w = net.backprop(*data)
    expected_w = [
        0.95 * w - 0.5 / m * nabla.astype(float) for w, nabla in zip(net.weights, nabla_w, strict=True)
    ]
    expected_b = [b - 0.5 / m * nabla.astype(float) for b, nabla in zip(net.biases, nabla_b, strict=True)]
    bound = Rounding(kernels.dtype)
    bounds = bound.step(net, *data, 0.5, 0.1)
    train(net, data, range(m), m, {"eta": 0.5, "lmbda_over_n": 0.1})
    check_parameters_within(bound, net, expected_w, expected_b, doubled(bounds))


@given(sizes=SIZES, m=st.integers(1, 33))
def test_the_general_path_matches_the_fused_one(kernels, sizes, m):
    """An L1 penalty that is too small to count sends the same step along the path that keeps gradients."""
    fused = network_on(kernels, sizes, activations_of(sizes, "sigmoid"), seed=m)
    general = copy_of(fused)
    data = examples_for(fused, m)
    bound = Rounding(kernels.dtype)
    bounds = bound.step(fused, *data, 0.5, 0.1)
    rule = {"eta": 0.5, "lmbda_over_n": 0.1}
    train(fused, data, range(m), m, rule)
    train(general, data, range(m), m, rule | {"l1_over_n": float(np.finfo(kernels.dtype).tiny)})
    check_parameters_within(bound, fused, list(general.weights), list(general.biases), doubled(bounds))


def test_L1_and_momentum(kernels):
    """v = mu v - eta (nabla/m + lmbda/n w + l1/n sgn(w)), w = w + v; two steps. Biases have no penalty."""
    net = network_on(kernels, [20, 9, 5], ["tanh", "softmax"], seed=4)
    net.weights[0][:, 3] = 0.0  # sgn(0) = 0
    X, y = examples_for(net, 14)
    rule = {"kind": "sgd", "eta": 0.5, "lmbda_over_n": 0.25, "l1_over_n": 0.125, "momentum": 0.75}
    plain = [PlainRule(**rule) for _ in range(4)]
    state = None
    for rows in (slice(0, 7), slice(7, 14)):
        before = [array.astype(float) for array in [*net.weights, *net.biases]]
        nabla_b, nabla_w = net.backprop(X[rows], y[rows])
        expected = [
            plain[i].step(before[i], nabla / 7, regularised=i < 2)
            for i, nabla in enumerate([*nabla_w, *nabla_b])
        ]
        state = train(net, (X[rows], y[rows]), range(7), 7, rule, state)
        for got, array in zip([*net.weights, *net.biases], expected, strict=True):
            # From the same gradients: at most eight roundings of numbers of at most 8.
            Rounding.check(got, array, 64 * np.finfo(kernels.dtype).eps)


@pytest.mark.parametrize("m", [1, 3, 33, MOST_ROWS - 1, MOST_ROWS, MOST_ROWS + 1, 2 * MOST_ROWS, 777])
def test_a_mini_batch_of_any_size_matches_reference(kernels, m):
    net = network_on(kernels, [17, 5, 3], ["sigmoid", "sigmoid"], seed=1)
    reference = reference_of(net)
    X, y = examples_for(net, m)
    bound = Rounding(kernels.dtype)
    bounds = bound.step(net, X, y, 2.0)
    train(net, (X, y), np.arange(m)[::-1], 1000, {"eta": 2.0})  # a mini-batch larger than the set is the set
    reference.update_mini_batch((X, y), 2.0)
    check_parameters_within(bound, net, reference.weights, reference.biases, bounds)


def test_a_short_last_mini_batch_divides_by_its_length(kernels):
    net = network_on(kernels, [1, 1], ["linear"], "quadratic", init="zeros")
    train(net, ([[1.0]] * 3, [[1.0], [1.0], [3.0]]), [0, 1, 2], 2, {"eta": 0.5})
    # The first two: a = 0, delta = -1, so w = b = 0.5 * 2/2; the third: a = 1, delta = -2, w = b = 0.5 + 0.5
    # * 2/1
    assert net.weights[0] == net.biases[0] == 1.5


def test_lmbda_decays_weights_and_not_biases(kernels):
    net = network_on(kernels, [1, 1], ["linear"], "quadratic", init="zeros")
    net.weights, net.biases = [[[2.0]]], [[[1.0]]]
    net.SGD(([[0.0]] * 4, [[1.0]] * 4), 1, 2, 0.5, lmbda=2.0)  # a = b = y: two steps of nothing but decay
    assert net.weights[0] == 2.0 * (1 - 0.5 * 2.0 / 4) ** 2
    assert net.biases[0] == 1.0


def test_an_order_may_omit_and_repeat_examples(kernels):
    net = network_on(kernels, [6, 4, 2], ["tanh", "sigmoid"], seed=3)
    other = copy_of(net)
    X, y = examples_for(net, 9)
    order = [7, 2, 2, 2, 0, 8, 7]
    train(net, (X, y), order, 3, {"eta": 0.5})
    train(other, (X[order], y[order]), range(7), 3, {"eta": 0.5})
    assert net.parameters.tobytes() == other.parameters.tobytes()


# Activations, a cost that goes with them, and an eta at which they learn.
LEARNING = [
    ("sigmoid", "sigmoid", "cross-entropy", 0.5),
    ("sigmoid", "softmax", "log-likelihood", 0.5),
    ("sigmoid", "sigmoid", "quadratic", 3.0),
    ("sigmoid", "tanh", "quadratic", 0.1),
    ("sigmoid", "relu", "quadratic", 0.05),
    ("sigmoid", "linear", "quadratic", 0.05),
    ("tanh", "sigmoid", "cross-entropy", 0.1),
    ("relu", "sigmoid", "cross-entropy", 0.1),
    ("linear", "sigmoid", "cross-entropy", 0.1),
]


def check_epoch(kernels, digits, hidden, output, cost, eta):
    """One epoch of a network and of its reference, which draw the same order, gives the same parameters.

    Each number is within 1e-10 of its size. Numbers that are sums of terms which nearly cancel keep the
    rounding of the terms: they differ by some 1e-15 of the largest number of their array.
    """
    net = network_on(kernels, [784, 30, 10], [hidden, output], cost, seed=1)
    reference = reference_of(net)
    before = [w.copy() for w in reference.weights]
    lmbda = 5.0 * len(digits) / 50_000
    net.SGD(digits, 1, 10, eta, lmbda)
    reference.SGD(digits, 1, 10, eta, lmbda)
    for got, expected, start in zip(net.weights, reference.weights, before, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-14 * np.abs(expected).max())
        assert np.abs(got - start).max() > 0.01  # it learned
    for got, expected in zip(net.biases, reference.biases, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-14 * np.abs(expected).max())


@pytest.mark.parametrize(("hidden", "output", "cost", "eta"), LEARNING)
def test_an_epoch_of_digits_matches_reference(kernels64, sample, hidden, output, cost, eta):
    check_epoch(kernels64, sample[0][:305], hidden, output, cost, eta)


@pytest.mark.slow
@pytest.mark.parametrize(("hidden", "output", "cost", "eta"), LEARNING)
def test_an_epoch_of_mnist_matches_reference(kernels64, mnist, hidden, output, cost, eta):
    check_epoch(kernels64, mnist[0][:5000], hidden, output, cost, eta)


def test_one_seed_gives_one_result(kernels, sample):
    def trained(seed):
        net = network_on(kernels, [784, 12, 10], ["sigmoid", "softmax"], seed=seed)
        net.SGD(sample[0][:200], 2, 10, 0.5)
        return net.parameters.tobytes()

    assert trained(7) == trained(7)
    assert trained(7) != trained(8)


def test_networks_in_threads_train_as_alone(kernels, sample):
    digits = sample[0][:2000]

    def trained(seed):
        net = network_on(kernels, [784, 30, 10], ["sigmoid", "sigmoid"], seed=seed)
        net.SGD(digits, 2, 10, 0.5)
        return net.parameters.tobytes()

    alone = [trained(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(trained, range(4))) == alone
