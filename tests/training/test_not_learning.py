"""SGD warns if a run ends no better than one answer for everything, and only then."""

import re
import warnings

import numpy as np
import pytest

import nncore as nn
from nncore import _validation
from nncore.training import not_learning


def imbalanced(n=200, share=0.7, seed=0):
    """(X, labels) without any rule; `share` of the labels are 1, the others 0."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, 4)), (np.arange(n) < share * n).astype(int)


def train(net, data, eta=0.0, epochs=1, mini_batch_size=2, **options):
    return net.SGD(data, epochs, mini_batch_size, eta, **{"monitor": "training_accuracy"} | options)


def test_a_run_that_ends_at_chance_warns_and_says_what_to_do():
    data, net = imbalanced(), nn.Network([4, 2], seed=0)
    net.biases = [[[-9.0], [9.0]]]  # it answers 1 for nearly everything
    with pytest.warns(nn.NotLearningWarning) as caught:
        train(net, data, eta=0.0)
    (warning,) = caught
    accuracy = net.history.training_accuracy[-1]
    assert str(warning.message).startswith(
        f"after 100 steps the network is right on {accuracy:.1%} of the 200 training examples, and the "
        "answer 1 for all would be right on 70.0%: it has not learned. eta = 0 is no step at all: "
    )
    assert str(warning.message).endswith(" nn.diagnose(net, training_data) says more.")
    assert issubclass(nn.NotLearningWarning, UserWarning)


def test_the_warning_points_to_the_call_of_sgd():
    data, net = imbalanced(), nn.Network([4, 2], init="zeros")
    with pytest.warns(nn.NotLearningWarning) as caught:
        net.SGD(data, 1, 2, 0.0, monitor="training_accuracy")
    assert caught[0].filename == __file__


def test_what_it_says_to_do_works(sample):
    train_data, validation, _ = sample
    net = nn.Network([784, 30, 10], cost="quadratic", init="large", seed=0)
    with pytest.warns(nn.NotLearningWarning, match=r"the 1,000 evaluation examples.*nn\.diagnose\(net, trai"):
        net.SGD(train_data, 2, 10, 100.0, evaluation_data=validation)
    found = nn.diagnose(net, train_data)
    assert not found.healthy


def test_an_accuracy_below_the_largest_class_warns():
    """70 % right is no better than chance where 70 % of the examples are of one class."""
    data, net = imbalanced(share=0.7), nn.Network([4, 2], init="zeros")
    net.biases = [[[-9.0], [9.0]]]
    with pytest.warns(nn.NotLearningWarning, match="right on 70.0% of the 200"):
        train(net, data)


@pytest.mark.parametrize("targets", ["labels", "one output", "unit vectors"])
def test_the_commonest_class_is_counted_in_every_form_of_targets(targets):
    X, labels = imbalanced()
    y = {"labels": labels, "one output": labels[:, None], "unit vectors": np.eye(2)[labels]}[targets]
    net = nn.Network([4, 1 if targets == "one output" else 2], init="zeros")
    with pytest.warns(nn.NotLearningWarning, match="the answer 1 for all would be right on 70.0%"):
        train(net, (X, y))


def separable(n, classes=2, seed=0):
    """(X, labels) that a network with no hidden layer learns."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    return np.eye(classes)[labels] + 0.05 * rng.standard_normal((n, classes)), labels


@pytest.mark.parametrize("n", [4, 20, 100, 400])
def test_a_good_run_never_warns(n):
    data = separable(n)
    history = train(nn.Network([2, 2], seed=0), data, eta=5.0, epochs=60, evaluation_data=data, monitor=None)
    assert history.evaluation_accuracy[-1] == 1.0


def test_a_good_run_on_ten_classes_may_be_below_one_half():
    """30 % is three times as good as chance."""
    X, labels = separable(400, classes=10)
    rng = np.random.default_rng(1)
    labels = np.where(rng.random(400) < 0.3, labels, rng.integers(0, 10, 400))
    history = train(nn.Network([10, 10], seed=0), (X, labels), eta=1.0, epochs=30)
    assert 0.2 < history.training_accuracy[-1] < 0.5


def test_examples_of_one_class_do_not_warn_if_answered():
    X = np.random.default_rng(0).standard_normal((200, 4))
    history = train(nn.Network([4, 2], seed=0), (X, np.ones(200, int)), eta=5.0, epochs=5)
    assert history.training_accuracy[-1] == 1.0


