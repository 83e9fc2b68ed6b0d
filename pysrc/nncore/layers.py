"""Layers are descriptions: sizes and activations. The arrays belong to the network.

What goes from layer to layer has a shape: (n,), or (channels, height, width) for feature maps.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

ACTIVATIONS = ("sigmoid", "tanh", "relu", "linear")
COSTS = ("quadratic", "cross-entropy", "log-likelihood")


def _check_activation(activation: str, allowed: tuple[str, ...]) -> None:
    if activation not in allowed:
        hint = "; softmax is a layer of its own: Softmax(n)" if activation == "softmax" else ""
        raise ValueError(f"activation: one of {', '.join(allowed)} needed, got {activation!r}{hint}")


def _count(name: str, value: Any, what: str) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < 1:
        raise ValueError(f"{name}: {what}, got {value!r}")
    return int(value)


def _height_width(name: str, value: Any) -> tuple[int, int]:
    """(height, width), from a number for both or a pair."""
    pair = tuple(value) if isinstance(value, Iterable) else (value, value)
    if len(pair) != 2:
        raise ValueError(f"{name}: a number or (height, width) needed, got {value!r}")
    height, width = (_count(name, side, "sides of 1 or more needed") for side in pair)
    return height, width


def _maps(layer: Any, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """(channels, height, width) that come to a layer which needs them."""
    if len(shape) != 3:
        raise ValueError(
            f"{layer} needs feature maps, (channels, height, width), and gets {shape}: it goes before the "
            "fully connected layers, and input_shape says (channels, height, width)"
        )
    return shape


@dataclass(frozen=True)
class Dense:
    """A fully connected layer: a = sigma(w a_prev + b), as in the book's chapter 1.

    Parameters
    ----------
    n : int
        Number of neurons, 1 or more.
    activation : {"sigmoid", "tanh", "relu", "linear"}
        sigma (chapter 3 for tanh and relu).
    dropout : float
        Probability, below 1, that an input of the layer is left out for an example in training (chapter 3).
        What is kept is scaled up by 1/(1 - dropout), so that nothing need be scaled afterwards; the book
        halves the weights at the end instead, which is the same in the mean.
    eta_scale : float
        What SGD's eta is multiplied by for the weights of this layer, not for its biases and not for the
        decay by L2. (Adam, whose steps do not depend on the size of gradients, does not see it.)

    Examples
    --------
    >>> import nncore as nn
    >>> nn.Network([nn.Dense(30, activation="tanh"), nn.Dense(10)], input_shape=(784,)).sizes
    [784, 30, 10]
    """

    n: int
    activation: str = "sigmoid"
    dropout: float = 0.0
    eta_scale: float = field(default=1.0, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        _check_activation(self.activation, self.allowed)
        object.__setattr__(self, "n", _count("n", self.n, "a layer has 1 neuron or more"))
        if isinstance(self.dropout, str) or not 0 <= self.dropout < 1:
            raise ValueError(f"dropout: a probability of at least 0 and below 1 needed, got {self.dropout!r}")
        object.__setattr__(self, "dropout", float(self.dropout))
        if isinstance(self.eta_scale, str) or not 0 <= self.eta_scale < math.inf:
            raise ValueError(f"eta_scale: a number of at least 0 needed, got {self.eta_scale!r}")
        object.__setattr__(self, "eta_scale", float(self.eta_scale))

    @property
    def allowed(self) -> tuple[str, ...]:
        return ACTIVATIONS

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of the activations, from that of the layer before."""
        return (self.n,)

    def weight_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(n_out, n_in); feature maps before come in the order (channels, height, width)."""
        return self.n, math.prod(shape)

    def for_program(self, shape: tuple[int, ...]) -> tuple[Any, ...]:
        """The layer as the kernels' `Program` takes it."""
        inputs = shape if len(shape) == 3 else shape[0]
        return (inputs, self.n, self.activation, self.dropout, self.eta_scale)


@dataclass(frozen=True)
class Softmax(Dense):
    """The output layer whose activations are probabilities that sum to 1 (chapter 3).

    a_j = exp(z_j) / sum_k exp(z_k). Goes with the log-likelihood cost.

    Parameters
    ----------
    n : int
        Number of neurons: of classes.
    dropout, eta_scale : float
        As for `Dense`.

    Examples
    --------
    >>> import nncore as nn
    >>> net = nn.Network([nn.Dense(30), nn.Softmax(10)], input_shape=(784,), seed=0)
    >>> net.cost_name
    'log-likelihood'
    """

    activation: str = "softmax"

    @property
    def allowed(self) -> tuple[str, ...]:
        return ("softmax",)


