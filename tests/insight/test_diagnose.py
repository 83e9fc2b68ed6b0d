"""The doctor: the book's own bad runs and other mistakes are found, healthy networks are left in peace."""

import numpy as np
import pytest
from click.testing import CliRunner

import nncore as nn
from nncore import cli
from nncore.insight import diagnose as doctor

DENSE = nn.Dense
CHAPTER_1 = {"cost": "quadratic", "init": "large"}
RELU = [DENSE(100, "relu"), nn.Softmax(10)], {"init": "he", "input_shape": (784,)}


def train(data, layers, epochs, eta, lmbda=0.0, evaluation_data=None, monitor=None, shuffle=True, **network):
    """A network that has been trained, by mini-batches of 10."""
    net = nn.Network(layers, seed=network.pop("seed", 0), **network)
    net.SGD(
        data,
        epochs,
        10,
        eta,
        lmbda,
        evaluation_data=evaluation_data,
        monitor=monitor,
        shuffle=shuffle,
        progress=False,
    )
    return net


def diagnosed(net, data, **settings):
    """The diagnosis; the network is as it was."""
    before, history, epochs = net.parameters.copy(), net.history, net.epochs_trained
    found = nn.diagnose(net, data, **settings)
    np.testing.assert_array_equal(net.parameters, before)
    assert (net.history, net.epochs_trained) == (history, epochs)
    assert [doctor.SEVERITIES.index(finding.severity) for finding in found] == sorted(
        doctor.SEVERITIES.index(finding.severity) for finding in found
    )
    return found


def finding(found, name):
    """The one of that name."""
    assert name in found.names, found
    return found[found.names.index(name)]


def factor(measured, word):
    """The number in "about 400 times too high"."""
    return float(measured.split("about ")[1].split(f" times too {word}")[0].replace(",", ""))


# The book's bad runs, on the 8,000 digits that ship with the package.


def test_1_3_eta_too_low(sample):
    data, _, _ = sample
    net = train(data, [784, 100, 10], 5, 0.001, **CHAPTER_1)
    found = diagnosed(net, data)
    assert found[0].name in ("near chance", "one answer")
    low = finding(found, "eta too low")
    assert low.severity == "serious"
    assert factor(low.measured, "low") >= 100  # the book learns at 3.0
    assert low.remedy.startswith("Try eta = ")
    assert "eta too high" not in found.names


def test_1_4_eta_too_high(sample):
    data, _, _ = sample
    net = train(data, [784, 30, 10], 3, 100.0, **CHAPTER_1)
    found = diagnosed(net, data)
    answer = np.bincount(net.predict(data)).argmax()
    right = (data.labels == answer).sum()
    assert found[0].name == "one answer"
    assert found[0].measured == f"It answers {answer} for every image; {right} of 8000 are {answer}s."
    assert 10 <= factor(finding(found, "eta too high").measured, "high") <= 300
    assert "10 of 10 neurons of the output layer" in finding(found, "saturated neurons").measured
    assert "cross-entropy" in finding(found, "slow output").remedy


def test_3_16_eta_and_lmbda_too_high(sample):
    data, _, _ = sample
    net = train(data, [784, 30, 10], 3, 10.0, 160.0)  # the book's lmbda of 1000, for 8,000 images
    found = diagnosed(net, data, lmbda=160.0)
    assert found[0].name == "one answer"
    assert 10 <= factor(finding(found, "eta too high").measured, "high") <= 100
    assert "eta lmbda/n = 20% off every weight" in finding(found, "lmbda too high").measured
    assert "lmbda = 0.8" in finding(found, "lmbda too high").remedy
    assert "lmbda" in finding(found, "weights vanished").remedy


@pytest.mark.parametrize(("eta", "lmbda"), [(10.0, 20.0), (100.0, 20.0)])
def test_3_17_no_hidden_layer_and_a_thousand_images(sample, eta, lmbda):
    data = sample[0][:1000]
    net = train(data, [784, 10], 4, eta, lmbda)
    found = diagnosed(net, data, lmbda=lmbda)
    assert found[0].name in ("near chance", "one answer")
    assert factor(finding(found, "eta too high").measured, "high") >= 30
    assert "lmbda too high" in found.names
    assert ("weights exploded" in found.names) == (eta == 100)


