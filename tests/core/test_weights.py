"""Weights of examples in the core: BP1, the cost and the accuracy, for every layer, rule, target and team."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.differences import check_gradient
from support.every_layer import MAPS, NAMES, PAIRS, deep, examples, with_maps
from support.limits import MOST_ROWS
from support.networks import (
    HIDDEN,
    OUTPUTS,
    activations_of,
    check_parameters,
    copy_of,
    examples_for,
    network_on,
    reference_of,
)
from support.rounding import Rounding
from support.rules import RULES
from support.training import rule_and_state

import nncore as nn
from nncore.layers import Conv2D, Dense, MaxPool2D, Softmax

SIZES = st.lists(st.integers(1, 40), min_size=2, max_size=4)


def some_weights(m, seed=0):
    """m weights from 0 to 3, some of them 0."""
    rng = np.random.default_rng(seed)
    return np.round(3 * rng.random(m), 2) * (rng.random(m) < 0.8)


def data_of(net, data, weights):
    X, y = data
    return net._kernels.Data(None, X, None, y, 1.0, None if weights is None else weights.astype(net.dtype))


def gradients(net, data, weights, threads=1):
    nabla = np.full_like(net.parameters, np.nan)
    net._kernels.backprop(net._program, net.parameters, data_of(net, data, weights), nabla, threads=threads)
    return net._layer_views(nabla)


def trained(net, data, weights, rule, mini_batch_size=4):
    """Train one epoch, the examples in another order; return the network."""
    order = np.random.default_rng(5).permutation(len(data[0])).astype(np.intp)
    rule, state = rule_and_state(net, rule)
    net._kernels.train(
        net._program,
        net.parameters,
        data_of(net, data, weights),
        order,
        mini_batch_size,
        rule,
        state=(state, 0),
    )
    return net


@given(
    sizes=SIZES,
    m=st.integers(1, 20) | st.just(MOST_ROWS + 10),
    first=st.integers(0, 3),
    output=st.sampled_from(OUTPUTS),
)
def test_gradients_match_the_twin(kernels, output, sizes, m, first):
    assume(output[0] != "softmax" or sizes[-1] > 1)
    net = network_on(kernels, sizes, activations_of(sizes, output[0], first), output[1], seed=m)
    (X, y), weights = examples_for(net, m, seed=first), some_weights(m, first).astype(kernels.dtype)
    expected = reference_of(net).backprop(X, y, weights=weights)
    bound = Rounding(kernels.dtype)
    got = gradients(net, (X, y), weights)[::-1]
    for got_side, expected_side, bounds in zip(got, expected, bound.backprop(net, X, y), strict=True):
        for l in range(len(net.layers)):  # a weight is at most 3, and its product is rounded once more
            bound.check(got_side[l], expected_side[l], 4 * bounds[l].error, f"layer {l} ")


@pytest.mark.parametrize(("output", "cost"), OUTPUTS)
@pytest.mark.parametrize("first", range(4), ids=HIDDEN)
def test_gradients_match_central_differences(kernels64, output, cost, first):
    sizes, weights = [3, 4, 2], np.array([0.5, 0.0, 2.0, 3.25])
    net = network_on(kernels64, sizes, activations_of(sizes, output, first), cost, init="large", seed=9)
    data = examples_for(net, 4)
    nabla_w, nabla_b = gradients(net, data, weights)
    weighted = data_of(net, data, weights)
    for array, nabla in zip([*net.biases, *net.weights], [*nabla_b, *nabla_w], strict=True):
        check_gradient(nabla, lambda: kernels64.evaluate(net._program, net.parameters, weighted)[0], array)


@pytest.mark.parametrize("name", MAPS)
def test_gradients_of_convolutions_match_twin_and_central_differences(name):
    net, X, y = with_maps(name)
    weights = np.array([2.0, 0.0, 0.25, 1.0, 3.0])
    assert nn.check_gradients(net, X, y, weights=weights, samples=20)
    nabla_b, nabla_w = net.backprop(X, y, weights=weights)
    expected_b, expected_w = reference_of(net).backprop(X, y, weights=weights)
    for got, expected in zip([*nabla_b, *nabla_w], [*expected_b, *expected_w], strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("pair", PAIRS, ids=NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_whole_weights_count_as_repeated_examples(pair, dtype):
    net, (X, y) = deep(pair, dtype), examples(12)
    weights = np.random.default_rng(1).integers(0, 4, 12)
    rows = np.repeat(np.arange(12), weights)
    rtol = 1e-4 if dtype == "float32" else 1e-12
    for got, expected in zip(
        net.backprop(X, y, weights=weights), net.backprop(X[rows], y[rows]), strict=True
    ):
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)
    repeated, weighted = (X[rows], y[rows]), {"weights": weights}
    assert net.cost((X, y), 2.0, 0.5, **weighted) == pytest.approx(net.cost(repeated, 2.0, 0.5), rel=rtol)
    if pair[1].activation in ("sigmoid", "softmax"):
        assert net.accuracy((X, y), **weighted) == pytest.approx(net.accuracy(repeated))


@pytest.mark.every_target
@pytest.mark.parametrize("rule", RULES)
def test_weights_of_1_give_the_bits_of_none(kernels, rule):
    net = network_on(kernels, [7, 30, 4], ["relu", "softmax"], seed=3)
    data = examples_for(net, 50)
    plain, weighted = (trained(copy_of(net), data, weights, RULES[rule]) for weights in (None, np.ones(50)))
    np.testing.assert_array_equal(plain.parameters, weighted.parameters)
    values = [
        kernels.evaluate(net._program, net.parameters, data_of(net, data, weights))
        for weights in (None, np.ones(50))
    ]
    assert values[0] == values[1]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("mini_batch_size", [1, 4, 50])
def test_a_mini_batch_divides_the_weighted_sum_by_its_length(kernels64, rule, mini_batch_size):
    """Weights follow the order of the epoch; the last mini-batch is shorter. The twin sums the gradients."""
    net = network_on(kernels64, [5, 6, 3], ["tanh", "sigmoid"], "cross-entropy", seed=3)
    data, weights = examples_for(net, 10), some_weights(10)
    other = copy_of(net)
    trained(net, data, weights, RULES[rule], mini_batch_size)
    order = np.random.default_rng(5).permutation(10).astype(np.intp)  # as in `trained`
    made, state = rule_and_state(other, RULES[rule])
    for step, first in enumerate(range(0, 10, mini_batch_size)):
        rows = order[first : first + mini_batch_size]
        check = reference_of(other).backprop(data[0][rows], data[1][rows], weights=weights[rows])
        got = gradients(other, (data[0][rows], data[1][rows]), weights[rows])
        for one, expected in zip(got[1] + got[0], check[0] + check[1], strict=True):
            np.testing.assert_allclose(one, expected, rtol=1e-9, atol=1e-12)
        part = tuple(np.ascontiguousarray(array[rows]) for array in data)
        kernels64.train(
            other._program,
            other.parameters,
            data_of(other, part, weights[rows]),
            np.arange(len(rows)),
            mini_batch_size,
            made,
            state=(state, step),
        )
    check_parameters(net, other, rtol=0, atol=1e-12)


def test_a_step_by_hand(kernels64):
    """One linear neuron: w = 1, b = 0; x = 2, 3 with y = 1, 5 and weights 3, 0.5: delta = 3 * 1, 0.5 * -2."""
    net = network_on(kernels64, [1, 1], ["linear"], seed=0)
    net.weights, net.biases = [[[1.0]]], [[[0.0]]]
    data = np.array([[2.0], [3.0]]), np.array([[1.0], [5.0]])
    trained(net, data, np.array([3.0, 0.5]), {"eta": 0.5}, mini_batch_size=2)
    assert net.weights[0][0, 0] == 1.0 - 0.5 / 2 * (3 * 2 + -1 * 3)
    assert net.biases[0][0, 0] == 0.0 - 0.5 / 2 * (3 - 1)


def test_an_example_of_weight_0_teaches_nothing(kernels):
    net = network_on(kernels, [6, 20, 3], ["relu", "softmax"], seed=3)
    data, weights = examples_for(net, 40), some_weights(40, 2)
    left = [np.ascontiguousarray(array[weights > 0]) for array in data]
    got, expected = gradients(net, data, weights), gradients(net, left, weights[weights > 0])
    for one, other in zip(got[0] + got[1], expected[0] + expected[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


NETWORKS = {
    "convolutions": (
        [Conv2D(5, 5, "sigmoid"), MaxPool2D(2), Dense(40, "relu", dropout=0.3), Softmax(10)],
        (1, 28, 28),
    ),
    "split": ([Dense(40), Dense(20, "tanh"), Dense(10)], (784,)),
    "team": ([Dense(300, "relu"), Dense(290, "relu", dropout=0.5), Softmax(10, dropout=0.5)], (784,)),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    "options",
    [
        {"lmbda": 5.0, "momentum": 0.7},
        {"rule": "adam"},
        {"augment": [nn.augment.Shift(2), nn.augment.Elastic()]},
    ],
    ids=["momentum", "Adam", "distorted"],
)
def test_any_number_of_threads_gives_the_same_bits(sample, name, options):
    layers, shape = NETWORKS[name]
    data, weights = sample[0][:41], some_weights(41)
    found = []
    for threads in (1, 2, 3, 4):
        net = nn.Network(layers, input_shape=shape, seed=3)
        history = net.SGD(
            data, 2, 17, 0.01, threads=threads, weights=weights,
            monitor=("training_cost", "training_accuracy"), **options,
        )  # fmt: skip
        found.append((net.parameters.tobytes(), history.training_cost, history.training_accuracy))
    assert all(other == found[0] for other in found)
    plain = nn.Network(layers, input_shape=shape, seed=3)
    plain.SGD(data, 2, 17, 0.01, **options)
    assert plain.parameters.tobytes() != found[0][0]


def test_groups_of_a_large_mini_batch_give_the_same_bits():
    rng = np.random.default_rng(0)
    X, y, weights = rng.standard_normal((1300, 12)), rng.integers(0, 4, 1300), some_weights(1300)
    found = []
    for threads in (1, 2, 3, 4):
        net = nn.Network([Dense(32, "tanh"), Softmax(4)], input_shape=(12,), seed=3)
        net.SGD((X, y), 2, 600, 0.1, momentum=0.5, rule="nesterov", threads=threads, weights=weights)
        found.append(net.parameters.tobytes())
    assert len(set(found)) == 1
    net = nn.Network([Dense(32, "tanh"), Softmax(4)], input_shape=(12,), seed=3, dtype="float64")
    data = X, np.eye(4)[y]
    expected = reference_of(net).backprop(*data, weights=weights)
    for threads in (1, 3):
        got = gradients(net, data, weights, threads)
        for one, other in zip(got[1] + got[0], expected[0] + expected[1], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_costs_and_right_answers_are_summed_by_weight(kernels, threads):
    net = network_on(kernels, [7, 30, 4], ["relu", "softmax"], seed=3)
    (X, y), weights = examples_for(net, 200), some_weights(200).astype(kernels.dtype)
    each = [
        kernels.evaluate(net._program, net.parameters, data_of(net, (X[i : i + 1], y[i : i + 1]), None))
        for i in range(200)
    ]
    total = correct = 0.0
    for weight, (cost, right) in zip(weights.tolist(), each, strict=True):
        total, correct = total + weight * cost, correct + weight * right
    data = data_of(net, (X, y), weights)
    assert kernels.evaluate(net._program, net.parameters, data, threads=threads) == (total, correct)
    assert data.total_weight == np.add.accumulate(weights.astype(float))[-1]  # one after the other


def test_weights_are_checked(kernels):
    X = np.zeros((5, 3), kernels.dtype)
    for wrong in (4, 6, 0):
        with pytest.raises(ValueError, match=f"weights: {wrong} of them for 5 inputs"):
            kernels.Data(inputs=X, weights=np.ones(wrong, kernels.dtype))
    assert kernels.Data(inputs=X).total_weight == 5
