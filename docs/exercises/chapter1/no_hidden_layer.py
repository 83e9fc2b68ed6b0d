"""A network of two layers only, 784 and 10 neurons: how well does it do? (Chapter 1, "Implementing our
network to classify digits".)
"""

import sys

import numpy as np

import nncore as nn

digits = nn.datasets.load_mnist if "--mnist" in sys.argv else nn.datasets.load_sample
train, _, test = digits()

best, mute = {}, {}
for name, sizes, init in [
    ("chapter 1's settings", [784, 10], "large"),
    ("smaller first weights", [784, 10], "scaled"),
    ("with 30 hidden neurons", [784, 30, 10], "large"),
]:
    net = nn.Network(sizes, cost="quadratic", init=init, seed=0)
    history = net.SGD(train, 30, 10, 3.0, evaluation_data=test)
    best[name] = max(history.evaluation_accuracy)
    answers = np.bincount(net.predict(test), minlength=10)
    mute[name] = [digit for digit in range(10) if answers[digit] < 0.01 * len(test)]
    print(
        f"{name:22} {sizes!s:13} {best[name]:.2%} at the best epoch; digits that it hardly ever names: "
        f"{mute[name]}"
    )

print(
    "Without a hidden layer about nine digits in ten are read correctly, if all outputs learn. With large\n"
    "weights and eta the first steps drive some outputs to 0 for every image; there the quadratic cost is\n"
    "flat, and their digits are lost: the slowdown that chapter 3 is about."
)


def check():
    assert mute["chapter 1's settings"]
    assert best["chapter 1's settings"] < 0.8
    assert mute["smaller first weights"] == []
    assert 0.89 < best["smaller first weights"] < best["with 30 hidden neurons"]
