"""`digits_at_hand` returns the digits that screens train on: MNIST if it is here, else the bundled ones."""

from __future__ import annotations

import functools
from typing import NamedTuple

from nncore.datasets import Dataset, load_sample
from nncore.datasets.mnist import mnist_at_hand


class Digits(NamedTuple):
    """The training and test images, and the line of Python that loads them.

    Attributes
    ----------
    is_mnist : bool
        Whether these are MNIST's 50,000 and 10,000, on which the book's numbers were measured.
    """

    training: Dataset
    test: Dataset
    is_mnist: bool
    code: str


@functools.cache
def digits_at_hand() -> Digits:
    """Return MNIST if it is on this machine, and the bundled 8,000 and 1,000 digits otherwise.

    Nothing is downloaded. All connections share the arrays, which are read-only.
    """
    found = mnist_at_hand()
    if found is not None:
        return Digits(found[0], found[2], True, "data = nn.datasets.load_mnist()")
    training, _, test = load_sample()
    return Digits(training, test, False, "data = nn.datasets.load_sample()")
