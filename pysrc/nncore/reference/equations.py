"""The book's equations for each kind of layer, in plain NumPy and float64, for what looks inside a network.

Clear before quick. x, y, z, a and delta are columns, as in the book, and several examples stand side by side:
the last index is the example, of feature maps (channels, height, width, m). Entry l of a list belongs to the
network's layers[l], the book's layer l + 2. Pooling counts as one, and its z is its a.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nncore import _validation
from nncore.layers import Conv2D, Dense, Layer, MaxPool2D
from nncore.network import Network
from nncore.reference.network import ACTIVATIONS


def softmax(z: np.ndarray) -> np.ndarray:
    """Each column's exponentials, divided by their sum."""
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


def activation(layer: Layer) -> tuple[Any, Any]:
    """(sigma, sigma') of a layer, for any number of columns; softmax's costs do without the derivative."""
    return (softmax, None) if layer.activation == "softmax" else ACTIVATIONS[layer.activation]


def columns(given: _validation.Examples, n_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Examples as columns of float64: x (n_in, m) and y (n_out, m)."""
    x = given.inputs if given.images is None else given.images * given.scale
    y = given.targets
    if given.labels is not None:
        y = given.labels[:, None] == np.arange(n_out)
    assert x is not None  # examples have images or inputs,
    assert y is not None  # and labels or targets
    return x.T.astype(np.float64), y.T.astype(np.float64)


def parameters_of(net: Network) -> list[tuple[np.ndarray, ...]]:
    """(w, b) of each layer; () of pooling, which has none."""
    pairs = zip(net.weights, net.biases, strict=True)
    return [
        () if isinstance(layer, MaxPool2D) else tuple(np.asarray(array, np.float64) for array in next(pairs))
        for layer in net.layers
    ]


def border(layer: Layer) -> list[tuple[int, int]]:
    """How many zeros a layer puts around feature maps (channels, height, width, m)."""
    if isinstance(layer, Conv2D) and layer.padding == "same":
        return [(0, 0), *((n // 2, n - n // 2) for n in (side - 1 for side in layer.kernel_size)), (0, 0)]
    return [(0, 0)] * 4


def windows(layer: Conv2D | MaxPool2D, maps: np.ndarray) -> np.ndarray:
    """A view of bordered maps (channels, height, width, m) by what each place of the layer looks at:
    (channels, rows, columns, m, height of a window, width of a window)."""
    size = layer.kernel_size if isinstance(layer, Conv2D) else layer.size
    down, across = (1, 1) if isinstance(layer, Conv2D) else layer.size
    view = np.lib.stride_tricks.sliding_window_view(maps, size, axis=(1, 2), writeable=maps.flags.writeable)
    return view[:, ::down, ::across]


def largest(layer: MaxPool2D, a: np.ndarray) -> np.ndarray:
    """Which number of its window each place of a pooling layer takes; of equals the first."""
    seen = windows(layer, a)
    return seen.reshape(*seen.shape[:4], -1).argmax(axis=-1)


def weighted_input(layer: Layer, a: np.ndarray, *w_b: np.ndarray) -> np.ndarray:
    """z from the a of the layer before: w a + b, or w at each place of it; of pooling the largest a's."""
    if isinstance(layer, MaxPool2D):
        return windows(layer, a).max(axis=(-2, -1))
    w, b = w_b
    if isinstance(layer, Dense):
        return w @ a.reshape(-1, a.shape[-1]) + b
    seen = windows(layer, np.pad(a, border(layer)))
    return np.tensordot(w, seen, axes=((1, 2, 3), (0, 4, 5))) + b[:, :, None, None]


def forward(net: Network, a: np.ndarray, first: int = 0) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """z and a of each layer from number `first` on, from the a before it: the inputs x (n_in, m)."""
    zs, activations = [], []
    a = a.reshape(*net.shapes[first], -1)
    for layer, w_b in zip(net.layers[first:], parameters_of(net)[first:], strict=True):
        zs.append(weighted_input(layer, a, *w_b))
        a = activation(layer)[0](zs[-1])
        activations.append(a)
    return zs, activations


def error_before(layer: Layer, a: np.ndarray, delta: np.ndarray, *w_b: np.ndarray) -> np.ndarray:
    """BP2 but for sigma': what the delta of a layer makes of the a before it."""
    if isinstance(layer, Dense):
        return (w_b[0].T @ delta).reshape(a.shape)
    error = np.pad(np.zeros_like(a), border(layer))
    seen = windows(layer, error)
    taken = largest(layer, a) if isinstance(layer, MaxPool2D) else None
    for number, (t, c) in enumerate(np.ndindex(seen.shape[-2:])):
        if taken is None:
            seen[..., t, c] += np.tensordot(w_b[0][:, :, t, c], delta, axes=(0, 0))
        else:
            seen[..., t, c] = np.where(taken == number, delta, 0.0)
    _, (top, _), (left, _), _ = border(layer)
    return error[:, top : top + a.shape[1], left : left + a.shape[2]]


def backward(net: Network, zs: list[np.ndarray], a: list[np.ndarray], y: np.ndarray) -> list[np.ndarray]:
    """delta of each layer, from its z and a, for the targets y (n_out, m)."""
    delta = a[-1] - y  # BP1: cross-entropy and log-likelihood cancel sigma'(z),
    if net.cost_name == "quadratic":
        delta = delta * activation(net.layers[-1])[1](zs[-1])  # and quadratic does not
    deltas, parameters = [delta], parameters_of(net)
    for l in reversed(range(len(zs) - 1)):
        sigma_prime = activation(net.layers[l])[1]
        delta = error_before(net.layers[l + 1], a[l], delta, *parameters[l + 1]) * sigma_prime(zs[l])  # BP2
        deltas.insert(0, delta)
    return deltas


def gradients(layer: Layer, a: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, ...]:
    """BP3 and BP4, summed over the examples: (nabla_b, nabla_w), from the a before; () of pooling."""
    if isinstance(layer, MaxPool2D):
        return ()
    if isinstance(layer, Dense):
        return delta.sum(axis=1, keepdims=True), delta @ a.reshape(-1, a.shape[-1]).T
    seen = windows(layer, np.pad(a, border(layer)))
    nabla_w = np.tensordot(delta, seen, axes=((1, 2, 3), (1, 2, 3)))
    return delta.sum(axis=(1, 2, 3))[:, None], nabla_w
