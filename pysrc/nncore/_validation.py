"""This module checks what a user passes, and converts it to the C-contiguous arrays that the kernels read.

The values of an array are used as they are. Only the bytes of a `Dataset` stand for byte/256.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from nncore.datasets import Dataset
from nncore.layers import Dense, Layer, Softmax, check_pair, output_cost

DTYPES = ("float32", "float64")


class Examples(NamedTuple):
    """Checked examples, as the kernels' `Data` takes them.

    The inputs are bytes (`images`) or reals (`inputs`); for each input there is a label or a target. The
    other field of each pair is None.
    """

    n: int
    images: np.ndarray | None  # uint8 (n, n_in), in which each byte b stands for scale * b
    inputs: np.ndarray | None  # (n, n_in), of the network's dtype
    labels: np.ndarray | None  # intp (n,)
    targets: np.ndarray | None  # (n, n_out), of the network's dtype
    scale: float

    @property
    def X(self) -> np.ndarray:
        """The inputs are the rows of an array (n, n_in) of bytes or reals."""
        X = self.inputs if self.images is None else self.images
        assert X is not None  # examples have one of them
        return X

    @property
    def y(self) -> np.ndarray:
        """y holds the labels (n,) or the targets (n, n_out)."""
        y = self.targets if self.labels is None else self.labels
        assert y is not None  # examples have one of them
        return y

    def subset(self, indices: slice | Sequence[int] | np.ndarray) -> Examples:
        """Return the examples at these indices, in their order."""
        images, inputs, labels, targets = (
            None if array is None else np.ascontiguousarray(array[indices])
            for array in (self.images, self.inputs, self.labels, self.targets)
        )
        n = len(self.X[indices])
        return Examples(n, images, inputs, labels, targets, self.scale)


def is_dataset(data: Any) -> bool:
    """Return whether data is a `Dataset`, whose bytes stand for byte/256."""
    return isinstance(data, Dataset)


def is_pair(data: Any) -> bool:
    """Return whether data is a pair of arrays (X, y), and not two of the book's pairs (x, y)."""
    return isinstance(data, (tuple, list)) and len(data) == 2 and not isinstance(data[0], tuple)


def integer(name: str, value: Any, least: int, bits: int = 63) -> int:
    """Return `value` as an int of at least `least` and below 2**bits."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: a whole number needed, got {value!r}") from None
    if isinstance(value, (bool, np.bool_)) or number < least:
        raise ValueError(f"{name}: at least {least} needed, got {value!r}")
    if number >= 1 << bits:
        raise ValueError(f"{name}: below 2**{bits} needed, got {value!r}")
    return number


def real(name: str, value: Any, *, least: float = -math.inf, below: float = math.inf) -> float:
    """Return `value` as a finite float in [least, below)."""
    try:
        number = float(operator.pos(value))  # float alone would accept text
    except (TypeError, ValueError):
        raise TypeError(f"{name}: a number needed, got {value!r}") from None
    except OverflowError:  # a whole number beyond the floats
        raise ValueError(f"{name}: a finite number needed, got a whole number above 1e308") from None
    if not math.isfinite(number) or not least <= number < below:
        bounds = "finite" if least == -math.inf else f"at least {least:g}"
        bounds += "" if below == math.inf else f" and below {below:g}"
        raise ValueError(f"{name}: a number needed that is {bounds}, got {value!r}")
    return number


def one_of(name: str, value: Any, choices: Sequence[str]) -> str:
    """Return `value` if it is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name}: one of {', '.join(choices)} needed, got {value!r}")
    return value


