"""`read` reads ONNX: what `onnx_write` writes, and chains of layers as PyTorch and Keras export them."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from nncore.files.kinds import refusal
from nncore.files.npy import size_of
from nncore.files.streams import open_file
from nncore.formats import onnx_wire
from nncore.formats.npz import DEEPEST, Entries, check_depth
from nncore.formats.onnx_chain import Chain
from nncore.formats.onnx_write import MOST_BYTES, NAME
from nncore.formats.parts import Parts, library

MOST_PARTS = 100_000  # strings, lists and objects in a description


def read(path: str | os.PathLike[str]) -> Parts:
    """Read a network from an ONNX file.

    Its description is that which nncore wrote, if the graph has the layers that it describes; otherwise it is
    empty.

    Raises
    ------
    ValueError
        The file is damaged, or its network is not a chain of layers that nncore has; the message names the
        node and what is possible.
    OSError
        The file cannot be opened.
    """
    onnx = library("onnx")
    with open_file(path) as file:
        if size_of(file) > MOST_BYTES:
            raise ValueError(f"{path}: an ONNX file holds at most 2 GB, and this one has more")
        content = file.read()
    try:
        onnx_wire.check(content)
        model = onnx.ModelProto.FromString(content)
    except MemoryError:
        raise
    except Exception as error:  # protobuf raises errors of its own
        raise refusal(path, "an ONNX network", error, own="onnx") from error
    try:
        return _parts_of(model, 4 * len(content) + 1_000_000)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _parts_of(model: Any, most_bytes: int) -> Parts:
    """Return the network of an `onnx.ModelProto`."""
    chain = Chain(model.graph, most_bytes)
    with np.errstate(all="ignore"):  # numbers that are not finite are refused later
        chain.follow()
        layers, weights, biases = chain.finished()
    described = [
        entry.value
        for entry in model.metadata_props
        if entry.key == NAME and isinstance(entry.value, str)  # and not bytes, which are no UTF-8
    ]
    description = _description(described[0]) if len(described) == 1 else {}
    return Parts(layers, chain.input_shape, weights, biases, description)


def _description(text: str) -> dict[str, Any]:
    """Return the description that nncore wrote, or nothing if there is none."""
    if sum(map(text.count, '[{"')) > MOST_PARTS:
        raise ValueError(f"its description has more than {MOST_PARTS} parts")
    try:
        description = json.loads(text, object_hook=Entries)
    except (ValueError, RecursionError):
        return {}
    check_depth(description, DEEPEST)
    return description if isinstance(description, dict) else {}
