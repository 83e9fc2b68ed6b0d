"""Verify that the slope of the sigmoid sigma(z) = 1/(1 + exp(-z)) is sigma'(z) = sigma(z) (1 - sigma(z)).
(Chapter 3, "The cross-entropy cost function".)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

z, h = np.linspace(-10, 10, 2001), 1e-5
a = nn.functions.sigmoid(z)
differences = (nn.functions.sigmoid(z + h) - nn.functions.sigmoid(z - h)) / (2 * h)
apart = abs(a * (1 - a) - differences).max()
print(
    f"For z from -10 to 10 the two differ by {apart:.0e} at most, the error of central differences.\n"
    f"The largest slope is {(a * (1 - a)).max()}, at z = {z[(a * (1 - a)).argmax()]:.0f}: all of chapter 5\n"
    "rests on that 1/4."
)


def check():
    assert apart < 1e-9
    assert (a * (1 - a)).max() == 0.25