def test_eta_is_not_blamed_for_labels_that_have_nothing_to_do_with_the_inputs(sample):
    data = sample[0]
    wrong = nn.Dataset(data.images, np.random.default_rng(1).permutation(data.labels))
    with pytest.warns(nn.NotLearningWarning) as caught:
        nn.Network([784, 30, 10], seed=0).SGD(wrong, 5, 10, 0.5, evaluation_data=sample[1])
    assert "times too high" not in str(caught[0].message)


def test_no_judgement_where_nothing_can_be_said():
    """Few steps, few examples, nothing monitored, no classes, no epoch."""
    data = imbalanced()
    few = data[0][:90], data[1][:90]

    def net():
        return nn.Network([4, 2], init="zeros")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(net(), data, mini_batch_size=10)  # 20 steps
        train(net(), few, epochs=5)  # 90 examples
        train(net(), data, monitor="training_cost")
        train(net(), data, epochs=0)
        numbers = (data[0], np.random.default_rng(0).random((200, 2)))
        linear = nn.Network([nn.Dense(2, "linear")], input_shape=4, init="zeros")
        train(linear, numbers, monitor=None)


def test_a_run_that_goes_on_is_judged_by_what_it_reached():
    data = separable(200)
    net = nn.Network([2, 2], init="zeros")
    with pytest.warns(nn.NotLearningWarning):
        history = train(net, data)
    train(net, data, eta=5.0, epochs=20, resume=history)  # this would raise if it warned
    assert history.training_accuracy[-1] == 1.0


def test_with_keep_best_the_best_epoch_is_judged():
    """The run forgets what it learned; the network it leaves does not."""
    (X, labels), net = separable(200), nn.Network([2, 2], seed=0)
    turned = X, 1 - labels
    history = train(net, (X, labels), eta=5.0, epochs=5, evaluation_data=(X, labels), monitor=None)
    options = {"evaluation_data": (X, labels), "monitor": None, "eta": 5.0, "epochs": 20, "resume": history}
    with pytest.warns(nn.NotLearningWarning, match=r"right on 0.0% of the 200 evaluation examples"):
        train(net, turned, **options)
    assert history.evaluation_accuracy[-1] == 0.0
    net = nn.Network([2, 2], seed=0)
    history = train(
        net, (X, labels), eta=5.0, epochs=5, evaluation_data=(X, labels), monitor=None, keep_best=True
    )
    train(net, turned, **options | {"resume": history, "keep_best": True})  # this would raise if it warned
    assert history.evaluation_accuracy[-1] == 0.0
    assert net.accuracy((X, labels)) == 1.0


def test_nothing_is_printed(capfd):
    with pytest.warns(nn.NotLearningWarning):
        train(nn.Network([4, 2], init="zeros"), imbalanced())
    assert capfd.readouterr() == ("", "")


# ---- it says cause and cure


def said(net, data, *arguments, **options):
    """What SGD warns of, or the message of its DivergenceError."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            net.SGD(data, *arguments, **{"monitor": "training_accuracy"} | options)
        except nn.DivergenceError as error:
            return str(error)
    warning = caught[-1]  # the first may have said already that the data are not scaled
    assert all("training_data: " in str(each.message) for each in caught[:-1])
    assert warning.category is nn.NotLearningWarning
    assert warning.filename == __file__
    return str(warning.message)


def test_an_eta_that_is_too_high_is_named_with_a_better_one(sample):
    net = nn.Network([784, 30, 10], cost="quadratic", init="large", seed=0)
    message = said(net, sample[0], 2, 10, 100.0)
    found = re.search(
        r"eta = 100 is about (\d+) times too high.*Try eta = ([\d.]+), on a new network\.", message
    )
    better = nn.Network([784, 30, 10], cost="quadratic", init="large", seed=0)
    better.SGD(sample[0], 3, 10, float(found[2]))
    assert better.accuracy(sample[0]) > 0.7


def test_few_steps_are_enough_where_the_cost_is_far_worse_than_one_answer_for_all(sample):
    train, steps = sample[0], 50
    for eta, monitor, warns in (
        (100.0, ["training_cost", "training_accuracy"], True),
        (0.5, ["training_cost", "training_accuracy"], False),
        (100.0, ["training_accuracy"], False),  # no cost says that more steps are in vain
    ):
        net = nn.Network([784, 30, 10], seed=1)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            history = net.SGD(train[:2000], 5, 200, eta, lmbda=0.001, monitor=monitor)
        assert history.steps[-1] == steps
        assert [each.category for each in caught] == ([nn.NotLearningWarning] if warns else [])
        assert not warns or "eta = 100 is about" in str(caught[0].message)


def test_pixels_that_were_not_divided_are_named(sample):
    X, y = sample[0].images.reshape(-1, 784).astype(float), sample[0].labels
    message = said(nn.Network([784, 30, 10], seed=0), (X, y), 2, 10, 0.5)
    assert "The inputs are whole numbers up to 255. Divide them: X / 256." in message
    net = nn.Network([784, 30, 10], seed=0)
    net.SGD((X / 256, y), 2, 10, 0.5)
    assert net.accuracy((X / 256, y)) > 0.8


def test_dead_neurons_are_named(sample):
    layers = [nn.Dense(30, "relu"), nn.Softmax(10)]
    net = nn.Network(layers, input_shape=(784,), init="he", seed=0)
    net.biases[0] = np.full((30, 1), -100.0)
    assert "30 of 30 neurons of layer 2 are off for every image" in said(net, sample[0][:1000], 1, 10, 1e-3)


def test_equal_weights_are_named(sample):
    net = nn.Network([784, 30, 10], init="zeros", seed=0)
    assert "All 30 neurons of layer 2 have the same weights" in said(net, sample[0][:1000], 1, 10, 0.01)


def unequal(n=2000, seed=0):
    """(X, y): 3 % of the examples are of class 1."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 5))
    return X, (X[:, 0] + 0.3 * rng.standard_normal(n) > 1.95).astype(int)


