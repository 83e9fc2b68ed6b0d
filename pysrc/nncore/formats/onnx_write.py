"""`write` writes a network as ONNX, which onnxruntime runs, Netron shows and most other programs read.

The graph is as old as it may be (opset 13, IR 8), so that old runtimes read it. Its names say what they are:

    x (N, n_in) or (N, channels, height, width)      N examples; of a pixel, byte/256
    layers.0.weight, layers.0.bias                   w and b of layers[0]
    layers.0.z, layers.0.a                           the book's z and a of layers[0]
    y (N, n_out)                                     the activations of the output layer
    label (N,) or (N, n_out), on request             what `Network.predict` answers
"""

from __future__ import annotations

import json
import math
import os
from typing import Any

import numpy as np

from nncore.files.atomic import write_file
from nncore.formats.parts import Parts, Step, library
from nncore.layers import Conv2D, Dense, MaxPool2D, Softmax

OPSET, IR = 13, 8
MOST_BYTES = 2**31 - 1  # of a message of protobuf
NAME = "nncore"  # of the entry of the metadata that holds the description

NODES = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "softmax": "Softmax"}


def write(path: str | os.PathLike[str], parts: Parts, label: str | None = None) -> None:
    """Write a network to exactly this path, whole or not at all.

    Parameters
    ----------
    path : path
        The file.
    parts : Parts
        The network, float32 or float64. onnxruntime has no convolution of float64.
    label : {"classes", "several labels"}, optional
        Adds the output ``label``, of int64.

    Raises
    ------
    ValueError
        The network is larger than an ONNX file can be, 2 GB.
    """
    library("onnx")
    if sum(array.nbytes for array in (*parts.weights, *parts.biases)) > MOST_BYTES - 1_000_000:
        raise ValueError(
            f"path: an ONNX file holds at most 2 GB; type {os.path.splitext(path)[0] + '.safetensors'!r}"
        )
    write_file(path, model(parts, label).SerializeToString(deterministic=True))


def model(parts: Parts, label: str | None = None) -> Any:
    """Return the network as an `onnx.ModelProto`."""
    onnx = library("onnx")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    steps = list(parts.steps())
    reals = helper.np_dtype_to_tensor_dtype(np.dtype(parts.dtype))
    n_out = math.prod(steps[-1].shape_after)
    nodes, initializers, value = [], [], "x"
    for step in steps:
        for array, name in ((step.w, "weight"), (step.b, "bias")):
            if array is not None:
                initializers.append(
                    numpy_helper.from_array(np.ascontiguousarray(array), f"layers.{step.l}.{name}")
                )
        described = _nodes_of(step)
        for op, inputs, output, attributes in described:
            is_last = step is steps[-1] and op == described[-1][0]
            made = "y" if is_last else f"layers.{step.l}.{output}"
            nodes.append(
                helper.make_node(op, [value, *inputs], [made], f"layers.{step.l}.{op}", **attributes)
            )
            value = made
    outputs = [helper.make_tensor_value_info("y", reals, ["N", n_out])]
    if label is not None:
        one_each = label != "classes"  # a label for each neuron
        added, constants = _label(helper, numpy_helper, parts, n_out, one_each)
        nodes += added
        initializers += constants
        shape = ["N", n_out] if one_each else ["N"]
        outputs.append(helper.make_tensor_value_info("label", onnx.TensorProto.INT64, shape))
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", reals, ["N", *parts.input_shape])],
        outputs,
        initializers,
        doc_string=(
            "x holds N examples; where they are images, a pixel is its byte divided by 256. y holds the "
            "activations of the output layer."
        ),
    )
    made = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="nncore",
        producer_version=parts.description["nncore"],
    )
    helper.set_model_props(made, parts.facts() | {NAME: json.dumps(parts.description)})
    return made


def _nodes_of(step: Step) -> list[tuple[str, list[str], str, dict[str, Any]]]:
    """Return (operator, further inputs, name of the output, attributes) of each node of a layer."""
    layer, parameters = step.layer, [f"layers.{step.l}.weight", f"layers.{step.l}.bias"]
    nodes: list[tuple[str, list[str], str, dict[str, Any]]] = []
    if isinstance(layer, MaxPool2D):
        return [("MaxPool", [], "a", {"kernel_shape": layer.size, "strides": layer.size})]
    if isinstance(layer, Conv2D):
        attributes = {"kernel_shape": layer.kernel_size, "pads": pads(layer)}
        nodes.append(("Conv", parameters, "z", attributes))
    elif isinstance(layer, Dense):
        if len(step.shape) == 3:
            nodes.append(("Flatten", [], "flat", {"axis": 1}))
        nodes.append(("Gemm", parameters, "z", {"transB": 1}))
    if layer.activation != "linear":
        nodes.append((NODES[layer.activation], [], "a", {"axis": 1} if isinstance(layer, Softmax) else {}))
    return nodes


def pads(layer: Conv2D) -> list[int]:
    """Return the zeros above, on the left, below and on the right of each map."""
    if layer.padding == "valid":
        return [0, 0, 0, 0]
    before = [(side - 1) // 2 for side in layer.kernel_size]
    return [*before, *(side - 1 - zeros for side, zeros in zip(layer.kernel_size, before, strict=True))]


def _label(
    helper: Any, numpy_helper: Any, parts: Parts, n_out: int, one_each: bool
) -> tuple[list[Any], list[Any]]:
    """Return nodes and initializers that make ``label`` of ``y``: the largest, or all that are above 1/2."""
    if n_out > 1 and not one_each:
        return [helper.make_node("ArgMax", ["y"], ["label"], "label", axis=1, keepdims=0)], []
    constants = [numpy_helper.from_array(np.array(0.5, parts.dtype), "half")]
    nodes = [
        helper.make_node("Greater", ["y", "half"], ["is_above_half"], "label.Greater"),
        helper.make_node("Cast", ["is_above_half"], ["label" if one_each else "labels"], "label.Cast", to=7),
    ]
    if not one_each:
        constants.append(numpy_helper.from_array(np.array([-1]), "one_axis"))
        nodes.append(helper.make_node("Reshape", ["labels", "one_axis"], ["label"], "label.Reshape"))
    return nodes, constants