def test_3_17_with_the_lmbda_that_throws_the_weights_beyond_all_numbers(sample):
    """The book's first try. Here it ends in an error that says what to do; the network is as it was."""
    data = sample[0][:1000]
    net = nn.Network([784, 10], seed=0)
    with pytest.raises(nn.DivergenceError, match="eta lmbda/n = 10 flips the sign of the weights"):
        net.SGD(data, 4, 10, 10.0, 1000.0)
    found = diagnosed(net, data)
    assert found[0].name == "diverged"
    assert "Its last run ended early: epoch 0: the parameters left" in found[0].measured
    assert finding(found, "eta unknown").remedy.startswith("Try eta = 0.")
    assert not found.healthy
    found = diagnosed(net, data, eta=10.0)
    assert "eta too high" in found.names
    assert "eta lmbda/n = 1000% off every weight" in finding(found, "lmbda too high").measured


def test_3_17_with_eta_1_is_no_failure(sample):
    data = sample[0][:1000]
    net = train(data, [784, 10], 4, 1.0, 20.0)
    assert all(finding.severity != "serious" for finding in diagnosed(net, data))


def test_3_18_a_cost_that_oscillates(sample):
    data, _, _ = sample
    net = train(data, [784, 30, 10], 12, 7.5, 0.8, monitor=("training_cost",))
    assert net.accuracy(data) > 0.5  # it learns, but badly
    high = finding(diagnosed(net, data), "eta too high")
    assert high.severity == "warning"
    assert 5 <= factor(high.measured, "high") <= 100


def test_3_6_overfitting(sample):
    training, validation, _ = sample
    net = train(training[:1000], [784, 30, 10], 60, 0.5, evaluation_data=validation, init="large")
    found = diagnosed(net, training[:1000])
    assert found.names == ["overfitting"]
    assert "100.0% of its training images right" in found[0].measured
    best = max(net.history.evaluation_accuracy)
    assert (
        f"best was {best:.1%}, in epoch {net.history.evaluation_accuracy.index(best)} of 60"
        in found[0].measured
    )
    again = diagnosed(net, training[:1000], history=nn.History(), evaluation_data=validation)
    assert again.names == ["overfitting"]
    assert "best was" not in again[0].measured


# Healthy networks.


@pytest.mark.parametrize(
    ("layers", "epochs", "eta", "lmbda", "network"),
    [
        ([784, 30, 10], 5, 3.0, 0.0, CHAPTER_1),
        ([784, 30, 10], 30, 3.0, 0.0, CHAPTER_1),
        ([784, 100, 10], 10, 0.1, 0.8, {}),
        ([784, 30, 10], 10, 0.5, 0.0, {"init": "large"}),
        ([784, 30, 10], 10, 0.5, 0.8, {}),
        ([784, 30, 10], 20, 0.5, 0.8, {}),
        ([784, 30, 10], 3, 0.025, 0.8, {}),
        ([784, 10], 5, 0.1, 0.0, {}),
        ([784, 30, 30, 10], 10, 0.1, 0.8, {}),
        ([784, 30, 30, 30, 10], 15, 0.1, 0.8, {}),
        ([784, 30, 10], 5, 0.25, 0.0, {"cost": "log-likelihood"}),
        (RELU[0], 5, 0.03, 0.1, RELU[1]),
        ([DENSE(30, "tanh"), nn.Softmax(10)], 5, 0.05, 0.1, {"input_shape": (784,)}),
        ([DENSE(60, dropout=0.0), DENSE(10, dropout=0.3)], 5, 0.3, 0.0, {"input_shape": (784,)}),
    ],
)
def test_healthy_networks_are_left_in_peace(sample, layers, epochs, eta, lmbda, network):
    training, validation, _ = sample
    watched = ("evaluation_accuracy", "evaluation_cost", "training_cost", "training_accuracy")
    net = train(training, layers, epochs, eta, lmbda, validation, watched, seed=1, **network)
    assert net.accuracy(validation) > 0.8
    found = diagnosed(net, training, lmbda=lmbda)
    assert found.healthy
    assert not found.names
    assert repr(found).endswith("nothing wrong was found.")
    assert doctor.hint(net, training, net.history) is None


