"""Small networks with every kind of layer, activation and cost, and examples for them."""

import numpy as np

import nncore as nn

DENSE = nn.Dense
PAIRS = [  # hidden activation, output layer, cost
    ("sigmoid", DENSE(4), "cross-entropy"),
    ("sigmoid", DENSE(4), "quadratic"),
    ("tanh", DENSE(4, "tanh"), "quadratic"),
    ("relu", DENSE(4, "relu"), "quadratic"),
    ("relu", DENSE(4, "linear"), "quadratic"),
    ("linear", DENSE(4, "linear"), "quadratic"),
    ("tanh", nn.Softmax(4), "log-likelihood"),
    ("relu", nn.Softmax(4), "log-likelihood"),
]
MAPS = {  # layers and input_shape
    "chapter 6": (
        [nn.Conv2D(20, 5), nn.MaxPool2D(2), nn.Conv2D(40, 5), nn.MaxPool2D(2), DENSE(9), nn.Softmax(4)],
        (1, 28, 28),
    ),
    "relu": (
        [nn.Conv2D(6, 3, "relu"), nn.MaxPool2D(2), nn.Conv2D(9, 3, "relu"), DENSE(9, "relu"), nn.Softmax(4)],
        (3, 11, 12),
    ),
    "rectangles, same": (
        [
            nn.Conv2D(5, (3, 2), "tanh"),
            nn.MaxPool2D((2, 3)),
            nn.Conv2D(7, (2, 4), "sigmoid", "same"),
            nn.MaxPool2D(2),
            DENSE(4),
        ],
        (2, 13, 17),
    ),
    "pooling first and twice": (
        [nn.MaxPool2D(2), nn.Conv2D(5, 3, "linear"), nn.MaxPool2D(3), nn.MaxPool2D(2), DENSE(4, "tanh")],
        (2, 20, 21),
    ),
}
NAMES = [f"{hidden}-{output.activation}-{cost}" for hidden, output, cost in PAIRS]


def deep(pair, dtype="float64", init="scaled", seed=1):
    """Four hidden layers, of the pair's activation, and its output layer."""
    hidden, output, cost = pair
    layers = [*(DENSE(n, hidden) for n in (7, 5, 6, 9)), output]
    return nn.Network(layers, input_shape=(6,), cost=cost, dtype=dtype, init=init, seed=seed)


def examples(m=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((m, 6)), rng.integers(0, 4, m)


def with_maps(name, dtype="float64"):
    layers, shape = MAPS[name]
    net = nn.Network(layers, input_shape=shape, dtype=dtype, seed=1)
    rng = np.random.default_rng(0)
    return net, rng.standard_normal((5, *shape)), rng.integers(0, 4, 5)
