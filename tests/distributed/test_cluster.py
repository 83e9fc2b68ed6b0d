"""On a real cluster of two worker processes, everything has the bits that it has in one process."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from support.tasks import checkpoints_every

import nncore as nn
from nncore.distributed import cluster as module
from nncore.formats import npz
from nncore.reproduction import runs
from nncore.reproduction.record import Run, read
from nncore.sweeps import training

COMMON = {"layers": [784, 30, 10], "mini_batch_size": 10}


def parameters(results):
    return [result.network.parameters.tobytes() for result in results]


def test_a_sweep_with_data_from_a_file_and_from_a_function(cluster, sample):
    grid, arguments = {"eta": [0.1, 0.5]}, {**COMMON, "epochs": 1, "seeds": 2}
    wanted = parameters(nn.sweep(grid, nn.datasets.load_sample, **arguments))
    assert parameters(nn.sweep(grid, nn.datasets.load_sample, cluster, **arguments)) == wanted
    assert parameters(nn.sweep(grid, sample, cluster, **arguments)) == wanted


def test_the_same_task_twice_is_carried_out_twice(cluster, sample):
    """Dask would take two tasks with the same arguments for one."""
    data = sample[0][:100], sample[1][:100]
    seconds = [nn.sweep({"eta": [0.1]}, data, cluster, seeds=1, epochs=1, **COMMON)[0].seconds for _ in "ab"]
    assert seconds[0] != seconds[1]


def test_an_ensemble(cluster, sample):
    here, there = (nn.Ensemble(nn.Network([784, 10], seed=seed) for seed in range(3)) for _ in "ab")
    here.SGD(sample[0][:500], 2, 10, 0.5)
    there.SGD(sample[0][:500], 2, 10, 0.5, executor=cluster)
    for net, other in zip(here, there, strict=True):
        assert other.parameters.tobytes() == net.parameters.tobytes()


def test_averaging(cluster, sample):
    here, there = (nn.Network([784, 10], seed=0) for _ in "ab")
    arguments = {"workers": 3, "rounds": 2, "mini_batch_size": 10, "eta": 0.5}
    nn.distributed.average(here, sample[0][:500], **arguments)
    nn.distributed.average(there, sample[0][:500], executor=cluster, **arguments)
    assert there.parameters.tobytes() == here.parameters.tobytes()


def test_the_runs_of_the_book(cluster, tmp_path, capsys):
    for name, executor in (("here", None), ("there", cluster)):
        outcomes = runs.run(
            ["1.5"], seeds=2, results=tmp_path / name, data="sample", epochs=1, executor=executor
        )
        assert set(outcomes.values()) == {"done"}
    here, there = (Run("1.5", "network", 1, tmp_path / name, "sample", 1) for name in ("here", "there"))
    assert nn.load(there.network).parameters.tobytes() == nn.load(here.network).parameters.tobytes()
    assert read(there)["history"]["evaluation_accuracy"] == read(here)["history"]["evaluation_accuracy"]


def test_a_failing_training_does_not_end_the_others(cluster, sample):
    def fail(net, history):
        if net.seed == 1:
            raise ArithmeticError("enough")

    data = sample[0][:100], sample[1][:100]
    results = nn.sweep({"eta": [0.1]}, data, cluster, seeds=3, epochs=1, callbacks=fail, **COMMON)
    assert [result.error for result in results] == [None, "ArithmeticError: enough", None]


def test_ctrl_c_ends_the_trainings_on_the_workers(cluster, sample, tmp_path):
    owners = tmp_path / ".locks"

    def interrupt():
        deadline = time.monotonic() + 60
        while not list(owners.glob("*.owner")) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.3)
        signal.raise_signal(signal.SIGINT)

    data = sample[0][:100], sample[1][:100]
    threading.Thread(target=interrupt).start()
    with pytest.warns(UserWarning, match="interrupted: 0 of 4 trainings have ended"):
        results = nn.sweep(
            {"eta": [0.1, 0.2]}, data, cluster, seeds=2, epochs=10**7, folder=tmp_path, **COMMON
        )
    assert {result.error for result in results} == {"interrupted"}
    assert not list(owners.glob("*.owner"))  # nobody trains any more
    assert list(tmp_path.glob("*.checkpoint.npz"))


# A worker that is killed


@pytest.fixture
def frequent_checkpoints(cluster):
    """The workers write checkpoints often; a worker that is started anew does not."""
    before = training.CHECKPOINT_SECONDS
    cluster.client.run(checkpoints_every, 0.02)
    yield
    cluster.client.wait_for_workers(2)  # one may be starting anew
    cluster.client.run(checkpoints_every, before, on_error="return")


def kill_a_worker(folder, after, killed):
    """Kill a worker whose training has a checkpoint, once so many trainings have ended."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if len(list(folder.glob("*-seed-?.json"))) >= after:
            for owner in (folder / ".locks").glob("*.owner"):
                name = owner.name.removesuffix(".owner")
                try:
                    process = json.loads(owner.read_text())["process"]
                    os.kill(process, signal.SIGSTOP)
                except (OSError, ValueError):  # it has just ended
                    continue
                try:
                    description, _ = npz.read(folder / f"{name}.checkpoint.npz")
                    if (folder / f"{name}.json").exists():
                        raise ValueError("it has just ended")
                except (OSError, ValueError):  # it has no checkpoint
                    os.kill(process, signal.SIGCONT)
                    continue
                os.kill(process, signal.SIGKILL)
                killed.append((name, process, description["history"]["seconds"]))
                return
        time.sleep(0.002)


