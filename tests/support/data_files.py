"""Small data sets, and the files that hold them."""

import contextlib
import struct
import tracemalloc

import numpy as np
from hypothesis import HealthCheck, settings

from nncore import datasets

fuzz = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
IDX_NAMES = tuple(name.removesuffix(".gz") for name in datasets.mnist.SHA256)


def small_data(n=6, seed=0):
    """n images of 28 x 28 that hold every byte, and their labels."""
    rng = np.random.default_rng(seed)
    images = rng.permuted(np.arange(n * 784) % 256).astype(np.uint8).reshape(n, 28, 28)
    return images, rng.integers(0, 10, n)


def idx_bytes(data):
    return bytes([0, 0, 8, data.ndim]) + struct.pack(f">{data.ndim}I", *data.shape) + data.tobytes()


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
    assert [len(part) for part in data] in ([2, 2, 2], [3, 1, 2])  # the book's pickle; a sixth of IDX files
