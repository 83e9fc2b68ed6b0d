"""`readable` takes the data of a sweep in every form; a `Loader` loads them in other processes."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nncore import _given, _validation
from nncore._work.portable import portable
from nncore.network import Network
from nncore.sweeps.identity import digest_of_data


def readable(data: Any, evaluation_data: Any, reader: Network | None) -> tuple[Any, Any]:
    """Return (training data, evaluation data or None), each as a Dataset or a pair of arrays."""
    if isinstance(data, tuple) and len(data) in (2, 3) and all(map(_is_set, data)):
        if evaluation_data is None:
            evaluation_data = data[1]
        data = data[0]
    return portable("data", data, reader), portable("evaluation_data", evaluation_data, reader)


def _is_set(data: Any) -> bool:
    """Return whether this is a Dataset, or a pair of inputs (n, ...) and as many answers."""
    if _validation.is_dataset(data):
        return True
    if not _validation.is_pair(data) or not all(map(_given.has_elements, data)):
        return False
    X, y = data
    return np.ndim(X) > 1 and len(X) == len(y)


@dataclass(frozen=True)
class Loader:
    """A Loader loads Datasets in another process, and makes sure that they are those of the sweep."""

    function: Callable[[], Any]
    digests: tuple[str | None, str | None]

    def __call__(self) -> tuple[Any, Any]:
        pair = readable(self.function(), None, None)
        if (digest_of_data(pair[0]), digest_of_data(pair[1])) != self.digests:
            raise ValueError(
                f"data: {self.function!r} gives other data on {platform.node()} than where the sweep began"
            )
        return pair
