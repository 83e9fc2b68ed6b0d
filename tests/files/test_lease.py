"""A lease belongs to one process at a time; that of a dead one is free, on this machine at once."""

import json
import os
import threading
import time

import pytest
from support.processes import run_python

from nncore.files import lease as module
from nncore.files.lease import lease, owner_of

HOLD = """
import sys, pathlib
from nncore.files.lease import lease
with lease(pathlib.Path(sys.argv[1])) as ours:
    print(ours)
"""
DIE = """
import os, signal, sys, pathlib
from nncore.files.lease import lease
with lease(pathlib.Path(sys.argv[1])) as ours:
    print(ours, flush=True)
    os._exit(0)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "locks" / "work"


def elsewhere(path, *, seconds_ago):
    """The file of an owner on another machine, which touched it some seconds ago."""
    path.parent.mkdir(exist_ok=True)
    owner_of(path).write_text(json.dumps({"machine": "another", "host": "far", "process": 1}))
    then = time.time() - seconds_ago
    os.utime(owner_of(path), (then, then))


def test_another_process_has_to_wait(path):
    with lease(path) as ours:
        assert ours
        assert run_python(HOLD, path) == "False\n"
    assert run_python(HOLD, path) == "True\n"
    with lease(path) as ours:
        assert ours


def test_another_thread_has_to_wait(path):
    found = []

    def take():
        with lease(path) as ours:
            found.append(ours)

    with lease(path):
        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
    take()
    assert found == [False, True]


def test_the_owner_is_named_as_long_as_it_owns(path):
    with lease(path):
        owner = json.loads(owner_of(path).read_text())
        assert owner["process"] == os.getpid()
        assert owner["machine"] == module.machine()
    assert not owner_of(path).exists()


def test_the_lease_of_a_dead_process_is_free_at_once(path):
    assert run_python(DIE, path) == "True\n"
    assert owner_of(path).exists()
    with lease(path) as ours:
        assert ours


@pytest.mark.parametrize(("seconds_ago", "free"), [(0, False), (50, False), (70, True), (1e6, True)])
def test_an_owner_on_another_machine_counts_until_its_heart_has_stood_still(path, seconds_ago, free):
    """Where locks do not reach other machines, the lock is free here."""
    elsewhere(path, seconds_ago=seconds_ago)
    with lease(path) as ours:
        assert ours == free
    assert owner_of(path).exists() == (not free)


def test_an_owner_that_died_while_it_wrote_its_name(path):
    elsewhere(path, seconds_ago=0)
    owner_of(path).write_text('{"machi')
    with lease(path) as ours:
        assert not ours  # perhaps it is writing just now
    elsewhere(path, seconds_ago=70)
    owner_of(path).write_text("")
    os.utime(owner_of(path), (0, 0))
    with lease(path) as ours:
        assert ours


def test_the_heart_beats(path, monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.01)
    with lease(path):
        os.utime(owner_of(path), (0, 0))
        deadline = time.monotonic() + 30
        while owner_of(path).stat().st_mtime == 0 and time.monotonic() < deadline:
            time.sleep(0.005)
        assert owner_of(path).stat().st_mtime > 0
    assert "lease" not in [thread.name for thread in threading.enumerate()]


def test_an_error_inside_gives_the_lease_back(path):
    with pytest.raises(ArithmeticError), lease(path):
        raise ArithmeticError
    with lease(path) as ours:
        assert ours


def test_without_filelock_the_message_says_what_to_install(path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "filelock", None)
    with pytest.raises(ImportError, match="pip install filelock"), lease(path):
        pass
