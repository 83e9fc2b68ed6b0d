"""The commands that read a network use the digits that it was trained on, as its training record says."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

import nncore
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


def warn_if_seen(net: nncore.Network, digits: nncore.Dataset, what: str, data: str) -> None:
    """Warn if the network was trained on some of the digits that are to show how well it reads new ones."""
    share = net.training_record.share_seen(digits)
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
    """Warn if digits that are taken for the training digits are not those that the network was trained on."""
    if net.training_record and net.training_record.share_seen(digits) < 0.5:
        click.echo(
            f"Warning: most of the training digits of --data {shlex.quote(data)} are not among those that "
            "the network was trained on.",
            err=True,
        )
