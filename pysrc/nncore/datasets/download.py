"""`download` fetches files of which the SHA-256 is known, from one of several mirrors."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nncore import _log
from nncore.files.atomic import new_file
from nncore.files.streams import PIECE

MOST_BYTES = 30_000_000  # of one file; the largest of MNIST's has 10 MB, of Fashion-MNIST's 26
MOST_SECONDS = 600  # for one file of that size
SILENCE = 20  # seconds without a byte after which a mirror counts as dead


def download(
    folder: Path,
    mirrors: Sequence[str],
    sha256: Mapping[str, str],
    other_ways: str,
    most: int | None = None,
) -> None:
    """Download files into a folder, each from the first mirror that gives the right bytes.

    Parameters
    ----------
    folder : Path
        It is made if it is not there.
    mirrors : sequence of str
        Addresses to which the names of the files are appended.
    sha256 : mapping of str to str
        The hash of each file, by its name. Files that are there are not fetched again.
    other_ways : str
        What to do instead: the end of the messages.
    most : int, optional
        The most bytes of a file, by default `MOST_BYTES`.

    Raises
    ------
    OSError
        The folder cannot be written.
    ConnectionError
        No mirror gave one of the files.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with new_file(folder / "can-be-written"):
            pass
        (folder / "can-be-written").unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(folder, error, other_ways) from error
    for name, expected in sha256.items():
        if not (folder / name).is_file():
            try:
                _from_a_mirror(folder / name, mirrors, expected, other_ways, most)
            except ConnectionError:
                raise
            except OSError as error:
                raise _unwritable(folder, error, other_ways) from error


class _NextMirror(Exception):
    """This mirror did not give the file."""


class _Unwritten(Exception):
    """What a mirror gave cannot be written to the disk."""


def _unwritable(folder: Path, error: OSError, other_ways: str) -> OSError:
    return OSError(
        f"the cache {folder} cannot be written ({error.strerror or error}); set the environment variable "
        f"NNCORE_CACHE to a folder that you may write, or {other_ways}"
    )


def _from_a_mirror(
    path: Path, mirrors: Sequence[str], expected: str, other_ways: str, most: int | None
) -> None:
    """Write a file from the first mirror that gives the right bytes. They go to the disk as they come."""
    failures: list[str] = []
    cause: BaseException | None = None
    logger = _log.listener()
    for mirror in mirrors:
        if logger is not None:
            logger.info("downloading %s", f"{mirror}{path.name}")
        try:
            with new_file(path) as file:
                reason = _try(f"{mirror}{path.name}", file.write, expected, most)
                if reason is not None:
                    raise _NextMirror(reason)
            return
        except _NextMirror as failure:
            reason = failure.args[0]
            failures.append(f"{mirror}: {getattr(reason, 'reason', None) or reason or type(reason).__name__}")
            cause = reason if isinstance(reason, BaseException) else cause
        except _Unwritten as failure:
            raise failure.args[0] from None
        if logger is not None:
            logger.info("%s", failures[-1])
    tried = ", ".join(failures)
    raise ConnectionError(f"{path.name} could not be downloaded ({tried}); {other_ways}") from cause


def _try(
    address: str, write: Callable[[bytes], Any], expected: str, most: int | None
) -> Exception | str | None:
    """Copy what is at an address, and return why it is not the file of this hash; None if it is."""
    digest = hashlib.sha256()

    def keep(piece: bytes) -> None:
        digest.update(piece)
        try:
            write(piece)
        except OSError as error:  # not the mirror's fault
            raise _Unwritten(error) from error

    try:
        copy(address, keep, most)
    except (OSError, ValueError, http.client.HTTPException) as error:  # no network, no such file, ...
        return error
    return None if digest.hexdigest() == expected else "another file"


def fetch(address: str) -> bytes:
    """Return what is at an http or https address: at most `MOST_BYTES`, within `MOST_SECONDS`.

    Raises
    ------
    OSError, http.client.HTTPException
        There is no connection, or no such file.
    ValueError
        The file is too long, or comes too slowly.
    """
    content = bytearray()
    copy(address, content.extend)
    return bytes(content)


def copy(address: str, write: Callable[[bytes], Any], most: int | None = None) -> None:
    """Give what is at an address to `write`, piece by piece: at most `most` bytes, `MOST_BYTES` by default.

    Raises
    ------
    OSError, http.client.HTTPException, ValueError
        As `fetch` does.
    """
    if not address.startswith(("https://", "http://")):
        raise ValueError("an address that begins with https:// or http:// needed")
    most = MOST_BYTES if most is None else most
    seconds = round(MOST_SECONDS * max(1, most / MOST_BYTES))
    request = urllib.request.Request(address, headers={"User-Agent": "nncore"})
    until, received = time.monotonic() + seconds, 0
    with urllib.request.urlopen(request, timeout=SILENCE) as response, _bar(address, response) as bar:
        while piece := response.read1(PIECE):
            received += len(piece)
            if received > most:
                raise ValueError(f"more than {most // 1_000_000} MB")
            if time.monotonic() > until:
                raise ValueError(f"not whole after {seconds} seconds")
            write(piece)
            if bar is not None:
                bar.update(len(piece))
        if (length := response.length) not in (None, 0):
            raise ValueError(f"{length} bytes are missing at its end")


def _bar(address: str, response: http.client.HTTPResponse) -> contextlib.AbstractContextManager[Any]:
    """Return a progress bar, if somebody looks at the terminal."""
    if not sys.stderr.isatty():
        return contextlib.nullcontext()
    from tqdm import tqdm

    bar: contextlib.AbstractContextManager[Any] = tqdm(
        total=response.length, desc=os.path.basename(address), unit="B", unit_scale=True
    )
    return bar
