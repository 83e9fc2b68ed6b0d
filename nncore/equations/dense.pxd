"""The fully connected layer: forward, BP2, BP3 and BP4 (chapter 2), over a mini-batch of rows.

  forward   z^l = w^l a^{l-1} + b^l                        z = a_prev @ w + b
  BP2       delta^{l-1} = (w^lT delta^l) * sigma'(z^{l-1})   delta_prev = (delta @ w.T) * sigma'(z_prev)
  BP3       dC/db^l_j = delta^l_j                          nabla_b += delta summed over rows
  BP4       dC/dw^l_jk = a^{l-1}_k delta^l_j               nabla_w += a_prev.T @ delta
  update    w -= eta/m dC/dw, b -= eta/m dC/db             BP3 and BP4 with w, b for nabla_w, nabla_b, and delta * -eta/m

w is stored input-major, w[k][j]: a matrix (n_prev, n), so the neurons j of the layer are the lanes of a register, and its rows
are padded to a multiple of 64 bytes. The padding of w, b and delta is 0 and stays 0.
m examples (rows, i), n neurons (j), n_prev neurons in the layer before (k). `mine` is the share of one thread.

Every product is one kernel, `product`, but for BP2 of a wide layer and few examples: that is dot products of two rows.
"""
from libc.string cimport memset

from nncore.equations.activations cimport Activation, times_sigma_prime
from nncore.equations.product cimport (
    PANEL, Matrix, Share, clear, dot_rows, part_of, product, product_from, rows_of, some_columns, some_rows, transpose, transposed,
)
from nncore.machine.simd cimport LANES, WIDTH, load, real, splat, store, vec

cdef enum:
    FEWEST_TO_TRANSPOSE = 16        # examples for which a wide layer's w is transposed
    TURNED_AT_ONCE = 320            # rows of w that BP4 of a wide layer does together: whole tiles
    DOTS_AT_ONCE = 256              # examples whose dot products with one row of w are done together

cdef inline void weighted_input(Matrix a_prev, Matrix w, const real* b, Matrix z) noexcept nogil:
    """a_prev (m, n_prev), w (n_prev, n), b (n,) -> z (m, n); n is whole registers."""
    product_from(rows_of(b, z.rows, z.columns, 0), 1, a_prev, w, z)                         # z = b + a_prev @ w

cdef inline bint is_wide(Py_ssize_t stride) noexcept nogil:
    """Whether rows of w are long: from 256 neurons on, in float32."""
    return stride >= 16 * LANES

cdef inline bint takes_dots(Py_ssize_t stride, Py_ssize_t m) noexcept nogil:
    """Whether BP2 takes dot products with the rows of w: where they are long, and the examples too few to repay a transpose."""
    return is_wide(stride) and m < FEWEST_TO_TRANSPOSE

cdef inline void rows_times_delta(Matrix delta, Matrix w, Matrix delta_prev) noexcept nogil:
    """delta_prev = delta @ w.T, of a wide layer: dot products of each row of w with every row of delta."""
    cdef unsigned short index[DOTS_AT_ONCE]
    cdef real dot[DOTS_AT_ONCE]
    cdef Py_ssize_t i, k, count, first = 0
    for i in range(DOTS_AT_ONCE):
        index[i] = <unsigned short>i
    while first < delta.rows:
        count = min(delta.rows - first, <Py_ssize_t>DOTS_AT_ONCE)
        for k in range(w.rows):
            dot_rows(w.x + k * w.row, w.row, delta.x + first * delta.row, delta.row, index, count, dot)
            for i in range(count):
                delta_prev.x[(first + i) * delta_prev.row + k] = dot[i]
        first += count

cdef inline void columns_times_delta(Matrix delta, Matrix w, Matrix delta_prev, real* w_transposed) noexcept nogil:
    """delta_prev = delta @ w.T: up to PANEL rows of w at a time become w_transposed (n, PANEL), whose lanes are the neurons k."""
    cdef real zeros[PANEL]
    cdef Matrix columns
    cdef Py_ssize_t rows, width, k = 0
    memset(zeros, 0, sizeof(zeros))
    while k < delta_prev.columns:
        width = part_of((delta_prev.columns - k) // WIDTH, PANEL // WIDTH) * WIDTH
        rows = max(<Py_ssize_t>0, min(width, w.rows - k))
        columns = some_columns(delta_prev, Share(k, k + width))
        if rows < width:
            memset(w_transposed, 0, w.columns * PANEL * sizeof(real))
        transpose(w.x + k * w.row, w.row, w_transposed, PANEL, rows, w.columns)
        product_from(rows_of(zeros, columns.rows, columns.columns, 0), 1, delta, rows_of(w_transposed, w.columns, width, PANEL),
                     columns)
        k += width

cdef inline void hidden_delta(Activation activation_prev, Matrix delta, Matrix w, Matrix a_prev, Matrix delta_prev,
                              real* w_transposed, bint by_dots) noexcept nogil:
    """BP2. delta (m, n), w (n_prev, n), a_prev (m, n_prev) -> delta_prev (m, n_prev), its rows in whole cache lines.

    w_transposed (n, PANEL) is scratch; by_dots is what takes_dots says of the whole mini-batch.
    """
    if by_dots:                                                                             # delta @ w.T
        clear(delta_prev)
        rows_times_delta(delta, w, delta_prev)
    else:
        columns_times_delta(delta, w, delta_prev, w_transposed)
    times_sigma_prime(activation_prev, a_prev, delta_prev)                                  # ... * sigma'(z_prev)

cdef inline void bias_gradient(Matrix delta, real* nabla_b, real keep, Share mine) noexcept nogil:
    """BP3. delta (m, n) -> neurons `mine` of nabla_b (n,) = keep * nabla_b + delta summed over rows."""
    cdef Py_ssize_t i, j = mine.first
    cdef vec total
    while j < mine.end:
        total = splat(keep) * load(nabla_b + j)
        for i in range(delta.rows):
            total = total + load(delta.x + i * delta.row + j)                               # nabla_b += delta.sum(axis=0)
        store(nabla_b + j, total)
        j += WIDTH

cdef inline void weight_gradient(Matrix a_prev, Matrix delta, Matrix nabla_w, real keep, Share mine, real* turned) noexcept nogil:
    """BP4. a_prev (m, n_prev), delta (m, n) -> rows `mine` of nabla_w (n_prev, n) = keep * nabla_w + a_prev.T @ delta.

    n is whole registers. turned (TURNED_AT_ONCE, m) is scratch: where rows are long, as many columns of a_prev become rows of it.
    """
    cdef Py_ssize_t k = mine.first, m = delta.rows
    cdef Share some
    if not is_wide(nabla_w.row) or m < FEWEST_TO_TRANSPOSE:
        product(transposed(some_columns(a_prev, mine)), delta, some_rows(nabla_w, mine), keep)
        return
    while k < mine.end:
        some = Share(k, min(k + TURNED_AT_ONCE, mine.end))
        transpose(a_prev.x + k, a_prev.row, turned, m, m, some.end - k)
        product(rows_of(turned, some.end - k, m, m), delta, some_rows(nabla_w, some), keep)
        k = some.end
