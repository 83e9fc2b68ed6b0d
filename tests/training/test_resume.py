"""A resumed run gives the same bits as one without a pause; a history that does not fit is refused."""

import json

import numpy as np
import pytest
from support.small_runs import M, N, classes, network

import nncore as nn

RULES = {
    "gradient descent": "sgd",
    "momentum": nn.rules.Momentum(0.7),
    "nesterov": nn.rules.Nesterov(0.7),
    "adam": nn.rules.Adam(0.7, 0.9, 1e-3),
}


def from_disk(net, tmp_path):
    """The network and its history, as a new process reads them."""
    net.save(tmp_path / "net.npz")
    fields = json.loads(json.dumps(net.history.to_dict()))
    return nn.load(tmp_path / "net.npz"), nn.History.from_dict(fields, net.history.arrays())


def record(history):
    """What two equal runs have in common: everything but times, threads and the reason to end."""
    fields = history.to_dict()
    return {name: fields[name] for name in fields if name not in ("seconds", "elapsed", "threads", "stopped")}


def run_twice(tmp_path, first, second, eta=0.05, **options):
    """(network, history) after first + second epochs, and after a pause between them."""
    train, runs = classes(30), []
    for pause in (False, True):
        net = network()
        history = net.SGD(train, first if pause else first + second, M, eta, **options)
        if pause:
            net, history = from_disk(net, tmp_path)
            net.SGD(train, second, M, eta, resume=history, **options)
            assert net.history is history
        runs.append((net, history))
    return runs


def check_same(runs):
    (net, history), (resumed_net, resumed) = runs
    assert np.array_equal(net.parameters, resumed_net.parameters)
    assert net.epochs_trained == resumed_net.epochs_trained == len(history)
    assert record(resumed) == record(history)
    assert resumed.elapsed == sorted(resumed.elapsed)
    arrays, expected = resumed.arrays(), history.arrays()
    assert arrays.keys() == expected.keys()
    for name in arrays:
        assert np.array_equal(arrays[name], expected[name]), name


SCHEDULES = {
    "none": None,
    "step": nn.schedules.Step(2),
    "cosine": nn.schedules.Cosine(6),
    "halve": nn.schedules.Halve(no_improvement_in=1, stop_at=0.0),
    "function": lambda epoch: 0.1 / (1 + epoch),
}


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES.keys())
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_three_epochs_and_three_more_are_six(rule, schedule, tmp_path):
    options = {
        "lmbda": 0.1,
        "rule": rule,
        "schedule": schedule,
        "evaluation_data": classes(20, seed=2),
        "monitor": nn.Monitor(every=10, examples=8),
    }
    runs = run_twice(tmp_path, 3, 3, **options)
    check_same(runs)
    assert schedule is None or len(set(runs[0][1].eta)) > 2


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_keep_best_goes_on_from_the_last_epoch(rule, tmp_path):
    """It gives the network the best parameters at the end, and the run goes on from the last ones."""
    options = {"evaluation_data": classes(20, seed=7), "keep_best": True, "rule": rule}
    eta = 0.3 if rule == RULES["adam"] else 1.0
    runs = run_twice(tmp_path, 8, 8, eta, **options)
    check_same(runs)
    history = runs[0][1]
    best = history.evaluation_accuracy[:8]
    assert best.index(max(best)) < 7  # so the first part ended with other parameters than its last


def test_parameters_that_a_user_set_are_those_a_run_goes_on_from():
    data, net = classes(20), network()
    evaluation = classes(20, seed=7)
    history = net.SGD(data, 8, M, 1.0, evaluation_data=evaluation, keep_best=True)
    assert history.last is not None
    other = network()
    net.parameters = other.parameters = network(seed=9).parameters
    other.epochs_trained = 8
    net.SGD(data, 1, M, 1.0, resume=history)
    other.SGD(data, 1, M, 1.0)
    assert np.array_equal(net.parameters, other.parameters)