def sweep_with_a_worker_killed(cluster, folder, grid, data, after, **arguments):
    """A sweep during which a worker is killed; it must equal that of this process."""
    killed = []
    killer = threading.Thread(target=kill_a_worker, args=(folder, after, killed))
    killer.start()
    results = nn.sweep(grid, data, cluster, folder=folder, **arguments)
    killer.join()
    assert {result.error for result in results} == {None}
    alone = nn.sweep(grid, data, **arguments)
    assert parameters(results) == parameters(alone)
    for ours, theirs in zip(results, alone, strict=True):
        assert ours.history.evaluation_cost == theirs.history.evaluation_cost
    [(name, process, seconds)] = killed
    assert f"process {process}" not in json.loads((folder / f"{name}.json").read_text())["worker"]
    # It went on from the checkpoint: the times of the first epochs are those of the killed worker.
    [resumed] = [result for result in results if result.history.seconds[: len(seconds)] == seconds]
    assert len(resumed.history) > len(seconds)
    return results


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_a_training_whose_worker_is_killed_goes_on_elsewhere(cluster, frequent_checkpoints, sample, tmp_path):
    data = sample[0][:1000], sample[1][:100]
    grid = {"eta": [0.1, 0.5]}
    sweep_with_a_worker_killed(cluster, tmp_path, grid, data, 0, seeds=1, epochs=200, **COMMON)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_24_trainings_with_a_worker_killed_half_way(cluster, frequent_checkpoints, sample, tmp_path):
    grid = {"eta": [0.1, 0.5], "lmbda": [0.0, 1.0], "rule": ["sgd", nn.rules.Adam(), "nesterov"]}
    data = sample[0][:1000], sample[1][:100]
    results = sweep_with_a_worker_killed(cluster, tmp_path, grid, data, 12, seeds=2, epochs=30, **COMMON)
    assert len(results) == 24


# Starting and checking


def test_workers_with_other_versions_are_refused(cluster, monkeypatch):
    here, mine = os.getpid(), module._installed()
    other = mine | {"versions": mine["versions"] | {"nncore": "0.0.1"}}
    monkeypatch.setattr(module, "_installed", lambda: other if os.getpid() == here else mine)
    with pytest.raises(ValueError, match=r"address: nncore 0\.0\.1 is needed on every worker, and tcp://"):
        module.check_workers(cluster.client)


def test_workers_with_other_kernels_are_warned_of(cluster, monkeypatch):
    here, mine = os.getpid(), module._installed()
    target = "avx2" if mine["target"] in ("base", "plain") else "base"
    other = mine | {"target": target}
    monkeypatch.setattr(module, "_installed", lambda: other if os.getpid() == here else mine)
    with pytest.warns(UserWarning, match="address: .* round differently"):
        module.check_workers(cluster.client)


def test_workers_with_the_same_kernels_are_not_warned_of(cluster, monkeypatch):
    """As after NNCORE_TARGET=base for all."""
    other = module._installed() | {"target": "base"}
    monkeypatch.setattr(module, "_installed", lambda: other)
    module.check_workers(cluster.client)


def test_other_machines_cannot_reach_the_cluster(cluster):
    psutil = pytest.importorskip("psutil")  # Dask needs it
    me = psutil.Process()
    listening = {
        connection.laddr.ip
        for process in (me, *me.children(recursive=True))
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_a_client_is_no_executor_but_makes_one(cluster, sample):
    ensemble = nn.Ensemble([nn.Network([784, 10], seed=0)])
    with pytest.raises(TypeError, match=r"got Client: client\.get_executor\(\) makes one"):
        ensemble.SGD(sample[0][:50], 1, 10, 0.1, executor=cluster.client)
    executor = cluster.client.get_executor()  # "pure", as Dask's default is
    for epochs in (1, 2):
        ensemble.SGD(sample[0][:50], 1, 10, 0.1, executor=executor)
        assert ensemble[0].epochs_trained == epochs


@pytest.mark.slow
def test_a_scheduler_without_workers_gets_one_by_dask_worker():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as scheduler:
        address = scheduler.scheduler_address
        with (
            pytest.raises(ValueError, match="no workers yet; start one with `dask worker`"),
            nn.distributed.dask(address),
        ):
            pass
        command = [sys.executable, "-m", "dask", "worker", address, "--no-dashboard", "--no-nanny"]
        worker = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            with distributed.Client(address) as client:
                client.wait_for_workers(1, timeout=60)
            with nn.distributed.dask(address) as executor:
                assert executor.submit(max, 1, 2).result() == 2
        finally:
            worker.terminate()
            worker.wait(30)


def test_the_cluster_is_reached_by_its_address(cluster):
    address = cluster.client.scheduler_info()["address"]
    with nn.distributed.dask(address) as executor:
        assert executor.submit(os.getpid).result() != os.getpid()
    assert cluster.submit(max, 1, 2).result() == 2  # the cluster is still there


@pytest.mark.parametrize(
    ("address", "workers", "error", "says"),
    [
        (3, None, TypeError, "address: that of a scheduler needed"),
        ("tcp://127.0.0.1:1", 2, ValueError, "workers: the cluster at the address has its own"),
        (None, 0, ValueError, "workers: "),
    ],
)
def test_mistakes_are_refused(address, workers, error, says):
    pytest.importorskip("distributed")
    with pytest.raises(error, match=says), nn.distributed.dask(address, workers=workers):
        pass


def test_without_distributed_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match="dask: distributed is needed: pip install distributed"):  # noqa: SIM117
        with nn.distributed.dask():
            pass
