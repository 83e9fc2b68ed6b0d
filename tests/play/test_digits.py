"""Digits of the reader's own: what screens that train take in place of the bundled ones."""

import numpy as np
import pytest

import nncore as nn
from nncore.play import digits
from nncore.play.digits import Digits, own_digits
from nncore.play.screens import Overfitting, Speeds, Train
from nncore.play.workbench import Workbench

DATA = nn.datasets.load_sample()
TRAIN, VALIDATION, TEST = DATA


def without(data, digit):
    return data[data.labels != digit]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (TRAIN, r"data: \(training, validation, test\), three Datasets .* needed, got Dataset\(8000 "),
        ((TRAIN, TEST), "three Datasets"),
        ((TRAIN, None, TEST), "three Datasets"),
        ((TRAIN, VALIDATION, without(TEST, 7)), "ten classes, labels 0 to 9, needed, got .* for test"),
        ((TRAIN[:0], VALIDATION, TEST), "for training"),
        ((nn.datasets.Dataset(TRAIN.images[:, :20], TRAIN.labels), VALIDATION, TEST), "images of 28 x 28 "),
        ((TRAIN[:1999], VALIDATION, TEST), "at least 2,000 training images needed, got 1,999"),
    ],
)
def test_other_data_is_refused(data, message):
    with pytest.raises((ValueError, TypeError), match=message):
        own_digits(data)


def test_what_the_message_names_is_taken():
    with pytest.raises(TypeError, match="three Datasets") as refused:
        own_digits(None)
    named = eval(str(refused.value).split("three Datasets as ")[1].split(" returns")[0], {"nn": nn})
    assert own_digits(named).training is named[0]


def test_mnist_itself_keeps_the_book_beside_it(monkeypatch):
    mnist = Digits(TRAIN, TEST, True, "data = nn.datasets.load_mnist()")
    monkeypatch.setattr(digits, "digits_at_hand", lambda: mnist)
    same = nn.datasets.Dataset(TRAIN.images.copy(), TRAIN.labels.copy())
    assert own_digits((same, VALIDATION, TEST)) is mnist
    turned = nn.datasets.Dataset(np.flip(TRAIN.images, 1), TRAIN.labels)
    assert not own_digits((turned, VALIDATION, TEST)).is_mnist


@pytest.mark.parametrize("screen", [Train, Speeds, Overfitting])
def test_a_screen_trains_on_what_it_is_given(screen):
    turned = nn.datasets.Dataset(np.flip(TRAIN.images, 1), TRAIN.labels)
    given = own_digits((turned, VALIDATION, TEST))
    made = screen(Workbench(nn.Network([784, 10]), "", DATA, given), lambda name, value: None)
    assert made.digits is given
    assert made.digits.training is turned
    made.close()