STOPS = {
    "no improvement": {"stop": nn.stopping.NoImprovement(6)},
    "own rule": {"stop": lambda history: "it is the fifth" if len(history) == 5 else ""},
    "halved": {"schedule": nn.schedules.Halve(no_improvement_in=2, stop_at=1 / 4)},
    "target": {"stop": nn.stopping.TargetReached(accuracy=0.5)},
}


@pytest.mark.parametrize("options", STOPS.values(), ids=STOPS.keys())
def test_a_resumed_run_ends_where_it_would_have_ended(options, tmp_path):
    eta = 0.3
    evaluation = classes(20, seed=2)
    whole = network().SGD(classes(30), 200, M, eta, evaluation_data=evaluation, **options)
    assert 4 <= len(whole) < 200
    runs = run_twice(tmp_path, len(whole) - 2, 100, eta, evaluation_data=evaluation, **options)
    check_same(runs)
    assert runs[1][1].stopped == whole.stopped


def test_a_time_budget_counts_what_the_run_took_before(tmp_path):
    net = network()
    net.SGD(classes(), 3, M, 0.5)
    net, history = from_disk(net, tmp_path)
    history.elapsed = [1.0, 2.0, 3.0]
    net.SGD(classes(), 3, M, 0.5, stop=nn.stopping.TimeBudget(3.0), resume=history)
    assert (len(history), history.stopped) == (3, "the time budget of 3 seconds is used up")
    net.SGD(classes(), 3, M, 0.5, stop=nn.stopping.TimeBudget(1000.0), resume=history)
    assert len(history) == 6
    assert 3.0 < history.elapsed[3] < history.elapsed[5] < 100.0


def test_dropout_goes_on_as_if_it_had_not_paused(tmp_path):
    """Its masks belong to (seed, epoch, position): a network from a file needs no more."""
    data = classes(30)
    layers = [nn.Dense(6, dropout=0.2), nn.Softmax(3, dropout=0.5)]
    whole, part = (nn.Network(layers, input_shape=5, seed=3) for _ in range(2))
    whole.SGD(data, 4, M, 0.5)
    part.SGD(data, 2, M, 0.5)
    part.save(tmp_path / "net.npz")
    part = nn.load(tmp_path / "net.npz")
    part.SGD(data, 2, M, 0.5)
    assert np.array_equal(part.parameters, whole.parameters)


def test_a_run_that_had_ended_does_not_go_on():
    data = classes()
    net = network(init="zeros")
    options = {"evaluation_data": data, "stop": nn.stopping.NoImprovement(3)}
    history = net.SGD((data[0] * 0, data[1]), 50, N, 0.0, **options)
    assert len(history) == 4
    before = net.parameters.copy()
    net.SGD(data, 5, M, 0.5, resume=history, **options)
    assert len(history) == 4
    assert np.array_equal(net.parameters, before)


# Histories that lack something, or do not fit
@pytest.mark.parametrize("rule", ["momentum", "nesterov", "adam"])
def test_a_rule_without_its_memory_begins_at_rest_and_says_so(rule):
    """Adam's correction counts from there, too."""
    data, net, fresh = classes(), network(), network()
    history = net.SGD(data, 5, M, 0.01, rule=rule)
    fresh.parameters = net.parameters
    known = nn.History.from_dict(history.to_dict())
    with pytest.warns(UserWarning, match=r"resume: the history does not hold the memory of") as caught:
        net.SGD(data, 2, M, 0.01, rule=rule, resume=known, shuffle=False)
    assert caught[0].filename == __file__  # it points to the call
    fresh.SGD(data, 2, M, 0.01, rule=rule, shuffle=False)
    assert np.array_equal(net.parameters, fresh.parameters)
    assert known.optimizer_start == history.steps[-1] == 15


