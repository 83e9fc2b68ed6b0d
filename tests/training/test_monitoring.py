"""What is monitored is what the reference computes; without classes there is no accuracy."""

import copy
import pickle

import numpy as np
import pytest

import nncore as nn
from nncore.reference import network as reference

SIZES, N, M = [5, 4, 3], 23, 4


def examples(n, seed):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, SIZES[0])), np.eye(SIZES[-1])[rng.integers(0, SIZES[-1], n)]


@pytest.fixture
def pair():
    """A network in float64, and its reference."""
    net = nn.Network(SIZES, dtype="float64", seed=3)
    expected = reference.Network(SIZES, seed=3)
    return net, expected


def penalty(expected, lmbda, l1, n):
    return sum(lmbda / (2 * n) * np.sum(w**2) + l1 / n * np.sum(np.abs(w)) for w in expected.weights)


def test_values_of_each_epoch_match_the_reference(pair):
    net, expected = pair
    train, evaluation = examples(N, 0), examples(17, 1)
    names = (
        "evaluation_cost",
        "evaluation_accuracy",
        "training_cost",
        "training_accuracy",
        "learning_speeds",
    )
    history = net.SGD(
        train, 3, M, 0.5, lmbda=0.6, evaluation_data=evaluation, monitor=nn.Monitor(*names, examples=6)
    )
    for epoch in range(3):
        expected.SGD(train, 1, M, 0.5, 0.6)
        close = {"rel": 1e-12}  # 18 steps, each rounded to about 1e-16
        assert history.evaluation_cost[epoch] == pytest.approx(expected.cost(evaluation, 0.6), **close)
        assert history.evaluation_accuracy[epoch] == expected.accuracy(evaluation)
        assert history.training_cost[epoch] == pytest.approx(expected.cost(train, 0.6), **close)
        assert history.training_accuracy[epoch] == expected.accuracy(train)
        nabla_b, _ = expected.backprop(train[0][:6], train[1][:6])
        speeds = [np.linalg.norm(nabla) / 6 for nabla in nabla_b]
        assert history.learning_speeds[epoch] == pytest.approx(speeds, **close)
    assert history.eta == [0.5] * 3
    assert history.images == [N, 2 * N, 3 * N]
    assert history.steps == [6, 12, 18]
    assert 0 < sum(history.seconds) < history.elapsed[-1]


def test_the_learning_speeds_of_feature_maps():
    layers = [nn.Conv2D(3, 3), nn.MaxPool2D(2), nn.Conv2D(2, 2), nn.Dense(4), nn.Softmax(3)]
    net = nn.Network(layers, input_shape=(1, 10, 9), dtype="float64", seed=0)
    X, y = np.random.default_rng(0).random((4, 90)), [0, 1, 2, 0]
    nabla_b, _ = net.backprop(X, y)
    assert net.learning_speeds((X, y)) == pytest.approx([np.linalg.norm(nabla) / 4 for nabla in nabla_b])


def test_the_cost_has_both_penalties(pair):
    net, expected = pair
    train, evaluation = examples(N, 0), examples(17, 1)
    history = net.SGD(
        train,
        1,
        M,
        0.0,
        lmbda=0.6,
        l1=0.2,
        evaluation_data=evaluation,
        monitor=("evaluation_cost", "training_cost"),
    )
    for values, data, n in ((history.evaluation_cost, evaluation, 17), (history.training_cost, train, N)):
        assert values[0] == pytest.approx(expected.cost(data) + penalty(expected, 0.6, 0.2, n), rel=1e-14)
        assert values[0] == net.cost(data, lmbda=0.6, l1=0.2)


