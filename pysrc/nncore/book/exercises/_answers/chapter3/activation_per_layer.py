"""Give each layer another activation function. What does backpropagation need for it? (Chapter 3, "Other
models of artificial neuron".)
"""

import argparse

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mnist", action="store_true", help="use all of MNIST")
options = parser.parse_args()

digits = nn.datasets.load_mnist if options.mnist else nn.datasets.load_sample
train, _, test = digits()

layers = [nn.Dense(40, "relu"), nn.Dense(30, "tanh"), nn.Dense(20, "sigmoid"), nn.Softmax(10)]
net = nn.Network(layers, input_shape=(784,), seed=0)
gradients = nn.check_gradients(net, train.to_float()[:10], train.labels[:10])
history = net.SGD(train, 10, 10, 0.1, lmbda=len(train) / 10_000, evaluation_data=test)
accuracy = history.evaluation_accuracy[-1]
print(f"relu, tanh, sigmoid, softmax: gradients right: {gradients.ok}; {accuracy:.1%} of the test images.")
print("BP1 and BP2 use sigma' of one layer at a time, so each layer may have its own sigma.")


def check():
    assert gradients.ok
    assert accuracy > 0.92
