"""Memory in whole cache lines: every row and every part of a buffer starts on a multiple of 64 bytes."""
from libc.stdint cimport uintptr_t

from nncore.machine.simd cimport LANES, real

cdef enum:
    L1_CACHE = 49152                # bytes of the first-level cache that a kernel may fill

cdef inline Py_ssize_t padded(Py_ssize_t n) noexcept nogil:
    """n reals in whole cache lines."""
    return (n + LANES - 1) // LANES * LANES

cdef inline real* aligned(void* memory) noexcept nogil:
    """The first address of a whole cache line at or behind `memory`."""
    return <real*>((<uintptr_t>memory + 63) // 64 * 64)
