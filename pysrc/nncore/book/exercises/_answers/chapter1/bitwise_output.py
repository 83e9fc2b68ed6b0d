"""Add a fourth layer of four neurons that turns the ten outputs into the bits of the digit. Find its
weights and biases by reasoning alone. Assume that the right output is at least 0.99 and each other
output less than 0.01. (Chapter 1, "A simple network to classify handwritten digits".)
"""

import argparse

import numpy as np

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mnist", action="store_true", help="use all of MNIST")
options = parser.parse_args()

c = 20.0
bits = np.array([[digit >> bit & 1 for digit in range(10)] for bit in range(4)])  # (4, 10), the lowest first
w, b = c * bits, np.full((4, 1), -c / 2)  # a bit is 1 if its digits sum to more than 1/2

# The worst case. If the bit should be 1, only the right output is active, and it is 0.99. If the bit should
# be 0, every other digit that has the bit has an output of 0.01.
lowest_one, highest_zero = 0.99 * c + b.max(), 0.01 * w.sum(axis=1).max() + b.max()
worst_one, worst_zero = nn.functions.sigmoid(np.array([lowest_one, highest_zero]))
print(f"A bit that is 1 is never below {worst_one:.4f}, one that is 0 never above {worst_zero:.4f}.")

digits = nn.datasets.load_mnist if options.mnist else nn.datasets.load_sample
train, validation, test = digits()
net = nn.Network([784, 30, 10], seed=0)
net.SGD(train, 20, 10, 0.5, lmbda=len(train) / 10_000)

bitwise = nn.Network([784, 30, 10, 4], init="zeros")
bitwise.weights, bitwise.biases = [*net.weights, w], [*net.biases, b]
read = (bitwise.feedforward(test) > 0.5) @ [1, 2, 4, 8]
by_bits, by_largest = (read == test.labels).mean(), net.accuracy(test)
sure = np.sort(net.feedforward(test), axis=1)
as_assumed = (sure[:, -1] >= 0.99) & (sure[:, -2] < 0.01)
agree = (read == net.predict(test))[as_assumed].all()
print(f"On a trained network {as_assumed.mean():.0%} of the test images have outputs as clear as that.")
print(f"The layer turns every one of those into the right bits: {agree}.")
print(f"The bits are right for {by_bits:.1%} of all test images, the largest output for {by_largest:.1%}.")


def check():
    assert worst_one > 0.999
    assert worst_zero < 0.001
    # For every digit, with the nine other outputs anywhere from 0 to 0.01, the weights give the right bits.
    others = np.random.default_rng(0).uniform(0, 0.01, (1000, 10))
    others[:100] = 0.01 * np.random.default_rng(1).integers(0, 2, (100, 10))
    for digit in range(10):
        a = others.copy()
        a[:, digit] = np.linspace(0.99, 1, 1000)
        z = a @ w.T + b.T
        np.testing.assert_array_equal((z > 0) @ [1, 2, 4, 8], digit)
    assert as_assumed.mean() > 0.3
    assert agree
    assert by_largest - 0.05 < by_bits <= by_largest + 0.01
