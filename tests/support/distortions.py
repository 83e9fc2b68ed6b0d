"""A reference of the distortions: it draws whole numbers in Python and computes each pixel in float64."""

import math

import numpy as np

from nncore.training import augment
from support.generator import bits_of, key_of

STREAM = 0x7FFFFFFF
SINGLE = {
    "shift": augment.Shift(3),
    "straight shift": augment.Shift(3, straight=True),
    "rotate": augment.Rotate(40),
    "scale": augment.Scale(30),
    "skew": augment.Skew(25),
    "elastic": augment.Elastic(),
    "rough": augment.Elastic(5, 1.5),
}
LISTS = {
    "two shifts": [augment.Shift(1), augment.Shift(2, straight=True)],
    "affine": [augment.Rotate(180), augment.Scale(15), augment.Shift(2), augment.Skew(15), augment.Rotate(7)],
    "all": [
        augment.Shift(1),
        augment.Rotate(15),
        augment.Scale(15),
        augment.Elastic(20, 3),
        augment.Skew(10),
    ],
}
EVERY = SINGLE | LISTS
SHAPES = [(1, 28, 28), (1, 5, 17), (3, 9, 4), (2, 1, 1), (1, 33, 16)]


class Stream:
    """The random numbers of the example at one position of an epoch."""

    def __init__(self, seed, epoch, place):
        self.key = bits_of(key_of(seed, epoch, STREAM), place)

    def bits(self, counter):
        return bits_of(self.key, counter)

    def below(self, counter, n):
        return (self.bits(counter) >> 32) * n >> 32

    def sign(self, counter):
        return (self.bits(counter) >> 11) * 2.0**-52 - 1


def straight(drawn, n):
    """(right, down) of 4n + 1 numbers."""
    along = [0, *range(1, n + 1), *range(-1, -n - 1, -1)]
    shifts = [(k, 0) for k in along] + [(0, k) for k in along[1:]]
    return shifts[drawn]


def forward_map(distortion, stream, k):
    """The distortion as a 3 x 3 matrix: where a point (x, y, 1), y downwards, goes."""
    u, v = stream.sign(2 * k), stream.sign(2 * k + 1)
    if isinstance(distortion, augment.Shift):
        n = distortion.pixels
        right, down = (stream.below(2 * k + i, 2 * n + 1) - n for i in (0, 1))
        if distortion.straight:
            right, down = straight(stream.below(2 * k, 4 * n + 1), n)
        return np.array([[1, 0, right], [0, 1, down], [0, 0, 1.0]])
    if isinstance(distortion, augment.Rotate):
        t = u * math.radians(distortion.degrees)  # towards the left of the upper half: against the clock
        return np.array([[math.cos(t), math.sin(t), 0], [-math.sin(t), math.cos(t), 0], [0, 0, 1]])
    if isinstance(distortion, augment.Scale):
        return np.diag([1 + u * distortion.percent / 100, 1 + v * distortion.percent / 100, 1])
    return np.array([[1, -math.tan(u * math.radians(distortion.degrees)), 0], [0, 1, 0], [0, 0, 1]])


def gaussian_matrix(n, sigma):
    far = np.arange(-math.ceil(12 * sigma), math.ceil(12 * sigma) + 1)
    apart = np.arange(n)[:, None] - np.arange(n)
    return np.exp(-(apart**2) / (2 * sigma**2)) / np.exp(-(far**2) / (2 * sigma**2)).sum()


def noise_of(stream, first, height, width):
    """(2, height, width) in [-1, 1): four numbers of 16 bits in a word."""
    words = [stream.bits(first + j) for j in range(-(-2 * height * width // 4))]
    parts = [word >> 16 * k & 0xFFFF for word in words for k in range(4)]
    return ((np.array(parts[: 2 * height * width]) + 0.5) / 2**15 - 1).reshape(2, height, width)


def distorted_by_reference(images, augmentation, seed=0, epoch=0, places=None):
    """images (n, channels, height, width)."""
    listed = [augmentation] if isinstance(augmentation, augment.Distortion) else augmentation
    affine = [d for d in listed if not isinstance(d, augment.Elastic)]
    elastic = [d for d in listed if isinstance(d, augment.Elastic)]
    n, _, height, width = images.shape
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    out = np.empty(images.shape)
    for i, place in enumerate(range(n) if places is None else places):
        stream = Stream(seed, epoch, place)
        there = np.eye(3)
        for k, distortion in enumerate(affine):
            there = forward_map(distortion, stream, k) @ there
        back = np.linalg.inv(there)
        field = np.zeros((2, height, width))
        for distortion in elastic:
            noise = noise_of(stream, 2 * len(affine), height, width)
            down, across = gaussian_matrix(height, distortion.sigma), gaussian_matrix(width, distortion.sigma)
            field = distortion.alpha * (down @ noise @ across)
        for r in range(height):
            for c in range(width):
                x, y = (back @ [c - centre[0], r - centre[1], 1])[:2] + centre + field[:, r, c]
                out[i, :, r, c] = bilinear(images[i], x, y)
    return out


def bilinear(image, x, y):
    """image (channels, height, width), 0 beyond the border."""
    column, row = math.floor(x), math.floor(y)
    total = np.zeros(len(image))
    for r, share_r in ((row, 1 - (y - row)), (row + 1, y - row)):
        for c, share_c in ((column, 1 - (x - column)), (column + 1, x - column)):
            if 0 <= r < image.shape[1] and 0 <= c < image.shape[2]:
                total += share_r * share_c * image[:, r, c]
    return total


def some_images(shape, n=3, seed=0):
    return np.random.default_rng(seed).random((n, *shape))


def distort(kernels, images, augmentation, seed=0, epoch=0, place=0):
    """The core's distortion of images (n, channels, height, width) of bytes or floats."""
    rows = images.reshape(len(images), -1)
    is_bytes = rows.dtype == np.uint8
    rows = rows if is_bytes else rows.astype(kernels.dtype)
    data = kernels.Data(rows, None, None, None, 1 / 256) if is_bytes else kernels.Data(None, rows)
    out = np.full(rows.shape, np.nan, kernels.dtype)
    kernels.augment(
        augment.augmentation_for(kernels, augmentation, images.shape[1:]), data, out, seed, epoch, place
    )
    return out.reshape(images.shape)
