"""`read_csv` reads a table of numbers and a column of targets: classes, as numbers or as text, or numbers."""

from __future__ import annotations

import csv
import io
import math
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore import _given
from nncore._entries import sealed
from nncore.datasets.dataset import Dataset
from nncore.datasets.table import Table
from nncore.files.kinds import EMPTY, recognise, refusal
from nncore.files.streams import open_data

MOST_BYTES = 600_000_000  # of a file, unpacked
MOST_COLUMNS = 100_000
MOST_NUMBERS = 500_000_000
MOST_CLASSES = 10_000
LONGEST_FIELD = 10_000  # characters
MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "-"}
PIXEL = re.compile(r"(pixel|px|p|x)?_?\d+(x\d+)?", re.IGNORECASE)  # Kaggle's pixel0, Keras' 1x1
USUAL_TARGETS = ("label", "target", "class", "y")


def read_csv(
    path: str | os.PathLike[str],
    target: str | int | None = None,
    *,
    columns: Sequence[str | int] | None = None,
    regression: bool = False,
    classes: Sequence[str] | None = None,
) -> Table | Dataset:
    """Read a table from a CSV file: one column are the targets, the others numbers for the network.

    Parameters
    ----------
    path : path
        The file, plain or gzip, with commas, semicolons or tabs between its fields, which may be quoted. If
        the first line is not numbers where the others have numbers, it names the columns.
    target : str or int, optional
        The column of the targets: its name, or its index from 0, from -1 backwards. By default the column
        called label, target, class or y, as in Kaggle's file of MNIST; else it must be given.
    columns : sequence of str or int, optional
        The columns that the network sees. By default all but the target.
    regression : bool, optional
        Whether the targets are numbers to predict. By default they are classes.
    classes : sequence of str, optional
        The names of the classes in their order, such as those of the table on which a network was trained. By
        default they are sorted. Whole numbers from 0 are classes as they are.

    Returns
    -------
    Table or Dataset
        A pair (X, y) with names. If the columns are 784 pixels, bytes from 0 to 255, as in Kaggle's
        ``label,pixel0,...,pixel783``: a Dataset of 28 x 28.

    Raises
    ------
    OSError
        The file does not exist or cannot be opened.
    ValueError
        The file is not such a table; a value is missing or not a number. The message names line and column.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import nncore as nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "flowers.csv")
    ...     _ = path.write_text("petal;sepal;kind\\n1.5;4.9;setosa\\n4.7;7.0;versicolor\\n1.3;4.4;setosa\\n")
    ...     table = nn.datasets.read_csv(path, target="kind")
    >>> table
    Table(3 rows of 2 numbers, kind: 2 classes)
    >>> table.y, table.classes
    (array([0, 1, 0]), ('setosa', 'versicolor'))
    """
    file = _given.path(path)
    if not isinstance(regression, (bool, np.bool_)):
        raise TypeError(f"regression: True or False needed, got {regression!r:.60}")
    wanted = (
        None
        if classes is None
        else [str(name) for name in _given.listed("classes", classes, "a list of names")]
    )
    if (kind := recognise(file)).name not in ("csv", "text") and kind != EMPTY:
        raise refusal(file, "a CSV table")
    with open_data(file) as (stream, most):
        if most > MOST_BYTES:
            most = MOST_BYTES
        rows = _rows(file, stream, most)
        first = next(rows, None)
        if first is None:
            raise ValueError(f"{file}: an empty file; a table with a column of targets needed")
        second = next(rows, None)
        names = _header(first[1], second)
        if names is None:
            names = [f"column {i + 1}" for i in range(len(first[1]))]
            start = [first] if second is None else [first, second]
        elif second is None:
            raise ValueError(f"{file}: only a line of names; no row of a table below it")
        else:
            start = [second]
        if len(names) == 1:
            raise ValueError(
                f"{file}: no comma, semicolon or tab in its first line, so this is one column, and no column "
                "besides the target; write commas between the fields"
            )
        has_names = len(start) == 1 and start[0] is second
        at = _target(file, names, target, has_names)
        used = (
            [i for i in range(len(names)) if i != at]
            if columns is None
            else _columns(file, names, columns, at)
        )
        if not used:
            raise ValueError(f"{file}: no column besides the target {names[at]!r}")
        X, texts, lines = _numbers(file, start, rows, names, used, at)
    are_images = not regression and len(used) == 784
    are_images = are_images and _are_pixels(X, [names[i] for i in used] if has_names else None)
    y, found = _targets(file, texts, lines, names[at], bool(regression), wanted, are_images)
    name = file.name.removesuffix(".gz").rsplit(".", 1)[0]
    if (
        not regression
        and len(used) == 784
        and _are_pixels(X, [names[i] for i in used] if has_names else None)
    ):
        images = X.astype(np.uint8).reshape(-1, 28, 28)
        return Dataset(sealed(images), y, name=name, class_names=found)
    return Table(X, y, [names[i] for i in used], names[at], found, name)


