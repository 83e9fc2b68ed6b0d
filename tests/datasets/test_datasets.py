"""What the data files hold is what comes out; a damaged or hostile file is refused by its name."""

import contextlib
import gzip
import hashlib
import http.server
import io
import pickle
import struct
import subprocess
import sys
import threading
import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nncore import datasets

fuzz = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
IDX_NAMES = tuple(datasets.mnist.SHA256)


def small_data(n=6, seed=0):
    """n images of 28 x 28 that hold every byte, and their labels."""
    rng = np.random.default_rng(seed)
    images = rng.permuted(np.arange(n * 784) % 256).astype(np.uint8).reshape(n, 28, 28)
    return images, rng.integers(0, 10, n)


def idx_bytes(data):
    return bytes([0, 0, 8, data.ndim]) + struct.pack(f">{data.ndim}I", *data.shape) + data.tobytes()


def data_or_refusal(read, path):
    """What read finds in the file, or None after a ValueError that names it; anything else fails the test."""
    try:
        return read(path)
    except ValueError as error:
        message = str(error)
    assert str(path) in message
    return None


@contextlib.contextmanager
def memory_below(megabytes):
    """What Python and NumPy take at once, inside the with, stays below this."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < megabytes * 1e6


# ------------------------------------------------------------------------------------------------- Dataset


def test_dataset_keeps_the_callers_pixels():
    images, labels = small_data()
    data = datasets.Dataset(images, labels)
    assert data.images is images
    assert np.shares_memory(data[2:5].images, images)
    assert data.images.flags.writeable


def test_inputs_are_bytes_over_256_exactly():
    images, labels = small_data()
    inputs = datasets.Dataset(images, labels).to_float()
    assert inputs.dtype == np.float32
    assert inputs.shape == (6, 784)
    np.testing.assert_array_equal(inputs.astype(np.float64), images.reshape(6, 784) / 256)
    np.testing.assert_array_equal(
        datasets.Dataset(images[:, ::2, ::-1], labels).to_float()[3], images[3, ::2, ::-1].ravel() / 256
    )


def test_one_index_gives_the_books_pair():
    images, labels = small_data()
    data = datasets.Dataset(images, labels)
    for i in (0, 5, -1, np.int64(2), np.array(3)):
        x, label = data[i]
        assert x.shape == (784, 1)
        assert x.dtype == np.float32
        np.testing.assert_array_equal(x.ravel(), images[i].ravel() / 256)
        assert type(label) is int
        assert label == labels[i]
    assert [label for _, label in data] == list(labels)
    with pytest.raises(IndexError):
        data[6]


@pytest.mark.parametrize(
    "key",
    [
        slice(1, 4),
        slice(None, None, -2),
        [4, 0, 0],
        np.array([-1, 2]),
        np.arange(6) % 2 == 0,
        [True, False, False, True, True, False],
        [],
    ],
    ids=str,
)
def test_many_indices_give_a_dataset(key):
    images, labels = small_data()
    part = datasets.Dataset(images, labels)[key]
    assert isinstance(part, datasets.Dataset)
    rows = np.arange(6)[key if len(np.shape(key)) == 0 or len(key) else slice(0)]
    np.testing.assert_array_equal(part.images, images[rows])
    np.testing.assert_array_equal(part.labels, labels[rows])
    assert len(part) == len(rows)
    assert part.to_float().shape == (len(rows), 784)


@pytest.mark.parametrize(
    "key", [1.5, "0", None, ..., True, (1, 2), [[1, 2]], [0.5], np.zeros((6, 784), bool)]
)
def test_other_indices_are_refused(key):
    with pytest.raises(TypeError, match="a Dataset takes an int, a slice"):
        datasets.Dataset(*small_data())[key]


def test_a_mask_of_another_length_is_refused():
    with pytest.raises(IndexError):
        datasets.Dataset(*small_data())[[True, False]]


def test_only():
    data = datasets.Dataset(np.arange(10, dtype=np.uint8).reshape(5, 2), [3, 1, 3, 0, 1])
    np.testing.assert_array_equal(data.only(1, 0).labels, [1, 0, 1])
    np.testing.assert_array_equal(data.only(1, 0).images, [[2, 3], [6, 7], [8, 9]])
    with pytest.raises(
        ValueError, match=r"only: no example of Dataset\(5 images of 2.* has a label in \(7,\)"
    ):
        data.only(7)
    with pytest.raises(ValueError, match="only"):
        data.only()
    with pytest.raises(TypeError):
        data.only("1")


def test_repr():
    data = datasets.Dataset(*small_data())
    assert repr(data) == f"Dataset(6 images of 28 x 28, labels {data.labels.min()} to {data.labels.max()})"
    assert repr(data[:0]) == "Dataset(0 images of 28 x 28)"


@pytest.mark.parametrize(
    ("images", "labels", "error", "says"),
    [
        (np.zeros((2, 3)), [0, 1], TypeError, r"images: expected bytes .*got float64"),
        ([[1, 2], [3, 4]], [0, 1], TypeError, r"images: expected bytes .*got int64"),
        (np.zeros((2, 3), np.int8), [0, 1], TypeError, "int8"),
        (np.zeros(3, np.uint8), [0, 1, 2], ValueError, r"images: expected shape .*got \(3,\)"),
        (np.zeros((2, 1, 3, 3), np.uint8), [0, 1], ValueError, r"got \(2, 1, 3, 3\)"),
        (np.zeros((2, 0), np.uint8), [0, 1], ValueError, r"got \(2, 0\)"),
        (np.zeros((2, 3), np.uint8), [0], ValueError, r"labels: expected shape \(2,\).*got \(1,\)"),
        (np.zeros((2, 3), np.uint8), [[0], [1]], ValueError, r"labels: expected shape \(2,\)"),
        (np.zeros((2, 3), np.uint8), [0.0, 1.0], TypeError, "labels: expected ints, got float64"),
        (np.zeros((2, 3), np.uint8), [0, -4], ValueError, "labels: expected 0 or more, got -4 at row 1"),
        (np.zeros((2, 3), np.uint8), ["0", "1"], TypeError, "labels: expected ints"),
    ],
)
def test_dataset_refuses(images, labels, error, says):
    with pytest.raises(error, match=says):
        datasets.Dataset(images, labels)


# -------------------------------------------------------------------------------------------------- sample


def test_sample(sample):
    assert [len(part) for part in sample] == [8000, 1000, 1000]
    images = np.concatenate([part.images for part in sample])
    labels = np.concatenate([part.labels for part in sample])
    assert images.shape == (10_000, 28, 28)
    assert labels.dtype == np.int64
    decoded = hashlib.sha256(images.tobytes() + labels.astype(np.uint8).tobytes()).hexdigest()
    assert decoded == "2e49afdffc567fd5f9f306a04e2bafced2432146ae04f4b9a58b25505ba05b2e"
    assert datasets.bundled.SAMPLE.stat().st_size < 2_000_000
    assert (datasets.bundled.SAMPLE.parent / "LICENSE.md").is_file()


def test_sample_is_new_each_time():
    first = datasets.load_sample()[0]
    first.images[0] = 0
    assert datasets.load_sample()[0].images[0].any()


def test_sample_is_the_beginning_of_mnist(sample, mnist):
    np.testing.assert_array_equal(np.concatenate([part.images for part in sample]), mnist[0].images[:10_000])
    np.testing.assert_array_equal(np.concatenate([part.labels for part in sample]), mnist[0].labels[:10_000])


# --------------------------------------------------------------------------------------------------- MNIST


def test_mnist(mnist):
    train, validation, test = mnist
    assert [part.images.shape for part in mnist] == [(50_000, 28, 28), (10_000, 28, 28), (10_000, 28, 28)]
    assert all(part.images.dtype == np.uint8 for part in mnist)
    # how often each digit comes, as published
    assert list(np.bincount(test.labels)) == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert list(np.bincount(validation.labels)) == [991, 1064, 990, 1030, 983, 915, 967, 1090, 1009, 961]
    pixels = hashlib.sha256(struct.pack(">4I", 2051, 60_000, 28, 28))
    pixels.update(train.images)
    pixels.update(validation.images)
    assert pixels.hexdigest() == "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/self/status is Linux's")
def test_mnist_takes_little_memory(mnist):
    program = (  # VmHWM is this process's own peak; ru_maxrss begins with that of the one that started it
        "import nncore.datasets as d; d.load_mnist(); "
        "print([line for line in open('/proc/self/status') if 'VmHWM' in line][0].split()[1])"
    )
    peak = int(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout) / 1024
    assert peak < 180  # MB; MNIST itself is 55


@pytest.fixture
def few(monkeypatch):
    """MNIST of six images: what files of this size must hold, instead of 60,000 and 10,000."""
    monkeypatch.setattr(datasets.mnist, "COUNTS", (4, 2))
    monkeypatch.setattr(datasets.mnist, "VALIDATION", 2)
    monkeypatch.setattr(datasets.book_pickle, "SPLIT", (2, 2, 2))
    for room in (datasets.streams, datasets.book_pickle):
        monkeypatch.setattr(room, "PIECE", 1000)  # so that this little is read in many pieces too
    for name in ("NNCORE_DATA", "NNCORE_CACHE"):
        monkeypatch.delenv(name, raising=False)
    return small_data()


def write_idx(folder, few, spell=lambda name: name, pack=bytes):
    """The four files of MNIST, of six images, in folder."""
    images, labels = few
    folder.mkdir(parents=True, exist_ok=True)
    parts = (images[:4], labels[:4].astype(np.uint8), images[4:], labels[4:].astype(np.uint8))
    for name, data in zip(IDX_NAMES, parts, strict=True):
        (folder / spell(name)).write_bytes(pack(idx_bytes(data)))


def assert_few(data, few):
    images, labels = few
    np.testing.assert_array_equal(np.concatenate([part.images for part in data]), images)
    np.testing.assert_array_equal(np.concatenate([part.labels for part in data]), labels)
    assert [len(part) for part in data] == [2, 2, 2]


@pytest.mark.parametrize("folder", ["", "mnist"])
@pytest.mark.parametrize(
    ("spell", "pack"),
    [
        (lambda name: name, bytes),
        (lambda name: name + ".gz", gzip.compress),
        (lambda name: name.replace("-idx", ".idx"), bytes),
        (lambda name: name.replace("-idx", ".idx") + ".gz", gzip.compress),
        (lambda name: name + ".gz", bytes),  # unpacked, and not renamed
    ],
    ids=["plain", "gzip", "dot", "dot-gzip", "misnamed"],
)
def test_load_mnist_finds_the_four_files(tmp_path, few, folder, spell, pack):
    write_idx(tmp_path / folder, few, spell, pack)
    assert_few(datasets.load_mnist(tmp_path), few)
    assert_few(datasets.load_mnist(str(tmp_path)), few)


def test_load_mnist_looks_at_path_then_nncore_data_then_cache(tmp_path, few, monkeypatch):
    for place, seed in (("path", 1), ("data", 2), ("cache", 3)):
        write_idx(tmp_path / place, small_data(seed=seed))
    monkeypatch.setenv("NNCORE_CACHE", str(tmp_path / "cache"))
    assert_few(datasets.load_mnist(), small_data(seed=3))
    monkeypatch.setenv("NNCORE_DATA", "")  # the same as none
    assert_few(datasets.load_mnist(), small_data(seed=3))
    monkeypatch.setenv("NNCORE_DATA", str(tmp_path / "data"))
    assert_few(datasets.load_mnist(), small_data(seed=2))
    assert_few(datasets.load_mnist(tmp_path / "path"), small_data(seed=1))


def test_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("NNCORE_CACHE", str(tmp_path))
    assert datasets.mnist.cache_folder() == tmp_path
    monkeypatch.delenv("NNCORE_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert datasets.mnist.cache_folder() == tmp_path / "xdg" / "nncore"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert datasets.mnist.cache_folder() == Path.home() / ".cache" / "nncore"


@pytest.mark.parametrize("missing", range(5))
def test_load_mnist_says_where_it_looked(tmp_path, few, monkeypatch, missing):
    if missing < 4:  # one of the files
        write_idx(tmp_path, few)
        (tmp_path / IDX_NAMES[missing]).unlink()
    with pytest.raises(
        FileNotFoundError, match=f"path: there is no MNIST in {tmp_path}.*NNCORE_DATA.*load_sample"
    ):
        datasets.load_mnist(tmp_path)
    monkeypatch.setenv("NNCORE_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="NNCORE_DATA: there is no MNIST in"):
        datasets.load_mnist()


def test_load_mnist_refuses_other_shapes_and_labels(tmp_path, few):
    write_idx(tmp_path, few)
    images = tmp_path / IDX_NAMES[0]
    good = images.read_bytes()
    images.write_bytes(idx_bytes(np.zeros((3, 28, 28), np.uint8)))
    with pytest.raises(
        ValueError, match=r"train-images-idx3-ubyte: expected shape \(4, 28, 28\).*\(3, 28, 28\)"
    ):
        datasets.load_mnist(tmp_path)
    images.write_bytes(good)
    (tmp_path / IDX_NAMES[3]).write_bytes(idx_bytes(np.array([0, 10], np.uint8)))
    with pytest.raises(ValueError, match="t10k-labels-idx1-ubyte: expected labels 0 to 9, got 10"):
        datasets.load_mnist(tmp_path)


# --------------------------------------------------------------------------------------------------- IDX


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "expected an IDX file"),
        (b"\0\0\x08", "expected an IDX file"),
        (b"\x89PNG\r\n\x1a\n", "expected an IDX file"),
        (b"\0\0\x08\0" + b"\0" * 100, "1 to 4 dimensions"),
        (b"\0\0\x08\xff" + b"\0" * 100, "1 to 4 dimensions"),
        (b"\0\0\x0d\x01\0\0\0\x01" + b"\0" * 4, "unsigned bytes"),
        (b"\0\0\x08\x03\0\0\0\x01", "cut off"),
        (b"\0\0\x08\x01\0\0\0\x05abcd", "cannot hold|cut off"),
        (b"\0\0\x08\x01\0\0\0\x03abcd", "more bytes"),
        (b"\0\0\x08\x01\0\0\0\0", "cannot hold"),
        (b"\0\0\x08\x04" + b"\xff" * 16 + b"abcd", "cannot hold"),  # 2^128 pixels
        (b"\0\0\x08\x02\x80\0\0\0\x80\0\0\0" + b"abcd", "cannot hold"),  # 2^62: as int64 times 4, nothing
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_bad_idx_files_are_refused(tmp_path, content, says, pack):
    path = tmp_path / "images"
    path.write_bytes(pack(content))
    with pytest.raises(ValueError, match=says) as error:
        datasets.read_idx(path)
    assert str(path) in str(error.value)


def test_gzip_of_every_damage_is_refused(tmp_path):
    path = tmp_path / "images.gz"
    good = gzip.compress(idx_bytes(small_data()[0]), mtime=0)
    for bad in (good[:50], good[:-1], good[:-8] + b"12345678", good + b"x", good + good, good[:3]):
        path.write_bytes(bad)
        with pytest.raises(ValueError, match=r"images\.gz: (cut off or damaged|more bytes)"):
            datasets.read_idx(path)


def test_a_gzip_bomb_takes_no_memory(tmp_path):
    """40 MB where the header says 1 MB; 4 GB said by a file of 30 bytes; 1 MB said by a plain one of 1 kB."""
    path = tmp_path / "images.gz"
    with gzip.open(path, "wb", 9) as file:
        file.write(bytes([0, 0, 8, 1]) + struct.pack(">I", 1 << 20))
        for _ in range(40):
            file.write(bytes(1 << 20))
    with memory_below(2), pytest.raises(ValueError, match="more bytes than its header says"):
        datasets.read_idx(path)
    path.write_bytes(gzip.compress(bytes([0, 0, 8, 1]) + struct.pack(">I", (1 << 32) - 1)))
    with memory_below(2), pytest.raises(ValueError, match="cannot hold"):
        datasets.read_idx(path)
    path.write_bytes(bytes([0, 0, 8, 1]) + struct.pack(">I", 1_000_000) + bytes(1000))
    with memory_below(2), pytest.raises(ValueError, match="cannot hold"):
        datasets.read_idx(path)


@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 3, 4), (2, 1, 2, 3)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_read_idx(tmp_path, shape, pack):
    data = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    (tmp_path / "data").write_bytes(pack(idx_bytes(data)))
    found = datasets.read_idx(tmp_path / "data")
    np.testing.assert_array_equal(found, data)
    assert found.flags.writeable


@fuzz
@given(
    content=st.binary(max_size=300), begin=st.sampled_from([b"", b"\0\0\x08", b"\x1f\x8b\x08", b"\x80\x02"])
)
def test_arbitrary_bytes_are_data_or_a_value_error(tmp_path, content, begin):
    path = tmp_path / "any"
    path.write_bytes(begin + content)
    for read in (datasets.read_idx, datasets.load_mnist):
        data_or_refusal(read, path)


@fuzz
@given(bit=st.integers(0, 8 * 500), packed=st.booleans())
def test_a_flipped_bit_of_an_idx_file_is_data_or_a_value_error(tmp_path, bit, packed):
    content = idx_bytes(small_data(n=1)[0])
    content = bytearray(gzip.compress(content, mtime=0) if packed else content)
    content[bit // 8] ^= 1 << bit % 8
    path = tmp_path / "images"
    path.write_bytes(content)
    found = data_or_refusal(datasets.read_idx, path)
    assert found is None or found.size == 784


# --------------------------------------------------------------------------------------- the book's pickle


def python2_array(array):
    """An array as Python 2's cPickle and the NumPy of its day wrote it, in protocol 2."""
    shape = b"".join(b"M" + struct.pack("<H", side) for side in array.shape)
    return (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03"
        + b"(K\x01" + shape + (b"\x85" if array.ndim == 1 else b"\x86")
        + b"cnumpy\ndtype\nq\x04U\x02" + array.dtype.str[1:].encode() + b"K\x00K\x01\x87Rq\x05"
        + b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        + b"T" + struct.pack("<i", array.nbytes) + array.tobytes() + b"tb"
    )  # fmt: skip


