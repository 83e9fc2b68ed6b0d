"""Every experiment of the book, as data: what is trained, what is measured, and the number the book gives.

    from nncore.reproduction import experiments

    experiment = experiments.find("3.8")
    print(experiment.published)
    training = experiment.parts[0]
    print(training.code())  # the same as these lines:
    train, validation, test = nn.datasets.load_mnist()
    net = training.network(seed=0)
    net.SGD(training.training_data(train), evaluation_data=training.evaluation_data(validation, test),
            **training.sgd_arguments())

Each chapter is a file of its own. `nncore.reproduction.runs` runs experiments, and
`nncore.reproduction.report` compares their results with the book.
"""

from __future__ import annotations

from nncore.reproduction.experiments import chapter1, chapter2, chapter3, chapter4, chapter5, chapter6
from nncore.reproduction.experiments.experiment import Experiment

__all__ = ["EXPERIMENTS", "find", "of_chapter"]

CHAPTERS = (chapter1, chapter2, chapter3, chapter4, chapter5, chapter6)


def _chapter_and_number(experiment: Experiment) -> tuple[int, ...]:
    """Return (3, 10) for "3.10", which follows (3, 9)."""
    return tuple(map(int, experiment.id.split(".")))


EXPERIMENTS: dict[str, Experiment] = {  # by id, in the order of the book
    experiment.id: experiment
    for experiment in sorted(
        (experiment for chapter in CHAPTERS for experiment in chapter.EXPERIMENTS), key=_chapter_and_number
    )
}


def find(id: str) -> Experiment:
    """Return the experiment with this id.

    Raises
    ------
    ValueError
        No experiment has this id.

    Examples
    --------
    >>> find("6.2").title
    'one convolution and 100 neurons'
    """
    if id not in EXPERIMENTS:
        raise ValueError(f"id: one of {', '.join(EXPERIMENTS)} needed, got {id!r}")
    return EXPERIMENTS[id]


def of_chapter(chapter: int) -> list[Experiment]:
    """Return the experiments of a chapter, in the order of the book."""
    return [experiment for experiment in EXPERIMENTS.values() if experiment.chapter == chapter]