def flag(name: str, value: Any) -> bool:
    """Return `value` if it is True or False. Other values, such as "no", would count as True."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: True or False needed, got {value!r:.60}")
    return bool(value)


def dtype(value: Any) -> str:
    """Return the name of a dtype, "float32" or "float64"."""
    try:
        name = value if value is None else np.dtype(value).name  # NumPy takes None for float64
    except TypeError:
        name = value
    return one_of("dtype", name, DTYPES)


def seed(value: int | None) -> int:
    """Return the seed. If it is None, the system draws one."""
    if value is None:
        value = int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
    return integer("seed", value, 0, bits=64)


def network(
    layers: Any, cost: str | None, input_shape: Any, activation: str | None = None
) -> tuple[list[tuple[int, ...]], tuple[Layer, ...], str]:
    """Return (shapes, layers, cost), the input's shape first, from a list of sizes or from layers.

    `activation` is that of the hidden layers in a list of sizes.
    """
    if isinstance(layers, (str, bytes)) or not isinstance(layers, Iterable):
        raise TypeError(f"layers: a list of sizes or of layers needed, such as [784, 30, 10]; got {layers!r}")
    given = list(layers)
    if any(isinstance(layer, type) for layer in given):
        raise TypeError("layers: a class was given where a layer was meant: write Dense(30), not Dense")
    descriptions = [layer for layer in given if isinstance(layer, Layer)]
    if not descriptions:
        if input_shape is not None:
            raise ValueError("input_shape: it goes with layers; a list of sizes begins with the input's")
        if len(given) < 2:
            raise ValueError(
                f"layers: at least two sizes needed, the input's and the output's; got {given!r}"
            )
        sizes = [integer(f"layers[{i}]", n, 1) for i, n in enumerate(given)]
        output = Softmax if cost == "log-likelihood" else Dense
        shape: tuple[int, ...] = (sizes[0],)
        described: tuple[Layer, ...] = (
            *(Dense(n, activation or "sigmoid") for n in sizes[1:-1]),
            output(sizes[-1]),
        )
    else:
        if len(descriptions) < len(given):
            raise TypeError(
                "layers: sizes alone are needed, the input's first, or layers alone with input_shape=(n,); "
                f"got {given!r}"
            )
        if activation is not None:
            raise ValueError(
                f"activation: it goes with a list of sizes; a layer has its own: nn.Dense(30, {activation!r})"
            )
        if input_shape is None:
            raise ValueError("input_shape: it is needed with layers; for MNIST it is (784,)")
        entries = input_shape if isinstance(input_shape, Iterable) else (input_shape,)
        shape = tuple(integer("input_shape", n, 1) for n in entries)
        if len(shape) not in (1, 3):
            raise ValueError(f"input_shape: (n,) or (channels, height, width) needed, got {input_shape!r}")
        described = tuple(descriptions)
    for l, layer in enumerate(described[:-1]):
        if isinstance(layer, Softmax):
            raise ValueError(f"layers[{l}]: softmax can only be the output layer; use Dense for hidden ones")
    if not isinstance(described[-1], Dense):
        raise ValueError(f"layers: the output layer is Dense or Softmax, got {described[-1]}")
    shapes = [shape]
    for l, layer in enumerate(described):
        try:
            shapes.append(layer.shape_after(shapes[-1]))
        except ValueError as reason:
            raise ValueError(f"layers[{l}]: {reason}") from None
    activation = described[-1].activation
    chosen = output_cost(activation) if cost is None else cost
    check_pair(chosen, activation)
    return shapes, described, chosen


def _numeric(name: str, value: Any) -> np.ndarray:
    """Return `value` as an array of numbers."""
    try:
        array = np.asarray(value)
    except ValueError as ragged:
        raise ValueError(f"{name}: rows of one length needed ({ragged})") from None
    if array.dtype.kind not in "buif":
        got = f"an array of {array.dtype}" if array.ndim else type(value).__name__
        is_text = array.dtype.kind in "US" or (array.size and isinstance(array.flat[0], str))
        hint = "; labels that came as text: y.astype(int)" if array.ndim and is_text else ""
        raise TypeError(f"{name}: numbers needed, got {got}{hint}")
    return array


def _converted(array: np.ndarray, dtype: str) -> np.ndarray:
    """Return the array as C-contiguous reals of the network's dtype."""
    if array.dtype == dtype:
        return np.ascontiguousarray(array)
    with np.errstate(over="ignore", invalid="ignore"):  # a number that is too large is refused later
        return np.ascontiguousarray(array, dtype=dtype)


def check_finite(name: str, reals: np.ndarray, first: int = 0) -> None:
    """Refuse a NaN or an infinity. The first of the rows is the user's row `first`."""
    if math.isfinite(np.vdot(reals, reals)):  # the sum of squares shows both
        return
    bad = np.argwhere(~np.isfinite(reals))
    if len(bad):
        value, row = reals[tuple(bad[0])], first + int(bad[0][0])
        raise ValueError(f"{name}: finite {reals.dtype} numbers needed, got {value} in row {row}")


def _reals(name: str, array: np.ndarray, dtype: str) -> np.ndarray:
    """Return the array as C-contiguous, finite reals of the network's dtype."""
    reals = _converted(array, dtype)
    check_finite(name, reals)
    return reals


def scale(X: Any) -> float:
    """Return what a byte of X is multiplied by: 1/256 in a Dataset, 1 in an array."""
    if isinstance(X, Examples):
        return X.scale
    return 1 / 256 if is_dataset(X) else 1.0


def rows(name: str, X: Any, n_in: int, dtype: str) -> tuple[np.ndarray, bool, bool]:
    """Return (array (n, n_in) of uint8 or finite reals, whether X is one example, whether it is a column)."""
    array, single, column = unchecked_rows(name, X, n_in, dtype)
    if array.dtype != np.uint8:
        check_finite(name, array)
    return array, single, column


