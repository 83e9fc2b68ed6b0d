"""A `Patient` holds a network, its data and its history, and measures them for `nncore.diagnose`."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from nncore import _validation
from nncore._validation import Examples
from nncore.insight import neurons
from nncore.insight.sampling import MOST_EXAMPLES, columns
from nncore.insight.wording import format_count
from nncore.network import Network
from nncore.reference.equations import backward, forward
from nncore.training import eta_search
from nncore.training.history import History
from nncore.training.run import DivergenceError

MOST_WITH_MAPS = 200  # instead of MOST_EXAMPLES for networks with feature maps, which take much memory


class Patient:
    """A `Patient` is a network with its data and its history.

    Each of its properties is measured when it is first asked for, and then remembered. `n` is the number of
    examples, `noun` what they are called, `trained` says whether the network was trained for an epoch,
    `weighted` whether examples had weights in its training, and `diverged` whether its last run ended in a
    `DivergenceError`.
    """

    net: Network
    evaluation_data: Any
    examples: Examples
    n: int
    history: History
    eta: float | None
    lmbda: float | None
    mini_batch_size: int
    trained: bool
    weighted: bool
    diverged: bool

    def __init__(
        self,
        net: Network,
        data: Any,
        history: History | None = None,
        *,
        evaluation_data: Any = None,
        eta: float | None = None,
        lmbda: float | None = None,
        mini_batch_size: int | None = None,
        weights: Any = None,
        class_weight: Any = None,
    ) -> None:
        self.net, self.evaluation_data = net, evaluation_data
        given = net._examples("data", data)
        _validation.check_names("data", data, net._usual)
        self.examples = _validation.weighted(given, weights, class_weight, dtype=net.dtype)
        self.n = self.examples.n
        self.noun = "example" if self.examples.images is None else "image"
        history = net.history if history is None else history
        if not isinstance(history, History | None):
            raise TypeError(f"history: the History that SGD returns needed, got {type(history).__name__}")
        self.history = History() if history is None else history
        self.eta = self.history.eta[0] if eta is None and self.history.eta else eta
        self.lmbda = self.history.lmbda if lmbda is None else lmbda
        self.mini_batch_size = mini_batch_size or self.history.mini_batch_size or 10
        self.trained = net.epochs_trained > 0
        self.weighted = self.history.weights is not None or self.examples.weights is not None
        self.diverged = (self.history.stopped or "").startswith(DivergenceError.__name__)

    def n_examples(self, n: int) -> str:
        """Write a number of examples: 1 image, 1009 images, 10,000 images."""
        return f"{format_count(n)} {self.noun}{'' if n == 1 else 's'}"

    def layer(self, l: int) -> str:
        """Return the book's name for net.layers[l]."""
        return neurons.layer_name(self.net, l)

    @property
    def parameters(self) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """(l, w, b) for each net.layers[l] that has weights w and biases b: for all but pooling layers."""
        return neurons.parameters(self.net)

    def severity(self, otherwise: str = "warning") -> str:
        """Return the severity of a cause: "serious" if the network has failed, else the one given."""
        return "serious" if self.failed or self.diverged else otherwise

    def sample(self, n: int) -> _validation.Examples:
        """Draw n of the examples at random, in their order."""
        return self.examples.subset(np.sort(np.random.default_rng(0).permutation(self.n)[:n]))

    @functools.cached_property
    def finite(self) -> bool:
        """Whether all parameters are finite numbers."""
        return bool(np.isfinite(self.net.parameters).all())

    @functools.cached_property
    def labels(self) -> np.ndarray | None:
        """The class of each example; None if the targets are numbers to fit."""
        if self.examples.labels is not None:
            return self.examples.labels
        targets = self.examples.y
        if not np.isin(targets, (0, 1)).all():
            return None
        if targets.shape[1] == 1:
            return targets[:, 0].astype(np.intp)
        return targets.argmax(axis=1) if (targets.sum(axis=1) == 1).all() else None

    @functools.cached_property
    def outputs(self) -> np.ndarray:
        """The activations of the output layer for all examples, (n, n_out)."""
        return self.net.feedforward(self.examples.X).astype(np.float64)

    @functools.cached_property
    def answers(self) -> np.ndarray:
        """The class that the network predicts for each example."""
        out = self.outputs
        return (out[:, 0] > 0.5).astype(np.intp) if out.shape[1] == 1 else out.argmax(axis=1)

    @functools.cached_property
    def accuracy(self) -> float:
        """The fraction of the examples whose predicted class is right."""
        return float((self.answers == self.labels).mean())

    @functools.cached_property
    def commonest(self) -> tuple[int, float]:
        """The commonest label, and the accuracy that this one answer for every example would have."""
        assert self.labels is not None
        counts = np.bincount(self.labels)
        return int(counts.argmax()), float(counts.max()) / self.n

    @functools.cached_property
    def squares(self) -> tuple[float, float]:
        """The mean squared distance of the outputs from the targets, and that of the best constant output."""
        targets = self.examples.y
        distance = ((self.outputs - targets) ** 2).sum(axis=1).mean()
        return float(distance), float(((targets - targets.mean(axis=0)) ** 2).sum(axis=1).mean())

    @functools.cached_property
    def failed(self) -> bool:
        """Whether the network was trained and is hardly better than one answer for every example.

        After a training with weights, each class counts the same.
        """
        if not self.trained:
            return False
        if self.labels is None:
            return self.squares[0] > 0.9 * self.squares[1]
        accuracy, (_, chance) = self.accuracy, self.commonest
        if self.weighted:
            recall = [(self.answers == k)[self.labels == k].mean() for k in np.unique(self.labels)]
            accuracy, chance = float(np.mean(recall)), 1 / len(recall)
        return accuracy < chance + 0.25 * (1 - chance)

    @functools.cached_property
    def columns(self) -> tuple[np.ndarray, np.ndarray]:
        """x and y of at most 1,000 examples as columns; of at most 200 if there are feature maps."""
        most = MOST_WITH_MAPS if any(len(shape) == 3 for shape in self.net.shapes[1:]) else MOST_EXAMPLES
        return columns(self.sample(min(self.n, most)), self.net.sizes[-1])

    @functools.cached_property
    def passes(self) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
        """z, a and delta of each layer for the examples in `columns`."""
        x, y = self.columns
        zs, activations = forward(self.net, x)
        return zs, activations, backward(self.net, zs, activations, y)

    @functools.cached_property
    def saturated(self) -> list[np.ndarray]:
        """For each layer, which neurons are saturated on the same side for every example, or dead.

        A filter counts only if it is so in every pixel of its feature map.
        """
        return neurons.stuck(self.net, self.passes[1], self.columns[1])

    @property
    def weights_are_missing(self) -> bool:
        """Whether examples had weights in the training that are not known: then trial runs would differ."""
        return self.weighted and self.examples.weights is None

    @functools.cached_property
    def search(self) -> eta_search.EtaSearch:
        """The search for eta with new networks like this one, on a sample of the data."""
        net, m = self.net, self.mini_batch_size
        make = functools.partial(
            Network,
            net.layers,
            input_shape=net.input_shape,
            cost=net.cost_name,
            init="he" if any(layer.activation == "relu" for layer in net.layers) else "scaled",
            dtype=net.dtype,
            seed=0,
        )
        sample = self.sample(min(self.n, max(MOST_EXAMPLES, eta_search.COSTS_PER_EPOCH * m)))
        return eta_search.search(make, sample, m, lmbda=0.0, epochs=3, start=0.1, SGD=Network.SGD)

    @functools.cached_property
    def constant_cost(self) -> float:
        """The cost of the best output that is the same for every example."""
        _, y = self.columns
        return eta_search.constant_cost(self.net.cost_name, y)
