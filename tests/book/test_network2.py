"""Chapter 3's module: its listings run, print the book's lines, and match plain NumPy; its files."""

import contextlib
import copy
import json
import os
import pickle
import random
import re
import stat

import numpy as np
import pytest
from support.book import lists_of_pairs, seed_everything
from support.differences import check_gradient
from support.networks import check_parameters, reference_of

import nncore
from nncore.book import mnist_loader, network2
from nncore.formats import book_json

CHAPTER_3 = """
from nncore.book import mnist_loader
training_data, validation_data, test_data = mnist_loader.load_data_wrapper()
from nncore.book import network2
net = network2.Network([784, 30, 10], cost=network2.CrossEntropyCost)
net.large_weight_initializer()
net.SGD(training_data, 1, 10, 0.5, evaluation_data=test_data, monitor_evaluation_accuracy=True)

net = network2.Network([784, 30, 10], cost=network2.CrossEntropyCost)
evaluation_cost, evaluation_accuracy, training_cost, training_accuracy = net.SGD(
training_data[:1000], 2, 10, 0.5,
lmbda = 0.1,
evaluation_data=validation_data,
monitor_evaluation_accuracy=True,
monitor_evaluation_cost=True,
monitor_training_accuracy=True,
monitor_training_cost=True,
early_stopping_n=10)
"""


@pytest.fixture
def pairs(sample):
    return lists_of_pairs(sample, 103, 50)


def seeded(cost=network2.CrossEntropyCost, sizes=(784, 5, 10)):
    """A network whose draws, and whose shuffles to come, are the same each time."""
    seed_everything()
    return network2.Network(list(sizes), cost=cost)


# The listings


def test_listings_of_chapter_3(mnist, capsys):
    names = {}
    exec(CHAPTER_3, names)
    first, *second = capsys.readouterr().out.split("\n\n")[:-1]
    accuracy = re.fullmatch(r"Epoch 0 training complete\nAccuracy on evaluation data: (\d+) / 10000", first)
    assert 8900 < int(accuracy[1]) < 9500  # 9136 in the author's own run
    assert len(second) == 2
    for epoch, lines in enumerate(second):
        assert lines.splitlines() == [
            f"Epoch {epoch} training complete",
            f"Cost on training data: {names['training_cost'][epoch]}",
            f"Accuracy on training data: {names['training_accuracy'][epoch]} / 1000",
            f"Cost on evaluation data: {names['evaluation_cost'][epoch]}",
            f"Accuracy on evaluation data: {names['evaluation_accuracy'][epoch]} / 10000",
        ]
    assert names["training_accuracy"][1] > 850
    assert names["evaluation_accuracy"][1] > 7500


def test_listing_that_diverges(mnist, capsys):
    """Chapter 3's first bad hyper-parameters: eta lmbda/n = 10, so weights grow ninefold at each step."""
    training, validation, _ = mnist
    net = network2.Network([784, 10])
    training_data, validation_data = (
        mnist_loader.Pairs(training, vectorized=True),
        mnist_loader.Pairs(validation, vectorized=False),
    )
    with pytest.warns(RuntimeWarning, match=r"epoch \d: the parameters left the finite numbers"):
        _, accuracies, _, _ = net.SGD(
            training_data[:1000],
            30,
            10,
            10.0,
            lmbda=1000.0,
            evaluation_data=validation_data[:100],
            monitor_evaluation_accuracy=True,
        )
    assert 1 <= len(accuracies) < 30
    assert capsys.readouterr().out.count("training complete") == len(accuracies)
    assert all(np.isfinite(w).all() for w in net.weights)
    assert net.accuracy(validation_data[:100]) == accuracies[-1]


# What it computes