def test_gradient_descent_has_no_memory_to_miss():
    data, net = classes(), network()
    history = net.SGD(data, 1, M, 0.5)
    net.SGD(data, 1, M, 0.5, resume=nn.History.from_dict(history.to_dict()))
    assert net.history.images == [N, 2 * N]


def test_keep_best_says_if_the_best_parameters_are_lost():
    data, evaluation, net = classes(20), classes(20, seed=7), network()
    history = net.SGD(data, 8, M, 1.0, evaluation_data=evaluation, keep_best=True)
    history = nn.History.from_dict(history.to_dict())
    history.evaluation_accuracy[2] = 1.0
    with pytest.warns(UserWarning, match="keep_best: the best epoch, 2, came before this run was resumed"):
        net.SGD(data, 2, M, 0.01, evaluation_data=evaluation, keep_best=True, resume=history)


def test_a_best_epoch_that_was_not_kept_has_no_parameters():
    """An epoch that was better, and whose parameters nobody kept, does not give way to a worse one."""
    data, evaluation, net = classes(20), classes(20, seed=7), network()
    history = net.SGD(data, 2, M, 0.01, evaluation_data=evaluation, keep_best=True)
    history.evaluation_accuracy[:] = [0.0, 0.0]
    net.SGD(data, 1, M, 0.5, evaluation_data=evaluation, resume=history)
    assert history.best_epoch == 2
    assert history.best is None


def test_a_history_of_another_network_is_refused():
    data = classes()
    history = nn.Network([5, 20, 3], seed=0).SGD(data, 1, M, 0.5, evaluation_data=data, keep_best=True)
    with pytest.raises(ValueError, match="resume: the history is of another network: as best it holds"):
        network().SGD(data, 1, M, 0.5, resume=history)
    history = network(dtype="float32").SGD(data, 1, M, 0.5, momentum=0.5)
    with pytest.raises(ValueError, match="as state it holds 176 numbers of float32, and this network has"):
        network().SGD(data, 1, M, 0.5, momentum=0.5, resume=history)
    with pytest.raises(TypeError, match="resume: the History of the run to continue needed"):
        network().SGD(data, 1, M, 0.5, resume=[])


def test_a_history_of_another_rule_is_refused():
    data, net = classes(), network()
    history = net.SGD(data, 1, M, 0.01, rule="adam")
    before = net.parameters.copy()
    with pytest.raises(ValueError, match=r"resume: .* the rule Adam\(.*got Nesterov\(.*: pass the same rule"):
        net.SGD(data, 1, M, 0.01, rule="nesterov", resume=history)
    assert np.array_equal(net.parameters, before)
    assert (len(history), history.stopped) == (1, "the epoch is done")
    net.SGD(data, 1, M, 0.01, rule=nn.rules.Adam(beta2=0.9), resume=history)  # its numbers may change
    assert history.rule == nn.rules.Adam(beta2=0.9)


def test_a_history_that_another_run_went_on_with_is_refused():
    """Its memory belongs to other parameters, though all sizes fit."""
    data, net = classes(), network()
    history = net.SGD(data, 2, M, 0.1, momentum=0.5)
    before = net.copy()
    net.SGD(data, 2, M, 0.1, momentum=0.5, resume=history)
    with pytest.raises(ValueError, match="a network with epochs_trained 4, and this one has 2: pass"):
        before.SGD(data, 2, M, 0.1, momentum=0.5, resume=history)
    other = nn.Network(net.layers, input_shape=net.input_shape, dtype=net.dtype, seed=net.seed + 1)
    other.SGD(data, 4, M, 0.1, momentum=0.5)
    with pytest.raises(ValueError, match=f"a network with seed {net.seed}, and this one has {net.seed + 1}"):
        other.SGD(data, 2, M, 0.1, momentum=0.5, resume=history)
    before.SGD(data, 2, M, 0.1, momentum=0.5, resume=before.history)
    assert np.array_equal(before.parameters, net.parameters)