def test_healthy_networks_on_other_data(sample):
    training, _, _ = sample
    zeros_and_ones = training.only(0, 1)
    net = train(zeros_and_ones, [784, 30, 10], 3, 0.5)  # eight outputs that nothing asks for
    assert not diagnosed(net, zeros_and_ones).names
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 5))
    for n_out in (1, 2):
        data = X, (X[:, 0] + X[:, 1] > 0).astype(int)
        assert not diagnosed(train(data, [5, 10, n_out], 20, 0.5), data).names
    rare = X, (X[:, 0] > 1.6).astype(int)
    assert not diagnosed(train(rare, [5, 10, 2], 40, 0.5), rare).names
    pairs = [(x[:, None], np.eye(2)[label][:, None]) for x, label in zip(*data, strict=True)]
    assert not diagnosed(train(pairs, [5, 10, 2], 20, 0.5), pairs).names
    assert not diagnosed(train(pairs, [5, 10, 2], 20, 0.5), iter(pairs)).names
    xor = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    net = nn.Network([2, 4, 1], seed=0)
    net.SGD(xor, 2000, 1, 1.0, monitor="training_cost", progress=False)
    assert not diagnosed(net, xor).names


def test_a_fitted_function_is_healthy_and_one_that_is_not_fitted_is_not():
    x = np.linspace(0, 1, 200)[:, None]
    data = x, 0.2 + 0.4 * x**2 + 0.3 * np.sin(5 * x)
    layers = [DENSE(30, "tanh"), DENSE(1, "linear")]
    net = train(data, layers, 200, 0.05, input_shape=(1,), monitor=("training_cost",))
    assert not diagnosed(net, data).names
    assert doctor.hint(net, data, net.history) is None
    slow = diagnosed(train(data, layers, 3, 1e-6, input_shape=(1,)), data)
    assert "mean squared error" in finding(slow, "learns nothing").measured
    assert "eta too low" in slow.names


def test_a_new_network_is_only_said_to_be_new(sample):
    data, _, _ = sample
    found = diagnosed(nn.Network([784, 30, 10], seed=0), data)
    assert found.names == ["not trained"]
    assert found.healthy


# Other mistakes.


def test_inputs_that_are_not_scaled(sample):
    data = sample[0][:3000]
    pixels = data.images.reshape(-1, 784)
    for X in (pixels, pixels.astype(np.float32)):
        found = diagnosed(train((X, data.labels), [784, 30, 10], 2, 0.5), (X, data.labels))
        scale = finding(found, "inputs not scaled")
        assert scale.severity == "serious"
        assert "whole numbers up to 255" in scale.measured
        assert "X / 256" in scale.remedy
        assert "eta too high" not in found.names  # it would be right again once the inputs are
    tiny = pixels / 65536, data.labels
    assert (
        "divided twice"
        in finding(diagnosed(train(tiny, [784, 30, 10], 2, 0.5), tiny), "inputs not scaled").remedy
    )
    X = np.random.default_rng(0).normal(500, 100, (200, 3))
    wide = X, (X[:, 0] > 500).astype(int)
    assert (
        "X.std(axis=0)"
        in finding(diagnosed(train(wide, [3, 5, 2], 2, 0.1), wide), "inputs not scaled").remedy
    )


def test_inputs_that_are_all_the_same():
    data = np.ones((100, 3)), np.tile([0, 1], 50)
    assert "inputs identical" in diagnosed(train(data, [3, 4, 2], 2, 0.5), data).names


def test_sorted_labels(sample):
    data, _, _ = sample
    data = data[np.argsort(data.labels, kind="stable")]
    found = diagnosed(train(data, [784, 30, 10], 2, 0.5), data)  # shuffled: no harm done
    assert found.names == ["labels sorted"]
    assert found.healthy
    found = diagnosed(train(data, [784, 30, 10], 2, 0.5, shuffle=False), data)
    assert "It answers 9 for " in finding(found, "one answer").measured
    assert finding(found, "labels sorted").severity == "serious"
    assert "change 9 times in 8000" in finding(found, "labels sorted").measured
    assert "eta too high" not in found.names
    slice_of_it = data[:500]
    assert "Every label is 0." in finding(diagnosed(nn.Network([784, 10]), slice_of_it), "one label").measured


