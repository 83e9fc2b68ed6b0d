"""The classes of this module describe layers: their sizes, activations and shapes.

The arrays belong to the network. The activations that one layer hands to the next have a shape: (n,),
or (channels, height, width) for feature maps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from nncore import _given, _hints, choices

ACTIVATIONS = choices.words(choices.Activation)
COSTS = choices.words(choices.Cost)


def _activation(activation: Any, allowed: tuple[str, ...] = ACTIVATIONS) -> str:
    if not isinstance(activation, str) or activation not in allowed:
        hint = _hints.choice("activation", activation, allowed)
        if not hint and isinstance(activation, str) and activation.lower() == "softmax":
            hint = "; softmax is a layer of its own: Softmax(n)"
        if callable(activation) or isinstance(activation, tuple):
            hint = (
                "; the core has these alone. nncore.reference.Network([784, 30, 10], activation=(sigma, "
                "sigma_prime)) takes functions of your own, and is slow"
            )
        raise ValueError(f"activation: one of {', '.join(allowed)} needed, got {activation!r:.60}{hint}")
    return activation


def _count(name: str, value: Any, needed: str) -> int:
    """Return `value` as an int of at least 1."""
    number = _given.whole(value)
    if number is None or number < 1:
        raise ValueError(f"{name}: {needed}, got {value!r:.60}")
    return number


def _real(name: str, value: Any, below: float, needed: str) -> float:
    """Return `value` as a float of at least 0 and less than `below`."""
    number = _given.real(value)
    if number is None or not 0 <= number < below:
        raise ValueError(f"{name}: {needed} needed, got {value!r:.60}")
    return number


def _height_width(name: str, value: Any) -> tuple[int, int]:
    """Return (height, width), from a pair or from one number for both."""
    needed = "a number or (height, width)"
    pair = (value, value) if _given.whole(value) is not None else _given.listed(name, value, needed)
    if len(pair) != 2:
        raise ValueError(f"{name}: {needed} needed, got {value!r:.60}")
    height, width = (_count(name, side, "sides of 1 or more needed") for side in pair)
    return height, width


def _side(pair: tuple[int, int]) -> str:
    """Write (5, 5) as 5, and (5, 3) as it is."""
    return str(pair[0]) if pair[0] == pair[1] else str(pair)


def _feature_maps(layer: Any, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return the shape (channels, height, width) of the layer before, or say that this layer needs one."""
    if len(shape) != 3:
        raise ValueError(
            f"{layer} needs feature maps, (channels, height, width), and gets {shape}: it goes before the "
            "fully connected layers, and input_shape says (channels, height, width)"
        )
    return shape


def _convert(layer: Any, **fields: Any) -> None:
    """Replace what a frozen layer was constructed with by the converted values."""
    for name, value in fields.items():
        object.__setattr__(layer, name, value)


class Described:
    """The base of the layers, which says what to type in place of names that other libraries have."""

    def __new__(cls, *arguments: Any, **named: Any) -> Self:
        _hints.check_arguments(cls.__name__, named)
        return super().__new__(cls)

    if not TYPE_CHECKING:  # a type checker would take any name for an attribute

        def __getattr__(self, name: str) -> Any:
            raise _hints.error(f"{type(self).__name__!r} object", name, self, _hints.LAYER)

    def short(self) -> str:
        """Return the layer in a few words, as a network prints it."""
        raise NotImplementedError


