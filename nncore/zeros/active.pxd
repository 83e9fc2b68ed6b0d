"""The fully connected layer behind rectified linear units: over the activations that are not zero.

ReLU lets about one activation in four through, and dropout half of those: of the inputs of chapter 6's widest layers one in eight
counts. With x the inputs, after dropout:

  forward   z_i = b + sum over the k with x_ik != 0 of x_ik w_k         z = x @ w + b
  BP2       delta_prev_ik = w_k . delta_i where x_ik != 0; elsewhere sigma'(z_prev_ik) is 0, or the mask
  BP4       w_k += sum over the i with x_ik != 0 of x_ik delta_i        nabla_w += x.T @ delta

where w_k is row k of w (n_prev, n). Leaving out a zero is exact, and each sum is the chain that it is in dense.pxd: the same
bits. Backward a row is read from memory once for both BP2 and BP4, and not at all where no example needs it: a layer this wide
fits no cache near the core, and memory is what limits.
"""
from libc.string cimport memcpy

from nncore.equations.product cimport Matrix, Share, dot_rows
from nncore.machine.simd cimport WIDTH, real
from nncore.zeros.rows cimport NonZeros, registers_at_once, rows_product

cdef enum:
    LISTS_AT_ONCE = 16              # examples whose active inputs are listed at a time
    MOST_INPUTS = 65536             # inputs that an index of 16 bits can name
    MOST_ROWS = 250                 # examples that go through the layers together; a larger mini-batch is summed in parts

cdef inline NonZeros list_active(const real* x, Py_ssize_t step, Py_ssize_t n, unsigned short* index,
                                 real* value) noexcept nogil:
    """Which of x[0], x[step] ... (n of them) are not zero, and what they are -> index and value (n,)."""
    cdef Py_ssize_t i, count = 0
    for i in range(n):
        index[count] = <unsigned short>i            # stays only if it is counted, else the next one overwrites it
        value[count] = x[i * step]
        count += value[count] != 0
    return NonZeros(index, value, count)

cdef inline void active_weighted_input(Matrix x, Matrix w, const real* b, Matrix z, real* value,
                                       unsigned short* index) noexcept nogil:
    """x (m, n_prev), w (n_prev, n), b (n,) -> z (m, n); n is whole registers.

    value and index (LISTS_AT_ONCE, n_prev) are scratch.
    """
    cdef NonZeros active[LISTS_AT_ONCE]
    cdef Py_ssize_t first = 0, i, j, count, cols
    while first < z.rows:
        count = min(<Py_ssize_t>LISTS_AT_ONCE, z.rows - first)
        for i in range(count):
            active[i] = list_active(x.x + (first + i) * x.row, 1, x.columns, index + i * x.columns, value + i * x.columns)
            memcpy(z.x + (first + i) * z.row, b, z.columns * sizeof(real))
        j = 0
        while j < z.columns:
            cols = registers_at_once((z.columns - j) // WIDTH)
            for i in range(count):
                rows_product(cols, w.x + j, w.row, active[i].index, active[i].value, active[i].count,
                             z.x + (first + i) * z.row + j, 1)
            j += cols * WIDTH
        first += count

cdef inline void active_gradients(Matrix x, Matrix step, Matrix nabla_w, real keep, Matrix delta, Matrix w, real scale,
                                  real* delta_prev, Share mine) noexcept nogil:
    """BP4 of rows `mine`: x (m, n_prev), step (m, n) -> nabla_w (n_prev, n) = keep * nabla_w + x.T @ step.

    If delta_prev (m, the stride of x) is not NULL it must be zero on entry, and BP2 is done in the same pass over w (n_prev, n):
    delta_prev[i, k] = scale * (w[k] . delta[i]) wherever x[i, k] != 0.
    """
    cdef unsigned short index[MOST_ROWS]
    cdef real value[MOST_ROWS]
    cdef real dot[MOST_ROWS]
    cdef Py_ssize_t k, e, j, cols
    cdef NonZeros active
    for k in range(mine.first, mine.end):
        active = list_active(x.x + k, x.row, x.rows, index, value)
        if delta_prev != NULL:
            dot_rows(w.x + k * w.row, w.row, delta.x, delta.row, index, active.count, dot)             # w_k . delta_i
            for e in range(active.count):
                delta_prev[index[e] * x.row + k] = scale * dot[e]
        j = 0
        while j < nabla_w.row and (active.count or keep != 1):
            cols = registers_at_once((nabla_w.row - j) // WIDTH)
            rows_product(cols, step.x + j, step.row, index, value, active.count, nabla_w.x + k * nabla_w.row + j, keep)
            j += cols * WIDTH
