"""`published` finds what the book and its author published for a training, to stand beside ours."""

from __future__ import annotations

import functools
from typing import NamedTuple

from nncore.play.live_run import CLASSES, Settings
from nncore.reproduction import experiments
from nncore.reproduction.experiments.training_spec import Training
from nncore.reproduction.published_curves import PUBLISHED, TRANSCRIPTS

IMAGES = 10_000  # of the test and validation sets: accuracies are published as counts
PIXELS = 784
REPLAYED = "weight_initialization_30"
REPLAYED_SETTINGS = Settings(eta=0.1, lmbda=5.0, cost="cross-entropy")


class Published(NamedTuple):
    """What was published for a training of 30 hidden neurons or 100, on MNIST.

    Attributes
    ----------
    best : float or None
        The best accuracy of all epochs.
    epochs : int
        How many there were.
    points : list of (epoch, accuracy)
        Epochs are counted from 1: what was measured after so many.
    whole : bool
        Whether the points are all epochs, from the author's own file, or those that the book prints.
    where : str
        Where that stands.
    """

    best: float | None
    epochs: int
    points: list[tuple[int, float]]
    whole: bool
    where: str


@functools.lru_cache(64)
def published(settings: Settings) -> Published | None:
    """Return what was published for these settings, or None. Start and seed may differ."""
    start = settings.init if settings.init in PUBLISHED[REPLAYED] else "scaled"
    if _like(settings, REPLAYED_SETTINGS):
        counts = PUBLISHED[REPLAYED][start].numbers["evaluation_accuracy"]
        points = [(epoch + 1, count / IMAGES) for epoch, count in counts.items()]
        return Published(
            max(accuracy for _, accuracy in points),
            len(points),
            points,
            True,
            f"his file, {start} start, validation images",
        )
    for experiment in experiments.EXPERIMENTS.values():
        training = experiment.parts[0]
        if not isinstance(training, Training) or not _trained_so(training, settings):
            continue
        points = [(epoch, count / IMAGES) for epoch, count in TRANSCRIPTS.get(experiment.id, {}).items()]
        best = next(
            (number.book for number in experiment.numbers if number.what.endswith("best epoch")), None
        )
        if best is None and not points:
            continue
        where = f"chapter {experiment.chapter}, {training.evaluation} images"
        return Published(best, training.epochs, points, False, where)
    return None


def _like(settings: Settings, other: Settings) -> bool:
    """Return whether two trainings differ in nothing but their start."""
    return settings == other._replace(init=settings.init, seed=settings.seed)


def _trained_so(training: Training, settings: Settings) -> bool:
    sizes = (PIXELS, *([settings.hidden] if settings.hidden else []), CLASSES)
    of_training = (training.layers, training.eta, training.lmbda, training.mini_batch_size, training.cost)
    of_settings = (sizes, settings.eta, settings.lmbda, settings.mini_batch_size, settings.cost)
    whole = training.images is None and not training.expanded
    return whole and settings.momentum == 0 and of_training == of_settings
