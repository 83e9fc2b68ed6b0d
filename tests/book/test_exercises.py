"""Every answer to an exercise runs, and what it finds is what the program's own `check()` asserts."""

import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from nncore.book import exercises
from nncore.book.exercises import EXERCISES, _stored

FOLDER = Path(__file__).parents[2] / "pysrc/nncore/book/exercises"
FILES = sorted(f"{path.parent.name}/{path.name}" for path in FOLDER.glob("_answers/chapter?/*.*"))
ANSWERS = {  # a program once, under the first exercise that has it
    f"chapter{each.chapter}/{name}.py": (each, name) for each in reversed(EXERCISES) for name in each.programs
}
PROGRAMS = sorted(ANSWERS)
COUNTS = {1: range(1, 9), 2: range(1, 6), 3: range(1, 28), 4: range(1, 4), 5: range(1, 4), 6: range(1, 13)}
LONG = ("ciresan", "no_fully_connected", "tanh", "translations")  # chapter 6: many minutes with --mnist


def run(path, monkeypatch, *options):
    """Run a program with these options and return its variables."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    exercise, name = ANSWERS[path]
    return SimpleNamespace(**exercise.run(*options)[list(exercise.programs).index(name)])


def test_numbers_are_those_of_the_book():
    """Exercises and problems count together, in the order of the chapter."""
    numbered = [each.number for each in EXERCISES if each.number]
    assert numbered == [f"{chapter}.{k}" for chapter, ks in COUNTS.items() for k in ks]


def test_every_file_is_an_answer_and_every_answer_a_file():
    assert len(PROGRAMS) >= 59
    assert sorted(_stored.stored()) == FILES
    named = {f"chapter{each.chapter}/{name}" for each in EXERCISES for name in each.names}
    assert {path.rpartition(".")[0] for path in FILES} == named


@pytest.mark.parametrize("exercise", EXERCISES, ids=str)
def test_an_exercise_has_a_question_and_an_answer(exercise):
    assert exercise.question.endswith((".", "?", ")"))
    assert "(Chapter" not in exercise.question
    assert len(exercise.question) > 40
    assert exercise.programs or len(exercise.words) > 200
    assert len(exercise.title) < 50


@pytest.mark.parametrize("exercise", EXERCISES, ids=str)
def test_the_answer_names_the_section_of_the_table(exercise):
    for name in exercise.names:
        files = [f"chapter{exercise.chapter}/{name}.{suffix}" for suffix in ("py", "md")]
        text = " ".join("".join(_stored.stored().get(path, "") for path in files).split())
        assert f'(Chapter {exercise.chapter}, "{exercise.section}' in text


def test_a_name_means_one_exercise_or_exercises_with_one_program():
    for each in EXERCISES:
        for name in each.names:
            assert exercises.find(name).chapter == each.chapter


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ("3.99", "there is no exercise 3.99: chapter 3 has 3.1 to 3.27"),
        ("7.1", "'7.1' is not the number of an exercise, such as 3.7, nor a name of one"),
        ("", "'' is not the number"),
    ],
)
def test_an_exercise_that_does_not_exist(which, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        exercises.find(which)


@pytest.mark.parametrize("path", PROGRAMS)
def test_answer(path, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    draws = "--plot" in ANSWERS[path][0].options and importlib.util.find_spec("matplotlib")
    answer = run(path, monkeypatch, *(("--plot", "picture.png") if draws else ()))
    answer.check()
    out, err = capsys.readouterr()
    assert len(out.splitlines()) >= 2
    assert not err
    assert [each.name for each in tmp_path.iterdir()] == ["picture.png"] * bool(draws)
    if draws:
        from matplotlib import pyplot

        assert pyplot.imread("picture.png").std() > 0.05  # something is drawn
        pyplot.close("all")


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        path
        for path in PROGRAMS
        if "--mnist" in ANSWERS[path][0].options
        and not (path.startswith("chapter6") and ANSWERS[path][1] in LONG)
    ],
)
def test_answer_with_all_of_mnist(path, monkeypatch, mnist):
    run(path, monkeypatch, "--mnist").check()


@pytest.mark.parametrize("path", PROGRAMS)
def test_options_that_a_program_does_not_have_are_refused(path, monkeypatch, capsys):
    has = ANSWERS[path][0].options
    for options in (
        ["--mnst"],
        ["picture.png"],
        *([option, "x"] for option in ("--plot",) if option not in has),
    ):
        with pytest.raises(SystemExit) as end:
            run(path, monkeypatch, *options)
        assert end.value.code == 2
        assert f"unrecognized arguments: {options[0]}" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        run(path, monkeypatch, "--help")
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert tuple(option for option in ("--mnist", "--plot") if option in out) == has


@pytest.mark.parametrize("path", PROGRAMS)
def test_check_asserts_something(path):
    _, _, check = _stored.stored()[path].partition("\ndef check():\n")
    assert "assert" in check


def test_the_list_has_every_exercise():
    text = (FOLDER / "README.md").read_text()
    for each in EXERCISES:
        _, _, listed = text.partition(f"## Chapter {each.chapter}:")
        listed = listed.partition("\n## ")[0]
        line = next(item for item in listed.split("\n- ") if f"[{each.names[0]}](" in item)
        numbers = re.findall(r"\b\d\.\d+\b", line.partition("[")[0])
        assert (each.number in numbers) if each.number else not numbers
        for link in re.findall(r"\]\(([^)]+)\)", line):
            assert (FOLDER / link).is_file()


def test_an_installation_reads_one_file(monkeypatch, tmp_path):
    """What setup.py packs has the bytes of the folder."""
    packed = tmp_path / "answers.json"
    packed.write_text('{"chapter3/l1.py": "print(1)"}')
    monkeypatch.setattr(_stored, "PACKED", packed)
    _stored.stored.cache_clear()
    try:
        assert exercises.find("3.18").programs == {"l1": "print(1)"}
    finally:
        monkeypatch.undo()
        _stored.stored.cache_clear()
