"""`read_idx` returns what the file holds; a damaged or hostile file is refused by its name."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.data_files import data_or_refusal, fuzz, idx_bytes, memory_below, small_data

from nncore import datasets


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
