"""`nncore evaluate` and `nncore diagnose` use the digits that a network was trained on, and warn."""

import numpy as np
import pytest
from support.commands import misused, run

import nncore as nn


@pytest.fixture(scope="module")
def of_mnist(mnist, tmp_path_factory):
    net = nn.Network([784, 30, 10], seed=0)
    net.SGD(mnist[0], 1, 10, 0.5)
    path = tmp_path_factory.mktemp("mnist") / "net.npz"
    net.save(path)
    return path, net


def test_the_default_is_what_the_network_was_trained_on(of_mnist, mnist):
    path, net = of_mnist
    right = round(10_000 * net.accuracy(mnist[2]))
    stdout, stderr = run("evaluate", path)
    assert f"({right} of 10000 digits)" in stdout
    assert stderr == ""
    assert "50,000 images" in run("diagnose", path)[0]


def test_digits_that_the_network_knows_give_a_warning_whose_remedy_works(of_mnist):
    path, _ = of_mnist
    stdout, stderr = run("evaluate", path, "--data", "sample")
    assert "of 1000 digits" in stdout
    assert "trained on about 100% of these test digits" in stderr
    assert "--data mnist" in stderr
    assert run("evaluate", path, "--data", "mnist")[1] == ""
    assert "of these validation digits" in run("diagnose", path, "--data", "sample")[1]


def test_digits_that_are_not_those_of_the_training(sample, tmp_path, mnist):
    net = nn.Network([784, 10], seed=0)
    net.SGD(sample[0], 1, 10, 0.5)
    net.save(tmp_path / "net.npz")
    assert "not among those" in run("diagnose", tmp_path / "net.npz", "--data", "mnist")[1]
    assert run("diagnose", tmp_path / "net.npz")[1] == ""


def test_a_network_that_does_not_say_what_it_knows(tmp_path):
    nn.Network([784, 10], seed=0).save(tmp_path / "old.npz")
    stdout, stderr = run("evaluate", tmp_path / "old.npz")
    assert "of 1000 digits" in stdout
    assert "does not say what it was trained on" in stderr


def test_a_network_of_other_data_needs_data(sample, tmp_path):
    net = nn.Network([784, 10], seed=0)
    net.SGD((np.random.default_rng(0).random((50, 784)), sample[0].labels[:50]), 1, 10, 0.5)
    net.save(tmp_path / "own.npz")
    assert "data without a name: --data" in misused("evaluate", tmp_path / "own.npz")
    assert "of 1000 digits" in run("evaluate", tmp_path / "own.npz", "--data", "sample")[0]


FORMATS = ["npz", "onnx", "safetensors", "html"]


def saved(net, path):
    """Save the network, if the library that its format needs is here."""
    if path.suffix in (".onnx", ".safetensors"):
        pytest.importorskip(path.suffix[1:])
    net.save(path)
    return path


@pytest.mark.parametrize("format", FORMATS)
def test_test_digits_of_the_training_are_known_whatever_the_format(sample, tmp_path, format):
    train, _, test = sample
    net = nn.Network([784, 10], seed=0)
    net.SGD(test, 1, 10, 0.5)
    path = saved(net, tmp_path / f"known.{format}")
    assert "trained on about 100% of these test digits" in run("evaluate", path)[1]
    assert "most of the training digits" in run("diagnose", path)[1]
    net = nn.Network([784, 10], seed=0)
    net.SGD(train, 1, 10, 0.5)
    path = saved(net, tmp_path / f"other.{format}")
    assert run("evaluate", path)[1] == run("diagnose", path)[1] == ""


@pytest.mark.parametrize("format", FORMATS)
def test_a_network_of_mnist_knows_the_digits_that_ship_whatever_the_format(of_mnist, tmp_path, format):
    path = saved(of_mnist[1], tmp_path / f"net.{format}")
    stderr = run("evaluate", path, "--data", "sample")[1]
    assert "trained on about 100% of these test digits" in stderr
    assert "--data mnist" in stderr
    assert run("evaluate", path)[1] == run("diagnose", path)[1] == ""


def test_a_file_that_does_not_keep_the_examples_says_so_and_the_npz_does(sample, tmp_path):
    train, _, test = sample
    net = nn.Network([784, 10], seed=0)
    net.SGD(
        (np.concatenate([train.images[:100, :, ::-1], test.images]), [*train.labels[:100], *test.labels]),
        1,
        10,
        0.5,
    )
    net.save(tmp_path / "net.html")
    net.save(tmp_path / "net.npz")
    for command, what in (("evaluate", "test digits"), ("diagnose", "validation digits")):
        _, stderr = run(command, tmp_path / "net.html", "--data", "sample")
        assert f"net.html does not keep which examples the network was trained on, so these {what}" in stderr
        assert len(stderr.splitlines()) == 1
    assert "of these test digits" in run("evaluate", tmp_path / "net.npz", "--data", "sample")[1]


LABELS = {  # what a network is trained on: its layers, its targets for digits, and what is said of it
    "several labels": (
        [3],
        lambda y: np.c_[y % 2, y > 4, y > 2].astype(int),
        "several labels at once, 3 for",
    ),
    "numbers": ([nn.Dense(1, "linear")], lambda y: y / 9, "numbers, 1 for each example"),
    "more numbers": ([nn.Dense(2, "linear")], lambda y: np.c_[y / 9, y / 4], "numbers, 2 for each example"),
    "labels enough": ([12], lambda y: (np.arange(12) <= y[:, None]).astype(int), "labels at once, 12 for"),
    "numbers enough": (
        [nn.Dense(12, "linear")],
        lambda y: np.arange(12) / 12 - y[:, None] / 9,
        "numbers, 12",
    ),
    "two classes": ([1], lambda y: y % 2, "tells 2 classes apart"),
    "three classes": ([nn.Softmax(3)], lambda y: y % 3, "tells 3 classes apart"),
}


@pytest.mark.parametrize("kind", LABELS)
def test_a_network_for_something_else_than_these_classes_says_what_for(sample, tmp_path, kind):
    layers, targets, said = LABELS[kind]
    images, labels = sample[0].images[:60], sample[0].labels[:60]
    layers = [nn.Dense(each) if isinstance(each, int) else each for each in layers]
    net = nn.Network(layers, input_shape=(784,), seed=0)
    net.SGD((images, targets(labels)), 2, 10, 0.1)
    net.save(tmp_path / "own.npz")
    commands = [
        ["evaluate"],
        ["show", "--errors", tmp_path / "e.png"],
        ["show", "--confusion", tmp_path / "c.png"],
    ]
    for name, *options in [*commands, *([] if kind == "numbers" else [["diagnose"]])]:
        text = misused(name, tmp_path / "own.npz", *options, "--data", "sample")
        assert said in text
        assert "these digits are of 10 classes" in text
        assert "nn." not in text
    np.save(tmp_path / "x.npy", images[:2])
    command = text[text.index("nncore predict") :].split()
    assert run(*command[1:-1], tmp_path / "x.npy")[0].count("x.npy[") == 2


def test_a_network_that_answers_the_digit_as_a_number_is_diagnosed(sample, tmp_path):
    net = nn.Network([nn.Dense(8), nn.Dense(1, "linear")], input_shape=(784,), seed=0)
    with pytest.warns(UserWarning, match="not scaled|go from 0 to 9"):
        net.SGD(sample[0], 1, 10, 0.01)
    net.save(tmp_path / "number.npz")
    assert "on 8000 images" in run("diagnose", tmp_path / "number.npz")[0]
