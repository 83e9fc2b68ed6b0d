"""The printed table: its numbers are the history's, and its columns stand below their heads."""

import io
import re

import numpy as np
import pytest

import nncore as nn

DATA = np.random.default_rng(0).random((30, 4)).astype(np.float32), np.arange(30) % 3
EVERYTHING = ["evaluation_cost", "evaluation_accuracy", "training_cost", "training_accuracy"]


def table(epochs=3, runs=1, resumed=False, every=1, **more):
    out, net = io.StringIO(), nn.Network([4, 3], seed=0)
    shown = nn.callbacks.EpochTable(out, every=every)
    for run in range(runs):
        again = {"resume": net.history} if resumed and run else {}
        history = net.SGD(DATA, epochs, 5, 0.5, evaluation_data=DATA, callbacks=shown, **more, **again)
    return out.getvalue().splitlines(), history


def test_the_rows_are_the_history():
    lines, history = table(monitor=EVERYTHING)
    assert len(lines) == 2 + 3
    for epoch, line in enumerate(lines[2:]):
        cells = line.replace(" %", "%").rstrip("* ").split()
        expected = [str(epoch + 1)]
        for side in ("evaluation", "training"):
            expected.append(f"{getattr(history, side + '_cost')[epoch]:.4g}")
            expected.append(f"{getattr(history, side + '_accuracy')[epoch]:.2%}")
        assert cells == [*expected, "0.5", f"{history.seconds[epoch]:.3g}"]


@pytest.mark.parametrize("monitor", [EVERYTHING, EVERYTHING[:1], EVERYTHING[1::2], EVERYTHING[3:], []])
def test_columns_end_below_their_heads(monitor):
    lines, _ = table(monitor=monitor)
    ends = [match.end() for match in re.finditer(r"\S+", lines[1])]
    for line in lines[2:]:
        cells = [match.end() for match in re.finditer(r"\S+( %)?", line.rstrip("* "))]
        assert cells == ends
    for side in ("evaluation", "training"):
        if any(name.startswith(side) for name in monitor):
            assert side in lines[0]


def test_a_star_marks_the_best_so_far():
    lines, history = table(8, monitor="evaluation_accuracy")
    best = [epoch for epoch, line in enumerate(lines[2:]) if line.endswith("*")]
    values = history.evaluation_accuracy
    assert best == [k for k, value in enumerate(values) if value > max([-1.0, *values[:k]])]


def test_each_run_has_a_head_and_a_resumed_one_goes_on():
    lines, _ = table(2, runs=2)
    assert sum("epoch" in line for line in lines) == 2
    lines, _ = table(2, runs=2, resumed=True)
    assert sum("epoch" in line for line in lines) == 1
    assert [line.split()[0] for line in lines[2:]] == ["1", "2", "3", "4"]


def test_every_second_epoch():
    lines, _ = table(5, every=2)
    assert [line.split()[0] for line in lines[2:]] == ["2", "4"]


def test_it_prints_above_a_progress_bar(capsys):
    net = nn.Network([4, 3], seed=0)
    net.SGD(DATA, 2, 5, 0.5, evaluation_data=DATA, callbacks=nn.callbacks.EpochTable(), progress=True)
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 4
    assert "epoch" in out
    assert "100%" in err
