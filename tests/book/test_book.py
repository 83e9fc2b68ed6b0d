"""Chapter 1's module and the loaders: listings run, print the book's lines, and match plain NumPy."""

import copy
import pickle
import random
import re
import subprocess
import sys

import numpy as np
import pytest
from support.book import lists_of_pairs, seed_everything
from support.differences import check_gradient
from support.networks import check_parameters

import nncore
from nncore.book import mnist_average_darkness, mnist_loader, mnist_svm, network
from nncore.reference import network as reference

CHAPTER_1 = """
from nncore.book import mnist_loader, network
training_data, validation_data, test_data = mnist_loader.load_data_wrapper()
net = network.Network([784, 30, 10])
net.SGD(training_data, 2, 10, 3.0, test_data=test_data)
"""


@pytest.fixture
def pairs(sample):
    return lists_of_pairs(sample, 200, 100)


def seeded(sizes=(784, 5, 10)):
    """A network whose draws, and whose shuffles to come, are the same each time."""
    seed_everything()
    return network.Network(list(sizes))


# network


def test_listing_of_chapter_1(mnist, capsys):
    random.seed(2)
    np.random.seed(2)  # noqa: NPY002
    exec(CHAPTER_1, {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    for epoch, line in enumerate(lines):
        printed = re.fullmatch(r"Epoch (\d+): (\d+) / 10000", line)
        assert printed is not None
        assert int(printed[1]) == epoch
        assert 8700 < int(printed[2]) < 9600  # the book's first epochs: 9129, 9295


def test_training_matches_reference(pairs, capsys):
    """First weights from np.random, biases before weights; a list that random.shuffle shuffles on and on."""
    training_data, test_data = pairs
    net = seeded()
    net.SGD(training_data, 3, 8, 3.0, test_data=test_data)
    lines = capsys.readouterr().out.splitlines()

    np.random.seed(3)  # noqa: NPY002
    random.seed(4)
    in_numpy = reference.Network([784, 5, 10], cost="quadratic")
    in_numpy.biases = [np.random.randn(5, 1), np.random.randn(10, 1)]  # noqa: NPY002
    in_numpy.weights = [np.random.randn(5, 784), np.random.randn(10, 5)]  # noqa: NPY002
    shuffled = list(training_data)
    for epoch in range(3):
        random.shuffle(shuffled)
        in_numpy.SGD(shuffled, 1, 8, 3.0, shuffle=False)
        assert lines[epoch] == f"Epoch {epoch}: {round(100 * in_numpy.accuracy(test_data))} / 100"
    check_parameters(net, in_numpy, rtol=1e-10, atol=1e-12)


def test_data_of_the_caller_are_not_changed(pairs):
    training_data, _ = pairs
    before = list(training_data)
    copies = [(x.copy(), y.copy()) for x, y in training_data]
    seeded().SGD(training_data, 1, 10, 3.0)
    assert all(a is b for a, b in zip(training_data, before, strict=True))
    for (x, y), (x_before, y_before) in zip(training_data, copies, strict=True):
        assert (x == x_before).all()
        assert (y == y_before).all()


def test_zips_generators_and_pairs_train_like_lists(sample, pairs, capsys):
    training_data, test_data = pairs
    train, _, test = sample
    given = {
        "list": (training_data, test_data),
        "zip": (zip(*zip(*training_data)), zip(*zip(*test_data))),  # noqa: B905
        "generator": ((pair for pair in training_data), (pair for pair in test_data)),
        "pairs": (mnist_loader.Pairs(train[:200], True), mnist_loader.Pairs(test[:100], False)),
    }
    nets, printed = {}, {}
    for name, (training, testing) in given.items():
        nets[name] = seeded()
        nets[name].SGD(training, 2, 10, 3.0, test_data=testing)
        printed[name] = capsys.readouterr().out
    for name in given:
        assert printed[name] == printed["list"]
        check_parameters(nets[name], nets["list"], rtol=0)


def test_training_without_test_data(pairs, capsys):
    seeded().SGD(pairs[0], 2, 10, 3.0)
    assert capsys.readouterr().out == "Epoch 0 complete\nEpoch 1 complete\n"


def test_second_call_counts_epochs_from_0(pairs, capsys):
    net = seeded()
    net.SGD(pairs[0], 1, 10, 3.0)
    net.SGD(pairs[0], 1, 10, 3.0)
    assert capsys.readouterr().out == "Epoch 0 complete\n" * 2


def test_update_mini_batch_is_a_step_of_sgd(pairs):
    training_data, _ = pairs
    net, stepped = seeded(), seeded()
    net.SGD(training_data[:7], 1, 7, 0.5)
    stepped.update_mini_batch(training_data[:7], 0.5)
    check_parameters(stepped, net, rtol=1e-10, atol=1e-12)


def test_backprop_matches_reference_for_one_pair(pairs):
    net, (x, y) = seeded([784, 3, 10]), pairs[0][0]
    nabla_b, nabla_w = net.backprop(x, y)
    assert [nabla.shape for nabla in nabla_b] == [(3, 1), (10, 1)]
    assert [nabla.shape for nabla in nabla_w] == [(3, 784), (10, 3)]
    rng = np.random.default_rng(0)
    for parameters, nablas in ((net.biases, nabla_b), (net.weights, nabla_w)):
        for p, nabla in zip(parameters, nablas, strict=True):
            index = rng.integers(p.shape[0]), rng.integers(p.shape[1])
            check_gradient(
                nabla, lambda: 0.5 * np.sum((net.feedforward(x) - y) ** 2), p, h=1e-6, indices=[index]
            )


def test_cost_derivative():
    net = network.Network([2, 2])
    difference = net.cost_derivative(np.array([[0.75], [0.5]]), np.array([[1.0], [0.0]]))
    assert difference.tolist() == [[-0.25], [0.5]]


def test_weights_are_views_and_assignable():
    net = network.Network([2, 3, 1])
    assert (net.num_layers, net.sizes) == (3, [2, 3, 1])
    net.weights = [np.zeros((3, 2)), np.zeros((1, 3))]
    net.biases = [np.zeros((3, 1)), np.zeros((1, 1))]
    assert net.feedforward(np.array([[1.0], [2.0]])).tolist() == [[0.5]]
    net.biases[1] = np.array([[1000.0]])
    assert net.feedforward(np.array([[1.0], [2.0]])).tolist() == [[1.0]]
    net.biases[1][0, 0] -= 1000.0
    assert net.feedforward(np.array([[1.0], [2.0]])).tolist() == [[0.5]]


def test_evaluate_counts_correct_pairs(pairs):
    _, test_data = pairs
    net = seeded()
    right = sum(int(np.argmax(net.feedforward(x)) == y) for x, y in test_data)
    count = net.evaluate(test_data)
    assert type(count) is int
    assert count == right
    assert net.evaluate(pair for pair in test_data) == right


@pytest.mark.parametrize("again", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copy_has_the_class_of_the_book(pairs, again, capsys):
    net = seeded()
    state = np.random.get_state()[1].tolist()  # noqa: NPY002
    other = again(net)
    assert np.random.get_state()[1].tolist() == state  # noqa: NPY002
    check_parameters(other, net, rtol=0)
    other.SGD(pairs[0], 1, 10, 3.0, test_data=pairs[1])
    assert capsys.readouterr().out == f"Epoch 0: {other.evaluate(pairs[1])} / 100\n"
    check_parameters(net, seeded(), rtol=0)


def test_sigmoid():
    assert network.sigmoid(0.0) == 0.5
    z, a = np.array([[-1000.0, -2.0], [2.0, 1000.0]]), 1 / (1 + np.exp(-2.0))
    np.testing.assert_allclose(network.sigmoid(z), [[0, 1 - a], [a, 1]], rtol=1e-14, atol=1e-300)
    np.testing.assert_allclose(network.sigmoid_prime(z), [[0, a * (1 - a)], [a * (1 - a), 0]], atol=1e-300)


def test_wrong_data_is_named(pairs):
    net = network.Network([784, 5, 10])
    with pytest.raises(ValueError, match="test_data"):
        net.SGD(pairs[0], 1, 10, 3.0, test_data=[(np.zeros((3, 1)), 1)])
    with pytest.raises(ValueError, match=r"training_data.*empty"):
        net.SGD(iter(()), 1, 10, 3.0)


# mnist_loader


def test_pairs_behave_like_a_list(sample):
    train, _, test = sample
    training_data = mnist_loader.Pairs(train, vectorized=True)
    test_data = mnist_loader.Pairs(test, vectorized=False)
    assert len(training_data) == 8000
    x, y = training_data[0]
    assert (x.shape, x.dtype) == ((784, 1), np.float32)
    assert x.tobytes() == (train.images[0].reshape(784, 1) / np.float32(256)).tobytes()
    assert (y == mnist_loader.vectorized_result(5)).all()
    assert [digit for _, digit in test_data] == test.labels.tolist()
    assert type(test_data[-1][1]) is int
    assert test_data[-1][1] == test.labels[-1]
    assert [digit for _, digit in test_data[3:9:2]] == test.labels[3:9:2].tolist()
    assert len(training_data[:1000][990:]) == 10
    with pytest.raises(IndexError):
        training_data[8000]
    assert repr(test_data) == "<1000 pairs (x, y), y a digit>"


def test_random_shuffle_shuffles_pairs_like_a_list(sample):
    _, _, test = sample
    lazy = mnist_loader.Pairs(test[:50], vectorized=False)
    listed = list(lazy)
    for data in (lazy, listed):
        random.seed(8)
        random.shuffle(data)
        random.shuffle(data)
    assert [y for _, y in lazy] == [y for _, y in listed]
    for (x, _), (x_listed, _) in zip(lazy, listed, strict=True):
        assert (x == x_listed).all()
    assert len(lazy) == 50
    assert [y for _, y in lazy[:7]] == [y for _, y in listed[:7]]
    net = seeded()
    assert net.evaluate(lazy) == net.evaluate(test[:50])


def test_vectorized_result():
    y = mnist_loader.vectorized_result(9)
    assert y.shape == (10, 1)
    assert y.ravel().tolist() == [0.0] * 9 + [1.0]


def test_load_data(mnist):
    training_data, validation_data, test_data = mnist_loader.load_data()
    for (images, labels), n in ((training_data, 50_000), (validation_data, 10_000), (test_data, 10_000)):
        assert (images.shape, images.dtype) == ((n, 784), np.float32)
        assert (labels.shape, labels.dtype) == ((n,), np.int64)
        assert images.min() == 0
        assert images.max() == 255 / 256
    assert training_data[1][:5].tolist() == [5, 0, 4, 1, 9]
    assert test_data[1][:5].tolist() == [7, 2, 1, 0, 4]


def test_load_data_wrapper(mnist):
    sets = mnist_loader.load_data_wrapper()
    assert [len(data) for data in sets] == [50_000, 10_000, 10_000]
    assert [np.shape(data[0][1]) for data in sets] == [(10, 1), (), ()]


def test_load_data_from_a_path(tmp_path):
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path))):
        mnist_loader.load_data(tmp_path)
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path))):
        mnist_loader.load_data_wrapper(tmp_path)


