"""One neuron starts badly wrong, with w = b = 2. How long does it take to learn that input 1 should give
output 0, with each cost? (Chapter 3, "The cross-entropy cost function".)
"""

import argparse

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

data = ([[1.0]], [[0.0]])
epochs_to = {}
for cost in ("quadratic", "cross-entropy"):
    for start in ((0.6, 0.9), (2.0, 2.0)):
        net = nn.Network([1, 1], cost=cost, init="zeros", dtype="float64")
        net.weights, net.biases = [[[start[0]]]], [[[start[1]]]]
        first = net.feedforward([1.0])[0]
        outputs = []
        net.SGD(
            data, 300, 1, 0.15, callbacks=lambda net, _, seen=outputs: seen.append(net.feedforward([1.0])[0])
        )
        epochs_to[cost, start] = next(epoch for epoch, a in enumerate(outputs) if a < first / 2)
        print(
            f"{cost:13} from {first:.2f}: halved after {epochs_to[cost, start]:3} epochs; "
            f"{outputs[-1]:.2f} after 300"
        )

print(
    "With the quadratic cost, the neuron that is more wrong learns later, because its slope sigma' is\n"
    "smaller. With the cross-entropy the gradient is a - y: the more wrong the neuron is, the larger it is."
)


def check():
    mild, bad = (0.6, 0.9), (2.0, 2.0)
    epochs = epochs_to
    assert epochs["quadratic", bad] > 4 * epochs["quadratic", mild]
    assert epochs["cross-entropy", bad] < 2 * epochs["cross-entropy", mild] < epochs["quadratic", mild]
