"""`write` and `read` exchange networks as safetensors: arrays by name, and JSON that says what they are.

The arrays are called ``layers.0.weight`` (n_out, n_in), ``layers.0.bias`` (n_out,), and so on, by the places
of the layers in ``net.layers``; PyTorch's layers have weights and biases of these shapes. The metadata are

    {"format": "pt", "nncore": "<the description of the network, as JSON>"}

where "pt" is what libraries around PyTorch look for. The header is checked before anything else is read.
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore.files.atomic import write_file
from nncore.files.kinds import refusal
from nncore.files.npy import size_of
from nncore.files.streams import open_file
from nncore.formats.npz import DEEPEST, Entries, check_depth
from nncore.formats.parts import Parts, library

NAME = "nncore"  # of the entry in the metadata
MOST_HEADER = 4_000_000  # bytes of the header of a network of nncore's
MOST_PARTS = 100_000  # strings, lists and objects in the header
DTYPES = {"F32": "float32", "F64": "float64"}


def write(path: str | os.PathLike[str], parts: Parts) -> None:
    """Write a network to exactly this path, whole or not at all."""
    to_bytes = library("safetensors.numpy").save
    arrays: dict[str, NDArray[Any]] = {}
    for step in parts.steps():
        if step.w is not None and step.b is not None:
            # the library writes the memory of a view, whatever its strides say
            arrays[f"layers.{step.l}.weight"] = np.ascontiguousarray(step.w)
            arrays[f"layers.{step.l}.bias"] = np.ascontiguousarray(step.b)
    write_file(path, to_bytes(arrays, {"format": "pt", NAME: json.dumps(parts.description)}))


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the description and the arrays, by their names in the file, of a network that `write` wrote.

    Raises
    ------
    ValueError
        The file is damaged, or another program wrote it: then it holds arrays, but says nothing of layers.
    OSError
        The file cannot be opened.
    """
    load = library("safetensors.numpy").load
    with open_file(path) as file:
        try:
            description = _description(file.read(8), file.read(MOST_HEADER), size_of(file))
            file.seek(0)
            content = file.read() if description is not None else b""
            arrays = Entries(load(content)) if description is not None else Entries()
        except (MemoryError, OSError):
            raise
        except Exception as error:  # the library raises errors of its own
            raise refusal(path, "a network that nncore saved", error, own="safetensors") from error
    if description is None:
        raise ValueError(
            f"{path}: it holds arrays, but nncore did not save it, so it does not say which activations its "
            "network has; nn.Network.from_state_dict(safetensors.numpy.load_file(FILE), activations=[...]) "
            "takes them: 'sigmoid', 'tanh', 'relu', 'linear' or 'softmax' for each layer"
        )
    return description, arrays


def _description(length: bytes, beginning: bytes, size: int) -> dict[str, Any] | None:
    """Return the description of a network in the header of a file, or None if another program wrote it.

    Parameters
    ----------
    length, beginning : bytes
        The first 8 bytes of the file, and those that follow.
    size : int
        Bytes of the file.
    """
    n = int.from_bytes(length, "little")
    if len(length) < 8 or n > size - 8:
        raise ValueError(f"its header claims {n} bytes, and the file has {size}")
    if n > MOST_HEADER:
        return None
    text = beginning[:n]
    if sum(map(text.count, (b"[", b"{", b'"'))) > MOST_PARTS:
        raise ValueError(f"its header has more than {MOST_PARTS} parts")
    header = json.loads(text.decode())
    check_depth(header, DEEPEST)
    if not isinstance(header, dict):
        raise ValueError("its header is not an object")
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or NAME not in metadata:
        return None
    if other := [
        name
        for name, entry in header.items()
        if name != "__metadata__" and not (isinstance(entry, dict) and entry.get("dtype") in DTYPES)
    ]:
        raise ValueError(f"its array {other[0]!r:.80} does not hold float32 or float64")
    description = json.loads(metadata[NAME], object_hook=Entries)
    check_depth(description, DEEPEST)
    if not isinstance(description, dict):
        raise ValueError("its description is not an object")
    return description
