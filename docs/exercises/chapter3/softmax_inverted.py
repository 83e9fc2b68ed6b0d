"""Given the outputs of a softmax layer, can its weighted inputs be had back? (Chapter 3, "Softmax":
inverting the layer.)
"""

import numpy as np

import nncore as nn

z = np.array([1.0, -0.5, 2.0, 0.0])
a = nn.functions.softmax(z)
back = np.log(a)
constants = z - back
shifted = {C: abs(nn.functions.softmax(z + C) - a).max() for C in (1.0, -50.0, 1000.0)}
print(f"z - ln a = {constants.round(6)}")
print(
    "So z_j = ln a_j + C, with the same C for all j: ln of the sum of the exp(z_k). C itself is lost:\n"
    f"softmax(z + C) is softmax(z), {max(shifted.values()):.0e} apart for C = 1, -50 and even 1000."
)


def check():
    np.testing.assert_allclose(constants, np.log(np.exp(z).sum()))
    assert max(shifted.values()) < 1e-12
