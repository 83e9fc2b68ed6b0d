"""A picture of what a network answers to one example: its outputs as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _answers, _validation
from nncore.insight.plot.errors import answering
from nncore.insight.plot.grids import drawn
from nncore.training.pictures import (
    CAPTION,
    HINT,
    INK,
    NEGATIVE,
    OTHER,
    POSITIVE,
    RULE,
    new_figure,
    paper_to_ink,
)

if TYPE_CHECKING:
    from nncore.ensemble import Ensemble
    from nncore.network import Network

MOST = 40  # bars


@drawn
def outputs(net: Network | Ensemble, x: Any, *, figure: Any = None) -> Any:
    """Draw what a network answers to one example: a bar for each output, and the image that it saw.

    The bar of the answer is ink, the others are grey. Outputs that are numbers of both signs are blue above 0
    and orange below.

    Parameters
    ----------
    net : Network or Ensemble
        The network or the ensemble.
    x : array_like
        One example, as for ``net.feedforward``.
    figure : matplotlib.figure.Figure, optional
        The figure to draw in; by default a new one.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        `x` is not one example, or the network has more than 40 outputs.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> figure = nn.plot.outputs(net, test.images[0])
    >>> len(figure.axes)
    2
    """
    reader: Any = getattr(answering(net), "_reader", net)
    out = np.asarray(net.feedforward(x), np.float64)
    if out.ndim == 2 and out.shape[1] == 1:  # the book's column
        out = out[:, 0] if len(out) == reader.sizes[-1] else out
    if out.ndim != 1:
        raise ValueError(f"x: one example needed, got {len(out)}; nn.plot.outputs(net, X[0]) draws one")
    if len(out) > MOST:
        raise ValueError(f"net: one with at most {MOST} outputs needed, got {len(out)}")
    image = _image(reader, x)
    height = max(1.6, 0.24 * len(out) + 0.5)
    if figure is None:
        figure = new_figure(6.2 if image is not None else 4.0, height if image is None else max(height, 2.4))
    if image is None:
        ax = figure.subplots()
    else:
        seen, ax = figure.subplots(1, 2, width_ratios=[1, 1.5])
        seen.imshow(image, cmap=paper_to_ink(), vmin=0, vmax=max(1.0, float(image.max())))
        seen.set(xticks=[], yticks=[])
        seen.spines[:].set_color(RULE)
    _bars(ax, out, _answers.kind_of_answers(reader), _names(reader, len(out)))
    return figure


def _image(net: Any, x: Any) -> np.ndarray | None:
    """Return the example as an image of one channel, if it is one: pixels from 0 on."""
    pixels = np.asarray(_validation.seen(_validation.rows("x", x, net._interface)[0]), np.float64)
    shape = net.input_shape
    side = round(pixels.size**0.5)
    if len(shape) == 3:
        square = shape[1:] if shape[0] == 1 else None
    else:
        square = (side, side) if side * side == pixels.size and side >= 8 else None
    if square is None or pixels.min() < 0:
        return None
    return pixels.reshape(square)


def _names(net: Any, count: int) -> list[str]:
    """Return the names of the classes that the network was trained on, or their numbers."""
    record = net.training_record
    names = record[-1].data.class_names if record else None
    return list(names) if names and len(names) == count else [str(k) for k in range(count)]


def _sentence(out: np.ndarray, kind: str, names: list[str]) -> str:
    """Return the answer and the one that comes next in words."""
    if kind != _validation.CLASSES or len(out) == 1:
        return "outputs"
    first, second = np.argsort(-out, kind="stable")[:2]
    return f"It answers {names[first]}. Next is {names[second]}, {out[second]:.3f}."


def _bars(ax: Any, out: np.ndarray, kind: str, names: list[str]) -> None:
    """Draw a bar for each output, with its name at the left and its value at the right."""
    rows = np.arange(len(out))
    chosen = rows == out.argmax() if kind == _validation.CLASSES and len(out) > 1 else out > 0.5
    if kind == _validation.NUMBERS:
        chosen = np.ones(len(out), bool)
    colors = [INK if strong else OTHER for strong in chosen]
    if out.min() < 0:
        colors = [NEGATIVE if value < 0 else POSITIVE for value in out]
    low, high = min(0.0, float(out.min())), max(1.0, float(out.max()))
    ax.barh(rows, high - low, left=low, color="#f7f7f5", height=0.62)
    ax.barh(rows, out, color=colors, height=0.62)
    ax.set_yticks(rows, names, fontsize=9)
    for label, strong in zip(ax.get_yticklabels(), chosen, strict=True):
        label.set(color=INK if strong else HINT, fontweight="bold" if strong else "normal")
    for row, value, strong in zip(rows, out, chosen, strict=True):
        ax.annotate(
            f"{value:.3f}".replace("-", "\N{MINUS SIGN}"),
            (1, row),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=INK if strong else CAPTION,
            fontweight="bold" if strong else "normal",
        )
    ax.set(xlim=(low, high), ylim=(len(out) - 0.4, -0.6), xticks=[])
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.grid(False)
    ax.set_title(_sentence(out, kind, names), loc="left", color=INK)
