"""Activation functions, a register at a time, and their derivatives in terms of a (the book's chapters 1, 3 and 6).

  sigmoid  a = 1 / (1 + exp(-z))            sigma'(z) = a (1 - a)
  tanh     a = (e^z - e^-z) / (e^z + e^-z)  sigma'(z) = 1 - a^2
  relu     a = max(0, z)                    sigma'(z) = 1 where a > 0, else 0
  linear   a = z                            sigma'(z) = 1
  softmax  a_j = exp(z_j) / sum_k exp(z_k)  only as output layer, where BP1 needs no sigma' (costs.pxd)

exp is range reduction and its own Taylor series: x = n log(2) + r with |r| <= log(2)/2, and e^x = 2^n e^r. log1p, which costs need,
is range reduction and the series of artanh. A series stops where the next term is below half the last bit. Every function is
written so that nothing overflows.
m examples, n neurons; z becomes a in place.
"""
from nncore.equations.product cimport Matrix, as_one_row
from nncore.machine.simd cimport WIDTH, load, muladd, real, splat, store, vec, where_less, where_negative

cdef extern from "nncore/equations/activations.h" nogil:
    enum:
        EXP_TERMS
        LOG_TERMS
    const real EXP_LIMIT
    const real ROUND_TO_INTEGER         # adding it leaves the nearest integer in the low bits
    const real LN2_HIGH
    const real LN2_LOW
    const real INVERSE_FACTORIAL[14]    # 1/k!
    const real INVERSE_ODD[16]          # 1/(2k + 1)
    vec power_of_two(vec rounded)       # 2^n of an integer n, plus ROUND_TO_INTEGER
    vec rounded_exponent(vec x)         # of x = 2^n (1 + f), 0 <= f < 1: n plus ROUND_TO_INTEGER

cdef enum Activation:
    SIGMOID
    TANH
    RELU
    LINEAR
    SOFTMAX

cdef inline vec exp_reduced(vec x, vec* power) noexcept nogil:
    """p and power such that e^x = power * (1 + p), with p accurate even where it is tiny. |x| is cut at EXP_LIMIT."""
    cdef vec rounded, n, r, p
    cdef int k
    x = where_less(x, splat(-EXP_LIMIT), splat(-EXP_LIMIT), x)
    x = where_less(splat(EXP_LIMIT), x, splat(EXP_LIMIT), x)
    rounded = muladd(x, splat(<real>1.4426950408889634), splat(ROUND_TO_INTEGER))   # x / log(2): n in the low bits
    n = rounded - splat(ROUND_TO_INTEGER)
    r = muladd(n, splat(-LN2_HIGH), x)                                              # r = x - n log(2), in two steps
    r = muladd(n, splat(-LN2_LOW), r)
    p = splat(INVERSE_FACTORIAL[EXP_TERMS])
    for k in range(EXP_TERMS - 1, 0, -1):                                           # p = r + r^2/2! + r^3/3! + ...
        p = muladd(p, r, splat(INVERSE_FACTORIAL[k]))
    power[0] = power_of_two(rounded)
    return p * r

cdef inline vec exp(vec x) noexcept nogil:
    cdef vec power
    cdef vec p = exp_reduced(x, &power)
    return muladd(power, p, power)

cdef inline vec exp_minus_one(vec x) noexcept nogil:
    cdef vec power
    cdef vec p = exp_reduced(x, &power)
    return muladd(power, p, power - splat(1))

cdef inline vec log1p(vec x) noexcept nogil:
    """log(1 + x) for x >= 0, accurate near 0 too; a NaN stays one.

    1 + x = 2^n (1 + f), and log(1 + f) = 2 artanh(s) = 2 (s + s^3/3 + s^5/5 + ...) with s = f / (2 + f), which is at most 1/3. For
    x < 1 n is 0, and f is x without rounding. The relative error is at most 4 units of the last place: artanh's series and f
    contribute one each, s, its square and their product with the series less than two.
    """
    cdef vec rounded = rounded_exponent(x + splat(1)), n = rounded - splat(ROUND_TO_INTEGER)
    cdef vec scale = power_of_two(splat(ROUND_TO_INTEGER) - n)                      # 2^-n
    cdef vec f = muladd(x, scale, scale - splat(1))                                 # (1 + x) 2^-n - 1
    cdef vec s = f / (f + splat(2)), square = s * s, p = splat(INVERSE_ODD[LOG_TERMS - 1])
    cdef int k
    for k in range(LOG_TERMS - 2, 0, -1):                                           # p = 1/3 + s^2/5 + s^4/7 + ...
        p = muladd(p, square, splat(INVERSE_ODD[k]))
    s = s + s
    return muladd(n, splat(LN2_HIGH), muladd(n, splat(LN2_LOW), muladd(s, square * p, s)))

