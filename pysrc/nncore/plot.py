"""Pictures, by matplotlib, which is imported when the first is drawn (`pip install 'nncore[plot]'`)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

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


def augmented(
    data: Any, augment: Any, images: int = 6, variants: int = 9, *, seed: int = 0, ax: Any = None
) -> Any:
    """Draw the first images of a Dataset, each as it is and then as ``SGD(augment=...)`` would distort it.

    Parameters
    ----------
    data : Dataset or array, (n, height, width) or (n, n_in) of squares
    augment : distortion of `nn.augment`, or list of them
    images, variants : int
        Rows, and distorted columns, of the picture.
    seed : int
        Of the draws: column k is epoch k of a network with this seed that does not shuffle.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    from nncore.augment import distorted, image_shape

    first = data[:images]
    array = first.images if hasattr(first, "images") else np.asarray(first)
    if not array.size:
        raise ValueError("data: no image given")
    channels, height, width = image_shape("data", (array, None), (math.prod(array.shape[1:]),))
    if channels > 1:
        raise ValueError(f"data: images of one channel are drawn, got {channels}")
    columns = [distorted(first, augment, seed=seed, epoch=epoch) for epoch in range(variants)]
    columns.insert(0, distorted(first, []))
    blank = np.full((len(array), height + 1, (variants + 1) * (width + 1)), np.nan, np.float32)
    for k, column in enumerate(columns):
        left = k * (width + 1)
        blank[:, :height, left : left + width] = column.reshape(-1, height, width)
    ax = _axes(ax)
    ax.imshow(blank.reshape(-1, blank.shape[2])[:-1, :-1], cmap="gray_r", interpolation="nearest")
    ax.set_xticks([k * (width + 1) + (width - 1) / 2 for k in range(variants + 1)])
    ax.set_xticklabels(["as it is", *(str(epoch) for epoch in range(variants))], fontsize="small")
    ax.set_xlabel("epoch", fontsize="small")
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(False)
    ax.tick_params(length=0)
    return ax


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
