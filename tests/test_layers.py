"""Layers are descriptions, and costs go with the layers that they make sense for."""

import dataclasses

import numpy as np
import pytest

import nncore as nn
from nncore import layers
from nncore.reference import network as reference


def test_fields_equality_and_repr():
    layer = nn.Dense(30, activation="tanh")
    assert (layer.n, layer.activation) == (30, "tanh")
    assert nn.Dense(30) == nn.Dense(30, "sigmoid") == nn.Dense(n=30)
    assert nn.Dense(30) != nn.Dense(31)
    assert nn.Dense(30) != nn.Dense(30, "relu")
    assert nn.Softmax(10).activation == "softmax"
    assert nn.Softmax(10) != nn.Dense(10)
    assert len({nn.Dense(3), nn.Dense(3), nn.Softmax(3)}) == 2
    assert repr(nn.Dense(30)).startswith("Dense(n=30, activation='sigmoid'")
    assert repr(nn.Softmax(10)).startswith("Softmax(n=10")


def test_a_layer_cannot_be_changed():
    layer = nn.Dense(30)
    with pytest.raises(dataclasses.FrozenInstanceError):
        layer.n = 31
    assert layer.n == 30


def test_whole_numbers_of_any_kind_are_sizes():
    for n in (5, np.int64(5), np.uint8(5), np.array(5)):
        assert type(nn.Dense(n).n) is int
        assert nn.Dense(n) == nn.Dense(5)


@pytest.mark.parametrize("n", [0, -1, True, 2.0, 2.5, "3", None, [3], np.float64(3)])
def test_sizes_below_one_are_refused(n):
    for kind in (nn.Dense, nn.Softmax):
        with pytest.raises((ValueError, TypeError), match="n: "):
            kind(n)


@pytest.mark.parametrize("activation", ["sigmoids", "Sigmoid", "", None, 3, ["sigmoid"]])
def test_an_unknown_activation_is_refused(activation):
    with pytest.raises(
        (ValueError, TypeError), match="activation: one of sigmoid, tanh, relu, linear needed"
    ):
        nn.Dense(3, activation)


def test_softmax_is_a_layer_of_its_own():
    with pytest.raises(ValueError, match=r"softmax is a layer of its own: Softmax\(n\)"):
        nn.Dense(3, "softmax")
    with pytest.raises(ValueError, match="activation: one of softmax needed, got 'tanh'"):
        nn.Softmax(3, "tanh")


@pytest.mark.parametrize("activation", [*layers.ACTIVATIONS, "softmax"])
@pytest.mark.parametrize("cost", layers.COSTS)
def test_allowed_costs_match_reference(activation, cost):
    if cost in reference.PAIRS[activation]:
        layers.check_pair(cost, activation)
    else:
        with pytest.raises(ValueError, match=f"cost: .*{cost.split('-')[0]}.* use "):
            layers.check_pair(cost, activation)


@pytest.mark.parametrize("activation", reference.PAIRS)
def test_default_costs_match_reference(activation):
    assert layers.output_cost(activation) == reference.PAIRS[activation][0]


@pytest.mark.parametrize("cost", ["hinge", "", "Quadratic", 3, ["quadratic"], b"quadratic"])
def test_an_unknown_cost_is_refused(cost):
    with pytest.raises(
        ValueError, match="cost: one of quadratic, cross-entropy, log-likelihood needed, got "
    ):
        layers.check_pair(cost, "sigmoid")
