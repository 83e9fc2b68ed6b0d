"""What Two inputs asks of the core: small networks trained on points, while weights are moved."""

import time

import numpy as np
import pytest

import nncore as nn
from nncore.play.plane_run import flat, parts_of
from nncore.play.screens.plane import Plane, network_of


@pytest.fixture
def frames():
    return []


@pytest.fixture
def plane(frames):
    plane = Plane(None, lambda name, value: frames.append((name, value)))  # it needs no workbench
    yield plane
    plane.close()


def begin(plane, run=1, layers=(3,), activation="tanh", data=None, **given):
    X, y = nn.datasets.toy("moons", 40) if data is None else data
    settings = {"eta": 0.5, "lmbda": 0.0, "rule": "sgd", "seed": 2, "cut": []} | given
    arguments = {"run": run, "layers": list(layers), "activation": activation, **settings}
    return plane.ask("begin", arguments | {"points": np.float32(X), "labels": np.uint8(y)})


def trained(epochs, eta=0.5, **given):
    net = nn.Network([2, 3, 1], activation="tanh", cost="cross-entropy", seed=2)
    net.SGD(nn.datasets.toy("moons", 40), epochs, 10, eta, **given)
    return flat(net)


def test_toy_points_are_those_of_the_library(plane):
    found = plane.ask("points", {"name": "spirals", "n": 30, "noise": 0.2, "seed": 4})
    for seed, prefix in ((4, ""), (5, "test_")):
        X, y = nn.datasets.toy("spirals", 30, 0.2, seed)
        assert np.array_equal(found[f"{prefix}points"], X.astype(np.float32))
        assert np.array_equal(found[f"{prefix}labels"], y)


@pytest.mark.parametrize("given", [{}, {"lmbda": 0.3}, {"rule": "adam"}, {"rule": "momentum"}])
def test_a_network_is_trained_to_the_bits_of_sgd(plane, given):
    frame = begin(plane, epochs=12, **given)
    assert np.array_equal(frame["parameters"], trained(12, **given))
    assert frame["epochs"] == 12
    assert not frame["running"]
    assert list(frame["trail_epochs"]) == list(range(12))
    assert np.array_equal(frame["trail"][5], trained(5, **given))


def test_steps_and_epochs_are_those_of_sgd(plane):
    begin(plane)
    frame = plane.ask("step", {})
    assert frame["epochs"] == 0
    assert not frame["whole"]
    for _ in range(3):
        frame = plane.ask("step", {})
    assert np.array_equal(frame["parameters"], trained(1))
    plane.ask("step", {})
    frame = plane.ask("epoch", {})
    assert frame["epochs"] == 2
    assert np.array_equal(frame["parameters"], trained(2))


def test_it_goes_on_from_parameters_as_if_it_had_trained_them(plane):
    first = begin(plane, epochs=7)
    begin(plane, run=2, parameters=first["parameters"], epochs=7)
    assert np.array_equal(plane.ask("epoch", {})["parameters"], trained(8))


def test_it_trains_until_it_is_paused_and_pushes_frames(plane, frames):
    begin(plane, run=9)
    plane.ask("go", {})
    wait_for(lambda: len(frames) > 2)
    last = plane.ask("pause", {})
    assert {(name, frame["run"]) for name, frame in frames} == {("frame", 9)}
    assert [frame["epochs"] for _, frame in frames] == sorted(frame["epochs"] for _, frame in frames)
    assert last["epochs"] >= frames[-1][1]["epochs"] > 0
    assert not last["running"]
    assert np.array_equal(last["parameters"], trained(last["epochs"]))
    count = len(frames)
    time.sleep(0.12)
    assert len(frames) == count


def test_slow_is_a_mini_batch_a_frame(plane, frames):
    begin(plane)
    plane.ask("set", {"speed": 0})
    plane.ask("go", {})
    wait_for(lambda: len(frames) > 4)
    assert plane.ask("pause", {})["epochs"] <= len(frames) / 4 + 1


@pytest.mark.parametrize("rule", ["sgd", "nesterov", "adam"])
def test_a_weight_that_is_cut_stays_0(plane, frames, rule):
    X, y = nn.datasets.toy("moons", 40)
    alone = begin(plane, layers=[], data=(X * [1, 0], y), rule=rule)
    parameters = alone["parameters"]
    parameters[1] = 0
    begin(plane, run=2, layers=[], data=(X * [1, 0], y), rule=rule, parameters=parameters)
    expected = [plane.ask("epoch", {})["parameters"] for _ in range(5)]  # of an input that says nothing
    begin(plane, run=3, layers=[], data=(X, y), rule=rule, parameters=parameters, cut=[1])
    found = [plane.ask("epoch", {})["parameters"] for _ in range(5)]
    assert np.array_equal(found, expected)
    assert not np.array_equal(found[0], found[4])
    plane.ask("go", {})
    wait_for(lambda: len(frames) > 2)
    plane.ask("set", {"cut": []})
    wait_for(lambda: frames[-1][1]["parameters"][1] != 0)
    assert all(frame["parameters"][1] == 0 for _, frame in frames[:2])
    plane.ask("set", {"cut": [0, 1]})
    assert list(plane.ask("pause", {})["parameters"][:2]) == [0, 0]


