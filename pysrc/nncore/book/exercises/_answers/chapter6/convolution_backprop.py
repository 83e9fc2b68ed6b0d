"""A network has a convolutional layer, a max-pooling layer and a fully connected output layer. How do the
equations of backpropagation, BP1 to BP4, change for it? (Chapter 6, "Introducing convolutional networks":
the problem on backpropagation.)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()


def sigmoid(z):
    return nn.functions.sigmoid(z)


FILTERS, SIDE, POOL = 3, 5, 2
train, _, _ = nn.datasets.load_sample()
digit = train[:1]
x, y = digit.to_float().reshape(28, 28).astype(float), np.eye(10)[digit.labels].T

layers = [nn.Conv2D(FILTERS, SIDE), nn.MaxPool2D(POOL), nn.Dense(10)]
net = nn.Network(layers, input_shape=(1, 28, 28), dtype="float64", seed=0)
w, w_out = net.weights[0][:, 0], net.weights[1]
b, b_out = net.biases[0][:, 0], net.biases[1]

# Forward: every pixel of map f has the same weights w[f] and the same bias b[f].
maps = 28 - SIDE + 1
z = np.zeros((FILTERS, maps, maps))
for f, r, c in np.ndindex(z.shape):
    z[f, r, c] = b[f] + (w[f] * x[r : r + SIDE, c : c + SIDE]).sum()
a = sigmoid(z)
windows = a.reshape(FILTERS, maps // POOL, POOL, maps // POOL, POOL).swapaxes(2, 3)  # of 2 x 2 pixels
pooled = windows.max(axis=(3, 4))
a_out = sigmoid(w_out @ pooled.reshape(-1, 1) + b_out)

# Backward. BP1 has not changed: the output layer is fully connected (cross-entropy cost).
delta_out = a_out - y
nabla_b_out, nabla_w_out = delta_out, delta_out @ pooled.reshape(1, -1)

# BP2 goes back in two steps: to the pooled activations, and from each of them to one pixel of its window.
back = (w_out.T @ delta_out).reshape(pooled.shape)
delta = np.zeros(z.shape)
for f, r, c in np.ndindex(pooled.shape):
    down, right = np.unravel_index(windows[f, r, c].argmax(), (POOL, POOL))
    pixel = f, POOL * r + down, POOL * c + right
    delta[pixel] = back[f, r, c] * a[pixel] * (1 - a[pixel])

# BP3 and BP4 sum over the pixels of a map, since they share b[f] and w[f].
nabla_b = delta.sum(axis=(1, 2))
nabla_w = np.zeros(w.shape)
for f, t, s in np.ndindex(w.shape):
    nabla_w[f, t, s] = (delta[f] * x[t : t + maps, s : s + maps]).sum()

core_b, core_w = net.backprop(digit)
pairs = [
    ("dC/dw of the filters", nabla_w, core_w[0][:, 0]),
    ("dC/db of the filters", nabla_b, core_b[0][:, 0]),
    ("dC/dw of the output", nabla_w_out, core_w[1]),
    ("dC/db of the output", nabla_b_out, core_b[1]),
]
apart = {name: float(abs(mine - core).max() / abs(core).max()) for name, mine, core in pairs}
for name, difference in apart.items():
    print(f"{name}: these equations and net.backprop differ by {difference:.0e} of the largest")
checked = nn.check_gradients(net, digit)
silent = float((delta == 0).mean())
print(f"central differences agree with net.backprop: {bool(checked)}")
print(
    f"BP1 stays. BP2: the maximum passes its error to one pixel of its window, so {silent:.0%} of the\n"
    "pixels have delta = 0. BP3: dC/db[f] is the sum of delta over map f. BP4: dC/dw[f, t, s] is the sum\n"
    "over the map of delta[f, r, c] x[r + t, c + s]. All pixels share their parameters; each adds its part."
)


def check():
    assert max(apart.values()) < 1e-12
    assert checked
    assert silent >= 0.75
    assert np.count_nonzero(nabla_w) == nabla_w.size
