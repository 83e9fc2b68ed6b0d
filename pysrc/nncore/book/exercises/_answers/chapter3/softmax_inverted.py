"""Can the weighted inputs of a softmax layer be computed from its outputs? (Chapter 3, "Softmax":
inverting the layer.)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

z = np.array([1.0, -0.5, 2.0, 0.0])
a = nn.functions.softmax(z)
back = np.log(a)
constants = z - back
shifted = {C: abs(nn.functions.softmax(z + C) - a).max() for C in (1.0, -50.0, 1000.0)}
print(f"z - ln a = {constants.round(6)}")
print(
    "So z_j = ln a_j + C, where C = ln sum_k exp(z_k) is the same for all j. The outputs do not tell C:\n"
    f"softmax(z + C) equals softmax(z), to {max(shifted.values()):.0e} for C = 1, -50 and even 1000."
)


def check():
    np.testing.assert_allclose(constants, np.log(np.exp(z).sum()))
    assert max(shifted.values()) < 1e-12
