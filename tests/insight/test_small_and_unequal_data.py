"""find_eta and the doctor on few examples, unequal classes, regressions and badly scaled inputs."""

import re
import warnings

import numpy as np
import pytest
from support.diagnosis import diagnosed, finding, train, train_unscaled

import nncore as nn

XOR = [[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]]


def learned(sizes, eta, m, **network):
    """How many of eight networks learn XOR in 1,000 epochs."""
    nets = [nn.Network(sizes, seed=seed, **network) for seed in range(8)]
    for net in nets:
        net.SGD(XOR, 1000, m, eta)
    return sum(net.accuracy(XOR) == 1 for net in nets)


def test_find_eta_finds_one_for_xor():
    found = nn.find_eta([2, 4, 1], XOR)
    assert 3 <= found.eta <= 10
    assert "mini-batches of 4 (all examples: there are no 10)" in repr(found)
    assert learned([2, 4, 1], found.eta, 4) == 8


@pytest.mark.parametrize("m", [1, 2, 4])
@pytest.mark.parametrize("network", [{}, {"cost": "quadratic"}, {"activation": "tanh"}])
def test_the_eta_for_a_few_examples_learns(m, network):
    found = nn.find_eta([2, 4, 1], XOR, mini_batch_size=m, **network)
    assert "(all" not in repr(found)
    assert learned([2, 4, 1], found.eta, m, **network) >= 7


