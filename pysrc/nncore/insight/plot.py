"""Pictures, by matplotlib, which is imported when the first is drawn (`pip install 'nncore[plot]'`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation

if TYPE_CHECKING:
    from nncore.datasets import Dataset
    from nncore.ensemble import Ensemble
    from nncore.network import Network
    from nncore.training.history import History


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("plot: matplotlib is needed: pip install 'nncore[plot]'") from None
    return pyplot


def _axes(ax: Any) -> Any:
    """The axes to draw on: those given, or new ones."""
    return _pyplot().subplots()[1] if ax is None else ax


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
    from nncore.training.augment import distorted, image_shape

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


def _grid(count: int, columns: int | None, figure: Any, height: float = 0.95) -> tuple[Any, list[Any]]:
    """(figure, axes) of a grid of small pictures, about twice as wide as high; axes without ticks."""
    pyplot = _pyplot()
    columns = max(1, math.ceil(math.sqrt(2 * count))) if columns is None else columns
    columns = min(columns, max(count, 1))
    rows = max(1, math.ceil(count / columns))
    if figure is None:
        figure = pyplot.figure(figsize=(0.9 * columns + 0.6, height * rows + 0.5), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for ax in axes:
        ax.set_xticks([])
        ax.set_yticks([])
    for ax in axes[count:]:
        ax.set_axis_off()
    return figure, axes[:count]


def _filters(net: Network, layer: int) -> np.ndarray:
    """Weights of a layer as pictures (pictures, channels, height, width)."""
    w = _with_parameters(net, layer)
    if w.ndim == 4:
        return w
    before = net.shapes[layer]
    side = math.isqrt(w.shape[1])
    if len(before) == 3:
        return w.reshape(-1, *before)
    if side * side != w.shape[1]:
        raise ValueError(f"layer: the {w.shape[1]} inputs of layer {layer} make no square picture")
    return w.reshape(-1, 1, side, side)


def _with_parameters(net: Network, layer: int) -> np.ndarray:
    """The weights of net.layers[layer]."""
    layer = _validation.integer("layer", layer, 0)
    if layer >= len(net.layers):
        raise ValueError(f"layer: 0 to {len(net.layers) - 1} needed, got {layer}")
    shapes = [made.weight_shape(before) for made, before in zip(net.layers, net.shapes, strict=False)]
    if shapes[layer] is None:
        raise ValueError(f"layer: {net.layers[layer]} has no weights")
    return np.asarray(net.weights[sum(shape is not None for shape in shapes[:layer])])


def filters(net: Network, layer: int = 0, *, columns: int | None = None, figure: Any = None) -> Any:
    """Draw what a layer's weights look for (chapter 6): red where ink is wanted, blue where none is.

    A convolution's filter is a picture of its own size; where it reads several feature maps, a row of
    pictures, one for each. A neuron of a fully connected layer is the picture of what it reads.

    Parameters
    ----------
    net : Network
    layer : int
        Which of ``net.layers``.
    columns : int, optional
        How many pictures in a row, where each stands alone; by default about twice as many as rows.
    figure : matplotlib.figure.Figure, optional
        Where to draw; by default a new one.

    Returns
    -------
    matplotlib.figure.Figure
        One colour is one weight in all pictures; the bar says which.
    """
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
            figure = _pyplot().figure(figsize=size, layout="constrained")
        ax = figure.subplots()
        drawn = ax.imshow(_mosaic(w), **colors)
        ax.set_xticks(np.arange(channels) * (width + 1) + (width - 1) / 2, range(channels), fontsize=7)
        ax.set_yticks(np.arange(count) * (height + 1) + (height - 1) / 2, range(count), fontsize=7)
        ax.tick_params(length=0)
        ax.set_xlabel("feature map before")
        ax.set_ylabel("filter")
        ax.spines[:].set_visible(False)
        axes = [ax]
    figure.colorbar(drawn, ax=axes, shrink=0.8, label="weight", aspect=30)
    return figure


def _mosaic(w: np.ndarray) -> np.ndarray:
    """Pictures (rows, columns, height, width) as one, with an empty line between each two."""
    rows, columns, height, width = w.shape
    framed = np.full((rows, height + 1, columns, width + 1), np.nan)
    framed[:, :-1, :, :-1] = w.transpose(0, 2, 1, 3)
    return framed.reshape(rows * (height + 1), -1)[:-1, :-1]


def feature_maps(
    net: Network, x: Any, layer: int = 0, *, columns: int | None = None, figure: Any = None
) -> Any:
    """Draw the feature maps that one example gives rise to, with the example itself in front (chapter 6).

    Parameters
    ----------
    net : Network
    x : array_like
        One example: (n_in,), a column, or an image.
    layer : int
        Which of ``net.layers``: a convolution or pooling.
    columns, figure
        As for `filters`.

    Returns
    -------
    matplotlib.figure.Figure
        Light is an activation near the largest, dark near the smallest of all maps.
    """
    layer = _validation.integer("layer", layer, 0)
    if layer >= len(net.layers) or len(net.shapes[layer + 1]) != 3:
        raise ValueError(
            f"layer: a convolution or pooling of the network's {len(net.layers)} layers needed, got {layer}"
        )
    maps = net.activations(x)[layer]
    if maps.ndim != 3:
        raise ValueError(f"x: one example needed, got {len(maps)}; feature_maps(net, X[0]) shows the first")
    figure, axes = _grid(len(maps) + 1, columns, figure)
    image = np.asarray(x, np.float64).reshape(net.input_shape)
    axes[0].imshow(image[0], cmap="Greys", interpolation="nearest")
    axes[0].set_title("input", fontsize=8)
    low, high = float(maps.min()), float(maps.max())
    for k, (ax, picture) in enumerate(zip(axes[1:], maps, strict=True)):
        drawn = ax.imshow(picture, cmap="viridis", vmin=low, vmax=high, interpolation="nearest")
        ax.set_title(str(k), fontsize=8)
    figure.colorbar(drawn, ax=axes, shrink=0.8, label="activation", aspect=30)
    return figure


def misclassified(
    net: Network | Ensemble, data: Dataset, *, most: int = 40, columns: int | None = None, figure: Any = None
) -> Any:
    """Draw the images that a network, or an ensemble's vote, gets wrong.

    Over each stands what it is, and what it was taken for.

    Parameters
    ----------
    net : Network or Ensemble
    data : Dataset
    most : int
        How many to draw at most, the first of them.
    columns, figure
        As for `filters`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    if not hasattr(data, "images"):
        raise TypeError(f"data: a Dataset needed, got {type(data).__name__}: nn.Dataset(images, labels)")
    predicted = net.predict(data)
    wrong = np.flatnonzero(predicted != data.labels)
    shown = wrong[: _validation.integer("most", most, 1)]
    captions = [f"{data.labels[i]} → {predicted[i]}" for i in shown]
    figure = images(data[shown], captions, columns=columns, figure=figure)
    counted = f"{len(wrong)} of {len(data)} wrong"
    figure.suptitle(
        counted if len(shown) == len(wrong) else f"{counted}, the first {len(shown)}", fontsize=10
    )
    return figure


