"""The book, run: rows are filtered, opened, started, paused and found again; every number is that on disk."""

import pytest
from support.book_runs import empty_folder, slow_epochs
from support.page import DESK, PHONE, overflow, values

from nncore.play.book_table import LOAD
from nncore.play.screens import book
from nncore.reproduction.experiments import EXPERIMENTS, of_chapter
from nncore.reproduction.results import collect


@pytest.fixture
def slow(monkeypatch):
    with slow_epochs(monkeypatch) as quick:
        yield quick


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    with empty_folder(tmp_path, monkeypatch) as folder:
        yield folder


def opened(open_page, fragment, id, **others):
    page = open_page(fragment, **others)
    page.wait_for_selector(f"[data-opened='{id}']", timeout=30_000)
    return page


def wait_for_text(page, selector, text):
    page.wait_for_function(
        "([selector, text]) => document.querySelector(selector)?.textContent === text",
        arg=[selector, text],
        timeout=120_000,
    )


def cell(page, id, name):
    return page.inner_text(f"[data-row='{id}'] [data-cell={name}]").strip()


def test_the_table_has_every_experiment_and_a_row_open(open_page):
    page = opened(open_page, "#book", "3.6")
    ids = page.eval_on_selector_all("[data-row]", "all => all.map(one => one.dataset.row)")
    assert ids == list(EXPERIMENTS)
    assert {cell(page, id, "word") for id in ids} == {"not run yet"}
    assert values(page, "[data-row='1.1'] [data-cell=book]") == [0.9542]
    assert cell(page, "1.1", "book") == "95.42 %"
    points = page.eval_on_selector("nn-curve", "one => one.lines.map(({ kind, points }) => [kind, points])")
    assert points[0][0] in ("law", "book")
    assert points[0][1][0] == [1, 0.5887]
    network, replay = EXPERIMENTS["3.6"].parts
    assert page.inner_text("[data-python]") == f"{LOAD}\n{network.code()}"
    page.click("[data-part=replay]")
    wait_for_text(page, "[data-python]", f"{LOAD}\n{replay.code()}")
    page.click("[data-chapter='4']")
    page.wait_for_function("() => document.querySelectorAll('[data-row]').length === 4")
    ids = page.eval_on_selector_all("[data-row]", "all => all.map(one => one.dataset.row)")
    assert ids == [experiment.id for experiment in of_chapter(4)]
    page.wait_for_function("() => location.hash.includes('chapter=4')")


def test_an_experiment_runs_here_and_its_numbers_are_ours(open_page, folder):
    page = opened(open_page, "#book?open=1.5", "1.5")
    page.click("[data-opened] .go")
    page.wait_for_function(
        "() => document.querySelector(\"[data-row='1.5'] [data-cell=word]\").textContent === 'no number'",
        timeout=60_000,
    )
    page.wait_for_function(
        "() => document.querySelector('[data-seeds]')?.dataset.value === '3'", timeout=30_000
    )
    page.wait_for_function(
        "() => document.querySelector('[data-said]').textContent === 'Every run is done.'", timeout=30_000
    )
    records = collect(folder)["1.5", "network"]
    accuracies = [record["history"]["evaluation_accuracy"] for record in records]
    assert values(page, "[data-row='1.5'] [data-cell=ours]") == [pytest.approx(sum(map(max, accuracies)) / 3)]
    assert values(page, "[data-row='1.5'] [data-cell=seconds]") == [sum(record["wall"] for record in records)]
    assert cell(page, "1.5", "runs") == "3"
    lines = page.eval_on_selector("nn-curve", "one => one.lines.map(({ kind, points }) => [kind, points])")
    assert [kind for kind, _ in lines] == ["training"] * 3 + ["ours"]
    assert [[y for _, y in points] for _, points in lines[:3]] == accuracies


def test_a_run_is_paused_and_goes_on_while_another_screen_is_shown(open_page, folder, slow):
    page = opened(open_page, "#book?open=3.11", "3.11")
    page.click("[data-opened] .go")
    page.wait_for_function(
        "() => /epoch [1-9]/.test(document.querySelector('[data-said]').textContent)", timeout=60_000
    )
    assert cell(page, "3.11", "word") == "running"
    page.keyboard.press(" ")
    page.wait_for_selector("[data-opened] .go[data-state=paused]", timeout=30_000)
    assert not collect(folder)
    assert page.inner_text("[data-opened] .go") == "Go on"
    page.click("[data-opened] .go")
    page.wait_for_selector("[data-opened] .go[data-state=running]", timeout=30_000)
    page.evaluate("() => { location.hash = '#draw'; }")
    page.wait_for_selector("nn-pad")
    slow.set()
    page.evaluate("() => { location.hash = '#book?open=3.11'; }")
    page.wait_for_selector("[data-opened='3.11']", timeout=30_000)
    page.wait_for_function(
        "() => document.querySelector('[data-said]').textContent === 'Every run is done.'", timeout=120_000
    )
    assert len(collect(folder)["3.11", "network"]) == 3


def test_without_mnist_it_says_so(open_page, monkeypatch):
    monkeypatch.setattr(book, "has_mnist", lambda: False)
    page = opened(open_page, "#book?open=1.5", "1.5")
    assert page.inner_text("[data-said]") == book.NEEDS_MNIST
    page.keyboard.press("ArrowUp")
    page.wait_for_selector("[data-opened='1.4']", timeout=30_000)
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-opened]", state="detached")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_and_nothing_scrolls(open_page, theme):
    for size in (DESK, {"width": 1920, "height": 1080}):
        page = opened(open_page, "#book?open=3.12", "3.12", size=size, color_scheme=theme)
        assert overflow(page) == {"wide": 0, "high": 0, "cut": []}
    page = opened(open_page, "#book?open=3.12", "3.12", size=PHONE, touch=True, color_scheme=theme)
    assert overflow(page)["wide"] == 0
