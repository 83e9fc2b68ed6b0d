"""The command `nncore train`."""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click
from click.core import ParameterSource

import nncore
from nncore.choices import Activation, Cost, DType, Init, RuleName
from nncore.cli import recipes
from nncore.cli.messages import echo_accuracy
from nncore.cli.options import SAMPLE, data_option, load_data, network_options, sizes
from nncore.cli.recipes import CONV, Recipe

EXPERIMENT = re.compile(r"[1-6]\.\d+(/[a-z0-9.-]+)?")
Written = TypeVar("Written")


def network(ctx: click.Context, param: click.Parameter, value: str | None) -> list[int] | str | None:
    """Read --network: the word conv, the number of one of the book's experiments, or sizes."""
    if value is None or value == CONV or EXPERIMENT.fullmatch(value):
        return value
    try:
        return sizes(ctx, param, value)
    except click.BadParameter:
        raise click.BadParameter(
            f'{value!r} is neither "conv", nor the number of an experiment, such as 6.6, nor a list of '
            "sizes, the input's first, such as 784,30,10."
        ) from None


@click.command(short_help="Train a network to read handwritten digits.")
@data_option()
@click.option(
    "--network",
    "shape",
    metavar="NETWORK",
    callback=network,
    help='"conv" for a network of convolutions that reads 99 % of MNIST\'s test digits in three epochs, or '
    "the number of one of the book's experiments, such as 6.6 (6.8/fc-1000 where it has several): they "
    "bring their own numbers for the options below, where these are not given. Or sizes, as in --layers.",
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
    "--rule",
    type=click.Choice(["sgd", "momentum", "nesterov", "adam"]),
    help="How a step follows the gradient. Adam needs a small eta, about 0.001.  [default: sgd]",
)
@click.option(
    "--momentum",
    type=click.FloatRange(min=0, max=1, max_open=True),
    help="How much of the last step the next one keeps, such as 0.9.",
)
@click.option("--l1", type=click.FloatRange(min=0), default=0.0, help="Strength of L1 regularisation.")
@click.option(
    "--activation",
    type=click.Choice(["sigmoid", "tanh", "relu", "linear"]),
    help="The activation of the hidden layers, with sizes.  [default: sigmoid]",
)
@click.option(
    "--dropout",
    type=click.FloatRange(min=0, max=1, max_open=True),
    default=0.0,
    help="The share of hidden neurons that each step leaves out, with sizes, such as 0.5.",
)
@click.option(
    "--stop",
    type=click.IntRange(min=1),
    metavar="EPOCHS",
    help="End the training when so many epochs in a row bring no better validation accuracy.",
)
@click.option(
    "--keep-best", is_flag=True, help="Keep the network of the epoch with the best validation accuracy."
)
@click.option("--threads", type=click.IntRange(min=1, max=255), help="How many threads train.")
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
@click.option("--log", metavar="FILE", type=Path, help="Write a row for each epoch there, as in run.csv.")
@click.option(
    "--plot",
    metavar="FILE",
    type=Path,
    help="Draw the learning curves there, anew after each epoch, as in run.svg.",
)
@click.option("--output", metavar="FILE", type=Path, help="Save the network there, such as in digits.npz.")
@click.pass_context
def train(
    ctx: click.Context,
    data: str,
    shape: list[int] | str | None,
    layers: list[int],
    cost: Cost,
    init: Init,
    epochs: int,
    mini_batch: int,
    eta: float,
    lmbda: float | None,
    rule: RuleName | None,
    momentum: float | None,
    l1: float,
    activation: Activation | None,
    dropout: float,
    stop: int | None,
    keep_best: bool,
    threads: int | None,
    seed: int,
    class_weight: str | None,
    dtype: DType,
    log: Path | None,
    plot: Path | None,
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
      nncore train --data mnist --network 6.6 --epochs 10
      nncore train --rule adam --eta 0.001 --activation relu --dropout 0.3
    The first run of the book's chapter 1:
      nncore train --data mnist --layers 784,30,10 --cost quadratic \\
                   --init large --eta 3 --lmbda 0 --epochs 30
    """
    if output is not None:
        check_output(output)
    if shape is not None and "layers" in given(ctx):
        raise click.UsageError("--network and --layers both say which network is trained: give one of them.")
    keep = [writer("--log", nncore.callbacks.CSVLog, log)] if log is not None else []
    drawn = [writer("--plot", nncore.callbacks.Plot, plot)] if plot is not None else []
    training, validation, test = load_data(data)
    recipe = recipe_of(shape if shape is not None else layers, training, activation, dropout, cost)
    if isinstance(shape, list) or shape is None:
        option = "--layers" if shape is None else "--network"
        check_sizes(shape or layers, training.images[0].size, option)
    cost, init, eta, mini_batch, epochs, momentum = (
        ctx.params[name] if name in given(ctx) else getattr(recipe, name)
        for name in ("cost", "init", "eta", "mini_batch", "epochs", "momentum")
    )
    if isinstance(shape, str) and cost != recipe.cost and "log-likelihood" in (cost, recipe.cost):
        raise click.BadParameter(
            f"--network {shape} learns from the {recipe.cost} cost; leave --cost out.", param_hint="--cost"
        )
    training = recipe.training_data(training)
    if lmbda is None:
        lmbda = len(training) / 10_000 if recipe.lmbda is None else recipe.lmbda
    if rule not in (None, "momentum", "nesterov"):
        momentum = momentum if "momentum" in given(ctx) else None
    net = nncore.Network(
        recipe.layers, cost=cost, input_shape=recipe.input_shape, init=init, dtype=dtype, seed=seed
    )
    if output is not None:
        check_format(net, output)
    steps = "".join(f", {name} {value:g}" for name, value in (("momentum", momentum), ("l1", l1)) if value)
    steps += f", rule {rule}" if rule else ""
    click.echo(
        f"Learning {len(training)} digits: {recipe.told}{steps}, {cost} cost, eta {eta:g}, "
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
            l1=l1,
            rule=rule or "sgd",
            momentum=momentum,
            schedule=recipe.schedule(epochs),
            stop=None if stop is None else nncore.stopping.NoImprovement(stop),
            keep_best=keep_best,
            threads=threads,
            class_weight=class_weight,
            monitor=("evaluation_accuracy",),
            callbacks=[*([] if bar and sys.stdout.isatty() else [report]), *keep, *drawn],
            progress=bar,
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


def recipe_of(
    shape: list[int] | str,
    training: nncore.Dataset,
    activation: Activation | None,
    dropout: float,
    cost: Cost,
) -> Recipe:
    """Return how the network is built: what --network or --layers said, with the other options for sizes."""
    if not isinstance(shape, str):
        return recipes.of_sizes(shape, activation, dropout, cost)
    for option, value in (("--activation", activation), ("--dropout", dropout)):
        if value:
            raise click.BadParameter(
                f"it goes with sizes, such as --layers 784,100,10; --network {shape} brings its own.",
                param_hint=option,
            )
    if shape == CONV:
        return recipes.convolutional(training.images.shape[1:], len(training))
    return recipes.of_experiment(shape, len(training))


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


def writer(option: str, callback: Callable[[Path], Written], path: Path) -> Written:
    """Return a callback that writes a file; a file that it refuses is refused by the name of the option."""
    try:
        return callback(path)
    except (ValueError, OSError) as error:
        named, _, said = str(error).partition(": ")
        if named not in ("CSVLog", "Plot"):
            raise
        raise click.ClickException(f"{option}: {said}") from None


def check_format(net: nncore.Network, output: Path) -> None:
    """Refuse, before the training, a format that cannot hold this network or needs a missing library."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            net.save(Path(folder, output.name))
        except (ValueError, ImportError) as error:
            said = str(error).removeprefix("path: ").replace(folder + os.sep, "")
            raise click.ClickException(f"--output: {said}") from None


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
