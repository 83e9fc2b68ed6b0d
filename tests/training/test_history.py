"""A History unpacks, converts, draws and comes back from what it was converted to."""

import json
import math
import pickle
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import nncore as nn

DATA = ([[0.0], [1.0]], [[1.0], [0.0]])


@pytest.fixture
def history():
    net = nn.Network([1, 2, 1], seed=0)
    monitor = nn.Monitor("evaluation_cost", "evaluation_accuracy", "learning_speeds", every=1)
    return net.SGD(DATA, 3, 1, 0.5, evaluation_data=DATA, monitor=monitor)


def test_it_unpacks_like_network2(history):
    evaluation_cost, evaluation_accuracy, training_cost, training_accuracy = history
    assert evaluation_cost is history.evaluation_cost
    assert evaluation_accuracy is history.evaluation_accuracy
    assert (training_cost, training_accuracy) == ([], [])
    assert len(history) == 3


def test_a_list_is_found_by_its_name():
    history = nn.Network([1, 1], seed=0).SGD(
        ([[0.0], [1.0]], [[1.0], [0.0]]), 2, 1, 0.5, monitor="training_cost"
    )
    assert history["training_cost"] is history.training_cost
    assert history["evaluation_cost"] == []
    with pytest.raises(KeyError, match=r"one of evaluation_cost, .*, seconds needed, got 'val_loss'"):
        history["val_loss"]
    with pytest.raises(KeyError, match="needed, got 0"):
        history[0]


def through_json(history):
    return nn.History.from_dict(json.loads(json.dumps(history.to_dict())), history.arrays())


def same_record(one, other):
    """Whether two histories are equal in everything, NaN and the arrays included."""
    arrays, others = one.arrays(), other.arrays()
    same = [np.array_equal(arrays[name], others[name]) for name in arrays]
    return repr(one.to_dict()) == repr(other.to_dict()) and arrays.keys() == others.keys() and all(same)


def test_to_dict_and_back_through_json(history):
    fields = history.to_dict()
    columns = "evaluation_cost evaluation_accuracy learning_speeds eta images steps threads elapsed seconds"
    others = "within_epochs rule lmbda mini_batch_size stopped seed epochs_trained"
    assert list(fields) == f"{columns} {others}".split()
    assert {len(fields[name]) for name in columns.split()} == {3}
    fields["eta"].append(0.0)
    fields["within_epochs"]["images"].append(0)
    fields["learning_speeds"][0].append(0.0)
    assert (len(history.eta), len(history.within_epochs["images"])) == (3, 6)
    assert len(history.learning_speeds[0]) == 2
    assert same_record(through_json(history), history)


RULES = (
    nn.rules.GradientDescent(),
    nn.rules.Momentum(-0.1),
    nn.rules.Nesterov(0.1),
    nn.rules.Adam(0.1, 0.3, 1),
)


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_everything_of_a_run_comes_back(rule):
    rng = np.random.default_rng(0)
    data = rng.random((20, 4)) * (rng.random((20, 4)) < 0.3), rng.integers(0, 3, 20)
    net = nn.Network([4, 3, 3], seed=0)
    history = net.SGD(data, 2, 6, 0.1, 0.3, rule=rule)
    monitor = nn.Monitor("evaluation_cost", "training_cost", every=5, examples=3)
    options = {"evaluation_data": data, "monitor": monitor, "keep_best": True, "resume": history}
    spoil = lambda epoch: 0.1 if epoch < 5 else 30.0  # noqa: E731 (so that the best epoch is not the last)
    net.SGD(data, 6, 6, 0.1, 0.3, rule=rule, schedule=spoil, **options)
    assert history.sparse
    back = through_json(history)
    assert vars(back).keys() == vars(history).keys()
    assert back.rule == rule
    assert math.isnan(back.evaluation_cost[0])
    assert ("state" in history.arrays()) == (rule != nn.rules.GradientDescent())
    assert {"best", "last"} <= history.arrays().keys()
    assert same_record(back, history)


def test_the_infinite_cost_of_a_run_comes_back():
    """A float64 network may have outputs whose squares are infinite, and still finite parameters."""
    history = nn.History()
    for cost in (math.inf, math.nan, 1.0):
        history.add({"evaluation_cost": cost, "seconds": 0.1})
    assert through_json(history).evaluation_cost[::2] == [math.inf, 1.0]


