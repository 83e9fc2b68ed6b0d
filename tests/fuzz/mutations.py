"""Mutations of bytes, of JSON and of zip files. Each is a function of a random generator."""

import functools
import io
import json
import struct
import warnings
import zipfile
import zlib

EDGES = (
    0,
    1,
    2,
    3,
    4,
    7,
    127,
    128,
    255,
    256,
    2**15,
    2**16 - 1,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**53,
    2**63 - 1,
)
NUMBERS = (*EDGES, 2**63, 2**64 - 1, 2**64, 2**80, 10**400, -1, -(2**63), 0.5, -0.0, 1e308, 5e-324)


@functools.cache
def packed_zeros(n):
    """So many zeros, deflated."""
    return zlib.compress(bytes(n), 9)


def number(rng):
    return rng.choice(NUMBERS) if rng.random() < 0.7 else rng.randrange(-20, 300)


# ---------------------------------------------------------------------------------------- mutations of bytes


def flip_bits(rng, content, corpus):
    for _ in range(1 << rng.randrange(5)):
        i = place(rng, content)
        content[i] ^= 1 << rng.randrange(8)


def set_bytes(rng, content, corpus):
    for _ in range(1 << rng.randrange(4)):
        content[place(rng, content)] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))


def set_number(rng, content, corpus):
    size, order = rng.choice((2, 4, 8)), rng.choice(("little", "big"))
    i = place(rng, content)
    content[i : i + size] = (rng.choice(EDGES) % 256**size).to_bytes(size, order)


def cut(rng, content, corpus):
    del content[place(rng, content) :]


def remove(rng, content, corpus):
    i = place(rng, content)
    del content[i : i + 1 + rng.randrange(1 << rng.randrange(10))]


def repeat(rng, content, corpus):
    i = place(rng, content)
    piece = content[i : i + 1 + rng.randrange(1 << rng.randrange(8))]
    content[i:i] = piece * rng.choice((1, 2, 3, 50))


def splice(rng, content, corpus):
    other = rng.choice(list(corpus.values()))
    i, j = place(rng, content), rng.randrange(max(1, len(other)))  # an earlier mutation may have emptied it
    content[i : i + (rng.randrange(64) if rng.random() < 0.5 else 0)] = other[j : j + rng.randrange(1, 400)]


def insert_text(rng, content, corpus):
    i = place(rng, content)
    content[i:i] = rng.choice((b"[", b"{", b'"', b"\n", b"(", b"R", b"b", b",", b"1e999", b"NaN", b"\0" * 50))


BYTE_MUTATIONS = (flip_bits, set_bytes, set_number, cut, remove, repeat, splice, insert_text)


def place(rng, content):
    """A place in the content, more often near its beginning or its end, where headers are."""
    if not content:
        content.append(0)
    n = len(content)
    where = rng.random()
    if where < 0.4:
        return rng.randrange(min(n, 200))
    if where < 0.6:
        return rng.randrange(max(0, n - 300), n)
    return rng.randrange(n)


# ----------------------------------------------------------------------------------- mutations of structures


def mutated_json(rng, tree):
    """A copy of the tree with a few of its values, names and lists changed."""
    tree = json.loads(json.dumps(tree))
    for _ in range(1 + rng.randrange(3)):
        containers = list(all_containers(tree))
        where = rng.choice(containers)
        keys = list(where) if isinstance(where, dict) else list(range(len(where)))
        if not keys:
            where.append(number(rng)) if isinstance(where, list) else where.update(a=number(rng))
            continue
        key = rng.choice(keys)
        way = rng.randrange(6)
        if way == 0:
            del where[key]
        elif way == 1 and isinstance(where, dict):
            where[rng.choice(("x", "", "type", "n", "weights", "__class__", "history"))] = where.pop(key)
        elif way == 2:
            where[key] = json.loads(json.dumps(rng.choice(containers)))
        else:
            where[key] = any_json(rng, rng.randrange(4))
    return tree


def all_containers(tree):
    yield tree
    for each in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(each, list | dict):
            yield from all_containers(each)


