"""Data that many tests share, loaded once."""

import os

import pytest

from nncore import datasets


@pytest.fixture(scope="session")
def sample():
    """(train, validation, test): the 8,000, 1,000 and 1,000 digits that ship with the package."""
    return datasets.load_sample()


@pytest.fixture(scope="session")
def mnist():
    """(train, validation, test): MNIST's 50,000, 10,000 and 10,000 digits."""
    if not os.environ.get("NNCORE_DATA"):
        pytest.skip("needs MNIST: NNCORE_DATA is not set")
    return datasets.load_mnist()
