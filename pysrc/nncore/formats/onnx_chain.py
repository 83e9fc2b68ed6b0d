"""`Chain` follows the nodes of an ONNX graph from its input to its output, and makes layers of them.

Each node is one of those in `Chain`, or it is refused by its name. Gemm, or MatMul and Add, is a Dense; an
activation belongs to the layer before it. max(sigma(z)) = sigma(max(z)) for every sigma here, so it may stand
behind pooling, too. Keras' channels come last; the transposes around its convolutions are seen, and its
weights put in our order.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore.formats.onnx_constants import BATCH, Constants
from nncore.formats.onnx_draft import Draft
from nncore.formats.onnx_nodes import attributes as attributes_of
from nncore.formats.onnx_nodes import called, text
from nncore.formats.onnx_write import pads
from nncore.layers import Conv2D, Layer

POSSIBLE = (
    "nncore reads a chain of Gemm, MatMul and Add, Conv, MaxPool, Flatten, Reshape, Sigmoid, Tanh, Relu and "
    "Softmax, with Pad and Transpose around convolutions, and passes over Identity, Cast and Dropout"
)
FLOATS = (1, 11)  # TensorProto.DataType

FIRST_TO_LAST, LAST_TO_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)  # axes of maps, channels first or last


class Chain:
    """A Chain follows the nodes of a graph from its input to its output, and makes layers of them.

    `shape` is the shape of the activations where it stands, in nncore's order: (n,), or (channels, height,
    width); None while n is not known. Weights may not take more than `most_bytes`, the file's, since
    many nodes may share one array.
    """

    graph: Any
    bytes_left: int
    constants: Constants
    value: str
    output: str
    padded: tuple[int, int, int, int]
    shape: tuple[int, ...] | None
    channels_last: bool
    is_flat: bool

    def __init__(self, graph: Any, most_bytes: int) -> None:
        self.graph, self.bytes_left = graph, most_bytes
        self.makers: dict[str, Any] = {}
        self.takers: dict[str, list[Any]] = {}
        for node in graph.node:
            for name in filter(None, node.output):
                if name in self.makers:
                    raise ValueError(f"{called(node)}: another node makes {name!r:.80}, too")
                self.makers[name] = node
            for name in dict.fromkeys(filter(None, node.input if node.output else ())):
                self.takers.setdefault(name, []).append(node)
        self.constants = Constants(graph, self.makers)
        self.drafts: list[Draft] = []
        given = [each for each in graph.input if each.name not in self.constants]
        if len(given) != 1 or not graph.output:
            names = ", ".join(f"{each.name!r:.40}" for each in given[:5]) or "none"
            raise ValueError(f"a network has one input and an output; this graph has the inputs {names}")
        self.value, self.output = given[0].name, graph.output[0].name
        self.input_shape: tuple[int, ...] = ()
        self.shape = self._input(given[0])
        self.is_flat = self.shape is None or len(self.shape) == 1  # and not images of a shape not known here
        self.channels_last = False
        self.padded = (0, 0, 0, 0)  # zeros around the maps, above, on the left, below and on the right
        self.flattened: tuple[int, ...] | None = (
            None  # maps whose channels stood last when they were flattened
        )

    def _input(self, given: Any) -> tuple[int, ...] | None:
        """Return the shape of the input, without the examples."""
        kind = given.type.tensor_type
        if kind.elem_type not in FLOATS:
            raise ValueError(f"input {given.name!r:.80}: float32 or float64 needed, got {kind.elem_type}")
        dims = [dim.dim_value if dim.dim_value > 0 else None for dim in kind.shape.dim]
        if not 2 <= len(dims) <= 4:
            raise ValueError(
                f"input {given.name!r:.80}: examples (N, n) or images (N, channels, height, width) needed, "
                f"got {len(dims)} axes"
            )
        known = tuple(n for n in dims[1:] if n is not None)
        if len(known) < len(dims) - 1:
            if len(dims) == 2:
                return None
            raise ValueError(f"input {given.name!r:.80}: its shape is not known, apart from the examples")
        return known

    def follow(self) -> None:
        """Go from the input to the output."""
        seen: set[str] = set()
        if self.shape is not None:
            self.input_shape = self.shape
        while self.value != self.output:
            if self.shape is not None and not self.channels_last:
                self.constants.shapes[self.value] = self.shape
            elif self.shape is not None:
                self.constants.shapes[self.value] = (*self.shape[1:], self.shape[0])
            takers = [node for node in self.takers.get(self.value, []) if node.op_type != "Shape"]
            if len(takers) != 1:
                to = ", ".join(map(called, takers[:3])) if takers else "no node"
                raise ValueError(
                    f"the value {self.value!r:.80} goes to {to}; a network of nncore's is a chain, in which "
                    "each layer goes to one other"
                )
            node = takers[0]
            if node.output[0] in seen or not node.output[0]:
                raise ValueError(f"{called(node)}: the nodes go in a circle")
            seen.add(node.output[0])
            step = getattr(self, f"_{node.op_type}", None) if node.op_type in NODES else None
            if any(self.padded) and node.op_type not in ("Conv", "Cast", "Identity", "Transpose"):
                raise ValueError(f"{called(node)}: padding needs a Conv behind it")
            if step is None or node.domain not in ("", "ai.onnx"):
                raise ValueError(f"{called(node)}: there is no such layer; {POSSIBLE}")
            try:
                step(node, attributes_of(node))
            except ValueError as reason:
                raise ValueError(f"{called(node)}: {reason}") from None
            except (TypeError, AttributeError, IndexError) as error:
                raise ValueError(f"{called(node)}: an attribute is of another kind than it has") from error
            self.value = node.output[0]

    def finished(self) -> tuple[tuple[Layer, ...], list[NDArray[Any]], list[NDArray[Any]]]:
        """Return the layers, and the weights and biases of those that have some, all of one dtype."""
        if not any(draft.kind == "Dense" for draft in self.drafts) or len(self.input_shape) == 2:
            raise ValueError(f"it has no fully connected layer; {POSSIBLE}")
        with_parameters = [draft for draft in self.drafts if draft.w.size]
        dtype = np.result_type(np.float32, *(draft.w.dtype for draft in with_parameters))
        return (
            tuple(draft.layer() for draft in self.drafts),
            [np.ascontiguousarray(draft.w, dtype) for draft in with_parameters],
            [np.ascontiguousarray(draft.b, dtype) for draft in with_parameters],
        )

    # Layers with parameters

    def _Gemm(self, node: Any, attributes: dict[str, Any]) -> None:
        if attributes.get("transA", 0):
            raise ValueError("transA: 0 needed; the examples are the rows of its first input")
        w = self._weights(node, 2)
        bias = self._given(node, 2)
        alpha, beta = (w.dtype.type(attributes.get(name, 1.0)) for name in ("alpha", "beta"))
        w = w if attributes.get("transB", 0) else w.T
        self._dense(w if alpha == 1 else alpha * w)
        if bias is not None:
            self._add_bias(bias if beta == 1 else beta * bias)

    def _MatMul(self, node: Any, attributes: dict[str, Any]) -> None:
        self._dense(self._weights(node, 2).T)

    def _dense(self, w: NDArray[Any]) -> None:
        n_out, n_in = w.shape
        if self.shape is None:  # the input, of which the file does not say how long it is
            self.shape = self.input_shape = (n_in,)
        if not self.is_flat:
            raise ValueError(f"rows (N, n) needed, got activations of the shape (N, {self._dims()})")
        if math.prod(self.shape) != n_in or not n_out * n_in:
            raise ValueError(f"weights for {math.prod(self.shape)} inputs needed, got the shape {w.shape}")
        if self.flattened:
            channels, height, width = self.flattened
            w = w.reshape(n_out, height, width, channels).transpose(0, 3, 1, 2).reshape(n_out, n_in)
        self.flattened, self.shape = None, (n_out,)
        self.drafts.append(Draft("Dense", w, np.zeros(n_out, w.dtype)))

    def _Conv(self, node: Any, attributes: dict[str, Any]) -> None:
        w, bias = self._weights(node, 4), self._given(node, 2)
        channels, height, width = self._maps()
        if attributes.get("group", 1) != 1 or w.shape[1] != channels:
            raise ValueError(f"filters of all {channels} channels needed, got the shape {w.shape}")
        for name in ("strides", "dilations"):
            if any(n != 1 for n in attributes.get(name, ())):
                raise ValueError(f"{name}: 1 needed, got {list(attributes[name])!r:.80}")
        if not w.size or tuple(attributes.get("kernel_shape", w.shape[2:])) != w.shape[2:]:
            raise ValueError(f"kernel_shape: {w.shape[2:]} needed, as its weights have")
        same = Conv2D(len(w), w.shape[2:], padding="same")
        padding = self._padding(attributes, pads(same))
        draft = Draft("Conv2D", w, np.zeros(len(w), w.dtype), padding=padding)
        self.shape = draft.layer().shape_after((channels, height, width))
        self.drafts.append(draft)
        if bias is not None:
            self._add_bias(bias.reshape(-1, 1, 1))

    def _padding(self, attributes: dict[str, Any], same: list[int]) -> str:
        """Return "valid" or "same"."""
        auto = text(attributes.get("auto_pad", b"NOTSET"))
        found = list(attributes.get("pads", (0, 0, 0, 0)))
        if auto == "SAME_LOWER":  # the larger half above and on the left
            found = [*same[2:], *same[:2]]
        elif auto == "SAME_UPPER":
            found = same
        elif auto == "VALID":
            found = [0, 0, 0, 0]
        found = [one + other for one, other in zip(found, self.padded, strict=True)]
        self.padded = (0, 0, 0, 0)
        if found == [0, 0, 0, 0]:
            return "valid"
        if found != same:
            raise ValueError(f"pads: no zeros around the maps, or {same}, needed; got {found!r:.80}")
        return "same"

    def _Pad(self, node: Any, attributes: dict[str, Any]) -> None:
        value = node.input[2] if len(node.input) > 2 else ""
        if text(attributes.get("mode", b"constant")) != "constant" or (
            value and (value not in self.constants or self.constants.array(value).any())
        ):
            raise ValueError("zeros needed around the maps")
        pads, axes = self.constants.shape(node.input[1]), [2, 3, 6, 7]  # of 4 axes, before and after
        axes = [axis - 1 for axis in axes] if self.channels_last else axes
        others = [n for i, n in enumerate(pads) if i not in axes]
        if len(pads) != 8 or any(others) or min(pads) < 0 or len(node.input) > 3 or self.is_flat:
            raise ValueError(f"zeros around the maps needed, and nowhere else; got {pads!r:.80}")
        above, left, below, right = (n + pads[i] for n, i in zip(self.padded, axes, strict=True))
        self.padded = (above, left, below, right)

    def _Add(self, node: Any, attributes: dict[str, Any]) -> None:
        others = [name for name in node.input if name != self.value]
        if len(node.input) != 2 or len(others) != 1 or others[0] not in self.constants:
            raise ValueError("a bias needed, which is in the file, and not the sum of two values")
        self._add_bias(self.constants.array(others[0]), self.channels_last)

    def _add_bias(self, bias: NDArray[Any], channels_last: bool = False) -> None:
        """Add a bias to the last layer. The array has as many axes as maps, or fewer, then the last ones."""
        draft = self._last("a bias")
        n, is_maps = len(draft.w), not self.is_flat
        axes, own = (4, 3 if channels_last else 1) if is_maps else (2, 1)
        shape = (1,) * (axes - bias.ndim) + bias.shape
        if len(shape) > axes or any(
            side not in ((1, n) if axis == own else (1,)) for axis, side in enumerate(shape)
        ):
            raise ValueError(f"a bias for each of {n} needed, got an array of the shape {bias.shape}")
        draft.b = draft.b + np.broadcast_to(bias.reshape(-1), (n,))

    def _last(self, what: str) -> Draft:
        """Return the last layer with weights, if what follows can still be made a part of it."""
        draft = next((each for each in reversed(self.drafts) if each.kind != "MaxPool2D"), None)
        if draft is None or draft.activation != "linear":
            before = "the input" if draft is None else f"the activation {draft.activation}"
            raise ValueError(f"{what} behind {before}, without a layer between them; {POSSIBLE}")
        return draft

    # Activations

    def _Sigmoid(self, node: Any, attributes: dict[str, Any]) -> None:
        self._last("an activation").activation = "sigmoid"

    def _Tanh(self, node: Any, attributes: dict[str, Any]) -> None:
        self._last("an activation").activation = "tanh"

    def _Relu(self, node: Any, attributes: dict[str, Any]) -> None:
        self._last("an activation").activation = "relu"

    def _Softmax(self, node: Any, attributes: dict[str, Any]) -> None:
        draft = self._last("an activation")
        if (
            draft.kind != "Dense"
            or attributes.get("axis", -1) not in (1, -1)
            or node.output[0] != self.output
        ):
            raise ValueError("softmax over the neurons of the output layer needed")
        draft.activation = "softmax"

    # Shapes

    def _MaxPool(self, node: Any, attributes: dict[str, Any]) -> None:
        channels, height, width = self._maps()
        size = tuple(attributes.get("kernel_shape", ()))
        if len(size) != 2 or min(size) < 1:
            raise ValueError(f"kernel_shape: (height, width) needed, got {size!r:.80}")
        if tuple(attributes.get("strides", (1, 1))) != size:
            raise ValueError(f"strides: {list(size)} needed, since windows of nncore's do not overlap")
        fits = height % size[0] == width % size[1] == 0
        auto, found = text(attributes.get("auto_pad", b"NOTSET")), attributes.get("pads", ())
        if any(found) or (auto.startswith("SAME") and not fits):
            raise ValueError("pads: no zeros around the maps needed")
        if any(n != 1 for n in attributes.get("dilations", ())):
            raise ValueError("dilations: 1 needed")
        if attributes.get("ceil_mode", 0) and not fits:
            raise ValueError(f"ceil_mode: 0 needed; windows of {size} do not fill maps of {(height, width)}")
        if any(name in self.takers for name in node.output[1:]):
            raise ValueError("only the largest activations are known, and not their places")
        draft = Draft("MaxPool2D", size=(size[0], size[1]))
        self.shape = draft.layer().shape_after((channels, height, width))
        self.drafts.append(draft)

    def _Flatten(self, node: Any, attributes: dict[str, Any]) -> None:
        axis = attributes.get("axis", 1)
        if axis != 1 and axis != 1 - (2 if self.is_flat else 1 + len(self.shape or ())):
            raise ValueError(f"axis: 1 needed, behind the examples; got {axis}")
        self._flatten()

    def _flatten(self) -> None:
        if self.shape is None or self.is_flat:
            return
        if self.channels_last:
            self.flattened, self.channels_last = self.shape, False
        if len(self.shape) == 2:  # images without channels, the input
            self.input_shape = (math.prod(self.shape),)
        self.shape, self.is_flat = (math.prod(self.shape),), True

    def _Reshape(self, node: Any, attributes: dict[str, Any]) -> None:
        if len(node.input) != 2 or self.shape is None:
            raise ValueError("a shape needed, in its second input")
        n, wanted = math.prod(self.shape), self.constants.shape(node.input[1])
        examples, *sides = wanted or [0]
        if examples not in (BATCH, -1, 0) and not self._is_batch(examples):
            raise ValueError(f"examples first needed, got the shape {wanted!r:.80}")
        if examples == 0 and attributes.get("allowzero", 0):
            raise ValueError("a shape of 0 examples")
        if len(sides) == 1 and sides[0] in (-1, n):
            return self._flatten()
        if sides.count(-1) == 1 and examples != -1:
            others = -math.prod(sides)
            sides = [n // others if side == -1 and others > 0 else side for side in sides]
        before = () if self.is_flat else self._dims_in_file()
        is_maps = len(sides) == 3 and min(sides) > 0 and math.prod(sides) == n
        if is_maps and not self.drafts and (self.is_flat or sides == [1, *before]):  # rows, or images
            self.shape = self.input_shape = (sides[0], sides[1], sides[2])
            self.is_flat = False
        elif is_maps and [side for side in sides if side != 1] == [side for side in before if side != 1]:
            self._transposed(before, tuple(sides))  # one channel: first or last is the same
        else:
            raise ValueError(
                f"rows (N, {n}) needed, or images from the rows of the input; got the shape {wanted!r:.80}"
            )

    def _is_batch(self, examples: int) -> bool:
        """Return whether the file has a fixed number of examples, and this is it."""
        dims = next(each for each in self.graph.input if each.name not in self.constants)
        return bool(dims.type.tensor_type.shape.dim[0].dim_value == examples > 0)

    def _Transpose(self, node: Any, attributes: dict[str, Any]) -> None:
        axes = tuple(attributes.get("perm", ()))
        if self.is_flat or self.shape is None or len(self.shape) != 3:
            raise ValueError("images needed")
        if axes == LAST_TO_FIRST and not self.channels_last and not self.drafts:
            height, width, channels = self.shape  # so these were the axes of the input
            self.shape = self.input_shape = (channels, height, width)
        elif axes == LAST_TO_FIRST and self.channels_last:
            self.channels_last = False
        elif axes == FIRST_TO_LAST and not self.channels_last:
            self.channels_last = True
        else:
            raise ValueError(f"perm: channels first or last needed, got {axes!r:.80}")

    def _transposed(self, before: tuple[int, ...], after: tuple[int, ...]) -> None:
        """Take maps of one channel, or of one pixel, for those with the channels on the other side."""
        if before == after:
            return
        if len(before) < 3:
            raise ValueError(f"images of one channel, (N, 1, {self._dims()}), needed; got (N, {after})")
        if after == (before[2], before[0], before[1]):  # to channels first
            if not self.drafts and not self.channels_last:
                self.shape = self.input_shape = after
                return
            if self.channels_last:
                self.channels_last = False
                return
        elif after == (before[1], before[2], before[0]) and not self.channels_last:
            self.channels_last = True
            return
        raise ValueError(f"maps (N, {self._dims()}) cannot be made (N, {after})")

    def _Identity(self, node: Any, attributes: dict[str, Any]) -> None:
        pass

    def _Cast(self, node: Any, attributes: dict[str, Any]) -> None:
        if attributes.get("to") not in FLOATS:
            raise ValueError("to: float32 or float64 needed")

    def _Dropout(self, node: Any, attributes: dict[str, Any]) -> None:
        training = node.input[2] if len(node.input) > 2 else ""
        if training and (training not in self.constants or self.constants.array(training).any()):
            raise ValueError("training_mode: false needed; export the network for inference")
        if any(name in self.takers for name in node.output[1:]):
            raise ValueError("its mask is used")

    # What nodes are given

    def _weights(self, node: Any, axes: int) -> NDArray[Any]:
        """Return the weights of a node, its second input."""
        if len(node.input) < 2 or node.input[0] != self.value or node.input[1] not in self.constants:
            raise ValueError("activations as first input needed, and as second weights that are in the file")
        w = self.constants.array(node.input[1])
        self.bytes_left -= w.nbytes
        if self.bytes_left < 0:
            raise ValueError("weights that no other layer has needed")
        if w.ndim != axes or w.dtype.kind != "f":
            raise ValueError(
                f"weights of {axes} axes needed, of float32 or float64; got {w.dtype} of {w.shape}"
            )
        return w

    def _given(self, node: Any, i: int) -> NDArray[Any] | None:
        """Return a bias, which may be missing."""
        if len(node.input) <= i or not node.input[i]:
            return None
        b = self.constants.array(node.input[i])
        if b.dtype.kind != "f" or b.ndim > 2:
            raise ValueError(f"a bias of float32 or float64 needed, got {b.dtype} of {b.shape}")
        return b

    def _maps(self) -> tuple[int, int, int]:
        """Return the shape (channels, height, width) of the maps before a node."""
        if self.is_flat or self.shape is None or len(self.shape) != 3 or self.channels_last:
            raise ValueError(f"maps (N, channels, height, width) needed, got (N, {self._dims()})")
        return self.shape[0], self.shape[1], self.shape[2]

    def _dims_in_file(self) -> tuple[int, ...]:
        """Return the shape of the activations as the file has them."""
        shape = self.shape or ()
        return (*shape[1:], shape[0]) if self.channels_last else shape

    def _dims(self) -> str:
        return ", ".join(map(str, self._dims_in_file())) or "?"


NODES = [name[1:] for name in vars(Chain) if name[0] == "_" and name[1:2].isupper()]
