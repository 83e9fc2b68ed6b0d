"""Figures of images: misclassified digits, and the filters of a convolution."""

from __future__ import annotations

from typing import Any

from nncore.insight import plot
from nncore.reproduction.report.figures.drawing import WIDTH, blank_figure, with_frames
from nncore.reproduction.results import Results


@with_frames
def misclassified(results: Results) -> Any:
    """Draw test digits that the network of 1.1 classifies wrongly."""
    where, answers = results.errors("1.1", "network")
    figure = _errors(results, where[:30], answers[:30], blank_figure(6.6, 3.4), columns=10)
    counted = f"{len(where)} of {len(results.test)} wrong, the first {min(30, len(where))}"
    figure.suptitle(f"Test digits that [784, 30, 10] classifies wrongly: {counted}", x=0.01, ha="left")
    return figure


@with_frames
def filters(results: Results) -> Any:
    """Draw the filters of the convolution of 6.2."""
    w = results.filters("6.2", "conv-20-fc-100")
    figure = plot.maps.weights_as_pictures(w, columns=10, figure=blank_figure(WIDTH, 2.1))
    figure.suptitle("The 20 filters of the first convolution", x=0.01, ha="left")
    return figure


@with_frames
def errors_of_the_vote(results: Results) -> Any:
    """Draw the test digits that the vote of 6.11 gets wrong."""
    where, answers = results.errors("6.11", "vote")
    voters = results.records("6.11", "vote")[0]["numbers"]["networks"]
    rows = max(1, -(-len(where) // 11))
    figure = _errors(results, where, answers, blank_figure(WIDTH, 0.9 * rows + 0.4), columns=11)
    title = f"What the vote of {voters} networks gets wrong: {len(where)} of {len(results.test):,}"
    figure.suptitle(f"{title} test digits", x=0.01, ha="left")
    return figure


def _errors(results: Results, where: list[int], answers: list[int], figure: Any, columns: int) -> Any:
    """Draw test digits, each with its label and the answer."""
    wrong = results.test[where]
    captions = [f"{label} → {answer}" for label, answer in zip(wrong.labels, answers, strict=True)]
    return plot.images(wrong, captions, columns=columns, figure=figure)
