"""This module checks the layers of a network, and says what a network reads and answers."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from nncore import _given, choices, targets
from nncore._validation.arguments import integer, one_of
from nncore._validation.warning import warn
from nncore.layers import (
    ACTIVATIONS,
    COSTS,
    Conv2D,
    Dense,
    Layer,
    MaxPool2D,
    Softmax,
    check_pair,
    output_cost,
)

MOST_LAYERS_IN_A_REMEDY = 4  # a network of more layers is not written out in a message


class Interface:
    """An Interface says what a network reads and answers: all that the checks of examples need to know.

    `cost` is None if the network computes its cost in a way that the core does not know; then any numbers may
    be targets.
    """

    __slots__ = (
        *("activation", "cost", "dtype", "input_shape", "kernels", "layers"),
        *("n_before", "n_in", "n_out", "reals"),
    )
    input_shape: tuple[int, ...]
    layers: tuple[Layer, ...]
    activation: str
    cost: str | None
    dtype: str
    reals: np.dtype[Any]
    kernels: Any  # they look at numbers
    n_before: int  # what the output layer reads
    n_in: int
    n_out: int

    def __init__(
        self,
        input_shape: tuple[int, ...],
        layers: tuple[Layer, ...],
        n_out: int,
        cost: str | None,
        dtype: str,
        n_before: int = 0,
    ) -> None:
        self.input_shape, self.n_in = input_shape, math.prod(input_shape)
        self.layers, self.n_out, self.activation = layers, n_out, layers[-1].activation
        self.cost, self.dtype, self.reals = cost, dtype, np.dtype(dtype)
        self.kernels = targets.kernels(dtype)
        self.n_before = n_before

    def with_dtype(self, dtype: str) -> Interface:
        """Return the same of another dtype."""
        return type(self)(self.input_shape, self.layers, self.n_out, self.cost, dtype, self.n_before)

    def without_cost(self) -> Interface:
        """Return the same for a network with a cost of its own."""
        return type(self)(self.input_shape, self.layers, self.n_out, None, self.dtype, self.n_before)

    def named(self, output: Dense) -> str:
        """Return an output layer as a message names it."""
        if isinstance(output, Softmax):
            return f"nn.Softmax({output.n})"
        activation = "" if output.activation == "sigmoid" else f', "{output.activation}"'
        return f"nn.Dense({output.n}{activation})"

    def ending_with(self, output: Dense) -> str:
        """Say how to make this network with another output layer."""
        layers = (*self.layers[:-1], output)
        if len(layers) > MOST_LAYERS_IN_A_REMEDY:
            return f"make {code(output)} the last of its layers"
        listed = ", ".join(map(code, layers))
        return f"make it nn.Network([{listed}], input_shape={self.input_shape})"


def code(layer: Layer) -> str:
    """Return the Python that makes a layer: nn.Dense(30, activation='tanh')."""
    values = [
        (field.name, getattr(layer, field.name), field.default)
        for field in dataclasses.fields(layer)
        if not (field.name == "activation" and isinstance(layer, Softmax))
    ]
    required = [repr(value) for _, value, default in values if default is dataclasses.MISSING]
    chosen = [
        f"{name}={value!r}"
        for name, value, default in values
        if default is not dataclasses.MISSING and value != default
    ]
    return f"nn.{type(layer).__name__}({', '.join([*required, *chosen])})"


def check_network(net: Any, others: str = "") -> None:
    """Refuse what is no network; `others` says what else would do."""
    if not isinstance(getattr(net, "_interface", None), Interface):
        raise TypeError(f"net: an nn.Network{others} needed, got {net!r:.60}")


def check_output(layers: tuple[Layer, ...]) -> None:
    """Refuse an output layer that can give one answer only."""
    output = layers[-1]
    if isinstance(output, Softmax) and output.n == 1:
        raise ValueError(
            "layers: the outputs of softmax sum to 1, so Softmax(1) can only answer 1; nn.Dense(1) tells two "
            "classes, 0 and 1, apart, and so does nn.Softmax(2)"
        )


def warn_of_axes(shape: tuple[int, ...], layers: tuple[Layer, ...]) -> None:
    """Warn if layers that read feature maps get an input_shape whose channels seem to come last.

    A filter of width 1 is meant for maps that are one number wide, or for each of several sequences.
    """
    first = layers[0]
    is_narrow = isinstance(first, Conv2D) and first.kernel_size[1] == 1
    if isinstance(first, Conv2D | MaxPool2D) and _channels_last(shape) and not is_narrow:
        warn(f"input_shape: {_read_as(shape)}")


def _channels_last(shape: tuple[int, ...]) -> bool:
    """Return whether (channels, height, width) looks like an image's (height, width, channels)."""
    if len(shape) != 3:
        return False
    height, width, channels = shape
    return channels < min(height, width) and channels <= 4 and (height == width or min(height, width) > 4)


