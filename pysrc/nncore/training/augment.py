"""More training data on the fly: small distortions of the images, others in every epoch (chapters 3, 6).

What goes to ``SGD(augment=...)``: one of these, or a list of them, to be applied one after the other.

    shift(pixels)          by whole pixels, up, down, left and right; shift(1, straight=True) is the book's
    rotate(degrees)        about the image's centre
    scale(percent)         width and height, each by a factor of its own
    skew(degrees)          slanting, as handwriting does
    elastic(alpha, sigma)  Simard's elastic distortion: a smooth random field of displacements

Amounts are drawn for each image, by a counter-based generator from the network's seed, the epoch and the
image's place in it: the same run again gives the same images, after a resume too. Images are made when their
mini-batch is trained on, and forgotten: no memory grows with their number. Whatever the list, each is
interpolated once (bilinearly), and whole-pixel shifts not at all. What comes from beyond the border is
background: 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore import _validation, targets

__all__ = ["Distortion", "distorted", "elastic", "rotate", "scale", "shift", "skew"]
MOST = 1e6  # pixels or alpha


class Distortion:
    """One of those below."""

    def for_kernels(self) -> tuple[Any, ...]:
        """As `kernels.Augmentation` takes it: its kind and amount; of an elastic one (alpha, sigma)."""
        raise NotImplementedError


@dataclass(frozen=True)
class shift(Distortion):
    """A shift by whole pixels: nothing is interpolated, and it costs next to nothing.

    Parameters
    ----------
    pixels : int
        At most so many, left or right, and at most so many up or down: (2 pixels + 1)^2 shifts, all equally
        likely, none at all among them.
    straight : bool
        Only along one of the two: 4 pixels + 1 shifts. ``shift(1, straight=True)`` draws from the five images
        that the book's `expand_mnist` makes of each.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> history = net.SGD(train, 3, 10, 0.5, augment=nn.augment.shift(1, straight=True))
    >>> history.sparse  # shifted images have no lists of non-zero inputs
    False
    """

    pixels: int
    straight: bool = False

    def __post_init__(self) -> None:
        _validation.integer("pixels", self.pixels, 0)
        _validation.real("pixels", self.pixels, below=MOST)

    def for_kernels(self) -> tuple[Any, ...]:
        return "straight shift" if self.straight else "shift", int(self.pixels)


@dataclass(frozen=True)
class rotate(Distortion):
    """A rotation about the centre.

    Parameters
    ----------
    degrees : float
        The angle is uniform between -degrees and degrees.
    """

    degrees: float

    def __post_init__(self) -> None:
        _validation.real("degrees", self.degrees, least=0, below=MOST)

    def for_kernels(self) -> tuple[Any, ...]:
        return "rotate", math.radians(self.degrees)


@dataclass(frozen=True)
class scale(Distortion):
    """Another width and another height, about the centre.

    Parameters
    ----------
    percent : float
        Below 100. Two factors, uniform between 1 - percent/100 and 1 + percent/100.

    References
    ----------
    D. Ciresan, U. Meier, L. Gambardella and J. Schmidhuber, "Deep, big, simple neural nets for handwritten
    digit recognition", 2010: up to 15 or 20 percent, with rotations of up to 15 degrees (7.5 for 1 and 7).
    """

    percent: float

    def __post_init__(self) -> None:
        _validation.real("percent", self.percent, least=0, below=100)

    def for_kernels(self) -> tuple[Any, ...]:
        return "scale", self.percent / 100


@dataclass(frozen=True)
class skew(Distortion):
    """A slant: rows move sideways, the more the further they are from the middle one.

    Parameters
    ----------
    degrees : float
        Below 90. The angle by which upright lines lean is uniform between -degrees and degrees.
    """

    degrees: float

    def __post_init__(self) -> None:
        _validation.real("degrees", self.degrees, least=0, below=90)

    def for_kernels(self) -> tuple[Any, ...]:
        return "skew", math.radians(self.degrees)


@dataclass(frozen=True)
class elastic(Distortion):
    """Simard's elastic distortion: each pixel is displaced by a field that is random and smooth.

    Parameters
    ----------
    alpha : float
        How strong. The displacements' standard deviation is about alpha / (6.1 sigma) pixels in the middle of
        the image, less at its border; 1.4 for the defaults.
    sigma : float
        How smooth: the field is noise, uniform in [-1, 1] for each pixel, convolved with a Gaussian of this
        standard deviation, times alpha. In pixels, above 0.

    Notes
    -----
    The two components are drawn independently; the noise is 0 beyond the border. The field is added to where
    the other distortions of a list have each pixel come from. A list holds one elastic distortion at most.

    References
    ----------
    P. Simard, D. Steinkraus and J. Platt, "Best practices for convolutional neural networks applied to visual
    document analysis", ICDAR 2003. The defaults are those found best there for 28 x 28 digits.
    """

    alpha: float = 34.0
    sigma: float = 4.0

    def __post_init__(self) -> None:
        _validation.real("alpha", self.alpha, least=0, below=MOST)
        if _validation.real("sigma", self.sigma, least=0, below=MOST) == 0:
            raise ValueError("sigma: a number above 0 needed, got 0")

    def for_kernels(self) -> tuple[Any, ...]:
        return float(self.alpha), float(self.sigma)


Augment = Distortion | Sequence[Distortion]


def prepare(kernels: Any, augment: Augment, shape: tuple[int, ...]) -> Any:
    """The kernels' Augmentation of images of this shape (channels, height, width)."""
    listed = [augment] if isinstance(augment, Distortion) else augment
    if not isinstance(listed, Iterable) or isinstance(listed, (str, bytes)):
        raise TypeError(f"augment: nn.augment.shift(1), or a list of such, needed; got {augment!r}")
    listed = list(listed)
    for distortion in listed:
        if not isinstance(distortion, Distortion):
            raise TypeError(
                f"augment: distortions of nn.augment needed, such as shift(1); got {distortion!r}"
            )
    fields = [distortion.for_kernels() for distortion in listed if isinstance(distortion, elastic)]
    if len(fields) > 1:
        raise ValueError(f"augment: one elastic distortion at most, got {len(fields)}")
    affine = [distortion.for_kernels() for distortion in listed if not isinstance(distortion, elastic)]
    return kernels.Augmentation(shape, affine, *fields)


