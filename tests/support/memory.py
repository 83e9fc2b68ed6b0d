"""Memory that shows when a kernel writes, or reads, outside the arrays that it was given."""

import ctypes
import mmap

import numpy as np


class Guarded:
    """A copy of an array between two margins that nobody may write to: `intact` says whether they are
    unchanged.

    The margins hold NaN, read as reals, and -1, read as whole numbers: a kernel that reads them shows it in
    its results.
    """

    def __init__(self, array, margin=192):
        array = np.ascontiguousarray(array)
        self.memory = np.full(array.nbytes + 2 * margin, 0xFF, np.uint8)
        self.margin = margin
        self.array = self.memory[margin : margin + array.nbytes].view(array.dtype).reshape(array.shape)
        self.array[...] = array

    def intact(self):
        margins = self.memory[: self.margin], self.memory[-self.margin :]
        return all((margin == 0xFF).all() for margin in margins)


class FencedPages:
    """Copies of arrays in pages of their own, between two pages that the operating system closes.

    A read outside an array ends the process, so this is for a process of its own. An array stands at the end
    of its pages (`at_end`) or at their start. `count` says how many arrays were made. Linux only.
    """

    def __init__(self):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        self.kept = []

    @property
    def count(self):
        return len(self.kept)

    def copy(self, array, at_end):
        page = mmap.PAGESIZE
        inside = -(-array.nbytes // page) * page
        memory = mmap.mmap(-1, inside + 2 * page)
        self.kept.append(memory)
        first = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        for fence in (first, first + page + inside):
            if self.libc.mprotect(fence, page, 0):
                raise OSError(ctypes.get_errno(), "mprotect")
        start = page + (inside - array.nbytes if at_end else 0)
        new = np.frombuffer(memory, array.dtype, array.size, start).reshape(array.shape)
        new[...] = array
        return new


def in_other_memory(X):
    """The numbers of the matrix X in every form that memory may have: {name: array or lists}."""
    rows, columns = X.shape
    wide = np.full((rows, 3 * columns), np.nan, X.dtype)
    wide[:, ::3] = X
    tall = np.full((2 * rows, columns), np.nan, X.dtype)
    tall[::2] = X
    return {
        "columns apart": wide[:, ::3],
        "rows apart": tall[::2],
        "backwards": X[::-1, ::-1].copy()[::-1, ::-1],
        "Fortran": np.asfortranarray(X),
        "read-only": read_only(X),
        "not aligned": unaligned(X),
        "the other byte order": X.astype(X.dtype.newbyteorder()),
        "lists": X.tolist(),
    }


def read_only(array):
    """A copy that cannot be written to."""
    array = array.copy()
    array.flags.writeable = False
    return array


def unaligned(array):
    """A copy at an odd address."""
    copy = np.zeros(array.nbytes + 1, np.uint8)[1:].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy
