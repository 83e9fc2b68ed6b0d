"""Several threads that train a network together give the bits of one."""

import _thread
import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import nncore as nn
from nncore import targets
from nncore.layers import Conv2D, Dense, MaxPool2D, Softmax
from nncore.training import rules

FIRST = [Conv2D(6, 5, "relu"), MaxPool2D(2)]
NETWORKS = {
    "one convolution": [Conv2D(5, 5, "sigmoid"), MaxPool2D(2), Dense(40), Softmax(10)],
    "two, wide layers, dropout": [
        *FIRST,
        Conv2D(9, 3, "relu"),
        MaxPool2D(2),
        Dense(300, "relu", dropout=0.3),
        Dense(130, "relu", dropout=0.5),
        Softmax(10, dropout=0.5),
    ],
    "pooling first, borders, no hidden layer": [
        MaxPool2D(2),
        Conv2D(7, 4, "tanh", padding="same"),
        MaxPool2D((1, 3)),
        Conv2D(3, 3, "linear"),
        Softmax(10),
    ],
    "a single output": [*FIRST, Dense(3, "linear"), Dense(1)],
    "dense: a small network, its first layer split": [Dense(40, "sigmoid"), Dense(20, "tanh"), Dense(10)],
    "dense: split, dropout": [Dense(60, "relu", dropout=0.1), Softmax(10, dropout=0.4)],
    "dense: wide layers, active inputs, dropout": [
        Dense(300, "relu"),
        Dense(290, "relu", dropout=0.5),
        Softmax(10, dropout=0.5),
    ],
    "dense: one layer": [Softmax(10)],
}
RUNS = {
    "plain": {},
    "L2 and momentum": {"lmbda": 5.0, "momentum": 0.7},
    "L1, by the general path": {"l1": 0.5},
    "Adam": {"rule": "adam"},
    "distorted": {"augment": [nn.augment.Shift(2), nn.augment.Elastic()]},
}


def parameters(layers, data, threads, dtype="float32", mini_batch_size=7, epochs=1, **options):
    net = nn.Network(layers, input_shape=(1, 28, 28), seed=3, dtype=dtype)
    eta = 0.001 if options.get("rule") == "adam" else 0.05
    net.SGD(data, epochs, mini_batch_size, eta, threads=threads, **options)
    return net.parameters.copy()


def few_digits(sample, layers, n=24):
    """n training digits; zeros and ones for a network with one output."""
    data = sample[0].only(0, 1) if layers[-1].n == 1 else sample[0]
    return data[:n]


@pytest.mark.every_target
@pytest.mark.parametrize("dtype", targets.SUFFIX)
@pytest.mark.parametrize("target", targets.targets_supported())
@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_any_number_of_threads_gives_the_same_bits(monkeypatch, sample, layers, target, dtype):
    monkeypatch.setenv("NNCORE_TARGET", target)
    data = few_digits(sample, layers)
    alone = parameters(layers, data, 1, dtype)
    for threads in (2, 3, 4):
        np.testing.assert_array_equal(parameters(layers, data, threads, dtype), alone)


@pytest.mark.every_target
@pytest.mark.parametrize("dtype", targets.SUFFIX)
@pytest.mark.parametrize("target", targets.targets_supported())
@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_monitored_values_are_the_same(monkeypatch, sample, layers, target, dtype):
    """251 examples go in parts of 250; the last part has one example, and some threads have none."""
    monkeypatch.setenv("NNCORE_TARGET", target)
    net = nn.Network(layers, input_shape=(1, 28, 28), seed=3, dtype=dtype)
    data = net._data("data", few_digits(sample, layers, 251))
    for masks in (None, (1, 2)):
        alone = net._kernels.evaluate(net._program, net.parameters, data, masks)
        for threads in (2, 3, 4):
            assert net._kernels.evaluate(net._program, net.parameters, data, masks, threads) == alone


