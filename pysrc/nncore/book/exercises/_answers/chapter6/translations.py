"""A convolution treats all places of an image alike. Why does its network nevertheless learn more from
shifted images? (Chapter 6, "Convolutional neural networks in practice".)
"""

import argparse

import numpy as np

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mnist", action="store_true", help="use all of MNIST")
options = parser.parse_args()

full = options.mnist
train, _, test = nn.datasets.load_mnist() if full else nn.datasets.load_sample()
train, filters, epochs = (train, 20, 20) if full else (train[:1000], 6, 30)
moved = nn.Dataset(
    np.roll(test.images, 2, axis=2), test.labels
)  # two pixels to the right; the border is empty

accuracy = {}
for name, augment in (("as they are", None), ("shifted", nn.augment.Shift(2))):
    layers = [nn.Conv2D(filters, 5, "relu"), nn.MaxPool2D(2), nn.Dense(50, "relu"), nn.Softmax(10)]
    net = nn.Network(layers, input_shape=(1, 28, 28), init="he", seed=0)
    net.SGD(train, epochs, 10, 0.03, augment=augment)
    accuracy[name] = net.accuracy(test), net.accuracy(moved)
    print(
        f"trained on images {name:11}: {accuracy[name][0]:.1%} of the test images, {accuracy[name][1]:.1%} "
        "of them moved by two pixels"
    )

maps, moved_maps = net.activations(test[:1])[0], net.activations(moved[:1])[0]
apart = float(abs(moved_maps[..., 2:] - maps[..., :-2]).max())
print(
    f"The feature maps of a shifted image are the shifted maps (to {apart:.0e}). But the fully connected\n"
    "layer has a weight for each position in them, and must see a feature there to learn it there.\n"
    "Pooling tolerates a shift by one pixel, not by two."
)


def check():
    (plain, plain_moved), (shifted, shifted_moved) = accuracy.values()
    assert shifted > plain + 0.01
    assert plain_moved < plain - 0.1
    assert shifted_moved > shifted - 0.05
    assert apart < 1e-6
