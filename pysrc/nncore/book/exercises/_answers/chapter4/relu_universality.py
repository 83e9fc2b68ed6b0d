"""Rectified linear neurons do not tend to two different limits as z goes to minus and plus infinity,
which the argument of the chapter needs. Why are they universal nevertheless? (Chapter 4, "Extension
beyond sigmoid neurons".)
"""

import argparse

import numpy as np

import nncore as nn

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--plot", metavar="FILE", help="draw a picture")
options = parser.parse_args()


def f(x):
    """Return the value at x of the function that the chapter takes as its example."""
    return 0.2 + 0.4 * x**2 + 0.3 * x * np.sin(15 * x) + 0.05 * np.cos(50 * x)


def step(s, steepness):
    """Return a step from 0 to 1 at s: the difference of two relus."""
    net = nn.Network(
        [nn.Dense(2, "relu"), nn.Dense(1, "linear")], input_shape=(1,), init="zeros", dtype="float64"
    )
    net.weights = [[[steepness], [steepness]], [[1.0, -1.0]]]
    net.biases = [[[-steepness * s + 0.5], [-steepness * s - 0.5]], [[0.0]]]
    return net


def polygon(pieces):
    """Return a network with `pieces` hidden neurons whose graph is a chain of chords of f."""
    knots = np.linspace(0, 1, pieces + 1)
    slopes = np.diff(f(knots)) * pieces
    net = nn.Network(
        [nn.Dense(pieces, "relu"), nn.Dense(1, "linear")], input_shape=(1,), init="zeros", dtype="float64"
    )
    net.weights = [np.ones((pieces, 1)), [np.diff(slopes, prepend=0.0)]]  # each knot adds a change of slope
    net.biases = [-knots[:-1, None], [[f(0.0)]]]
    return net


x = np.linspace(0, 1, 1001)
low, high = step(0.4, 1000).feedforward([[0.39], [0.41]])[:, 0]
print(
    f"relu(s z + 1/2) - relu(s z - 1/2) is a step: {low:.0f} before it, {high:.0f} after. So all of the\n"
    "chapter applies."
)
deviation = {}
for pieces in (10, 40, 160):
    net = polygon(pieces)
    deviation[pieces] = float(abs(net.feedforward(x[:, None])[:, 0] - f(x)).max())
    print(f"{pieces:3} relus in one hidden layer: never more than {deviation[pieces]:.5f} from f")
print(
    "Steps are not even needed: relus draw chains of straight pieces, and four times as many are 16\n"
    "times as near."
)

if options.plot:
    from matplotlib import pyplot

    pyplot.plot(x, f(x), label="f")
    for pieces in deviation:
        pyplot.plot(x, polygon(pieces).feedforward(x[:, None])[:, 0], label=f"{pieces} relus")
    pyplot.legend()
    pyplot.savefig(options.plot)


def check():
    assert abs(low) <= 1e-12
    assert abs(high - 1) <= 1e-6
    assert deviation[160] < 0.001
    assert deviation[40] < deviation[10] / 4
    assert deviation[160] < deviation[40] / 10
