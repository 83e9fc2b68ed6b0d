"""`recognise` says what a file is, and which function reads it; `refusal` makes the readers' message of it.

A file is known by its first bytes and by the names inside it; its own name, which may be wrong, counts only
where these say nothing. No more than a few thousand bytes are read, except of JSON; nothing in the file runs.
"""

from __future__ import annotations

import os
import pickletools
import re
from itertools import islice
from typing import NamedTuple

from nncore import _given
from nncore.files import npy
from nncore.files.streams import first_bytes, open_file

MOST_JSON = 100_000_000  # bytes of a JSON file that are searched for the names of network2
READ_PACKED = ("idx", "pickle", "csv")  # kinds of which the readers read gzip as well
ENOUGH = 5  # names listed in a message
MOST_INSTRUCTIONS = 500  # of a pickle, in which its packages are looked for


class Kind(NamedTuple):
    """What a file is.

    Attributes
    ----------
    name : str
        A word by which readers tell kinds apart, such as "idx"; the same for all files that no reader of
        nncore's reads, "other", but for texts, which may be tables: "text".
    what : str
        The end of a sentence that begins "this is".
    advice : str
        What reads it, or what to do with it.
    """

    name: str
    what: str
    advice: str


EMPTY = Kind("other", "an empty file", "get it again")
LFS = Kind("other", "a Git LFS pointer, which only says where the file is", "git lfs pull fetches the file")
PAGE = Kind("other", "a web page", "the download went wrong: get the file again, not the page that shows it")
PAGE_MARK = '<meta name="nncore" content="network">'  # in the head of a page that holds a network
EXPORTED = Kind("page", "a web page that nncore saved, with a network in it", "nn.load reads it")
PICTURE = "nncore predict MODEL FILE says in a shell which digit it shows"
PYTORCH = Kind(
    "other",
    "a file that PyTorch saved",
    "torch.load reads it, and nn.Network.from_state_dict takes the state dict that it gives",
)
NETWORK = Kind("network", "a network that nncore saved", "nn.load reads it")
ENSEMBLE = Kind("ensemble", "an ensemble that nncore saved", "nn.Ensemble.load reads it")
NETWORK2 = Kind("network2", "a network that network2 saved as JSON", "nn.load reads it")
ONNX = Kind("onnx", "an ONNX network", "nn.load reads it")
SAFETENSORS = Kind("safetensors", "a safetensors file", "nn.load reads it if nncore saved it")
KERAS = Kind("keras", "MNIST as Keras distributes it (mnist.npz)", "nn.datasets.load_mnist reads it")
TAR = Kind("other", "a tar archive", "unpack it first, in a shell: tar xf FILE")
SPREADSHEET = "export the table as CSV, and nn.datasets.read_csv reads it"

