"""Give network3 a method that returns the accuracy on any data. (Chapter 6, "The code for our
convolutional networks".)
"""

import argparse

import numpy as np

import nncore as nn
from nncore.book.network3 import FullyConnectedLayer, Network, SoftmaxLayer

argparse.ArgumentParser(description=__doc__).parse_args()

training_data, validation_data, test_data = nn.datasets.load_sample()
np.random.seed(0)  # noqa: NPY002 (network3 draws its first weights as the book does)
net = Network([FullyConnectedLayer(n_in=784, n_out=30), SoftmaxLayer(n_in=30, n_out=10)], 10)
net.SGD(training_data, 3, 10, 0.3, validation_data, test_data)

sevens = test_data.only(7)
pairs = sevens.to_float(), sevens.labels
accuracies = {"test": net.accuracy(test_data), "sevens": net.accuracy(sevens), "arrays": net.accuracy(pairs)}
by_hand = float((net.predict(sevens) == 7).mean())
print(f"all test images        {accuracies['test']:.1%}")
print(f"the {len(sevens)} sevens         {accuracies['sevens']:.1%}, counted by hand {by_hand:.1%}")
print(f"the same as two arrays {accuracies['arrays']:.1%}: any number of images, and no shared variables")


def check():
    assert accuracies["sevens"] == accuracies["arrays"]
    assert abs(accuracies["arrays"] - by_hand) <= 1e-6 * by_hand
    assert 0.85 < accuracies["test"] < 1
