"""`mnist_form` brings a digit into the form of MNIST's: light on 0, in 20 x 20, centred in 28 x 28."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nncore.datasets.ink import Grey, Mask, ndimage
from nncore.datasets.picture_file import resized

SIDE = 28
BOX = 20  # pixels of the digit's longer side
THINNEST = 2.0  # pixels of a stroke; MNIST's are 2 to 4 wide


def mnist_form(ink: Grey, mask: Mask) -> NDArray[np.uint8]:
    """Return a digit as MNIST would have it.

    Parameters
    ----------
    ink : array of float32, (rows, cols)
        The ink of the digit and its surroundings.
    mask : array of bool, (rows, cols)
        The pixels that belong to the digit: at least one.

    Returns
    -------
    ndarray of uint8, (28, 28)
    """
    images = ndimage()
    rows, cols = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    longest = max(rows[-1] - rows[0], cols[-1] - cols[0]) + 1
    pen = stroke_width(mask) * BOX / longest  # as wide as it will be
    grow = 0
    if pen < THINNEST and longest > BOX:
        grow = math.ceil((THINNEST - pen) * longest / BOX / 2)
    margin = grow + 2
    mask = np.pad(mask[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1], margin)
    ink = np.pad(ink, margin)[rows[0] : rows[-1] + 1 + 2 * margin, cols[0] : cols[-1] + 1 + 2 * margin]
    level = float(np.percentile(ink[mask], 75))
    edge = images.binary_dilation(mask, iterations=1 if longest > BOX else 2)
    strokes = np.where(edge, np.minimum(ink / level, 1), 0).astype(np.float32)
    if grow:
        strokes = images.grey_dilation(strokes, footprint=_disc(grow))
    solid = strokes > 0.4
    rows, cols = (np.flatnonzero(solid.any(axis=axis)) for axis in (1, 0))
    strokes = strokes[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    scale = BOX / max(strokes.shape)
    height, width = (max(1, round(side * scale)) for side in strokes.shape)
    small = np.clip(resized(strokes, height, width), 0, 1)
    small /= max(float(small.max()), 1e-6)
    return centred(np.rint(255 * small).astype(np.uint8))


def stroke_width(mask: Mask) -> float:
    """Return the usual width of the strokes: four times the mean distance of their pixels to paper."""
    distances = ndimage().distance_transform_edt(np.pad(mask, 1))
    return max(1.0, 4 * float(distances[distances > 0].mean()) - 2)


def _disc(radius: int) -> Mask:
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    disc: Mask = x * x + y * y <= radius * radius + 0.5
    return disc


def centred(digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put a digit of at most 20 x 20 pixels into 28 x 28 so that its centre of mass is in the middle."""
    weights = digit.astype(float)
    total = weights.sum()
    place = []
    for axis, side in enumerate(digit.shape):
        centre = float((weights.sum(axis=1 - axis) * np.arange(side)).sum() / total)
        place.append(min(max(round((SIDE - 1) / 2 + 0.5 - centre), 0), SIDE - side))
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[place[0] : place[0] + digit.shape[0], place[1] : place[1] + digit.shape[1]] = digit
    return image


def is_in_mnist_form(pixels: NDArray[np.uint8]) -> bool:
    """Return whether an image is light on 0, in a box of 20 x 20, with its centre of mass in the middle."""
    if pixels.shape != (SIDE, SIDE) or not 0 < int((pixels > 0).sum()) < SIDE * SIDE // 2:
        return False
    weights = pixels.astype(float)
    for axis in (0, 1):
        sums = weights.sum(axis=1 - axis)
        where = np.flatnonzero(sums)
        if where[-1] - where[0] + 1 > BOX + 2 or where[0] < 1 or where[-1] > SIDE - 2:
            return False
        if abs(float((sums * np.arange(SIDE)).sum() / sums.sum()) - SIDE / 2) > 1.5:
            return False
    return True
