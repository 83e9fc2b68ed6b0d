"""The core's counter-based random numbers in Python, and the dropout masks drawn from them."""

import functools

import numpy as np

from nncore.reference import mix


def key_of(seed, epoch, stream):
    """The key of a stream of random numbers in an epoch."""
    return mix(mix(mix(seed) + epoch) + stream)


def bits_of(key, counter):
    """The 64 bits that a key and a counter stand for."""
    return mix(key + counter * 0x9E3779B97F4A7C15)


@functools.cache
def mask(seed, epoch, l, position, n, p):
    """(n,) of 0 and 1: which inputs of layer l the example at this position of the epoch keeps."""
    key = key_of(seed, epoch, 1 + l)
    counters = range(position * n, position * n + n)
    return np.array([bits_of(key, counter) >> 32 >= int(p * 2**32) for counter in counters], float)
