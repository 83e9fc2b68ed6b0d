"""Draw docs/own_data/steps.png: how a ruled sheet, lit from one side, becomes ten digits.

python docs/own_data/draw_steps.py
"""

from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageFilter

import nncore as nn

matplotlib.use("agg")
train, _, test = nn.datasets.load_sample()
rng = np.random.default_rng(0)
ink = np.zeros((900, 1400))
for i in range(10):
    large = Image.fromarray(test.images[i]).resize((190, 190), Image.Resampling.BICUBIC)
    top, left = 80 + 400 * (i // 5) + rng.integers(-15, 15), 70 + 265 * (i % 5) + rng.integers(-20, 20)
    ink[top : top + 190, left : left + 190] = np.clip((np.asarray(large) / 255 - 0.25) * 2, 0, 1)
y, x = np.mgrid[:900, :1400]
sheet = np.stack([0.95 - 0.7 * ink, 0.9 - 0.75 * ink, 0.78 - 0.4 * ink], axis=2)
sheet[(y + 0.01 * x) % 60 < 3] *= np.array([0.75, 0.85, 0.95])
sheet *= (1 - 0.5 * x / 1400)[:, :, None]
photo = np.clip(sheet + rng.normal(0, 0.015, sheet.shape), 0, 1)
photo = Image.fromarray((255 * photo).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1.2))

net = nn.Network([784, 100, 10], cost="cross-entropy", seed=0)
net.SGD(train, epochs=15, mini_batch_size=10, eta=0.5, lmbda=1.0)
picture = nn.datasets.read_picture(np.asarray(photo))
captions = [f"{a.argmax()} ({a.max():.0%})" for a in net.feedforward(picture.images)]
figure = nn.plot.picture_steps(picture, captions)
figure.savefig(Path(__file__).parent / "steps.png", dpi=100)