def python2_pickle(parts):
    return b"\x80\x02" + b"".join(python2_array(x) + python2_array(y) + b"\x86" for x, y in parts) + b"\x87."


def book_parts(few, dtype="float32", scale=256, labels_dtype="int64"):
    """((images, labels), (images, labels), (images, labels)), as the book's file holds them."""
    images, labels = few
    pixels = images.reshape(6, 784).astype(dtype) / np.dtype(dtype).type(scale)
    labels = labels.astype(labels_dtype)
    return tuple((pixels[i : i + 2], labels[i : i + 2]) for i in (0, 2, 4))


def test_the_books_file_is_read_as_python_2_wrote_it(tmp_path, few):
    content = python2_pickle(book_parts(few))
    theirs = pickle.loads(content, encoding="latin1")  # the test's own writer writes what Python reads
    np.testing.assert_array_equal(theirs[2][0] * 256, few[0][4:].reshape(2, 784))
    path = tmp_path / "mnist.pkl.gz"
    path.write_bytes(gzip.compress(content))
    assert_few(datasets.load_mnist(path), few)
    assert_few(datasets.load_mnist(tmp_path), few)
    (tmp_path / "mnist").mkdir()
    path.rename(tmp_path / "mnist" / "mnist.pkl.gz")
    assert_few(datasets.load_mnist(tmp_path), few)
    (tmp_path / "mnist.pkl").write_bytes(content)
    assert_few(datasets.load_mnist(tmp_path / "mnist.pkl"), few)


