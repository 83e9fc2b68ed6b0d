"""network3 asks for the number of epochs. Add early stopping. (Chapter 6, "The code for our
convolutional networks".) The network3 of nncore takes its stopping rules, or any function of the
history.
"""

import argparse

import numpy as np

import nncore as nn
from nncore.book.network3 import FullyConnectedLayer, Network, SoftmaxLayer

argparse.ArgumentParser(description=__doc__).parse_args()

training_data, validation_data, test_data = nn.datasets.load_sample()
np.random.seed(0)  # noqa: NPY002 (network3 draws its first weights as the book does)
net = Network([FullyConnectedLayer(n_in=784, n_out=30), SoftmaxLayer(n_in=30, n_out=10)], 10)
rule = nn.stopping.NoImprovement(3)
net.SGD(training_data[:2000], 1000, 10, 0.5, validation_data, test_data, stop=rule)
epochs, stopped = len(net.history), net.history.stopped
print(f"{epochs} epochs of at most 1000: {stopped}")


def check():
    assert 3 < epochs < 100
    best = net.history.best_epoch
    assert epochs == best + 4
    assert "no improvement in 3 epochs" in stopped
