"""This module says how many cores the process may use, and how many are idle just now."""

from __future__ import annotations

import functools
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

LOOKS, BETWEEN = 3, 0.0003  # looks at what runs, and seconds between them


def cores_available() -> int:
    """Return the number of cores that this process may use, at least 1.

    Its affinity counts (`taskset`, a batch system's share of a machine), and so does the quota of processor
    time of its cgroups (a container's ``--cpus``): a quota of 2.5 cores counts as 2. The quota is read once.
    """
    if hasattr(os, "process_cpu_count"):  # from Python 3.13 on
        cores = os.process_cpu_count()
    elif hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count()
    return max(1, math.floor(min(cores or 1, cgroup_quota())))


def idle_cores() -> int:
    """Return how many cores of the machine nothing runs on just now; all of them, where that is not known.

    A look costs some 20 us. What is found busy is looked at again within a millisecond, because much of what
    a machine runs is over by then; work that lasts is there each time. In between this thread spins: if it
    slept on a busy machine, another one would have its core for milliseconds.
    """
    most, cores = 0, os.cpu_count() or 1
    for look in range(LOOKS):
        if look:
            until = time.perf_counter() + BETWEEN
            while time.perf_counter() < until:
                pass
        most = max(most, _idle(cores))
        if most >= cores - 1:
            break
    return most


def _idle(cores: int) -> int:
    """Return how many of the cores nothing runs on: Linux counts what runs, and the caller is one of them."""
    try:
        with open("/proc/loadavg", "rb") as file:  # such as b"0.20 0.18 0.12 1/80 11206"
            running = int(file.read().split()[3].split(b"/")[0])
    except (OSError, ValueError, IndexError):
        return cores
    return max(0, cores - max(1, running))


@functools.cache
def cgroup_quota(root: Path = Path("/")) -> float:
    """Return how many cores' time the cgroups of this process allow, or infinity if they set no limit.

    The limit of a group holds for the groups within it, so the least of all counts. `root` is the folder
    that holds `proc` and `sys`.
    """
    return min(_quotas(root), default=math.inf)


def _quotas(root: Path) -> Iterator[float]:
    """Yield the limits of the process's cgroups and of those around them."""
    for group in cgroups("cpu", root):
        yield from _limit(group)


def cgroups(controller: str, root: Path) -> Iterator[Path]:
    """Yield the folders of the process's cgroups and of those around them, of version 1 and of version 2.

    `controller` is what the groups limit, "cpu" or "memory".
    """
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            mounts = ["", "unified"]
        elif controller in controllers.split(","):
            mounts = [controllers, controller]
        else:
            continue
        inside = PurePosixPath(path.lstrip("/"))
        # A container may see the host's path, but not the folders of it: then its own group is the topmost.
        for mount in mounts:
            for group in (inside, *inside.parents):
                yield root / "sys/fs/cgroup" / mount / group


def _limit(group: Path) -> Iterator[float]:
    """Yield the limit in a cgroup's folder, if it has one: the time per period, divided by the period."""
    try:
        if (group / "cpu.max").exists():
            quota, period = (group / "cpu.max").read_text(encoding="utf-8").split()
        else:
            quota = (group / "cpu.cfs_quota_us").read_text(encoding="utf-8").strip()
            period = (group / "cpu.cfs_period_us").read_text(encoding="utf-8")
        if quota not in ("max", "-1"):
            yield int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return
