"""Make the learning rate of network3 a function of the epoch. (Chapter 6, "The code for our
convolutional networks".)
"""

import argparse

import numpy as np

import nncore as nn
from nncore.book.network3 import FullyConnectedLayer, Network, SoftmaxLayer

argparse.ArgumentParser(description=__doc__).parse_args()


def eta(epoch):
    """Return the learning rate, which halves after every two epochs."""
    return 0.4 * 0.5 ** (epoch // 2)


training_data, validation_data, test_data = nn.datasets.load_sample()
np.random.seed(0)  # noqa: NPY002 (network3 draws its first weights as the book does)
net = Network([FullyConnectedLayer(n_in=784, n_out=30), SoftmaxLayer(n_in=30, n_out=10)], 10)
net.SGD(training_data[:2000], 6, 10, 0.4, validation_data, test_data, schedule=eta)
etas = net.history.eta
print(f"The learning rate of each epoch: {etas}")


def check():
    assert etas == [0.4, 0.4, 0.2, 0.2, 0.1, 0.1]