def test_parameters_are_moved_while_it_trains_or_not(plane, frames):
    begin(plane, layers=[2])
    plane.ask("set", {"place": 4, "value": 2.5})
    assert plane.ask("pause", {})["parameters"][4] == 2.5
    assert plane.run.net.biases[0][0, 0] == 2.5  # behind the four weights
    plane.ask("set", {"eta": 0.0})
    plane.ask("go", {})
    plane.ask("set", {"place": 0, "value": -1.0})
    wait_for(lambda: frames and frames[-1][1]["parameters"][0] == -1)
    assert plane.ask("pause", {})["parameters"][4] == 2.5  # eta is 0
    every = np.arange(9, dtype=np.float32)
    plane.ask("set", {"parameters": every})
    assert np.array_equal(plane.ask("pause", {})["parameters"], every)
    assert [part.ravel()[0] for part in parts_of(plane.run.net)] == [0, 4, 6, 8]


def test_a_training_that_diverges_says_why_and_stops(plane, frames):
    begin(plane, activation="relu", eta=1000.0, lmbda=1000.0)
    plane.ask("go", {})
    wait_for(lambda: frames and not frames[-1][1]["running"])
    assert "eta" in frames[-1][1]["error"]
    assert np.isfinite(frames[-1][1]["parameters"]).all()
    plane.ask("set", {"eta": 0.1, "lmbda": 0.0})
    assert plane.ask("epoch", {})["error"] == ""


def test_steps_and_no_points_are_not_trained(plane):
    begin(plane, activation="step", epochs=3)
    assert np.array_equal(plane.ask("pause", {})["parameters"], flat(network_of([3], "sigmoid", 2)))
    with pytest.raises(ValueError, match="its gradient is 0"):
        plane.ask("go", {})
    begin(plane, data=(np.zeros((0, 2)), np.zeros(0)))
    with pytest.raises(ValueError, match="points: one or more needed to train, got none"):
        plane.ask("epoch", {})


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"layers": [9]}, "layers: a whole number from 1 to 8 needed, got 9"),
        ({"layers": [1, 1, 1, 1]}, "layers: a list of at most 3 needed"),
        ({"activation": "linear"}, "activation: one of step, sigmoid, tanh, relu needed"),
        ({"eta": float("nan")}, "eta: "),
        ({"rule": "best"}, "rule: one of sgd, momentum, nesterov, adam needed"),
        ({"parameters": np.zeros(3)}, "parameters: 13 numbers needed"),
        ({"parameters": np.full(13, np.inf)}, "parameters: numbers from -1e"),
        ({"cut": [13]}, "cut: a whole number from 0 to 12 needed, got 13"),
        ({"epochs": 10_001}, "epochs: a whole number from 0 to 10,000 needed"),
        ({"data": (np.zeros((501, 2)), np.zeros(501))}, "points: a whole number from 0 to 500 needed"),
        ({"data": (np.zeros((4, 3)), np.zeros(4))}, "points: 8 numbers needed"),
    ],
)
def test_what_does_not_fit_is_refused(plane, change, text):
    with pytest.raises((ValueError, TypeError)) as told:
        begin(plane, **change)
    assert text in str(told.value)
    with pytest.raises(ValueError, match="ask begin first"):
        plane.ask("go", {})


def csv(plane, text, name="mine.csv"):
    return plane.ask("csv", {"name": name, "data": np.frombuffer(text.encode(), np.uint8)})


def test_a_table_becomes_points(plane):
    found = csv(plane, "kind;length;width\na;1;10\nb;3;20\na;2;40\n".replace("kind", "class"))
    assert np.array_equal(found["points"], np.float32([[-1, -1], [1, -1 / 3], [0, 1]]))
    assert list(found["labels"]) == [0, 1, 0]
    assert found["columns"] == ["length", "width"]
    assert found["ranges"] == [[1, 3], [10, 40]]
    assert found["classes"] == ["a", "b"]
    plain = csv(plane, "0,1,7\n2,1,9\n")  # the last column has the classes, a column that is constant
    assert np.array_equal(plain["points"], np.float32([[-1, 0], [1, 0]]))
    assert list(plain["labels"]) == [0, 1]
    assert plain["classes"] == ["7", "9"]


def test_a_long_table_is_sampled(plane):
    rows = "\n".join(f"{k},{k % 7},{k % 2}" for k in range(900))
    found = csv(plane, rows)
    assert len(found["labels"]) == 500
    assert found["rows"] == 900


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "1,2,3,0\n1,2,3,1\n",
            "mine.csv: two columns of numbers and one of classes needed, got 3 columns of numbers",
        ),
        ("1,0\n1,1\n", "got 1 column of numbers"),
        ("1,2,0\n1,2,0\n", "mine.csv: two classes needed in the column 'column 3', got 1"),
        ("1,2,0\n1,x,1\n", "mine.csv"),
        ("", "mine.csv: an empty file"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(plane, text, message):
    with pytest.raises(ValueError) as told:
        csv(plane, text)
    assert message in str(told.value)
    assert "nncore-play" not in str(told.value)


def wait_for(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.01)
