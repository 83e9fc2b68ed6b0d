"""The command `nncore evaluate`."""

from __future__ import annotations

from pathlib import Path

import click

import nncore
from nncore.cli.messages import echo_accuracy
from nncore.cli.options import known_data_option, load_data
from nncore.cli.trained_on import check_classes, data_of, warn_if_seen


@click.command(short_help="Count the test digits that a network reads correctly.")
@click.argument("model", type=Path)
@known_data_option("Whose test digits: ")
def evaluate(model: Path, data: str | None) -> None:
    """Count the test digits that the network in the file MODEL reads correctly.

    By default the digits are the test digits that belong to those that MODEL was trained on. The command
    warns if the network was trained on some of the test digits: then it knows them, and reads new digits
    less well.

    \b
    Examples:
      nncore evaluate digits.npz
      nncore evaluate digits.npz --data mnist
    """
    net = nncore.load(model)
    data = data_of(net, model, data)
    sets = load_data(data)
    test = sets[-1]
    check_classes(net, model, test)
    echo_accuracy(net, test)
    warn_if_seen(net, model, test, "test digits", data, sets)
