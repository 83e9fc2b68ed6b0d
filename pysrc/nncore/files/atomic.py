"""`new_file` writes a file whole or not at all, and removes what a process left when it was killed."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from nncore import _given
from nncore.files.streams import refuse_all_but_files

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows, which does not remove a file that is open
    flock = None  # type: ignore[assignment]

TEMPORARY = re.compile(r"\.nncore-[0-9a-f]{16}\.tmp")


def write_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file whole or not at all, through a symbolic link, which stays. Only files are replaced.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_file(pathlib.Path(folder, "greeting"), b"hello")
    ...     pathlib.Path(folder, "greeting").read_bytes()
    b'hello'
    """
    file = Path(os.path.realpath(_given.path(path)))
    if file.exists():
        refuse_all_but_files(file, to_write=True)
    with new_file(file) as stream:
        stream.write(content)


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for new contents, which replace the contents of `path` in one step at the end.

    The contents are written to a file beside `path` and flushed to the disk before they replace it. So a
    crash at any moment leaves the old file whole. The permissions of the old file are kept, and nobody who
    may not read the old file can read the new one while it is written. Files that processes left beside
    `path` when they were killed are removed.

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
    _remove_left_over(path.parent)
    try:
        old = path.stat()
    except FileNotFoundError:
        old = None
    temporary, file = _open_temporary(path.parent, 0o666 if old is None else 0o600)
    try:
        with file:
            yield file
            file.flush()
            if old is not None:
                _give_permissions(file.fileno(), temporary, old)
            os.fsync(file.fileno())
            if os.name == "posix":  # while the file is open, and so locked; Windows renames closed files only
                os.replace(temporary, path)
        if os.name != "posix":
            os.replace(temporary, path)
    except BaseException:  # including Ctrl-C
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        _flush_folder(path.parent)


def _open_temporary(folder: Path, mode: int) -> tuple[Path, BinaryIO]:
    """Make a file beside the one that it will replace, and lock it as long as it is open.

    Another process may take the new file for one that was left over, and remove it before it is locked. Then
    it has no name any more, and another is made.
    """
    while True:
        temporary = folder / f".nncore-{os.urandom(8).hex()}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        file = os.fdopen(os.open(temporary, flags, mode), "wb")
        if flock is None:
            return temporary, file
        with contextlib.suppress(OSError):  # some file systems have no locks
            flock(file, LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            return temporary, file
        file.close()


def _remove_left_over(folder: Path) -> None:
    """Remove the files that killed processes left: those that no living process has locked."""
    try:
        names = [entry.name for entry in os.scandir(folder) if TEMPORARY.fullmatch(entry.name)]
    except OSError:  # a folder that cannot be listed
        return
    for name in names:
        with contextlib.suppress(OSError):  # locked, gone meanwhile, or not ours
            if flock is None:
                os.unlink(folder / name)
                continue
            descriptor = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                if stat.S_ISREG(os.fstat(descriptor).st_mode):
                    flock(descriptor, LOCK_EX | LOCK_NB)
                    os.unlink(folder / name)
            finally:
                os.close(descriptor)


def _give_permissions(descriptor: int, temporary: Path, old: os.stat_result) -> None:
    """Give the new file the owner, the group and the permissions of the old one, as far as the user may.

    Where the group must be another one, its members get no more than everybody.
    """
    mode = stat.S_IMODE(old.st_mode)
    if os.name != "posix":
        os.chmod(temporary, mode)
        return
    with contextlib.suppress(OSError):
        os.fchown(descriptor, old.st_uid, -1)
    try:
        os.fchown(descriptor, -1, old.st_gid)
    except OSError:
        mode &= ~0o070 | (mode & 0o007) << 3
    os.fchmod(descriptor, mode)


def _flush_folder(folder: Path) -> None:
    """Flush the folder, so that the new name survives a loss of power. Some file systems cannot do this."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
