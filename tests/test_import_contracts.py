"""The contracts of import-linter in pyproject.toml hold, and an import that points up breaks them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nncore

ROOT = Path(__file__).resolve().parent.parent
pytest.importorskip("importlinter", reason="needs import-linter")


@pytest.fixture
def copied(tmp_path):
    """A copy of the package's Python files and of pyproject.toml, to change and to check."""
    shutil.copytree(
        Path(nncore.__file__).parent,
        tmp_path / "nncore",
        ignore=lambda folder, names: [
            name for name in names if name.endswith((".so", ".pyd", ".gz", ".npz"))
        ],
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder):
    """The exit code of lint-imports for the package in a folder, and what it printed."""
    code = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def add(folder, module, line):
    """Put a line of code at the end of a module."""
    with open(folder / "nncore" / module, "a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")


def test_imports_point_down(copied):
    code, printed = lint(copied)
    assert code == 0, printed
    assert "0 broken" in printed


@pytest.mark.parametrize(
    ("module", "line", "said"),
    [
        ("training/history.py", "import nncore.cli", "nncore.training is not allowed to import nncore.cli"),
        (
            "training/history.py",
            "def late():\n    from nncore.network import Network",
            "nncore.training is not allowed to import nncore.network",
        ),
        (
            "reference/equations.py",
            "import nncore.layers",
            "nncore.reference is not allowed to import nncore.layers",
        ),
        ("reference/equations.py", "import scipy", "nncore.reference is not allowed to import scipy"),
        ("book/conv.py", "import click", "nncore.book is not allowed to import click"),
        (
            "training/history.py",
            "def late():\n    from nncore.training import sgd",
            "no modules import each other in a circle BROKEN",
        ),
        ("news.py", "", "not listed as layers: - nncore.news"),
    ],
)
def test_an_import_that_points_up_is_refused(copied, module, line, said):
    add(copied, module, line)
    code, printed = lint(copied)
    assert code == 1
    assert said in printed


def test_an_import_for_a_type_checker_may_point_up(copied):
    add(copied, "training/history.py", "if TYPE_CHECKING:\n    import nncore.cli")
    code, printed = lint(copied)
    assert code == 0, printed
