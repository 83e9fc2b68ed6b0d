"""Compute the gradients of the output weights in a network of many layers: a_k (a_j - y_j) sigma'(z_j)
for the quadratic cost, a_k (a_j - y_j) for the cross-entropy. (Chapter 3, "The cross-entropy cost
function".)
"""

import argparse

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

train, _, _ = nn.datasets.load_sample()
x, y = train[0]
apart, sizes = {}, {}
for cost in ("quadratic", "cross-entropy"):
    net = nn.Network([784, 30, 30, 10], cost=cost, init="large", dtype="float64", seed=0)
    seen = nn.trace(net, x, y)
    a_k, a_j = seen.a[-2], seen.a[-1]
    error = a_j - seen.y
    if cost == "quadratic":
        error = error * a_j * (1 - a_j)
    _, nabla_w = net.backprop(x, y)
    apart[cost] = abs(error @ a_k.T - nabla_w[-1]).max()
    sizes[cost] = abs(nabla_w[-1]).max(axis=1)
    print(f"{cost:13}: the formula differs from backprop's gradients by {apart[cost]:.0e}")

slowest = (sizes["quadratic"] / sizes["cross-entropy"]).min()
print(f"The two differ by the factor sigma'(z_j) <= 1/4. For the most saturated output it is {slowest:.1e}.")


def check():
    assert max(apart.values()) < 1e-14
    assert (sizes["quadratic"] <= sizes["cross-entropy"] / 4).all()
    assert slowest < 0.01
