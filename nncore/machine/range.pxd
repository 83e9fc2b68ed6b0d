"""What numbers a row holds: their range, the sum of their squares, and whether all are finite."""
from nncore.machine.simd cimport LANES, WIDTH, load, muladd, real, splat, store, vec, where_less

cdef enum:
    SUMMED_TOGETHER = 64            # registers of squares that are summed in reals; the sums of these are summed in doubles

cdef struct Range:
    real low
    real high
    double squares                  # the sum of the squares: not finite if a number is not, or if the sum is too large

cdef inline double sum_of(vec numbers) noexcept nogil:
    """The sum of the lanes of a register."""
    cdef real lanes[LANES]
    cdef double total = 0
    cdef Py_ssize_t j
    store(lanes, numbers)
    for j in range(WIDTH):
        total += lanes[j]
    return total

cdef inline void widen(Range* found, real number) noexcept nogil:
    """Let the range include one more number."""
    found.low = min(found.low, number)
    found.high = max(found.high, number)

cdef inline Range range_of(const real* x, Py_ssize_t n) noexcept nogil:
    """The range of x (n,), n at least 1, and the sum of its squares."""
    cdef Range found = Range(x[0], x[0], 0)
    cdef vec low[2]
    cdef vec high[2]
    cdef vec squares[2]
    cdef vec some
    cdef real lanes[LANES]
    cdef Py_ssize_t i = 0, j, k, end, whole = n // (2 * WIDTH) * (2 * WIDTH)
    low[0] = low[1] = high[0] = high[1] = splat(x[0])
    while i < whole:
        end = min(whole, i + <Py_ssize_t>SUMMED_TOGETHER * WIDTH)
        squares[0] = squares[1] = splat(0)
        while i < end:
            for j in range(2):
                some = load(x + i + j * WIDTH)
                low[j] = where_less(some, low[j], some, low[j])
                high[j] = where_less(high[j], some, some, high[j])
                squares[j] = muladd(some, some, squares[j])
            i += 2 * WIDTH
        found.squares += sum_of(squares[0] + squares[1])
    for j in range(2):
        store(lanes, low[j])
        for k in range(WIDTH):
            widen(&found, lanes[k])
        store(lanes, high[j])
        for k in range(WIDTH):
            widen(&found, lanes[k])
    for i in range(whole, n):
        widen(&found, x[i])
        found.squares += <double>x[i] * x[i]
    return found

cdef inline bint all_finite(const real* x, Py_ssize_t n) noexcept nogil:
    """Whether all numbers of x (n,) are finite: only then is each times 0 a zero."""
    cdef vec zeros[4]                                       # several, as each sum must wait for its last addition
    cdef real rest = 0
    cdef Py_ssize_t i = 0, j
    zeros[0] = zeros[1] = zeros[2] = zeros[3] = splat(0)
    while i + 4 * WIDTH <= n:
        for j in range(4):
            zeros[j] = muladd(load(x + i + j * WIDTH), splat(0), zeros[j])
        i += 4 * WIDTH
    for i in range(i, n):
        rest += x[i] * 0
    return sum_of(zeros[0] + zeros[1] + zeros[2] + zeros[3]) + rest == 0
