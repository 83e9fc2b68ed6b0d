"""The loader gives MNIST in the two forms that the book's programs use (chapter 1).

    load_data()          arrays: (images (n, 784), labels (n,)) for training, validation and test
    load_data_wrapper()  pairs:  (x (784, 1), y), where y is a vector (10, 1) for training, else the digit

Without MNIST and a network, `load_data_wrapper("sample")` gives the 10,000 digits that ship with nncore.
The files are found as `nncore.datasets.load_mnist` finds them. Pixels are value/256, as in the book's file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from nncore import _validation
from nncore.datasets import Dataset, load_mnist, load_sample

Arrays = tuple[NDArray[np.float32], NDArray[np.int64]]
Pair = tuple[NDArray[np.float32], Any]


class Pairs(Sequence[Pair]):
    """The book's list of pairs `(x, y)`, each of which is made when it is read.

    The digits stay bytes, so that the training set takes 39 MB; 50,000 pairs of arrays would take 170 MB. The
    class supports what a list supports: `len`, indices, slices and loops. `random.shuffle` turns it into a
    real list.

    Parameters
    ----------
    dataset : Dataset
        The digits.
    vectorized : bool
        Whether y is the vector that `vectorized_result` returns, as for training, or the digit itself.

    Examples
    --------
    >>> training_data, validation_data, test_data = load_data_wrapper("sample")
    >>> training_data
    <8000 pairs (x, y), y a vector>
    >>> x, y = training_data[0]
    >>> x.shape, y.shape
    ((784, 1), (10, 1))
    """

    def __init__(self, dataset: Dataset, vectorized: bool) -> None:
        self.vectorized = vectorized
        self.dataset: Dataset | None = dataset  # None once a pair has been assigned
        self._pairs: list[Pair] = []

    def __len__(self) -> int:
        return len(self._pairs) if self.dataset is None else len(self.dataset)

    @overload
    def __getitem__(self, index: int) -> Pair: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Pair]: ...
    def __getitem__(self, index: int | slice) -> Pair | Sequence[Pair]:
        if self.dataset is None:
            return self._pairs[index]
        if isinstance(index, slice):
            return Pairs(self.dataset[index], self.vectorized)
        x, label = self.dataset[index]
        return x, vectorized_result(label) if self.vectorized else label

    def __setitem__(self, index: int, pair: Pair) -> None:
        if self.dataset is not None:
            self._pairs = list(self)
            self.dataset = None
        self._pairs[index] = pair

    def __iter__(self) -> Iterator[Pair]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"<{len(self)} pairs (x, y), y {'a vector' if self.vectorized else 'a digit'}>"


SAMPLE = "sample"


def _load(path: str | PathLike[str] | None, function: str) -> tuple[Dataset, Dataset, Dataset]:
    """Load MNIST, or the digits that ship with nncore if the path is "sample"."""
    if path == SAMPLE:
        return load_sample()
    try:
        return load_mnist(path)
    except ConnectionError as error:
        raise ConnectionError(
            f"{error}. In the book's program, mnist_loader.{function}({SAMPLE!r}) takes these digits"
        ) from error


def load_data(path: str | PathLike[str] | None = None) -> tuple[Arrays, Arrays, Arrays]:
    """Return MNIST as arrays: training (50,000), validation (10,000) and test data (10,000).

    Parameters
    ----------
    path : str or path, optional
        The folder or file of MNIST, as for `nncore.datasets.load_mnist`; or "sample" for the 10,000 digits
        that ship with nncore (8,000, 1,000 and 1,000), which need no download.

    Returns
    -------
    training_data, validation_data, test_data : tuple
        Each is `(images, labels)`. The images are float32 `(n, 784)`, from 0 (white) to 255/256 (black); the
        labels are int64 `(n,)`.

    Examples
    --------
    >>> training_data, validation_data, test_data = load_data("sample")
    >>> images, labels = training_data
    >>> images.shape, labels.shape
    ((8000, 784), (8000,))
    """
    training, validation, test = _load(path, "load_data")
    return (
        (training.to_float(), training.labels),
        (validation.to_float(), validation.labels),
        (test.to_float(), test.labels),
    )


def load_data_wrapper(path: str | PathLike[str] | None = None) -> tuple[Pairs, Pairs, Pairs]:
    """Return MNIST as the pairs `(x, y)` on which `network.Network` trains.

    Parameters
    ----------
    path : str or path, optional
        The folder or file of MNIST, as for `nncore.datasets.load_mnist`; or "sample" for the 10,000 digits
        that ship with nncore (8,000, 1,000 and 1,000), which need no download.

    Returns
    -------
    training_data, validation_data, test_data : Pairs
        x is float32 `(784, 1)`. In the training data y is `vectorized_result(digit)`, otherwise the digit.

    Examples
    --------
    >>> training_data, validation_data, test_data = load_data_wrapper("sample")
    >>> x, digit = test_data[0]
    >>> x.shape, digit
    ((784, 1), 6)
    """
    training, validation, test = _load(path, "load_data_wrapper")
    return (
        Pairs(training, vectorized=True),
        Pairs(validation, vectorized=False),
        Pairs(test, vectorized=False),
    )


def vectorized_result(j: int) -> NDArray[np.float64]:
    """Return the desired output for digit j: an array (10, 1) with 1.0 in row j and 0.0 elsewhere.

    Examples
    --------
    >>> vectorized_result(3).ravel()
    array([0., 0., 0., 1., 0., 0., 0., 0., 0., 0.])
    """
    if not 0 <= (digit := _validation.integer("j", j, 0)) < 10:
        raise ValueError(f"j: a digit from 0 to 9 needed, got {j!r:.60}")
    y = np.zeros((10, 1))
    y[digit] = 1.0
    return y
