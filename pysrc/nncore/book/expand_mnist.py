"""`expand` gives the book's larger training set: each digit, and its four shifts by one pixel (chapter 6).

The book's program writes a pickle of 250,000 images, which network3 reads; `expand` returns them instead.
``SGD(augment=nn.augment.Shift(1, straight=True))`` draws from the same images during training, and stores
none of them.
"""

from __future__ import annotations

import numpy as np

from nncore.datasets import Dataset, load_mnist

SHIFTS = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))  # down and to the right


def expand(data: Dataset | None = None, seed: int | None = 0) -> Dataset:
    """Return each image and its four shifts: five times as many images.

    Parameters
    ----------
    data : Dataset, optional
        The images; by default MNIST's 50,000 training digits, found as `nncore.datasets.load_mnist` does.
    seed : int or None
        The seed of the order, which the book's program shuffles, too (network3 trains in the given order).
        None: an image and its shifts follow each other.

    Returns
    -------
    Dataset
        It has its own memory: 196 MB for MNIST, in addition to the 39 MB of `data`. No other memory is used.

    Raises
    ------
    ValueError
        The images have no rows and columns.

    Examples
    --------
    >>> import numpy as np
    >>> from nncore.book import expand_mnist
    >>> from nncore.datasets import Dataset
    >>> corner = Dataset(np.array([[[7, 0], [0, 0]]], dtype=np.uint8), [3])
    >>> expand_mnist.expand(corner, seed=None).images.reshape(5, 4)
    array([[7, 0, 0, 0],
           [0, 0, 7, 0],
           [0, 0, 0, 0],
           [0, 7, 0, 0],
           [0, 0, 0, 0]], dtype=uint8)
    """
    data = load_mnist()[0] if data is None else data
    if data.images.ndim != 3:
        raise ValueError(f"data: images (n, rows, cols) needed, got shape {data.images.shape}")
    n = len(data)
    positions = np.arange(5 * n) if seed is None else np.random.default_rng(seed).permutation(5 * n)
    images = np.zeros((5 * n, *data.images.shape[1:]), np.uint8)
    labels = np.empty(5 * n, np.int64)
    for which, (down, right) in enumerate(SHIFTS):
        to, source = _overlap(down), _overlap(-down)
        to_columns, source_columns = _overlap(right), _overlap(-right)
        images[positions[which::5], to, to_columns] = data.images[:, source, source_columns]
        labels[positions[which::5]] = data.labels
    return Dataset(images, labels)


def _overlap(by: int) -> slice:
    """Return the rows, or columns, that a shift by -1, 0 or 1 fills."""
    return slice(by, None) if by >= 0 else slice(None, by)
