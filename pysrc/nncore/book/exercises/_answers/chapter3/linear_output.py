"""The neurons of the output layer are linear, a = z, and the cost is quadratic. Show that delta^L = a^L - y.
Is there a learning slowdown? (Chapter 3, "The cross-entropy cost function".)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

data = ([[1.0]], [[0.0]])  # the input is 1, and the answer should be 0
first_step, left = {}, {}
for activation in ("sigmoid", "linear"):
    net = nn.Network(
        [nn.Dense(1, activation)], input_shape=(1,), cost="quadratic", init="zeros", dtype="float64"
    )
    net.weights, net.biases = [[[2.0]]], [[[2.0]]]  # badly wrong
    start = net.feedforward([1.0])[0]
    nabla_b, _ = net.backprop(*data)
    net.SGD(data, 50, 1, 0.15)
    first_step[activation], left[activation] = nabla_b[0][0, 0] / start, net.feedforward([1.0])[0] / start
    print(
        f"{activation:7}: delta is {first_step[activation]:.3f} of the error at first; after 50 steps "
        f"{left[activation]:.1%} of the error is left"
    )

train, validation, test = nn.datasets.load_sample()
layers = [nn.Dense(30), nn.Dense(10, "linear")]
net = nn.Network(layers, input_shape=(784,), dtype="float64", seed=0)
x, y = train[0]
nabla_b, _ = net.backprop(x, y)
apart = abs(nabla_b[-1] - (net.feedforward(x) - np.eye(10)[[y]].T)).max()
net.SGD(train, 5, 10, 0.05)
accuracy = net.accuracy(test)
print(
    f"delta^L = a^L - y equals backprop's, to {apart:.0e}. It has no factor sigma', so nothing slows down.\n"
    f"A network with such outputs reads {accuracy:.1%} of the test digits."
)


def check():
    assert first_step["sigmoid"] < 0.02
    assert left["sigmoid"] > 0.9
    assert first_step["linear"] == 1
    assert left["linear"] < 1e-6
    assert apart < 1e-14
    assert accuracy > 0.85
