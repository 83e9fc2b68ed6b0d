"""Every experiment of the book, as data: what is trained, what is measured, and the number it gave.

    from nncore.book import experiments

    experiment = experiments.find("6.2")
    part = experiment.parts[0]
    net = part.network(seed=0)
    train, validation, test = nn.datasets.load_mnist()
    history = net.SGD(part.training_data(train), evaluation_data=validation, **part.rates())

`nncore.book.runs` carries them out, `nncore.book.report` holds them against the book.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import nncore
from nncore.book.expand_mnist import expand

__all__ = ["EXPERIMENTS", "Experiment", "Part", "find"]

BOTH = ("evaluation_cost", "evaluation_accuracy")


@dataclass(frozen=True)
class Part:
    """One network and how it is trained.

    Attributes
    ----------
    name : str
        Among the parts of its experiment; of small letters, digits and hyphens.
    layers : tuple
        As `nncore.Network` takes them: the book's sizes, or layers with an `input_shape`.
    cost, init, input_shape
        As `nncore.Network` takes them.
    epochs, eta, lmbda, mini_batch_size, shuffle, monitor
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
    monitor: tuple[str, ...] = BOTH

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
        names = ("epochs", "mini_batch_size", "eta", "lmbda", "shuffle", "monitor")
        return {name: getattr(self, name) for name in names}

    def settings(self) -> dict[str, Any]:
        """What decides the result, for JSON: the fields that differ from their defaults."""
        settings = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                settings[field.name] = list(value) if isinstance(value, tuple) else value
        return settings | {"layers": [_code(layer) for layer in self.layers]}


@dataclass(frozen=True)
class Experiment:
    """One entry of the book's numbers.

    Attributes
    ----------
    id : str
        The chapter and a number: "3.8".
    title : str
    place : str
        Where it stands in the book.
    parts : tuple of Part
    measured : str
        What is compared: on which set, and chosen by which rule.
    published : str
        What the book gives, in words.
    book : dict of str to float
        Its numbers by part, to compare with ours; accuracies as fractions. Empty where it gives none.
    note : str
        What is done otherwise than in the book, and why.
    """

    id: str
    title: str
    place: str
    parts: tuple[Part, ...]
    measured: str
    published: str
    book: dict[str, float] = dataclasses.field(default_factory=dict)
    note: str = ""

    @property
    def chapter(self) -> int:
        return int(self.id.split(".")[0])

    def part(self, name: str) -> Part:
        """The part of that name."""
        for part in self.parts:
            if part.name == name:
                return part
        raise ValueError(f"part: one of {', '.join(part.name for part in self.parts)} needed, got {name!r}")


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


# --- chapter 6: convolutional networks

BEST_OF_THREE = "test accuracy at the best validation epoch, best of the seeds"
ORDER_AND_INIT = (
    "network3 keeps one order of the images and draws by n_out, which the book calls a slip; here the order "
    "is drawn anew in every epoch, and weights by n_in"
)
BY_MINI_BATCHES = "; network3 divides lmbda by the number of mini-batches: its .1 is 1.0 here"
EXPANDED = "; 250,000 images: each of the 50,000 and its four shifts by a pixel"
DROPOUT_ETA_SCALE = 1.0  # of layers behind dropout; network3's rule would be (1 - p)^2 = 0.25


def _convolutional(
    name: str,
    conv: tuple[int, ...],
    dense: tuple[int, ...],
    activation: str,
    eta: float,
    lmbda: float = 0.0,
    epochs: int = 60,
    dropout: float = 0.0,
    expanded: bool = False,
) -> Part:
    """Convolutions of 5 x 5 with pooling of 2 x 2, fully connected layers, softmax."""
    layers: list[Any] = []
    for filters in conv:
        layers += [nncore.Conv2D(filters, 5, activation), nncore.MaxPool2D(2)]
    behind: dict[str, Any] = {"dropout": dropout, "eta_scale": DROPOUT_ETA_SCALE if dropout else 1.0}
    layers += [nncore.Dense(n, activation, **behind) for n in dense]
    layers.append(nncore.Softmax(10, **behind))
    return Part(
        name,
        tuple(layers),
        epochs,
        eta,
        lmbda,
        init="he" if activation == "relu" else "scaled",
        input_shape=(1, 28, 28) if conv else (784,),
        expanded=expanded,
        test_too=True,
    )


