"""Mutations of valid files, and files that a grammar makes. Each is a function of a random generator."""

import gzip
import io
import itertools
import json
import pickle
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
    i, j = place(rng, content), rng.randrange(len(other))
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


def mutated(rng, corpus):
    """A file of the corpus, with one to four mutations: of its bytes, or of what is in it."""
    name = rng.choice(list(corpus))
    content = corpus[name]
    way = rng.random()
    if content[:2] == b"PK" and way < 0.5:
        return name, mutated_zip(rng, content)
    if content[:1] == b"{" and way < 0.5:
        return name, json.dumps(mutated_json(rng, json.loads(content))).encode()
    inside = content[:2] == b"\x1f\x8b" and way < 0.7
    changed = bytearray(gzip.decompress(content) if inside else content)
    for _ in range(1 + rng.randrange(4)):
        rng.choice(BYTE_MUTATIONS)(rng, changed, corpus)
    if inside or way > 0.97:
        return name, gzip.compress(changed, 1, mtime=0)
    return name, bytes(changed)


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


# ------------------------------------------------------------------------------------------ files by grammar


def any_pickle(rng):
    """A program for a pickle's machine, of the instructions and the names that the book's file uses."""
    names = (
        b"numpy.core.multiarray\n_reconstruct\n",
        b"numpy.core.numeric\n_frombuffer\n",
        b"numpy\ndtype\n",
        b"numpy\nndarray\n",
        b"_codecs\nencode\n",
        b"os\nsystem\n",
        b"builtins\neval\n",
    )
    memory = (lambda: bytes([rng.randrange(4)])), (lambda: struct.pack("<I", rng.randrange(4)))
    string = lambda: rng.choice((b"", b"f4", b"i8", b"O8", b"b", b"<", b"echo", bytes(rng.randrange(1500))))  # noqa: E731
    long = rng.choice((0, 1, 8, 255))
    make = (
        lambda: pickle.MARK,
        lambda: pickle.NONE,
        lambda: pickle.NEWTRUE,
        lambda: pickle.BININT + struct.pack("<i", rng.choice((0, 1, 2, -1, 784, 2**31 - 1))),
        lambda: pickle.BININT1 + bytes([rng.randrange(256)]),
        lambda: pickle.INT + str(number(rng)).encode()[: rng.choice((5, 200))] + b"\n",
        lambda: pickle.LONG1 + bytes([long]) + rng.randbytes(long),
        lambda: pickle.SHORT_BINSTRING + bytes([len(text := string()[:255])]) + text,
        lambda: pickle.BINSTRING + struct.pack("<i", len(text := string())) + text,
        lambda: pickle.BINUNICODE + struct.pack("<I", rng.choice(EDGES) % 2**32) + b"abc",
        lambda: pickle.BINBYTES8 + struct.pack("<Q", rng.choice(EDGES)) + bytes(20),
        lambda: pickle.EMPTY_TUPLE,
        lambda: pickle.TUPLE1,
        lambda: pickle.TUPLE2,
        lambda: pickle.TUPLE3,
        lambda: pickle.TUPLE,
        lambda: pickle.GLOBAL + rng.choice(names),
        lambda: pickle.STACK_GLOBAL,
        lambda: pickle.REDUCE,
        lambda: pickle.BUILD,
        lambda: pickle.BINPUT + memory[0](),
        lambda: pickle.LONG_BINPUT + memory[1](),
        lambda: pickle.MEMOIZE,
        lambda: pickle.BINGET + memory[0](),
        lambda: pickle.LONG_BINGET + memory[1](),
        lambda: rng.randbytes(1),
        lambda: b"h\x00h\x00\x86q\x00" * rng.choice((1, 5, 30)),
        lambda: b"\x85" * rng.choice((1, 10, 5000)),
        lambda: b"cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R",
        lambda: b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R",
    )
    program = b"".join(rng.choice(make)() for _ in range(rng.choice((1, 3, 10, 40, 300))))
    return "made.pkl", b"\x80\x02" + b")q\x00" * rng.randrange(2) + program + b"."


def any_network2(rng):
    sizes = [rng.choice((1, 2, 3)) for _ in range(rng.choice((1, 2, 3)))]
    tree = {
        "sizes": sizes,
        "weights": [[[0.5] * k for _ in range(j)] for k, j in itertools.pairwise(sizes)],
        "biases": [[[number(rng)] for _ in range(j)] for j in sizes[1:]],
        "cost": rng.choice(("QuadraticCost", "CrossEntropyCost", "os.system")),
    }
    text = json.dumps(mutated_json(rng, tree) if rng.random() < 0.7 else tree)
    if rng.random() < 0.1:
        text = text.replace("0.5", "[" * rng.choice((1, 900, 100_000)), 1)
    if rng.random() < 0.05:
        text = text[:-1] + ', "more": ' + rng.choice(("[[],", '["",', "[{},")) * 50_000 + "0]}"
    return "made.json", text.encode()


