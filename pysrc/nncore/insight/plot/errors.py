"""Pictures of errors: the images that are predicted wrongly, and how many examples of each class are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore.insight.plot.data import check_dataset, images
from nncore.insight.plot.grids import drawn
from nncore.training.pictures import BLUE, axes_or_new

if TYPE_CHECKING:
    from nncore.datasets import Dataset
    from nncore.ensemble import Ensemble
    from nncore.network import Network


@drawn
def misclassified(
    net: Network | Ensemble, data: Dataset, *, most: int = 40, columns: int | None = None, figure: Any = None
) -> Any:
    """Draw the images that a network or an ensemble predicts wrongly.

    The caption of each image is its label and the prediction.

    Parameters
    ----------
    net : Network or Ensemble
        The network or the ensemble.
    data : Dataset
        The images and their labels.
    most : int, optional
        The largest number of images to draw. The first ones are drawn.
    columns, figure
        As for `filters`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError
        `data` is not a Dataset.
    """
    check_dataset(data)
    predicted = _classes(_answering(net), data)
    wrong = np.flatnonzero(predicted != data.labels)
    shown = wrong[: _validation.integer("most", most, 1)]
    captions = [f"{data.labels[i]} → {predicted[i]}" for i in shown]
    figure = images(data[shown], captions, columns=columns, figure=figure)
    counted = f"{len(wrong)} of {len(data)} wrong"
    figure.suptitle(
        counted if len(shown) == len(wrong) else f"{counted}, the first {len(shown)}", fontsize=10
    )
    return figure


@drawn
def confusion(net: Network | Ensemble, data: Any, ax: Any = None) -> Any:
    """Draw the confusion matrix: a row for each label, a column for each prediction, the number of examples.

    Only the errors are coloured, so that a few of them can be seen beside thousands of right predictions.

    Parameters
    ----------
    net : Network or Ensemble
        The network or the ensemble.
    data : Dataset, or pair of arrays with labels
        The examples and their labels.
    ax : matplotlib.axes.Axes, optional
        The axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        `data` has targets instead of labels.
    """
    net = _answering(net)
    reader: Any = getattr(net, "_reader", net)
    given = reader._examples("data", data)
    if given.labels is None:
        raise ValueError(f"data: labels (n,) needed, got targets of shape {given.y.shape}")
    labels, predicted = given.labels, _classes(net, given.X)
    classes = max(int(labels.max()), int(predicted.max())) + 1
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, predicted), 1)
    errors = np.where(np.eye(classes, dtype=bool), 0, counts)
    ax = axes_or_new(ax)
    ax.imshow(errors, cmap="Oranges", vmin=0, vmax=max(1, int(errors.max())))
    for i, j in np.ndindex(classes, classes):
        if counts[i, j]:
            dark = errors[i, j] > errors.max() * 0.6
            color = BLUE if i == j else "white" if dark else "black"
            ax.text(j, i, str(counts[i, j]), ha="center", va="center", fontsize=8, color=color)
    ax.set_xticks(range(classes))
    ax.set_yticks(range(classes))
    ax.set_xlabel("prediction")
    ax.set_ylabel("label")
    right = int(np.trace(counts))
    ax.set_title(f"{right} of {len(labels)} right ({right / len(labels):.2%})", fontsize=10)
    return ax


def _answering(net: Any) -> Any:
    """Return a network or an ensemble; refuse anything else."""
    _validation.check_network(getattr(net, "_reader", net), " or an nn.Ensemble")
    return net


def _classes(net: Any, X: Any) -> np.ndarray:
    """Return the class that a network or an ensemble answers for each example, if it answers classes."""
    predicted: np.ndarray = net.predict(X)
    if predicted.dtype.kind != "i" or predicted.ndim > 1:
        raise ValueError(
            "net: one that answers classes needed; this one was made for numbers or several labels"
        )
    return predicted
