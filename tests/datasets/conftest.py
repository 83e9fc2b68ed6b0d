"""What the tests of the data files share."""

import pytest
from support.data_files import small_data

from nncore import datasets


@pytest.fixture
def few(monkeypatch):
    """MNIST of six images: what files of this size must hold, instead of 60,000 and 10,000."""
    monkeypatch.setattr(datasets.mnist, "COUNTS", (4, 2))
    monkeypatch.setattr(datasets.mnist, "VALIDATION", 2)
    monkeypatch.setattr(datasets.book_pickle, "SPLIT", (2, 2, 2))
    for room in (datasets.streams, datasets.book_pickle):
        monkeypatch.setattr(room, "PIECE", 1000)  # so that this little is read in many pieces too
    for name in ("NNCORE_DATA", "NNCORE_CACHE"):
        monkeypatch.delenv(name, raising=False)
    return small_data()