def test_a_dict_of_an_older_version_is_read():
    columns = {"evaluation_cost": [0.5, 0.25], "images": [2, 4], "steps": [1, 2], "seconds": [0.1, 0.1]}
    history = nn.History.from_dict(columns)
    assert (len(history), history.best_epoch, history.rule, history.within_epochs) == (2, 1, None, {})
    assert history.to_dict() == columns


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ([], "history: a dict, as to_dict returns it, needed; got list"),
        ({"state": []}, "history, name of an entry: one of .* needed, got 'state'"),
        ({1: []}, "history, name of an entry: one of .* needed, got 1"),
        ({"seconds": [0.1], "eta": [0.5, 0.5]}, "history, eta: a list of 1 values needed, .*; got 2"),
        ({"eta": [0.5]}, "history, eta: a list of 0 values needed"),
        ({"seconds": "1"}, "history, seconds: a list of"),
        ({"seconds": {"0": 1.0}}, "history, seconds: a list of"),
        ({"seconds": [None]}, "history, seconds: numbers needed, got None"),
        ({"seconds": [True]}, "history, seconds: numbers needed, got True"),
        ({"seconds": [-1.0]}, "history, seconds: finite numbers of at least 0 needed, got -1.0"),
        ({"seconds": [math.inf]}, "history, seconds: finite numbers of at least 0 needed, got inf"),
        ({"seconds": [1.0], "training_cost": ["0"]}, "history, training_cost: numbers needed, got '0'"),
        ({"seconds": [1.0], "training_cost": [10**400]}, "history, training_cost: numbers needed"),
        ({"seconds": [1.0], "steps": [-1]}, "history, steps: at least 0 needed"),
        ({"seconds": [1.0], "steps": [1.5]}, "history, steps: a whole number needed, got 1.5"),
        ({"seconds": [1.0], "images": [math.nan]}, "history, images: a whole number needed"),
        ({"seconds": [1.0], "learning_speeds": [["a"]]}, "history, learning_speeds: numbers needed"),
        (
            {"within_epochs": {"training_cost": []}},
            "history, within_epochs: a dict of lists with one called im",
        ),
        ({"within_epochs": {"images": [], "eta": []}}, "history, within_epochs: one of images, .* got 'eta'"),
        (
            {"within_epochs": {"images": [1], "training_cost": []}},
            "within_epochs, training_cost: a list of 1",
        ),
        ({"rule": "adam"}, "rule: a dict with a name needed, got 'adam'"),
        ({"rule": {"name": "lion"}}, "rule: one of sgd, momentum, nesterov, adam needed, got 'lion'"),
        ({"rule": {"name": "adam", "beta3": 0}}, r"rule: Adam has beta1, .*; got \['beta3'\]"),
        ({"rule": {"name": "adam", "beta1": 1.0}}, "beta1: a number needed that is at least 0 and below 1"),
        ({"lmbda": -1}, "history, lmbda: a number needed that is at least 0"),
        ({"mini_batch_size": 0}, "history, mini_batch_size: at least 1"),
        ({"sparse": 1}, "history, sparse: true or false needed, got 1"),
        ({"interrupted": "yes"}, "history, interrupted: true or false needed"),
        ({"stopped": 3}, "history, stopped: text needed, got 3"),
        ({"optimizer_start": -1}, "history, optimizer_start: at least 0"),
        ({"optimizer_start": 1}, "history, optimizer_start: at most the number of steps needed, got 1"),
    ],
)
def test_from_dict_refuses_what_to_dict_does_not_write(fields, message):
    with pytest.raises((ValueError, TypeError), match=message):
        nn.History.from_dict(fields)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"parameters": np.zeros(3)}, "history, arrays: one of state, best, last needed, got 'parameters'"),
        ({"state": np.zeros((3, 1))}, r"history, state: a row of finite .*, got float64 of \(3, 1\)"),
        ({"best": np.zeros(3, int)}, "history, best: a row of finite .*, got int64"),
        ({"last": np.array([np.nan])}, "history, last: a row of finite"),
    ],
)
def test_from_dict_refuses_arrays_that_are_none_of_a_run(arrays, message):
    with pytest.raises(ValueError, match=message):
        nn.History.from_dict({}, arrays)


def test_pickle_keeps_all(history):
    back = pickle.loads(pickle.dumps(history))
    assert vars(back).keys() == vars(history).keys()
    assert (back.to_dict(), back.within_epochs, back.stopped) == (
        history.to_dict(),
        history.within_epochs,
        history.stopped,
    )


def test_a_list_that_begins_late_is_filled_up(history):
    net = nn.Network([1, 2, 1], seed=history.seed)
    net.epochs_trained = history.epochs_trained
    net.SGD(
        DATA,
        2,
        1,
        0.5,
        resume=history,
        evaluation_data=DATA,
        monitor=("evaluation_accuracy", "training_cost"),
    )
    assert [math.isnan(value) for value in history.training_cost] == [True] * 3 + [False] * 2
    assert [math.isnan(value) for value in history.evaluation_cost] == [False] * 3 + [True] * 2
    names = ("evaluation_cost", "evaluation_accuracy", "learning_speeds", "training_cost", "eta", "steps")
    assert {len(getattr(history, name)) for name in names} == {5}
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


def test_to_frame_gives_pandas_a_column_for_each_list(history, monkeypatch):
    """Whether pandas is installed or not: the arguments that it would be called with."""
    pandas = SimpleNamespace(
        DataFrame=lambda columns, index: (columns, index), RangeIndex=lambda n, name: (n, name)
    )
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    columns, index = history.to_frame()
    assert index == (3, "epoch")
    assert columns["learning_speed_1"] == [speeds[1] for speeds in history.learning_speeds]
    assert "learning_speeds" not in columns
    assert columns["eta"] == [0.5] * 3


def test_to_frame_makes_a_frame(history):
    pytest.importorskip("pandas", exc_type=ImportError)
    frame = history.to_frame()
    assert frame.index.name == "epoch"
    assert list(frame.index) == [0, 1, 2]
    assert list(frame["learning_speed_1"]) == [speeds[1] for speeds in history.learning_speeds]
    assert list(frame["eta"]) == [0.5] * 3


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
    with pytest.raises(ImportError, match=r"nn.plot needs matplotlib: pip install matplotlib"):
        history.plot()
