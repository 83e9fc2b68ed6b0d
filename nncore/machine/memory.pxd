"""Memory in whole cache lines, and functions of plain rows of numbers."""
from libc.stdint cimport uintptr_t

from nncore.machine.simd cimport LANES, WIDTH, load, real, splat, store

cdef extern from "nncore/machine/memory.h" nogil:
    unsigned long long checksum_of(const unsigned char* bytes, Py_ssize_t n)
    void* allocate_large(size_t bytes)          # memory for much data, in huge pages if it can be; free it by `free`

cdef enum:
    CACHE_LINE = 64                 # bytes
    L1_CACHE = 49152                # bytes of the first-level cache that a kernel may fill

ctypedef fused number:              # the type of an example's inputs
    real
    unsigned char

cdef inline Py_ssize_t padded(Py_ssize_t n) noexcept nogil:
    """Return n rounded up to whole cache lines of LANES reals: rows of this length all start at a cache line."""
    return (n + LANES - 1) // LANES * LANES

cdef inline Py_ssize_t whole_registers(Py_ssize_t n) noexcept nogil:
    """Return n rounded up to whole registers: what is computed of a row of n reals; the rest of its padding stays 0."""
    return (n + WIDTH - 1) // WIDTH * WIDTH

cdef inline real* aligned(void* memory) noexcept nogil:
    """Return the first address at or behind `memory` at which a cache line starts."""
    return <real*>((<uintptr_t>memory + CACHE_LINE - 1) // CACHE_LINE * CACHE_LINE)

cdef inline real* offset(real* vector, Py_ssize_t n) noexcept nogil:
    """Return the address of vector[n]; NULL stays NULL."""
    return NULL if vector == NULL else vector + n

cdef inline Py_ssize_t count_nonzero(const real* x, Py_ssize_t n) noexcept nogil:
    """Count the values of x (n,) that are not zero."""
    cdef Py_ssize_t i, count = 0
    for i in range(n):
        count += x[i] != 0
    return count

cdef inline void bytes_to_reals(const unsigned char* bytes, Py_ssize_t n, real scale, real* out) noexcept nogil:
    """Write scale * bytes (n,) into out (n,)."""
    cdef Py_ssize_t i
    for i in range(n):
        out[i] = scale * <real>(<int>bytes[i])

cdef inline void multiply(const real* vector, real factor, real* product, Py_ssize_t n) noexcept nogil:
    """Write factor * vector (n,) into product (n,), which may be vector; n is a multiple of WIDTH."""
    cdef Py_ssize_t i = 0
    if factor == 1 and product == vector:
        return
    while i < n:
        store(product + i, splat(factor) * load(vector + i))
        i += WIDTH
