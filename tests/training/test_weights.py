"""Weights of examples and of classes: what they mean in SGD, minimize, cost and accuracy; what is refused."""

import json

import numpy as np
import pytest

import nncore as nn
from nncore.reference import Network as ReferenceNetwork


def data(n=60, n_in=5, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, n_in)), np.minimum(rng.geometric(0.5, n) - 1, classes - 1)


def weights(n=60, seed=1):
    rng = np.random.default_rng(seed)
    return np.round(3 * rng.random(n), 2) * (rng.random(n) < 0.8)


def network(dtype="float64", n_out=3, **options):
    return nn.Network(
        [nn.Dense(7, "tanh"), nn.Softmax(n_out)], input_shape=(5,), seed=2, dtype=dtype, **options
    )


BALANCED = {0: 60 / (3 * 28), 1: 60 / (3 * 20), 2: 60 / (3 * 12)}  # of 28, 20 and 12 examples


def unequal():
    X, _ = data()
    return X, np.repeat([0, 1, 2], [28, 20, 12])


def parameters(given, *arguments, **options):
    net = network()
    net.SGD(given, *(arguments or (3, 7, 0.5)), **options)
    return net.parameters


# ---- what they mean


def test_a_step_over_all_whole_weights_is_that_over_repeated_examples():
    """The learning rate is multiplied by the mean weight; L2 then shrinks the weights by as much, too."""
    (X, y), counts = data(), np.random.default_rng(3).integers(0, 4, 60)
    rows = np.repeat(np.arange(60), counts)
    weighted, repeated = network(), network()
    for _ in range(5):
        weighted.SGD((X, y), 1, 60, 0.3, 2.0, weights=counts)
        repeated.SGD((X[rows], y[rows]), 1, len(rows), 0.3 * counts.mean(), 2.0)
    np.testing.assert_allclose(weighted.parameters, repeated.parameters, rtol=0, atol=1e-12)


def test_minimize_finds_the_minimum_of_repeated_examples():
    (X, y), counts = data(), np.random.default_rng(3).integers(0, 4, 60)
    rows = np.repeat(np.arange(60), counts)
    weighted, repeated = network(), network()
    weighted.minimize((X, y), lmbda=3.0, weights=counts, monitor="training_accuracy")
    repeated.minimize((X[rows], y[rows]), lmbda=3.0)
    np.testing.assert_allclose(weighted.parameters, repeated.parameters, atol=1e-4)
    history = weighted.history
    assert history.training_cost[-1] == pytest.approx(weighted.cost((X, y), 3.0, weights=counts))
    assert history.training_accuracy[-1] == weighted.accuracy((X, y), weights=counts)


@pytest.mark.parametrize("mini_batch_size", [1, 7, 60])
def test_sgd_matches_the_twin(mini_batch_size):
    (X, y), each = data(), weights()
    net = nn.Network([5, 7, 3], seed=2, dtype="float64")
    twin = ReferenceNetwork([5, 7, 3], seed=2)
    net.SGD((X, y), 3, mini_batch_size, 0.5, 2.0, weights=each)
    twin.SGD((X, y), 3, mini_batch_size, 0.5, 2.0, weights=each)
    for one, other in zip([*net.weights, *net.biases], [*twin.weights, *twin.biases], strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)
    assert net.cost((X, y), 2.0, weights=each) == pytest.approx(twin.cost((X, y), 2.0, weights=each))
    assert net.accuracy((X, y), weights=each) == pytest.approx(twin.accuracy((X, y), weights=each))


def test_weights_of_1_and_balanced_equal_classes_give_the_bits_of_none():
    X, y = data()[0], np.arange(60) % 3
    plain = parameters((X, y))
    for options in ({"weights": np.ones(60)}, {"class_weight": "balanced"}, {"class_weight": {2: 1.0}}):
        np.testing.assert_array_equal(parameters((X, y), **options), plain)


@pytest.mark.parametrize("form", ["labels", "unit vectors", "the book's pairs"])
@pytest.mark.parametrize(
    "class_weight", ["balanced", BALANCED, list(BALANCED.values()), np.array(list(BALANCED.values()))]
)
def test_class_weights_are_those_of_their_examples(form, class_weight):
    X, y = unequal()
    forms = {
        "labels": (X, y),
        "unit vectors": (X, np.eye(3)[y]),
        "the book's pairs": [(x[:, None], int(label)) for x, label in zip(X, y, strict=True)],
    }
    expected = parameters((X, y), weights=[BALANCED[k] for k in y])
    np.testing.assert_array_equal(parameters(forms[form], class_weight=class_weight), expected)


