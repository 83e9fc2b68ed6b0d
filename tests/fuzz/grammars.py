"""Files that a grammar makes: they look like what a reader reads, and their fields say anything."""

import gzip
import itertools
import json
import pickle
import struct
import zlib

from mutations import EDGES, any_json, any_npy, mutated_json, number, packed_zeros, text_npy, zipped


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
    body = packed_zeros(rng.choice((0, 10, 3_000_000)))[2:-4]
    return "made.gz", content + body + struct.pack("<II", rng.choice(EDGES) % 2**32, 0)


def any_text(rng):
    starts = (b"{", b"[", b"<html", b"version https://git-lfs", b"%\n@relation", b"1,2,3\n", b"\xef\xbb\xbf{")
    middle = rng.choice((b",", b"\t", b"\n", b"9", b"[", b'"', b"\0", b"\xff", b"a\r")) * rng.randrange(300)
    return "made", rng.choice(starts) + middle + rng.randbytes(rng.choice((0, 3, 30)))


def any_csv(rng):
    """A table, whose fields and lines are now and then something else."""
    delimiter = rng.choice(",;\t")
    columns = rng.choice((1, 2, 3, 5, 40))
    odd = rng.choice((0, 0, 0.02, 0.3))
    numbers = (lambda: f"{rng.uniform(-9, 9):.3f}", lambda: str(rng.randrange(300)), lambda: str(number(rng)))
    words = (
        "",
        "NA",
        "nan",
        "inf",
        "1,5",
        "1e999",
        "1_0",
        "setosa",
        "'",
        '"',
        '"a;b"',
        "\xe9",
        "\u0663",
        "x" * 20,
    )
    words += ("\0", "\x1a", "label", "-", " 7 ", "=1+1", "0x10", "+5", ".5", "5.", '"1\n2"', "9" * 400)

    def field(kind):
        return rng.choice(words) if rng.random() < odd else kind()

    kinds = [rng.choice(numbers) for _ in range(columns)]
    kinds[rng.randrange(columns)] = lambda: rng.choice(("no", "yes", "0", "1"))
    lines = []
    if rng.random() < 0.6:
        lines.append(
            [
                rng.choice(("label", "a", "b", "class", "pixel0", "")) + str(i) * rng.randrange(2)
                for i in range(columns)
            ]
        )
    for _ in range(rng.choice((0, 1, 2, 9, 60))):
        lines.append([field(kind) for kind in kinds][: columns - (rng.random() < odd / 9)])
    text = rng.choice(("\n", "\n", "\r\n", "\r")).join(delimiter.join(line) for line in lines)
    content = rng.choice((b"", b"", b"", b"\xef\xbb\xbf", b"\n", b"# ")) + text.encode(
        rng.choice(("utf-8", "latin-1")), "replace"
    )
    return "made.csv", gzip.compress(content, 1, mtime=0) if rng.random() < 0.1 else content


def any_pixels(rng):
    """A table of 784 pixels and a label, as Kaggle and Keras lay it out."""
    highest = rng.choice((255, 255, 256, 1))
    rows = [",".join(str(rng.randrange(highest + 1) * (k % 7 == 0)) for k in range(784)) for _ in range(2)]
    label = rng.choice(("0", "9", "-1", "seven", "1e9", "99999999999999999999"))
    names = rng.choice(("", "label," + ",".join(f"pixel{k}" for k in range(784)) + "\n"))
    return "made.csv", (names + "".join(f"{label},{row}\n" for row in rows)).encode()


GRAMMARS = (
    *(any_pickle,) * 3,
    any_network2,
    any_idx,
    *(any_npz,) * 2,
    any_zip_header,
    any_gzip_header,
    any_text,
    *(any_csv,) * 2,
    any_pixels,
)
