"""Answers, costs and accuracies: over non-zero inputs alone, on several threads, without a cost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.limits import MOST_ROWS
from support.networks import examples_for, network_of_layers, network_on, with_random_parameters

from nncore.layers import Conv2D, Dense, MaxPool2D, Softmax

LANE_BYTES = 64


def padded(array, axis, kernels):
    """The array with zeros up to whole cache lines along an axis."""
    lanes = LANE_BYTES // np.dtype(kernels.dtype).itemsize
    widths = [(0, 0)] * array.ndim
    widths[axis] = (0, -array.shape[axis] % lanes)
    return np.ascontiguousarray(np.pad(array, widths), kernels.dtype)


def dense_z(kernels, net, X):
    """z of a network of one linear layer, by the product over all inputs; a byte stands for byte/256."""
    X = X / np.array(256, kernels.dtype) if X.dtype == np.uint8 else X
    w, b = padded(net.weights[0].T, 1, kernels), padded(net.biases[0][:, 0], 0, kernels)
    z = np.zeros((len(X), w.shape[1]), kernels.dtype)
    kernels.weighted_input(padded(X, 1, kernels), w, b, z)
    return z[:, : net.sizes[1]]


def pixels(m, n_in, share, seed):
    """Bytes, of which a share is not zero."""
    rng = np.random.default_rng(seed)
    return (rng.integers(1, 256, (m, n_in)) * (rng.random((m, n_in)) < share)).astype(np.uint8)


@pytest.mark.every_target
@given(
    m=st.sampled_from([1, 2, 7, 63, 64, 65, MOST_ROWS + 1]),
    n_in=st.sampled_from([1, 7, 8, 63, 64, 65, 127, 200, 784, 1100]),
    n=st.sampled_from([1, 10, 16, 30, 40, 100, 200]),
    share=st.sampled_from([0.0, 0.02, 0.2, 0.36, 1.0]),
    of_bytes=st.booleans(),
)
def test_non_zero_inputs_alone_give_the_bits_of_all(kernels, m, n_in, n, share, of_bytes):
    net = with_random_parameters(network_on(kernels, [n_in, n], ["linear"], seed=1), seed=n)
    X = pixels(m, n_in, share, seed=m * n_in)
    given = X if of_bytes else (X / np.float32(3)).astype(kernels.dtype)
    np.testing.assert_array_equal(net.feedforward(given.reshape(m, 1, n_in)), dense_z(kernels, net, given))


def test_examples_that_are_not_looked_at_may_be_full(kernels):
    """One example of eight is looked at to see whether most inputs are zero; the others have no zeros."""
    m, n_in = 130, 300
    net = with_random_parameters(network_on(kernels, [n_in, 20], ["linear"], seed=1), seed=2)
    X = pixels(m, n_in, 1.0, seed=3)
    X[::8] = 0
    np.testing.assert_array_equal(net.feedforward(X), dense_z(kernels, net, X))
    np.testing.assert_array_equal(net.feedforward(X[1:]), dense_z(kernels, net, X[1:]))


NETWORKS = {
    "sigmoid": ((784,), [Dense(30), Dense(10)]),
    "softmax": ((784,), [Dense(30, "tanh", dropout=0.2), Softmax(10, dropout=0.5)]),
    "no hidden layer": ((784,), [Softmax(10)]),
    "quadratic": ((784,), [Dense(300, "relu"), Dense(40, "relu"), Dense(10, "linear")]),
    "convolution": ((1, 28, 28), [Conv2D(4, 5, "relu"), MaxPool2D(2), Dense(20), Softmax(10)]),
}


@pytest.mark.every_target
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("masks", [None, (3, 1)], ids=["", "dropout"])
def test_threads_give_the_bits_of_one(kernels, sample, name, masks):
    shape, layers = NETWORKS[name]
    net = with_random_parameters(network_of_layers(kernels, layers, shape, seed=4), seed=5)
    X, labels = sample[0].images[:333].reshape(333, 784), sample[0].labels[:333]
    both = []
    for inputs in (X, (X / 256).astype(kernels.dtype)):
        data = net._data("data", (inputs, labels))
        alone = kernels.evaluate(net._program, net.parameters, data, masks)
        for threads in (1, 2, 3, 4, 30):
            assert kernels.evaluate(net._program, net.parameters, data, masks, threads) == alone
            without = kernels.evaluate(net._program, net.parameters, data, masks, threads, cost=False)
            assert without == (None, alone[1])
        outs = [np.empty((333, 10), kernels.dtype) for _ in range(4)]
        for threads, out in enumerate(outs, 1):
            kernels.feedforward(net._program, net.parameters, data, out, threads)
            assert out.tobytes() == outs[0].tobytes()
        both.append((alone, outs[0].tobytes()))
    assert both[0] == both[1]


@pytest.mark.parametrize("threads", [0, -1, 257])
def test_a_number_of_threads_that_makes_no_sense_is_refused(kernels, threads):
    net = network_on(kernels, [3, 2], ["sigmoid"], seed=0)
    data, out = net._data("data", examples_for(net, 5)), np.empty((5, 2), kernels.dtype)
    with pytest.raises(ValueError, match="threads: 1 to 256 needed"):
        kernels.evaluate(net._program, net.parameters, data, threads=threads)
    with pytest.raises(ValueError, match="threads: 1 to 256 needed"):
        kernels.feedforward(net._program, net.parameters, data, out, threads)


@pytest.mark.every_target
@given(
    z=st.lists(
        st.sampled_from([0.0, -0.0, 1.0, 1e-8, -1e-8, 1 - 1e-7, 2**-10, 1.5 * 2**-10, -3.0, 80.0, 1e4, -1e4]),
        min_size=2,
        max_size=12,
    )
)
def test_softmax_is_right_where_predict_is(kernels, z):
    """No exponential is computed where the largest z is clear; where activations may be equal, the first of
    them counts, as in `predict`."""
    net = network_on(kernels, [1, len(z)], ["softmax"], init="zeros")
    net.biases = [np.reshape(z, (-1, 1))]
    answer = int(net.feedforward([0.0]).argmax())
    for label in range(len(z)):
        y = np.eye(len(z))[[label]]
        data = net._data("data", ([[0.0]], y))
        for cost in (True, False):
            _, correct = kernels.evaluate(net._program, net.parameters, data, cost=cost)
            assert correct == (label == answer)


def test_softmax_of_a_nan_answers_the_nan(kernels):
    net = network_on(kernels, [1, 4], ["softmax"], init="zeros")
    net.biases[0][2] = np.nan  # through the live view; assigning would refuse it
    answer = int(net.feedforward([0.0]).argmax())
    assert [net.accuracy(([[0.0]], [label])) for label in range(4)] == [label == answer for label in range(4)]
    assert np.isnan(net.cost(([[0.0]], [1])))