@dataclass(frozen=True)
class Dense(Described):
    """A fully connected layer computes a = sigma(w a_prev + b), as in the book's chapter 1.

    Parameters
    ----------
    n : int
        The number of neurons, 1 or more.
    activation : {"sigmoid", "tanh", "relu", "linear"}
        sigma (chapter 3 for tanh and relu).
    dropout : float
        The probability, below 1, that training leaves out an input of this layer, drawn for each example and
        input (chapter 3). The inputs that are kept are multiplied by 1/(1 - dropout), so that nothing needs
        to be scaled afterwards. The book halves the weights at the end instead, which is the same on average.
    weight_eta_factor : float
        Multiplies eta for this layer's weights, but not for its biases and not for the decay of the weights
        by L2. The book's network3 needs it to imitate dropout without scaling. Adam's steps do not depend on
        the size of the gradients, so it has no effect there.

    Examples
    --------
    >>> import nncore as nn
    >>> nn.Network([nn.Dense(30, activation="tanh"), nn.Dense(10)], input_shape=(784,)).sizes
    [784, 30, 10]
    """

    n: int
    activation: choices.Activation = "sigmoid"
    dropout: float = 0.0
    weight_eta_factor: float = field(default=1.0, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        _activation(self.activation, self.allowed)
        _convert(
            self,
            n=_count("n", self.n, "a layer has 1 neuron or more"),
            dropout=_real("dropout", self.dropout, 1, "a probability of at least 0 and below 1"),
            weight_eta_factor=_real(
                "weight_eta_factor", self.weight_eta_factor, math.inf, "a number of at least 0"
            ),
        )

    def short(self) -> str:
        """Return the layer in a few words, as a network prints it."""
        activation = "" if isinstance(self, Softmax) else f" {self.activation}"
        return f"{type(self).__name__}({self.n}){activation}"

    @property
    def allowed(self) -> tuple[str, ...]:
        """This kind of layer can have these activations."""
        return ACTIVATIONS

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of the activations, from the shape of the layer before."""
        return (self.n,)

    def weight_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape (n_out, n_in) of the weights.

        Feature maps are flattened in the order (channels, height, width).
        """
        return self.n, math.prod(shape)

    def add_to(self, program: Any) -> None:
        """Add the layer to the kernels' `Program`."""
        program.add_dense(
            self.n,
            activation=self.activation,
            dropout=self.dropout,
            weight_eta_factor=self.weight_eta_factor,
        )


@dataclass(frozen=True)
class Softmax(Dense):
    """An output layer whose activations are probabilities that sum to 1 (chapter 3).

    a_j = exp(z_j) / sum_k exp(z_k), where j and k count the neurons of the layer. Its cost is the
    log-likelihood.

    Parameters
    ----------
    n : int
        The number of neurons, one for each class.
    dropout, weight_eta_factor : float
        As for `Dense`.

    Examples
    --------
    >>> import nncore as nn
    >>> net = nn.Network([nn.Dense(30), nn.Softmax(10)], input_shape=(784,), seed=0)
    >>> net.cost_name
    'log-likelihood'
    """

    activation: Literal["softmax"] = "softmax"  # type: ignore[assignment]

    @property
    def allowed(self) -> tuple[str, ...]:
        return ("softmax",)


@dataclass(frozen=True)
class Conv2D(Described):
    """A convolutional layer applies each of its filters everywhere in the feature maps before it (chapter 6).

    ``a[f, y, x] = sigma(b[f] + sum over k, t, c of w[f, k, t, c] * a_prev[k, y + t, x + c])``, where f counts
    the filters, k the channels, (y, x) the pixels, and (t, c) the rows and columns of a filter. This is a
    cross-correlation with steps of 1.

    Parameters
    ----------
    filters : int
        The number of filters, which is also the number of feature maps that the layer makes.
    kernel_size : int or (int, int)
        Height and width of a filter: the book's local receptive field.
    activation : {"sigmoid", "tanh", "relu", "linear"}
        sigma.
    padding : {"valid", "same"}
        With "valid" a filter stays inside the maps, which shrink by kernel_size - 1. With "same" the maps
        keep their size: they get a border of zeros, kernel_size - 1 in all, the smaller half of it above and
        on the left.

    Examples
    --------
    >>> import nncore as nn
    >>> net = nn.Network(
    ...     [nn.Conv2D(20, 5), nn.MaxPool2D(2), nn.Dense(100), nn.Softmax(10)],
    ...     input_shape=(1, 28, 28),
    ... )
    >>> [w.shape for w in net.weights]
    [(20, 1, 5, 5), (100, 2880), (10, 100)]
    """

    filters: int
    kernel_size: Any  # an int or a pair is given; (height, width) is kept
    activation: choices.Activation = "sigmoid"
    padding: choices.Padding = "valid"
    dropout: ClassVar[float] = 0.0

    def __post_init__(self) -> None:
        _activation(self.activation)
        if not isinstance(self.padding, str) or self.padding not in ("valid", "same"):
            hint = _hints.choice("padding", self.padding, ("valid", "same"))
            raise ValueError(f"padding: valid or same needed, got {self.padding!r:.60}{hint}")
        _convert(
            self,
            filters=_count("filters", self.filters, "1 filter or more needed"),
            kernel_size=_height_width("kernel_size", self.kernel_size),
        )

    def short(self) -> str:
        """Return the layer in a few words, as a network prints it."""
        same = ", padding='same'" if self.padding == "same" else ""
        return f"Conv2D({self.filters}, {_side(self.kernel_size)}{same}) {self.activation}"

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape (filters, height, width) of the activations, from the shape before."""
        _, height, width = _feature_maps(self, shape)
        t, c = self.kernel_size
        if self.padding == "same":
            return self.filters, height, width
        if t > height or c > width:
            raise ValueError(
                f"{self} has filters of {t} x {c}, but the maps before have the shape {shape}: "
                "a smaller kernel_size, less pooling before, or padding='same'"
            )
        return self.filters, height - t + 1, width - c + 1

    def weight_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape (filters, channels, height, width) of the weights."""
        return self.filters, _feature_maps(self, shape)[0], *self.kernel_size

    def add_to(self, program: Any) -> None:
        """Add the layer to the kernels' `Program`."""
        same = self.padding == "same"
        program.add_convolution(self.filters, self.kernel_size, same=same, activation=self.activation)


@dataclass(frozen=True)
class MaxPool2D(Described):
    """A pooling layer keeps the largest activation of each window of a feature map (chapter 6).

    The windows do not overlap. Columns and rows that fill no window are left out. Where activations of a
    window are equal, the gradient goes back to the first of them, row by row.

    Parameters
    ----------
    size : int or (int, int)
        Height and width of a window.

    Examples
    --------
    >>> import nncore as nn
    >>> net = nn.Network([nn.MaxPool2D(2), nn.Dense(1)], input_shape=(1, 4, 5), init="zeros")
    >>> net.shapes
    [(1, 4, 5), (1, 2, 2), (1,)]
    """

    size: Any  # an int or a pair is given; (height, width) is kept
    activation: ClassVar[str] = "linear"
    dropout: ClassVar[float] = 0.0

    def __post_init__(self) -> None:
        _convert(self, size=_height_width("size", self.size))

    def short(self) -> str:
        """Return the layer in a few words, as a network prints it."""
        return f"MaxPool2D({_side(self.size)})"

    def shape_after(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape (channels, height, width) of the activations, from the shape before."""
        channels, height, width = _feature_maps(self, shape)
        t, c = self.size
        if t > height or c > width:
            raise ValueError(
                f"{self} has windows of {t} x {c}, but the maps before have the shape {shape}: "
                "a smaller size, or less pooling before"
            )
        return channels, height // t, width // c

    def weight_shape(self, shape: tuple[int, ...]) -> None:
        """Return None, since a pooling layer has no weights."""
        return None

    def add_to(self, program: Any) -> None:
        """Add the layer to the kernels' `Program`."""
        program.add_pooling(self.size)


Layer = Dense | Conv2D | MaxPool2D


def output_cost(activation: str) -> choices.Cost:
    """Return the cost that goes with an output layer of this activation by default."""
    costs: dict[str, choices.Cost] = {"softmax": "log-likelihood", "sigmoid": "cross-entropy"}
    return costs.get(activation, "quadratic")


def check_pair(cost: str, activation: str) -> None:
    """Raise a ValueError with the reason where a cost does not go with the output layer's activation."""
    if not isinstance(cost, str) or cost not in COSTS:
        hint = _hints.choice("cost", cost, COSTS)
        raise ValueError(f"cost: one of {', '.join(COSTS)} needed, got {cost!r:.60}{hint}")
    if cost == "cross-entropy" and activation != "sigmoid":
        remedy = "cost='log-likelihood'" if activation == "softmax" else "cost='quadratic'"
        raise ValueError(
            f"cost: cross-entropy takes each output as a probability of its own, which only a sigmoid gives; "
            f"the output layer is {activation}: use {remedy}, or a sigmoid output"
        )
    if cost == "log-likelihood" and activation != "softmax":
        raise ValueError(
            f"cost: log-likelihood takes the outputs as one distribution, which only softmax gives; "
            f"the output layer is {activation}: end with Softmax(n), or use "
            f"cost='{output_cost(activation)}'"
        )
    if cost == "quadratic" and activation == "softmax":
        raise ValueError(
            "cost: a softmax layer learns from log-likelihood (the quadratic cost would couple its outputs): "
            "use cost='log-likelihood', or Dense(n, activation='sigmoid') as output"
        )
