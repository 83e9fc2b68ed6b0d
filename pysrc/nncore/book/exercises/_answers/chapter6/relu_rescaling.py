"""A network has only rectified linear neurons, outputs included. Show that multiplying all weights by c
> 0 multiplies the outputs by c^(L-1), for L layers. What if the last layer is softmax? And is the
initialisation of sigmoid neurons right for these neurons, or is there a better one? (Chapter 6, "The
code for our convolutional networks".)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

train, validation, _ = nn.datasets.load_sample()
hidden = [nn.Dense(50, "relu") for _ in range(10)]


def without_biases(rng, shape, n_in):
    return np.zeros(shape) if shape[1] == 1 else rng.standard_normal(shape) * np.sqrt(2 / n_in)


net = nn.Network(
    [*hidden[:3], nn.Dense(10, "relu")], input_shape=(784,), init=without_biases, dtype="float64", seed=0
)
c, before = 0.7, net.feedforward(validation)
net.weights = [c * w for w in net.weights]
ratio = net.feedforward(validation)[before > 0] / before[before > 0]
print(f"5 layers, weights times {c}: outputs times {ratio.min():.6f} to {ratio.max():.6f}; c^4 = {c**4:.6f}")

softmax = nn.Network(
    [*hidden[:3], nn.Softmax(10)], input_shape=(784,), init=without_biases, dtype="float64", seed=0
)
surest, answers = [], []
for _ in range(3):
    surest.append(round(float(softmax.feedforward(validation).max(axis=1).mean()), 2))
    answers.append(softmax.predict(validation))
    softmax.weights = [2 * w for w in softmax.weights]
print(f"Softmax last, weights times 1, 2, 4: the largest output is {surest} in the mean:")
print(f"the same answers ({all((a == answers[0]).all() for a in answers)}), with more and more certainty.")

spread, accuracy = {}, {}
for init in ("scaled", "he"):
    net = nn.Network([*hidden, nn.Softmax(10)], input_shape=(784,), init=init, seed=0)
    net.biases = [np.zeros(b.shape) for b in net.biases]
    a = net.activations(train[:200])
    spread[init] = float(np.sqrt((a[-2] ** 2).mean() / (a[0] ** 2).mean()))
    net.SGD(train[:2000], 5, 10, 0.02)
    accuracy[init] = net.accuracy(validation)
    print(
        f"init={init!r:8}: activations of hidden layer 10 are {spread[init]:.3f} of those of layer 1; "
        f"{accuracy[init]:.1%} after five epochs"
    )
print(
    "A relu lets half of z through, so weights N(0, 1/n_in) halve the mean square in every layer. With\n"
    "variance 2/n_in it stays the same, and the last layer of a deep network still gets a signal."
)


def check():
    np.testing.assert_allclose(ratio, 0.7**4, rtol=1e-9)
    assert all((same == answers[0]).all() for same in answers)
    assert surest == sorted(surest)
    assert spread["scaled"] < 0.1 < 0.3 < spread["he"]
    assert accuracy["he"] > accuracy["scaled"] + 0.1
