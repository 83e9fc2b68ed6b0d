"""Prove BP3 and BP4, dC/db = delta and dC/dw_jk = a_k delta_j. This script compares both with the
definition of a derivative. (Chapter 2, "Proof of the four fundamental equations".)
"""

import argparse

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

train, _, _ = nn.datasets.load_sample()
net = nn.Network([784, 30, 10], cost="quadratic", dtype="float64", seed=0)
gradients = nn.check_gradients(net, train.to_float()[:10], train.labels[:10])
print(gradients)
print("The proof: z_j = sum_k w_jk a_k + b_j, so dz_j/db_j = 1 and dz_j/dw_jk = a_k. Multiply by dC/dz_j.")


def check():
    assert gradients
    assert max(array.error for array in gradients.arrays) < 1e-6
