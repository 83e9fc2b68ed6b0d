"""What the screen Softmax asks of the core, without a browser."""

import numpy as np
import pytest

import nncore as nn
from nncore.datasets import load_sample
from nncore.play.screens.softmax import Softmax
from nncore.play.workbench import Workbench

DATA = load_sample()
X = DATA[2][78][0].reshape(-1)


def test_softmax_is_that_of_the_core_at_any_temperature():
    net = nn.Network([784, 12, 10], seed=1)
    screen = Softmax(Workbench(net, "", DATA), lambda name, value: None)
    z = nn.trace(net, X).z[-1].ravel()
    for temperature in (0.05, 1.0, 100.0):
        outputs = screen.ask_outputs(X, temperature)
        np.testing.assert_array_equal(outputs["softmax"], nn.functions.softmax(z / temperature))
        np.testing.assert_array_equal(outputs["sigmoid"], nn.functions.sigmoid(z))
        assert outputs["own"] == "sigmoid"
    for temperature in (0, 1000):
        with pytest.raises(ValueError, match="temperature: "):
            screen.ask_outputs(X, temperature)
