"""Distortions make more training images out of the images of a data set (chapters 3 and 6).

One distortion, or a list to be applied one after the other, is passed as ``SGD(augment=...)``:

    Shift(pixels)          by whole pixels, up, down, left and right; Shift(1, straight=True) is the book's
    Rotate(degrees)        about the centre of the image
    Scale(percent)         width and height, each by a factor of its own
    Skew(degrees)          a slant, as in handwriting
    Elastic(alpha, sigma)  Simard's elastic distortion: a smooth random field of displacements

The amounts are drawn anew for each image and epoch. A counter-based generator draws them from the network's
seed, the epoch, and the image's position in the epoch: the same run gives the same images, and so does a
resumed one. An image is made when its mini-batch is trained on, and then dropped, so memory does not grow.
However long the list, an image is interpolated only once (bilinearly); whole-pixel shifts need no
interpolation. Pixels from beyond the border are background, 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nncore import _validation, targets

__all__ = ["Distortion", "Elastic", "Rotate", "Scale", "Shift", "Skew", "distorted"]
LARGEST = 1e6  # the largest number of pixels or degrees, and the largest alpha


def __dir__() -> list[str]:
    return __all__


class Distortion:
    """Base class of the distortions of this module.

    Examples
    --------
    >>> import nncore as nn
    >>> isinstance(nn.augment.Shift(1), nn.augment.Distortion)
    True
    """

    def for_kernels(self) -> tuple[Any, ...]:
        """Return what `kernels.Augmentation` takes: (kind, amount), or (alpha, sigma) of an `Elastic`."""
        raise NotImplementedError


@dataclass(frozen=True)
class Shift(Distortion):
    """Shift an image by whole pixels. No pixel is interpolated, so this takes almost no time.

    Parameters
    ----------
    pixels : int
        The largest shift, left or right, and up or down. All (2 pixels + 1)^2 shifts are equally likely, and
        no shift is one of them.
    straight : bool, default False
        Whether to shift along one axis only; there are 4 pixels + 1 such shifts. ``Shift(1, straight=True)``
        draws from the five images that the book's `expand_mnist` makes of each.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 30, 10], seed=0)
    >>> history = net.SGD(train, 3, 10, 0.5, augment=nn.augment.Shift(1, straight=True))
    >>> history.sparse  # shifted images have no lists of non-zero inputs
    False
    """

    pixels: int
    straight: bool = False

    def __post_init__(self) -> None:
        _validation.integer("pixels", self.pixels, 0)
        _validation.real("pixels", self.pixels, below=LARGEST)

    def for_kernels(self) -> tuple[Any, ...]:
        return "straight shift" if self.straight else "shift", int(self.pixels)


@dataclass(frozen=True)
class Rotate(Distortion):
    """Rotate an image about its centre.

    Parameters
    ----------
    degrees : float
        The angle is uniform between -degrees and degrees.

    Examples
    --------
    >>> import numpy as np
    >>> import nncore as nn
    >>> image = np.zeros((1, 28, 28), np.uint8)
    >>> image[0, 4:24, 14] = 255  # an upright stroke
    >>> leaning = nn.augment.distorted(image, nn.augment.Rotate(15))
    >>> leaning.shape, bool((leaning[0, 4:24, 14] > 0).all())
    ((1, 28, 28), False)
    """

    degrees: float

    def __post_init__(self) -> None:
        _validation.real("degrees", self.degrees, least=0, below=LARGEST)

    def for_kernels(self) -> tuple[Any, ...]:
        return "rotate", math.radians(self.degrees)


@dataclass(frozen=True)
class Scale(Distortion):
    """Stretch or shrink the width and the height of an image, each by its own factor, about its centre.

    Parameters
    ----------
    percent : float
        Both factors are uniform between 1 - percent/100 and 1 + percent/100. At least 0, below 100.

    References
    ----------
    D. Ciresan, U. Meier, L. Gambardella and J. Schmidhuber, "Deep, big, simple neural nets for handwritten
    digit recognition", 2010: up to 15 or 20 percent, with rotations of up to 15 degrees (7.5 for 1 and 7).

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> nn.augment.distorted(train.images[:2], nn.augment.Scale(15)).shape
    (2, 28, 28)
    """

    percent: float

    def __post_init__(self) -> None:
        _validation.real("percent", self.percent, least=0, below=100)

    def for_kernels(self) -> tuple[Any, ...]:
        return "scale", self.percent / 100


@dataclass(frozen=True)
class Skew(Distortion):
    """Slant an image: each row moves sideways in proportion to its distance from the middle row.

    Parameters
    ----------
    degrees : float
        The angle by which upright lines lean is uniform between -degrees and degrees. At least 0, below 90.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> nn.augment.distorted(train.images[:2], [nn.augment.Skew(10), nn.augment.Shift(1)]).shape
    (2, 28, 28)
    """

    degrees: float

    def __post_init__(self) -> None:
        _validation.real("degrees", self.degrees, least=0, below=90)

    def for_kernels(self) -> tuple[Any, ...]:
        return "skew", math.radians(self.degrees)


@dataclass(frozen=True)
class Elastic(Distortion):
    """Displace each pixel by a smooth random field: Simard's elastic distortion.

    The field is noise, uniform in [-1, 1] for each pixel, convolved with a Gaussian of standard deviation
    sigma, times alpha.

    Parameters
    ----------
    alpha : float, default 34.0
        The strength. The standard deviation of the displacements is about alpha / (6.1 sigma) pixels in the
        middle of the image, and less at its border; with the defaults it is 1.4.
    sigma : float, default 4.0
        The smoothness, in pixels; above 0.

    Notes
    -----
    The field's two components are drawn independently; the noise is 0 beyond the border. In a list, the other
    distortions say where a pixel comes from, and the field is added to that. A list can hold one elastic
    distortion.

    References
    ----------
    P. Simard, D. Steinkraus and J. Platt, "Best practices for convolutional neural networks applied to visual
    document analysis", ICDAR 2003. The defaults are the values that
    the paper found best for 28 x 28 digits.

    Examples
    --------
    >>> import nncore as nn
    >>> train, validation, test = nn.datasets.load_sample()
    >>> net = nn.Network([784, 10], seed=0)
    >>> net.SGD(train[:100], 1, 10, 0.5, augment=nn.augment.Elastic()).sparse
    False
    """

    alpha: float = 34.0
    sigma: float = 4.0

    def __post_init__(self) -> None:
        _validation.real("alpha", self.alpha, least=0, below=LARGEST)
        if _validation.real("sigma", self.sigma, least=0, below=LARGEST) == 0:
            raise ValueError("sigma: a number above 0 needed, got 0; for no distortion set alpha=0")

    def for_kernels(self) -> tuple[Any, ...]:
        return float(self.alpha), float(self.sigma)


Augment = Distortion | Sequence[Distortion]


def augmentation_for(kernels: Any, augment: Augment, shape: tuple[int, ...]) -> Any:
    """Return the kernels' Augmentation for SGD's `augment` and images of (channels, height, width)."""
    listed = [augment] if isinstance(augment, Distortion) else augment
    listed = _validation.listed(
        "augment", listed, "a distortion such as nn.augment.Shift(1), or a list of them,"
    )
    for distortion in listed:
        if not isinstance(distortion, Distortion):
            raise TypeError(
                f"augment: distortions of nn.augment needed, such as Shift(1); got {distortion!r:.60}"
            )
    fields = [distortion.for_kernels() for distortion in listed if isinstance(distortion, Elastic)]
    if len(fields) > 1:
        raise ValueError(f"augment: one elastic distortion at most, got {len(fields)}")
    affine = [distortion.for_kernels() for distortion in listed if not isinstance(distortion, Elastic)]
    return kernels.Augmentation(shape, affine, *fields)


def image_shape(name: str, data: Any, input_shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return (channels, height, width) of a user's images.

    The shape comes from the network's input_shape if that has three numbers, else from the array's shape. If
    neither gives it, the images are taken for squares.
    """
    if len(input_shape) == 3:
        return input_shape
    array = getattr(data, "images", data[0] if _validation.is_pair(data) else None)
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
        f"augment: images needed, got {n_in} inputs, which are not those of a square image; pass {name} "
        "as images (n, height, width), or give the network an input_shape=(channels, height, width)"
    )