@pytest.mark.parametrize("every", [M, 8, 10, 50])
def test_values_within_the_epochs_match_the_reference(pair, every):
    """The book's "every 1,000 images on 100 validation images", smaller: a plain loop that counts them."""
    net, expected = pair
    train, evaluation = examples(N, 0), examples(17, 1)
    names = ("evaluation_cost", "evaluation_accuracy", "training_cost")
    history = net.SGD(
        train, 3, M, 0.5, 0.6, evaluation_data=evaluation, monitor=nn.Monitor(*names, every=every, examples=5)
    )
    few, few_training = ((X[:5], y[:5]) for X, y in (evaluation, train))
    wanted = {name: [] for name in ("images", *names)}
    seen = 0
    for epoch in range(3):
        order = reference.shuffled(N, 3, epoch)
        for i in range(0, N, M):
            rows = order[i : i + M]
            expected.update_mini_batch((train[0][rows], train[1][rows]), 0.5, 0.6, N)
            if (seen + len(rows)) // every > seen // every:
                wanted["images"].append(seen + len(rows))
                # the first five stand for all 17, and so does the penalty
                wanted["evaluation_cost"].append(expected.cost(few) + penalty(expected, 0.6, 0.0, 17))
                wanted["evaluation_accuracy"].append(expected.accuracy(few))
                wanted["training_cost"].append(expected.cost(few_training) + penalty(expected, 0.6, 0.0, N))
            seen += len(rows)
    assert history.within_epochs.keys() == wanted.keys()
    assert history.within_epochs["images"] == wanted["images"]
    for name in names:
        assert history.within_epochs[name] == pytest.approx(wanted[name], rel=1e-12)
        assert len(getattr(history, name)) == 3


def test_monitoring_changes_nothing():
    train, evaluation = examples(N, 0), examples(17, 1)
    nets = [nn.Network(SIZES, seed=3) for _ in range(2)]
    nets[0].SGD(train, 5, M, 0.5)
    names = (
        "evaluation_cost",
        "evaluation_accuracy",
        "training_cost",
        "training_accuracy",
        "learning_speeds",
    )
    nets[1].SGD(train, 5, M, 0.5, evaluation_data=evaluation, monitor=nn.Monitor(*names, every=8))
    assert np.array_equal(nets[0].parameters, nets[1].parameters)


def test_slices_are_whole_mini_batches(monkeypatch):
    """However an epoch is cut, its mini-batches and its dropout masks are the same."""
    train = examples(N, 0)
    layers = [nn.Dense(4), nn.Softmax(3, dropout=0.5)]
    nets = [nn.Network(layers, input_shape=5, dtype="float64", seed=3) for _ in range(2)]
    nets[0].SGD(train, 2, M, 0.5, rule="adam")
    monkeypatch.setattr("nncore.training.pace.FIRST", 1)
    monkeypatch.setattr("nncore.training.pace.SLICE", 1e-9)
    nets[1].SGD(train, 2, M, 0.5, rule="adam")
    assert np.array_equal(nets[0].parameters, nets[1].parameters)


def test_learning_speeds_at_the_start(mnist):
    """Chapter 5: .07 and .31; .012, .060 and .283; .003, .017, .070 and .285."""
    for sizes, published in {
        (784, 30, 30, 10): (0.07, 0.31),
        (784, 30, 30, 30, 10): (0.012, 0.060, 0.283),
        (784, 30, 30, 30, 30, 10): (0.003, 0.017, 0.070, 0.285),
    }.items():
        speeds = [
            nn.Network(list(sizes), seed=seed).learning_speeds(mnist[0][:1000])[:-1] for seed in range(10)
        ]
        mean = np.exp(np.log(speeds).mean(axis=0))
        assert np.all(np.abs(np.log(mean / published)) < np.log(2.5)), (mean, published)


