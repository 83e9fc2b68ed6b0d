"""`load_sample` loads the digits that ship with nncore. They need no download."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nncore._entries import sealed
from nncore.datasets.dataset import Dataset

SAMPLE = Path(__file__).parent / "sample" / "digits.npz"  # made by tools/build_sample.py


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
    with np.load(SAMPLE, allow_pickle=False) as arrays:
        data = Dataset(sealed(arrays["images"]), arrays["labels"], name="sample")
    return data[:8000], data[8000:9000], data[9000:]
