"""`nncore book exercise` as it is typed, and formulas as lines of a terminal."""

import sys

import pytest
from support.commands import run

from nncore.book.exercises import EXERCISES
from nncore.cli.formulas import plain


def exercise(*arguments, code=0):
    return run("book", "exercise", *arguments, code=code)


def test_the_list_has_a_line_for_each_exercise():
    out, _ = exercise()
    lines = out.splitlines()
    assert [line for line in lines if line.startswith("Chapter")] == [f"Chapter {i}" for i in range(1, 7)]
    for each in EXERCISES:
        shown = f"  {each.number:<5} {each.title}" + (f"   ({each.names[0]})" if not each.number else "")
        assert lines.count(shown) == 1
    assert run("book", "exercises")[0] == out


def test_an_exercise_shows_its_question_its_place_and_how_to_go_on():
    out, _ = exercise("3.7")
    assert out.startswith("3.7  Sigmoid outputs need not sum to 1\nIn the book: chapter 3, Softmax.\n\n")
    assert "need not." in out
    assert "nncore book exercise 3.7 --answer" in out
    assert "nncore book exercise 3.7 --run" in out
    assert "--mnist" not in out
    assert "--plot" in exercise("3.15")[0]


@pytest.mark.parametrize("each", EXERCISES, ids=str)
def test_every_answer_is_printed_in_plain_text(each):
    which = each.number or each.names[0]
    out, _ = exercise(which, "--answer")
    words = plain(each.words)
    assert words in out
    assert not {"\\", "$", "{"} & set(words)
    assert max((len(line) for line in words.splitlines()), default=0) <= 110
    for name, source in each.programs.items():
        assert f"The program {name}.py:\n\n{source.rstrip()}" in out


def test_run_prints_the_answer_and_passes_options_on(tmp_path):
    out, _ = exercise("3.7", "--run")
    assert exercise("3.7", "--answer", "--run")[0] == f"{exercise('3.7', '--answer')[0]}\nIt prints:\n\n{out}"
    assert "sigmoid: [0.881 0.731 0.269 0.953], sum 2.833" in out
    pytest.importorskip("matplotlib")
    picture = tmp_path / "f.png"
    exercise("4.2", "--run", "--plot", str(picture))
    assert picture.stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["3.99"], 'there is no exercise 3.99: chapter 3 has 3.1 to 3.27; "nncore book exercise" lists'),
        (["--run"], "Name the exercise: its number, such as 3.7."),
        (["3.7", "--mnist"], "--mnist: options of the program come after --run."),
        (["3.9", "--run"], "The answer to 3.9 is words: --answer prints it."),
        (["3.7", "--run", "--mnist"], "unrecognized arguments: --mnist"),
    ],
)
def test_a_command_line_that_is_wrong(arguments, said, capfd):
    out, err = exercise(*arguments, code=2)
    assert said in out + err + capfd.readouterr().err


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"$\frac{\partial C}{\partial w_{jk}^{l+1}} = a_k \delta_j$", "dC/dw_jk^(l+1) = a_k delta_j"),
        (r"$\frac{1}{1 + e^{-z}}$", "1/(1 + e^(-z))"),
        (r"$\left( \frac{a}{b} \right)^{n/m} \approx \sqrt{\frac{2}{N}}$", "(a/b)^(n/m) ~ sqrt(2/N)"),
        (r"$x \to \infty$ and $\|v\| \le 1 \ne 2$", "x -> infinity and |v| <= 1 != 2"),
        ("$$a \\odot b.$$", "    a * b."),
        ("- one\n  more\n- two `net.w`", "- one more\n- two net.w"),
    ],
)
def test_formulas(tex, text):
    assert plain(tex) == text


def test_a_picture_needs_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    _, err = exercise("4.2", "--run", "--plot", "f.png", code=1)
    assert err == "Error: --plot needs matplotlib: pip install matplotlib\n"
