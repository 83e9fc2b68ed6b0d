"""Each update rule is what a plain NumPy loop does; rules are checked when they are made."""

import copy
import math
import pickle

import numpy as np
import pytest
from support.networks import reference_of
from support.rules import PlainTraining
from support.small_runs import M, N, classes, network

import nncore as nn
from nncore.reference import network as reference
from nncore.training import rules

CASES = {  # SGD's arguments, and those of the plain loop
    "plain": ({}, {}),
    "L2": ({"lmbda": 0.7}, {}),
    "L1": ({"l1": 0.3}, {}),
    "elastic net": ({"lmbda": 0.7, "l1": 0.3}, {}),
    "momentum": ({"momentum": 0.9}, {"momentum": 0.9}),
    "momentum, L2": ({"momentum": 0.5, "lmbda": 0.7}, {"momentum": 0.5}),
    "momentum, elastic net": ({"momentum": 0.5, "lmbda": 0.7, "l1": 0.3}, {"momentum": 0.5}),
    "momentum by name": ({"rule": "momentum"}, {"momentum": 0.9}),
    "momentum as an object": ({"rule": nn.rules.Momentum(0.3), "l1": 0.3}, {"momentum": 0.3}),
    "mu < 0": ({"momentum": -0.5, "lmbda": 0.7}, {"momentum": -0.5}),
    "mu > 1": ({"momentum": 1.1}, {"momentum": 1.1}),
    "nesterov": ({"rule": "nesterov"}, {"kind": "nesterov", "momentum": 0.9}),
    "nesterov, elastic net": (
        {"rule": "nesterov", "momentum": 0.5, "lmbda": 0.7, "l1": 0.3},
        {"kind": "nesterov", "momentum": 0.5},
    ),
    "nesterov as an object": (
        {"rule": nn.rules.Nesterov(0.3), "lmbda": 0.7},
        {"kind": "nesterov", "momentum": 0.3},
    ),
    "adam": ({"rule": "adam"}, {"kind": "adam", "momentum": 0.9}),
    "adam, beta1, L2": (
        {"rule": nn.rules.Adam(beta1=0.8), "lmbda": 0.7},
        {"kind": "adam", "momentum": 0.8},
    ),
    "adam, beta2": ({"rule": nn.rules.Adam(beta2=0.8)}, {"kind": "adam", "momentum": 0.9, "beta2": 0.8}),
    "adam, epsilon": (
        {"rule": nn.rules.Adam(0.6, 0.9, epsilon=0.25)},
        {"kind": "adam", "momentum": 0.6, "beta2": 0.9, "epsilon": 0.25},
    ),
}


@pytest.mark.parametrize("cost", ["quadratic", "cross-entropy", "log-likelihood"])
@pytest.mark.parametrize(("options", "plain_rule"), CASES.values(), ids=CASES.keys())
def test_each_rule_is_the_plain_loop(options, plain_rule, cost):
    net, (X, y) = network(cost=cost), classes()
    # Adam enlarges the distance between two programs: one epoch.
    eta, epochs = (0.001, 1) if plain_rule.get("kind") == "adam" else (0.5, 3)
    penalties = {"lmbda_over_n": options.get("lmbda", 0.0) / N, "l1_over_n": options.get("l1", 0.0) / N}
    plain = PlainTraining(reference_of(net), **({"kind": "sgd", "eta": eta} | plain_rule | penalties))
    net.SGD((X, y), epochs, M, eta, **options)
    for epoch in range(epochs):
        plain.epoch(X, y, reference.shuffled(N, net.seed, epoch), M)
    plain.check(net)


def test_the_numbers_of_adam_make_a_difference():
    """So the tests above would see a number that does not reach the kernels."""
    nets = [network() for _ in range(4)]
    for net, rule in zip(nets, (nn.rules.Adam(), *(nn.rules.Adam(*n) for n in OTHERS)), strict=True):
        net.SGD(classes(), 1, M, 0.001, rule=rule)
    for net in nets[1:]:
        assert np.abs(net.parameters - nets[0].parameters).max() > 1e-6


OTHERS = [(0.8,), (0.9, 0.8), (0.9, 0.999, 0.25)]


