"""Rotate, skew and shift the training images of network3 without holding all distorted images in memory.
(Chapter 6, "The code for our convolutional networks".)
"""

import argparse
import contextlib

import numpy as np

import nncore as nn
from nncore.book.network3 import FullyConnectedLayer, Network, SoftmaxLayer

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mnist", action="store_true", help="use all of MNIST")
options = parser.parse_args()

full = options.mnist
training_data, validation_data, test_data = nn.datasets.load_mnist() if full else nn.datasets.load_sample()
training_data = training_data[: len(training_data) // 8]

distortions = [nn.augment.Rotate(10), nn.augment.Skew(10), nn.augment.Shift(1)]
accuracy = {}
for name, augment in (("as they are", None), ("distorted", distortions)):
    np.random.seed(0)  # noqa: NPY002 (network3 draws its first weights as the book does)
    net = Network([FullyConnectedLayer(n_in=784, n_out=100), SoftmaxLayer(n_in=100, n_out=10)], 10)
    with contextlib.redirect_stdout(None):  # its three lines an epoch
        net.SGD(training_data, 30, 10, 0.2, validation_data, test_data, augment=augment)
    accuracy[name] = net.accuracy(test_data)

a_day = [nn.augment.distorted(training_data[:1], distortions, epoch=epoch) for epoch in (0, 0, 1)]
again, another = bool((a_day[0] == a_day[1]).all()), bool((a_day[0] != a_day[2]).any())
print(
    f"Test images after 30 epochs: {accuracy['as they are']:.1%} with the images as they are,\n"
    f"{accuracy['distorted']:.1%} with distorted ones.\n"
    "Each is drawn from (seed, epoch, index) when its mini-batch comes. The same run makes the same image\n"
    f"again ({again}), the next epoch another one ({another}). Memory does not grow with their number."
)


def check():
    assert accuracy["distorted"] > accuracy["as they are"] + 0.005
    assert again
    assert another
