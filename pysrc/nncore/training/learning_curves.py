"""This module draws the learning curves of a run with matplotlib.

matplotlib is imported when the first picture is drawn: ``pip install matplotlib``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from nncore.training.pictures import CAPTION, FOURTH, OURS, new_figure, per_cent, styled

if TYPE_CHECKING:
    from nncore.training.history import History

COLORS = {"accuracy": OURS, "cost": FOURTH}
WIDTHS = {"evaluation": 2.2, "training": 1.0}  # of the line; it ends in a dot
APART = 0.075  # of the height of the axes, between the names at the ends of lines


def history(history: History, ax: Any = None) -> Any:
    """Draw the costs and the accuracies of a run against its epochs, as chapter 3 does.

    The accuracies stand above the costs, on the same epochs. The evaluation data has the wide line, the
    training data the narrow one; each line has its name and its last value at its end. The epochs are
    counted from 1: the values at 1 were measured after the first epoch.

    Parameters
    ----------
    history : History
        The history that ``net.SGD`` returned.
    ax : matplotlib.axes.Axes, optional
        The axes to draw on; by default those of a new figure. On given axes the costs have their axis at the
        left, and the accuracies, dashed, have theirs at the right.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the costs, or those of the accuracies if no cost was monitored.

    Raises
    ------
    ValueError
        The history holds no cost and no accuracy.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 10], seed=0)
    >>> history = net.SGD(train[:500], 3, 10, 0.5, evaluation_data=test)
    >>> axes = nn.plot.history(history)
    """
    if not hasattr(history, "to_dict"):
        raise TypeError(f"history: the History that SGD returns needed, got {type(history).__name__}")
    curves = {
        name: values for name, values in history.to_dict().items() if name.endswith(("cost", "accuracy"))
    }
    if not curves:
        raise ValueError(
            "history: nothing was monitored: call SGD with evaluation_data=..., or monitor='training_cost'"
        )
    with styled(ax):
        return _draw_on(ax, curves) if ax is not None else draw(new_figure(6.4, 4.4), curves)


def draw(figure: Any, curves: dict[str, list[float]]) -> Any:
    """Draw the curves in an empty figure, accuracies above costs, and return the axes of the costs."""
    kinds = [kind for kind in COLORS if any(name.endswith(kind) for name in curves)]
    axes = figure.subplots(len(kinds), 1, sharex=True, squeeze=False)[:, 0]
    for ax, kind in zip(axes, kinds, strict=True):
        lines = _lines(ax, kind, curves)
        _name_ends(ax, kind, lines)
        ax.set_title(kind)
        if kind == "accuracy":
            _per_cent(ax)
    axes[-1].set_xlabel("epoch")
    return axes[-1]


def _draw_on(ax: Any, curves: dict[str, list[float]]) -> Any:
    """Draw the curves on given axes, costs at the left and accuracies at the right, with a legend."""
    costs, accuracies = (any(name.endswith(kind) for name in curves) for kind in ("cost", "accuracy"))
    right = ax.twinx() if costs and accuracies else ax
    if right is not ax:
        right.grid(False)
        right.spines["right"].set_visible(True)
    drawn: dict[str, Any] = {}
    for axes, kind, dashes in ((ax, "cost", "-"), (right, "accuracy", "--")):
        lines = _lines(axes, kind, curves, dashes)
        drawn |= {f"{name} {kind}": line for name, line in lines.items()}
        if lines:
            axes.set_ylabel(kind)
            if kind == "accuracy":
                _per_cent(axes)
    ax.set_xlabel("epoch")
    ax.legend(drawn.values(), drawn.keys(), loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2)
    return ax


def _lines(ax: Any, kind: str, curves: dict[str, list[float]], dashes: str = "-") -> dict[str, Any]:
    """Draw the costs or the accuracies, and return the lines by the names of the data."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    lines = {}
    for name, width in WIDTHS.items():
        if values := curves.get(f"{name}_{kind}"):
            (lines[name],) = ax.plot(
                range(1, len(values) + 1),
                values,
                dashes,
                color=COLORS[kind],
                linewidth=width,
                marker="o",
                markersize=2 + 1.6 * width,
                markevery=[len(values) - 1],
                label=f"{name} {kind}",
            )
            ax.set_xlim(1 - 0.02 * len(values), len(values) * 1.02)
    return lines


def _name_ends(ax: Any, kind: str, lines: dict[str, Any]) -> None:
    """Write the name and the last value of each line at its end; names that would meet are moved apart."""
    low, high = ax.get_ylim()
    ends = {}
    for name, line in lines.items():
        last = float(line.get_ydata()[-1])
        shown = per_cent(last) if kind == "accuracy" else f"{last:.4f}"
        ends[f"{name}  {shown}"] = ((last - low) / (high - low), WIDTHS[name] > 1)
    before = -math.inf
    for text, (at, strong) in sorted(ends.items(), key=lambda end: end[1][0]):
        before = max(at, before + APART * len(ax.figure.axes)) if math.isfinite(at) else before
        if math.isfinite(before):
            weight, color = ("bold", COLORS[kind]) if strong else ("normal", CAPTION)
            ax.annotate(
                text,
                (1, before),
                xycoords="axes fraction",
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                fontweight=weight,
                color=color,
                annotation_clip=False,
            )


def _per_cent(ax: Any) -> None:
    """Print the numbers of the vertical axis in per cent."""
    from matplotlib.ticker import PercentFormatter

    ax.yaxis.set_major_formatter(PercentFormatter(1.0, None, " %"))
