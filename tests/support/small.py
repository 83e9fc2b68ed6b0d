"""A small network with data that it can learn."""

import numpy as np

import nncore as nn


def small(seed=0, **options):
    """Four inputs, three classes; and twenty examples that it can learn."""
    net = nn.Network([4, 6, 3], seed=seed, **options)
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 20)
    return net, (rng.standard_normal((20, 4)) + 3 * np.eye(4)[labels], labels)


def bytes_of(net):
    return net.parameters.tobytes()