@pytest.mark.parametrize("cost", [network2.QuadraticCost, network2.CrossEntropyCost])
def test_training_matches_reference(pairs, cost, capsys):
    """random.shuffle's order on and on, L2 by the training set's n, a short last mini-batch; the penalty of a
    cost by the n of its own set."""
    training_data, test_data = pairs
    net = seeded(cost)
    reference, shuffled = reference_of(net), list(training_data)
    lists = net.SGD(training_data, 3, 10, 0.5, 2.0, test_data, True, True, True, True)
    printed = capsys.readouterr().out.split("\n\n")
    random.seed(4)
    for epoch in range(3):
        random.shuffle(shuffled)
        reference.SGD(shuffled, 1, 10, 0.5, 2.0, shuffle=False)
        wanted = [
            reference.cost(test_data, 2.0),
            round(50 * reference.accuracy(test_data)),
            reference.cost(training_data, 2.0),
            round(103 * reference.accuracy(training_data)),
        ]
        assert [values[epoch] for values in lists] == pytest.approx(wanted, rel=1e-12)
        assert [type(values[epoch]) for values in lists] == [float, int, float, int]
        assert printed[epoch].splitlines()[0] == f"Epoch {epoch} training complete"
        assert printed[epoch].splitlines()[-1] == f"Accuracy on evaluation data: {wanted[1]} / 50"
    check_parameters(net, reference, rtol=1e-10, atol=1e-12)


def test_initial_weights_are_drawn_as_in_the_book():
    """All biases, then all weights; scaled ones at construction, large ones where the stream then stands."""
    net = seeded()
    default = [p.copy() for p in [*net.biases, *net.weights]]
    net.large_weight_initializer()
    np.random.seed(3)  # noqa: NPY002
    scales = ((5, 1), 1), ((10, 1), 1), ((5, 784), np.sqrt(784)), ((10, 5), np.sqrt(5))
    for p, (shape, scale) in zip(default, scales, strict=True):
        assert (p == np.random.randn(*shape) / scale).all()  # noqa: NPY002
    for p in [*net.biases, *net.weights]:
        assert (p == np.random.randn(*p.shape)).all()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    net.default_weight_initializer()
    for p, wanted in zip([*net.biases, *net.weights], default, strict=True):
        assert (p == wanted).all()


def test_only_monitored_values_are_printed_and_returned(pairs, capsys):
    training_data, test_data = pairs
    assert seeded().SGD(training_data, 2, 10, 0.5) == ([], [], [], [])
    assert capsys.readouterr().out == "Epoch 0 training complete\n\nEpoch 1 training complete\n\n"
    flags = ("evaluation_cost", "evaluation_accuracy", "training_cost", "training_accuracy")
    for place, flag in enumerate(flags):
        lists = seeded().SGD(
            training_data, 1, 10, 0.5, evaluation_data=test_data, **{f"monitor_{flag}": True}
        )
        assert [len(values) for values in lists] == [int(i == place) for i in range(4)]
        what, side = flag.split("_")[1].capitalize(), flag.split("_")[0]
        assert f"{what} on {side} data: {lists[place][0]}" in capsys.readouterr().out


def test_early_stopping(pairs, capsys):
    """It stops n epochs after the best accuracy, whether that is printed or not."""
    training_data, test_data = pairs
    arguments = {"lmbda": 0.1, "evaluation_data": test_data, "monitor_evaluation_accuracy": True}
    _, all_of_them, _, _ = seeded().SGD(training_data, 40, 10, 1.0, **arguments)
    waited = [epoch - all_of_them.index(max(all_of_them[: epoch + 1])) for epoch in range(40)]
    last = waited.index(3)
    assert 3 < last < 39, "choose other settings: the stop must come on the way"
    _, accuracies, _, _ = seeded().SGD(training_data, 40, 10, 1.0, early_stopping_n=3, **arguments)
    assert accuracies == all_of_them[: last + 1]
    capsys.readouterr()
    unseen = seeded()
    assert unseen.SGD(training_data, 40, 10, 1.0, 0.1, test_data, early_stopping_n=3) == ([], [], [], [])
    assert capsys.readouterr().out.splitlines()[-2] == f"Epoch {last} training complete"
    assert unseen.history.stopped == "no improvement in 3 epochs"


def test_early_stopping_without_any_improvement(pairs, capsys):
    training_data, test_data = pairs
    _, accuracies, _, _ = seeded().SGD(
        training_data,
        40,
        10,
        0.0,
        evaluation_data=test_data,
        monitor_evaluation_accuracy=True,
        early_stopping_n=2,
    )
    assert len(accuracies) == 3


def test_monitoring_without_evaluation_data_is_refused(pairs):
    for flag in ("monitor_evaluation_cost", "monitor_evaluation_accuracy", "early_stopping_n"):
        with pytest.raises(ValueError, match=r"evaluation_data: .*need it"):
            seeded().SGD(pairs[0], 1, 10, 0.5, **{flag: True if "monitor" in flag else 3})


