"""`read_book_pickle` reads the book's ``mnist.pkl.gz`` without unpickling it.

A pickle is a program for a small stack machine, and Python's own machine imports and calls whatever the
program names. The machine in this file knows only the instructions that such a file needs, and calls only
the four functions in `NAMES`, after it has checked their arguments. So it can make ints, bytes, tuples,
dtypes of numbers and arrays of them, and nothing else, whatever the file says. Bytes, instructions and the
depth of tuples are bounded, and no message spells out what the file holds: a few bytes can describe a tuple
of 2^1000 items. The machine reads the file as Python 2 and an old NumPy wrote it (protocol 2), and as later
versions write it again (protocols 1 to 5).

The file holds ((images, labels), (images, labels), (images, labels)): training, validation and test data. Its
pixels are stored as float32, byte / 256, which is four times the size of MNIST. They are turned into bytes
again piece by piece, while they are read.
"""

from __future__ import annotations

import codecs
import io
import math
import os
import pickle
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nncore.datasets.dataset import Dataset
from nncore.files.kinds import recognise
from nncore.files.streams import PIECE, fill, open_data

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 28
MOST_BYTES = 450_000_000  # 70,000 images of 784 pixels and their labels, eight bytes each, and a little more
MOST_INSTRUCTIONS = 10_000  # the book's file has about 150 instructions
DEEPEST = 8  # how deep tuples may nest; in the book's file, four deep
LONGEST_NAME = 1000  # a string of more bytes holds the numbers of an array


def read_book_pickle(path: str | os.PathLike[str]) -> tuple[Dataset, Dataset, Dataset]:
    """Read the book's ``mnist.pkl.gz`` (or the same file unpacked) into three Datasets of bytes.

    ``load_data`` of the book's ``mnist_loader`` opens this file (chapter 1). A file with other numbers of
    images is read, too.

    Raises
    ------
    ValueError
        The file is damaged, uses instructions or names that the book's file does not need, or holds other
        data.
    """
    with open_data(path) as (stream, _):
        try:
            data = _Machine(stream).run()
            if stream.read(1):
                raise ValueError("it has more bytes after its end")
            if not isinstance(data, _Tuple) or len(data) != 3:
                raise ValueError("it does not hold three pairs (images, labels)")
            train, validation, test = (_dataset(part) for part in data)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            kind = recognise(path)
            raise ValueError(
                f"{path}: expected the book's mnist.pkl.gz; this is {kind.what}, but {error}; {kind.advice}"
            ) from error
    return train, validation, test


def _dataset(part: Any) -> Dataset:
    """Make a Dataset from the pair (images, labels) that the machine left."""
    if not isinstance(part, _Tuple) or len(part) != 2 or not all(isinstance(each, _Array) for each in part):
        raise ValueError("it does not hold three pairs (images, labels)")
    images, labels = (array.values for array in part)
    n = len(images)
    if images.shape != (n, SIDE * SIDE) or not part[0].pixels or n == 0:
        raise ValueError(f"its pixels are not floats of shape (n, {SIDE * SIDE}); they have {images.shape}")
    if labels.shape != (n,) or part[1].pixels:
        raise ValueError(f"its labels are not {n} ints, one for each image")
    return Dataset(images.reshape(n, SIDE, SIDE), labels)


