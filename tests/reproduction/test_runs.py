"""Runs are done once, resumed to the same bits after a stop or a kill, and never mixed with others."""

import concurrent.futures
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import nncore as nn
from nncore._work import workplace
from nncore._work.stop import Stop
from nncore.formats import npz
from nncore.reproduction import experiments, runs, single_run
from nncore.reproduction.display import Display
from nncore.reproduction.experiments.experiment import BookNumber, Experiment, measured
from nncore.reproduction.experiments.training_spec import Measurement, Training
from nncore.reproduction.record import Run, locked, read
from nncore.reproduction.results import collect

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

# Carries a run out in another process, with a checkpoint after every epoch.
CARRY_OUT = """
import sys
from pathlib import Path
from nncore.reproduction import single_run
from nncore.reproduction.record import Run
single_run.CHECKPOINT_SECONDS = 0.0
print(single_run.carry_out(Run("3.4", "network", 1, Path(sys.argv[1]), "sample", int(sys.argv[2]))))
"""


# The command, in which seed 0 writes a checkpoint after its first epoch, and then none until it is stopped.
# Seed 1, which may be a thread of the same process, must not end that before. Worker processes import it.
COMMAND = """
from nncore.reproduction import single_run
def once(run, *arguments, write=single_run._write_checkpoint):
    write(run, *arguments)
    if run.seed == 0:
        single_run.CHECKPOINT_SECONDS = 1e9
single_run.CHECKPOINT_SECONDS, single_run._write_checkpoint = 0.0, once
if __name__ == "__main__":
    from nncore.cli import main
    main()
"""


def epochs_in(checkpoint):
    return len(npz.read(checkpoint)[0]["history"]["seconds"])


@pytest.fixture
def registered(monkeypatch):
    """A function that registers parts as experiment "9.1", or under another id."""

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
    return Run("9.1", part, seed, folder, "sample", **others)


class StoppedAfter(Stop):
    """Stops a run of 200 images in the epoch after this number of epochs."""

    def __init__(self, epochs):
        super().__init__()
        self.left = 200 * epochs

    def check(self, images=0):
        self.left -= images
        if self.left < 0:
            raise KeyboardInterrupt


def same(a, b):
    """Whether two runs ended with the same bits."""
    first, second = read(a), read(b)
    for name in ("evaluation_cost", "evaluation_accuracy", "steps"):
        assert first["history"][name] == second["history"][name]
    assert first["test_accuracy"] == second["test_accuracy"]
    return nn.load(a.network).parameters.tobytes() == nn.load(b.network).parameters.tobytes()


# Records


def test_record_holds_settings_history_and_machine(registered, tmp_path, sample):
    registered(small(test_each_epoch=True))
    assert single_run.carry_out(of(tmp_path)) == "done"
    record = read(of(tmp_path))
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


def test_run_equals_the_training_in_python(registered, tmp_path, sample):
    part = small(lmbda=0.1)
    registered(part)
    single_run.carry_out(of(tmp_path, seed=5))
    net = part.network(seed=5)
    train, validation, _ = sample
    history = net.SGD(train[:200], evaluation_data=validation, **part.sgd_arguments())
    assert read(of(tmp_path, seed=5))["history"]["evaluation_cost"] == history.evaluation_cost


def test_saved_network_is_that_of_the_last_best_epoch(registered, tmp_path, sample):
    registered(small(epochs=12, eta=3.0, test_each_epoch=True))
    single_run.carry_out(of(tmp_path))
    record, net = read(of(tmp_path)), nn.load(of(tmp_path).network)
    accuracies = record["history"]["evaluation_accuracy"]
    best = max(range(12), key=lambda epoch: (accuracies[epoch], epoch))
    assert best < 11  # otherwise the last network would pass, too
    assert net.accuracy(sample[1]) == accuracies[best]
    assert net.accuracy(sample[2]) == record["test_accuracy"][best]


def test_accuracy_after_the_last_epoch_is_recorded(registered, tmp_path, sample):
    registered(small(evaluate_only_at_end=True))
    single_run.carry_out(of(tmp_path))
    accuracy = read(of(tmp_path))["numbers"]["accuracy"]
    assert accuracy == nn.load(of(tmp_path).network).accuracy(sample[1])


def test_trials_have_paths_of_their_own(tmp_path):
    whole = Run("1.1", "network", 0, tmp_path)
    assert whole.path == tmp_path / "1.1" / "network" / "seed-0.json"
    paths = {
        whole.path,
        whole._replace(data="sample").path,
        whole._replace(epochs=3).path,
        of(tmp_path, epochs=3).path,
    }
    assert len(paths) == 4


def test_divergence_is_recorded(registered, tmp_path):
    registered(small(eta=10.0, lmbda=1000.0, images=1000))
    assert single_run.carry_out(of(tmp_path)) == "done"
    assert read(of(tmp_path))["status"].startswith("diverged: epoch 0")


