"""Runs: once, on disk, going on after a kill to the same bits, and never mixed with others."""

import concurrent.futures
import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import nncore as nn
from nncore.reproduction import experiments, runs
from nncore.reproduction.experiments.experiment import BookNumber, Experiment, measured
from nncore.reproduction.experiments.training_spec import Measurement, Training

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

# Carries a run out in another process, with a checkpoint after every epoch.
CARRY_OUT = """
import sys
from pathlib import Path
from nncore.reproduction import runs
runs.CHECKPOINT_SECONDS = 0.0
print(runs.carry_out(runs.Run("3.4", "network", 1, Path(sys.argv[1]), "sample", int(sys.argv[2]))))
"""


@pytest.fixture(autouse=True)
def go_on():
    runs._stop.clear()
    yield
    runs._stop.clear()


@pytest.fixture
def registered(monkeypatch):
    """A function: puts parts into the registry as experiment "9.1", in place of all others or beside them."""

    def register(*parts, id="9.1", seeds=2):
        entry = Experiment(
            id, "a test", "nowhere", parts, (BookNumber(parts[0].name, "x", measured("x")),), "", "", seeds
        )
        monkeypatch.setitem(experiments.EXPERIMENTS, id, entry)

    return register


def small(name="network", **settings):
    usual = {"layers": (784, 10), "epochs": 3, "eta": 0.5, "cost": "cross-entropy", "images": 200}
    return Training(name, **usual | settings)


def of(folder, part="network", seed=0, **others):
    return runs.Run("9.1", part, seed, folder, "sample", **others)


@contextlib.contextmanager
def stopped_after(epochs):
    """Runs of 200 images are told to stop in the epoch after so many."""
    seen = 0

    def go_on(images):
        nonlocal seen
        seen += images
        if seen > 200 * epochs:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "_go_on", go_on)
        yield


def same(a, b):
    """Whether two runs ended with the same bits."""
    first, second = runs.read(a), runs.read(b)
    for name in ("evaluation_cost", "evaluation_accuracy", "steps"):
        assert first["history"][name] == second["history"][name]
    assert first["test_accuracy"] == second["test_accuracy"]
    return a.network.read_bytes() == b.network.read_bytes()


# What is on disk


def test_a_result_holds_settings_history_and_where_it_was_made(registered, tmp_path, sample):
    registered(small(test_each_epoch=True))
    assert runs.carry_out(of(tmp_path)) == "done"
    record = runs.read(of(tmp_path))
    assert record["experiment"] == "9.1"
    assert record["part"] == "network"
    assert record["seed"] == 0
    assert record["status"] == "done"
    assert record["settings"]["eta"] == 0.5
    assert record["settings"]["data"].startswith("8000+1000+1000 images")
    assert len(record["history"]["evaluation_accuracy"]) == len(record["test_accuracy"]) == 3
    assert record["seconds"] == pytest.approx(sum(record["history"]["seconds"]))
    assert record["wall"] >= record["seconds"]
    assert record["machine"]["target"] == nn.targets.target()[0]
    assert record["machine"]["cores"] == os.cpu_count()
    assert record["versions"]["nncore"] == nn.__version__
    assert record["date"].endswith("+00:00")
    assert not of(tmp_path).checkpoint.exists()


def test_it_is_the_training_that_the_part_says(registered, tmp_path, sample):
    part = small(lmbda=0.1)
    registered(part)
    runs.carry_out(of(tmp_path, seed=5))
    net = part.network(seed=5)
    train, validation, _ = sample
    history = net.SGD(train[:200], evaluation_data=validation, **part.sgd_arguments())
    assert runs.read(of(tmp_path, seed=5))["history"]["evaluation_cost"] == history.evaluation_cost


def test_the_network_kept_is_that_of_the_best_epoch_of_equals_the_last(registered, tmp_path, sample):
    registered(small(epochs=12, eta=3.0, test_each_epoch=True))
    runs.carry_out(of(tmp_path))
    record, net = runs.read(of(tmp_path)), nn.load(of(tmp_path).network)
    accuracies = record["history"]["evaluation_accuracy"]
    best = max(range(12), key=lambda epoch: (accuracies[epoch], epoch))
    assert best < 11  # else this would not tell
    assert net.accuracy(sample[1]) == accuracies[best]
    assert net.accuracy(sample[2]) == record["test_accuracy"][best]


