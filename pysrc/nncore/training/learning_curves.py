"""This module draws the learning curves of a run with matplotlib.

matplotlib is imported when the first picture is drawn: ``pip install matplotlib``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nncore.training.history import History


def import_pyplot() -> Any:
    """Import matplotlib's pyplot, or say how to install it."""
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("nn.plot needs matplotlib: pip install matplotlib") from None
    return pyplot


def axes_or_new(ax: Any) -> Any:
    """Return the axes that were given, or those of a new figure."""
    return import_pyplot().subplots()[1] if ax is None else ax


def history(history: History, ax: Any = None) -> Any:
    """Draw the costs and the accuracies of a run against its epochs, as chapter 3 does.

    Costs are solid lines with their axis at the left, accuracies are dashed lines with theirs at the right.

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
    ax = axes_or_new(ax)
    ax.set_xlabel("epoch")
    costs = [name for name in curves if name.endswith("cost")]
    accuracies = [name for name in curves if name.endswith("accuracy")]
    right = ax.twinx() if costs and accuracies else ax
    for axes, names, label, line in ((ax, costs, "cost", "-"), (right, accuracies, "accuracy", "--")):
        for name in names:
            color = "C0" if name.startswith("evaluation") else "C1"
            axes.plot(curves[name], line, color=color, label=name.replace("_", " "))
        if names:
            axes.set_ylabel(label)
    lines = {line.get_label(): line for axes in (ax, right) for line in axes.lines}
    ax.legend(lines.values(), lines.keys())
    return ax
