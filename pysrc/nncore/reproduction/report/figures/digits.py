"""Figures of images: misclassified digits, and the filters of a convolution."""

from __future__ import annotations

from typing import Any

from nncore.insight import plot
from nncore.reproduction.report.figures.drawing import WIDTH, blank_figure, with_frames
from nncore.reproduction.results import Results


@with_frames
def misclassified(results: Results) -> Any:
    """Draw test digits that the network of 1.1 classifies wrongly."""
    net = results.network("1.1", "network")
    figure = plot.misclassified(net, results.test, most=30, columns=10, figure=blank_figure(6.6, 3.4))
    figure.suptitle(
        f"Test digits that {net.sizes} classifies wrongly: {figure.get_suptitle()}", x=0.01, ha="left"
    )
    return figure


@with_frames
def filters(results: Results) -> Any:
    """Draw the filters of the convolution of 6.2."""
    net = results.network("6.2", "conv-20-fc-100")
    figure = plot.filters(net, columns=10, figure=blank_figure(WIDTH, 2.1))
    figure.suptitle("The 20 filters of the first convolution", x=0.01, ha="left")
    return figure


@with_frames
def errors_of_the_vote(results: Results) -> Any:
    """Draw the test digits that the vote of 6.11 gets wrong."""
    numbers = results.records("6.11", "vote")[0]["numbers"]
    wrong = results.test[numbers["where"]]
    captions = [f"{label} → {k}" for label, k in zip(wrong.labels, numbers["answers"], strict=True)]
    rows = max(1, -(-len(wrong) // 11))
    figure = plot.images(wrong, captions, columns=11, figure=blank_figure(WIDTH, 0.9 * rows + 0.4))
    title = (
        f"What the vote of {numbers['networks']} networks gets wrong: {len(wrong)} of {len(results.test):,}"
    )
    figure.suptitle(f"{title} test digits", x=0.01, ha="left")
    return figure
