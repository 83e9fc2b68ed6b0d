"""`read_folder` reads pictures that lie in a folder for each class."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from nncore import _given
from nncore._entries import sealed
from nncore.datasets import picture_file
from nncore.datasets.dataset import Dataset
from nncore.datasets.picture import read_picture

MOST_FILES = 1_000_000
MOST_BYTES = 4_000_000_000  # of all pixels
LONGEST = 4096  # pixels of a side
PARTS = ("train", "training", "test", "testing", "val", "valid", "validation")
NOT_DATA = ("thumbs.db", "desktop.ini")  # which systems put into folders


@overload
def read_folder(
    path: str | os.PathLike[str],
    size: int | tuple[int, int] | None = None,
    *,
    test: None = None,
    seed: int = 0,
    digits: bool = False,
    classes: Sequence[str] | None = None,
) -> Dataset: ...
@overload
def read_folder(
    path: str | os.PathLike[str],
    size: int | tuple[int, int] | None = None,
    *,
    test: float,
    seed: int = 0,
    digits: bool = False,
    classes: Sequence[str] | None = None,
) -> tuple[Dataset, Dataset]: ...
def read_folder(
    path: str | os.PathLike[str],
    size: int | tuple[int, int] | None = None,
    *,
    test: float | None = None,
    seed: int = 0,
    digits: bool = False,
    classes: Sequence[str] | None = None,
) -> Dataset | tuple[Dataset, Dataset]:
    """Read the pictures of a folder in which each class has its own folder.

    Parameters
    ----------
    path : path
        The folder. The names of the folders in it are the classes, sorted: class 0 is the first. Files beside
        them, and files whose names begin with a dot, do not count.
    size : int or (rows, cols), optional
        The size to which each picture is brought. By default all pictures must have one size.
    test : float, optional
        The share of each class that is set aside for testing, such as 0.2.
    seed : int, optional
        Decides which pictures are set aside.
    digits : bool, optional
        Whether each picture is a photo or a scan of one digit, which `read_picture` reads.
    classes : sequence of str, optional
        The classes in their order, as `Dataset.classes` of other data. By default the folders decide.

    Returns
    -------
    Dataset, or (training_data, test_data) if `test` is given
        The grey values of the pictures, turned as their EXIF data say, what is transparent on white.

    Raises
    ------
    ImportError
        Pillow is not installed.
    OSError
        The folder or a file cannot be read.
    ValueError
        There are no pictures, a file is not a picture, the sizes differ, or the layout is another one.

    Notes
    -----
    Links are refused, since they may lead anywhere. A folder with folders ``train`` and ``test`` of this
    layout is two sets: read each, the second with ``classes=train.classes``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import nncore as nn
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, value in [("dark", 10), ("light", 240)]:
    ...         pathlib.Path(folder, name).mkdir()
    ...         Image.new("L", (3, 2), value).save(pathlib.Path(folder, name, "1.png"))
    ...     data = nn.datasets.read_folder(folder)
    >>> data, data.classes
    (Dataset(2 images of 2 x 3, labels 0 to 1), ('dark', 'light'))
    """
    folder = _given.path(path)
    shape = _shape(size)
    if digits and size is not None:
        raise ValueError("size: with digits=True each picture becomes 28 x 28: leave size out")
    share = None if test is None else _share(test)
    start = _given.whole(seed)
    if start is None or start < 0:
        raise ValueError(f"seed: a whole number of 0 or more needed, got {seed!r:.60}")
    names, files = _files(folder, classes)
    images = _read(files, shape, digits)
    labels = np.array([label for _, label in files], np.int64)
    data = Dataset(sealed(images), labels, name=folder.resolve().name, class_names=names)
    if share is None:
        return data
    is_test = _set_aside(labels, share, start)
    return data[~is_test], data[is_test]


def _shape(size: int | tuple[int, int] | None) -> tuple[int, int] | None:
    if size is None:
        return None
    given = (
        [size] * 2 if _given.whole(size) is not None else list(_given.listed("size", size, "rows and cols"))
    )
    sides = [_given.whole(side) for side in given]
    if len(sides) != 2 or any(side is None or not 1 <= side <= LONGEST for side in sides):
        raise ValueError(f"size: a side, or (rows, cols), from 1 to {LONGEST} needed, got {size!r:.60}")
    return sides[0] or 1, sides[1] or 1


def _share(test: float) -> float:
    share = _given.real(test)
    if share is None or not 0 < share < 1:
        raise ValueError(f"test: a share between 0 and 1 needed, such as 0.2; got {test!r:.60}")
    return share


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what lies in a folder, sorted by name, without what systems put there. Links are refused."""
    with os.scandir(folder) as there:
        entries = [each for each in islice(there, MOST_FILES + 1) if not each.name.startswith(".")]
    if len(entries) > MOST_FILES:
        raise ValueError(f"{folder}: more than {MOST_FILES:,} files")
    for entry in entries:
        if entry.is_symlink():
            raise ValueError(f"{entry.path}: a link, which may lead anywhere; put a copy there instead")
    return sorted((each for each in entries if each.name.lower() not in NOT_DATA), key=lambda each: each.name)


