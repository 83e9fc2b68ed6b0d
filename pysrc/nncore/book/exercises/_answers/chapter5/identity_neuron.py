"""Make a sigmoid neuron that passes on its input: find w1, b and w2 so that w2 sigma(w1 x + b) is close
to x for x from 0 to 1. (Chapter 5, "What's causing the vanishing gradient problem?": the identity
neuron.)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

x = np.linspace(0, 1, 1001)[:, None]
worst = {}
for w1 in (4.0, 1.0, 0.1, 0.01):
    net = nn.Network([nn.Dense(1), nn.Dense(1, "linear")], input_shape=(1,), init="zeros", dtype="float64")
    net.weights = [[[w1]], [[4 / w1]]]  # around its middle the sigmoid is 1/2 + z/4
    net.biases = [[[-w1 / 2]], [[0.5 - 2 / w1]]]  # z = w1 (x - 1/2)
    worst[w1] = float(abs(net.feedforward(x) - x).max())
    print(f"w1 = {w1:4}: w2 sigma(w1 x + b) + a constant differs from x by {worst[w1]:.1e} at most")
print(
    "Where w1 (x - 1/2) is small, the sigmoid is straight: 4/w1 sigma is x - 1/2 + 2/w1, to about\n"
    "w1^2/96.\n"
    "The bias of the next neuron takes the constant. Without the constant no neuron passes on x, whatever\n"
    "b and w2 are:"
)

some, without = x[::20], {}
for w1 in (0.5, 2.0, 5.5, 10.0):
    s = nn.functions.sigmoid(w1 * some + np.linspace(-8, 2, 201))  # a column for each b
    ratios = np.linspace(0.5, 1.3, 161).reshape(-1, 1, 1) / s[-1]  # w2 sigma(w1 + b) is about 1
    without[w1] = float(abs(ratios * s - some).max(axis=1).min())
    print(f"w1 = {w1:4}: differs from x by {without[w1]:.3f} at best")


def check():
    for w1 in (1.0, 0.1, 0.01):
        assert abs(worst[w1] / (w1**2 / 96) - 1) <= 0.05
    assert min(without.values()) > 0.05
