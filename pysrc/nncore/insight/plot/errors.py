"""Pictures of errors: the images that are predicted wrongly, and how many examples of each class are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore.insight.plot.data import check_dataset, images
from nncore.insight.plot.grids import drawn
from nncore.training.monitoring import reason_without_accuracy
from nncore.training.pictures import CAPTION, FRAME, INK, PAPER, axes_or_new, paper_to_ink, per_cent

if TYPE_CHECKING:
    from nncore._validation import Examples
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

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 10], seed=0)
    >>> figure = nn.plot.misclassified(net, test[:50], most=6)
    >>> figure.get_suptitle()
    '45 of 50 wrong, the first 6'
    """
    check_dataset(data)
    predicted = classes_of(answering(net), data)
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

    Only the errors are grey, so that a few of them can be seen beside thousands of right predictions: the
    darkest cell has the most, and a cell with a quarter of its errors is half as dark.

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
        `data` has numbers or several labels instead of classes.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> axes = nn.plot.confusion(nn.Network([784, 10], seed=0), test)
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('prediction', 'label')
    """
    net = answering(net)
    reader: Any = getattr(net, "_reader", net)
    given = reader._examples("data", data)
    _validation.check_names("data", data, reader._usual)
    labels, predicted = labels_of(given), classes_of(net, given.X)
    counts = confusion_counts(labels, predicted)
    classes = len(counts)
    errors = np.where(np.eye(classes, dtype=bool), 0, counts)
    ax = axes_or_new(ax, 5.2, 5.2)
    from matplotlib.patches import Rectangle

    shades = np.sqrt(errors / max(1, int(errors.max())))
    ax.imshow(shades, cmap=paper_to_ink(), vmin=0, vmax=1.15)
    ax.set_xticks(np.arange(classes - 1) + 0.5, minor=True)
    ax.set_yticks(np.arange(classes - 1) + 0.5, minor=True)
    ax.grid(True, which="minor")
    ax.grid(False, which="major")
    for i, j in np.ndindex(classes, classes):
        if counts[i, j]:
            color = CAPTION if i == j else PAPER if shades[i, j] > 0.5 else INK
            ax.text(j, i, str(counts[i, j]), ha="center", va="center", fontsize=8, color=color)
    for k in range(classes):
        ax.add_patch(Rectangle((k - 0.46, k - 0.46), 0.92, 0.92, fill=False, edgecolor=FRAME))
    ax.set_xticks(range(classes))
    ax.set_yticks(range(classes))
    ax.tick_params(which="both", length=0)
    ax.set_xlabel("prediction")
    ax.set_ylabel("label")
    right = int(np.trace(counts))
    ax.set_title(f"{right} of {len(labels)} right ({per_cent(right / len(labels))})", fontsize=10)
    return ax


def confusion_counts(labels: np.ndarray, predicted: np.ndarray, classes: int = 0) -> np.ndarray:
    """Return how many examples of each class (row) are predicted as each class (column).

    >>> confusion_counts(np.array([0, 1, 1]), np.array([0, 0, 1])).tolist()
    [[1, 0], [1, 1]]
    """
    classes = max(classes, int(labels.max()) + 1, int(predicted.max()) + 1)
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def answering(net: Any) -> Any:
    """Return a network or an ensemble; refuse anything else."""
    _validation.check_network(getattr(net, "_reader", net), " or an nn.Ensemble")
    return net


def labels_of(given: Examples) -> np.ndarray:
    """Return the class of each of the examples; refuse targets that name no classes."""
    if reason := reason_without_accuracy(given):
        raise ValueError(f"data: labels (n,) needed: {reason}")
    return given.classes


def classes_of(net: Any, X: Any) -> np.ndarray:
    """Return the class that a network or an ensemble answers for each example, if it answers classes."""
    predicted: np.ndarray = net.predict(X)
    if predicted.dtype.kind != "i" or predicted.ndim > 1:
        raise ValueError(
            "net: one that answers classes needed; this one was made for numbers or several labels"
        )
    return predicted
