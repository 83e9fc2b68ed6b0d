"""A sweep gives what each training gives alone, whatever carries it out, and keeps what has ended."""

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
from nncore.sweeps import training
from nncore.sweeps.training import ELSEWHERE, Outcome

COMMON = {"layers": [784, 10], "epochs": 2, "mini_batch_size": 10}
GRID = {"eta": [0.1, 0.5], "lmbda": [0.0, 1.0]}


@pytest.fixture(scope="module")
def data(sample):
    return sample[0][:200], sample[1][:100]


def bits(results):
    return [result.network.parameters.tobytes() for result in results]


def stems(folder, suffix=".json"):
    return sorted(path.name for path in folder.glob(f"*-seed-*{suffix}"))


# The same as alone


def test_each_training_is_as_it_is_alone(data):
    train, validation = data
    results = nn.sweep(GRID, data, seeds=[3, 5], **COMMON)
    assert [(r.config, r.seed) for r in results] == [(i, seed) for i in range(4) for seed in (3, 5)]
    for result in results:
        net = nn.Network([784, 10], seed=result.seed)
        history = net.SGD(train, evaluation_data=validation, **nn_arguments(result))
        assert result.network.parameters.tobytes() == net.parameters.tobytes()
        assert result.history.evaluation_accuracy == history.evaluation_accuracy
        assert result.value("evaluation_cost") == history.evaluation_cost[-1]


def nn_arguments(result):
    return {name: value for name, value in result.arguments.items() if name != "layers"}


@pytest.mark.parametrize("form", ["pair", "list", "generator", "function", "triple"])
def test_data_in_every_form(sample, data, form):
    train, validation = data
    wanted = bits(nn.sweep(GRID, data, seeds=1, **COMMON))
    pairs = list(zip(train.to_float()[..., None], train.labels, strict=True))
    given, evaluation = {
        "pair": ((train.images, train.labels), validation),
        "list": (pairs, validation),
        "generator": ((pair for pair in pairs), validation),
        "function": (lambda: data, None),
        "triple": ((train, validation, sample[2]), None),
    }[form]
    assert bits(nn.sweep(GRID, given, seeds=1, evaluation_data=evaluation, **COMMON)) == wanted


def test_executors_give_the_same_bits(data, tmp_path):
    wanted = bits(nn.sweep(GRID, data, seeds=2, threads=1, **COMMON))
    assert bits(nn.sweep(GRID, data, seeds=2, threads=3, **COMMON)) == wanted
    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        assert bits(nn.sweep(GRID, data, executor, seeds=2, **COMMON)) == wanted
    with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        assert bits(nn.sweep(GRID, data, executor, seeds=2, **COMMON)) == wanted
        assert bits(nn.sweep(GRID, data, executor, seeds=2, folder=tmp_path, **COMMON)) == wanted
    assert len(stems(tmp_path)) == 8


# Configs


def test_a_list_of_dicts_and_functions(data):
    def drawn(seed):
        return {"eta": 0.1 * (seed + 1)}

    results = nn.sweep([{"eta": 0.5}, drawn, {"eta": 0.5, "epochs": 1}], data, seeds=2, **COMMON)
    assert [result.arguments["eta"] for result in results] == [0.5, 0.5, 0.1, 0.2, 0.5, 0.5]
    assert [len(result.history) for result in results] == [2, 2, 2, 2, 1, 1]


def test_a_grid_has_all_combinations_and_tuples_are_values(data):
    results = nn.sweep(
        {"layers": [[784, 5, 10], [784, 10]], "eta": np.array([0.5, 0.25]), "monitor": ("training_cost",)},
        data, seeds=1, epochs=1, mini_batch_size=10,
    )  # fmt: skip
    assert [(r.arguments["layers"], r.arguments["eta"]) for r in results] == [
        ([784, 5, 10], 0.5), ([784, 5, 10], 0.25), ([784, 10], 0.5), ([784, 10], 0.25),
    ]  # fmt: skip
    assert results.by == "training_cost"


