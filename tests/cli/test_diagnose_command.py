"""`nncore diagnose` and `nncore find-eta`."""

from click.testing import CliRunner
from support.diagnosis import train

import nncore as nn
from nncore import cli

LAYERS = [nn.Conv2D(8, 5, "relu"), nn.MaxPool2D(2), nn.Dense(20, "relu"), nn.Softmax(10)]


def invoke(arguments):
    return CliRunner().invoke(cli.main, arguments)


def test_the_command_diagnoses_a_saved_network_of_chapter_6(sample, tmp_path):
    data = sample[0][:1000]
    train(data, LAYERS, 1, 3.0, init="he", input_shape=(1, 28, 28)).save(tmp_path / "bad.npz")
    result = invoke(["diagnose", str(tmp_path / "bad.npz"), "--eta", "3"])
    assert result.exit_code == 0, result.output
    assert "1. one answer (serious)" in result.stdout
    assert "eta = 3 is about" in result.stdout


def test_the_command_diagnoses_a_saved_network(sample, tmp_path):
    data, _, _ = sample
    bad, good = tmp_path / "bad.npz", tmp_path / "good.npz"
    train(data, [784, 30, 10], 2, 100.0).save(bad)
    train(data, [784, 30, 10], 2, 0.5).save(good)
    result = invoke(["diagnose", str(bad), "--eta", "100"])
    assert result.exit_code == 0, result.output
    assert "1. one answer (serious)" in result.stdout
    assert "eta = 100 is about" in result.stdout
    result = invoke(["diagnose", str(good)])
    assert result.stdout.strip().endswith("right: nothing wrong was found.")
    result = invoke(["diagnose", str(tmp_path / "none.npz")])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")


def test_find_eta_prints_its_trials():
    result = invoke(["find-eta", "--layers", "784,10", "--mini-batch", "100"])
    assert result.exit_code == 0, result.output
    assert "mini-batches of 100, lmbda 0.8" in result.stdout.splitlines()[0]
    assert "Use half of that" in result.stdout.splitlines()[-1]


def test_find_eta_reports_an_error_in_one_line():
    result = invoke(["find-eta", "--layers", "700,10"])
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("Error: data, x: ")


def test_both_commands_hand_on_class_weight(tmp_path, monkeypatch):
    """What the library makes of it is tested there."""
    nn.Network([784, 10], seed=0).save(tmp_path / "net.npz")
    for name in ("find_eta", "diagnose"):
        monkeypatch.setattr(nn, name, lambda *given, class_weight, **options: class_weight)
    for command in (["find-eta"], ["diagnose", str(tmp_path / "net.npz"), "--data", "sample"]):
        assert invoke(command).stdout.strip() == "None"
        assert invoke([*command, "--class-weight", "balanced"]).stdout.strip() == "'balanced'"
