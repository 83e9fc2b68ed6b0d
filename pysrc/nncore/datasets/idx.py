"""`read_idx` reads the IDX format, in which MNIST is published: a magic number, the dimensions, the bytes."""

from __future__ import annotations

import math
import os
import struct
from typing import TYPE_CHECKING

import numpy as np

from nncore._entries import sealed
from nncore.datasets.dataset import Dataset
from nncore.files.kinds import refusal
from nncore.files.streams import fill, open_data

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNSIGNED_BYTES = 8  # the third byte of the magic number says what the numbers are


def read_idx(path: str | os.PathLike[str], shape: tuple[int, ...] | None = None) -> NDArray[np.uint8]:
    """Read an IDX file of bytes: one of MNIST's files, or another data set in its format.

    Parameters
    ----------
    path : path
        The file, plain or gzip.
    shape : tuple of ints, optional
        The shape that the file must have. By default any shape is accepted.

    Returns
    -------
    ndarray of uint8
        Images of shape (n, rows, cols), or labels of shape (n,).

    Raises
    ------
    ValueError
        The file is not IDX, holds other numbers than bytes, has another shape, or is cut off, damaged or
        too long. The message says what the file is.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from nncore.datasets import read_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "labels-idx1-ubyte")
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1]) + bytes([0, 0, 0, 3]) + bytes([5, 0, 4]))
    ...     read_idx(path)
    array([5, 0, 4], dtype=uint8)
    """
    with open_data(path) as (stream, most):
        magic = stream.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0" or not 1 <= magic[3] <= 4:
            raise refusal(path, "an IDX file of 1 to 4 dimensions", f"it begins with {magic!r}", own="idx")
        if magic[2] != UNSIGNED_BYTES:
            raise ValueError(f"{path}: expected an IDX file of unsigned bytes (type 8), got type {magic[2]}")
        header = stream.read(4 * magic[3])
        if len(header) < 4 * magic[3]:
            raise EOFError("the dimensions are not complete")
        found = struct.unpack(f">{magic[3]}I", header)
        size = math.prod(found)  # Python's ints do not overflow
        if shape is not None and found != shape:
            raise ValueError(f"{path}: expected shape {shape}, its header says {found}")
        if not 0 < size <= most:
            raise ValueError(f"{path}: a file of this length cannot hold what its header says, shape {found}")
        data = np.empty(found, dtype=np.uint8)
        fill(stream, memoryview(data).cast("B"))
        if stream.read(1):
            raise ValueError(f"{path}: more bytes than its header says, shape {found}; get the file again")
    return data


def read_pair(images: str | os.PathLike[str], labels: str | os.PathLike[str]) -> Dataset:
    """Read an IDX file of images and an IDX file of their labels into a Dataset."""
    X, y = read_idx(images), read_idx(labels)
    if X.ndim not in (2, 3):
        raise ValueError(f"{images}: expected images, (n, rows, cols), got shape {X.shape}")
    if y.shape != (len(X),):
        raise ValueError(
            f"{labels}: expected {len(X)} labels, one for each image of {os.path.basename(images)}, "
            f"got shape {y.shape}; get both files again, from one place"
        )
    return Dataset(sealed(X), y)
