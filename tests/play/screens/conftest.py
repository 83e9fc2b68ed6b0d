"""The screens are tested without MNIST, on the bundled digits, whatever is at hand."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _no_mnist():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("NNCORE_DATA", raising=False)
        yield
