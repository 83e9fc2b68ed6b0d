"""The reference and the package agree: every public name is in it, every name exists and has an example."""

import doctest
import importlib
import inspect
import json
import pkgutil
import re
import shutil
import subprocess
import types
from pathlib import Path

import click
import numpy as np
import pytest

import nncore as nn
from nncore import book
from nncore.cli import main

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"
PAGES = {path.stem: path.read_text() for path in sorted(FOLDER.glob("*.md"))}
DIRECTIVE = re.compile(
    r"^\.\. (?:autoclass|autofunction|autodata|py:module|py:function|py:data):: ([\w.]+)", re.MULTILINE
)
CELL = re.compile(r"^```\{code-cell\}.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Modules whose public names are for users; all other modules are how the package works inside.
MODULES = ["nncore", "nncore.choices", "nncore.reference", "nncore.sklearn", "nncore.targets"]
MODULES += [name for name in nn.__all__ if isinstance(getattr(nn, name), types.ModuleType)]
MODULES = [name if name.startswith("nncore") else getattr(nn, name).__name__ for name in MODULES]
MODULES += [
    f"nncore.book.{module.name}"
    for module in pkgutil.iter_modules(book.__path__)
    if module.name.startswith(("network", "mnist", "expand", "conv", "universality"))
    and not module.name.startswith(("network2_", "network3_"))
]


def found(name):
    """The object of a dotted name."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:length]))
        except ImportError as error:
            if error.name and not error.name.startswith("nncore"):
                pytest.skip(f"needs {error.name}")
            continue
        for part in parts[length:]:
            thing = getattr(thing, part)
        return thing
    raise ImportError(name)


def documented():
    """Every name in the reference: name -> page."""
    names = {}
    for page, text in PAGES.items():
        module = ""
        for name in DIRECTIVE.findall(text):
            if f".. py:module:: {name}\n" in text:
                module = f"{name}."
            else:
                names[name if name.startswith("nncore") else module + name] = page
    return names


NAMES = documented()


def public_names(module):
    """The public names of a module: its `__all__`, or what it defines."""
    thing = importlib.import_module(module)
    if hasattr(thing, "__all__"):
        return list(thing.__all__)
    return [
        name
        for name, value in vars(thing).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module
    ]


@pytest.mark.parametrize("module", sorted(set(MODULES)))
def test_every_public_name_is_in_the_reference(module):
    if module == "nncore.sklearn":
        pytest.importorskip("sklearn")
    shown = [found(name) for name in NAMES if not name.startswith(("nncore.widgets", "nncore.sklearn"))]
    missing = []
    for name in public_names(module):
        if f"{module}.{name}" in NAMES or module == "nncore.widgets":
            assert module != "nncore.widgets" or f"{module}.{name}" in NAMES
            continue
        value = getattr(importlib.import_module(module), name)
        if isinstance(value, types.ModuleType):
            if value.__name__ not in MODULES and value.__name__ != "nncore.play":
                missing.append(name)
        elif isinstance(value, np.ufunc):  # NumPy's own, such as network3.tanh
            continue
        elif not any(value is one for one in shown):
            missing.append(name)
    assert missing == []


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_name_in_the_reference_exists_and_has_an_example(name):
    if name.startswith("nncore.widgets"):
        pytest.importorskip("anywidget")
    thing = found(name)
    cells = "\n".join(CELL.findall(PAGES[NAMES[name]]))
    if re.search(rf"\b{re.escape(name.rpartition('.')[2])}\b", cells):
        return
    tests = doctest.DocTestFinder(exclude_empty=True, recurse=True).find(thing, name=name)
    assert any(test.examples for test in tests), f"{name}: its docstring shows no example"


def test_no_name_is_twice_in_the_reference():
    every = [
        name for text in PAGES.values() for name in re.findall(r"^\.\. auto\w+:: (nncore\.\S+)", text, re.M)
    ]
    assert len(every) == len(set(every)) > 150


def commands(command, path):
    yield command, path
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{path} {name}")


@pytest.mark.parametrize(("command", "path"), [*commands(main, "nncore")], ids=lambda one: str(one))
def test_every_command_explains_itself_and_its_options(command, path):
    """The page of the command line is made of these."""
    assert command.help
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, f"{path}: {option.opts[0]}"
    if not isinstance(command, click.Group):
        assert f"nncore {path.partition(' ')[2]}".strip() in command.help or len(command.params) < 3


def test_pages_are_in_the_table_of_contents():
    listed = re.search(r"```\{toctree\}.*?\n\n(.*?)```", PAGES["index"], re.DOTALL)[1].split()
    assert sorted(listed) == sorted(set(PAGES) - {"index"})


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pyright") is None, reason="pyright is not installed: pip install pyright")
def test_pyright_finds_no_other_public_name():
    """What a type checker takes for public, in the modules for users, is in the reference."""
    command = ["pyright", "--ignoreexternal", "--outputjson", "--verifytypes", "nncore"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    symbols = json.loads(run.stdout)["typeCompleteness"]["symbols"]
    found_names = {one["name"] for one in symbols if one["isExported"]}
    assert len(found_names) > 1000
    objects = [found(name) for name in NAMES]
    missing = []
    for name in sorted(found_names):
        module, _, last = name.rpartition(".")
        if module not in MODULES or last not in public_names(module):
            continue
        if isinstance(found(name), np.ufunc | types.ModuleType):
            continue
        if name not in NAMES and not any(found(name) is one for one in objects):
            missing.append(name)
    assert missing == []
    real = {f"{one.__module__}.{one.__qualname__}" for one in objects if hasattr(one, "__qualname__")}
    assert {name for name in real if name.startswith("nncore.")} <= found_names
