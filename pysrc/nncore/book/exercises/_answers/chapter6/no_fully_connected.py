"""Leave out the fully connected layer, and let softmax read the feature maps. How accurate is the
network, and does the layer help? (Chapter 6, "Convolutional neural networks in practice".)
"""

import argparse

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mnist", action="store_true", help="use all of MNIST")
options = parser.parse_args()

full = options.mnist
train, validation, test = nn.datasets.load_mnist() if full else nn.datasets.load_sample()
train, filters, epochs = (train, 20, 60) if full else (train[:4000], 8, 10)

accuracy = {}
for name, between in (("without", []), ("with", [nn.Dense(100)])):
    layers = [nn.Conv2D(filters, 5), nn.MaxPool2D(2), *between, nn.Softmax(10)]
    net = nn.Network(layers, input_shape=(1, 28, 28), seed=0)
    net.SGD(train, epochs, 10, 0.1, evaluation_data=validation, keep_best=True)
    accuracy[name] = net.accuracy(test)
    print(f"{name:7} it: {accuracy[name]:.2%} of the test images, at the best of {epochs} epochs")

net = nn.Network([784, 100, 10], cost="log-likelihood", seed=0)
net.SGD(train, epochs, 10, 0.1, evaluation_data=validation, keep_best=True)
accuracy["no convolution"] = net.accuracy(test)
print(
    f"100 sigmoids, no convolution: {accuracy['no convolution']:.2%}\n"
    "The convolution matters most. The fully connected layer learns more slowly at first; with all of MNIST\n"
    "and many epochs (--mnist) it is a little better."
)


def check():
    assert abs(accuracy["with"] - accuracy["without"]) < 0.02
    assert accuracy["no convolution"] < min(accuracy["with"], accuracy["without"]) - 0.01
