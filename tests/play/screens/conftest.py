"""The screens are tested without MNIST, on the bundled digits, whatever is at hand."""

import pytest

from nncore.play.author import author
from nncore.play.digits import digits_at_hand


@pytest.fixture(scope="module", autouse=True)
def _no_mnist():
    """Hide MNIST and the author's files from the tests of a file, and from no other test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("NNCORE_DATA", raising=False)
        for kept in (author, digits_at_hand):
            kept.cache_clear()
        yield
    for kept in (author, digits_at_hand):
        kept.cache_clear()
