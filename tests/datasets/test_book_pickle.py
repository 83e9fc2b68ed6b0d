"""The book's pickle is read without unpickling; a damaged or hostile file is refused by its name."""

import gzip
import io
import pickle
import struct
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.data_files import assert_few, data_or_refusal, fuzz, memory_below, python2_pickle

from nncore import datasets


def book_parts(few, dtype="float32", scale=256, labels_dtype="int64"):
    """((images, labels), (images, labels), (images, labels)), as the book's file holds them."""
    images, labels = few
    pixels = images.reshape(6, 784).astype(dtype) / np.dtype(dtype).type(scale)
    labels = labels.astype(labels_dtype)
    return tuple((pixels[i : i + 2], labels[i : i + 2]) for i in (0, 2, 4))


def test_a_file_of_python_2_is_read(tmp_path, few):
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
def test_a_file_written_again_by_python_3_is_read(tmp_path, few, protocol, dtype, scale):
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


def test_the_float_pixels_are_never_all_in_memory(tmp_path, few):
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
        with pytest.raises(ValueError, match=r"mnist\.pkl\.gz: expected the book's mnist.* but it names"):
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
        lambda parts: list(parts),
        lambda parts: 7,
        lambda parts: "mnist",
        lambda parts: {"train": parts},
        lambda parts: parts[0][0],
        lambda parts: ((1, 2), (3, 4), (5, 6)),
        changed(0, x=np.zeros((2, 783), np.float32)),
        changed(1, x=np.zeros((2, 28, 28), np.float32)),
        changed(1, x=np.zeros((0, 784), np.float32), y=np.zeros(0, int)),
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
        with pytest.raises(
            ValueError, match=r"other\.pkl: (expected the book's mnist\.pkl\.gz|labels: expe)"
        ):
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


def test_a_string_of_a_pickle_can_be_read_only_once(few):
    """Else a small file could ask for the same numbers as thousands of arrays."""
    images = np.zeros((2, 784), np.float32)
    build = b"cnumpy.core.numeric\n_frombuffer\n(h\x01h\x02K\x02M\x10\x03\x86U\x01CtR"
    raw = b"B" + struct.pack("<I", images.nbytes) + images.tobytes() + b"q\x01"
    dtype = b"cnumpy\ndtype\nU\x02f4K\x00K\x01\x87Rq\x02"
    assert datasets.book_pickle._Machine(io.BytesIO(raw + dtype + build + b".")).run().values.shape == (
        2,
        784,
    )
    with pytest.raises(ValueError, match="closed file"):
        datasets.book_pickle._Machine(io.BytesIO(raw + dtype + build + build + b".")).run()


BOMBS = {
    "memo": b")q\x00" + b"h\x00h\x00\x86q\x00" * 25 + b"NR.",
    "memo, called": b")q\x00" + b"h\x00h\x00\x86q\x00" * 1000 + b"h\x00R.",
    "memo, a function": b"cnumpy\ndtype\n)q\x00" + b"h\x00h\x00\x86q\x00" * 1000 + b"R.",
    "memo, a state": b"cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R)q\x00" + b"h\x00h\x00\x86q\x00" * 6 + b"b.",
    "memo, the end": b")q\x00" + b"h\x00h\x00\x86q\x00" * 6 + b"h\x00h\x00\x87.",
    "deep": b")" + b"\x85" * 9000 + b".",
    "deep, called": b"N)" + b"\x85" * 9000 + b"R.",
    "deep, an argument": b"cnumpy\ndtype\n)" + b"\x85" * 9000 + b"R.",
    "wide": b"(" + b"N" * 9000 + b"tq\x00" + b"h\x00h\x00\x86q\x00" * 4 + b"NR.",
    "a global that is no function": b"cnumpy\nndarray\n)R.",
    "a function without arguments": b"cnumpy\ndtype\nNR.",
    "a function with others": b"cnumpy\ndtype\nU\x02f4(ttR.",
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_bomb_ends_at_once_in_a_clear_error(tmp_path, bomb, pack):
    path = tmp_path / "mnist.pkl.gz"
    path.write_bytes(pack(b"\x80\x02" + BOMBS[bomb]))
    start = time.process_time()
    with (
        memory_below(3),
        pytest.raises(ValueError, match=r"expected the book's mnist\.pkl\.gz; .* but it") as error,
    ):
        datasets.load_mnist(path)
    assert time.process_time() - start < 2  # it takes a few milliseconds
    assert len(str(error.value)) < 600 + len(str(path))


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
    dtype, build = b"cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R", b"K\x02\x85U\x01CtR."
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
