"""This module reads the forms that examples come in: a Dataset, a pair of arrays, or the book's pairs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from nncore import _given
from nncore._validation.answers import CLASSES, answers, labels
from nncore._validation.architecture import Interface
from nncore._validation.arrays import BYTE, SAME_NAMES, check_axes, contiguous, numeric, rows
from nncore._validation.inputs import UsualInputs
from nncore._validation.names import Names, check_rows
from nncore.datasets import Dataset


class Examples(NamedTuple):
    """Checked examples, as the kernels' `Data` takes them.

    The inputs are bytes (`images`) or reals (`inputs`); for each input there is a label or a target. The
    other field of each pair is None. `weighted` (weights.py) adds weights.
    """

    n: int
    images: np.ndarray | None  # uint8 (n, n_in), in which each byte b stands for b/256
    inputs: np.ndarray | None  # (n, n_in), of the network's dtype
    labels: np.ndarray | None  # intp (n,)
    targets: np.ndarray | None  # (n, n_out), of the network's dtype
    kind: str = CLASSES  # what labels or targets are: one of `answers.KINDS`
    n_out: int = 0  # the number of the network's outputs
    weights: np.ndarray | None = None  # (n,) how much each counts, of the network's dtype; None: each is 1

    @property
    def X(self) -> np.ndarray:
        """The inputs are the rows of an array (n, n_in) of bytes or reals."""
        X = self.inputs if self.images is None else self.images
        assert X is not None  # examples have one of them
        return X

    @property
    def y(self) -> np.ndarray:
        """y holds the labels (n,) or the targets (n, n_out)."""
        y = self.targets if self.labels is None else self.labels
        assert y is not None  # examples have one of them
        return y

    @property
    def scale(self) -> float:
        """What a number in X is multiplied by."""
        return 1.0 if self.images is None else BYTE

    @property
    def counts(self) -> np.ndarray:
        """How much each example counts, as float64."""
        return np.ones(self.n) if self.weights is None else self.weights.astype(np.float64)

    @property
    def n_classes(self) -> int:
        """The number of classes that the network tells apart; one output tells two apart."""
        return max(2, self.n_out)

    @property
    def classes(self) -> np.ndarray:
        """The class of each example: its label, its largest target, or whether its one is above 1/2."""
        y = self.y
        if y.ndim == 1:
            return y
        return (y[:, 0] > 0.5).astype(np.intp) if y.shape[1] == 1 else y.argmax(axis=1)

    @property
    def row_without_class(self) -> int | None:
        """The first row of targets of which no one is the largest, so that they name no class."""
        y = self.targets
        if y is None or y.shape[1] == 1:
            return None
        tied = np.flatnonzero((y == y.max(axis=1, keepdims=True)).sum(axis=1) > 1)
        return int(tied[0]) if tied.size else None

    def subset(self, indices: slice | Sequence[int] | np.ndarray) -> Examples:
        """Return the examples at these indices, in their order."""
        images, inputs, labels, targets, weights = (
            None if array is None else contiguous(array[indices])
            for array in (self.images, self.inputs, self.labels, self.targets, self.weights)
        )
        n = len(self.X[indices])
        return Examples(n, images, inputs, labels, targets, self.kind, self.n_out, weights)

    def with_dtype(self, dtype: str) -> Examples:
        """Return the same with reals of another dtype."""
        inputs, targets, weights = (
            None if array is None else contiguous(array, dtype)
            for array in (self.inputs, self.targets, self.weights)
        )
        return self._replace(inputs=inputs, targets=targets, weights=weights)


def is_dataset(data: Any) -> bool:
    """Return whether data is a `Dataset`."""
    return isinstance(data, Dataset)


def is_pair(data: Any) -> bool:
    """Return whether data is a pair of arrays (X, y), and not two of the book's pairs (x, y)."""
    return isinstance(data, (tuple, list)) and len(data) == 2 and not isinstance(data[0], tuple)


def examples(
    name: str, data: Any, net: Interface, *, usual: UsualInputs | None = None, one: bool = False
) -> Examples:
    """Check examples and convert them to what the kernels read: from a Dataset, a pair of arrays (X, y), the
    book's list, zip or generator of (x, y), or examples that were checked before.

    A pair (x, y) of one example is accepted only if `one` is true. If the inputs look quite unlike the
    `usual` ones, a warning says so. Columns and classes must have the names that they had in the training.
    """
    plain = False
    if type(data) is tuple and len(data) == 2 and type(data[0]) is np.ndarray and data[0].ndim > 1:
        X, y, plain = *data, True  # as it mostly is
    elif isinstance(data, Examples):  # checked before, perhaps for another dtype
        reals = next((a for a in (data.inputs, data.targets, data.weights) if a is not None), None)
        return data if reals is None or reals.dtype == net.dtype else data.with_dtype(net.dtype)
    elif isinstance(data, Dataset):
        if not len(data):
            raise ValueError(f"{name}: no example given")
        X, y = data, data.labels
    elif is_pair(data) and not (type(data) is list and _are_pairs(name, data, net)):
        X, y = data
        check_rows(f"{name}, y", X, y)
    else:
        X, y = _unzip(name, data, net)
    if usual is not None and not plain:
        usual.names.check(name, Names.of(data))
    array, single, _ = rows(f"{name}, x", X, net, usual)
    if single and not one and not (array.size == 1 and np.ndim(X) == 2):
        raise ValueError(
            f"{name}: examples needed, got one pair (x, y); a list of one example is [(x, y)], and the "
            "first of a set is training_data[:1]"
        )
    n = len(array)
    images, inputs = (None, array) if array.dtype == net.reals else (array, None)
    if type(y) is np.ndarray and y.shape == (n,) and y.dtype.kind in "iu" and net.n_out > 1:
        return Examples(n, images, inputs, labels(f"{name}, y", y, net), None, CLASSES, net.n_out)
    return Examples(n, images, inputs, *answers(f"{name}, y", y, n, net), net.n_out)