def test_unequal_classes_are_named():
    X, y = unequal()
    message = said(nn.Network([5, 10, 2], seed=0), (X, y), 1, 10, 0.05)
    assert "3.0% of the examples" in message
    assert "finds 0% of class 1, 100% of class 0" in message
    net = nn.Network([5, 10, 2], seed=0)
    count_more(message, net, (X, y))
    assert (net.predict(X)[y == 1] == 1).mean() > 0.8


def count_more(message, net, training_data):
    """Train as a message says that lets a rare class count more."""
    call = re.search(r"count more: (.*?\)) *\. And judge", message)[1].replace("...", "10, 10, 0.5")
    eval(call, {"net": net, "training_data": training_data, "nn": nn})


@pytest.mark.parametrize("class_weight", [{1: 2.0}, "balanced"])
def test_weights_that_are_too_small_for_a_rare_class_are_named(class_weight):
    """The remedy is a larger weight than "balanced" gives it."""
    X, y = unequal()
    net = nn.Network([5, 10, 2], seed=0)
    message = cause(net, net.SGD((X, y), 1, 500, 0.01, class_weight=class_weight), X, y, class_weight)
    assert "class_weight={1: 64})" in message
    net = nn.Network([5, 10, 2], seed=0)
    count_more(message, net, (X, y))
    assert (net.predict(X)[y == 1] == 1).mean() > 0.8


def cause(net, history, X, y, class_weight):
    """What the cause of a failed run is said to be, if the answer is class 0 for every example."""
    net.biases[-1][:, 0] = 50, -50
    given = _validation.weighted(net._examples("data", (X, y)), None, class_weight, dtype=net.dtype)
    found = not_learning._rare_classes(net, given, nn.Network.SGD, "example")
    return f"{found[1]} {found[2]}"


def test_weighted_runs_are_judged_by_what_they_were_trained_on(recwarn):
    """A network that finds a rare class may be right less often than the commonest class is."""
    X, y = unequal()
    flipped = np.random.default_rng(1).random(len(X)) < 0.02
    net, options = nn.Network([5, 10, 2], seed=0), {"evaluation_data": (X, np.where(flipped, 1 - y, y))}
    history = net.SGD((X, y), 3, 10, 0.1, class_weight={1: 100}, **options)
    assert history.evaluation_accuracy[-1] < 0.95 < (y == 0).mean()
    assert not recwarn.list
    message = said(nn.Network([5, 10, 2], init="zeros"), (X, y), 3, 10, 0.0, class_weight={1: 100}, **options)
    assert "it has not learned" in message
    message = said(nn.Network([5, 10, 2], init="zeros"), (X, y), 3, 10, 0.0, class_weight="balanced")
    assert "the answer 0 for all would be right on 50.0%" in message


def line(seed=0):
    """(X, y) of a regression in units of their own."""
    X = np.random.default_rng(seed).uniform(0, 1000, (500, 3))
    return X, 3000 + X @ [1.0, 2.0, 3.0]