def any_idx(rng):
    n = rng.choice((0, 1, 1, 2, 3, 3, 4, 5, 255))
    kind = rng.choice((8, 8, 8, 9, 11, 13, 0))
    sides = b"".join(struct.pack(">I", rng.choice(EDGES) % 2**32) for _ in range(n))
    content = bytes([0, 0, kind, n]) + sides + bytes(rng.choice((0, 1, 16, 784, 5000)))
    return "made-idx", gzip.compress(content, 1, mtime=0) if rng.random() < 0.5 else content


def any_npz(rng):
    names = ("description.npy", "weights_0.npy", "biases_0.npy", "x_train.npy", "y_train.npy", "x_test.npy")
    entries = [(rng.choice((*names, "y_test.npy")), any_npy(rng)) for _ in range(rng.choice((0, 1, 2, 7)))]
    if rng.random() < 0.7:
        content = {"format": "nncore", "version": 2, "description": any_json(rng, 3)}
        entries.insert(0, ("description.npy", text_npy(json.dumps(content))))
    return "made.npz", zipped(rng, entries)


def any_zip_header(rng):
    """A zip file that is made of its records, whose fields say anything."""

    def edge(size):
        return rng.choice(EDGES) % 256**size

    name = rng.choice((b"description.npy", b"a.npy", b"", b"x" * 200))
    body = rng.choice((b"", text_npy('{"format": "nncore"}'), bytes(100), zlib.compress(bytes(100_000))))
    said = len(body) if rng.random() < 0.5 else edge(4)
    extra = rng.choice((b"", struct.pack("<HHQQ", 1, 16, edge(8), edge(8)), b"\x01\x00\xff\xff"))
    common = struct.pack(
        "<HHHHHIII", 20, rng.choice((0, 1, 8, 0x800)), rng.choice((0, 8, 9, 12, 14, 93, 99)), 0, 0,
        zlib.crc32(body), said, said if rng.random() < 0.7 else edge(4),
    )  # fmt: skip
    lengths = struct.pack("<HH", len(name), len(extra))
    local = b"PK\x03\x04" + common + lengths + name + extra + body
    n = rng.choice((1, 1, 2, 300))
    central = b"PK\x01\x02" + struct.pack("<H", 20) + common + lengths + struct.pack(
        "<HHHII", 0, rng.choice((0, 1)), 0, 0, 0 if rng.random() < 0.7 else edge(4)
    ) + name + extra  # fmt: skip
    end = b"PK\x05\x06" + struct.pack(
        "<HHHHIIH", 0, 0, n if rng.random() < 0.7 else edge(2), n,
        len(central) * n if rng.random() < 0.7 else edge(4),
        len(local) if rng.random() < 0.7 else edge(4), rng.choice((0, 5)),
    )  # fmt: skip
    zip64 = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, edge(8), edge(8), edge(8), edge(8))
    zip64 += struct.pack("<4sIQI", b"PK\x06\x07", 0, len(local) + len(central) * n, 1)
    return "made.npz", local + central * n + (zip64 if rng.random() < 0.2 else b"") + end


def any_gzip_header(rng):
    flags = rng.choice((0, 4, 8, 16, 2, 255))
    content = b"\x1f\x8b\x08" + bytes([flags]) + rng.randbytes(6) + rng.choice((b"", bytes(300), b"x" * 3000))
    body = zlib.compress(bytes(rng.choice((0, 10, 3_000_000))), 9)[2:-4]
    return "made.gz", content + body + struct.pack("<II", rng.choice(EDGES) % 2**32, 0)


def any_text(rng):
    starts = (b"{", b"[", b"<html", b"version https://git-lfs", b"%\n@relation", b"1,2,3\n", b"\xef\xbb\xbf{")
    middle = rng.choice((b",", b"\t", b"\n", b"9", b"[", b'"', b"\0", b"\xff", b"a\r")) * rng.randrange(300)
    return "made", rng.choice(starts) + middle + rng.randbytes(rng.choice((0, 3, 30)))


GRAMMARS = (
    *(any_pickle,) * 3,
    any_network2,
    any_idx,
    *(any_npz,) * 2,
    any_zip_header,
    any_gzip_header,
    any_text,
)


def any_file(rng, corpus):
    """A name and the contents of a file: two of three are mutations, the others are made by a grammar."""
    if rng.random() < 2 / 3:
        return mutated(rng, corpus)
    return rng.choice(GRAMMARS)(rng)
