"""The speed that the machine can reach: bench/peak.py measures the kernels against it."""
from nncore.machine.simd cimport WIDTH, load, muladd, real, splat, store, vec

cdef enum:
    CHAINS = 12                     # independent muladds in flight: more than latency times units of any CPU so far

cdef inline real muladds(Py_ssize_t rounds) noexcept nogil:
    """Do CHAINS muladds of registers, `rounds` times, as fast as the CPU can; return a lane of their sum: all must be done."""
    cdef vec x0 = splat(0), x1 = splat(1), x2 = splat(2), x3 = splat(3), x4 = splat(4), x5 = splat(5)    # all different: else
    cdef vec x6 = splat(6), x7 = splat(7), x8 = splat(8), x9 = splat(9), x10 = splat(10), x11 = splat(11)  # compilers merge them
    cdef vec a = splat(<real>0.999), b = splat(<real>0.001)
    cdef Py_ssize_t _
    cdef real lanes[64]
    for _ in range(rounds):
        x0, x1, x2, x3 = muladd(x0, a, b), muladd(x1, a, b), muladd(x2, a, b), muladd(x3, a, b)
        x4, x5, x6, x7 = muladd(x4, a, b), muladd(x5, a, b), muladd(x6, a, b), muladd(x7, a, b)
        x8, x9, x10, x11 = muladd(x8, a, b), muladd(x9, a, b), muladd(x10, a, b), muladd(x11, a, b)
    store(lanes, x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10 + x11)
    return lanes[0]

cdef inline void scaled_sum(const real* a, const real* b, real* c, Py_ssize_t n) noexcept nogil:
    """a (n,), b (n,) -> c (n,) = a + 0.5 b: two streams are read, one is written."""
    cdef Py_ssize_t i = 0
    while i < n:
        store(c + i, muladd(splat(<real>0.5), load(b + i), load(a + i)))
        i += WIDTH