cdef inline vec sigmoid(vec z) noexcept nogil:
    """1 / (1 + e^-z), by e^-|z| which is never above 1."""
    cdef vec e = exp(where_negative(z, z, -z))
    return where_negative(z, e, splat(1)) / (e + splat(1))

cdef inline vec tanh(vec z) noexcept nogil:
    """With e = e^(-2|z|) - 1: tanh |z| = -e / (e + 2), accurate near 0 too."""
    cdef vec e = exp_minus_one(splat(2) * where_negative(z, z, -z))
    cdef vec a = -e / (e + splat(2))
    return where_negative(z, -a, a)

cdef inline vec relu(vec z) noexcept nogil:
    return where_negative(z, splat(0), z)

cdef inline void softmax(real* z, Py_ssize_t n, Py_ssize_t stride) noexcept nogil:
    """z -> a = softmax(z), one row (stride,). The largest z is subtracted first, which changes no ratio; the padding becomes 0."""
    cdef Py_ssize_t j
    cdef real largest = z[0], total = 0
    for j in range(1, n):
        if z[j] > largest or z[j] != z[j]:          # a NaN must show, not vanish
            largest = z[j]
    j = 0
    while j < stride:
        store(z + j, exp(load(z + j) - splat(largest)))
        j += WIDTH
    for j in range(n):
        total += z[j]
    j = 0
    while j < stride:
        store(z + j, load(z + j) / splat(total))
        j += WIDTH
    for j in range(n, stride):
        z[j] = 0

cdef inline void activate_row(Activation activation, real* z, Py_ssize_t n) noexcept nogil:
    """z (n,) -> a = sigma(z), in place; n is rounded up to whole registers. Softmax is not among them."""
    cdef Py_ssize_t j = 0
    if activation == SIGMOID:
        while j < n:
            store(z + j, sigmoid(load(z + j)))
            j += WIDTH
    elif activation == TANH:
        while j < n:
            store(z + j, tanh(load(z + j)))
            j += WIDTH
    elif activation == RELU:
        while j < n:
            store(z + j, relu(load(z + j)))
            j += WIDTH

cdef inline void activate(Activation activation, Matrix z) noexcept nogil:
    """z (m, n) -> a = sigma(z), in place, up to the next whole register of a row; softmax takes whole rows with their padding."""
    cdef Py_ssize_t i
    if activation != SOFTMAX:
        z = as_one_row(z)
    for i in range(z.rows):
        if activation == SOFTMAX:
            softmax(z.x + i * z.row, z.columns, z.row)
        else:
            activate_row(activation, z.x + i * z.row, z.columns)

cdef inline vec sigma_prime_from_a(Activation activation, vec a) noexcept nogil:
    """sigma'(z), from a = sigma(z)."""
    if activation == SIGMOID:
        return a * (splat(1) - a)
    if activation == TANH:
        return splat(1) - a * a
    if activation == RELU:
        return where_less(splat(0), a, splat(1), splat(0))
    return splat(1)

cdef inline void times_sigma_prime(Activation activation, Matrix a, Matrix delta) noexcept nogil:
    """The end of BP2: delta *= sigma'(z), from a; both (m, n), with columns in whole registers."""
    cdef Py_ssize_t i, j
    if activation == LINEAR:
        return
    if a.row == delta.row:
        a, delta = as_one_row(a), as_one_row(delta)
    for i in range(delta.rows):
        j = 0
        while j < delta.columns:
            store(delta.x + i * delta.row + j,
                  load(delta.x + i * delta.row + j) * sigma_prime_from_a(activation, load(a.x + i * a.row + j)))
            j += WIDTH
