"""How many cores a process may use: its affinity and the quota of its cgroups."""

import math
import os
import subprocess
import sys

import pytest

from nncore import _cores

COUNT = "from nncore._cores import cores_available; print(cores_available())"


def machine(folder, cgroup, limits):
    """Write the files of a machine: the process's /proc/self/cgroup, and files under /sys/fs/cgroup."""
    files = {"proc/self/cgroup": cgroup} | {f"sys/fs/cgroup/{name}": text for name, text in limits.items()}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("cgroup", "limits", "cores"),
    [
        ("0::/\n", {}, math.inf),
        ("0::/\n", {"cpu.max": "max 100000\n"}, math.inf),
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 1.5),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "200000 100000\n"}, 2),
        ("0::/a/b\n", {"a/b/cpu.max": "400000 100000\n", "a/cpu.max": "200000 50000\n"}, 4),
        ("0::/docker/0123\n", {"cpu.max": "300000 100000\n"}, 3),
        ("4:memory:/\n0::/a\n", {"unified/a/cpu.max": "50000 100000\n"}, 0.5),
        ("1:cpu:/\n0::/\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, math.inf),
        (
            "3:cpu,cpuacct:/a:b\n",
            {"cpu,cpuacct/a:b/cpu.cfs_quota_us": "250000\n", "cpu,cpuacct/a:b/cpu.cfs_period_us": "100000\n"},
            2.5,
        ),
        ("0::/\n", {"cpu.max": "not a number\n"}, math.inf),
        ("0::/\n", {"cpu.max": "100000 0\n"}, math.inf),
    ],
)
def test_the_quota_is_the_least_of_the_groups_around_the_process(tmp_path, cgroup, limits, cores):
    assert _cores.cgroup_quota(machine(tmp_path, cgroup, limits)) == cores


def test_a_machine_without_cgroups_has_no_quota(tmp_path):
    assert _cores.cgroup_quota(tmp_path) == math.inf


@pytest.mark.parametrize(("quota", "most"), [(math.inf, None), (1.5, 1), (0.5, 1)])
def test_the_quota_limits_the_cores(monkeypatch, quota, most):
    monkeypatch.setattr(_cores, "cgroup_quota", lambda: quota)
    known = os.process_cpu_count if hasattr(os, "process_cpu_count") else os.cpu_count
    assert 1 <= _cores.cores_available() <= (most or known())


@pytest.mark.parametrize(
    ("found", "idle", "looks"), [([3], 3, 1), ([0, 3], 3, 2), ([1, 0, 0, 3], 1, 3), ([0, 0, 0, 3], 0, 3)]
)
def test_work_that_is_over_at_once_leaves_a_core_idle(monkeypatch, found, idle, looks):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    left = iter(found)
    monkeypatch.setattr(_cores, "_idle", lambda cores: next(left))
    assert _cores.idle_cores() == idle
    assert len(list(left)) == len(found) - looks


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_the_affinity_limits_the_cores():
    core = min(os.sched_getaffinity(0))
    code = f"import os; os.sched_setaffinity(0, [{core}]); {COUNT}"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "1\n"
