"""This module computes BP1 to BP4 for each kind of layer and many examples at once, in NumPy and float64.

`nncore.trace`, `nncore.check_gradients` and `nncore.diagnose` look into a network through this module. It is
written to be clear, not to be fast. x, y, z, a and delta are columns, as in the book, one beside the other
for several examples: the last index is the example, and feature maps are (channels, height, width, m).

A network is here any object with `layers`, `shapes`, `weights`, `biases` and `cost_name`, as `nncore.Network`
has them. Item l of a list belongs to `layers[l]`, which is layer l + 2 in the book. A pooling layer counts as
a layer, and its z is its a.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nncore.reference.convolution import kind_of
from nncore.reference.network import ACTIVATIONS


def softmax(z: np.ndarray) -> np.ndarray:
    """Divide the exponentials of each column by their sum."""
    e = np.exp(z - z.max(axis=0))
    a: np.ndarray = e / e.sum(axis=0)
    return a


def activation_of(layer: Any) -> tuple[Any, Any]:
    """Return (sigma, sigma') of a layer; softmax has None for sigma', which its cost does not need."""
    return (softmax, None) if layer.activation == "softmax" else ACTIVATIONS[layer.activation]


def parameters_of(net: Any) -> list[tuple[np.ndarray, ...]]:
    """Return (w, b) of each layer in float64, and () for a pooling layer."""
    pairs = zip(net.weights, net.biases, strict=True)
    return [
        () if kind_of(layer) == "pooling" else tuple(np.asarray(array, np.float64) for array in next(pairs))
        for layer in net.layers
    ]


def border(layer: Any) -> list[tuple[int, int]]:
    """Return how many zeros a layer puts before and after each axis of maps (channels, height, width, m)."""
    if kind_of(layer) == "convolution" and layer.padding == "same":
        return [(0, 0), *((n // 2, n - n // 2) for n in (side - 1 for side in layer.kernel_size)), (0, 0)]
    return [(0, 0)] * 4


def windows(layer: Any, maps: np.ndarray) -> np.ndarray:
    """View the maps (channels, height, width, m), border included, as the windows that the layer reads.

    The view is (channels, windows down, windows across, m, height of a window, width of a window).
    """
    convolves = kind_of(layer) == "convolution"
    size, (down, across) = (layer.kernel_size, (1, 1)) if convolves else (layer.size, layer.size)
    view = np.lib.stride_tricks.sliding_window_view(maps, size, axis=(1, 2), writeable=maps.flags.writeable)
    return view[:, ::down, ::across]


def argmax_in_windows(layer: Any, a: np.ndarray) -> np.ndarray:
    """Return which entry of its window, row by row, a pooling layer takes: the first one of the largest."""
    seen = windows(layer, a)
    indices: np.ndarray = seen.reshape(*seen.shape[:4], -1).argmax(axis=-1)
    return indices


def weighted_input(layer: Any, a: np.ndarray, *w_b: np.ndarray) -> np.ndarray:
    """Return a layer's z, from the a of the layer before and the layer's w and b."""
    if kind_of(layer) == "pooling":
        largest: np.ndarray = windows(layer, a).max(axis=(-2, -1))
        return largest
    w, b = w_b
    if kind_of(layer) == "dense":
        z: np.ndarray = w @ a.reshape(-1, a.shape[-1]) + b
    else:
        seen = windows(layer, np.pad(a, border(layer)))
        z = np.tensordot(w, seen, axes=((1, 2, 3), (0, 4, 5))) + b[:, :, None, None]
    return z


def forward(net: Any, a: np.ndarray, first: int = 0) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the z and the a of each layer from layers[first] on; `a` is what that layer reads.

    With first = 0 the layer reads the inputs x (n_in, m).
    """
    zs, activations = [], []
    a = a.reshape(*net.shapes[first], -1)
    for layer, w_b in zip(net.layers[first:], parameters_of(net)[first:], strict=True):
        zs.append(weighted_input(layer, a, *w_b))
        a = activation_of(layer)[0](zs[-1])
        activations.append(a)
    return zs, activations


def backpropagate(layer: Any, a: np.ndarray, delta: np.ndarray, *w_b: np.ndarray) -> np.ndarray:
    """Return BP2 without its factor sigma': the error of the a that a layer reads, from the layer's delta."""
    if kind_of(layer) == "dense":
        error: np.ndarray = (w_b[0].T @ delta).reshape(a.shape)
        return error
    error = np.pad(np.zeros_like(a), border(layer))
    seen = windows(layer, error)
    taken = argmax_in_windows(layer, a) if kind_of(layer) == "pooling" else None
    for entry, (t, c) in enumerate(np.ndindex(seen.shape[-2:])):
        if taken is None:
            seen[..., t, c] += np.tensordot(w_b[0][:, :, t, c], delta, axes=(0, 0))
        else:
            seen[..., t, c] = np.where(taken == entry, delta, 0.0)
    _, (top, _), (left, _), _ = border(layer)
    return error[:, top : top + a.shape[1], left : left + a.shape[2]]


def backward(net: Any, zs: list[np.ndarray], a: list[np.ndarray], y: np.ndarray) -> list[np.ndarray]:
    """Return the delta of each layer, from its z and a and the targets y (n_out, m)."""
    delta = a[-1] - y  # BP1: cross-entropy and log-likelihood cancel sigma'(z),
    if net.cost_name == "quadratic":
        delta = delta * activation_of(net.layers[-1])[1](zs[-1])  # and quadratic does not
    deltas, parameters = [delta], parameters_of(net)
    for l in reversed(range(len(zs) - 1)):
        sigma_prime = activation_of(net.layers[l])[1]
        error = backpropagate(net.layers[l + 1], a[l], delta, *parameters[l + 1])
        delta = error * sigma_prime(zs[l])  # BP2
        deltas.insert(0, delta)
    return deltas


def gradients(layer: Any, a: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return BP3 and BP4, summed over the examples: (nabla_b, nabla_w); () for a pooling layer.

    `a` is what the layer reads.
    """
    if kind_of(layer) == "pooling":
        return ()
    if kind_of(layer) == "dense":
        return delta.sum(axis=1, keepdims=True), delta @ a.reshape(-1, a.shape[-1]).T
    seen = windows(layer, np.pad(a, border(layer)))
    nabla_w = np.tensordot(delta, seen, axes=((1, 2, 3), (1, 2, 3)))
    return delta.sum(axis=(1, 2, 3))[:, None], nabla_w
