"""This module chooses the kernels: the compiled core for this CPU and for a dtype.

The core is one source, compiled once for each SIMD target and dtype (see setup.py). By default the best
target that this CPU runs is used. The environment variable `NNCORE_TARGET` chooses another. The target
"plain", which has one number in each register, is for reading and debugging: it is used only if
`NNCORE_TARGET` says so.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import platform
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from nncore._kernels import Kernels

__all__ = ["cpu", "kernels", "target", "targets_built", "targets_supported"]
ALIGNMENT = 64  # bytes: a cache line, and a register of AVX-512
TARGETS = ("avx512", "avx2", "neon", "base", "plain")  # best first
SUFFIX = {"float32": "f32", "float64": "f64"}


def _module(target: str, dtype: str) -> str:
    return f"nncore._kernels_{target}_{SUFFIX[dtype]}"


@functools.cache
def targets_built() -> tuple[str, ...]:
    """Return the SIMD targets that are built in this installation, best first.

    Examples
    --------
    >>> set(targets_built()) <= set(TARGETS)
    True
    """
    return tuple(t for t in TARGETS if importlib.util.find_spec(_module(t, "float32")) is not None)


def _least_demanding() -> ModuleType:
    """Return kernels that every CPU runs, if such are built: they say what this CPU can do."""
    built = targets_built()
    return importlib.import_module(_module("base" if "base" in built else built[-1], "float32"))


@functools.cache
def targets_supported() -> tuple[str, ...]:
    """Return the targets that are built and that this CPU can run, best first.

    Examples
    --------
    >>> set(targets_supported()) <= set(targets_built())
    True
    """
    built = targets_built()
    if not built:
        raise ImportError(
            "nncore: no kernels are built here. Run `pip install .` in the project's folder (it needs a C "
            "compiler and Python's headers); `pip install -e .` for work on nncore itself."
        )
    if "neon" in built:
        return built
    runs = _least_demanding().cpu_targets()
    return tuple(t for t in built if t in ("base", "plain") or t in runs)


@functools.cache
def target() -> tuple[str, str]:
    """Return the name of the target in use, and the reason for it.

    Examples
    --------
    >>> name, reason = target()
    >>> name in targets_supported()
    True
    """
    supported = targets_supported()
    wanted = os.environ.get("NNCORE_TARGET", "")
    if wanted:
        if wanted not in TARGETS:
            raise ImportError(f"NNCORE_TARGET: one of {', '.join(TARGETS)} needed, got {wanted!r}")
        if wanted not in supported:
            why = "this CPU cannot run it" if wanted in targets_built() else "it was not built"
            raise ImportError(f"NNCORE_TARGET={wanted}: {why}; {', '.join(supported)} would work")
        return wanted, "NNCORE_TARGET asks for it"
    if supported[0] == "avx512" and _least_demanding().slow_avx512():
        return supported[1], "this CPU's clock drops when it uses AVX-512"
    return supported[0], "the best that this CPU runs"


@functools.cache
def kernels(dtype: str) -> Kernels:
    """Return the compiled module of the kernels for a dtype, "float32" or "float64".

    Examples
    --------
    >>> kernels("float32").dtype
    'float32'
    """
    module: Any = importlib.import_module(_module(target()[0], dtype))
    found: Kernels = module
    return found


def aligned_zeros(size: int, dtype: str) -> np.ndarray:
    """Return a vector of zeros that starts at a multiple of 64 bytes, as cache lines and registers do."""
    if not size:
        return np.zeros(0, dtype)
    spare = ALIGNMENT // np.dtype(dtype).itemsize
    memory = np.zeros(size + spare, dtype)
    start = -memory.__array_interface__["data"][0] % ALIGNMENT // memory.itemsize
    return memory[start : start + size]


def cpu() -> str:
    """Return the name that the CPU gives itself.

    Examples
    --------
    >>> cpu() != ""
    True
    """
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
