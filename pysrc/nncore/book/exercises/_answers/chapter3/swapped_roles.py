"""The cross-entropy of an output a with the target y is -(y ln a + (1 - y) ln(1 - a)). Exchange y and a in
it. What happens if y is 0 or 1, and why does it not happen to the right form? (Chapter 3, "The
cross-entropy cost function".)
"""

import argparse

import numpy as np

argparse.ArgumentParser(description=__doc__).parse_args()


def cross_entropy(y, a):
    """Return -(y ln a + (1 - y) ln(1 - a)), with 0 ln 0 = 0."""
    with np.errstate(divide="ignore"):
        terms = [p * np.log(q) if p else 0.0 for p, q in ((y, a), (1 - y, 1 - a))]
    return -sum(terms)


right_way, swapped = {}, {}
for y in (0, 1):
    for a in (0.01, 0.5, 0.99):
        right_way[y, a], swapped[y, a] = cross_entropy(y, a), cross_entropy(a, y)
        print(f"y = {y}, a = {a:4}: C = {right_way[y, a]:.3f}; exchanged {swapped[y, a]:.3f}")

print(
    "a is never exactly 0 or 1, so ln a and ln(1 - a) are finite. y is always 0 or 1, so ln y or\n"
    "ln(1 - y) is infinite. With the roles exchanged, every answer costs infinitely much, and the network\n"
    "cannot learn."
)


def check():
    assert all(np.isfinite(cost) and cost > 0 for cost in right_way.values())
    assert set(swapped.values()) == {np.inf}
