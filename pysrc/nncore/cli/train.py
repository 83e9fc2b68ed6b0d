"""The command `nncore train`."""

from __future__ import annotations

import dataclasses
import os
import shlex
import sys
import warnings
from pathlib import Path
from typing import Any, cast

import click
from click.core import ParameterSource

import nncore
from nncore.cli.messages import echo_accuracy
from nncore.cli.options import SAMPLE, data_option, load_data, network_options, sizes

CONV = "conv"


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A recipe says how a network of convolutions is built and trained; `CONVOLUTIONAL` reads 99 % of MNIST.

    Each convolution of 5 x 5 is followed by 2 x 2 pooling; `hidden` are the sizes of the dense layers before
    softmax. All but the last epoch have the learning rate `eta`, the last a tenth of it.
    """

    filters: tuple[int, ...] = (20, 40)
    hidden: tuple[int, ...] = (100,)
    mini_batch: int = 10
    eta: float = 0.01
    momentum: float = 0.9
    lmbda: float = 0.0
    init: str = "he"
    cost: str = "log-likelihood"
    examples: int = 100_000  # at least so many in all, where there are fewer to learn from

    def layers(self) -> list[nncore.layers.Layer]:
        """Return the layers: convolutions with pooling, dense layers, softmax."""
        convolutions = [
            layer for n in self.filters for layer in (nncore.Conv2D(n, 5, "relu"), nncore.MaxPool2D(2))
        ]
        return [*convolutions, *(nncore.Dense(n, "relu") for n in self.hidden), nncore.Softmax(10)]

    def epochs(self, n: int) -> int:
        """Return how many epochs n training digits need: two of MNIST's 50,000."""
        return max(2, round(self.examples / n))

    def schedule(self, epochs: int) -> nncore.schedules.Schedule:
        """Return the schedule of the learning rate: a tenth in the last epoch."""
        return nncore.schedules.Step(max(1, epochs - 1), factor=0.1)


CONVOLUTIONAL = Recipe()


def network(ctx: click.Context, param: click.Parameter, value: str | None) -> list[int] | str | None:
    """Read --network: the word conv, or sizes as in --layers."""
    return value if value in (None, CONV) else sizes(ctx, param, value)


@click.command(short_help="Train a network to read handwritten digits.")
@data_option()
@click.option(
    "--network",
    "shape",
    metavar="NETWORK",
    callback=network,
    help='"conv" for a network of convolutions that reads 99 % of MNIST\'s test digits after two epochs; it '
    "brings its own numbers for the options below, where they are not given. Or sizes, as in --layers.",
)
@network_options
@click.option(
    "--epochs",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="How many times training goes through the training digits.",
)
@click.option(
    "--eta",
    type=click.FloatRange(min=0),
    default=0.5,
    show_default=True,
    help="The learning rate: how large the steps are.",
)
@click.option(
    "--class-weight",
    type=click.Choice(["balanced"]),
    help='"balanced" lets every digit count the same in training, however often it occurs.',
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float64"]),
    default="float32",
    show_default=True,
    help="The type of the numbers. Training in float32 is twice as fast.",
)
@click.option("--output", metavar="FILE", type=Path, help="Save the network there, such as in digits.npz.")
@click.pass_context
def train(
    ctx: click.Context,
    data: str,
    shape: list[int] | str | None,
    layers: list[int],
    cost: str,
    init: str,
    epochs: int,
    mini_batch: int,
    eta: float,
    lmbda: float | None,
    seed: int,
    class_weight: str | None,
    dtype: str,
    output: Path | None,
) -> None:
    """Train a network to read handwritten digits.

    The network learns from the training digits. After each epoch the command prints how many of the
    validation digits it reads correctly, and at the end it tests the network on digits that training never
    used. Ctrl-C ends the training early; with --output, what the network has learned by then is saved.

    \b
    Examples:
      nncore train
      nncore train --layers 784,30,10 --epochs 5 --output digits.npz
      nncore train --data mnist --layers 784,30,10 --epochs 30
      nncore train --data mnist --network conv --output digits.npz
    The first run of the book's chapter 1:
      nncore train --data mnist --layers 784,30,10 --cost quadratic \\
                   --init large --eta 3 --lmbda 0 --epochs 30
    """
    if output is not None:
        check_output(output)
    if shape is not None and "layers" in given(ctx):
        raise click.UsageError("--network and --layers both say which network is trained: give one of them.")
    training, validation, test = load_data(data)
    options: dict[str, Any] = {}
    if shape == CONV:
        told, recipe = recipe_text(CONVOLUTIONAL), CONVOLUTIONAL
        cost, init, eta, mini_batch = (
            ctx.params[name] if name in given(ctx) else getattr(recipe, name)
            for name in ("cost", "init", "eta", "mini_batch")
        )
        if cost != recipe.cost:
            raise click.BadParameter(
                f"--network conv ends in a softmax layer, which learns from {recipe.cost}; leave --cost out.",
                param_hint="--cost",
            )
        lmbda = recipe.lmbda if lmbda is None else lmbda
        epochs = epochs if "epochs" in given(ctx) else recipe.epochs(len(training))
        options = {"momentum": recipe.momentum, "schedule": recipe.schedule(epochs)}
        pixels = (1, *training.images[0].shape)
        net = nncore.Network(
            recipe.layers(), cost=cost, input_shape=pixels, init=init, dtype=dtype, seed=seed
        )
    else:
        layers = layers if shape is None else cast("list[int]", shape)
        check_sizes(layers, training.images[0].size, "--layers" if shape is None else "--network")
        told = f"layers {','.join(map(str, layers))}"
        lmbda = len(training) / 10_000 if lmbda is None else lmbda
        net = nncore.Network(layers, cost=cost, init=init, dtype=dtype, seed=seed)
    click.echo(
        f"Learning {len(training)} digits: {told}, {cost} cost, eta {eta:g}, "
        f"lmbda {lmbda:g}, mini-batches of {mini_batch}, seed {seed}"
        f"{'' if class_weight is None else f', class weights {class_weight}'}."
    )

    def report(net: nncore.Network, history: nncore.History) -> None:
        right = round(history.evaluation_accuracy[-1] * len(validation))
        click.echo(f"Epoch {len(history) - 1}: {right} / {len(validation)} validation digits right")

    bar = sys.stderr.isatty()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="interrupted")  # the last lines and the exit code say so
        warnings.simplefilter("ignore", nncore.NotLearningWarning)  # the last line says more
        history = net.SGD(
            training,
            epochs,
            mini_batch,
            eta,
            lmbda,
            evaluation_data=validation,
            class_weight=class_weight,
            monitor=("evaluation_accuracy",),
            callbacks=[] if bar and sys.stdout.isatty() else [report],
            progress=bar,
            **options,
        )
    if output is not None:
        net.save(output)
        click.echo(f"The network is saved in {output}.")
    if history.interrupted:
        click.echo(f"Stopped after {len(history)} epochs.", err=True)
        raise click.exceptions.Exit(130)
    if output is None:
        click.echo("The network is not saved; with --output digits.npz it would be.")
    echo_accuracy(net, test)
    if history.evaluation_accuracy and history.evaluation_accuracy[-1] < 0.5:
        echo_hint(net, training, history, data, output)


