"""`pack` and `unpack` are the network inside an exported page: a header and arrays, as a text in the page.

The text is base85 of gzip of these bytes, which `play/static/net/load.js` reads as well:

    length of the header (4 bytes, the lowest first), header (JSON in UTF-8), the arrays one after the other

The header says which arrays they are:

    {"format": "nncore", "version": 1, "description": {...}, "page": {...},
     "arrays": [{"name": "weights_0", "type": "int16", "shape": [30, 784], "unit": 0.00012207}, ...]}

The numbers of an array of int16 are multiples of its unit. Of the numbers of an array the first bytes stand
together, then the second bytes, and so on, the lowest first: neighbours have much the same high byte, so gzip
finds more to leave out.

base85 has 5 letters for 4 bytes, where base64 has 5 1/3. Its letters are those of `base64.b85encode`, with a
comma in place of "<", which could begin an element.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import math
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.files.streams import LARGEST_DEFLATE_RATIO, MOST_UNPACKED, fill
from nncore.formats.npz import DEEPEST, FORMAT, Entries, check_depth

VERSION = 1
TYPES = {"int16": 2, "float32": 4, "uint8": 1}  # bytes of a number
PLACES = 13  # binary places that are kept of the largest number of an array, in multiples of a unit
GZIP = 31  # zlib's number for that container
OS_BYTE = 9
# zlib's memory and strategy, for texts; and for numbers, whose bytes hardly repeat: codes of short blocks
WAYS = ((9, zlib.Z_DEFAULT_STRATEGY), (6, zlib.Z_FILTERED))
MOST_HEADER = 4_000_000  # bytes of the header of a network of nncore's
MOST_PARTS = 100_000  # strings, lists and objects in the header


class Multiples(NamedTuple):
    """Numbers as multiples of a unit: int16, and a power of two."""

    counts: NDArray[np.int16]
    unit: float

    def reals(self) -> NDArray[np.float32]:
        """Return the numbers. Each is one of float16."""
        return self.counts.astype(np.float32) * np.float32(self.unit)


def multiples(array: NDArray[Any]) -> Multiples:
    """Round numbers to float16, and to multiples of 2^-13 times the power of two above the largest.

    Without the second, small numbers would keep places that the large ones beside them do not have; they
    would take a quarter of the bytes, and change no sum.
    """
    largest = float(np.abs(array).max(initial=0))
    exponent = math.frexp(largest)[1] if largest else 0
    unit = 2.0 ** (exponent - PLACES)
    halves = (np.rint(array.astype(np.float64) / unit) * unit).astype(np.float16)
    return Multiples(np.rint(halves.astype(np.float64) / unit).astype(np.int16), unit)


def packed(content: bytes) -> str:
    """Return bytes, compressed, as a text. The same bytes give the same text."""
    streams = [compressed(content, *how) for how in WAYS]
    return base64.b85encode(min(streams, key=len)).decode("ascii").replace("<", ",")


def compressed(content: bytes, memory: int, strategy: int) -> bytes:
    """Return bytes as gzip, without a time or the name of a system."""
    stream = zlib.compressobj(9, zlib.DEFLATED, GZIP, memory, strategy)
    found = stream.compress(content) + stream.flush()
    return found[:OS_BYTE] + b"\xff" + found[OS_BYTE + 1 :]


def pack(
    description: Mapping[str, Any], page: Mapping[str, Any], arrays: Mapping[str, NDArray[Any] | Multiples]
) -> str:
    """Return the text of a network.

    Parameters
    ----------
    description : dict
        What JSON can hold of the network, as `nncore._persistence` describes it.
    page : dict
        What the page shows besides, such as its title.
    arrays : mapping of str to ndarray of float32 or uint8, or Multiples
        Finite numbers.
    """
    places, bytes_apart = [], []
    for name, array in arrays.items():
        numbers = array.counts if isinstance(array, Multiples) else array
        place: dict[str, Any] = {"name": name, "type": numbers.dtype.name, "shape": list(numbers.shape)}
        places.append(place | ({"unit": array.unit} if isinstance(array, Multiples) else {}))
        bytes_apart.append(_bytes_of(numbers).T.tobytes())
    fields = {
        "format": FORMAT,
        "version": VERSION,
        "description": description,
        "page": page,
        "arrays": places,
    }
    header = json.dumps(fields, allow_nan=False, separators=(",", ":")).encode()
    return packed(b"".join([len(header).to_bytes(4, "little"), header, *bytes_apart]))


def _bytes_of(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the bytes of each number as a row, the lowest first."""
    flat = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(-1)
    return flat.view(np.uint8).reshape(flat.size, flat.itemsize)


