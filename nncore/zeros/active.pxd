"""The fully connected layer behind rectified linear units: over the activations that are not zero.

ReLU lets about one activation in four through, and dropout half of those: of the inputs of chapter 6's widest layers one in eight
counts. With x what comes in, after dropout:

  forward   z_i = b + sum over the k with x_ik != 0 of x_ik w_k         z = x @ w + b
  BP2       delta_prev_ik = w_k . delta_i where x_ik != 0; elsewhere sigma'(z_prev_ik) is 0, or the mask
  BP4       w_k += sum over the i with x_ik != 0 of x_ik delta_i        nabla_w += x.T @ delta

where w_k is row k of w (n_prev, stride). Leaving out a zero is exact, and each sum is the chain that it is in dense.pxd: the same
bits. Backward a row is read from memory once for both BP2 and BP4, and not at all where no example needs it: a layer this wide
fits no cache near the core, and memory is what limits.
"""
from nncore.equations.product cimport columns, dots
from nncore.machine.simd cimport WIDTH, real
from nncore.zeros.rows cimport sum_picked

cdef enum:
    TOGETHER = 16                   # examples whose active inputs are listed at a time
    MOST = 65536                    # inputs that a list can name

cdef inline Py_ssize_t count_active(const real* x, Py_ssize_t n) noexcept nogil:
    """How many of x (n,) are not zero."""
    cdef Py_ssize_t i, count = 0
    for i in range(n):
        count += x[i] != 0
    return count

cdef inline Py_ssize_t list_active(const real* x, Py_ssize_t step, Py_ssize_t n, unsigned short* index,
                                   real* value) noexcept nogil:
    """Which of x[0], x[step] ... (n of them) are not zero, and what they are; returns how many."""
    cdef Py_ssize_t i, count = 0
    for i in range(n):
        index[count] = <unsigned short>i            # stays only if it is counted, else the next one overwrites it
        value[count] = x[i * step]
        count += value[count] != 0
    return count

cdef inline void active_weighted_input(const real* x, Py_ssize_t stride_prev, const real* w, const real* b, real* z,
                                       Py_ssize_t m, Py_ssize_t n_prev, Py_ssize_t stride, Py_ssize_t first, Py_ssize_t end,
                                       real* scratch) noexcept nogil:
    """x (m, n_prev), w, b (stride,) -> columns first .. end of z (m, stride). scratch: TOGETHER * n_prev values, and indices."""
    cdef Py_ssize_t count[TOGETHER]
    cdef real* value = scratch
    cdef unsigned short* index = <unsigned short*>(scratch + TOGETHER * n_prev)
    cdef Py_ssize_t i = 0, e, j, some, cols
    while i < m:
        some = min(<Py_ssize_t>TOGETHER, m - i)
        for e in range(some):
            count[e] = list_active(x + (i + e) * stride_prev, 1, n_prev, index + e * n_prev, value + e * n_prev)
            for j in range(first, end):
                z[(i + e) * stride + j] = b[j]
        j = first
        while j < end:
            cols = columns((end - j) // WIDTH)
            for e in range(some):
                sum_picked(cols, w + j, stride, index + e * n_prev, value + e * n_prev, count[e], z + (i + e) * stride + j, 1)
            j += cols * WIDTH
        i += some

cdef inline void active_gradients(const real* x, Py_ssize_t stride_prev, const real* step, real* nabla_w, real keep,
                                  const real* delta, const real* w, real kept, real* delta_prev,
                                  Py_ssize_t m, Py_ssize_t stride, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    """BP4 of rows first .. end: x (m, stride_prev), step (m, stride) -> nabla_w (n_prev, stride) = keep * nabla_w + x.T @ step;
    before it BP2, unless delta_prev is NULL: delta (m, stride), w (n_prev, stride) -> delta_prev (m, stride_prev), which is 0, is
    kept times that where an input is active."""
    cdef unsigned short index[256]                  # m is at most 250
    cdef real value[256]
    cdef real dot[256]
    cdef Py_ssize_t k, e, j, cols, count
    for k in range(first, end):
        count = list_active(x + k, stride_prev, m, index, value)
        if delta_prev != NULL:
            dots(w + k * stride, stride, delta, stride, index, count, dot)                      # w_k . delta_i
            for e in range(count):
                delta_prev[index[e] * stride_prev + k] = kept * dot[e]
        j = 0
        while j < stride and (count or keep != 1):
            cols = columns((stride - j) // WIDTH)
            sum_picked(cols, step + j, stride, index, value, count, nabla_w + k * stride + j, keep)
            j += cols * WIDTH
