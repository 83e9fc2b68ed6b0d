"""Pictures: what is drawn is what the network holds; feature maps against sums written out."""

import os
import subprocess
import sys

import numpy as np
import pytest

import nncore as nn
from nncore.reference import network as reference

matplotlib = pytest.importorskip("matplotlib", reason="needs matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def closed():
    from matplotlib import pyplot

    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def net():
    layers = [
        nn.Conv2D(4, 5, "relu"),
        nn.MaxPool2D(2),
        nn.Conv2D(3, (3, 2), "tanh", padding="same"),
        nn.Dense(6),
        nn.Softmax(10),
    ]
    return nn.Network(layers, input_shape=(1, 28, 28), seed=3, dtype="float64")


def pictures(figure):
    """What the axes of a figure show, but for the colour bar."""
    return [np.asarray(ax.images[0].get_array()) for ax in figure.axes if ax.images]


def titles(figure):
    return [ax.get_title() for ax in figure.axes if ax.images]


def test_activations_are_the_sums_written_out(net, sample):
    _, _, test = sample
    x = test.images[0] / 256
    conv, pool, same, dense, out = net.activations(x)
    assert [a.shape for a in net.activations(x)] == net.shapes[1:]
    w, b = net.weights[0], net.biases[0]
    y, at = 11, 7
    z = b[2, 0] + sum(w[2, 0, t, c] * x[y + t, at + c] for t in range(5) for c in range(5))
    assert conv[2, y, at] == pytest.approx(max(z, 0))
    assert pool[2, 5, 3] == conv[2, 10:12, 6:8].max()
    w, b = net.weights[1], net.biases[1]  # a border of 2 rows, one above, and of a column at the right
    z = b[1, 0] + sum(
        w[1, k, t, c] * pool[k, t - 1, c] for k in range(4) for t in range(1, 3) for c in range(2)
    )
    assert same[1, 0, 0] == pytest.approx(np.tanh(z))
    np.testing.assert_allclose(dense, reference.sigmoid(net.weights[2] @ same.ravel() + net.biases[2][:, 0]))
    np.testing.assert_allclose(out, net.feedforward(x), rtol=1e-12)


def test_activations_of_rows_of_columns_and_of_bytes(net, sample):
    _, _, test = sample
    rows = net.activations(test[:3])
    assert [a.shape for a in rows] == [(3, *shape) for shape in net.shapes[1:]]
    np.testing.assert_allclose(rows[-1], net.feedforward(test[:3]), rtol=1e-12)
    for a, b in zip(net.activations(test[1][0]), rows, strict=True):
        np.testing.assert_allclose(a, b[1])


def test_pooling_leaves_out_what_fills_no_window():
    net = nn.Network([nn.MaxPool2D((2, 3)), nn.Dense(1)], input_shape=(1, 3, 4), seed=0)
    x = np.arange(12.0).reshape(3, 4)
    assert net.activations(x)[0].tolist() == [[[6.0]]]


def test_filters_of_the_first_convolution(net):
    shown = pictures(nn.plot.filters(net))
    assert len(shown) == 4
    for picture, w in zip(shown, net.weights[0], strict=True):
        assert np.array_equal(picture, w[0])


def test_filters_over_several_maps_are_rows(net):
    (shown,) = pictures(nn.plot.filters(net, 2))
    assert shown.shape == (3 * 4 - 1, 4 * 3 - 1)
    assert np.array_equal(shown[4:7, 6:8], net.weights[1][1, 2])


def test_filters_of_neurons(net):
    shown = pictures(nn.plot.filters(nn.Network([784, 3, 10], seed=0), 0))
    assert [picture.shape for picture in shown] == [(28, 28)] * 3
    (shown,) = pictures(nn.plot.filters(net, 3))  # the neurons behind feature maps
    assert shown.shape == (6 * 13 - 1, 3 * 13 - 1)


def test_feature_maps(net, sample):
    _, _, test = sample
    figure = nn.plot.feature_maps(net, test.images[0] / 256, 1)
    shown = pictures(figure)
    assert titles(figure) == ["input", "0", "1", "2", "3"]
    np.testing.assert_array_equal(shown[0], test.images[0] / 256)
    np.testing.assert_array_equal(shown[3], net.activations(test.images[0] / 256)[1][2])


def test_misclassified_of_a_network_and_of_an_ensemble(net, sample):
    _, _, test = sample
    test = test[:60]
    wrong = np.flatnonzero(net.predict(test) != test.labels)
    for of in (net, nn.Ensemble([net])):
        figure = nn.plot.misclassified(of, test, most=5)
        assert titles(figure) == [f"{test.labels[i]} → {net.predict(test)[i]}" for i in wrong[:5]]
        assert np.array_equal(pictures(figure)[4], test.images[wrong[4]])
        assert figure.get_suptitle() == f"{len(wrong)} of 60 wrong, the first 5"
    right = nn.Dataset(test.images, net.predict(test))
    assert nn.plot.misclassified(net, right).get_suptitle() == "0 of 60 wrong"


def test_images_take_flat_pixels_and_captions():
    data = nn.Dataset(np.arange(18, dtype=np.uint8).reshape(2, 9), [3, 4])
    figure = nn.plot.images(data)
    assert titles(figure) == ["3", "4"]
    assert pictures(figure)[1].tolist() == [[9, 10, 11], [12, 13, 14], [15, 16, 17]]
    assert titles(nn.plot.images(data, ["a", "b"], columns=1)) == ["a", "b"]


def test_confusion_counts(net, sample):
    _, _, test = sample
    ax = nn.plot.confusion(net, test)
    counts = np.zeros((10, 10), int)
    for text in ax.texts:
        j, i = text.get_position()
        counts[i, j] = int(text.get_text())
    predicted = net.predict(test)
    assert counts.tolist() == [
        [int(np.sum(predicted[test.labels == i] == j)) for j in range(10)] for i in range(10)
    ]
    assert not np.diag(np.asarray(ax.images[0].get_array())).any()
    same = nn.plot.confusion(nn.Ensemble([net]), (test.to_float(), test.labels))
    assert same.get_title() == ax.get_title()


def test_confusion_of_one_output_and_of_unit_vectors():
    net = nn.Network([2, 1], seed=0)
    X = np.random.default_rng(0).random((20, 2))
    net.biases[0][:] = -np.median(net.weights[0] @ X.T)
    y = np.arange(20) % 2
    assert nn.plot.confusion(net, (X, y)).get_title().startswith(f"{round(20 * net.accuracy((X, y)))} of 20 ")
    net = nn.Network([2, 3], seed=0)
    y = np.arange(20) % 3
    assert nn.plot.confusion(net, (X, np.eye(3)[y])).get_title() == nn.plot.confusion(net, (X, y)).get_title()


def test_they_draw_on_what_is_given(net, sample):
    from matplotlib import pyplot

    _, _, test = sample
    figure = pyplot.figure()
    assert nn.plot.filters(net, figure=figure) is figure
    ax = pyplot.figure().subplots()
    assert nn.plot.confusion(net, test, ax) is ax


def test_refused(net, sample):
    _, _, test = sample
    for call, words in [
        (lambda: nn.plot.filters(net, 5), "layer: a number from 0 to 4 needed, got 5"),
        (lambda: nn.plot.filters(net, 1), "layer: one with weights needed, got 1"),
        (lambda: nn.plot.filters(nn.Network([3, 1])), "3 inputs, of layer 0, do not form a square picture"),
        (
            lambda: nn.plot.feature_maps(net, test[0][0], 3),
            "layer: the index of a convolution or pooling layer",
        ),
        (lambda: nn.plot.feature_maps(net, test.to_float()[:2]), "x: one example needed, got 2"),
        (lambda: nn.plot.images(nn.Dataset(np.zeros((1, 5), np.uint8), [0])), "images .* needed"),
        (lambda: nn.plot.confusion(net, (test.to_float()[:2], np.full((2, 10), 0.1))), "labels"),
    ]:
        with pytest.raises(ValueError, match=words):
            call()
    with pytest.raises(TypeError, match="data: a Dataset needed, got tuple"):
        nn.plot.misclassified(net, (test.to_float(), test.labels))


# ---- how pictures look


MEASURES = ("training_cost", "training_accuracy", "evaluation_cost", "evaluation_accuracy")


@pytest.fixture
def history():
    data = np.random.default_rng(0).random((20, 3)), np.arange(20) % 2
    return nn.Network([3, 2], seed=0).SGD(data, 4, 5, 0.5, evaluation_data=data, monitor=MEASURES)


def lines_of(figure):
    return {line.get_label(): line for axes in figure.axes for line in axes.lines}


def test_accuracies_stand_above_costs_and_epochs_count_from_1(history):
    costs = nn.plot.history(history)
    accuracies, below = costs.figure.axes
    assert below is costs
    assert (accuracies.get_title(loc="left"), costs.get_title(loc="left")) == ("accuracy", "cost")
    assert accuracies.get_xlim() == costs.get_xlim()
    lines = lines_of(costs.figure)
    for name in MEASURES:
        line = lines[name.replace("_", " ")]
        assert list(line.get_xdata()) == [1, 2, 3, 4]
        assert list(line.get_ydata()) == getattr(history, name)
        assert (line.axes is costs) == name.endswith("cost")
    looks = {(line.get_color(), line.get_linewidth()) for line in lines.values()}
    assert len(looks) == 4


def test_each_line_ends_in_its_name_and_last_value(history):
    accuracies, costs = nn.plot.history(history).figure.axes
    named = {text.get_text() for text in (*accuracies.texts, *costs.texts)}
    assert named == {
        f"training  {history.training_cost[-1]:.4f}",
        f"evaluation  {history.evaluation_cost[-1]:.4f}",
        f"training  {100 * history.training_accuracy[-1]:.2f} %",
        f"evaluation  {100 * history.evaluation_accuracy[-1]:.2f} %",
    }
    first, second = sorted(text.xy[1] for text in costs.texts)  # the same data, so the same last value
    assert second - first > 0.1


def test_on_given_axes_costs_and_accuracies_have_an_axis_each_and_a_legend(history):
    from matplotlib import pyplot

    ax = pyplot.figure().subplots()
    assert nn.plot.history(history, ax) is ax
    lines = lines_of(ax.figure)
    assert {line.get_linestyle() for line in ax.lines} == {"-"}
    assert (
        len({(line.get_color(), line.get_linestyle(), line.get_linewidth()) for line in lines.values()}) == 4
    )
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {
        name.replace("_", " ") for name in MEASURES
    }


def test_what_diverged_or_came_late_is_drawn_without_a_warning(history):
    history.evaluation_cost[-1] = float("nan")
    history.training_cost = [float("nan")] * 3 + [float("inf")]
    nn.plot.history(history).figure.canvas.draw()


def test_pictures_have_the_style_of_the_books_figures_and_leave_matplotlibs_own(sample):
    from matplotlib import rcParams

    before = dict(rcParams)
    data = np.random.default_rng(0).random((20, 3)), np.arange(20) % 2
    history = nn.Network([3, 2], seed=0).SGD(data, 2, 5, 0.5, monitor="training_cost")
    ax = nn.plot.history(history)
    assert not ax.spines["top"].get_visible()
    nn.plot.images(sample[0][:4])
    net = nn.Network([784, 5, 10], seed=0)
    nn.plot.network(net)
    nn.plot.outputs(net, sample[0].images[0]).canvas.draw()
    nn.plot.weights(net)
    assert dict(rcParams) == before


def test_texts_in_svg_are_texts(tmp_path, sample):
    nn.plot.images(sample[0][:2], ["a seven", "a one"]).savefig(tmp_path / "picture.svg")
    assert ">a seven</text>" in (tmp_path / "picture.svg").read_text()


def test_what_a_backend_sets_when_it_is_loaded_stays(tmp_path):
    """A notebook's backend turns the interactive mode on: without it, axes that are drawn are never shown."""
    (tmp_path / "backend.py").write_text(
        "import matplotlib\nfrom matplotlib.backends.backend_agg import *\nmatplotlib.interactive(True)\n"
    )
    program = "import nncore as nn, matplotlib\nnn.plot.network(nn.Network([2, 1]))\n"
    program += "assert matplotlib.is_interactive()"
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    environment = os.environ | {"MPLBACKEND": "module://backend", "PYTHONPATH": paths}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)


