"""These functions find the ink in a photo: what a pen left, whatever the paper and the light.

Ink is a number for each pixel: 0 for paper, and larger the more the pixel differs from the paper.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.datasets.picture_file import resized

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

COARSE = 200  # pixels of the longest side at which the background is computed
WIDEST_STROKE = 0.18  # of the longest side: what is wider counts as background
STEEP = 0.2  # a change of the paper, on the way from black to white, within five pixels: an edge of the page
LEAST_CONTRAST = 0.06  # between ink and paper, of the range from black to white
LEAST_AREA = 0.0005  # of the picture, that a digit's strokes take
LEAST_OVER_NOISE = 5.0  # standard deviations of the paper


class Ink(NamedTuple):
    """The ink of a picture, and the steps to it."""

    background: Grey
    ink: Grey
    mask: Mask  # the pixels that the threshold takes for ink
    threshold: float
    is_dark: bool  # dark ink on light paper


def ndimage() -> Any:
    """Return SciPy's ndimage, or say how to install it."""
    try:
        from scipy import ndimage as module
    except ImportError as error:
        raise ImportError("reading photos needs SciPy: pip install scipy") from error
    return module


def find_ink(grey: Grey) -> Ink | None:
    """Return the ink in a picture, or None if nothing in it stands out from its background."""
    images = ndimage()
    smooth = images.gaussian_filter(grey, 0.7) if max(grey.shape) > 100 else grey
    is_dark = ink_is_dark(smooth)
    upright = smooth if is_dark else 1 - smooth
    background, edges = background_of(upright)
    ink = np.where(edges, 0, np.maximum(background - upright, 0)).astype(np.float32)
    if is_dark:  # where the light is weak, the difference is small, too
        ink /= np.maximum(background, 0.1)
    mask, threshold = above_threshold(ink)
    shown = background if is_dark else 1 - background
    return None if mask is None else Ink(shown, ink, mask, threshold, is_dark)


def ink_is_dark(grey: Grey) -> bool:
    """Return whether what stands out from its surroundings is darker than they are.

    Sums of cubes decide: of the differences to the median of the surroundings, the large ones count. Where
    that median changes much, there is an edge of the page, which says nothing.
    """
    images = ndimage()
    coarse = _coarse(grey, 60)
    window = max(5, round(0.3 * max(coarse.shape)) | 1)
    around = images.median_filter(coarse, size=window, mode="nearest")
    change = images.maximum_filter(around, 7) - images.minimum_filter(around, 7)
    cubes = (coarse - around).astype(float) ** 3
    inside = cubes[change < 0.3 * float(np.ptp(coarse))]
    if np.abs(inside).sum() < 0.05 * np.abs(cubes).sum():
        inside = cubes
    return float(inside.sum()) <= 0


