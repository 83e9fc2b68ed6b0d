"""`Dataset` holds labelled images as bytes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from nncore import _given
from nncore._entries import sealed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Dataset:
    """A Dataset holds labelled images as bytes, in a quarter of the memory of float32 and without any loss.

    Parameters
    ----------
    images : array of uint8, (n, rows, cols) or (n, n_in)
        The pixels, 0 (background) to 255. The array is not copied. A network sees each byte as byte/256.
    labels : array of ints, (n,)
        The class of each image, counted from 0.
    name : str, optional
        What the data are called. A network that is trained on them remembers it.
    class_names : sequence of str, optional
        The names of the classes 0, 1 and so on.

    Attributes
    ----------
    images : ndarray of uint8
        The pixels as given, as an array that is read-only.
    labels : ndarray of int64, (n,)
        The labels, read-only too.
    name : str or None
    class_names : tuple of str or None
        Parts of this Dataset have both, too.
    classes : tuple of str or None
        The same as `class_names`: the name that scikit-learn and torchvision use.

    Raises
    ------
    TypeError
        The images are not uint8, or the labels are not ints.
    ValueError
        The shapes do not fit together, or a label is negative.

    Notes
    -----
    A slice such as ``data[:1000]``, an array of indices, or a mask of n booleans gives a `Dataset`; that of a
    slice shares its pixels with this one. One index gives the book's pair ``(x, label)``, where x is a column
    (n_in, 1) of float32. So ``list(data)`` is the list of pairs that the book's programs use (chapter 1).

    Examples
    --------
    >>> import numpy as np
    >>> from nncore.datasets import Dataset
    >>> data = Dataset(np.array([[0, 128], [64, 0], [32, 255]], dtype=np.uint8), [7, 2, 7])
    >>> data
    Dataset(3 images of 2, labels 2 to 7)
    >>> data.to_float()
    array([[0.        , 0.5       ],
           [0.25      , 0.        ],
           [0.125     , 0.99609375]], dtype=float32)
    >>> data.only(7).images
    array([[  0, 128],
           [ 32, 255]], dtype=uint8)
    >>> x, label = data[1]
    >>> x.shape, label
    ((2, 1), 2)
    """

    def __init__(
        self,
        images: ArrayLike,
        labels: ArrayLike,
        *,
        name: str | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        images, labels = _given.array("images", images), _given.array("labels", labels)
        if images.dtype != np.uint8:
            convert = "images.astype(np.uint8) if they are from 0 to 255"
            if images.dtype.kind == "f" and images.size and images.min() >= 0 and images.max() <= 1:
                convert = "np.minimum(256 * images, 255).astype(np.uint8) for these, from 0 to 1"
            raise TypeError(
                f"images: expected bytes (uint8, 0 to 255), got {images.dtype}: {convert}; or pass float "
                "inputs as a pair of arrays (X, y) instead of a Dataset"
            )
        if images.ndim not in (2, 3) or 0 in images.shape[1:]:
            raise ValueError(f"images: expected shape (n, rows, cols) or (n, n_in), got {images.shape}")
        if labels.shape != images.shape[:1]:
            raise ValueError(
                f"labels: expected shape ({len(images)},), one for each image, got {labels.shape}"
            )
        if labels.dtype.kind not in "iu" and len(labels):
            raise TypeError(f"labels: expected ints, got {labels.dtype}{_as_labels(labels)}")
        labels = labels.astype(np.int64, copy=False) if len(labels) else np.zeros(0, np.int64)
        if len(labels) and labels.min() < 0:
            row = int(labels.argmin())
            raise ValueError(f"labels: expected 0 or more, got {labels[row]} at row {row}")
        self.images: NDArray[np.uint8] = read_only(images)
        self.labels: NDArray[np.int64] = read_only(labels)
        self.name = name
        self.class_names: tuple[str, ...] | None = (
            None
            if class_names is None
            else tuple(map(str, _given.listed("class_names", class_names, "a list of names")))
        )

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names of the classes 0, 1 and so on."""
        return self.class_names

    def to_float(self) -> NDArray[np.float32]:
        """Return the pixels as a network sees them: images / 256, exactly, as in the book's file.

        Returns
        -------
        ndarray of float32, (n, n_in)
            A new array at each call: 3 KB for each image of MNIST. A network takes the Dataset itself, and
            needs no such array.
        """
        pixels = self.images.reshape(len(self), math.prod(self.images.shape[1:]))
        return np.multiply(pixels, np.float32(1 / 256), dtype=np.float32)

    def only(self, *digits: int) -> Dataset:
        """Return the examples that have one of these labels, in their order. Their labels do not change.

        Raises
        ------
        ValueError
            No label is given, or no example has one of them.
        """
        wanted = [_given.whole(digit) for digit in digits]
        if any(digit is None for digit in wanted):
            raise TypeError(f"only: labels, which are whole numbers, needed; got {digits!r:.60}")
        chosen = self[np.isin(self.labels, np.array(wanted))]
        if not len(chosen):
            raise ValueError(
                f"only: no example of {self} has a label in {digits!r:.60}; name labels that it has"
            )
        return chosen

    def __len__(self) -> int:
        return len(self.images)

    @overload
    def __getitem__(self, key: int) -> tuple[NDArray[np.float32], int]: ...
    @overload
    def __getitem__(self, key: slice | list[int] | NDArray[Any]) -> Dataset: ...
    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return self._part(key)
        rows = _given.array("index", key)
        if rows.size == 0:
            rows = rows.astype(np.intp)  # NumPy takes an empty list for floats
        if isinstance(key, tuple) or rows.ndim > 1 or rows.dtype.kind not in ("iub" if rows.ndim else "iu"):
            raise TypeError(
                "a Dataset takes an int, a slice, a list or array of ints, or a mask of booleans, "
                f"got {key!r:.60}"
            )
        beyond = rows if rows.dtype == bool else rows[(rows < -len(self)) | (rows >= len(self))]
        if rows.dtype == bool and len(rows) != len(self):
            raise IndexError(
                f"a Dataset of {len(self)} examples takes a mask of as many booleans, got {len(rows)}"
            )
        if rows.dtype != bool and beyond.size:
            raise IndexError(f"a Dataset of {len(self)} examples has no example {beyond.flat[0]}")
        if rows.ndim == 0:
            image = self.images[key]
            return image.reshape(-1, 1) * np.float32(1 / 256), int(self.labels[key])
        return self._part(rows)

    def _part(self, chosen: slice | NDArray[Any]) -> Dataset:
        images = self.images[chosen]  # those of a slice lie in this Dataset's memory, others in their own
        images = images if isinstance(chosen, slice) else sealed(images)
        return Dataset(images, self.labels[chosen], name=self.name, class_names=self.class_names)

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.images.shape[1:]))
        labels = f", labels {self.labels.min()} to {self.labels.max()}" if len(self) else ""
        return f"Dataset({len(self)} images of {size}{labels})"


def _as_labels(labels: np.ndarray) -> str:
    """Say how labels that are no ints become ints."""
    numbers = labels.astype(float) if _given.converts(labels, float) else np.array(np.nan)
    if bool(((numbers % 1 == 0) & (np.abs(numbers) < 2**53)).all()):
        return "; np.asarray(labels).astype(int) makes ints of them"
    if not _given.is_text(labels):
        return ""
    return (
        "; classes from words: class_names, labels = np.unique(labels, return_inverse=True), and "
        "nn.Dataset(images, labels, class_names=class_names). Later data need the same class_names: "
        "labels = [list(class_names).index(each) for each in labels]"
    )


def read_only(array: np.ndarray) -> np.ndarray:
    """Return a view of the array that cannot be written to."""
    view = array.view()
    view.flags.writeable = False
    return view
