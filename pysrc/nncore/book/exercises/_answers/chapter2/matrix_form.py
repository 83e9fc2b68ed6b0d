"""Write backpropagation as a product of matrices: delta^l = S(z^l) (w^{l+1})^T ... S(z^{L-1}) (w^L)^T
S(z^L) nabla_a C, where S(z) is the diagonal matrix of sigma'(z). (Chapter 2, "The four fundamental
equations behind backpropagation": the alternate presentation.)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

net = nn.Network([5, 4, 4, 3], cost="quadratic", dtype="float64", seed=0)
x, y = np.linspace(0, 1, 5), np.array([0.0, 1.0, 0.0])
seen = nn.trace(net, x, y)

S = [np.diag((a * (1 - a)).ravel()) for a in seen.a]
nabla_a = seen.a[-1] - y.reshape(-1, 1)
apart = []
for l in range(len(S)):
    product = S[l]
    for after in range(l + 1, len(S)):
        product = product @ net.weights[after].T @ S[after]
    nabla_b, _ = net.backprop(x, y)
    apart.append(abs(product @ nabla_a - nabla_b[l]).max())
    print(f"delta^{l + 2}: the product and BP2 differ by {apart[-1]:.0e}")

print(
    "A diagonal matrix times a vector is the Hadamard product, so both are the chain rule. BP2 multiplies\n"
    "from the right, a vector at a time, which is the cheapest order."
)


def check():
    assert len(apart) == 3
    assert max(apart) < 1e-15
    assert max(abs(nabla).max() for nabla in nabla_b) > 0.01
