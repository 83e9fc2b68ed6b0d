"""`open_grey` reads the grey values of a picture's file, with Pillow: ``pip install pillow``."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nncore.files.kinds import recognise, refusal
from nncore.files.streams import open_file

MOST_PIXELS = 89_000_000  # of one picture; Pillow warns of more
MOST_BYTES = 2**28  # of a file
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "PPM", "WEBP")  # others may start programs to be read
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # of red, green and blue
STRIP = 1_000_000  # pixels that are converted at a time: beside them there are only bytes and grey values
NO_PICTURE = ("csv", "network", "ensemble", "network2", "onnx", "safetensors", "pickle")  # kinds of files
HEIC = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc", b"ftypmsf1", b"ftypavif")


class Grey(NamedTuple):
    """The grey values of a picture, (rows, cols) from 0 for black to 1, and the picture's own size."""

    values: NDArray[np.float32]
    size: tuple[int, int]  # rows and columns of the picture, upright; `values` may have fewer


def pillow() -> tuple[Any, Any]:
    """Return Pillow's modules Image and ImageOps, or say how to install it."""
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise ImportError("reading pictures needs Pillow: pip install pillow") from error
    return Image, ImageOps


def open_grey(path: str | os.PathLike[str], longest: int | None = None) -> Grey:
    """Read the grey values of a picture, turned as its EXIF data say.

    Parameters
    ----------
    path : path
        A PNG, JPEG, BMP, GIF, TIFF, PGM or WebP file. Of several pictures in it the first is read.
    longest : int, optional
        The longest side of what is returned; larger pictures are reduced.

    Raises
    ------
    ImportError
        Pillow is not installed.
    OSError
        The file does not exist or cannot be opened.
    ValueError
        It is not a picture, is damaged, or has more than 89 million pixels.
    """
    with open_file(path) as file:
        head = file.read(32)
        if head[4:12] in HEIC:
            raise ValueError(
                f"{path}: a picture in a phone's format (HEIC or AVIF), which is not read; save it as JPEG: "
                "export it so, or set the phone's camera to its most compatible format"
            )
        if recognise(path).name in NO_PICTURE:
            raise refusal(path, "a picture")
        image_module, operations = _needed(path)
        size = os.fstat(file.fileno()).st_size
        if size > MOST_BYTES:
            raise ValueError(f"{path}: {size:,} bytes; pictures of at most {MOST_BYTES:,} bytes are read")
        # In memory: a damaged picture may name a length of gigabytes, for which a file takes memory at once
        content = io.BytesIO(head + file.read(size))
        try:
            with image_module.open(content, formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise ValueError(f"{image.width} x {image.height} pixels; at most 89 million are read")
                seen = image.size
                if longest is not None:
                    image.draft("L", (longest, longest))  # a JPEG is decoded at a reduced size
                lies = image.width > image.height
                operations.exif_transpose(image, in_place=True)  # otherwise it copies what is upright already
                turned = (image.width > image.height) != lies
                return Grey(_grey(image, longest), seen if turned else seen[::-1])
        except MemoryError:
            raise
        except ValueError as error:
            raise ValueError(f"{path}: not a picture that can be read ({error})") from error
        except Exception as error:  # Pillow's many formats fail in many ways
            reason = "" if type(error).__name__ == "UnidentifiedImageError" else f" ({error})"
            raise ValueError(
                f"{path}: not a picture that can be read{reason}; save it as PNG or JPEG"
            ) from error


def _needed(path: str | os.PathLike[str]) -> tuple[Any, Any]:
    try:
        return pillow()
    except ImportError as error:
        raise ImportError(f"{path}: {error}") from error


def _grey(image: Any, longest: int | None) -> NDArray[np.float32]:
    """Return the grey values of one of Pillow's images. What is transparent is paper."""
    if longest is not None and max(image.size) > longest and image.mode in ("L", "RGB", "RGBA"):
        image.thumbnail((longest, longest))
    values = np.empty((image.height, image.width), np.float32)
    if image.mode == "F" or image.mode.startswith("I"):
        whole = np.float32(1 if image.mode == "F" else 65535)
        for rows, strip in _strips(image):
            values[rows] = np.asarray(strip)
            values[rows] /= whole
        if not (np.isfinite(values.sum()) and values.min() >= 0 and values.max() <= 1):
            raise ValueError("its numbers are outside of 0 to 65535, or of 0 to 1")
    elif "A" in image.mode or "transparency" in image.info:
        _over_paper(image, values)
    else:
        for rows, strip in _strips(image):
            values[rows] = np.asarray(strip.convert("L"), np.float32) / np.float32(255)
    return reduced(values, longest)


def _strips(image: Any) -> Iterator[tuple[slice, Any]]:
    """Yield the rows of an image, some at a time, as images."""
    rows = max(1, STRIP // image.width)
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        yield slice(top, bottom), image.crop((0, top, image.width, bottom))


def _over_paper(image: Any, values: NDArray[np.float32]) -> None:
    """Write the grey values of an image that is partly transparent: over white paper, or over black if its
    colours are light."""

    def opacity(strip: Any) -> NDArray[np.float32]:
        return np.asarray(strip.getchannel("A"), np.float32) / np.float32(255)

    seen, light, least = 0.0, 0.0, 1.0
    for rows, strip in _strips(image):
        coloured = strip.convert("RGBA")
        values[rows] = np.asarray(coloured.convert("L"), np.float32) / np.float32(255)
        alpha = opacity(coloured)
        seen, light = seen + float(alpha.sum()), light + float((values[rows] * alpha).sum())
        least = min(least, float(alpha.min()))
    # where nothing is really transparent, the paper is white
    paper = np.float32(1 if not seen or light < 0.75 * seen or least > 0.5 else 0)
    for rows, strip in _strips(image):
        alpha = opacity(strip.convert("RGBA"))
        values[rows] = values[rows] * alpha + paper * (1 - alpha)


def reduced(values: NDArray[np.float32], longest: int | None) -> NDArray[np.float32]:
    """Reduce grey values so that their longest side has at most this many pixels."""
    rows, cols = values.shape
    if longest is None or max(rows, cols) <= longest:
        return values
    scale = longest / max(rows, cols)
    return resized(values, max(1, round(rows * scale)), max(1, round(cols * scale)))


def resized(values: NDArray[np.float32], rows: int, cols: int) -> NDArray[np.float32]:
    """Resize grey values; where there are fewer pixels than before, each is the mean of those it covers."""
    image_module, _ = pillow()
    small = rows < values.shape[0] or cols < values.shape[1]
    how = image_module.Resampling.BOX if small else image_module.Resampling.BICUBIC
    image = image_module.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(image.resize((cols, rows), how), np.float32)
