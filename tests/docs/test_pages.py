"""What the README and the other pages say is true: snippets run, commands exist, links lead somewhere."""

import importlib
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import nncore as nn
from nncore import datasets
from nncore.book import mnist_loader
from nncore.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    ROOT / "nncore/README.md",
    ROOT / "bench/README.md",
    ROOT / "pysrc/nncore/book/exercises/README.md",
]


def snippets(page):
    return re.findall(r"```python\n(.*?)```", page, re.DOTALL)


def test_snippets_of_the_readme_run_in_order(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mnist_loader, "load_mnist", lambda path=None: datasets.load_sample())
    namespace, printed = {}, []
    for snippet in snippets(README):
        exec(compile(snippet, "README.md", "exec"), namespace)
        printed.append(capsys.readouterr().out.splitlines())
    digits, book, classes, regression = printed
    assert float(digits[-1]) == pytest.approx(0.933, abs=0.01)
    assert (tmp_path / "digits.npz").exists()
    assert len(book) == 30
    right = re.fullmatch(r"Epoch 29: (\d+) / 1000", book[-1])
    assert right is not None
    assert int(right[1]) > 500  # the book's first weights have no seed; some runs lose a digit or two
    assert float(classes[0]) > 0.97
    assert classes[1] == "[0 0 0 0 1] [0 0 0 0 1]"
    assert float(regression[-1]) < 0.05


def test_snippets_say_what_they_print():
    """The comment beside a `print` that ends in a number is checked by the test above, to the same digits."""
    assert re.findall(r"print\(.*# (?:about )?([\d.]+)", README) == ["0.933", "0.99", "0.01"]


@pytest.mark.parametrize("command", sorted(set(re.findall(r"`nncore ([a-z][^`]*)`", README))))
def test_commands_of_the_readme_exist(command):
    words = command.split()
    if words[:2] == ["book", "run"] and words[2] != "--chapter":
        words = ["book", "show", *words[2:]]  # the experiment exists
    else:
        words = [*words, "--help"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output


def test_names_of_the_readme_exist():
    net = nn.Network([2, 1])
    names = set(re.findall(r"`(?:print\()?(nn|net)\.(\w+)", README))
    assert len(names) >= 10
    for owner, name in names:
        assert hasattr(nn if owner == "nn" else net, name), f"{owner}.{name}"
    for module in set(re.findall(r"`(nncore\.[\w.]+)`", README)):
        importlib.import_module(module)


def test_replay_of_the_readme_exists():
    assert "nncore replay overfitting" in README
    assert "overfitting," in CliRunner().invoke(main, ["replay", "--help"]).output


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    text = re.sub(r"``.*?``|`[^`\n]*`", "", page.read_text())  # code shows links that are none
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text)
    links += re.findall(r'(?:src|srcset)="([^"]+)"', text)
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize(
    "name",
    ["README.md", "CONTRIBUTING.md", "docs/how-to/one-step.md", "pysrc/nncore/book/exercises/README.md"],
)
def test_lines_are_short(name):
    lines = (ROOT / name).read_text().splitlines()
    assert [line for line in lines if len(line) > 110 and not line.startswith("|")] == []


def test_picture_of_the_readme(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["readme.py", str(tmp_path)])
    script = ROOT / "docs" / "pictures" / "readme.py"
    runpy.run_path(str(script), run_name="__main__")
    for name in ("readme-light.svg", "readme-dark.svg"):
        drawn, stored = (tmp_path / name).read_text(), (script.parent / name).read_text()
        assert len(stored) < 200_000
        assert stored.count("<image") == 32  # the digit, 30 hidden neurons, the key
        answers = [re.findall(r">([\d.]+)</text>", svg) for svg in (drawn, stored)]
        assert answers[0][0] == answers[1][0] == "5"
        outputs = [
            np.array([float(word) for word in words if re.fullmatch(r"\d\.\d{3}", word)]) for words in answers
        ]
        assert len(outputs[0]) == 10
        np.testing.assert_allclose(*outputs, atol=0.1)  # kernels without FMA train to slightly other weights


def test_architecture_names_every_module():
    page = (ROOT / "ARCHITECTURE.md").read_text()
    package = ROOT / "pysrc" / "nncore"
    folders = {path.name for path in package.rglob("*") if path.is_dir() and any(path.glob("*.py"))}
    folders -= {f"chapter{number}" for number in range(1, 7)}  # of the exercises' answers
    missing = {folder for folder in folders if f"{folder}/" not in page}
    for path in package.rglob("*.py"):
        if path.name in ("__init__.py", "__main__.py") or path.name in page:
            continue
        if "_answers" in path.parts:  # the exercises: programs, not modules
            continue
        if not re.fullmatch(r"chapter\d\.py", path.name):  # "chapter1.py ... chapter6.py"
            missing.add(path.name)
    for path in (ROOT / "nncore").rglob("*.*"):
        stem = path.stem
        if (
            path.suffix in (".pxd", ".h", ".pyx")
            and stem != "__init__"
            and not re.search(rf"\b{stem}\b", page)
        ):
            missing.add(path.name)
    assert not missing