def regression():
    layers = [nn.Dense(10, "tanh"), nn.Dense(1, "linear")]
    return nn.Network(layers, input_shape=(3,), seed=0)


@pytest.mark.parametrize("eta", [0.01, 10.0])
def test_a_regression_that_learns_nothing_is_told_to_scale(eta):
    """Whether it ends or diverges: the lines that the message names scale inputs and targets."""
    X, y = line()
    message = said(regression(), (X, y), 20, 10, eta, monitor="training_cost")
    assert re.search(r"Input \d goes from .* all 3 inputs are far outside of -1 to 1\.", message)
    names = {"X": X, "y": y, "np": np}
    exec(re.search(r"(mean, std = .*?)\. Test data", message)[1], names)
    scaled = (names["X"], (y - y.mean()) / y.std())
    net = regression()
    net.SGD(scaled, 20, 10, 0.05)
    assert net.cost(scaled) < 0.05


def test_targets_that_are_not_scaled_are_named():
    X, y = line()
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    message = said(regression(), (X, y), 20, 10, 1.0, monitor="training_cost")
    names = {"X": X, "y": y, "np": np}
    exec(re.search(r"(y_mean, y_std = .*?)\. net\.", message)[1], names)
    net = regression()
    net.SGD((X, names["y"]), 20, 10, 0.05)
    answers = eval(re.search(r"(net\.feedforward.*?) are then", message)[1], names | {"net": net})
    assert np.abs(answers[:, 0] - y).mean() < 0.2 * np.abs(y - y.mean()).mean()


def test_a_regression_that_learns_is_not_judged(recwarn):
    X, y = line()
    data = (X - X.mean(axis=0)) / X.std(axis=0), (y - y.mean()) / y.std()
    regression().SGD(data, 20, 10, 0.05, monitor="training_cost")
    assert not recwarn.list


def test_a_lmbda_that_takes_all_weights_away_is_the_cause():
    train, validation, _ = nn.datasets.load_sample()
    net = nn.Network([784, 10, 10], seed=0)
    with pytest.warns(nn.NotLearningWarning) as caught:
        net.SGD(train[:1000], 2, 10, 0.5, lmbda=5000.0, evaluation_data=validation)
    text = str(caught[0].message)
    assert (
        "With lmbda = 5000 and eta = 0.5, each mini-batch takes eta lmbda/n = 250% off every weight" in text
    )
    assert "Try lmbda = 0.1," in text
    better = nn.Network([784, 10, 10], seed=0)
    better.SGD(train[:1000], 20, 10, 0.5, lmbda=0.1)
    assert better.accuracy(validation) > 0.7


@pytest.mark.parametrize("l1", [1e3, 1e10])
@pytest.mark.parametrize("numbers", [True, False])
def test_an_l1_that_takes_all_weights_away_is_the_cause(l1, numbers):
    X = np.random.default_rng(0).standard_normal((300, 4))
    data = (X, X[:, 0] + X[:, 1]) if numbers else (X, (X[:, 0] > -1).astype(int))
    output = nn.Dense(1, "linear") if numbers else nn.Softmax(2)
    net = nn.Network([nn.Dense(5, "tanh"), output], input_shape=4, seed=0)
    text = said(net, data, 5, 10, 0.1, l1=l1, monitor="training_cost" if numbers else "training_accuracy")
    assert f"With l1 = {l1:g} and eta = 0.1, each mini-batch moves every weight by eta l1/n = " in text
    found = nn.diagnose(net, data)
    assert "l1 too high" in found.names
    better = nn.Network([nn.Dense(5, "tanh"), output], input_shape=4, seed=0)
    better.SGD(data, 20, 10, 0.1, l1=float(re.search(r"Try l1 = ([\d.]+)\.", text)[1]))
    assert better.cost(data) < 0.1 if numbers else better.accuracy(data) > 0.9


@pytest.mark.parametrize("scale", [1e200, 1e20])
def test_huge_inputs_are_not_whole_numbers(scale):
    """All floats above 2**53 are whole; nobody counted so far."""
    X = np.random.default_rng(0).random((5, 20)) * scale
    net = nn.Network([nn.Dense(2, "linear")], input_shape=(20,), dtype="float64", seed=0)
    with pytest.raises(nn.DivergenceError, match=r"Input \d+ goes from .* all 20 inputs") as caught:
        net.SGD((X, [[1e300, 0.0]] * 5), 20, 1, 1.0)
    assert "whole numbers" not in str(caught.value)


