"""Settings are the parameters of an estimator, checked, in the terms of `Network` and `SGD`.

scikit-learn adds alpha w to the gradient that is summed over a mini-batch, and then divides both by the sum
of the weights of its examples (`_compute_loss_grad` in its `_multilayer_perceptron.py`). So a step takes
eta alpha / (m c) off each weight, where m is the size of the mini-batch and c the mean weight of an example.
The book's step takes eta lmbda/n. Hence lmbda = alpha n / (m c), and for all n examples at once alpha / c.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from nncore import _given, _validation
from nncore.choices import words
from nncore.layers import ACTIVATIONS, Dense, Layer, Softmax
from nncore.training import rules
from nncore.training.schedules import Schedule

if TYPE_CHECKING:
    from nncore.sklearn.base import NeuralNetwork

Activation = Literal["identity", "logistic", "tanh", "relu", "sigmoid", "linear"]
Solver = Literal["adam", "sgd", "lbfgs"]
LearningRate = Literal["constant", "invscaling", "adaptive"]
DType = Literal["auto", "float32", "float64"]

SOLVERS = words(Solver)
LEARNING_RATES = words(LearningRate)
BOOK_NAMES = {"identity": "linear", "logistic": "sigmoid"}  # scikit-learn's name: the book's
SKLEARN_NAMES = {book: name for name, book in BOOK_NAMES.items()}
MOST_PER_BATCH = 200  # of batch_size="auto"


class Settings(NamedTuple):
    """Settings hold the checked parameters that say how a network is trained."""

    solver: str
    alpha: float
    batch_size: int | None  # None: "auto"
    learning_rate: str | Schedule | Callable[[int], float]
    eta: float
    power_t: float
    max_iter: int
    shuffle: bool
    tol: float
    verbose: int
    early_stopping: bool
    validation_fraction: float
    patience: float  # epochs without an improvement, or infinity
    rule: rules.Rule
    max_fun: int

    @classmethod
    def of(cls, estimator: NeuralNetwork) -> Settings:
        """Check the parameters of an estimator."""
        solver = _validation.one_of("solver", estimator.solver, SOLVERS)
        rate = estimator.learning_rate
        if not isinstance(rate, Schedule) and not callable(rate):
            _validation.one_of("learning_rate", rate, LEARNING_RATES)
        batch_size = None
        if not (isinstance(estimator.batch_size, str) and estimator.batch_size == "auto"):
            batch_size = _validation.integer("batch_size", estimator.batch_size, 1)
        patience: float = math.inf
        if estimator.n_iter_no_change != math.inf:
            patience = _validation.integer("n_iter_no_change", estimator.n_iter_no_change, 1)
        if solver == "lbfgs" and estimator.augment is not None:
            raise ValueError('augment: images are distorted by solver="adam" and solver="sgd" alone')
        return cls(
            solver=solver,
            alpha=_validation.real("alpha", estimator.alpha, least=0),
            batch_size=batch_size,
            learning_rate=rate,
            eta=_positive("learning_rate_init", estimator.learning_rate_init),
            power_t=_validation.real("power_t", estimator.power_t, least=0),
            max_iter=_validation.integer("max_iter", estimator.max_iter, 1),
            shuffle=_validation.flag("shuffle", estimator.shuffle),
            tol=_validation.real("tol", estimator.tol, least=0),
            verbose=_verbose(estimator.verbose),
            early_stopping=_validation.flag("early_stopping", estimator.early_stopping),
            validation_fraction=_validation.real(
                "validation_fraction", estimator.validation_fraction, least=0, below=1
            ),
            patience=patience,
            rule=_rule(estimator),
            max_fun=_validation.integer("max_fun", estimator.max_fun, 1),
        )

    def mini_batch_size(self, n: int) -> int:
        """Return m for n training examples."""
        if self.batch_size is None:
            return min(MOST_PER_BATCH, n)
        if self.batch_size > n and self.solver != "lbfgs":
            _validation.warn(
                f"batch_size: {self.batch_size} is more than the {n} training examples: it is {n}"
            )
        return min(self.batch_size, n)

    def lmbda(self, n: int, m: int, mean_weight: float) -> float:
        """Return the book's lmbda for alpha, as the module says."""
        return self.alpha * n / (m * mean_weight)


