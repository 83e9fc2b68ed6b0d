"""Use tanh in place of the sigmoid and compare the accuracies epoch by epoch. Why may it be a little
faster, and can the sigmoid be made to learn as fast? (Chapter 6, "Convolutional neural networks in
practice".)
"""

import argparse

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mnist", action="store_true", help="use all of MNIST")
parser.add_argument("--plot", metavar="FILE", help="draw a picture")
options = parser.parse_args()

full = options.mnist
train, validation, _ = nn.datasets.load_mnist() if full else nn.datasets.load_sample()
train, filters, epochs = (train, 20, 20) if full else (train[:2000], 6, 10)

curves = {}
for name, activation, eta in [
    ("tanh", "tanh", 0.05),
    ("sigmoid", "sigmoid", 0.05),
    ("sigmoid, 8 eta", "sigmoid", 0.4),
]:
    layers = [nn.Conv2D(filters, 5, activation), nn.MaxPool2D(2), nn.Dense(30, activation), nn.Softmax(10)]
    net = nn.Network(layers, input_shape=(1, 28, 28), seed=0)
    curves[name] = net.SGD(train, epochs, 10, eta, evaluation_data=validation).evaluation_accuracy
    print(f"{name:14}: {' '.join(f'{value:.1%}' for value in curves[name])}")

print(
    "sigma(z) = (1 + tanh(z/2))/2, so a tanh network equals a sigmoid network whose weights are 2 times as\n"
    "large, 4 times between hidden layers. By the chain rule, a step of the tanh network is a step of the\n"
    "sigmoid network with 4 or 16 times eta. Indeed, the sigmoid network catches up with 8 times eta. So\n"
    "tanh is mostly another choice of eta."
)

if options.plot:
    from matplotlib import pyplot

    for name, values in curves.items():
        pyplot.plot(values, label=name)
    pyplot.xlabel("epoch")
    pyplot.ylabel("validation accuracy")
    pyplot.legend()
    pyplot.savefig(options.plot)


def check():
    tanh, sigmoid, more = curves.values()
    assert tanh[0] > sigmoid[0] + 0.3
    assert max(tanh) > max(sigmoid) + 0.03
    assert max(more) > max(tanh) - 0.02