def unpack(text: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the header and the arrays of a text that `pack` returned.

    Memory is taken as the bytes arrive, and no more than the header claims, which is no more than the text
    can hold.

    Raises
    ------
    ValueError
        The text is damaged, or nncore did not write it.
    """
    try:
        content = base64.b85decode(text.replace(b",", b"<"))
    except ValueError as error:
        raise ValueError(f"its network is no base85 ({error})") from error
    most = min(len(content) * LARGEST_DEFLATE_RATIO, MOST_UNPACKED)
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
        try:
            header = _header(stream, most)
            arrays = Entries((place["name"], _array(stream, place)) for place in header["arrays"])
            if stream.read(1):
                raise ValueError("it goes on after its arrays")
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"its network is cut off or damaged ({error})") from error
    return header, arrays


def _header(stream: gzip.GzipFile, most: int) -> dict[str, Any]:
    """Read the header, and check that its arrays have fewer bytes than `most`."""
    length = int.from_bytes(_bytes(stream, 4), "little")
    if length > min(most, MOST_HEADER):
        raise ValueError(f"its header claims {length:,} bytes")
    text = _bytes(stream, length)
    if sum(map(text.count, (b"[", b"{", b'"'))) > MOST_PARTS:
        raise ValueError(f"its header has more than {MOST_PARTS:,} parts")
    header = json.loads(text.decode(), object_hook=Entries)
    check_depth(header, DEEPEST)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError(f"its header does not say format {FORMAT!r}")
    if header["version"] != VERSION:
        raise ValueError(
            f"expected version {VERSION}, got {header['version']!r:.80}; a newer nncore may read it"
        )
    if not isinstance(header["description"], dict) or not isinstance(header["arrays"], list):
        raise ValueError("its header has no description or no list of arrays")
    sizes = [_size(place) for place in header["arrays"]]
    if sum(sizes) > most:
        raise ValueError(f"its arrays claim {sum(sizes):,} bytes, more than it can hold")
    if len({place["name"] for place in header["arrays"]}) < len(sizes):
        raise ValueError("it has two arrays of one name")
    return header


def _size(place: Any) -> int:
    """Return the bytes of an array, from its entry in the header."""
    if not isinstance(place, dict) or not isinstance(place["name"], str):
        raise ValueError("an entry of its arrays has no name")
    shape, width = place["shape"], TYPES.get(place["type"]) if isinstance(place["type"], str) else None
    whole = isinstance(shape, list) and all(
        type(side) is int and 0 <= side <= MOST_UNPACKED for side in shape
    )
    if width is None or not whole or len(shape) > 4:
        raise ValueError(f"its array {place['name']!r:.80} has no shape, or numbers of an unknown type")
    unit = place.get("unit", 1.0)
    if (place["type"] == "int16") != ("unit" in place) or type(unit) is not float or not 0 < unit < math.inf:
        raise ValueError(f"its array {place['name']!r:.80} has no unit that numbers can be multiples of")
    return math.prod(shape) * width


def _array(stream: gzip.GzipFile, place: Mapping[str, Any]) -> NDArray[Any]:
    """Read an array."""
    dtype = np.dtype(place["type"]).newbyteorder("<")
    apart = np.empty((dtype.itemsize, math.prod(place["shape"])), np.uint8)
    fill(stream, memoryview(apart.reshape(-1)))
    joined: NDArray[Any] = np.ascontiguousarray(apart.T).view(dtype).reshape(place["shape"])
    if "unit" in place:
        return Multiples(joined, place["unit"]).reals()
    return joined.astype(dtype.newbyteorder("="), copy=False)


def _bytes(stream: gzip.GzipFile, n: int) -> bytes:
    """Read n bytes."""
    buffer = bytearray(n)
    fill(stream, memoryview(buffer))
    return bytes(buffer)
