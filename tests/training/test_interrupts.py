"""Ctrl-C, divergence or an error ends a run: network and history are those of the last whole epoch."""

import os
import pickle
import signal
import threading

import numpy as np
import pytest
from support.small_runs import SIZES, M, classes, network

import nncore as nn


def check_whole(net, history, epochs, data, **options):
    """The network and its history are those of a run of this many epochs, and the run can be resumed."""
    other = network()
    wanted = other.SGD(data, epochs, M, 0.5, **options)
    assert net.epochs_trained == len(history) == epochs
    assert np.array_equal(net.parameters, other.parameters)
    fields, expected = history.to_dict(), wanted.to_dict()
    assert fields.keys() - {"interrupted"} == expected.keys()
    for name in expected:
        if name in ("seconds", "elapsed", "threads"):
            assert len(fields[name]) == epochs
        elif name != "stopped":
            assert fields[name] == expected[name], name
    net.SGD(data, 2, M, 0.5, resume=history, **options)
    other.SGD(data, 2, M, 0.5, resume=wanted, **options)
    assert np.array_equal(net.parameters, other.parameters)


class InThirdEpoch:
    """Takes the place of a network's `_cost_and_accuracy`; a call in the third epoch raises an error."""

    def __init__(self, net, error, call):
        self.net, self.error, self.call, self.calls = net, error, call, 0
        self.measure = net._cost_and_accuracy

    def __call__(self, *arguments):
        if self.net.epochs_trained == 2:
            self.calls += 1
            if self.calls == self.call:
                del self.net._cost_and_accuracy  # once is enough
                raise self.error
        return self.measure(*arguments)


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_ctrl_c_leaves_the_last_whole_epoch(call):
    data, net = classes(12), network()  # a measurement ends the second epoch, and is a part of it
    options = {
        "momentum": 0.5,
        "evaluation_data": data,
        "monitor": nn.Monitor("evaluation_cost", "training_accuracy", every=2 * M, examples=3),
    }
    net._cost_and_accuracy = InThirdEpoch(net, KeyboardInterrupt, call)
    with pytest.warns(
        UserWarning, match="interrupted in epoch 2: the network is as it was when that epoch began"
    ):
        history = net.SGD(data, 10, M, 0.5, **options)
    assert history.interrupted
    assert history.stopped == "interrupted in epoch 2"
    check_whole(net, history, 2, data, **options)
    assert not history.interrupted


@pytest.mark.parametrize("when", ["in the history", "after the history", "after the count of epochs"])
def test_ctrl_c_at_the_very_end_of_an_epoch(when, monkeypatch):
    data, add = classes(), nn.History.add

    def add_and_press(history, values):
        if len(history) < 2 or when == "after the count of epochs":
            return add(history, values)
        if when == "after the history":
            add(history, values)
        else:
            history.training_cost.append(values["training_cost"])
        raise KeyboardInterrupt

    class Pressed(nn.Network):
        def __setattr__(self, name, value):
            super().__setattr__(name, value)
            if (name, value, when) == ("epochs_trained", 3, "after the count of epochs"):
                raise KeyboardInterrupt

    net = Pressed(SIZES, cost="cross-entropy", dtype="float64", seed=3)
    monkeypatch.setattr(nn.History, "add", add_and_press)
    with pytest.warns(UserWarning, match="interrupted in epoch 2"):
        history = net.SGD(data, 10, M, 0.5, monitor="training_cost")
    monkeypatch.undo()
    when = "never again"
    check_whole(net, history, 2, data, monitor="training_cost")


def test_ctrl_c_in_a_callback_leaves_the_last_whole_epoch():
    data = classes()

    def callback(net, history):
        if len(history) == 2:
            raise KeyboardInterrupt

    def shuffle(epoch, n):
        if epoch == 2:
            raise KeyboardInterrupt
        return np.arange(n)

    for options in ({"callbacks": [callback], "shuffle": False}, {"shuffle": shuffle}):
        net = network()
        with pytest.warns(UserWarning, match="interrupted in epoch 2"):
            history = net.SGD(data, 10, M, 0.5, **options)
        check_whole(net, history, 2, data, shuffle=False)


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_a_real_ctrl_c_stops_soon(sample):
    """Within two slices: the one that goes on, and one that began while the signal was on its way."""
    net, slices, pressed = nn.Network([784, 100, 10], seed=0), [], []

    def press():
        pressed.append(len(slices))
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.3, press)
    timer.start()
    with pytest.warns(UserWarning, match="interrupted in epoch"):
        history = net.SGD(sample[0], 10**6, 10, 0.5, progress=slices.append)
    assert len(slices) - pressed[0] <= 2
    assert history.interrupted
    assert net.epochs_trained == len(history)
    assert np.isfinite(net.parameters).all()


def test_divergence_gives_back_the_start_of_the_epoch():
    rng = np.random.default_rng(0)
    data = (rng.standard_normal((40, 5)), rng.standard_normal((40, 3)))
    net = nn.Network([nn.Dense(4, "relu"), nn.Dense(3, "linear")], input_shape=5, dtype="float64", seed=0)
    before, seen = net.parameters.copy(), []
    with pytest.raises(nn.DivergenceError, match=r"epoch 1: .* eta = 1e\+60 .*try 0.1\. The") as caught:
        net.SGD(data, 5, 1, 0.01, schedule=lambda epoch: 1e60 if epoch else 0.01,
                callbacks=[lambda net, history: seen.append(net.parameters.copy())])  # fmt: skip
    assert caught.value.epoch == net.epochs_trained == len(net.history) == 1
    assert np.array_equal(net.parameters, seen[0])
    assert not np.array_equal(net.parameters, before)
    assert net.history.stopped.startswith("DivergenceError: epoch 1")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.epoch) == (str(caught.value), 1)


def test_divergence_by_momentum_says_so():
    net = network(cost="quadratic", dtype="float32")
    with pytest.raises(nn.DivergenceError, match="with momentum = 2 the velocities only grow"):
        net.SGD(classes(), 100, M, 0.5, momentum=2.0)
    assert np.isfinite(net.parameters).all()
    assert np.isfinite(net.history.state).all()


def test_an_error_in_a_callback_leaves_whole_epochs():
    data, net = classes(), network()

    def callback(net, history):
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        net.SGD(data, 5, M, 0.5, callbacks=[callback])
    assert net.history.stopped == "LookupError: mine"
    check_whole(net, net.history, 1, data)


def test_one_trainer_at_a_time():
    data, net, errors = classes(), network(), []

    def callback(net, history):
        try:
            net.SGD(data, 1, M, 0.5)
        except RuntimeError as error:
            errors.append(str(error))

    history = net.SGD(data, 1, M, 0.5, callbacks=[callback])
    assert "trained already" in errors[0]
    assert net.history is history
    net.SGD(data, 1, M, 0.5)
