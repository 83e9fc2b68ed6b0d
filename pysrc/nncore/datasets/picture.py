"""`read_picture` takes a photo or a scan of handwritten digits apart into digits as MNIST has them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nncore import _given
from nncore.datasets import picture_file
from nncore.datasets.ink import find_ink, without_rulings
from nncore.datasets.mnist_form import SIDE, is_in_mnist_form, mnist_form
from nncore.datasets.parts import Part, TooManyPartsError, find_digits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

LONGEST = 800  # pixels of the longest side at which digits are looked for
MOST_DIGITS = 500


@dataclass(frozen=True, eq=False)
class Picture:
    """A Picture holds the digits of a photo or a scan.

    Attributes
    ----------
    images : ndarray of uint8, (k, 28, 28)
        The k digits from left to right, line by line, as MNIST would have them: light on 0, in a box of
        20 x 20, the centre of mass in the middle. A network takes them: ``net.predict(picture.images)``.
    boxes : ndarray of int64, (k, 4)
        Where each digit is in the picture, in pixels: left, top, right, bottom.
    steps : dict of str to ndarray
        The pictures on the way, reduced: "grey"; "background", the paper without the ink; "ink", what differs
        from it; "threshold", where that is ink; "digits", each digit's number from 1, and 0 elsewhere. If the
        picture was in MNIST's form already: "grey" alone.
    is_dark : bool
        Whether the ink is darker than the paper.

    Examples
    --------
    >>> import nncore as nn
    >>> picture = nn.datasets.read_picture(nn.datasets.load_sample()[2].images[0])
    >>> len(picture), list(picture.steps)
    (1, ['grey'])
    """

    images: NDArray[np.uint8]
    boxes: NDArray[np.int64]
    steps: dict[str, NDArray[Any]] = field(repr=False)
    is_dark: bool

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        ink = "dark on light" if self.is_dark else "light on dark"
        return f"Picture({len(self)} digit{'s' * (len(self) != 1)}, {ink})"


def read_picture(picture: str | os.PathLike[str] | ArrayLike) -> Picture:
    """Read the digits of a photo or a scan, and bring each into the form of MNIST's.

    Parameters
    ----------
    picture : path or array
        A PNG, JPEG, BMP, GIF, TIFF, PGM or WebP file. Or an array (rows, cols) of grey values, or with
        3 or 4 colours, (rows, cols, 3): bytes, floats from 0 to 1, or bools.

    Returns
    -------
    Picture

    Raises
    ------
    ImportError
        Pillow or SciPy is missing: ``pip install pillow scipy``.
    OSError
        The file does not exist or cannot be opened.
    ValueError
        The file is not a picture, or there is no digit in it.
    TypeError
        `picture` is neither a path nor an array of such numbers.

    Notes
    -----
    The picture is turned upright as its EXIF data say, made grey and reduced. A maximum and a minimum filter
    and a Gaussian give the paper, and what differs from it is ink; so light from one side and shadows do not
    matter, and light ink on dark paper is recognised. Otsu's threshold finds the ink; rulings, edges of the
    page and specks are left out; parts of one digit are joined, and digits that touch are parted. Each digit
    is scaled into a box of 20 x 20, a thin pen made thicker, and put into 28 x 28 so that its centre of mass
    is in the middle. A digit of MNIST, light or dark, is returned as it is.

    Examples
    --------
    >>> import nncore as nn, numpy as np
    >>> sheet = np.full((120, 240), 230, np.uint8)  # light paper
    >>> sheet[30:90, 60:68] = 40  # two ones in dark ink
    >>> sheet[30:90, 160:168] = 40
    >>> picture = nn.datasets.read_picture(sheet)
    >>> picture
    Picture(2 digits, dark on light)
    >>> picture.images.shape
    (2, 28, 28)
    >>> picture.boxes
    array([[ 60,  30,  68,  90],
           [160,  30, 168,  90]])
    """
    if isinstance(picture, (str, os.PathLike)):
        path = _given.path(picture)
        grey = picture_file.open_grey(path, LONGEST)
        where = str(path)
    else:
        grey = _grey_of_array(_given.array("picture", picture))
        where = "picture"
    found = _as_mnist(grey.values)
    return found if found is not None else _digits(grey, where)


def _grey_of_array(array: NDArray[Any]) -> picture_file.Grey:
    """Return the grey values of an array, reduced."""
    needed = "picture: an array (rows, cols), or (rows, cols, 3) or (rows, cols, 4) of colours, needed"
    if array.ndim not in (2, 3) or not array.size or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise ValueError(f"{needed}; got shape {array.shape}")
    if array.shape[0] * array.shape[1] > picture_file.MOST_PIXELS:
        raise ValueError(
            f"picture: at most 89 million pixels are read, got {array.shape[0]} x {array.shape[1]}"
        )
    if array.dtype == np.uint8:
        values = array.astype(np.float32) / np.float32(255)
    elif array.dtype == bool:
        values = array.astype(np.float32)
    elif array.dtype == np.uint16:
        values = array.astype(np.float32) / np.float32(65535)
    elif array.dtype.kind == "f":
        if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
            raise ValueError(
                f"picture: floats from 0 to 1 needed, got {array.min():g} to {array.max():g}; if they are "
                "from 0 to 255, picture.astype(np.uint8) makes bytes of them"
            )
        values = array.astype(np.float32)
    else:
        raise TypeError(
            f"picture: bytes (uint8) or floats from 0 to 1 needed, got {array.dtype}; if they are from 0 to "
            "255, picture.astype(np.uint8) makes bytes of them"
        )
    if values.ndim == 3 and values.shape[2] == 4:
        alpha = values[:, :, 3:]
        values = values[:, :, :3] * alpha + (1 - alpha)
    if values.ndim == 3:
        weights = picture_file.LUMINANCE if values.shape[2] == 3 else np.ones(1, np.float32)
        values = values @ weights
    return picture_file.Grey(picture_file.reduced(values, LONGEST), (array.shape[0], array.shape[1]))


def _as_mnist(grey: NDArray[np.float32]) -> Picture | None:
    """Return a picture that is in MNIST's form already, or with light and dark exchanged, as it is."""
    if grey.shape != (SIDE, SIDE):
        return None
    pixels = np.rint(255 * grey).astype(np.uint8)
    for is_dark in (False, True):
        image = 255 - pixels if is_dark else pixels
        if is_in_mnist_form(image):
            rows, cols = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
            box = np.array([[cols[0], rows[0], cols[-1] + 1, rows[-1] + 1]])
            return Picture(image[None], box, {"grey": grey}, is_dark)
    return None


