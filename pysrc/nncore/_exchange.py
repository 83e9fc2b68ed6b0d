"""This module joins networks and the formats of other programs: which suffix is which, and what is kept.

=============  ======================  ==========================================  =====================
suffix         written by              what is kept                                read again by nn.load
=============  ======================  ==========================================  =====================
.npz           `formats.npz`           everything                                  yes
.json          `formats.book_json`     what the book's network2 has                yes
.onnx          `formats.onnx_write`    layers, parameters, training record         yes
.safetensors   `formats.safetensors_file`  the same                                yes
.html          `_page`, `formats.html_page`  the same as .onnx, in float16 or float32  yes
.c             `formats.c_source`      layers and parameters                       no
=============  ======================  ==========================================  =====================
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from nncore import _answers, _page, _persistence, _validation, choices
from nncore.layers import Dense, Layer, Softmax

if TYPE_CHECKING:
    from nncore.formats.parts import Parts
    from nncore.network import Network

EXCHANGED = (".onnx", ".safetensors", ".html", ".c")  # besides .npz and .json
MISTYPED = (".onnx", ".safetensors", ".html", ".npz", ".json")  # long enough for a slip to show
FORGOTTEN = ("history",)  # of the description: what training needs to go on

Found = tuple[dict[str, Any], dict[str, NDArray[Any]]]


def parts_of(net: Network, dtype: str | None = None) -> Parts:
    """Return the layers and parameters of a network, as arrays of this dtype, and its description."""
    from nncore.formats.parts import Parts

    description, _ = _persistence.describe(net)
    dtype = net.dtype if dtype is None else _validation.dtype(dtype)
    description = {key: value for key, value in description.items() if key not in FORGOTTEN}
    description |= {"dtype": dtype, "nncore": sys.modules["nncore"].__version__}
    weights, biases = (
        [
            np.ascontiguousarray(_validation.parameters(f"{name}[{l}]", array, array.shape, dtype))
            for l, array in enumerate(arrays)
        ]
        for name, arrays in (("weights", net.weights), ("biases", net.biases))
    )
    return Parts(net.layers, net.input_shape, weights, [b.reshape(-1) for b in biases], description)


def save_html(
    net: Network,
    path: Any,
    *,
    dtype: Literal["float16", "float32"] = "float16",
    title: str | None = None,
    test_data: Any = None,
) -> None:
    """Write a network as a page: see `Network.save_html`."""
    from nncore.files.atomic import write_file

    path = _validation.path(path)
    if path.suffix.lower() != ".html":
        raise ValueError(f"path: a page's name ends in .html, got {path.name!r:.80}")
    write_file(path, html_of(net, path.name, dtype=dtype, title=title, test_data=test_data).encode())


def html_of(
    net: Network,
    name: str,
    *,
    dtype: Literal["float16", "float32"] = "float16",
    title: str | None = None,
    test_data: Any = None,
) -> str:
    """Return the page of a network, for a file of this name."""
    return _page.page_of(net, parts_of(net, "float32"), name, dtype=dtype, title=title, test_data=test_data)


def save(net: Network, path: Any, *, label: bool = False, dtype: str | None = None) -> None:
    """Write a network in the format that the suffix names: see `Network.save`."""
    path = _validation.path(path)
    suffix = path.suffix.lower()
    if _validation.flag("label", label) and suffix != ".onnx":
        raise ValueError(f"label: a .onnx file has it alone, got {path.name!r:.80}; leave label out")
    if suffix not in EXCHANGED:
        if dtype is not None:
            dtype = _validation.dtype(dtype)
            raise ValueError(
                f"dtype: it goes with {', '.join(EXCHANGED)}; for this file, net.copy({dtype!r}).save(path)"
            )
        import difflib

        from nncore.files.kinds import PROMISES

        meant = difflib.get_close_matches(suffix, MISTYPED, 1, 0.85) if suffix[1:].isalpha() else []
        if meant and suffix[1:] not in PROMISES:  # such as .onx
            raise ValueError(
                f"path: {str(path)!r} names no format that is written; "
                f"type {str(path.with_suffix(meant[0]))!r}"
            )
        if not _persistence.save_as_book_json(net, path):
            from nncore.formats import npz

            npz.write(path, *net._state())
    elif suffix == ".onnx":
        from nncore.formats import onnx_write

        kind = _answers.kind_of_answers(net) if label else None
        if kind == _validation.NUMBERS:
            raise ValueError("label: the network answers numbers, which are the output y; leave label out")
        onnx_write.write(path, parts_of(net, "float32" if dtype is None else dtype), kind)
    elif suffix == ".safetensors":
        from nncore.formats import safetensors_file

        safetensors_file.write(path, parts_of(net, dtype))
    elif suffix == ".html":
        save_html(net, path, dtype="float16" if dtype is None else cast(Any, dtype))
    else:
        from nncore.formats import c_source

        c_source.write(path, parts_of(net, dtype))


def load(path: Any) -> Found | None:
    """Return the description and the arrays of a network in an ONNX or safetensors file or in a page, as
    `_persistence` names them, or None if the file is of another kind."""
    from nncore.files.kinds import EXPORTED, ONNX, SAFETENSORS, recognise

    kind = recognise(path).name
    if kind == ONNX.name:
        from nncore.formats import onnx_read

        return _from_onnx(onnx_read.read(path))
    if kind == SAFETENSORS.name:
        from nncore.formats import safetensors_file

        description, arrays = safetensors_file.read(path)
        try:
            return _from_safetensors(description, arrays)
        except ValueError as reason:
            raise ValueError(f"{path}: not a network that nncore saved ({reason})") from reason
    if kind == EXPORTED.name:
        from nncore.formats import html_page

        description, arrays = html_page.read(path)
        return _kept(description), arrays
    return None


def _from_onnx(parts: Parts) -> Found:
    """Return what a graph holds, with what nncore wrote about it, if that is of this very graph.

    Dropout, and the factors of eta, are not in a graph; the description has them.
    """
    known = parts.description
    found = describe_layers(parts.layers, parts.input_shape, str(parts.dtype))
    if known and _forward(known) == _forward(found):
        found |= {
            key: known[key]
            for key in ("layers", "cost", "seed", "epochs_trained", "training_record")
            if key in known
        }
    return found, _named(parts.weights, parts.biases)


def _forward(description: Mapping[str, Any]) -> Any:
    """Return what of a description decides the outputs: types, sizes and activations of its layers."""
    try:
        return [description["input_shape"]] + [
            {
                key: list(value) if isinstance(value, (tuple, list)) else value
                for key, value in layer.items()
                if key not in ("dropout", "weight_eta_factor")
            }
            for layer in description["layers"]
        ]
    except (TypeError, ValueError, AttributeError):  # it is no description
        return None


def _from_safetensors(description: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Found:
    """Return the description and the arrays under the names of `_persistence`."""
    layers, weights, biases = description["layers"], [], []
    if not isinstance(layers, list):
        raise ValueError("its description has no list of layers")
    for l, layer in enumerate(layers):
        if isinstance(layer, Mapping) and layer.get("type") == "MaxPool2D":
            continue
        weights.append(arrays[f"layers.{l}.weight"])
        biases.append(arrays[f"layers.{l}.bias"])
    if len(arrays) > len(weights) + len(biases):
        raise ValueError("it has more arrays than its layers")
    return _kept(description), _named(weights, biases)


def _kept(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the description in a file of another program's format may say."""
    from nncore.formats.npz import Entries

    return Entries((key, description[key]) for key in description if key not in FORGOTTEN)


