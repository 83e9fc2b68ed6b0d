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