def image_shape(name: str, data: Any, input_shape: tuple[int, ...]) -> tuple[int, ...]:
    """(channels, height, width) of a user's images: as the network or their array says, or a square."""
    if len(input_shape) == 3:
        return input_shape
    pair = isinstance(data, (tuple, list)) and len(data) == 2
    array = getattr(data, "images", data[0] if pair else None)
    shape: tuple[int, ...] = getattr(array, "shape", ())[1:]
    n_in = math.prod(input_shape)
    if math.prod(shape) == n_in:
        if len(shape) == 2 and shape[1] > 1:
            return (1, *shape)
        if len(shape) == 3:
            return shape
    side = math.isqrt(n_in)
    if side * side == n_in:
        return 1, side, side
    raise ValueError(
        f"augment: only images are distorted, and {n_in} inputs are not those of a square one; pass {name} "
        "as images (n, height, width), or give the network an input_shape=(channels, height, width)"
    )


def distorted(
    data: Any, augment: Augment, *, seed: int = 0, epoch: int = 0, dtype: str = "float32"
) -> NDArray[np.floating]:
    """Images as training sees them: example i as the one at place i of an epoch.

    Parameters
    ----------
    data : Dataset or array, (n, height, width), (n, channels, height, width), or (n, n_in) of squares
        Never changed.
    augment : distortion, or list of them
    seed, epoch : int
        Which draws: those of a network of this seed in this epoch.
    dtype : {"float32", "float64"}

    Returns
    -------
    ndarray of dtype
        In the shape of the images; of a Dataset's bytes, byte/256.

    Examples
    --------
    >>> import numpy as np
    >>> from nncore import augment
    >>> dot = np.zeros((1, 5, 5))
    >>> dot[0, 2, 2] = 1
    >>> seen = [augment.distorted(dot, augment.shift(1), epoch=epoch)[0].argmax() for epoch in range(100)]
    >>> sorted(int(place) for place in set(seen))
    [6, 7, 8, 11, 12, 13, 16, 17, 18]
    """
    dtype = _validation.dtype(dtype)
    array = data.images if hasattr(data, "images") else np.asarray(data)
    if array.ndim < 2:
        raise ValueError(f"data: images (n, height, width) needed, got shape {array.shape}")
    n_in = math.prod(array.shape[1:])
    kernels = targets.kernels(dtype)
    augmentation = prepare(kernels, augment, image_shape("data", (array, None), (n_in,)))
    if not array.size:
        return np.zeros(array.shape, dtype)
    rows, _, _ = _validation.rows("data", array.reshape(len(array), n_in), n_in, dtype)
    images, inputs = (rows, None) if rows.dtype == np.uint8 else (None, rows)
    out = np.empty((len(array), n_in), dtype)
    examples = kernels.Data(images, inputs, None, None, _validation.scale(data))
    seed, epoch = _validation.seed(seed), _validation.integer("epoch", epoch, 0)
    kernels.augment(augmentation, examples, out, seed, epoch)
    return out.reshape(array.shape)
