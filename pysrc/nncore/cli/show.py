"""The command `nncore show` draws what is in a saved network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import nncore
from nncore.cli.options import known_data_option, load_data
from nncore.cli.trained_on import check_classes, data_of
from nncore.files import kinds
from nncore.files.atomic import new_file

if TYPE_CHECKING:
    OfPath = click.ParamType[Path]
else:  # click 8.2 does not say of what its types are
    OfPath = click.ParamType

FORMATS = ("png", "svg", "pdf")


class Picture(OfPath):
    """The name of a file for a picture, whose ending says the format."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path = Path(value)
        if path.suffix[1:].lower() not in FORMATS:
            self.fail(f"{value!r} does not end in .png, .svg or .pdf.", param, ctx)
        if not path.parent.is_dir():
            self.fail(f"there is no folder {path.parent}; make it first.", param, ctx)
        return path


def picture_option(name: str, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make an option that names the file of a picture."""
    return click.option(f"--{name}", metavar="PICTURE", type=Picture(), help=text)


@click.command(short_help="Draw a saved network: its errors, its weights, its answers.")
@click.argument("model", type=Path)
@picture_option("errors", "The test digits that the network reads wrongly, with labels and answers.")
@picture_option("confusion", "How many test digits of each class are taken for which.")
@picture_option("weights", "How large the weights of each layer are.")
@picture_option("filters", "The weights of the first layer, as a picture for each neuron or filter.")
@picture_option("network", "The network as a graph: neurons are circles, weights are lines.")
@picture_option("history", "The learning curves of its last training.")
@click.option(
    "--most",
    type=click.IntRange(min=1),
    default=40,
    show_default=True,
    help="How many digits --errors shows at most: the first ones.",
)
@known_data_option("Whose test digits: ")
def show(
    model: Path,
    errors: Path | None,
    confusion: Path | None,
    weights: Path | None,
    filters: Path | None,
    network: Path | None,
    history: Path | None,
    most: int,
    data: str | None,
) -> None:
    """Draw pictures of the network in the file MODEL, each into the file that its option names.

    The ending of a file, .png, .svg or .pdf, says its format. An ensemble has --errors and --confusion. By
    default the digits are the test digits that belong to those that MODEL was trained on.

    \b
    Examples:
      nncore show digits.npz --errors wrong.png
      nncore show digits.npz --network graph.svg --weights weights.svg
    """
    if not any((errors, confusion, weights, filters, network, history)):
        raise click.UsageError(
            f"Say what to draw, and where: nncore show {model} --errors wrong.png. The others are "
            "--confusion, --weights, --filters, --network and --history."
        )
    net: Any
    if kinds.recognise(model) == kinds.ENSEMBLE:
        net = nncore.Ensemble.load(model)
        if any((weights, filters, network, history)):
            raise click.UsageError(f"{model} holds several networks: --errors and --confusion draw them.")
    else:
        net = nncore.load(model)
    if errors or confusion:
        first = net[0] if isinstance(net, nncore.Ensemble) else net
        _, _, test = load_data(data_of(first, model, data))
        check_classes(first, model, test)
        if errors:
            figure = nncore.plot.misclassified(net, test, most=most)
            _write(figure, errors, f"{figure.get_suptitle()}".replace("wrong", "test digits wrong"))
        if confusion:
            ax = nncore.plot.confusion(net, test)
            _write(ax.figure, confusion, f"the confusion matrix, {ax.get_title()}")
    if weights:
        _write(nncore.plot.weights(net), weights, "the sizes of the weights")
    if filters:
        _write(nncore.plot.filters(net), filters, "the weights of layer 2")
    if network:
        _write(nncore.plot.network(net).figure, network, "the network")
    if history:
        if net.history is None:
            raise click.UsageError(f"--history: {model} holds no record of its training.")
        _write(nncore.plot.history(net.history).figure, history, "the learning curves")


def _write(figure: Any, path: Path, what: str) -> None:
    """Write a figure to a file, whole or not at all, and say so."""
    with new_file(path) as file:
        figure.savefig(file, format=path.suffix[1:].lower())
    click.echo(f"{path}: {what}.")
