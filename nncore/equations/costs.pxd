"""Cost functions: the value, and the error of the output layer (BP1; chapter 3 for cross-entropy and log-likelihood).

  quadratic       C = |a - y|^2 / 2                             delta = (a - y) * sigma'(z)
  cross-entropy   C = -sum_j [y_j ln a_j + (1-y_j) ln(1-a_j)]   delta = a - y      (sigmoid output)
  log-likelihood  C = -sum_j y_j ln a_j                         delta = a - y      (softmax output)

The last two values are computed from z, where no logarithm of 0 can come up (the book's nan_to_num gives 1.8e308 there):
  cross-entropy   max(z_j, 0) - y_j z_j + ln(1 + e^-|z_j|), summed over j
  log-likelihood  sum_j y_j (ln(sum_k e^z_k) - z_j)          (for y that sums to 1), the largest z taken out of both
"""
from libc.math cimport exp as exp_double, fabs, fmax, log, log1p

from nncore.equations.activations cimport Activation, sigma_prime_from_a
from nncore.equations.product cimport Matrix
from nncore.machine.simd cimport WIDTH, load, real, store, vec

cdef enum Cost:
    QUADRATIC
    CROSS_ENTROPY
    LOG_LIKELIHOOD

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

cdef inline double cost_value(Cost cost, const real* z, const real* a, const real* y, Py_ssize_t n) noexcept nogil:
    """C for one example: z, a, y (n,)."""
    cdef Py_ssize_t j
    cdef double value = 0, largest = z[0], log_total
    if cost == QUADRATIC:
        for j in range(n):
            value += (<double>a[j] - y[j]) * (<double>a[j] - y[j])
        return value / 2
    if cost == CROSS_ENTROPY:
        for j in range(n):
            value += fmax(z[j], 0) - <double>y[j] * z[j] + log1p(exp_double(-fabs(z[j])))
        return value
    for j in range(1, n):
        largest = fmax(largest, z[j])
    for j in range(n):
        value += exp_double(z[j] - largest)
    log_total = log(value)
    value = 0
    for j in range(n):
        value += y[j] * (log_total + (largest - z[j]))          # -y_j ln a_j
    return value

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
