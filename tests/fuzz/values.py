"""The values that calls are made of: wrong ones of every kind, and the forms that right ones may come in."""

import decimal
import enum
import fractions
import math
import warnings

import numpy as np

try:
    import pandas
except ImportError:
    pandas = None
try:
    from scipy import sparse
except ImportError:
    sparse = None


class Planted(Exception):
    """What a function of the caller's raises: it must reach the caller."""


class OwnArray(np.ndarray):
    """An array of a class of the caller's."""


class OwnFloat(float):
    """A float of a class of the caller's."""


class OwnInt(enum.IntEnum):
    """A whole number of a class of the caller's."""

    THREE = 3


class GivesArray:
    """An object that NumPy can make an array of."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.array, dtype)

    def __repr__(self):
        return f"GivesArray({self.array.dtype}, {self.array.shape})"


class OwnClass:
    """A class of the caller's that cannot be made with any arguments."""

    def __init__(self, *arguments, **named):
        raise Planted


def raise_planted(*arguments, **named):
    """A function of the caller's that fails."""
    raise Planted


NUMBERS = (
    *(0, 1, -1, 2, 3, 0.5, 1.5, -0.5, -0.0, math.nan, math.inf, -math.inf, 1e308, -1e308, 1e39, 1e-320),
    *(2**31, 2**32, 2**40, 2**53, 2**62, 2**63, 2**64, 2**64 - 1, 10**400, -(2**31), -(2**63), -(10**400)),
    *(True, False, complex(1, 1), fractions.Fraction(1, 3), decimal.Decimal("0.1"), decimal.Decimal("nan")),
    *(np.float32(0.5), np.float16(3), np.int8(3), np.uint64(2**63), np.bool_(True), np.longdouble(2)),
    *(np.float64("nan"), np.int64(-1), OwnFloat(0.25), OwnInt.THREE, np.datetime64("2020-01-01")),
)
SMALL_NUMBERS = tuple(
    n for n in NUMBERS if isinstance(n, (float, complex)) or not isinstance(n, int) or n < 100
)
THINGS = (
    *(None, "", "1", "0.5", "sigmoid", "relu", "cross-entropy", "\0", "ünï", b"", b"sigmoid", bytearray(3)),
    *(
        (),
        [],
        {},
        {1: 2},
        set(),
        frozenset({1}),
        [None],
        (None, None),
        [[]],
        ((),),
        ["a"],
        [1, "a"],
        [1, [2]],
    ),
    *(
        object(),
        OwnClass,
        Ellipsis,
        NotImplemented,
        slice(1),
        range(3),
        raise_planted,
    ),
    *(ValueError("x"), np, memoryview(b"abc"), np.array(3), np.array(0.5), np.array([3]), np.array(["a"])),
    *(np.array(None), np.array([]), np.dtype("f4")),
)


def wrong_number(rng, small=False):
    """A number that may be wrong; `small` leaves out whole numbers that ask for work without end."""
    return rng.choice(SMALL_NUMBERS if small else NUMBERS)


def wrong_thing(rng):
    """Anything but a number."""
    way = rng.random()
    if way < 0.05:
        return iter([1, 2])
    if way < 0.1:
        return (i for i in ())
    if way < 0.15:
        return wrong_array(rng, rng.choice([(), (3,), (2, 3), (1, 2, 3)]))
    return rng.choice(THINGS)


def wrong(rng, small=False):
    """Any value."""
    return wrong_number(rng, small) if rng.random() < 0.5 else wrong_thing(rng)


