"""The answers to the book's exercises in docs/exercises: each script runs, and what it finds is right.

The check of a script is the function here of its name, which gets the script's variables. A script that has
none fails.
"""

import importlib.util
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

FOLDER = Path(__file__).parents[1] / "docs" / "exercises"
SCRIPTS = sorted(FOLDER.glob("*.py"))
LONG = ("ch6_ciresan", "ch6_no_fully_connected", "ch6_tanh", "ch6_translations")  # many minutes with --mnist


def run(script, monkeypatch, *arguments):
    """The script's variables."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setattr(sys, "argv", [str(script), *arguments])
    return SimpleNamespace(**runpy.run_path(str(script), run_name="__main__"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_answer(script, monkeypatch, tmp_path, capsys):
    assert script.stem in globals(), f"{script.name} has no check: write one here, under its name"
    monkeypatch.chdir(tmp_path)
    draws = "--plot" in script.read_text() and importlib.util.find_spec("matplotlib")
    answer = run(script, monkeypatch, *(("--plot", "picture.png") if draws else ()))
    globals()[script.stem](answer)
    out, err = capsys.readouterr()
    assert len(out.splitlines()) >= 2
    assert not err
    assert [path.name for path in tmp_path.iterdir()] == ["picture.png"] * bool(draws)
    if draws:
        from matplotlib import pyplot

        assert pyplot.imread("picture.png").std() > 0.05  # something is drawn
        pyplot.close("all")


@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [script for script in SCRIPTS if "--mnist" in script.read_text() and script.stem not in LONG],
    ids=lambda script: script.stem,
)
def test_answer_with_all_of_mnist(script, monkeypatch, mnist):
    globals()[script.stem](run(script, monkeypatch, "--mnist"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_place_in_the_book_and_in_the_list(script):
    chapter = script.stem[2]
    assert f'(Chapter {chapter}, "' in " ".join(script.read_text().split())
    _, _, listed = (FOLDER / "README.md").read_text().partition(f"## Chapter {chapter}:")
    assert f"[{script.stem}]({script.name})" in listed.partition("\n## ")[0]


def test_no_check_outlives_its_script():
    checks = {name for name in globals() if name[:2] == "ch" and name[2:3].isdigit()}
    assert checks == {script.stem for script in SCRIPTS}


# Chapter 1


def ch1_nand_adder(answer):
    assert answer.adds
    assert answer.same


def ch1_sigmoids_as_perceptrons(answer):
    errors = list(answer.errors.values())
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 0.5  # with c = 1 a bit is wrong
    assert errors[-1] < 1e-12
    assert set(answer.at_zero.values()) == {0.5}


def ch1_bitwise_output(answer):
    assert answer.worst_one > 0.999
    assert answer.worst_zero < 0.001
    # Every digit, by the weights themselves, with the nine others anywhere from 0 to 0.01.
    others = np.random.default_rng(0).uniform(0, 0.01, (1000, 10))
    others[:100] = 0.01 * np.random.default_rng(1).integers(0, 2, (100, 10))
    for digit in range(10):
        a = others.copy()
        a[:, digit] = np.linspace(0.99, 1, 1000)
        z = a @ answer.w.T + answer.b.T
        np.testing.assert_array_equal((z > 0) @ [1, 2, 4, 8], digit)
    assert answer.as_assumed.mean() > 0.3
    assert answer.agree
    assert answer.by_largest - 0.05 < answer.by_bits <= answer.by_largest + 0.01


def ch1_steepest_descent(answer):
    assert answer.bound <= answer.steepest < 0.98 * answer.bound
    assert answer.steepest < min(answer.tilted) < min(answer.others) < 0


def ch1_component_form(answer):
    assert answer.apart < 1e-14


def ch1_no_hidden_layer(answer):
    assert answer.mute["chapter 1's settings"]
    assert answer.best["chapter 1's settings"] < 0.8
    assert answer.mute["smaller first weights"] == []
    assert 0.89 < answer.best["smaller first weights"] < answer.best["with 30 hidden neurons"]


def ch1_online_learning(answer):
    assert answer.accuracy[1] > answer.accuracy[20] + 0.1
    assert answer.cosine[1] < answer.cosine[20] / 3


# Chapter 2


def ch2_matrix_form(answer):
    assert len(answer.apart) == 3
    assert max(answer.apart) < 1e-15
    assert max(abs(nabla).max() for nabla in answer.nabla_b) > 0.01


def ch2_bp3_bp4(answer):
    assert answer.check
    assert max(array.error for array in answer.check.arrays) < 1e-6


def ch2_modified_neuron(answer):
    assert answer.apart < 1e-9
    assert answer.wrong > 0.01


def ch2_linear_neurons(answer):
    assert answer.apart < 1e-14
    assert answer.one_layer < 1e-14


def ch2_matrix_backprop(answer):
    assert answer.apart < 1e-14
    assert answer.ratio > 1.5  # the book says about two; the loop's own sums make it more


# Chapter 3


def ch3_sigmoid_derivative(answer):
    assert answer.apart < 1e-9
    assert (answer.a * (1 - answer.a)).max() == 0.25


def ch3_saturated_neuron(answer):
    mild, bad = (0.6, 0.9), (2.0, 2.0)
    epochs = answer.epochs_to
    assert epochs["quadratic", bad] > 4 * epochs["quadratic", mild]
    assert epochs["cross-entropy", bad] < 2 * epochs["cross-entropy", mild] < epochs["quadratic", mild]


def ch3_swapped_roles(answer):
    assert all(np.isfinite(cost) and cost > 0 for cost in answer.right_way.values())
    assert set(answer.swapped.values()) == {np.inf}


def ch3_cross_entropy_minimum(answer):
    for y, a in answer.learnt.items():
        assert a == pytest.approx(y, abs=1e-6)
        assert answer.costs[y] == pytest.approx(answer.entropies[y], abs=1e-9)
        assert answer.entropies[y] > 0


def ch3_both_costs(answer):
    assert max(answer.apart.values()) < 1e-14
    assert (answer.sizes["quadratic"] <= answer.sizes["cross-entropy"] / 4).all()
    assert answer.slowest < 0.01


def ch3_linear_output(answer):
    assert answer.first_step["sigmoid"] < 0.02
    assert answer.left["sigmoid"] > 0.9
    assert answer.first_step["linear"] == 1
    assert answer.left["linear"] < 1e-6
    assert answer.apart < 1e-14
    assert answer.accuracy > 0.85


def ch3_input_factor(answer):
    for ratios in answer.ratios.values():
        np.testing.assert_allclose(ratios, answer.x, atol=1e-12)
    assert answer.never_lit.sum() > 50
    np.testing.assert_array_equal(answer.moved, ~answer.never_lit)


def ch3_sigmoids_do_not_sum(answer):
    assert answer.sigmoids.sum() > 2
    assert answer.softmax.sum() == pytest.approx(1)


def ch3_softmax_monotonic(answer):
    on_diagonal = np.eye(4, dtype=bool)
    assert (answer.softmax_by_z[on_diagonal] > 0.01).all()
    assert (answer.softmax_by_z[~on_diagonal] < -0.001).all()
    assert (answer.sigmoid_by_z[~on_diagonal] == 0).all()
    assert answer.apart < 1e-8


def ch3_softmax_inverted(answer):
    np.testing.assert_allclose(answer.constants, np.log(np.exp(answer.z).sum()))
    assert max(answer.shifted.values()) < 1e-12


def ch3_softmax_soft(answer):
    distances = list(answer.distance.values())
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 1e-10
    np.testing.assert_allclose(answer.tied, [0.5, 0.5, 0], atol=1e-12)


def ch3_softmax_log_likelihood(answer):
    assert answer.apart < 1e-14
    assert answer.right
    assert min(answer.accuracies.values()) > 0.91


def ch3_rotations(answer):
    assert answer.accuracy[180] + 0.05 < answer.accuracy[0] < answer.accuracy[15] - 0.005
    assert answer.mixed_up[180] > answer.mixed_up[15] + 0.01


def ch3_data_size(answer):
    network, image, mean = answer.accuracy.values()
    assert all(values[-1] > values[0] + 0.1 for values in answer.accuracy.values())
    at = answer.sizes.index(1000)
    assert network[at] > image[at] > mean[at]
    assert mean[-1] < network[-1] < image[-1]
    assert -0.6 < answer.power < -0.2
    assert answer.foreseen > network[-1]  # the law was too hopeful


def ch3_init_spread(answer):
    assert answer.spread["large"] == pytest.approx(np.sqrt(501), rel=0.04)
    assert answer.spread["scaled"] == pytest.approx(np.sqrt(3 / 2), rel=0.04)
    assert answer.saturated["large"] > 0.75
    assert answer.saturated["scaled"] < 0.01


def ch3_cost_derivative(answer):
    np.testing.assert_allclose(answer.product[:3], answer.straight[:3], rtol=1e-6)
    assert np.isnan(answer.product[3])
    assert answer.straight[3] == 1


def ch3_l1(answer):
    none, l1, l2 = (), ("l1", 1.0), ("lmbda", 1.0)
    accuracy, small = answer.accuracy, answer.small
    assert accuracy["large", l1] > accuracy[("large", *none)] + 0.03
    assert accuracy["scaled", l1] < accuracy[("scaled", *none)] + 0.01
    assert small["large", l1] > 0.7
    assert small["large", l2] < 0.2
    assert small[("large", *none)] < 0.05


def ch3_decay_as_init(answer):
    assert answer.factor == pytest.approx(answer.foreseen, rel=1e-3)
    assert answer.idle[-1] == pytest.approx(answer.idle[0] * answer.foreseen**40, rel=0.05)
    assert answer.sizes[0] == pytest.approx(1, abs=0.03)
    assert 0.5 * 784**-0.5 < answer.sizes[-1] < 2 * 784**-0.5
    assert answer.sizes[20] == pytest.approx(answer.sizes[40], rel=0.1)  # it has ended


def ch3_monitor_often(answer):
    assert answer.looks["images"] == list(range(1000, 8001, 1000))
    accuracies = answer.looks["evaluation_accuracy"]
    assert accuracies[0] < 0.8 < accuracies[-1]
    assert all(accuracy * 100 == pytest.approx(round(accuracy * 100)) for accuracy in accuracies)
    assert 0.02 < answer.error < 0.05


def ch3_zeros_and_ones(answer):
    assert answer.reached["0 and 1"] < answer.reached["all ten"] / 2
    assert answer.accuracy["0 and 1"] > 0.98
    assert answer.accuracy["all ten"] < 0.93


def ch3_early_stopping(answer):
    for seed in range(3):
        assert answer.epochs["slow", seed] < answer.epochs["no improvement in 10", seed] < 300
        assert answer.best["slow", seed] <= answer.best["no improvement in 10", seed]
    assert 0.1 < answer.saved < 0.9
    assert 0 <= answer.lost < 0.02
    curve = SimpleNamespace(evaluation_accuracy=[0.1 * i for i in range(10)])
    assert not answer.slow(curve)
    curve.evaluation_accuracy += [0.9] * 5  # no new best, but better in the mean than the five before
    assert not answer.slow(curve)
    curve.evaluation_accuracy += [0.9] * 5
    assert answer.slow(curve)


def ch3_halve_eta(answer):
    etas = answer.history.eta
    assert sorted(set(etas), reverse=True) == [0.5**k for k in range(7)]  # 1/128 is where it ends
    assert len(etas) < 1000
    waits = [etas.count(0.5**k) for k in range(7)]
    assert min(waits) >= 10
    best, waited = 0.0, 0  # the rule again, by hand
    for epoch, accuracy in enumerate(answer.accuracy):
        best, waited = (accuracy, 0) if accuracy > best else (best, waited + 1)
        if waited == 10:
            waited = 0
            assert epoch == len(etas) - 1 or etas[epoch + 1] == etas[epoch] / 2
        else:
            assert etas[epoch + 1] == etas[epoch]
    assert max(answer.last) - min(answer.last) < (max(answer.first) - min(answer.first)) / 2


def ch3_mini_batch_time(answer):
    n, epochs = len(answer.train), 10
    assert answer.steps == {m: n // m * epochs for m in (1, 10, 100, 1000)}
    best = {m: max(accuracy) for m, (_, accuracy) in answer.curves.items()}
    assert best[10] > best[100] > best[1000]
    assert all(seconds == sorted(seconds) and seconds[0] > 0 for seconds, _ in answer.curves.values())


def ch3_gradient_of_lmbda(answer):
    assert answer.training == sorted(answer.training)
    assert min(answer.slopes) > 0
    assert answer.best > 0
    assert max(answer.accuracy) > answer.accuracy[0] + 0.03


def ch3_momentum(answer):
    costs = list(answer.costs.values())
    assert costs == sorted(
        costs, reverse=True
    )  # the larger mu, the sooner it learns; below 0, later than at 0
    for mu, cost in answer.costs.items():
        assert cost == pytest.approx(answer.without[mu], rel=0.05)
    assert answer.diverged == [-1.2, 1.2]


def ch3_tanh_identity(answer):
    assert answer.apart < 1e-15
    assert answer.difference < 1e-12


def ch3_activation_per_layer(answer):
    assert answer.check.ok
    assert answer.accuracy > 0.92


# Chapter 4


def ch4_one_hidden_layer(answer):
    for r, share in answer.foreseen.items():
        assert answer.height[r] == pytest.approx(share, abs=0.01)
    assert answer.deviation[16] < answer.deviation[8] < answer.deviation[4] < 0.15
    assert answer.deviation[16] < 0.06
    assert answer.wanted.mean() == pytest.approx(np.pi / 16, abs=0.02)


def ch4_relu_universality(answer):
    assert (answer.low, answer.high) == pytest.approx((0, 1))
    assert answer.deviation[160] < 0.001
    assert answer.deviation[40] < answer.deviation[10] / 4
    assert answer.deviation[160] < answer.deviation[40] / 10


def ch4_linear_neurons(answer):
    assert answer.bent < 1e-12
    assert answer.error["linear"] >= answer.line == 0.5
    assert answer.error["tanh"] < 0.05


# Chapter 5


def ch5_other_activation(answer):
    ratios = list(answer.ratios.values())
    assert ratios == sorted(ratios)
    assert ratios[0] < 1e-4
    assert 0.2 < answer.ratios[1.0] < 5
    assert ratios[-1] > 100


def ch5_width_of_activations(answer):
    assert answer.widths[3.99] == 0
    for w in (5.0, 6.9, 10.0, 30.0):
        assert answer.widths[w] == pytest.approx(answer.bound(w), abs=1e-4)
    assert answer.moved == pytest.approx(answer.widths[6.9], abs=1e-4)
    assert answer.widest == pytest.approx(6.9, abs=0.05)
    assert answer.bound(answer.widest) == pytest.approx(0.45, abs=0.005)


def ch5_identity_neuron(answer):
    for w1 in (1.0, 0.1, 0.01):
        assert answer.worst[w1] == pytest.approx(w1**2 / 96, rel=0.05)
    assert min(answer.without.values()) > 0.05


# Chapter 6


def ch6_no_fully_connected(answer):
    assert abs(answer.accuracy["with"] - answer.accuracy["without"]) < 0.02
    assert answer.accuracy["no convolution"] < min(answer.accuracy["with"], answer.accuracy["without"]) - 0.01


def ch6_tanh(answer):
    tanh, sigmoid, more = answer.curves.values()
    assert tanh[0] > sigmoid[0] + 0.3
    assert max(tanh) > max(sigmoid) + 0.03
    assert max(more) > max(tanh) - 0.02


def ch6_translations(answer):
    (plain, plain_moved), (shifted, shifted_moved) = answer.accuracy.values()
    assert shifted > plain + 0.01
    assert plain_moved < plain - 0.1
    assert shifted_moved > shifted - 0.05
    assert answer.apart < 1e-6


def ch6_network3_early_stopping(answer):
    assert 3 < answer.epochs < 100
    best = answer.net.history.best_epoch
    assert answer.epochs == best + 4
    assert "no improvement in 3 epochs" in answer.stopped


def ch6_network3_accuracy(answer):
    assert answer.accuracies["sevens"] == answer.accuracies["arrays"] == pytest.approx(answer.by_hand)
    assert 0.85 < answer.accuracies["test"] < 1


def ch6_network3_schedule(answer):
    assert answer.etas == [0.4, 0.4, 0.2, 0.2, 0.1, 0.1]


def ch6_network3_save_load(answer):
    assert answer.same
    assert answer.same_later
    assert 5_000 < answer.size < 100_000
    assert type(answer.again) is answer.Network


def ch6_network3_distortions(answer):
    assert answer.accuracy["distorted"] > answer.accuracy["as they are"] + 0.005
    assert answer.again
    assert answer.another


def ch6_ciresan(answer):
    assert answer.accuracy["distorted images"] > 0.9
    assert len(answer.net.layers) == 4


def ch6_overfitting(answer):
    assert answer.history.training_accuracy[-1] > 0.99
    assert answer.gap > 0.15
    assert 0 < answer.turn < 50
    assert "overfitting" in answer.diagnosis.names


def ch6_relu_rescaling(answer):
    np.testing.assert_allclose(answer.ratio, 0.7**4, rtol=1e-9)
    assert all((answers == answer.answers[0]).all() for answers in answer.answers)
    assert answer.surest == sorted(answer.surest)
    assert answer.spread["scaled"] < 0.1 < 0.3 < answer.spread["he"]
    assert answer.accuracy["he"] > answer.accuracy["scaled"] + 0.1


def ch6_relu_gradient(answer):
    assert answer.ratios[0.5] < 1e-4
    assert 0.1 < answer.ratios[1.0] < 10
    assert answer.ratios[2.0] > 1e4
