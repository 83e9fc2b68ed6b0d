"""These functions find neurons that do not learn: saturated, dead, or copies of one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nncore.layers import Conv2D, MaxPool2D

SATURATION = {  # a neuron is saturated if its activation is at most the first number or at least the second
    "sigmoid": (0.01, 0.99),
    "tanh": (-0.98, 0.98),
    "relu": (0.0, np.inf),
}


def parameters(net: Any) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Return (l, w, b) for each net.layers[l] that has weights and biases: for all but pooling layers."""
    numbers = [l for l, layer in enumerate(net.layers) if not isinstance(layer, MaxPool2D)]
    return zip(numbers, net.weights, net.biases, strict=True)


def layer_name(net: Any, l: int) -> str:
    """Return the book's name for net.layers[l]."""
    return "the output layer" if l == len(net.layers) - 1 else f"layer {l + 2}"


def noun(net: Any, l: int) -> str:
    """Return what the neurons of net.layers[l] are called: filters, if it is a convolution."""
    return "filters" if isinstance(net.layers[l], Conv2D) else "neurons"


def stuck(net: Any, activations: list[np.ndarray], y: np.ndarray) -> list[np.ndarray]:
    """Say of each layer which neurons are saturated on the same side for every example, or dead.

    The last index of an array of activations, and of the targets y (n_out, m), is the example. A filter
    counts only if it is so in every pixel of its feature map.
    """
    found = []
    for a, layer in zip(activations, net.layers, strict=True):
        low, high = SATURATION.get(layer.activation, (-np.inf, np.inf))
        a = a.reshape(len(a), -1)
        found.append(np.all(a <= low, axis=1) | np.all(a >= high, axis=1))
    found[-1] &= np.ptp(y, axis=1) > 0  # an output that is 0 in every target may well stay 0
    return found


def say_stuck(net: Any, l: int, saturated: np.ndarray, examples: str) -> tuple[str, str, str]:
    """Return (name, what was measured, what to do) for the neurons of net.layers[l] that `stuck` found."""
    these = f"{int(saturated.sum())} of {len(saturated)} {noun(net, l)} of {layer_name(net, l)} are"
    if net.layers[l].activation == "relu":
        measured = f"{these} off for every {examples}: no gradient passes through them."
        return "dead neurons", measured, 'Start from a new network, with a smaller eta and init="he".'
    measured = f"{these} saturated, and on the same side for every {examples}: hardly a gradient passes."
    remedy = 'Start from a new network, with a smaller eta and init="scaled"; are the inputs scaled?'
    return "saturated neurons", measured, remedy


def identical(net: Any) -> tuple[str, str, str] | None:
    """Say in which hidden layer all neurons have the same weights, and so learn the same."""
    for l, w, b in parameters(net):
        if l < len(net.layers) - 1 and len(w) > 1 and (w == w[0]).all() and (b == b[0]).all():
            measured = (
                f"All {len(w)} {noun(net, l)} of {layer_name(net, l)} have the same weights, so they "
                "learn the same."
            )
            return "identical neurons", measured, 'Draw the weights at random: init="scaled".'
    return None
