"""Rewrite backpropagation for neurons with sigma(z) = z. (Chapter 2, "The backpropagation algorithm".)"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

layers = [nn.Dense(4, "linear"), nn.Dense(3, "linear"), nn.Dense(2, "linear")]
net = nn.Network(layers, input_shape=(5,), dtype="float64", seed=0)
x, y = np.linspace(-1, 1, 5).reshape(-1, 1), np.array([[1.0], [-1.0]])

a = [x]
for w, b in zip(net.weights, net.biases, strict=True):
    a.append(w @ a[-1] + b)
delta = a[-1] - y  # BP1, with sigma' = 1
nabla_b, nabla_w = net.backprop(x, y)
apart = 0.0
for l in (2, 1, 0):
    apart = max(apart, abs(delta - nabla_b[l]).max(), abs(delta @ a[l].T - nabla_w[l]).max())
    delta = net.weights[l].T @ delta  # BP2, with sigma' = 1

matrix = net.weights[2] @ net.weights[1] @ net.weights[0]
zero = net.feedforward(np.zeros((5, 1)))
one_layer = abs(matrix @ x + zero - net.feedforward(x)).max()
print(
    f"delta^L = a^L - y and delta^l = (w^(l+1))^T delta^(l+1), since sigma' = 1. They differ from the\n"
    f"library's gradients by {apart:.0e}. The network equals one matrix and one bias, to {one_layer:.0e}."
)


def check():
    assert apart < 1e-14
    assert one_layer < 1e-14
