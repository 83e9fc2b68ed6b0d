"""What runs report to Python's logging, and that nothing is done where nobody listens."""

import logging
import subprocess
import sys

import numpy as np
import pytest

import nncore as nn

DATA = np.random.default_rng(0).random((20, 4)).astype(np.float32), np.arange(20) % 2


@pytest.fixture
def net():
    return nn.Network([4, 2], seed=0)


def test_a_run_reports_its_beginning_epochs_and_end(net, caplog):
    with caplog.at_level(logging.INFO, "nncore"):
        history = net.SGD(DATA, 2, 5, 0.5, 0.1, momentum=0.5, evaluation_data=DATA, threads=1)
        net.SGD(DATA, 1, 5, 0.5, momentum=0.5, resume=history, threads=1)
    begin, first, second, end, again, third, last = caplog.messages
    assert begin == (
        "SGD begins: <Network [4, 2], sigmoid; cross-entropy cost, float32>, 20 examples, mini_batch_size 5, "
        "eta 0.5, rule Momentum(mu=0.5), lmbda 0.1"
    )
    assert first.startswith(
        f"epoch 1: evaluation_cost {history.evaluation_cost[0]:.6g}, evaluation_accuracy "
    )
    assert first.endswith(f"eta 0.5, seconds {history.seconds[0]:.4g}, threads 1")
    assert second.startswith("epoch 2: ")
    assert end == "the run ended after 2 epochs: all 2 epochs are done"
    assert again.endswith("rule Momentum(mu=0.5), resumed after 2 epochs")
    assert third.startswith("epoch 3: ")
    assert last == "the run ended after 3 epochs: the epoch is done"
    assert {record.levelname for record in caplog.records} == {"INFO"}


def test_an_epoch_that_is_rolled_back_is_a_warning(net, caplog):
    X = DATA[0].copy()
    X[3] = 3e38
    with (
        caplog.at_level(logging.WARNING, "nncore"),
        pytest.warns(UserWarning, match="Scale each input"),
        pytest.raises(nn.DivergenceError),
    ):
        net.SGD((X, DATA[1]), 2, 5, 1e38)
    (message,) = caplog.messages
    assert message.startswith("the run ended after 0 epochs: DivergenceError: epoch 0: the parameters left")
    assert message.endswith("; the network is as it was after epoch 0")


def test_ctrl_c_is_a_warning(net, caplog):
    def interrupt(net, history):
        raise KeyboardInterrupt

    with caplog.at_level(logging.WARNING, "nncore"), pytest.warns(UserWarning, match="interrupted"):
        net.SGD(DATA, 2, 5, 0.5, callbacks=interrupt)
    assert caplog.messages == [
        "the run ended after 1 epochs: interrupted in epoch 1; the network is as it was after epoch 1"
    ]


def test_minimize_reports_iterations(net, caplog):
    pytest.importorskip("scipy", reason="needs SciPy")
    with caplog.at_level(logging.INFO, "nncore"):
        history = net.minimize(DATA, maxiter=3)
    assert caplog.messages[0].startswith("L-BFGS-B begins: <Network [4, 2]")
    assert [text.split(":")[0] for text in caplog.messages[1:-1]] == [
        "iteration 1",
        "iteration 2",
        "iteration 3",
    ]
    assert caplog.messages[-1] == f"the run ended after 3 iterations: {history.stopped}"


def test_nothing_is_printed_or_formatted_where_nobody_listens(net, caplog, monkeypatch, capfd):
    monkeypatch.setattr(nn.Network, "__repr__", lambda net: pytest.fail("nobody listens"))
    with caplog.at_level(logging.ERROR, "nncore"):
        net.SGD(DATA, 2, 5, 0.5)
    assert not caplog.messages
    assert capfd.readouterr() == ("", "")


def test_logging_is_not_imported_for_it():
    program = "import sys, nncore as nn; nn.Network([1, 1]).SGD(([[0.0]], [[0.5]]), 1, 1, 0.1)\n"
    program += "assert 'logging' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_without_a_handler_warnings_are_not_printed():
    program = """
import logging, nncore as nn
def stop(net, history):
    raise SystemExit
nn.Network([1, 1]).SGD(([[0.0]], [[0.5]]), 1, 1, 0.1, callbacks=stop)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
