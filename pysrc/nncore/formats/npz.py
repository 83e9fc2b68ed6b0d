"""`write` puts a description and arrays into one ``.npz`` file, and `read` reads and checks them.

The file is a zip of ``.npy`` entries that are not compressed, so ``numpy.load(path)`` opens it too. There is
no pickle in it. The entry ``description`` is a string of JSON:

    {"format": "nncore", "version": 2, "description": {...}}

Version 2 adds what training needs to go on (see `nncore._persistence`). Files of version 1 are read as well.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore.files.atomic import new_file
from nncore.files.kinds import check_suffix, refusal
from nncore.files.npy import DESCRIPTION, NUMBERS, check_sizes, open_zip, read_array, size_of
from nncore.files.streams import open_file, refuse_all_but_files

FORMAT = "nncore"
VERSION = 2
READABLE = (1, 2)
MOST_PARTS = 4_000_000  # strings, lists and objects in a description: each takes more memory than its text
DEEPEST = 50  # how deep lists and objects may nest in a description; nncore's nest six deep


class Entries(dict[str, Any]):
    """Entries are a dict of a file: it says by a ValueError which of them is not there."""

    def __missing__(self, name: str) -> Any:
        raise ValueError(f"it has no entry {name!r:.80}")


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
        An array has the reserved name "description"; there is something else than a file at the path; or
        the path has the suffix of another format, such as .onnx or .h.
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
    check_suffix(path)
    path = Path(os.path.realpath(path))  # through a symbolic link, which stays
    if path.exists():
        refuse_all_but_files(path, to_write=True)
    text = json.dumps({"format": FORMAT, "version": VERSION, "description": description})
    _parse(text)  # what is written can be read again
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
    with open_file(path) as file:
        try:
            with open_zip(file) as archive:
                entries = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
                if DESCRIPTION not in entries:
                    raise ValueError("it has no entry 'description'")
                for name, entry in entries.items():
                    if entry.compress_type != zipfile.ZIP_STORED:
                        raise ValueError(f"its entry {name!r:.80} is compressed")
                check_sizes(archive, size_of(file))
                text = read_array(archive, entries.pop(DESCRIPTION), kinds="U").item()
                content = _parse(text)
                arrays = Entries((name, read_array(archive, entry)) for name, entry in entries.items())
        except MemoryError:
            raise
        except Exception as error:  # zipfile, json, NumPy and seek raise different ones for damaged files
            raise refusal(path, "a whole file of nncore's", error, own="network ensemble") from error
    if content.get("version") not in READABLE:
        raise ValueError(
            f"{path}: expected version 1 to {VERSION} of the format, got {content.get('version')!r:.80}; "
            "a newer nncore may read it"
        )
    if not isinstance(content.get("description"), dict):
        raise ValueError(f"{path}: its description is missing; save it again or take another copy")
    return content["description"], arrays


def _parse(text: str) -> dict[str, Any]:
    """Return what the JSON of a description holds, if it is not out of all proportion."""
    if sum(map(text.count, '[{"')) > MOST_PARTS:
        raise ValueError(f"its description has more than {MOST_PARTS} parts")
    content = json.loads(text, object_hook=Entries)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"its description does not say format {FORMAT!r}")
    check_depth(content, DEEPEST)
    return content


def check_depth(content: Any, deepest: int) -> None:
    """Refuse lists and dicts, one in another, of more than this depth. Messages may spell them out."""
    level = [content]
    for _ in range(deepest):
        level = [
            inner
            for outer in level
            if isinstance(outer, list | dict)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, list | dict)
        ]
        if not level:
            return
    raise ValueError(f"it nests lists more than {deepest} deep")
