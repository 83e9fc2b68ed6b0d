"""network.py computes the output error as cost_derivative times sigma'. What goes wrong if the cost is
the cross-entropy? (Chapter 3, "Handwriting recognition revisited: the code".)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

z, y = np.array([-2.0, 2.0, 20.0, 40.0]), np.array([1.0, 0.0, 0.0, 0.0])
a = nn.functions.sigmoid(z)
with np.errstate(invalid="ignore", divide="ignore"):
    product = (a - y) / (a * (1 - a)) * (a * (1 - a))
straight = a - y
for row in zip(z, a, y, product, straight, strict=True):
    print("z = {:3.0f}   a = {:.3f}   y = {:.0f}   in two factors: {:6.3f}   a - y: {:6.3f}".format(*row))

print(
    "If a rounds to 1, the derivative of the cost is infinite and sigma' is 0. Their product is not a\n"
    "number, exactly where the neuron is most wrong. The simplified form, a - y, never fails."
)


def check():
    np.testing.assert_allclose(product[:3], straight[:3], rtol=1e-6)
    assert np.isnan(product[3])
    assert straight[3] == 1