def _digits(grey: picture_file.Grey, where: str) -> Picture:
    """Find the digits of a picture."""
    values = grey.values
    found = find_ink(values)
    if found is None:
        raise ValueError(
            f"{where}: nothing is written here: nothing stands out from its background; a darker pen or more "
            "light helps"
        )
    mask = without_rulings(found.mask)
    try:
        digits, labels = find_digits(mask)
    except TooManyPartsError as error:
        raise ValueError(
            f"{where}: this is no sheet of digits: what stands out from its background is in {error}; take "
            "the picture nearer, or cut out the digits"
        ) from error
    if not digits:
        raise ValueError(f"{where}: no digit found: what stands out from the background looks like no digit")
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"{where}: {len(digits)} digits; at most {MOST_DIGITS} are read: cut the picture up")
    numbers = np.zeros(values.shape, np.uint16)
    images = []
    for k, digit in enumerate(digits):
        own = np.isin(labels, digit.labels)
        own[:, : digit.left], own[:, digit.right :] = False, False
        numbers[own] = k + 1
        images.append(mnist_form(found.ink, own))
    steps = {
        "grey": values,
        "background": found.background,
        "ink": found.ink,
        "threshold": found.mask,
        "digits": numbers,
    }
    return Picture(np.stack(images), _boxes(digits, grey), steps, found.is_dark)


def _boxes(digits: list[Part], grey: picture_file.Grey) -> NDArray[np.int64]:
    """Return where the digits are, in pixels of the picture as it came."""
    down, across = (whole / side for whole, side in zip(grey.size, grey.values.shape, strict=True))
    scale = [across, down, across, down]
    boxes = np.array([[digit.left, digit.top, digit.right, digit.bottom] for digit in digits])
    whole: NDArray[np.int64] = np.rint(boxes * scale).astype(np.int64)
    return whole
