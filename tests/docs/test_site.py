"""The documentation: what it names exists, its links lead somewhere; and the built site works offline, in a
browser, on a desk and on a phone.

The slow tests build the site, which takes some minutes, or take the one that NNCORE_SITE names.
"""

import importlib
import itertools
import os
import re
import shlex
from pathlib import Path

import click
import pytest
from support import markdown
from support.page import DESK, PHONE
from support.site import DOCS, ROOT, build, dead_links, html, loaded_by_css, opened, page_names, sources

import nncore as nn
from nncore.cli import main

PAGES = sources()
PYTORCH = {"nn.Linear", "nn.Sequential", "nn.functional.unfold"}  # its nn, on pages that compare or exchange
STATES = [page for page in PAGES if page.name != "CHANGELOG.md"]  # which also names what there was


def name_of(page):
    return str(page.relative_to(ROOT))


# ---- the sources


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_to_a_file_and_to_a_place_in_it(page):
    dead = []
    for link in markdown.links(page.read_text()):
        path, _, anchor = link.partition("#")
        target = page if not path else DOCS / path[1:] if path.startswith("/") else page.parent / path
        if not target.exists() or (anchor and target.is_file() and not is_place(anchor, target)):
            dead.append(link)
    assert not dead


def is_place(anchor, target):
    """Whether a page has a heading of that name, or a source file that word."""
    text = target.read_text()
    if target.suffix == ".md":
        made = re.search(
            r"```\{(?:command-line|exercise)\}", text
        )  # sections that are there on the site alone
        return anchor in markdown.headings(text) or bool(made)
    return re.search(rf"\b{anchor}\b", text) is not None


@pytest.mark.parametrize("page", STATES, ids=name_of)
def test_names_exist(page):
    text = page.read_text()
    code = [*markdown.spans(text), markdown.python_of(text)]
    names = {
        name for one in code for name in re.findall(r"(?<![\w./-])((?:nn|nncore)(?:\.[A-Za-z_]\w*)+)", one)
    }
    names = {name for name in names - PYTORCH if not name.endswith("_")}  # nncore._kernels_TARGET
    assert not [name for name in sorted(names) if not exists(name)]


def exists(name):
    """Whether a dotted name leads to something: a module, or an attribute of one, or of a class."""
    first, *rest = name.split(".")
    value, module = nn, "nncore"
    assert first in ("nn", "nncore")
    for part in rest:
        module = f"{module}.{part}"
        try:
            if hasattr(value, part):
                value = getattr(value, part)
                continue
            value = importlib.import_module(module)
        except ModuleNotFoundError:
            return False
        except ImportError:  # it is there, and needs a package that is not
            return True
    return True


def test_names_that_do_not_exist_are_found():
    assert exists("nn.rules.Adam")
    assert exists("nncore.book.network2")
    assert exists("nn.Network.SGD")
    assert not exists("nn.rules.Adamant")
    assert not exists("nncore.book.network4")


@pytest.mark.parametrize("page", STATES, ids=name_of)
def test_commands_exist_with_their_options(page):
    wrong = {
        command: fault for command in markdown.commands(page.read_text()) if (fault := fault_of(command))
    }
    assert not wrong


def fault_of(command):
    """Return what is wrong with a command `nncore ...`, or an empty text."""
    try:
        words = shlex.split(command, comments=True)[1:]
    except ValueError:
        words = command.split()[1:]
    found = main
    while isinstance(found, click.Group) and words and not words[0].startswith("-"):
        if words[0] not in found.commands:
            return f"no command {words[0]}"
        found = found.commands[words.pop(0)]
    known = {
        "--help",
        "-h",
        *(option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)),
    }
    if {"ignore_unknown_options"} <= set(found.context_settings or {}):
        return ""
    return ", ".join(
        word for word in words if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in known
    )


def test_commands_that_do_not_exist_are_found():
    assert fault_of("nncore train --layers 784,30,10 --output digits.npz") == ""
    assert fault_of("nncore book run --chapter 3") == ""
    assert fault_of("nncore train --layer 784,30,10") == "--layer"
    assert fault_of("nncore trian") == "no command trian"


