"""`find_digits` joins the connected parts of a mask of ink to digits, and sorts them in reading order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nncore.datasets.ink import Mask, ndimage

SPECK = 0.25  # of the largest digit's longer side: what is smaller is dust
SMALLEST = 0.015  # of the picture: what is smaller is noise, even if there is nothing else
SMALL_PART = 0.6  # of the height of a digit: what is lower may be a part of one
NEAR = 0.3  # of the height of a digit: the largest gap between its parts
MOST_PARTS = 2000  # a picture of more is not a sheet of digits


@dataclass
class Part:
    """A connected piece of ink, or several that belong to one digit."""

    labels: list[int]
    top: int
    bottom: int
    left: int
    right: int
    area: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def longest(self) -> int:
        return max(self.height, self.width)

    def joined(self, other: Part) -> Part:
        """Return this part and another as one."""
        return Part(
            self.labels + other.labels,
            min(self.top, other.top),
            max(self.bottom, other.bottom),
            min(self.left, other.left),
            max(self.right, other.right),
            self.area + other.area,
        )


class TooManyPartsError(ValueError):
    """The ink is in thousands of pieces."""


def find_digits(mask: Mask) -> tuple[list[Part], NDArray[np.int32]]:
    """Return the digits of a mask from left to right, line by line, and the labels of its connected parts."""
    images = ndimage()
    labels, count = images.label(mask, np.ones((3, 3)))
    areas = np.bincount(labels.ravel(), minlength=count + 1)
    parts = [
        Part([i], rows.start, rows.stop, cols.start, cols.stop, int(areas[i]))
        for i, (rows, cols) in enumerate(images.find_objects(labels), 1)
        if areas[i] >= 4 or count < 10
    ]
    parts = without_edges(parts, mask.shape)
    if len(parts) > MOST_PARTS:
        raise TooManyPartsError(f"{len(parts)} pieces")
    largest = max((part.longest for part in parts), default=0)
    parts = [part for part in parts if part.longest > 0.08 * largest]
    parts = join(parts)
    largest = max((part.longest for part in parts), default=0)
    least = SMALLEST * max(mask.shape) if max(mask.shape) > 100 else 0
    digits = [part for part in parts if part.longest > max(SPECK * largest, least)]
    digits = [part for part in digits if part.height > 0.12 * largest]
    pieces: list[Part] = []
    for digit in digits:
        pieces += split(digit, labels)
    return in_order(pieces), labels


def without_edges(parts: list[Part], shape: tuple[int, ...]) -> list[Part]:
    """Leave out what looks like the edge of a page, a shadow or a table, if anything else is there."""
    rows, cols = shape
    margin_rows, margin_cols = (0 if side < 60 else max(1, side // 200) for side in shape)

    def is_edge(part: Part) -> bool:
        touches_side = part.left <= margin_cols or part.right >= cols - margin_cols
        touches_end = part.top <= margin_rows or part.bottom >= rows - margin_rows
        if not (touches_side or touches_end):
            return part.width > 0.6 * cols and part.height < 0.05 * part.width
        is_long = part.width > 0.5 * cols or part.height > 0.5 * rows
        is_thin = part.longest > 5 * max(1, min(part.width, part.height))
        is_solid = part.area > 0.6 * part.width * part.height
        touches_corner = touches_side and touches_end
        return (
            is_long
            or is_thin
            or is_solid
            or touches_corner
            or min(part.width, part.height) < 0.03 * max(rows, cols)
        )

    inside = [part for part in parts if not is_edge(part)]
    largest = max((part.longest for part in parts), default=0)
    if max((part.longest for part in inside), default=0) < 0.15 * largest and largest < max(rows, cols):
        return parts  # nothing but dust would be left: a digit that fills the picture
    return inside if inside else parts


def join(parts: list[Part]) -> list[Part]:
    """Join parts that belong to one digit: a broken stroke, the bar of a 5."""
    parts = sorted(parts, key=lambda part: -part.area)
    usual = float(np.median([part.height for part in parts if 2 * part.longest > parts[0].longest] or [1]))
    tallest = max((part.height for part in parts), default=1)
    changed = True
    while changed:
        changed = False
        for i, large in enumerate(parts):
            j = _part_of(large, parts, i, max(usual, 0.4 * tallest))
            if j is not None:
                parts[i] = large.joined(parts[j])
                del parts[j]
                changed = True
                break
    return parts


def _part_of(large: Part, parts: list[Part], i: int, usual: float) -> int | None:
    """Return the index of a part that belongs to parts[i]; the nearest such."""
    best: tuple[float, int] | None = None
    for j, small in enumerate(parts):
        if j == i or small.area > large.area:
            continue
        both = large.joined(small)
        side = max(large.left, small.left) - min(large.right, small.right)  # a gap if positive
        below = max(large.top, small.top) - min(large.bottom, small.bottom)
        gap = max(side, below, 0)
        height = max(large.height, usual)
        overlap = -side / max(1, min(large.width, small.width))
        is_inside = side < 0 and below < 0
        is_above = overlap > 0.4 and below >= 0 and both.height <= 1.6 * max(usual, large.height)
        is_beside = below < 0 and small.height < SMALL_PART * height and small.area < 0.35 * large.area
        near = NEAR if is_above else 0.12
        belongs = is_inside or (
            small.height < SMALL_PART * height and gap <= near * height and (is_above or is_beside)
        )
        if belongs and both.width <= 1.4 * max(height, large.width) and (best is None or gap < best[0]):
            best = gap, j
    return None if best is None else best[1]


def split(digit: Part, labels: NDArray[np.int32]) -> list[Part]:
    """Part digits that touch: where a piece is much wider than high, it is cut where it has least ink."""
    if digit.width < 1.3 * digit.height or digit.height < 12:
        return [digit]
    inside = np.isin(labels[digit.top : digit.bottom, digit.left : digit.right], digit.labels)
    columns = inside.sum(axis=0)
    runs = (np.diff(np.pad(inside, ((1, 0), (0, 0))).astype(np.int8), axis=0) > 0).sum(axis=0)
    cost = np.where(runs > 1, digit.height, columns)  # a ring has two strokes, digits touch in one place
    count = max(2, round(digit.width / (0.85 * digit.height)))
    step = digit.width / count
    cuts = [0]
    for k in range(1, count):
        low, high = round((k - 0.3) * step), round((k + 0.3) * step)
        cut = low + int(cost[low:high].argmin())
        if cost[cut] > 0.6 * digit.height:
            return [digit]
        cuts.append(cut)
    cuts.append(digit.width)
    pieces = []
    for low, high in pairwise(cuts):
        rows = np.flatnonzero(inside[:, low:high].any(axis=1))
        if not len(rows) or rows[-1] + 1 - rows[0] < 0.5 * digit.height:
            return [digit]  # the bar of a 7, not a digit beside it
        top, bottom = digit.top + int(rows[0]), digit.top + int(rows[-1]) + 1
        area = int(inside[:, low:high].sum())
        pieces.append(Part(digit.labels, top, bottom, digit.left + low, digit.left + high, area))
    return pieces


def in_order(digits: list[Part]) -> list[Part]:
    """Sort digits line by line from above, and each line from left to right."""
    lines: list[list[Part]] = []
    for digit in sorted(digits, key=lambda part: part.top + part.bottom):
        middle = (digit.top + digit.bottom) / 2
        for line in lines:
            top = float(np.median([part.top for part in line]))
            bottom = float(np.median([part.bottom for part in line]))
            if top <= middle <= bottom or (digit.top <= (top + bottom) / 2 <= digit.bottom):
                line.append(digit)
                break
        else:
            lines.append([digit])
    return [digit for line in lines for digit in sorted(line, key=lambda part: part.left)]
