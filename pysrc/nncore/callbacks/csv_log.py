"""`CSVLog` writes what a run measures to a file of comma-separated values, a row for each epoch."""

from __future__ import annotations

import csv
import io
import math
import os
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore.callbacks import runs
from nncore.files.atomic import new_file
from nncore.training.history import EPOCHS, History

if TYPE_CHECKING:
    from nncore.network import Network

FIRST = ["run", "epoch"]  # the columns at the left
MOST = 64_000_000  # bytes, of a file that is read


class CSVLog:
    """A CSVLog is a callback that writes a row of a CSV file after each epoch.

    The columns are "run", "epoch" (both counted from 1), and the lists of the `History` that are measured;
    each layer's learning speed has one. pandas, spreadsheets and ``csv.DictReader`` read the file.

    The rows of earlier runs stay: another run follows with the next number. A run that is resumed goes on
    below its own rows, and replaces those of epochs that a crash has lost. A crash loses no row that was
    written.

    Parameters
    ----------
    path : str or path-like
        The file, such as "digits.csv". If it exists, it must be one that a CSVLog wrote.

    Raises
    ------
    ValueError
        The file exists and no CSVLog wrote it. It is not changed. Or the name promises another format, such
        as .npz or .json.

    Examples
    --------
    >>> import tempfile
    >>> import nncore as nn
    >>> net = nn.Network([1, 1], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     log = nn.callbacks.CSVLog(f"{folder}/log.csv")
    ...     for eta in (0.5, 0.1):
    ...         history = net.SGD(([[0.0], [1.0]], [[1.0], [0.0]]), 2, 1, eta, callbacks=log)
    ...     for line in log.path.read_text().splitlines():
    ...         print(",".join(line.split(",")[:4]))
    run,epoch,eta,images
    1,1,0.5,2
    1,2,0.5,4
    2,1,0.1,2
    2,2,0.1,4
    """

    path: Path

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = runs.file_path("CSVLog", path, "csv")
        self._watch = runs.RunWatch()
        self._start()
        if self.path.exists():
            self._read()  # refuses a file that is not a CSVLog's, before the training

    def _start(self) -> None:
        self._earlier: list[dict[str, str]] = []  # the rows of other runs, which stay
        self._number = 1
        self._own: list[str] = []  # the columns of this run
        self._columns: list[str] = []  # the columns of the file
        self._size = -1  # of the file, in bytes

    def __call__(self, net: Network, history: History) -> None:
        """Write the row of the epoch that has just ended."""
        if self._watch.is_new(history):
            self._start()
            if self.path.exists():
                self._continue(self._read(), history)
        own = [*FIRST, *_lists(history)]
        if own == self._own and self._is_as_written():
            self._append(history)
        else:
            self._own = own
            self._write(history)

    def _continue(self, rows: list[dict[str, str]], history: History) -> None:
        """Take over the rows of a file: those of other runs stay, those of this run are written anew."""
        if not rows:
            return
        last = rows[-1]["run"]
        begun = next(row for row in rows if row["run"] == last)
        same = begun["epoch"] == "1" and begun.get("elapsed") == _text(history.elapsed[0])
        self._earlier = [row for row in rows if row["run"] != last] if same else rows
        self._number = int(last) + (0 if same else 1)

    def _read(self) -> list[dict[str, str]]:
        """Return the rows of the file, without a last one that was not written whole."""
        refused = f"CSVLog: {self.path} exists and no CSVLog wrote it; name another file"
        with self.path.open("rb") as file:
            data = file.read(MOST + 1)
        if len(data) > MOST:
            raise ValueError(f"{refused} (it has more than {MOST:,} bytes)")
        try:
            lines = data.decode("utf-8").splitlines(keepends=True)
        except UnicodeDecodeError:
            raise ValueError(refused) from None
        if lines and not lines[-1].endswith("\n"):
            lines.pop()
        try:
            table = list(csv.reader(lines, strict=True))
        except csv.Error:
            raise ValueError(refused) from None
        if not table:
            if data:
                raise ValueError(refused)
            return []
        head, *rows = table
        if head[:2] != FIRST or len(set(head)) < len(head):
            raise ValueError(refused)
        for row in rows:
            if len(row) != len(head) or not all(cell.isascii() and cell.isdigit() for cell in row[:2]):
                raise ValueError(refused)
            if len(row[0]) > 9:
                raise ValueError(refused)
        return [dict(zip(head, row, strict=True)) for row in rows]

    def _is_as_written(self) -> bool:
        """Return whether the file still has the size that it had after the last row."""
        try:
            return self.path.stat().st_size == self._size
        except OSError:
            return False

    def _append(self, history: History) -> None:
        """Add the row of the last epoch to the file."""
        line = _lines([self._row(history, len(history) - 1)], self._columns)
        with self.path.open("ab", buffering=0) as file:
            file.write(line)  # in one piece, so that a killed process leaves the row whole or not at all
            self._size = os.fstat(file.fileno()).st_size

    def _write(self, history: History) -> None:
        """Write the file anew: rows of other runs, and all rows of this one."""
        others = [name for row in self._earlier[:1] for name in row]  # each row has all columns
        self._columns = list(dict.fromkeys([*self._own, *others]))
        head = {name: name for name in self._columns}
        rows = [*self._earlier, *(self._row(history, epoch) for epoch in range(len(history)))]
        text = _lines([head, *rows], self._columns)
        with new_file(self.path) as file:
            file.write(text)
        self._size = len(text)

    def _row(self, history: History, epoch: int) -> dict[str, str]:
        """Return the cells of one epoch by their columns."""
        row = {"run": str(self._number), "epoch": str(epoch + 1)}
        for name, values in _lists(history).items():
            row[name] = _text(values[epoch])
        return row

    def __repr__(self) -> str:
        return f"CSVLog({str(self.path)!r})"


def _lists(history: History) -> dict[str, list[Any]]:
    """Return the lists of a history with a value for each epoch; each layer's learning speed has one."""
    lists = {name: values for name in EPOCHS if (values := getattr(history, name))}
    speeds = lists.pop("learning_speeds", [])
    for l in range(max((np.size(row) for row in speeds), default=0)):
        lists[f"learning_speed_{l}"] = [row[l] if np.size(row) > l else math.nan for row in speeds]
    return lists


def _text(value: Any) -> str:
    """Return a number as text that gives the same number back; what was not measured is empty."""
    return "" if value != value else repr(value if isinstance(value, int) else float(value))


def _lines(rows: list[dict[str, str]], columns: list[str]) -> bytes:
    """Return rows as lines of the file."""
    text = io.StringIO(newline="")
    csv.DictWriter(text, columns, restval="", lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
