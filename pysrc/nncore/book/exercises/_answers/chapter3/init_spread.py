"""How large is the standard deviation of z = sum_j w_j x_j + b over 1,000 inputs, half of them 1 and
half 0, for weights N(0, 1) and for weights N(0, 1)/sqrt(n_in)? Verify sqrt(3/2) for the second. (Chapter
3, "Weight initialization".)
"""

import argparse

import numpy as np

import nncore as nn

argparse.ArgumentParser(description=__doc__).parse_args()

x = np.repeat([1.0, 0.0], 500)
spread, saturated = {}, {}
for init, exact in (("large", np.sqrt(501)), ("scaled", np.sqrt(3 / 2))):
    net = nn.Network([1000, 4000], init=init, seed=0)  # 4,000 neurons, each with its own weights
    a = net.feedforward(x)
    z = net.weights[0] @ x + net.biases[0][:, 0]
    spread[init] = z.std()
    saturated[init] = ((a < 0.01) | (a > 0.99)).mean()
    print(
        f"{init:6}: standard deviation {spread[init]:6.3f} (exactly {exact:.3f}); {saturated[init]:.0%} of "
        "the neurons are saturated"
    )

print(
    "Variances of independent terms add. 500 inputs are 1, each weight has variance 1, and so has the\n"
    "bias: 501. With weights of variance 1/1000 the sum is 1/2 + 1 = 3/2."
)


def check():
    assert abs(spread["large"] / np.sqrt(501) - 1) <= 0.04
    assert abs(spread["scaled"] / np.sqrt(3 / 2) - 1) <= 0.04
    assert saturated["large"] > 0.75
    assert saturated["scaled"] < 0.01