@pytest.mark.parametrize("options", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
def test_same_bits_for_every_rule(sample, layers, options):
    data = few_digits(sample, layers)
    alone = parameters(layers, data, 1, **options)
    assert np.isfinite(alone).all()
    np.testing.assert_array_equal(parameters(layers, data, 2, **options), alone)


@pytest.mark.parametrize(
    "name",
    ["two, wide layers, dropout", "dense: split, dropout", "dense: wide layers, active inputs, dropout"],
)
@pytest.mark.parametrize(
    ("mini_batch_size", "threads"), [(1, 2), (3, 5), (15, 2), (16, 2), (60, 3), (300, 2)]
)
def test_same_bits_for_every_mini_batch_size(sample, name, mini_batch_size, threads):
    """Fewer examples than threads; as many as are shared out, or one less; 300, summed in parts of 250."""
    layers, data = NETWORKS[name], sample[0][: mini_batch_size + 5]
    alone = parameters(layers, data, 1, mini_batch_size=mini_batch_size)
    np.testing.assert_array_equal(parameters(layers, data, threads, mini_batch_size=mini_batch_size), alone)


LARGE = {
    "tanh": [Dense(32, "tanh"), Dense(16, "tanh"), Dense(4, "linear")],
    "dropout": [Dense(32, "relu"), Softmax(4, dropout=0.4)],
}


@pytest.mark.parametrize("options", [RUNS["L2 and momentum"], RUNS["L1, by the general path"], RUNS["Adam"]])
@pytest.mark.parametrize("layers", LARGE.values(), ids=LARGE)
@pytest.mark.parametrize("zeros", [False, True], ids=["dense inputs", "mostly zeros"])
def test_large_mini_batches_are_summed_in_groups_to_the_same_bits(layers, options, zeros):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((1300, 12)) * (rng.random((1300, 12)) < (0.2 if zeros else 1))
    y = np.eye(4)[rng.integers(0, 4, 1300)]
    values = []
    for threads in (1, 2, 3, 5):
        net = nn.Network(layers, input_shape=(12,), seed=3)
        net.SGD((X, y), 3, 600, 0.001, threads=threads, **options)
        values.append(net.parameters)
    for other in values[1:]:
        np.testing.assert_array_equal(other, values[0])


def test_a_gradient_in_groups_has_the_same_bits_and_is_that_of_the_reference():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((700, 12)), rng.standard_normal((700, 4))
    net = nn.Network(LARGE["tanh"], input_shape=(12,), cost="quadratic", seed=3, dtype="float64")
    data = net._data("data", (X, y))
    gradients = [np.zeros_like(net.parameters) for _ in range(3)]
    for threads, nabla in enumerate(gradients, 1):
        net._kernels.backprop(net._program, net.parameters, data, nabla, threads=threads)
    np.testing.assert_array_equal(gradients[0], gradients[1])
    np.testing.assert_array_equal(gradients[0], gradients[2])
    in_parts = np.zeros_like(net.parameters)
    for first in range(0, 700, 100):
        part = net._data("data", (X[first : first + 100], y[first : first + 100]))
        net._kernels.backprop(net._program, net.parameters, part, nabla)
        in_parts += nabla
    np.testing.assert_allclose(gradients[0], in_parts, rtol=1e-12, atol=1e-12)


def wait_until(condition):
    """Wait up to five seconds; return whether the condition holds then."""
    for _ in range(100):
        if condition():
            return True
        threading.Event().wait(0.05)
    return False


DENSE = [name for name in NETWORKS if name.startswith("dense")]
ZEROS_OR_REALS = {"non-zero inputs": True, "all inputs": False}


@pytest.mark.parametrize("few", ZEROS_OR_REALS.values(), ids=ZEROS_OR_REALS)
@pytest.mark.parametrize("options", RUNS.values(), ids=RUNS)
@pytest.mark.parametrize("name", DENSE)
def test_an_epoch_in_slices_on_changing_threads_has_the_bits_of_one_in_one_piece(sample, name, options, few):
    """A look between slices brings rows that wait for L2 or momentum up to date, and puts them back."""
    if "augment" in options:
        pytest.skip("distorted images have no list of non-zero inputs: the tests above train on them")
    digits = few_digits(sample, NETWORKS[name], 70)
    reals = (np.maximum(digits.images / 256.0, 0.01), digits.labels)
    values = []
    for ends in ([70], [7, 21, 63, 70]):
        net = nn.Network(NETWORKS[name], input_shape=(784,), seed=3)
        data = net._data("data", digits if few else reals)
        if few:
            assert data.list_entries(0.5)
        rule = rules.chosen(options.get("rule", "sgd"), options.get("momentum"))
        step = net._kernels.Rule(
            **rule.for_kernels(),
            eta=0.001 if options.get("rule") == "adam" else 0.05,
            lmbda_over_n=options.get("lmbda", 0) / 70,
            l1_over_n=options.get("l1", 0) / 70,
        )
        state = np.zeros(step.states * net._program.size, net.dtype) if step.states else None
        order = np.arange(70, dtype=np.intp)
        epoch = net._kernels.Epoch(
            net._program, net.parameters, data, order, 7, step, state=(state, 0), key=(1, 2, 0)
        )
        for threads, end in enumerate(ends, 1):
            assert epoch.train(end, threads) == end
            net.cost(digits)
        values.append((net.parameters.copy(), state))
    np.testing.assert_array_equal(values[0][0], values[1][0])
    if values[0][1] is not None:
        np.testing.assert_array_equal(values[0][1], values[1][1])


def test_rows_that_somebody_changes_between_slices_stay_changed(sample):
    net = nn.Network([784, 20, 10], seed=3)
    data = net._data("data", sample[0][:40])
    data.list_entries(0.5)
    step = net._kernels.Rule("sgd", eta=0.1, lmbda_over_n=0.01)
    epoch = net._kernels.Epoch(net._program, net.parameters, data, np.arange(40, dtype=np.intp), 10, step)
    epoch.train(20)
    net.weights[0] = np.zeros((20, 784))
    epoch.train(40)
    assert (net.weights[0][:, 0] == 0).all()  # the corner is black in every image
    assert np.abs(net.weights[0]).max() > 0


def record_threads(monkeypatch, kernels):
    """Two lists: what is appended when a thread of the core starts, and when it ends."""
    started, ended = [], []

    def recorded(function, arguments):
        def run():
            function(*arguments)
            ended.append(arguments)

        started.append(arguments)
        _thread.start_new_thread(run, ())

    monkeypatch.setattr(kernels, "start_new_thread", recorded)
    return started, ended


def test_the_work_is_shared_by_threads_that_end(sample, monkeypatch):
    """An epoch and the evaluation after it have threads, which end soon after SGD has returned."""
    net = nn.Network(NETWORKS["one convolution"], input_shape=(1, 28, 28), seed=1)
    started, ended = record_threads(monkeypatch, net._kernels)
    net.SGD(sample[0][:100], 1, 10, 0.1, threads=3)
    assert len(started) == 2  # and the calling thread, for the one slice of the epoch
    assert wait_until(lambda: len(ended) == 2)
    net.SGD(sample[0][:100], 1, 10, 0.1, threads=3, evaluation_data=sample[1][:10])
    assert 4 <= len(started) <= 6
    assert wait_until(lambda: len(ended) == len(started))


def test_calls_that_follow_each_other_have_the_same_threads(sample, monkeypatch):
    """A thread lingers for a moment when its share is done."""
    net = nn.Network([784, 10], seed=1)
    data = net._data("data", sample[0][:40])
    started, ended = record_threads(monkeypatch, net._kernels)
    for _ in range(1000):
        net._kernels.evaluate(net._program, net.parameters, data, threads=2)
    assert 1 <= len(started) < 1000  # on a busy machine many calls come too late
    assert wait_until(lambda: len(ended) == len(started))


def test_fewer_threads_share_the_work_if_one_cannot_start(sample, monkeypatch):
    started = []

    def fails(function, arguments):
        if len(started) == 1:
            raise RuntimeError("can't start new thread")
        started.append(_thread.start_new_thread(function, arguments))

    layers = NETWORKS["one convolution"]
    alone = parameters(layers, sample[0][:60], 1)
    monkeypatch.setattr(targets.kernels("float32"), "start_new_thread", fails)
    np.testing.assert_array_equal(parameters(layers, sample[0][:60], 4), alone)


def test_ctrl_c_while_the_threads_start(sample, monkeypatch):
    started, ended = [], []

    def interrupted(function, arguments):
        def run():
            function(*arguments)
            ended.append(arguments)

        started.append(_thread.start_new_thread(run, ()))
        if len(started) == 2:
            raise KeyboardInterrupt

    net = nn.Network(NETWORKS["one convolution"], input_shape=(1, 28, 28), seed=1)
    initial = net.parameters.copy()
    monkeypatch.setattr(net._kernels, "start_new_thread", interrupted)
    with pytest.warns(UserWarning, match="interrupted in epoch 0"):
        history = net.SGD(sample[0][:60], 5, 10, 0.1, threads=4)
    assert history.interrupted
    np.testing.assert_array_equal(net.parameters, initial)
    assert wait_until(lambda: len(ended) == 2)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal to send to oneself")
def test_ctrl_c_ends_a_run_of_threads(sample):
    digits = sample[0][:1000]
    net, other = (nn.Network(NETWORKS["one convolution"], input_shape=(1, 28, 28), seed=1) for _ in range(2))

    def send_interrupt(net, history):
        if len(history) == 2:
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.warns(UserWarning, match="interrupted in epoch"):
        history = net.SGD(digits, 1000, 10, 0.1, threads=2, callbacks=send_interrupt)
    assert history.interrupted
    assert len(history) >= 2
    other.SGD(digits, len(history), 10, 0.1)
    np.testing.assert_array_equal(net.parameters, other.parameters)


def test_networks_in_several_threads_may_have_threads_too(sample):
    layers, data = NETWORKS["one convolution"], sample[0][:100]
    alone = parameters(layers, data, 1)
    with ThreadPoolExecutor(2) as pool:
        for shared in pool.map(lambda threads: parameters(layers, data, threads), (2, 3)):
            np.testing.assert_array_equal(shared, alone)


def in_a_fork(queue, layers, data):
    queue.put(parameters(layers, data, 2).sum())


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
def test_a_forked_process_trains_with_threads(sample):
    layers, data = NETWORKS["one convolution"], sample[0][:60]
    alone = parameters(layers, data, 2)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=in_a_fork, args=(queue, layers, data))
    child.start()
    assert queue.get() == alone.sum()
    child.join(60)
    assert child.exitcode == 0


def test_wrong_numbers_of_threads_are_refused(sample):
    net = nn.Network(NETWORKS["one convolution"], input_shape=(1, 28, 28))
    for threads, message in [(0, "at least 1"), (256, "below"), (True, "at least 1")]:
        with pytest.raises(ValueError, match=f"threads: {message}"):
            net.SGD(sample[0][:60], 1, 10, 0.1, threads=threads)
    with pytest.raises(TypeError, match="threads: a whole number needed"):
        net.SGD(sample[0][:60], 1, 10, 0.1, threads=1.5)
    examples = net._data("data", sample[0][:60])
    rule = net._kernels.Rule("sgd", 0.1)
    with pytest.raises(ValueError, match="threads: 1 to 256 needed, got 0"):
        net._kernels.train(net._program, net.parameters, examples, np.arange(60), 10, rule, threads=0)
    with pytest.raises(ValueError, match="threads: 1 to 256 needed, got 257"):
        net._kernels.evaluate(net._program, net.parameters, examples, threads=257)
