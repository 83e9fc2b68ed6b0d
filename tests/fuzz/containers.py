"""Mutations inside files whose outside is checked first: PNG, ONNX, safetensors and pages stay whole."""

import base64
import gzip
import json
import re
import struct
import zlib

from mutations import BYTE_MUTATIONS, EDGES, mutated_json, packed_zeros

PNG = b"\x89PNG\r\n\x1a\n"


def some_mutated(rng, content):
    """Bytes with one or two mutations."""
    changed = bytearray(content)
    for _ in range(1 + rng.randrange(2)):
        rng.choice(BYTE_MUTATIONS)(rng, changed, {"a": bytes(content) or b"\0"})
    return bytes(changed)


# ------------------------------------------------------------------------------------------------------- PNG


def mutated_png(rng, content):
    """The same picture with other chunks: each has its right length and checksum again."""
    chunks, at = [], len(PNG)
    while at + 8 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        chunks.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    for _ in range(1 + rng.randrange(2)):
        i, way = rng.randrange(len(chunks)), rng.randrange(6)
        kind, data = chunks[i]
        if way == 0:
            chunks.insert(i, any_chunk(rng))
        elif way == 1 and len(chunks) > 1:
            del chunks[i]
        elif way == 2:
            chunks.insert(rng.randrange(len(chunks)), chunks[i])
        elif kind == b"IDAT" and way < 5:
            chunks[i] = kind, zlib.compress(some_mutated(rng, unpacked(data)), 1)
        elif kind == b"IHDR" and way < 5:
            chunks[i] = kind, any_header(rng)
        else:
            chunks[i] = kind, some_mutated(rng, data)
    return PNG + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def unpacked(data):
    """The pixels in a chunk, or what there was before mutations of it."""
    try:
        return zlib.decompress(data)
    except zlib.error:
        return data


def any_header(rng):
    """The header of a picture: its size, bits, colours and ways."""
    sides = [rng.choice((1, 2, 7, 28, 40, 60, 5000, rng.choice(EDGES) % 2**32)) for _ in range(2)]
    return struct.pack(
        ">IIBBBBB",
        *sides,
        rng.choice((1, 2, 4, 8, 16, 3)),
        rng.choice((0, 2, 3, 4, 6, 1)),
        0,
        0,
        rng.choice((0, 1, 2)),
    )


def any_chunk(rng):
    """A chunk that goes with a picture: a palette, transparency, text, colours, EXIF data or an animation."""
    exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + bytes([rng.randrange(12), 0, 0, 0]) + bytes(4)
    content = rng.choice((exif, some_mutated(rng, exif), rng.randbytes(rng.choice((0, 1, 3, 6, 26, 768)))))
    content = rng.choice((content, b"name\0\0" + packed_zeros(rng.choice((3, 3_000_000)))))
    return rng.choice(
        (b"PLTE", b"tRNS", b"eXIf", b"zTXt", b"iCCP", b"tEXt", b"acTL", b"fcTL", b"gAMA", b"abcd")
    ), content


# ------------------------------------------------------------------------------------------------------ ONNX


def varint(value):
    """A whole number as protobuf writes it, seven bits a byte."""
    value %= 2**64
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    return bytes([*written, value])


def fields_of(message):
    """The fields [number, kind, value] of a message of protobuf; None if the bytes are none."""

    def number():
        nonlocal at
        value = shift = 0
        while True:
            value |= (message[at] & 127) << shift
            at, shift = at + 1, shift + 7
            if message[at - 1] < 128:
                return value

    at, fields = 0, []
    try:
        while at < len(message):
            field, kind = divmod(number(), 8)
            if kind == 0:
                fields.append([field, kind, number()])
                continue
            length = {1: 8, 2: -1, 5: 4}[kind]
            length = number() if length < 0 else length
            if not field or at + length > len(message):
                return None
            fields.append([field, kind, message[at : at + length]])
            at += length
    except (KeyError, IndexError):
        return None
    return fields


def mutated_message(rng, message):
    """A message of protobuf, such as an ONNX file, with a field changed at some depth; lengths are right."""
    fields = fields_of(message)
    if not fields:
        return some_mutated(rng, message)
    i, way = rng.randrange(len(fields)), rng.random()
    _, kind, value = fields[i]
    if kind == 2 and way < 0.8:
        fields[i][2] = mutated_message(rng, value)
    elif way < 0.84:
        del fields[i]
    elif way < 0.88:
        fields.insert(rng.randrange(len(fields)), list(fields[i]))
    elif way < 0.92:
        fields[i][0] = rng.randrange(1, 25)
    elif kind == 0:
        fields[i][2] = rng.choice((*EDGES, 2**64 - 1, value + 1))
    else:
        fields[i][2] = some_mutated(rng, value)[: len(value) if kind != 2 else None].ljust(
            len(value) * (kind != 2), b"\0"
        )
    return b"".join(
        varint(field << 3 | kind)
        + (varint(value) if kind == 0 else (varint(len(value)) if kind == 2 else b"") + value)
        for field, kind, value in fields
    )


# ----------------------------------------------------------------------------------------------- safetensors


def mutated_safetensors(rng, content):
    """The same arrays with another header, or another description in it; its length is right."""
    n = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + n])
    own = header.get("__metadata__", {})
    if "nncore" in own and rng.random() < 0.6:
        own["nncore"] = json.dumps(mutated_json(rng, json.loads(own["nncore"])))
    else:
        header = mutated_json(rng, header)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8 * rng.randrange(2))
    return struct.pack("<Q", len(text)) + text + content[8 + n :]


# ----------------------------------------------------------------------------------------------------- pages


def mutated_page(rng, page):
    """The same page with another network in it: another header, or other bytes, compressed again."""
    begin, text, end = re.split(rb'(?<=id="nncore-network">)([^<]*)', page, maxsplit=1)
    content = gzip.decompress(base64.b85decode(text.replace(b",", b"<")))
    n = int.from_bytes(content[:4], "little")
    header, arrays, length = content[4 : 4 + n], content[4 + n :], None
    if rng.random() < 0.6:
        header = json.dumps(mutated_json(rng, json.loads(header))).encode()
    if rng.random() < 0.4:
        arrays = some_mutated(rng, arrays)
    if rng.random() < 0.1:
        length = rng.choice(EDGES) % 2**32
    changed = struct.pack("<I", len(header) if length is None else length) + header + arrays
    return begin + base64.b85encode(gzip.compress(changed, 1, mtime=0)).replace(b"<", b",") + end
