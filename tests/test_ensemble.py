"""Ensembles: what the vote comes to, worked by hand; side by side is as one after another."""

import concurrent.futures
import copy
import multiprocessing
import threading
import warnings

import numpy as np
import pytest

import nncore as nn
from nncore.book import network, network2, network3


def answering(*outputs, targets=(0, 1)):
    """A network that gives these output activations, whatever its inputs are; it was trained on `targets`."""
    layers = [nn.Dense(len(outputs), "linear")]
    net = nn.Network(layers, input_shape=(2,), init="zeros", dtype="float64", cost="quadratic")
    net.SGD((np.zeros((2, 2)), targets), 1, 1, 0.0)
    net.biases = [np.reshape(outputs, (-1, 1))]
    return net


X = np.zeros((3, 2))


def test_the_class_with_most_votes_wins():
    ensemble = nn.Ensemble([answering(0.6, 0.4), answering(0.6, 0.4), answering(0.0, 1.0)])
    assert ensemble.predict(X).tolist() == [0, 0, 0]
    assert ensemble.predict(X, by="mean").tolist() == [1, 1, 1]


def test_the_largest_mean_decides_a_tie():
    ensemble = nn.Ensemble(
        [
            answering(0.5, 0.0, 0.4),
            answering(0.0, 0.9, 0.8),
        ]
    )
    assert ensemble.predict(X[0]) == 1  # one vote each for 0 and 1; 2 has the largest mean, and no vote
    assert ensemble.predict(X[0], by="mean") == 2
    assert isinstance(ensemble.predict(X[0]), int)


def test_the_first_class_wins_a_tie_of_means():
    assert nn.Ensemble([answering(1.0, 0.0), answering(0.0, 1.0)]).predict(X[0]) == 0


