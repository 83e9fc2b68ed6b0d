"""The diagnosis of networks with convolutions and pooling."""

import numpy as np
import pytest
from support.diagnosis import DENSE, diagnosed, finding, train

import nncore as nn


def chapter_6(activation, *, data, epochs=2, eta=0.1, change=None, **network):
    """One convolution, pooled; trained, and then changed."""
    layers = [nn.Conv2D(8, 5, activation), nn.MaxPool2D(2), DENSE(20, activation), nn.Softmax(10)]
    net = train(data, layers, epochs, eta, input_shape=(1, 28, 28), **network)
    if change is not None:
        change(net)
    return net


@pytest.mark.parametrize(("activation", "init"), [("sigmoid", "scaled"), ("tanh", "scaled"), ("relu", "he")])
def test_nothing_is_wrong_with_healthy_networks_of_chapter_6(sample, activation, init):
    training, validation, _ = sample
    net = chapter_6(activation, data=training, evaluation_data=validation, init=init, epochs=3)
    assert net.accuracy(validation) > 0.8
    assert not diagnosed(net, training).names
    net = nn.Network(net.layers, input_shape=(1, 28, 28), init=init, seed=0)
    net.weights[-1] = np.zeros((10, 20))  # as network3 begins
    net.biases[-1] = np.zeros((10, 1))
    assert diagnosed(net, training).names == ["not trained"]


def test_filters_that_are_off_or_saturated_in_every_pixel(sample):
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
