"""Figures show what the runs found and the book published; a missing result is named."""

import json
import re

import numpy as np
import pytest

import nncore as nn
from nncore.book import universality
from nncore.reproduction import experiments
from nncore.reproduction.experiments import chapter3, one_neuron
from nncore.reproduction.experiments.training_spec import Measurement
from nncore.reproduction.published_curves import PUBLISHED
from nncore.reproduction.report import figures
from nncore.reproduction.report.figures.drawing import MOST_POINTS
from nncore.reproduction.results import Missing, Results

matplotlib = pytest.importorskip("matplotlib", reason="needs matplotlib")


def write_result(results, id, name, seed=0, network=None, **found):
    """Write a result as runs do; numbers that are not given are drawn from the seed."""
    part = experiments.find(id).part(name)
    rng = np.random.default_rng([seed, *name.encode()])
    record = {"experiment": id, "part": name, "seed": seed, "status": "done", "settings": part.settings()}
    if not isinstance(part, Measurement):
        columns = {column: rng.random(part.epochs).tolist() for column in part.monitor}
        if "learning_speeds" in columns:
            columns["learning_speeds"] = rng.random((part.epochs, len(part.layers) - 1)).tolist()
        record["history"] = {"seconds": [0.1] * part.epochs, **columns}
    path = results.folder / id / name / f"seed-{seed}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record | found))
    if network is not None:
        network.save(path.with_suffix(".npz"))
    return record | found


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Results for all figures, with two seeds each, of the bundled digits."""
    results = Results(tmp_path_factory.mktemp("results"), "sample")
    test = results.test
    layers = [nn.Conv2D(20, 5), nn.MaxPool2D(2), nn.Dense(100), nn.Softmax(10)]
    conv = nn.Network(layers, input_shape=(1, 28, 28), seed=0)
    for seed in (0, 1):
        write_result(results, "1.1", "network", seed, nn.Network([784, 30, 10], seed=seed))
        write_result(results, "6.2", "conv-20-fc-100", seed, conv)
        for id in ("3.6", "3.7", "3.8", "3.9"):
            write_result(results, id, "network", seed)
        for id in ("3.14", "3.15"):
            write_result(results, id, "large", seed)
            write_result(results, id, "scaled", seed)
        for eta in ("0.025", "0.25", "2.5"):
            write_result(results, "3.18", f"eta-{eta}", seed)
        for n in chapter3.SIZES:
            write_result(
                results, "3.12", f"{n}-images", seed, numbers={"accuracy": 0.5 + 0.1 * seed}, history={}
            )
        for count in (2, 3, 4):
            write_result(
                results, "5.5", f"{count}-hidden", seed, numbers={"speeds": [0.1 * (seed + 1)] * count}
            )
            write_result(results, "5.6", f"{count}-hidden", seed)
    for n in chapter3.SIZES:
        write_result(results, "3.13", f"{n}-images", numbers={"accuracy": n / 100_000})
    answers = (test.labels[[3, 5]] + 1) % 10
    write_result(
        results, "6.11", "vote", numbers={"where": [3, 5], "answers": answers.tolist(), "networks": 5}
    )
    return results


def lines(ax):
    """The points (x, y) of each line in the axes, by its label."""
    return {line.get_label(): line.get_xydata() for line in ax.lines}


def circles(ax):
    """The book's points in the axes, one dictionary for each colour."""
    drawn = [line.get_xydata().tolist() for line in ax.lines if line.get_marker() == "o"]
    return [dict(points) for points in drawn if points]


@pytest.mark.parametrize("id", list(figures.FIGURES))
def test_figure_has_a_title_and_labels(id, results):
    figure = figures.draw(id, results)
    assert figure.get_suptitle()
    assert figures.FIGURES[id].caption
    plots = [ax for ax in figure.axes if ax.lines or ax.patches]
    for ax in plots:
        beside = ax.get_shared_x_axes().get_siblings(ax)
        assert any(other.get_xlabel() for other in beside)
    assert not plots or plots[0].get_ylabel()
    for one in id.split(", "):
        assert one in experiments.EXPERIMENTS


