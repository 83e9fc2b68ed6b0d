"""Replace the perceptrons by sigmoid neurons and multiply all weights and biases by c. When does the
network give the same answers as c grows, and when does it not? (Chapter 1, "Sigmoid neurons", the second
part of the exercise.)
"""

import argparse

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

X = [[0, 0], [0, 1], [1, 0], [1, 1]]
sums_and_carries = [[0, 0], [1, 0], [1, 0], [0, 1]]
weights = [  # the adder of nand_adder.py
    [[-2, -2], [2, 0], [0, 2]],
    [[-2, -2, 0], [-2, 0, -2], [-4, 0, 0]],
    [[-2, -2, 0], [0, 0, 2]],
]
biases = [[[3], [-1], [-1]], [[3], [3], [3]], [[3], [-1]]]

adder = nn.Network([2, 3, 3, 2], dtype="float64", init="zeros")
adder.weights, adder.biases = weights, biases
weights, biases = [w.copy() for w in adder.weights], [b.copy() for b in adder.biases]

errors = {}
for c in (1, 2, 5, 10, 20, 30):
    adder.weights, adder.biases = [c * w for w in weights], [c * b for b in biases]
    errors[c] = abs(adder.feedforward(X) - sums_and_carries).max()
    print(f"c = {c:2}: the largest difference between an output and its bit is {errors[c]:.1e}")

undecided = nn.Network([2, 1], dtype="float64", init="zeros")  # z = x1 + x2 - 1 is 0 for one 1
at_zero = {}
for c in (1, 1000):
    undecided.weights, undecided.biases = [[[c, c]]], [[[-c]]]
    at_zero[c] = undecided.feedforward([1.0, 0.0])[0]

print(
    "The sigmoid of c z tends to the step wherever z = w.x + b is not 0, and so does the whole network.\n"
    f"At z = 0 it does not: the output is {at_zero[1]} for c = 1, and {at_zero[1000]} for c = 1000."
)


def check():
    by_c = list(errors.values())
    assert by_c == sorted(by_c, reverse=True)
    assert by_c[0] > 0.5  # with c = 1 a bit is wrong
    assert by_c[-1] < 1e-12
    assert set(at_zero.values()) == {0.5}