@dataclass(frozen=True)
class Conv2D:
    """A convolutional layer: each filter looks at every place of the feature maps before (chapter 6).

    ``a[f, y, x] = sigma(b[f] + sum of w[f, k, t, c] * a_prev[k, y + t, x + c] over k, t, c)``: a
    cross-correlation, in steps of 1.

    Parameters
    ----------
    filters : int
        Number of filters, and so of feature maps after the layer.
    kernel_size : int or (int, int)
        Height and width of what a filter looks at: the book's local receptive field.
    activation : {"sigmoid", "tanh", "relu", "linear"}
        sigma.
    padding : {"valid", "same"}
        "valid": a filter stays inside, and maps shrink by kernel_size - 1. "same": a border of zeros keeps
        their size, of kernel_size - 1 in all, the smaller half above and at the left.

    Examples
    --------
    >>> import nncore as nn
    >>> net = nn.Network(
    ...     [nn.Conv2D(20, 5), nn.MaxPool2D(2), nn.Dense(100), nn.Softmax(10)],
    ...     input_shape=(1, 28, 28),
    ... )
    >>> [w.shape for w in net.weights]
    [(20, 1, 5, 5), (100, 2880), (10, 100)]
    """

    filters: int
    kernel_size: tuple[int, int]
    activation: str = "sigmoid"
    padding: str = "valid"
    dropout = 0.0

    def __init__(
        self, filters: int, kernel_size: Any, activation: str = "sigmoid", padding: str = "valid"
    ) -> None:
        _check_activation(activation, ACTIVATIONS)
        if padding not in ("valid", "same"):
            raise ValueError(f"padding: valid or same needed, got {padding!r}")
        object.__setattr__(self, "filters", _count("filters", filters, "1 filter or more needed"))
        object.__setattr__(self, "kernel_size", _height_width("kernel_size", kernel_size))
        object.__setattr__(self, "activation", activation)
        object.__setattr__(self, "padding", padding)

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(filters, height, width) of the maps, from the shape of those before."""
        _, height, width = _maps(self, shape)
        t, c = self.kernel_size
        if self.padding == "same":
            return self.filters, height, width
        if t > height or c > width:
            raise ValueError(
                f"{self} looks at {t} x {c} places, but the maps before have the shape {shape}: "
                "a smaller kernel_size, less pooling before, or padding='same'"
            )
        return self.filters, height - t + 1, width - c + 1

    def weight_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(filters, channels, height, width)."""
        return self.filters, _maps(self, shape)[0], *self.kernel_size

    def for_program(self, shape: tuple[int, ...]) -> tuple[Any, ...]:
        """The layer as the kernels' `Program` takes it."""
        return ("conv", shape, self.filters, self.kernel_size, self.padding == "same", self.activation)


@dataclass(frozen=True)
class MaxPool2D:
    """Keeps of each window of a feature map its largest activation; the windows do not overlap (chapter 6).

    Columns and rows that fill no window are left out. Of equals the first counts, row by row, when gradients
    go back.

    Parameters
    ----------
    size : int or (int, int)
        Height and width of a window.

    Examples
    --------
    >>> import nncore as nn
    >>> net = nn.Network([nn.MaxPool2D(2), nn.Dense(1)], input_shape=(1, 4, 5), init="zeros")
    >>> net.shapes
    [(1, 4, 5), (1, 2, 2), (1,)]
    """

    size: tuple[int, int]
    activation = "linear"
    dropout = 0.0

    def __init__(self, size: Any) -> None:
        object.__setattr__(self, "size", _height_width("size", size))

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """(channels, height, width) of the maps, from the shape of those before."""
        channels, height, width = _maps(self, shape)
        t, c = self.size
        if t > height or c > width:
            raise ValueError(
                f"{self} has windows of {t} x {c}, but the maps before have the shape {shape}: "
                "a smaller size, or less pooling before"
            )
        return channels, height // t, width // c

    def weight_shape(self, shape: tuple[int, ...]) -> None:
        """It has none."""
        return None

    def for_program(self, shape: tuple[int, ...]) -> tuple[Any, ...]:
        """The layer as the kernels' `Program` takes it."""
        return ("pool", shape, self.size)


Layer = Dense | Conv2D | MaxPool2D


def output_cost(activation: str) -> str:
    """The cost that an output layer has unless one is named."""
    return {"softmax": "log-likelihood", "sigmoid": "cross-entropy"}.get(activation, "quadratic")


def check_pair(cost: str, activation: str) -> None:
    """Refuse an output layer and a cost that do not go together, with the reason."""
    if cost not in COSTS:
        raise ValueError(f"cost: one of {', '.join(COSTS)} needed, got {cost!r}")
    if cost == "cross-entropy" and activation != "sigmoid":
        remedy = "cost='log-likelihood'" if activation == "softmax" else "cost='quadratic'"
        raise ValueError(
            f"cost: cross-entropy takes each output as a probability of its own, which only a sigmoid gives; "
            f"the output layer is {activation}: use {remedy}, or a sigmoid output"
        )
    if cost == "log-likelihood" and activation != "softmax":
        raise ValueError(
            f"cost: log-likelihood takes the outputs as one distribution, which only softmax gives; "
            f"the output layer is {activation}: end with Softmax(n), or use "
            f"cost='{output_cost(activation)}'"
        )
    if cost == "quadratic" and activation == "softmax":
        raise ValueError(
            "cost: a softmax layer learns from log-likelihood (the quadratic cost would couple its outputs): "
            "use cost='log-likelihood', or Dense(n, activation='sigmoid') as output"
        )
