"""This module checks single arguments: numbers, names, flags, dtypes and seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from nncore import _given, _hints
from nncore.choices import DType

DTYPES = ("float32", "float64")


def integer(name: str, value: Any, least: int, bits: int = 63) -> int:
    """Return `value` as an int of at least `least` and below 2**bits."""
    if type(value) is int and value >= least and value.bit_length() <= bits:  # as it mostly is
        return value
    number = _given.whole(value)
    if number is None and not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: a whole number needed, got {value!r:.60}")
    if number is None or number < least:
        raise ValueError(f"{name}: at least {least} needed, got {value!r:.60}")
    if number >= 1 << bits:
        raise ValueError(f"{name}: below 2**{bits} needed, got {value!r:.60}")
    return number


def real(name: str, value: Any, *, least: float = -math.inf, below: float = math.inf) -> float:
    """Return `value` as a finite float in [least, below)."""
    if type(value) is float and -math.inf < value < below and value >= least:  # as it mostly is
        return value
    number = _given.real(value)
    if number is None:
        raise TypeError(f"{name}: a number needed, got {value!r:.60}")
    if math.isinf(number) and _given.whole(value) is not None:
        raise ValueError(f"{name}: a finite number needed, got a whole number above 1e308")
    if not math.isfinite(number) or not least <= number < below:
        bounds = "finite" if least == -math.inf else f"at least {least:g}"
        bounds += "" if below == math.inf else f" and below {below:g}"
        raise ValueError(f"{name}: a number needed that is {bounds}, got {value!r:.60}")
    return number


def one_of(name: str, value: Any, choices: Sequence[str]) -> str:
    """Return `value` if it is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        remedy = _hints.choice(name, value, choices)
        raise ValueError(f"{name}: one of {', '.join(choices)} needed, got {value!r:.60}{remedy}")
    return value


def flag(name: str, value: Any) -> bool:
    """Return `value` if it is True or False. Other values, such as "no", would count as True."""
    if value is True or value is False:
        return value
    if not isinstance(value, np.bool_):
        raise TypeError(f"{name}: True or False needed, got {value!r:.60}")
    return bool(value)


def dtype(value: Any) -> DType:
    """Return the name of a dtype, "float32" or "float64"."""
    try:  # NumPy would take None, and whatever has an attribute of this name
        name = np.dtype(value).name if isinstance(value, (str, type, np.dtype)) else value
    except (TypeError, ValueError):
        name = value
    return cast("DType", one_of("dtype", name, DTYPES))


def seed(value: int | None) -> int:
    """Return the seed. If it is None, the system draws one."""
    if value is None:
        value = int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
    return integer("seed", value, 0, bits=64)


def order(value: Any, n: int) -> np.ndarray:
    """Check an order of the examples that a user's `shuffle` returned."""
    array = _given.array("shuffle", value)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise TypeError(f"shuffle: an array of indices needed, got {array.dtype} of shape {array.shape}")
    found = np.array(array, dtype=np.intp)  # a copy, which nobody changes after the check
    if found.size and not (found.min() >= 0 and found.max() < n):
        raise ValueError(f"shuffle: indices 0 to {n - 1} needed, got {array.min()} to {array.max()}")
    return found
