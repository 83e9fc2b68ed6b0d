"""These functions describe a network in a table, and in one line."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING

from nncore.layers import Dense

if TYPE_CHECKING:
    from nncore.network import Network


def table(net: Network) -> str:
    """Return a table of the layers, the shapes of their activations and the numbers of their parameters."""
    rows = [("layer", "activations", "parameters"), ("input", str(net.input_shape), "")]
    total = 0
    for layer, before, after in zip(net.layers, net.shapes, net.shapes[1:], strict=False):
        shape = layer.weight_shape(before)
        count = math.prod(shape) + shape[0] if shape else 0
        rows.append((str(layer), str(after), str(count)))
        total += count
    rows.append(("total", "", str(total)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["{:{}}  {:{}}  {:>{}}".format(*chain(*zip(row, widths, strict=True))).rstrip() for row in rows]
    return "\n".join(lines)


def described(net: Network) -> str:
    """Return what a network is, in one line."""
    if all(isinstance(layer, Dense) for layer in net.layers):
        layers = f"{net.sizes}, {', '.join(layer.activation for layer in net.layers)}"
    else:
        shape = " x ".join(map(str, net.input_shape))
        layers = f"{shape}, {', '.join(layer.short() for layer in net.layers)}"
    return f"<Network {layers}; {net.cost_name} cost, {net.dtype}>"
