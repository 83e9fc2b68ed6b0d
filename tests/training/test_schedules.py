"""Schedules and stopping rules do what the book says, and depend on the History alone."""

import copy
import math
import pickle

import numpy as np
import pytest
from support.networks import reference_of

import nncore as nn
from nncore.training.schedules import Cosine, Halve, Step
from nncore.training.stopping import NoImprovement, TargetReached, TimeBudget

NOTHING = ([[0.0], [0.0]], [[1.0], [0.0]])  # to learn


def history_of(accuracies=(), costs=(), elapsed=None):
    history = nn.History()
    for epoch in range(max(len(accuracies), len(costs))):
        values = {"seconds": 1.0, "elapsed": float(epoch + 1) if elapsed is None else elapsed[epoch]}
        if accuracies:
            values["evaluation_accuracy"] = accuracies[epoch]
        if costs:
            values["evaluation_cost"] = costs[epoch]
        history.add(values)
    return history


def etas(schedule, epochs, first=1.0):
    """The learning rates of the first epochs, without an evaluation."""
    return [schedule.eta(first, history_of(costs=[1.0] * epoch)) for epoch in range(epochs)]


def test_step():
    assert etas(Step(3, 0.1), 7, 2.0) == [2.0, 2.0, 2.0, 0.2, 0.2, 0.2, 2.0 * 0.1**2]
    assert etas(Step(1), 3) == [1.0, 0.5, 0.25]


def test_cosine():
    wanted = [0.1 + 0.9 * (1 + math.cos(math.pi * epoch / 4)) / 2 for epoch in range(5)] + [0.1]
    assert etas(Cosine(4, end=0.1), 6) == pytest.approx(wanted, rel=1e-15)
    assert etas(Cosine(10), 11)[-1] == 0


def test_halve_counts_anew_after_each_halving():
    accuracies = [0.5, 0.6, 0.6, 0.55, 0.6, 0.7, 0.1, 0.1, 0.1, 0.1, 0.1]
    #             best best 1    2: /2 1    best 1    2: /2 1    2: /2 1
    schedule = Halve(no_improvement_in=2, stop_at=1 / 8)
    seen = [schedule.eta(8.0, history_of(accuracies[:epoch])) for epoch in range(len(accuracies) + 1)]
    assert seen == [8, 8, 8, 8, 4, 4, 4, 4, 2, 2, 1, 1]
    assert [
        bool(schedule.reason_to_stop(history_of(accuracies[: epoch + 1]))) for epoch in range(11)
    ] == 9 * [False] + 2 * [True]
    assert schedule.reason_to_stop(history_of(accuracies)) == "eta was halved 3 times, to 0.125 of the first"


def test_halve_ends_at_a_128th_by_default():
    schedule = Halve()
    assert schedule.reason_to_stop(history_of([0.5] * 70)) == ""
    assert (
        schedule.reason_to_stop(history_of([0.5] * 71)) == "eta was halved 7 times, to 0.007812 of the first"
    )


def test_halve_uses_the_cost_if_there_are_no_accuracies():
    schedule = Halve(no_improvement_in=2)
    assert schedule.eta(1.0, history_of(costs=[3.0, 2.0, 1.0, 0.5])) == 1.0
    assert schedule.eta(1.0, history_of(costs=[3.0, 2.0, 2.0, 2.5])) == 0.5


def test_no_improvement_in():
    rule = NoImprovement(3)
    for accuracies, stops in (
        ([0.5], False),
        ([0.5, 0.5, 0.5], False),
        ([0.5, 0.5, 0.5, 0.5], True),
        ([0.5, 0.4, 0.4, 0.6], False),
        ([0.1, 0.9, 0.2, 0.3], False),
        ([0.1, 0.9, 0.2, 0.3, 0.9], True),  # as good as the best is no improvement
    ):
        assert bool(rule(history_of(accuracies))) == stops, accuracies
    assert bool(rule(history_of(costs=[1.0, 2.0, 2.0, 2.0])))
    assert not rule(history_of(costs=[4.0, 3.0, 2.0, 1.0]))
    assert not rule(history_of([math.nan] * 9))  # not monitored yet


