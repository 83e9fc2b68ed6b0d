"""The reference computes what the library computes, in plain NumPy and float64. It imports NumPy alone.

It shares no code with the core, because a reference that shares code would prove nothing. It has two parts:

- **The specification.** `nncore.reference.Network` has the constructor and the methods of `nncore.Network`
  and gives the same numbers from the same seed, one example at a time. `network.py` is the network of
  chapters 1 to 3 on one page; `convolution.py` adds the layers of chapter 6. The tests compare the core with
  it.
- **The instrument.** `nncore.reference.equations` computes z, a, delta and the gradients of a given network
  for many examples at once. `nncore.trace`, `nncore.check_gradients` and `nncore.diagnose` use it.

>>> from nncore import reference
>>> net = reference.Network([2, 1], cost="quadratic", init="zeros")
>>> net.feedforward([1.0, 2.0])
array([0.5])
"""

from nncore.reference.convolution import Network
from nncore.reference.network import (
    ACTIVATIONS,
    COSTS,
    PAIRS,
    cross_entropy,
    log_likelihood,
    mix,
    quadratic,
    shuffled,
    sigmoid,
    sigmoid_prime,
    softmax,
)

__all__ = [
    "ACTIVATIONS",
    "COSTS",
    "PAIRS",
    "Network",
    "cross_entropy",
    "log_likelihood",
    "mix",
    "quadratic",
    "shuffled",
    "sigmoid",
    "sigmoid_prime",
    "softmax",
]