def test_data_of_the_caller_are_not_changed(pairs, capsys):
    training_data, _ = pairs
    before = list(training_data)
    copies = [(x.copy(), y.copy()) for x, y in training_data]
    seeded().SGD(training_data, 1, 10, 3.0, lmbda=1.0)
    assert all(a is b for a, b in zip(training_data, before, strict=True))
    for (x, y), (x_before, y_before) in zip(training_data, copies, strict=True):
        assert (x == x_before).all()
        assert (y == y_before).all()


def test_zips_generators_and_pairs_train_like_lists(sample, pairs, capsys):
    training_data, test_data = pairs
    train, _, test = sample
    given = [
        (training_data, test_data),
        (zip(*zip(*training_data)), zip(*zip(*test_data))),  # noqa: B905
        ((pair for pair in training_data), (pair for pair in test_data)),
        (mnist_loader.Pairs(train[:103], True), mnist_loader.Pairs(test[:50], False)),
    ]
    results = [
        seeded().SGD(training, 2, 10, 0.5, 1.0, testing, True, True, True, True)
        for training, testing in given
    ]
    assert all(result == results[0] for result in results)


def test_update_mini_batch_is_a_step_of_sgd(pairs, capsys):
    training_data, _ = pairs
    net, stepped = seeded(), seeded()
    net.SGD(training_data[:7], 1, 7, 0.5, lmbda=0.3)
    stepped.update_mini_batch(training_data[:7], 0.5, 0.3, 7)
    check_parameters(stepped, net, rtol=1e-10, atol=1e-12)


def test_accuracy_and_total_cost(pairs):
    """Digits and vectors are told apart; `convert`, as the book's callers pass it, changes nothing."""
    training_data, test_data = pairs
    net = seeded()
    right = sum(int(np.argmax(net.feedforward(x)) == y) for x, y in test_data)
    assert net.accuracy(test_data) == right
    assert type(net.accuracy(test_data)) is int
    vectors = [(x, network2.vectorized_result(y)) for x, y in test_data]
    assert net.accuracy(vectors, convert=True) == right
    costs = [net.cost.fn(net.feedforward(x), y) for x, y in vectors]
    penalty = 3.0 / (2 * 50) * sum(np.sum(w**2) for w in net.weights)
    wanted = pytest.approx(np.mean(costs) + penalty, rel=1e-12)
    assert net.total_cost(test_data, 3.0, convert=True) == wanted
    assert net.total_cost(vectors, 3.0) == wanted
    assert net.accuracy(training_data, convert=True) == net.accuracy(training_data)
    with pytest.raises(ValueError, match="lmbda"):
        net.total_cost(test_data, -1.0)


# The costs


@pytest.mark.parametrize("cost", [network2.QuadraticCost, network2.CrossEntropyCost])
def test_delta_is_the_derivative_of_the_cost(cost):
    """delta is dC/dz, by central differences; and it is the one that the core trains with."""
    rng = np.random.default_rng(0)
    z, y = rng.standard_normal((4, 1)), np.array([[1.0], [0.0], [0.0], [1.0]])
    delta = cost.delta(z, network2.sigmoid(z), y)
    check_gradient(delta, lambda: cost.fn(network2.sigmoid(z), y), z, h=1e-6, rel=1e-7, abs=1e-12)
    net = network2.Network([1, 4], cost=cost)
    net.weights, net.biases = [z], [np.zeros((4, 1))]
    nabla_b, _ = net.backprop(np.array([[1.0]]), y)
    np.testing.assert_allclose(nabla_b[0], delta, rtol=1e-14)


def test_costs_worked_by_hand():
    a, y = np.array([[0.5], [0.25]]), np.array([[1.0], [0.0]])
    assert network2.QuadraticCost.fn(a, y) == (0.25 + 0.0625) / 2
    assert network2.CrossEntropyCost.fn(a, y) == pytest.approx(np.log(2) - np.log(0.75), rel=1e-15)
    half = np.array([[0.5], [0.5]])
    assert network2.CrossEntropyCost.fn(half, half) == pytest.approx(2 * np.log(2), rel=1e-15)


