"""Several commands share the options of this module; `load_data` loads the digits that `--data` names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

import nncore
from nncore.datasets import named

SAMPLE = "sample"
MNIST = "mnist"
DIGITS = {
    SAMPLE: '"sample" for the 10,000 digits that ship with nncore',
    MNIST: '"mnist" for all 70,000 (from the folder in $NNCORE_DATA, or downloaded once)',
}

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def data_option(what: str = "", sets: Sequence[str] = (SAMPLE, MNIST)) -> Decorator:
    """Make the option --data: one of `sets`, by default the first, or a folder. `what` begins its help."""
    known = "; ".join([*(DIGITS[name] for name in sets), "or the path of a folder that holds MNIST"])
    return click.option("--data", metavar="DATA", default=sets[0], show_default=True, help=f"{what}{known}.")


def known_data_option(what: str) -> Decorator:
    """Make the option --data of a command that reads a network, which knows what it was trained on."""
    known = "; ".join([*DIGITS.values(), "or the path of a folder that holds MNIST"])
    return click.option("--data", metavar="DATA", help=f"{what}{known}.  [default: as MODEL was trained on]")


def class_weight_option(what: str) -> Decorator:
    """Make the option --class-weight of a command; `what` is its help."""
    return click.option("--class-weight", type=click.Choice(["balanced"]), help=what)


def load_data(data: str) -> tuple[nncore.Dataset, nncore.Dataset, nncore.Dataset]:
    """Load the training, validation and test digits of the set that --data names."""
    if data == SAMPLE:
        return nncore.datasets.load_sample()
    if data in named.NAMES and data != MNIST and not Path(data).exists():
        return nncore.datasets.load(data)
    return nncore.datasets.load_mnist(None if data == MNIST else data)


def sizes(ctx: click.Context, param: click.Parameter, value: str) -> list[int]:
    """Read the book's list of sizes: 784,30,10."""
    try:
        layers = [int(size) for size in value.strip("[]").split(",")]
    except ValueError:
        layers = []
    if len(layers) < 2 or min(layers) < 1:
        raise click.BadParameter(f"{value!r} is not a list of sizes, the input's first, such as 784,30,10.")
    return layers


NETWORK = (
    click.option(
        "--layers",
        metavar="SIZES",
        callback=sizes,
        default="784,100,10",
        show_default=True,
        help="Number of neurons in each layer, as in the book: 784 pixels, the hidden layers, 10 digits.",
    ),
    click.option(
        "--cost",
        type=click.Choice(["quadratic", "cross-entropy", "log-likelihood"]),
        default="cross-entropy",
        show_default=True,
        help="The cost that training makes small. log-likelihood makes the output layer a softmax layer.",
    ),
    click.option(
        "--init",
        type=click.Choice(["scaled", "large", "he", "glorot", "zeros"]),
        default="scaled",
        show_default=True,
        help="How the initial weights are drawn: large as in chapter 1, scaled as in chapter 3.",
    ),
    click.option(
        "--mini-batch",
        type=click.IntRange(min=1),
        default=10,
        show_default=True,
        help="Number of digits in a mini-batch: the weights change once for each mini-batch.",
    ),
    click.option(
        "--lmbda",
        type=click.FloatRange(min=0),
        help="Strength of L2 regularisation.  [default: the number of training digits / 10,000]",
    ),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help="Decides the initial weights and the order of the digits. The same seed gives the same result.",
    ),
)


def network_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which network is trained and how: those of train and of find-eta."""
    for option in reversed(NETWORK):
        command = option(command)
    return command
