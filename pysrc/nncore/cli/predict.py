"""The command `nncore predict`: what a network answers for pictures, photos and arrays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import click
import numpy as np
from numpy.typing import NDArray

import nncore
from nncore.datasets import Picture, picture_file
from nncore.datasets.mnist_form import SIDE
from nncore.files import npy
from nncore.files.atomic import new_file
from nncore.files.streams import open_file

Kind = Literal["npy", "idx", "picture"]
FEW = 12  # classes of which each has its line or column; of more the likeliest are shown
SHOWN = 5  # of them
BAR = 30  # characters of a bar of 100 %


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

    The network in the file MODEL was trained on images like MNIST's: 28 x 28 pixels, a light digit on a dark
    ground, about 20 pixels high and in the middle. Photos and scans are brought into that form: one digit or
    several, dark on light or light on dark, are found, cut out, scaled and centred. An IMAGE is a file:

    \b
      .jpg, .png, .pgm and other pictures (they need: pip install pillow scipy)
      .npy, a NumPy array: (28, 28) or (784,) for one image, (n, 28, 28) or
            (n, 784) for n images; bytes from 0 to 255, or floats from 0 to 1
      IDX,  the format of the MNIST files, plain or compressed with gzip

    \b
    Examples:
      nncore predict digits.npz photo.jpg
      nncore predict digits.npz --show sheet.jpg
      nncore predict digits.npz t10k-images-idx3-ubyte.gz
    """
    net = nncore.load(model)
    known = net.training_record.data
    names = None if known is None else known.class_names
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
            _echo(path, outputs, names)
            click.echo("\n".join(all_answers(outputs, names)))
            if show:
                click.echo(f"The steps are drawn in {_draw(picture, path, outputs, names, drawn)}.")
            continue
        X = read_images(path, net.sizes[0])
        if invert:
            X = np.maximum(np.float32(255 / 256) - X, 0)
        elif np.median(X) > 0.5:
            click.echo(f"{path}: mostly light; for dark digits on light paper, add --invert.", err=True)
        _echo(path, net.feedforward(X), names)


def _echo(path: Path, outputs: NDArray[np.floating], names: Sequence[str] | None) -> None:
    """Print a line for each image: the class, and its activation."""
    for i, a in enumerate(outputs):
        name = path if len(outputs) == 1 else f"{path}[{i}]"
        click.echo(f"{name}: {_name(int(np.argmax(a)), names)} ({a.max():.1%})")


def _name(k: int, names: Sequence[str] | None) -> str:
    return names[k] if names is not None and k < len(names) else str(k)


def all_answers(outputs: NDArray[np.floating], names: Sequence[str] | None = None) -> list[str]:
    """Return lines that show all activations: bars for one image, a table in per cent for several.

    Of more than 12 classes the five likeliest are shown.
    """
    n_out = outputs.shape[1]
    if len(outputs) > 1 and n_out <= FEW:
        short = [_name(k, names)[:4] for k in range(n_out)]
        lines = ["per cent" + "".join(f"{name:>5}" for name in short)]
        for i, a in enumerate(outputs):
            cells = (f"{100 * value:.0f}" if value >= 0.005 else "." for value in a)
            lines.append(f"{f'[{i}]':>8}" + "".join(f"{cell:>5}" for cell in cells))
        return lines
    lines = []
    for i, a in enumerate(outputs):
        shown = range(n_out) if n_out <= FEW else np.argsort(-a)[:SHOWN].tolist()
        width = max(len(_name(k, names)[:16]) for k in shown)
        if len(outputs) > 1:
            lines.append(f"[{i}]")
        for k in shown:
            bar = "#" * round(BAR * min(max(float(a[k]), 0.0), 1.0))
            lines.append(f"  {_name(k, names)[:16]:>{width}} {a[k]:7.1%} {bar}".rstrip())
    return lines


def _draw(
    picture: Picture, path: Path, outputs: NDArray[np.floating], names: Sequence[str] | None, drawn: set[str]
) -> Path:
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
    captions = [f"{_name(int(a.argmax()), names)} ({a.max():.0%})" for a in outputs]
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


def read_images(path: Path, n_in: int) -> NDArray[np.float32]:
    """Read the images of a file as rows (n, n_in) of numbers from 0 to 255/256, or to 1 from floats."""
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
    X = array.reshape(1 if one else len(array), n_in)
    if X.dtype == np.uint8:
        return np.asarray(X * np.float32(1 / 256))
    if X.dtype.kind != "f":
        raise ValueError(f"{path}: bytes (uint8) or floats from 0 to 1 needed, got {X.dtype}")
    if not (X.min() >= 0 and X.max() <= 1):
        raise ValueError(f"{path}: floats from 0 to 1 needed, got {X.min():g} to {X.max():g}")
    return X.astype(np.float32)
