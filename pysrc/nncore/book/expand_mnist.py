"""The book's larger training set: each digit, and its one-pixel shifts down, up, right and left (chapter 6).

The book's program writes a pickle of 250,000 images, for network3 to read; here a function returns them.
``SGD(augment=nn.augment.Shift(1, straight=True))`` draws from the same images while training, and keeps none.
"""

from __future__ import annotations

import numpy as np

from nncore.datasets import Dataset, load_mnist

SHIFTS = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))  # down and to the right


def expand(data: Dataset | None = None, seed: int | None = 0) -> Dataset:
    """Each image and its four shifts, five times as many.

    Parameters
    ----------
    data : Dataset, optional
        By default MNIST's 50,000 training digits, found as `nncore.datasets.load_mnist` finds them.
    seed : int or None
        Of the order, which the book's program shuffles too (network3 trains in the order that it is given).
        None: the five of each image together.

    Returns
    -------
    Dataset
        Of its own memory, taken once: 196 MB for MNIST, beside the 39 MB of `data`; no more on the way.

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
    places = np.arange(5 * n) if seed is None else np.random.default_rng(seed).permutation(5 * n)
    images = np.zeros((5 * n, *data.images.shape[1:]), np.uint8)
    labels = np.empty(5 * n, np.int64)
    for which, (down, right) in enumerate(SHIFTS):
        to, source = _overlap(down), _overlap(-down)
        to_columns, source_columns = _overlap(right), _overlap(-right)
        images[places[which::5], to, to_columns] = data.images[:, source, source_columns]
        labels[places[which::5]] = data.labels
    return Dataset(images, labels)


def _overlap(by: int) -> slice:
    """The rows, or columns, that a shift by -1, 0 or 1 fills."""
    return slice(by, None) if by >= 0 else slice(None, by)
