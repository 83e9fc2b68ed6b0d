"""Targets with FMA (avx2, avx512, neon) give the same bits, and so do those without it (base, plain).

The two groups differ by rounding alone.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.cases import KINDS, digits, network_after_steps, network_with_few_active
from support.networks import (
    HIDDEN,
    OUTPUTS,
    activations_of,
    check_parameters_within,
    examples_for,
    network_of_layers,
    network_on,
)
from support.patterns import patterns
from support.rounding import Rounding
from support.rules import RULES
from support.training import train

from nncore import targets
from nncore.layers import Conv2D, Dense, MaxPool2D, Softmax


# Each function computes something on the given kernels, and returns all of its results as arrays.
def activation_values(kernels, activation):
    z = patterns(kernels.dtype).reshape(1, -1)
    if activation == "softmax":  # a NaN or an infinity would fill its row
        z = z[np.isfinite(z)][:37_000].reshape(-1, 37)
    a = z.copy()
    kernels.activate(activation, a)
    return [a]


def cost_values(kernels, activation, cost):
    net = network_on(kernels, [19, 33], [activation], cost, seed=3)
    examples = net._data("data", examples_for(net, 333))
    return [np.array(kernels.evaluate(net._program, net.parameters, examples))]


def deep_network(kernels, output, cost, first):
    """Training by all paths, then forward, gradients, cost and accuracy."""
    net, (X, labels) = network_after_steps(kernels, output, cost, first)
    assert np.isfinite(net.parameters).all()
    nabla_b, nabla_w = net.backprop(X, labels)
    values = kernels.evaluate(net._program, net.parameters, net._data("data", (X, labels)))
    return [net.parameters, net.feedforward(X), *nabla_b, *nabla_w, np.array(values)]


def update_rule(kernels, rule):
    net = network_on(kernels, [45, 33, 10], ["tanh", "softmax"], seed=8)
    state = train(net, examples_for(net, 61), range(61), 7, RULES[rule])
    return [net.parameters, state]


def non_zero_inputs(kernels, kind, n):
    """A first layer of n neurons: the rows are of one register, of many, or too long for the cache."""
    net = network_on(kernels, [784, n, 10], ["sigmoid", "sigmoid"], seed=1)
    state = train(net, digits(23), np.arange(23), 4, KINDS[kind], listed=True)
    assert np.isfinite(net.parameters).all()
    return [net.parameters, state]


def active_inputs(kernels):
    net = network_with_few_active(kernels, [12, 300, 280, 10])
    train(net, examples_for(net, 60), range(60), 10, {"eta": 0.1, "lmbda_over_n": 0.001})
    return [net.parameters]


def dropout(kernels):
    net = network_on(kernels, [45, 33, 10], ["relu", "softmax"], dropout=[0.2, 0.5], seed=8)
    return [train(net, examples_for(net, 61), range(61), 7, RULES["momentum, L2"]), net.parameters]


def convolutions(kernels):
    layers = [
        Conv2D(20, 5, "tanh"),
        MaxPool2D(2),
        Conv2D(40, 5, "tanh"),
        MaxPool2D(2),
        Dense(9),
        Softmax(4),
    ]
    net = network_of_layers(kernels, layers, (1, 28, 28), seed=0)
    before, rng = net.parameters.copy(), np.random.default_rng(0)
    X = rng.standard_normal((20, 1, 28, 28))
    X[:, :, :9] = 0  # rows that are left out
    for _ in range(3):
        train(net, (X, rng.integers(0, 4, 20)), np.arange(20), 7, {"eta": 0.1, "lmbda_over_n": 0.01})
    assert (net.parameters != before).any()
    return [net.parameters]


CASES = [
    *[(activation_values, activation) for activation in [*HIDDEN, "softmax"]],
    *[(cost_values, *output) for output in OUTPUTS],
    *[(deep_network, *output, first) for output in OUTPUTS for first in range(4)],
    *[(update_rule, rule) for rule in RULES],
    *[(non_zero_inputs, kind, n) for kind in KINDS for n in (1, 16, 17, 30, 100, 130, 200, 300)],
    (active_inputs,),
    (dropout,),
    (convolutions,),
]


@pytest.mark.parametrize(
    ("compute", "arguments"),
    [pytest.param(case[0], case[1:], id="-".join([case[0].__name__, *map(str, case[1:])])) for case in CASES],
)
def test_targets_give_the_same_bits(kernels_of_same_bits, compute, arguments):
    first, *others = ([a.tobytes() for a in compute(kernels, *arguments)] for kernels in kernels_of_same_bits)
    assert others
    assert all(other == first for other in others)


@given(
    sizes=st.lists(st.integers(1, 70), min_size=2, max_size=5),
    m=st.integers(1, 33),
    first=st.integers(0, 3),
    output=st.sampled_from(OUTPUTS),
)
def test_same_bits_for_any_sizes(kernels_of_same_bits, sizes, m, first, output):
    results = []
    for kernels in kernels_of_same_bits:
        net = network_on(kernels, sizes, activations_of(sizes, output[0], first), output[1], seed=m)
        train(net, examples_for(net, 3 * m + 1), range(3 * m + 1), m, {"eta": 0.1, "lmbda_over_n": 0.1})
        results.append(net.parameters.tobytes())
    assert len(set(results)) == 1


@pytest.mark.parametrize(("output", "cost"), OUTPUTS)
def test_base_differs_from_the_others_by_rounding_alone(kernels, variant, output, cost):
    """Three steps. Each result is within the bound of exact arithmetic, which grows from step to step."""
    if kernels.target == "base" or "base" not in targets.targets_supported():
        pytest.skip("compares base with the targets that have FMA")
    pair = kernels, variant("base", kernels.dtype)
    net, other = (network_on(module, [31, 20, 10], ["tanh", output], cost, seed=6) for module in pair)
    X, y = examples_for(net, 30)
    bound = Rounding(kernels.dtype)
    parameters = (None, None)
    for rows in (slice(0, 10), slice(10, 20), slice(20, 30)):
        parameters = bound.step(net, X[rows], y[rows], 0.1, 0.1, parameters)
        for each in net, other:
            train(each, (X[rows], y[rows]), range(10), 10, {"eta": 0.1, "lmbda_over_n": 0.1})
    doubled = [[rounded.with_error_times(2) for rounded in side] for side in parameters]
    check_parameters_within(bound, net, other.weights, other.biases, doubled)
    for rounded in parameters[0]:
        assert np.max(rounded.error) < 1e5 * np.finfo(kernels.dtype).eps
    assert net.parameters.tobytes() != other.parameters.tobytes()  # otherwise there was nothing to bound