@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8"])
@pytest.mark.parametrize("scale", [256, 255])
def test_the_books_file_written_again(tmp_path, few, protocol, dtype, scale):
    path = tmp_path / "again.pkl"
    path.write_bytes(pickle.dumps(book_parts(few, dtype, scale), protocol=protocol))
    assert_few(datasets.load_mnist(path), few)


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("labels_dtype", ["uint8", "int32", ">i8"])
def test_orders_and_dtypes(tmp_path, few, protocol, order, labels_dtype):
    parts = tuple((np.array(x, order=order), y) for x, y in book_parts(few, labels_dtype=labels_dtype))
    path = tmp_path / "again.pkl"
    path.write_bytes(pickle.dumps(parts, protocol=protocol))
    assert_few(datasets.load_mnist(path), few)


def test_the_books_pixels_never_stand_in_memory_as_floats(tmp_path, few, monkeypatch):
    monkeypatch.setattr(datasets.book_pickle, "SPLIT", (4000, 2, 2))
    pixels, labels = np.full((4000, 784), 0.5, np.float32), np.zeros(4000, np.int64)
    path = tmp_path / "mnist.pkl.gz"
    path.write_bytes(gzip.compress(python2_pickle(((pixels, labels), *book_parts(few)[1:])), 1))
    with memory_below(4):  # as bytes they are 3.1 MB
        train, _, _ = datasets.load_mnist(path)
    assert (train.images == 128).all()


