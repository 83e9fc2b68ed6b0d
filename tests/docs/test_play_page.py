"""docs/play.md: the screen that it writes runs, and what it names exists."""

import re
from pathlib import Path

import pytest
from support.page import Served

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "play.md").read_text()
STATIC = ROOT / "pysrc" / "nncore" / "play" / "static"


def block(language, beginning):
    return next(
        code
        for code in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
        if code.startswith(beginning)
    )


@pytest.fixture
def agree(monkeypatch, tmp_path):
    """The screen of the page, entered as the page says."""
    from nncore.play import screens, server

    names = vars(screens.screen) | {"Any": object}
    exec(block("python", "class Agree"), names)
    monkeypatch.setitem(screens.SCREENS, "agree", names["Agree"])
    (tmp_path / "agree.js").write_text(block("js", "/** Agree"))
    (tmp_path / "agree.css").write_text("")
    entry = '{ name: "agree", title: "Agreement", chapter: "Chapter 1" },\n];'
    index = (STATIC / "screens" / "index.js").read_text().replace("];", entry, 1)
    (tmp_path / "index.js").write_text(index)
    files = server.known_files()
    files |= {f"/screens/{path.name}": path for path in tmp_path.iterdir()}
    monkeypatch.setattr(server, "known_files", lambda: files)


def test_the_screen_of_an_afternoon_runs(agree, open_page):
    served = Served()
    try:
        page = open_page("#agree", server=served)
        page.wait_for_function("() => document.querySelector('[data-value]').textContent !== '0'")
        text = page.locator(".screen p").last.inner_text()
        said = re.fullmatch(r"(\d+) neurons speak for (\d), (\d+) against it.", text)
        plus, answer, minus = map(int, said.groups())
        assert answer == 1
        assert 0 < plus <= 30 - minus
        assert page.locator(".rail [aria-current]").inner_text() == "Agreement"
    finally:
        served.close()


def test_the_screen_of_an_afternoon_is_short():
    assert len(block("js", "/** Agree").splitlines()) <= 150


def test_files_that_the_page_names_exist():
    for path in set(
        re.findall(r"`((?:play|hosts|lib|parts|net|screens|static|tests|tools)/[\w./-]+\.\w+)`", PAGE)
    ):
        if "NAME" in path or "agree" in path:
            continue
        places = [ROOT, ROOT / "pysrc" / "nncore", ROOT / "pysrc" / "nncore" / "play", STATIC]
        assert any((place / path).exists() for place in places), path