@pytest.mark.parametrize("shift", [1, -1])
def test_labels_that_stand_a_row_off(sample, shift):
    data, _, _ = sample
    wrong = data.to_float(), np.roll(data.labels, shift)
    rows = finding(diagnosed(train(wrong, [784, 30, 10], 3, 0.5), wrong), "rows shifted")
    assert rows.remedy == f"Move them back: y = np.roll(y, {-shift})."


def test_labels_that_count_otherwise(sample):
    training, validation, _ = sample
    net = train(training, [784, 30, 10], 3, 0.5)
    found = diagnosed(net, (training.to_float(), (training.labels + 1) % 10))
    assert "of the answers are the label -1." in finding(found, "labels shifted").measured
    assert "y - 1 would fit" in finding(found, "labels shifted").remedy
    other = validation.to_float(), (validation.labels + 1) % 10
    found = diagnosed(net, training, evaluation_data=other)
    assert found.names == ["labels shifted"]
    assert found[0].measured.startswith("On the evaluation data, 9")


def test_labels_that_have_nothing_to_do_with_the_inputs(sample):
    data = sample[0][:2000]
    wrong = data.to_float(), np.random.default_rng(0).permutation(data.labels)
    found = diagnosed(train(wrong, [784, 30, 10], 2, 0.5), wrong)
    assert found[0].name in ("near chance", "one answer")
    assert "is each answer beside its own input?" in finding(found, "no eta learns").remedy
    assert "rows shifted" not in found.names
    assert "eta too high" not in found.names


def test_neurons_that_are_copies_of_one_another(sample):
    data, _, _ = sample
    found = diagnosed(train(data, [784, 30, 10], 3, 0.5, init="zeros"), data)
    assert "All 30 neurons of layer 2" in finding(found, "identical neurons").measured


def test_dead_neurons(sample):
    data, _, _ = sample
    net = train(data, RELU[0], 2, 1.0, **RELU[1])
    found = diagnosed(net, data)
    assert "neurons of layer 2 are off for every image" in finding(found, "dead neurons").measured
    assert "eta too high" in found.names


def test_a_few_dead_neurons_are_a_warning(sample):
    data, _, _ = sample
    net = train(data, RELU[0], 3, 0.03, **RELU[1])
    net.biases[0][:30] = -100.0
    found = diagnosed(net, data)
    assert found.names == ["dead neurons"]
    assert found[0].severity == "warning"
    assert found[0].measured.startswith("30 of 100 neurons of layer 2")
    assert not found.healthy


def test_vanishing_and_exploding_gradients(sample):
    data, _, _ = sample
    deep = [784, 30, 30, 30, 30, 10]
    found = diagnosed(nn.Network(deep, seed=0), data)  # chapter 5: about 100 times slower, before training
    assert finding(found, "vanishing gradient").severity == "note"
    assert "the norms 0.0" in finding(found, "vanishing gradient").measured
    found = diagnosed(train(data, deep, 1, 0.1), data)
    assert finding(found, "vanishing gradient").severity == "serious"
    assert "eta too high" not in found.names
    layers = [*(DENSE(n, "linear") for n in (30, 30, 30)), nn.Softmax(10)]
    explosive = nn.Network(layers, input_shape=(784,), init="large", seed=0)
    assert (
        "faster than the output layer" in finding(diagnosed(explosive, data), "exploding gradient").measured
    )


def test_the_slow_start_of_chapter_3():
    """One neuron, quadratic cost, w = b = 2: from .98 it hardly moves."""
    data = [[1.0]], [[0.0]]
    net = nn.Network([1, 1], cost="quadratic", init="zeros")
    net.weights, net.biases = [[[2.0]]], [[[2.0]]]
    net.SGD(data, 50, 1, 0.15)
    slow = finding(diagnosed(net, data), "slow output")
    assert "wrong but saturated" in slow.measured
    assert "cross-entropy" in slow.remedy


