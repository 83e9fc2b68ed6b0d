"""Chapter 4: networks built by hand, and how far they are from the function that they approximate."""

from __future__ import annotations

from collections.abc import Callable

from nncore.reproduction.experiments import universality_measurements
from nncore.reproduction.experiments.experiment import BookNumber, Experiment, Record, measured
from nncore.reproduction.experiments.training_spec import Measurement

SECTION = "a visual proof that networks can compute any function, "
MEAN = "mean deviation"


def _with_count(count: int) -> Callable[[Record], float]:
    """Return a function that gives the mean deviation for this number of bumps or towers."""

    def mean(record: Record) -> float:
        numbers = record["numbers"]
        return float(numbers["mean"][numbers["counts"].index(count)])

    return mean


EXPERIMENTS = (
    Experiment(
        "4.1",
        "a step from one neuron",
        SECTION + "one input",
        (Measurement("step", "step", universality_measurements.step, ()),),
        (BookNumber("step", MEAN, measured("mean"), form="number"),),
        "no number",
    ),
    Experiment(
        "4.2",
        "a bump from two neurons",
        SECTION + "one input",
        (Measurement("bump", "bump", universality_measurements.bump, ()),),
        (BookNumber("bump", MEAN, measured("mean"), form="number"),),
        "no number",
    ),
    Experiment(
        "4.3",
        "the book's function from N bumps",
        SECTION + "one input",
        (Measurement("bumps", "bumps", universality_measurements.bumps, ()),),
        tuple(
            BookNumber("bumps", f"{MEAN}, {count} bumps", _with_count(count), form="number")
            for count in (5, 20, 100)
        ),
        "no number",
        ("f(x) = 0.2 + 0.4 x^2 + 0.3 x sin(15 x) + 0.05 cos(50 x), which lies between 0 and 1",),
    ),
    Experiment(
        "4.4",
        "a function of two inputs from N x N towers",
        SECTION + "many inputs",
        (Measurement("towers", "towers", universality_measurements.towers, ()),),
        tuple(
            BookNumber("towers", f"{MEAN}, {count} x {count} towers", _with_count(count), form="number")
            for count in (5, 10, 20)
        ),
        "no number",
    ),
)
