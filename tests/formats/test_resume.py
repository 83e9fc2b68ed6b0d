"""A run that is saved, loaded and resumed gives the same bits as a run without a pause."""

import copy
import json
import pickle

import numpy as np
import pytest

import nncore as nn
from nncore.formats import npz

NETWORKS = {
    "dense": ([nn.Dense(12), nn.Dense(10)], (784,)),
    "dropout": (
        [nn.Dense(12, "relu"), nn.Dense(8, "tanh", dropout=0.3), nn.Softmax(10, dropout=0.5)],
        (784,),
    ),
    "convolution": (
        [nn.Conv2D(3, 5, "relu"), nn.MaxPool2D(3), nn.Dense(9, "relu"), nn.Softmax(10, dropout=0.5)],
        (1, 28, 28),
    ),
}
RUNS = {
    "momentum": {"momentum": 0.7},
    "nesterov": {"rule": nn.rules.Nesterov(0.8), "lmbda": 1.0},
    "adam": {"rule": nn.rules.Adam(beta1=0.8, beta2=0.99), "eta": 0.01, "lmbda": 0.5},
    "L2 and L1": {"lmbda": 2.0, "l1": 0.1},
    "step": {"momentum": 0.5, "schedule": nn.schedules.Step(2, 0.5)},
    "cosine": {"rule": "adam", "eta": 0.01, "schedule": nn.schedules.Cosine(6)},
    "halve": {"momentum": 0.5, "schedule": nn.schedules.Halve(1)},
    "a function": {"rule": "nesterov", "schedule": lambda epoch: 0.2 / (1 + epoch)},
    "early stopping": {"rule": "adam", "eta": 0.3, "stop": nn.stopping.NoImprovement(2)},
    "distorted images": {
        "momentum": 0.5,
        "augment": [nn.augment.Shift(2), nn.augment.Rotate(10), nn.augment.Elastic()],
    },
    "the best epoch": {"rule": "adam", "eta": 0.03, "keep_best": True},
    "within epochs": {
        "momentum": 0.5,
        "monitor": nn.Monitor("training_cost", "learning_speeds", every=25, examples=20),
    },
}


def through_a_file(net, folder):
    net.save(folder / "net.npz")
    return nn.load(folder / "net.npz")


def train(net, sample, epochs, options, resume=None):
    """Train on sixty digits, in mini-batches of which the last is short."""
    options = {"eta": 0.1, "evaluation_data": sample[1][:30], "resume": resume} | options
    return net.SGD(sample[0][:60], epochs, 8, progress=False, **options)


def record(history):
    """What a History holds, but for times and the sentence that says how many epochs were asked for.

    `optimizer_start` says from where on a rule counts its steps, and means nothing to a rule without memory.
    """
    left_out = {
        "seconds",
        "elapsed",
        "threads",  # as many as were fastest just then
        "stopped",
        *(() if "state" in history.arrays() else ["optimizer_start"]),
    }
    return {name: value for name, value in history.to_dict().items() if name not in left_out}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("run", RUNS)
@pytest.mark.filterwarnings("ignore::nncore.NotLearningWarning")
def test_six_epochs_are_three_and_three(run, kind, dtype, sample, tmp_path):
    layers, input_shape = NETWORKS[kind]
    whole = nn.Network(layers, input_shape=input_shape, dtype=dtype, seed=7)
    paused = whole.copy()
    train(whole, sample, 6, RUNS[run])
    train(paused, sample, 3, RUNS[run])
    resumed = through_a_file(paused, tmp_path)
    assert resumed.parameters.tobytes() == paused.parameters.tobytes()
    train(resumed, sample, 3, RUNS[run], resume=resumed.history)
    assert resumed.parameters.tobytes() == whole.parameters.tobytes()
    assert resumed.epochs_trained == whole.epochs_trained == len(whole.history)
    assert record(resumed.history) == record(whole.history)
    ours, wanted = resumed.history.arrays(), whole.history.arrays()
    assert {name: array.tobytes() for name, array in ours.items()} == {
        name: array.tobytes() for name, array in wanted.items()
    }


