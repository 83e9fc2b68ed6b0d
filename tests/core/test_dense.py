"""The dense layer: forward, BP2, BP3 and BP4, for any sizes and any number of examples."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.layout import padded_size
from support.memory import Guarded, in_other_memory
from support.networks import (
    HIDDEN,
    OUTPUTS,
    examples_for,
    network_on,
    reference_of,
    with_random_parameters,
)
from support.rounding import Rounding

SIZES = st.integers(1, 70)  # past 64 there are five registers of 16 lanes; most sizes fill no whole register
ROWS = st.integers(1, 33) | st.sampled_from([250, 251, 260, 501])  # past 250 they are summed in parts


@given(n_in=SIZES, n=SIZES, n_out=SIZES, m=ROWS)
def test_small_whole_numbers_come_out_exactly(kernels, n_in, n, n_out, m):
    """With linear layers and small whole numbers nothing is rounded: a wrong index shows, wherever it is."""
    rng = np.random.default_rng([n_in, n, n_out, m])
    w1, w2 = rng.integers(-1, 2, (n, n_in)), rng.integers(-1, 2, (n_out, n))
    b1, b2 = rng.integers(-3, 4, (n, 1)), rng.integers(-3, 4, (n_out, 1))
    X, y = rng.integers(-1, 2, (m, n_in)), rng.integers(-1, 2, (m, n_out))
    net = network_on(kernels, [n_in, n, n_out], ["linear", "linear"], "quadratic")
    net.weights, net.biases = [w1, w2], [b1, b2]

    a1 = X @ w1.T + b1.T
    a2 = a1 @ w2.T + b2.T
    delta2 = a2 - y
    delta1 = delta2 @ w2
    largest = max((np.abs(a1).T @ np.abs(delta2)).max(), (np.abs(X).T @ np.abs(delta1)).max())
    assume(largest * max(n, n_out) < 2**24)  # float32 holds all sums, and their parts, exactly

    np.testing.assert_array_equal(net.feedforward(X.reshape(m, n_in)).reshape(m, n_out), a2)
    nabla_b, nabla_w = net.backprop(X, y)
    np.testing.assert_array_equal(nabla_b[1], delta2.sum(axis=0).reshape(-1, 1))  # BP3
    np.testing.assert_array_equal(nabla_w[1], delta2.T @ a1)  # BP4
    np.testing.assert_array_equal(nabla_b[0], delta1.sum(axis=0).reshape(-1, 1))  # BP2 and BP3
    np.testing.assert_array_equal(nabla_w[0], delta1.T @ X)  # BP2 and BP4


@given(n_in=SIZES, n=SIZES, m=ROWS, activation=st.sampled_from([*HIDDEN, "softmax"]))
def test_forward_matches_reference(kernels, n_in, n, m, activation):
    assume(activation != "softmax" or n > 1)
    net = with_random_parameters(network_on(kernels, [n_in, n], [activation]), n)
    X, _ = examples_for(net, m, seed=n_in)
    bound = Rounding(kernels.dtype)
    expected = bound.forward(net, X)[-1][-1]
    got = net.feedforward(X.reshape(m, 1, n_in))  # rows, even where one row might be taken for a column
    bound.check_rounded(got, expected)
    bound.check(got[-1], reference_of(net).feedforward(X[-1]), expected.error[-1])


@pytest.mark.parametrize(("output", "cost"), OUTPUTS)
@given(sizes=st.tuples(SIZES, SIZES, SIZES), m=st.integers(1, 33), hidden=st.sampled_from(HIDDEN))
def test_each_equation_matches_reference(kernels, output, cost, sizes, m, hidden):
    assume(output != "softmax" or sizes[-1] > 1)
    net = with_random_parameters(network_on(kernels, list(sizes), [hidden, output], cost), sizes[1])
    X, y = examples_for(net, m, seed=sizes[0])
    bound = Rounding(kernels.dtype)
    bound_b, bound_w = bound.backprop(net, X, y)
    nabla_b, nabla_w = net.backprop(X, y)
    expected_b, expected_w = reference_of(net).backprop(X, y)
    bound.check(nabla_b[1], expected_b[1], bound_b[1].error, "BP1 and BP3 ")
    bound.check(nabla_w[1], expected_w[1], bound_w[1].error, "BP4 ")
    bound.check(nabla_b[0], expected_b[0], bound_b[0].error, "BP2 ")
    bound.check(nabla_w[0], expected_w[0], bound_w[0].error, "BP2 and BP4 ")


def test_the_bounds_are_narrow(kernels):
    """A bound that holds anything proves nothing: sums of 50 in two layers have bounds of some 1,000 eps."""
    net = with_random_parameters(network_on(kernels, [50, 20, 10], ["tanh", "sigmoid"]), 1)
    X, y = examples_for(net, 10)
    for bound in [nabla for nablas in Rounding(kernels.dtype).backprop(net, X, y) for nabla in nablas]:
        assert 0 < np.max(bound.error) < 2000 * np.finfo(kernels.dtype).eps * np.abs(bound.value).max()


@pytest.mark.parametrize("activation", [*HIDDEN, "softmax"])
@given(n_in=SIZES, n=SIZES, m=ROWS)
def test_an_example_alone_gives_the_same_bits(kernels, activation, n_in, n, m):
    assume(activation != "softmax" or n > 1)
    net = with_random_parameters(network_on(kernels, [n_in, 3, n], ["tanh", activation]), n)
    X, _ = examples_for(net, m)
    all_at_once = net.feedforward(X.reshape(m, 1, n_in))
    for i in {0, m // 2, m - 1}:
        assert net.feedforward(X[i]).tobytes() == all_at_once[i].tobytes()


@given(m=st.integers(1, 33), n_prev=SIZES, n=SIZES, seed=st.integers(0, 99))
def test_entry_points_of_single_equations(kernels, m, n_prev, n, seed):
    """On rows that are padded as a layer's are, and on whole numbers, which nothing rounds."""
    stride, stride_prev = padded_size(n, kernels.dtype), padded_size(n_prev, kernels.dtype)
    rng = np.random.default_rng(seed)

    def padded(rows, columns, width, padding=0.0):
        array = np.full((rows, width), padding, kernels.dtype)
        array[:, :columns] = rng.integers(-3, 4, (rows, columns))
        return Guarded(array)

    w, b, nabla_w = (padded(rows, n, stride) for rows in (n_prev, 1, n_prev))
    a_prev, unread = padded(m, n_prev, stride_prev), padded(m, n_prev, n_prev + 3, padding=np.nan)
    z, delta_prev = padded(m, n, stride, padding=np.nan), padded(m, n_prev, stride_prev, padding=np.nan)
    delta, a = padded(m, n, stride), unread.array[:, :n_prev]
    w_before, nabla_before = w.array.copy(), nabla_w.array.copy()

    kernels.weighted_input(unread.array, w.array, b.array[0], z.array)
    np.testing.assert_array_equal(z.array, a @ w_before + b.array)
    kernels.weight_gradient(unread.array, delta.array, nabla_w.array, 0.5)
    np.testing.assert_array_equal(nabla_w.array, 0.5 * nabla_before + a.T @ delta.array)
    for activation, slope in (("linear", 1), ("relu", a_prev.array > 0), ("tanh", 1 - a_prev.array**2)):
        kernels.hidden_delta(activation, delta.array, w.array, a_prev.array, delta_prev.array)
        back = np.zeros((m, stride_prev))
        back[:, :n_prev] = delta.array.astype(float) @ w_before.T
        np.testing.assert_array_equal(delta_prev.array, back * slope)
    assert all(array.intact() for array in (w, b, nabla_w, a_prev, unread, z, delta_prev, delta))
    np.testing.assert_array_equal(w.array, w_before)


