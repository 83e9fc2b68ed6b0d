"""Write a' = sigma(w a + b) neuron by neuron. Is it the rule of a single sigmoid neuron? (Chapter 1,
"Implementing our network to classify digits".)
"""

import argparse
from math import exp

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

net = nn.Network([4, 3, 2], dtype="float64", seed=0)
x = np.array([0.2, 0.9, 0.4, 0.7])

a = list(x)
for w, b in zip(net.weights, net.biases, strict=True):
    a = [1 / (1 + exp(-sum(w[j, k] * a[k] for k in range(len(a))) - b[j, 0])) for j in range(len(b))]

apart = abs(np.array(a) - net.feedforward(x)).max()
print(f"neuron by neuron: {a}")
print(f"as matrices:      {net.feedforward(x).tolist()}")
print(f"a'_j = 1 / (1 + exp(-sum_k w_jk a_k - b_j)) is the rule of one neuron; difference {apart:.0e}.")


def check():
    assert apart < 1e-14
