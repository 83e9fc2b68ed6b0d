"""A picture of what a network answers everywhere in the plane: its decision boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore.insight.plot.errors import answering, classes_of, labels_of
from nncore.insight.plot.grids import drawn
from nncore.training.pictures import (
    FOURTH,
    INK,
    OTHER,
    OURS,
    PAPER,
    THIRD,
    axes_or_new,
    color_key,
    per_cent,
    signed,
)

if TYPE_CHECKING:
    from nncore.ensemble import Ensemble
    from nncore.network import Network

AROUND = 0.08  # of the data's width, is drawn around it
STRONGEST = 2.2  # of the signed colours: the background stays behind the points
MARKS = "osD^vP*X<>"
TINTS = (OURS, THIRD, FOURTH, "#ab1464", OTHER)


@drawn
def boundary(
    net: Network | Ensemble, data: Any, *, points: int = 200, most: int = 2000, ax: Any = None
) -> Any:
    """Draw what a network of two inputs answers everywhere, with its decision boundary and the data.

    With two classes the background is the output for class 1 less that for class 0 (of one output a, it is
    2a - 1): orange where the network answers 0, blue where it answers 1, and the boundary between. With more
    classes each has a tint and a mark. Examples that are answered rightly are filled marks of class 1 and
    open ones of class 0; a cross marks each that is answered wrongly.

    Parameters
    ----------
    net : Network or Ensemble
        A network of two inputs that answers classes.
    data : Dataset, or pair of arrays (X, y)
        The examples (n, 2) and their labels. The picture covers them.
    points : int, default 200
        The background has so many points along each axis.
    most : int, default 2000
        How many examples are drawn: the first ones.
    ax : matplotlib.axes.Axes, optional
        The axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        The network has not two inputs, or it answers numbers; or the data names no classes.

    Examples
    --------
    >>> import numpy as np
    >>> import nncore as nn
    >>> X = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    >>> y = (X[:, 0] * X[:, 1] > 0).astype(int)
    >>> net = nn.Network([nn.Dense(8, "tanh"), nn.Softmax(2)], input_shape=(2,), seed=0)
    >>> history = net.SGD((X, y), epochs=100, mini_batch_size=10, eta=0.3)
    >>> nn.plot.boundary(net, (X, y)).get_title()
    '197 of 200 right (98.50 %)'
    """
    reader: Any = getattr(answering(net), "_reader", net)
    if reader.input_shape != (2,):
        raise ValueError(f"net: one with 2 inputs needed, got one with {reader.sizes[0]}")
    points = _validation.integer("points", points, 2, bits=12)
    most = _validation.integer("most", most, 1)
    given = reader._examples("data", data)
    _validation.check_names("data", data, reader._usual)
    labels = labels_of(given)
    X = np.asarray(_validation.seen(given.X), np.float64)
    predicted = classes_of(net, given.X)
    low, high = X.min(axis=0), X.max(axis=0)
    margin = AROUND * np.where(high > low, high - low, 1.0)
    across, up = (np.linspace(low[k] - margin[k], high[k] + margin[k], points) for k in range(2))
    plane = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    out = np.asarray(net.feedforward(plane.astype(reader.dtype)), np.float64)
    ax = axes_or_new(ax, 5.4, 4.6)
    _background(ax, out.reshape(points, points, -1), across, up)
    shown = slice(None, most)
    _examples(ax, X[shown], labels[shown], predicted[shown], max(2, out.shape[1]))
    right = int(np.sum(labels == predicted))
    ax.set_title(f"{right} of {len(labels)} right ({per_cent(right / len(labels))})")
    ax.set_xlabel("x0")
    ax.set_ylabel("x1")
    ax.grid(False)
    return ax


def _background(ax: Any, out: np.ndarray, across: np.ndarray, up: np.ndarray) -> None:
    """Draw the outputs (rows, columns, n_out) behind the examples, and the line where the answer changes."""
    n_out = out.shape[2]
    place = {"extent": (across[0], across[-1], up[0], up[-1]), "origin": "lower", "aspect": "auto"}
    if n_out <= 2:
        towards_1 = 2 * out[..., 0] - 1 if n_out == 1 else out[..., 1] - out[..., 0]
        drawn = ax.imshow(
            towards_1, cmap=signed(), vmin=-STRONGEST, vmax=STRONGEST, interpolation="bilinear", **place
        )
        if towards_1.min() < 0 < towards_1.max():
            ax.contour(across, up, towards_1, levels=[0.0], colors=INK, linewidths=1.5)
        drawn.set_clim(-STRONGEST, STRONGEST)
        color_key(ax.figure, drawn, ax, "output for 1 less output for 0" if n_out == 2 else "2a − 1")
        bar = ax.figure.axes[-1]
        bar.set_ylim(-1, 1)
        bar.set_yticks([-1, 0, 1], labels=["−1", "0", "1"])
        return
    from matplotlib.colors import to_rgb

    answers = out.argmax(axis=2)
    tints = np.array([to_rgb(TINTS[k % len(TINTS)]) for k in range(n_out)])
    ax.imshow(1 - 0.22 * (1 - tints[answers]), interpolation="nearest", **place)
    for k in range(n_out - 1):
        others = np.delete(out, k, axis=2).max(axis=2)
        lead = out[..., k] - others
        if lead.min() < 0 < lead.max():
            ax.contour(across, up, lead, levels=[0.0], colors=INK, linewidths=1.0)


def _examples(ax: Any, X: np.ndarray, labels: np.ndarray, predicted: np.ndarray, classes: int) -> None:
    """Draw the examples with a mark for each class, and a cross for each error."""
    for k in np.unique(labels):
        of = (labels == k) & (predicted == k)
        filled = classes > 2 or k == 1
        face = TINTS[k % len(TINTS)] if classes > 2 else INK
        ax.scatter(
            *X[of].T,
            s=18,
            marker="o" if classes == 2 else MARKS[k % len(MARKS)],
            facecolors=face if filled else PAPER,
            edgecolors=PAPER if filled else INK,
            linewidths=0.5 if filled else 0.9,
            label=f"{k}",
        )
    wrong = labels != predicted
    if wrong.any():
        ax.scatter(*X[wrong].T, s=26, marker="x", color=INK, linewidths=1.3, label="wrong")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=6, handletextpad=0.2)
