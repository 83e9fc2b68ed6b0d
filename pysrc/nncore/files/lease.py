"""A `lease` gives a piece of work to one process at a time, on all machines that share a folder.

filelock locks the file. The operating system releases the lock of a process that dies, so on one machine
nothing else is needed. Some shared file systems do not pass locks on to other machines. So the owner also
writes its name beside the lock, and touches that file again and again. Another machine takes the work over
when the file has not been touched for a minute.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import platform
import threading
from collections.abc import Iterator
from pathlib import Path

BEAT = 5.0  # seconds between two touches of the owner's file
STALE = 60.0  # after so many seconds without one, the owner on another machine counts as dead


@contextlib.contextmanager
def lease(path: Path) -> Iterator[bool]:
    """Take the lease of a lock file for as long as the with statement lasts; give False if another has it.

    If two machines take a lease at the same moment, on a file system without locks, both may get it. Their
    work must bear that: nncore's files are written whole, and both write the same numbers.

    Parameters
    ----------
    path : Path
        The lock's file, which is made, with its folder. ``path.owner`` beside it names the owner.

    Raises
    ------
    ImportError
        filelock is not installed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "lock")
    ...     with lease(path) as first, lease(path) as second:
    ...         print(first, second)
    True False
    """
    try:
        from filelock import FileLock, Timeout
    except ImportError:
        raise ImportError("filelock is needed to share a folder of results: pip install filelock") from None
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(str(path), timeout=0)
    try:
        lock.acquire()
        ours = True
    except Timeout:
        ours = False
    if not ours:
        yield False
        return
    try:
        owner = owner_of(path)
        if not _take(owner, path):
            yield False
            return
        done = threading.Event()
        beats = threading.Thread(target=_beat, args=(owner, done), name="lease", daemon=True)
        beats.start()
        try:
            yield True
        finally:
            done.set()
            beats.join()
            owner.unlink(missing_ok=True)
    finally:
        lock.release()


def owner_of(path: Path) -> Path:
    """Return the file that names the owner of a lease; it is there as long as somebody has the lease."""
    return path.with_name(f"{path.name}.owner")


def _take(owner: Path, lock: Path) -> bool:
    """Write the owner's file, unless an owner on another machine is alive. The lock is ours."""
    try:
        text = owner.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = None
    if text is not None:
        if _machine_in(text) != machine() and _seconds_since_beat(owner, lock) < STALE:
            return False
        owner.unlink(missing_ok=True)  # on this machine, a living owner would have the lock
    try:
        with open(owner, "x", encoding="utf-8") as file:
            json.dump({"machine": machine(), "host": platform.node(), "process": os.getpid()}, file)
    except FileExistsError:  # another machine was faster
        return False
    return True


def _machine_in(text: str) -> str | None:
    try:
        found = json.loads(text)["machine"]
    except (ValueError, TypeError, KeyError):  # it died while it wrote
        return None
    return found if isinstance(found, str) else None


def _seconds_since_beat(owner: Path, lock: Path) -> float:
    """Return how long ago the owner touched its file, by the clock of the file system alone."""
    os.utime(lock)
    try:
        return lock.stat().st_mtime - owner.stat().st_mtime
    except FileNotFoundError:  # it has just been given back
        return STALE


def _beat(owner: Path, done: threading.Event) -> None:
    while not done.wait(BEAT):
        with contextlib.suppress(OSError):
            os.utime(owner)


@functools.cache
def machine() -> str:
    """Return what tells this machine from others: Linux's number of its start, or else its network names."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        import uuid

        return f"{platform.node()} {uuid.getnode():x}"
