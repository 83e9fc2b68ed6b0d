"""The functions of this module apply the core to arrays, and are used like NumPy's.

They run on the kernels for this CPU (see `nncore.targets`). Arrays of float32 are computed in float32, all
others in float64.

>>> import numpy as np
>>> import nncore as nn
>>> nn.functions.sigmoid(np.array([-1000.0, 0.0, 1000.0])).round(3).tolist()
[0.0, 0.5, 1.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nncore import _validation, choices, targets
from nncore.layers import ACTIVATIONS, Dense, Softmax
from nncore.network import Network

__all__ = ["backprop", "feedforward", "relu", "sigmoid", "softmax", "tanh"]


def __dir__() -> list[str]:
    return __all__


def _activate(activation: str, z: Any) -> np.ndarray:
    """Return the activation of each entry of z, in the shape of z."""
    array = _validation.numeric("z", z)
    dtype = array.dtype.name if array.dtype.name in _validation.DTYPES else "float64"
    a = np.array(array, dtype=dtype, order="C", ndmin=1)
    rows = a.reshape(-1, a.shape[-1]) if a.size else a.reshape(0, 1)
    targets.kernels(dtype).activate(activation, rows)
    return rows.reshape(array.shape)


def sigmoid(z: Any) -> np.ndarray:
    """Return sigmoid(z) = 1 / (1 + exp(-z)) of each entry of an array (chapter 1).

    Parameters
    ----------
    z : array_like
        Numbers, in any shape.

    Returns
    -------
    ndarray
        A new array of the shape of z. Nothing overflows, whatever z is.

    Examples
    --------
    >>> import nncore as nn
    >>> nn.functions.sigmoid([-1000.0, 0.0, 1000.0]).round(3).tolist()
    [0.0, 0.5, 1.0]
    """
    return _activate("sigmoid", z)


def tanh(z: Any) -> np.ndarray:
    """Return tanh(z) = (exp(z) - exp(-z)) / (exp(z) + exp(-z)) of each entry; see `sigmoid` (chapter 3).

    Examples
    --------
    >>> import nncore as nn
    >>> nn.functions.tanh([-1000.0, 1000.0]).tolist()
    [-1.0, 1.0]
    """
    return _activate("tanh", z)


def relu(z: Any) -> np.ndarray:
    """Return max(0, z) of each entry of an array; see `sigmoid` (chapter 3).

    Examples
    --------
    >>> import nncore as nn
    >>> nn.functions.relu([[-2.0, 3.0]]).tolist()
    [[0.0, 3.0]]
    """
    return _activate("relu", z)


def softmax(z: Any) -> np.ndarray:
    """Return exp(z_j) / sum_k exp(z_k) for each entry z_j, with the sum over the last axis (chapter 3).

    Parameters
    ----------
    z : array_like
        Numbers, in any shape (..., n).

    Returns
    -------
    ndarray
        A new array of the same shape, in which each last axis sums to 1.

    Examples
    --------
    >>> import nncore as nn
    >>> nn.functions.softmax([[1.0, 1.0], [1000.0, 0.0]]).round(3).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    return _activate("softmax", z)


def _network(
    weights: Sequence[Any], biases: Sequence[Any], activation: choices.Activation, cost: choices.Cost | None
) -> Network:
    """Return a network that has these weights and biases."""
    needed = "a list of arrays, one for each layer,"
    given = _validation.listed("weights", weights, needed), _validation.listed("biases", biases, needed)
    ws, bs = (
        [_validation.numeric(f"{name}[{l}]", array) for l, array in enumerate(arrays)]
        for name, arrays in zip(("weights", "biases"), given, strict=True)
    )
    if not ws or any(w.ndim != 2 for w in ws):
        raise ValueError("weights: a list of arrays (n_out, n_in) needed, one for each layer")
    for l, w in enumerate(ws):
        if not w.size:
            raise ValueError(f"weights[{l}]: 1 neuron and 1 input or more needed, got shape {w.shape}")
    _validation.one_of("activation", activation, ACTIVATIONS)
    dtype: choices.DType = "float32" if all(w.dtype == np.float32 for w in ws) else "float64"
    layers: list[Dense] = [Dense(len(w), activation) for w in ws[:-1]]
    softmax = isinstance(cost, str) and cost == "log-likelihood"  # an array compares each of its numbers
    layers.append(Softmax(len(ws[-1])) if softmax else Dense(len(ws[-1]), activation))
    net = Network(layers, input_shape=(ws[0].shape[1],), cost=cost, dtype=dtype, init="zeros", seed=0)
    net.weights = ws
    net.biases = [b.reshape(-1, 1) for b in bs]
    return net


def feedforward(
    weights: Sequence[Any], biases: Sequence[Any], X: Any, activation: choices.Activation = "sigmoid"
) -> np.ndarray:
    """Return the output activations of the network that has these weights and biases (chapter 1).

    Parameters
    ----------
    weights, biases : sequence of array_like
        (n_out, n_in) and (n_out,) or (n_out, 1), for each layer.
    X : array_like
        (n_in,), (n_in, 1) or (m, n_in).
    activation : str
        The activation of all layers: "sigmoid", "tanh", "relu" or "linear".

    Returns
    -------
    ndarray
        (n_out,), (n_out, 1) for a column, or (m, n_out).

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
    activation: choices.Activation = "sigmoid",
    cost: choices.Cost | None = None,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the gradient of the cost for these weights and biases, summed over the rows of X (chapter 2).

    Parameters
    ----------
    weights, biases : sequence of array_like
        (n_out, n_in) and (n_out,) or (n_out, 1), for each layer.
    X : array_like
        Rows (m, n_in), or one example (n_in,).
    y : array_like
        Labels (m,) or targets (m, n_out).
    activation : str
        The activation of all layers, but of a softmax output layer where the cost is "log-likelihood".
    cost : str, optional
        "quadratic", "cross-entropy" or "log-likelihood"; by default what goes with the activation, as in
        `nncore.Network`.

    Returns
    -------
    nabla_b, nabla_w : list of ndarray
        (n_out, 1) and (n_out, n_in), for each layer.

    Examples
    --------
    >>> import nncore as nn
    >>> nabla_b, nabla_w = nn.functions.backprop([[[0.0, 0.0]]], [[0.0]], [[1.0, 2.0]], [[0.0]])
    >>> nabla_w[0].tolist()
    [[0.5, 1.0]]
    """
    return _network(weights, biases, activation, cost).backprop(X, y)