def test_parameters_that_are_no_numbers(sample):
    data, _, _ = sample
    net = nn.Network([784, 30, 10], seed=0)
    net.weights[1][3, 4] = np.nan
    found = diagnosed(net, data)
    assert found.names == ["not finite"]
    assert "in weights[1]" in found[0].measured


def test_what_the_user_says_goes_before_the_history(sample):
    data, _, _ = sample
    net = train(data, [784, 30, 10], 1, 100.0)
    net.history = None
    unknown = finding(diagnosed(net, data), "eta unknown")
    assert unknown.severity == "note"
    assert "nn.diagnose(net, data, eta=...)" in unknown.remedy
    assert "eta = 50 is about" in finding(diagnosed(net, data, eta=50.0), "eta too high").measured
    with pytest.raises(ValueError, match="eta: a number needed"):
        nn.diagnose(net, data, eta=-1.0)
    with pytest.raises(ValueError, match="mini_batch_size: at least 1"):
        nn.diagnose(net, data, mini_batch_size=0)
    with pytest.raises(ValueError, match="data, x"):
        nn.diagnose(net, (np.zeros((3, 5)), [0, 1, 2]))
    with pytest.raises(TypeError, match="history: the History that SGD returns needed, got dict"):
        nn.diagnose(net, data, {"eta": [0.5]})


def test_a_diagnosis_reads_like_a_list_of_sentences(sample):
    data, _, _ = sample
    found = diagnosed(train(data, [784, 30, 10], 2, 100.0, **CHAPTER_1), data)
    lines = repr(found).splitlines()
    assert lines[0].endswith(f"on 8000 images, {found.names and (data.labels == 1).mean():.1%} right:")
    assert lines[1] == "1. one answer (serious)"
    assert lines[2].strip() == found[0].measured
    assert lines[3].strip() == "What follows may be the reason."
    assert len(lines) == 1 + 3 * len(found)
    assert repr(found[0]).startswith("serious: one answer. It answers 1 for every image; ")


# Feature maps.


def chapter_6(activation, *, data, epochs=2, eta=0.1, change=None, **network):
    """One convolution, pooled; trained, and then changed."""
    layers = [nn.Conv2D(8, 5, activation), nn.MaxPool2D(2), DENSE(20, activation), nn.Softmax(10)]
    net = train(data, layers, epochs, eta, input_shape=(1, 28, 28), **network)
    if change is not None:
        change(net)
    return net


@pytest.mark.parametrize(("activation", "init"), [("sigmoid", "scaled"), ("tanh", "scaled"), ("relu", "he")])
def test_healthy_networks_of_chapter_6_are_left_in_peace(sample, activation, init):
    training, validation, _ = sample
    net = chapter_6(activation, data=training, evaluation_data=validation, init=init, epochs=3)
    assert net.accuracy(validation) > 0.8
    assert not diagnosed(net, training).names
    net = nn.Network(net.layers, input_shape=(1, 28, 28), init=init, seed=0)
    net.weights[-1] = np.zeros((10, 20))  # as network3 begins
    net.biases[-1] = np.zeros((10, 1))
    assert diagnosed(net, training).names == ["not trained"]


def test_filters_that_are_off_or_saturated_everywhere(sample):
    data = sample[0][:2000]

    def off(net):
        net.biases[0][:5] = -100.0

    found = diagnosed(chapter_6("relu", data=data, init="he", change=off), data)
    measured = "5 of 8 filters of layer 2 are off for every image: no gradient passes through them."
    assert finding(found, "dead neurons").measured == measured
    found = diagnosed(chapter_6("sigmoid", data=data, change=off), data)
    measured = finding(found, "saturated neurons").measured
    assert measured.startswith(
        "5 of 8 filters of layer 2 are saturated, and on the same side for every image"
    )

    def off_but_for_one_place(net):
        off(net)
        net.weights[0][:5, 0, 2, 2] = 200.0  # the centre of a bright stroke is enough

    found = diagnosed(chapter_6("relu", data=data, init="he", change=off_but_for_one_place), data)
    assert not any("layer 2" in finding.measured for finding in found if finding.name == "dead neurons")


