"""Multiply every weight and bias of a network of perceptrons by c > 0: what changes? (Chapter 1, "Sigmoid
neurons", the first part of the exercise.)

The network is the one of "Perceptrons" that adds two bits, made of NAND gates; bits that a later layer
needs again are passed along by perceptrons of their own.
"""

import numpy as np

NAND, NOT = -2.0, -4.0  # weights that go with the bias 3
weights = [
    np.array([[NAND, NAND], [2, 0], [0, 2]]),  # NAND(x1, x2); x1; x2
    np.array([[NAND, NAND, 0], [NAND, 0, NAND], [NOT, 0, 0]]),  # with x1; with x2; the carry
    np.array([[NAND, NAND, 0], [0, 0, 2]]),  # the sum; the carry
]
biases = [np.array([3.0, -1, -1]), np.array([3.0, 3, 3]), np.array([3.0, -1])]


def perceptrons(weights, biases, bits):
    """The bits of the last layer."""
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
    f"The network adds: {adds}. The same bits with c = 0.001 and with c = 1000: {same}.\n"
    "A perceptron asks only for the sign of w.x + b, and the sign of c (w.x + b) is the same."
)


def check():
    assert adds
    assert same
