"""What an experiment of the book is made of: trainings, and measurements that are none. As data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import nncore
from nncore.book.expand_mnist import expand
from nncore.reproduction import stored_names

Data = tuple[nncore.Dataset, nncore.Dataset, nncore.Dataset]
BOTH = ("evaluation_cost", "evaluation_accuracy")


@dataclass(frozen=True)
class Part:
    """One network and how it is trained.

    Attributes
    ----------
    name : str
        Among the parts of its experiment; of small letters, digits, points and hyphens.
    layers : tuple
        As `nncore.Network` takes them: the book's sizes, or layers with an `input_shape`.
    cost, init, input_shape
        As `nncore.Network` takes them.
    epochs, eta, lmbda, mini_batch_size, shuffle, monitor, monitor_on
        As `nncore.Network.SGD` takes them.
    images : int or None
        How many training images, the first; None: all.
    expanded : bool
        Whether to train on each image and its four shifts by a pixel.
    evaluation : {"test", "validation"}
        On which set to look after each epoch.
    evaluation_images : int or None
        How many of it, the first; None: all.
    test_too : bool
        Whether to count on the test set after each epoch besides.
    last_epoch_alone : bool
        Whether to count after the last epoch alone: where epochs are so short that looking takes longer.

    Examples
    --------
    >>> part = Part("network", (784, 30, 10), epochs=30, eta=3.0, cost="quadratic", init="large")
    >>> print(part.code())
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
    cost: str | None = None
    init: str = "scaled"
    input_shape: tuple[int, ...] | None = None
    shuffle: bool = True
    images: int | None = None
    expanded: bool = False
    evaluation: str = "validation"
    evaluation_images: int | None = None
    test_too: bool = False
    last_epoch_alone: bool = False
    monitor: tuple[str, ...] = BOTH
    monitor_on: int = 100

    seeded = True  # another seed gives other numbers
    takes_data = True

    def network(self, seed: int | None = None) -> nncore.Network:
        """The network before its training."""
        return nncore.Network(
            self.layers, cost=self.cost, init=self.init, seed=seed, input_shape=self.input_shape
        )

    def training_data(self, training: nncore.Dataset) -> nncore.Dataset:
        """The part of MNIST's training images, or of others, that it learns from."""
        chosen = training[: self.images]
        return expand(chosen) if self.expanded else chosen

    def evaluation_data(self, validation: nncore.Dataset, test: nncore.Dataset) -> nncore.Dataset:
        """The images that are looked at after each epoch."""
        return (test if self.evaluation == "test" else validation)[: self.evaluation_images]

    def rates(self) -> dict[str, Any]:
        """The arguments of `SGD` other than data."""
        names = ("epochs", "mini_batch_size", "eta", "lmbda", "shuffle", "monitor_on")
        return {name: getattr(self, name) for name in names} | {
            "monitor": () if self.last_epoch_alone else self.monitor
        }

    def settings(self) -> dict[str, Any]:
        """Return the settings that decide the result, as they stand on disk."""
        return stored_names.of_training(self)

    def describe(self) -> str:
        """The settings in words."""
        layers = ", ".join(str(_code(layer)).removeprefix("nn.") for layer in self.layers)
        images = (
            "all training images" if self.images is None else f"the first {self.images:,} training images"
        )
        if self.expanded:
            images += " and the four shifts of each"
        count = "" if self.evaluation_images is None else f"the first {self.evaluation_images} of "
        words = [
            f"[{layers}]",
            f"{self.cost} cost" if self.cost else "log-likelihood cost",
            f"first weights {self.init!r}",
            f"{self.epochs:,} epochs of {images}",
            f"mini-batches of {self.mini_batch_size}",
            f"eta {self.eta:g}",
            f"lmbda {self.lmbda:g}",
            f"looked at on {count}the {self.evaluation} images",
        ]
        return ", ".join(words)

    def code(self) -> str:
        """The Python that does it, after ``train, validation, test = nn.datasets.load_mnist()``."""
        network = [f"[{', '.join(str(_code(layer)) for layer in self.layers)}]"]
        if self.input_shape:
            network.append(f"input_shape={self.input_shape}")
        if self.cost:
            network.append(f"cost={self.cost!r}")
        network += [f"init={self.init!r}", "seed=0"]
        train = "train" if self.images is None else f"train[:{self.images}]"
        first = f"{train}, epochs={self.epochs}, mini_batch_size={self.mini_batch_size}, eta={self.eta}"
        first += f", lmbda={self.lmbda:g}," if self.lmbda else ","
        evaluation = self.evaluation + (f"[:{self.evaluation_images}]" if self.evaluation_images else "")
        options = []
        if not self.last_epoch_alone:
            options.append(f"evaluation_data={evaluation},")
            if self.monitor != BOTH:
                options.append(f"monitor={self.monitor},")
        if self.monitor_on != 100:
            options.append(f"monitor_on={self.monitor_on},")
        if self.test_too:
            options.append("callbacks=lambda net, history: tested.append(net.accuracy(test)),")
        lines = [
            *(["train = expand(train)  # nncore.book.expand_mnist.expand"] if self.expanded else []),
            f"net = nn.Network({', '.join(network)})",
            *(["tested = []"] if self.test_too else []),
            "history = net.SGD(",
            *(f"    {line}" for line in [first, *options]),
            ")",
            *(["accuracy = tested[history.best_epoch]"] if self.test_too else []),
            *([f"accuracy = net.accuracy({evaluation})"] if self.last_epoch_alone else []),
        ]
        return "\n".join(lines)


