"""An image of a digit as the strokes of a pen: its skeleton, followed from end to end."""

import numpy as np

AROUND = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]


def strokes_of(image, side=280):
    """Return lists of points (x, y), from 0 to `side`, that draw an image of 28 x 28 bytes with a pen."""
    fine = np.kron(np.asarray(image, float), np.ones((3, 3)))
    fine = (
        sum(np.roll(np.roll(fine, dy, 0), dx, 1) for dy in (-1, 0, 1) for dx in (-1, 0, 1)) / 9
    )  # smooth edges
    skeleton = thinned(np.pad(fine > 100, 1))
    scale = side / (28 * 3)
    return [
        [[float((x - 0.5) * scale), float((y - 0.5) * scale)] for y, x in path] for path in paths(skeleton)
    ]


def thinned(mask):
    """Return the skeleton of a mask by the algorithm of Zhang and Suen (1984)."""
    mask = mask.copy()
    changed = True
    while changed:
        changed = False
        for first in (True, False):
            p = [np.roll(np.roll(mask, -dy, 0), -dx, 1) for dy, dx in AROUND]
            count = sum(part.astype(int) for part in p)
            steps = sum((~p[k] & p[(k + 1) % 8]).astype(int) for k in range(8))
            one, other = (
                (p[0] & p[2] & p[4], p[2] & p[4] & p[6])
                if first
                else (p[0] & p[2] & p[6], p[0] & p[4] & p[6])
            )
            remove = mask & (count >= 2) & (count <= 6) & (steps == 1) & ~one & ~other
            if remove.any():
                mask &= ~remove
                changed = True
    return mask


def paths(skeleton):
    """Return the pixels of a skeleton as paths, each followed as straight as possible."""
    left = {(int(y), int(x)) for y, x in np.argwhere(skeleton)}
    found = []
    while left:
        ends = [
            point for point in left if sum((point[0] + dy, point[1] + dx) in left for dy, dx in AROUND) == 1
        ]
        point, direction, path = min(ends or left), (0, 0), []
        while point is not None:
            path.append(point)
            left.discard(point)
            near = [(dy, dx) for dy, dx in AROUND if (point[0] + dy, point[1] + dx) in left]
            # of the neighbours the one straight ahead; beside a corner the nearest
            near.sort(
                key=lambda way: (-(way[0] * direction[0] + way[1] * direction[1]), abs(way[0]) + abs(way[1]))
            )
            direction = near[0] if near else direction
            point = (point[0] + near[0][0], point[1] + near[0][1]) if near else None
        touches = [
            (path[at][0] + dy, path[at][1] + dx)
            for at in (0, -1)
            for dy, dx in AROUND
            if any((path[at][0] + dy, path[at][1] + dx) in other for other in found)
        ]
        if touches and len(path) > 1:  # a branch begins on the stroke that it leaves
            path.append(touches[-1]) if len(touches) == 1 else None
        found.append(path)
    return [path for path in found if len(path) > 3] or found[:1]
