"""The core's source files: the README names what is there, imports point down, argument lists are short."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "nncore"
FLOORS = ["machine", "equations", "zeros", "examples", "passes", "entry"]  # from the ground up
SOURCES = sorted(path for path in CORE.rglob("*") if path.suffix in (".pxd", ".pxi", ".pyx", ".h"))
DEFINITION = re.compile(
    r"^(?:cdef|def|static|    cdef|    def)\b[^\n(=]*?\b(\w+)\(((?:[^()]|\([^()]*\))*)\)(?!\s*;)",
    re.MULTILINE,
)
MOST_ARGUMENTS = 10

pytestmark = pytest.mark.skipif(not CORE.is_dir(), reason="needs the core's source files")


def definitions(path):
    """(name, arguments) of every function that a file defines."""
    found = []
    for name, arguments in DEFINITION.findall(path.read_text()):
        flat = re.sub(r"\([^()]*\)", "", arguments)
        names = [each for each in flat.split(",") if each.strip() not in ("", "self", "*", "void")]
        found.append((name, names))
    return found


def tables():
    """The rows of the tables in the core's README, each a list of cells."""
    lines = (CORE / "README.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in rows if not set(row[0]) <= set("- ")]


def test_every_cell_of_the_matrix_names_a_function_or_says_why_there_is_none():
    header, *rows = (row for row in tables() if len(row) > 2)
    assert [row[0].split(",")[0] for row in rows[:7]] == [
        "z = w a + b", "a = sigma(z)", "BP1", "BP2", "... times sigma'(z)", "BP3", "BP4",
    ]  # fmt: skip
    for row in rows:
        assert len(row) == len(header)
        for cell in row[1:]:
            assert re.match(r"`[\w/]+\.\w+:\w+`|none: .", cell), cell


def test_every_function_that_the_readme_names_is_defined_there():
    named = re.findall(r"`([\w/]+\.(?:pxd|h|pxi)):(\w+)`", (CORE / "README.md").read_text())
    assert len(named) > 50
    for file, function in named:
        assert function in dict(definitions(CORE / file)), f"{file}:{function}"


def test_imports_point_down():
    imported = re.compile(r"from nncore\.(\w+)\.\w+ cimport|[\"<]nncore/(\w+)/\w+\.h")
    count = 0
    for path in SOURCES:
        floor = FLOORS.index(path.parent.name) if path.parent.name in FLOORS else len(FLOORS)
        for package, folder in imported.findall(path.read_text()):
            assert FLOORS.index(package or folder) <= floor, f"{path.name} imports {package or folder}"
            count += 1
    assert count > 100


def test_the_core_imports_nothing_of_the_python_package():
    for path in SOURCES:
        for module in re.findall(
            r"^\s*(?:from|import) (nncore[\w.]*) import", path.read_text(), re.MULTILINE
        ):
            pytest.fail(f"{path.name} imports {module}")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(CORE)))
def test_no_function_has_many_arguments(path):
    for name, arguments in definitions(path):
        assert len(arguments) <= MOST_ARGUMENTS, f"{path.name}:{name} has {len(arguments)}: {arguments}"


def test_definitions_are_found():
    assert sum(len(definitions(path)) for path in SOURCES) > 200
    assert len(dict(definitions(CORE / "entry" / "train.pxi"))["train"]) == 10
