"""The diagnosis of mistakes with data, weights and layers, and the sentence about a run that failed."""

import numpy as np
import pytest
from support.diagnosis import CHAPTER_1, DENSE, RELU, diagnosed, finding, train, train_unscaled

import nncore as nn
from nncore.insight.diagnose import hint


def test_inputs_that_are_not_scaled(sample):
    data = sample[0][:3000]
    pixels = data.images.reshape(-1, 784)
    for X in (pixels.astype(int), pixels.astype(np.float32)):
        found = diagnosed(train_unscaled((X, data.labels), [784, 30, 10], 2, 0.5), (X, data.labels))
        scale = finding(found, "inputs not scaled")
        assert scale.severity == "serious"
        assert "whole numbers up to 255" in scale.measured
        assert "X / 256" in scale.remedy
        assert "eta too high" not in found.names  # it would be right again once the inputs are
    tiny = pixels / 65536, data.labels
    assert (
        "divided twice"
        in finding(diagnosed(train_unscaled(tiny, [784, 30, 10], 2, 0.5), tiny), "inputs not scaled").remedy
    )
    X = np.random.default_rng(0).normal(500, 100, (200, 3))
    wide = X, (X[:, 0] > 500).astype(int)
    assert (
        "X.std(axis=0)"
        in finding(diagnosed(train_unscaled(wide, [3, 5, 2], 2, 0.1), wide), "inputs not scaled").remedy
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
    few = slice_of_it.to_float()[:50], slice_of_it.labels[:50]
    assert "rows = np.random" in finding(diagnosed(nn.Network([784, 10]), few), "one label").remedy


@pytest.mark.parametrize("shift", [1, -1])
def test_labels_that_are_one_row_off(sample, shift):
    data, _, _ = sample
    wrong = data.to_float(), np.roll(data.labels, shift)
    rows = finding(diagnosed(train(wrong, [784, 30, 10], 3, 0.5), wrong), "rows shifted")
    assert rows.remedy == f"Move them back: y = np.roll(y, {-shift})."


def test_labels_that_count_from_another_number(sample):
    training, validation, _ = sample
    net = train(training, [784, 30, 10], 3, 0.5)
    found = diagnosed(net, (training.to_float(), (training.labels + 1) % 10))
    assert "of the answers are the label -1." in finding(found, "labels shifted").measured
    assert "y - 1 would fit" in finding(found, "labels shifted").remedy
    other = validation.to_float(), (validation.labels + 1) % 10
    found = diagnosed(net, training, evaluation_data=other)
    assert found.names == ["labels shifted"]
    assert found[0].measured.startswith("On the evaluation data, 9")


def test_first_weights_that_are_too_large_for_the_quadratic_cost(sample):
    data = sample[0][:2000]
    net = nn.Network([784, 30, 10], cost="quadratic", seed=0)
    net.weights = [100 * w for w in net.weights]
    net.SGD(data, 2, 10, 0.5)
    slow = finding(diagnosed(net, data), "slow output")
    assert "A typical weight of layer 2 is 3.6" in slow.measured
    assert slow.change == {"cost": "cross-entropy", "init": "scaled"}
    assert diagnosed(train(data, [784, 30, 10], 3, 0.5, **slow.change), data).healthy


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


def test_arguments_replace_the_settings_in_the_history(sample):
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


def test_a_printed_diagnosis_is_a_list_of_sentences(sample):
    data, _, _ = sample
    found = diagnosed(train(data, [784, 30, 10], 2, 100.0, **CHAPTER_1), data)
    lines = repr(found).splitlines()
    assert lines[0].endswith(f"on 8000 images, {found.names and (data.labels == 1).mean():.1%} right:")
    assert lines[1] == "1. one answer (serious)"
    assert lines[2].strip() == found[0].measured
    assert lines[3].strip() == "What follows may be the reason."
    assert len(lines) == 1 + 3 * len(found)
    assert repr(found[0]).startswith("serious: one answer. It answers 1 for every image; ")


def test_hint_describes_a_run_that_failed(sample):
    data, validation, _ = sample
    with pytest.warns(nn.NotLearningWarning, match="the 1,000 evaluation examples"):
        net = train(data, [784, 30, 10], 2, 100.0, evaluation_data=validation, **CHAPTER_1)
    expected = "It answers 1 for every image; 124 of 1000 are 1s."
    assert hint(net, data) == expected
    assert hint(net, data, net.history).startswith(f"{expected} eta = 100 is about ")
    assert hint(net, data, net.history).endswith(", on a new network.")
    assert hint(net, list(data)).startswith("It answers 1 for every example; ")
    assert hint(net, (data.to_float(), data.labels)).endswith("124 of 1000 are 1s.")
    assert hint(net, (data.to_float().tolist()[:200], data.labels.tolist()[:200])) is not None


def test_no_hint_for_other_runs_or_data(sample):
    data, _, _ = sample
    assert hint(nn.Network([784, 10], seed=0), data) is None  # not trained
    net = train(data, [784, 30, 10], 2, 100.0)
    assert hint(net, zip(data.to_float(), data.labels, strict=True)) is None  # used up by the training
    assert hint(net, data[:50]) is None  # too few to say
    learned = nn.History()
    learned.training_accuracy.append(0.9)
    assert hint(net, data, learned) is None  # not even looked at
    halfway = train(data, [784, 30, 10], 1, 0.01)
    assert hint(halfway, data) is None