# What a Monitor is
def test_a_monitor_is_a_value():
    monitor = nn.Monitor("training_cost", "learning_speeds", every=1000, examples=50)
    assert monitor == nn.Monitor("training_cost", "learning_speeds", every=1000, examples=50)
    assert monitor != nn.Monitor("training_cost", every=1000, examples=50)
    assert repr(monitor) == "Monitor('training_cost', 'learning_speeds', every=1000, examples=50)"
    assert pickle.loads(pickle.dumps(monitor)) == copy.deepcopy(monitor) == monitor
    with pytest.raises(AttributeError):
        monitor.every = 10


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.Monitor("loss"), ValueError, "Monitor: one of .*learning_speeds needed, got 'loss'"),
        (lambda: nn.Monitor(1000), ValueError, "Monitor: one of .* needed, got 1000"),
        (lambda: nn.Monitor(every=0), ValueError, "every: at least 1 needed, got 0"),
        (lambda: nn.Monitor(every=1.5), TypeError, "every: a whole number needed, got 1.5"),
        (lambda: nn.Monitor(examples=0), ValueError, "examples: at least 1 needed, got 0"),
    ],
)
def test_a_monitor_is_checked_when_it_is_made(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_monitor_without_names_takes_the_usual_ones():
    train, evaluation = examples(N, 0), examples(17, 1)
    histories = [
        nn.Network(SIZES, seed=3).SGD(train, 2, M, 0.5, evaluation_data=evaluation, monitor=monitor)
        for monitor in (None, nn.Monitor(), ("evaluation_cost", "evaluation_accuracy"))
    ]
    columns = [(h.evaluation_cost, h.evaluation_accuracy, h.training_cost) for h in histories]
    assert columns[0] == columns[1] == columns[2]
    assert len(columns[0][1]) == 2
    nothing = nn.Network(SIZES, seed=3).SGD(train, 2, M, 0.5, evaluation_data=evaluation, monitor=())
    assert (nothing.evaluation_cost, nothing.seconds != []) == ([], True)


# Classes and numbers
def linear(n_out, activation="linear"):
    return nn.Network(
        [nn.Dense(3, "tanh"), nn.Dense(n_out, activation)], input_shape=(2,), cost="quadratic", seed=0
    )


X4 = np.random.default_rng(0).random((4, 2))
UNIT = np.eye(3)[[0, 2, 1, 1]]


@pytest.mark.parametrize(
    ("net", "y"),
    [
        (linear(3), [0, 2, 1, 1]),
        (linear(3), UNIT),
        (linear(3), 2 * UNIT - 1),
        (linear(3), 0.1 + 0.7 * UNIT),
        (linear(1), [[0], [1], [1], [0]]),
        (linear(3, "sigmoid"), 0.1 + 0.8 * UNIT),
        (linear(2, "sigmoid"), [[0.3, 0.7], [0.6, 0.4], [0.9, 0.1], [0.0, 1.0]]),  # shares of 1
    ],
)
def test_an_accuracy_where_there_are_classes(net, y):
    history = net.SGD((X4, y), 1, 2, 0.1, evaluation_data=(X4, y))
    assert history.evaluation_accuracy == [net.accuracy((X4, y))]
    largest = net.predict(X4) if net.sizes[-1] > 1 else net.feedforward(X4)[:, 0] > 0.5
    answers = np.asarray(y)
    classes = answers.ravel() if 1 in (answers.ndim, answers.shape[-1]) else answers.argmax(axis=1)
    assert net.accuracy((X4, y)) == np.mean(largest == classes)


@pytest.mark.parametrize(
    ("net", "y", "reason"),
    [
        (linear(1), X4[:, :1], "the targets are numbers, not classes; `cost` says"),
        (linear(1, "sigmoid"), X4[:, :1], "the targets are numbers, not classes; `cost` says"),
        (linear(1, "tanh"), [[-1], [1], [1], [-1]], "the targets are numbers, not classes"),
        (linear(2), X4, "the targets are numbers, not classes; `cost` says"),
        (linear(2, "relu"), X4, "the targets are numbers, not classes; `cost` says"),
        (linear(2, "sigmoid"), [[0.3, 0.7], [0.6, 0.4], [0.2, 0.1], [0.0, 0.5]], "the targets are numbers"),
        (linear(2, "sigmoid"), [[0, 1], [1, 0], [1, 1], [0, 0]], "the targets are several labels"),
        (
            linear(2, "sigmoid"),
            [[0, 1], [0.5, 0.5], [0, 1], [1, 0]],
            "the targets in row 1 have no one largest",
        ),
    ],
)
def test_no_accuracy_where_there_are_none(net, y, reason):
    with pytest.raises(ValueError, match=f"data: there is no accuracy: {reason}"):
        net.accuracy((X4, y))
    history = net.SGD((X4, y), 2, 2, 0.1, evaluation_data=(X4, y))
    assert (len(history.evaluation_cost), history.evaluation_accuracy) == (2, [])
    for name in ("evaluation_accuracy", "training_accuracy"):
        with pytest.raises(ValueError, match=f"monitor: there is no {name}: {reason}"):
            net.SGD((X4, y), 2, 2, 0.1, evaluation_data=(X4, y), monitor=name)