@pytest.mark.slow
def test_all_figures_are_written_and_small(results, tmp_path):
    written, left_out = figures.write(results, tmp_path)
    assert list(written) == list(figures.FIGURES)
    assert not left_out
    assert {id: size for id, path in written.items() if (size := path.stat().st_size) >= 150_000} == {}


def test_same_results_give_the_same_file(results, tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "FIGURES", {id: figures.FIGURES[id] for id in ("3.14", "6.11")})
    first, second = (figures.write(results, tmp_path / name)[0] for name in ("a", "b"))
    assert first["6.11"] == tmp_path / "a" / "6.11.svg"
    for id in figures.FIGURES:
        assert first[id].read_bytes() == second[id].read_bytes()


def test_figure_without_results_is_left_out_with_a_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "FIGURES", {id: figures.FIGURES[id] for id in ("3.1, 3.2, 3.3", "3.14")})
    written, left_out = figures.write(tmp_path, tmp_path / "figures")
    assert written == {"3.1, 3.2, 3.3": tmp_path / "figures" / "3.1-3.2-3.3.svg"}
    assert left_out == {"3.14": "3.14, scaled: not run; `nncore book run 3.14` does it"}


def test_results_with_other_settings_are_not_drawn(tmp_path):
    results = Results(tmp_path)
    for part in ("large", "scaled"):
        settings = experiments.find("3.14").part(part).settings()
        write_result(results, "3.14", part, settings=settings | {"eta": 0.2})
    with pytest.raises(Missing, match="not run"):
        figures.draw("3.14", results)


def test_line_is_the_mean_and_band_the_range_of_the_seeds(results):
    (ax,) = figures.draw("3.14", results).axes
    records = results.records("3.14", "scaled")
    curves = np.array([record["history"]["evaluation_accuracy"] for record in records])
    drawn = lines(ax)["N(0, 1) / √n_in"]
    np.testing.assert_array_equal(drawn[:, 0], range(1, 31))
    np.testing.assert_allclose(drawn[:, 1], curves.mean(axis=0))
    band = ax.collections[0].get_paths()[0].vertices
    for epoch in range(30):
        heights = band[band[:, 0] == epoch + 1, 1]
        assert (heights.min(), heights.max()) == (curves[:, epoch].min(), curves[:, epoch].max())


def test_book_points_of_initial_weights(results):
    scaled, large = circles(figures.draw("3.14", results).axes[0])
    for points, init in ((scaled, "scaled"), (large, "large")):
        figures_of = PUBLISHED["weight_initialization_30"][init].numbers["evaluation_accuracy"]
        assert points == {epoch + 1: count / 10_000 for epoch, count in figures_of.items()}
    assert circles(figures.draw("3.15", results).axes[0]) == [
        {1: 0.9295, 30: 0.9781},
        {1: 0.8994, 30: 0.9742},
    ]


def test_book_points_of_other_figures(results):
    accuracy, cost, _, training_cost = figures.draw("3.6, 3.8", results).axes
    book, regularized = circles(accuracy)
    assert (book[1], book[400], regularized) == (0.5887, 0.8223, {400: 0.8695})
    assert circles(cost)[0][400] == 1.7731
    assert circles(training_cost)[0][400] == 0.0042
    whole, with_l2 = figures.draw("3.7, 3.9", results).axes
    assert circles(whole) == [{30: 0.9786}, {30: 0.9533}]
    assert with_l2.lines[-1].get_ydata()[0] == 0.9649
    networks, machines = circles(figures.draw("3.12, 3.13", results).axes[0])
    assert (networks[100], networks[50_000], machines[100], machines[50_000]) == (
        0.6909,
        0.9597,
        0.2507,
        0.9448,
    )
    assert circles(figures.draw("3.18", results).axes[0]) == [{1: 0.878, 30: 0.339}, {1: 0.495, 30: 0.339}]
    four = figures.draw("5.5", results).axes[2]
    assert circles(four) == [{1: 0.003, 2: 0.017, 3: 0.070, 4: 0.285}]


