"""Chapter 4's numbers: against integrals worked out by hand, and of the order that they must be."""

import json

import numpy as np
import pytest

from nncore.reproduction.experiments import universality_measurements as by_hand

LN2 = np.log(2)


def test_a_step_is_off_by_its_slope_alone():
    """The integral of sigmoid(-w |x - s|) is 2 ln(2) / w."""
    assert by_hand.step(0.4, 100)["mean"] == pytest.approx(2 * LN2 / 100, rel=0.01)
    assert by_hand.step()["max"] == pytest.approx(0.5, abs=0.03)


def test_a_bump_is_off_at_both_of_its_steps():
    assert by_hand.bump(height=-3, w=100)["mean"] == pytest.approx(3 * 4 * LN2 / 100, rel=0.01)


def test_deviations_fall_with_their_number():
    numbers = by_hand.bumps()
    for name in ("mean", "max", "summed"):
        assert (np.diff(numbers[name]) < 0).all(), name
        assert numbers[name][-2] / numbers[name][-1] == pytest.approx(2, rel=0.1), name
    assert numbers["summed"][0] < 0.5  # five bumps by rule; the book's reader gets to 0.40 by hand
    means = by_hand.towers()["mean"]
    assert means[-2] / means[-1] == pytest.approx(2, rel=0.1)


def test_json_holds_them():
    for numbers in (by_hand.step(), by_hand.bump(), by_hand.bumps([5]), by_hand.towers([3])):
        assert json.loads(json.dumps(numbers)) == numbers
