"""Make faults on purpose, which the sanitizers must report: .ci/sanitize trusts their silence only then.

python .ci/faults.py memory       evaluates a network whose parameters end before the network does
python .ci/faults.py undefined    multiplies a number until it is too large for its type
python .ci/faults.py race         lets two threads train the same parameters at the same time
"""

import ctypes
import sys
import threading

import numpy as np

from nncore import targets

KERNELS = targets.kernels("float32")


def network():
    """A program of 144 inputs, 30 hidden neurons and 10 outputs, and 2,000 examples."""
    program = KERNELS.Program(144, "cross-entropy")
    program.add_dense(30)
    program.add_dense(10)
    program.complete()
    inputs = np.random.default_rng(0).random((2000, 144), np.float32)
    return program, KERNELS.Data(None, inputs, np.arange(2000, dtype=np.intp) % 10)


def memory():
    program, data = network()
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    short = libc.malloc(4 * program.size - 64)  # the last biases lie behind it, where the sanitizer looks
    parameters = np.ctypeslib.as_array(ctypes.cast(short, ctypes.POINTER(ctypes.c_float)), (program.size,))
    KERNELS.evaluate(program, parameters, data)


def undefined():
    KERNELS.peak(-(1 << 62))  # no rounds, but their operations are counted


def race():
    program, data = network()
    parameters, order = np.zeros(program.size, np.float32), np.arange(2000, dtype=np.intp)
    arguments = (program, parameters, data, order, 10, KERNELS.Rule("sgd", eta=0.01))
    threads = [threading.Thread(target=KERNELS.train, args=arguments) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    {"memory": memory, "undefined": undefined, "race": race}[sys.argv[1]]()
