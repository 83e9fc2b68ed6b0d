"""What memory cannot hold is refused before any of it is taken."""

import math
import tracemalloc

import numpy as np
import pytest
from support.refusal import refused

import nncore as nn
from nncore import _memory
from nncore.book import network3

MEMINFO = "MemTotal: 100 kB\nMemAvailable:   30 kB\nSwapFree:   10 kB\n"


def machine(folder, **files):
    """A folder that holds `proc` and `sys` as Linux has them; __ stands for / in the names of files."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_max", ".max")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def unlimited(monkeypatch):
    """This process has no limit of its own."""
    monkeypatch.setattr(_memory, "resource", None)


def test_the_system_and_the_cgroups_limit_the_memory(tmp_path, unlimited):
    found = machine(tmp_path, proc__meminfo=MEMINFO)
    assert _memory.memory_available(found) == 40 * 1024
    machine(tmp_path, proc__self__cgroup="0::/a\n", sys__fs__cgroup__a__memory_max="5000\n")
    assert _memory.memory_available(found) == 5000
    machine(tmp_path, sys__fs__cgroup__a__memory_max="max\n")
    assert _memory.memory_available(found) == 40 * 1024


def test_a_system_that_does_not_say(tmp_path, unlimited, monkeypatch):
    monkeypatch.delattr(_memory.os, "sysconf")
    assert _memory.memory_available(tmp_path) == math.inf


def test_the_limit_of_the_process_counts(tmp_path):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 40, before[1]))
    try:
        assert _memory.memory_available() < 1 << 40
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (3_240_000_000, "3.24 GB"),
        (2**64, "18.4 EB"),
        (10**500, "1e+06 EB"),
    ],
)
def test_bytes_in_words(count, text):
    assert _memory.written(count) == text


@pytest.mark.parametrize(
    ("layers", "size", "most"),
    [
        ([2**33, 2**31], "73.8 EB", 0),
        ([784, 2**40, 10], "3.5 PB", 0),
        ([10, 20, 2**45], "2.96 PB", 1),
        ([2**62, 2**62, 2**62], "1e+06 EB", 0),
    ],
)
def test_a_network_that_memory_cannot_hold(layers, size, most):
    tracemalloc.start()
    try:
        message = refused(ValueError, "layers: the parameters of this network", lambda: nn.Network(layers))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert f" take {size}, and " in message
    assert f"those of layers[{most}], Dense({layers[most + 1]}) sigmoid" in message


def test_the_dtype_and_the_memory_decide(monkeypatch):
    monkeypatch.setattr("nncore._validation.memory.SMALL", 0)
    monkeypatch.setattr("nncore._validation.memory.memory_available", lambda: 1000)
    net = nn.Network([10, 20])  # 220 numbers
    message = refused(ValueError, "layers", lambda: nn.Network([10, 20], dtype="float64"))
    assert "take 1.76 KB, and 1 KB of memory are to be had" in message
    refused(ValueError, "dtype: layers", lambda: net.copy("float64"))
    refused(
        ValueError,
        "layers",
        lambda: nn.functions.feedforward([np.zeros((20, 10))], [np.zeros(20)], np.zeros(10)),
    )


def test_the_layers_of_the_book_are_checked_too():
    for kind in (network3.FullyConnectedLayer, network3.SoftmaxLayer):
        with pytest.raises(ValueError, match=r"the weights take .* of memory are to be had"):
            kind(4, 2**62)