def test_target():
    assert not TargetReached(0.9)(history_of([0.95, 0.89]))
    assert TargetReached(0.9)(history_of([0.2, 0.9])) == "the evaluation accuracy came to 0.9"
    assert not TargetReached(cost=0.1)(history_of([0.95], [0.11]))
    assert TargetReached(cost=0.1)(history_of([0.95], [0.1])) == "the evaluation cost came to 0.1"


def test_time_budget_counts_monitoring_too():
    assert not TimeBudget(2.5)(history_of([0.1, 0.1]))
    assert TimeBudget(2.0)(history_of([0.1, 0.1])) == "the time budget of 2 seconds is used up"


def book(net, train, evaluation, epochs, m, eta):
    """The problem of chapter 3 in plain NumPy: halve on no-improvement-in-3, end at 1/16."""
    expected = reference_of(net)
    factor, best, since, accuracies, factors = 1.0, -1.0, 0, [], []
    for _ in range(epochs):
        factors.append(factor)
        expected.SGD(train, 1, m, eta * factor)
        accuracies.append(expected.accuracy(evaluation))
        if accuracies[-1] > best:
            best, since = accuracies[-1], 0
        else:
            since += 1
        if since == 3:
            factor, since = factor / 2, 0
            if factor == 1 / 16:
                break
    return expected, accuracies, [eta * factor for factor in factors]


def test_halving_matches_a_plain_loop():
    rng = np.random.default_rng(0)
    train, evaluation = ((rng.standard_normal((n, 6)), rng.integers(0, 3, n)) for n in (30, 40))
    net = nn.Network([6, 5, 3], dtype="float64", seed=2)
    expected, accuracies, eta = book(net, train, evaluation, 100, 7, 0.8)
    history = net.SGD(train, 100, 7, 0.8, schedule=Halve(3, 1 / 16), evaluation_data=evaluation)
    assert 12 < len(history) < 100
    assert history.evaluation_accuracy == accuracies
    assert history.eta == eta
    assert history.stopped == "eta was halved 4 times, to 0.0625 of the first"
    for got, wanted in zip(
        net.weights, expected.weights, strict=True
    ):  # some 250 steps, each rounded to about 1e-16
        np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-11)


def test_no_improvement_matches_a_plain_loop():
    rng = np.random.default_rng(1)
    train, evaluation = ((rng.standard_normal((n, 6)), rng.integers(0, 3, n)) for n in (30, 40))
    net = nn.Network([6, 5, 3], dtype="float64", seed=2)
    expected = reference_of(net)
    accuracies = []
    while len(accuracies) < 10 or max(accuracies[:-10], default=-1) < max(accuracies[-10:]):
        expected.SGD(train, 1, 7, 0.8)
        accuracies.append(expected.accuracy(evaluation))
    history = net.SGD(train, 500, 7, 0.8, stop=NoImprovement(10), evaluation_data=evaluation)
    assert 10 < len(history) < 500
    assert history.evaluation_accuracy == accuracies


def test_a_function_of_the_epoch_gives_eta_itself():
    net = nn.Network([1, 1], seed=0)
    history = net.SGD(NOTHING, 3, 2, 99.0, schedule=lambda epoch: 0.5 / (1 + epoch))
    assert history.eta == [0.5, 0.25, 0.5 / 3]
    net.SGD(NOTHING, 1, 2, 99.0, schedule=lambda epoch: 0.5 / (1 + epoch), resume=history)
    assert history.eta[-1] == 0.125
    assert net.SGD(NOTHING, 1, 2, 99.0, schedule=lambda epoch: 0.5 / (1 + epoch)).eta == [0.5]  # a new run


