"""The table of a sweep orders configs by their mean, and shows what failed."""

import math

import numpy as np
import pytest

import nncore as nn
from nncore.sweeps.results import Result, Results


def result(config, eta, seed, accuracies=(), error=None, costs=(), warnings=(), **arguments):
    history = None
    if error is None:
        history = nn.History()
        for i in range(max(len(accuracies), len(costs))):
            values = {"seconds": 1.0, "elapsed": 2.0 * (i + 1)}
            values |= {"evaluation_accuracy": accuracies[i]} if accuracies else {}
            history.add(values | ({"training_cost": costs[i]} if costs else {}))
    label = f"eta={eta}, seed {seed}"
    return Result(
        config, {"eta": eta} | arguments, seed, label, history=history, error=error, warnings=warnings
    )


@pytest.fixture
def results():
    return Results(
        [
            result(0, 0.1, 0, [0.5, 0.7]), result(0, 0.1, 1, [0.4, 0.8]),
            result(1, 0.5, 0, [0.9, 0.8]), result(1, 0.5, 1, [0.9, 0.78], warnings=["It answers 4 always."]),
            result(2, 9.0, 0, [0.9, 0.99]), result(2, 9.0, 1, error="DivergenceError: too far"),
        ]
    )  # fmt: skip


def test_rows_are_in_order_of_their_means_and_failures_come_last(results):
    rows = results.rows()
    assert [row.config for row in rows] == [1, 0, 2]
    assert [row.mean for row in rows] == pytest.approx([0.79, 0.75, 0.99])
    assert (rows[1].low, rows[1].high, rows[2].failed) == (0.7, 0.8, 1)
    assert results.best().arguments == {"eta": 0.5}
    assert repr(results.best()) == "<Row: eta=0.5: evaluation accuracy 79.00% (78.00% to 80.00%, 2 seeds)>"


def test_with_keep_best_the_best_epoch_counts():
    assert result(0, 0.1, 0, [0.9, 0.5]).value("evaluation_accuracy") == 0.5
    assert result(0, 0.1, 0, [0.9, 0.5], keep_best=True).value("evaluation_accuracy") == 0.9


def test_of_costs_the_lowest_is_best():
    results = Results([result(0, 0.1, 0, costs=[0.2]), result(1, 0.2, 0, costs=[0.1])])
    assert results.by == "training_cost"
    assert results.best().config == 1


def test_the_table_in_text(results):
    assert str(results).splitlines() == [
        "eta  seeds  evaluation accuracy  lowest  highest  seconds",
        "0.5  2      79.00%               78.00%  80.00%   4        1 warned: It answers 4 always.",
        "0.1  2      75.00%               70.00%  80.00%   4",
        "9.0  1      99.00%               99.00%  99.00%   4        1 failed: DivergenceError: too far",
    ]
    assert repr(results).startswith("<Results of 6 trainings, 1 without a result>\neta ")


def test_the_table_in_a_notebook_escapes_what_it_shows(results):
    page = results._repr_html_()
    assert page.count("<tr>") == 4
    assert "<td>79.00%</td>" in page
    bad = Results([result(0, 0.1, 0, error="<script>")])
    assert "<script>" not in bad._repr_html_()


def test_a_line_for_each_training(results):
    assert repr(results[0]) == "eta=0.1, seed 0: evaluation accuracy 70.00%, 4 s"
    assert repr(results[5]) == "eta=9.0, seed 1: DivergenceError: too far"
    assert [each.seed for each in results[:2]] == [0, 1]


def test_a_data_frame_has_a_row_for_each_training(results):
    pytest.importorskip("pandas")
    frame = results.to_frame()
    assert list(frame.columns) == [
        "config", "eta", "seed", "evaluation_accuracy", "epochs", "seconds", "error",
    ]  # fmt: skip
    assert frame.eta.tolist() == [0.1, 0.1, 0.5, 0.5, 9.0, 9.0]
    assert math.isnan(frame.evaluation_accuracy[5])
    assert frame.error[5] == "DivergenceError: too far"
    assert frame.groupby("eta").evaluation_accuracy.mean()[0.5] == pytest.approx(0.79)


def test_a_data_frame_without_pandas_says_what_to_install(results, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(ImportError, match="to_frame: pandas is needed: pip install pandas"):
        results.to_frame()


def test_nothing_monitored_is_said():
    results = Results([result(0, 0.1, 0, costs=())])
    assert results.by is None
    with pytest.raises(ValueError, match=r"nothing was monitored, .*pass evaluation_data, or monitor="):
        results.best()
    with pytest.raises(ValueError, match="by: no training monitored the 'evaluation_cost'"):
        results.best("evaluation_cost")
    with pytest.raises(ValueError, match="by: "):
        results.best("accuracy")


def test_no_result_at_all_is_said():
    results = Results([result(0, 0.1, 0, error="ValueError: no")])
    with pytest.raises(ValueError, match="none of the 1 trainings has a result; the first: ValueError: no"):
        results.best()
    assert "1 failed: ValueError: no" in str(results)
    assert np.isnan(results.rows()[0].mean)
