"""The core's functions on arrays, used like NumPy's: the target and the dtype are picked for you.

>>> import numpy as np
>>> import nncore as nn
>>> nn.functions.sigmoid(np.array([-1000.0, 0.0, 1000.0])).round(3).tolist()
[0.0, 0.5, 1.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nncore import targets
from nncore._validation import DTYPES
from nncore.layers import Dense, Softmax
from nncore.network import Network

__all__ = ["backprop", "feedforward", "relu", "sigmoid", "softmax", "tanh"]


def _activate(activation: str, z: Any) -> np.ndarray:
    array = np.asarray(z)
    if array.dtype.kind not in "buif":
        raise TypeError(f"z: numbers needed, got an array of {array.dtype}")
    dtype = array.dtype.name if array.dtype.name in DTYPES else "float64"
    a = np.array(array, dtype=dtype, order="C", ndmin=1)
    rows = a.reshape(-1, a.shape[-1]) if a.size else a.reshape(0, 1)
    targets.kernels(dtype).activate(activation, rows)
    return rows.reshape(array.shape)


def sigmoid(z: Any) -> np.ndarray:
    """1 / (1 + exp(-z)), of any shape; float32 stays float32, anything else becomes float64 (chapter 1)."""
    return _activate("sigmoid", z)


def tanh(z: Any) -> np.ndarray:
    """(e^z - e^-z) / (e^z + e^-z) (chapter 3)."""
    return _activate("tanh", z)


def relu(z: Any) -> np.ndarray:
    """max(0, z) (chapter 3)."""
    return _activate("relu", z)


def softmax(z: Any) -> np.ndarray:
    """exp(z_j) / sum_k exp(z_k), over the last axis (chapter 3)."""
    return _activate("softmax", z)


def _network(weights: Sequence[Any], biases: Sequence[Any], activation: str, cost: str | None) -> Network:
    ws = [np.asarray(w) for w in weights]
    if not ws or any(w.ndim != 2 for w in ws):
        raise ValueError("weights: a list of arrays (n_out, n_in) needed, one for each layer")
    dtype = "float32" if all(w.dtype == np.float32 for w in ws) else "float64"
    layers: list[Dense] = [Dense(len(w), activation) for w in ws[:-1]]
    layers.append(Softmax(len(ws[-1])) if cost == "log-likelihood" else Dense(len(ws[-1]), activation))
    net = Network(layers, input_shape=(ws[0].shape[1],), cost=cost, dtype=dtype, init="zeros", seed=0)
    net.weights = ws
    net.biases = [np.reshape(b, (-1, 1)) for b in biases]
    return net


def feedforward(
    weights: Sequence[Any], biases: Sequence[Any], X: Any, activation: str = "sigmoid"
) -> np.ndarray:
    """Activations of the output layer of the network with these weights and biases (chapter 1).

    Parameters
    ----------
    weights, biases : sequence of array_like
        (n_out, n_in) and (n_out,) or (n_out, 1), for each layer.
    X : array_like
        (n_in,), (n_in, 1) or (m, n_in).
    activation : str
        Of all layers.

    Examples
    --------
    >>> import nncore as nn
    >>> nn.functions.feedforward([[[2.0, -1.0]]], [[0.0]], [1.0, 2.0]).tolist()
    [0.5]
    """
    return _network(weights, biases, activation, None).feedforward(X)


def backprop(
    weights: Sequence[Any],
    biases: Sequence[Any],
    X: Any,
    y: Any,
    activation: str = "sigmoid",
    cost: str | None = None,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """(nabla_b, nabla_w), summed over the rows of X, for these weights and biases (chapter 2).

    Examples
    --------
    >>> import nncore as nn
    >>> nabla_b, nabla_w = nn.functions.backprop([[[0.0, 0.0]]], [[0.0]], [[1.0, 2.0]], [[0.0]])
    >>> nabla_w[0].tolist()
    [[0.5, 1.0]]
    """
    return _network(weights, biases, activation, cost).backprop(X, y)
