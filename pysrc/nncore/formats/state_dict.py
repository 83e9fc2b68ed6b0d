"""PyTorch's side of an exchange: the modules of an ``nn.Sequential``, and its state dict as NumPy arrays.

PyTorch itself is never imported. Its Linear has weights (n_out, n_in) and its Conv2d (filters, channels,
height, width), as nncore has, and both flatten maps in the order (channels, height, width).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore import _given
from nncore.formats.parts import Parts
from nncore.layers import Conv2D, MaxPool2D

MODULES = {"sigmoid": "Sigmoid()", "tanh": "Tanh()", "relu": "ReLU()", "softmax": "Softmax(dim=1)"}
ALL_BUT_NUMBER = re.compile(r"(.*?)(\d+)(\D*)", re.DOTALL)


class LayerArrays(NamedTuple):
    """The arrays of one layer in a state dict: `name` is what stands before ``.weight``."""

    name: str
    w: NDArray[Any]
    b: NDArray[Any] | None  # None where the layer has no biases


def modules(parts: Parts) -> list[tuple[str, int | None]]:
    """Return the modules of the nn.Sequential that fits, and the place of its layer if it has weights."""
    found: list[tuple[str, int | None]] = []
    for step in parts.steps():
        layer, before = step.layer, step.shape
        if isinstance(layer, MaxPool2D):
            found.append((f"MaxPool2d({_side(layer.size)})", None))
            continue
        if isinstance(layer, Conv2D):
            same = ', padding="same"' if layer.padding == "same" else ""
            size = _side(layer.kernel_size)
            found.append((f"Conv2d({before[0]}, {layer.filters}, {size}{same})", step.l))
        else:
            if len(before) == 3:
                found.append(("Flatten()", None))
            if layer.dropout:
                found.append((f"Dropout({layer.dropout!r})", None))
            n_out, n_in = layer.weight_shape(before)
            found.append((f"Linear({n_in}, {n_out})", step.l))
        if layer.activation != "linear":
            found.append((MODULES[layer.activation], None))
    return found


def _side(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else str(pair)


def state_dict(parts: Parts) -> dict[str, NDArray[Any]]:
    """Return the arrays under the names that they have in the state dict of that nn.Sequential."""
    place = {l: i for i, (_, l) in enumerate(modules(parts)) if l is not None}
    found: dict[str, NDArray[Any]] = {}
    for step in parts.steps():
        if step.w is not None and step.b is not None:
            found[f"{place[step.l]}.weight"] = np.ascontiguousarray(step.w)
            found[f"{place[step.l]}.bias"] = np.ascontiguousarray(step.b)
    return found


def code(parts: Parts) -> str:
    """Return Python that makes the nn.Sequential and fills it from ``net``."""
    double = ".double()" if parts.dtype == np.float64 else ""
    lines = ["import torch", "from torch import nn", "", "model = nn.Sequential("]
    lines += [f"    nn.{module}," for module, _ in modules(parts)]
    lines += [
        f"){double}",
        "model.load_state_dict({name: torch.from_numpy(array) for name, array in net.state_dict().items()})",
        "model.eval()  # dropout leaves out nothing",
    ]
    return "\n".join(lines)


def layers_in(given: Any) -> list[LayerArrays]:
    """Return the arrays of each layer of a state dict, from the input to the output.

    They stand in the order of the dict. Where their names differ in one number alone (0, 2, 10, or fc1, fc2),
    that decides, since files sort names as text.

    Raises
    ------
    TypeError, ValueError
        It is no dict, or has something else than weights and biases of fully connected and convolutional
        layers.
    """
    if not isinstance(given, Mapping):
        raise TypeError(
            f"state_dict: a dict of arrays needed, such as model.state_dict() gives; got {given!r:.60}"
        )
    arrays: dict[str, dict[str, NDArray[Any]]] = {}
    for key, value in given.items():
        name, _, what = key.rpartition(".") if isinstance(key, str) else ("", "", "")
        if what not in ("weight", "bias"):
            raise ValueError(
                f"state_dict: names that end in .weight and .bias needed, got {key!r:.80}; nncore has fully "
                "connected and convolutional layers, and no parameters of another kind"
            )
        arrays.setdefault(name, {})[what] = _array(key, value)
    for name, layer in arrays.items():
        w, b = layer.get("weight"), layer.get("bias")
        if w is None or w.ndim not in (2, 4) or (b is not None and b.shape != w.shape[:1]):
            shapes = ", ".join(f"{what} of the shape {array.shape}" for what, array in layer.items())
            raise ValueError(
                f"state_dict: {name!r:.80} is no layer that nncore has, with weights (n_out, n_in) or "
                f"(filters, channels, height, width) and biases (n_out,); it has {shapes}"
            )
    if not arrays:
        raise ValueError("state_dict: it is empty; a network has a layer or more")
    matches = [ALL_BUT_NUMBER.fullmatch(name) for name in arrays]
    numbers = [(match[1], match[3]) for match in matches if match]
    names = list(arrays)
    if len(numbers) == len(names) and len(set(numbers)) == 1:
        names.sort(key=lambda name: int((ALL_BUT_NUMBER.fullmatch(name) or "")[2]))
    return [LayerArrays(name, arrays[name]["weight"], arrays[name].get("bias")) for name in names]


def _array(key: str, value: Any) -> NDArray[Any]:
    """Return a NumPy array or a tensor as an array of float32 or float64."""
    if callable(detach := getattr(value, "detach", None)):  # a tensor that still remembers its gradient
        value = detach()
    try:
        array = _given.array(f"state_dict[{key!r:.80}]", value)
    except (TypeError, RuntimeError) as error:  # a tensor on a GPU, or of bfloat16
        raise TypeError(f"state_dict[{key!r:.80}]: NumPy cannot read it: {error}") from error
    if array.dtype.kind != "f" or array.dtype.itemsize > 8:
        raise TypeError(f"state_dict[{key!r:.80}]: float32 or float64 needed, got {array.dtype}")
    return np.asarray(array, np.float64 if array.dtype.itemsize == 8 else np.float32)


def check_chain(layers: list[LayerArrays]) -> None:
    """Refuse layers that do not follow one another, or of which some are convolutions."""
    for each in layers:
        if each.w.ndim == 4:
            filters, channels, *size = each.w.shape
            raise ValueError(
                f"activations: {each.name!r:.80} is a convolution, and a state dict does not say what stands "
                f"around it; describe all layers: layers=[nn.Conv2D({filters}, {_side((size[0], size[1]))}), "
                f"nn.MaxPool2D(2), ...], input_shape=({channels}, height, width)"
            )
    for one, next_one in pairwise(layers):
        if one.w.shape[0] != next_one.w.shape[1]:
            raise ValueError(
                f"state_dict: {one.name!r:.80} has {one.w.shape[0]} neurons, and {next_one.name!r:.80}, the "
                f"next, reads {next_one.w.shape[1]}; give the layers in their order"
            )