def test_a_single_output_votes_for_0_and_1():
    ensemble = nn.Ensemble([answering(0.6), answering(0.6), answering(0.0)])
    assert ensemble.predict(X).tolist() == [1, 1, 1]
    assert ensemble.predict(X, by="mean").tolist() == [0, 0, 0]  # of 0.4
    assert ensemble.accuracy((X, [1, 0, 1])) == 2 / 3
    assert ensemble.errors((X, [1, 0, 1])).tolist() == [1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_mean_of_numbers_whose_sum_is_beyond_the_floats(dtype):
    top = float(np.finfo(dtype).max)
    numbers = np.full((2, 4), 2.0)
    ensemble = nn.Ensemble(
        answering(a, 0.9 * top, -a, 1.0, targets=numbers).copy(dtype) for a in (top, top / 2, -top)
    )
    means = ensemble.feedforward(X[0])
    assert means.dtype == dtype
    assert means == pytest.approx([top / 6, 0.9 * top, -top / 6, 1.0], rel=1e-6)
    assert ensemble.predict(X)[0] == pytest.approx(means)
    same = nn.Ensemble(answering(top, top).copy(dtype) for _ in range(3))
    assert same.feedforward(X[0]).tolist() == [top, top]
    assert same.predict(X, by="mean").tolist() == [0, 0, 0]


def test_accuracy_and_errors_of_labels_and_of_unit_vectors():
    ensemble = nn.Ensemble([answering(0.0, 1.0, 0.0)])
    for y in ([1, 0, 2], np.eye(3)[[1, 0, 2]]):
        assert ensemble.accuracy((X, y)) == 1 / 3
        assert ensemble.errors((X, y)).tolist() == [1, 2]
    assert ensemble.accuracy((X, [1, 0, 2]), by="mean") == 1 / 3


def test_disagreement_counts_pairs(sample):
    _, _, test = sample
    nets = [nn.Network([784, 5, 10], seed=seed) for seed in range(3)]
    nets.append(copy.deepcopy(nets[0]))
    got = nn.Ensemble(nets).disagreement(test)
    wanted = [[np.mean(a.predict(test) != b.predict(test)) for a in nets] for b in nets]
    np.testing.assert_allclose(got, wanted)
    assert got[0, 3] == 0 < got[0, 1]


def test_feedforward_is_the_mean(sample):
    _, _, test = sample
    nets = [nn.Network([784, 5, 10], seed=seed) for seed in range(2)]
    ensemble = nn.Ensemble(nets)
    np.testing.assert_allclose(
        ensemble.feedforward(test), (nets[0].feedforward(test) + nets[1].feedforward(test)) / 2
    )
    column = test[0][0]
    assert ensemble.feedforward(column).shape == (10, 1)
    assert ensemble.predict(column) == ensemble.predict(test)[0]


def members():
    """Networks of different kinds."""
    conv = [nn.Conv2D(2, 5, "relu"), nn.MaxPool2D(2), nn.Softmax(10, dropout=0.2)]
    return [
        nn.Network([784, 5, 10], seed=0),
        nn.Network([784, 6, 10], seed=1, dtype="float64"),
        nn.Network(conv, input_shape=(1, 28, 28), seed=2),
        nn.Network([784, 5, 10], seed=3),
    ]


OPTIONS = {"momentum": 0.5, "monitor": ("training_cost",), "progress": False}


@pytest.mark.parametrize("threads", [None, 1, 4])
def test_members_trained_together_are_as_trained_alone(sample, threads):
    train, validation, _ = sample
    train = train[:300]
    together, alone = members(), members()
    histories = nn.Ensemble(together).SGD(
        train,
        2,
        10,
        0.1,
        lmbda=1.0,
        evaluation_data=validation,
        threads=threads,
        **(OPTIONS | {"monitor": None}),
    )
    for net, history, single in zip(together, histories, alone, strict=True):
        wanted = single.SGD(
            train, 2, 10, 0.1, lmbda=1.0, evaluation_data=validation, progress=False, momentum=0.5
        )
        assert np.array_equal(net.parameters, single.parameters)
        assert history.evaluation_cost == wanted.evaluation_cost
        assert history is net.history
        assert net.epochs_trained == 2


def test_runs_are_resumed(sample):
    train, _, _ = sample
    together, alone = nn.Ensemble(members()[:2]), nn.Ensemble(members()[:2])
    histories = together.SGD(train[:100], 1, 10, 0.1, momentum=0.5, progress=False)
    together.SGD(train[:100], 1, 10, 0.1, momentum=0.5, resume=histories, progress=False)
    alone.SGD(train[:100], 2, 10, 0.1, momentum=0.5, progress=False)
    for net, single, history in zip(together, alone, histories, strict=True):
        assert np.array_equal(net.parameters, single.parameters)
        assert len(history) == 2
    with pytest.raises(ValueError, match="resume: 2 histories needed"):
        together.SGD(train[:100], 1, 10, 0.1, resume=histories[:1])


def test_a_generator_serves_every_member(sample):
    train, _, _ = sample
    pairs = [
        (x.astype(np.float64) / 3, label) for x, label in train[:50]
    ]  # digits that float32 does not hold
    together, alone = members()[:2], members()[:2]
    nn.Ensemble(together).SGD((pair for pair in pairs), 1, 10, 0.1, progress=False)
    for net, single in zip(together, alone, strict=True):
        single.SGD(pairs, 1, 10, 0.1, progress=False)
        assert np.array_equal(net.parameters, single.parameters)


def test_progress_counts_the_images_of_all(sample):
    train, _, _ = sample
    seen = []
    nn.Ensemble(members()[:2]).SGD(train[:100], 3, 10, 0.1, progress=seen.append)
    assert sum(seen) == 2 * 3 * 100


def test_an_error_names_its_member_and_the_others_finish(sample):
    train, _, _ = sample
    ensemble = nn.Ensemble(members()[:2])
    ensemble[1].weights[0][0, 0] = 1e300
    ensemble[1].weights[1][:] = 1e300
    with pytest.raises(nn.DivergenceError) as caught:
        ensemble.SGD(train[:50], 1, 10, 1e10, progress=False)
    assert any("networks[" in note for note in caught.value.__notes__)
    ensemble = nn.Ensemble(members()[:2])

    def fail(net, history):
        if net is ensemble[0]:
            raise ArithmeticError("enough")

    with pytest.raises(ArithmeticError, match="enough") as caught:
        ensemble.SGD(train[:50], 2, 10, 0.1, callbacks=[fail], progress=False)
    assert caught.value.__notes__ == ["(in the training of networks[0])"]
    assert ensemble[1].epochs_trained == 2


@pytest.mark.filterwarnings("ignore:interrupted")
def test_ctrl_c_ends_all_members_after_whole_epochs(sample, monkeypatch):
    train, _, _ = sample
    began = threading.Barrier(3)

    def wait(runs, *options):  # Ctrl-C reaches the thread that waits here
        monkeypatch.undo()
        began.wait(30)
        raise KeyboardInterrupt

    def start(net, history):
        if len(history) == 1:
            began.wait(30)

    monkeypatch.setattr("nncore._work.workplace.wait", wait)
    ensemble = nn.Ensemble(members()[:2])
    histories = ensemble.SGD(train[:100], 10**6, 10, 0.1, callbacks=[start], progress=False)
    for net, history in zip(ensemble, histories, strict=True):
        assert history.interrupted
        assert len(history) == net.epochs_trained >= 1


@pytest.mark.parametrize("rule", ["sgd", "adam"])
def test_members_trained_in_another_process_have_the_same_bits(sample, rule):
    train, validation, _ = sample
    options = {"mini_batch_size": 10, "eta": 0.01, "rule": rule, "evaluation_data": validation[:100]}
    here, there = nn.Ensemble(members()[:2]), nn.Ensemble(members()[:2])
    histories = here.SGD(train[:200], 2, **options)
    histories = here.SGD(train[:200], 1, resume=histories, **options)
    views = [net.weights[0] for net in there]
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes:
        others = before = there.SGD(train[:200], 2, executor=processes, **options)
        others = there.SGD(train[:200], 1, resume=before, executor=processes, **options)
    for net, other, view, history, grown, old in zip(
        here, there, views, histories, others, before, strict=True
    ):
        assert other.parameters.tobytes() == net.parameters.tobytes()
        assert np.shares_memory(view, other.weights[0])
        assert (view == net.weights[0]).all()
        assert grown is old is other.history
        assert grown.evaluation_cost == history.evaluation_cost
        assert other.epochs_trained == 3
        assert other.training_record.data == net.training_record.data


def test_threads_and_an_executor_exclude_each_other(sample):
    ensemble = nn.Ensemble(members()[:2])
    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        with pytest.raises(ValueError, match="threads: the executor decides"):
            ensemble.SGD(sample[0][:50], 1, 10, 0.1, threads=2, executor=executor)
        ensemble.SGD(sample[0][:50], 1, 10, 0.1, executor=executor)
    with pytest.raises(TypeError, match=r"executor: an executor of concurrent\.futures needed"):
        ensemble.SGD(sample[0][:50], 1, 10, 0.1, executor=4)


def test_save_and_load(tmp_path):
    path = tmp_path / "four.npz"
    ensemble = nn.Ensemble(members())
    ensemble.save(path)
    back = nn.Ensemble.load(path)
    assert len(back) == 4
    assert repr(back) == repr(ensemble)
    for net, single in zip(ensemble, back, strict=True):
        assert np.array_equal(net.parameters, single.parameters)
    with pytest.raises(ValueError, match=r"nn\.Ensemble\.load reads it"):
        nn.load(path)
    ensemble[0].save(path)
    with pytest.raises(ValueError, match=r"nn\.load reads it"):
        nn.Ensemble.load(path)


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "bad.npz"
    nn.formats.npz.write(path, {"networks": [{"layers": []}]}, {})
    with pytest.raises(ValueError, match="not an ensemble that nncore saved"):
        nn.Ensemble.load(path)


def test_bad_arguments_are_refused():
    net = nn.Network([2, 1])
    for networks, kind, words in [
        ([], ValueError, "at least one network"),
        ([net, "net"], TypeError, "an nn.Network needed, got str at 1"),
        ([net, nn.Network([2, 3])], ValueError, "2 inputs and 1 outputs needed.*got 2 and 3 at 1"),
        ([net, net], ValueError, r"got one again at 1: net.copy\(\) makes"),
    ]:
        with pytest.raises(kind, match=words):
            nn.Ensemble(networks)
    with pytest.raises(ValueError, match="by: one of vote, mean needed, got 'median'"):
        nn.Ensemble([net]).predict([0.0, 1.0], by="median")
    with pytest.raises(ValueError, match="the targets are numbers"):
        nn.Ensemble([net]).accuracy((X, [0.3, 0.2, 0.1]))
    with pytest.raises(ValueError, match="threads"):
        nn.Ensemble([net]).SGD((X, [0, 1, 0]), 1, 1, 0.1, threads=0)


def test_every_member_gets_what_a_generator_gives(sample):
    called, two = [], nn.Ensemble(nn.Network([784, 10], seed=seed) for seed in range(2))
    histories = two.SGD(
        sample[0][:40],
        5,
        10,
        0.1,
        callbacks=(function for function in [lambda net, history: called.append(net.seed)]),
        stop=(rule for rule in [lambda history: len(history) == 2]),
        monitor=(name for name in ["training_cost"]),
    )
    assert sorted(called) == [0, 0, 1, 1]
    assert [len(history.training_cost) for history in histories] == [2, 2]


@pytest.mark.parametrize("resume", [3, nn.History()])
def test_resume_is_a_list_of_histories(sample, resume):
    with pytest.raises(TypeError, match="resume: a list of histories needed, one for each member; got"):
        nn.Ensemble([nn.Network([784, 10])]).SGD(sample[0][:40], 1, 10, 0.1, resume=resume)


def small_pairs():
    X, y = np.random.default_rng(0).random((20, 2)), np.arange(20) % 2
    return list(zip(X[:, :, None], np.eye(2)[y][:, :, None], strict=True))


class Strict(nn.Network):
    def SGD(self, training_data, epochs, mini_batch_size, eta):
        return super().SGD(training_data, epochs, mini_batch_size, eta)


@pytest.mark.parametrize(
    ("member", "name"),
    [
        (lambda: network.Network([2, 3, 2]), "nncore.book.network.Network"),
        (lambda: network2.Network([2, 3, 2]), "nncore.book.network2.Network"),
        (lambda: network3.Network([network3.SoftmaxLayer(2, 2)], 10), "nncore.book.network3.Network"),
        (lambda: Strict([2, 3, 2]), "test_ensemble.Strict"),
    ],
)
def test_members_that_train_in_another_way_are_named_before_anything_is_trained(member, name, capsys):
    ensemble = nn.Ensemble([nn.Network([2, 3, 2], seed=0), member()])
    says = (
        rf"^networks\[1\]: SGD of .*{name} does not take all that Ensemble.SGD gives, .*make the members with"
    )
    with pytest.raises(TypeError, match=says):
        ensemble.SGD(small_pairs(), 1, 10, 0.5)
    assert [net.epochs_trained for net in ensemble] == [0, 0]


def test_members_that_were_trained_by_their_own_vote(capsys):
    ensemble = nn.Ensemble([network.Network([2, 3, 2]), network2.Network([2, 3, 2])])
    for net in ensemble:
        net.SGD(small_pairs(), 1, 10, 0.5)
    assert ensemble.predict(np.zeros((3, 2))).shape == (3,)


def test_a_subclass_whose_SGD_hands_on_is_trained():
    class Mine(nn.Network):
        def SGD(self, *arguments, **options):
            return super().SGD(*arguments, **options)

    (history,) = nn.Ensemble([Mine([2, 3, 2], seed=0)]).SGD(small_pairs(), 2, 10, 0.5)
    assert len(history) == 2


def warnings_of(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return caught


@pytest.mark.parametrize("dtypes", [["float32"] * 3, ["float32", "float64", "float32"]])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_what_all_members_would_warn_of_is_said_once(dtypes, elsewhere):
    X, y = 1000 * np.random.default_rng(0).random((50, 2)), np.arange(50) % 2
    one = warnings_of(lambda: nn.Network([2, 3, 2], seed=0).SGD((X, y), 1, 10, 0.5))
    assert "Scale" in str(one[0].message)
    ensemble = nn.Ensemble(nn.Network([2, 3, 2], seed=seed, dtype=dtype) for seed, dtype in enumerate(dtypes))
    options = {}
    if elsewhere:
        options["executor"] = concurrent.futures.ThreadPoolExecutor(2)
    caught = warnings_of(lambda: ensemble.SGD((X, y), 1, 10, 0.5, **options))
    assert [str(warning.message) for warning in caught] == [str(warning.message) for warning in one]
    assert [warning.filename for warning in caught] == [__file__]
    assert warnings_of(lambda: ensemble.SGD((X, y), 1, 10, 0.5)) == []  # as with one network


def test_what_each_member_says_of_itself_is_said_for_each(sample):
    train, _, _ = sample
    ensemble = nn.Ensemble(nn.Network([784, 10], seed=seed) for seed in range(2))

    def say(net, history):
        warnings.warn(f"seed {net.seed}", RuntimeWarning, stacklevel=1)
        warnings.warn("of all", RuntimeWarning, stacklevel=1)

    caught = warnings_of(lambda: ensemble.SGD(train[:50], 1, 10, 0.5, callbacks=say))
    assert sorted(str(warning.message) for warning in caught) == ["of all", "seed 0", "seed 1"]
    assert {warning.category for warning in caught} == {RuntimeWarning}