def _chapter6() -> list[Experiment]:
    def experiment(
        number: int, title: str, place: str, *parts: Part, book: tuple[float, ...] = (), note: str = ""
    ) -> Experiment:
        numbers = {part.name: accuracy for part, accuracy in zip(parts, book, strict=False)}
        published = "; ".join(f"{accuracy:.2%}" for accuracy in book) or "no number"
        return Experiment(
            f"6.{number}",
            title,
            place,
            parts,
            BEST_OF_THREE,
            published,
            numbers,
            ORDER_AND_INIT + note,
        )

    basics = "convolutional networks in practice"
    relu: dict[str, Any] = {"activation": "relu", "eta": 0.03, "lmbda": 1.0}
    large: dict[str, Any] = relu | {"expanded": True}
    return [
        experiment(
            1,
            "100 hidden neurons, no convolution",
            f"{basics}, the baseline",
            _convolutional("fc-100", (), (100,), "sigmoid", 0.1),
            book=(0.9780,),
        ),
        experiment(
            2,
            "one convolution and 100 neurons",
            f"{basics}, the first convolution",
            _convolutional("conv-20-fc-100", (20,), (100,), "sigmoid", 0.1),
            book=(0.9878,),
        ),
        experiment(
            3,
            "one convolution and nothing behind it",
            f"{basics}, an exercise",
            _convolutional("conv-20", (20,), (), "sigmoid", 0.1),
        ),
        experiment(
            4,
            "two convolutions and 100 neurons",
            f"{basics}, the second convolution",
            _convolutional("conv-20-40-fc-100", (20, 40), (100,), "sigmoid", 0.1),
            book=(0.9906,),
        ),
        experiment(
            5,
            "two convolutions, tanh",
            f"{basics}, a problem",
            _convolutional("tanh", (20, 40), (100,), "tanh", 0.1),
            note="; the book says: very similar to 6.4",
        ),
        experiment(
            6,
            "two convolutions, rectified linear units, L2",
            f"{basics}, rectified linear units",
            _convolutional("relu", (20, 40), (100,), **relu),
            book=(0.9923,),
            note=BY_MINI_BATCHES,
        ),
        experiment(
            7,
            "the same on 250,000 images",
            f"{basics}, expanding the training data",
            _convolutional("fc-100", (20, 40), (100,), **large),
            book=(0.9937,),
            note=BY_MINI_BATCHES + EXPANDED,
        ),
        experiment(
            8,
            "300 and 1,000 neurons behind the convolutions",
            f"{basics}, a wider layer",
            _convolutional("fc-300", (20, 40), (300,), **large),
            _convolutional("fc-1000", (20, 40), (1000,), **large),
            book=(0.9946, 0.9943),
            note=BY_MINI_BATCHES + EXPANDED,
        ),
        experiment(
            9,
            "two fully connected layers",
            f"{basics}, an extra layer",
            *(_convolutional(f"fc-{n}-{n}", (20, 40), (n, n), **large) for n in (100, 300, 1000)),
            book=(0.9943, 0.9948, 0.9947),
            note=BY_MINI_BATCHES + EXPANDED,
        ),
        experiment(
            10,
            "two layers of 1,000 neurons with dropout",
            f"{basics}, dropout",
            _convolutional(
                "dropout",
                (20, 40),
                (1000, 1000),
                "relu",
                0.03,
                epochs=40,
                dropout=0.5,
                expanded=True,
            ),
            book=(0.9960,),
            note=EXPANDED + "; what dropout keeps is scaled up in training, in place of halving at the end",
        ),
    ]


EXPERIMENTS: dict[str, Experiment] = {experiment.id: experiment for experiment in _chapter6()}


def find(id: str) -> Experiment:
    """The experiment of an id.

    Raises
    ------
    ValueError
        There is none of that id.

    Examples
    --------
    >>> find("6.2").title
    'one convolution and 100 neurons'
    """
    if id not in EXPERIMENTS:
        raise ValueError(f"id: one of {', '.join(EXPERIMENTS)} needed, got {id!r}")
    return EXPERIMENTS[id]
