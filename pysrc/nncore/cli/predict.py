"""The command `nncore predict`: what a network answers for pictures, photos and arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click
import numpy as np
from numpy.typing import NDArray

import nncore
from nncore.cli.answers import as_bars, in_words
from nncore.datasets import Picture, picture_file
from nncore.datasets.mnist_form import SIDE
from nncore.files import npy
from nncore.files.atomic import new_file
from nncore.files.streams import open_file

Kind = Literal["npy", "idx", "picture"]


@click.command(short_help="Say which digits a photo or an image shows.")
@click.argument("model", type=Path)
@click.argument("images", metavar="IMAGE...", type=Path, nargs=-1, required=True)
@click.option("--show", is_flag=True, help="Draw how each photo became digits, in the file IMAGE-steps.png.")
@click.option(
    "--as-is",
    is_flag=True,
    help="Do not look for digits in pictures: each must have 28 x 28 pixels, as MNIST's images.",
)
@click.option(
    "--invert",
    is_flag=True,
    help="Exchange light and dark in arrays, and in pictures with --as-is. In photos it is not needed.",
)
def predict(model: Path, images: tuple[Path, ...], show: bool, as_is: bool, invert: bool) -> None:
    """Say which digits each IMAGE shows, and the activations of the output neurons in per cent.

    A network that was trained on several labels at once gives those that are on, one that was trained on
    numbers gives numbers.

    The network in the file MODEL was trained on images like MNIST's: 28 x 28 pixels, a light digit on a dark
    ground, about 20 pixels high and in the middle. Photos and scans are brought into that form: one digit or
    several, dark on light or light on dark, are found, cut out, scaled and centred. An IMAGE is a file:

    \b
      .jpg, .png, .pgm and other pictures (they need: pip install pillow scipy)
      .npy, a NumPy array: (28, 28) or (784,) for one image, (n, 28, 28) or
            (n, 784) for n images; bytes from 0 to 255, or floats from 0 to 1.
            For other networks: rows of the numbers that they were trained on
      IDX,  the format of the MNIST files, plain or compressed with gzip

    \b
    Examples:
      nncore predict digits.npz photo.jpg
      nncore predict digits.npz --show sheet.jpg
      nncore predict digits.npz t10k-images-idx3-ubyte.gz
    """
    net = nncore.load(model)
    hinted, drawn = False, set[str]()
    for path in images:
        if _kind(path) == "picture" and not as_is and net.sizes[0] == SIDE * SIDE:
            if invert and not hinted:
                click.echo(
                    "--invert is not needed: light and dark are told apart; it acts with --as-is.", err=True
                )
                hinted = True
            picture = nncore.datasets.read_picture(path)
            outputs = net.feedforward(picture.images)
            answers = in_words(net, outputs)
            _echo(path, answers)
            for line in as_bars(net, outputs):
                click.echo(line)
            if show:
                click.echo(f"The steps are drawn in {_draw(picture, path, answers, drawn)}.")
            continue
        X = read_images(path, net.sizes[0], as_pixels=_reads_pixels(net))
        if invert:
            X = np.maximum(np.float32(255 / 256) - X, 0)
        elif _reads_light_on_dark(net) and np.median(X) > 0.5:
            click.echo(f"{path}: mostly light; for dark digits on light paper, add --invert.", err=True)
        _echo(path, in_words(net, _outputs(net, path, X)))


def _outputs(net: nncore.Network, path: Path, X: NDArray[Any]) -> NDArray[np.floating]:
    """Return the outputs (m, n_out) for what stands in a file, whose axes must be those of the network."""
    try:
        return net.feedforward(X).reshape(-1, net.sizes[-1])
    except ValueError as error:
        raise ValueError(f"{path}: {str(error).removeprefix('X: ')}") from None


def _echo(path: Path, answers: list[str]) -> None:
    """Print a line for each example: what the network answers."""
    for i, answer in enumerate(answers):
        name = path if len(answers) == 1 else f"{path}[{i}]"
        click.echo(f"{name}: {answer}")


def _reads_pixels(net: nncore.Network) -> bool:
    """Return whether the network was trained on numbers from 0 to 1, as pixels are, as far as is known."""
    known = net.training_record.data
    return known is None or (known.low >= 0 and known.high <= 1)


def _reads_light_on_dark(net: nncore.Network) -> bool:
    """Return whether the network was trained on images that are mostly dark, as far as is known."""
    known = net.training_record.data
    return _reads_pixels(net) and (known is None or known.mean < 0.5)


def _draw(picture: Picture, path: Path, captions: list[str], drawn: set[str]) -> Path:
    """Draw the steps of a picture into a file in this folder; return its name."""
    stem = f"{path.stem}-steps"
    name = next(
        name for i in range(len(drawn) + 1) if (name := f"{stem}-{i + 1}" if i else stem) not in drawn
    )
    drawn.add(name)
    from nncore.insight.plot.picture_steps import picture_steps
    from nncore.training.pictures import import_pyplot

    pyplot = import_pyplot()
    backend = pyplot.get_backend()
    pyplot.switch_backend("agg")  # a file needs no screen
    figure = picture_steps(picture, captions)
    file = Path(f"{name}.png")
    with new_file(file) as stream:
        figure.savefig(stream, format="png", dpi=110)
    pyplot.close(figure)
    pyplot.switch_backend(backend)
    return file


def _kind(path: Path) -> Kind:
    """Say what a file of images is, by its first bytes."""
    with open_file(path) as file:
        start = file.read(6)
    if start == b"\x93NUMPY":
        return "npy"
    return "idx" if start[:2] in (b"\0\0", b"\x1f\x8b") and start[2:4] != b"\0\x18" else "picture"


def read_images(path: Path, n_in: int, *, as_pixels: bool = True) -> NDArray[Any]:
    """Read the images of a file, in the shape that they have there.

    Bytes become numbers from 0 to 255/256. Other numbers must be floats from 0 to 1 if they are pixels.
    """
    kind = _kind(path)
    array: NDArray[Any]
    if kind == "npy":
        array = npy.read_file(path)
    elif kind == "idx":
        array = nncore.datasets.read_idx(path)
    else:
        array = np.rint(255 * picture_file.open_grey(path).values).astype(np.uint8)
    one = array.size == n_in
    if not array.size or not (one or (array.ndim > 1 and array[0].size == n_in)):
        raise ValueError(
            f"{path}: images of {n_in} pixels needed (28 x 28 for MNIST), got shape {array.shape}"
        )
    if array.dtype == np.uint8:
        return np.asarray(array * np.float32(1 / 256))
    if not as_pixels and array.dtype.kind in "buif":
        return array
    if array.dtype.kind != "f":
        raise ValueError(f"{path}: bytes (uint8) or floats from 0 to 1 needed, got {array.dtype}")
    if not (array.min() >= 0 and array.max() <= 1):
        raise ValueError(f"{path}: floats from 0 to 1 needed, got {array.min():g} to {array.max():g}")
    return array.astype(np.float32)