def wrong_array(rng, shape):
    """An array of this shape, or of one near it, that holds what it should not, or is of another kind."""
    if rng.random() < 0.4:
        shape = other_shape(rng, shape)
    numbers = np.random.default_rng(rng.randrange(1000)).random(shape)
    way = rng.choice(WRONG_ARRAYS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return way(rng, numbers)


def other_shape(rng, shape):
    """A shape that differs from this one."""
    shape = list(shape)
    way = rng.randrange(8)
    if way == 0 or not shape:
        return (*shape, rng.choice([0, 1, 2]))
    i = rng.randrange(len(shape))
    if way == 1:
        shape[i] += rng.choice([-1, 1])
    elif way == 2:
        shape[i] = 0
    elif way == 3:
        del shape[i]
    elif way == 4:
        shape.reverse()
    elif way == 5:
        shape = [math.prod(shape)]
    elif way == 6:
        shape = [1, 1, *shape]
    else:
        shape[i] *= 2
    return tuple(max(0, n) for n in shape)


def with_one(value):
    def put(rng, array):
        array = array.copy()
        if array.size:
            array.flat[rng.randrange(array.size)] = value
        return array

    return put


WRONG_ARRAYS = (
    with_one(math.nan),
    with_one(math.inf),
    with_one(-math.inf),
    with_one(1e300),
    with_one(-5.0),
    lambda rng, array: array * 1e38,
    lambda rng, array: array * 1e308,
    lambda rng, array: array.astype(np.float16),
    lambda rng, array: array.astype(np.longdouble) * np.longdouble(1e300),
    lambda rng, array: array.astype(complex),
    lambda rng, array: array.astype(object),
    lambda rng, array: np.full(array.shape, None),
    lambda rng, array: np.full(array.shape, 10**400, object),
    lambda rng, array: array.astype(str),
    lambda rng, array: np.full(array.shape, "cat"),
    lambda rng, array: array.astype("S"),
    lambda rng, array: array > 0.5,
    lambda rng, array: (array * 1000).astype(np.int64),
    lambda rng, array: np.full(array.shape, -(2**63)),
    lambda rng, array: np.full(array.shape, 2**64 - 1, np.uint64),
    lambda rng, array: (array * 255).astype(np.uint8),
    lambda rng, array: (array * 100).astype(np.int8),
    lambda rng, array: array.astype("M8[s]"),
    lambda rng, array: np.zeros(array.shape, [("a", "f4"), ("b", "i4")]),
    lambda rng, array: np.ma.masked_array(array, array > 0.5),
    lambda rng, array: array.tolist(),
    lambda rng, array: [*array.tolist(), [1.0, [2.0]]] if array.ndim else [array],
    lambda rng, array: set(array.ravel().tolist()),
    lambda rng, array: memoryview(np.ascontiguousarray(array)),
    lambda rng, array: iter(array) if array.ndim else iter([1]),
    lambda rng, array: {"X": array},
    lambda rng, array: sparse.csr_matrix(array) if sparse and array.ndim == 2 else array,
    lambda rng, array: pandas.DataFrame(array) if pandas and array.ndim == 2 else array,
)


def form(rng, array):
    """The same numbers in another form that must be read as well: another memory, class or container."""
    if array.ndim == 0:
        return array
    return rng.choice(FORMS)(array)


def apart(array):
    """The array with every second number of a wider one."""
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def unaligned(array):
    """The array at an odd address."""
    copy = np.zeros(array.nbytes + 1, np.uint8)[1:].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def read_only(array):
    """The array, which cannot be written to."""
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def mapped(array):
    """The array in a file that is mapped into memory."""
    import tempfile

    with tempfile.TemporaryFile() as file:
        copy = np.memmap(file, array.dtype, "w+", shape=array.shape)
    copy[...] = array
    return copy


FORMS = (
    *(lambda array: array,) * 6,
    np.asfortranarray,
    apart,
    unaligned,
    read_only,
    lambda array: array[::-1].copy()[::-1],
    lambda array: array.astype(array.dtype.newbyteorder()),
    lambda array: array.view(OwnArray),
    lambda array: np.ma.masked_array(array),
    lambda array: array.tolist() if array.dtype != np.uint8 else array,
    lambda array: [list(row) if np.ndim(row) else row for row in array],
    GivesArray,
    lambda array: memoryview(np.ascontiguousarray(array)) if array.ndim == 1 else array,
    lambda array: mapped(array) if array.size else array,
    lambda array: array.astype(np.float64) if array.dtype.kind == "f" else array,
)
