"""These functions make what several chapters share: sigmoid networks, experiments of one network, replays."""

from __future__ import annotations

from typing import Any

from nncore.reproduction import replay
from nncore.reproduction.experiments import measurements
from nncore.reproduction.experiments.experiment import (
    BookNumber,
    Experiment,
    best,
    in_replay,
    share_of_numbers_met,
)
from nncore.reproduction.experiments.training_spec import Measurement, Training
from nncore.reproduction.published_curves import PUBLISHED

TOLERANCE = 0.003  # chapters 1 to 5: how far below the book's an accuracy may be
BEST = "{} accuracy, best epoch"
LAST = "{} accuracy, last epoch"
REPLAYED = '"replayed" is the author\'s own run, with his seed, initial weights and order of the images'
REPLAY_SECONDS = {"weight_initialization_100": 40, "multiple_eta": 40, "more_data": 45}


def sigmoid_training(
    name: str, layers: tuple[int, ...], eta: float, lmbda: float = 0.0, **settings: Any
) -> Training:
    """Return a training of a network of sigmoid neurons.

    Unless `settings` says otherwise, the cost is the cross-entropy, the initial weights are "large", and
    there are 30 epochs.
    """
    usual: dict[str, Any] = {"epochs": 30, "cost": "cross-entropy", "init": "large"}
    return Training(name, layers, eta=eta, lmbda=lmbda, **usual | settings)


def single_network(
    id: str,
    title: str,
    section: str,
    training: Training,
    book: float | None,
    published: str = "",
    notes: tuple[str, ...] = (),
    seeds: int = 3,
) -> Experiment:
    """Return an experiment of one network, whose accuracy at its best epoch the book gives."""
    what = BEST.format(training.evaluation)
    number = BookNumber(training.name, what, best("evaluation_accuracy"), book, tolerance=TOLERANCE)
    published = published or (f"{book * 100:.2f} %" if book else "no number")
    return Experiment(id, title, section, (training,), (number,), published, notes, seeds)


def replay_part(program: str) -> Measurement:
    """Return the measurement that replays one of the author's seeded programs."""
    return Measurement(
        "replay",
        "replay",
        measurements.replayed,
        ("data", "epochs"),
        {"program": program},
        seconds=REPLAY_SECONDS.get(program, 15),
    )


def replay_numbers(
    program: str,
    *numbers: tuple[str, str, int | None, float],
    criterion: str = "exact",
    tolerance: float = 0.0,
) -> tuple[BookNumber, ...]:
    """Return the numbers with which a replay is compared.

    Parameters
    ----------
    program : str
        One of `replay.PROGRAMS`. If its curves ship with nncore, the share of their numbers that the replay
        meets is one more number.
    numbers : tuple of (str, str, int or None, float)
        Network, list of its history, epoch (None: the best), and the book's number.
    """
    result = []
    if program in PUBLISHED:
        met = "replayed: share of published numbers met"
        result.append(BookNumber("replay", met, share_of_numbers_met, 1.0, "exact"))
    networks = replay.PROGRAMS[program]
    for network, column, epoch, book in numbers:
        what = column.replace("evaluation", networks[network].evaluation).replace("_", " ")
        when = "best" if epoch is None else "first" if epoch == 0 else "last"
        which = f", {network}" if len(networks) > 1 else ""
        result.append(
            BookNumber(
                "replay",
                f"replayed: {what}, {when} epoch{which}",
                in_replay(network, column, epoch),
                book,
                criterion,
                tolerance,
                form="number" if column.endswith("cost") else "percent",
            )
        )
    return tuple(result)