def test_velocities_are_at_rest_when_sgd_is_called_again():
    data = classes()
    net, again = network(), network()
    net.SGD(data, 2, M, 0.5, momentum=0.9)
    again.SGD(data, 1, M, 0.5, momentum=0.9)
    plain = PlainTraining(reference_of(again), kind="sgd", eta=0.5, momentum=0.9)
    again.SGD(data, 1, M, 0.5, momentum=0.9)
    plain.epoch(*data, reference.shuffled(N, again.seed, 1), M)
    plain.check(again)
    assert not np.array_equal(net.parameters, again.parameters)


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        (("sgd",), nn.rules.GradientDescent()),
        (("sgd", 0.0), nn.rules.GradientDescent()),
        (("sgd", 0.5), nn.rules.Momentum(0.5)),
        ((nn.rules.GradientDescent(), 0.5), nn.rules.Momentum(0.5)),
        (("momentum",), nn.rules.Momentum(0.9)),
        (("momentum", 0.5), nn.rules.Momentum(0.5)),
        (("nesterov",), nn.rules.Nesterov(0.9)),
        (("nesterov", 0.5), nn.rules.Nesterov(0.5)),
        (("adam",), nn.rules.Adam(0.9, 0.999, 1e-8)),
        ((nn.rules.Adam(0.5),), nn.rules.Adam(0.5)),
    ],
)
def test_a_rule_is_a_name_an_object_or_momentum(arguments, rule):
    assert rules.chosen(*arguments) == rule


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("lion",), ValueError, "rule: one of sgd, momentum, nesterov, adam needed, got 'lion'"),
        ((3,), TypeError, r"rule: one of .*, or a rule of nn.rules, such as Adam\(\), needed; got 3"),
        ((nn.rules.Adam,), TypeError, r"got the class; write rule=nn.rules.Adam\(\)"),
        (("adam", 0.5), ValueError, "momentum: Adam has none, got 0.5; set its beta1"),
        ((nn.rules.Adam(), 0.5), ValueError, "momentum: Adam has none, got 0.5; set its beta1"),
        ((nn.rules.Momentum(0.9), 0.9), ValueError, r"momentum: the rule Momentum\(mu=0.9\) has its own"),
        ((nn.rules.Nesterov(0.9), 0.5), ValueError, r"momentum: the rule Nesterov\(mu=0.9\) has its own"),
        (("sgd", "0.5"), TypeError, "momentum: a number needed, got '0.5'"),
        (("sgd", math.nan), ValueError, "momentum: a number needed that is finite"),
    ],
)
def test_rules_that_contradict_each_other_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        rules.chosen(*arguments)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.rules.Momentum(math.inf), "mu: a number needed that is finite, got inf"),
        (lambda: nn.rules.Nesterov(math.nan), "mu: a number needed that is finite"),
        (lambda: nn.rules.Adam(beta1=1.0), "beta1: a number needed that is at least 0 and below 1, got 1.0"),
        (lambda: nn.rules.Adam(beta2=-0.1), "beta2: a number needed that is at least 0 and below 1"),
        (lambda: nn.rules.Adam(epsilon=0), r"epsilon: a number needed that is at least 1.2e-38, got 0"),
    ],
)
def test_numbers_that_make_no_rule_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


EVERY = [nn.rules.GradientDescent(), nn.rules.Momentum(0.5), nn.rules.Nesterov(2), nn.rules.Adam(0, 0.5, 1)]


@pytest.mark.parametrize("rule", EVERY, ids=repr)
def test_rules_are_values(rule):
    assert pickle.loads(pickle.dumps(rule)) == copy.deepcopy(rule) == rule
    assert rules.from_dict(rules.to_dict(rule)) == rule
    assert eval(repr(rule), vars(nn.rules)) == rule
    assert rules.chosen(rule.name).name == rule.name
    with pytest.raises(AttributeError):
        rule.name = "lion"


def test_the_smallest_epsilon_is_taken_by_float32():
    net = network(dtype="float32")
    net.SGD(classes(), 1, M, 0.001, rule=nn.rules.Adam(epsilon=1.2e-38))
    assert np.isfinite(net.parameters).all()
