"""Cost functions: the value, and the error of the output layer (BP1; chapter 3 for cross-entropy and log-likelihood).

  quadratic       C = |a - y|^2 / 2                             delta = (a - y) * sigma'(z)
  cross-entropy   C = -sum_j [y_j ln a_j + (1-y_j) ln(1-a_j)]   delta = a - y      (sigmoid output)
  log-likelihood  C = -sum_j y_j ln a_j                         delta = a - y      (softmax output)

The last two values are computed from z, where no logarithm of 0 can come up (the book's nan_to_num gives 1.8e308 there):
  cross-entropy   max(z_j, 0) - y_j z_j + ln(1 + e^-|z_j|), summed over j
  log-likelihood  sum_j y_j (ln(sum_k e^z_k) - z_j)          (for y that sums to 1), the largest z taken out of both
Exponentials and logarithms are computed in registers, and summed in float64.

A matrix has a row for each of m examples; its rows are n outputs and their padding, in whole registers.
"""
from libc.math cimport fmax

from nncore.equations.activations cimport Activation, exp, log1p, sigma_prime_from_a
from nncore.equations.product cimport Matrix
from nncore.machine.memory cimport multiply, padded
from nncore.machine.simd cimport WIDTH, load, real, splat, store, vec, where_negative

cdef enum Cost:
    QUADRATIC
    CROSS_ENTROPY
    LOG_LIKELIHOOD

cdef enum:
    NEAR = 1024                     # z is near another z if they differ by at most 1/NEAR: farther, e^z differs by a thousandth

cdef inline void output_delta(Cost cost, Activation activation, Matrix a, Matrix y, Matrix delta) noexcept nogil:
    """BP1. a, y (m, n) -> delta (m, n), its padding 0. All three have rows of one length."""
    cdef Py_ssize_t i = 0, j
    cdef vec error
    while i < a.rows * a.row:
        error = load(a.x + i) - load(y.x + i)                                   # delta = a - y
        if cost == QUADRATIC:
            error = error * sigma_prime_from_a(activation, load(a.x + i))       # delta = (a - y) * sigma'(z)
        store(delta.x + i, error)
        i += WIDTH
    for i in range(delta.rows):
        for j in range(delta.columns, delta.row):
            delta.x[i * delta.row + j] = 0

cdef inline void weigh(const real* weights, Matrix delta) noexcept nogil:
    """The error delta (m, n) of each example, times its weight: weights (m,)."""
    cdef Py_ssize_t i
    for i in range(delta.rows):
        multiply(delta.x + i * delta.row, weights[i], delta.x + i * delta.row, delta.row)

cdef inline void log1p_of(real* x, Py_ssize_t n) noexcept nogil:
    """x -> log(1 + x), in place, x (n,) in whole registers."""
    cdef Py_ssize_t i = 0
    while i < n:
        store(x + i, log1p(load(x + i)))
        i += WIDTH

cdef inline void quadratic_costs(Matrix a, Matrix y, double* costs) noexcept nogil:
    """a, y (m, n) -> costs (m,)."""
    cdef Py_ssize_t i, j
    cdef double error
    for i in range(a.rows):
        costs[i] = 0
        for j in range(a.columns):
            error = <double>a.x[i * a.row + j] - y.x[i * y.row + j]
            costs[i] += error * error / 2

cdef inline void cross_entropy_costs(Matrix z, Matrix y, real* scratch, double* costs) noexcept nogil:
    """z, y (m, n) -> costs (m,); scratch (m, n) with padding."""
    cdef Py_ssize_t i = 0, j
    cdef vec register
    while i < z.rows * z.row:
        register = load(z.x + i)
        store(scratch + i, exp(where_negative(register, register, -register)))                         # e^-|z|
        i += WIDTH
    log1p_of(scratch, z.rows * z.row)
    for i in range(z.rows):
        costs[i] = 0
        for j in range(z.columns):
            costs[i] += fmax(z.x[i * z.row + j], 0) - <double>y.x[i * y.row + j] * z.x[i * z.row + j] + scratch[i * z.row + j]

cdef inline real others_than_largest(const real* z, Py_ssize_t n, Py_ssize_t stride, real* e, double* largest) noexcept nogil:
    """z, e (stride,): the sum of e^(z_j - the largest z) over the others than the largest, which itself is 1. e is scratch."""
    cdef Py_ssize_t j = 0, k = 0
    cdef double others = 0
    for j in range(1, n):
        if z[j] > z[k] or z[j] != z[j]:             # a NaN must show, not vanish
            k = j
    j = 0
    while j < stride:
        store(e + j, exp(load(z + j) - splat(z[k])))
        j += WIDTH
    for j in range(n):
        others += 0 if j == k else e[j]
    largest[0] = z[k]
    return <real>others if z[k] == z[k] else z[k]

cdef inline void log_likelihood_costs(Matrix z, Matrix y, real* scratch, double* costs) noexcept nogil:
    """z, y (m, n) -> costs (m,); scratch (m, n) with padding.

    -ln a_j = ln(1 + others) + (largest - z_j). Row i of the scratch memory is read before its place i is written.
    """
    cdef Py_ssize_t i, j
    cdef double largest
    for i in range(z.rows):
        scratch[i] = others_than_largest(z.x + i * z.row, z.columns, z.row, scratch + i * z.row, &costs[i])
    for i in range(z.rows, padded(z.rows)):
        scratch[i] = 0
    log1p_of(scratch, padded(z.rows))
    for i in range(z.rows):
        largest, costs[i] = costs[i], 0
        for j in range(z.columns):
            costs[i] += y.x[i * y.row + j] * (scratch[i] + (largest - z.x[i * z.row + j]))              # -y_j ln a_j

cdef inline Py_ssize_t class_of(const real* outputs, Py_ssize_t n) noexcept nogil:
    """The class that n outputs, or targets, stand for.

    It is the number of the largest, the first of equals (a NaN counts as the largest, as in np.argmax); of a single output,
    whether it is above 1/2.
    """
    cdef Py_ssize_t j, largest = 0
    if n == 1:
        return outputs[0] > <real>0.5
    for j in range(1, n):
        if outputs[largest] != outputs[largest]:
            break
        if outputs[j] > outputs[largest] or outputs[j] != outputs[j]:
            largest = j
    return largest

cdef inline Py_ssize_t clear_class_of(const real* z, Py_ssize_t n) noexcept nogil:
    """The class that z (n,) of a softmax layer stands for, if no other z is nearly as large as the largest; else -1.

    Then the others' activations are below the largest by more than any rounding. A NaN makes nothing clear.
    """
    cdef Py_ssize_t j, largest = 0, near = 0
    cdef real limit
    for j in range(1, n):
        if z[j] > z[largest]:
            largest = j
    limit = z[largest] - 1 / <real>NEAR
    for j in range(n):
        near += not z[j] < limit
    return largest if near == 1 and n > 1 else -1
