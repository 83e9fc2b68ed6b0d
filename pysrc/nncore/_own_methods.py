"""This module finds the methods that a reader has put in place of a class's own: in a subclass, on the class
itself, or on one object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nncore import _validation

# The methods of the book's programs that `SGD` and `predict` call there.
NAMES = ("accuracy", "backprop", "cost", "cost_derivative", "feedforward", "update_mini_batch")


def written(cls: type, names: Iterable[str]) -> dict[str, Any]:
    """Return the methods of these names as a class has them now, None for one that it does not have."""
    return {name: getattr(cls, name, None) for name in names}


def changed(obj: Any, methods: Mapping[str, Any]) -> set[str]:
    """Return the names of those methods of an object that are not the ones that `written` returned."""
    return {
        name
        for name, method in methods.items()
        if name in vars(obj) or getattr(type(obj), name, None) is not method
    }


def warn(net: Any, name: str, own: Iterable[str]) -> None:
    """Warn that the method `name` of an `nncore.Network` ignores the reader's own methods."""
    _validation.warn(
        f"{name} computes with the core, which ignores your own {', '.join(sorted(own))} of "
        f"{type(net).__name__}. An override counts in a subclass of nncore.reference.Network or, under the "
        "book's names, of nncore.book.network.Network and nncore.book.network2.Network; all are slower."
    )
