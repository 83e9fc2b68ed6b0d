"""The gradient vanishes because |sigma'| is at most 1/4. Would another activation function, with a much
larger derivative, help? (Chapter 5, "What's causing the vanishing gradient problem?".)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

train, _, _ = nn.datasets.load_sample()
train = train[:500]
ratios = {}
for gain in (0.5, 1.0, 1.5, 3.0):  # tanh(gain z): a slope of up to `gain`

    def weights(rng, shape, n_in, gain=gain):
        return gain * rng.standard_normal(shape) / np.sqrt(n_in) if shape[1] > 1 else np.zeros(shape)

    layers = [nn.Dense(50, "tanh") for _ in range(20)] + [nn.Softmax(10)]
    net = nn.Network(layers, input_shape=(784,), init=weights, dtype="float64", seed=0)
    speeds = net.learning_speeds(train)
    ratios[gain] = speeds[0] / speeds[-2]
    print(
        f"slopes up to {gain}: of 20 hidden layers, the first learns {ratios[gain]:.1e} times as fast as "
        "the last"
    )

print(
    "Each layer contributes one more factor w sigma'. Small slopes make the product vanish, large\n"
    "ones make it explode, and only a fine balance does neither: the gradient is unstable, not just\n"
    "small."
)


def check():
    growth = list(ratios.values())
    assert growth == sorted(growth)
    assert growth[0] < 1e-4
    assert 0.2 < ratios[1.0] < 5
    assert growth[-1] > 100
