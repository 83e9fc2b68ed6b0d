"""`digits_at_hand` returns the digits that screens train on: MNIST if it is here, else the bundled ones.

A notebook may give other digits: `own_digits` takes them.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from nncore.datasets import Dataset, load_sample
from nncore.datasets.mnist import mnist_at_hand

SIDE, CLASSES = 28, 10
FEWEST = 2000  # training images: as many as the screens' own settings need


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


def own_digits(data: Any) -> Digits:
    """Return the training and test images of (training, validation, test).

    Raises
    ------
    TypeError, ValueError
        These are no three `Dataset`, or no images of 28 x 28 in ten classes.
    """
    if not isinstance(data, (tuple, list)) or [type(each) for each in data] != [Dataset] * 3:
        raise TypeError(
            "data: (training, validation, test), three Datasets as nn.datasets.load_sample() returns them, "
            f"needed, got {data!r:.60}"
        )
    for name, each in zip(("training", "validation", "test"), data, strict=True):
        pixels = each.images.size // max(len(each), 1)
        if pixels != SIDE * SIDE or set(np.unique(each.labels)) != set(range(CLASSES)):
            raise ValueError(
                f"data: images of 28 x 28 in ten classes, labels 0 to 9, needed, got {each!r} for {name}"
            )
    training, _, test = data
    if len(training) < FEWEST:
        raise ValueError(f"data: at least {FEWEST:,} training images needed, got {len(training):,}")
    known = digits_at_hand()
    if known.is_mnist and is_same(training, known.training) and is_same(test, known.test):
        return known
    return Digits(training, test, False, "data = training, validation, test")


def is_same(one: Dataset, other: Dataset) -> bool:
    """Return whether two sets have the same images, in the same order."""
    return np.array_equal(one.labels, other.labels) and np.array_equal(one.images, other.images)
