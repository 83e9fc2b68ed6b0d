"""This module opens files and reads their bytes, plain or unpacked, within limits.

It opens regular files only: a pipe may never give a byte, and /dev/zero never ends. Memory is filled only
as bytes arrive, whatever the file says of its size.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO, Protocol, cast

from nncore import _given

PIECE = 1 << 16  # bytes read at a time, few enough to stay in the cache
LARGEST_DEFLATE_RATIO = 1032  # one byte of a compressed file gives at most this many bytes
MOST_UNPACKED = 600_000_000  # bytes that a compressed file may unpack to; EMNIST, the largest set, 550 MB

GZIP = b"\x1f\x8b"


class Readable(Protocol):
    """What `fill` reads from: a file, a gzip stream, an entry of a zip file."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...


class NotAFileError(ValueError):
    """The path names a folder, a pipe, a socket or a device."""


def what_stands_at(path: str | os.PathLike[str]) -> str:
    """Return "a file", or what else the path names. It must exist."""
    mode = os.stat(_given.path(path)).st_mode
    tests = (
        (stat.S_ISREG, "a file"),
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((what for test, what in tests if test(mode)), "something else")


def refuse_all_but_files(path: str | os.PathLike[str], *, to_write: bool = False) -> None:
    """Raise a `NotAFileError` if the path names something else than a file. It must exist."""
    if (what := what_stands_at(path)) != "a file":
        advice = "name a file" if to_write else "copy what it gives into a file first"
        advice = "name a file in it" if what == "a folder" else advice
        raise NotAFileError(f"{os.fspath(path)}: expected a file, but this is {what}; {advice}")


def open_file(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a regular file to read its bytes. Nothing else is opened, and so nothing can block or never end.

    Raises
    ------
    NotAFileError
        The path names a folder, a pipe, a socket or a device.
    OSError
        The file does not exist or cannot be opened.
    """

    def at_once(name: str, flags: int) -> int:
        return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe put there just now does not block

    refuse_all_but_files(path)
    file = open(path, "rb", opener=at_once)  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise NotAFileError(f"{os.fspath(path)}: expected a file, but this is something else")
    return file


@contextlib.contextmanager
def open_data(path: str | os.PathLike[str]) -> Iterator[tuple[io.BufferedIOBase, int]]:
    """Give a stream of the file's bytes, unpacked if it is gzip, and the most bytes that it can hold.

    Errors inside the ``with`` that show that the file is cut off or damaged become a ValueError with the
    file's name.
    """
    with open_file(path) as file:
        is_gzip = file.read(2) == GZIP
        file.seek(0)
        most = os.fstat(file.fileno()).st_size
        if is_gzip:
            most = min(most * LARGEST_DEFLATE_RATIO, MOST_UNPACKED)
        try:
            stream = gzip.GzipFile(fileobj=cast(IO[bytes], file)) if is_gzip else file
            yield cast(io.BufferedIOBase, stream), most
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path}: cut off or damaged ({error}); get the file again") from error


def fill(stream: Readable, buffer: memoryview) -> None:
    """Read len(buffer) bytes piece by piece, so that memory is filled only when bytes really arrive."""
    filled = 0
    while filled < len(buffer):
        received = stream.readinto(buffer[filled : filled + PIECE])
        if not received:
            raise EOFError(f"{len(buffer) - filled} more bytes were expected")
        filled += received


def first_bytes(path: str | os.PathLike[str], most: int = 8192) -> tuple[bytes, bool]:
    """Return the first bytes of a file, unpacked if it is gzip, and whether it is gzip."""
    with open_file(path) as file:
        head = file.read(most)
    if not head.startswith(GZIP):
        return head, False
    try:
        return zlib.decompressobj(wbits=31).decompress(head, most), True
    except zlib.error:
        return b"", True