def images(
    data: Dataset, captions: Sequence[str] | None = None, *, columns: int | None = None, figure: Any = None
) -> Any:
    """Draw the images of a Dataset.

    Parameters
    ----------
    data : Dataset
        Of images (n, rows, cols), or of square ones (n, n_in).
    captions : sequence of str, optional
        What stands over each; by default its label.
    columns, figure
        As for `filters`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    pixels = data.images
    if pixels.ndim == 2:
        side = math.isqrt(pixels.shape[1])
        if side * side != pixels.shape[1]:
            raise ValueError(f"data: images (n, rows, cols) needed, got shape {pixels.shape}")
        pixels = pixels.reshape(-1, side, side)
    captions = [str(label) for label in data.labels] if captions is None else captions
    figure, axes = _grid(len(pixels), columns, figure)
    for ax, image, caption in zip(axes, pixels, captions, strict=True):
        ax.imshow(image, cmap="Greys", interpolation="nearest", vmin=0, vmax=255)
        ax.set_title(caption, fontsize=9)
    return figure


def confusion(net: Network | Ensemble, data: Any, ax: Any = None) -> Any:
    """Draw how often each class was taken for each: rows what it is, columns what it was taken for.

    Colours show the errors alone, so that a few of them are seen beside thousands of right answers.

    Parameters
    ----------
    net : Network or Ensemble
    data : Dataset, pair of arrays with labels
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    X, labels = (data, data.labels) if hasattr(data, "images") else tuple(data)
    labels, predicted = np.asarray(labels), net.predict(X)
    if labels.ndim != 1:
        raise ValueError(f"data: labels (n,) needed, got shape {labels.shape}")
    classes = max(int(labels.max()), int(predicted.max())) + 1
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (labels, predicted), 1)
    errors = np.where(np.eye(classes, dtype=bool), 0, counts)
    ax = _axes(ax)
    ax.imshow(errors, cmap="Oranges", vmin=0, vmax=max(1, int(errors.max())))
    for i, j in np.ndindex(classes, classes):
        if counts[i, j]:
            dark = errors[i, j] > errors.max() * 0.6
            color = "C0" if i == j else "white" if dark else "black"
            ax.text(j, i, str(counts[i, j]), ha="center", va="center", fontsize=8, color=color)
    ax.set_xticks(range(classes))
    ax.set_yticks(range(classes))
    ax.set_xlabel("taken for")
    ax.set_ylabel("is")
    right = int(np.trace(counts))
    ax.set_title(f"{right} of {len(labels)} right ({right / len(labels):.2%})", fontsize=10)
    return ax
