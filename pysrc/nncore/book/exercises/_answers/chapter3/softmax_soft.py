"""What happens to exp(c z_j) / sum_k exp(c z_k) as c grows, and why is softmax called "soft"? (Chapter
3, "Softmax".)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

z = np.array([1.0, 2.0, 2.5, 0.0])
hard = (z == z.max()).astype(float)
distance = {}
for c in (0, 1, 2, 10, 50):
    a = nn.functions.softmax(c * z)
    distance[c] = abs(a - hard).max()
    print(f"c = {c:2}: {a.round(4)}")
tied = nn.functions.softmax(50 * np.array([2.5, 2.5, 1.0]))
print(
    "As c grows, the largest z gets everything: the result is the maximum. c = 1 is a softened maximum,\n"
    f"and c = 0 does not choose at all. If the two largest are equal, they share: {tied.round(4)}."
)


def check():
    distances = list(distance.values())
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 1e-10
    np.testing.assert_allclose(tied, [0.5, 0.5, 0], atol=1e-12)
