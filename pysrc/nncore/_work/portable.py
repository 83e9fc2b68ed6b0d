"""`portable` turns examples in every form into what each network and each process can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore.datasets import Table

if TYPE_CHECKING:
    from nncore.network import Network


def portable(name: str, data: Any, reader: Network | None) -> Any:
    """Return examples as a Dataset, as a pair of arrays, or as a Table if columns have names; None of None.

    Parameters
    ----------
    name : str
        What the argument is called.
    data : Dataset, pair of arrays, the book's list of (x, y), or a generator, which gives them only once
    reader : Network or None
        It checks the examples, and should be of float64 if one of the networks is. Without it, the data are
        a Dataset or a pair, and are not looked at.
    """
    if data is None or _validation.is_dataset(data):
        return data
    if reader is None:
        return data if isinstance(data, Table) else (data[0], data[1])
    given = reader._examples(name, data)
    shape = np.shape(data[0]) if _validation.is_pair(data) else given.X.shape  # images keep their sides
    X, y, names = given.X.reshape(shape), given.y, _validation.Names.of(data)
    if names.columns is None:
        return X, y
    return Table(X, y, names.columns, getattr(data, "target", ""), names.classes, getattr(data, "name", ""))
