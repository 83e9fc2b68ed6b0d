"""Chapter 3's one neuron, compared with its steps written out and with the book's numbers."""

import numpy as np
import pytest

from nncore.reproduction.experiments import one_neuron


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@pytest.mark.parametrize("cost", ["quadratic", "cross-entropy"])
def test_steps_follow_the_equations(cost):
    w, b, eta = 0.6, 0.9, 0.15
    curve = one_neuron.learn(w, b, cost, eta, epochs=20)
    for step in range(21):
        a = sigmoid(w + b)
        assert curve["output"][step] == pytest.approx(a, rel=1e-12)
        assert curve["cost"][step] == pytest.approx(a**2 / 2 if cost == "quadratic" else -np.log(1 - a))
        delta = a * a * (1 - a) if cost == "quadratic" else a  # BP1, for x = 1 and y = 0
        w, b = w - eta * delta, b - eta * delta


def test_outputs_are_the_book_numbers():
    for start, numbers in one_neuron.PUBLISHED.items():
        output = one_neuron.learn(*one_neuron.INITIAL[start], "quadratic")["output"]
        assert len(output) == one_neuron.EPOCHS + 1
        assert {epoch: round(output[epoch], 2) for epoch in numbers} == numbers


def test_saturated_neuron_is_flat_with_the_quadratic_cost_only():
    w, b = one_neuron.INITIAL["saturated"]
    quadratic = one_neuron.learn(w, b, "quadratic")["output"]
    assert quadratic[0] - quadratic[150] < 0.05
    assert quadratic[150] - quadratic[250] > 0.5
    assert one_neuron.learn(w, b, "cross-entropy")["output"][50] < 0.1


def test_unknown_cost_is_refused():
    with pytest.raises(ValueError, match="cost: one of quadratic, cross-entropy needed, got 'loglik'"):
        one_neuron.learn(1, 1, "loglik")