def test_long_curves_keep_their_ends(results):
    ax = figures.draw("5.6", results).axes[2]
    values = [record["history"]["learning_speeds"] for record in results.records("5.6", "4-hidden")]
    means = np.mean(values, axis=0)
    drawn = lines(ax)["hidden layer 4"]
    assert len(drawn) == MOST_POINTS
    assert drawn[:, 0][[0, -1]].tolist() == [1, 500]
    np.testing.assert_allclose(drawn[:, 1], means[drawn[:, 0].astype(int) - 1, 3])
    assert "hidden layer 5" not in lines(ax)  # the output layer


def test_support_vector_machine_is_drawn_as_far_as_it_was_run(results, tmp_path):
    some = Results(tmp_path)
    for n in chapter3.SIZES[:4]:
        write_result(some, "3.12", f"{n}-images", numbers={"accuracy": 0.5})
        if n < 1000:
            write_result(some, "3.13", f"{n}-images", numbers={"accuracy": 0.4})
    (ax,) = figures.draw("3.12, 3.13", some).axes
    assert lines(ax)["[784, 30, 10]"][:, 0].tolist() == [100, 200, 500, 1000]
    assert lines(ax)["support vector machine"].tolist() == [[100, 0.4], [200, 0.4], [500, 0.4]]


def test_one_neuron_figure_shows_its_outputs():
    easy, saturated = figures.draw("3.1, 3.2, 3.3", "nowhere").axes
    assert circles(easy) == [one_neuron.PUBLISHED["easy"]]
    output = one_neuron.learn(2.0, 2.0, "quadratic")["output"]
    np.testing.assert_array_equal(lines(saturated)["quadratic, eta 0.15"][:, 1], output)


def test_bumps_figure_shows_the_deviation():
    five, twenty, _ = figures.draw("4.3", "nowhere").axes
    for ax, N in ((five, 5), (twenty, 20)):
        x, y = lines(ax)["network"].T
        net = universality.approximate(universality.f, N, output="sigmoid")
        np.testing.assert_array_equal(y, net.feedforward(x[:, None])[:, 0])
        off = np.abs(y - universality.f(x)).mean()
        assert float(ax.get_title("left").split()[-1]) == pytest.approx(off, abs=0.002)


def test_misclassified_digits_are_drawn(results):
    figure = figures.draw("6.11", results)
    shown = [ax for ax in figure.axes if ax.images]
    test = results.test
    for ax, i in zip(shown, (3, 5), strict=True):
        assert np.array_equal(np.asarray(ax.images[0].get_array()), test.images[i])
        assert ax.get_title() == f"{test.labels[i]} → {(test.labels[i] + 1) % 10}"
    net = results.network("1.1", "network")
    wrong = int(np.sum(net.predict(test) != test.labels))
    figure = figures.draw("1.1", results)
    assert f"{wrong} of {len(test)} wrong" in figure.get_suptitle()
    assert len([ax for ax in figure.axes if ax.images]) == 30
    filters = [ax for ax in figures.draw("6.2", results).axes if ax.images]
    assert len(filters) == 20


def test_pyplot_keeps_no_figure(results):
    from matplotlib import pyplot

    figures.draw("6.2", results)
    assert pyplot.get_fignums() == []


def test_unknown_figures_and_missing_files_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"id: one of 1.1, .* 3.8, .* needed, .*; got '9.9'") as error:
        figures.draw("9.9", tmp_path)
    for id in str(error.value).split("one of ")[1].split(" needed")[0].split(", "):
        if id[0] != "4" and id not in ("3.1", "3.2", "3.3"):  # these need no result
            with pytest.raises(Missing, match=rf"{re.escape(id)}|nncore book run"):
                figures.draw(id, tmp_path)
    results = Results(tmp_path)
    write_result(results, "1.1", "network")
    with pytest.raises(Missing, match=r"the file of its network, .*is missing"):
        figures.draw("1.1", results)
    write_result(results, "3.15", "scaled", history={})
    results = Results(tmp_path)
    with pytest.raises(Missing, match=r"3.15, scaled: evaluation accuracy was not monitored"):
        figures.draw("3.15", results)
