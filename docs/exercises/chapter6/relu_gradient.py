"""The book argues for the unstable gradient with sigmoid neurons. What is the gradient of rectified
linear neurons, and how could such a network be kept stable? (Chapter 6, "The code for our convolutional
networks".)
"""

import nncore as nn

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
    "sigma' is 1 or 0: it never shrinks what passes, and the product is one of weights along the\n"
    "neurons that are on.\n"
    f"It is as unstable as before in their size, c^19 = {2.0**19:.1e} for c = 2; but with variance 2/n_in\n"
    "it stays level, and neurons that are on do not saturate: keep the weights there, and it is not a\n"
    "problem of depth."
)


def check():
    assert ratios[0.5] < 1e-4
    assert 0.1 < ratios[1.0] < 10
    assert ratios[2.0] > 1e4
