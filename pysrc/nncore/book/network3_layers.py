"""The layers of network3 (chapter 6), each of which is one or two of nncore's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

import nncore
from nncore import _hints, _validation, choices
from nncore.book.listings import sigmoid
from nncore.layers import Layer


def linear(z: Any) -> Any:
    """Return z.

    Examples
    --------
    >>> linear(2.0)
    2.0
    """
    return z


def ReLU(z: Any) -> Any:
    """Return the larger of 0 and z.

    Examples
    --------
    >>> ReLU(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    return np.maximum(0.0, z)


tanh: Callable[..., Any] = np.tanh
# What to type in place of the book's attributes, and of arguments that other libraries have.
LAYER = {
    **dict.fromkeys(("w", "b", "params"), "net.params[0]  # w of the first layer; net.params[1] is its b"),
    **dict.fromkeys(("output", "output_dropout", "inpt", "inpt_dropout"), "net.activations(X)[0]"),
    **dict.fromkeys(("y_out", "accuracy", "cost"), "net.predict(X), net.accuracy(data), net.cost(data)"),
}
# Attributes of the book's layers that these do not have: the core would not call or read one of the reader's.
NOT_USED: tuple[str, ...] = ("set_inpt", *LAYER)
ARGUMENTS = {
    **dict.fromkeys(("stride", "strides", "subsample"), "poolsize=(2, 2)  # a filter moves by one pixel"),
    **dict.fromkeys(("padding", "border_mode"), "nn.Conv2D(20, 5, padding='same')  # of nncore's own layers"),
    **dict.fromkeys(("activation", "nonlinearity"), "activation_fn=ReLU"),
    **dict.fromkeys(("dropout", "p", "rate"), "p_dropout=0.5"),
    **dict.fromkeys(("units", "n", "neurons"), "n_out=30"),
}
ACTIVATIONS: tuple[tuple[Any, choices.Activation], ...] = (
    (sigmoid, "sigmoid"),
    (tanh, "tanh"),
    (ReLU, "relu"),
    (linear, "linear"),
)


def _activation(activation_fn: Any) -> choices.Activation:
    """Return the name of an activation of the core, or "linear" for a function of the reader's own."""
    for function, name in ACTIVATIONS:
        if activation_fn is function:
            return name
    if not callable(activation_fn):
        raise TypeError(
            f"activation_fn: sigmoid, tanh, ReLU or linear of network3, or a function of your own that takes "
            f"an array, needed; got {activation_fn!r:.60}"
        )
    return "linear"


def _own(activation_fn: Any) -> Any:
    """Return a function of the reader's own, and None for one of the core's."""
    return None if any(activation_fn is function for function, _ in ACTIVATIONS) else activation_fn


class BookLayer:
    """The base of network3's layers, which says what to type in place of names that the book's have."""

    layers: list[Layer]  # the layers of nncore that it stands for
    shape_before: tuple[int, ...]
    first_params: list[NDArray[np.float64]]
    own: Any = None  # an activation of the reader's own

    def __new__(cls, *arguments: Any, **named: Any) -> Self:
        _hints.check_arguments(cls.__name__, named, ARGUMENTS)
        return super().__new__(cls)

    def check_unchanged(self, name: str) -> None:
        """Refuse what a reader has added as the book's layers have it, and the core would ignore."""
        if own := [attribute for attribute in NOT_USED if hasattr(self, attribute)]:
            raise TypeError(
                f"{name}: the core does not use your own {', '.join(own)} of {type(self).__name__}. What "
                "counts is an activation, FullyConnectedLayer(n_in, n_out, activation_fn=f); a cost, "
                "network2.Network(sizes, cost=C); and first weights and biases, net.params = params"
            )

    if not TYPE_CHECKING:  # a type checker would take any name for an attribute

        def __getattr__(self, name: str) -> Any:
            raise _hints.error(f"{type(self).__name__!r} object", name, self, LAYER)


class BookInterface(_validation.Interface):
    """What a network reads and answers, with messages that name network3's layers."""

    __slots__ = ()

    def named(self, output: nncore.Dense) -> str:
        """Return an output layer as a message names it."""
        if not isinstance(output, nncore.Softmax):
            return super().named(output)
        return f"SoftmaxLayer(n_in={self.n_before}, n_out={output.n})"

    def ending_with(self, output: nncore.Dense) -> str:
        """Say how to make this network with another output layer."""
        if not isinstance(output, nncore.Softmax):
            return super().ending_with(output)
        return "make it the last of network3's layers"


class ConvPoolLayer(BookLayer):
    """A convolution followed by max-pooling.

    Parameters
    ----------
    filter_shape : tuple of int
        The filters: (their number, feature maps of the input, height, width).
    image_shape : tuple of int
        The input: (mini-batch size, feature maps, height, width).
    poolsize : tuple of int
        Height and width of a pooling window.
    activation_fn : function
        One of network3's `sigmoid`, `tanh`, `ReLU` and `linear`; or a function of your own, which takes an
        array and is applied to each of its numbers. Its derivative is its attribute `prime`, or is computed
        from differences. The network then trains in NumPy, and slowly.

    Notes
    -----
    `np.random` draws the initial weights from N(0, 1/n_out), where n_out = filters * height * width //
    (pool height * pool width), and then the biases from N(0, 1).

    Examples
    --------
    >>> layer = ConvPoolLayer(image_shape=(10, 1, 28, 28), filter_shape=(20, 1, 5, 5), poolsize=(2, 2))
    >>> layer.layers[1]
    MaxPool2D(size=(2, 2))
    """

    filter_shape: tuple[int, ...]
    image_shape: tuple[int, ...]
    poolsize: tuple[int, ...]
    activation_fn: Any
    own: Any
    shape_before: tuple[int, ...]
    first_params: list[NDArray[np.float64]]

    def __init__(
        self,
        filter_shape: Sequence[int],
        image_shape: Sequence[int],
        poolsize: Sequence[int] = (2, 2),
        activation_fn: Any = sigmoid,
    ) -> None:
        self.filter_shape, self.image_shape = tuple(filter_shape), tuple(image_shape)
        if len(self.filter_shape) != 4 or len(self.image_shape) != 4:
            raise ValueError(
                "filter_shape, image_shape: four numbers each needed, (filters, maps, height, width) and "
                f"(mini-batch size, maps, height, width); got {self.filter_shape} and {self.image_shape}"
            )
        if self.filter_shape[1] != self.image_shape[1]:
            raise ValueError(
                f"filter_shape: filters over the {self.image_shape[1]} maps of image_shape needed, "
                f"got {self.filter_shape} for {self.image_shape}"
            )
        self.poolsize, self.activation_fn = tuple(poolsize), activation_fn
        filters, _, *kernel = self.filter_shape
        maps = [side - part + 1 for side, part in zip(self.image_shape[2:], kernel, strict=True)]
        if min(maps) < 1:
            raise ValueError(
                f"filter_shape: filters that fit into maps of {self.image_shape[2]} x {self.image_shape[3]} "
                f"needed, got {kernel[0]} x {kernel[1]}; image_shape is (mini-batch size, maps, height, "
                "width)"
            )
        if len(self.poolsize) != 2 or any(p > side for p, side in zip(self.poolsize, maps, strict=True)):
            raise ValueError(
                f"poolsize: (height, width) of at most {maps[0]} x {maps[1]}, the maps after the filters, "
                f"needed; got {poolsize}"
            )
        self.layers: list[Layer] = [
            nncore.Conv2D(filters, tuple(kernel), _activation(activation_fn)),
            nncore.MaxPool2D(self.poolsize),
        ]
        self.own, self.shape_before = _own(activation_fn), self.image_shape[1:]
        n_out = max(1, filters * math.prod(kernel) // math.prod(self.poolsize))
        self.first_params = drawn(n_out, self.filter_shape, filters)


class FullyConnectedLayer(BookLayer):
    """A fully connected layer.

    Parameters
    ----------
    n_in, n_out : int
        The number of inputs and of neurons.
    activation_fn : function
        One of network3's `sigmoid`, `tanh`, `ReLU` and `linear`; or a function of your own, which takes an
        array and is applied to each of its numbers. Its derivative is its attribute `prime`, or is computed
        from differences. The network then trains in NumPy, and slowly.
    p_dropout : float
        The probability that an input is dropped in training.

    Notes
    -----
    `np.random` draws the initial weights from N(0, 1/n_out), and then the biases from N(0, 1). (Chapter 3 has
    n_in where network3 has n_out.)

    Examples
    --------
    >>> FullyConnectedLayer(n_in=784, n_out=100, activation_fn=ReLU, p_dropout=0.5).layers
    [Dense(n=100, activation='relu', dropout=0.5)]
    """

    n_in: int
    n_out: int
    activation_fn: Any
    p_dropout: float
    own: Any
    shape_before: tuple[int, ...]
    first_params: list[NDArray[np.float64]]

    def __init__(self, n_in: int, n_out: int, activation_fn: Any = sigmoid, p_dropout: float = 0.0) -> None:
        n_out = _validation.integer("n_out", n_out, 1)
        n_in = _validation.integer("n_in", n_in, 1)
        p_dropout = _validation.real("p_dropout", p_dropout, least=0, below=1)
        self.n_in, self.n_out, self.activation_fn, self.p_dropout = n_in, n_out, activation_fn, p_dropout
        dense = nncore.Dense(
            n_out, _activation(activation_fn), p_dropout, weight_eta_factor=(1 - p_dropout) ** 2
        )
        self.layers: list[Layer] = [dense]
        self.own = _own(activation_fn)
        self.shape_before = (n_in,)
        self.first_params = drawn(n_out, (n_in, n_out), n_out)


class SoftmaxLayer(BookLayer):
    """The output layer, whose initial weights and biases are 0.

    Parameters
    ----------
    n_in, n_out : int
        The number of inputs and of classes.
    p_dropout : float
        The probability that an input is dropped in training.

    Examples
    --------
    >>> SoftmaxLayer(n_in=100, n_out=10).layers[0].n
    10
    """

    n_in: int
    n_out: int
    p_dropout: float
    shape_before: tuple[int, ...]
    first_params: list[NDArray[np.float64]]

    def __init__(self, n_in: int, n_out: int, p_dropout: float = 0.0) -> None:
        n_out = _validation.integer("n_out", n_out, 1)
        p_dropout = _validation.real("p_dropout", p_dropout, least=0, below=1)
        n_in = _validation.integer("n_in", n_in, 1)
        self.n_in, self.n_out, self.p_dropout = n_in, n_out, p_dropout
        self.layers: list[Layer] = [
            nncore.Softmax(n_out, dropout=p_dropout, weight_eta_factor=(1 - p_dropout) ** 2)
        ]
        self.shape_before = (n_in,)
        _validation.check_bytes("n_in, n_out", "the weights", 8 * n_in * n_out)
        self.first_params = [np.zeros((n_in, n_out)), np.zeros(n_out)]


def drawn(n_out: int, shape: tuple[int, ...], count: int) -> list[NDArray[np.float64]]:
    """Draw w from N(0, 1/n_out) and b from N(0, 1) with the generator that the book uses."""
    _validation.check_bytes("n_out", "the weights", 8 * math.prod(shape))
    w = np.random.normal(loc=0.0, scale=np.sqrt(1.0 / n_out), size=shape)  # noqa: NPY002
    return [w, np.random.normal(loc=0.0, scale=1.0, size=(count,))]  # noqa: NPY002
