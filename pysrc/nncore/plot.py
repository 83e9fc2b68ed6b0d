"""Pictures, by matplotlib, which is imported when the first is drawn (`pip install 'nncore[plot]'`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nncore.history import History


def _axes(ax: Any) -> Any:
    """The axes to draw on: those given, or new ones."""
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("plot: matplotlib is needed: pip install 'nncore[plot]'") from None
    return pyplot.subplots()[1]


def history(history: History, ax: Any = None) -> Any:
    """Draw the costs (solid, left) and the accuracies (dashed, right) of a run against its epochs, as
    chapter 3 does.

    Parameters
    ----------
    history : History
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        With the costs; where there are none, with the accuracies.

    Raises
    ------
    ValueError
        Nothing was monitored.
    """
    drawn = {
        name: values for name, values in history.to_dict().items() if name.endswith(("cost", "accuracy"))
    }
    if not drawn:
        raise ValueError("history: nothing was monitored: call SGD with evaluation_data, or monitor=...")
    ax = _axes(ax)
    ax.set_xlabel("epoch")
    costs = [name for name in drawn if name.endswith("cost")]
    accuracies = [name for name in drawn if name.endswith("accuracy")]
    beside = ax.twinx() if costs and accuracies else ax
    for axes, names, label, line in ((ax, costs, "cost", "-"), (beside, accuracies, "accuracy", "--")):
        for name in names:
            color = "C0" if name.startswith("evaluation") else "C1"
            axes.plot(drawn[name], line, color=color, label=name.replace("_", " "))
        if names:
            axes.set_ylabel(label)
    lines = {line.get_label(): line for axes in (ax, beside) for line in axes.lines}
    ax.legend(lines.values(), lines.keys())
    return ax