@pytest.mark.parametrize(
    ("configs", "common", "says"),
    [
        (
            {"lr": [0.1]},
            {},
            r"configs\[0\]: neither Network nor SGD has an argument 'lr'. In nncore: .*eta=0\.5",
        ),
        ([{"eta": 0.1}, {"etta": 0.1}], {}, r"configs\[1\]: neither .* 'etta'; did you mean 'eta'\?"),
        (
            {"eta": [0.1]},
            {"seed": 3},
            r"configs\[0\]: seed cannot be .*: seeds= of nn\.sweep gives the seeds",
        ),
        ({"eta": [0.1], "resume": [None]}, {}, r"resume cannot be .* folder=\.\.\.\) resumes"),
        ({"lmbda": [0.1]}, {}, r"configs\[0\]: eta missing: write it there, or pass it to nn\.sweep"),
        (["eta"], {}, r"configs\[0\]: a dict of the arguments .* got 'eta'"),
        ("eta", {}, "configs: a dict of lists, or a list of dicts or functions, needed"),
        ([], {}, "configs: at least one needed, got none"),
        ({"eta": []}, {}, "configs: eta has no choices"),
        ({"eta": [0.1]}, {"seeds": 0}, "seeds: at least 1 needed, got 0"),
        ({"eta": [0.1]}, {"seeds": [1, 1]}, r"seeds: different seeds needed, got \[1, 1\]"),
        ({"eta": [0.1]}, {"seeds": "two"}, "seeds: a number of seeds, or a list of them, needed"),
        ({"eta": [0.1]}, {"folder": 3}, "folder: the name of a folder needed, got 3"),
        ({"eta": [0.1, -1.0]}, {}, "eta: a number needed that is at least 0"),
        ({"eta": [0.1]}, {"layers": [100, 10]}, "100"),
        ({"eta": [0.1]}, {"threads": 0}, "threads: at least 1 needed"),
    ],
)
def test_mistakes_are_refused_before_anything_is_trained(data, monkeypatch, configs, common, says):
    monkeypatch.setattr(training, "carry_out", lambda task: pytest.fail("something was trained"))
    with pytest.raises((TypeError, ValueError), match=says):
        nn.sweep(configs, data, **COMMON | {"seeds": 1} | common)


def test_the_error_of_a_value_names_its_config(data):
    with pytest.raises(ValueError, match="eta") as caught:
        nn.sweep({"eta": [0.1, -1.0]}, data, seeds=1, **COMMON)
    assert caught.value.__notes__ == ["(in eta=-1.0, seed 0)"]


# What fails, and what is interrupted


def test_a_failing_training_does_not_end_the_others(data):
    def fail(net, history):
        if net.seed == 1:
            raise ArithmeticError("enough")

    results = nn.sweep(GRID, data, seeds=2, callbacks=fail, **COMMON)
    assert [result.error for result in results] == [None, "ArithmeticError: enough"] * 4
    with pytest.raises(ValueError, match=r"eta=0\.1, lmbda=0\.0, seed 1: it has no network: Arith"):
        _ = results[1].network
    assert "1 failed: ArithmeticError: enough" in str(results)


def test_a_divergence_is_a_result(data, tmp_path):
    arguments = {**COMMON, "eta": 10.0, "lmbda": 1000.0, "epochs": 5}
    for _ in range(2):  # the second is read
        results = nn.sweep([{}, {"eta": 0.1, "lmbda": 0.0}], data, seeds=1, folder=tmp_path, **arguments)
        assert results[0].error.startswith("DivergenceError: epoch 1: the parameters left the finite numbers")
        assert results.best().arguments["eta"] == 0.1
    assert len(stems(tmp_path)) == 2


def die(net, history):
    os._exit(1)


def test_an_executor_that_breaks_leaves_errors_in_the_table(data):
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        results = nn.sweep({"eta": [0.1, 0.2]}, data, executor, seeds=1, callbacks=die, **COMMON)
    assert all(result.error.startswith("BrokenProcessPool") for result in results)


def interrupt_after(count):
    """What `progress` calls: Ctrl-C comes when so many trainings have ended."""
    seen = []

    def line(result):
        seen.append(result)
        if len(seen) == count:
            raise KeyboardInterrupt

    return line


