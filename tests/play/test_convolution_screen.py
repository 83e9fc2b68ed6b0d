"""What Convolution asks of the core: feature maps of the open network or its own, and a dense one beside."""

import numpy as np
import pytest

import nncore as nn
from nncore.play.screens.convolution import Convolution, own_convolutional, own_dense
from nncore.play.workbench import Workbench


def screen_of(net, sample):
    return Convolution(Workbench(net, "mine.npz", sample), lambda name, value: None)


def convolutional(**how):
    layers = [nn.Conv2D(3, (4, 5), **{"activation": "tanh"} | how), nn.MaxPool2D((3, 2)), nn.Softmax(10)]
    return nn.Network(layers, input_shape=(1, 28, 28), cost="log-likelihood", seed=4)


def test_the_maps_are_those_of_the_open_network(sample):
    net = convolutional()
    screen = screen_of(net, sample)
    about = screen.ask("network", {})
    assert about["filters"].shape == (3, 4, 5)
    assert about["shape"] == [3, 25, 24]
    assert about["pooling"] == [3, 2]
    assert about["convolutional"]["is_open"]
    assert not about["dense"]["is_open"]
    image = sample[2].to_float()[5]
    seen = screen.ask("forward", {"pixels": image})
    exact, traced = net.activations(image.reshape(1, 1, 28, 28)), nn.trace(net, image)
    assert np.array_equal(seen["a"], exact[0][0].astype(np.float32))
    assert np.array_equal(seen["pooled"], exact[1][0].astype(np.float32))
    assert np.array_equal(seen["z"], traced.z[0].reshape(3, 25, 24).astype(np.float32))
    assert np.array_equal(seen["convolutional"], net.feedforward(image))
    assert np.array_equal(seen["dense"], own_dense().feedforward(image))
    window = image.reshape(28, 28)[7:11, 9:14]
    z = (about["filters"][2].astype(float) * window).sum() + about["biases"][2]
    assert seen["z"][2, 7, 9] == pytest.approx(z, abs=1e-5)


def test_a_dense_network_is_set_beside_a_convolutional_one_of_its_own(sample):
    net = nn.Network([784, 8, 10], seed=1)
    screen = screen_of(net, sample)
    about = screen.ask("network", {})
    assert about["dense"] == {
        "title": "mine.npz, 784-8-10",
        "is_open": True,
        "accuracy": net.accuracy(sample[2]),
    }
    own = own_convolutional()
    assert own is own_convolutional()  # trained once
    assert about["convolutional"]["accuracy"] == own.accuracy(sample[2]) > 0.95
    assert np.array_equal(about["filters"], own.weights[0].reshape(20, 5, 5))
    image = sample[2].to_float()[9]
    assert np.array_equal(screen.ask("forward", {"pixels": image})["dense"], net.feedforward(image))


@pytest.mark.parametrize(
    "net",
    [
        nn.Network([2, 3, 1], seed=1),
        nn.Network([784, 3], seed=1),
        convolutional(padding="same"),
    ],
)
def test_networks_that_do_not_fit_leave_the_place_to_own_ones(sample, net):
    about = screen_of(net, sample).ask("network", {})
    assert not about["convolutional"]["is_open"]
    assert not about["dense"]["is_open"]
    assert about["shape"] == [20, 24, 24]


def test_a_network_without_pooling_has_none(sample):
    layers = [nn.Conv2D(2, 5), nn.Dense(10)]
    screen = screen_of(nn.Network(layers, input_shape=(1, 28, 28), seed=1), sample)
    assert screen.ask("network", {})["pooling"] is None
    assert screen.ask("forward", {"pixels": np.zeros(784)})["pooled"] is None


@pytest.mark.parametrize("pixels", [np.zeros(783), np.full(784, 2.0), "digit", None])
def test_what_is_no_digit_is_refused(sample, pixels):
    with pytest.raises((ValueError, TypeError), match="pixels"):
        screen_of(convolutional(), sample).ask("forward", {"pixels": pixels})
