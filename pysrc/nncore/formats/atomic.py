"""`new_file` writes a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for new contents, which replace the contents of `path` in one step at the end.

    The contents are written to a file beside `path` and flushed to the disk before they replace it. So a
    crash at any moment leaves the old file whole. The permissions of the old file are kept.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "greeting")
    ...     with new_file(path) as file:
    ...         _ = file.write(b"hello")
    ...     path.read_bytes()
    b'hello'
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(f"path: there is no folder {path.parent}; make it first")
    temporary = path.with_name(f".nncore-{os.urandom(8).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            os.chmod(temporary, stat.S_IMODE(path.stat().st_mode))
        os.replace(temporary, path)
    except BaseException:  # including Ctrl-C
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Flush the folder, so that the new name survives a loss of power. Some file systems cannot do this."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
