"""Prove sigma(z) = (1 + tanh(z/2))/2 for the sigmoid sigma. It follows that any sigmoid network can be
rewritten as a tanh network. (Chapter 3, "Other models of artificial neuron".)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

z = np.linspace(-20, 20, 4001)
apart = abs(nn.functions.sigmoid(z) - (1 + nn.functions.tanh(z / 2)) / 2).max()
print(f"For z from -20 to 20 they differ by {apart:.0e}. (tanh(z/2) = (e^z - 1)/(e^z + 1) = 2 sigma(z) - 1.)")

train, _, test = nn.datasets.load_sample()
net = nn.Network([784, 30, 10], dtype="float64", seed=0)
net.SGD(train, 2, 10, 0.5)
disguised = nn.Network([nn.Dense(30, "tanh"), nn.Dense(10)], input_shape=(784,), dtype="float64")
(w2, w3), (b2, b3) = net.weights, net.biases
disguised.weights = [w2 / 2, w3 / 2]
disguised.biases = [b2 / 2, b3 + w3.sum(axis=1, keepdims=True) / 2]
difference = abs(disguised.feedforward(test) - net.feedforward(test)).max()
print(
    "A trained sigmoid network, rewritten with tanh neurons and other weights, gives the same outputs to\n"
    f"{difference:.0e}."
)


def check():
    assert apart < 1e-15
    assert difference < 1e-12
