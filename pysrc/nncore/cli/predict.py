"""The command `nncore predict`, and the files of images that it reads."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

import nncore
from nncore.files import npy
from nncore.files.streams import open_file


@click.command(short_help="Say which digit an image shows.")
@click.argument("model", type=Path)
@click.argument("images", metavar="IMAGE...", type=Path, nargs=-1, required=True)
@click.option(
    "--invert", is_flag=True, help="For dark digits on light paper: exchange light and dark before reading."
)
def predict(model: Path, images: tuple[Path, ...], invert: bool) -> None:
    """Say which digit each IMAGE shows, and the activation of that digit's neuron in per cent.

    The network in the file MODEL was trained on images like MNIST's: 28 x 28 pixels, a light digit on a dark
    ground, about 20 pixels high and in the middle. It misreads other images. An IMAGE is a file that holds
    one image or more:

    \b
      .png, .pgm and other pictures (they need Pillow: pip install pillow)
      .npy, a NumPy array: (28, 28) or (784,) for one image, (n, 28, 28) or
            (n, 784) for n images; bytes from 0 to 255, or floats from 0 to 1
      IDX,  the format of the MNIST files, plain or compressed with gzip

    \b
    Examples:
      nncore predict digits.npz three.png
      nncore predict digits.npz --invert scan.png
      nncore predict digits.npz t10k-images-idx3-ubyte.gz
    """
    net = nncore.load(model)
    for path in images:
        X = read_images(path, net.sizes[0])
        if invert:
            X = np.maximum(np.float32(255 / 256) - X, 0)
        elif np.median(X) > 0.5:
            click.echo(f"{path}: mostly light; for dark digits on light paper, add --invert.", err=True)
        for i, a in enumerate(net.feedforward(X)):
            name = path if len(X) == 1 else f"{path}[{i}]"
            click.echo(f"{name}: {np.argmax(a)} ({a.max():.1%})")


def read_images(path: Path, n_in: int) -> NDArray[np.float32]:
    """Read the images of a file as rows (n, n_in) of numbers from 0 to 255/256, or to 1 from floats."""
    with open_file(path) as file:
        start = file.read(6)
    if start == b"\x93NUMPY":
        array = npy.read_file(path)
    elif start[:2] in (b"\0\0", b"\x1f\x8b"):
        array = nncore.datasets.read_idx(path)
    else:
        array = read_picture(path)
    one = array.size == n_in
    if not array.size or not (one or (array.ndim > 1 and array[0].size == n_in)):
        raise ValueError(
            f"{path}: images of {n_in} pixels needed (28 x 28 for MNIST), got shape {array.shape}"
        )
    X = array.reshape(1 if one else len(array), n_in)
    if X.dtype == np.uint8:
        return X * np.float32(1 / 256)
    if X.dtype.kind != "f":
        raise ValueError(f"{path}: bytes (uint8) or floats from 0 to 1 needed, got {X.dtype}")
    if not (X.min() >= 0 and X.max() <= 1):
        raise ValueError(f"{path}: floats from 0 to 1 needed, got {X.min():g} to {X.max():g}")
    return X.astype(np.float32)


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read the grey values of a picture, (rows, cols). Transparent pixels count as white paper."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(f"{path}: reading pictures needs Pillow: pip install pillow") from error
    try:
        with Image.open(path) as file:
            picture = file.convert("RGBA")
    except Exception as error:  # Pillow's many formats fail in many ways
        raise ValueError(f"{path}: not a picture that can be read ({error})") from error
    paper = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(paper, picture).convert("L"))