def _read_as(shape: tuple[int, ...]) -> str:
    """Say how an input_shape is read, and what to type if its channels come last."""
    a, b, c = shape
    return (
        f"{shape} means (channels, height, width): {a} maps of {b} x {c}. If the channels come last: "
        f"input_shape={(c, a, b)}, and images X, (n, height, width, channels), as "
        "X.transpose(0, 3, 1, 2)"
    )


def network(
    layers: Any, cost: choices.Cost | None, input_shape: Any, activation: str | None = None
) -> tuple[list[tuple[int, ...]], tuple[Layer, ...], choices.Cost]:
    """Return (shapes, layers, cost), the input's shape first, from a list of sizes or from layers.

    `activation` is that of the hidden layers in a list of sizes.
    """
    if cost is not None:
        one_of("cost", cost, COSTS)
    given = _given.listed("layers", layers, "a list of sizes or of layers, such as [784, 30, 10],")
    if any(isinstance(layer, type) for layer in given):
        raise TypeError("layers: a class was given where a layer was meant: write Dense(30), not Dense")
    descriptions = [layer for layer in given if isinstance(layer, Layer)]
    if not descriptions:
        if input_shape is not None:
            raise ValueError("input_shape: it goes with layers; a list of sizes begins with the input's")
        if len(given) < 2:
            raise ValueError(
                f"layers: at least two sizes needed, the input's and the output's; got {given!r:.60}"
            )
        sizes = [integer(f"layers[{i}]", n, 1) for i, n in enumerate(given)]
        hidden: Any = "sigmoid" if activation is None else one_of("activation", activation, ACTIVATIONS)
        output = Softmax if cost == "log-likelihood" else Dense
        shape: tuple[int, ...] = (sizes[0],)
        described: tuple[Layer, ...] = (
            *(Dense(n, hidden) for n in sizes[1:-1]),
            output(sizes[-1]),
        )
    else:
        if len(descriptions) < len(given):
            raise TypeError(
                "layers: sizes alone are needed, the input's first, or layers alone with input_shape=(n,); "
                f"got {given!r:.60}"
            )
        if activation is not None:
            raise ValueError(
                "activation: it goes with a list of sizes; a layer has its own: "
                f"nn.Dense(30, {activation!r:.60})"
            )
        if input_shape is None:
            raise ValueError("input_shape: it is needed with layers; for MNIST it is (784,)")
        needed = "(n,) or (channels, height, width)"
        entries = list(input_shape) if _given.has_elements(input_shape) else [input_shape]
        shape = tuple(integer("input_shape", n, 1) for n in entries)
        if len(shape) not in (1, 3):
            raise ValueError(f"input_shape: {needed} needed, got {input_shape!r:.60}")
        described = tuple(descriptions)
    for l, layer in enumerate(described[:-1]):
        if isinstance(layer, Softmax):
            raise ValueError(f"layers[{l}]: softmax can only be the output layer; use Dense for hidden ones")
    if not isinstance(described[-1], Dense):
        raise ValueError(f"layers: the output layer is Dense or Softmax, got {described[-1]}")
    shapes = [shape]
    for l, layer in enumerate(described):
        try:
            shapes.append(layer.shape_after(shapes[-1]))
        except ValueError as reason:
            if _channels_last(shape):
                raise ValueError(
                    f"layers[{l}]: {layer} does not fit. input_shape: {_read_as(shape)}"
                ) from None
            raise ValueError(f"layers[{l}]: {reason}") from None
    activation = described[-1].activation
    chosen = output_cost(activation) if cost is None else cost
    check_pair(chosen, activation)
    return shapes, described, chosen