def test_a_notebook_shows_a_picture_once(monkeypatch, sample):
    """As the value of a cell's last line; afterwards pyplot, which shows what it knows, does not know it."""
    from types import SimpleNamespace

    from matplotlib import pyplot

    shown = []

    def display(figure):
        method = getattr(figure, "_ipython_display_", None)  # IPython calls it, if it is there
        if callable(method):
            method()
        else:
            shown.append(figure)

    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace())
    net = nn.Network([784, 10], seed=0)
    for draw in (
        lambda: nn.plot.filters(net),
        lambda: nn.plot.images(sample[0][:3]),
        lambda: nn.plot.misclassified(net, sample[0][:20]),
        lambda: nn.plot.outputs(net, sample[0].images[0]),
        lambda: nn.plot.weights(net),
    ):
        shown.clear()
        figure = draw()
        assert pyplot.get_fignums()
        display(figure)
        for number in pyplot.get_fignums():  # after the cell
            display(pyplot.figure(number))
        assert shown == [figure]
        assert callable(figure._ipython_display_)


@pytest.mark.parametrize("wrong", [None, 3, "history", [0.5]])
def test_a_history_that_is_none_is_named(wrong):
    with pytest.raises(TypeError, match="history: the History that SGD returns needed, got "):
        nn.plot.history(wrong)
