"""Where a dense network's parameters lie in its flat vector, and which of the numbers there are padding.

Layer l has its weights input-major, (n_prev, stride), and its biases, (stride,), behind them. A stride is n
rounded up to whole cache lines; what is past n is padding, and 0.
"""

import numpy as np


def views(net, vector):
    """(weights, biases), as views of a vector that is laid out as net.parameters."""
    weights, biases = [], []
    for (w, b, stride), n_prev, n in zip(net._program.offsets(), net.sizes, net.sizes[1:], strict=False):
        weights.append(vector[w : w + n_prev * stride].reshape(n_prev, stride)[:, :n].T)
        biases.append(vector[b : b + n].reshape(n, 1))
    return weights, biases


def arrays_of(net, vector):
    """The views of `views` in one list: the weights, then the biases."""
    weights, biases = views(net, vector)
    return [*weights, *biases]


def padding(net, vector):
    """The numbers of a vector that are padding."""
    is_padding = np.ones(len(vector), bool)
    for array in arrays_of(net, is_padding):
        array[...] = False
    return vector[is_padding]


def padded_size(n, dtype):
    """n numbers rounded up to whole cache lines: the stride of a layer of n neurons."""
    lanes = numbers_in_a_line(dtype)
    return -(-n // lanes) * lanes


def numbers_in_a_line(dtype):
    """How many numbers of a dtype fill a cache line of 64 bytes."""
    return 64 // np.dtype(dtype).itemsize
