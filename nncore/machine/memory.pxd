"""Memory in whole cache lines, and functions of plain rows of numbers."""
from libc.stdint cimport uintptr_t

from nncore.machine.simd cimport LANES, WIDTH, load, real, splat, store

cdef enum:
    L1_CACHE = 49152                # bytes of the first-level cache that a kernel may fill

ctypedef fused number:              # the type of an example's inputs
    real
    unsigned char

cdef inline Py_ssize_t padded(Py_ssize_t n) noexcept nogil:
    """n rounded up to whole cache lines of LANES reals: rows of this length all start on a multiple of 64 bytes."""
    return (n + LANES - 1) // LANES * LANES

cdef inline real* aligned(void* memory) noexcept nogil:
    """The first address at or behind `memory` at which a cache line starts."""
    return <real*>((<uintptr_t>memory + 63) // 64 * 64)

cdef inline real* offset(real* vector, Py_ssize_t n) noexcept nogil:
    """The address of vector[n]; NULL stays NULL."""
    return NULL if vector == NULL else vector + n

cdef inline Py_ssize_t count_nonzero(const number* x, Py_ssize_t n) noexcept nogil:
    """The number of values of x (n,) that are not zero."""
    cdef Py_ssize_t i, count = 0
    for i in range(n):
        count += x[i] != 0
    return count

cdef inline void bytes_to_reals(const unsigned char* bytes, Py_ssize_t n, real scale, real* out) noexcept nogil:
    """bytes (n,) -> out (n,) = scale * bytes."""
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = scale * <real>(<int>bytes[i])

cdef inline void multiply(const real* vector, real factor, real* product, Py_ssize_t n) noexcept nogil:
    """vector (n,) -> product (n,) = factor * vector; product may be vector; n is a multiple of WIDTH."""
    cdef Py_ssize_t i = 0
    if factor == 1 and product == vector:
        return
    while i < n:
        store(product + i, splat(factor) * load(vector + i))
        i += WIDTH
