"""A small network in float64 and random examples for it, on which tests of SGD run in milliseconds."""

import numpy as np

import nncore as nn

SIZES, N, M = [5, 4, 3], 11, 4  # mini-batches of 4, 4 and 3


def classes(n=N, seed=1):
    """(X, unit vectors) of n examples."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, SIZES[0])), np.eye(SIZES[-1])[rng.integers(0, SIZES[-1], n)]


def network(**options):
    return nn.Network(SIZES, **{"cost": "cross-entropy", "dtype": "float64", "seed": 3} | options)
