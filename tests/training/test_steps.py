"""Steps train as SGD does, to the bit, in portions of any size, and take changes at the next mini-batch."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nncore as nn
from nncore.reference.equations import backward, forward, gradients

TRAIN, VALIDATION, TEST = nn.datasets.load_sample()
FEW = TRAIN[:203]  # no multiple of the mini-batch sizes
CONVOLUTIONAL = [nn.Conv2D(3, 5, "relu"), nn.MaxPool2D(2), nn.Dense(8, dropout=0.3), nn.Softmax(10)]
DROPOUT = [nn.Dense(12, "relu"), nn.Dense(8, dropout=0.5), nn.Softmax(10, dropout=0.25)]


def dense(**named):
    return lambda: nn.Network([784, 12, 10], seed=4, **named)


def layers(layers, input_shape=(784,)):
    return lambda: nn.Network(layers, input_shape=input_shape, seed=4)


NOISE = np.random.default_rng(0).random((203, 784)).astype(np.float32), FEW.labels  # no zeros to skip
CASES = {
    "plain": (dense(), {}, FEW),
    "L2": (dense(), {"lmbda": 5.0}, FEW),
    "L1": (dense(), {"l1": 0.5}, FEW),
    "momentum": (dense(), {"momentum": 0.5}, FEW),
    "momentum and L2": (dense(), {"momentum": 0.5, "lmbda": 5.0}, FEW),
    "nesterov": (dense(), {"rule": "nesterov"}, FEW),
    "adam": (dense(), {"rule": "adam", "eta": 0.01}, FEW),
    "float64": (dense(dtype="float64"), {"momentum": 0.5, "lmbda": 5.0}, FEW),
    "no zeros": (dense(), {"momentum": 0.5, "lmbda": 5.0}, NOISE),
    "dropout": (layers(DROPOUT), {"lmbda": 1.0}, FEW),
    "convolution": (layers(CONVOLUTIONAL, (1, 28, 28)), {"lmbda": 1.0}, FEW),
    "distortions": (dense(), {"augment": nn.augment.Shift(1)}, FEW),
    "weights": (dense(), {"weights": np.linspace(0, 2, 203)}, FEW),
    "class weights": (dense(), {"class_weight": "balanced"}, FEW),
    "large mini-batches": (dense(), {"mini_batch_size": 100, "momentum": 0.5}, FEW),
    "one example": (dense(), {"mini_batch_size": 1}, FEW),
    "more than all": (dense(), {"mini_batch_size": 500}, FEW),
    "3 threads": (dense(), {"threads": 3, "momentum": 0.5, "lmbda": 5.0}, FEW),
}


def arguments(case):
    make, named, data = CASES[case]
    return make, {"mini_batch_size": 10, "eta": 0.5} | named, data


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("portion", ["whole", "steps", "portions"])
def test_without_a_change_the_parameters_are_those_of_SGD_to_the_bit(case, portion):
    make, named, data = arguments(case)
    whole, net = make(), make()
    epochs = 1 if case == "convolution" else 3
    whole.SGD(data, epochs, **named)
    steps = nn.Steps(net, data, **named)
    if portion == "whole":
        for _ in range(epochs):
            assert steps.one_epoch() == 203
    elif portion == "steps":
        while net.epochs_trained < epochs:
            assert 1 <= steps.one_step() <= named["mini_batch_size"]
    else:
        rng, trained = np.random.default_rng(1), 0
        while trained < epochs * 203:
            trained += steps.train(min(int(rng.integers(1, 90)), epochs * 203 - trained))
    assert np.array_equal(net.parameters, whole.parameters)
    assert net.epochs_trained == whole.epochs_trained == epochs
    assert steps.images == epochs * 203
    assert steps.steps == whole.history.steps[-1]


def test_train_without_a_number_trains_a_slice_of_an_epoch():
    whole, net = dense()(), dense()()
    whole.SGD(TRAIN, 2, 10, 0.5)
    steps, counted = nn.Steps(net, TRAIN, 10, 0.5), 0
    while net.epochs_trained < 2:
        counted += steps.train()
    assert counted == 16000
    assert np.array_equal(net.parameters, whole.parameters)


CHANGES = {
    "eta": ({}, {"eta": 0.1}),
    "lmbda": ({"lmbda": 1.0}, {"lmbda": 30.0}),
    "momentum": ({"momentum": 0.5}, {"momentum": 0.9}),
    "no more momentum": ({"rule": nn.rules.Momentum(0.5)}, {"rule": nn.rules.Momentum(0.0)}),
    "mini_batch_size": ({"momentum": 0.5}, {"mini_batch_size": 7}),
    "all": (
        {"momentum": 0.5, "lmbda": 1.0},
        {"momentum": 0.2, "lmbda": 3.0, "eta": 0.3, "mini_batch_size": 16},
    ),
    "nesterov": ({"rule": nn.rules.Nesterov(0.5)}, {"rule": nn.rules.Nesterov(0.8)}),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_change_between_epochs_is_that_of_two_calls_of_SGD(change, dtype):
    before, after = ({"mini_batch_size": 10, "eta": 0.5} | named for named in CHANGES[change])
    after = before | CHANGES[change][1]
    twice, net = dense(dtype=dtype)(), dense(dtype=dtype)()
    history = twice.SGD(FEW, 2, **before)
    twice.SGD(FEW, 2, **after, resume=history)
    steps = nn.Steps(net, FEW, **before)
    steps.train(2 * 203)
    for name, value in CHANGES[change][1].items():
        if name == "rule":
            steps.momentum = value.mu
        else:
            setattr(steps, name, value)
    steps.train(2 * 203)
    assert np.array_equal(net.parameters, twice.parameters)


class Reference:
    """The same steps in NumPy: BP1 to BP4 of each mini-batch, momentum and L2."""

    def __init__(self, net, data):
        self.net, self.x, self.y = net, data.to_float().T.astype(float), np.eye(10)[data.labels].T
        self.v = [[np.zeros_like(a, float) for a in side] for side in (net.weights, net.biases)]
        self.n = len(data)

    def step(self, rows, eta, lmbda, momentum):
        net = self.net
        x, y, m = self.x[:, rows], self.y[:, rows], len(rows)
        zs, a = forward(net, x)
        deltas = backward(net, zs, a, y)
        inputs = [x, *a[:-1]]
        for l, (layer, before, delta) in enumerate(zip(net.layers, inputs, deltas, strict=True)):
            nabla_b, nabla_w = gradients(layer, before, delta)
            w, b = net.weights[l], net.biases[l]
            vw, vb = self.v[0][l], self.v[1][l]
            vw[...] = momentum * vw - eta * (nabla_w / m + lmbda / self.n * w)
            vb[...] = momentum * vb - eta * nabla_b / m
            w += vw
            b += vb


SETTINGS = st.fixed_dictionaries(
    {
        "eta": st.sampled_from([0.05, 0.5, 1.0]),
        "lmbda": st.sampled_from([0.0, 2.0, 20.0]),
        "momentum": st.sampled_from([0.1, 0.5, 0.8]),
        "mini_batch_size": st.sampled_from([1, 7, 10, 64]),
    }
)


@given(st.lists(st.tuples(st.integers(1, 120), SETTINGS), min_size=1, max_size=6))
@settings(max_examples=20, deadline=None)
def test_changes_within_an_epoch_act_from_the_next_mini_batch(plan):
    """Against NumPy, in float64, to rounding."""
    net, twin = (nn.Network([784, 6, 10], seed=2, dtype="float64") for _ in range(2))
    steps, reference = nn.Steps(net, FEW, 10, 0.5, momentum=0.5), Reference(twin, FEW)
    epoch, done, order = 0, 203, None
    for images, wanted in plan:
        for name, value in wanted.items():
            setattr(steps, name, value)
        trained = steps.train(images)
        while trained > 0:
            if done == 203:
                order, done = np.empty(203, np.intp), 0
                net._kernels.shuffle(order, 2, epoch)
                epoch += 1
            rows = order[done : done + wanted["mini_batch_size"]]
            reference.step(rows, wanted["eta"], wanted["lmbda"], wanted["momentum"])
            done += len(rows)
            trained -= len(rows)
        assert trained == 0
    np.testing.assert_allclose(net.parameters, twin.parameters, rtol=1e-9, atol=1e-11)


def test_the_masks_of_dropout_go_on_where_the_epoch_does():
    """A change that changes nothing: eta to another number and back, between two mini-batches."""
    for make, _, data in (CASES["dropout"], CASES["distortions"]):
        whole, net = make(), make()
        named = {"augment": nn.augment.Shift(1)} if make is CASES["distortions"][0] else {}
        whole.SGD(data, 1, 10, 0.5, **named)
        steps = nn.Steps(net, data, 10, 0.5, **named)
        for _ in range(7):
            steps.train(min(30, 203 - steps.images))
            steps.eta = 0.1
            steps.eta = 0.5
        assert net.epochs_trained == 1
        np.testing.assert_allclose(net.parameters, whole.parameters, rtol=0, atol=1e-6)


def test_a_value_that_is_set_again_is_no_change():
    make, named, data = arguments("momentum and L2")
    whole, net = make(), make()
    whole.SGD(data, 2, **named)
    steps = nn.Steps(net, data, **named)
    while net.epochs_trained < 2:
        steps.train(min(20, 406 - steps.images))
        steps.eta, steps.lmbda, steps.momentum, steps.mini_batch_size = 0.5, 5.0, 0.5, 10
    assert np.array_equal(net.parameters, whole.parameters)


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_a_divergence_puts_the_epochs_start_back(momentum):
    calm = layers([nn.Dense(12, "relu"), nn.Dense(10, "linear")])()
    net = calm.copy()
    steps = nn.Steps(net, FEW, 10, 0.01, momentum=momentum)
    history = calm.SGD(FEW, 1, 10, 0.01, momentum=momentum)
    steps.one_epoch()
    steps.train(50)
    steps.eta = 1e30
    with pytest.raises(nn.DivergenceError, match=r"^epoch 1: .*eta = 1e\+30 is far too large") as error:
        steps.one_epoch()
    assert error.value.epoch == 1
    assert np.array_equal(net.parameters, calm.parameters)
    assert (steps.images, steps.steps, net.epochs_trained) == (203, 21, 1)
    steps.eta = 0.01
    steps.one_epoch()
    calm.SGD(FEW, 1, 10, 0.01, momentum=momentum, resume=history)
    assert np.array_equal(net.parameters, calm.parameters)


def test_SGD_goes_on_from_the_history_of_steps_also_through_a_file(tmp_path):
    whole, net = dense()(), dense()()
    whole.SGD(FEW, 4, 10, 0.5, 1.0, momentum=0.5)
    nn.Steps(net, FEW, 10, 0.5, 1.0, momentum=0.5).train(2 * 203)
    net.save(tmp_path / "half.npz")
    net = nn.load(tmp_path / "half.npz")
    net.SGD(FEW, 2, 10, 0.5, 1.0, momentum=0.5, resume=net.history)
    assert np.array_equal(net.parameters, whole.parameters)
    assert [run.epochs for run in net.training_record] == [4]


def test_history_and_record_say_what_was_done():
    net = dense()()
    steps = nn.Steps(net, FEW, 10, 0.5, momentum=0.5)
    steps.train(2 * 203)
    steps.eta = 0.25
    steps.train(203)
    history = net.history
    assert history is steps.history
    assert history.eta == [0.5, 0.5, 0.25]
    assert history.images == [203, 406, 609]
    assert history.steps == [21, 42, 63]
    assert history.rule == nn.rules.Momentum(0.5)
    assert [run.epochs for run in net.training_record] == [2, 1]
    assert net.training_record[-1].settings.eta == 0.25
    assert 0 < steps.seconds < 10


def test_a_training_by_others_begins_a_new_epoch():
    net = dense()()
    steps = nn.Steps(net, FEW, 10, 0.5)
    steps.train(50)
    net.SGD(FEW, 1, 10, 0.5)
    twin = net.copy()
    assert steps.one_epoch() == 203
    twin.SGD(FEW, 1, 10, 0.5)
    assert np.array_equal(net.parameters, twin.parameters)


def test_parameters_may_be_changed_between_two_portions():
    net = dense()()
    steps = nn.Steps(net, FEW, 10, 0.5, 1.0, momentum=0.5)
    steps.train(50)
    net.weights[0][...] = 0
    steps.train(10)
    assert np.abs(net.weights[0]).max() < 0.5


def test_settings_may_be_changed_from_another_thread_while_it_trains():
    net = nn.Network([784, 30, 10], seed=0)
    steps = nn.Steps(net, TRAIN[:2000], 10, 0.1)
    going = threading.Event()

    def train():
        while not going.is_set():
            steps.train(500)

    thread = threading.Thread(target=train)
    thread.start()
    rng = np.random.default_rng(0)
    for _ in range(200):
        steps.mini_batch_size = int(rng.integers(1, 50))
        steps.momentum = float(rng.choice([0.0, 0.3, 0.6]))
        steps.eta = float(rng.uniform(0, 0.3))
        steps.lmbda = float(rng.uniform(0, 3))
    going.set()
    thread.join()
    assert np.isfinite(net.parameters).all()
    assert steps.steps > 0


def test_two_threads_may_not_train_one_network():
    net = nn.Network([784, 100, 10], seed=0)
    steps, other = (nn.Steps(net, TRAIN, 10, 0.1) for _ in range(2))
    refused = []

    def train():
        try:
            other.one_epoch()
        except RuntimeError as error:
            refused.append(str(error))

    with nn.training.run.exclusive(net):
        thread = threading.Thread(target=train)
        thread.start()
        thread.join()
    assert refused
    assert "is being trained already" in refused[0]
    assert steps.one_step() == 10


@pytest.mark.parametrize(
    ("named", "error", "text"),
    [
        ({"eta": -1}, ValueError, "eta: a number needed that is at least 0, got -1"),
        ({"eta": float("nan")}, ValueError, "eta"),
        ({"mini_batch_size": 0}, ValueError, "mini_batch_size: at least 1 needed, got 0"),
        ({"mini_batch_size": 1.5}, TypeError, "mini_batch_size: a whole number needed"),
        ({"lmbda": "1"}, TypeError, "lmbda: a number needed"),
        ({"momentum": None}, TypeError, "momentum: a number needed"),
    ],
)
def test_settings_that_are_refused_leave_the_old_ones(named, error, text):
    steps = nn.Steps(dense()(), FEW, 10, 0.5, 1.0, momentum=0.5)
    steps.one_step()
    (name, value), *_ = named.items()
    before = getattr(steps, name)
    with pytest.raises(error, match=text):
        setattr(steps, name, value)
    assert getattr(steps, name) == before
    assert steps.one_step() == 10


def test_what_cannot_be_trained_is_refused():
    with pytest.raises(ValueError, match="training_data: no example given"):
        nn.Steps(dense()(), TRAIN[:0], 10, 0.5)
    with pytest.raises(ValueError, match="momentum: Adam has none"):
        nn.Steps(dense()(), FEW, 10, 0.5, rule="adam").momentum = 0.5
    with pytest.raises(TypeError, match="images: a whole number needed"):
        nn.Steps(dense()(), FEW, 10, 0.5).train(1.5)
    with pytest.raises(TypeError, match=r"net: an nn\.Network needed, got 3"):
        nn.Steps(3, FEW, 10, 0.5)
