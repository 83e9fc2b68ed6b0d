"""Chapter 2: a matrix for each mini-batch instead of a loop over its examples."""

from __future__ import annotations

from nncore.reproduction.experiments import measurements
from nncore.reproduction.experiments.experiment import BookNumber, Experiment, measured
from nncore.reproduction.experiments.training_spec import Measurement

EXPERIMENTS = (
    Experiment(
        "2.1",
        "a matrix for each mini-batch",
        "the matrix form of backpropagation, a problem",
        (Measurement("numpy", "loop against matrix", measurements.loop_against_matrix),),
        (BookNumber("numpy", "speed-up", measured("ratio"), 2.0, form="number"),),
        '"about a factor of two" faster',
        ("both are NumPy; nncore always works with matrices",),
    ),
)
