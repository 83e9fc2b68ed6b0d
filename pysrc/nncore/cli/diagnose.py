"""The commands `nncore find-eta` and `nncore diagnose`."""

from __future__ import annotations

from pathlib import Path

import click

import nncore
from nncore._answers import kind_of_answers
from nncore._validation import NUMBERS
from nncore.choices import Cost, Init
from nncore.cli.messages import for_a_shell
from nncore.cli.options import (
    class_weight_option,
    data_option,
    known_data_option,
    load_data,
    network_options,
)
from nncore.cli.trained_on import check_classes, data_of, warn_if_others, warn_if_seen


@click.command("find-eta", short_help="Find a learning rate by the book's recipe.")
@data_option("Whose training digits: ")
@network_options
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Number of epochs in each trial.",
)
@class_weight_option('"balanced" lets every digit count the same in the trials, however often it occurs.')
def find_eta(
    data: str,
    layers: list[int],
    cost: Cost,
    init: Init,
    mini_batch: int,
    lmbda: float | None,
    epochs: int,
    seed: int,
    class_weight: str | None,
) -> None:
    """Find a learning rate for a network by the recipe of the book's chapter 3.

    The search starts at eta = 0.01 and tries ten times as much as long as the training cost falls steadily.
    Then it tries two and five times the last eta that worked. It recommends half of the largest eta that
    works. Give the other options the values that you will train with.

    \b
    Examples:
      nncore find-eta
      nncore find-eta --layers 784,30,10 --cost quadratic --init large --lmbda 0
      nncore find-eta --data mnist --mini-batch 100
    """
    training, _, _ = load_data(data)
    found = nncore.find_eta(
        layers,
        training,
        mini_batch_size=mini_batch,
        lmbda=len(training) / 10_000 if lmbda is None else lmbda,
        epochs=epochs,
        seed=seed,
        class_weight=class_weight,
        cost=cost,
        init=init,
    )
    click.echo(for_a_shell(repr(found)))


@click.command(short_help="Say what keeps a network from learning.")
@click.argument("model", type=Path)
@known_data_option("The digits that it was trained on: ")
@click.option(
    "--eta",
    type=click.FloatRange(min=0),
    help="The eta it was trained with.  [default: as in MODEL]",
)
@click.option(
    "--lmbda",
    type=click.FloatRange(min=0),
    help="The lmbda it was trained with.  [default: as in MODEL]",
)
@click.option(
    "--mini-batch",
    type=click.IntRange(min=1),
    help="Its mini-batch size.  [default: as in MODEL, or 10]",
)
@class_weight_option('"balanced" if it was trained so.  [default: every example counts the same]')
def diagnose(
    model: Path,
    data: str | None,
    eta: float | None,
    lmbda: float | None,
    mini_batch: int | None,
    class_weight: str | None,
) -> None:
    """Say what keeps the network in the file MODEL from learning, and what to do about it.

    The command tests the network on the training digits, and on the validation digits to see whether it
    overfits. By default they are those that MODEL was trained on. The file holds the settings of the last
    training, too; those that are given as options replace them.

    \b
    Examples:
      nncore diagnose digits.npz
      nncore diagnose digits.npz --data mnist --eta 10 --lmbda 1000
    """
    net = nncore.load(model)
    data = data_of(net, model, data)
    training, validation, test = load_data(data)
    if net.sizes[-1] > 1 or kind_of_answers(net) != NUMBERS:  # a number may be a digit
        check_classes(net, model, training)
    warn_if_others(net, training, data)
    warn_if_seen(net, model, validation, "validation digits", data, (training, validation, test))
    found = nncore.diagnose(
        net,
        training,
        evaluation_data=validation,
        eta=eta,
        lmbda=lmbda,
        mini_batch_size=mini_batch,
        class_weight=class_weight,
    )
    click.echo(for_a_shell(repr(found)))