def test_damaged_record_is_named(registered, tmp_path):
    registered(small())
    run = of(tmp_path)
    run.path.parent.mkdir(parents=True)
    run.path.write_text("{")
    with pytest.raises(ValueError, match=r"seed-0\.json: not a result of nncore .*delete it"):
        read(run)


# Runs are done once


def test_finished_run_is_not_repeated(registered, tmp_path):
    registered(small())
    single_run.carry_out(of(tmp_path))
    before = of(tmp_path).path.read_bytes()
    assert single_run.carry_out(of(tmp_path)) == "already done"
    assert of(tmp_path).path.read_bytes() == before


def test_run_with_changed_settings_is_repeated(registered, tmp_path, capsys):
    registered(small())
    single_run.carry_out(of(tmp_path))
    registered(small(eta=0.25))
    assert single_run.carry_out(of(tmp_path)) == "done"
    assert read(of(tmp_path))["settings"]["eta"] == 0.25
    assert (
        "9.1 network, seed 0: the settings have changed since its result was written; running it again"
        in capsys.readouterr().err
    )


def test_checkpoint_of_other_settings_is_not_used(registered, tmp_path, capsys):
    registered(small())
    assert single_run.carry_out(of(tmp_path), StoppedAfter(2)) == "stopped"
    registered(small(eta=0.25))
    single_run.carry_out(of(tmp_path))
    assert (
        "the settings have changed since its checkpoint was written; starting from" in capsys.readouterr().err
    )
    assert len(read(of(tmp_path))["history"]["steps"]) == 3


def test_locked_run_is_left_to_the_other_process(registered, tmp_path):
    registered(small())
    with locked(of(tmp_path)) as first, locked(of(tmp_path)) as second:
        assert first
        assert not second
        assert single_run.carry_out(of(tmp_path)) == "running elsewhere"
        assert single_run.carry_out(of(tmp_path, seed=1)) == "done"
    assert single_run.carry_out(of(tmp_path)) == "done"


# Stopping and resuming


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_stopped_run_is_resumed_to_the_same_bits(registered, tmp_path, dropout):
    layers = (nn.Dense(10, "sigmoid"), nn.Softmax(10, dropout=dropout))
    registered(small(epochs=5, layers=layers, input_shape=(784,), cost=None, test_each_epoch=True))
    whole, stopped = of(tmp_path / "whole"), of(tmp_path / "stopped")
    single_run.carry_out(whole)
    for epochs in (1, 2):
        assert single_run.carry_out(stopped, StoppedAfter(epochs)) == "stopped"
        assert read(stopped) is None
        assert stopped.checkpoint.exists()
    assert single_run.carry_out(stopped) == "done"
    assert same(whole, stopped)
    assert not stopped.checkpoint.exists()


def test_run_stopped_in_its_first_epoch_leaves_nothing(registered, tmp_path):
    registered(small())
    assert single_run.carry_out(of(tmp_path), StoppedAfter(0)) == "stopped"
    assert not of(tmp_path).checkpoint.exists()
    assert read(of(tmp_path)) is None


@posix
def test_killed_run_is_resumed_to_the_same_bits(tmp_path):
    epochs = 60
    whole, killed = (
        Run("3.4", "network", 1, tmp_path / name, "sample", epochs) for name in ("whole", "killed")
    )
    process = subprocess.Popen([sys.executable, "-c", CARRY_OUT, killed.results, str(epochs)])
    deadline = time.monotonic() + 60
    while not killed.checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL  # it was not finished
    assert killed.checkpoint.exists()
    assert read(killed) is None
    assert single_run.carry_out(killed) == "done"  # the dead process does not hold the lock
    assert single_run.carry_out(whole) == "done"
    assert same(whole, killed)


# Many runs


def test_threads_run_every_part_with_every_seed(registered, tmp_path, capsys):
    registered(small(), small("other", eta=0.1), Measurement("fixed", "step", lambda: {"x": 1}, ()))
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        outcomes = runs.run(["9.1"], results=tmp_path, data="sample", executor=threads)
    assert {(run.part, run.seed): word for run, word in outcomes.items()} == {
        (name, seed): "done"
        for name, seeds in (("network", 2), ("other", 2), ("fixed", 1))
        for seed in range(seeds)
    }
    assert read(of(tmp_path, "fixed"))["numbers"] == {"x": 1}
    assert "9.1 other, seed 1: done" in capsys.readouterr().err


def test_a_stop_of_another_thread_ends_the_runs(registered, tmp_path):
    registered(small(epochs=100_000))
    stop = Stop()
    waiting = threading.Timer(0.2, stop.set)
    waiting.start()
    with pytest.raises(KeyboardInterrupt):
        runs.run(["9.1"], results=tmp_path, data="sample", threads=1, stop=stop)
    waiting.join()
    assert of(tmp_path).checkpoint.exists()
    assert read(of(tmp_path)) is None