def given(ctx: click.Context) -> set[str]:
    """Return the names of the options that the user gave."""
    return {name for name in ctx.params if ctx.get_parameter_source(name) == ParameterSource.COMMANDLINE}


def recipe_text(recipe: Recipe) -> str:
    """Return what the first line says of the layers of a recipe."""
    filters, sizes = (",".join(map(str, numbers)) for numbers in (recipe.filters, (*recipe.hidden, 10)))
    return f"convolutions {filters}, layers {sizes}, momentum {recipe.momentum:g}"


def check_sizes(layers: list[int], n_in: int, option: str) -> None:
    """Refuse sizes of layers that do not fit the digits."""
    if layers[0] != n_in or layers[-1] != 10:
        raise click.BadParameter(
            f"the digits have {n_in} pixels and are of 10 kinds: {n_in},30,10 for a hidden layer of 30 "
            f"neurons, {n_in},10 for no hidden layer; got {','.join(map(str, layers))}.",
            param_hint=option,
        )


def echo_hint(
    net: nncore.Network, training: nncore.Dataset, history: nncore.History, data: str, output: Path | None
) -> None:
    """If the network has not learned, print what it does instead and the command that finds the reason."""
    from nncore.insight.diagnose import hint  # here, since it takes a while to import

    found = hint(net, training, history)
    if found is not None:
        command = f"nncore diagnose {shlex.quote(str(output or 'digits.npz'))}"
        command += "" if data == SAMPLE else f" --data {shlex.quote(data)}"
        before = "" if output else "Train again with --output digits.npz, and then: "
        click.echo(f"{found} To see why: {before}{command}", err=True)


def check_output(output: Path) -> None:
    """Refuse, before the training, a file that cannot be written after it or is not one of ours."""
    if not output.parent.is_dir():
        raise click.ClickException(f"--output: there is no folder {output.parent}; make it first.")
    if not os.access(output.parent, os.W_OK):
        raise click.ClickException(f"--output: you may not write to the folder {output.parent}.")
    if output.is_dir():
        raise click.ClickException(f"--output: {output} is a folder; name a file in it, such as digits.npz.")
    if output.exists():
        try:
            nncore.load(output)
        except ValueError:
            raise click.ClickException(
                f"--output: {output} exists and is not a network of nncore; name another file."
            ) from None
