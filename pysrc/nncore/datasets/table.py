"""A `Table` is a pair of arrays that knows the names of its columns and classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore import _given


class Table(tuple[NDArray[Any], NDArray[Any]]):
    """A Table is a pair of arrays (X, y) that were read from a file, and knows their names.

    A network takes it as it takes any pair: ``net.SGD(table, ...)``; ``X, y = table`` gives the arrays.

    Attributes
    ----------
    X : ndarray of float64, (n, columns)
    y : ndarray, (n,)
        Classes as int64, or numbers as float64.
    columns : tuple of str
        The names of the columns of X; "column 1" and so on if the file names none.
    target : str
        The name of the column of y.
    classes : tuple of str or None
        The names of the classes 0, 1 and so on; None if y holds numbers.
    name : str
        The name of the file, without its ending.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import nncore as nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "flowers.csv")
    ...     _ = path.write_text("petal,sepal,kind\\n1.5,4.9,setosa\\n4.7,7.0,versicolor\\n")
    ...     table = nn.datasets.read_csv(path, target="kind")
    >>> table.columns, table.classes
    (('petal', 'sepal'), ('setosa', 'versicolor'))
    >>> table.split(test=0.5)
    (Table(1 rows of 2 numbers, kind: 2 classes), Table(1 rows of 2 numbers, kind: 2 classes))
    """

    columns: tuple[str, ...]
    target: str
    classes: tuple[str, ...] | None
    name: str

    def __new__(
        cls,
        X: NDArray[Any],
        y: NDArray[Any],
        columns: Sequence[str],
        target: str,
        classes: Sequence[str] | None,
        name: str,
    ) -> Table:
        table = super().__new__(cls, (X, y))
        table.columns, table.target, table.name = tuple(columns), target, name
        table.classes = None if classes is None else tuple(classes)
        return table

    @property
    def X(self) -> NDArray[Any]:
        """The inputs."""
        return self[0]

    @property
    def y(self) -> NDArray[Any]:
        """The targets."""
        return self[1]

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The classes, under the name by which a network's training record asks for them."""
        return self.classes

    def __getitem__(self, part: Any) -> Any:
        """Return X for 0 and y for 1; rows are taken of both, not of the pair."""
        if isinstance(part, slice):
            raise TypeError(
                "table: it is the pair (X, y), and a slice of it has no rows; type X, y = table, then "
                "first = X[:100], y[:100] has the first 100 rows; table.split(test=0.2) sets some aside"
            )
        return super().__getitem__(part)

    def __reduce__(self) -> tuple[Any, ...]:
        return Table, (self[0], self[1], self.columns, self.target, self.classes, self.name)

    def split(self, test: float = 0.2, seed: int = 0) -> tuple[Table, Table]:
        """Set a share of the rows aside, chosen at random: return (training_data, test_data)."""
        share, start, n = _given.real(test), _given.whole(seed), len(self.y)
        if share is None or not 0 < share < 1:
            raise ValueError(f"test: a share between 0 and 1 needed, such as 0.2; got {test!r:.60}")
        if start is None or start < 0:
            raise ValueError(f"seed: a whole number of 0 or more needed, got {seed!r:.60}")
        if n < 2:
            raise ValueError("test: a table of two rows or more needed, to set one aside")
        order = np.random.default_rng(start).permutation(n)
        count = min(max(1, round(share * n)), n - 1)
        train, rest = np.sort(order[count:]), np.sort(order[:count])
        return self._rows(train), self._rows(rest)

    def _rows(self, rows: NDArray[np.intp]) -> Table:
        return Table(self.X[rows], self.y[rows], self.columns, self.target, self.classes, self.name)

    def __repr__(self) -> str:
        names = self.classes
        kind = "numbers" if names is None else f"{len(names)} class{'' if len(names) == 1 else 'es'}"
        return f"Table({len(self.y)} rows of {len(self.columns)} numbers, {self.target}: {kind})"
