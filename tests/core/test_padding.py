"""The padding of the parameters, and of everything laid out as they are, stays zero."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.layout import arrays_of, padding
from support.networks import HIDDEN, OUTPUTS, activations_of, examples_for, network_of_layers, network_on
from support.rules import RULES
from support.training import gradient_vector, train

from nncore.layers import Conv2D, Dense, MaxPool2D, Softmax


@given(
    sizes=st.lists(st.integers(1, 70), min_size=2, max_size=5),
    m=st.integers(1, 33),
    first=st.integers(0, len(HIDDEN) - 1),
    output=st.sampled_from(OUTPUTS),
    paths=st.tuples(st.sampled_from([0.0, 0.4]), st.booleans()),  # dropout, non-zero inputs are listed
)
@pytest.mark.parametrize("rule", RULES)
def test_padding_stays_zero(kernels, rule, sizes, m, first, output, paths):
    """In parameters, in what the rule remembers, and in gradients, whatever the layers and the rule."""
    dropout, listed = paths
    assume(output[0] != "softmax" or sizes[-1] > 1)
    net = network_on(
        kernels,
        sizes,
        activations_of(sizes, output[0], first),
        output[1],
        dropout=[0.0 if listed else dropout, *[dropout] * (len(sizes) - 2)],  # dropout of inputs needs all
        seed=m,
    )
    assert sum(array.size for array in arrays_of(net, net.parameters)) == sum(
        (n_prev + 1) * n for n_prev, n in itertools.pairwise(sizes)
    )
    data = examples_for(net, 2 * m + 1)
    state = train(net, data, range(2 * m + 1), m, RULES[rule] | {"eta": 0.01}, listed=listed)
    nabla = gradient_vector(net, data, (1, 2) if dropout else None)
    for vector in (net.parameters, nabla, *state.reshape(-1, net._program.size)):
        assert (padding(net, vector) == 0).all()
        assert np.isfinite(vector).all()  # nabla was NaN before


@pytest.mark.parametrize("rule", RULES)
def test_padding_stays_zero_for_any_mini_batch(kernels, rule):
    net = network_on(kernels, [33, 7, 16, 17, 1], ["tanh", "tanh", "tanh", "sigmoid"], seed=4)
    data = examples_for(net, 20)
    for m, listed in itertools.product((3, 1), (False, True)):
        state = train(net, data, range(20), m, RULES[rule], listed=listed)
        for vector in (net.parameters, *state.reshape(-1, net._program.size)):
            assert (padding(net, vector) == 0).all()
            assert np.isfinite(vector).all()
    for vector in state.reshape(-1, net._program.size):
        assert all((array != 0).any() for array in arrays_of(net, vector))


def test_padding_of_convolutions_stays_zero(kernels):
    """What is left when all weights and biases are set to zero is padding."""
    layers = [Conv2D(20, 5, "tanh"), MaxPool2D(2), Conv2D(40, 5, "tanh"), MaxPool2D(2), Dense(9), Softmax(4)]
    net = network_of_layers(kernels, layers, (1, 28, 28), seed=0)
    rng = np.random.default_rng(0)
    data = rng.standard_normal((20, 1, 28, 28)), rng.integers(0, 4, 20)
    train(net, data, range(20), 10, {"eta": 0.5, "lmbda_over_n": 0.05})
    assert net.parameters.any()
    for array in (*net.weights, *net.biases):
        array[...] = 0
    assert not net.parameters.any()
