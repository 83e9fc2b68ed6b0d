"""`download` fetches files of which the SHA-256 is known, from one of several mirrors."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nncore import _log
from nncore.files.atomic import new_file
from nncore.files.streams import PIECE

MOST_BYTES = 20_000_000  # of one file; the largest of MNIST's has 10 MB
MOST_SECONDS = 600  # for one file
SILENCE = 20  # seconds without a byte after which a mirror counts as dead


def download(folder: Path, mirrors: Sequence[str], sha256: Mapping[str, str], other_ways: str) -> None:
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
            content = _from_a_mirror(name, mirrors, expected, other_ways)
            try:
                with new_file(folder / name) as file:
                    file.write(content)
            except OSError as error:
                raise _unwritable(folder, error, other_ways) from error


def _unwritable(folder: Path, error: OSError, other_ways: str) -> OSError:
    return OSError(
        f"the cache {folder} cannot be written ({error.strerror or error}); set the environment variable "
        f"NNCORE_CACHE to a folder that you may write, or {other_ways}"
    )


def _from_a_mirror(name: str, mirrors: Sequence[str], expected: str, other_ways: str) -> bytes:
    failures: list[str] = []
    cause: Exception | None = None
    logger = _log.listener()
    for mirror in mirrors:
        if logger is not None:
            logger.info("downloading %s", f"{mirror}{name}")
        try:
            content = fetch(f"{mirror}{name}")
            if hashlib.sha256(content).hexdigest() == expected:
                return content
            failures.append(f"{mirror}: another file")
        except (OSError, ValueError, http.client.HTTPException) as error:  # no network, no such file, ...
            failures.append(f"{mirror}: {getattr(error, 'reason', None) or error or type(error).__name__}")
            cause = error
        if logger is not None:
            logger.info("%s", failures[-1])
    tried = ", ".join(failures)
    raise ConnectionError(f"{name} could not be downloaded ({tried}); {other_ways}") from cause


def fetch(address: str) -> bytes:
    """Return what is at an http or https address: at most `MOST_BYTES`, within `MOST_SECONDS`.

    Raises
    ------
    OSError, http.client.HTTPException
        There is no connection, or no such file.
    ValueError
        The file is too long, or comes too slowly.
    """
    if not address.startswith(("https://", "http://")):
        raise ValueError("an address that begins with https:// or http:// needed")
    request = urllib.request.Request(address, headers={"User-Agent": "nncore"})
    until, content = time.monotonic() + MOST_SECONDS, bytearray()
    with urllib.request.urlopen(request, timeout=SILENCE) as response, _bar(address, response) as bar:
        while piece := response.read1(PIECE):
            content += piece
            if len(content) > MOST_BYTES:
                raise ValueError(f"more than {MOST_BYTES // 1_000_000} MB")
            if time.monotonic() > until:
                raise ValueError(f"not whole after {MOST_SECONDS} seconds")
            if bar is not None:
                bar.update(len(piece))
        if (length := response.length) not in (None, 0):
            raise ValueError(f"{length} bytes are missing at its end")
    return bytes(content)


def _bar(address: str, response: http.client.HTTPResponse) -> contextlib.AbstractContextManager[Any]:
    """Return a progress bar, if somebody looks at the terminal."""
    if not sys.stderr.isatty():
        return contextlib.nullcontext()
    from tqdm import tqdm

    bar: contextlib.AbstractContextManager[Any] = tqdm(
        total=response.length, desc=os.path.basename(address), unit="B", unit_scale=True
    )
    return bar
