"""`load` loads MNIST and the sets that were made in its form, by their names."""

from __future__ import annotations

import os
import shutil
import string
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from nncore import _given
from nncore.datasets import folders, mnist
from nncore.datasets.dataset import Dataset
from nncore.datasets.download import download
from nncore.datasets.idx import read_pair
from nncore.files import npy
from nncore.files.atomic import new_file
from nncore.files.streams import open_file

Name = Literal[
    "mnist",
    "fashion-mnist",
    "kmnist",
    "emnist-balanced",
    "emnist-byclass",
    "emnist-bymerge",
    "emnist-digits",
    "emnist-letters",
    "emnist-mnist",
]
NAMES: tuple[Name, ...] = get_args(Name)
MOST_EMNIST = 600_000_000  # bytes of EMNIST's zip file


class Source(NamedTuple):
    """Where a set comes from, and what it is."""

    mirrors: tuple[str, ...]
    sha256: Mapping[str, str]  # of each file, by its name
    classes: tuple[str, ...]
    folders: tuple[str, ...]  # under which names it may lie in NNCORE_DATA


DIGITS = tuple(string.digits)
MERGED = set("cijklmopsuvwxyz")  # small letters that EMNIST does not tell from large ones
FEWER = DIGITS + tuple(string.ascii_uppercase) + tuple(c for c in string.ascii_lowercase if c not in MERGED)