def test_the_weights_of_balanced_classes_have_the_mean_1_and_leave_out_classes_without_examples():
    X, y = unequal()
    net = network(n_out=5)
    net.SGD((X, y), 1, 7, 0.5, class_weight="balanced", monitor=("training_cost", "training_accuracy"))
    each = np.array([BALANCED[k] for k in y])
    assert each.mean() == pytest.approx(1)
    assert net.history.training_cost[-1] == net.cost((X, y), weights=each)
    recall = [(net.predict(X)[y == k] == k).mean() for k in range(3)]
    assert net.history.training_accuracy[-1] == pytest.approx(np.mean(recall))


def test_one_output_tells_two_classes_apart():
    X, _ = data()
    y = (np.arange(60) < 15).astype(int)
    results = []
    for options in (
        {"class_weight": "balanced"},
        {"class_weight": [2 / 3, 2]},
        {"weights": np.where(y, 2, 2 / 3)},
    ):
        net = nn.Network([5, 4, 1], seed=0, dtype="float64")
        net.SGD((X, y), 2, 10, 0.5, **options)
        results.append(net.parameters.tobytes())
    assert len(set(results)) == 1


def test_weights_and_class_weights_are_multiplied():
    (X, y), each = unequal(), weights()
    both = parameters((X, y), weights=each, class_weight=BALANCED)
    np.testing.assert_array_equal(both, parameters((X, y), weights=each * [BALANCED[k] for k in y]))


def test_rare_classes_are_found_if_they_count_more():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((2000, 5))
    y = (X[:, 0] + 0.3 * rng.standard_normal(2000) > 1.95).astype(int)
    recall = []
    for class_weight in (None, "balanced"):
        net = nn.Network([5, 10, 2], seed=0)
        net.SGD((X, y), 10, 10, 0.1, class_weight=class_weight)
        recall.append((net.predict(X)[y == 1] == 1).mean())
    assert recall[0] < 0.5 < 0.9 < recall[1]


# ---- what is measured


def test_evaluation_data_have_weights_of_their_own():
    (X, y), (other_X, other_y), each = data(), data(30, seed=5), weights(30)
    net = network()
    names = "training_cost", "training_accuracy", "evaluation_cost", "evaluation_accuracy"
    history = net.SGD(
        (X, y), 2, 7, 0.5, 1.0, weights=weights(), evaluation_data=(other_X, other_y),
        evaluation_weights=each, monitor=names,
    )  # fmt: skip
    assert history.training_cost[-1] == net.cost((X, y), 1.0, weights=weights())
    assert history.training_accuracy[-1] == net.accuracy((X, y), weights=weights())
    assert history.evaluation_cost[-1] == net.cost((other_X, other_y), 1.0, weights=each)
    assert history.evaluation_accuracy[-1] == net.accuracy((other_X, other_y), weights=each)
    history = net.SGD((X, y), 1, 7, 0.5, weights=weights(), evaluation_data=(other_X, other_y))
    assert history.evaluation_cost[-1] == net.cost((other_X, other_y))
    assert history.evaluation_accuracy[-1] == net.accuracy((other_X, other_y))


def test_measurements_within_an_epoch_are_of_the_first_examples_with_their_weights():
    (X, y), each = data(), weights()
    monitor = nn.Monitor("training_cost", "learning_speeds", every=60, examples=20)
    net = network()
    history = net.SGD((X, y), 1, 60, 0.5, weights=each, monitor=monitor)
    first = (X[:20], y[:20]), each[:20]
    assert history.within_epochs["training_cost"] == [net.cost(first[0], weights=first[1])]
    nabla_b, _ = net.backprop(*first[0], weights=first[1])
    speeds = [np.linalg.norm(nabla) / each[:20].sum() for nabla in nabla_b]
    assert history.learning_speeds[-1] == pytest.approx(speeds)
    each[:20] = 0  # then there is nothing to measure on them
    history = network().SGD((X, y), 1, 60, 0.5, weights=each, monitor=monitor)
    assert np.isnan(history.within_epochs["training_cost"]).all()
    assert np.isnan(history.learning_speeds).all()


def test_gradients_are_checked_with_weights():
    (X, y), each = data(10), weights(10)
    net = network()
    assert nn.check_gradients(net, X, y, weights=each)
    right = net.backprop
    net.backprop = lambda X, y, weights: right(X, y)  # forgets them
    assert not nn.check_gradients(net, X, y, weights=each)


