"""This module draws the learning curves of a run with matplotlib.

matplotlib is imported when the first picture is drawn: ``pip install matplotlib``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nncore.training.pictures import BLUE, GREEN, ORANGE, PURPLE, axes_or_new, styled

if TYPE_CHECKING:
    from nncore.training.history import History


COLORS = {  # a colour for each curve
    "evaluation_cost": BLUE,
    "training_cost": ORANGE,
    "evaluation_accuracy": GREEN,
    "training_accuracy": PURPLE,
}


def history(history: History, ax: Any = None) -> Any:
    """Draw the costs and the accuracies of a run against its epochs, as chapter 3 does.

    Each curve has a colour of its own. Costs are solid lines with their axis at the left, accuracies are
    dashed lines with theirs at the right. The epochs are counted from 1: the values at 1 were measured after
    the first epoch.

    Parameters
    ----------
    history : History
        The history that ``net.SGD`` returned.
    ax : matplotlib.axes.Axes, optional
        The axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the costs, or those of the accuracies if no cost was monitored.

    Raises
    ------
    ValueError
        The history holds no cost and no accuracy.
    """
    curves = {
        name: values for name, values in history.to_dict().items() if name.endswith(("cost", "accuracy"))
    }
    if not curves:
        raise ValueError(
            "history: nothing was monitored: call SGD with evaluation_data=..., or monitor='training_cost'"
        )
    with styled(ax):
        return _draw(curves, axes_or_new(ax))


def _draw(curves: dict[str, list[float]], ax: Any) -> Any:
    """Draw the curves on these axes, and return them."""
    from matplotlib.ticker import MaxNLocator

    ax.set_xlabel("epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    costs = [name for name in curves if name.endswith("cost")]
    accuracies = [name for name in curves if name.endswith("accuracy")]
    right = ax.twinx() if costs and accuracies else ax
    if right is not ax:
        right.grid(False)
        right.spines["right"].set_visible(True)
    for axes, names, label, line in ((ax, costs, "cost", "-"), (right, accuracies, "accuracy", "--")):
        for name in names:
            epochs = range(1, len(curves[name]) + 1)
            marker = "o" if len(curves[name]) == 1 else ""
            words, color = name.replace("_", " "), COLORS[name]
            axes.plot(epochs, curves[name], line, marker=marker, color=color, label=words)
        if names:
            axes.set_ylabel(label)
    lines = {line.get_label(): line for axes in (ax, right) for line in axes.lines}
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.15), "ncols": 2}  # where no line is
    ax.legend(lines.values(), lines.keys(), **below)
    return ax