FASHION = Source(
    (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    {
        "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
    (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    ("fashion-mnist", "FashionMNIST/raw", "fashion_mnist", "fashion"),
)
KMNIST = Source(
    ("https://codh.rois.ac.jp/kmnist/dataset/kmnist/", "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"),
    {
        "train-images-idx3-ubyte.gz": "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        "train-labels-idx1-ubyte.gz": "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        "t10k-images-idx3-ubyte.gz": "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        "t10k-labels-idx1-ubyte.gz": "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
    },
    ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    ("kmnist", "KMNIST/raw", "KMNIST"),
)
EMNIST = Source(
    ("https://biometrics.nist.gov/cs_links/EMNIST/", "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/"),
    {"gzip.zip": "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e"},
    (),
    ("emnist", "EMNIST/raw", "EMNIST", "gzip", "emnist/gzip", "EMNIST/raw/gzip"),
)
EMNIST_CLASSES = {
    "balanced": FEWER,
    "bymerge": FEWER,
    "byclass": DIGITS + tuple(string.ascii_uppercase + string.ascii_lowercase),
    "letters": tuple(string.ascii_lowercase),
    "digits": DIGITS,
    "mnist": DIGITS,
}


def load(name: Name, path: str | os.PathLike[str] | None = None) -> mnist.Split:
    """Load a set of labelled images of 28 x 28 by its name: training, validation and test data.

    Parameters
    ----------
    name : str
        "mnist", "fashion-mnist" (clothes), "kmnist" (cursive hiragana), or one of EMNIST's sets of letters
        and digits: "emnist-balanced" and "emnist-bymerge" (47 classes), "emnist-byclass" (62),
        "emnist-letters" (26), "emnist-digits", "emnist-mnist".
    path : path, optional
        The folder that holds the files, plain or gzip. By default the set is looked for in a folder of its
        name in ``NNCORE_DATA``, then in the cache; if it is in neither, it is downloaded into the cache, and
        the SHA-256 of each file is checked. All sets of EMNIST come in one file of 562 MB, which is kept.

    Returns
    -------
    train, validation, test : Dataset
        The last sixth of the training data are the validation data. `Dataset.classes` names the classes.

    Raises
    ------
    FileNotFoundError
        The folder does not hold the set.
    ConnectionError
        No mirror gave the files.
    OSError
        The cache cannot be written.
    ValueError
        There is no set of this name; or a file is damaged or holds another set.

    Notes
    -----
    EMNIST's files have rows and columns exchanged, and number the letters from 1: here images are upright and
    classes begin with 0.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load("fashion-mnist")  # doctest: +SKIP
    >>> train.classes[train.labels[0]]  # doctest: +SKIP
    'Ankle boot'
    """
    if not isinstance(name, str) or name not in NAMES:
        known = ", ".join(f'"{each}"' for each in NAMES)
        raise ValueError(f"name: one of {known} needed, got {name!r:.60}")
    if name == "mnist":
        return _named(mnist.load_mnist(path), name, DIGITS)
    split = name.removeprefix("emnist-") if name.startswith("emnist-") else None
    source = EMNIST if split else FASHION if name == "fashion-mnist" else KMNIST
    found = _find(name, None if path is None else _given.path(path), source, split)
    train = read_pair(found.files["train images"], found.files["train labels"])
    test = read_pair(found.files["test images"], found.files["test labels"])
    where = str(found.files["train images"])
    if split is None:
        if train.labels[: len(mnist.FIRST_LABELS)].tolist() == mnist.FIRST_LABELS:
            raise ValueError(f"{where}: this is MNIST, not {name}; nn.datasets.load_mnist reads it")
        return _named(mnist.split_of(train, test, where), name, source.classes)
    train, test = (_upright(part, split, where) for part in (train, test))
    return _named(mnist.split_of(train, test, where), name, EMNIST_CLASSES[split])


def _upright(data: Dataset, split: str, where: str) -> Dataset:
    """Exchange rows and columns of EMNIST's images, and number letters from 0."""
    if data.images.ndim != 3:
        raise ValueError(f"{where}: images (n, rows, cols) expected, got shape {data.images.shape}")
    labels = data.labels - 1 if split == "letters" else data.labels
    if len(labels) and labels.min() < 0:
        raise ValueError(f"{where}: EMNIST numbers its letters from 1, but a label here is 0")
    upright = data.images.transpose(0, 2, 1).copy()
    return Dataset(upright, labels)


def _named(split: mnist.Split, name: str, classes: tuple[str, ...]) -> mnist.Split:
    """Give the parts of a set its name and its classes."""
    for part in split:
        largest = int(part.labels.max()) if len(part) else 0
        if largest >= len(classes):
            raise ValueError(
                f"{name}: a label is {largest}, but it has {len(classes)} classes; is it another set?"
            )
        part.name, part.class_names = name, classes
    return split


def _find(name: str, path: Path | None, source: Source, split: str | None) -> folders.IdxSet:
    """Return the four files of a set: from the given folder, NNCORE_DATA, the cache or a mirror."""
    prefix = f"emnist-{split}-" if split else ""
    if path is not None:
        below = path.expanduser()
        found = _in(below, ("", *source.folders, "raw"), prefix)
        if found is None:
            needed = ", ".join(folders.IdxSet(prefix, {}).missing)
            why = "" if below.is_dir() else " it does not exist, or is no folder;"
            raise FileNotFoundError(f"path: there is no {name} in {below};{why} its files are {needed}")
        return found
    data = os.environ.get("NNCORE_DATA")
    found = _in(Path(data).expanduser(), source.folders, prefix) if data else None
    cache = mnist.cache_folder() / ("emnist" if split else name)
    found = found or _in(cache, ("",), prefix)
    if found is not None:
        return found
    other_ways = (
        f"give a folder that holds its files, as nn.datasets.load({name!r}, path=...), or in NNCORE_DATA"
    )
    download(cache, source.mirrors, source.sha256, other_ways, MOST_EMNIST if split else None)
    if split:
        _unpack(cache / "gzip.zip", prefix)
    found = _in(cache, ("",), prefix)
    assert found is not None, "the four files were downloaded"
    return found


def _in(folder: Path, places: tuple[str, ...], prefix: str) -> folders.IdxSet | None:
    """Return the four files of a set in one of the places in a folder, or None."""
    for place in places:
        for each in folders.idx_sets(folder / place):
            if each.prefix == prefix and not each.missing:
                return each
    return None


def _unpack(path: Path, prefix: str) -> None:
    """Take the four files of a set out of EMNIST's zip file, and put them beside it."""
    needed = [f"{name}.gz" for name in folders.IdxSet(prefix, {}).missing]
    with open_file(path) as file, npy.open_zip(file) as archive:
        entries = {each.filename.rsplit("/", 1)[-1]: each for each in archive.infolist()}
        for name in needed:
            entry = entries.get(name)
            if entry is None or entry.compress_type not in npy.COMPRESSIONS or entry.file_size > MOST_EMNIST:
                raise ValueError(f"{path}: {name} is not in it as expected; delete the file to get it again")
            try:
                with archive.open(entry) as packed, new_file(path.parent / name) as unpacked:
                    shutil.copyfileobj(packed, unpacked)
            except (zipfile.BadZipFile, EOFError) as error:
                raise ValueError(f"{path}: damaged ({error}); delete the file to get it again") from error
