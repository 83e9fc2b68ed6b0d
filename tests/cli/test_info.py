"""`nncore info`: the machine, and a saved network."""

import re

import numpy as np
import pytest
from click.testing import CliRunner

import nncore as nn
from nncore import targets
from nncore.cli import info, main


def lines_of(*arguments):
    """What `nncore info` prints, as names and values."""
    result = CliRunner().invoke(main, ["info", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return dict(re.split(r"\s{2,}", line, maxsplit=1) for line in result.stdout.splitlines())


def test_the_machine_with_its_kernels_and_peak():
    lines = lines_of()
    assert list(lines) == [
        *("nncore", "Python", "NumPy", "CPU", "targets built", "target in use", "peak measured"),
    ]
    assert lines["nncore"] == nn.__version__
    assert lines["NumPy"] == np.__version__
    assert lines["target in use"] == "{} ({})".format(*targets.target())
    assert lines["targets built"] == ", ".join(targets.targets_built())
    assert re.search(r"[1-9]\d* GFLOP/s float32", lines["peak measured"])


def test_peak_is_plausible():
    assert 1e8 < info.peak("float32", seconds=0.005) < 1e13
    assert info.peak("float32", seconds=0.02) > 0.5 * info.peak("float64", seconds=0.02)


def test_a_new_network(tmp_path):
    layers = [nn.Conv2D(20, 5), nn.MaxPool2D(2), nn.Softmax(10)]
    nn.Network(layers, input_shape=(1, 28, 28), dtype="float64", seed=7).save(tmp_path / "net.npz")
    assert lines_of(tmp_path / "net.npz") == {
        "input": "1 x 28 x 28",
        "layer 2": str(layers[0]),
        "layer 3": str(layers[1]),
        "layer 4": str(layers[2]),
        "parameters": f"{20 * 26 + 10 * 2881:,}",
        "cost": "log-likelihood",
        "dtype": "float64",
        "seed": "7",
        "epochs trained": "0",
    }


def test_a_trained_network(sample, tmp_path):
    train, validation, _ = sample
    net = nn.Network([784, 10], seed=0)
    history = net.SGD(train[:1000], 3, 10, 0.5, evaluation_data=validation, progress=False)
    net.save(tmp_path / "net.npz")
    lines = lines_of(tmp_path / "net.npz")
    assert lines["epochs trained"] == "3"
    assert lines["evaluation accuracy"] == f"{history.evaluation_accuracy[-1]:.2%} after the last epoch"
    assert lines["evaluation cost"] == f"{history.evaluation_cost[-1]:.4g} after the last epoch"
    assert "training accuracy" not in lines  # it was not monitored
    assert lines["trained on"] == str(net.training_record.data)
    assert lines["targets"] == "classes"
    assert lines["trained by"] == "GradientDescent(), eta 0.5, mini-batches of 10; 3 epochs, seed 0"
    assert f"nncore {nn.__version__}" in lines["trained with"]
    net.SGD(nn.Dataset(train.images[:50], train.labels[:50], class_names=list("0123456789")), 1, 10, 0.5)
    described = info.describe_network(net)
    assert described["classes (2)"] == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert described["trained on (1)"] == lines["trained on"]
    net.history = None
    assert info.describe_network(net)["history"] == "the file holds none"


def test_an_ensemble(tmp_path):
    nets = [nn.Network([3, 2], seed=seed) for seed in (4, 5)]
    nn.Ensemble(nets).save(tmp_path / "voters.npz")
    result = CliRunner().invoke(main, ["info", str(tmp_path / "voters.npz")])
    assert result.exit_code == 0
    head, first, second = result.stdout.split("\n\n")
    assert head == "An ensemble of 2 networks, which answer together."
    for i, section in enumerate((first, second)):
        lines = section.splitlines()
        assert lines[0] == f"network {i}"
        assert dict(re.split(r"\s{2,}", line) for line in lines[1:])["seed"] == str(nets[i].seed)
    refused = CliRunner().invoke(main, ["evaluate", str(tmp_path / "voters.npz")])
    assert refused.exit_code == 1
    assert 'an ensemble and not one network: "nncore info" prints what is in it' in refused.stderr


@pytest.mark.parametrize("name", ["none.npz", "text.npz"])
def test_a_file_that_is_no_network_is_one_line(tmp_path, name):
    (tmp_path / "text.npz").write_text("not a network")
    result = CliRunner().invoke(main, ["info", str(tmp_path / name)])
    assert result.exit_code == 1
    assert re.fullmatch(rf"Error: .*{name}.*\n", result.stderr)


def test_a_network_of_network2(tmp_path):
    nn.Network([3, 2], seed=7).save(tmp_path / "net.json")
    lines = lines_of(tmp_path / "net.json")
    assert (lines["parameters"], lines["cost"], lines["dtype"]) == ("8", "cross-entropy", "float64")


def test_a_file_that_is_no_network_is_named_in_a_shells_terms(tmp_path):
    path = tmp_path / "mnist.npz"
    np.savez(path, x_train=np.zeros(3), y_train=0, x_test=0, y_test=0)
    result = CliRunner().invoke(main, ["info", str(path)])
    assert result.exit_code == 1
    assert "this is MNIST as Keras distributes it (mnist.npz); the option --data takes it" in result.stderr
