"""The book argues for the unstable gradient with sigmoid neurons. What is the gradient of rectified
linear neurons, and how could such a network be kept stable? (Chapter 6, "The code for our convolutional
networks".)
"""

import argparse

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

train, _, _ = nn.datasets.load_sample()
layers = [nn.Dense(50, "relu") for _ in range(20)] + [nn.Softmax(10)]
ratios = {}
for factor in (0.5, 1.0, 2.0):
    net = nn.Network(layers, input_shape=(784,), init="he", dtype="float64", seed=0)
    net.weights = [factor * w for w in net.weights]
    speeds = net.learning_speeds(train[:500])
    ratios[factor] = speeds[0] / speeds[-2]
    print(
        f"weights times {factor}: the first hidden layer learns {ratios[factor]:.1e} times as fast as the "
        "twentieth"
    )
print(
    "sigma' is 1 or 0, so the gradient is a product of weights, over the paths whose neurons are on.\n"
    f"Weights c times as large multiply it by c^19, which is {2.0**19:.1e} for c = 2: it is as unstable as\n"
    "before. But with weights of variance 2/n_in it keeps its size, and neurons that are on do not\n"
    "saturate. Keep the weights near that size, and the depth does no harm."
)


def check():
    assert ratios[0.5] < 1e-4
    assert 0.1 < ratios[1.0] < 10
    assert ratios[2.0] > 1e4