@dataclass(frozen=True)
class Measurement:
    """What is no training of a network by epochs: a function that returns numbers.

    Attributes
    ----------
    name : str
        Among the parts of its experiment.
    kind : str
        The name that results on disk have for the function, one of `stored_names.MEASUREMENTS`.
    function : callable
        Returns a dict of what JSON can hold.
    takes : tuple of str
        What it is called with, by name: "data" (training, validation, test), "seed", "epochs" (fewer than
        the book's, or None), "networks" (those of `networks_of`).
    arguments : mapping
        What it is called with besides.
    seconds : float
        About how long it takes.
    networks_of : str
        Of which experiment it takes the networks, each at its best epoch.
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
        """Whether it needs MNIST."""
        return "data" in self.takes

    def settings(self) -> dict[str, Any]:
        """Return the settings that decide the result, as they stand on disk."""
        return stored_names.of_measurement(self.kind, self.arguments)

    def describe(self) -> str:
        """What is measured, in words."""
        return " ".join((self.function.__doc__ or "").split("\n\n")[0].split())

    def code(self) -> str:
        """The Python that does it, after ``train, validation, test = nn.datasets.load_mnist()``."""
        given = {"data": "(train, validation, test)", "seed": "0", "epochs": "None", "networks": "networks"}
        call = [f"{name}={given[name]}" for name in self.takes]
        call += [f"{name}={value!r}" for name, value in self.arguments.items()]
        module, name = self._function().rsplit(".", 1)
        lines = [f"from {module} import {name}"]
        if self.networks_of:
            lines.append(f"networks = [...]  # of {self.networks_of}, each at its best epoch")
        return "\n".join([*lines, f"numbers = {name}({', '.join(call)})"])

    def _function(self) -> str:
        return f"{self.function.__module__}.{self.function.__qualname__}"


def _code(layer: Any) -> Any:
    """A layer as it is written in Python, or a size."""
    if isinstance(layer, nncore.Conv2D):
        return f"nn.Conv2D({layer.filters}, {_one_or_two(layer.kernel_size)}, {layer.activation!r})"
    if isinstance(layer, nncore.MaxPool2D):
        return f"nn.MaxPool2D({_one_or_two(layer.size)})"
    if isinstance(layer, nncore.Dense):
        arguments = [str(layer.n)]
        if not isinstance(layer, nncore.Softmax):
            arguments.append(repr(layer.activation))
        for name, default in (("dropout", 0.0), ("eta_scale", 1.0)):
            if getattr(layer, name) != default:
                arguments.append(f"{name}={getattr(layer, name):g}")
        return f"nn.{type(layer).__name__}({', '.join(arguments)})"
    return layer


def _one_or_two(size: tuple[int, int]) -> Any:
    return size[0] if size[0] == size[1] else size
