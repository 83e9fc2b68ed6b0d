"""With the cross-entropy the gradient of a weight is dC/dw_j = x_j (sigma(z) - y): the cost has removed
sigma' from it. Can a cost remove x_j as well? (Chapter 3, "What does the cross-entropy mean? Where does it
come from?".)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

x = np.array([0.0, 0.1, 0.5, 1.0])
ratios = {}
for cost in ("quadratic", "cross-entropy"):
    net = nn.Network([4, 1], cost=cost, dtype="float64", seed=0)
    _, nabla_w = net.backprop(x, [1.0])
    ratios[cost] = abs(nabla_w[0][0] / nabla_w[0][0, 3])
    print(f"{cost:13}: gradients of the four weights, divided by the last: {ratios[cost].round(6)}; x = {x}")

train, _, test = nn.datasets.load_sample()
net = nn.Network([784, 30, 10], seed=0)
before = net.weights[0].copy()
net.SGD(train, 3, 10, 0.5)
never_lit = (train.images.reshape(len(train), -1) == 0).all(axis=0)
moved = (net.weights[0] != before).any(axis=0)
print(
    f"Pixels that are always 0 in training: {never_lit.sum()}; weights changed at {moved[never_lit].sum()}."
)
print(f"The other pixels: {(~never_lit).sum()}; weights changed at {moved[~never_lit].sum()}.")
print(
    "z = sum_j w_j x_j + b, so dC/dw_j = x_j dC/dz for every cost C. The factor x_j comes from the way\n"
    "weights act, not from the cost: an input that is 0 teaches its weight nothing."
)


def check():
    for by_weight in ratios.values():
        np.testing.assert_allclose(by_weight, x, atol=1e-12)
    assert never_lit.sum() > 50
    np.testing.assert_array_equal(moved, ~never_lit)