def _are_pairs(name: str, data: list[Any], net: Interface) -> bool:
    """Return whether a list of two things is the book's list of two examples (x, y), and not [X, y].

    Where it can be both, it is refused.
    """
    first, second = data
    if not all(isinstance(side, (list, tuple)) and len(side) == 2 for side in data):
        return False
    as_pairs = all(np.size(side[0]) == net.n_in and np.size(side[1]) in (1, net.n_out) for side in data)
    as_arrays = all(np.size(x) == net.n_in for x in first) and all(
        np.size(y) in (1, net.n_out) for y in second
    )
    if as_pairs and as_arrays:
        raise ValueError(
            f"{name}: a list of two lists can be read in two ways: type a tuple, (X, y), if it holds all "
            "inputs and all answers, or a list of tuples, [(x, y), (x, y)], if it holds two examples"
        )
    return as_pairs


def _unzip(name: str, data: Any, net: Interface) -> tuple[np.ndarray, np.ndarray]:
    """Return arrays (X, y) of the book's pairs: x (n_in, 1), and y (n_out, 1) or a label."""
    needed = "a Dataset, a pair (X, y) or the book's list of (x, y)"
    if isinstance(data, (str, os.PathLike)):
        raise TypeError(
            f"{name}: {needed} needed, got the name of a file; nn.datasets.read_csv(path, target=-1) reads a "
            "CSV table whose last column holds the targets"
        )
    if isinstance(data, (dict, memoryview)) or not _given.has_elements(data):
        raise TypeError(f"{name}: {needed} needed, got {type(data).__name__}")
    if hasattr(data, "columns"):
        raise TypeError(
            f"{name}: {needed} needed, got a {type(data).__name__} alone; if its last column holds the "
            "answers: names = list(frame.columns); X, y = frame[names[:-1]], frame[names[-1]]"
        )
    if isinstance(data, np.ndarray) and data.dtype != object:
        raise TypeError(
            f"{name}: {needed} needed, got an array alone; inputs and answers come as one pair, (X, y)"
        )
    X: list[np.ndarray] = []
    y: list[np.ndarray] = []
    for i, pair in enumerate(data):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"{name}: pairs (x, y) needed, got {type(pair).__name__} at {i}")
        x = numeric(f"{name}, x", pair[0])
        if x.size != net.n_in:
            raise ValueError(f"{name}, x: {net.n_in} inputs needed, got shape {x.shape} at {i}")
        if x.ndim > 1 and x.shape[1] > 1:
            check_axes(f"{name}, x", x.shape, net.input_shape, 0)
        X.append(x.reshape(net.n_in))
        answer = _answer(name, pair[1], i).ravel()
        if y and answer.size != y[0].size:
            raise ValueError(f"{name}, y: {answer.size} numbers at {i}, {y[0].size} before")
        y.append(answer)
    if not X:
        raise ValueError(f"{name}: no example given; a zip or generator that was used before is empty")
    return _stacked(X, net.dtype), np.stack(y) if y[0].size > 1 else np.concatenate(y)


def _answer(name: str, y: Any, i: int) -> np.ndarray:
    """Return the label or target of pair i of an argument as numbers."""
    try:
        return numeric(f"{name}, y", y)
    except TypeError:
        word = y[0] if isinstance(y, (list, tuple, np.ndarray)) and np.shape(y) == (1,) else y
        if not isinstance(word, str):
            raise
        remedy = _count_words(name, word.isdecimal())
        raise TypeError(f"{name}, y: numbers needed, got {word!r:.30} at {i}; {remedy}") from None


def _count_words(name: str, are_numbers: bool) -> str:
    """Say how the text in the pairs of an argument becomes labels."""
    data = name if name.isidentifier() else "data"
    if are_numbers:
        return f"labels that came as text: {data} = [(x, int(y)) for x, y in {data}]"
    return (
        f"classes from words: pairs = list({data}); names, y = np.unique([y for _, y in pairs], "
        f"return_inverse=True); {data} = [(x, k) for (x, _), k in zip(pairs, y)]. {SAME_NAMES}"
    )


def _stacked(X: list[np.ndarray], dtype: str) -> np.ndarray:
    """Return vectors as the rows of one array: of bytes if all are bytes, otherwise of reals."""
    kinds = {x.dtype for x in X}
    if kinds == {np.dtype(np.uint8)}:
        return np.stack(X)
    reals = np.empty((len(X), len(X[0])), dtype)
    with np.errstate(over="ignore"):  # an infinity is refused with the rows
        for row, x in zip(reals, X, strict=True):
            row[:] = x * BYTE if x.dtype == np.uint8 else x
    return reals
