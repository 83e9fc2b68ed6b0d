"""This module reads NumPy's .npy, alone or in a zip file, and takes no memory that the file only claims.

Nothing in such a file can run: the header of an entry is matched against what NumPy writes, not evaluated,
and arrays of objects, which are pickles, are refused.
"""

from __future__ import annotations

import math
import os
import re
import zipfile
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from nncore.files.streams import fill, open_file

MOST_DIRECTORY = 4_000_000  # bytes of a zip file's list of names: about 60,000 entries
NUMBERS = "biufc"  # the kinds of dtype that are numbers
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # NumPy's; bzip2 and LZMA may take any memory
DESCRIPTION = "description"  # the entry of a file of nncore's that says what the arrays are
KERAS_NAMES = {"x_train", "y_train", "x_test", "y_test"}  # the arrays of Keras' mnist.npz

# NumPy writes the header of every .npy like this. Reading it needs no evaluation of Python code.
HEADER = re.compile(
    r"\{'descr': '([<>|][biufcU]\d{1,9})', 'fortran_order': (True|False), 'shape': \(([\d, L]*)\), \} *\n"
)


def size_of(file: IO[bytes]) -> int:
    """Return the number of bytes of an open file."""
    return os.fstat(file.fileno()).st_size


class _Directory:
    """A file of which no single read takes more than `MOST_DIRECTORY` bytes, while its names are read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.opening = file, True
        self.seek, self.tell, self.seekable, self.close = file.seek, file.tell, file.seekable, file.close

    def read(self, size: int = -1) -> bytes:
        if not self.opening:
            return self.file.read(size)
        there_are = max(0, size_of(self.file) - self.tell())
        if (there_are if size < 0 else min(size, there_are)) > MOST_DIRECTORY:
            raise ValueError(f"its list of names takes more than {MOST_DIRECTORY} bytes")
        return self.file.read(size)


def open_zip(file: IO[bytes]) -> zipfile.ZipFile:
    """Open a zip file whose list of names is not too long for the memory.

    Raises
    ------
    ValueError
        The file is damaged. (The module zipfile raises many kinds of errors.)
    """
    bounded = _Directory(file)
    try:
        archive = zipfile.ZipFile(cast(Any, bounded))
    except MemoryError:
        raise
    except Exception as error:
        raise ValueError(f"{error}") from error
    bounded.opening = False
    return archive


def check_sizes(archive: zipfile.ZipFile, most: int) -> None:
    """Refuse entries that together claim more than `most` bytes, or two of one name, or that are not .npy."""
    entries = archive.infolist()
    if len({entry.filename for entry in entries}) < len(entries):
        raise ValueError("it has two entries of one name")
    for entry in entries:
        if not entry.filename.endswith(".npy"):
            raise ValueError(f"its entry {entry.filename!r:.80} is not .npy")
    if sum(entry.file_size for entry in entries) > most:
        raise ValueError(f"its entries claim more than the {most} bytes that it can hold")


def read_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, kinds: str = NUMBERS) -> NDArray[Any]:
    """Read one array, after checking that its shape and dtype fit the bytes that are there.

    Parameters
    ----------
    archive, entry
        The zip file, whose sizes `check_sizes` has checked, and one of its entries.
    kinds : str
        The kinds of dtype that the array may have, as NumPy abbreviates them.

    Raises
    ------
    ValueError, EOFError, zipfile.BadZipFile and what else zipfile raises
        The entry is damaged or holds something else.
    """
    with archive.open(entry) as stream:
        return _read(stream, entry.filename, entry.file_size, kinds)


def read_file(path: str | os.PathLike[str], kinds: str = NUMBERS) -> NDArray[Any]:
    """Read an array that NumPy saved into a file of its own (.npy).

    Raises
    ------
    ValueError
        The file is damaged or holds other things than numbers; the message names the file.
    """
    with open_file(path) as file:
        try:
            return _read(file, "it", size_of(file), kinds)
        except (ValueError, TypeError, EOFError, OverflowError) as error:
            raise ValueError(f"{path}: expected an array that NumPy saved, but {error}") from error


def _read(stream: IO[bytes], name: str, size: int, kinds: str) -> NDArray[Any]:
    """Read an array from a stream of so many bytes."""
    prefix = stream.read(10)  # b"\x93NUMPY", the version, the header's length
    if prefix[:8] != b"\x93NUMPY\x01\x00":
        raise ValueError(f"{name} is not .npy of version 1.0")
    length = int.from_bytes(prefix[8:], "little")
    header = HEADER.fullmatch(stream.read(length).decode("latin1"))
    if header is None:
        raise ValueError(f"{name} has a header that NumPy does not write")
    dtype = np.dtype(header[1])
    if dtype.kind not in kinds:
        raise ValueError(f"{name} has dtype {dtype}")
    shape = tuple(int(side.rstrip("L")) for side in header[3].split(",") if side.strip())
    count = math.prod(shape)
    if 10 + length + count * dtype.itemsize != size:
        raise ValueError(f"{name} says shape {shape} of {dtype} in {size} bytes")
    values = np.empty(count, dtype=dtype)
    fill(cast(Any, stream), memoryview(values.view(np.uint8)))
    if stream.read(1):  # it also compares the checksum of an entry of a zip
        raise ValueError(f"{name} has more bytes than its header says")
    return values.reshape(shape, order="F" if header[2] == "True" else "C")
