"""This module turns a network into a description that fits JSON and arrays, to save, copy or pickle it.

Every array has the shape that the book gives it, layer by layer. Nothing depends on the order in which the
core keeps its numbers:

    weights_0, biases_0, weights_1, ...    the parameters
    state_0_weights_0, ...                 the memory of the update rule: velocities, or Adam's means of
                                           gradients (state_0) and of their squares (state_1)
    best_0_weights_0, ...                  the parameters of the best epoch, if SGD kept them
    last_0_weights_0, ...                  the parameters of the last epoch, if the best replaced them
    trained_on_0, ...                      hashes of some examples of each run in the training record

A network that was never trained has the parameters alone. The numbers of a file are checked before memory is
taken for what they describe. The book's network2 has a format of its own, JSON, for networks such as its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation, choices, targets
from nncore.layers import Conv2D, Dense, Layer, MaxPool2D, Softmax
from nncore.training.history import ARRAYS, History
from nncore.training.training_record import TrainingRecord

if TYPE_CHECKING:
    from nncore.network import Network

KINDS = {kind.__name__: kind for kind in (Dense, Softmax, Conv2D, MaxPool2D)}
RENAMED = {"eta_scale": "weight_eta_factor"}  # fields of layers, as files of version 1 call them

MOST = {"state": 2, "best": 1, "last": 1}  # vectors in each array of a History
NAME = re.compile(r"((state|best|last)_\d+_)?(weights|biases)_\d+")  # what an array of a network is called

BOOK_COSTS: dict[choices.Cost, str] = {
    "quadratic": "QuadraticCost",
    "cross-entropy": "CrossEntropyCost",
}  # network2's names

Arrays = Mapping[str, np.ndarray]


def describe(net: Network) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the description of a network, and its arrays by name.

    Parameters that are not finite are refused here, since nothing would read them back.
    """
    description: dict[str, Any] = {
        "layers": [{"type": type(layer).__name__, **vars(layer)} for layer in net.layers],
        "input_shape": list(net.input_shape),
        "cost": net.cost_name,
        "dtype": net.dtype,
        "seed": net.seed,
        "epochs_trained": net.epochs_trained,
    }
    arrays = _by_layer(net, "", net.parameters)
    for name, array in arrays.items():
        _validation.check_finite(name, array)
    if net.history is not None:
        description["history"] = net.history.to_dict()
        for name, vectors in net.history.arrays().items():
            for k, vector in enumerate(vectors.reshape(-1, net._program.size)):
                arrays |= _by_layer(net, f"{name}_{k}_", vector)
    if net.training_record:
        description["training_record"], hashes = net.training_record.describe()
        arrays |= hashes
    return description, arrays


def read_architecture(
    description: Mapping[str, Any], arrays: Arrays
) -> tuple[list[tuple[int, ...]], tuple[Layer, ...], choices.Cost, choices.DType, int]:
    """Return what `Network._allocate` takes: shapes, layers, cost, dtype and seed.

    The arrays must have the shapes that the layers need. So a description cannot claim memory for weights
    that its file does not hold.
    """
    layers: list[Layer] = []
    for fields in description["layers"]:
        kind = KINDS[_validation.one_of("type of a layer", fields.get("type"), tuple(KINDS))]
        layers.append(kind(**{RENAMED.get(key, key): fields[key] for key in fields if key != "type"}))
    input_shape = tuple(_validation.integer("input_shape", n, 1) for n in description["input_shape"])
    shape, l = input_shape, 0
    for layer in layers:
        if needed := layer.weight_shape(shape):
            if (found := arrays[f"weights_{l}"].shape) != needed:
                raise ValueError(f"weights_{l}: shape {needed} needed, got {found}")
            l += 1
        shape = layer.shape_after(shape)
    return (
        *_validation.network(layers, description["cost"], input_shape),
        _validation.dtype(description["dtype"]),
        _validation.seed(description["seed"]),
    )


