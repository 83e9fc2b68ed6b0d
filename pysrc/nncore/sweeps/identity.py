"""`described` writes arguments as JSON, and `digest` hashes data, so that a changed one is noticed."""

from __future__ import annotations

import hashlib
import types
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from nncore import _validation

DEEPEST = 20  # objects within objects


def described(value: Any, depth: int = 0) -> Any:
    """Return what JSON can hold of an argument: two that differ in what they do are described differently.

    Objects are described by their class and by what pickle would keep of them, functions by their code and
    the numbers that it refers to, arrays by a hash. Something that only its address tells from others is
    described by it, and so differs from run to run.

    Examples
    --------
    >>> import nncore as nn
    >>> described([784, nn.MaxPool2D(2)])
    [784, {'MaxPool2D': [[], {'size': [2, 2]}]}]
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if depth > DEEPEST:
        return repr(value)
    within = depth + 1
    if type(value) in (list, tuple):
        return [described(each, within) for each in value]
    if isinstance(value, Mapping):
        return {str(key): described(each, within) for key, each in value.items()}
    if isinstance(value, np.ndarray) or hasattr(value, "__array__"):
        return f"array {digest(np.asarray(value))}"
    if isinstance(value, types.FunctionType):
        return {"function": [value.__qualname__, _code(value, within)]}
    if isinstance(value, types.MethodType):
        return {"method": [value.__name__, described(value.__self__, within)]}
    if isinstance(value, (type, types.BuiltinFunctionType)):
        return f"{value.__module__}.{value.__qualname__}"
    try:
        _, made_with, *state = value.__reduce_ex__(4)
    except (TypeError, ValueError):  # a lock, a file, a text that names a global
        return repr(value)
    made_with = [each for each in made_with if each is not type(value)]
    return {
        type(value).__qualname__: [described(made_with, within)]
        + [described(list(each) if isinstance(each, Iterator) else each, within) for each in state if each]
    }


def _code(function: types.FunctionType, depth: int) -> list[Any]:
    """Describe a function: its bytecode, which depends on Python's version, and what it refers to."""
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    names = (name for name in function.__code__.co_names if name in function.__globals__)
    numbers = [(name, function.__globals__[name]) for name in names]
    numbers = [(name, value) for name, value in numbers if isinstance(value, (bool, int, float, str, tuple))]
    return [_bytecode(function.__code__), described([function.__defaults__, cells, numbers], depth)]


def _bytecode(code: types.CodeType) -> list[Any]:
    constants: list[Any] = []
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            constants.append(_bytecode(each))
        else:  # the order of a set changes from process to process
            constants.append(sorted(map(repr, each)) if isinstance(each, frozenset) else repr(each))
    return [hashlib.blake2b(code.co_code, digest_size=8).hexdigest(), list(code.co_names), constants]


def digest(*arrays: Any) -> str:
    """Return a hash of whole arrays: their dtypes, shapes and numbers."""
    found = hashlib.blake2b(digest_size=8)
    for array in arrays:
        whole = np.ascontiguousarray(array)
        found.update(f"{whole.dtype.str} {whole.shape} ".encode())
        found.update(whole.view(np.uint8).reshape(-1).data if whole.size else b"")
    return found.hexdigest()


def digest_of_data(data: Any) -> str | None:
    """Return a hash of a Dataset or of a pair of arrays; None of no data."""
    if data is None:
        return None
    return digest(data.images, data.labels) if _validation.is_dataset(data) else digest(*data)
