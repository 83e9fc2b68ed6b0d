"""Runs of SGD: what they train on, what ends them, and what an error leaves behind."""

import copy
import inspect
import itertools
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from support.small import bytes_of, small

import nncore as nn
from nncore.reference import network as reference


def test_SGD_matches_reference_over_epochs():
    X, y = np.random.default_rng(3).random((23, 5)), np.random.default_rng(4).integers(0, 3, 23)
    net, plain = nn.Network([5, 4, 3], seed=7, dtype="float64"), reference.Network([5, 4, 3], seed=7)
    for epochs, mini_batch_size, eta, lmbda in (
        (2, 5, 0.5, 0.0),
        (1, 1, 0.1, 2.0),
        (2, 23, 3.0, 0.1),
        (1, 99, 1.0, 0.0),
    ):
        net.SGD((X, y), epochs, mini_batch_size, eta, lmbda)
        plain.SGD((X, y), epochs, mini_batch_size, eta, lmbda)
    for got, wanted in zip([*net.weights, *net.biases], plain.weights + plain.biases, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10)
    assert net.epochs_trained == plain.epochs_trained == 6


def test_SGD_called_again_continues():
    (twice, data), (once, _) = small(), small()
    twice.SGD(data, 1, 3, 0.7)
    twice.SGD(data, 2, 3, 0.7)
    once.SGD(data, 3, 3, 0.7)
    assert bytes_of(twice) == bytes_of(once)
    assert twice.epochs_trained == once.epochs_trained == 3


def test_no_epochs_change_nothing():
    net, data = small()
    before = bytes_of(net)
    history = net.SGD(data, 0, 3, 0.7, evaluation_data=data)
    assert len(history) == 0
    assert history.seconds == history.evaluation_cost == []
    assert bytes_of(net) == before


@pytest.mark.parametrize("resumed", [False, True])
@pytest.mark.parametrize("name", list(inspect.signature(nn.Network.SGD).parameters)[1:-1])
def test_a_refused_argument_changes_nothing(name, resumed):
    net, data = small()
    history = net.SGD(data, 1, 5, 0.5)
    before = bytes_of(net), repr(history.to_dict()), net.epochs_trained
    right = {"training_data": data, "epochs": 1, "mini_batch_size": 5, "eta": 0.5}
    right |= {"evaluation_data": data} | ({"resume": history} if resumed else {})
    with pytest.raises((TypeError, ValueError), match=name):
        net.SGD(**right | {name: object()})
    assert (bytes_of(net), repr(history.to_dict()), net.epochs_trained) == before
    assert net.history is history


@pytest.mark.parametrize("name", list(inspect.signature(nn.Network.SGD).parameters)[2:-1])
def test_a_refusal_shows_the_beginning_of_a_long_value(name):
    net, data = small()
    right = {"training_data": data, "epochs": 1, "mini_batch_size": 5, "eta": 0.5, "evaluation_data": data}
    with pytest.raises((TypeError, ValueError)) as caught:
        net.SGD(**right | {name: np.array([[10**300] * 2] * 50, object)})
    assert len(str(caught.value)) < 500


def test_shuffle_may_be_off_or_a_function():
    asked = []

    def order(epoch, n):
        asked.append((epoch, n))
        return list(range(n))

    (by_function, data), (off, _), (on, _) = small(), small(), small()
    by_function.SGD(data, 2, 3, 0.7, shuffle=order)
    off.SGD(data, 2, 3, 0.7, shuffle=False)
    on.SGD(data, 2, 3, 0.7)
    assert asked == [(0, 20), (1, 20)]
    assert bytes_of(by_function) == bytes_of(off) != bytes_of(on)


def test_history_holds_one_value_per_epoch():
    net, data = small()
    history = net.SGD(
        data, 3, 5, 0.5, 0.3, evaluation_data=data, monitor=("training_cost", "evaluation_accuracy")
    )
    assert history is net.history
    assert len(history) == len(history.seconds) == 3
    assert history.eta == [0.5] * 3
    assert history.evaluation_cost == history.training_accuracy == []
    assert history.training_cost[-1] == net.cost(data, 0.3)
    assert history.evaluation_accuracy[-1] == net.accuracy(data)
    assert not history.interrupted
    assert list(history) == [[], history.evaluation_accuracy, history.training_cost, []]
    default = net.SGD(data, 1, 5, 0.5, evaluation_data=data)
    assert [len(values) for values in default] == [1, 1, 0, 0]


def test_callbacks_are_called_after_each_epoch():
    net, data = small()
    seen = []
    net.SGD(data, 3, 5, 0.5, callbacks=[lambda net, history: seen.append((net.epochs_trained, len(history)))])
    assert seen == [(1, 1), (2, 2), (3, 3)]


def test_one_example_and_one_mini_batch_of_all():
    net, (X, labels) = small()
    net.SGD((X[:1], labels[:1]), 1, 1, 0.5)
    net.SGD([(X[0], labels[0])], 1, 10, 0.5)
    net.SGD((X, labels), 1, 20, 0.5)
    assert np.isfinite(net.parameters).all()


