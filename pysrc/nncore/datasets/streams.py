"""Bytes out of a file, gzip or plain, never more than were asked for."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

PIECE = 1 << 16  # bytes read at a time: what is computed from them stays in the cache
LARGEST_DEFLATE_RATIO = 1032  # a byte of a gzip file gives no more bytes than these


@contextmanager
def open_data(path: str | os.PathLike[str]) -> Iterator[tuple[io.BufferedIOBase, int]]:
    """A stream of the file's bytes, unpacked if it is gzip, and the most bytes that it can hold.

    What shows, inside the ``with``, that the file is cut off or damaged becomes a ValueError with its name.
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
    """Read len(buffer) bytes, piece by piece, so that memory fills only as the bytes really come."""
    filled = 0
    while filled < len(buffer):
        received = stream.readinto(buffer[filled : filled + PIECE])
        if not received:
            raise EOFError(f"{len(buffer) - filled} bytes more were expected")
        filled += received
