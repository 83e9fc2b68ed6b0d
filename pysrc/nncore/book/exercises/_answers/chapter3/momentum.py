"""Add momentum to network2: v <- mu v - eta nabla C, w <- w + v. What goes wrong with mu > 1, and what with
mu < 0? (Chapter 3, "Variations on stochastic gradient descent": the exercises and the problem.)
"""

import argparse

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--mnist", action="store_true", help="use all of MNIST")
options = parser.parse_args()

digits = nn.datasets.load_mnist if options.mnist else nn.datasets.load_sample
train, _, _ = digits()


def cost_after_an_epoch(eta, mu):
    net = nn.Network([784, 30, 10], seed=0)
    return net.SGD(train, 1, 10, eta, momentum=mu, monitor="training_cost").training_cost[-1]


costs, without, diverged = {}, {}, []
for mu in (-0.9, -0.5, 0.0, 0.5, 0.9):
    costs[mu] = cost_after_an_epoch(0.02, mu)
    without[mu] = cost_after_an_epoch(0.02 / (1 - mu), 0.0)
    print(
        f"mu = {mu:4}: cost {costs[mu]:.3f} after an epoch; without momentum, with eta/(1 - mu), "
        f"{without[mu]:.3f}"
    )
for mu in (-1.2, 1.2):
    try:
        cost_after_an_epoch(0.02, mu)
    except nn.DivergenceError:
        diverged.append(mu)
        print(f"mu = {mu:4}: the parameters grew until they were not finite")

print(
    "With a steady gradient the steps sum to eta (1 + mu + mu^2 + ...) = eta/(1 - mu), and with an eta as\n"
    "small as this, momentum does no more than that. Below 0, each step undoes a part of the step before:\n"
    "learning is slower than without momentum. Above 1, the velocity grows without end, as if friction\n"
    "pushed; below -1 it grows, too, and changes its sign at each step."
)


def check():
    by_mu = list(costs.values())
    assert by_mu == sorted(by_mu, reverse=True)  # the larger mu is, the sooner the network learns
    for mu, cost in costs.items():
        assert abs(cost / without[mu] - 1) <= 0.05
    assert diverged == [-1.2, 1.2]
