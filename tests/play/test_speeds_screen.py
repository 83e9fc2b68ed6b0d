"""Learning speeds, without a browser: each number is that of SGD, to the bit."""

import numpy as np
import pytest

import nncore as nn
from nncore.play.digits import digits_at_hand
from nncore.play.screens.speeds import Speeds, published
from nncore.play.speeds_run import DeepSettings, SpeedsRun


def trained(run):
    while not run.finished:
        run.train(700)
    return run.curve()


@pytest.mark.parametrize(
    "settings", [DeepSettings(2), DeepSettings(3, "relu", "he", seed=5), DeepSettings(1, "tanh", "large")]
)
def test_the_speeds_are_those_that_sgd_monitors(settings):
    digits = digits_at_hand()
    curve = trained(SpeedsRun(settings, digits, goal=6000))
    layers = [nn.Dense(30, activation=settings.activation) for _ in range(settings.hidden)]
    net = nn.Network(
        [*layers, nn.Dense(10)],
        input_shape=(784,),
        cost="cross-entropy",
        init=settings.init,
        seed=settings.seed,
    )
    data = digits.training[:1000]
    start = net.learning_speeds(data)
    monitor = nn.Monitor("learning_speeds", examples=1000)
    history = net.SGD(data, 6, 1000, 0.1, 5.0, monitor=monitor, progress=False)
    np.testing.assert_array_equal(
        curve, [[e, *row] for e, row in enumerate([start, *history.learning_speeds])]
    )


def test_a_pause_within_an_epoch_is_measured_and_forgotten_at_its_end():
    run = SpeedsRun(DeepSettings(1, data="all"), digits_at_hand(), goal=30)
    trained(run)
    run.rest()
    assert run.curve()[:, 0].tolist() == [0, 30 / run.n]
    run.goal = 40
    trained(run)
    run.rest()
    assert run.curve()[:, 0].tolist() == [0, 40 / run.n]


def test_the_book_s_speeds_are_of_its_own_networks_alone():
    assert published(DeepSettings(4)) == [0.003, 0.017, 0.07, 0.285]
    assert published(DeepSettings(5)) == []
    assert published(DeepSettings(4, "tanh")) == []
    assert published(DeepSettings(4, init="large")) == []


@pytest.mark.parametrize(
    "wrong",
    [
        *({"hidden": 0}, {"hidden": 7}, {"hidden": [1]}, {"activation": "step"}, {"activation": ["relu"]}),
        *({"init": "wide"}, {"data": "2000"}, {"seed": -1}, {"at": 501}, {"at": None}),
    ],
)
def test_other_networks_are_refused(wrong, bench):
    screen = Speeds(bench, lambda name, value: None)
    try:
        good = {"hidden": 1, "activation": "relu", "init": "he"}
        assert screen.ask("begin", good)["settings"]["init"] == "he"
        with pytest.raises((ValueError, TypeError), match=next(iter(wrong))):
            screen.ask("begin", good | wrong)
        assert screen.ask("state", {})["settings"]["hidden"] == 1
    finally:
        screen.close()
