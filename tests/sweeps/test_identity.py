"""What decides a result is described in full: no two arguments that do something else look alike."""

import functools
import json
from collections import deque

import numpy as np
import pytest
from support.processes import run_python

import nncore as nn
from nncore.sweeps.identity import described, digest, digest_of_data


def scaled(factor):
    return lambda epoch: factor * epoch


class Slots:
    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x


class Rule:
    def __init__(self, x):
        self.x = x

    def method(self, epoch):
        return self.x


DIFFERENT = [
    [1, 2], [1.0], ["1"], [True], [None], {"a": 1}, {"a": 2}, {"b": 1}, [[784, 10]], [[784, 30, 10]],
    nn.Dense(10), nn.Dense(11), nn.Softmax(10), nn.Dense(10, "relu"), nn.rules.Adam(),
    nn.rules.Adam(beta1=0.8),
    nn.schedules.Step(10, 0.5), nn.schedules.Step(10, 0.25), nn.augment.Shift(1), nn.augment.Shift(2),
    np.arange(3), np.arange(3.0), np.arange(3)[:, None], np.array([0, 1, 3]),
    scaled(1), scaled(2), lambda epoch: 1, lambda epoch: 2, lambda epoch: epoch + 1, lambda epoch: epoch - 1,
    lambda epoch: [epoch for _ in (1, 2)], lambda epoch: [epoch for _ in (1, 3)],
    functools.partial(max, 1), functools.partial(max, 2), functools.partial(min, 1),
    deque([1]), deque([2]), Slots(1), Slots(2), Rule(1), Rule(2), Rule(1).method, Rule(2).method,
    max, min, int,
]  # fmt: skip


def test_different_arguments_are_described_differently():
    texts = [json.dumps(described(value)) for value in DIFFERENT]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("value", DIFFERENT, ids=range(len(DIFFERENT)))
def test_the_same_argument_is_described_alike(value):
    assert described(value) == described(value)


def test_descriptions_hold_in_another_process():
    code = """
import json
import nncore as nn
from nncore.sweeps.identity import described
values = [nn.Dense(10), nn.rules.Adam(), nn.schedules.Halve(3), nn.stopping.NoImprovement(5),
    nn.augment.Elastic(), nn.Monitor("training_cost", every=10)]
print(json.dumps(described(values)))
"""
    assert run_python(code) == run_python(code)


def test_arguments_that_hold_themselves_end():
    value = [1]
    value.append(value)
    json.dumps(described(value))


FACTOR = 2.0


def with_factor(epoch):
    return FACTOR * epoch


def test_a_number_that_a_function_refers_to_is_part_of_it(monkeypatch):
    before = described(with_factor)
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    assert described(with_factor) != before


def test_a_digest_sees_every_number():
    rng = np.random.default_rng(0)
    X, y = rng.random((1000, 3)), rng.integers(0, 2, 1000)
    base = digest_of_data((X, y))
    assert base == digest_of_data((np.asfortranarray(X), y))
    for i in (0, 501, 999):
        changed = X.copy()
        changed[i, 1] = np.nextafter(changed[i, 1], 2)
        assert digest_of_data((changed, y)) != base
    assert digest(np.zeros((2, 3))) != digest(np.zeros((3, 2)))
    assert digest(np.zeros(0)) != digest(np.zeros((0, 3)))
    assert digest_of_data(None) is None
