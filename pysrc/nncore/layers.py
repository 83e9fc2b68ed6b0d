"""Layers are descriptions: sizes and activations. The arrays belong to the network."""

from __future__ import annotations

from dataclasses import dataclass

ACTIVATIONS = ("sigmoid", "tanh", "relu", "linear")
COSTS = ("quadratic", "cross-entropy", "log-likelihood")


@dataclass(frozen=True)
class Dense:
    """A fully connected layer: a = sigma(w a_prev + b), as in the book's chapter 1.

    Parameters
    ----------
    n : int
        Number of neurons, 1 or more.
    activation : {"sigmoid", "tanh", "relu", "linear"}
        sigma (chapter 3 for tanh and relu).
    dropout : float
        Probability, below 1, that an input of the layer is left out for an example in training (chapter 3).
        What is kept is scaled up by 1/(1 - dropout), so that nothing need be scaled afterwards; the book
        halves the weights at the end instead, which is the same in the mean.

    Examples
    --------
    >>> import nncore as nn
    >>> nn.Network([nn.Dense(30, activation="tanh"), nn.Dense(10)], input_shape=(784,)).sizes
    [784, 30, 10]
    """

    n: int
    activation: str = "sigmoid"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.activation not in self.allowed:
            hint = "; softmax is a layer of its own: Softmax(n)" if self.activation == "softmax" else ""
            raise ValueError(
                f"activation: one of {', '.join(self.allowed)} needed, got {self.activation!r}{hint}"
            )
        if isinstance(self.n, bool) or not hasattr(self.n, "__index__") or self.n < 1:
            raise ValueError(f"n: a layer has 1 neuron or more, got {self.n!r}")
        if isinstance(self.dropout, str) or not 0 <= self.dropout < 1:
            raise ValueError(f"dropout: a probability of at least 0 and below 1 needed, got {self.dropout!r}")
        object.__setattr__(self, "n", int(self.n))
        object.__setattr__(self, "dropout", float(self.dropout))

    @property
    def allowed(self) -> tuple[str, ...]:
        return ACTIVATIONS


@dataclass(frozen=True)
class Softmax(Dense):
    """The output layer whose activations are probabilities that sum to 1 (chapter 3).

    a_j = exp(z_j) / sum_k exp(z_k). Goes with the log-likelihood cost.

    Parameters
    ----------
    n : int
        Number of neurons: of classes.
    dropout : float
        As for `Dense`.

    Examples
    --------
    >>> import nncore as nn
    >>> net = nn.Network([nn.Dense(30), nn.Softmax(10)], input_shape=(784,), seed=0)
    >>> net.cost_name
    'log-likelihood'
    """

    activation: str = "softmax"

    @property
    def allowed(self) -> tuple[str, ...]:
        return ("softmax",)


def output_cost(activation: str) -> str:
    """The cost that an output layer has unless one is named."""
    return {"softmax": "log-likelihood", "sigmoid": "cross-entropy"}.get(activation, "quadratic")


def check_pair(cost: str, activation: str) -> None:
    """Refuse an output layer and a cost that do not go together, with the reason."""
    if cost not in COSTS:
        raise ValueError(f"cost: one of {', '.join(COSTS)} needed, got {cost!r}")
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
