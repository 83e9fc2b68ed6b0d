"""Chapter 4's numbers, compared with integrals worked out by hand and with the order of their decrease."""

import json

import numpy as np
import pytest

from nncore.reproduction.experiments import universality_measurements

LN2 = np.log(2)


def test_deviation_of_a_step():
    """The integral of sigmoid(-w |x - s|) is 2 ln(2) / w."""
    assert universality_measurements.step(0.4, 100)["mean"] == pytest.approx(2 * LN2 / 100, rel=0.01)
    assert universality_measurements.step()["max"] == pytest.approx(0.5, abs=0.03)


def test_deviation_of_a_bump_is_that_of_two_steps():
    assert universality_measurements.bump(height=-3, w=100)["mean"] == pytest.approx(
        3 * 4 * LN2 / 100, rel=0.01
    )


def test_deviations_halve_when_the_number_doubles():
    numbers = universality_measurements.bumps()
    for name in ("mean", "max", "summed"):
        assert (np.diff(numbers[name]) < 0).all(), name
        assert numbers[name][-2] / numbers[name][-1] == pytest.approx(2, rel=0.1), name
    assert numbers["summed"][0] < 0.5  # five bumps by rule; the book's reader gets to 0.40 by hand
    means = universality_measurements.towers()["mean"]
    assert means[-2] / means[-1] == pytest.approx(2, rel=0.1)


def test_numbers_survive_json():
    for numbers in (
        universality_measurements.step(),
        universality_measurements.bump(),
        universality_measurements.bumps([5]),
        universality_measurements.towers([3]),
    ):
        assert json.loads(json.dumps(numbers)) == numbers