def _as_bytes(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the bytes k of pixels that are k / 256, as in the book's file, or k / 255."""
    for scale, tolerance in ((256, 0.0), (255, 1e-4)):  # k / 256 is exact in floating point, k / 255 is not
        with np.errstate(all="ignore"):
            scaled = pixels * scale
            k: NDArray[Any] = np.rint(scaled)
            if k.min() >= 0 and k.max() <= 255 and np.abs(scaled - k).max() <= tolerance:
                return k.astype(np.uint8)
    raise ValueError("its pixels are neither k / 256 nor k / 255 for bytes k")


def _read_numbers(stream: io.BufferedIOBase, length: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Read `length` bytes of `dtype` into a 1-d array: pixels (floats) as uint8, labels (ints) as ints."""
    count, left_over = divmod(length, dtype.itemsize)
    pixels = dtype.kind == "f"
    if left_over:
        raise ValueError(f"it gives {length} bytes for an array of {dtype}")
    numbers = np.empty(count, dtype=np.uint8 if pixels else dtype)
    piece = np.empty(PIECE // dtype.itemsize, dtype=dtype)
    for start in range(0, count, len(piece)):
        part = piece[: count - start]
        fill(stream, memoryview(part.view(np.uint8)))
        numbers[start : start + len(part)] = _as_bytes(part) if pixels else part
    return numbers


class _Tuple(tuple[Any, ...]):
    """A tuple that knows how deep tuples nest in it, so that none is walked through that never ends."""

    depth: int

    @classmethod
    def of(cls, items: list[Any]) -> _Tuple:
        made = cls(items)
        made.depth = 1 + max((item.depth for item in items if isinstance(item, _Tuple)), default=0)
        if made.depth > DEEPEST:
            raise ValueError(f"its tuples nest more than {DEEPEST} deep")
        return made


class _Dtype:
    """A NumPy dtype. The file gives its name first, and its byte order as a state afterwards."""

    def __init__(self, name: bytes, *flags: int) -> None:
        if not re.fullmatch(rb"f[48]|[iu][1248]", name):
            raise ValueError(f"it names a dtype {name!r:.40}")
        self.dtype = np.dtype(name.decode())

    def build(self, state: _Tuple) -> None:
        if len(state) < 5 or not isinstance(state[1], bytes) or state[1] not in (b"<", b">", b"|", b"="):
            raise ValueError("it gives a dtype a state that NumPy does not write")
        if any(field is not None for field in state[2:5]):
            raise ValueError("it names a dtype with fields")
        self.dtype = self.dtype.newbyteorder(state[1].decode())  # type: ignore[arg-type]


class _Array:
    """A NumPy array. The file creates it empty, and gives shape, dtype and numbers as a state afterwards."""

    def __init__(self) -> None:
        self.values: NDArray[Any] = np.empty(0, np.int64)
        self.pixels = False  # floats in the file, bytes here

    def build(self, state: _Tuple) -> None:
        if len(state) != 5:
            raise ValueError("it gives an array a state that NumPy does not write")
        _, shape, dtype, in_columns, numbers = state
        if not (isinstance(shape, _Tuple) and len(shape) < 4 and all(type(side) is int for side in shape)):
            raise ValueError("it gives a shape that is not up to three ints")
        if not isinstance(dtype, _Dtype) or not isinstance(numbers, bytes | io.BytesIO | np.ndarray):
            raise ValueError("it gives an array of other things than numbers")
        if isinstance(numbers, bytes):
            numbers = io.BytesIO(numbers)
        if isinstance(numbers, io.BytesIO):
            with numbers as stream:
                numbers = _read_numbers(stream, stream.getbuffer().nbytes, dtype.dtype)
        if min(shape, default=1) < 0 or len(numbers) != math.prod(shape):
            raise ValueError(f"it gives {len(numbers)} numbers for an array of another shape")
        self.pixels = dtype.dtype.kind == "f"
        self.values = numbers.reshape(shape, order="F" if in_columns is True else "C")


class _Class:
    """The class ndarray, which is only passed to `_reconstruct`."""


def _reconstruct(of: _Class, shape: _Tuple, letter: bytes) -> _Array:
    return _Array()


def _from_buffer(numbers: bytes | io.BytesIO, dtype: _Dtype, shape: _Tuple, order: bytes) -> _Array:
    array = _Array()
    array.build(_Tuple.of([1, shape, dtype, order == b"F", numbers]))
    return array


def _encode(text: bytes | io.BytesIO, encoding: bytes) -> bytes | io.BytesIO:
    """Return the text as it is. Python 3 writes bytes for Python 2 as a text to be encoded, and
    `_Machine.text` has encoded it already."""
    return text


class _Function(NamedTuple):
    """A function that the file may call, and the types of the arguments that it may call it with."""

    make: Callable[..., Any]
    takes: tuple[type | tuple[type, ...], ...]


STRING = (bytes, io.BytesIO)
NAMES: dict[bytes, Any] = {  # what the file may name
    b"numpy.core.multiarray _reconstruct": _Function(_reconstruct, (_Class, _Tuple, bytes)),
    b"numpy.core.numeric _frombuffer": _Function(
        _from_buffer, ((*STRING, np.ndarray), _Dtype, _Tuple, bytes)
    ),
    b"numpy dtype": _Function(_Dtype, (bytes, int, int)),
    b"numpy ndarray": _Class(),
    b"_codecs encode": _Function(_encode, (STRING, bytes)),
}


class _Machine:
    """A machine with a stack, the marks where tuples begin in it, and a memo of objects to use again."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self.stream = stream
        self.bytes_left = MOST_BYTES
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def take(self, length: int) -> int:
        """Count `length` bytes more, and return `length` if the file may have that many."""
        self.bytes_left -= length
        if self.bytes_left < 0:
            raise ValueError(f"it unpacks to more than {MOST_BYTES} bytes")
        return length

    def read(self, length: int) -> bytes:
        data = self.stream.read(self.take(length))
        if len(data) < length:
            raise EOFError("it ends early")
        return data

    def line(self) -> bytes:
        line = self.stream.readline(self.take(100))
        if not line.endswith(b"\n"):
            raise ValueError("it has a line without end")
        return line[:-1]

    def number(self, size: int, signed: bool = False) -> int:
        return int.from_bytes(self.read(size), "little", signed=signed)

    def string(self, length: int) -> bytes | io.BytesIO | NDArray[Any]:
        """Read a string: a name, or the numbers of an array.

        Numbers come as an array if their dtype is on the stack already, otherwise as a stream. A stream is
        read once and closed, so no file can fill more memory from a string than the string has bytes.
        """
        if length <= LONGEST_NAME:
            return self.read(length)
        self.take(length)
        if len(self.stack) > 1 and isinstance(self.stack[-2], _Dtype):
            return _read_numbers(self.stream, length, self.stack[-2].dtype)
        return self.hold(length, bytes)

    def text(self, length: int) -> bytes | io.BytesIO:
        """Read a string that the file holds as UTF-8, in which each character 0 to 255 stands for a byte."""
        if length <= LONGEST_NAME:
            return self.read(length).decode().encode("latin1")
        self.take(length)
        decoder = codecs.getincrementaldecoder("utf-8")()
        return self.hold(length, lambda piece: decoder.decode(piece).encode("latin1"))

    def hold(self, length: int, convert: Callable[[bytes], bytes]) -> io.BytesIO:
        """Read the next `length` bytes into a stream, converted piece by piece."""
        held = io.BytesIO()
        while length:
            piece = self.stream.read(min(PIECE, length))
            if not piece:
                raise EOFError("it ends early")
            held.write(convert(piece))
            length -= len(piece)
        held.seek(0)
        return held

    def pop(self, count: int) -> list[Any]:
        if count > len(self.stack):
            raise IndexError("it takes more from the stack than there is")
        items = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return items

    def pop_to_mark(self) -> list[Any]:
        if not self.marks:
            raise IndexError("it has an end of a tuple without a beginning")
        return self.pop(max(0, len(self.stack) - self.marks.pop()))

    def top(self) -> Any:
        if not self.stack:
            raise IndexError("it takes more from the stack than there is")
        return self.stack[-1]

    def remembered(self, number: int) -> Any:
        if number not in self.memo:
            raise LookupError("it uses an object that it has not made")
        return self.memo[number]

    def call(self) -> Any:
        """Call a function of `NAMES`, if that is what stands on the stack, with arguments that it takes."""
        function, arguments = self.pop(2)
        if not isinstance(function, _Function) or not isinstance(arguments, _Tuple):
            raise ValueError("it calls something that is not a function")
        if len(arguments) != len(function.takes) or not all(map(isinstance, arguments, function.takes)):
            raise ValueError("it calls a function with arguments that NumPy does not give it")
        return function.make(*arguments)

    def build(self) -> None:
        """Give a state to an array or a dtype."""
        (state,), built = self.pop(1), self.top()
        if not isinstance(built, _Array | _Dtype) or not isinstance(state, _Tuple):
            raise ValueError("it gives a state to something that has none")
        built.build(state)

    def run(self) -> Any:
        """Execute the instructions, and return what the pickle holds."""
        push = self.stack.append
        for _ in range(MOST_INSTRUCTIONS):
            match self.read(1):
                case pickle.PROTO:
                    self.read(1)
                case pickle.FRAME:
                    self.read(8)
                case pickle.MARK:
                    self.marks.append(len(self.stack))
                case pickle.STOP:
                    return self.pop(1)[0]
                case pickle.NONE:
                    push(None)
                case pickle.NEWTRUE:
                    push(True)
                case pickle.NEWFALSE:
                    push(False)
                case pickle.INT:
                    push(int(self.line()))
                case pickle.BININT:
                    push(self.number(4, signed=True))
                case pickle.BININT1:
                    push(self.number(1))
                case pickle.BININT2:
                    push(self.number(2))
                case pickle.LONG1:
                    push(self.number(self.number(1), signed=True))
                case pickle.SHORT_BINSTRING | pickle.SHORT_BINBYTES:
                    push(self.string(self.number(1)))
                case pickle.BINSTRING | pickle.BINBYTES:
                    push(self.string(self.number(4)))
                case pickle.BINBYTES8 | pickle.BYTEARRAY8:
                    push(self.string(self.number(8)))
                case pickle.SHORT_BINUNICODE:
                    push(self.text(self.number(1)))
                case pickle.BINUNICODE:
                    push(self.text(self.number(4)))
                case pickle.EMPTY_TUPLE:
                    push(_Tuple.of([]))
                case pickle.TUPLE1:
                    push(_Tuple.of(self.pop(1)))
                case pickle.TUPLE2:
                    push(_Tuple.of(self.pop(2)))
                case pickle.TUPLE3:
                    push(_Tuple.of(self.pop(3)))
                case pickle.TUPLE:
                    push(_Tuple.of(self.pop_to_mark()))
                case pickle.GLOBAL:
                    self.name(self.line(), self.line())
                case pickle.STACK_GLOBAL:
                    self.name(*self.pop(2))
                case pickle.REDUCE:
                    push(self.call())
                case pickle.BUILD:
                    self.build()
                case pickle.BINPUT:
                    self.memo[self.number(1)] = self.top()
                case pickle.LONG_BINPUT:
                    self.memo[self.number(4)] = self.top()
                case pickle.MEMOIZE:
                    self.memo[len(self.memo)] = self.top()
                case pickle.BINGET:
                    push(self.remembered(self.number(1)))
                case pickle.LONG_BINGET:
                    push(self.remembered(self.number(4)))
                case instruction:
                    raise ValueError(f"it has an instruction {instruction!r}, which that file does not need")
        raise ValueError(f"it has more than {MOST_INSTRUCTIONS} instructions")

    def name(self, module: Any, name: Any) -> None:
        if not isinstance(module, bytes) or not isinstance(name, bytes):
            raise ValueError("it names something by other things than strings")
        full = module.replace(b"numpy._core", b"numpy.core") + b" " + name  # renamed in NumPy 2
        if full not in NAMES:
            raise ValueError(f"it names {full.decode('latin1'):.80}, which that file does not need")
        self.stack.append(NAMES[full])
