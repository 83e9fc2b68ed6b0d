"""A History unpacks, converts, draws and comes back from what it was converted to."""

import json
import math
import pickle
import sys
from types import SimpleNamespace

import pytest

import nncore as nn

DATA = ([[0.0], [1.0]], [[1.0], [0.0]])


@pytest.fixture
def history():
    net = nn.Network([1, 2, 1], seed=0)
    monitor = ("evaluation_cost", "evaluation_accuracy", "learning_speeds")
    return net.SGD(DATA, 3, 1, 0.5, evaluation_data=DATA, monitor=monitor, monitor_every=1)


def test_it_unpacks_like_network2(history):
    evaluation_cost, evaluation_accuracy, training_cost, training_accuracy = history
    assert evaluation_cost is history.evaluation_cost
    assert evaluation_accuracy is history.evaluation_accuracy
    assert (training_cost, training_accuracy) == ([], [])
    assert len(history) == 3


def test_to_dict_and_back_through_json(history):
    columns = history.to_dict()
    names = "evaluation_cost evaluation_accuracy learning_speeds eta images steps elapsed seconds"
    assert list(columns) == names.split()
    assert {len(values) for values in columns.values()} == {3}
    columns["eta"].append(0.0)
    assert len(history.eta) == 3
    back = nn.History.from_dict(json.loads(json.dumps(history.to_dict())))
    assert back.to_dict() == history.to_dict()
    assert len(back) == 3


def test_from_dict_refuses_what_is_none():
    with pytest.raises(ValueError, match=r"columns: one of .* needed, got 'state'"):
        nn.History.from_dict({"state": []})
    with pytest.raises(ValueError, match=r"columns\['eta'\]: as many values as seconds needed, got 2"):
        nn.History.from_dict({"seconds": [0.1], "eta": [0.5, 0.5]})


def test_pickle_keeps_all(history):
    back = pickle.loads(pickle.dumps(history))
    assert vars(back).keys() == vars(history).keys()
    assert (back.to_dict(), back.within, back.stopped) == (history.to_dict(), history.within, history.stopped)


def test_a_list_that_begins_late_is_filled_up(history):
    net = nn.Network([1, 2, 1], seed=0)
    net.SGD(
        DATA,
        2,
        1,
        0.5,
        history=history,
        evaluation_data=DATA,
        monitor=("evaluation_accuracy", "training_cost"),
    )
    assert [math.isnan(value) for value in history.training_cost] == [True] * 3 + [False] * 2
    assert [math.isnan(value) for value in history.evaluation_cost] == [False] * 3 + [True] * 2
    assert {len(values) for values in history.to_dict().values()} == {5}
    assert history.best_epoch is not None


def test_best_epoch_is_the_first_of_the_best():
    history = nn.History()
    assert history.best_epoch is None
    for accuracy in (math.nan, 0.5, 0.9, 0.9, 0.1):
        history.add({"evaluation_accuracy": accuracy, "evaluation_cost": -accuracy, "seconds": 0.1})
    assert history.best_epoch == 2


def test_to_frame_needs_pandas(history, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="to_frame: pandas is needed: pip install pandas"):
        history.to_frame()


def test_to_frame(history, monkeypatch):
    if "pandas" not in sys.modules:  # what it is called with says enough
        pandas = SimpleNamespace(
            DataFrame=lambda columns, index: (columns, index), RangeIndex=lambda n, name: (n, name)
        )
        monkeypatch.setitem(sys.modules, "pandas", pandas)
    columns, index = history.to_frame()
    assert index == (3, "epoch")
    assert columns["learning_speed_1"] == [speeds[1] for speeds in history.learning_speeds]
    assert "learning_speeds" not in columns
    assert columns["eta"] == [0.5] * 3


def test_repr(history):
    assert repr(history).startswith("<History: 3 epochs, evaluation_cost ")
    assert repr(history).endswith("; all 3 epochs are done>")
    assert repr(nn.History()) == "<History: 0 epochs>"


def test_a_notebook_shows_the_last_epochs_and_the_best():
    history = nn.History()
    for epoch in range(20):
        history.add({"evaluation_accuracy": 0.9 if epoch == 3 else 0.5, "eta": 0.5, "seconds": 0.1})
    history.stopped = "enough <of it>"
    page = history._repr_html_()
    assert page.count("<tr>") == 1 + 6
    assert "<td>3 (best)</td><td>0.9</td>" in page
    assert "<td>19</td>" in page
    assert "enough &lt;of it&gt;" in page
    assert "20 epochs" in nn.History.from_dict(history.to_dict())._repr_html_()
    assert "0 epochs" in nn.History()._repr_html_()


def test_plot(history):
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    ax = Figure().add_subplot()
    assert history.plot(ax) is ax
    costs, accuracies = ax.lines, ax.figure.axes[1].lines
    assert list(costs[0].get_ydata()) == history.evaluation_cost
    assert list(accuracies[0].get_ydata()) == history.evaluation_accuracy
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "evaluation cost",
        "evaluation accuracy",
    ]
    with pytest.raises(ValueError, match="history: nothing was monitored"):
        nn.History().plot(ax)


def test_plot_makes_a_figure_of_its_own(history):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    ax = history.plot()
    assert ax.get_xlabel() == "epoch"
    pyplot.close(ax.figure)


def test_plot_needs_matplotlib(history, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"plot: matplotlib is needed: pip install 'nncore\[plot\]'"):
        history.plot()
