"""The outputs of a softmax layer sum to 1. Show by an example that those of a sigmoid layer need not.
(Chapter 3, "Softmax".)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

z = np.array([2.0, 1.0, -1.0, 3.0])
sigmoids, softmax = nn.functions.sigmoid(z), nn.functions.softmax(z)
print(f"z = {z}")
print(f"sigmoid: {sigmoids.round(3)}, sum {sigmoids.sum():.3f}")
print(f"softmax: {softmax.round(3)}, sum {softmax.sum():.3f}")
print(
    "Each sigmoid output is between 0 and 1 for itself. Softmax divides by the sum, so that its outputs are\n"
    "one distribution."
)


def check():
    assert sigmoids.sum() > 2
    assert abs(softmax.sum() - 1) <= 1e-6