@pytest.mark.filterwarnings("ignore::nncore.NotLearningWarning")
def test_the_runs_are_what_they_are_called(sample):
    """Early stopping ends a run, the best epoch is not the last one, and a pause without resume shows."""
    layers, input_shape = NETWORKS["dropout"]
    nets = {name: nn.Network(layers, input_shape=input_shape, seed=7) for name in RUNS}
    histories = {name: train(net, sample, 6, RUNS[name]) for name, net in nets.items()}
    assert len(histories["early stopping"]) < 6
    assert histories["the best epoch"].last is not None
    assert len(set(histories["halve"].eta)) > 1
    anew = nn.Network(layers, input_shape=input_shape, seed=7)
    train(anew, sample, 3, RUNS["momentum"])
    train(anew, sample, 3, RUNS["momentum"])
    assert anew.parameters.tobytes() != nets["momentum"].parameters.tobytes()


@pytest.mark.parametrize(
    "copied",
    [
        through_a_file,
        lambda net, _: net.copy(),
        lambda net, _: copy.copy(net),
        lambda net, _: copy.deepcopy(net),
        *(lambda net, _, k=k: pickle.loads(pickle.dumps(net, k)) for k in range(pickle.HIGHEST_PROTOCOL + 1)),
    ],
)
def test_the_history_travels_and_is_not_shared(copied, sample, tmp_path):
    net = nn.Network([784, 5, 10], seed=0)
    train(net, sample, 2, RUNS["the best epoch"])
    before, arrays = net.history.to_dict(), {name: a.copy() for name, a in net.history.arrays().items()}
    other = copied(net, tmp_path)
    assert other.history.to_dict() == before
    assert other.history.rule == net.history.rule
    train(other, sample, 2, RUNS["the best epoch"], resume=other.history)
    assert (len(other.history), len(net.history)) == (4, 2)
    assert net.history.to_dict() == before
    for name, array in net.history.arrays().items():
        np.testing.assert_array_equal(array, arrays[name])


@pytest.mark.parametrize(("dtype", "other"), [("float32", "float64"), ("float64", "float32")])
def test_a_copy_of_another_dtype_has_the_history_in_that_dtype(dtype, other, sample):
    net = nn.Network([784, 5, 10], dtype=dtype, seed=0)
    train(net, sample, 2, RUNS["momentum"])
    copied = net.copy(other)
    assert copied.history.state.dtype == other
    states = [npz_arrays for _, npz_arrays in (net._state(), copied._state())]
    assert states[0].keys() == states[1].keys()
    for name, array in states[0].items():
        kept = array if name == "trained_on_0" else array.astype(other)
        np.testing.assert_array_equal(states[1][name], kept)
    train(copied, sample, 1, RUNS["momentum"], resume=copied.history)


def test_an_ensemble_is_resumed_from_its_file(sample, tmp_path):
    def members():
        return nn.Ensemble(nn.Network([784, 5, 10], seed=seed) for seed in range(2))

    options = {"rule": "adam", "progress": False}
    whole, paused = members(), members()
    whole.SGD(sample[0][:60], 4, 8, 0.01, **options)
    paused.SGD(sample[0][:60], 2, 8, 0.01, **options)
    paused.save(tmp_path / "ensemble.npz")
    resumed = nn.Ensemble.load(tmp_path / "ensemble.npz")
    resumed.SGD(sample[0][:60], 2, 8, 0.01, resume=[net.history for net in resumed], **options)
    for net, wanted in zip(resumed, whole, strict=True):
        assert net.parameters.tobytes() == wanted.parameters.tobytes()


def test_an_untrained_network_keeps_its_parameters_alone(tmp_path):
    net = nn.Network([784, 30, 10], seed=0)
    net.save(tmp_path / "net.npz")
    description, arrays = npz.read(tmp_path / "net.npz")
    assert sorted(arrays) == ["biases_0", "biases_1", "weights_0", "weights_1"]
    assert "history" not in description
    assert (tmp_path / "net.npz").stat().st_size < 4 * (785 * 30 + 31 * 10) + 3000
    assert nn.load(tmp_path / "net.npz").history is None


