"""Draw shows the core's own numbers."""

import numpy as np
import pytest

import nncore as nn
from nncore.play.screens import Draw
from nncore.play.workbench import Workbench

CONVOLUTIONAL = [nn.Conv2D(4, 5, "relu"), nn.MaxPool2D(2), nn.Dense(12, "tanh"), nn.Softmax(10)]


def draw_with(net):
    return Draw(Workbench(net, "", nn.datasets.load_sample()), lambda name, value: None)


@pytest.fixture(params=["dense", "float64", "convolutional"], scope="module")
def draw(request):
    if request.param == "convolutional":
        return draw_with(nn.Network(CONVOLUTIONAL, input_shape=(1, 28, 28), seed=3))
    return draw_with(
        nn.Network([784, 30, 10], seed=1, dtype="float64" if request.param == "float64" else "float32")
    )


def test_forward_has_the_activations_and_the_outputs_of_the_network(draw):
    net = draw.bench.net
    for image in draw.bench.test.to_float()[:5]:
        seen = draw.ask("forward", {"pixels": image})
        exact, traced = net.activations(image), nn.trace(net, image)
        for l, (layer, shown) in enumerate(zip(net.layers, seen["layers"], strict=True)):
            a = net.feedforward(image) if l == len(net.layers) - 1 else exact[l]
            assert shown["a"].shape == net.shapes[l + 1]
            assert shown["a"].dtype == np.float32
            assert np.array_equal(shown["a"], a.astype(np.float32))
            if isinstance(layer, nn.MaxPool2D):
                assert shown["z"] is None
            else:
                assert np.array_equal(shown["z"], traced.z[l].reshape(shown["z"].shape).astype(np.float32))
        assert seen["answer"] == net.predict(image)
        assert 0 < seen["seconds"] < 1


def test_forward_takes_the_square_too_and_does_not_change_it(draw):
    image = draw.bench.test.to_float()[7].reshape(28, 28)
    before = image.copy()
    square, row = (draw.ask("forward", {"pixels": x})["layers"][-1]["a"] for x in (image, image.reshape(-1)))
    assert np.array_equal(square, row)
    assert np.array_equal(image, before)


@pytest.mark.parametrize(
    ("pixels", "text"),
    [
        (np.zeros(783, np.float32), "pixels: 784 numbers needed, got an array of float32 of shape (783,)"),
        (np.full(784, 1.5, np.float32), "pixels: numbers from 0 to 1 needed, got 1.5 to 1.5"),
        (np.full(784, np.nan, np.float32), "pixels: numbers from 0 to 1 needed, got nan to nan"),
        ([1, 2], "pixels: 784 numbers needed, got an array of int64 of shape (2,)"),
        ("drawing", "pixels: 784 numbers needed"),
        ([[1], [1, 2]], "pixels: 784 numbers needed"),
        (None, "pixels: 784 numbers needed"),
        ({"a": 1}, "pixels: 784 numbers needed"),
    ],
)
def test_pixels_that_do_not_fit_are_refused(draw, pixels, text):
    with pytest.raises(ValueError) as refused:
        draw.ask("forward", {"pixels": pixels})
    assert str(refused.value).startswith(text)


def test_the_network_is_shown_whole(draw):
    net, shown = draw.bench.net, draw.ask("network", {})
    weights, biases = iter(net.weights), iter(net.biases)
    kinds = {nn.Conv2D: "convolution", nn.MaxPool2D: "pooling"}
    for layer, described in zip(net.layers, shown["layers"], strict=True):
        assert described["kind"] == kinds.get(type(layer), "dense")
        if described["kind"] == "pooling":
            assert described["weights"] is None
            assert described["biases"] is None
            continue
        w, b = next(weights), next(biases)
        assert described["weight_shape"] == list(w.shape)
        assert np.array_equal(described["weights"], w.astype(np.float32))
        assert np.array_equal(described["biases"], b.astype(np.float32)[:, 0])


def test_the_arrays_are_copies_of_the_network(draw):
    draw.ask("network", {})["layers"][0]["weights"][...] = 7
    assert not (draw.bench.net.weights[0] == 7).any()


def test_examples_are_two_of_each_class_in_order(draw):
    shown, test = draw.ask("examples", {}), draw.bench.test
    assert shown["labels"].tolist() == [digit for digit in range(10) for _ in range(2)]
    for index, image, label in zip(shown["indices"], shown["images"], shown["labels"], strict=True):
        assert np.array_equal(image.reshape(28, 28), test.images[index])
        assert label == test.labels[index]


def test_the_next_example_of_a_class_and_after_the_last_the_first(draw):
    labels = draw.bench.test.labels
    fours = np.flatnonzero(labels == 4).tolist()
    after, found = None, []
    for _ in range(len(fours) + 1):
        shown = draw.ask("example", {"label": 4} if after is None else {"label": 4, "after": after})
        after = shown["index"]
        found.append(after)
        assert shown["label"] == 4
        assert np.array_equal(shown["pixels"], draw.bench.test.images[after].reshape(-1))
    assert found == [*fours, fours[0]]


def test_a_seed_chooses_an_example(draw):
    chosen = [draw.ask("example", {"seed": seed})["index"] for seed in range(20)]
    assert chosen == [draw.ask("example", {"seed": seed})["index"] for seed in range(20)]
    assert len(set(chosen)) > 15
    assert {draw.ask("example", {"seed": seed, "label": 7})["label"] for seed in range(5)} == {7}


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"label": 10}, ValueError, "label: a whole number from 0 to 9 needed, got 10"),
        ({"label": "4"}, TypeError, "label: a whole number needed, got '4'"),
        ({"after": 1000}, ValueError, "after: a whole number from -1 to 999 needed, got 1000"),
        ({"seed": -1}, ValueError, "seed: at least 0 needed, got -1"),
    ],
)
def test_examples_that_are_not_there(draw, arguments, error, text):
    with pytest.raises(error, match=text):
        draw.ask("example", arguments)


def test_a_network_for_other_inputs_takes_as_many_numbers():
    net = nn.Network([5, 3, 2], seed=0)
    shown = draw_with(net).ask("forward", {"pixels": [0.0, 0.5, 1.0, 0.25, 0.0]})
    assert np.array_equal(shown["layers"][-1]["a"], net.feedforward([0.0, 0.5, 1.0, 0.25, 0.0]))


@pytest.mark.parametrize(
    ("name", "file"), [("", "digits.html"), ("my.net.npz", "my.net.html"), ("a", "a.html")]
)
def test_the_network_is_handed_out_as_a_page(tmp_path, name, file):
    net = nn.Network([784, 12, 10], seed=1)
    found = Draw(Workbench(net, name, nn.datasets.load_sample()), lambda name, value: None).ask("html", {})
    assert found["name"] == file
    (tmp_path / "net.html").write_bytes(found["page"].tobytes())
    assert nn.load(tmp_path / "net.html").sizes == net.sizes
    net.save_html(tmp_path / file)
    assert (tmp_path / file).read_bytes() == found["page"].tobytes()
