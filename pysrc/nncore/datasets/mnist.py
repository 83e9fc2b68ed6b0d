"""`load_mnist` finds MNIST on this machine, or downloads it. It reads other sets of MNIST's form, too."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nncore import _given
from nncore.datasets import folders
from nncore.datasets.book_pickle import read_book_pickle
from nncore.datasets.dataset import Dataset
from nncore.datasets.download import download
from nncore.datasets.idx import read_pair
from nncore.datasets.keras import read_keras
from nncore.files.kinds import recognise, refusal

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "http://yann.lecun.com/exdb/mnist/",  # the source; the hashes below make it as safe as the others
)
SHA256 = {  # of the gzip files, which are the same on every mirror
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
OTHER_WAYS = (
    "give a folder that holds the four MNIST files or the book's mnist.pkl.gz, as load_mnist(path=...) or in "
    "NNCORE_DATA, or use load_sample(), whose 10,000 digits ship with nncore"
)
FIRST_LABELS = [5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 3, 5, 3, 6, 1, 7, 2, 8, 6, 9]  # of MNIST's 60,000
EXPECTED = "MNIST (a folder with its four IDX files, the book's mnist.pkl.gz, or Keras' mnist.npz)"

Split = tuple[Dataset, Dataset, Dataset]


def load_mnist(path: str | os.PathLike[str] | None = None) -> Split:
    """Load MNIST, split as in the book: validation is the last 10,000 images of MNIST's training set.

    Parameters
    ----------
    path : path, optional
        A folder that holds MNIST, directly or in a folder ``mnist`` or ``MNIST/raw`` (torchvision's) inside
        it: four IDX files, gzip or plain, the book's ``mnist.pkl.gz``, or Keras' ``mnist.npz``. Or one of
        these files; if it is an IDX file, the three that belong to it are found beside it. By default the
        environment variable ``NNCORE_DATA`` says the path. If it is not set, MNIST is taken from the cache
        (``NNCORE_CACHE``, or a folder ``nncore`` among the user's caches). If it is not there either, it is
        downloaded into the cache: 12 MB. The SHA-256 of each file is checked.

    Returns
    -------
    train, validation, test : Dataset
        50,000, 10,000 and 10,000 images of 28 x 28, labels 0 to 9.

    Raises
    ------
    FileNotFoundError
        The folder does not hold MNIST; the message says which files are missing, or what is there.
    ConnectionError
        No mirror gave the files.
    OSError
        The cache cannot be written.
    ValueError
        A file is damaged or holds other data; the message says what it is.

    Notes
    -----
    Other sets in the same form are read, too: Fashion-MNIST, KMNIST, EMNIST, or your own. Of n training
    images the last n // 6 become validation data. Labels stay as they are: EMNIST's letters have 1 to 26, so
    that a network for them needs 27 outputs. (EMNIST's images have rows and columns exchanged.)

    Examples
    --------
    >>> from nncore.datasets import load_mnist
    >>> train, validation, test = load_mnist()  # doctest: +SKIP
    >>> train  # doctest: +SKIP
    Dataset(50000 images of 28 x 28, labels 0 to 9)
    """
    if path is not None:
        return _load_given(_given.path(path), "path")
    if os.environ.get("NNCORE_DATA"):
        return _load_given(Path(os.environ["NNCORE_DATA"]), "NNCORE_DATA")
    folder = cache_folder()
    found = folders.find(folder)
    if found is None:
        download(folder / "mnist", MIRRORS, SHA256, OTHER_WAYS)
        found = folders.find(folder)
        assert found is not None, "the four files were downloaded"
    return _read(found)


def mnist_at_hand() -> Split | None:
    """Load MNIST as `load_mnist` does, if it is on this machine; return None otherwise. It downloads nothing.

    What lies in its place but is other data, or is damaged, counts as absent.
    """
    given = os.environ.get("NNCORE_DATA")
    path = Path(given).expanduser() if given else cache_folder()
    try:
        found = path if path.is_file() else folders.find(path)
        split = None if found is None else _read(found)
    except (OSError, ValueError):
        return None
    return split if split is not None and split[0].name == "mnist" else None


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


def _load_given(path: Path, argument: str) -> Split:
    path = path.expanduser()
    if path.exists() and not path.is_dir():
        return _read(path)
    found = folders.find(path)
    if found is None:
        why = folders.what_is_there(path)
        raise FileNotFoundError(f"{argument}: there is no MNIST in {path}: {why}; {OTHER_WAYS}")
    return _read(found)


def _read(found: folders.IdxSet | Path) -> Split:
    """Read four IDX files, or the single file that is given, and name the data."""
    split = _read_split(found)
    train, validation, test = split
    is_mnist = (len(train), len(validation), len(test)) == (50_000, 10_000, 10_000)
    is_mnist = is_mnist and train.labels[: len(FIRST_LABELS)].tolist() == FIRST_LABELS
    path = found if isinstance(found, Path) else next(iter(found.files.values())).parent
    for part in split:
        part.name = "mnist" if is_mnist else path.resolve().name
    return split


def _read_split(found: folders.IdxSet | Path) -> Split:
    """Read four IDX files, or the single file that is given."""
    if isinstance(found, Path):
        kind = recognise(found).name
        if kind == "pickle":
            return read_book_pickle(found)
        if kind == "keras":
            return split_of(*read_keras(found), str(found))
        beside = folders.set_of(found) if kind == "idx" else None
        if beside is None:
            raise refusal(found, EXPECTED)
        if beside.missing:
            raise FileNotFoundError(f"{found}: expected four files; {folders.what_is_there(found.parent)}")
        found = beside
    files = found.files
    train = read_pair(files["train images"], files["train labels"])
    test = read_pair(files["test images"], files["test labels"])
    return split_of(train, test, str(files["train images"]))


def split_of(train: Dataset, test: Dataset, path: str) -> Split:
    """Take the last sixth of the training data, 10,000 of MNIST's 60,000, as validation data."""
    if len(train) < 2:
        raise ValueError(f"{path}: at least 2 training images needed, one of them for validation")
    n = max(1, len(train) // 6)
    return train[:-n], train[-n:], test