def _positive(name: str, value: Any) -> float:
    """Return a number above 0."""
    number = _validation.real(name, value, least=0)
    if number == 0:
        raise ValueError(f"{name}: a number above 0 needed, got {value!r:.60}")
    return number


def _verbose(value: Any) -> int:
    """Return verbose, True or False or a number, as a number."""
    if isinstance(value, (bool, np.bool_)):
        return int(value)
    return _validation.integer("verbose", value, 0)


def _rule(estimator: NeuralNetwork) -> rules.Rule:
    """Return the update rule; the numbers of both solvers are checked, as a search may go through both."""
    adam = rules.Adam(
        _validation.real("beta_1", estimator.beta_1, least=0, below=1),
        _validation.real("beta_2", estimator.beta_2, least=0, below=1),
        _positive("epsilon", estimator.epsilon),
    )
    mu = _validation.real("momentum", estimator.momentum, least=0)
    if mu > 1:
        raise ValueError(f"momentum: a number from 0 to 1 needed, got {estimator.momentum!r:.60}")
    nesterov = _validation.flag("nesterovs_momentum", estimator.nesterovs_momentum)
    if estimator.solver == "adam":
        return adam
    if mu == 0:
        return rules.GradientDescent()
    return rules.Nesterov(mu) if nesterov else rules.Momentum(mu)


def network_layers(estimator: NeuralNetwork, output: Dense) -> list[Layer]:
    """Return the layers of an estimator's network, of which `output` is the last."""
    given = estimator.layers
    if given is None:
        sizes = _sizes(estimator.hidden_layer_sizes)
        activations = _for_each("activation", estimator.activation, len(sizes), _activation)
        dropouts = _for_each("dropout", estimator.dropout, len(sizes), _dropout)
        before = [0.0, *dropouts]  # a layer drops out its inputs: the neurons of the layer before
        hidden: list[Layer] = [
            Dense(n, activation, dropout)
            for n, activation, dropout in zip(sizes, activations, before, strict=False)
        ]
    else:
        hidden = _validation.listed("layers", given, "a list of layers, such as [nn.Dense(30)],")
        for l, layer in enumerate(hidden):
            if not isinstance(layer, Layer):
                raise TypeError(f"layers[{l}]: a layer, such as nn.Dense(30), needed; got {layer!r:.60}")
            if isinstance(layer, Softmax):
                raise ValueError(
                    f"layers[{l}]: these are the hidden layers; leave the output layer out, since y says "
                    "what it is"
                )
        before = [0.0, _dropout("dropout", estimator.dropout)] if hidden else [0.0]
    last = type(output)(output.n, output.activation, before[-1])
    layers = [*hidden, last]
    if estimator.solver == "lbfgs" and any(layer.dropout for layer in layers):
        raise ValueError('dropout: it goes with solver="adam" or solver="sgd"; for solver="lbfgs" it is 0')
    return layers


def _sizes(given: Any) -> list[int]:
    """Return hidden_layer_sizes, a number or a sequence of numbers, as a list."""
    listed = list(given) if _given.has_elements(given) else [given]
    return [_validation.integer("hidden_layer_sizes", n, 1) for n in listed]


def _for_each(name: str, given: Any, count: int, checked: Callable[[str, Any], Any]) -> list[Any]:
    """Return one value for each hidden layer, from one for all or from a sequence."""
    if isinstance(given, str) or not _given.has_elements(given):
        return [checked(name, given)] * count
    listed = [checked(name, each) for each in given]
    if len(listed) != count:
        raise ValueError(f"{name}: {count} values needed, one for each hidden layer; got {len(listed)}")
    return listed


def _activation(name: str, value: Any) -> str:
    """Return the book's name of an activation."""
    book_name = BOOK_NAMES.get(value, value) if isinstance(value, str) else value
    if book_name not in ACTIVATIONS:
        _validation.one_of(name, value, (*BOOK_NAMES, *ACTIVATIONS))
    return str(book_name)


def _dropout(name: str, value: Any) -> float:
    return _validation.real(name, value, least=0, below=1)


def seed_of(random_state: Any) -> int:
    """Return a network's seed: a whole number stands for itself, and anything else draws one."""
    from sklearn.utils import check_random_state

    generator = check_random_state(random_state)
    number = _given.whole(random_state)
    return int(generator.randint(np.iinfo(np.int32).max)) if number is None else number
