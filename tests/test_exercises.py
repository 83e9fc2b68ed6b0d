"""Every answer in docs/exercises runs, and what it finds is what the script's own `check()` asserts."""

import importlib.util
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

FOLDER = Path(__file__).parents[1] / "docs" / "exercises"
SCRIPTS = sorted(FOLDER.glob("chapter[1-6]/*.py"))
LONG = ("ciresan", "no_fully_connected", "tanh", "translations")  # chapter 6: many minutes with --mnist


def name_of(script):
    return f"{script.parent.name}/{script.stem}"


def run(script, monkeypatch, *arguments):
    """Run `script` as a program and return its variables."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setattr(sys, "argv", [str(script), *arguments])
    return SimpleNamespace(**runpy.run_path(str(script), run_name="__main__"))


def test_every_script_is_in_a_chapter_and_is_found():
    assert len(SCRIPTS) >= 57
    assert set(SCRIPTS) == set(FOLDER.rglob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_answer(script, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    draws = '"--plot"' in script.read_text() and importlib.util.find_spec("matplotlib")
    answer = run(script, monkeypatch, *(("--plot", "picture.png") if draws else ()))
    answer.check()
    out, err = capsys.readouterr()
    assert len(out.splitlines()) >= 2
    assert not err
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"] * bool(draws)
    if draws:
        from matplotlib import pyplot

        assert pyplot.imread("picture.png").std() > 0.05  # something is drawn
        pyplot.close("all")


@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [
        script
        for script in SCRIPTS
        if '"--mnist"' in script.read_text()
        and not (script.parent.name == "chapter6" and script.stem in LONG)
    ],
    ids=name_of,
)
def test_answer_with_all_of_mnist(script, monkeypatch, mnist):
    run(script, monkeypatch, "--mnist").check()


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_options_that_a_script_does_not_have_are_refused(script, monkeypatch, capsys):
    text = script.read_text()
    has = [option for option in ("--mnist", "--plot") if f'"{option}"' in text]
    for options in (
        ["--mnst"],
        ["picture.png"],
        *([option, "x"] for option in ("--plot",) if option not in has),
    ):
        with pytest.raises(SystemExit) as end:
            run(script, monkeypatch, *options)
        assert end.value.code == 2
        assert f"unrecognized arguments: {options[0]}" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        run(script, monkeypatch, "--help")
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert [option for option in ("--mnist", "--plot") if option in out] == has


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_check_asserts_something(script):
    _, _, check = script.read_text().partition("\ndef check():\n")
    assert "assert" in check


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_script_names_its_place_in_the_book_and_is_listed(script):
    chapter = script.parent.name[-1]
    assert f'(Chapter {chapter}, "' in " ".join(script.read_text().split())
    _, _, listed = (FOLDER / "README.md").read_text().partition(f"## Chapter {chapter}:")
    assert f"[{script.stem}](chapter{chapter}/{script.name})" in listed.partition("\n## ")[0]