def test_ctrl_c_keeps_what_has_ended(data, tmp_path):
    wanted = bits(nn.sweep(GRID, data, seeds=2, **COMMON))
    with pytest.warns(UserWarning, match="interrupted: . of 8 trainings have ended"):
        part = nn.sweep(
            GRID, data, seeds=2, threads=1, progress=interrupt_after(3), folder=tmp_path, **COMMON
        )
    assert part.interrupted
    ended = [result for result in part if result.error is None]
    assert 3 <= len(ended) < 8
    assert {result.error for result in part} == {None, "interrupted"}
    assert len(stems(tmp_path)) == len(ended)
    whole = nn.sweep(GRID, data, seeds=2, folder=tmp_path, **COMMON)
    assert not whole.interrupted
    assert bits(whole) == wanted


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_ends_long_trainings_at_once(tmp_path):
    code = """
import sys, nncore as nn
train, validation, test = nn.datasets.load_sample()
def say(net, history):
    print("epoch\\n", end="", flush=True)

if __name__ == "__main__":
    results = nn.sweep(
        {"eta": [0.1, 0.2, 0.3]}, (train, validation), seeds=2, threads=2, folder=sys.argv[1],
        layers=[784, 10], epochs=10**6, mini_batch_size=10, callbacks=say,
    )
    print(results.interrupted, {result.error for result in results})
"""
    command = [sys.executable, "-W", "ignore", "-c", code, tmp_path]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "epoch\n"
    process.send_signal(signal.SIGINT)
    start = time.monotonic()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert out.splitlines()[-1] == "True {'interrupted'}"
    assert time.monotonic() - start < 30
    assert stems(tmp_path) == [] != stems(tmp_path, ".checkpoint.npz")


# The folder


@pytest.mark.parametrize("rule", ["sgd", nn.rules.Adam(), "nesterov"])
def test_a_stopped_training_goes_on_to_the_same_bits(data, tmp_path, monkeypatch, rule):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    arguments = {**COMMON, "epochs": 6, "eta": 0.01, "rule": rule, "keep_best": True, "seeds": 1}
    arguments["schedule"] = nn.schedules.Halve(no_improvement_in=1)
    [wanted] = nn.sweep([{}], data, **arguments)
    for epochs in (2, 4):
        [stopped] = nn.sweep([{}], data, folder=tmp_path, callbacks=stop_after(epochs), **arguments)
        assert stopped.error == "interrupted"
        assert len(stems(tmp_path, ".checkpoint.npz")) == 1
    [result] = nn.sweep([{}], data, folder=tmp_path, **arguments)
    assert result.network.parameters.tobytes() == wanted.network.parameters.tobytes()
    assert result.history.evaluation_cost == wanted.history.evaluation_cost
    assert result.history.eta == wanted.history.eta
    assert len(result.history) == 6
    assert stems(tmp_path, ".checkpoint.npz") == []


def stop_after(epochs):
    def callback(net, history):
        if len(history) == epochs:
            raise KeyboardInterrupt

    return callback


def test_results_on_disk_are_not_made_again(data, tmp_path, monkeypatch):
    first = nn.sweep(GRID, data, seeds=2, folder=tmp_path, **COMMON)
    monkeypatch.setattr(training, "_train", lambda task: pytest.fail("it was trained again"))
    again = nn.sweep(GRID, data, seeds=2, folder=tmp_path, **COMMON)
    assert bits(again) == bits(first)
    assert str(again) == str(first)


def test_a_wider_sweep_trains_what_is_new(data, tmp_path):
    nn.sweep({"eta": [0.1]}, data, seeds=1, folder=tmp_path, **COMMON)
    before = stems(tmp_path)
    results = nn.sweep({"eta": [0.2, 0.1]}, data, seeds=2, folder=tmp_path, **COMMON)
    assert bits(results) == bits(nn.sweep({"eta": [0.2, 0.1]}, data, seeds=2, **COMMON))
    assert set(before) < set(stems(tmp_path))
    assert len(stems(tmp_path)) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"eta": 0.2}, {"epochs": 3}, {"layers": [784, 5, 10]},
        {"layers": [nn.Softmax(10)], "input_shape": (784,)},
        {"rule": nn.rules.Adam(beta1=0.5)}, {"schedule": lambda epoch: 0.1}, {"schedule": lambda epoch: 0.2},
        {"weights": np.arange(200.0)}, {"dtype": "float64"},
    ],
)  # fmt: skip
def test_changed_arguments_are_not_mixed_with_the_old(data, tmp_path, change):
    arguments = {**COMMON, "eta": 0.1}
    nn.sweep([{}], data, seeds=1, folder=tmp_path, **arguments)
    [result] = nn.sweep([change], data, seeds=1, folder=tmp_path, **arguments)
    assert len(stems(tmp_path)) == 2
    assert bits([result]) == bits(nn.sweep([change], data, seeds=1, **arguments))


