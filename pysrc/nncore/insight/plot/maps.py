"""Pictures of what a layer has learned and what it sees: its weights as images, and its feature maps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore.insight.plot.grids import drawn, grid
from nncore.training.pictures import color_key, new_figure, paper_to_ink, signed

if TYPE_CHECKING:
    from nncore.network import Network


def _filters(net: Network, layer: int) -> np.ndarray:
    """Return the weights of a layer as pictures (pictures, channels, height, width)."""
    w = _weights_of(net, layer)
    if w.ndim == 4:
        return w
    before = net.shapes[layer]
    side = math.isqrt(w.shape[1])
    if len(before) == 3:
        return w.reshape(-1, *before)
    if side * side != w.shape[1]:
        raise ValueError(f"layer: {w.shape[1]} inputs, of layer {layer}, do not form a square picture")
    return w.reshape(-1, 1, side, side)


def _weights_of(net: Network, layer: int) -> np.ndarray:
    """Return the weights of net.layers[layer]."""
    layer = _validation.integer("layer", layer, 0)
    if layer >= len(net.layers):
        raise ValueError(f"layer: a number from 0 to {len(net.layers) - 1} needed, got {layer}")
    shapes = [made.weight_shape(before) for made, before in zip(net.layers, net.shapes, strict=False)]
    if shapes[layer] is None:
        raise ValueError(f"layer: one with weights needed, got {layer}, which is {net.layers[layer]}")
    return np.asarray(net.weights[sum(shape is not None for shape in shapes[:layer])])


@drawn
def filters(net: Network, layer: int = 0, *, columns: int | None = None, figure: Any = None) -> Any:
    """Draw the weights of a layer as pictures (chapter 6): orange below 0, blue above.

    Each filter of a convolution gives a picture of its own size, or a row of pictures if it reads several
    feature maps. Each neuron of a fully connected layer gives a picture of the size of its input.

    Parameters
    ----------
    net : Network
        The network.
    layer : int, optional
        The index of the layer in ``net.layers``.
    columns : int, optional
        The number of pictures in a row; by default about twice the number of rows. It is not used for filters
        that read several feature maps.
    figure : matplotlib.figure.Figure, optional
        The figure to draw in; by default a new one.

    Returns
    -------
    matplotlib.figure.Figure
        A colour means the same weight in all pictures; the bar at the right says which.

    Raises
    ------
    ValueError
        The layer has no weights, or its inputs do not form a square picture.

    Examples
    --------
    >>> import nncore as nn
    >>> figure = nn.plot.filters(nn.Network([784, 6, 10], seed=0))
    """
    _validation.check_network(net)
    return weights_as_pictures(_filters(net, layer), columns, figure)


def weights_as_pictures(w: np.ndarray, columns: int | None = None, figure: Any = None) -> Any:
    """Draw weights (filters, feature maps that they read, height, width), as `filters` does."""
    most = float(np.abs(w).max()) or 1.0
    colors = {"cmap": signed(), "vmin": -most, "vmax": most, "interpolation": "nearest"}
    if w.shape[1] == 1:
        figure, axes = grid(len(w), columns, figure, height=0.85)
        for ax, picture in zip(axes, w[:, 0], strict=True):
            drawn = ax.imshow(picture, **colors)
    else:
        count, channels, height, width = w.shape
        if figure is None:
            size = (0.3 * channels + 1.6, 0.3 * count * height / width + 0.6)
            figure = new_figure(*size)
        ax = figure.subplots()
        drawn = ax.imshow(_mosaic(w), **colors)
        ax.set_xticks(np.arange(channels) * (width + 1) + (width - 1) / 2, range(channels), fontsize=7)
        ax.set_yticks(np.arange(count) * (height + 1) + (height - 1) / 2, range(count), fontsize=7)
        ax.tick_params(length=0)
        ax.set_xlabel("feature map that it reads")
        ax.set_ylabel("filter")
        ax.spines[:].set_visible(False)
        axes = [ax]
    color_key(figure, drawn, axes, "weight")
    return figure


def _mosaic(w: np.ndarray) -> np.ndarray:
    """Join pictures (rows, columns, height, width) into one, with an empty line between neighbours."""
    rows, columns, height, width = w.shape
    framed = np.full((rows, height + 1, columns, width + 1), np.nan)
    framed[:, :-1, :, :-1] = w.transpose(0, 2, 1, 3)
    return framed.reshape(rows * (height + 1), -1)[:-1, :-1]


@drawn
def feature_maps(
    net: Network, x: Any, layer: int = 0, *, columns: int | None = None, figure: Any = None
) -> Any:
    """Draw the feature maps of a layer for one example, and the example itself before them (chapter 6).

    Parameters
    ----------
    net : Network
        The network.
    x : array_like
        One example: (n_in,), a column, or an image.
    layer : int, optional
        The index in ``net.layers`` of a convolution or a pooling layer.
    columns, figure
        As for `filters`.

    Returns
    -------
    matplotlib.figure.Figure
        Activations from 0 on run from the colour of the paper to ink. If some are below 0, they are orange
        there and blue above. The key at the right gives the ends, which are the same for all maps.

    Raises
    ------
    ValueError
        The layer has no feature maps, or x is not one example.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> layers = [nn.Conv2D(4, 5), nn.MaxPool2D(2), nn.Softmax(10)]
    >>> net = nn.Network(layers, input_shape=(1, 28, 28), seed=0)
    >>> figure = nn.plot.feature_maps(net, test.images[0], layer=1)
    """
    _validation.check_network(net)
    layer = _validation.integer("layer", layer, 0)
    if layer >= len(net.layers) or len(net.shapes[layer + 1]) != 3:
        raise ValueError(
            f"layer: the index of a convolution or pooling layer needed, got {layer}; net.layers lists them"
        )
    maps = net.activations(x)[layer]
    if maps.ndim != 3:
        raise ValueError(
            f"x: one example needed, got {len(maps)}; nn.plot.feature_maps(net, X[0]) draws the first"
        )
    figure, axes = grid(len(maps) + 1, columns, figure)
    image = _validation.seen(_validation.rows("x", x, net._interface)[0]).reshape(net.input_shape)
    axes[0].imshow(image[0], cmap=paper_to_ink(), interpolation="nearest")
    axes[0].set_title("input", fontsize=8)
    low, high = float(maps.min()), float(maps.max())
    most = max(-low, high) or 1.0
    colors = signed() if low < 0 else paper_to_ink()
    for k, (ax, picture) in enumerate(zip(axes[1:], maps, strict=True)):
        drawn = ax.imshow(
            picture, cmap=colors, vmin=-most if low < 0 else 0, vmax=most, interpolation="nearest"
        )
        ax.set_title(str(k), fontsize=8)
    color_key(figure, drawn, axes, "activation")
    return figure
