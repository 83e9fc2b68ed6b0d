"""Show that linear neurons, sigma(z) = z, are not universal, however many there are in however many
layers. (Chapter 4, "Extension beyond sigmoid neurons".)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

x = np.linspace(-1, 1, 41)[:, None]
wanted = x**2
error = {}
for activation in ("linear", "tanh"):
    layers = [nn.Dense(20, activation), nn.Dense(20, activation), nn.Dense(1, "linear")]
    net = nn.Network(layers, input_shape=(1,), dtype="float64", seed=0)
    net.SGD((x, wanted), 2000, 10, 0.05)
    y = net.feedforward(x)
    error[activation] = float(abs(y - wanted).max())
    print(
        f"x^2 learnt by 20 and 20 {activation:6} neurons: largest error {error[activation]:.3f}; largest "
        f"second difference {abs(np.diff(y, n=2, axis=0)).max():.0e}"
    )
    if activation == "linear":
        bent = abs(np.diff(y, n=2, axis=0)).max()

line = float(np.ptp(wanted) / 2)
print(
    "Layers of linear neurons are one matrix, so the network draws a straight line. The best line still\n"
    f"differs from x^2 by {line} somewhere."
)


def check():
    assert bent < 1e-12
    assert error["linear"] >= line == 0.5
    assert error["tanh"] < 0.05
