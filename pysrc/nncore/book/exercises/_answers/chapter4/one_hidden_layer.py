"""Chapter 4 makes towers of two inputs with two hidden layers. Show that one hidden layer is enough for any
function of two inputs: that it has steps in every direction; that many of them add up to a round tower; and
that round towers approximate any continuous function. (Chapter 4, "Many input variables".)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

R, STEEP = 1.0, 200.0


def strips(directions):
    """Return steps up at u.x = -R and down at u.x = R, for directions u all around. Inside, all are on."""
    angles = np.pi * np.arange(directions) / directions
    u = np.column_stack([np.cos(angles), np.sin(angles)])
    net = nn.Network(
        [nn.Dense(2 * directions), nn.Dense(1, "linear")], input_shape=(2,), init="zeros", dtype="float64"
    )
    net.weights = [
        STEEP * np.vstack([u, u]),
        np.repeat([[1.0, -1.0]], directions).reshape(1, -1) / directions,
    ]
    net.biases = [STEEP * R * np.repeat([[1.0], [-1.0]], directions, axis=0), [[0.0]]]
    return net


around = np.linspace(0, 2 * np.pi, 97)[:-1] + 0.01
tower, height, foreseen = strips(50), {}, {}
for r in (0.0, 0.9, 1.5, 3.0, 10.0):
    points = r * np.column_stack([np.cos(around), np.sin(around)])
    height[r] = float(tower.feedforward(points).mean())
    foreseen[r] = 1.0 if r < R else 2 / np.pi * np.arcsin(R / r)  # the share of strips that a point lies in
    print(
        f"50 strips, at distance {r:4}: height {height[r]:.3f}, the share of strips there {foreseen[r]:.3f}"
    )

# The same hidden neurons, and steps at other distances as well, with output weights from least squares.
rng = np.random.default_rng(0)
X = rng.uniform(-2, 2, (4000, 2))
wanted = (np.hypot(*X.T) < R).astype(float)
deviation = {}
for directions in (4, 8, 16):
    angles = np.pi * np.arange(directions) / directions
    offsets = np.linspace(-2.8, 2.8, 29)
    w = np.repeat(np.column_stack([np.cos(angles), np.sin(angles)]), len(offsets), axis=0)
    b = np.tile(offsets, directions)
    hidden = nn.functions.sigmoid(20 * (X @ w.T + b))
    solution, *_ = np.linalg.lstsq(hidden[:2000], wanted[:2000], rcond=1e-6)
    net = nn.Network(
        [nn.Dense(len(b)), nn.Dense(1, "linear")], input_shape=(2,), init="zeros", dtype="float64"
    )
    net.weights, net.biases = [20 * w, [solution]], [20 * b[:, None], [[0.0]]]
    deviation[directions] = float(abs(net.feedforward(X[2000:])[:, 0] - wanted[2000:]).mean())
    print(
        f"steps in {directions:2} directions: the mean deviation from the round tower is "
        f"{deviation[directions]:.3f} on new points"
    )

print(
    "A neuron is a step in any direction. Strips of many directions cross in a round tower, whose height\n"
    "falls like 1/distance outside. Steps at other distances, with weights of both signs, cancel what is\n"
    "outside: the more directions, the better. And sums of towers approximate any function."
)


def check():
    for r, share in foreseen.items():
        assert abs(height[r] - share) <= 0.01
    assert deviation[16] < deviation[8] < deviation[4] < 0.15
    assert deviation[16] < 0.06
    assert abs(wanted.mean() - np.pi / 16) <= 0.02
