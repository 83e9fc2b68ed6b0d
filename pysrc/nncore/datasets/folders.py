"""`find` looks through a folder for MNIST, or another set of its form, as its distributors lay it out.

They are: the four IDX files of MNIST's authors (also Fashion-MNIST, KMNIST, EMNIST), plain or gzip, as they
are or in the folders that torchvision makes; the book's ``mnist.pkl.gz``; Keras' ``mnist.npz``.
"""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from nncore.files.kinds import recognise

PLACES = ("mnist", "", "MNIST/raw", "raw", "MNIST")  # where in the given folder the files may be
SINGLE_FILES = ("mnist.pkl.gz", "mnist.pkl", "mnist.npz")
PARTS = ("train images", "train labels", "test images", "test labels")

# train-images-idx3-ubyte, t10k-labels.idx1-ubyte.gz, emnist-letters-test-images-idx3-ubyte, ...
NAME = re.compile(r"(.*?)(train|t10k|test)[-_](images|labels)[-_.]idx[1-4][-_]ubyte(?:\.gz)?", re.IGNORECASE)
MOST_NAMES = 10_000  # names of a folder that are looked at


class IdxSet(NamedTuple):
    """The IDX files of one set in a folder, by the names in `PARTS`. Some may be missing."""

    prefix: str
    files: dict[str, Path]

    @property
    def missing(self) -> list[str]:
        """The names of the files that are not there, as MNIST's authors spell them."""
        spelled = {"train": "train", "test": "test" if self.prefix else "t10k"}
        absent = (part.split() for part in PARTS if part not in self.files)
        return [
            f"{self.prefix}{spelled[part]}-{what}-idx{3 if what == 'images' else 1}-ubyte"
            for part, what in absent
        ]


def idx_sets(folder: Path) -> list[IdxSet]:
    """Return the sets of IDX files that lie in this very folder, MNIST's own first."""
    found: dict[str, dict[str, Path]] = {}
    if folder.is_dir():
        for path in sorted(islice(folder.iterdir(), MOST_NAMES)):  # a plain file comes before its .gz
            if (match := NAME.fullmatch(path.name)) and path.is_file():
                prefix, part, what = match.groups()
                part = "train" if part.lower() == "train" else "test"
                found.setdefault(prefix, {}).setdefault(f"{part} {what.lower()}", path)
    return [IdxSet(prefix, files) for prefix, files in sorted(found.items())]


def set_of(path: Path) -> IdxSet | None:
    """Return the set to which an IDX file belongs, by its name, or None if its name says nothing."""
    match = NAME.fullmatch(path.name)
    return match and next(each for each in idx_sets(path.parent) if each.prefix == match[1])


def find(folder: Path) -> IdxSet | Path | None:
    """Return four IDX files, or a file that holds all of MNIST; None if neither is there.

    Raises
    ------
    ValueError
        There are several sets, and none is called as MNIST's is.
    """
    for place in PLACES:
        complete = [each for each in idx_sets(folder / place) if not each.missing]
        if len(complete) > 1 and complete[0].prefix:
            choices = ", ".join(str(each.files["train images"]) for each in complete)
            raise ValueError(f"{folder / place}: it holds {len(complete)} sets; name one of {choices}")
        if complete:
            return complete[0]
        for name in SINGLE_FILES:
            if (folder / place / name).is_file():
                return folder / place / name
    return None


def what_is_there(folder: Path) -> str:
    """Say why a folder in which `find` finds nothing does not hold MNIST, and what it holds."""
    if not folder.exists():
        return "it does not exist"
    for place in PLACES:
        for each in idx_sets(folder / place):
            there = ", ".join(file.name for file in each.files.values())
            says = f"{', '.join(each.missing)} missing in {folder / place}, which holds {there}"
            for part in ("train", "test"):
                images, labels = (each.files.get(f"{part} {what}") for what in ("images", "labels"))
                if images and labels:
                    pair = f"nn.datasets.read_idx({str(images)!r}), nn.datasets.read_idx({str(labels)!r})"
                    says += f" (the {part} data alone: nn.Dataset({pair}))"
            return says
    below = sorted(islice(folder.iterdir(), MOST_NAMES))
    for child in below:
        if child.is_dir() and (other := find(child)):
            where = other if isinstance(other, Path) else other.files["train images"].parent
            return f"nn.datasets.load_mnist({str(where)!r}) reads what is in that folder"
    files = [child for child in below if child.is_file()]
    if not files:
        return f"{folder} holds no files"
    listed = ", ".join(file.name for file in files[:5]) + (", ..." if len(files) > 5 else "")
    kind = recognise(files[0])
    return f"{folder} holds {listed}; {files[0].name} is {kind.what}: {kind.advice}"
