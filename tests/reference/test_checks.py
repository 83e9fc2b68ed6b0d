"""The reference refuses the data that nncore.Network refuses, by a sentence, and takes what it takes."""

import numpy as np
import pytest

import nncore as nn
from nncore.reference import Network

rng = np.random.default_rng(0)
X1 = [[0.0], [1.0]]
IMAGES = rng.random((2, 32, 32, 3))
M = np.ma.array(np.arange(24.0).reshape(6, 4) / 24, mask=np.arange(24).reshape(6, 4) > 21)
LAYERS = [nn.Conv2D(4, 5), nn.Softmax(2)]


def convolutional(cls):
    return cls(LAYERS, input_shape=(3, 32, 32), seed=0)


def softmax(cls):
    return cls([nn.Softmax(2)], input_shape=(2,), seed=0)


TWO = [[[0.0, 1.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]]
PAIR = np.zeros((2, 1)), np.array([[1.0], [0.0]])
REFUSED = {
    "numbers for a sigmoid": lambda cls: cls([1, 3, 1], seed=0).SGD((X1, [5.0, 7.0]), 1, 1, 0.5),
    "-1 and 1": lambda cls: cls([1, 3, 1], seed=0).cost((X1, [-1.0, 1.0])),
    "evaluation data": lambda cls: cls([1, 3, 1], seed=0).SGD(
        (X1, [0, 1]), 1, 1, 0.5, evaluation_data=(X1, [5.0, 7.0])
    ),
    "three classes for one output": lambda cls: cls([1, 3, 1], seed=0).backprop([[0.0]] * 3, [0, 1, 2]),
    "no shares": lambda cls: softmax(cls).cost((np.zeros((2, 2)), [[0.5, 0.7], [1.0, 0.0]])),
    "negative shares": lambda cls: softmax(cls).backprop(np.zeros((2, 2)), [[1.5, -0.5], [1.0, 0.0]]),
    "channels last": lambda cls: convolutional(cls).feedforward(IMAGES),
    "channels last, one": lambda cls: convolutional(cls).predict(IMAGES[0]),
    "channels last, in training": lambda cls: convolutional(cls).SGD((IMAGES, [0, 1]), 1, 1, 0.1),
    "two readings": lambda cls: cls([2, 3, 2], seed=0).SGD(TWO, 1, 1, 0.1),
    "one pair": lambda cls: cls([2, 3, 2], seed=0).SGD(PAIR, 1, 1, 0.1),
    "one pair, flat": lambda cls: cls([2, 3, 2], seed=0).accuracy((np.zeros(2), np.array([1.0, 0.0]))),
    "masked inputs": lambda cls: cls([4, 3, 2], seed=0).feedforward(M),
    "masked rows": lambda cls: cls([4, 3, 2], seed=0).SGD([(x, 1) for x in M], 1, 1, 0.1),
    "masked answers": lambda cls: cls([4, 3, 2], seed=0).SGD(
        (np.zeros((2, 4)), np.ma.array([0, 1], mask=[0, 1])), 1, 1, 0.1
    ),
}


@pytest.mark.parametrize("cls", [Network, nn.Network])
@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_meaning_is_refused_by_both(cls, case):
    with pytest.raises(ValueError, match=r"^\(?\w+.*: .{20}"):
        REFUSED[case](cls)


def test_what_a_message_advises_works():
    X, y = np.zeros((2, 2)), np.array([[0.5, 0.7], [1.0, 0.0]])
    assert softmax(Network).cost((X, y / y.sum(axis=1, keepdims=True))) > 0
    net = convolutional(Network)
    moved = IMAGES.transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(net.feedforward(moved), net.feedforward(moved.reshape(2, -1)))
    linear = Network([nn.Dense(1, "linear")], input_shape=(1,), cost="quadratic", seed=0)
    linear.SGD((X1, [5.0, 7.0]), 1, 1, 0.1)
    net = Network([2, 3, 2], seed=0)
    net.SGD([PAIR], 1, 1, 0.1)
    net.SGD(([PAIR[0], PAIR[0]], [PAIR[1], PAIR[1]]), 1, 1, 0.1)
    net.SGD([PAIR, PAIR], 1, 1, 0.1)


def test_what_fits_is_welcome():
    images = rng.random((3, 1, 4, 4))
    net = Network([nn.Conv2D(2, 3), nn.Softmax(2)], input_shape=(1, 4, 4), seed=0)
    expected = net.feedforward(images)
    for form in (images[:, 0], images.reshape(3, 4, 4, 1), images.reshape(3, 16)):
        np.testing.assert_array_equal(net.feedforward(form), expected)
    np.testing.assert_array_equal(net.feedforward(images[0]).ravel(), expected[0])
    whole = np.ma.array(np.zeros((2, 4)))
    assert Network([4, 2], seed=0).feedforward(whole).shape == (2, 2)
    one = Network([2, 2], seed=0)
    assert one.backprop(*PAIR)[0][0].shape == (2, 1)
    assert one.backprop([1.0, 2.0], [1.0, 0.0])[0][0].shape == (2, 1)