def test_the_size_of_a_file_is_as_its_documentation_says(sample, tmp_path):
    def size(**options):
        net = nn.Network([784, 30, 10], seed=0)
        net.SGD(sample[0][:60], 1, 10, 0.01, **options)
        net.save(tmp_path / "net.npz")
        with_history = (tmp_path / "net.npz").stat().st_size
        net.history = None
        net.save(tmp_path / "net.npz")
        return with_history / (tmp_path / "net.npz").stat().st_size

    assert size() == pytest.approx(1, abs=0.05)
    assert size(momentum=0.5) == pytest.approx(2, abs=0.1)
    assert size(rule="adam") == pytest.approx(3, abs=0.15)


def test_arrays_have_the_shapes_of_the_book(sample, tmp_path):
    net = nn.Network(NETWORKS["convolution"][0], input_shape=(1, 28, 28), seed=0)
    train(net, sample, 2, {"rule": "adam", "eta": 0.01, "keep_best": True})
    net.save(tmp_path / "net.npz")
    _, arrays = npz.read(tmp_path / "net.npz")
    for l, (w, b) in enumerate(zip(net.weights, net.biases, strict=True)):
        for prefix in ("", "state_0_", "state_1_", "best_0_"):
            assert arrays[f"{prefix}weights_{l}"].shape == w.shape
            assert arrays[f"{prefix}biases_{l}"].shape == b.shape
    assert all((arrays[f"state_1_weights_{l}"] >= 0).all() for l in range(3))  # means of squares


DAMAGES = {
    "a history that is a list": lambda d, a: d.update(history=[1]),
    "an unknown column": lambda d, a: d["history"].update(code=["exit()"]),
    "a column that is too short": lambda d, a: d["history"]["eta"].pop(),
    "a column of text": lambda d, a: d["history"].update(eta=["0.1", "0.1"]),
    "a rule that does not exist": lambda d, a: d["history"]["rule"].update(name="__import__"),
    "a rule with other numbers": lambda d, a: d["history"]["rule"].update(beta1="large"),
    "steps before the first": lambda d, a: d["history"].update(optimizer_start=10**9),
    "a layer without its state": lambda d, a: a.pop("state_0_weights_1"),
    "state of another shape": lambda d, a: a.update(state_1_weights_0=np.zeros((3, 3))),
    "an empty state": lambda d, a: a.update(state_2_weights_0=np.zeros((0,))),
    "state that is NaN": lambda d, a: a.update(state_0_biases_0=np.full((6, 1), np.nan)),
    "state that is complex": lambda d, a: a.update(state_0_biases_0=np.zeros((6, 1), complex)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_history_is_refused(damage, tmp_path):
    net = nn.Network([4, 6, 3], seed=0)
    X = np.random.default_rng(0).random((9, 4))
    net.SGD((X, np.arange(9) % 3), 2, 3, 0.01, rule="adam")
    description, arrays = net._state()
    description = json.loads(json.dumps(description))
    npz.write(tmp_path / "damaged.npz", description, arrays)
    assert len(nn.load(tmp_path / "damaged.npz").history) == 2
    DAMAGES[damage](description, arrays)
    npz.write(tmp_path / "damaged.npz", description, arrays)
    with pytest.raises(ValueError, match=r"damaged\.npz: not a network that nncore saved"):
        nn.load(tmp_path / "damaged.npz")


def test_a_state_of_another_rule_is_refused_on_resume(tmp_path):
    net = nn.Network([4, 3], seed=0)
    data = np.eye(4), [0, 1, 2, 0]
    net.SGD(data, 1, 2, 0.1, momentum=0.5)
    net = through_a_file(net, tmp_path)
    with pytest.raises(ValueError, match="resume: the history is of a run with the rule Momentum"):
        net.SGD(data, 1, 2, 0.1, rule="adam", resume=net.history)