def test_find_eta_takes_weights():
    X, y = unequal()
    found = nn.find_eta([5, 7, 3], (X, y), weights=np.full(60, 100.0))
    plain = nn.find_eta([5, 7, 3], (X, y))
    assert found.eta == pytest.approx(plain.eta / 100, rel=0.7)
    assert nn.find_eta([5, 7, 3], (X, y), class_weight="balanced").eta == pytest.approx(plain.eta, rel=0.7)
    few = np.zeros(60)
    few[7] = 1
    assert nn.find_eta([5, 7, 3], (X, y), weights=few).eta is not None


def test_members_of_an_ensemble_are_trained_and_measured_with_weights():
    (X, y), each = unequal(), weights()
    ensemble = nn.Ensemble(nn.Network([5, 4, 3], seed=seed) for seed in range(3))
    ensemble.SGD((X, y), 2, 7, 0.5, weights=each, class_weight="balanced")
    alone = nn.Network([5, 4, 3], seed=1)
    alone.SGD((X, y), 2, 7, 0.5, weights=each, class_weight="balanced")
    np.testing.assert_array_equal(ensemble[1].parameters, alone.parameters)
    right = ensemble.predict(X) == y
    assert ensemble.accuracy((X, y), weights=each) == pytest.approx((right * each).sum() / each.sum())
    assert ensemble.accuracy((X, y)) == right.mean()


# ---- going on, and the record


def test_a_resumed_run_gives_the_bits_of_one_without_a_pause(tmp_path):
    X, y = unequal()
    options = {"weights": weights(), "class_weight": "balanced", "momentum": 0.7, "keep_best": True}
    options |= {"evaluation_data": data(30, seed=5), "stop": nn.stopping.NoImprovement(20)}
    net = network()
    whole = net.SGD((X, y), 6, 7, 0.1, **options)
    other = network()
    other.SGD((X, y), 3, 7, 0.1, **options)
    other.save(tmp_path / "net.npz")
    other = nn.load(tmp_path / "net.npz")
    resumed = other.SGD((X, y), 3, 7, 0.1, resume=other.history, **options)
    np.testing.assert_array_equal(net.parameters, other.parameters)
    assert resumed.evaluation_cost == whole.evaluation_cost
    assert resumed.weights == whole.weights == other.training_record[-1].settings.weights
    assert len(other.training_record) == 1
    assert other.training_record[0].epochs == 6


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"weights": weights()}, {}),
        ({}, {"weights": weights()}),
        ({"weights": weights()}, {"weights": weights(seed=2)}),
        ({"class_weight": "balanced"}, {"class_weight": {1: 2.0}}),
    ],
)
def test_a_run_is_not_resumed_with_other_weights(first, second):
    net = network()
    net.SGD(unequal(), 1, 7, 0.1, **first)
    before = net.parameters.copy()
    with pytest.raises(
        ValueError, match=r"resume: the run had .* pass the same weights and class_weight, or begin"
    ):
        net.SGD(unequal(), 1, 7, 0.1, resume=net.history, **second)
    np.testing.assert_array_equal(net.parameters, before)
    net.SGD(unequal(), 1, 7, 0.1, resume=net.history, **first)
    net.SGD(unequal(), 1, 7, 0.1, **second)
    assert len(net.training_record) == 2


def test_the_record_says_how_examples_were_weighted(tmp_path):
    net = network("float32")
    net.SGD(unequal(), 1, 7, 0.1, class_weight=BALANCED)
    text = net.training_record[-1].settings.weights
    assert text.startswith("0.7143 to 1.667, hash ")
    assert f"weights {text}" in repr(net.training_record)
    wide = network("float64")
    wide.SGD(unequal(), 1, 7, 0.1, class_weight="balanced")
    assert wide.history.weights == text
    assert nn.History.from_dict(json.loads(json.dumps(wide.history.to_dict()))).weights == text
    wide.minimize(unequal(), maxiter=1, class_weight="balanced")
    assert wide.history.weights == wide.training_record[-1].settings.weights == text
    net.save(tmp_path / "net.npz")
    assert nn.load(tmp_path / "net.npz").training_record[-1].settings.weights == text


def test_files_of_versions_without_weights_are_read():
    net = network()
    net.SGD(unequal(), 1, 7, 0.1)
    described, arrays = net.training_record.describe()
    del described["runs"][0]["settings"]["weights"]
    record = nn.training.training_record.TrainingRecord.from_description(described, arrays)
    assert record[0].settings == net.training_record[0].settings


# ---- what is refused