def restore(net: Network, description: Mapping[str, Any], arrays: Arrays) -> None:
    """Give a new network the parameters and the history that were described."""
    net.epochs_trained = _validation.integer("epochs_trained", description["epochs_trained"], 0)
    net.parameters[:] = _flat(net, "", arrays)
    vectors: dict[str, list[np.ndarray]] = {}
    if "history" in description:
        vectors = {name: _all_vectors(net, name, arrays) for name in ARRAYS}
        found = {name: np.concatenate(each) for name, each in vectors.items() if each}
        net.history = History.from_dict(description["history"], found)
    if "training_record" in description:
        net._record = TrainingRecord.from_description(description["training_record"], arrays)
    prefixes = ["", *(f"{name}_{k}_" for name, each in vectors.items() for k in range(len(each)))]
    needed = {f"{prefix}{name}" for prefix in prefixes for name in _by_layer(net, "", net.parameters)}
    if unknown := sorted(name for name in arrays if NAME.fullmatch(name) and name not in needed):
        raise ValueError(f"{unknown[0]}: this network has no such array")


def reason_of(error: Exception) -> str:
    """Return why a description is refused: the reason given, or that a part of it is of another kind."""
    text = str(error)
    own = isinstance(error, ValueError) or " needed" in text  # and not Python's, of types that do not fit
    return text if own else "a part of its description is of another kind than nncore writes"


def _by_layer(net: Network, prefix: str, vector: np.ndarray) -> dict[str, np.ndarray]:
    """Return the arrays of each layer that lie in a vector as the core lays them out."""
    weights, biases = net._layer_views(vector)
    arrays = {f"{prefix}biases_{l}": np.ascontiguousarray(b) for l, b in enumerate(biases)}
    return arrays | {f"{prefix}weights_{l}": np.ascontiguousarray(w) for l, w in enumerate(weights)}


def _all_vectors(net: Network, name: str, arrays: Arrays) -> list[np.ndarray]:
    """Return the vectors that an array of a History consists of, as many as there are."""
    prefixes = (f"{name}_{k}_" for k in range(MOST[name]))
    return [_flat(net, prefix, arrays) for prefix in prefixes if f"{prefix}weights_0" in arrays]


def _flat(net: Network, prefix: str, arrays: Arrays) -> np.ndarray:
    """Return the arrays of each layer in one vector, as the core lays them out.

    Adam's mean of squares may be infinite: then its parameter stands still.
    """
    vector = targets.aligned_zeros(net._program.size, net.dtype)
    weights, biases = net._layer_views(vector)
    for kind, views in (("weights", weights), ("biases", biases)):
        for l, view in enumerate(views):
            name = f"{prefix}{kind}_{l}"
            finite = not prefix.startswith("state")
            view[...] = _validation.parameters(name, arrays[name], view.shape, net.dtype, finite=finite)
    return vector


def save_as_book_json(net: Network, path: Any) -> bool:
    """Write the network as network2 does, if the path ends in .json; return whether it does.

    Raises
    ------
    ValueError
        The network has layers or a cost that network2 does not know.
    """
    path = _validation.path(path)
    if path.suffix.lower() != ".json":
        return False
    other = [layer for layer in net.layers if not isinstance(layer, Dense) or layer != Dense(layer.n)]
    if other or net.cost_name not in BOOK_COSTS or len(net.input_shape) > 1:
        has = other[0] if other else f"the cost {net.cost_name}" if len(net.input_shape) < 2 else "images"
        raise ValueError(
            "path: a .json file is network2's, which has sigmoid layers and the costs quadratic and "
            f"cross-entropy alone; this network has {has}: type {str(path.with_suffix('.npz'))!r}"
        )
    from nncore.formats import book_json

    book_json.write(path, net.sizes, net.weights, net.biases, BOOK_COSTS[net.cost_name])
    return True


def load_book_json(path: Any) -> tuple[list[int], list[np.ndarray], list[np.ndarray], choices.Cost] | None:
    """Return sizes, weights, biases and cost from a file of network2, or None if the file is not JSON."""
    from nncore.files.streams import first_bytes

    head, is_gzip = first_bytes(path, 64)
    if is_gzip or not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return None
    from nncore.formats import book_json

    sizes, weights, biases, cost = book_json.read(path)
    return sizes, weights, biases, next(ours for ours, theirs in BOOK_COSTS.items() if theirs == cost)