# First bytes, what they begin, and what reads it.
MAGIC = (
    (b"version https://git-lfs", *LFS[1:]),
    (b"\x93NUMPY", "an array that NumPy saved (.npy)", "numpy.load reads it"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (.h5), as Keras writes it", "h5py.File reads it"),
    (b"\x89PNG\r\n", "a picture (PNG)", PICTURE),
    (b"\xff\xd8\xff", "a picture (JPEG)", PICTURE),
    (b"GIF8", "a picture (GIF)", PICTURE),
    (b"P5\n", "a picture (PGM)", PICTURE),
    (b"P2\n", "a picture (PGM)", PICTURE),
    (b"II*\0", "a picture (TIFF)", PICTURE),
    (b"MM\0*", "a picture (TIFF)", PICTURE),
    (b"MATLAB 5.0", "a file of MATLAB's (.mat)", "scipy.io.loadmat reads it"),
    (b"PAR1", "a Parquet table", "pandas.read_parquet reads it"),
    (b"ARROW1", "an Arrow table", "pandas.read_feather reads it"),
    (b"SQLite format 3", "an SQLite database", "the module sqlite3 reads it"),
    (b"\xff\xfe", "a text in UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "a text in UTF-16", "save it as UTF-8"),
    (b"%PDF", "a PDF document", SPREADSHEET),
    (b"\xd0\xcf\x11\xe0", "an Office document of the old kind (.xls)", SPREADSHEET),
    (b"BZh", "a file compressed with bzip2", "unpack it first, in a shell: bunzip2 FILE"),
    (b"\xfd7zXZ", "a file compressed with xz", "unpack it first, in a shell: unxz FILE"),
    (b"\x28\xb5\x2f\xfd", "a file compressed with zstd", "unpack it first, in a shell: unzstd FILE"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it first, in a shell: 7z x FILE"),
    (b"Rar!", "a RAR archive", "unpack it first, in a shell: unrar x FILE"),
    (b"\x80\x02\x8a\nl\xfc\x9cF\xf9", *PYTORCH[1:]),
)
NO_TEXT = re.compile(r"[\0-\x08\x0b\x0e-\x1f]")  # all control characters but those that part words and lines
PICKLE_NAME = re.compile(r"\.(pkl|pickle|p)(\.gz)?$", re.IGNORECASE)
OLD_PICKLE = re.compile(rb"\(*(c[A-Za-z_][\w.]*\n[A-Za-z_]\w*\n|[\]})ld]?[ldt]?(p\d+\n|q[\0-\x1f]))")
JSON = re.compile(r'\{|\[\s*([\[\]{"\d-]|true|false|null)')  # and not the name of a column in brackets


def recognise(path: str | os.PathLike[str]) -> Kind:
    """Say what a file is.

    Raises
    ------
    OSError
        The file does not exist or cannot be opened.
    ValueError
        The path names something else than a file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from nncore.files import kinds
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "labels")
    ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 4]))
    ...     kinds.recognise(path)
    Kind(name='idx', what='an IDX file of 3 labels', advice='nn.datasets.read_idx reads it')
    """
    head, is_gzip = first_bytes(path)
    if is_gzip:
        if not head:
            return Kind("gzip", "a gzip file that is cut off or damaged", "get it again")
        kind = _kind_of_bytes(path, head, inside=True)
        packed = kind._replace(what=f"{kind.what}, compressed with gzip")
        if kind == TAR or kind.name in READ_PACKED:
            return packed
        return packed._replace(advice="unpack it first, in a shell: gunzip FILE")
    return _kind_of_bytes(path, head, inside=False)


def refusal(path: str | os.PathLike[str], expected: str, reason: object = "", own: str = "") -> ValueError:
    """Return the error of a reader that cannot read a file.

    Parameters
    ----------
    path : path
        The file.
    expected : str
        What the reader reads: "a network that nncore saved".
    reason : object
        What is wrong in a file of the reader's own kind.
    own : str
        The names of the kinds that the reader reads, with blanks between them.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from nncore.files import kinds
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "net.npz")
    ...     _ = path.write_bytes(b"<!DOCTYPE html>")
    ...     print(str(kinds.refusal(path, "a network that nncore saved")).removeprefix(str(path)))
    : expected a network that nncore saved, but this is a web page; the download went wrong: get the file again, not the page that shows it
    """  # noqa: E501
    try:
        kind = recognise(path)
    except ValueError as error:  # something else than a file
        return error
    if kind.name in own.split():
        return ValueError(
            f"{path}: expected {expected}; this is {kind.what}, but {reason}; take another copy of it"
        )
    return ValueError(f"{path}: expected {expected}, but this is {kind.what}; {kind.advice}")


def _kind_of_bytes(path: str | os.PathLike[str], head: bytes, inside: bool) -> Kind:
    """Say what begins with these bytes. `inside` says that they were unpacked from the file."""
    if not head:
        return EMPTY
    for magic, what, advice in MAGIC:
        if head.startswith(magic):
            return Kind("other", what, advice)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if inside:
            return Kind("other", "a zip file", "unpack it first")
        return _kind_of_zip(path)
    if head[257:262] == b"ustar":
        return TAR
    if head[:3] == b"\0\0\x08" or (head[:2] == b"\0\0" and len(head) > 3 and 1 <= head[3] <= 4):
        return Kind("idx", _what_idx_holds(head), "nn.datasets.read_idx reads it")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Kind("other", "a picture (WebP)", PICTURE)
    if head[4:8] == b"TFL3":
        return Kind("other", "a TensorFlow Lite network", "tf.lite.Interpreter reads it")
    if (head[0] == 0x80 and head[1:2] in (b"\1", b"\2", b"\3", b"\4", b"\5")) or OLD_PICKLE.match(head):
        return _kind_of_pickle(head)
    if PICKLE_NAME.search(os.fspath(path)):
        return _kind_of_pickle(head)
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < MOST_JSON:
        return SAFETENSORS
    if head[0] == 8 and head[2:3] in (b"\x12", b":", b"B") and os.fspath(path).lower().endswith("onnx"):
        return ONNX
    text = head.decode("utf-8-sig", errors="ignore")
    if NO_TEXT.search(text) or not text.strip():
        begins = head[:8].hex(" ")
        return Kind("other", f"a file that nncore does not know: it begins with {begins}", "take another one")
    return _kind_of_text(path, text.lstrip(), inside)


def _kind_of_text(path: str | os.PathLike[str], text: str, inside: bool) -> Kind:
    """Say what a text is, by its beginning."""
    lowered = text[:200].lower()
    if lowered.startswith(("<!doctype html", "<html")):
        return EXPORTED if PAGE_MARK in text else PAGE
    if lowered.startswith("<"):
        return Kind("other", "an XML or HTML text", PAGE.advice)
    if JSON.match(text):
        if inside:
            return Kind("other", "JSON", "the module json reads it")
        if _has_the_names_of_network2(path):
            return NETWORK2
        return Kind("other", "JSON, but not a network that network2 saved", "the module json reads it")
    if re.match(r"(%.*\n|\s)*@relation", lowered):
        return Kind("other", "an ARFF table, as Weka and OpenML write it", "scipy.io.arff.loadarff reads it")
    return _kind_of_table(path, text) or Kind(
        "text", f"a text that begins {text[:20]!r}", "no reader of nncore's reads text"
    )


def _kind_of_table(path: str | os.PathLike[str], text: str) -> Kind | None:
    """Return the Kind of a table of values with commas, semicolons or tabs between them."""
    lines = text.splitlines()
    delimiter = max(",;\t", key=lines[0].count)
    columns = lines[0].count(delimiter) + 1
    complete = lines[1:-1] or lines[1:]
    if columns == 1 or (len(complete) > 1 and complete[0].count(delimiter) + 1 != columns):
        return None
    header = not re.fullmatch(r"[-+.\deE]+", lines[0].split(delimiter)[0].strip().strip('"'))
    what = f"a CSV table of {columns} columns" + (", whose first line names them" if header else "")
    read = f"nn.datasets.read_csv({os.fspath(path)!r}, target="
    if columns != 785:
        return Kind("csv", what, f"{read}-1) reads it, if its last column holds the targets")
    return Kind("csv", f"{what}, as for a label and 784 pixels", f"{read}0) reads it")


def _has_the_names_of_network2(path: str | os.PathLike[str]) -> bool:
    with open_file(path) as file:
        content = file.read(MOST_JSON)
    return all(name in content for name in (b'"sizes"', b'"weights"', b'"biases"'))


def _what_idx_holds(head: bytes) -> str:
    """Say what the header of an IDX file promises."""
    n_dimensions = head[3] if len(head) > 3 else 0
    if head[2] != 8 or len(head) < 4 + 4 * n_dimensions or not 1 <= n_dimensions <= 4:
        return "an IDX file"
    n, *shape = (int.from_bytes(head[4 * i : 4 * i + 4], "big") for i in range(1, n_dimensions + 1))
    if not shape:
        return f"an IDX file of {n} labels"
    return f"an IDX file of {n} images of {' x '.join(map(str, shape))}"


def _kind_of_zip(path: str | os.PathLike[str]) -> Kind:
    """Say what a zip file is, by the names in it."""
    with open_file(path) as file:
        try:
            with npy.open_zip(file) as archive:
                names = archive.namelist()
                beginning = b""
                plain = {
                    each.filename for each in archive.infolist() if each.compress_type in npy.COMPRESSIONS
                }
                if f"{npy.DESCRIPTION}.npy" in plain:  # to unpack LZMA may take any memory
                    with archive.open(f"{npy.DESCRIPTION}.npy") as stream:
                        beginning = stream.read(2000).replace(b"\0", b"")  # NumPy writes UTF-32
        except MemoryError:
            raise
        except Exception:  # zipfile raises many kinds of errors for damaged files
            return Kind("other", "a zip file that is cut off or damaged", "take another copy of it")
    if beginning:
        return ENSEMBLE if b'"description": {"networks":' in beginning else NETWORK
    known = {name.rsplit("/", 1)[-1] for name in names}
    if {name.removesuffix(".npy") for name in names} >= npy.KERAS_NAMES:
        return KERAS
    if "data.pkl" in known:
        return PYTORCH
    if {"config.json", "model.weights.h5"} <= known:
        return Kind("other", "a network that Keras saved", "keras.models.load_model reads it")
    if "[Content_Types].xml" in known:
        return Kind("other", "an Office document", SPREADSHEET)
    listed = ", ".join(f"{name:.40}" for name in names[:ENOUGH]) + (", ..." if len(names) > ENOUGH else "")
    if names and all(name.endswith(".npy") for name in names):
        listed = listed.replace(".npy", "")
        return Kind("other", f"an .npz file of NumPy's with the arrays {listed}", "numpy.load reads it")
    return Kind("other", f"a zip archive with {listed or 'nothing in it'}", "unpack it first")


def _kind_of_pickle(head: bytes) -> Kind:
    """Say what a pickle names, without unpickling it."""
    packages: dict[str, None] = {}  # a set in order
    texts: list[str] = []  # those that stand one after the other
    try:
        for operation, argument, _ in islice(pickletools.genops(head), MOST_INSTRUCTIONS):
            if operation.name == "GLOBAL":
                packages[str(argument).split(" ", 1)[0].split(".")[0]] = None
            elif operation.name == "STACK_GLOBAL" and len(texts) > 1:
                packages[texts[-2].split(".")[0]] = None
            if isinstance(argument, str):
                texts.append(argument)
            elif operation.name not in ("MEMOIZE", "BINPUT", "PUT"):
                texts.clear()
    except Exception:  # the end of what was read; genops raises several kinds of errors
        pass
    of = f" of objects from {', '.join(list(packages)[:ENOUGH])}"[:200] if packages else ""
    return Kind(
        "pickle",
        f"a pickle{of}",
        "nn.datasets.load_mnist reads the book's mnist.pkl.gz; any other is read by pickle.load alone, which "
        "runs whatever code is in the file: use it only if you trust the file",
    )


# What a suffix promises. A file of another format under that name would mislead.
PROMISES = {
    "npz": "an archive of arrays",
    "json": "JSON",
    "onnx": "ONNX",
    "pt": "PyTorch's format",
    "pth": "PyTorch's format",
    "ckpt": "PyTorch's format",
    "safetensors": "safetensors",
    "h5": "HDF5",
    "hdf5": "HDF5",
    "keras": "Keras' format",
    "tflite": "TensorFlow Lite's format",
    "pb": "TensorFlow's format",
    "pkl": "a pickle",
    "pickle": "a pickle",
    "joblib": "joblib's format",
    "npy": "a single array",
    "mat": "MATLAB's format",
    "html": "a web page",
    "htm": "a web page",
    "c": "a C program",
    "h": "a C header",
    "cpp": "a C++ program",
    "hpp": "a C++ header",
    "py": "a Python program",
    "js": "a JavaScript program",
    "csv": "a table",
    "tsv": "a table",
    "xlsx": "a table",
    "txt": "a text",
    "md": "a text",
    "yaml": "YAML",
    "yml": "YAML",
    "xml": "XML",
    "pmml": "PMML",
    "toml": "TOML",
    "gz": "a compressed file",
    "bz2": "a compressed file",
    "xz": "a compressed file",
    "zip": "a zip archive",
    "tar": "a tar archive",
    "pdf": "a document",
    "png": "a picture",
    "jpg": "a picture",
    "svg": "a picture",
}

TEXTS = ("csv", "json")  # formats that are text, so that .txt keeps its promise


def check_suffix(
    path: str | os.PathLike[str],
    writes: str = "npz",
    *,
    name: str = "path",
    why: str = "which is not what would be written",
) -> None:
    """Refuse a path whose suffix names another format than the one that is written.

    Parameters
    ----------
    path : path
        The file to be written. Other suffixes than those of known formats, and none, are accepted.
    writes : str
        The suffix of the format that is written.
    name : str
        The argument that gave the path, for the message.
    why : str
        What is wrong with the other format.
    """
    path = _given.path(path)
    suffix = path.suffix[1:].lower()
    keeps = suffix == writes or (suffix == "txt" and writes in TEXTS)
    if suffix in PROMISES and not keeps:
        stem = path.with_suffix("")  # of net.npz.gz it is net.npz
        better = stem if stem.suffix == f".{writes}" else path.with_suffix(f".{writes}")
        raise ValueError(
            f"{name}: {os.fspath(path)!r} names {PROMISES[suffix]}, {why}; type {os.fspath(better)!r}"
        )
