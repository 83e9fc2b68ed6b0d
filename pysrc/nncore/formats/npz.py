"""`write` puts a description and arrays into one ``.npz`` file, and `read` reads and checks them.

The file is a zip of ``.npy`` entries that are not compressed, so ``numpy.load(path)`` opens it too. There is
no pickle in it. The entry ``description`` is a string of JSON:

    {"format": "nncore", "version": 2, "description": {...}}

Version 2 adds what training needs to go on (see `nncore._persistence`). Files of version 1 are read as well.
"""

from __future__ import annotations

import json
import math
import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore.formats.atomic import new_file

FORMAT = "nncore"
VERSION = 2
READABLE = (1, 2)
DESCRIPTION = "description"  # the entry's name; no array may have it
NUMBERS = "biufc"  # the kinds of dtype that are numbers

# NumPy writes the header of every .npy like this. Reading it needs no evaluation of Python code.
HEADER = re.compile(
    r"\{'descr': '([<>|][biufcU]\d{1,9})', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\), \} *\n"
)


def write(
    path: str | os.PathLike[str], description: dict[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Write a description and arrays to exactly this path (no suffix is added), whole or not at all.

    The bytes are written to a new file beside it and flushed to the disk, and then replace the old file in
    one step. So a crash at any moment leaves the old file whole. The same contents give the same bytes.

    Parameters
    ----------
    path : path
        The file. Its contents are replaced, and its permissions are kept.
    description : dict
        What JSON can hold.
    arrays : mapping of str to ndarray
        Arrays of numbers, of any shape.

    Raises
    ------
    TypeError
        The description holds something that JSON cannot hold, or an array holds other things than numbers.
    ValueError
        An array has the reserved name "description", or there is something else than a file at the path.
    OSError
        The file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> from nncore.formats import npz
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "small.npz")
    ...     npz.write(path, {"sizes": [2, 1]}, {"weights": np.array([[0.5, -1.0]])})
    ...     npz.read(path)
    ({'sizes': [2, 1]}, {'weights': array([[ 0.5, -1. ]])})
    """
    path = Path(os.path.realpath(path))  # through a symbolic link, which stays
    if path.exists() and not path.is_file():
        raise ValueError(f"path: expected a file to write, got {path}, which is something else")
    text = json.dumps({"format": FORMAT, "version": VERSION, "description": description})
    contents = {DESCRIPTION: np.array(text)}
    for name, array in arrays.items():
        if name in contents:
            raise ValueError(f"arrays: the name {name!r} is taken by the file's own entry; choose another")
        contents[name] = np.asarray(array)
        if contents[name].dtype.kind not in NUMBERS:
            raise TypeError(f"arrays: {name!r} has dtype {contents[name].dtype}, only numbers can be written")
    with new_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in contents.items():
            entry = zipfile.ZipInfo(f"{name}.npy")  # without the time of day
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, version=(1, 0), allow_pickle=False)


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read a description and arrays that `write` wrote, as the example of `write` shows.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    description : dict
    arrays : dict of str to ndarray
        Writable, of the dtypes and shapes that were written.

    Raises
    ------
    ValueError
        The file is damaged, was not written by nncore, or was written by a newer nncore; the message names
        the file. No memory is taken for what it only claims to hold.
    OSError
        The file cannot be opened.
    """
    with open(path, "rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                entries = archive.infolist()
                _check_sizes(entries, os.fstat(file.fileno()).st_size)
                arrays = {
                    entry.filename.removesuffix(".npy"): _read_array(archive, entry) for entry in entries
                }
            content = json.loads(arrays.pop(DESCRIPTION).item())
            if not isinstance(content, dict) or content.get("format") != FORMAT:
                raise ValueError(f"its description does not say format {FORMAT!r}")
        except MemoryError:
            raise
        except Exception as error:  # zipfile, json, NumPy and seek raise different ones for damaged files
            raise ValueError(
                f"{path}: expected a whole file of nncore's, {error}; save it again or take another copy"
            ) from error
    if content.get("version") not in READABLE:
        raise ValueError(
            f"{path}: expected version 1 to {VERSION} of the format, got {content.get('version')!r}; "
            "a newer nncore may read it"
        )
    if not isinstance(content.get("description"), dict):
        raise ValueError(f"{path}: its description is missing; save it again or take another copy")
    return content["description"], arrays


def _check_sizes(entries: list[zipfile.ZipInfo], most: int) -> None:
    """Refuse entries that together claim more bytes than the file has. None may be compressed."""
    names = {entry.filename for entry in entries}
    if f"{DESCRIPTION}.npy" not in names or len(names) < len(entries):
        raise ValueError("it has no entry 'description', or two entries of one name")
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED or not entry.filename.endswith(".npy"):
            raise ValueError(f"its entry {entry.filename!r} is compressed or is not .npy")
    if sum(entry.file_size for entry in entries) > most:
        raise ValueError(f"its entries claim more than the {most} bytes that it has")


def _read_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[Any]:
    """Read one array, after checking that its shape and dtype fit the bytes that are there."""
    with archive.open(entry) as stream:
        prefix = stream.read(10)  # b"\x93NUMPY", the version, the header's length
        if prefix[:8] != b"\x93NUMPY\x01\x00":
            raise ValueError(f"{entry.filename} is not .npy of version 1.0")
        length = int.from_bytes(prefix[8:], "little")
        header = HEADER.fullmatch(stream.read(length).decode("latin1"))
        if header is None:
            raise ValueError(f"{entry.filename} has a header that NumPy does not write")
        dtype = np.dtype(header[1])
        if dtype.kind not in (NUMBERS if entry.filename != f"{DESCRIPTION}.npy" else "U"):
            raise ValueError(f"{entry.filename} has dtype {dtype}")
        shape = tuple(int(side) for side in header[3].split(",") if side.strip())
        count = math.prod(shape)
        if 10 + length + count * dtype.itemsize != entry.file_size:
            raise ValueError(f"{entry.filename} says shape {shape} of {dtype} in {entry.file_size} bytes")
        values = np.empty(count, dtype=dtype)
        buffer = memoryview(values.view(np.uint8))
        if stream.readinto(buffer) < len(buffer):  # type: ignore[attr-defined]
            raise EOFError(f"{entry.filename} ends early")
    return values.reshape(shape, order="F" if header[2] == "True" else "C")
