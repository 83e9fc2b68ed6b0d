"""`Parts` are what other programs need to know of a network; `library` imports what a format needs."""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.layers import Layer

Arrays = Sequence[NDArray[Any]]
PIXEL_SCALE = "byte/256"  # what a network of nncore sees of a pixel


class Step(NamedTuple):
    """A Step is a layer with the shapes around it, and its parameters, None for pooling."""

    l: int  # the layer is layers[l] of the network
    layer: Layer
    shape: tuple[int, ...]  # of the activations before, (n,) or (channels, height, width)
    shape_after: tuple[int, ...]
    w: NDArray[Any] | None  # (n_out, n_in) or (filters, channels, height, width)
    b: NDArray[Any] | None  # (n_out,)


@dataclass(frozen=True)
class Parts:
    """The layers of a network with their parameters, and facts about it.

    Attributes
    ----------
    layers : tuple of Layer
    input_shape : tuple of int
        (n,) or (channels, height, width).
    weights, biases : sequence of ndarray
        One array, contiguous in memory, for each layer that has parameters: weights (n_out, n_in) or
        (filters, channels, height, width), and biases (n_out,).
    description : dict
        What JSON can hold of the network: layers, cost, dtype, seed, training record.
    """

    layers: tuple[Layer, ...]
    input_shape: tuple[int, ...]
    weights: Arrays
    biases: Arrays
    description: dict[str, Any]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of all parameters."""
        return self.weights[0].dtype

    def steps(self) -> Iterator[Step]:
        """Give the layers from the input to the output."""
        shape, parameters = self.input_shape, zip(self.weights, self.biases, strict=True)
        for l, layer in enumerate(self.layers):
            after = layer.shape_after(shape)
            w, b = (None, None) if layer.weight_shape(shape) is None else next(parameters)
            yield Step(l, layer, shape, after, w, b)
            shape = after

    def facts(self) -> dict[str, str]:
        """Return what a reader of the file may want to know, in words; `description` has it for nncore."""
        sizes = [math.prod(self.input_shape)] + [math.prod(step.shape_after) for step in self.steps()]
        facts = {
            "sizes": ", ".join(map(str, sizes)),
            "input_shape": ", ".join(map(str, self.input_shape)),
            "cost": str(self.description["cost"]),
            "pixel_scale": PIXEL_SCALE,
        }
        runs = self.description.get("training_record", {}).get("runs", ())
        if runs:
            data = runs[-1]["data"]
            facts["targets"] = data["targets"]
            facts["trained_on"] = f"{data['name'] or 'data without a name'}, {data['n']} examples"
            if data["class_names"]:
                facts["classes"] = json.dumps(list(data["class_names"]))
        return facts


def library(name: Literal["onnx", "safetensors.numpy"]) -> Any:
    """Import a library that a format needs, or say how to install it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if name == "onnx":
            raise ImportError("path: ONNX files need the library onnx: pip install onnx") from error
        raise ImportError("path: this format needs safetensors: pip install safetensors") from error