# the two baselines


def test_average_darkness_gives_2225(mnist):
    command = [sys.executable, "-m", "nncore.book.mnist_average_darkness"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("2225 of 10000 values correct.\n")


def test_average_darkness_worked_by_hand():
    images = np.array([[0.5, 0.5, 0.0], [0.0, 0.25, 0.0], [0.0, 0.0, 0.25]], dtype=np.float32)
    avgs = mnist_average_darkness.avg_darknesses((images, np.array([8, 1, 1])))
    assert avgs == {1: 0.25, 8: 1.0}
    assert mnist_average_darkness.guess_digit(np.array([0.3, 0.3, 0.0]), avgs) == 1
    assert mnist_average_darkness.guess_digit(np.array([0.3, 0.3, 0.3]), avgs) == 8


def test_svm_on_1000_images(mnist):
    pytest.importorskip("sklearn", reason="needs scikit-learn")
    train, validation, _ = mnist
    few = train[:1000]
    # 83.87 % in chapter 3
    assert (
        mnist_svm.count_correct((few.to_float(), few.labels), (validation.to_float(), validation.labels))
        == 8387
    )


@pytest.mark.slow
def test_svm_baseline(mnist, capsys):
    pytest.importorskip("sklearn", reason="needs scikit-learn")
    mnist_svm.svm_baseline()
    assert capsys.readouterr().out.endswith("9435 of 10000 values correct.\n")


def test_svm_without_scikit_learn_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.svm", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        mnist_svm.count_correct((np.zeros((2, 784)), np.arange(2)), (np.zeros((2, 784)), np.arange(2)))


def test_network_has_the_methods_of_nncore(tmp_path, pairs):
    net = seeded()
    net.save(tmp_path / "net.npz")
    again = nncore.load(tmp_path / "net.npz")
    assert again.accuracy(pairs[1]) == net.evaluate(pairs[1]) / 100