def test_whole_numbers_beyond_bytes_are_no_dataset():
    X = np.random.default_rng(0).integers(0, 5000, (5, 20)).astype(float)
    net = nn.Network([nn.Dense(2, "linear")], input_shape=(20,), seed=0)
    with pytest.raises(nn.DivergenceError, match="The inputs are whole numbers up to") as caught:
        net.SGD((X, [[1.0, 0.0]] * 5), 200, 1, 1.0)
    assert "Dataset" not in str(caught.value)


# ---- what is to blame where the numbers are no longer finite

TINY_TASKS = {
    "two examples": ([[0.3, 0.7], [0.9, 0.1]], [[0.2], [0.9]]),
    "two examples, not scaled": ([[0.0, 0.0], [5.0, 200.0]], [[0.2], [0.9]]),
    "many": (np.random.default_rng(0).random((300, 2)), np.random.default_rng(1).random((300, 1))),
}
TO_BLAME = {  # what SGD is given: (the words of the cause, what to give instead, by the message)
    "eta": ({"eta": 1e39}, r"eta = 1e\+39 is far too large for any data; try (0\.1)\.", "eta"),
    "eta of Adam": (
        {"eta": 1e39, "rule": "adam"},
        r"eta = 1e\+39 is far too large for any data; try (0\.001)\.",
        "eta",
    ),
    "eta with lmbda": ({"eta": 1e39, "lmbda": 1.0}, r"eta = 1e\+39 is far.*? try (0\.1)\.", "eta"),
    "eta with momentum": ({"eta": 1e39, "momentum": 1.0}, r"eta = 1e\+39 is far.*? try (0\.1)\.", "eta"),
    "momentum": ({"momentum": 1e39}, r"momentum = 1e\+39 the velocities only grow; take", "momentum"),
    "lmbda": ({"lmbda": 1e39}, r"eta lmbda/n = [\d.e+]+ flips the sign .*; lower lmbda\.", "lmbda"),
    "l1": ({"l1": 1e39}, r"eta l1/n = [\d.e+]+ is what each step moves every weight by; lower l1\.", "l1"),
    "weights": ({"weights": 1e30}, r"weight 1e\+30, .*(weights / np\.max\(weights\))\.", "weights"),
}


@pytest.mark.parametrize("name", TO_BLAME)
@pytest.mark.parametrize("task", TINY_TASKS)
def test_what_is_far_too_large_is_to_blame_and_its_remedy_works(task, name):
    given, words, argument = TO_BLAME[name]
    X, y = TINY_TASKS[task]

    def train(X, **options):
        if "weights" in options:
            options["weights"] = np.broadcast_to(options["weights"], len(X))
        net = nn.Network([nn.Dense(3, "relu"), nn.Dense(1, "linear")], input_shape=2, seed=0)
        return net.SGD((X, y), 300, 10, **{"eta": 0.1} | options)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # before it diverges it says that the inputs are not scaled
        with pytest.raises(nn.DivergenceError, match=words) as caught:
            train(X, **given)
    text = str(caught.value)
    assert "pixels" not in text
    scales = re.search(r"(mean, std = .*?)\. Test data", text)
    assert (scales is not None) == (task == "two examples, not scaled")
    names = {"X": np.array(X), "np": np, "weights": np.full(len(X), 1e30)}
    if scales:
        exec(scales[1], names)
    found = re.search(words, text)
    better = eval(found[1], names) if found.groups() else 0.0
    train(names["X"], **given | {argument: better} | ({"momentum": 0.5} if "momentum" in given else {}))


@pytest.mark.parametrize("n", [1, 5, 300])
@pytest.mark.parametrize("value", [-(2.0**63), 1e5, 1.0])
def test_equal_examples_are_not_what_diverges(n, value):
    """Huge ones are, by their size; otherwise it is eta."""
    X, y = np.full((n, 5), value), np.zeros(n, int)
    net = nn.Network([nn.Dense(2, "linear")], input_shape=5, seed=0)
    eta = 50.0 if value == 1 else 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(nn.DivergenceError) as caught:
            net.SGD((X, y), 500, 2, eta)
    text = str(caught.value)
    assert "were compared" not in text
    if value == 1:
        assert "eta = 50 is probably too large for this network and its data; try a tenth of it." in text
        return
    assert f"is {value:.4g} for every example; all 5 inputs are far outside of -1 to 1." in text
    names = {"X": X, "np": np}
    exec(re.search(r"(mean, std = .*?)\. Test data", text)[1], names)
    net.SGD((names["X"], y), 500, 2, eta)
