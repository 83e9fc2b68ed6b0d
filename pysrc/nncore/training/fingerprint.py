"""A `Sample` holds some examples of a training set, to tell it from others; hashes tell examples apart.

Taking a sample copies at most two megabytes. Hashes and means need more time, and are computed when somebody
asks for them. The hash of an example is computed from the float32 numbers that a network sees, so that bytes
and floats of the same pixels have the same one: the 16-bit halves of the numbers, times fixed weights, are
summed. All sums stay below 2**53, so float64 holds them exactly, in whatever order a machine adds them up.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np

from nncore import _validation
from nncore._validation import Examples, Names, UsualInputs
from nncore.datasets import Dataset

MOST_ROWS, MOST_NUMBERS = 512, 1 << 19  # of a sample
ROWS_AT_ONCE = 512


class Sample(NamedTuple):
    """A Sample has the bytes of evenly spaced examples: two of the same training set are equal."""

    n: int
    n_in: int
    dtype: np.dtype[Any]
    targets: str  # what the targets are
    name: str | None
    names: Names  # of the columns and of the classes
    X: bytes
    y: bytes
    answers_dtype: np.dtype[Any]

    @classmethod
    def of(cls, data: Any, given: Examples) -> Sample:
        """Return a sample of `data`, which were checked as `given`."""
        name = getattr(data, "name", None) or None
        return cls._of_arrays(given.X, given.y, given.kind, name, Names.of(data))

    @classmethod
    def of_images(cls, data: Dataset, n: int) -> Sample:
        """Return the sample that a training on the first n images of a Dataset takes."""
        X = data.images[:n].reshape(n, -1)
        return cls._of_arrays(X, data.labels[:n], _validation.CLASSES, data.name, Names.of(data))

    @classmethod
    def _of_arrays(cls, X: np.ndarray, y: np.ndarray, targets: str, name: str | None, names: Names) -> Sample:
        n, n_in = X.shape
        most = min(MOST_ROWS, max(16, MOST_NUMBERS // n_in))
        if n > most:
            step = n // most
            X, y = X[::step][:most], y[::step][:most]
        return cls(n, n_in, X.dtype, targets, name, names, X.tobytes(), y.tobytes(), y.dtype)

    @property
    def rows(self) -> np.ndarray:
        """The inputs of the sample, (rows, n_in), bytes or reals."""
        return np.frombuffer(self.X, self.dtype).reshape(-1, self.n_in)

    @property
    def usual(self) -> UsualInputs:
        """The range, mean and mean square of the inputs, and the names of columns and classes."""
        return UsualInputs.of(self.rows, self.names)

    def row_hashes(self) -> np.ndarray:
        """Return a hash of the inputs of each example of the sample."""
        return hashes(self.rows)

    def hash(self) -> str:
        """Return a hash of the sample, and of the number of all examples."""
        y = np.frombuffer(self.y, self.answers_dtype).reshape(len(self.rows), -1)
        if y.shape[1] > 1 and self.targets == _validation.CLASSES:
            y = y.argmax(axis=1)  # unit vectors are labels
        y = y.astype("<f4")
        parts = (f"{self.n} {self.n_in}".encode(), self.row_hashes().astype("<u8").tobytes(), y.tobytes())
        return hashlib.blake2b(b"|".join(parts), digest_size=8).hexdigest()


def hashes(rows: np.ndarray) -> np.ndarray:
    """Return a hash (n,) of each row (n, n_in) of bytes or reals, as uint64."""
    width = 2 * rows.shape[1]
    bits = max(1, 37 - width.bit_length())  # 16 bits of a half, and these of a weight, summed over the width
    drawn = np.arange(1, width + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)  # modulo 2**64
    weights = ((drawn >> np.uint64(64 - bits)) | np.uint64(1)).astype(np.float64)
    found = np.empty(len(rows), np.uint64)
    for first in range(0, len(rows), ROWS_AT_ONCE):
        with np.errstate(over="ignore"):  # numbers beyond float32 hash as infinities
            some = _validation.seen(rows[first : first + ROWS_AT_ONCE]).astype("<f4") + np.float32(0)  # no -0
        halves = np.ascontiguousarray(some, "<f4").view("<u2").astype(np.float64)
        found[first : first + ROWS_AT_ONCE] = (halves @ weights).astype(np.uint64)
    return found


def matches(sample: np.ndarray, rows: np.ndarray) -> int:
    """Return how many of the hashes of a sample are those of some of the rows (n, n_in)."""
    return int(np.isin(sample, hashes(rows)).sum())


def all_among(rows: np.ndarray, data: Dataset) -> bool:
    """Return whether all of the rows (n, n_in) are images of a Dataset."""
    return bool(np.isin(hashes(rows), hashes(data.images.reshape(len(data), -1))).all())


def weights_text(given: Examples) -> str | None:
    """Return the range and a hash of the weights of checked examples, as text; None if each counts as 1."""
    if given.weights is None:
        return None
    weights = given.weights.astype("<f4")  # so that both dtypes of a network have one hash
    digest = hashlib.blake2b(weights.tobytes(), digest_size=8).hexdigest()
    return f"{weights.min():.4g} to {weights.max():.4g}, hash {digest}"
