"""What the tests of the data files share."""

import pytest
from support.data_files import small_data

from nncore import datasets
from nncore.files import streams


@pytest.fixture
def few(monkeypatch):
    """Six images, read in many pieces, and no MNIST from the environment."""
    for room in (streams, datasets.book_pickle):
        monkeypatch.setattr(room, "PIECE", 1000)  # so that this little is read in many pieces too
    for name in ("NNCORE_DATA", "NNCORE_CACHE"):
        monkeypatch.delenv(name, raising=False)
    return small_data()