def _named(weights: Any, biases: Any) -> dict[str, NDArray[Any]]:
    """Return arrays by the names of `_persistence`; biases become the book's columns."""
    from nncore.formats.npz import Entries

    named = Entries((f"weights_{l}", w) for l, w in enumerate(weights))
    named.update((f"biases_{l}", b.reshape(-1, 1)) for l, b in enumerate(biases))
    return named


def describe_layers(
    layers: tuple[Layer, ...], input_shape: tuple[int, ...], dtype: str, cost: str | None = None
) -> dict[str, Any]:
    """Return the description of a network that was never trained."""
    return {
        "layers": [{"type": type(layer).__name__, **vars(layer)} for layer in layers],
        "input_shape": list(input_shape),
        "cost": cost,
        "dtype": dtype,
        "seed": _validation.seed(None),
        "epochs_trained": 0,
    }


def from_state_dict(
    given: Any,
    *,
    activations: Any = None,
    layers: Any = None,
    input_shape: Any = None,
    cost: choices.Cost | None = None,
) -> Found:
    """Return the description and the arrays of a network: see `Network.from_state_dict`."""
    from nncore.formats.state_dict import check_chain, layers_in

    arrays = layers_in(given)
    for each in arrays:
        _validation.check_finite(f"state_dict[{each.name + '.weight'!r:.80}]", each.w)
        if each.b is not None:
            _validation.check_finite(f"state_dict[{each.name + '.bias'!r:.80}]", each.b)
    if (activations is None) == (layers is None):
        raise ValueError(
            "activations: a state dict does not hold them; give one for each layer, such as activations=["
            f"{', '.join([repr('sigmoid')] * len(arrays))}], or the layers themselves, layers=[...] with "
            "input_shape"
        )
    if layers is None:
        check_chain(arrays)
        names = _validation.listed("activations", activations, "a list with one activation for each layer")
        if len(names) != len(arrays):
            raise ValueError(f"activations: {len(arrays)} needed, one for each layer; got {len(names)}")
        layers = [
            Softmax(len(each.w)) if isinstance(name, str) and name == "softmax" else Dense(len(each.w), name)
            for name, each in zip(names, arrays, strict=True)
        ]
        input_shape = (arrays[0].w.shape[1],) if input_shape is None else input_shape
    shapes, described, cost = _validation.network(layers, cost, input_shape)
    _validation.check_output(described)
    needed = [
        w
        for layer, shape in zip(described, shapes, strict=False)
        if (w := layer.weight_shape(shape)) is not None
    ]
    if [each.w.shape for each in arrays] != needed:
        found = ", ".join(f"{each.name}.weight {each.w.shape}" for each in arrays)
        raise ValueError(f"state_dict: weights of the shapes {needed} needed for these layers; got {found}")
    given_dtypes = [array.dtype for each in arrays for array in (each.w, each.b) if array is not None]
    dtype = str(np.result_type(np.float32, *given_dtypes))
    biases = [np.zeros(len(each.w), dtype) if each.b is None else each.b for each in arrays]
    return describe_layers(described, shapes[0], dtype, cost), _named([each.w for each in arrays], biases)
