"""Workers that average their parameters: as worked by hand, as SGD for one worker, alike on any executor."""

import concurrent.futures
import multiprocessing

import numpy as np
import pytest

import nncore as nn
from nncore.distributed import averaging

COMMON = {"rounds": 2, "mini_batch_size": 10, "eta": 0.5}


@pytest.fixture(scope="module")
def data(sample):
    return sample[0][:300], sample[1][:100]


def averaged(data, executor=None, seed=0, layers=(784, 10), **arguments):
    net = nn.Network(list(layers), seed=seed)
    given = {"workers": 3, "evaluation_data": data[1], **COMMON} | arguments
    history = nn.distributed.average(net, data[0], executor=executor, **given)
    return net, history


def test_executors_give_the_same_bits(data):
    arguments = {"momentum": 0.5, "lmbda": 1.0, "schedule": nn.schedules.Step(1, 0.5), "layers": (784, 5, 10)}
    net, history = averaged(data, **arguments)
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        assert averaged(data, threads, **arguments)[0].parameters.tobytes() == net.parameters.tobytes()
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes:
        other, record = averaged(data, processes, **arguments)
    assert other.parameters.tobytes() == net.parameters.tobytes()
    assert record.evaluation_cost == history.evaluation_cost


@pytest.mark.parametrize("rule", ["sgd", nn.rules.Adam(), "nesterov"])
def test_one_worker_without_momentum_outside_is_sgd(data, rule):
    net, history = averaged(data, workers=1, outer=(1.0, 0.0), rule=rule, lmbda=1.0, eta=0.01, rounds=3)
    alone = nn.Network([784, 10], seed=0)
    record = alone.SGD(data[0], 3, 10, 0.01, 1.0, rule=rule, evaluation_data=data[1])
    assert net.parameters.tobytes() == alone.parameters.tobytes()
    for name in ("evaluation_cost", "evaluation_accuracy", "eta", "images", "steps"):
        assert getattr(history, name) == getattr(record, name)
    assert net.epochs_trained == alone.epochs_trained
    assert repr(net.training_record) == repr(alone.training_record)


def test_a_round_is_the_mean_of_what_the_workers_get_alone(data):
    """Worked with `SGD` by hand, for two rounds of the outer step with rate 0.7 and momentum 0.5."""
    net, _ = averaged(data, workers=2, outer=(0.7, 0.5), lmbda=2.0)
    by_hand = nn.Network([784, 10], seed=0)
    w, v = by_hand.parameters.astype(np.float64), 0.0
    for round_ in range(2):
        by_hand.epochs_trained = round_
        ends = []
        for k, share in enumerate(averaging.shares_of(by_hand, 300, 2)):
            worker = nn.Network([784, 10], seed=averaging._seed(0, k) if k else 0)
            worker.parameters, worker.epochs_trained = w, round_
            worker.SGD(data[0][share], 1, 10, 0.5, 2.0 * len(share) / 300)
            ends.append(worker.parameters.astype(np.float64))
        moved = w - np.mean(ends, axis=0)
        v = 0.5 * v + moved
        w = (w - 0.7 * (moved + 0.5 * v)).astype(np.float32).astype(np.float64)
    np.testing.assert_allclose(net.parameters, w, rtol=0, atol=2e-7)


def test_shares_are_all_examples_once_and_new_in_each_round():
    net = nn.Network([2, 1], seed=3)
    first = averaging.shares_of(net, 10, 3)
    assert sorted(np.concatenate(first)) == list(range(10))
    assert sorted(map(len, first)) == [3, 3, 4]
    net.epochs_trained = 1
    assert any((a[:3] != b[:3]).any() for a, b in zip(first, averaging.shares_of(net, 10, 3), strict=True))
    net.seed, net.epochs_trained = 4, 0
    assert any((a[:3] != b[:3]).any() for a, b in zip(first, averaging.shares_of(net, 10, 3), strict=True))


def test_decay_of_a_step_is_that_of_all_data(data):
    """With eta lmbda/n alone at work, the weights shrink as in SGD with n/K examples a worker."""
    zero = (np.zeros((40, 4)), np.full((40, 1), 0.5))
    net = nn.Network([nn.Dense(1)], input_shape=(4,), cost="quadratic", seed=0, dtype="float64")
    before = net.weights[0].copy()
    nn.distributed.average(
        net, zero, workers=4, rounds=1, mini_batch_size=5, eta=0.5, lmbda=8.0, outer=(1.0, 0.0)
    )
    np.testing.assert_allclose(net.weights[0], before * (1 - 0.5 * 8.0 / 40) ** 2, rtol=1e-14)


def test_history_has_a_value_for_each_round(data):
    net, history = averaged(data, workers=2, epochs=2)
    assert net.history is history
    assert len(history) == len(history.evaluation_accuracy) == 2
    assert history.images == [600, 1200]
    assert history.steps == [30, 60]
    assert history.stopped == "all 2 rounds are done"
    assert net.epochs_trained == 4
    assert history.evaluation_accuracy[-1] == net.accuracy(data[1])
    assert net.training_record[-1].epochs == 4
    again, _ = averaged(data, workers=2, epochs=2)
    assert again.parameters.tobytes() == net.parameters.tobytes()


def test_data_in_every_form(data):
    train, validation = data
    wanted = averaged(data)[0].parameters.tobytes()
    pairs = list(zip(train.to_float()[..., None], train.labels, strict=True))
    for given in ((train.images, train.labels), pairs, (pair for pair in pairs)):
        assert averaged((given, validation))[0].parameters.tobytes() == wanted


def test_progress_counts_all_images(data):
    seen = []
    averaged(data, progress=seen.append)
    assert sum(seen) == 600


def test_a_divergence_names_its_worker_and_leaves_the_network(data):
    net = nn.Network([784, 10], seed=0)
    before = net.parameters.copy()
    with pytest.raises(nn.DivergenceError, match="left the finite numbers") as caught:
        nn.distributed.average(net, data[0], workers=2, rounds=3, mini_batch_size=10, eta=10.0, lmbda=1e5)
    assert caught.value.__notes__[0].startswith("(on worker ")
    assert (net.parameters == before).all()
    assert net.history.stopped.startswith("DivergenceError")
    assert not net.training_record


def test_ctrl_c_leaves_the_last_whole_round(data, monkeypatch):
    take = averaging.OuterStep.take
    rounds = []

    def interrupt(step, net, copies):
        if len(rounds) == 1:
            raise KeyboardInterrupt
        rounds.append(copies)
        take(step, net, copies)

    one, _ = averaged(data, rounds=1)
    monkeypatch.setattr(averaging.OuterStep, "take", interrupt)
    with pytest.warns(UserWarning, match="interrupted in round 1"):
        net, history = averaged(data, rounds=3)
    assert history.interrupted
    assert len(history) == net.epochs_trained == 1
    assert net.parameters.tobytes() == one.parameters.tobytes()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"workers": 0}, "workers: "),
        ({"workers": 301}, "workers: 301 workers need as many examples, and there are 300"),
        ({"outer": (1.0,)}, "outer: a pair"),
        ({"outer": 1.0}, "outer: a pair"),
        ({"outer": (1.0, 1.0)}, "outer, momentum: "),
        ({"outer": (-1.0, 0.5)}, "outer, learning rate: "),
        ({"executor": 3}, "executor: an executor"),
        ({"rounds": -1}, "rounds: "),
        ({"rule": "nonsense"}, "rule: "),
    ],
)
def test_mistakes_are_refused(data, arguments, says):
    with pytest.raises((TypeError, ValueError), match=says):
        averaged(data, **arguments)