class Harm:
    """What a hostile pickle does: it calls something."""

    def __init__(self, call, *arguments):
        self.call, self.arguments = call, arguments

    def __reduce__(self):
        return self.call, self.arguments


@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
def test_a_hostile_pickle_is_refused_before_it_does_anything(tmp_path, few, protocol):
    path, mark = tmp_path / "mnist.pkl.gz", tmp_path / "mark"
    for harm in (Harm(Path.touch, mark), Harm(eval, f"open({str(mark)!r}, 'w')"), Harm(np.load, "x")):
        parts = (*book_parts(few)[:2], harm)
        path.write_bytes(gzip.compress(pickle.dumps(parts, protocol=protocol)))
        with pytest.raises(ValueError, match=r"mnist\.pkl\.gz: expected the book's mnist\.pkl\.gz, it "):
            datasets.load_mnist(path)
        assert not mark.exists()


def changed(part, x=None, y=None):
    """A change of one part's images or labels."""

    def change(parts):
        images, labels = parts[part]
        new = (images if x is None else x, labels if y is None else y)
        return (*parts[:part], new, *parts[part + 1 :])

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: parts[:2],
        lambda parts: (*parts, parts[0]),
        lambda parts: parts[0],
        lambda parts: 7,
        lambda parts: "mnist",
        lambda parts: {"train": parts},
        lambda parts: parts[0][0],
        lambda parts: ((1, 2), (3, 4), (5, 6)),
        changed(0, x=np.zeros((2, 783), np.float32)),
        changed(1, x=np.zeros((2, 28, 28), np.float32)),
        changed(2, x=np.zeros((2, 784), np.int64)),
        changed(0, x=np.full((2, 784), 0.3, np.float32)),
        changed(0, x=np.full((2, 784), 1.5, np.float32)),
        changed(0, x=np.full((2, 784), -1 / 256, np.float32)),
        changed(0, x=np.full((2, 784), np.nan, np.float32)),
        changed(0, x=np.full((2, 784), np.inf, np.float32)),
        changed(0, x=np.full((2, 784), 3e38, np.float32)),
        changed(0, x=np.full((2, 784), None)),
        changed(0, x=np.zeros((2, 784), "f2")),
        changed(0, x=np.zeros(2, [("a", "f4", 784)])),
        changed(0, y=np.array([0, 10])),
        changed(0, y=np.array([0, -1])),
        changed(0, y=np.array([0.0, 1.0])),
        changed(0, y=np.array([0, 1, 2])),
        changed(0, y=np.array(["0", "1"])),
    ],
)
def test_a_pickle_of_other_things_is_refused(tmp_path, few, change):
    path = tmp_path / "other.pkl"
    for protocol in (1, 2, 4, 5):
        path.write_bytes(pickle.dumps(change(book_parts(few)), protocol=protocol))
        with pytest.raises(ValueError, match=r"other\.pkl: expected the book's mnist\.pkl\.gz"):
            datasets.load_mnist(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b".",
        b"\x80\x02N",
        b"N" * 20_000 + b".",  # more instructions than that file has
        b"(" * 20_000 + b".",
        b"\x80\x02T\xff\xff\xff\x7fabc",  # a string of 2 GB
        b"\x80\x04\x8e" + b"\xff" * 8 + b"abc",  # and of 2^64 bytes
        b"\x80\x02T\xf0\xff\xff\x10abc",  # 285 MB, which could be
        b"I" + b"9" * 5000 + b"\n.",
        b"t.",
        b"\x87.",
        b"R.",
        b"b.",
        b"h\x05.",
        b"cnumpy\ndtype\nU\x02O8\x85R.",
        b"cnumpy\nndarray\n)R.",
        b"cnumpy.core.multiarray\n_reconstruct\n)R(K\x01U\x03abcNNNtb.",
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_broken_pickles_are_refused(tmp_path, content, pack):
    path = tmp_path / "broken.pkl"
    path.write_bytes(pack(content))
    with memory_below(2), pytest.raises(ValueError, match=r"broken\.pkl: "):
        datasets.load_mnist(path)


def test_a_string_of_the_pickle_can_be_read_only_once(few):
    """Else a small file could ask for the same numbers as thousands of arrays."""
    images = np.zeros((2, 784), np.float32)
    build = b"cnumpy.core.numeric\n_frombuffer\n(h\x01h\x02K\x02M\x10\x03\x86U\x01CtR"
    raw = b"B" + struct.pack("<I", images.nbytes) + images.tobytes() + b"q\x01"
    dtype = b"cnumpy\ndtype\nU\x02f4\x85Rq\x02"
    assert datasets.book_pickle._Machine(io.BytesIO(raw + dtype + build + b".")).run().values.shape == (
        2,
        784,
    )
    with pytest.raises(ValueError, match="closed file"):
        datasets.book_pickle._Machine(io.BytesIO(raw + dtype + build + build + b".")).run()


def test_a_pickle_has_limits(tmp_path, few, monkeypatch):
    path = tmp_path / "mnist.pkl.gz"
    content = python2_pickle(book_parts(few))

    def assert_refused(content, says):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=rf"mnist\.pkl\.gz: .*{says}"):
            datasets.load_mnist(path)

    assert_refused(content[:2] + b"N" * 20_000 + content[2:], "more than 10000 instructions")
    assert_refused(content + b"x", "more bytes after its end")
    assert_refused(gzip.compress(content)[:-8] + b"12345678", "cut off or damaged")
    assert_refused(gzip.compress(content)[:-5], "cut off or damaged")
    monkeypatch.setattr(datasets.book_pickle, "MOST_BYTES", len(content) - 1)
    assert_refused(content, f"unpacks to more than {len(content) - 1} bytes")


