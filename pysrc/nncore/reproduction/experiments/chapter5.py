"""Chapter 5: deeper networks, and how fast their layers learn."""

from __future__ import annotations

import math
from collections.abc import Callable

from nncore.reproduction.experiments import measurements
from nncore.reproduction.experiments.experiment import BookNumber, Experiment, Record
from nncore.reproduction.experiments.factories import sigmoid_training, single_network
from nncore.reproduction.experiments.training_spec import Measurement

SECTION = "the vanishing gradient problem, "
ACCURACIES = {  # the book's, by the number of hidden layers
    1: ("one hidden layer", 0.9648),
    2: ("two hidden layers", 0.9690),
    3: ("three hidden layers", 0.9657),
    4: ("four hidden layers", 0.9653),
}
SPEEDS: dict[int, tuple[float, ...]] = {
    2: (0.07, 0.31),
    3: (0.012, 0.060, 0.283),
    4: (0.003, 0.017, 0.070, 0.285),
}


def _deep(hidden_layers: int) -> tuple[int, ...]:
    return (784, *[30] * hidden_layers, 10)


def _speed(layer: int) -> Callable[[Record], float]:
    """Return a function that gives the learning speed of a hidden layer at the start."""
    return lambda record: record["numbers"]["speeds"][layer]


def _last_to_first(record: Record) -> float:
    """Return how many times faster the last hidden layer learns, on average over the first 20 epochs."""
    rows = record["history"]["learning_speeds"][:20]
    return math.fsum(row[-2] / row[0] for row in rows) / len(rows)


EXPERIMENTS = (
    *(
        single_network(
            f"5.{n}",
            title,
            SECTION + "deeper networks",
            sigmoid_training("network", _deep(n), 0.1, 5.0, init="scaled"),
            accuracy,
        )
        for n, (title, accuracy) in ACCURACIES.items()
    ),
    Experiment(
        "5.5",
        "how fast each layer learns at the start",
        SECTION + "learning speeds",
        tuple(
            Measurement(
                f"{n}-hidden",
                "learning speeds",
                measurements.learning_speeds,
                ("data", "seed"),
                {"layers": list(_deep(n))},
            )
            for n in SPEEDS
        ),
        tuple(
            BookNumber(
                f"{n}-hidden",
                f"learning speed of hidden layer {layer + 1} of {n}",
                _speed(layer),
                book,
                "near",
                0.3 * book,
                form="number",
            )
            for n, row in SPEEDS.items()
            for layer, book in enumerate(row)
        ),
        ".07 .31; .012 .060 .283; .003 .017 .070 .285",
        ("the book's numbers are of one draw of the initial weights",),
        seeds=10,
    ),
    Experiment(
        "5.6",
        "how fast each layer learns through training",
        SECTION + "learning speeds",
        tuple(
            sigmoid_training(
                f"{n}-hidden",
                _deep(n),
                0.1,
                5.0,
                epochs=500,
                images=1000,
                mini_batch_size=1000,
                init="scaled",
                monitor=("training_cost", "learning_speeds"),
                monitor_examples=1000,
            )
            for n in SPEEDS
        ),
        (
            BookNumber(
                "4-hidden",
                "learning speed of the fourth hidden layer divided by that of the first, first 20 epochs",
                _last_to_first,
                100.0,
                "near",
                50.0,
                form="number",
            ),
        ),
        "with four hidden layers, the first learns about 100 times slower than the last",
        (
            '"about": a ratio between 50 and 150 counts as near',
            "after about 50 epochs the network with four hidden layers is on a plateau, where all of its "
            "layers learn at similar speeds near 0",
        ),
    ),
)
