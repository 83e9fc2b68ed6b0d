"""`import nncore` is light, works from anywhere, and the examples of its docstrings run."""

import doctest
import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nncore

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ["scipy", "matplotlib", "sklearn", "tqdm", "click", "pooch", "pandas", "torch", "PIL"]
HEAVY += ["dask", "distributed", "filelock", "websockets", "asyncio", "anywidget", "traitlets"]
MODULES = sorted(
    name
    for _, name, _ in pkgutil.walk_packages(nncore.__path__, "nncore.")
    if "._kernels_" not in name and not name.endswith("__main__")
)


def python(code, cwd=None):
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=cwd)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_import_loads_no_heavy_packages():
    code = f"import sys, nncore; print([name for name in {HEAVY} if name in sys.modules])"
    assert python(code) == "[]"


def test_training_loads_no_heavy_packages():
    code = f"""
import sys
import nncore as nn
train, validation, test = nn.datasets.load_sample()
nn.Network([784, 5, 10], seed=0).SGD(train[:50], 1, 10, 0.5, evaluation_data=test[:50])
print([name for name in {HEAVY} if name in sys.modules])
"""
    assert python(code) == "[]"


def test_import_works_from_the_repository_root():
    """Where the folder nncore/ holds the core's source."""
    assert (ROOT / "nncore" / "kernels.pyx").is_file()
    assert python("import nncore; print(nncore.__file__)", cwd=ROOT) == nncore.__file__
    assert python("import nncore as nn; print(nn.Network([2, 1]).sizes)", cwd=ROOT) == "[2, 1]"


def test_import_prints_nothing_and_gives_no_warnings():
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import nncore"], capture_output=True, text=True
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def with_another_nncore(tmp_path, files):
    """Return the environment in which Python imports a copy of the package with the other's `files`."""
    shutil.copytree(Path(nncore.__file__).parent, tmp_path / "nncore", ignore=shutil.ignore_patterns("*.c"))
    for name, text in files.items():
        (tmp_path / "nncore" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "nncore" / name).write_text(text)
    return os.environ | {"PYTHONPATH": str(tmp_path)}


def test_another_project_called_nncore_is_noticed_by_the_import(tmp_path):
    environment = with_another_nncore(tmp_path, {"engine/hooks/__init__.py": ""})
    command = [sys.executable, "-c", "import nncore; print(nncore.Network([2, 1]).sizes)"]
    run = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert run.stdout == "[2, 1]\n"
    assert "another project that is called nncore" in run.stderr
    assert "pip uninstall nncore" in run.stderr


def test_another_project_in_place_of_ours_is_noticed_by_the_command(tmp_path):
    environment = with_another_nncore(tmp_path, {"__init__.py": "__version__ = '0.4.7'"})
    command = [sys.executable, "-m", "nncore", "train"]
    run = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert run.returncode == 1
    assert "installed over this one" in run.stderr
    assert "Traceback" not in run.stderr


def test_public_names_exist_and_have_docstrings():
    assert sorted(nncore.__all__) == nncore.__all__
    for name in nncore.__all__:
        assert getattr(nncore, name).__doc__
    for module in (nncore.functions, nncore.datasets):
        for name in module.__all__:
            assert getattr(module, name).__doc__


def test_dir_lists_public_names_only():
    assert dir(nncore) == nncore.__all__
    assert dir(nncore.functions) == nncore.functions.__all__


def test_modules_are_found():
    assert {"nncore.network", "nncore.training.sgd", "nncore.datasets.dataset", "nncore.formats.npz"} <= set(
        MODULES
    )


@pytest.mark.parametrize("name", ["nncore", *MODULES])
def test_examples_in_docstrings(name):
    try:
        module = importlib.import_module(name)
    except ImportError as missing:
        if missing.name and missing.name.partition(".")[0] in HEAVY:
            pytest.skip(f"needs {missing.name}")
        raise
    results = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.failed == 0


@pytest.mark.parametrize(
    "name",
    [
        "Network",
        "Dense",
        "Softmax",
        "History",
        "Dataset",
        "Network.SGD",
        "Network.feedforward",
        "Network.backprop",
    ],
)
def test_public_classes_show_an_example(name):
    thing = nncore
    for part in name.split("."):
        thing = getattr(thing, part)
    assert doctest.DocTestFinder(recurse=False).find(thing, name=name)[0].examples
