"""One server for the tests of a file, with a small network that was never trained."""

import pytest
from support.play import Busy, serving

import nncore as nn
from nncore.play.screens import SCREENS
from nncore.play.workbench import Stock


@pytest.fixture(scope="module")
def stock():
    return Stock(nn.Network([784, 12, 10], seed=1), "small.npz")


@pytest.fixture(scope="module")
def server(stock):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SCREENS, "busy", Busy)
        with serving(stock) as server:
            yield server


@pytest.fixture
def bench(stock):
    return stock.workbench()