@pytest.mark.parametrize(("n", "m"), [(1, 10), (7, 3), (20, 100), (150, 10), (1000, 1000), (450, 10)])
def test_no_mini_batch_is_cut(n, m, monkeypatch):
    """Each step of a trial sees min(n, m) different examples."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, 3))
    seen, SGD = [], nn.Network.SGD

    def spy(net, data, epochs, mini_batch_size, *arguments, **options):
        seen.append((data.n, mini_batch_size, len(np.unique(data.X[:mini_batch_size], axis=0))))
        assert options["shuffle"] is False
        return SGD(net, data, epochs, mini_batch_size, *arguments, **options)

    monkeypatch.setattr(nn.Network, "SGD", spy)
    nn.find_eta([3, 2], (X, rng.integers(0, 2, n)), mini_batch_size=m)
    for rows, size, different in seen:
        assert size == different == min(n, m)
        assert rows % size == 0


def test_data_that_are_learned_at_once_do_not_raise_eta_without_end():
    same = np.random.default_rng(0).standard_normal((50, 4)), np.ones(50, int)
    assert nn.find_eta([4, 3, 2], same).eta <= 5


# ---- a local minimum


def stuck():
    """A network that training has led into a local minimum of XOR."""
    net = nn.Network([2, 2, 1], seed=6, init="large")
    net.SGD(XOR, 3000, 4, 5.0)
    assert net.accuracy(XOR) == 0.5
    return net


def test_in_a_local_minimum_the_seed_that_is_named_does_better():
    net = stuck()
    found = finding(diagnosed(net, XOR), "stuck")
    assert "may be a local minimum" in found.measured
    seed = int(re.search(r"seed=(\d+)", found.remedy)[1])
    other = nn.Network([2, 2, 1], seed=seed)
    other.SGD(XOR, 3000, 4, 5.0)
    assert other.cost(XOR) < net.cost(XOR) / 2
    assert "net.minimize(data) on a new network" in found.remedy
    other = nn.Network([2, 2, 1], seed=seed)
    other.minimize(XOR)
    assert other.cost(XOR) < net.cost(XOR) / 2


def test_with_too_few_neurons_the_number_that_is_named_does_better():
    net = train(XOR, [2, 1, 1], 3000, 5.0)
    found = finding(diagnosed(net, XOR), "stuck")
    neurons, seed = map(int, re.search(r"with (\d+) hidden ones and seed=(\d+)", found.remedy).groups())
    other = nn.Network([2, neurons, 1], seed=seed)
    other.SGD(XOR, 3000, 10, 5.0)
    assert other.accuracy(XOR) == 1


def test_a_network_that_still_learns_or_cannot_do_better_is_not_stuck():
    assert "stuck" not in diagnosed(train(XOR, [2, 4, 1], 100, 0.5), XOR).names
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((200, 3)), rng.integers(0, 2, 200)
    assert "stuck" not in diagnosed(train(noise, [3, 2, 2], 100, 0.1), noise).names


def test_an_eta_too_low_for_xor_is_named():
    found = diagnosed(train(XOR, [2, 4, 1], 200, 0.01), XOR)
    eta = float(re.search(r"Try eta = ([\d.]*\d)", finding(found, "eta too low").remedy)[1])
    assert learned([2, 4, 1], eta, 4) >= 7


# ---- unequal classes


def unequal(n=2000, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 5))
    return X, (X[:, 0] + 0.3 * rng.standard_normal(n) > 1.95).astype(int)


@pytest.mark.parametrize("form", ["labels", "one output", "unit vectors"])
def test_the_share_and_the_recall_of_each_class_are_named(form):
    X, labels = unequal()
    y = {"labels": labels, "one output": labels[:, None], "unit vectors": np.eye(2)[labels]}[form]
    layers = [5, 10, 1 if form == "one output" else 2]
    net = train((X, y), layers, 10, 0.1)
    found = finding(diagnosed(net, (X, y)), "unequal classes")
    recall = [(net.predict(X)[labels == k] == k).mean() for k in (0, 1)]
    assert "3.0% of the examples (61 of 2000) are of class 1" in found.measured
    assert f"finds {recall[1]:.0%} of class 1, {recall[0]:.0%} of class 0" in found.measured
    call = re.search(r"count more: (.*?\))\. And judge", found.remedy)[1].replace("...", "10, 10, 0.1")
    net = nn.Network(layers, seed=0)
    eval(call, {"net": net, "training_data": (X, y)})
    assert (net.predict(X)[labels == 1] == 1).mean() > max(0.8, recall[1])


def test_a_network_whose_examples_had_weights_is_judged_by_the_recall_of_each_class():
    """It finds the rare class, and is right less often than one answer for all; that is what weights do."""
    X, y = unequal()
    net = nn.Network([5, 10, 2], seed=0)
    net.SGD((X, y), 5, 10, 0.1, class_weight={1: 100})
    assert net.accuracy((X, y)) < (y == 0).mean()
    assert nn.diagnose(net, (X, y)).healthy


@pytest.mark.parametrize("weight", [300.0, 0.001])
def test_eta_is_judged_with_the_weights_of_the_training(sample, weight):
    """Weights far from 1 act on the steps as eta does; without them, nothing is said of eta."""
    data, weights = sample[0][:1000], np.full(1000, weight)
    net, better = (nn.Network([784, 30, 10], seed=0) for _ in range(2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.SGD(data, 2, 10, 0.5, weights=weights)
    assert not {"eta too high", "eta too low"} & set(diagnosed(net, data).names)
    found = nn.diagnose(net, data, weights=weights)
    remedy = finding(found, "eta too high" if weight > 1 else "eta too low").remedy
    better.SGD(data, 10, 10, float(re.search(r"Try eta = ([\d.e+]*\d)", remedy)[1]), weights=weights)
    assert better.accuracy(data) > 0.8


def test_classes_of_like_size_and_rare_ones_that_are_found_are_not_named(sample):
    data = sample[0][:3000]
    assert "unequal classes" not in diagnosed(train(data, [784, 30, 10], 3, 0.5), data).names
    X, y = unequal()
    X[y == 1] += 5
    assert "unequal classes" not in diagnosed(train((X, y), [5, 10, 2], 10, 0.5), (X, y)).names


# ---- scales


def regression(X, y, epochs=20, eta=0.001, train=train):
    layers = [nn.Dense(10, "tanh"), nn.Dense(1, "linear")]
    return train((X, y), layers, epochs, eta, input_shape=X.shape[1:])


def scaled_as_written(found, X, y):
    """X and y after the lines that the remedies name."""
    names = {"X": X, "y": y, "np": np}
    for name, code in (
        ("inputs not scaled", r"(mean, std = .*?)\. Test data"),
        ("targets not scaled", r"(y_mean, y_std = .*?)\. net"),
    ):
        if name in found.names:
            exec(re.search(code, finding(found, name).remedy)[1], names)
    return names["X"], names["y"]


@pytest.mark.parametrize("column", ["as it is", "constant"])
def test_unscaled_inputs_and_targets_of_a_regression_are_named(column):
    X = np.random.default_rng(0).uniform(0, 1000, (500, 3))
    y = 3000 + X @ [1.0, 2.0, 0.0]
    if column == "constant":
        X[:, 2] = 7  # its standard deviation is 0
    found = diagnosed(regression(X, y, train=train_unscaled), (X, y))
    assert {"inputs not scaled", "targets not scaled"} <= set(found.names)
    X, y = scaled_as_written(found, X, y)
    net = regression(X, y, 50, 0.05)
    assert net.cost((X, y)) < 0.05
    assert not {"inputs not scaled", "targets not scaled"} & set(diagnosed(net, (X, y)).names)


def test_inputs_of_very_unequal_size_are_named():
    X = np.random.default_rng(0).standard_normal((300, 2)) * [1, 1e-4]
    y = (X[:, 1] > 0).astype(int)
    found = finding(diagnosed(train_unscaled((X, y), [2, 3, 2], 5, 0.5), (X, y)), "inputs not scaled")
    assert "Input 0 has the standard deviation" in found.measured
    names = {"X": X, "np": np}
    exec(re.search(r"(mean, std = .*?)\. Test data", found.remedy)[1], names)
    assert train((names["X"], y), [2, 3, 2], 20, 0.5).accuracy((names["X"], y)) > 0.95


@pytest.mark.parametrize("dtype", [float, np.uint8])
def test_bytes_that_were_divided_as_whole_numbers_are_noticed(sample, dtype):
    train_data = sample[0][:2000]
    X, y = (train_data.images // 255).reshape(-1, 784).astype(dtype), train_data.labels
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        net = train((X, y), [784, 30, 10], 2, 0.5)
    found = diagnosed(net, (X, y))
    names = [name for name in found.names if name.startswith("inputs")]
    assert len(names) == 1
    if dtype is np.uint8:
        remedy = finding(found, "inputs not scaled").remedy
        assert remedy in str(caught[0].message)  # SGD said so, too
        assert "X // 255" in remedy
        as_table = eval(re.search(r"a table are (.*?)\. ", remedy)[1], {"X": X})
        assert as_table.max() == 1
        images = train_data.images.reshape(-1, 784)
        pixels = eval(re.search(r"take (X / 256)", remedy)[1], {"X": images})
        for better in (pixels, images):
            assert "inputs not scaled" not in diagnosed(nn.Network([784, 10]), (better, y)).names
    else:
        assert "Only 0.6% of the inputs are not 0" in finding(found, "inputs nearly all 0").measured
        code = re.search(r"take (X / 256)", finding(found, "inputs nearly all 0").remedy)[1]
        X = eval(code, {"X": train_data.images.reshape(-1, 784)})
        assert not [
            name for name in diagnosed(nn.Network([784, 10]), (X, y)).names if name.startswith("inputs")
        ]


def test_sparse_inputs_that_are_meant_so_are_not_named():
    rng = np.random.default_rng(0)
    X = np.eye(100)[rng.integers(0, 100, 500)]  # one of a hundred words
    assert "inputs nearly all 0" not in diagnosed(nn.Network([100, 2]), (X, rng.integers(0, 2, 500))).names
