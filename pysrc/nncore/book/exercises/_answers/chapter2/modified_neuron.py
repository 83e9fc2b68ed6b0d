"""Give one neuron of the network another function f in place of sigma. What changes in backpropagation?
(Chapter 2, "The backpropagation algorithm".)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

net = nn.Network([3, 4, 2], cost="quadratic", dtype="float64", seed=0)
(w2, w3), (b2, b3) = net.weights, net.biases
x, y = np.array([[0.3], [0.8], [0.5]]), np.array([[1.0], [0.0]])
f, f_prime = np.sin, np.cos  # for neuron 1 of the hidden layer


def feedforward(b2):
    """Return z and a of the hidden layer, and a of the output."""
    z2 = w2 @ x + b2
    a2 = nn.functions.sigmoid(z2)
    a2[1] = f(z2[1])
    return z2, a2, nn.functions.sigmoid(w3 @ a2 + b3)


def cost(b2):
    return ((feedforward(b2)[2] - y) ** 2).sum() / 2


z2, a2, a3 = feedforward(b2)
slope = a2 * (1 - a2)
slope[1] = f_prime(z2[1])  # the only change: f' instead of sigma' for that neuron
delta3 = (a3 - y) * a3 * (1 - a3)  # BP1
nabla_b = (w3.T @ delta3) * slope  # BP2 and BP3

h, steps = 1e-6, np.eye(4).reshape(4, 4, 1)
differences = np.array([[(cost(b2 + h * step) - cost(b2 - h * step)) / (2 * h)] for step in steps])
apart = abs(nabla_b - differences).max()
slope[1] = a2[1] * (1 - a2[1])
wrong = abs((w3.T @ delta3) * slope - differences).max()
print(f"dC/db differs from central differences by {apart:.0e} with f', {wrong:.0e} with sigma'.")
print(
    "Forward, the neuron computes f(z). Backward, its own delta has the factor f'(z). Nothing else changes."
)


def check():
    assert apart < 1e-9
    assert wrong > 0.01
