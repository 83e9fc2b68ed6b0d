"""Pictures of data: the images of a Dataset, and how training would distort them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nncore import _validation
from nncore.insight.plot.grids import drawn, grid
from nncore.training.augment import distorted, image_shape
from nncore.training.pictures import axes_or_new, paper_to_ink

if TYPE_CHECKING:
    from nncore.datasets import Dataset


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

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> axes = nn.plot.augmented(train, nn.augment.Rotate(15), images=2, variants=3)
    >>> [tick.get_text() for tick in axes.get_xticklabels()]
    ['original', '0', '1', '2']
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
    ax.imshow(blank.reshape(-1, blank.shape[2])[:-1, :-1], cmap=paper_to_ink(), interpolation="nearest")
    ax.set_xticks([k * (width + 1) + (width - 1) / 2 for k in range(variants + 1)])
    ax.set_xticklabels(["original", *(str(epoch) for epoch in range(variants))], fontsize="small")
    ax.set_xlabel("epoch", fontsize="small")
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(False)
    ax.tick_params(length=0)
    return ax


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

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> len(nn.plot.images(test[:10]).axes)
    10
    """
    check_dataset(data)
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
    figure, axes = grid(len(pixels), columns, figure)
    for ax, image, caption in zip(axes, pixels, texts, strict=True):
        ax.imshow(image, cmap=paper_to_ink(), interpolation="nearest", vmin=0, vmax=255)
        ax.set_title(str(caption), fontsize=9)
    return figure


def check_dataset(data: Any) -> None:
    """Refuse data without images."""
    if not _validation.is_dataset(data):
        raise TypeError(f"data: a Dataset needed, got {type(data).__name__}: nn.Dataset(images, labels)")
