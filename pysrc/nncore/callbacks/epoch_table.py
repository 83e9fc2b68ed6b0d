"""`EpochTable` prints a table of a run, a row after each epoch."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TextIO

from nncore.callbacks import runs
from nncore.training.history import History

if TYPE_CHECKING:
    from nncore.network import Network

SIDES = ("evaluation", "training")
BEST = "*"


class EpochTable:
    """An EpochTable is a callback that prints a row of a table after each epoch.

    A row has the number of the epoch, counted from 1, the costs and accuracies that are monitored, the
    learning rate, and the seconds that the epoch took. A star marks an epoch that is the best so far, by
    `History.best_epoch`. Each run has a head of its own.

    Parameters
    ----------
    file : text file, optional
        Where the table is printed; by default `sys.stdout`.
    every : int, default 1
        The number of epochs from one row to the next.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> history = net.SGD(
    ...     train, 3, 10, 0.5, evaluation_data=validation, callbacks=nn.callbacks.EpochTable()
    ... )  # doctest: +ELLIPSIS
              evaluation
     epoch          cost   accuracy       eta   seconds
         1 ...
    """

    every: int

    def __init__(self, file: TextIO | None = None, *, every: int = 1) -> None:
        self.file = file
        self.every = runs.each("EpochTable", every)
        self._watch = runs.RunWatch()
        self._columns: list[str] = []

    def __call__(self, net: Network, history: History) -> None:
        """Print the row of the epoch that has just ended, and the head if it is the first row of a run."""
        new = self._watch.is_new(history)
        if len(history) % self.every:
            self._columns = [] if new else self._columns
            return
        measured = _measured(history)
        lines = []
        if new or list(measured) != self._columns:
            self._columns = list(measured)
            lines += _head(self._columns)
        cells = [f"{len(history):>6}"]
        cells += [f"{text:>{_width(name, self._columns)}}" for name, text in measured.items()]
        cells += [f"{history.eta[-1]:>10.4g}", f"{history.seconds[-1]:>10.3g}"]
        best = history.best_epoch == len(history) - 1
        lines.append("".join(cells) + (f"  {BEST}" if best else ""))
        self._print("\n".join(lines))

    def _print(self, text: str) -> None:
        """Print above a progress bar, if there is one."""
        file = sys.stdout if self.file is None else self.file
        tqdm: Any = sys.modules.get("tqdm")
        if tqdm is not None and getattr(tqdm.tqdm, "_instances", None):
            tqdm.tqdm.write(text, file=file)
        else:
            print(text, file=file, flush=True)

    def __repr__(self) -> str:
        return f"EpochTable(every={self.every})"

    def __getstate__(self) -> dict[str, Any]:  # a file cannot be copied
        return {**vars(self), "file": None}


def _measured(history: History) -> dict[str, str]:
    """Return what was measured after the last epoch as text, by the names of the lists."""
    cells = {}
    for side in SIDES:
        if cost := getattr(history, f"{side}_cost"):
            cells[f"{side}_cost"] = f"{cost[-1]:.4g}"
        if accuracy := getattr(history, f"{side}_accuracy"):
            cells[f"{side}_accuracy"] = f"{100 * accuracy[-1]:.2f} %"
    return cells


def _head(columns: list[str]) -> list[str]:
    """Return the two lines of the table's head: whose values they are, and what."""
    above, below = " " * 6, " epoch"
    for side in SIDES:
        of_side = [name for name in columns if name.startswith(side)]
        if of_side:
            above += f"{side:>{_width(of_side[0], columns)}}".ljust(sum(_width(n, columns) for n in of_side))
        for name in of_side:
            below += f"{name.removeprefix(side + '_'):>{_width(name, columns)}}"
    return [above.rstrip(), f"{below}{'eta':>10}{'seconds':>10}"]


def _width(name: str, columns: list[str]) -> int:
    """Return the width of a column: under the first of a side, the name of the side has room."""
    side = name.split("_")[0]
    first = next(column for column in columns if column.startswith(side))
    return 13 if name == first else 11
