"""Convolution and max-pooling in plain NumPy and float64, one example at a time, as chapter 6 writes them.

A filter reads one patch of the feature maps before it for each pixel of its own map. With these patches as
the columns of a matrix, a convolution is the book's z = w a + b, and its gradients are BP2 to BP4. Every a, z
and delta is a column; feature maps lie in it in the order (channels, height, width).

Each class below is one kind of layer. `shape` is the shape of its activations and `weight_shape` that of its
weights; `forward` gives z, `gradients` BP3 and BP4, and `backpropagate` BP2 without its factor sigma'.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np

from nncore.reference import network as chapters_1_to_3


def kind_of(layer):
    """Tell from the fields of a layer's description what it is: "convolution", "pooling" or "dense"."""
    if hasattr(layer, "kernel_size"):
        return "convolution"
    return "dense" if hasattr(layer, "n") else "pooling"


def patches(maps, height, width, step_y, step_x):
    """Cut maps (channels, ...) into windows: (channels, height, width, windows down, windows across)."""
    windows = np.lib.stride_tricks.sliding_window_view(maps, (height, width), axis=(1, 2))
    return windows[:, ::step_y, ::step_x].transpose(0, 3, 4, 1, 2)


class FullyConnected:
    """z[j] = b[j] + sum of w[j, k] * a[k] over k."""

    def __init__(self, shape, layer):
        self.shape, self.weight_shape = (layer.n,), (layer.n, int(np.prod(shape)))

    def forward(self, a, w, b):
        return np.dot(w, a) + b

    def gradients(self, a, delta):
        return delta, np.dot(delta, a.T)  # BP3, BP4

    def backpropagate(self, a, delta, w, b):
        return np.dot(w.T, delta)  # BP2


class Convolution:
    """z[f, y, x] = b[f] + sum of w[f, k, t, c] * a[k, y + t, x + c] over k, t, c.

    With padding="same" a border of zeros surrounds a.
    """

    def __init__(self, shape, layer):
        self.shape_before, (height, width) = shape, layer.kernel_size
        self.weight_shape = (layer.filters, shape[0], height, width)
        border = (height - 1, width - 1) if layer.padding == "same" else (0, 0)
        self.border = [(0, 0), *((n // 2, n - n // 2) for n in border)]
        self.shape = (layer.filters, shape[1] + border[0] - height + 1, shape[2] + border[1] - width + 1)

    def patches(self, a):
        """The patches that the filters read, one in each column: (channels * height * width, pixels)."""
        maps = np.pad(a.reshape(self.shape_before), self.border)
        return patches(maps, *self.weight_shape[2:], 1, 1).reshape(-1, self.shape[1] * self.shape[2])

    def forward(self, a, w, b):
        return (np.dot(w.reshape(len(w), -1), self.patches(a)) + b).reshape(-1, 1)

    def gradients(self, a, delta):
        delta = delta.reshape(self.shape[0], -1)
        nabla_w = np.dot(delta, self.patches(a).T).reshape(self.weight_shape)  # BP4
        return delta.sum(axis=1, keepdims=True), nabla_w  # BP3

    def backpropagate(self, a, delta, w, b):
        errors = np.dot(w.reshape(len(w), -1).T, delta.reshape(len(w), -1))  # BP2, for every patch
        errors = errors.reshape(*w.shape[1:], *self.shape[1:])
        (_, _), (top, bottom), (left, right) = self.border
        channels, height, width = self.shape_before
        maps = np.zeros((channels, top + height + bottom, left + width + right))
        for t, c in np.ndindex(w.shape[2:]):  # a pixel belongs to several patches: their errors add up
            maps[:, t : t + self.shape[1], c : c + self.shape[2]] += errors[:, t, c]
        return maps[:, top : top + height, left : left + width].reshape(-1, 1)


class MaxPooling:
    """a[y, x] = the largest activation of window (y, x), the first one if several are equal.

    Rows and columns that fill no window are left out.
    """

    weight_shape = None

    def __init__(self, shape, layer):
        self.shape_before, self.size = shape, layer.size
        self.shape = (shape[0], shape[1] // self.size[0], shape[2] // self.size[1])

    def windows(self, maps):
        """The windows of the maps: (channels, pixels of a window, windows down, windows across)."""
        return patches(maps, *self.size, *self.size).reshape(self.shape[0], -1, *self.shape[1:])

    def forward(self, a):
        return self.windows(a.reshape(self.shape_before)).max(axis=1).reshape(-1, 1)

    def backpropagate(self, a, delta):
        """Each error goes to the pixel that was the largest of its window (BP2)."""
        pixels = np.arange(a.size).reshape(self.shape_before)
        largest = self.windows(a.reshape(self.shape_before)).argmax(axis=1, keepdims=True)
        error = np.zeros_like(a)
        error[np.take_along_axis(self.windows(pixels), largest, axis=1).ravel()] = delta
        return error


KINDS: dict[str, Any] = {"dense": FullyConnected, "convolution": Convolution, "pooling": MaxPooling}


class Network(chapters_1_to_3.Network):
    """The book's network with the layers of chapter 6, too. `weights` and `biases` skip pooling layers."""

    def lay_out(self, layers):
        self.shape = shape = tuple(np.atleast_1d(layers[0]))
        self.layers = []
        self.sizes = [int(np.prod(shape))]
        for layer in layers[1:]:
            described = layer if hasattr(layer, "activation") else SimpleNamespace(n=int(layer))
            self.layers.append(KINDS[kind_of(described)](shape, described))
            shape = self.layers[-1].shape
            self.sizes.append(int(np.prod(shape)))
        return [layer.weight_shape for layer in self.layers if layer.weight_shape]

    def parameters(self):
        """(w, b) of each layer; () for a pooling layer."""
        pairs = zip(self.weights, self.biases, strict=True)
        return [next(pairs) if layer.weight_shape else () for layer in self.layers]

    def forward(self, x):
        zs, activations = [], [x]
        for layer, w_b, (sigma, _) in zip(self.layers, self.parameters(), self.activations, strict=True):
            zs.append(layer.forward(activations[-1], *w_b))
            activations.append(sigma(zs[-1]))
        return zs, activations

    def backprop(self, X, y, *, weights=None):
        nabla_b, nabla_w = [np.zeros_like(b) for b in self.biases], [np.zeros_like(w) for w in self.weights]
        parameters = self.parameters()
        X, y = self.columns((X, y), one=True)
        for x, target, count in zip(X, y, chapters_1_to_3.weights_of(weights, len(X)), strict=True):
            zs, activations = self.forward(x)
            delta = count * self.output_delta(zs[-1], activations[-1], target)  # BP1
            p = len(self.weights)  # layers[l] has weights[p], if it has any
            for l, layer in reversed(list(enumerate(self.layers))):
                if layer.weight_shape:
                    p -= 1
                    gradient_b, gradient_w = layer.gradients(activations[l], delta)
                    nabla_b[p] += gradient_b
                    nabla_w[p] += gradient_w
                if l > 0:
                    sigma_prime = self.activations[l - 1][1](zs[l - 1])
                    delta = layer.backpropagate(activations[l], delta, *parameters[l]) * sigma_prime
        return nabla_b, nabla_w
