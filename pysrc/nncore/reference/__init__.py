"""The same networks in plain NumPy: the specification, and the oracle of the tests.

`nncore.reference.Network` has the constructor and the methods of `nncore.Network` and gives the same
numbers in float64, one example at a time (network.py, convolution.py). `nncore.reference.equations` has BP1
to BP4 for many examples at once. Everything here imports NumPy alone: a reference that shares code with the
core proves nothing.
"""

from nncore.reference.network import (
    ACTIVATIONS,
    COSTS,
    Network,
    cross_entropy,
    log_likelihood,
    quadratic,
    shuffled,
    sigmoid,
    sigmoid_prime,
    softmax,
)

__all__ = [
    "ACTIVATIONS",
    "COSTS",
    "Network",
    "cross_entropy",
    "log_likelihood",
    "quadratic",
    "shuffled",
    "sigmoid",
    "sigmoid_prime",
    "softmax",
]
