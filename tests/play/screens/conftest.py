"""The screens are tested without MNIST, on the bundled digits, whatever is at hand."""

import pytest
from support.play import without_mnist


@pytest.fixture(scope="module", autouse=True)
def _no_mnist():
    with without_mnist():
        yield
