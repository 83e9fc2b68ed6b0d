"""A picture of how large the weights of each layer are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore.insight.plot.grids import drawn
from nncore.training.pictures import HINT, INK, OURS, in_words, new_figure

if TYPE_CHECKING:
    from nncore.network import Network

BINS = 61  # an odd number, so that 0 lies in the middle of one


@drawn
def weights(net: Network, start: Network | None = None, *, figure: Any = None) -> Any:
    """Draw a histogram of the weights of each layer, as chapter 3 speaks of large and small ones.

    The heights are square roots of the numbers of weights, so that the few large weights can be seen beside
    the many small ones. All layers have one axis.

    Parameters
    ----------
    net : Network
        The network.
    start : Network, optional
        The network as it was, such as ``net.copy()`` before the training: its histogram is a line of ink.
    figure : matplotlib.figure.Figure, optional
        The figure to draw in; by default a new one.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        `start` has other layers.

    Examples
    --------
    >>> import nncore as nn
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> figure = nn.plot.weights(net)
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['layer 2: 23,520 weights, standard deviation 0.0355', 'layer 3: 300 weights, standard deviation 0.183']
    """
    _validation.check_network(net)
    before = None if start is None else _of(start)
    arrays = _of(net)
    if before is not None and [w.size for w in before.values()] != [w.size for w in arrays.values()]:
        raise ValueError("start: a network with the same layers as net needed, such as net.copy()")
    everything = [*arrays.values(), *(before or {}).values()]
    most = max(float(np.abs(w).max()) for w in everything) or 1.0
    bins = np.linspace(-most, most, BINS + 1)
    if figure is None:
        figure = new_figure(6.4, 1.35 * len(arrays) + 0.7)
    axes = figure.subplots(len(arrays), 1, sharex=True, squeeze=False)[:, 0]
    for ax, (l, w) in zip(axes, arrays.items(), strict=True):
        ax.stairs(np.sqrt(np.histogram(w, bins)[0]), bins, fill=True, color=OURS, label="now")
        if before is not None:
            ax.stairs(np.sqrt(np.histogram(before[l], bins)[0]), bins, color=INK, label="at the start")
        spread = in_words(float(w.std()))
        ax.set_title(f"layer {l}: {w.size:,} weights, standard deviation {spread}", loc="left", fontsize=9)
        ax.axvline(0, color=HINT, linewidth=0.6)
        ax.set_yticks([])
        ax.spines[["left", "right", "top"]].set_visible(False)
    axes[-1].set_xlabel("weight")
    if before is not None:
        axes[0].legend(loc="upper right")
    return figure


def _of(net: Network) -> dict[int, np.ndarray]:
    """Return the weights of each layer that has some, in one row, by its number; the input is layer 1."""
    _validation.check_network(net)
    has = [l + 2 for l, layer in enumerate(net.layers) if layer.weight_shape(net.shapes[l]) is not None]
    return {l: np.asarray(w, np.float64).ravel() for l, w in zip(has, net.weights, strict=True)}
