"""Learn lmbda itself by gradient descent, as if it were a weight. What is the obstacle? And what is it
for eta? (Chapter 3, "How to choose a neural network's hyper-parameters?".)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

train, validation, _ = nn.datasets.load_sample()
train = train[:1000]
lmbdas, training, slopes, accuracy = [0.0, 0.1, 0.3, 1.0, 3.0], [], [], []
for lmbda in lmbdas:
    net = nn.Network([784, 30, 10], init="large", seed=0)
    net.SGD(train, 100, 10, 0.5, lmbda=lmbda)
    training.append(net.cost(train))
    slopes.append(float(sum((w**2).sum() for w in net.weights)) / (2 * len(train)))
    accuracy.append(net.accuracy(validation))
    print(
        f"lmbda {lmbda}: cost of the training images {training[-1]:.3f}; dC/dlmbda {slopes[-1]:6.2f}; "
        f"validation {accuracy[-1]:.1%}"
    )

best = lmbdas[int(np.argmax(accuracy))]
print(
    "dC/dlmbda is the sum of w^2 over 2n, which is never below 0. So descent takes lmbda to 0, where the\n"
    f"network fits the training images best; it reads the validation images best at {best}. The training\n"
    "cost does not measure what lmbda is for.\n"
    "C does not contain eta at all: the end of a run depends on eta through every step, so its slope is\n"
    "not cheap to compute."
)


def check():
    assert training == sorted(training)
    assert min(slopes) > 0
    assert best > 0
    assert max(accuracy) > accuracy[0] + 0.03