def unchecked_rows(name: str, X: Any, n_in: int, dtype: str) -> tuple[np.ndarray, bool, bool]:
    """Return the same as `rows`, without checking that the reals are finite."""
    dataset = is_dataset(X) or isinstance(X, Examples)
    array = _numeric(name, X.X if isinstance(X, Examples) else X.images if dataset else X)
    shape = array.shape
    column = shape == (n_in, 1) and not dataset
    image = len(shape) in (2, 3) and shape[0] != 1
    single = column or (array.size == n_in and (len(shape) == 1 or image) and not dataset)
    if not single and (len(shape) < 2 or math.prod(shape[1:]) != n_in):
        raise ValueError(f"{name}: one example ({n_in},) or rows (n, {n_in}) needed, got shape {shape}")
    if not single and not len(array):
        raise ValueError(f"{name}: no example given, got shape {shape}")
    array = array.reshape(1 if single else len(array), n_in)
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array), single, column
    return _converted(array, dtype), single, column


def _answers(
    name: str, y: Any, n: int, n_out: int, dtype: str
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return (labels, targets), of which one is None: labels are integers (n,), targets reals (n, n_out)."""
    array = _numeric(name, y)
    if array.ndim == 0:
        array = array.reshape(1)
    if len(array) != n and not (n == 1 and array.size == n_out):
        raise ValueError(f"{name}: {n} answers needed, one for each input; got {len(array)}")
    if array.size == n * n_out and not (array.ndim == 1 and n_out > 1 and n > 1):
        return None, _reals(name, array.reshape(n, n_out), dtype)
    if array.size != n:
        raise ValueError(f"{name}: labels ({n},) or targets ({n}, {n_out}) needed, got shape {array.shape}")
    flat = array.reshape(n)
    with np.errstate(invalid="ignore"):
        labels = flat.astype(np.intp)
    wrong = np.flatnonzero((labels != flat) | (labels < 0) | (labels >= n_out))
    if wrong.size:
        raise ValueError(
            f"{name}: {n_out} classes need labels 0 to {n_out - 1}, got {flat[wrong[0]]} at row {wrong[0]}"
        )
    return labels, None


def examples(name: str, data: Any, n_in: int, n_out: int, dtype: str) -> Examples:
    """Check examples and convert them to what the kernels read: from a Dataset, a pair of arrays (X, y), the
    book's list, zip or generator of (x, y), or examples that were checked before."""
    if is_dataset(data):
        X, y = data, data.labels
        if not len(data):
            raise ValueError(f"{name}: no example given")
    elif isinstance(data, Examples):  # checked before, perhaps for another dtype
        X, y = data, data.y
    elif is_pair(data):
        X, y = data
    else:
        X, y = _unzip(name, data, n_in, dtype)
    array, _, _ = rows(f"{name}, x", X, n_in, dtype)
    labels, targets = _answers(f"{name}, y", y, len(array), n_out, dtype)
    images = array if array.dtype == np.uint8 else None
    return Examples(len(array), images, None if images is not None else array, labels, targets, scale(X))


def _unzip(name: str, data: Any, n_in: int, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Return arrays (X, y) of the book's pairs: x (n_in, 1), and y (n_out, 1) or a label."""
    if isinstance(data, (str, bytes, dict)) or not isinstance(data, Iterable):
        raise TypeError(
            f"{name}: a Dataset, a pair (X, y) or the book's list of (x, y) needed, got {type(data).__name__}"
        )
    X: list[np.ndarray] = []
    y: list[np.ndarray] = []
    for i, pair in enumerate(data):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"{name}: pairs (x, y) needed, got {type(pair).__name__} at {i}")
        x = _numeric(f"{name}, x", pair[0])
        if x.size != n_in:
            raise ValueError(f"{name}, x: {n_in} inputs needed, got shape {x.shape} at {i}")
        with np.errstate(over="ignore"):  # an infinity is refused with the rows
            X.append(x.reshape(n_in).astype(dtype, copy=False))
        answer = _numeric(f"{name}, y", pair[1]).ravel()
        if y and answer.size != y[0].size:
            raise ValueError(f"{name}, y: {answer.size} numbers at {i}, {y[0].size} before")
        y.append(answer)
    if not X:
        raise ValueError(f"{name}: no example given; a zip or generator that was used before is empty")
    return np.stack(X), np.stack(y) if y[0].size > 1 else np.concatenate(y)


def order(value: Any, n: int) -> np.ndarray:
    """Check an order of the examples that a user's `shuffle` returned."""
    array = np.asarray(value)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise TypeError(f"shuffle: an array of indices needed, got {array.dtype} of shape {array.shape}")
    array = np.array(array, dtype=np.intp)  # a copy, which nobody changes after the check
    if array.size and not (array.min() >= 0 and array.max() < n):
        raise ValueError(f"shuffle: indices 0 to {n - 1} needed, got {array.min()} to {array.max()}")
    return array


def parameters(
    name: str, value: Any, shape: tuple[int, ...], dtype: str, *, finite: bool = True
) -> np.ndarray:
    """Check weights or biases that a user assigns, in the shape of those they replace."""
    array = _numeric(name, value)
    if array.shape != shape:
        raise ValueError(f"{name}: shape {shape} needed, got {array.shape}")
    return _reals(name, array, dtype) if finite else _converted(array, dtype)