def _files(folder: Path, classes: Sequence[str] | None) -> tuple[list[str], list[tuple[Path, int]]]:
    """Return the names of the classes, and each picture with the number of its class."""
    if not folder.is_dir():
        what = "this is a file" if folder.exists() else "it does not exist"
        raise FileNotFoundError(
            f"{folder}: expected a folder with a folder of pictures for each class, but {what}"
        )
    inside = [entry.name for entry in _entries(folder) if entry.is_dir(follow_symlinks=False)]
    parts = [name for name in inside if name.lower() in PARTS]
    if parts and len(parts) == len(inside):
        first, *others = (
            f"nn.datasets.read_folder({str(folder / name)!r}" for name in sorted(parts, reverse=True)
        )
        more = "".join(f", other = {other}, classes=data.classes)" for other in others)
        raise ValueError(
            f"{folder}: its folders are the parts of a data set, {' and '.join(parts)}, each read by "
            f"itself: data = {first}){more}"
        )
    if not inside:
        raise ValueError(f"{folder}: expected a folder for each class, but there is no folder in it")
    names = inside if classes is None else [str(name) for name in _given.listed("classes", classes, "names")]
    if other := [name for name in inside if name not in names]:
        raise ValueError(f"{folder / other[0]}: not one of the classes {', '.join(names):.200}")
    files: list[tuple[Path, int]] = []
    for name in inside:
        for entry in _entries(folder / name):
            if entry.is_dir(follow_symlinks=False):
                raise ValueError(
                    f"{entry.path}: a folder in the folder of a class, which holds pictures only"
                )
            files.append((Path(entry.path), names.index(name)))
        if classes is None and (not files or files[-1][1] != names.index(name)):
            raise ValueError(
                f"{folder / name}: no picture of this class; put some there, or take the folder away"
            )
    if len(files) > MOST_FILES:
        raise ValueError(f"{folder}: more than {MOST_FILES:,} files")
    if not files:
        raise ValueError(f"{folder}: no picture of any class in it")
    return names, files


def _read(files: list[tuple[Path, int]], shape: tuple[int, int] | None, digits: bool) -> NDArray[np.uint8]:
    """Read pictures of one size into one array."""
    images: NDArray[np.uint8] | None = None
    for i, (file, _) in enumerate(files):
        pixels = _read_digit(file) if digits else _read_picture(file, shape)
        if images is None:
            if pixels.nbytes * len(files) > MOST_BYTES:
                raise ValueError(
                    f"{file}: {len(files):,} pictures of {pixels.shape[0]} x {pixels.shape[1]} are more "
                    "than 4 GB; size=28, say, makes them smaller"
                )
            images = np.empty((len(files), *pixels.shape), np.uint8)
        if pixels.shape != images.shape[1:]:
            rows, cols = images.shape[1:]
            raise ValueError(
                f"{file}: {pixels.shape[0]} x {pixels.shape[1]} pixels, but {files[0][0].name} has {rows} x "
                f"{cols}; size=({rows}, {cols}) brings all pictures to one size"
            )
        images[i] = pixels
    assert images is not None, "there is at least one file"
    return images


def _read_digit(file: Path) -> NDArray[np.uint8]:
    picture = read_picture(file)
    if len(picture) != 1:
        raise ValueError(f"{file}: expected one digit, found {len(picture)}; cut the others away")
    digit: NDArray[np.uint8] = picture.images[0]
    return digit


def _read_picture(file: Path, shape: tuple[int, int] | None) -> NDArray[np.uint8]:
    values = picture_file.open_grey(file).values
    if shape is not None and values.shape != shape:
        values = picture_file.resized(values, *shape)
    values = np.clip(values, 0, 1, out=values if values.flags.writeable else None)
    values *= 255  # in place, since there may be 89 million
    pixels: NDArray[np.uint8] = np.rint(values, out=values).astype(np.uint8)
    return pixels


def _set_aside(labels: NDArray[np.int64], share: float, seed: int) -> NDArray[np.bool_]:
    """Choose a share of each class at random: at least one example, and not all of them."""
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        count = min(max(1, round(share * len(rows))), len(rows) - 1)
        chosen[rows[:count]] = True
    if not chosen.any():
        raise ValueError("test: no class has two examples, one of them to test with")
    return chosen