def any_json(rng, depth):
    if depth == 0 or rng.random() < 0.3:
        texts = ("", "relu", "Dense", "float64", "nan", "1", "\ud800", "é" * 50, "__import__('os')")
        return rng.choice((None, True, False, float("nan"), float("inf"), number(rng), rng.choice(texts)))
    n = rng.choice((0, 1, 2, 3, 20))
    if rng.random() < 0.5:
        return [any_json(rng, depth - 1) for _ in range(n)]
    names = ("sizes", "weights", "biases", "cost", "layers", "format", "version", "a", "history", "rule")
    return {rng.choice(names): any_json(rng, depth - 1) for _ in range(n)}


def mutated_zip(rng, content):
    """The same zip with other entries: their headers, shapes, numbers and names changed, and whole again."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = [(name, archive.read(name)) for name in archive.namelist()]
    for _ in range(1 + rng.randrange(2)):
        i = rng.randrange(len(entries))
        name, npy = entries[i]
        if name == "description.npy" and (tree := description(npy)) and rng.random() < 0.7:
            entries[i] = name, text_npy(json.dumps(mutated_json(rng, tree)))
        else:
            entries[i] = rng.choice((mutated_npy, other_name, mutated_entry))(rng, name, npy)
    if rng.random() < 0.1:
        del entries[rng.randrange(len(entries))]
    if entries and rng.random() < 0.1:
        entries.append(rng.choice(entries))
    rng.random() < 0.1 and rng.shuffle(entries)
    return zipped(rng, entries)


def description(npy):
    """The JSON in an entry, or None if it is none any more."""
    try:
        return json.loads(npy[10 + int.from_bytes(npy[8:10], "little") :].decode("utf-32-le"))
    except ValueError:
        return None


def text_npy(text):
    return npy_of(f"'<U{len(text)}'", "False", "()", text.encode("utf-32-le", "surrogatepass"))


def npy_of(descr, order, shape, values):
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode("latin1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) % 65536) + header + values


def any_npy(rng):
    kinds = (
        "'<f4'",
        "'<f8'",
        "'|u1'",
        "'<i8'",
        "'<c16'",
        "'|O'",
        "'<U3'",
        "'|V8'",
        "[('a', '<f4')]",
        "'<f3'",
    )
    sides = [str(number(rng)) for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 40)))]
    shape = f"({', '.join(sides)}{',' if len(sides) == 1 else ''})"
    order = rng.choice(("False", "True", "exit()"))
    return npy_of(rng.choice(kinds), order, shape, rng.randbytes(rng.choice((0, 1, 8, 64))))


def mutated_npy(rng, name, npy):
    if rng.random() < 0.3:
        return name, any_npy(rng)
    length = 10 + int.from_bytes(npy[8:10], "little")
    header, values = bytearray(npy[:length]), npy[length:]
    for _ in range(1 + rng.randrange(2)):
        rng.choice(BYTE_MUTATIONS)(rng, header, {"a": npy})
    return name, bytes(header) + values


def mutated_entry(rng, name, npy):
    changed = bytearray(npy)
    rng.choice(BYTE_MUTATIONS)(rng, changed, {"a": npy})
    return name, bytes(changed)


def other_name(rng, name, npy):
    names = (
        "a.npy",
        "weights_0.npy",
        "weights_9.npy",
        "state_0_weights_0.npy",
        "0_weights_0.npy",
        "../x.npy",
    )
    return rng.choice((*names, "", "a", "x" * 300 + ".npy", "description.npy", "/etc/passwd", "é.npy")), npy


def zipped(rng, entries):
    buffer = io.BytesIO()
    kinds = (zipfile.ZIP_STORED,) * 8 + (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two entries of one name
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, content in entries:
                archive.writestr(zipfile.ZipInfo(name), content, rng.choice(kinds))
    content = bytearray(buffer.getvalue())
    if rng.random() < 0.2:
        rng.choice(BYTE_MUTATIONS)(rng, content, {"a": bytes(content)})
    return bytes(content)
