"""The costs: their values where logarithms are extreme, BP1, and which answers count as right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.differences import check_gradient
from support.limits import MOST_ROWS
from support.networks import OUTPUTS, examples_for, network_on, reference_of
from support.rounding import Rounding

LN = np.log


def with_z(kernels, activation, cost, z):
    """A network whose output layer has this z for an input of 0."""
    net = network_on(kernels, [1, len(z)], [activation], cost, init="zeros")
    net.biases = [np.reshape(z, (-1, 1))]
    return net


@pytest.mark.parametrize(
    ("activation", "cost", "z", "y", "value"),
    [
        ("sigmoid", "quadratic", [LN(3.0)], [0.0], 9 / 32),  # a = 3/4
        ("linear", "quadratic", [3.0, -1.0], [1.0, 1.0], (4 + 4) / 2),
        ("sigmoid", "cross-entropy", [LN(3.0)], [0.0], LN(4.0)),  # -ln(1 - 3/4)
        ("sigmoid", "cross-entropy", [0.0, 0.0], [1.0, 0.0], 2 * LN(2.0)),
        ("softmax", "log-likelihood", [0.0, LN(2.0), LN(5.0)], [0.0, 0.0, 1.0], LN(8 / 5)),
        # The book's -y ln(a) would compute ln(0) here, and with nan_to_num give 1.8e308:
        ("sigmoid", "cross-entropy", [1000.0, -1000.0], [0.0, 1.0], 2000.0),
        ("sigmoid", "cross-entropy", [1000.0, -1000.0], [1.0, 0.0], 0.0),
        ("softmax", "log-likelihood", [1000.0, -1000.0], [0.0, 1.0], 2000.0),
        ("softmax", "log-likelihood", [-1000.0, -1000.0], [0.0, 1.0], LN(2.0)),
    ],
)
def test_values_known_by_hand(kernels, activation, cost, z, y, value):
    net = with_z(kernels, activation, cost, z)
    # z is rounded to the dtype, and C follows; C is summed in float64 from numbers as large as z.
    rel, absolute = 8 * float(np.finfo(kernels.dtype).eps), max(map(abs, z)) * np.finfo(float).eps
    assert net.cost(([[0.0]], [y])) == pytest.approx(value, rel=rel, abs=absolute)


@pytest.mark.parametrize(("activation", "cost"), OUTPUTS)
@given(n=st.integers(1, 70), m=st.integers(1, 33) | st.just(MOST_ROWS + 10))
def test_values_match_reference(kernels, activation, cost, n, m):
    n = max(n, 2) if activation == "softmax" else n
    net = network_on(kernels, [5, n], [activation], cost, seed=n)
    X, y = examples_for(net, m)
    X = X.reshape(m, 5)
    bound = Rounding(kernels.dtype)
    _, _, [z], [_, a] = bound.forward(net, X)
    # The value is summed in float64, from z and a logarithm, or for the quadratic cost from a: their errors
    # are multiplied by the slopes, and float64's own rounding of n terms is counted by its u.
    if cost == "quadratic":
        error = (np.abs(a.value - y) + a.error) * a.error
        terms = (np.abs(a.value - y) + a.error) ** 2
    else:
        # The logarithm of each term is within 8 eps: 4 ulps of its own, and 3 of the exponential in it.
        logarithms = LN(2) if cost == "cross-entropy" else LN(n) * np.abs(y)
        error = z.error * (1 + np.abs(y)) + 8 * np.finfo(kernels.dtype).eps * logarithms
        terms = np.abs(z.value) * (1 + np.abs(y)) + 2
    bound64 = Rounding("float64")
    error = error.sum(axis=1) + bound64.gamma(n + 30) * (terms.sum(axis=1) + LN(n))
    expected = reference_of(net).cost((X, y))
    bound.check(net.cost((X, y)), expected, error.mean() + bound64.gamma(m + 2) * abs(expected))


@pytest.mark.parametrize(("activation", "cost"), OUTPUTS)
def test_BP1_is_the_slope_of_the_cost(kernels64, activation, cost):
    """Central differences in z, of the cost that the kernels give; h^2/6 and eps/h leave 1e-9."""
    z, y = np.array([0.3, -1.1, 0.0, 2.0]), np.array([0.1, 0.2, 0.3, 0.4])
    if activation == "relu":
        z[2] = -0.5  # at 0 there is no slope
    (delta,), _ = with_z(kernels64, activation, cost, z).backprop([[0.0]], [y])
    check_gradient(delta[:, 0], lambda: with_z(kernels64, activation, cost, z).cost(([[0.0]], [y])), z)


@pytest.mark.parametrize(("activation", "cost"), OUTPUTS)
def test_BP1_of_saturated_neurons(kernels, activation, cost):
    """Where sigmoid is flat the quadratic cost stops learning, and the other costs do not (chapter 3)."""
    net = with_z(kernels, activation, cost, [50.0, -50.0])
    (delta,), _ = net.backprop([[0.0]], [[0.0, 1.0]])  # both outputs are wrong
    flat = cost == "quadratic" and activation in ("sigmoid", "tanh")
    expected = {"relu": [50.0, 0.0], "linear": [50.0, -51.0]}.get(activation, [0, 0] if flat else [1.0, -1.0])
    np.testing.assert_allclose(delta[:, 0], expected, rtol=1e-15, atol=1e-20)


def test_cost_and_penalty_are_divided_by_the_examples_given(kernels):
    net = network_on(kernels, [1, 1], ["linear"], "quadratic", init="zeros")
    net.weights = [[[3.0]]]
    X, y = [[1.0], [0.0], [2.0], [0.0]], [[1.0], [0.0], [6.0], [4.0]]  # errors 2, 0, 0, -4
    assert net.cost((X, y)) == (2.0 + 8.0) / 4
    assert net.cost((X, y), lmbda=0.5) == (2.0 + 8.0) / 4 + 0.5 / (2 * 4) * 9.0


def test_the_penalty_sums_all_weights_and_no_biases(kernels):
    net = network_on(kernels, [2, 3, 1], ["tanh", "linear"], "quadratic", init="zeros")
    net.weights = [[[1.0, 2.0], [0.0, -3.0], [4.0, 0.0]], [[5.0, 6.0, 7.0]]]
    net.biases = [[[100.0]] * 3, [[0.0]]]
    data = ([[0.0, 0.0]], [net.feedforward([0.0, 0.0])])
    assert net.cost(data) == 0
    assert net.cost(data, lmbda=2.0) == 1 + 4 + 9 + 16 + 25 + 36 + 49


@pytest.mark.parametrize("m", [1, 10, MOST_ROWS, MOST_ROWS + 1, 600])
def test_cost_of_many_examples_is_the_mean_of_each(kernels, m):
    net = network_on(kernels, [4, 3], ["softmax"], "log-likelihood", seed=1)
    X, y = examples_for(net, m)
    each = [net.cost(([x], [target])) for x, target in zip(X, y, strict=True)]
    assert net.cost((X, y)) == pytest.approx(np.mean(each), rel=m * np.finfo(float).eps)


def test_costs_of_huge_z_stay_finite(kernels):
    largest = float(np.finfo("float32").max)
    for activation, cost in (("sigmoid", "cross-entropy"), ("softmax", "log-likelihood")):
        net = with_z(kernels, activation, cost, [largest, -largest])
        assert net.cost(([[0.0]], [[0.0, 1.0]])) == 2 * largest
        nabla_b, _ = net.backprop([[0.0]], [[0.0, 1.0]])
        np.testing.assert_allclose(nabla_b[0][:, 0], [1, -1], rtol=1e-6)


@pytest.mark.parametrize(
    ("a", "y", "right"),
    [
        ([1.0, 3.0, 2.0], [0.0, 1.0, 0.0], True),
        ([1.0, 3.0, 2.0], [0.0, 0.0, 1.0], False),
        ([2.0, 2.0, 1.0], [1.0, 0.0, 0.0], True),  # the first of equal outputs counts, as in np.argmax
        ([2.0, 2.0, 1.0], [0.0, 1.0, 0.0], False),
        ([-3.0, -1.0, -2.0], [0.1, 0.8, 0.1], True),
        ([0.5], [0.0], True),  # one output: above 1/2 or not
        ([0.5], [1.0], False),
        ([0.6], [1.0], True),
        ([0.6], [0.4], False),
    ],
)
def test_which_answers_are_right(kernels, a, y, right):
    net = with_z(kernels, "linear", "quadratic", a)
    _, correct = kernels.evaluate(net._program, net.parameters, net._data("data", ([[0.0]], [y])))
    assert correct == right
    outputs = net.feedforward([0.0])
    assert correct == (
        (outputs.argmax() == np.argmax(y)) if len(a) > 1 else (outputs[0] > 0.5) == (y[0] > 0.5)
    )


@given(n_out=st.integers(1, 20), m=st.integers(1, 33) | st.sampled_from([MOST_ROWS, MOST_ROWS + 1, 520]))
def test_accuracy_counts_the_answers_of_predict(kernels, n_out, m):
    net = network_on(kernels, [3, n_out], ["sigmoid"], seed=5)
    rng = np.random.default_rng(m)
    X = rng.integers(-1, 2, (m, 3))  # few different examples, so that some outputs are equal
    labels = rng.integers(0, max(2, n_out), m)
    assert net.accuracy((X.reshape(m, 1, 3), labels)) == np.mean(net.predict(X.reshape(m, 1, 3)) == labels)


def test_nan_counts_as_the_largest_as_in_numpy(kernels):
    net = with_z(kernels, "linear", "quadratic", [1.0, 2.0, 3.0])
    net.biases[0][1] = np.nan  # through the live view; assigning would refuse it
    assert net.feedforward([0.0]).argmax() == np.argmax([1.0, np.nan, 3.0]) == 1
    assert net.accuracy(([[0.0]], [1])) == 1
    assert net.accuracy(([[0.0]], [2])) == 0
