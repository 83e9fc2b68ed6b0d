"""L2 regularisation sometimes turns N(0, 1) weights into something like the better initialisation. By
what factor do weights decay in an epoch, and where does the decay end? (Chapter 3, "Weight
initialization": the problem that connects regularisation and initialisation.)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

train, validation, _ = nn.datasets.load_sample()
train, eta, lmbda, m = train[:2000], 0.1, 20.0, 10
net = nn.Network([784, 30, 10], init="large", seed=0)
never_lit = (train.images.reshape(len(train), -1) == 0).all(axis=0)  # only the decay changes their weights

sizes, idle = [], []


def record(net, history=None):
    w = net.weights[0]
    sizes.append(float(np.sqrt((w[:, ~never_lit] ** 2).mean())))
    idle.append(float(np.sqrt((w[:, never_lit] ** 2).mean())))


record(net)
net.SGD(train, 40, m, eta, lmbda, callbacks=record)
factor, foreseen = idle[1] / idle[0], np.exp(-eta * lmbda / m)
for epoch in (0, 1, 5, 10, 20, 40):
    print(
        f"after {epoch:2} epochs: weights of about {sizes[epoch]:.3f}; of pixels that are never lit "
        f"{idle[epoch]:.4f}"
    )
print(
    f"n/m steps multiply by 1 - eta lmbda/n each, by {factor:.4f} in all; exp(-eta lmbda/m) = {foreseen:.4f}."
)
print(f"The decay ends where the gradient balances it: at {sizes[-1]:.3f}; 1/sqrt(784) = {784**-0.5:.3f}.")


def check():
    assert abs(factor / foreseen - 1) <= 1e-3
    assert abs(idle[-1] / (idle[0] * foreseen**40) - 1) <= 0.05
    assert abs(sizes[0] - 1) <= 0.03
    assert 0.5 * 784**-0.5 < sizes[-1] < 2 * 784**-0.5
    assert abs(sizes[20] / sizes[40] - 1) <= 0.1  # the decay has ended
