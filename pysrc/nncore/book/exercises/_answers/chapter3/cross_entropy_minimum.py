"""For targets between 0 and 1, is the cross-entropy still smallest when every output equals its target?
(Chapter 3, "The cross-entropy cost function".)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

learnt, costs, entropies = {}, {}, {}
for y in (0.1, 0.3, 0.5):
    net = nn.Network([1, 1], dtype="float64", seed=0)
    data = ([[1.0]], [[y]])
    net.SGD(data, 2000, 1, 1.0)
    learnt[y], costs[y] = net.feedforward([1.0])[0], net.cost(data)
    entropies[y] = -(y * np.log(y) + (1 - y) * np.log(1 - y))
    print(
        f"y = {y}: the neuron learns {learnt[y]:.6f}; C = {costs[y]:.6f}, the binary entropy "
        f"{entropies[y]:.6f}"
    )

print(
    "dC/da = (a - y) / (a (1 - a)) is 0 only at a = y, so the minimum is there. But C is not 0 there: it is\n"
    "the entropy of y, which no answer can reduce."
)


def check():
    for y, a in learnt.items():
        assert abs(a - y) <= 1e-6
        assert abs(costs[y] - entropies[y]) <= 1e-9
        assert entropies[y] > 0
