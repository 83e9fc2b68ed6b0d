"""A picture of the whole network: neurons as circles, weights as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nncore import _validation
from nncore.insight.plot.grids import drawn
from nncore.training.pictures import (
    CAPTION,
    FRAME,
    HINT,
    INK,
    OTHER,
    axes_or_new,
    color_key,
    paper_to_ink,
    signed,
)

if TYPE_CHECKING:
    from nncore.network import Network

GAP = 1.6  # between two neurons around the sign of those that are left out, in distances of neurons
WIDEST = 2.4  # points, of the line of the largest weight


class Column(NamedTuple):
    """A layer in the picture: the numbers of the units that are drawn, their heights, and what they are."""

    units: np.ndarray
    heights: np.ndarray
    n: int
    maps: bool


@drawn
def network(net: Network, x: Any = None, *, most: int = 16, ax: Any = None) -> Any:
    """Draw a network as a graph: each neuron is a circle, each weight a line between two circles.

    A weight w above 0 is blue, one below 0 orange. The largest ``abs(w)`` of a layer has the widest line in
    full colour. Of a feature map one square is drawn, for all its neurons; a grey line between two maps, or
    between a map and a neuron, is as wide as the norm of the weights that lie between them.

    Parameters
    ----------
    net : Network
        The network.
    x : array_like, optional
        One example, as for ``net.feedforward``. The circles are filled with its activations: the colour of
        the paper is 0, and ink is the largest of the layer (of all of them, at least 1).
    most : int, default 16
        How many neurons or maps of a layer are drawn. Of a larger layer they are those with the largest
        weights, and the picture says how many there are.
    ax : matplotlib.axes.Axes, optional
        The axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        `x` is not one example.

    Examples
    --------
    >>> import nncore as nn
    >>> ax = nn.plot.network(nn.Network([2, 3, 1], seed=0))
    >>> [text.get_text() for text in ax.texts]
    ['2 inputs', '3 sigmoid', '1 sigmoid']
    """
    _validation.check_network(net)
    most = _validation.integer("most", most, 2)
    activations = None if x is None else _activations(net, x)
    strengths = _strengths(net)
    columns = [_column(net, l, strengths, most) for l in range(net.num_layers)]
    tallest = max(float(np.ptp(column.heights)) for column in columns) + 1
    width = 1.9 * len(columns) + 1.2
    ax = axes_or_new(ax, width, min(max(0.27 * tallest + 1.1, 2.5), 7.0))
    apart = max(2.0, tallest * 0.42)  # between two layers, in distances of neurons
    key = None
    for l, strength in enumerate(strengths):
        if strength is not None:
            key = _lines(ax, columns[l], columns[l + 1], strength, apart * l, apart) or key
        else:
            _pooling(ax, columns[l], columns[l + 1], apart * l, apart)
    for l, column in enumerate(columns):
        values = None if activations is None else activations[l]
        _circles(ax, column, values, apart * l)
        _words(ax, net, l, column, apart * l, tallest)
    ax.set_xlim(-0.4 * apart, apart * (len(columns) - 0.6))
    ax.set_ylim(-tallest / 2 - 0.4, tallest / 2 + 1.6)
    ax.set_axis_off()
    if key is not None:
        color_key(ax.figure, key, ax, "weight / largest of its layer")
    return ax


def _activations(net: Network, x: Any) -> list[np.ndarray]:
    """Return the activations of each layer for one example, the input first, with one row for each unit."""
    inside = net.activations(x)
    if inside[-1].ndim != 1:
        raise ValueError(
            f"x: one example needed, got {len(inside[-1])}; nn.plot.network(net, X[0]) draws one"
        )
    first = _validation.seen(_validation.rows("x", x, net._interface)[0]).reshape(net.input_shape)
    return [
        np.asarray(values, np.float64).reshape(len(values), -1).mean(axis=1) for values in (first, *inside)
    ]


def _strengths(net: Network) -> list[np.ndarray | None]:
    """Return for each layer after the input how strongly it reads each unit, (units, units before).

    They are weights between neurons, and norms of weights where one of the two is a map. None: it has none.
    """
    strengths: list[np.ndarray | None] = []
    arrays = iter(net.weights)
    for layer, before in zip(net.layers, net.shapes, strict=False):
        if layer.weight_shape(before) is None:
            strengths.append(None)
            continue
        w = np.asarray(next(arrays), np.float64)
        if w.ndim == 4 or len(before) == 3:
            w = np.linalg.norm(w.reshape(len(w), before[0], -1), axis=2)
        strengths.append(w)
    return strengths


def _column(net: Network, l: int, strengths: list[np.ndarray | None], most: int) -> Column:
    """Choose which units of a layer are drawn, and at which heights."""
    shape = net.shapes[l]
    count = shape[0]
    if count <= most:
        units = np.arange(count)
    else:
        size = np.zeros(count)
        for strength, axis in ((strengths[l - 1] if l else None, 1), (_at(strengths, l), 0)):
            if strength is not None and strength.shape[1 - axis] == count:
                size += np.abs(strength).max(axis=axis) / (np.abs(strength).max() or 1.0)
        units = np.sort(np.argsort(-size, kind="stable")[: most - 1])
    heights = np.arange(len(units), dtype=float)
    if count > most:  # a gap in the middle, for the sign
        heights[len(units) // 2 :] += GAP - 1
    return Column(units, (heights[-1] / 2 - heights), count, len(shape) == 3)


def _at(values: list[np.ndarray | None], index: int) -> np.ndarray | None:
    """Return the value with this index, or None after the last."""
    return values[index] if index < len(values) else None


def _lines(ax: Any, left: Column, right: Column, strength: np.ndarray, x: float, apart: float) -> Any:
    """Draw the weights between two layers, large ones above small ones; return what the key explains."""
    from matplotlib.collections import LineCollection

    shown = strength[np.ix_(right.units, left.units)]
    largest = float(np.abs(strength).max()) or 1.0
    into, of = np.indices(shown.shape).reshape(2, -1)
    values = shown.ravel() / largest
    order = np.argsort(np.abs(values), kind="stable")
    into, of, values = into[order], of[order], values[order]
    ends = np.empty((len(values), 2, 2))
    ends[:, 0, 0], ends[:, 1, 0] = x, x + apart
    ends[:, 0, 1], ends[:, 1, 1] = left.heights[of], right.heights[into]
    is_signed = not (left.maps or right.maps)
    lines = LineCollection(list(ends), linewidths=0.2 + (WIDEST - 0.2) * np.abs(values), zorder=1)
    if is_signed:
        lines.set(array=values, cmap=signed(), clim=(-1, 1))
    else:
        lines.set(color=OTHER, alpha=0.08 + 0.72 * np.abs(values) ** 2)
    ax.add_collection(lines)
    return lines if is_signed else None


def _pooling(ax: Any, left: Column, right: Column, x: float, apart: float) -> None:
    """Draw a thin line from each map to the pooled one."""
    _, of, into = np.intersect1d(left.units, right.units, return_indices=True)
    for a, b in zip(of, into, strict=True):
        ax.plot([x, x + apart], [left.heights[a], right.heights[b]], color=FRAME, linewidth=1, zorder=1)


def _circles(ax: Any, column: Column, values: np.ndarray | None, x: float) -> None:
    """Draw the units of a layer, filled with their activations if there are some."""
    colors: Any = "white"
    if values is not None:
        shown = values[column.units]
        if values.min() < 0:
            colors = signed()(0.5 + shown / (2 * max(float(np.abs(values).max()), 1.0)))
        else:
            colors = paper_to_ink()(shown / max(float(values.max()), 1.0))
    ax.scatter(
        np.full(len(column.units), x),
        column.heights,
        s=70 if column.maps else 58,
        marker="s" if column.maps else "o",
        c=colors,
        edgecolors=INK,
        linewidths=0.9,
        zorder=2,
    )
    if len(column.units) < column.n:
        middle = column.heights[len(column.units) // 2 - 1 : len(column.units) // 2 + 1].mean()
        dots = middle + np.array([-0.22, 0.0, 0.22])
        ax.scatter([x] * 3, dots, s=3.5, color=HINT, linewidths=0, zorder=2)


def _words(ax: Any, net: Network, l: int, column: Column, x: float, tallest: float) -> None:
    """Write above a layer what it is, and how many of its units are drawn."""
    if l == 0:
        what = f"{column.n} inputs" if not column.maps else f"input {' × '.join(map(str, net.shapes[0]))}"
    elif column.maps:
        height, width = net.shapes[l][1:]
        layer = net.layers[l - 1]
        kind = "pooled" if layer.weight_shape(net.shapes[l - 1]) is None else layer.activation
        what = f"{column.n} maps {height} × {width}\n{kind}"
    else:
        what = f"{column.n} {net.layers[l - 1].activation}"
    if len(column.units) < column.n:
        what += f"\n{len(column.units)} are drawn"
    ax.text(
        x, tallest / 2 + 0.25, what, ha="center", va="bottom", fontsize=8, color=CAPTION, linespacing=1.35
    )