def test_records_of_some_experiments_are_collected(registered, tmp_path):
    registered(small())
    registered(small(), id="9.2")
    for id in ("9.1", "9.2"):
        single_run.carry_out(of(tmp_path)._replace(experiment=id))
    folder = tmp_path / "sample"
    assert set(collect(folder)) == {("9.1", "network"), ("9.2", "network")}
    assert set(collect(folder, ["9.2"])) == {("9.2", "network")}


def test_worker_processes_give_the_same_results(tmp_path):
    outcomes = runs.run(["1.5"], seeds=[3], results=tmp_path, data="sample", epochs=2, workers=1)
    assert outcomes == {Run("1.5", "network", 3, tmp_path, "sample", 2): "done"}
    here = Run("1.5", "network", 3, tmp_path / "here", "sample", 2)
    single_run.carry_out(here)
    assert same(here, next(iter(outcomes)))


def test_results_that_the_workers_do_not_share_are_refused(registered, tmp_path, monkeypatch):
    registered(small())
    monkeypatch.setattr(workplace, "is_shared", lambda executor, folder: False)
    with (
        concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor,
        pytest.raises(ValueError, match=r"results: a worker of the executor does not find .* machines share"),
    ):
        runs.run(["9.1"], results=tmp_path, data="sample", executor=executor)


def test_measurements_run_in_processes_after_the_trainings(tmp_path):
    outcomes = runs.run(["4.1"], results=tmp_path, data="sample")
    assert list(outcomes.values()) == ["done"]


def test_workers_and_threads_exclude_each_other(tmp_path):
    with pytest.raises(ValueError, match="workers: they replace the threads"):
        runs.run(["4.1"], results=tmp_path, data="sample", workers=1, threads=1)


def test_failing_run_does_not_end_the_others(registered, tmp_path, capsys):
    def missing():
        raise ImportError("no such library")

    registered(Measurement("missing", "step", missing, ()), small())
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        outcomes = runs.run(["9.1"], seeds=1, results=tmp_path, data="sample", executor=threads)
    assert list(outcomes.values()) == ["failed: ImportError: no such library", "done"]


def test_measurement_waits_for_networks_of_other_experiments(registered, tmp_path):
    def votes(networks):
        return {"x": [net.seed for net in networks]}

    registered(Measurement("votes", "vote", votes, ("networks",), networks_of="9.2"))
    registered(small(), id="9.2")
    with pytest.raises(
        ValueError, match=r"9\.1: it needs the networks of 9\.2; `nncore book run 9\.2` trains them"
    ):
        single_run.carry_out(of(tmp_path, "votes"))
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        runs.run(["9.1", "9.2"], results=tmp_path, data="sample", executor=threads)
        assert read(of(tmp_path, "votes"))["numbers"]["x"] == [0, 1]
        outcomes = runs.run(["9.2", "9.1"], seeds=3, results=tmp_path, data="sample", executor=threads)
    assert outcomes[of(tmp_path, "votes")] == "done"  # again, since there is another network
    assert read(of(tmp_path, "votes"))["numbers"]["x"] == [0, 1, 2]


def test_progress_is_printed_every_minute(registered, tmp_path, capsys):
    registered(small(epochs=4))
    single_run.carry_out(of(tmp_path), StoppedAfter(2))
    display = Display()
    display.last_line -= 61
    display.update([of(tmp_path), of(tmp_path, seed=1)])
    assert capsys.readouterr().err == "9.1 network, seed 0: 2 of 4 epochs, less than a minute left\n"


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("count", [["--threads", "2"], ["--workers", "2"]])
def test_trainings_end_with_the_command_and_leave_a_checkpoint(tmp_path, number, count):
    script, results = tmp_path / "command.py", tmp_path / "results"
    script.write_text(COMMAND)
    command = [sys.executable, script, "book", "run", "3.4", "--seeds", "2", "--data", "sample"]
    command += ["--epochs", "100000", *count, "--results", str(results)]
    run = Run("3.4", "network", 0, results, "sample", 100000)
    deadline = time.monotonic() + 60
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as process:
        try:
            while not run.checkpoint.exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            before = epochs_in(run.checkpoint)
            time.sleep(0.2)
            process.send_signal(number)  # to the command alone: not to its workers, as a terminal would
            process.communicate()
        finally:
            process.kill()
    assert process.returncode == (130 if number == signal.SIGINT else -signal.SIGKILL)
    if number == signal.SIGINT:
        assert epochs_in(run.checkpoint) > before
    while time.monotonic() < deadline:
        with locked(run) as free:
            if free:
                break
        time.sleep(0.01)
    assert free  # no worker is left


def test_history_can_be_read_from_the_record(registered, tmp_path):
    registered(small())
    single_run.carry_out(of(tmp_path))
    history = nn.History.from_dict(json.loads(of(tmp_path).path.read_text())["history"])
    assert len(history) == 3
    assert np.isfinite(history.evaluation_cost).all()
