"""Train a network of two layers only, with 784 and 10 neurons. How many digits does it read correctly?
(Chapter 1, "Implementing our network to classify digits".)
"""

import argparse

import numpy as np

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mnist", action="store_true", help="use all of MNIST")
options = parser.parse_args()

digits = nn.datasets.load_mnist if options.mnist else nn.datasets.load_sample
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
        f"{name:22} {sizes!s:13} {best[name]:.2%} at the best epoch; digits that it hardly ever answers: "
        f"{mute[name]}"
    )

print(
    "Without a hidden layer the network reads about nine digits in ten, if all its outputs learn. With\n"
    "large weights and a large eta, the first steps drive some outputs to 0 for every image. The quadratic\n"
    "cost is flat there, so these outputs stop learning: it is the slowdown that chapter 3 is about."
)


def check():
    assert mute["chapter 1's settings"]
    assert best["chapter 1's settings"] < 0.8
    assert mute["smaller first weights"] == []
    assert 0.89 < best["smaller first weights"] < best["with 30 hidden neurons"]
