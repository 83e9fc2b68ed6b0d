"""A `Draft` is a layer in the making, while the nodes of an ONNX graph are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore.layers import Conv2D, Dense, Layer, MaxPool2D, Softmax


@dataclass
class Draft:
    """A Draft is a layer to which nodes that follow may still add a bias or an activation."""

    kind: str  # "Dense", "Conv2D" or "MaxPool2D"
    w: NDArray[Any] = field(default_factory=lambda: np.empty(0))
    b: NDArray[Any] = field(default_factory=lambda: np.empty(0))
    activation: Any = "linear"  # a word of choices.Activation, or "softmax"
    padding: Any = "valid"  # one of choices.Padding
    size: tuple[int, int] = (1, 1)  # of pooling

    def layer(self) -> Layer:
        """Return the layer."""
        if self.kind == "MaxPool2D":
            return MaxPool2D(self.size)
        if self.kind == "Conv2D":
            return Conv2D(len(self.w), self.w.shape[2:], self.activation, self.padding)
        return Softmax(len(self.w)) if self.activation == "softmax" else Dense(len(self.w), self.activation)