@pytest.mark.parametrize("lmbda", [0.0, 1.0])
def test_the_result_does_not_depend_on_how_fast_the_machine_is(sample, monkeypatch, lmbda):
    """However long SGD thinks that things take: where it looks up, waiting rows are rounded once more."""
    results = set()
    for tick in (1e-9, 1e-3, 10.0):
        net = nn.Network([784, 12, 10], seed=3)
        clock = itertools.count(0.0, tick)
        with monkeypatch.context() as patch:
            patch.setattr(time, "perf_counter", lambda clock=clock: next(clock))
            net.SGD(sample[0][:1000], 2, 10, 0.5, lmbda)
        assert next(clock) > tick  # it was looked at
        results.add(bytes_of(net))
    assert len(results) == 1


def test_a_network_learns_digits(sample):
    train, validation, test = sample
    net = nn.Network([784, 30, 10], seed=0)
    history = net.SGD(train, 3, 10, 0.5, evaluation_data=validation)
    assert history.evaluation_cost[-1] < history.evaluation_cost[0]
    assert net.accuracy(test) > 0.88  # guessing gives 0.1


# ---- what stops it


def test_divergence_restores_the_parameters():
    net = nn.Network([nn.Dense(3, "linear"), nn.Dense(3, "linear")], input_shape=(4,), seed=0)
    X = np.random.default_rng(0).standard_normal((50, 4))
    data = (X, X[:, :3])
    net.SGD(data, 2, 5, 0.01)
    before = bytes_of(net)
    with pytest.raises(nn.DivergenceError, match=r"epoch 2: .* eta = 1e") as error:
        net.SGD(data, 3, 5, 1e10)
    assert error.value.epoch == 2
    assert isinstance(error.value, FloatingPointError)
    assert bytes_of(net) == before
    assert net.epochs_trained == 2
    net.SGD(data, 1, 5, 0.01)  # and it goes on
    assert net.epochs_trained == 3
    again = pickle.loads(pickle.dumps(error.value))
    assert (again.epoch, str(again)) == (2, str(error.value))


def test_two_threads_cannot_train_one_network():
    net, data = small()
    inside, done = threading.Event(), threading.Event()

    def wait(net, history):
        inside.set()
        done.wait(10)

    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(net.SGD, data, 1, 5, 0.5, callbacks=[wait])
        assert inside.wait(10)
        history = net.history
        with pytest.raises(RuntimeError, match="being trained already"):
            net.SGD(data, 1, 5, 0.5)
        assert net.history is history
        copied = copy.deepcopy(net)
        copied.SGD(data, 1, 5, 0.5)  # as the message advises
        done.set()
        assert len(first.result()) == 1
    net.SGD(data, 1, 5, 0.5)
    assert net.epochs_trained == 2
    assert bytes_of(copied) == bytes_of(net)


def test_an_error_in_a_callback_leaves_the_network_usable():
    net, data = small()

    def fail(net, history):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        net.SGD(data, 3, 5, 0.5, callbacks=[fail])
    assert net.epochs_trained == len(net.history) == 1
    net.SGD(data, 1, 5, 0.5)


def test_an_interrupt_in_a_callback_ends_the_run():
    net, data = small()

    def stop(net, history):
        if len(history) == 2:
            raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="interrupted"):
        history = net.SGD(data, 5, 5, 0.5, callbacks=[stop])
    assert history.interrupted
    assert len(history) == net.epochs_trained == 2
    assert not net.SGD(data, 1, 5, 0.5).interrupted


CTRL_C = """
import sys, time, warnings
import numpy as np
import nncore as nn
train, _, test = nn.datasets.load_sample()
net = nn.Network({sizes}, seed=0)
print("ready", flush=True)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    history = net.SGD(train, 100_000, {mini_batch_size}, 0.01)
    stopped = time.monotonic()
assert history.interrupted and history is net.history
assert len(caught) == 1 and "interrupted" in str(caught[0].message)
assert np.isfinite(net.parameters).all()
assert net.epochs_trained == len(history)
net.accuracy(test[:100])
net.SGD(train[:10], 1, 10, 0.1)
print(stopped, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.parametrize(
    ("sizes", "mini_batch_size"), [([784, 30, 10], 10), ([784, 300, 100, 10], 10), ([784, 30, 10], 8000)]
)
def test_ctrl_c_stops_within_a_quarter_of_a_second(sizes, mini_batch_size):
    """The clock is the machine's, the same in both processes; three tries, since other processes run too."""
    code = CTRL_C.format(sizes=sizes, mini_batch_size=mini_batch_size)
    took = []
    while not took or (took[-1] >= 0.25 and len(took) < 3):
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        time.sleep(0.4)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 0, err
        took.append(float(out) - sent)
    assert 0 < took[-1] < 0.25, took