def distorted(
    data: Any, augment: Augment, *, seed: int = 0, epoch: int = 0, dtype: str = "float32"
) -> NDArray[np.floating]:
    """Return distorted images, as a network would see them in training.

    Image i is distorted as the image at position i of the epoch is.

    Parameters
    ----------
    data : Dataset or array, (n, height, width), (n, channels, height, width), or (n, n_in) of squares
        The images. They are never changed.
    augment : distortion, or list of them
    seed, epoch : int, default 0
        The amounts are those that a network with this seed draws in this epoch.
    dtype : {"float32", "float64"}, default "float32"

    Returns
    -------
    ndarray of dtype
        The shape is that of the images. Bytes b become b/256.

    Examples
    --------
    >>> import numpy as np
    >>> from nncore import augment
    >>> dot = np.zeros((1, 5, 5))
    >>> dot[0, 2, 2] = 1
    >>> seen = [augment.distorted(dot, augment.Shift(1), epoch=epoch)[0].argmax() for epoch in range(100)]
    >>> sorted(int(position) for position in set(seen))
    [6, 7, 8, 11, 12, 13, 16, 17, 18]
    """
    dtype = _validation.dtype(dtype)
    array = _validation.numeric("data", data.images if hasattr(data, "images") else data)
    if array.ndim < 2 or 0 in array.shape[1:]:
        raise ValueError(f"data: images (n, height, width) needed, got shape {array.shape}")
    n_in = math.prod(array.shape[1:])
    kernels = targets.kernels(dtype)
    augmentation = augmentation_for(kernels, augment, image_shape("data", (array, None), (n_in,)))
    if not array.size:
        return np.zeros(array.shape, dtype)
    flat = array.reshape(len(array), n_in)
    rows = flat if flat.dtype == np.uint8 else _validation.reals("data", flat, dtype)
    images, inputs = (np.ascontiguousarray(rows), None) if rows.dtype == np.uint8 else (None, rows)
    out = np.empty((len(array), n_in), dtype)
    examples = kernels.Data(images, inputs, None, None, _validation.BYTE if inputs is None else 1.0)
    seed, epoch = _validation.seed(seed), _validation.integer("epoch", epoch, 0)
    kernels.augment(augmentation, examples, out, seed, epoch)
    return out.reshape(array.shape)
