"""A subclass of nn.Network, or an object, whose own methods the core ignores is told so, once."""

import copy
import warnings

import numpy as np
import pytest

import nncore as nn
from nncore.book import network, network3

X, y = np.random.default_rng(0).random((20, 2)), np.arange(20) % 2


def said(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [str(warning.message) for warning in caught], [warning.filename for warning in caught]


class Own(nn.Network):
    def backprop(self, *arguments, **options):
        raise AssertionError

    def feedforward(self, X):
        raise AssertionError


@pytest.mark.parametrize(
    ("name", "names", "call"),
    [
        ("SGD", "backprop, feedforward", lambda net: net.SGD((X, y), 1, 10, 0.5)),
        ("Steps", "backprop, feedforward", lambda net: nn.Steps(net, (X, y), 10, 0.5)),
        ("minimize", "backprop, feedforward", lambda net: net.minimize((X, y), maxiter=1)),
        ("find_eta", "backprop, feedforward", lambda net: nn.find_eta(net, (X, y), epochs=1)),
        ("predict", "feedforward", lambda net: net.predict(X)),
        ("cost", "feedforward", lambda net: net.cost((X, y))),
        ("accuracy", "feedforward", lambda net: net.accuracy((X, y))),
    ],
)
def test_what_ignores_an_own_method_says_so_once(name, names, call):
    net = Own([2, 3, 2], seed=0)
    texts, files = said(lambda: call(net))
    own = [text for text in texts if "ignores your own" in text]
    assert [
        text.startswith(f"{name} computes with the core, which ignores your own {names} of Own.")
        for text in own
    ]
    assert len(own) == 1
    assert "nncore.book.network.Network" in own[0]
    assert "nncore.reference.Network" in own[0]
    assert files[texts.index(own[0])] == __file__
    assert not [text for text in said(lambda: call(net))[0] if "ignores your own" in text]


def test_a_method_on_an_object_or_on_the_class_is_noticed_too(monkeypatch):
    net = nn.Network([2, 3, 2], seed=0)
    net.update_mini_batch = lambda mini_batch, eta: None
    assert "ignores your own update_mini_batch" in said(lambda: net.SGD((X, y), 1, 10, 0.5))[0][0]
    monkeypatch.setattr(nn.Network, "backprop", lambda self, *arguments: None)
    net = nn.Network([2, 3, 2], seed=0)
    assert "ignores your own backprop of Network" in said(lambda: net.SGD((X, y), 1, 10, 0.5))[0][0]


def test_a_layer_program_of_chapter_6_is_told_too():
    class Mine(network3.Network):
        def backprop(self, *arguments, **options):
            raise AssertionError

    net = Mine([network3.FullyConnectedLayer(2, 3), network3.SoftmaxLayer(3, 2)], 10)
    assert (
        "ignores your own backprop of Mine" in said(lambda: net.SGD((X, y), 1, 10, 0.5, (X, y), (X, y)))[0][0]
    )


def test_other_methods_of_a_subclass_are_nobodys_business():
    class Named(nn.Network):
        def evaluate(self, data):
            return self.accuracy(data)

        def SGD(self, *arguments, **options):
            return super().SGD(*arguments, **options)

    net = Named([2, 3, 2], seed=0)
    for call in (
        lambda: net.SGD((X, y), 1, 10, 0.5),
        lambda: net.evaluate((X, y)),
        lambda: copy.deepcopy(net).predict(X),
        lambda: network.Network([2, 3, 2]).predict(X),
        lambda: nn.Network([2, 3, 2]).SGD((X, y), 1, 10, 0.5),
    ):
        assert said(call)[0] == []


def test_where_the_warning_says_that_an_override_counts_it_does(capsys):
    calls = []
    pairs = [(x.reshape(2, 1), np.eye(2)[[label]].T) for x, label in zip(X, y, strict=True)]
    for base, data in ((nn.reference.Network, (X, y)), (network.Network, pairs)):

        def backprop(self, *arguments, base=base, **options):
            calls.append(base)
            return base.backprop(self, *arguments, **options)

        mine = type("Mine", (base,), {"backprop": backprop})([2, 3, 2])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mine.SGD(data, 1, 10, 0.5)
        assert calls[-1] is base