@given(n_in=SIZES, n_out=SIZES, m=ROWS)
def test_inputs_in_any_memory_give_the_same_bits(kernels, n_in, n_out, m):
    assume((m, n_in) != (1, 1))  # a column is taken for one example
    net = with_random_parameters(network_on(kernels, [n_in, n_out], ["sigmoid"]), 1)
    X, y = examples_for(net, m)
    expected = net.feedforward(X).tobytes()
    expected_w = net.backprop(X, y)[1][0].tobytes()
    targets = in_other_memory(y)
    for form, same in in_other_memory(X).items():
        assert net.feedforward(same).tobytes() == expected, form
        assert net.backprop(same, targets[form])[1][0].tobytes() == expected_w, form


def test_the_first_layer_reads_bytes_exactly(kernels):
    """A byte b stands for b/256, in an array as in a Dataset: exact in either dtype."""
    from nncore import Dataset

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 13), dtype=np.uint8)
    labels = rng.integers(0, 5, 40)
    net = with_random_parameters(network_on(kernels, [13, 5], ["sigmoid"]), 3)
    assert net.feedforward(images).tobytes() == net.feedforward(images.astype(net.dtype) / 256).tobytes()
    data = Dataset(images, labels)
    assert net.feedforward(data).tobytes() == net.feedforward(data.to_float()).tobytes()
    assert net.feedforward(data).tobytes() == net.feedforward(images / 256).tobytes()
    for got, expected in zip(net.backprop(data, labels), net.backprop(data.to_float(), labels), strict=True):
        assert got[0].tobytes() == expected[0].tobytes()
    assert net.cost(data) == net.cost((data.to_float(), labels)) == net.cost((data, labels))


def test_a_large_first_layer(kernels, sample):
    net = with_random_parameters(network_on(kernels, [784, 100, 10], ["sigmoid", "softmax"]), 2)
    digits = sample[2][:300]
    bound = Rounding(kernels.dtype)
    expected = bound.forward(net, digits.to_float())[-1][-1]
    bound.check(net.feedforward(digits), reference_of(net).feedforward(digits.to_float()), expected.error)
    assert np.max(expected.error) < 2e4 * np.finfo(kernels.dtype).eps