Row = tuple[int, list[str]]


def _rows(path: os.PathLike[str], stream: io.BufferedIOBase, most: int) -> Iterator[Row]:
    """Yield the number of the line and the fields of each row that is not empty."""

    def lines() -> Iterator[str]:
        taken = 0
        while line := stream.readline(MOST_COLUMNS * 32):
            taken += len(line)
            if taken > most or len(line) >= MOST_COLUMNS * 32:
                raise ValueError(f"{path}: more than {most:,} bytes, or a line of more than 3 MB")
            try:
                yield line.decode("utf-8-sig" if taken == len(line) else "utf-8")
            except UnicodeDecodeError:
                if b"\0" in line:
                    raise _no_text(path) from None
                yield line.decode("latin-1")

    each = lines()
    head = next(each, None)
    if head is None:
        return
    if re.search(r"[\0-\x08\x0b\x0e-\x1f\x7f-\x9f]", head):
        raise _no_text(path)
    delimiter = max(",;\t", key=_outside_quotes(head).count)

    def again() -> Iterator[str]:
        yield head
        yield from each

    reader = csv.reader(again(), delimiter=delimiter, skipinitialspace=True)
    try:
        for fields in reader:
            if not any(field.strip() for field in fields):
                continue
            if len(fields) > MOST_COLUMNS:
                raise ValueError(f"{path}: line {reader.line_num}: more than {MOST_COLUMNS:,} columns")
            yield reader.line_num, [field.strip() for field in fields]
    except csv.Error as error:
        raise ValueError(f"{path}: line {reader.line_num}: not a row of a table ({error})") from error


def _no_text(path: os.PathLike[str]) -> ValueError:
    kind = recognise(path)
    return ValueError(f"{path}: expected a CSV table, but this is {kind.what}; {kind.advice}")