WRONG = {
    "too few": (np.ones(59), "weights: 60 numbers needed, one for each example; got 59"),
    "a matrix": (np.ones((60, 2)), r"weights: 60 numbers needed.*got an array of shape \(60, 2\)"),
    "one number": (2.0, r"weights: 60 numbers needed.*got an array of shape \(\)"),
    "negative": ([1.0] * 59 + [-1.0], "weights: numbers of at least 0 needed, got -1 at 59"),
    "NaN": ([np.nan] + [1.0] * 59, "weights: numbers of at least 0 needed, got nan at 0"),
    "infinite": ([np.inf] + [1.0] * 59, "weights: numbers of at least 0 needed, got inf at 0"),
    "all 0": (
        np.zeros(60),
        "weights: all 60 examples have the weight 0.* at least one weight above 0 needed",
    ),
    "too large": (np.full(60, 1e200), r"weights: 1e\+200 is too large for a network of float32"),
}


@pytest.mark.parametrize(("wrong", "message"), WRONG.values(), ids=WRONG)
def test_wrong_weights_are_refused_wherever_they_are_taken(wrong, message):
    (X, y), net = unequal(), network("float32")
    calls = [
        lambda: net.SGD((X, y), 1, 7, 0.1, weights=wrong),
        lambda: net.cost((X, y), weights=wrong),
        lambda: net.accuracy((X, y), weights=wrong),
        lambda: net.backprop(X, y, weights=wrong),
        lambda: net.SGD((X, y), 1, 7, 0.1, evaluation_data=(X, y), evaluation_weights=wrong),
    ]
    if wrong is not WRONG["too large"][0]:
        calls.append(lambda: net.minimize((X, y), weights=wrong))
    for call in calls:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="weights: numbers needed, got text"):
        net.SGD((X, y), 1, 7, 0.1, weights=["a"] * 60)
    with pytest.raises(ValueError, match="evaluation_weights: they are those of evaluation_data"):
        net.SGD((X, y), 1, 7, 0.1, evaluation_weights=np.ones(60))


WRONG_CLASSES = {
    "a word": ("balance", "class_weight: \"balanced\", or a number for each class, needed; got 'balance'"),
    "another class": ({3: 1.0}, "class_weight: the classes are 0 to 2, got a weight of class 3"),
    "too few": ([1.0, 2.0], "class_weight: 3 numbers needed, one for each class"),
    "negative": ({1: -1}, "class_weight, class 1: a number needed that is at least 0, got -1"),
    "NaN": ([1, np.nan, 1], "class_weight, class 1: a number needed that is at least 0, got nan"),
    "all 0": ([0, 0, 0], "class_weight: all 60 examples have the weight 0"),
}


@pytest.mark.parametrize(("wrong", "message"), WRONG_CLASSES.values(), ids=WRONG_CLASSES)
def test_wrong_class_weights_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        network().SGD(unequal(), 1, 7, 0.1, class_weight=wrong)


def test_a_class_has_a_number():
    with pytest.raises(TypeError, match="class_weight, a class: a whole number needed, got 'cat'"):
        network().SGD(unequal(), 1, 7, 0.1, class_weight={"cat": 1.0})


@pytest.mark.parametrize("kind", ["numbers", "several labels", "shares of several classes"])
def test_only_classes_have_class_weights(kind):
    X, _ = data(4)
    y = {
        "numbers": [[0.3, 5.0], [1.0, 2.0], [2.0, 1.0], [3.0, 0.0]],
        "several labels": [[1, 1], [0, 0], [1, 0], [0, 1]],
        "shares of several classes": [[0.5, 0.5], [1, 0], [0, 1], [0.2, 0.8]],
    }[kind]
    net = nn.Network([nn.Dense(2, "linear")], input_shape=(5,), seed=0)
    with pytest.raises(
        ValueError, match=f"class_weight: targets that are classes needed, got {kind}; weights= "
    ):
        net.SGD((X, y), 1, 2, 0.1, class_weight="balanced")
    net.SGD((X, y), 1, 2, 0.01, weights=[1, 2, 3, 4])  # as the message says


@pytest.mark.parametrize(("dtype", "large"), [("float32", 1e39), ("float64", 1e308)])
def test_weights_whose_sum_or_product_is_beyond_the_floats_are_refused(dtype, large):
    """By the sentence alone: NumPy's warnings are errors here."""
    net = nn.Network([2, 2], dtype=dtype, seed=0)
    examples = np.eye(2).repeat(5, axis=0), np.arange(10) // 5
    with pytest.raises(ValueError, match=rf"weights: .* is too large for a network of {dtype}"):
        net.cost(examples, weights=np.full(10, large))
    with pytest.raises(ValueError, match=r"class_weight: .* is too large"):
        net.SGD(examples, 1, 10, 0.1, weights=np.full(10, 1e300), class_weight=[1e300, 1.0])
    with pytest.raises(ValueError, match=r"weights: .* is too large for a network of float64"):
        nn.Ensemble([net]).accuracy(examples, weights=np.full(10, 1e308))