def test_of_a_run_looked_at_after_the_last_epoch_alone_the_accuracy_is_kept(registered, tmp_path, sample):
    registered(small(evaluate_only_at_end=True))
    runs.carry_out(of(tmp_path))
    accuracy = runs.read(of(tmp_path))["numbers"]["accuracy"]
    assert accuracy == nn.load(of(tmp_path).network).accuracy(sample[1])


def test_looks_are_kept_apart(tmp_path):
    whole = runs.Run("1.1", "network", 0, tmp_path)
    assert whole.path == tmp_path / "1.1" / "network" / "seed-0.json"
    paths = {
        whole.path,
        whole._replace(data="sample").path,
        whole._replace(epochs=3).path,
        of(tmp_path, epochs=3).path,
    }
    assert len(paths) == 4


def test_a_divergence_is_a_result(registered, tmp_path):
    registered(small(eta=10.0, lmbda=1000.0, images=1000))
    assert runs.carry_out(of(tmp_path)) == "done"
    assert runs.read(of(tmp_path))["status"].startswith("diverged: epoch 0")


def test_a_damaged_result_is_named(registered, tmp_path):
    registered(small())
    run = of(tmp_path)
    run.path.parent.mkdir(parents=True)
    run.path.write_text("{")
    with pytest.raises(ValueError, match=r"seed-0\.json: not a result of nncore .*delete it"):
        runs.read(run)


# Once, and never mixed


def test_what_is_there_is_not_done_again(registered, tmp_path):
    registered(small())
    runs.carry_out(of(tmp_path))
    before = of(tmp_path).path.read_bytes()
    assert runs.carry_out(of(tmp_path)) == "there already"
    assert of(tmp_path).path.read_bytes() == before


def test_changed_settings_are_done_anew_and_said(registered, tmp_path, capsys):
    registered(small())
    runs.carry_out(of(tmp_path))
    registered(small(eta=0.25))
    assert runs.carry_out(of(tmp_path)) == "done"
    assert runs.read(of(tmp_path))["settings"]["eta"] == 0.25
    assert "9.1 network, seed 0: its settings changed, it is done anew" in capsys.readouterr().err


def test_a_checkpoint_of_other_settings_is_not_gone_on_with(registered, tmp_path, capsys):
    registered(small())
    with stopped_after(2):
        assert runs.carry_out(of(tmp_path)) == "stopped"
    registered(small(eta=0.25))
    runs.carry_out(of(tmp_path))
    assert "its settings changed since it was stopped, it begins anew" in capsys.readouterr().err
    assert len(runs.read(of(tmp_path))["history"]["steps"]) == 3


def test_two_at_once_do_not_do_it_twice(registered, tmp_path):
    registered(small())
    with runs._locked(of(tmp_path)) as mine, runs._locked(of(tmp_path)) as second:
        assert mine
        assert not second
        assert runs.carry_out(of(tmp_path)) == "running elsewhere"
        assert runs.carry_out(of(tmp_path, seed=1)) == "done"
    assert runs.carry_out(of(tmp_path)) == "done"


# Stopped, and going on


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_stopped_run_goes_on_to_the_same_bits(registered, tmp_path, dropout):
    layers = (nn.Dense(10, "sigmoid"), nn.Softmax(10, dropout=dropout))
    registered(small(epochs=5, layers=layers, input_shape=(784,), cost=None, test_each_epoch=True))
    whole, stopped = of(tmp_path / "whole"), of(tmp_path / "stopped")
    runs.carry_out(whole)
    for epochs in (1, 2):
        with stopped_after(epochs):
            assert runs.carry_out(stopped) == "stopped"
        assert runs.read(stopped) is None
        assert stopped.checkpoint.exists()
    assert runs.carry_out(stopped) == "done"
    assert same(whole, stopped)
    assert not stopped.checkpoint.exists()


def test_stopped_in_its_first_epoch_a_run_leaves_nothing(registered, tmp_path):
    registered(small())
    runs._stop.set()
    assert runs.carry_out(of(tmp_path)) == "stopped"
    assert not of(tmp_path).checkpoint.exists()
    assert runs.read(of(tmp_path)) is None


@posix
def test_killed_in_the_middle_a_run_goes_on_to_the_same_bits(tmp_path):
    epochs = 60
    whole, killed = (
        runs.Run("3.4", "network", 1, tmp_path / name, "sample", epochs) for name in ("whole", "killed")
    )
    process = subprocess.Popen([sys.executable, "-c", CARRY_OUT, killed.results, str(epochs)])
    deadline = time.monotonic() + 60
    while not killed.checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL  # it was not done yet
    assert killed.checkpoint.exists()
    assert runs.read(killed) is None
    assert runs.carry_out(killed) == "done"  # the dead process does not hold the lock
    assert runs.carry_out(whole) == "done"
    assert same(whole, killed)


