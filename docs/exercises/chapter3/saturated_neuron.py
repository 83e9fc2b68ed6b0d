"""One neuron that starts badly wrong, w = b = 2: how long does it take to learn that 1 should become 0,
with each cost? (Chapter 3, "The cross-entropy cost function".)
"""

import nncore as nn

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
            f"{cost:13} from {first:.2f}: half of it after {epochs_to[cost, start]:3} epochs; "
            f"{outputs[-1]:.2f} after 300"
        )

print(
    "With the quadratic cost the neuron that is more wrong learns later, since its slope sigma' is\n"
    "flatter; with the cross-entropy the gradient is a - y, and it is the larger the more wrong the\n"
    "neuron is."
)


def check():
    mild, bad = (0.6, 0.9), (2.0, 2.0)
    epochs = epochs_to
    assert epochs["quadratic", bad] > 4 * epochs["quadratic", mild]
    assert epochs["cross-entropy", bad] < 2 * epochs["cross-entropy", mild] < epochs["quadratic", mild]