def test_your_own_schedule_may_depend_on_the_history():
    class Hasty(nn.schedules.Schedule):
        def eta(self, first, history):
            return first * (2.0 if len(history) and history.training_cost[-1] > 0.1 else 1.0)

    history = nn.Network([1, 1], seed=0).SGD(NOTHING, 2, 2, 0.5, schedule=Hasty(), monitor="training_cost")
    assert history.eta == [0.5, 1.0]


def test_your_own_stopping_rule():
    def bored(history):
        return len(history) == 4

    net = nn.Network([1, 1], seed=0)
    assert net.SGD(NOTHING, 9, 2, 0.5, stop=bored).stopped == "the stopping rule bored ended the run"
    assert (
        net.SGD(NOTHING, 9, 2, 0.5, stop=lambda history: "enough" if len(history) == 2 else "").stopped
        == "enough"
    )
    assert len(net.history) == 2


def test_the_first_rule_of_a_list_that_is_met_ends_the_run():
    net = nn.Network([1, 1], init="zeros")
    rules = [NoImprovement(4), lambda history: len(history) == 3]
    history = net.SGD(NOTHING, 9, 2, 0.0, stop=rules, evaluation_data=NOTHING)
    assert (len(history), history.stopped) == (3, "the stopping rule <lambda> ended the run")
    history = net.SGD(NOTHING, 9, 2, 0.0, stop=rules[:1], evaluation_data=NOTHING)
    assert (len(history), history.stopped[:28]) == (5, "no improvement in 4 epochs; ")
    history = net.SGD(NOTHING, 2, 2, 0.0, stop=rules, evaluation_data=NOTHING)
    assert history.stopped == "all 2 epochs are done"


@pytest.mark.parametrize(
    "made", [Step(2), Cosine(5), Halve(), NoImprovement(10), TargetReached(0.98), TimeBudget(60.0)], ids=repr
)
def test_schedules_and_rules_are_values(made):
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made
    assert repr(made).startswith(type(made).__name__ + "(")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Step(0), "every: at least 1"),
        (lambda: Step(2, -1.0), "factor: a number needed that is at least 0"),
        (lambda: Cosine(0), "epochs: at least 1"),
        (lambda: Cosine(5, math.nan), "end: a number needed"),
        (lambda: Halve(0), "no_improvement_in: at least 1"),
        (lambda: NoImprovement(0), "epochs: at least 1"),
        (lambda: TargetReached(), "TargetReached: either accuracy or cost needed"),
        (lambda: TargetReached(0.9, cost=0.1), "TargetReached: either accuracy or cost needed"),
        (lambda: TargetReached(98), "accuracy: a fraction, 0 to 1, needed; got 98"),
        (lambda: TimeBudget(-1.0), "seconds: a number needed that is at least 0"),
    ],
)
def test_nonsense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_rules_refuse_what_is_not_monitored():
    net = nn.Network([1, 1], seed=0)
    for options in (
        {"stop": NoImprovement(10)},
        {"stop": [TimeBudget(1.0), TargetReached(0.9)]},
        {"schedule": Halve()},
        {"stop": TargetReached(0.9), "evaluation_data": NOTHING, "monitor": "evaluation_cost"},
        {"stop": TargetReached(0.9), "evaluation_data": ([[0.0]], [[0.3]])},  # no classes, so no accuracy
    ):
        with pytest.raises(
            ValueError, match=r"needs evaluation_accuracy.* not monitored: pass evaluation_data"
        ):
            net.SGD(NOTHING, 1, 2, 0.5, **options)
    with pytest.raises(
        TypeError,
        match=r"schedule: a schedule of nn\.schedules, .* or a function of the epoch needed; got 0.5",
    ):
        net.SGD(NOTHING, 1, 2, 0.5, schedule=0.5)
    with pytest.raises(TypeError, match=r"stop: a rule of nn.stopping, .*; got 10"):
        net.SGD(NOTHING, 1, 2, 0.5, stop=10)
    assert net.epochs_trained == 0