@pytest.mark.parametrize("which", ["training", "evaluation"])
def test_changed_data_are_noticed(data, tmp_path, which):
    train, validation = data
    nn.sweep(GRID, data, seeds=1, folder=tmp_path, **COMMON)
    images = train.images.copy()
    images[77, 14, 14] ^= 1  # one pixel
    other = (nn.Dataset(images, train.labels), validation) if which == "training" else (train, validation[1:])
    with pytest.warns(UserWarning, match="folder: 4 of the results in .* are of other data; they are kept"):
        results = nn.sweep(GRID, other, seeds=1, folder=tmp_path, **COMMON)
    assert bits(results) == bits(nn.sweep(GRID, other, seeds=1, **COMMON))
    assert len(stems(tmp_path)) == 8


def test_a_damaged_record_is_an_error_of_its_training(data, tmp_path):
    nn.sweep(GRID, data, seeds=1, folder=tmp_path, **COMMON)
    path = tmp_path / stems(tmp_path)[0]
    for text in ("{", "[]", '{"format": "other"}', "{}", json.dumps({"format": training.FORMAT})):
        path.write_text(text)
        results = nn.sweep(GRID, data, seeds=1, folder=tmp_path, **COMMON)
        [error] = [result.error for result in results if result.error]
        assert error.startswith(f"ValueError: {path}: not a result of a sweep")
        assert error.endswith("; delete it")
    path.unlink()
    assert all(result.error is None for result in nn.sweep(GRID, data, seeds=1, folder=tmp_path, **COMMON))


def test_what_another_sweep_carries_out_is_waited_for(data, monkeypatch):
    asked = []
    carry_out = training.carry_out

    def twice_elsewhere(task):
        asked.append(task.attempt)
        return Outcome(ELSEWHERE) if len(asked) <= 2 else carry_out(task)

    monkeypatch.setattr(training, "carry_out", twice_elsewhere)
    monkeypatch.setattr("nncore.sweeps.sweep.TICK", 0.001)
    results = nn.sweep({"eta": [0.1]}, data, seeds=1, **COMMON)
    assert [result.error for result in results] == [None]
    assert len(set(asked)) == 3


def test_two_sweeps_in_one_folder_share_the_work(data, tmp_path):
    found = {}

    def run(name):
        found[name] = nn.sweep(GRID, data, seeds=3, folder=tmp_path, threads=2, **COMMON)

    threads = [threading.Thread(target=run, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bits(found["a"]) == bits(found["b"]) == bits(nn.sweep(GRID, data, seeds=3, **COMMON))
    assert len(stems(tmp_path)) == 12


# Progress


def test_progress_calls_a_function_with_each_result(data):
    seen = []
    results = nn.sweep(GRID, data, seeds=2, progress=seen.append, **COMMON)
    assert sorted(map(id, seen)) == sorted(map(id, results))
    assert str(seen[0]).startswith("eta=")


def test_the_bar_counts_all_images(data, capsys):
    nn.sweep(GRID, data, seeds=2, progress=True, **COMMON)
    err = capsys.readouterr().err
    assert "100%" in err
    assert "trainings=8/8" in err


def test_a_network_that_does_not_learn_is_remarked_and_warns_nobody(data):
    results = nn.sweep(
        [{"eta": 0.0, "init": "zeros", "epochs": 10}], data, seeds=1, **COMMON | {"layers": [784, 10]}
    )
    assert results[0].warnings
    assert "1 warned: " in str(results)