def background_of(grey: Grey) -> tuple[Grey, Mask]:
    """Return the paper under dark ink, and where the edges of the page are.

    A maximum filter removes the strokes; a minimum filter and a Gaussian restore light and shade.
    """
    images = ndimage()
    coarse = _coarse(grey, COARSE)
    window = max(5, round(WIDEST_STROKE * max(coarse.shape)) | 1)
    if coarse.shape != grey.shape:
        coarse = images.gaussian_filter(coarse, 0.7)  # else the largest noise would count
    paper = images.maximum_filter(coarse, size=window, mode="nearest")
    paper = images.minimum_filter(paper, size=window, mode="nearest")
    steps = images.maximum_filter(paper, 5) - images.minimum_filter(paper, 5) > STEEP
    edges = images.binary_dilation(steps, np.ones((3, 3)), iterations=window // 8) if steps.any() else steps
    paper = images.gaussian_filter(paper, window / 6, mode="nearest")
    return resized(paper, *grey.shape), resized(edges.astype(np.float32), *grey.shape) > 0.5


def _coarse(grey: Grey, longest: int) -> Grey:
    scale = longest / max(grey.shape)
    if scale >= 1:
        return grey
    rows, cols = (max(1, round(side * scale)) for side in grey.shape)
    return resized(grey, rows, cols)


def above_threshold(ink: Grey) -> tuple[Mask | None, float]:
    """Return the pixels of ink and the threshold: Otsu's, of the pixels that stand out from the noise."""
    centre = float(np.median(ink))
    noise = 1.4826 * float(np.median(np.abs(ink - centre)))
    floor = max(centre + LEAST_OVER_NOISE * noise, LEAST_CONTRAST)
    rank = max(4, round(LEAST_AREA * ink.size))
    if (ink > floor).sum() < rank:
        return None, floor
    level = float(np.partition(ink.ravel(), -rank)[-rank])  # of the darkest strokes; rulings are lighter
    out = ink[ink > max(floor, 0.25 * level)]
    threshold = max(floor, min(max(otsu(out), 0.4 * level), 0.6 * level))
    mask = ink > threshold
    if not mask.any():
        return None, threshold
    # Where a thin stroke is paler, it is followed for a few pixels.
    pale = ink > max(floor, 0.5 * threshold)
    return ndimage().binary_dilation(mask, np.ones((3, 3)), iterations=3, mask=pale), threshold


def otsu(values: Grey) -> float:
    """Return the threshold that parts values into the two classes whose means differ most (Otsu, 1979)."""
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-4:  # too near to each other to be told apart
        return low
    counts, edges = np.histogram(values.astype(np.float64), 128, (low, high))
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1].astype(float)
    above = counts.sum() - below
    sums = np.cumsum(counts * middles)
    means = sums[:-1] / np.maximum(below, 1), (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    return float(edges[1:-1][(below * above * (means[0] - means[1]) ** 2).argmax()])


def without_rulings(mask: Mask) -> Mask:
    """Take the lines of ruled and squared paper out of a mask, and close the strokes that they crossed.

    A ruling is thin, and runs straight through half of the picture or more, up to its edge or nearly so.
    """
    without = mask
    for across in (False, True):
        turned = without.T if across else without
        turned = _without_rows(turned)
        without = turned.T if across else turned
    return without


def _without_rows(mask: Mask) -> Mask:
    """Take lines that run from left to right out of a mask."""
    images = ndimage()
    rows, cols = mask.shape
    if min(rows, cols) < 60:
        return mask
    run = max(15, cols // 14)
    gap = max(3, run // 2)
    # A ruling that is not quite level leaves its row, so runs are looked for in rows that are 3 high.
    thick = images.binary_dilation(mask, np.ones((3, 1)))
    bridged = images.binary_closing(np.pad(thick, ((0, 0), (gap, gap))), np.ones((1, gap)))[:, gap:-gap]
    runs = images.binary_opening(bridged, np.ones((1, run))) & mask
    labels, _ = images.label(images.binary_dilation(runs, np.ones((3, 2 * gap + 1))))
    lines = np.zeros_like(mask)
    for i, place in enumerate(images.find_objects(labels), 1):
        part = (labels[place] == i) & runs[place]
        left, right = place[1].start, place[1].stop
        columns = part.any(axis=0)
        thickness = float(np.median(part.sum(axis=0)[columns])) if columns.any() else 0.0
        length = right - left
        reaches = left <= 0.06 * cols or right >= 0.94 * cols
        if length > 0.5 * cols and reaches and thickness < max(5, length / 40):
            lines[place] |= part
    if not lines.any():
        return mask
    thickness = round(float(np.median(lines.sum(axis=0)[lines.any(axis=0)])))
    around = images.binary_dilation(lines, np.ones((3, 1)))
    rest = mask & ~around
    reach = max(thickness, 1) + 3
    pad = np.pad(rest, reach)
    crossed = images.binary_closing(pad, np.ones((2 * reach + 1, 1)))[reach:-reach, reach:-reach]
    diagonal = images.binary_closing(pad, np.eye(2 * reach + 1))[reach:-reach, reach:-reach]
    other = images.binary_closing(pad, np.eye(2 * reach + 1)[::-1])[reach:-reach, reach:-reach]
    result: Mask = rest | ((crossed | diagonal | other) & around & mask)
    return result
