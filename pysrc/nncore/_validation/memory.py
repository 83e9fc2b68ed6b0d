"""This module refuses a network that memory cannot hold, before anything is taken."""

from __future__ import annotations

import math

import numpy as np

from nncore._memory import memory_available, written
from nncore.layers import Layer

SMALL = 100_000_000  # bytes that are there without asking


def check_memory(layers: tuple[Layer, ...], shapes: list[tuple[int, ...]], dtype: str) -> None:
    """Refuse layers whose parameters take more memory than the process may have."""
    counts = []
    for layer, shape in zip(layers, shapes, strict=False):
        weights = layer.weight_shape(shape)
        counts.append(0 if weights is None else math.prod(weights) + weights[0])
    l = counts.index(max(counts))
    check_bytes(
        "layers",
        f"the parameters of this network (most of them are those of layers[{l}], {layers[l].short()})",
        sum(counts) * np.dtype(dtype).itemsize,
    )


def check_bytes(name: str, what: str, needed: int) -> None:
    """Refuse an argument because of which `what` would take more bytes than the process may have."""
    if needed > SMALL and needed > (available := memory_available()):
        raise ValueError(
            f"{name}: {what} take {written(needed)}, and {written(int(available))} of memory are to be had; "
            "take fewer neurons"
        )