def test_filters_that_are_copies_and_weights_that_vanish(sample):
    data = sample[0][:2000]
    found = diagnosed(chapter_6("sigmoid", data=data, init="zeros", epochs=1), data)
    assert "All 8 filters of layer 2 have the same weights" in finding(found, "identical neurons").measured

    def small(net):
        net.weights[1][...] *= 0.01

    found = diagnosed(chapter_6("relu", data=data, init="he", change=small), data)
    measured = finding(found, "weights vanished").measured
    assert measured.startswith("A typical weight of layer 4 is 0.00")  # layer 3 pools
    assert measured.endswith('init="scaled" draws 0.029.')  # 1/sqrt(8 * 12 * 12)


def test_layers_of_chapter_6_that_learn_slowly(sample):
    data, _, _ = sample
    layers = [nn.Conv2D(8, 5), nn.MaxPool2D(2), *(DENSE(20) for _ in range(4)), nn.Softmax(10)]
    net = nn.Network(layers, input_shape=(1, 28, 28), seed=0)
    slow = finding(diagnosed(net, data), "vanishing gradient").measured
    assert slow.startswith("Layer 2 learns ")
    speeds = net.learning_speeds(data)
    assert len(speeds) == 6  # those with biases
    norms = [float(norm) for norm in slow.split("norms ")[1].rstrip(".").split(", ")]
    assert norms == pytest.approx(speeds, rel=0.5)  # on 200 of the images


def test_the_command_diagnoses_a_saved_network_of_chapter_6(sample, tmp_path):
    data = sample[0][:1000]
    chapter_6("relu", data=data, eta=3.0, epochs=1, init="he").save(tmp_path / "bad.npz")
    result = CliRunner().invoke(cli.main, ["diagnose", str(tmp_path / "bad.npz"), "--eta", "3"])
    assert result.exit_code == 0, result.output
    assert "1. one answer (serious)" in result.stdout
    assert "eta = 3 is about" in result.stdout


# The line under a failing run.


def test_a_hint_under_a_failing_run(sample):
    data, validation, _ = sample
    with pytest.warns(nn.NotLearningWarning, match="the 1,000 evaluation examples"):
        net = train(data, [784, 30, 10], 2, 100.0, evaluation_data=validation, **CHAPTER_1)
    expected = "It answers 1 for every image; 124 of 1000 are 1s."
    assert doctor.hint(net, data, net.history) == expected
    assert doctor.hint(net, list(data)).startswith("It answers 1 for every example; ")
    assert doctor.hint(net, (data.to_float(), data.labels)).endswith("124 of 1000 are 1s.")
    assert doctor.hint(net, (data.to_float().tolist()[:200], data.labels.tolist()[:200])) is not None


def test_no_hint_where_nothing_can_be_said(sample):
    data, _, _ = sample
    assert doctor.hint(nn.Network([784, 10], seed=0), data) is None  # not trained
    net = train(data, [784, 30, 10], 2, 100.0)
    assert doctor.hint(net, zip(data.to_float(), data.labels, strict=True)) is None  # used up by the training
    assert doctor.hint(net, data[:50]) is None  # too few to say
    learned = nn.History()
    learned.training_accuracy.append(0.9)
    assert doctor.hint(net, data, learned) is None  # not even looked at
    halfway = train(data, [784, 30, 10], 1, 0.01)
    assert doctor.hint(halfway, data) is None


def test_the_command_diagnoses_a_saved_network(sample, tmp_path):
    data, _, _ = sample
    bad, good = tmp_path / "bad.npz", tmp_path / "good.npz"
    train(data, [784, 30, 10], 2, 100.0).save(bad)
    train(data, [784, 30, 10], 2, 0.5).save(good)
    result = CliRunner().invoke(cli.main, ["diagnose", str(bad), "--eta", "100"])
    assert result.exit_code == 0, result.output
    assert "1. one answer (serious)" in result.stdout
    assert "eta = 100 is about" in result.stdout
    result = CliRunner().invoke(cli.main, ["diagnose", str(good)])
    assert result.stdout.strip().endswith("right: nothing wrong was found.")
    result = CliRunner().invoke(cli.main, ["diagnose", str(tmp_path / "none.npz")])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
