"""The parts of an experiment, as data: trainings of a network, and measurements of anything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import nncore
from nncore.book.expand_mnist import expand
from nncore.choices import Cost, Init, Measure
from nncore.reproduction import stored_names

Data = tuple[nncore.Dataset, nncore.Dataset, nncore.Dataset]  # training, validation and test images
BOTH: tuple[Measure, ...] = ("evaluation_cost", "evaluation_accuracy")


@dataclass(frozen=True)
class Training:
    """A network and how it is trained.

    Attributes
    ----------
    name : str
        The training's name within its experiment: small letters, digits, points and hyphens.
    layers : tuple
        The layers as `nncore.Network` takes them: the book's sizes, or layers with an `input_shape`.
    cost, init, input_shape
        Arguments of `nncore.Network`.
    epochs, eta, lmbda, mini_batch_size, shuffle
        Arguments of `nncore.Network.SGD`.
    monitor, monitor_examples
        Arguments of `nncore.Monitor`: the names of what is measured, and `examples`.
    images : int or None
        Number of training images, taken from the start of the training set; None uses all of them.
    expanded : bool
        Whether the network trains on each image and its four shifts by one pixel.
    evaluation : {"test", "validation"}
        The set on which the network is evaluated after each epoch.
    evaluation_images : int or None
        Number of images of that set, taken from its start; None uses all of them.
    test_each_epoch : bool
        Whether the accuracy on the test set is also measured after each epoch.
    evaluate_only_at_end : bool
        Whether the network is evaluated only after the last epoch (since an epoch takes less time than an
        evaluation).

    Notes
    -----
    `nncore.reproduction.stored_names.SETTINGS` lists the names that results on disk have for these fields.

    Examples
    --------
    >>> training = Training("network", (784, 30, 10), epochs=30, eta=3.0, cost="quadratic", init="large")
    >>> print(training.code())
    net = nn.Network([784, 30, 10], cost='quadratic', init='large', seed=0)
    history = net.SGD(
        train, epochs=30, mini_batch_size=10, eta=3.0,
        evaluation_data=validation,
    )
    """

    name: str
    layers: tuple[Any, ...]
    epochs: int
    eta: float
    lmbda: float = 0.0
    mini_batch_size: int = 10
    cost: Cost | None = None
    init: Init = "scaled"
    input_shape: tuple[int, ...] | None = None
    shuffle: bool = True
    images: int | None = None
    expanded: bool = False
    evaluation: str = "validation"
    evaluation_images: int | None = None
    test_each_epoch: bool = False
    evaluate_only_at_end: bool = False
    monitor: tuple[Measure, ...] = BOTH
    monitor_examples: int = 100

    seeded = True  # another seed gives other numbers
    takes_data = True

    def network(self, seed: int | None = None) -> nncore.Network:
        """Return the network before its training.

        Parameters
        ----------
        seed : int, optional
            The seed of the initial weights and of the order of the images.
        """
        return nncore.Network(
            self.layers, cost=self.cost, init=self.init, seed=seed, input_shape=self.input_shape
        )

    def training_data(self, training: nncore.Dataset) -> nncore.Dataset:
        """Return the images on which the network trains, given all training images."""
        chosen = training[: self.images]
        return expand(chosen) if self.expanded else chosen

    def evaluation_data(self, validation: nncore.Dataset, test: nncore.Dataset) -> nncore.Dataset:
        """Return the images on which the network is evaluated after each epoch."""
        return (test if self.evaluation == "test" else validation)[: self.evaluation_images]

    def sgd_arguments(self) -> dict[str, Any]:
        """Return the arguments of `nncore.Network.SGD` other than the data."""
        names = ("epochs", "mini_batch_size", "eta", "lmbda", "shuffle")
        monitor = nncore.Monitor(*self.monitor, examples=self.monitor_examples)
        return {name: getattr(self, name) for name in names} | {
            "monitor": () if self.evaluate_only_at_end else monitor
        }

    def settings(self) -> dict[str, Any]:
        """Return the settings that decide the result, as they stand on disk."""
        return stored_names.of_training(self)

    def describe(self) -> str:
        """Return the settings in words."""
        layers = ", ".join(_layer_code(layer).removeprefix("nn.") for layer in self.layers)
        images = (
            "all training images" if self.images is None else f"the first {self.images:,} training images"
        )
        if self.expanded:
            images += " and the four shifts of each"
        first = "" if self.evaluation_images is None else f"the first {self.evaluation_images} of "
        words = [
            f"[{layers}]",
            f"{self.cost or 'log-likelihood'} cost",
            f"initial weights {self.init!r}",
            f"{self.epochs:,} epochs of {images}",
            f"mini-batches of {self.mini_batch_size}",
            f"eta {self.eta:g}",
            f"lmbda {self.lmbda:g}",
            f"evaluated on {first}the {self.evaluation} images",
        ]
        return ", ".join(words)

    def code(self) -> str:
        """Return Python code that does the training.

        The code follows ``train, validation, test = nn.datasets.load_mnist()``.
        """
        evaluation = self.evaluation + (f"[:{self.evaluation_images}]" if self.evaluation_images else "")
        lines = [
            *(["train = expand(train)  # nncore.book.expand_mnist.expand"] if self.expanded else []),
            f"net = nn.Network({', '.join(self._network_code())})",
            *(["tested = []"] if self.test_each_epoch else []),
            "history = net.SGD(",
            *(f"    {line}" for line in self._sgd_code(evaluation)),
            ")",
            *(["accuracy = tested[history.best_epoch]"] if self.test_each_epoch else []),
            *([f"accuracy = net.accuracy({evaluation})"] if self.evaluate_only_at_end else []),
        ]
        return "\n".join(lines)

    def _network_code(self) -> list[str]:
        """Return the arguments of `nncore.Network` as code."""
        arguments = [f"[{', '.join(_layer_code(layer) for layer in self.layers)}]"]
        if self.input_shape:
            arguments.append(f"input_shape={self.input_shape}")
        if self.cost:
            arguments.append(f"cost={self.cost!r}")
        return [*arguments, f"init={self.init!r}", "seed=0"]

    def _sgd_code(self, evaluation: str) -> list[str]:
        """Return the lines of arguments of `SGD`; `evaluation` is the code of the evaluation data."""
        train = "train" if self.images is None else f"train[:{self.images}]"
        first = f"{train}, epochs={self.epochs}, mini_batch_size={self.mini_batch_size}, eta={self.eta}"
        lines = [first + (f", lmbda={self.lmbda:g}," if self.lmbda else ",")]
        if not self.evaluate_only_at_end:
            lines.append(f"evaluation_data={evaluation},")
            if self.monitor_examples != 100:
                names = ", ".join(map(repr, self.monitor))
                lines.append(f"monitor=nn.Monitor({names}, examples={self.monitor_examples}),")
            elif self.monitor != BOTH:
                lines.append(f"monitor={self.monitor},")
        if self.test_each_epoch:
            lines.append("callbacks=lambda net, history: tested.append(net.accuracy(test)),")
        return lines


@dataclass(frozen=True)
class Measurement:
    """A part of an experiment that is no training by epochs: a function that returns numbers.

    Attributes
    ----------
    name : str
        The measurement's name within its experiment.
    kind : str
        The name that results on disk have for the function, one of `stored_names.MEASUREMENTS`.
    function : callable
        The function; it returns a dict of values that JSON can hold.
    takes : tuple of str
        Names of the arguments that the run supplies: "data" (training, validation and test images), "seed",
        "epochs" (fewer than the book's, or None), "networks" (those of the experiment `networks_of`).
    arguments : mapping
        The other arguments.
    seconds : float
        The approximate duration.
    networks_of : str
        The id of the experiment whose networks the measurement uses, each as it was at its best epoch; ""
        for none.
    """

    name: str
    kind: str
    function: Callable[..., dict[str, Any]]
    takes: tuple[str, ...] = ("data",)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 1.0
    networks_of: str = ""

    @property
    def seeded(self) -> bool:
        """Whether another seed gives other numbers."""
        return "seed" in self.takes

    @property
    def takes_data(self) -> bool:
        """Whether the measurement needs MNIST."""
        return "data" in self.takes

    def settings(self) -> dict[str, Any]:
        """Return the settings that decide the result, as they stand on disk."""
        return stored_names.of_measurement(self.kind, self.arguments)

    def describe(self) -> str:
        """Return the first paragraph of the function's docstring."""
        return " ".join((self.function.__doc__ or "").split("\n\n")[0].split())

    def code(self) -> str:
        """Return Python code that does the measurement.

        The code follows ``train, validation, test = nn.datasets.load_mnist()``.
        """
        given = {"data": "(train, validation, test)", "seed": "0", "epochs": "None", "networks": "networks"}
        call = [f"{name}={given[name]}" for name in self.takes]
        call += [f"{name}={value!r}" for name, value in self.arguments.items()]
        name = self.function.__qualname__
        lines = [f"from {self.function.__module__} import {name}"]
        if self.networks_of:
            lines.append(f"networks = [...]  # of {self.networks_of}, each at its best epoch")
        return "\n".join([*lines, f"numbers = {name}({', '.join(call)})"])


def _layer_code(layer: Any) -> str:
    """Return a layer, or the size of a dense layer, as Python code."""
    if isinstance(layer, nncore.Conv2D):
        return f"nn.Conv2D({layer.filters}, {_side_or_both(layer.kernel_size)}, {layer.activation!r})"
    if isinstance(layer, nncore.MaxPool2D):
        return f"nn.MaxPool2D({_side_or_both(layer.size)})"
    if isinstance(layer, nncore.Dense):
        arguments = [str(layer.n)]
        if not isinstance(layer, nncore.Softmax):
            arguments.append(repr(layer.activation))
        if layer.dropout:
            arguments.append(f"dropout={layer.dropout:g}")
        return f"nn.{type(layer).__name__}({', '.join(arguments)})"
    return str(layer)


def _side_or_both(size: tuple[int, int]) -> Any:
    """Return the side of a square, or both sides of a rectangle."""
    return size[0] if size[0] == size[1] else size