def test_numbers_that_do_not_fill_their_array_are_refused():
    dtype, build = b"cnumpy\ndtype\nU\x02f4\x85R", b"K\x02\x85U\x01CtR."
    for length in (7, 9, 12):
        content = b"cnumpy.core.numeric\n_frombuffer\n(C" + bytes([length]) + bytes(length) + dtype + build
        with pytest.raises(ValueError, match="it gives"):
            datasets.book_pickle._Machine(io.BytesIO(content)).run()


@fuzz
@given(data=st.data(), protocol=st.sampled_from([0, 2, 4, 5]))
def test_a_flipped_bit_of_a_pickle_is_data_or_a_value_error(tmp_path, few, data, protocol):
    parts = book_parts(few)
    content = bytearray(pickle.dumps(parts, protocol=protocol) if protocol else python2_pickle(parts))
    places = [i for i in range(len(content)) if i < 400 or content[i : i + 2] in (b"tb", b"\x94\x8c", b"cn")]
    place = data.draw(st.sampled_from(places) | st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path / "flipped.pkl"
    path.write_bytes(content)
    found = data_or_refusal(datasets.load_mnist, path)
    assert found is None or [len(part) for part in found] == [2, 2, 2]


# ------------------------------------------------------------------------------------------------ download


@pytest.fixture
def mirrors(tmp_path, few, monkeypatch):
    """Two mirrors on this machine: the first has other files of these names, the second the right ones."""
    write_idx(tmp_path / "wrong", small_data(seed=9), lambda name: name + ".gz", gzip.compress)
    write_idx(tmp_path / "right", few, lambda name: name + ".gz", gzip.compress)
    hashes = {
        name: hashlib.sha256((tmp_path / "right" / f"{name}.gz").read_bytes()).hexdigest()
        for name in IDX_NAMES
    }

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(datasets.mnist, "SHA256", hashes)
        monkeypatch.setattr(datasets.mnist, "MIRRORS", (f"{address}/wrong/", f"{address}/right/"))
        monkeypatch.setenv("NNCORE_CACHE", str(tmp_path / "cache"))
        yield server
        server.shutdown()


def test_download_takes_only_the_right_files_and_keeps_them(mirrors, few, tmp_path, monkeypatch):
    pytest.importorskip("pooch")
    assert_few(datasets.load_mnist(), few)
    assert sorted(path.name for path in (tmp_path / "cache" / "mnist").iterdir()) == sorted(
        f"{name}.gz" for name in IDX_NAMES
    )
    monkeypatch.setattr(datasets.mnist, "MIRRORS", ())
    assert_few(datasets.load_mnist(), few)  # from the cache


def test_download_finishes_what_was_begun(mirrors, few, tmp_path):
    pytest.importorskip("pooch")
    write_idx(tmp_path / "cache" / "mnist", few, lambda name: name + ".gz", gzip.compress)
    (tmp_path / "cache" / "mnist" / f"{IDX_NAMES[2]}.gz").unlink()
    assert_few(datasets.load_mnist(), few)


def test_offline_is_one_sentence_that_names_the_other_ways(tmp_path, few, monkeypatch):
    pytest.importorskip("pooch")
    monkeypatch.setenv("NNCORE_CACHE", str(tmp_path))
    monkeypatch.setattr(datasets.mnist, "MIRRORS", ("http://127.0.0.1:9/",))  # nobody listens there
    with pytest.raises(
        ConnectionError, match=r"could not be downloaded .*path=.*NNCORE_DATA.*load_sample"
    ) as error:
        datasets.load_mnist()
    assert "\n" not in str(error.value)


def test_without_pooch_the_sentence_says_so(tmp_path, few, monkeypatch):
    monkeypatch.setenv("NNCORE_CACHE", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(
        FileNotFoundError, match=r"pip install \"nncore\[data\]\".*path=.*NNCORE_DATA.*load_sample"
    ):
        datasets.load_mnist()


def test_datasets_import_nothing_heavy():
    program = (
        "import sys, nncore.datasets; print(*{'scipy', 'sklearn', 'matplotlib', 'pooch', 'requests', 'tqdm'}"
        " & set(sys.modules))"
    )
    assert not subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout.strip()
