"""`Constants` are the arrays of an ONNX graph that do not depend on its input: weights, biases and shapes.

Every tensor is checked before an array is made of it: its numbers are in the file, and as many as its shape
says. Of what a graph may compute from constants, copies, transposes and the arithmetic of shapes are done,
as exporters write them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore.formats.onnx_nodes import attributes, called

# TensorProto.DataType: {number: (dtype in the file, the field in which its numbers may stand)}
DTYPES = {
    1: ("<f4", "float_data"),
    11: ("<f8", "double_data"),
    7: ("<i8", "int64_data"),
    6: ("<i4", "int32_data"),
    9: ("|u1", "int32_data"),  # true or false
}
EXTERNAL = 1  # TensorProto.DataLocation
MOST_IN_A_SHAPE = 16
MOST_STEPS = 1000  # of the arithmetic of shapes, one after the other
BATCH = -(1 << 40)  # stands for the number of examples, in a shape

Array = NDArray[Any]


def array_of(tensor: Any) -> Array:
    """Return the array of a TensorProto.

    Raises
    ------
    ValueError
        Its numbers are not in the file, or are not as many as its shape says, or are of a dtype that no
        network of nncore has.
    """
    called = f"tensor {tensor.name!r:.80}"
    if tensor.data_location == EXTERNAL or tensor.external_data:
        raise ValueError(f"{called}: its numbers are in another file, which is not read; save it as one file")
    if tensor.data_type not in DTYPES:
        raise ValueError(f"{called}: float32 or float64 needed, got ONNX's data type {tensor.data_type}")
    dtype, field = DTYPES[tensor.data_type]
    dims = tuple(tensor.dims)
    if any(n < 0 for n in dims) or len(dims) > MOST_IN_A_SHAPE:
        raise ValueError(f"{called}: sizes of 0 or more needed, got the shape {dims!r:.80}")
    raw, listed = tensor.raw_data, getattr(tensor, field)
    there_are = len(raw) / np.dtype(dtype).itemsize if raw else len(listed)
    if math.prod(dims) != there_are:
        raise ValueError(
            f"{called}: its shape {dims!r:.80} needs {math.prod(dims):,} numbers; it has {there_are:,g}"
        )
    if raw:
        return np.frombuffer(raw, dtype).reshape(dims)
    wide = np.float64 if field in ("float_data", "double_data") else np.int64
    return np.fromiter(listed, wide, len(listed)).astype(dtype).reshape(dims)


class Constants:
    """The constants of a graph, by the names of their values.

    Parameters
    ----------
    graph : onnx.GraphProto
    makers : mapping of str to onnx.NodeProto
        The node that makes each value.
    """

    def __init__(self, graph: Any, makers: Mapping[str, Any]) -> None:
        self._tensors = {tensor.name: tensor for tensor in graph.initializer}
        if len(self._tensors) < len(graph.initializer):
            raise ValueError("two of its initializers have one name")
        self._makers = makers
        self._arrays: dict[str, Array] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}  # of values that depend on the input, as far as known

    def __contains__(self, name: str) -> bool:
        """Return whether a value is an initializer, or made of constants alone by what `array` can do."""
        for _ in range(MOST_STEPS):
            if name in self._tensors:
                return True
            node = self._makers.get(name)
            if node is None:
                return False
            if node.op_type == "Constant":
                return True
            if node.op_type not in ("Identity", "Transpose") or len(node.input) != 1:
                return False
            name = node.input[0]
        return False

    def array(self, name: str) -> Array:
        """Return a constant of numbers, such as weights: an initializer, a Constant, or its transpose."""
        above: list[Any] = []  # nodes between the constant and the name
        while name not in self._tensors and name not in self._arrays:
            node = self._makers.get(name)
            if node is None or len(above) > MOST_STEPS:
                raise ValueError(f"the value {name!r:.80} is needed, and it is not in the file")
            if node.op_type == "Constant":
                self._arrays[name] = self._constant(node)
                break
            if node.op_type not in ("Identity", "Transpose") or len(node.input) != 1:
                raise ValueError(f"the value {name!r:.80} is computed by {node.op_type}, and not a constant")
            above.append(node)
            name = node.input[0]
        if name not in self._arrays:
            self._arrays[name] = array_of(self._tensors[name])
        found = self._arrays[name]
        for node in reversed(above):
            if node.op_type == "Transpose":
                axes = attributes(node).get("perm", tuple(reversed(range(found.ndim))))
                if sorted(axes) != list(range(found.ndim)):
                    raise ValueError(f"{called(node)}: perm {axes!r:.80} does not fit")
                found = found.transpose(axes)
        return found

    def _constant(self, node: Any) -> Array:
        """Return the value of a node Constant."""
        for name, value in attributes(node).items():
            if name == "value" and hasattr(value, "dims"):
                return array_of(value)
            if name in ("value_float", "value_floats"):
                return np.array(value, np.float32)
            if name in ("value_int", "value_ints"):
                return np.array(value, np.int64)
        raise ValueError(f"{called(node)}: numbers needed")

    def shape(self, name: str) -> list[int]:
        """Return the shape that a value holds, in which `BATCH` stands for the number of examples."""
        return [int(n) for n in np.atleast_1d(self._shape_value(name, {}, 0))]

    def _shape_value(self, name: str, known: dict[str, Array], depth: int) -> Array:
        """Compute a value from the shapes of others, such as PyTorch's ``x.size(0)``."""
        if name in known:
            return known[name]
        if depth > MOST_IN_A_SHAPE:
            raise ValueError(f"the value {name!r:.80}, a shape, is not computed as exporters do it")
        node = self._makers.get(name)
        if name in self._tensors or (node is not None and node.op_type == "Constant"):
            found = self.array(name)
        elif node is not None:
            given = (
                []
                if node.op_type == "Shape"
                else [self._shape_value(each, known, depth + 1) for each in node.input if each]
            )
            found = self._computed(node, given)
        else:
            raise ValueError(f"the value {name!r:.80} is needed, and it is not in the file")
        if found.size > MOST_IN_A_SHAPE or found.dtype.kind != "i":
            raise ValueError(f"the value {name!r:.80} is no shape")
        known[name] = found
        return found

    def _computed(self, node: Any, given: list[Array]) -> Array:
        """Return what a node makes of shapes."""
        op, has = node.op_type, attributes(node)
        if op == "Shape" and len(node.input) == 1 and node.input[0] in self.shapes and not has:
            return np.array((BATCH, *self.shapes[node.input[0]]), np.int64)
        try:
            if op == "Gather" and has.get("axis", 0) == 0 and len(given) == 2:
                return np.asarray(given[0][given[1]])
            if op == "Unsqueeze" and given[0].ndim == 0:
                return given[0].reshape(1)
            if op == "Squeeze" and given[0].size == 1:
                return given[0].reshape(())
            if op == "Slice" and len(given) > 2 and not (len(given) > 3 and given[3].any()):  # the axis 0
                start, end, *step = (int(each.reshape(())) for i, each in enumerate(given[1:]) if i != 2)
                return given[0][slice(start, end, *step)]
            if (
                op == "ConstantOfShape"
                and len(given) == 1
                and math.prod(given[0].tolist()) <= MOST_IN_A_SHAPE
            ):
                value = array_of(has["value"]) if "value" in has else np.zeros(1)
                return np.full(given[0], value.reshape(()), np.int64)
            if op == "Reshape" and len(given) == 2:
                return given[0].reshape(given[1])
            if op == "Transpose" and len(given) == 1:
                return given[0].transpose(has.get("perm"))
            if op == "Concat" and given:
                return np.concatenate(given)
            if op in ("Identity", "Cast") and len(given) == 1:
                return given[0]
        except (IndexError, ValueError, TypeError):
            pass
        raise ValueError(f"{called(node)}: it computes a shape in a way that is not known here")
