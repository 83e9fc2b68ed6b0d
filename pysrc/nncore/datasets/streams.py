"""This module reads bytes from a file, gzip or plain, and never takes more memory than was asked for."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

PIECE = 1 << 16  # bytes read at a time, few enough to stay in the cache
LARGEST_DEFLATE_RATIO = 1032  # one byte of a gzip file gives at most this many bytes


@contextmanager
def open_data(path: str | os.PathLike[str]) -> Iterator[tuple[io.BufferedIOBase, int]]:
    """Give a stream of the file's bytes, unpacked if it is gzip, and the most bytes that it can hold.

    Errors inside the ``with`` that show that the file is cut off or damaged become a ValueError with the
    file's name.
    """
    with open(path, "rb") as file:
        is_gzip = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        most = os.fstat(file.fileno()).st_size * (LARGEST_DEFLATE_RATIO if is_gzip else 1)
        try:
            yield gzip.GzipFile(fileobj=file) if is_gzip else file, most
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path}: cut off or damaged ({error}); get the file again") from error


def fill(stream: io.BufferedIOBase, buffer: memoryview) -> None:
    """Read len(buffer) bytes piece by piece, so that memory is filled only when bytes really arrive."""
    filled = 0
    while filled < len(buffer):
        received = stream.readinto(buffer[filled : filled + PIECE])
        if not received:
            raise EOFError(f"{len(buffer) - filled} more bytes were expected")
        filled += received