# The executor


def test_threads_carry_out_every_part_with_every_seed(registered, tmp_path, capsys):
    registered(small(), small("other", eta=0.1), Measurement("fixed", "step", lambda: {"x": 1}, ()))
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        became = runs.run(["9.1"], results=tmp_path, data="sample", executor=threads)
    assert {(run.part, run.seed): word for run, word in became.items()} == {
        (name, seed): "done"
        for name, seeds in (("network", 2), ("other", 2), ("fixed", 1))
        for seed in range(seeds)
    }
    assert runs.read(of(tmp_path, "fixed"))["numbers"] == {"x": 1}
    assert "9.1 other, seed 1: done" in capsys.readouterr().err


def test_the_processes_of_our_own_do_the_same(tmp_path):
    became = runs.run(["1.5"], seeds=[3], results=tmp_path, data="sample", epochs=2, workers=1)
    assert became == {runs.Run("1.5", "network", 3, tmp_path, "sample", 2): "done"}
    here = runs.Run("1.5", "network", 3, tmp_path / "here", "sample", 2)
    runs.carry_out(here)
    assert same(here, next(iter(became)))


def test_what_fails_does_not_end_the_others(registered, tmp_path, capsys):
    def missing():
        raise ImportError("no such library")

    registered(Measurement("missing", "step", missing, ()), small())
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        became = runs.run(["9.1"], seeds=1, results=tmp_path, data="sample", executor=threads)
    assert list(became.values()) == ["failed: ImportError: no such library", "done"]


def test_a_measurement_takes_the_networks_of_another_experiment_and_waits_for_them(registered, tmp_path):
    def votes(networks):
        return {"x": [net.seed for net in networks]}

    registered(Measurement("votes", "vote", votes, ("networks",), networks_of="9.2"))
    registered(small(), id="9.2")
    with pytest.raises(ValueError, match=r"9\.1: run 9\.2 first, whose networks it takes"):
        runs.carry_out(of(tmp_path, "votes"))
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        runs.run(["9.1", "9.2"], results=tmp_path, data="sample", executor=threads)
        assert runs.read(of(tmp_path, "votes"))["numbers"]["x"] == [0, 1]
        became = runs.run(["9.2", "9.1"], seeds=3, results=tmp_path, data="sample", executor=threads)
    assert became[of(tmp_path, "votes")] == "done"  # again: there is another network
    assert runs.read(of(tmp_path, "votes"))["numbers"]["x"] == [0, 1, 2]


def test_every_minute_a_line_says_how_far_a_run_is(registered, tmp_path, capsys):
    registered(small(epochs=4))
    with stopped_after(2):
        runs.carry_out(of(tmp_path))
    display = runs._Display()
    display.said -= 61
    display.look([of(tmp_path), of(tmp_path, seed=1)])
    assert capsys.readouterr().err == "9.1 network, seed 0: 2 of 4 epochs, 0 minutes left\n"


@posix
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_the_workers_end_with_the_command_and_what_they_did_is_kept(tmp_path, blow):
    command = [sys.executable, "-m", "nncore", "book", "run", "3.4", "--seeds", "2", "--data", "sample"]
    command += ["--epochs", "100000", "--workers", "2", "--results", str(tmp_path)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    run = runs.Run("3.4", "network", 0, tmp_path, "sample", 100000)
    deadline = time.monotonic() + 60
    lock = tmp_path / ".locks" / "sample-100000-epochs-3.4-network-seed-0"
    while not lock.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.5)
    process.send_signal(blow)  # to the command alone: not to its workers, as a terminal would
    process.communicate()
    assert process.returncode == (130 if blow == signal.SIGINT else -signal.SIGKILL)
    if blow == signal.SIGINT:
        assert run.checkpoint.exists()
    while time.monotonic() < deadline:
        with runs._locked(run) as free:
            if free:
                break
        time.sleep(0.01)
    assert free  # no worker is left at it


def test_the_history_on_disk_is_one_of_json(registered, tmp_path):
    registered(small())
    runs.carry_out(of(tmp_path))
    history = nn.History.from_dict(json.loads(of(tmp_path).path.read_text())["history"])
    assert len(history) == 3
    assert np.isfinite(history.evaluation_cost).all()
