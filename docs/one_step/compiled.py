"""Compile one_step.c with the system's C compiler, and call it with NumPy arrays.

The weights lie as the core keeps them: input-major, `w[k][j]`, each row padded to whole registers. `Compiled`
copies a network into that form, takes its steps there and hands the parameters back.
"""

import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from nncore import targets

FOLDER = Path(__file__).parent
M, INPUTS, HIDDEN, OUTPUTS, H, O = 10, 784, 30, 10, 32, 16  # as in registers.h


def compiler():
    """The path of the system's C compiler, or None."""
    return next(filter(None, map(shutil.which, (os.environ.get("CC", "cc"), "gcc", "clang"))), None)


@functools.cache
def library(avx2=None):
    """The compiled one_step.c. With `avx2` it uses AVX2 and FMA, by default where the CPU has them."""
    if avx2 is None:
        avx2 = "avx2" in targets.targets_supported()
    flags = ["-mavx2", "-mfma"] if avx2 else []
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "one_step.so"
        command = [compiler(), "-O3", "-shared", "-fPIC", "-pthread", "-Wno-psabi", *flags]
        subprocess.run(
            [*command, str(FOLDER / "one_step.c"), "-o", str(built)], check=True, capture_output=True
        )
        lib = ctypes.CDLL(str(built))
    lib.multiply_adds.restype = ctypes.c_float
    lib.multiply_adds.argtypes = [ctypes.c_long]
    return lib


def aligned(*shape):
    """A float32 array of zeros that begins at a multiple of 64 bytes."""
    n = int(np.prod(shape))
    memory = np.zeros(4 * n + 64, np.uint8)
    first = -memory.ctypes.data % 64
    return memory[first : first + 4 * n].view(np.float32).reshape(shape)


def pointer(array):
    return ctypes.c_void_p(array.ctypes.data)


class Compiled:
    """A network and its training examples, as one_step.c reads them.

    The network is w1 (30, 784), b1 (30,), w2 (10, 30), b2 (10,). The examples are X (n, 784), Y (n, 10),
    and n is a multiple of 10.
    """

    def __init__(self, w1, b1, w2, b2, X, Y, avx2=None):
        self.lib = library(avx2)
        self.memory = aligned((INPUTS + 1) * H + (HIDDEN + 1) * O)  # the struct Network of registers.h
        layer_1, layer_2 = np.split(self.memory, [(INPUTS + 1) * H])
        self.w1, self.b1 = np.split(layer_1.reshape(INPUTS + 1, H), [INPUTS])
        self.w2, self.b2 = np.split(layer_2.reshape(HIDDEN + 1, O), [HIDDEN])
        self.w1[:, :HIDDEN], self.b1[:, :HIDDEN] = w1.T, b1
        self.w2[:, :OUTPUTS], self.b2[:, :OUTPUTS] = w2.T, b2
        self.steps = len(X) // M
        self.X, self.Y = aligned(len(X), INPUTS), aligned(len(X), O)
        self.X[:], self.Y[:, :OUTPUTS] = X, Y
        rows, columns = np.nonzero(X)  # the entries of each example's non-zero inputs, example after example
        self.start = np.searchsorted(rows, np.arange(len(X) + 1)).astype(np.int32)
        self.index, self.value = columns.astype(np.uint16), self.X[rows, columns]

    def train(self, version, eta):
        """One step for each mini-batch by `version`: "tiles", "nonzero" or "two_cores"."""
        inputs = (self.X,) if version == "tiles" else (self.start, self.index, self.value)
        arrays = [pointer(array) for array in (self.memory, *inputs, self.Y)]
        started = getattr(self.lib, f"train_{version}")(
            *arrays, ctypes.c_long(self.steps), ctypes.c_float(eta)
        )
        if version == "two_cores" and not started:
            raise OSError("the second thread could not be started")

    def parameters(self):
        """Copies of w1, b1, w2, b2, in the shapes in which they were given."""
        arrays = self.w1[:, :HIDDEN].T, self.b1[0, :HIDDEN], self.w2[:, :OUTPUTS].T, self.b2[0, :OUTPUTS]
        return tuple(array.copy() for array in arrays)