def test_the_pages_of_the_site_are_read_from_top_to_bottom():
    """Headings of a page begin with one of the first level and leave out no level."""
    for page in DOCS.rglob("*.md"):
        text = re.sub(r"\A---\n.*?\n---\n", "", page.read_text(), flags=re.DOTALL)
        levels = [len(marks) for marks in re.findall(r"(?m)^(#{1,6}) ", markdown.FENCE.sub("", text))]
        if "{include}" in text and not levels:
            continue
        assert levels, page
        assert levels[0] == 1, page
        assert levels.count(1) == 1, page
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), page


# ---- the site, built


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site."""
    if given := os.environ.get("NNCORE_SITE"):
        assert (Path(given) / "index.html").is_file(), "NNCORE_SITE names a folder without a site"
        return Path(given).resolve()
    for package in (
        "sphinx",
        "pydata_sphinx_theme",
        "myst_nb",
        "numpydoc",
        "sphinx_design",
        "sphinx_copybutton",
    ):
        pytest.importorskip(package, reason='the site is built with Sphinx: pip install ".[docs]"')
    target = tmp_path_factory.mktemp("site") / "site"
    said = build(target)
    assert not said, said
    return target


@pytest.mark.slow
def test_the_site_has_no_dead_links(site):
    assert dead_links(site) == []


@pytest.mark.slow
def test_the_site_loads_nothing_from_elsewhere(site):
    foreign = []
    for name in page_names(site):
        page = html(site / f"{name}.html")
        loads = [*page.loads, *(address for style in page.styles for address in loaded_by_css(style))]
        foreign += [
            f"{name}: {address}" for address in loads if re.match(r"(?!data:|file:)[a-z]+:|//", address)
        ]
    for path in site.rglob("*.css"):
        foreign += [
            f"{path.name}: {address}"
            for address in loaded_by_css(path.read_text())
            if re.match(r"(?!data:)[a-z]+:|//", address)
        ]
    assert foreign == []


@pytest.mark.slow
def test_each_notebook_is_there_to_download(site):
    nbformat = pytest.importorskip("nbformat")
    notebooks = [
        page
        for page in DOCS.rglob("*.md")
        if re.match(r"---\n.*?^kernelspec:", page.read_text(), re.DOTALL | re.MULTILINE)
    ]
    assert notebooks
    for page in notebooks:
        name = page.relative_to(DOCS).with_suffix("")
        path = site / f"{name}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert path.name in html(site / f"{name}.html").links
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert len(cells) == page.read_text().count("{code-cell}")
        left = [
            cell.source
            for cell in notebook.cells
            if cell.cell_type == "markdown"
            and re.search(r"^ *(?:`{3,}|:{3,})\{|\{[\w:-]+\}`", cell.source, re.MULTILINE)
        ]
        assert left == []  # directives and roles mean nothing to Jupyter


@pytest.mark.slow
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_each_page_fits_its_window_and_has_no_fault(site, browser, size):
    place = browser.new_context(viewport=size)
    page = place.new_page()
    faults, wide, name = [], {}, ""
    page.on("pageerror", lambda error: faults.append(f"{name}: {error}"))
    page.on("console", lambda said: said.type == "error" and faults.append(f"{name}: {said.text}"))
    page.on(
        "request",
        lambda asked: (
            asked.url.startswith(("file:", "data:", "blob:")) or faults.append(f"{name}: {asked.url}")
        ),
    )
    for name in page_names(site):  # the listeners above read it
        by = opened(page, site, name)
        if by > 0:
            wide[name] = by
        formulas = page.evaluate(
            "() => ['.math', 'mjx-container'].map(one => document.querySelectorAll(one).length)"
        )
        assert formulas[1] >= formulas[0], f"{name}: formulas that are not set"
    place.close()
    assert (wide, faults) == ({}, [])
