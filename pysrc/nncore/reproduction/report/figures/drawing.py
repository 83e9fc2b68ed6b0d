"""The figures share the style, panels, lines and book's points of this module."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nncore.reproduction import experiments
from nncore.reproduction.results import Missing, Results
from nncore.training.pictures import DASHES, FRAMED, INK
from nncore.training.pictures import STYLE as STYLE

WIDTH = 7.2  # inches
BAND = "from the lowest to the highest run"
MOST_POINTS = 80  # of a line, which is a few inches long


def import_matplotlib() -> Any:
    """Return matplotlib, or raise an error that says how to install it."""
    try:
        import matplotlib
    except ImportError:
        raise ImportError("figures: matplotlib is needed: pip install matplotlib") from None
    return matplotlib


def panels(
    title: str, rows: int = 1, columns: int = 1, width: float = WIDTH, height: float = 2.7, **options: Any
) -> tuple[Any, list[Any]]:
    """Return a figure with a grid of axes, and the list of axes; `height` is that of a row, in inches."""
    figure = blank_figure(width, height * rows + 0.3)
    figure.suptitle(title, x=0.01, ha="left")
    return figure, figure.subplots(rows, columns, squeeze=False, **options).ravel().tolist()


def blank_figure(width: float, height: float) -> Any:
    """Return an empty figure that pyplot does not know, and therefore does not keep."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def curves_of(
    results: Results, id: str, part: str, column: str
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return epochs, counted from 1, and a list of the history there, cut to the shortest run.

    The list is (seeds, epochs) or (seeds, epochs, layers). Of long runs that ship with nncore, some epochs
    are left out.
    """
    histories = [record["history"] for record in results.records(id, part)]
    lists = [history.get(column, []) for history in histories]
    count = min(len(values) for values in lists)
    if not count:
        raise Missing(f"{id}, {part}: {column.replace('_', ' ')} was not monitored")
    epochs = np.array(histories[0].get("epochs", range(1, count + 1))[:count])
    return epochs, np.array([values[:count] for values in lists], np.float64)


def book_numbers(id: str, part: str) -> list[float]:
    """Return the book's numbers for a part, in the order of its experiment."""
    return [
        number.book
        for number in experiments.find(id).numbers
        if number.part == part and number.book is not None
    ]


def line(ax: Any, x: ArrayLike, curves: NDArray[np.float64], color: str, label: str) -> None:
    """Draw the mean of curves (seeds, points) and a band from the lowest to the highest of them.

    If there are many points, only as many are drawn as can be seen.
    """
    x = np.asarray(x, np.float64)
    if len(x) > MOST_POINTS:
        along = np.log(x) if ax.get_xscale() == "log" else x
        shown = np.unique(
            np.interp(np.linspace(along[0], along[-1], MOST_POINTS), along, np.arange(len(x))).round()
        )
        x, curves = x[shown.astype(int)], curves[:, shown.astype(int)]
    ax.plot(x, curves.mean(axis=0), linestyle=DASHES.get(color, "-"), color=color, label=label)
    if len(curves) > 1:
        ax.fill_between(x, curves.min(axis=0), curves.max(axis=0), color=color, alpha=0.2, linewidth=0)
        if BAND not in [band.get_label() for band in ax.collections]:  # once, for the legend
            ax.fill_between([], [], [], color=INK, alpha=0.2, linewidth=0, label=BAND)


def line_by_epoch(
    ax: Any, results: Results, id: str, column: str, color: str, label: str, part: str = "network"
) -> None:
    """Draw a list of the history against the epochs, counted from 1."""
    line(ax, *curves_of(results, id, part, column), color, label)


def book_points(ax: Any, points: Mapping[Any, float], color: str, label: str = "") -> None:
    """Draw the book's numbers as open circles, above the lines."""
    ax.plot(
        list(points),
        list(points.values()),
        "o",
        markersize=5,
        markerfacecolor="white",
        markeredgecolor=color,
        markeredgewidth=1,
        label=label or None,
        zorder=3,
        clip_on=not points,  # an empty line that is not clipped would take up space in the layout
    )


def book_level(ax: Any, value: float, color: str, text: str, *, ha: str, va: str) -> None:
    """Draw a number of the book whose epoch is not known: a dotted line with a text at one end."""
    ax.axhline(value, color=color, linewidth=1, linestyle=":", zorder=1)
    ax.annotate(
        text,
        (1 if ha == "right" else 0.02, value),
        xycoords=("axes fraction", "data"),
        xytext=(0, 2 if va == "bottom" else -3),
        textcoords="offset points",
        ha=ha,
        va=va,
        fontsize=7.5,
        color=color,
    )


def percent_axis(ax: Any, label: str) -> None:
    """Label the vertical axis, and print its numbers in per cent."""
    from matplotlib.ticker import PercentFormatter

    ax.yaxis.set_major_formatter(PercentFormatter(1.0, 0, " %"))
    ax.set_ylabel(label)


def book_in_legend(ax: Any) -> None:
    """Add one entry for the open circles to the legend, in a colour that no line has."""
    book_points(ax, {}, INK, "the book")


def with_frames(function: Callable[[Results], Any]) -> Callable[[Results], Any]:
    """Make a function draw images with frames and centred captions."""

    @functools.wraps(function)
    def framed(results: Results) -> Any:
        with import_matplotlib().rc_context(FRAMED):
            return function(results)

    return framed
