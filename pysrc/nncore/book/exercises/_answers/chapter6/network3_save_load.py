"""Save a network of network3 and load it again. (Chapter 6, "The code for our convolutional networks".)"""

import argparse
import contextlib
import tempfile
from pathlib import Path

import numpy as np

import nncore as nn
from nncore.book import network3
from nncore.book.network3 import ConvPoolLayer, Network, ReLU, SoftmaxLayer

argparse.ArgumentParser(description=__doc__).parse_args()

training_data, validation_data, test_data = nn.datasets.load_sample()
np.random.seed(0)  # noqa: NPY002 (network3 draws its first weights as the book does)
net = Network(
    [
        ConvPoolLayer(
            image_shape=(10, 1, 28, 28), filter_shape=(4, 1, 5, 5), poolsize=(2, 2), activation_fn=ReLU
        ),
        SoftmaxLayer(n_in=4 * 12 * 12, n_out=10),
    ],
    10,
)
net.SGD(training_data[:1000], 1, 10, 0.03, validation_data, test_data)
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "digits.npz"
    net.save(path)
    size = path.stat().st_size
    again = network3.load(path)

same = bool((again.feedforward(test_data) == net.feedforward(test_data)).all())
for network in (net, again):
    with contextlib.redirect_stdout(None):
        network.SGD(training_data[:1000], 1, 10, 0.03, validation_data, test_data)
same_later = bool((again.parameters == net.parameters).all())
print(f"A file of {size / 1000:.0f} kB gives the same outputs, bit for bit: {same}.")
print(f"It goes on learning with the same results: {same_later}.")
print("The file holds numbers and a description, and no code that could run.")


def check():
    assert same
    assert same_later
    assert 5_000 < size < 100_000
    assert type(again) is Network
