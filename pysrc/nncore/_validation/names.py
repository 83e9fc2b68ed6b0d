"""This module compares the names of columns and of classes with those of the training."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nncore._validation.warning import warn
from nncore.datasets import Dataset, Table


class Names(NamedTuple):
    """Names say what the columns of the inputs and the classes of the targets are called.

    Each is None where nobody named them. Columns have the names of a `Table`, of a DataFrame of pandas,
    Polars or the like, or, for one example, of a Series; classes those of a `Table` or a `Dataset`.
    """

    columns: tuple[str, ...] | None = None
    classes: tuple[str, ...] | None = None

    @classmethod
    def of(cls, data: Any) -> Names:
        """Return the names in examples, in any of their forms, or in inputs alone."""
        if isinstance(data, Table):
            return cls(data.columns, data.classes)
        if isinstance(data, Dataset):
            return cls(None, data.class_names)
        return cls(_columns(data[0] if isinstance(data, (tuple, list)) and len(data) == 2 else data))

    def check(self, name: str, found: Names) -> None:
        """Compare the names in data, the argument `name`, with these, which are those of the training.

        Columns must be the same, in the same order. Classes must have their numbers; if some are called
        otherwise, a warning says so.
        """
        self.check_columns(name, found.columns)
        here, known = found.classes or (), self.classes or ()
        if (i := self._other_class(here)) is None:
            return
        if any(each in known and known.index(each) != k for k, each in enumerate(here)):
            raise ValueError(self._of_numbers(name, i, here))
        warn(
            f"{name}: class {i} is {here[i]!r:.60} here, and was {known[i]!r:.60} in the training. A cost "
            "and an accuracy compare the numbers of classes, whatever they are called."
        )

    def check_order(self, name: str, found: Names) -> None:
        """Refuse these very columns or classes in another order: to train on, others are welcome."""
        if set(self.columns or ()) == set(found.columns or ()):
            self.check_columns(name, found.columns)
        here = found.classes or ()
        if (i := self._other_class(here)) is not None and set(self.classes or ()) == set(here):
            raise ValueError(self._of_numbers(name, i, here))

    def check_columns(self, name: str, found: tuple[str, ...] | None) -> None:
        """Refuse columns of other names than those of the training, or of these in another order."""
        known = self.columns
        if known is None or found is None or found == known or _numbered(known) != _numbered(found):
            return
        put = (
            "with names = net.training_record.data.columns, X[list(names)] of a DataFrame, or columns=names "
            "for nn.datasets.read_csv, puts them in that order"
        )
        absent = [each for each in known if each not in found]
        if absent:
            more = f" and {len(absent) - 1} more" if len(absent) > 1 else ""
            raise ValueError(
                f"{name}: the network was trained on a column {absent[0]!r:.60}{more}, which is not among "
                f"these: {', '.join(found):.200}; if they mean the same, np.asarray(X) leaves the names out"
            )
        i = next(
            (i for i, pair in enumerate(zip(known, found, strict=False)) if pair[0] != pair[1]), len(known)
        )
        was = f"and was {known[i]!r:.60}" if i < len(known) else f"and there were {len(known)}"
        raise ValueError(f"{name}: column {i} is {found[i]!r:.60} here, {was} in the training; {put}")

    def _other_class(self, here: tuple[str, ...]) -> int | None:
        """Return the first number that is that of another class here than in the training."""
        pairs = enumerate(zip(self.classes or (), here, strict=False))
        return next((i for i, (known, name) in pairs if known != name), None)

    def _of_numbers(self, name: str, i: int, here: tuple[str, ...]) -> str:
        known = self.classes or ()
        return (
            f"{name}: class {i} is {here[i]!r:.60} here, and was {known[i]!r:.60} in the training; "
            "classes=net.training_record.data.class_names, for nn.datasets.read_csv or read_folder, gives "
            "each class the number that it had"
        )


def _columns(X: Any) -> tuple[str, ...] | None:
    """Return the names of the columns of a DataFrame, or of the values of a Series."""
    if type(X) is np.ndarray or isinstance(X, list):
        return None
    if hasattr(X, "columns"):
        given = [X.columns, getattr(X, "column_names", None)]  # pyarrow's tables have both
    else:
        given = [getattr(X, "index", None) if getattr(X, "ndim", 0) == 1 else None]
    for each in given:
        try:
            names = tuple(each)
        except Exception:  # it is no list of names, whatever it is
            continue
        if names and all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
            return names
    return None


def _numbered(names: tuple[str, ...]) -> bool:
    """Return whether these are the names that `read_csv` gives where a file names no columns."""
    return all(name.startswith("column ") and name[7:].isdecimal() for name in names)


def check_rows(name: str, X: Any, y: Any) -> None:
    """Refuse answers whose rows have the labels of the rows of X, in another order, as pandas labels them."""
    of_X: Any = getattr(X, "index", None)
    of_y: Any = getattr(y, "index", None)
    if not (hasattr(of_X, "equals") and hasattr(of_y, "equals")) or len(of_X) != len(of_y):
        return
    if not of_X.equals(of_y) and of_X.is_unique and of_y.is_unique and bool(of_y.isin(of_X).all()):
        raise ValueError(
            f"{name}: its rows have the labels of those of X, in another order; y = y.loc[X.index] puts them "
            "in that order, and np.asarray(y) leaves the labels out"
        )