def _outside_quotes(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def _number(text: str) -> float | None:
    """Return the number that a field holds, or None."""
    if "_" in text or not text.isascii():
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _header(first: list[str], second: Row | None) -> list[str] | None:
    """Return the names of the columns if the first row names them, else None."""
    numbers = sum(_number(field) is not None for field in first)
    if numbers == len(first):
        return None
    if numbers and second is not None:
        below = sum(_number(field) is not None for field in second[1])
        if numbers >= below:  # a row like the others, with text in it
            return None
    if second is not None and not numbers and not any(_number(field) is not None for field in second[1]):
        return None if len(first) == 1 else first
    return first


def _index(path: os.PathLike[str], names: list[str], wanted: Any, argument: str) -> int:
    """Return the index of a column that is given by its name or its index."""
    count = _given.whole(wanted)
    if count is not None:
        if not -len(names) <= count < len(names):
            raise ValueError(f"{argument}: {path} has {len(names)} columns, numbered from 0; got {count}")
        return count % len(names)
    if not isinstance(wanted, str):
        raise TypeError(f"{argument}: the name or the index of a column needed, got {wanted!r:.60}")
    if names.count(wanted) == 1:
        return names.index(wanted)
    what = f"{names.count(wanted)} columns are" if wanted in names else "no column is"
    listed = ", ".join(repr(name[:40]) for name in names[:10]) + (", ..." if len(names) > 10 else "")
    raise ValueError(f"{argument}: {what} called {wanted!r:.60} in {path}; its columns are {listed}")


def _target(path: os.PathLike[str], names: list[str], target: str | int | None, has_names: bool) -> int:
    if target is not None:
        return _index(path, names, target, "target")
    usual = [i for i, name in enumerate(names) if name.lower() in USUAL_TARGETS] if has_names else []
    if len(usual) == 1:
        return usual[0]
    raise ValueError(
        f"{path}: which column holds the targets? target={names[-1]!r} is its last, target=0 its first"
        if has_names
        else f"{path}: which column holds the targets? target=-1 is its last, target=0 its first"
    )


def _columns(path: os.PathLike[str], names: list[str], columns: Sequence[str | int], at: int) -> list[int]:
    used = [
        _index(path, names, each, "columns")
        for each in _given.listed("columns", columns, "a list of columns")
    ]
    if at in used or len(set(used)) < len(used):
        raise ValueError(f"columns: each once, without the target {names[at]!r}, needed; got {columns!r:.80}")
    return used


def _numbers(
    path: os.PathLike[str], start: list[Row], rows: Iterator[Row], names: list[str], used: list[int], at: int
) -> tuple[NDArray[np.float64], list[str], list[int]]:
    """Read the rows: the numbers of the columns that are used, the targets as text, and the lines."""

    def all_rows() -> Iterator[Row]:
        yield from start
        yield from rows

    pieces: list[NDArray[np.float64]] = []
    texts: list[str] = []
    lines: list[int] = []
    for line, fields in all_rows():
        if len(fields) != len(names):
            raise ValueError(
                f"{path}: line {line}: {len(fields)} fields, but {len(names)} columns; correct the row, or "
                "take it out"
            )
        for field in fields:
            if len(field) > LONGEST_FIELD:
                raise ValueError(f"{path}: line {line}: a field of more than {LONGEST_FIELD:,} characters")
        values = [_number(fields[i]) for i in used]
        for i, value in zip(used, values, strict=True):
            if value is None or not math.isfinite(value):
                raise _bad(path, line, names[i], fields[i], first=not pieces)
        if fields[at].lower() in MISSING - {"-", "none"}:
            raise ValueError(
                f"{path}: line {line}, column {names[at]!r}: the target is missing; take the row out"
            )
        pieces.append(np.array(values, np.float64))
        texts.append(fields[at])
        lines.append(line)
        if len(pieces) * len(used) > MOST_NUMBERS:
            raise ValueError(f"{path}: more than {MOST_NUMBERS:,} numbers")
    return np.stack(pieces), texts, lines


def _bad(path: os.PathLike[str], line: int, column: str, field: str, first: bool) -> ValueError:
    """Return the error of a field that is no number. In the first row it may stand for a column of words."""
    where = f"{path}: line {line}, column {column!r}"
    if field.lower() in MISSING:
        return ValueError(f"{where}: the value is missing ({field!r}); fill it in, or take the row out")
    if re.fullmatch(r"[-+]?\d+,\d+", field):
        return ValueError(
            f"{where}: a number with a decimal point needed, got {field!r}; write a point for the comma"
        )
    remedy = (
        f"if these are the classes, target={column!r}; otherwise"
        if first
        else "correct it, or leave the column out:"
    )
    return ValueError(
        f"{where}: a number needed, got {field!r:.60}; {remedy} columns=[...] names the columns of numbers "
        "to use"
    )


def _targets(
    path: os.PathLike[str],
    texts: list[str],
    lines: list[int],
    column: str,
    regression: bool,
    wanted: list[str] | None,
    are_digits: bool,
) -> tuple[NDArray[Any], tuple[str, ...] | None]:
    """Return the targets, and the names of the classes if they are classes."""
    numbers = [_number(text) for text in texts]
    if regression:
        for line, value, text in zip(lines, numbers, texts, strict=True):
            if value is None or not math.isfinite(value):
                raise ValueError(
                    f"{path}: line {line}, column {column!r}: a number to predict needed, got {text!r:.60}"
                )
        return np.array(numbers, np.float64), None
    whole = [value is not None and math.isfinite(value) and value == int(value) for value in numbers]
    if wanted is not None:
        names = wanted
    elif all(whole):
        values = [int(value or 0) for value in numbers]
        if (min(values) == 0 or (are_digits and min(values) > 0)) and max(
            values
        ) < MOST_CLASSES:  # classes as they are
            return np.array(values, np.int64), tuple(map(str, range(max(values) + 1)))
        names = [str(value) for value in sorted(set(values))]
    else:
        for line, value, text, is_whole in zip(lines, numbers, texts, whole, strict=True):
            if value is not None and not is_whole:
                raise ValueError(
                    f"{path}: line {line}, column {column!r}: {text!r:.40} is a number and no class; "
                    "regression=True takes the targets as numbers"
                )
        names = sorted(set(texts))
        _warn_of_capitals(path, column, names)
    if len(names) > MOST_CLASSES:
        raise ValueError(f"{path}: column {column!r} has more than {MOST_CLASSES:,} classes")
    index = {name: i for i, name in enumerate(names)}
    y = np.empty(len(texts), np.int64)
    for i, (line, text, value, is_whole) in enumerate(zip(lines, texts, numbers, whole, strict=True)):
        spelled = text if text in index or not is_whole else str(int(value or 0))
        if spelled not in index:
            raise ValueError(
                f"{path}: line {line}, column {column!r}: {text!r:.60} is not one of the classes "
                f"{', '.join(names):.200}"
            )
        y[i] = index[spelled]
    return y, tuple(names)


def _warn_of_capitals(path: os.PathLike[str], column: str, names: list[str]) -> None:
    """Warn of classes that differ in capitals alone; the caller's caller is the user."""
    spellings: dict[str, list[str]] = {}
    for name in names:
        spellings.setdefault(name.casefold(), []).append(name)
    for alike in spellings.values():
        if len(alike) > 1:
            warnings.warn(
                f"{path}: column {column!r}: {' and '.join(map(repr, alike[:3]))} count as different "
                "classes; if they are one, spell them alike",
                stacklevel=4,
            )


def _are_pixels(X: NDArray[np.float64], names: list[str] | None) -> bool:
    """Return whether 784 columns are the bytes of images."""
    named = names is None or all(PIXEL.fullmatch(name) for name in names)
    return named and bool(((X >= 0) & (X <= 255) & (np.floor(X) == X)).all() and X.max() > 1)
