"""A `Recipe` says how `nncore train` builds and trains a network: sizes, "conv", or one of the book's."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import click

import nncore
from nncore.choices import Activation, Cost, Init

CONV = "conv"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Layers with the numbers that go with them; options of the command line replace the numbers.

    Attributes
    ----------
    told : str
        What the first line of the command says of the layers.
    layers : tuple
        What `nncore.Network` takes: sizes, or layers with an `input_shape`.
    lmbda : float or None
        For as many training digits as there are; None: one 10,000th of their number.
    last_tenth : bool
        Whether the last epoch has a tenth of eta.
    images, expanded
        How many of the training digits are learned, by default all, and whether with four shifts of each.
    """

    told: str
    layers: tuple[Any, ...]
    input_shape: tuple[int, ...] | None = None
    cost: Cost = "cross-entropy"
    init: Init = "scaled"
    eta: float = 0.5
    lmbda: float | None = None
    mini_batch: int = 10
    epochs: int = 20
    momentum: float | None = None
    last_tenth: bool = False
    images: int | None = None
    expanded: bool = False

    def training_data(self, training: nncore.Dataset) -> nncore.Dataset:
        """Return the digits that are learned, given all training digits."""
        chosen = training[: self.images]
        if not self.expanded:
            return chosen
        from nncore.book.expand_mnist import expand

        return expand(chosen)

    def schedule(self, epochs: int) -> nncore.schedules.Schedule | None:
        """Return the schedule of the learning rate."""
        return nncore.schedules.Step(max(1, epochs - 1), factor=0.1) if self.last_tenth else None


def of_sizes(sizes: Sequence[int], activation: Activation | None, dropout: float, cost: Cost) -> Recipe:
    """Return the recipe of a network of fully connected layers."""
    told = f"layers {','.join(map(str, sizes))}"
    if activation is None and not dropout:
        return Recipe(told, tuple(sizes))
    if len(sizes) == 2:
        option = "--dropout" if dropout else "--activation"
        raise click.BadParameter("it needs a hidden layer: --layers 784,100,10 has one.", param_hint=option)
    hidden = activation or "sigmoid"
    layers: list[Any] = [nncore.Dense(sizes[1], hidden)]
    layers += [nncore.Dense(n, hidden, dropout=dropout) for n in sizes[2:-1]]
    softmax = cost == "log-likelihood"
    last = nncore.Softmax if softmax else nncore.Dense
    layers.append(last(sizes[-1], dropout=dropout))
    told += f", {hidden} neurons" if activation else ""
    told += f", dropout {dropout:g}" if dropout else ""
    return Recipe(told, tuple(layers), (sizes[0],))


def convolutional(shape: tuple[int, ...], n: int) -> Recipe:
    """Return the recipe that reads 99 % of MNIST: three epochs of 50,000 digits, more where there are fewer.

    `shape` is that of an image, and n the number of training digits.
    """
    layers = [nncore.Conv2D(12, 5, "relu"), nncore.MaxPool2D(2), nncore.Conv2D(24, 5, "relu")]
    return Recipe(
        "convolutions 12,24, layers 100,10",
        (*layers, nncore.MaxPool2D(2), nncore.Dense(100, "relu"), nncore.Softmax(10)),
        (1, *shape),
        cost="log-likelihood",
        init="he",
        eta=0.01,
        lmbda=0.0,
        epochs=max(3, round(150_000 / n)),
        momentum=0.9,
        last_tenth=True,
    )


def of_experiment(number: str, n: int) -> Recipe:
    """Return the recipe of one of the book's networks, given the number of training digits.

    `number` is that of an experiment, such as "6.6", or with a part of it, "6.8/fc-1000"; by default the
    first that is a network. lmbda is scaled with the number of digits, as the book scales it.
    """
    from nncore.reproduction import experiments  # here, since it takes a while to import
    from nncore.reproduction.experiments.training_spec import Training

    id, _, name = number.partition("/")
    if id not in experiments.EXPERIMENTS:
        raise click.BadParameter(
            f'{number!r} is not one of the book\'s experiments, not "conv", and not a list of sizes such as '
            '784,30,10. "nncore book list" lists the experiments.',
            param_hint="--network",
        )
    parts = {part.name: part for part in experiments.EXPERIMENTS[id].parts if isinstance(part, Training)}
    if not parts:
        raise click.BadParameter(
            f'experiment {id} trains no network of its own; "nncore book list" lists the others.',
            param_hint="--network",
        )
    if name and name not in parts:
        names = ", ".join(f"{id}/{part}" for part in parts)
        raise click.BadParameter(f"one of {names} needed, got {number!r}.", param_hint="--network")
    training = parts[name] if name else next(iter(parts.values()))
    learned = min(n, training.images or n) * (5 if training.expanded else 1)
    full = (training.images or 50_000) * (5 if training.expanded else 1)
    net = training.network(seed=0)
    return Recipe(
        f"the book's {id} ({', '.join(map(str, _in_short(net)))})",
        training.layers,
        training.input_shape,
        cost=net.cost_name,
        init=training.init,
        eta=training.eta,
        lmbda=training.lmbda * learned / full,
        mini_batch=training.mini_batch_size,
        epochs=training.epochs,
        images=training.images,
        expanded=training.expanded,
    )


def _in_short(net: nncore.Network) -> list[str]:
    """Return the layers of a network in a few words: its sizes, where all are fully connected."""
    if all(isinstance(layer, nncore.Dense) and not layer.dropout for layer in net.layers):
        return [",".join(map(str, net.sizes))]
    return [layer.short() for layer in net.layers]
