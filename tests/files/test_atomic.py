"""A file is written whole or not at all; what a killed process left is removed; nobody reads it meanwhile."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time

import pytest

from nncore.files import atomic

pytestmark = pytest.mark.skipif(os.name != "posix", reason="permissions, locks and signals as POSIX has them")

KILLED = """
import os, pathlib, signal, sys
from nncore.files.atomic import new_file
with new_file(pathlib.Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    {}
"""


def test_what_killed_processes_left_is_removed_by_a_later_save(tmp_path):
    path = tmp_path / "net.npz"
    for _ in range(3):
        program = KILLED.format("os.kill(os.getpid(), signal.SIGKILL)")
        run = subprocess.run([sys.executable, "-c", program, str(path)])
        assert run.returncode == -signal.SIGKILL
    (left,) = os.listdir(tmp_path)  # each removes what the one before left
    assert atomic.TEMPORARY.fullmatch(left)
    with atomic.new_file(path) as file:
        file.write(b"whole")
    assert os.listdir(tmp_path) == ["net.npz"]
    assert path.read_bytes() == b"whole"


def test_a_file_that_is_being_written_is_left_alone(tmp_path):
    path = tmp_path / "net.npz"
    program = KILLED.format("print('writing', flush=True); sys.stdin.readline()")
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    other.stdout.readline()
    with atomic.new_file(path) as file:
        file.write(b"mine")
    assert path.read_bytes() == b"mine"
    assert len(os.listdir(tmp_path)) == 2
    other.communicate(b"go on\n")
    assert other.returncode == 0
    assert path.read_bytes() == b"half"
    assert os.listdir(tmp_path) == ["net.npz"]


def test_other_things_of_that_name_are_left_alone(tmp_path):
    names = [f".nncore-{i:016x}.tmp" for i in range(3)]
    (tmp_path / "elsewhere").write_text("kept")
    os.mkfifo(tmp_path / names[0])
    (tmp_path / names[1]).symlink_to(tmp_path / "elsewhere")
    (tmp_path / names[2]).mkdir()
    (tmp_path / ".nncore-notes.tmp").write_text("kept")
    before = sorted(os.listdir(tmp_path))
    with atomic.new_file(tmp_path / "net.npz") as file:
        file.write(b"whole")
    assert sorted(os.listdir(tmp_path)) == sorted([*before, "net.npz"])
    assert (tmp_path / "elsewhere").read_text() == "kept"


def test_many_threads_write_into_one_folder(tmp_path):
    def write(name):
        for _ in range(20):
            with atomic.new_file(tmp_path / name) as file:
                file.write(name.encode() * 100)

    names = ["one", "one", "two", "three"]
    threads = [threading.Thread(target=write, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(os.listdir(tmp_path)) == ["one", "three", "two"]
    for name in names:
        assert (tmp_path / name).read_bytes() == name.encode() * 100


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o400, 0o664])
@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_the_temporary_file_is_never_more_readable_than_its_target(tmp_path, mode, umask, monkeypatch):
    path = tmp_path / "net.npz"
    path.write_bytes(b"old")
    path.chmod(mode)
    modes = []

    def note(*arguments, **keywords):
        modes.extend(stat.S_IMODE(each.stat().st_mode) for each in tmp_path.glob(".nncore-*.tmp"))

    for name in ("open", "fdopen", "fchmod", "fchown", "fsync", "replace"):
        real = getattr(os, name)

        def noted(*arguments, real=real, **keywords):
            note()
            result = real(*arguments, **keywords)
            note()
            return result

        monkeypatch.setattr(os, name, noted)
    before = os.umask(umask)
    try:
        with atomic.new_file(path) as file:
            note()
            file.write(b"secret")
    finally:
        os.umask(before)
        monkeypatch.undo()
    assert len(modes) > 5
    assert all(seen & 0o077 & ~mode == 0 for seen in modes)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_group_that_cannot_be_kept_gets_no_more_than_everybody(tmp_path, monkeypatch):
    path = tmp_path / "net.npz"
    path.write_bytes(b"old")
    path.chmod(0o664)

    def refused(*arguments):
        raise PermissionError

    monkeypatch.setattr(os, "fchown", refused)
    with atomic.new_file(path) as file:
        file.write(b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_folder_that_cannot_be_listed_can_be_written(tmp_path, monkeypatch):
    def refused(*arguments):
        raise PermissionError

    monkeypatch.setattr(os, "scandir", refused)
    with atomic.new_file(tmp_path / "net.npz") as file:
        file.write(b"whole")
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["net.npz"]


def test_a_temporary_file_that_another_process_removes_is_made_again(tmp_path, monkeypatch):
    """Between its making and its lock, another save may take it for one that was left over."""
    real, removed = atomic.flock, []

    def flock(file, how):
        if not removed:
            removed.extend(tmp_path.glob(".nncore-*.tmp"))
            removed[0].unlink()
        real(file, how)

    monkeypatch.setattr(atomic, "flock", flock)
    with atomic.new_file(tmp_path / "net.npz") as file:
        file.write(b"whole")
    assert len(removed) == 1
    assert (tmp_path / "net.npz").read_bytes() == b"whole"
    assert os.listdir(tmp_path) == ["net.npz"]


def test_a_save_waits_for_nobody(tmp_path):
    start = time.monotonic()
    with atomic.new_file(tmp_path / "a"), atomic.new_file(tmp_path / "b"):
        pass
    assert time.monotonic() - start < 30
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]
