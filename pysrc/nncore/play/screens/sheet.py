"""`example_sheet` makes a photo of a sheet of digits, as a reader might take one: 0 to 9, in three lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nncore.datasets.ink import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nncore.datasets import Dataset

LINES, CLASSES = 3, 10
ROWS, COLS = 440, 680  # pixels of the photo
SIDE = 60  # of the square into which a digit is drawn
SLANT = 0.6  # columns to the right for each row down: this hand leans to the left
SLOPE = 0.04  # of the lines
SEED = 1


def example_sheet(digits: Dataset) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the grey values of a photo (440, 680), and the 30 labels in reading order.

    The digits are real ones; all lean to the left, as in the hand of one writer. The lines climb, the light
    comes from one side, a shadow lies on the paper, and the sensor adds noise.

    Parameters
    ----------
    digits : Dataset
        28 x 28 images, with three or more of each class.
    """
    rng = np.random.default_rng(SEED)
    rows = np.stack([rng.permutation(np.flatnonzero(digits.labels == k))[:LINES] for k in range(CLASSES)], 1)
    ink = np.zeros((ROWS, COLS), np.float32)
    for line, row in enumerate(rows):
        for k, index in enumerate(row):
            middle = 24 + 63 * (k + 0.5) + rng.uniform(-4, 4)
            top = 70 + 115 * line - SLOPE * (middle - COLS / 2) + rng.uniform(-4, 4)
            left = int(middle - SIDE / 2)
            place = np.s_[int(top) : int(top) + SIDE, left : left + SIDE]
            ink[place] = np.maximum(ink[place], written(digits.images[index], rng.uniform(-0.08, 0.08)))
    y, x = np.mgrid[:ROWS, :COLS].astype(np.float32)
    light = 0.95 - 0.4 * x / COLS - 0.12 * y / ROWS
    distance = np.hypot(x - 560, y - 420) - 150  # of a hand's shadow
    light *= 1 - 0.3 / (1 + np.exp(np.clip(distance / 25, -30, 30)))
    photo = light * (1 - 0.75 * ndimage().gaussian_filter(ink, 0.8)) + rng.normal(0, 0.015, ink.shape)
    return np.rint(255 * np.clip(photo, 0, 1)).astype(np.uint8), digits.labels[rows.ravel()]


def written(image: NDArray[np.uint8], turn: float) -> NDArray[np.float32]:
    """Return a digit as ink from 0 to 1, enlarged, slanted and a little turned."""
    scale = image.shape[0] / SIDE
    slanted = scale * np.array([[1.0, turn], [-SLANT - turn, 1.0]])
    middle = np.array(image.shape) / 2
    offset = middle - slanted @ np.array([SIDE / 2, SIDE / 2])
    soft = ndimage().affine_transform(
        image.astype(np.float32) / 255, slanted, offset, (SIDE, SIDE), order=1, mode="constant"
    )
    strokes: NDArray[np.float32] = np.clip(2 * (soft - 0.25), 0, 1)
    return strokes
