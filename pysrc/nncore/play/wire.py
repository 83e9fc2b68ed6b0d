"""`pack` makes bytes of a message, and `unpack` a message of bytes. A message is JSON with arrays inside it.

    bytes 0 to 3      the length of the header, little-endian
    the header        JSON: {"screen": "draw", "content": {...}, "lengths": [3136, 40]}
    zeros             up to a multiple of 8
    the buffers       as many bytes as `lengths` says, each with zeros up to a multiple of 8

An array stands in the content as {"array": 0, "type": "float32", "shape": [28, 28]}, and buffer 0 has its
numbers, little-endian, row by row. Arrays carry NaN and infinities. JSON has none: a number outside of an
array that is not finite is sent as null, and one that comes is refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

TYPES = {
    name: np.dtype(name).newbyteorder("<")
    for name in ("float32", "float64", "uint8", "int8", "uint16", "int32")
}
ARRAY = frozenset({"array", "type", "shape"})  # the keys of what stands for an array
MOST_BYTES = 40_000_000  # of a message that comes: a photo
MOST_HEADER = 1_000_000
MOST_BUFFERS = 64
MOST_PARTS = 100_000  # strings, lists and objects in a header: each takes more memory than its text
DEEPEST = 32
MOST_DIMENSIONS = 8
LARGEST_WHOLE = 1 << 53  # JavaScript's numbers are exact so far
STEP = 8  # buffers begin at multiples of this


class MalformedMessage(ValueError):
    """The bytes are no message. Who sent them is not our page."""


class Message(NamedTuple):
    """A Message is for, or from, a screen; "" is the page itself."""

    screen: str
    content: dict[str, Any]


def pack(screen: str, content: Mapping[str, Any]) -> bytes:
    """Return the bytes of a message.

    Parameters
    ----------
    screen : str
    content : mapping
        Strings, numbers, None, booleans, lists, mappings with names, and arrays of one of `TYPES`.

    Raises
    ------
    TypeError
        The content holds something else.
    ValueError
        A whole number is beyond 2**53, where JavaScript's are no longer exact; or a mapping has the key
        "array", which stands for an array.

    Examples
    --------
    >>> import numpy as np
    >>> unpack(pack("draw", {"with": {"pixels": np.zeros(3, np.float32)}, "cost": math.inf})).content
    {'with': {'pixels': array([0., 0., 0.], dtype=float32)}, 'cost': None}
    """
    buffers: list[np.ndarray] = []
    plain = without_arrays(content, buffers)
    lengths = [buffer.nbytes for buffer in buffers]
    header = json.dumps(
        {"screen": screen, "content": plain, "lengths": lengths}, allow_nan=False, separators=(",", ":")
    ).encode()
    parts: list[Any] = [len(header).to_bytes(4, "little"), header, bytes(-(4 + len(header)) % STEP)]
    for buffer in buffers:
        parts += [buffer.data if buffer.size else b"", bytes(-buffer.nbytes % STEP)]
    return b"".join(parts)


def without_arrays(value: Any, buffers: list[np.ndarray]) -> Any:
    """Return what JSON can hold in place of a value, and append its arrays to `buffers`."""
    if value is None or isinstance(value, (str, bool, np.bool_)):
        return bool(value) if isinstance(value, np.bool_) else value
    if isinstance(value, np.ndarray):
        return _array(value, buffers)
    if isinstance(value, (int, np.integer)):
        if abs(int(value)) > LARGEST_WHOLE:
            raise ValueError(f"a whole number of at most 2**53 needed, got {value}: send it as text")
        return int(value)
    if isinstance(value, (float, np.floating)):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, Mapping):
        if "array" in value:
            raise ValueError('a mapping with the key "array" stands for an array: take another name')
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"keys that are text needed, got {key!r:.60}")
        return {key: without_arrays(each, buffers) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_arrays(each, buffers) for each in value]
    raise TypeError(f"a message holds JSON and arrays, got {type(value).__name__}")


def _array(array: np.ndarray, buffers: list[np.ndarray]) -> dict[str, Any]:
    """Append an array to the buffers, and return what stands for it."""
    name = array.dtype.newbyteorder("=").name
    if name not in TYPES:
        raise TypeError(f"an array of {', '.join(TYPES)} needed, got {array.dtype}: convert it")
    buffers.append(np.ascontiguousarray(array, TYPES[name]).reshape(-1))
    return {"array": len(buffers) - 1, "type": name, "shape": list(array.shape)}


def unpack(data: bytes) -> Message:
    """Return the message that these bytes are. Every array in it is a copy that the caller may keep.

    All lengths, types and shapes are checked before memory is taken for them, and each buffer is one array:
    so a message takes a few times its own size at most.

    Raises
    ------
    MalformedMessage
        They are no message, or one beyond the limits of this module.
    """
    if len(data) > MOST_BYTES:
        raise MalformedMessage(f"a message of at most {MOST_BYTES:,} bytes needed, got {len(data):,}")
    length = int.from_bytes(data[:4], "little")
    if len(data) < 4 or length > min(MOST_HEADER, len(data) - 4):
        raise MalformedMessage("the header is longer than the message, or than a megabyte")
    header = _parse(data[4 : 4 + length])
    screen, content, lengths = header["screen"], header["content"], header["lengths"]
    if not isinstance(screen, str) or not isinstance(content, dict):
        raise MalformedMessage("screen is no text, or content no object")
    if not isinstance(lengths, list) or len(lengths) > MOST_BUFFERS or not all(map(_is_size, lengths)):
        raise MalformedMessage(f"lengths: a list of at most {MOST_BUFFERS} whole numbers needed")
    view, buffers = memoryview(data), []
    end = 4 + length
    for wanted in (0, *lengths):
        begin = end
        end += wanted + -(end + wanted) % STEP
        if end > len(data) or any(view[begin + wanted : end]):
            raise MalformedMessage("the buffers are not as long as lengths says, or not padded with zeros")
        buffers.append(view[begin : begin + wanted])
    if end != len(data):
        raise MalformedMessage(f"{len(data) - end} bytes too many at the end")
    return Message(screen, with_arrays(content, dict(enumerate(buffers[1:])), DEEPEST))


def _parse(text: bytes) -> dict[str, Any]:
    """Return the header, if its JSON has no more parts than a page would send."""
    if sum(map(text.count, (b"[", b"{", b'"'))) > MOST_PARTS:
        raise MalformedMessage(f"the header has more than {MOST_PARTS} parts")
    try:
        header = json.loads(text.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise MalformedMessage(f"the header is no JSON ({error!s:.80})") from None
    if not isinstance(header, dict) or set(header) != {"screen", "content", "lengths"}:
        raise MalformedMessage("the header needs screen, content and lengths, and nothing else")
    return header


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number of JSON")


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MOST_BYTES


def with_arrays(value: Any, buffers: dict[int, memoryview], deepest: int) -> Any:
    """Put arrays where they belong in a value, and return it.

    Each array takes its buffer away, so that no buffer is copied twice.
    """
    if isinstance(value, (dict, list)) and not deepest:
        raise MalformedMessage(f"lists and objects nest more than {DEEPEST} deep")
    if isinstance(value, list):
        for i, each in enumerate(value):
            value[i] = with_arrays(each, buffers, deepest - 1)
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise MalformedMessage("a number is beyond the largest, 1.8e308")
    if not isinstance(value, dict):
        return value
    if "array" not in value:
        for key, each in value.items():
            value[key] = with_arrays(each, buffers, deepest - 1)
        return value
    if set(value) != ARRAY:
        raise MalformedMessage("an array needs array, type and shape, and nothing else")
    index, name, shape = value["array"], value["type"], value["shape"]
    if type(index) is not int or index not in buffers:
        raise MalformedMessage("an array names a buffer that is not there, or that another array has")
    if not isinstance(name, str) or name not in TYPES:
        raise MalformedMessage(f"an array of {', '.join(TYPES)} needed, got {name!r:.40}")
    if not isinstance(shape, list) or len(shape) > MOST_DIMENSIONS or not all(map(_is_size, shape)):
        raise MalformedMessage(
            f"a shape of at most {MOST_DIMENSIONS} whole numbers needed, got {shape!r:.60}"
        )
    buffer, dtype = buffers.pop(index), TYPES[name]
    if math.prod(shape) * dtype.itemsize != len(buffer):
        raise MalformedMessage(f"a buffer of {len(buffer)} bytes is no array of {name} and shape {shape}")
    try:
        return np.frombuffer(buffer, dtype).reshape(shape).astype(name, copy=True)
    except ValueError:  # no number at all, and sides whose product NumPy cannot count
        raise MalformedMessage(f"a shape that an array can have needed, got {shape}") from None
