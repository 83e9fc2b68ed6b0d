"""Multiply every weight and bias of a network of perceptrons by c > 0. What changes? (Chapter 1,
"Sigmoid neurons", the first part of the exercise.)

The network is the adder of the section "Perceptrons", made of NAND gates. It adds two bits. Perceptrons
of their own pass on the bits that a later layer needs again.
"""

import argparse

import numpy as np

argparse.ArgumentParser(description=__doc__).parse_args()

NAND, NOT = -2.0, -4.0  # weights that go with the bias 3
weights = [
    np.array([[NAND, NAND], [2, 0], [0, 2]]),  # NAND(x1, x2); x1; x2
    np.array([[NAND, NAND, 0], [NAND, 0, NAND], [NOT, 0, 0]]),  # with x1; with x2; the carry
    np.array([[NAND, NAND, 0], [0, 0, 2]]),  # the sum; the carry
]
biases = [np.array([3.0, -1, -1]), np.array([3.0, 3, 3]), np.array([3.0, -1])]


def perceptrons(weights, biases, bits):
    """Return the bits of the last layer."""
    for w, b in zip(weights, biases, strict=True):
        bits = (w @ bits + b > 0).astype(int)
    return bits


print("x1 x2  sum carry")
adds = same = True
for x1, x2 in [(0, 0), (0, 1), (1, 0), (1, 1)]:
    total, carry = perceptrons(weights, biases, np.array([x1, x2]))
    print(f" {x1}  {x2}   {total}    {carry}")
    adds = adds and x1 + x2 == 2 * carry + total
    for c in (0.001, 1000):
        scaled = perceptrons([c * w for w in weights], [c * b for b in biases], np.array([x1, x2]))
        same = same and list(scaled) == [total, carry]

print(
    f"The network adds: {adds}. It gives the same bits with c = 0.001 and with c = 1000: {same}.\n"
    "A perceptron depends only on the sign of w.x + b, and c (w.x + b) has the same sign."
)


def check():
    assert adds
    assert same
