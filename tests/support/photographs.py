"""Synthetic photographs of digits: 28 x 28 digits written on paper, as a phone would take them.

    PYTHONPATH=tests python -m support.photographs 12 FOLDER        writes twelve, to look at them

Each is a function of the digit and a seed: paper and ink of any colour, light from one side, a soft shadow,
rulings on a quarter of them, blur, noise, the digit anywhere and of any size, dark on light or light on dark.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

ROWS, COLS = 360, 480


def photograph(digit, seed):
    """A photograph (360, 480, 3) of bytes of a digit (28, 28) of bytes."""
    rng = np.random.default_rng(seed)
    side = int(rng.uniform(70, 300))
    turned = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    turned = turned.rotate(rng.uniform(-8, 8), Image.Resampling.BILINEAR)
    strokes = np.zeros((ROWS, COLS), np.float32)
    top, left = (int(rng.integers(5, room - side - 5)) for room in (ROWS, COLS))
    soft = np.asarray(turned, np.float32) / 255
    strokes[top : top + side, left : left + side] = np.clip((soft - 0.25) * 2, 0, 1)
    light_ink = rng.random() < 0.4
    paper = rng.uniform(0.05, 0.3, 3) if light_ink else rng.uniform(0.65, 1.0, 3)
    ink = rng.uniform(0.75, 1.0, 3) if light_ink else rng.uniform(0.0, 0.35, 3)
    sheet = np.tile(paper.astype(np.float32), (ROWS, COLS, 1))
    y, x = np.mgrid[:ROWS, :COLS].astype(np.float32)
    if rng.random() < 0.25:  # ruled or squared paper
        distance, slope, strength = rng.uniform(18, 45), rng.uniform(-0.02, 0.02), rng.uniform(0.2, 0.5)
        lines = (y + slope * x + rng.uniform(0, 20)) % distance < 1.5
        if rng.random() < 0.3:
            lines |= (x - slope * y) % distance < 1.5
        sheet[lines] += strength * (ink.astype(np.float32) - sheet[lines])
    sheet += strokes[:, :, None] * rng.uniform(0.85, 1) * (ink.astype(np.float32) - sheet)
    angle = rng.uniform(0, 2 * np.pi)
    across = (np.cos(angle) * (x / COLS - 0.5) + np.sin(angle) * (y / ROWS - 0.5)) / 0.7
    light = 1 - rng.uniform(0, 0.55) * (0.5 + across)
    if rng.random() < 0.4:  # the soft shadow of a hand
        far = np.hypot(x - rng.uniform(0, COLS), y - rng.uniform(0, ROWS)) - rng.uniform(60, 200)
        light *= 1 - rng.uniform(0.1, 0.4) / (1 + np.exp(np.clip(far / rng.uniform(8, 30), -50, 50)))
    sheet *= light[:, :, None]
    photo = Image.fromarray((255 * np.clip(sheet, 0, 1)).astype(np.uint8))
    photo = photo.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.8)))
    noise = rng.normal(0, rng.uniform(1, 9), (ROWS, COLS, 3))
    return np.clip(np.asarray(photo) + noise, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    import nncore as nn

    _, _, test = nn.datasets.load_sample()
    for i in range(int(sys.argv[1])):
        image = photograph(test.images[i], [2027, i])
        Image.fromarray(image).save(Path(sys.argv[2]) / f"photo{i:03}-{test.labels[i]}.png")
