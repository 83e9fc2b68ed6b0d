"""This module says how much memory the process may still take: what it cannot hold is refused at once."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from pathlib import Path

from nncore._cores import cgroups

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB", "EB")
CGROUP_LIMITS = ("memory.max", "memory.limit_in_bytes")  # of version 2 and of version 1


def memory_available(root: Path = Path("/")) -> float:
    """Return how many bytes this process may still take, or infinity if the system does not say.

    It is the least of what the system has free, what the cgroups of the process allow (a container's
    ``--memory``), and what its own limit leaves (``ulimit -v``). `root` is the folder that holds `proc` and
    `sys`.
    """
    return min(_limits(root), default=math.inf)


def written(count: int) -> str:
    """Write a number of bytes: 3.2 GB."""
    size = float(min(count, 10**24))
    for unit in UNITS:
        if size < 1000 or unit == UNITS[-1]:
            break
        size /= 1000
    return f"{size:.3g} {unit}"


def _limits(root: Path) -> Iterator[float]:
    """Yield what each limit leaves."""
    try:
        lines = (root / "proc/meminfo").read_text(encoding="utf-8").splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        yield 1024 * (sizes["MemAvailable"] + sizes["SwapFree"])
    except (OSError, ValueError, IndexError, KeyError):  # not Linux
        with contextlib.suppress(OSError, ValueError, AttributeError):
            yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for group in cgroups("memory", root):
        for name in CGROUP_LIMITS:
            with contextlib.suppress(OSError, ValueError):  # ValueError: it says "max"
                yield int((group / name).read_text(encoding="utf-8"))
    if resource is not None and (most := resource.getrlimit(resource.RLIMIT_AS)[0]) != resource.RLIM_INFINITY:
        with contextlib.suppress(OSError, ValueError):
            pages = int((root / "proc/self/statm").read_text(encoding="utf-8").split()[0])
            yield max(0, most - pages * resource.getpagesize())
