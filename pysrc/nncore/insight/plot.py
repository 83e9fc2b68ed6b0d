"""These functions draw networks, their data and their training with matplotlib.

matplotlib is imported when the first picture is drawn: ``pip install matplotlib``.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore.training.augment import distorted, image_shape
from nncore.training.learning_curves import history
from nncore.training.pictures import BLUE, axes_or_new, new_figure, styled

if TYPE_CHECKING:
    from nncore.datasets import Dataset
    from nncore.ensemble import Ensemble
    from nncore.network import Network


def drawn(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function draw in the style of images, unless it is given axes or a figure."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def in_style(*arguments: Any, **named: Any) -> Any:
        given = signature.bind(*arguments, **named).arguments
        with styled(given.get("ax", given.get("figure")), framed=True):
            return function(*arguments, **named)

    return in_style


__all__ = ["augmented", "confusion", "feature_maps", "filters", "history", "images", "misclassified"]


@drawn
def augmented(
    data: Any, augment: Any, images: int = 6, variants: int = 9, *, seed: int = 0, ax: Any = None
) -> Any:
    """Draw the first images of a Dataset: each as it is, and then as ``SGD(augment=...)`` would distort it.

    Parameters
    ----------
    data : Dataset or array
        The images, (n, height, width), or (n, n_in) if they are squares.
    augment : distortion of `nn.augment`, or list of them
        The distortions.
    images : int, optional
        The number of images, one in each row of the picture.
    variants : int, optional
        The number of distorted columns. Column k shows the images as epoch k would see them.
    seed : int, optional
        The seed of the network that would train on them, with shuffle=False.
    ax : matplotlib.axes.Axes, optional
        The axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        There is no image, or the images have several channels.
    """
    images = _validation.integer("images", images, 1)
    variants = _validation.integer("variants", variants, 1, bits=16)
    array = data.images if hasattr(data, "images") else _validation.numeric("data", data)
    first = array = array[:images] if array.ndim else array
    if not array.size:
        raise ValueError("data: at least one image needed, got none")
    channels, height, width = image_shape("data", (array, None), (math.prod(array.shape[1:]),))
    if channels > 1:
        raise ValueError(f"data: images of one channel needed, got {channels} channels")
    columns = [distorted(first, augment, seed=seed, epoch=epoch) for epoch in range(variants)]
    columns.insert(0, distorted(first, []))
    blank = np.full((len(array), height + 1, (variants + 1) * (width + 1)), np.nan, np.float32)
    for k, column in enumerate(columns):
        left = k * (width + 1)
        blank[:, :height, left : left + width] = column.reshape(-1, height, width)
    ax = axes_or_new(ax)
    ax.imshow(blank.reshape(-1, blank.shape[2])[:-1, :-1], cmap="gray_r", interpolation="nearest")
    ax.set_xticks([k * (width + 1) + (width - 1) / 2 for k in range(variants + 1)])
    ax.set_xticklabels(["original", *(str(epoch) for epoch in range(variants))], fontsize="small")
    ax.set_xlabel("epoch", fontsize="small")
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(False)
    ax.tick_params(length=0)
    return ax


def _grid(count: int, columns: int | None, figure: Any, height: float = 0.95) -> tuple[Any, list[Any]]:
    """Make a grid of axes without ticks for small pictures, about twice as wide as high: (figure, axes)."""
    most = max(1, math.ceil(math.sqrt(2 * count)))
    columns = most if columns is None else _validation.integer("columns", columns, 1)
    columns = min(columns, max(count, 1))
    rows = max(1, math.ceil(count / columns))
    if figure is None:
        figure = new_figure(0.9 * columns + 0.6, height * rows + 0.5)
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for ax in axes:
        ax.set_xticks([])
        ax.set_yticks([])
    for ax in axes[count:]:
        ax.set_axis_off()
    return figure, axes[:count]


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
    """Draw the weights of a layer as pictures (chapter 6): positive weights are red, negative ones blue.

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
    """
    _validation.check_network(net)
    w = _filters(net, layer)
    most = float(np.abs(w).max()) or 1.0
    colors = {"cmap": "RdBu_r", "vmin": -most, "vmax": most, "interpolation": "nearest"}
    if w.shape[1] == 1:
        figure, axes = _grid(len(w), columns, figure, height=0.85)
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
    figure.colorbar(drawn, ax=axes, shrink=0.8, label="weight", aspect=30)
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
        The lightest colour is the largest activation of all maps, the darkest the smallest.

    Raises
    ------
    ValueError
        The layer has no feature maps, or x is not one example.
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
    figure, axes = _grid(len(maps) + 1, columns, figure)
    image = _validation.seen(_validation.rows("x", x, net._interface)[0]).reshape(net.input_shape)
    axes[0].imshow(image[0], cmap="Greys", interpolation="nearest")
    axes[0].set_title("input", fontsize=8)
    low, high = float(maps.min()), float(maps.max())
    for k, (ax, picture) in enumerate(zip(axes[1:], maps, strict=True)):
        drawn = ax.imshow(picture, cmap="viridis", vmin=low, vmax=high, interpolation="nearest")
        ax.set_title(str(k), fontsize=8)
    figure.colorbar(drawn, ax=axes, shrink=0.8, label="activation", aspect=30)
    return figure


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
    _check_dataset(data)
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
def images(
    data: Dataset, captions: Sequence[str] | None = None, *, columns: int | None = None, figure: Any = None
) -> Any:
    """Draw the images of a Dataset.

    Parameters
    ----------
    data : Dataset
        The images, (n, rows, cols), or (n, n_in) if they are squares.
    captions : sequence of str, optional
        The caption of each image; by default its label.
    columns, figure
        As for `filters`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ValueError
        The images are neither (n, rows, cols) nor squares.
    """
    _check_dataset(data)
    pixels = data.images
    if pixels.ndim == 2:
        side = math.isqrt(pixels.shape[1])
        if side * side != pixels.shape[1]:
            raise ValueError(f"data: images (n, rows, cols) needed, got shape {pixels.shape}")
        pixels = pixels.reshape(-1, side, side)
    texts = (
        list(data.labels) if captions is None else _validation.listed("captions", captions, "a list of texts")
    )
    if len(texts) != len(pixels):
        raise ValueError(f"captions: {len(pixels)} needed, one for each image; got {len(texts)}")
    figure, axes = _grid(len(pixels), columns, figure)
    for ax, image, caption in zip(axes, pixels, texts, strict=True):
        ax.imshow(image, cmap="Greys", interpolation="nearest", vmin=0, vmax=255)
        ax.set_title(str(caption), fontsize=9)
    return figure


def _check_dataset(data: Any) -> None:
    """Refuse data without images."""
    if not _validation.is_dataset(data):
        raise TypeError(f"data: a Dataset needed, got {type(data).__name__}: nn.Dataset(images, labels)")


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