def test_cross_entropy_of_a_wrong_output_is_finite():
    """a = sigmoid(1000) is 1 in floating point, and y = 0 was wanted: the cost is 1000, not 1.8e308."""
    net = network2.Network([1, 1])
    net.weights, net.biases = [[[1000.0]]], [[[0.0]]]
    assert net.total_cost([(np.array([[1.0]]), np.array([[0.0]]))], 0.0) == 1000.0
    right, wrong = np.array([[1.0], [0.0]]), np.array([[0.0], [0.0]])
    assert network2.CrossEntropyCost.fn(right, right) == 0.0
    assert network2.CrossEntropyCost.fn(wrong, right) == np.inf
    assert np.isnan(network2.CrossEntropyCost.fn(np.array([[np.nan], [0.0]]), right))


def test_unknown_cost_is_refused():
    assert network2.Network([2, 1]).cost is network2.CrossEntropyCost
    assert network2.Network([2, 1], cost=network2.QuadraticCost).cost is network2.QuadraticCost
    assert network2.Network([2, 1], cost=network2.QuadraticCost()).cost is network2.QuadraticCost
    for cost in ("quadratic", None, int):
        with pytest.raises(
            TypeError, match="cost: QuadraticCost, CrossEntropyCost, or a class with the static"
        ):
            network2.Network([2, 1], cost=cost)


# Copies and files


@pytest.mark.parametrize("again", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copy_has_the_class_of_the_book(pairs, again, capsys):
    net = seeded(network2.QuadraticCost)
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    other = again(net)
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002
    check_parameters(other, net, rtol=0)
    assert other.cost is network2.QuadraticCost
    other.SGD(pairs[0], 1, 10, 3.0)
    check_parameters(net, seeded(), rtol=0)


@pytest.mark.parametrize("cost", [network2.QuadraticCost, network2.CrossEntropyCost])
def test_save_and_load(tmp_path, pairs, cost):
    net = seeded(cost)
    net.save(tmp_path / "net.json")
    again = network2.load(str(tmp_path / "net.json"))
    assert type(again) is network2.Network
    assert again.cost is cost
    check_parameters(again, net, rtol=0)
    assert again.accuracy(pairs[1]) == net.accuracy(pairs[1])
    assert [path.name for path in tmp_path.iterdir()] == ["net.json"]


def test_file_is_readable_by_the_book(tmp_path):
    """Its program reads `sizes`, `weights`, `biases` and a cost that it has itself; it writes the same."""
    net = seeded(sizes=(3, 2, 1))
    net.save(tmp_path / "net.json")
    content = json.loads((tmp_path / "net.json").read_text())
    assert content == {
        "sizes": [3, 2, 1],
        "weights": [w.tolist() for w in net.weights],
        "biases": [b.tolist() for b in net.biases],
        "cost": "CrossEntropyCost",
    }
    content = {"cost": "QuadraticCost", "sizes": [2, 1], "biases": [[[0]]], "weights": [[[0.1, 2]]]}
    (tmp_path / "his.json").write_text(json.dumps(content))
    his = network2.load(tmp_path / "his.json")
    assert his.cost is network2.QuadraticCost
    assert (his.weights[0] == [[0.1, 2.0]]).all()


def test_network_has_the_methods_of_nncore(tmp_path, pairs):
    net = seeded()
    nncore.Network.save(net, tmp_path / "net.npz")
    again = nncore.load(tmp_path / "net.npz")
    assert again.accuracy(pairs[1]) == net.accuracy(pairs[1]) / 50


GOOD = {"sizes": [2, 1], "weights": [[[0.5, 1.0]]], "biases": [[[0.0]]], "cost": "QuadraticCost"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cost": "sigmoid"}, "its cost is 'sigmoid', not one of QuadraticCost, CrossEntropyCost"),
        ({"cost": "Network"}, "its cost is 'Network'"),
        ({"cost": ["QuadraticCost"]}, "its cost is"),
        ({"cost": None}, "its cost is 'None'"),
        ({"sizes": [10**12, 10**12]}, r"its weights\[0\] have shape \(1, 2\), not \(1000000000000, 10000"),
        ({"sizes": [2, 1, 1]}, "its weights are not 2 layers"),
        ({"sizes": [2]}, r"its sizes are \[2\], not a list of two"),
        ({"sizes": [2, -1]}, "its sizes are"),
        ({"sizes": [2, True]}, "its sizes are"),
        ({"sizes": "784"}, "its sizes are"),
        ({"weights": [[[0.5], [1.0]]]}, r"its weights\[0\] have shape \(2, 1\), not \(1, 2\)"),
        ({"weights": [[[0.5, 1.0], [1.0]]]}, r"its weights\[0\] are not rows of numbers"),
        ({"weights": [[["0.5", "a" * 100]]]}, r"its weights\[0\] are not rows of numbers"),
        ({"weights": [[[0.5, {}]]]}, r"its weights\[0\] are not rows of numbers"),
        ({"weights": [[[0.5, 10**400]]]}, r"its weights\[0\] are not rows of numbers"),
        ({"weights": [[[0.5, None]]]}, r"its weights\[0\] are not rows of numbers"),
        ({"weights": [[["0.5", 1.0]]]}, r"its weights\[0\] are not rows of numbers"),
        ({"weights": [[[0.5, True]]]}, r"its weights\[0\] are not rows of numbers"),
        ({"weights": [[[0.5, 1e308 * 10]]]}, "it holds Infinity, which is not a finite number"),
        ({"weights": [[[0.5, float("nan")]]]}, "it holds NaN, which is not a finite number"),
        ({"biases": [[0.0]]}, r"its biases\[0\] are not rows of numbers"),
        ({"biases": [[[0.0]] * 3]}, r"its biases\[0\] have shape \(3, 1\), not \(1, 1\)"),
        ({"biases": 3}, "its biases are not 1 layers"),
    ],
)
def test_wrong_file_is_refused(tmp_path, change, message):
    path = tmp_path / "net.json"
    path.write_text(json.dumps(GOOD))
    book_json.read(path)
    path.write_text(json.dumps(GOOD | change))
    with pytest.raises(ValueError, match=rf"{re.escape(str(path))}: expected a network .*{message}"):
        network2.load(path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "null", '{"sizes": [1e999, 1]}', "[" * 100_000, "\x00\x01", '"\\ud800"']
)
def test_damaged_file_is_refused(tmp_path, text):
    path = tmp_path / "net.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=re.escape(str(path))):
        network2.load(path)
    path.write_bytes(json.dumps(GOOD).encode()[:-30] + b"\xff")
    with pytest.raises(ValueError, match=re.escape(str(path))):
        network2.load(path)


