"""Pictures of a network, of its weights and of its answers: what is drawn is what the network computes."""

import numpy as np
import pytest

import nncore as nn

matplotlib = pytest.importorskip("matplotlib", reason="needs matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def closed():
    from matplotlib import pyplot

    yield
    pyplot.close("all")


def lines_of(ax):
    """The lines of the picture: {(from, to): colour or None}, by their ends."""
    from matplotlib.collections import LineCollection

    found = []
    for collection in ax.collections:
        if isinstance(collection, LineCollection):
            found.append((collection.get_segments(), collection.get_array(), collection.get_linewidths()))
    return found


def circles_of(ax):
    """The units that are drawn, by layers: their places (n, 2)."""
    from matplotlib.collections import PathCollection

    return [
        c.get_offsets() for c in ax.collections if isinstance(c, PathCollection) and c.get_sizes()[0] > 10
    ]


def texts_of(ax):
    return [text.get_text() for text in ax.texts]


def test_each_weight_is_a_line_between_its_neurons():
    net = nn.Network([3, 4, 2], seed=0)
    ax = nn.plot.network(net)
    layers = circles_of(ax)
    assert [len(places) for places in layers] == [3, 4, 2]
    for l, (segments, values, widths) in enumerate(lines_of(ax)):
        w = net.weights[l]
        assert len(segments) == w.size
        largest = np.abs(w).max()
        for (start, end), value, width in zip(segments, values, widths, strict=True):
            (k,) = np.flatnonzero((layers[l] == start).all(axis=1))
            (j,) = np.flatnonzero((layers[l + 1] == end).all(axis=1))
            assert value == pytest.approx(w[j, k] / largest)
            assert width == pytest.approx(0.2 + 2.2 * abs(w[j, k]) / largest, rel=1e-5)


def test_of_a_large_layer_the_units_with_the_largest_weights_are_drawn():
    net = nn.Network([100, 3, 2], init="zeros", seed=0)
    net.weights[0][1, [7, 50, 93]] = [1.0, -3.0, 2.0]
    ax = nn.plot.network(net, most=4)
    assert [len(places) for places in circles_of(ax)] == [3, 3, 2]
    assert texts_of(ax) == ["100 inputs\n3 are drawn", "3 sigmoid", "2 sigmoid"]
    _, values, _ = lines_of(ax)[0]
    assert sorted(values[values != 0]) == pytest.approx([-1, 1 / 3, 2 / 3])


def test_maps_are_squares_whose_lines_are_norms_without_a_sign():
    layers = [nn.Conv2D(2, 3, "relu"), nn.MaxPool2D(2), nn.Dense(5), nn.Softmax(3)]
    net = nn.Network(layers, input_shape=(1, 8, 8), seed=1)
    ax = nn.plot.network(net, np.zeros((8, 8)))
    assert [len(places) for places in circles_of(ax)] == [1, 2, 2, 5, 3]
    assert texts_of(ax) == [
        "input 1 × 8 × 8",
        "2 maps 6 × 6\nrelu",
        "2 maps 3 × 3\npooled",
        "5 sigmoid",
        "3 softmax",
    ]
    (_, no_sign, widths), (_, also_none, _), (_, values, _) = lines_of(ax)
    norms = np.sqrt((net.weights[0] ** 2).sum(axis=(1, 2, 3)))
    assert no_sign is None
    assert also_none is None
    assert sorted(widths) == pytest.approx(sorted(0.2 + 2.2 * norms / norms.max()), rel=1e-5)
    assert values.min() < 0


def test_the_circles_are_filled_with_the_activations():
    from matplotlib.collections import PathCollection

    net = nn.Network([2, 3], seed=0)
    x = np.array([0.0, 1.0])
    ax = nn.plot.network(net, x)
    inputs, outputs = (c.get_facecolors() for c in ax.collections if isinstance(c, PathCollection))
    assert inputs[0][0] == pytest.approx(1.0)  # paper
    assert inputs[1][0] < 0.1  # ink
    assert np.argsort(-outputs[:, 0]).tolist() == np.argsort(net.feedforward(x)).tolist()


def test_boundary_shows_the_outputs_and_the_examples():
    net = nn.Network([2, 1], seed=0)
    net.weights[0][:], net.biases[0][:] = [[30.0, 0.0]], 0.0  # 1 where x0 > 0
    X = np.array([[-1.0, -1.0], [1.0, 1.0], [-0.5, 0.5], [0.5, 0.5]])
    ax = nn.plot.boundary(net, (X, [0, 1, 0, 0]), points=11)
    assert ax.get_title() == "3 of 4 right (75.00 %)"
    background = np.asarray(ax.images[0].get_array())
    across = np.linspace(-1.16, 1.16, 11)
    expected = 2 * net.feedforward(np.stack([across, np.zeros(11)], axis=1))[:, 0] - 1
    np.testing.assert_allclose(background, np.tile(expected, (11, 1)), atol=1e-6)
    marks = {c.get_label(): c.get_offsets().tolist() for c in ax.collections if len(c.get_offsets())}
    assert marks["0"] == [[-1, -1], [-0.5, 0.5]]
    assert marks["1"] == [[1, 1]]
    assert marks["wrong"] == [[0.5, 0.5]]


def test_boundary_of_three_classes_and_of_an_ensemble():
    data = np.random.default_rng(0).random((9, 2)), np.arange(9) % 3
    nets = [nn.Network([2, 4, 3], seed=seed) for seed in (0, 1)]
    ax = nn.plot.boundary(nn.Ensemble(nets), data, points=20)
    assert np.asarray(ax.images[0].get_array()).shape == (20, 20, 3)
    assert ax.get_title().startswith(f"{round(9 * nn.Ensemble(nets).accuracy(data))} of 9 right")


def test_boundary_of_one_place_and_one_class():
    ax = nn.plot.boundary(nn.Network([2, 1], seed=0), (np.ones((3, 2)), [1, 1, 1]))
    ax.figure.canvas.draw()
    assert ax.get_xlim()[0] < 1 < ax.get_xlim()[1]


def test_outputs_are_bars_with_the_answer_in_words(sample):
    net = nn.Network([784, 10], seed=0)
    image = sample[2].images[0]
    seen, bars = nn.plot.outputs(net, image).axes
    np.testing.assert_allclose(np.asarray(seen.images[0].get_array()), image / 256)
    out = net.feedforward(image)
    widths = [bar.get_width() for bar in bars.patches[10:]]
    assert widths == pytest.approx(out.tolist())
    assert texts_of(bars) == [f"{value:.3f}" for value in out]
    first, second = np.argsort(-out)[:2]
    assert bars.get_title(loc="left") == f"It answers {first}. Next is {second}, {out[second]:.3f}."
    (bars,) = nn.plot.outputs(nn.Network([784, 10], seed=0), image[:, ::-1].reshape(784, 1) / 256 - 1).axes
    assert len(bars.texts) == 10  # pixels below 0 are no picture


def test_outputs_bear_the_names_of_the_classes():
    data = nn.Dataset(255 * np.eye(3, dtype=np.uint8), np.arange(3), class_names=["cat", "dog", "owl"])
    net = nn.Network([3, 3], seed=0)
    net.SGD(data, 60, 1, 5.0)
    (bars,) = nn.plot.outputs(net, data.images[2]).axes
    assert [label.get_text() for label in bars.get_yticklabels()] == ["cat", "dog", "owl"]
    assert bars.get_title(loc="left").startswith("It answers owl. Next is ")


def test_outputs_that_are_numbers_have_no_answer():
    net = nn.Network([nn.Dense(2, "linear")], input_shape=(3,), seed=0)
    net.weights[0][:], net.biases[0][:] = 0, [[-2.0], [1.0]]
    (bars,) = nn.plot.outputs(net, np.zeros(3)).axes
    assert bars.get_title(loc="left") == "outputs"
    assert texts_of(bars) == ["\N{MINUS SIGN}2.000", "1.000"]


def test_weights_are_counted_by_layers():
    net, start = nn.Network([20, 30, 5], seed=0), nn.Network([20, 30, 5], seed=1)
    figure = nn.plot.weights(net, start)
    for ax, w, old in zip(figure.axes, net.weights, start.weights, strict=True):
        for patch, values in zip(ax.patches, (w, old), strict=True):
            heights, edges, _ = patch.get_data()
            np.testing.assert_allclose(heights**2, np.histogram(values, edges)[0], atol=1e-9)
            assert (heights**2).sum() == pytest.approx(values.size)


def test_refused(sample):
    net = nn.Network([2, 3, 2], seed=0)
    X = np.zeros((4, 2))
    for call, words in [
        (lambda: nn.plot.network(net, X), "x: one example needed, got 4"),
        (lambda: nn.plot.network(net, most=1), "most: "),
        (
            lambda: nn.plot.boundary(nn.Network([3, 2]), (np.zeros((2, 3)), [0, 1])),
            "one with 2 inputs needed, got one with 3",
        ),
        (lambda: nn.plot.boundary(net, (X, np.full((4, 2), 0.3))), "labels"),
        (lambda: nn.plot.outputs(net, X), "x: one example needed, got 4"),
        (lambda: nn.plot.outputs(nn.Network([2, 41]), X[0]), "at most 40 outputs needed, got 41"),
        (lambda: nn.plot.weights(net, nn.Network([2, 3])), "start: a network with the same layers"),
    ]:
        with pytest.raises(ValueError, match=words):
            call()
    for draw in (nn.plot.network, nn.plot.weights):
        with pytest.raises(TypeError, match=r"net: an nn\.Network"):
            draw([2, 3])
