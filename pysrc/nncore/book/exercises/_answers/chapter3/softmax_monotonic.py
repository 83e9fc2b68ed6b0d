"""Softmax makes the outputs a_j = exp(z_j) / sum_k exp(z_k) of the weighted inputs z. Show that da_j/dz_k is
positive for j = k and negative for all other k. (Chapter 3, "Softmax": monotonicity.)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

z, h = np.array([1.0, -0.5, 2.0, 0.0]), 1e-6
steps = h * np.eye(4)
softmax_by_z = (nn.functions.softmax(z + steps) - nn.functions.softmax(z - steps)).T / (
    2 * h
)  # [j, k] = da_j/dz_k
sigmoid_by_z = (nn.functions.sigmoid(z + steps) - nn.functions.sigmoid(z - steps)).T / (2 * h)

a = nn.functions.softmax(z)
formula = np.diag(a) - np.outer(a, a)  # a_j (1 if j = k else 0) - a_j a_k
apart = abs(formula - softmax_by_z).max()
print(f"da_j/dz_k of softmax:\n{softmax_by_z.round(3)}")
print(f"da_j/dz_k of sigmoids:\n{sigmoid_by_z.round(3)}")
print(
    f"Softmax: a_j (1 - a_j) on the diagonal, -a_j a_k elsewhere (to {apart:.0e}). Raising z_k raises\n"
    "a_k and lowers every other output, so that the sum stays 1. A sigmoid depends on its own z only."
)


def check():
    on_diagonal = np.eye(4, dtype=bool)
    assert (softmax_by_z[on_diagonal] > 0.01).all()
    assert (softmax_by_z[~on_diagonal] < -0.001).all()
    assert (sigmoid_by_z[~on_diagonal] == 0).all()
    assert apart < 1e-8
