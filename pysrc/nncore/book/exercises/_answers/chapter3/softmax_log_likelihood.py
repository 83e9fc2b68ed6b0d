"""The output layer is softmax, and the cost is the log-likelihood C = -ln a_y, where a_y is the output of
the right class. Show that delta^L = a^L - y, and train such a network. (Chapter 3, "Softmax": the last
problem.)
"""

import argparse

import numpy as np

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mnist", action="store_true", help="use all of MNIST")
options = parser.parse_args()

digits = nn.datasets.load_mnist if options.mnist else nn.datasets.load_sample
train, validation, test = digits()

net = nn.Network([nn.Dense(30), nn.Softmax(10)], input_shape=(784,), dtype="float64", seed=0)
x, y = train[0]
nabla_b, nabla_w = net.backprop(x, y)
a = net.activations(x[:, 0])
delta = a[-1].reshape(-1, 1) - np.eye(10)[[y]].T
apart = max(abs(delta - nabla_b[-1]).max(), abs(delta @ a[-2].reshape(1, -1) - nabla_w[-1]).max())
right = bool(nn.check_gradients(net, train.to_float()[:5], train.labels[:5]))
print(
    f"delta^L = a^L - y equals backprop's, to {apart:.0e}; central differences agree: {right}.\n"
    "C = -ln a_y = ln sum_k exp(z_k) - z_y, and its derivative by z_j is a_j - y_j."
)

accuracies = {}
for name, output in (("softmax, log-likelihood", nn.Softmax(10)), ("sigmoid, cross-entropy", nn.Dense(10))):
    net = nn.Network([nn.Dense(30), output], input_shape=(784,), seed=0)
    net.SGD(train, 10, 10, 0.3, lmbda=len(train) / 10_000)
    accuracies[name] = net.accuracy(test)
    print(f"{name}: {accuracies[name]:.2%} of the test images after 10 epochs")


def check():
    assert apart < 1e-14
    assert right
    assert min(accuracies.values()) > 0.91
