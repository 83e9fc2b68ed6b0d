"""Convolution and max-pooling in plain NumPy and float64, for `nncore.reference`: written from chapter 6.

Each place that a filter looks at is a patch of the feature maps before, one column of a matrix, so that a
convolution is the book's z = w a + b and its gradients are BP2 to BP4. An a, z or delta is a column, its
feature maps in the order (channels, height, width). It shares nothing with the core.
"""

import numpy as np

from nncore.reference import network as reference


def patches(maps, height, width, step_y, step_x):
    """Windows of maps (channels, ...) -> (channels, height, width, windows down, windows across)."""
    windows = np.lib.stride_tricks.sliding_window_view(maps, (height, width), axis=(1, 2))
    return windows[:, ::step_y, ::step_x].transpose(0, 3, 4, 1, 2)


class Connected:
    def __init__(self, shape, layer):
        self.shape, self.weight_shape = (layer.n,), (layer.n, int(np.prod(shape)))

    def forward(self, a, w, b):
        return np.dot(w, a) + b

    def gradients(self, a, delta, w):
        return delta, np.dot(delta, a.T)  # BP3, BP4

    def delta_before(self, a, delta, w):
        return np.dot(w.T, delta)  # BP2, but for sigma'


class Convolution:
    """z[f, y, x] = b[f] + sum of w[f, k, t, c] * a[k, y + t, x + c]. "same": a gets a border of zeros."""

    def __init__(self, shape, layer):
        self.shape_before, (height, width) = shape, layer.kernel_size
        self.weight_shape = (layer.filters, shape[0], height, width)
        border = (height - 1, width - 1) if layer.padding == "same" else (0, 0)
        self.border = [(0, 0), *((n // 2, n - n // 2) for n in border)]
        self.shape = (layer.filters, shape[1] + border[0] - height + 1, shape[2] + border[1] - width + 1)

    def patches(self, a):
        maps = np.pad(a.reshape(self.shape_before), self.border)
        return patches(maps, *self.weight_shape[2:], 1, 1).reshape(-1, self.shape[1] * self.shape[2])

    def forward(self, a, w, b):
        return (np.dot(w.reshape(len(w), -1), self.patches(a)) + b).reshape(-1, 1)

    def gradients(self, a, delta, w):
        delta = delta.reshape(len(w), -1)
        return delta.sum(axis=1, keepdims=True), np.dot(delta, self.patches(a).T).reshape(w.shape)  # BP3, BP4

    def delta_before(self, a, delta, w):
        sent = np.dot(w.reshape(len(w), -1).T, delta.reshape(len(w), -1))  # BP2, to every patch
        sent = sent.reshape(*w.shape[1:], *self.shape[1:])
        (_, _), (top, bottom), (left, right) = self.border
        channels, height, width = self.shape_before
        maps = np.zeros((channels, top + height + bottom, left + width + right))
        for t, c in np.ndindex(w.shape[2:]):
            maps[:, t : t + self.shape[1], c : c + self.shape[2]] += sent[:, t, c]
        return maps[:, top : top + height, left : left + width].reshape(-1, 1)


class MaxPooling:
    """The largest a of each window, the first of equals; what fills no window is left out."""

    weight_shape = None

    def __init__(self, shape, layer):
        self.shape_before, self.size = shape, layer.size
        self.shape = (shape[0], shape[1] // self.size[0], shape[2] // self.size[1])

    def windows(self, maps):
        """(channels, places in a window, windows down, windows across)"""
        return patches(maps, *self.size, *self.size).reshape(self.shape[0], -1, *self.shape[1:])

    def forward(self, a):
        return self.windows(a.reshape(self.shape_before)).max(axis=1).reshape(-1, 1)

    def gradients(self, a, delta):
        return ()

    def delta_before(self, a, delta):
        numbers = np.arange(a.size).reshape(self.shape_before)
        largest = self.windows(a.reshape(self.shape_before)).argmax(axis=1, keepdims=True)
        delta_before = np.zeros_like(a)
        delta_before[np.take_along_axis(self.windows(numbers), largest, axis=1).ravel()] = delta
        return delta_before


class Network(reference.Network):
    """The book's network with layers of chapter 6 too: what has no parameters has no place in `weights`."""

    def lay_out(self, layers):
        shape, self.layers = tuple(layers[0]), []
        self.sizes = [int(np.prod(shape))]
        for layer in layers[1:]:
            kind = (
                Convolution
                if hasattr(layer, "kernel_size")
                else MaxPooling
                if hasattr(layer, "size")
                else Connected
            )
            self.layers.append(kind(shape, layer))
            shape = self.layers[-1].shape
            self.sizes.append(int(np.prod(shape)))
        return [layer.weight_shape for layer in self.layers if layer.weight_shape]

    def parameters(self):
        """(w, b) of every layer; () of one that has none."""
        pairs = zip(self.weights, self.biases, strict=True)
        return [next(pairs) if layer.weight_shape else () for layer in self.layers]

    def forward(self, x):
        zs, activations = [], [x]
        for layer, w_b, (sigma, _) in zip(self.layers, self.parameters(), self.activations, strict=True):
            zs.append(layer.forward(activations[-1], *w_b))
            activations.append(sigma(zs[-1]))
        return zs, activations

    def backprop(self, X, y):
        nablas = [
            [np.zeros_like(b), np.zeros_like(w)] for b, w in zip(self.biases, self.weights, strict=True)
        ]
        for x, target in zip(*self.columns((X, y)), strict=True):
            zs, activations = self.forward(x)
            delta = activations[-1] - target  # BP1
            if self.cost_name == "quadratic":
                delta = delta * self.activations[-1][1](zs[-1])
            places = iter(reversed(nablas))
            for l, w_b in reversed(list(enumerate(self.parameters()))):
                gradients = self.layers[l].gradients(activations[l], delta, *w_b[:1])
                if gradients:
                    nabla = next(places)
                    nabla[0] += gradients[0]
                    nabla[1] += gradients[1]
                if l > 0:
                    sigma_prime = self.activations[l - 1][1](zs[l - 1])
                    delta = self.layers[l].delta_before(activations[l], delta, *w_b[:1]) * sigma_prime
        return [nabla_b for nabla_b, _ in nablas], [nabla_w for _, nabla_w in nablas]
