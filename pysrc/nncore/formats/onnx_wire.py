"""`check` looks through an ONNX file before protobuf makes objects of it, which may take much more memory.

A file of protobuf is a sequence of fields: a number that says which field and of which kind, and its value. A
field of two bytes may become an object of a hundred. So the numbers of tensors, which take what they have in
the file, are counted apart from all else, and all else may only be little: a network of nncore's, and those
that PyTorch and Keras export, have a few thousand bytes of it for each layer.
"""

from __future__ import annotations

MOST_FIELDS = 100_000
MOST_DESCRIBED = 4_000_000  # bytes of the file that are not numbers of tensors

# Messages that are looked into: {field: message}. "numbers" are those of a tensor.
MESSAGES: dict[str, dict[int, str]] = {
    "model": {7: "graph"},
    "graph": {1: "node", 5: "tensor"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor"},
    "tensor": {4: "numbers", 9: "numbers", 10: "numbers"},  # float_data, raw_data, double_data
}
VARINT, EIGHT_BYTES, BYTES, FOUR_BYTES = 0, 1, 2, 5  # kinds of values


def check(content: bytes) -> None:
    """Refuse what is no protobuf, or would take much more memory than the file.

    Raises
    ------
    ValueError
        The message says what is wrong.
    """
    fields = described = 0
    todo = [("model", 0, len(content))]  # messages: (name, begin, end)
    while todo:
        message, at, end = todo.pop()
        inner = MESSAGES[message]
        while at < end:
            key, at = _varint(content, at, end)
            fields, start = fields + 1, at
            field, kind = key >> 3, key & 7
            if kind == BYTES:
                length, at = _varint(content, at, end)
                start, at = at, at + length
                if inner.get(field, "") in MESSAGES:
                    todo.append((inner[field], start, at))
                    start = at
                elif inner.get(field) == "numbers":
                    start = at
            elif kind == VARINT:
                _, at = _varint(content, at, end)
            elif kind in (EIGHT_BYTES, FOUR_BYTES):
                at += 8 if kind == EIGHT_BYTES else 4
            else:
                raise ValueError(f"there is no value at byte {start} where one is needed")
            described += at - start
            if at > end:
                raise ValueError(f"a value at byte {start} is longer than what it belongs to")
            if fields > MOST_FIELDS:
                raise ValueError(f"it has more than {MOST_FIELDS} parts")
            if described > MOST_DESCRIBED:
                raise ValueError(f"it has more than {MOST_DESCRIBED} bytes besides the numbers of tensors")


def _varint(content: bytes, at: int, end: int) -> tuple[int, int]:
    """Return the number that begins at a byte, seven bits a byte, and the byte behind it."""
    value = shift = 0
    while at < end and shift < 70:
        byte = content[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise ValueError(f"a number at byte {at} does not end")
