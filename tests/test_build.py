"""`pip install .` where something that it needs is missing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not (ROOT / "setup.py").is_file(), reason="needs a shell and the sources"
)


def build(folder, **environment):
    """The completed process of a build of the kernels, in a copy of the sources."""
    pytest.importorskip("Cython")
    pytest.importorskip("setuptools")
    shutil.copytree(ROOT / "nncore", folder / "nncore")
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    (folder / "pysrc" / "nncore").mkdir(parents=True)
    return subprocess.run(
        [sys.executable, "setup.py", "build_ext", "--build-lib", "lib", "--build-temp", "temp"],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def refusal(run):
    """The sentence that a build ends with."""
    assert run.returncode != 0
    return run.stderr.strip().splitlines()[-1]


def compiler(folder, script):
    """A compiler that is a shell script."""
    path = folder / "a-compiler"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("cc", ["false", "/nowhere/cc", "true"])
def test_without_a_compiler_the_installation_says_what_to_install(tmp_path, cc):
    message = refusal(build(tmp_path, CC=cc))
    assert "no C compiler works here" in message
    assert ("xcode-select --install" if sys.platform == "darwin" else "apt install gcc") in message


def test_without_pythons_headers_the_installation_says_what_to_install(tmp_path):
    script = 'for last; do grep -qs "Python.h" "$last" && exit 1; done; exec cc "$@"'
    message = refusal(build(tmp_path, CC=compiler(tmp_path, script)))
    assert "Python.h is not in" in message
    assert "install them, then try again" in message


def test_a_target_that_the_compiler_does_not_know_is_left_out(tmp_path):
    script = 'for one; do case "$one" in -march=*) exit 1;; esac; done; exec cc "$@"'
    cc = compiler(tmp_path, script)
    run = build(tmp_path, CC=cc, NNCORE_BUILD_TARGETS="avx2")
    if sys.platform == "linux" and os.uname().machine == "x86_64":
        assert "left out the kernels for avx2" in run.stdout
        assert not list(tmp_path.glob("lib/nncore/_kernels*"))


def test_the_answers_to_exercises_are_packed_into_one_file(tmp_path):
    pytest.importorskip("Cython")
    pytest.importorskip("setuptools")
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "nncore").mkdir()
    shutil.copytree(ROOT / "pysrc/nncore/book", tmp_path / "pysrc/nncore/book")
    command = [sys.executable, "setup.py", "build_py", "--build-lib", "lib"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    built = tmp_path / "lib/nncore/book/exercises"
    packed = json.loads((built / "answers.json").read_text(encoding="utf-8"))
    folder = ROOT / "pysrc/nncore/book/exercises/_answers"
    assert packed == {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.glob("chapter?/*.*")
    }
    assert sorted(path.name for path in built.iterdir()) == [
        "__init__.py",
        "_stored.py",
        "_table.py",
        "answers.json",
    ]
