"""The book's plots of results, drawn anew from our own runs, with the points that the book published.

    from nncore.reproduction.report import figures

    figure = figures.draw("3.14")                   # a matplotlib Figure, of the results that ship
    figure = figures.draw("3.14", "nncore-book")    # of the results of a folder
    figures.write("nncore-book", "docs/figures")    # all figures that have results there, as SVG

A line is the mean over the seeds of a part, with a band from the lowest to the highest of them; open circles
are the book's numbers; the legend says so. Figures of one neuron and of chapter 4, which do not depend on a
seed, are computed when they are drawn. Drawing needs matplotlib (`pip install matplotlib`), but no display.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from nncore.files.atomic import new_file
from nncore.reproduction.report.figures import chapter3, chapter4, chapter5, digits
from nncore.reproduction.report.figures.drawing import STYLE, import_matplotlib
from nncore.reproduction.results import Missing, Results

__all__ = ["FIGURES", "Drawing", "draw", "write"]


class Drawing(NamedTuple):
    """A figure of the book.

    Attributes
    ----------
    caption : str
        What the figure shows.
    function : callable
        Returns the matplotlib Figure, given `Results`; it raises `Missing` if they are not enough.
    """

    caption: str
    function: Callable[[Results], Any]


FIGURES: dict[str, Drawing] = {  # by the ids of the experiments whose results are drawn
    "1.1": Drawing("Test digits that the first network classifies wrongly", digits.misclassified),
    "3.1, 3.2, 3.3": Drawing(
        "A neuron that learns the output 0, with the quadratic cost and with the cross-entropy",
        chapter3.neurons,
    ),
    "3.6, 3.8": Drawing(
        "Overfitting on 1,000 training images, and regularisation against it", chapter3.overfitting
    ),
    "3.7, 3.9": Drawing(
        "Training and test accuracy on all training images, without and with L2", chapter3.all_images
    ),
    "3.12, 3.13": Drawing("Accuracy by the number of training images", chapter3.more_data),
    "3.14": Drawing(
        "Validation accuracy with 30 hidden neurons, for two ways to draw the initial weights",
        functools.partial(chapter3.initial_weights, id="3.14", hidden=30),
    ),
    "3.15": Drawing(
        "Validation accuracy with 100 hidden neurons, for two ways to draw the initial weights",
        functools.partial(chapter3.initial_weights, id="3.15", hidden=100),
    ),
    "3.18": Drawing("Training cost with three learning rates", chapter3.learning_rates),
    "4.1": Drawing("A step from one sigmoid neuron", chapter4.steps),
    "4.2": Drawing("A bump from two steps", chapter4.bump),
    "4.3": Drawing("Bumps that approximate a function, and their deviation from it", chapter4.bumps),
    "4.4": Drawing("Towers of two inputs", chapter4.towers),
    "5.5": Drawing("Learning speeds of the hidden layers before training", chapter5.speeds_at_the_start),
    "5.6": Drawing("Learning speeds of the hidden layers through training", chapter5.speeds_through_training),
    "6.2": Drawing("The filters of a convolution", digits.filters),
    "6.11": Drawing("Test digits that the ensemble gets wrong", digits.errors_of_the_vote),
}


def draw(id: str, results: Results | str | PathLike[str] | None = None) -> Any:
    """Draw one of the book's figures.

    Parameters
    ----------
    id : str
        The id of an experiment, such as "3.8", or one of `FIGURES`: the ids of all that it shows.
    results : Results or path, optional
        The results, or their folder; by default those that ship with nncore.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    Missing
        A result, a network or an image that the figure needs is missing; the message says which.

    Examples
    --------
    >>> draw("4.1").axes[0].get_xlabel()
    'input x'
    """
    found = [key for key in FIGURES if id == key or id in key.split(", ")]
    if not found:
        known = ", ".join(number for key in FIGURES for number in key.split(", "))
        raise ValueError(f"id: one of {known} needed, which have a figure; got {id!r}")
    results = results if isinstance(results, Results) else Results(results)
    with import_matplotlib().rc_context(STYLE):
        return FIGURES[found[0]].function(results)


def write(
    results: Results | str | PathLike[str] | None,
    folder: str | PathLike[str],
    ids: Iterable[str] | None = None,
) -> tuple[dict[str, Path], dict[str, str]]:
    """Draw the figures that have results, as SVG.

    Parameters
    ----------
    results : Results or path or None
        The results, or their folder; None stands for those that ship with nncore.
    folder : path
        The folder of the figures.
    ids : iterable of str, optional
        The figures, by their keys in `FIGURES`; by default all of them.

    Returns
    -------
    written : dict of str to Path
        By id, the files that were written.
    left_out : dict of str to str
        By id, the reason why a figure was not drawn.
    """
    results = results if isinstance(results, Results) else Results(results)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written, left_out = {}, {}
    for id in FIGURES if ids is None else ids:
        try:
            figure = draw(id, results)
        except Missing as reason:
            left_out[id] = str(reason)
            continue
        written[id] = folder / f"{id.replace(', ', '-')}.svg"
        with import_matplotlib().rc_context(STYLE), new_file(written[id]) as file:
            figure.savefig(file, format="svg", metadata={"Date": None})
    return written, left_out
