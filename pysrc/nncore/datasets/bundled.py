"""`load_sample` loads the digits that ship with nncore. They need no download.

The file is made small. `ink` has a bit for each pixel: whether it is not 0. `values` are the bytes of these
pixels, first those of pixels with no neighbour in ink, then with one, and so on to eight, each group in the
order of the images: pixels inside a stroke are alike, and so are those at its edge.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nncore._entries import sealed
from nncore.datasets.dataset import Dataset

SAMPLE = Path(__file__).parent / "sample" / "digits.npz"  # made by tools/build_sample.py
SIDE = 28
IN_MNIST = (  # the hash, as in a `DataRecord`, of sets that begin with the 10,000 digits
    "4d0326e425c7153e",  # MNIST's training data as in the book, 50,000 images
    "cf0ea79b1e841e09",  # and with the validation data, 60,000
)


def load_sample() -> tuple[Dataset, Dataset, Dataset]:
    """Load 10,000 real MNIST digits, the first of MNIST's training set in its order.

    Returns
    -------
    train, validation, test : Dataset
        8,000, 1,000 and 1,000 images of 28 x 28, with labels 0 to 9. None of them is in MNIST's test set.

    Examples
    --------
    >>> import nncore
    >>> train, validation, test = nncore.datasets.load_sample()
    >>> train
    Dataset(8000 images of 28 x 28, labels 0 to 9)
    >>> train.labels[:5]
    array([5, 0, 4, 1, 9])
    """
    return split(all_digits())


def split(digits: Dataset) -> tuple[Dataset, Dataset, Dataset]:
    """Return the training, validation and test digits of all of them."""
    return digits[:8000], digits[8000:9000], digits[9000:]


def all_digits() -> Dataset:
    """Return the 10,000 digits of `load_sample` in one."""
    with np.load(SAMPLE, allow_pickle=False) as arrays:
        labels = arrays["labels"]
        ink = np.unpackbits(arrays["ink"]).reshape(len(labels), SIDE, SIDE).astype(bool)
        pixels = np.empty(len(arrays["values"]), np.uint8)
        pixels[order_of_values(ink)] = arrays["values"]
    images = np.zeros(ink.shape, np.uint8)
    images[ink] = pixels
    return Dataset(sealed(images), labels, name="sample")


def order_of_values(ink: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the order in which the file has the values of the pixels where `ink` (n, 28, 28) is true."""
    around = np.pad(ink, ((0, 0), (1, 1), (1, 1))).view(np.uint8)
    rows = around[:, :-2] + around[:, 1:-1] + around[:, 2:]
    neighbours = rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]
    return np.argsort(neighbours[ink], kind="stable")
