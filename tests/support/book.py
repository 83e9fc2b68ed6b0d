"""The book's data and networks, as a reader of the listings has them."""

import random

import numpy as np

from nncore.book import mnist_loader


def lists_of_pairs(sample, n_training, n_test):
    """(training_data, test_data): the book's lists of (x, y), with vectors and with digits."""
    train, _, test = sample
    return (
        list(mnist_loader.Pairs(train[:n_training], vectorized=True)),
        list(mnist_loader.Pairs(test[:n_test], vectorized=False)),
    )


def seed_everything():
    """Make the book's draws, and its shuffles to come, the same each time."""
    np.random.seed(3)  # noqa: NPY002
    random.seed(4)