def test_path_that_is_no_file_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        network2.load(tmp_path / "none.json")
    for path in (tmp_path, "/dev/zero"):
        if os.path.exists(path):
            with pytest.raises(ValueError, match=r"expected a file, but this is a (folder|device)"):
                network2.load(path)
            with pytest.raises(ValueError, match=r"expected a file, but this is a (folder|device)"):
                seeded(sizes=(2, 1)).save(path)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        seeded(sizes=(2, 1)).save(tmp_path / "no" / "net.json")


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "net.json"
    net = seeded(sizes=(2, 1))
    net.save(path)
    before = path.read_bytes()

    def fail(*args):
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="no space"):
            net.save(path)
    net.weights[0][0, 0] = np.nan
    with pytest.raises(ValueError, match=r"nothing was written.*NaN"):
        net.save(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["net.json"]


@pytest.mark.skipif(os.name != "posix", reason="permissions and links as POSIX has them")
def test_links_and_permissions_are_kept(tmp_path):
    path, link = tmp_path / "net.json", tmp_path / "link.json"
    seeded(sizes=(2, 1)).save(path)
    path.chmod(0o640)
    link.symlink_to(path)
    net = seeded(sizes=(3, 1))
    net.save(link)
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    check_parameters(network2.load(path), net, rtol=0)


# Bad input


def test_wrong_arguments_are_named(pairs):
    training_data, test_data = pairs
    cases = {
        "training_data": (iter(()), 1, 10, 0.5),
        "epochs": (training_data, -1, 10, 0.5),
        "mini_batch_size": (training_data, 1, 0, 0.5),
        "eta": (training_data, 1, 10, float("nan")),
        "lmbda": (training_data, 1, 10, 0.5, -1.0),
        "evaluation_data": (training_data, 1, 10, 0.5, 0.0, [(np.zeros((3, 1)), 1)]),
        "early_stopping_n": (training_data, 1, 10, 0.5, 0.0, test_data, False, False, False, False, -1),
    }
    net = seeded()
    for name, arguments in cases.items():
        with contextlib.redirect_stdout(None), pytest.raises(ValueError, match=name):
            net.SGD(*arguments)
    check_parameters(net, seeded(), rtol=0)
