"""Consider |w sigma'(w a + b)| >= 1. Show that it requires |w| >= 4; that the activations a for which it
holds lie in an interval no wider than (2/|w|) ln(|w| (1 + sqrt(1 - 4/|w|))/2 - 1); and that this width
is at most about 0.45, at |w| of about 6.9. (Chapter 5, "What's causing the vanishing gradient problem?":
the problem on its prevalence.)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()


def bound(w):
    return 2 / w * np.log(w * (1 + np.sqrt(1 - 4 / w)) / 2 - 1)


def measured(w, b=0.0):
    """Return the width of the interval, measured on a fine grid."""
    a = np.linspace(-2, 2, 400_001)
    s = nn.functions.sigmoid(w * a + b)
    return (w * s * (1 - s) >= 1).sum() * (a[1] - a[0])


widths = {w: measured(w) for w in (3.99, 5.0, 6.9, 10.0, 30.0)}
for w, width in widths.items():
    print(f"w = {w:5}: {width:.4f} wide on a grid" + (f", {bound(w):.4f} by the formula" if w >= 4 else ""))
moved = measured(6.9, b=3.0)

w = np.linspace(4, 20, 160_001)
widest = w[bound(w).argmax()]
print(f"The widest is {bound(w).max():.4f}, at |w| = {widest:.2f}.")
print(f"Another b only moves the interval: for b = 3 it is {moved:.4f} wide.")
print(
    "sigma' is at most 1/4, so |w| >= 4 is needed, but large weights saturate the neuron. Even with the\n"
    "best |w|, the gradient shrinks for all activations but those of a narrow interval."
)


def check():
    assert widths[3.99] == 0
    for w in (5.0, 6.9, 10.0, 30.0):
        assert abs(widths[w] - bound(w)) <= 1e-4
    assert abs(moved - widths[6.9]) <= 1e-4
    assert abs(widest - 6.9) <= 0.05
    assert abs(bound(widest) - 0.45) <= 0.005
