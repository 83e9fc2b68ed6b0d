"""The commands that read a network use the digits that it was trained on, as its training record says."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from pathlib import Path

import click

import nncore
from nncore import _validation
from nncore.cli.options import DIGITS, MNIST, SAMPLE
from nncore.datasets import named

SEEN = 0.02  # a smaller share of examples that two sets have in common is not worth a warning


def data_of(net: nncore.Network, model: Path, data: str | None) -> str:
    """Return the name of the digits to use: those that --data names, or those that the network knows."""
    if data is not None:
        return data
    known = net.training_record.data
    if known is None:
        click.echo(
            f"Warning: {model} does not say what it was trained on. These are the digits that ship with "
            "nncore; a network that was trained on MNIST knows them: then use --data mnist.",
            err=True,
        )
        return SAMPLE
    if known.name in DIGITS or known.name in named.NAMES:
        return str(known.name)
    what = f"on {known.name!r}" if known.name else "on data without a name"
    raise click.UsageError(
        f"{model} was trained {what}: --data PATH says where it is, --data sample or mnist takes digits."
    )


def check_classes(net: nncore.Network, model: Path, digits: nncore.Dataset) -> None:
    """Refuse digits whose classes the network does not tell apart, and say what it was trained for."""
    n_out, count = net.sizes[-1], int(digits.labels.max()) + 1
    kind = net.training_record[-1].targets if net.training_record else _validation.CLASSES
    if kind == _validation.CLASSES and 1 < n_out >= count:
        return
    trained_for = {
        _validation.CLASSES: f"tells {max(n_out, 2)} classes apart",
        _validation.NUMBERS: f"was trained on numbers, {n_out} for each example",
        _validation.SEVERAL_LABELS: f"was trained on several labels at once, {n_out} for each example",
    }[kind]
    raise click.UsageError(
        f"{model} {trained_for}, and these digits are of {count} classes: --data PATH takes data of its own "
        f"kind. To see what it answers: nncore predict {shlex.quote(str(model))} FILE"
    )


def warn_if_seen(
    net: nncore.Network,
    model: Path,
    digits: nncore.Dataset,
    what: str,
    data: str,
    sets: Sequence[nncore.Dataset],
) -> None:
    """Warn if the network was trained on some of the digits that are to show how well it reads new ones.

    `sets` are the training, validation and test digits to which they belong.
    """
    share = net.training_record.share_seen(digits, sets)
    if math.isnan(share):
        click.echo(
            f"Warning: {model} does not keep which examples the network was trained on, so these {what} may "
            "be among them; the .npz file that was saved after the training keeps it.",
            err=True,
        )
        return
    if share < SEEN:
        return
    known = net.training_record.data
    remedy = "use other digits to see how well it reads new ones"
    if known is not None and known.name == MNIST and data == SAMPLE:
        remedy = "--data mnist takes digits that it has not seen"
    click.echo(
        f"Warning: the network was trained on about {share:.0%} of these {what}, so it knows them: {remedy}.",
        err=True,
    )


def warn_if_others(net: nncore.Network, digits: nncore.Dataset, data: str) -> None:
    """Warn if digits that are taken for the training digits are not those that the network was trained on.

    Of a network whose file does not keep them, nothing is said.
    """
    if net.training_record and net.training_record.share_seen(digits) < 0.5:
        click.echo(
            f"Warning: most of the training digits of --data {shlex.quote(data)} are not among those that "
            "the network was trained on.",
            err=True,
        )
