"""`load_mnist` finds MNIST on this machine, or downloads it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nncore.datasets.book_pickle import read_book_pickle
from nncore.datasets.dataset import Dataset
from nncore.datasets.idx import read_idx

TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"

COUNTS = (60_000, 10_000)  # training images, test images
VALIDATION = 10_000  # the last training images, which are the book's validation data

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "http://yann.lecun.com/exdb/mnist/",  # the source; the hashes below make it as safe as the others
)
SHA256 = {  # of the gzip files, which are the same on every mirror
    TRAIN_IMAGES: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    TRAIN_LABELS: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    TEST_IMAGES: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    TEST_LABELS: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
OTHER_WAYS = (
    "give a folder that holds the four MNIST files or the book's mnist.pkl.gz, as load_mnist(path=...) or in "
    "NNCORE_DATA, or use load_sample(), whose 10,000 digits ship with nncore"
)


def load_mnist(path: str | os.PathLike[str] | None = None) -> tuple[Dataset, Dataset, Dataset]:
    """Load MNIST, split as in the book: validation is the last 10,000 images of MNIST's training set.

    Parameters
    ----------
    path : path, optional
        A folder that holds the four IDX files (gzip or plain) or the book's ``mnist.pkl.gz``, directly or in
        a folder ``mnist`` inside it; or the path of a ``mnist.pkl.gz``. By default the environment variable
        ``NNCORE_DATA`` says the path. If it is not set, MNIST is taken from the cache (``NNCORE_CACHE``, or
        a folder ``nncore`` among the user's caches). If it is not there either, it is downloaded into the
        cache: 12 MB, which needs ``pip install "nncore[data]"``; the SHA-256 of each file is checked.

    Returns
    -------
    train, validation, test : Dataset
        50,000, 10,000 and 10,000 images of 28 x 28, labels 0 to 9.

    Raises
    ------
    FileNotFoundError
        The folder does not hold MNIST; or MNIST is not on this machine, and pooch, which would download it,
        is not installed.
    ConnectionError
        No mirror gave the files.
    ValueError
        A file is damaged or holds other data.

    Examples
    --------
    >>> from nncore.datasets import load_mnist
    >>> train, validation, test = load_mnist()  # doctest: +SKIP
    >>> train  # doctest: +SKIP
    Dataset(50000 images of 28 x 28, labels 0 to 9)
    """
    if path is not None:
        return _load_given(Path(path), "path")
    if os.environ.get("NNCORE_DATA"):
        return _load_given(Path(os.environ["NNCORE_DATA"]), "NNCORE_DATA")
    folder = cache_folder()
    found = _load(folder)
    if found is None:
        _download(folder / "mnist")
        found = _load(folder)
        assert found is not None, "the four files were downloaded"
    return found


def cache_folder() -> Path:
    """Return the folder of downloads: ``NNCORE_CACHE``, or nncore in the user's caches."""
    chosen = os.environ.get("NNCORE_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        caches = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        caches = Path.home() / "Library" / "Caches"
    else:
        caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "nncore"


def _load_given(path: Path, argument: str) -> tuple[Dataset, Dataset, Dataset]:
    found = _load(path.expanduser())
    if found is None:
        raise FileNotFoundError(f"{argument}: there is no MNIST in {path}; {OTHER_WAYS}")
    return found


def _load(path: Path) -> tuple[Dataset, Dataset, Dataset] | None:
    """Load MNIST from a folder or from the book's file. Return None if the folder does not hold it."""
    if path.is_file():
        return read_book_pickle(path)
    for folder in (path / "mnist", path):
        files = [file for name in SHA256 if (file := _idx_file(folder, name))]
        if len(files) == len(SHA256):
            return _load_idx(*files)
        if (folder / "mnist.pkl.gz").is_file():
            return read_book_pickle(folder / "mnist.pkl.gz")
    return None


def _idx_file(folder: Path, name: str) -> Path | None:
    """Find a file called train-images-idx3-ubyte, say, or train-images.idx3-ubyte, gzip or plain."""
    for spelling in (name, name.replace("-idx", ".idx")):
        for path in (folder / spelling, folder / f"{spelling}.gz"):
            if path.is_file():
                return path
    return None


def _load_idx(
    train_images: Path, train_labels: Path, test_images: Path, test_labels: Path
) -> tuple[Dataset, Dataset, Dataset]:
    train, test = _pair(train_images, train_labels, COUNTS[0]), _pair(test_images, test_labels, COUNTS[1])
    return train[:-VALIDATION], train[-VALIDATION:], test


def _pair(images: Path, labels: Path, n: int) -> Dataset:
    data = Dataset(read_idx(images, (n, 28, 28)), read_idx(labels, (n,)))
    if data.labels.max() > 9:
        raise ValueError(f"{labels}: expected labels 0 to 9, got {data.labels.max()}; get the file again")
    return data


def _download(folder: Path) -> None:
    """Download the four files into the folder, each from the first mirror that gives the right bytes."""
    try:
        import pooch
    except ImportError:
        raise FileNotFoundError(
            f"MNIST is not on this machine, and pooch, which would download it, is not installed: "
            f'pip install "nncore[data]"; or {OTHER_WAYS}'
        ) from None
    downloader = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), timeout=20)
    for name, sha256 in SHA256.items():
        failures, cause = [], None
        for mirror in MIRRORS:
            try:
                pooch.retrieve(
                    f"{mirror}{name}.gz", f"sha256:{sha256}", f"{name}.gz", folder, downloader=downloader
                )
                break
            except (OSError, ValueError) as error:  # no network, no such file, another file than MNIST's
                failures.append(f"{mirror}: {type(error).__name__}")
                cause = error
        else:
            tried = ", ".join(failures)
            raise ConnectionError(f"MNIST could not be downloaded ({tried}); {OTHER_WAYS}") from cause
