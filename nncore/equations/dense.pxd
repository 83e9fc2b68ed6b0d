"""The fully connected layer: forward, BP2, BP3 and BP4 (chapter 2), over a mini-batch of rows.

  forward   z^l = w^l a^{l-1} + b^l                        z = a_prev @ w + b
  BP2       delta^{l-1} = (w^lT delta^l) * sigma'(z^{l-1})   delta_prev = (delta @ w.T) * sigma'(z_prev)
  BP3       dC/db^l_j = delta^l_j                          nabla_b += delta summed over rows
  BP4       dC/dw^l_jk = a^{l-1}_k delta^l_j               nabla_w += a_prev.T @ delta
  update    w -= eta/m dC/dw, b -= eta/m dC/db             BP3 and BP4 with w, b for nabla_w, nabla_b, and delta * -eta/m

w is stored input-major, w[k][j]: (n_prev, stride), so the neurons j of the layer are the lanes of a register, and its rows
are padded to `stride`, a multiple of 64 bytes. The padding of w, b and delta is 0 and stays 0.
m examples (rows, i), n neurons (j), n_prev neurons in the layer before (k).

Every product is one kernel, `product`. Each of its outputs is a single chain of muladds over the inner index in ascending
order, whatever the register width, the tile or the split of the rows: that is why all targets with FMA give the same bits.
BP2 alone is another where the layer is wide: there it is dot products of two rows, of 2 * LANES chains each.
"""
from libc.string cimport memset

from nncore.equations.activations cimport Activation, sigma_prime_from_a
from nncore.equations.product cimport dots, product, transpose
from nncore.machine.simd cimport LANES, WIDTH, load, real, splat, store, vec

cdef enum:
    AT_ONCE = 256                   # examples whose dot products with one row are done together

cdef inline void weighted_input(const real* a_prev, Py_ssize_t stride_prev, const real* w, const real* b, real* z,
                                Py_ssize_t m, Py_ssize_t n_prev, Py_ssize_t stride,
                                Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    """a_prev (m, n_prev), w (n_prev, stride), b (stride,) -> columns first .. end of z (m, stride), whole registers."""
    cdef Py_ssize_t i, j
    for i in range(m):
        for j in range(first, end):
            z[i * stride + j] = b[j]
    product(a_prev, stride_prev, 1, w + first, stride, z + first, stride, m, end - first, n_prev, 1)    # z = a_prev @ w + b

cdef inline bint is_wide(Py_ssize_t stride) noexcept nogil:
    """Whether rows of w are so long that BP2 takes dot products with them: from 256 neurons on, in float32."""
    return stride >= 16 * LANES

cdef inline void rows_times_delta(const real* delta, const real* w, real* delta_prev, Py_ssize_t m, Py_ssize_t stride,
                                  Py_ssize_t n_prev, Py_ssize_t stride_prev) noexcept nogil:
    """delta_prev = delta @ w.T, of a wide layer: row by row of w."""
    cdef unsigned short index[AT_ONCE]
    cdef real dot[AT_ONCE]
    cdef Py_ssize_t i, k, some
    for i in range(AT_ONCE):
        index[i] = <unsigned short>i
    while m > 0:
        some = min(m, <Py_ssize_t>AT_ONCE)
        for k in range(n_prev):
            dots(w + k * stride, stride, delta, stride, index, some, dot)
            for i in range(some):
                delta_prev[i * stride_prev + k] = dot[i]
        delta += some * stride
        delta_prev += some * stride_prev
        m -= some

cdef inline void columns_times_delta(const real* delta, const real* w, real* delta_prev, real* w_transposed, Py_ssize_t m,
                                     Py_ssize_t n, Py_ssize_t stride, Py_ssize_t n_prev, Py_ssize_t stride_prev) noexcept nogil:
    """delta_prev = delta @ w.T: LANES rows of w at a time become w_transposed (n, LANES), where the neurons k are the lanes."""
    cdef Py_ssize_t rows, k = 0
    while k < n_prev:
        rows = min(<Py_ssize_t>LANES, n_prev - k)
        if rows < LANES:
            memset(w_transposed, 0, n * LANES * sizeof(real))
        transpose(w + k * stride, stride, w_transposed, LANES, rows, n)
        product(delta, stride, 1, w_transposed, LANES, delta_prev + k, stride_prev, m, LANES, n, 1)
        k += LANES

cdef inline void hidden_delta(Activation activation_prev, const real* delta, const real* w, const real* a_prev,
                              real* delta_prev, real* w_transposed, Py_ssize_t m, Py_ssize_t n, Py_ssize_t stride,
                              Py_ssize_t n_prev, Py_ssize_t stride_prev, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    """BP2. delta (m, stride), w (n_prev, stride), a_prev (m, stride_prev) -> columns first .. end of delta_prev (m, stride_prev),
    whole LANES. w_transposed (n, LANES) is scratch."""
    cdef Py_ssize_t i, k
    for i in range(m):
        memset(delta_prev + i * stride_prev + first, 0, (end - first) * sizeof(real))
    w += first * stride
    n_prev = min(n_prev, end) - first
    if is_wide(stride):                                                                               # delta @ w.T
        rows_times_delta(delta, w, delta_prev + first, m, stride, n_prev, stride_prev)
    else:
        columns_times_delta(delta, w, delta_prev + first, w_transposed, m, n, stride, n_prev, stride_prev)
    for i in range(m):                                                                                # ... * sigma'(z_prev)
        k = i * stride_prev + first
        while k < i * stride_prev + end:
            store(delta_prev + k, load(delta_prev + k) * sigma_prime_from_a(activation_prev, load(a_prev + k)))
            k += WIDTH

cdef inline void bias_gradient(const real* delta, real* nabla_b, real keep, Py_ssize_t m, Py_ssize_t stride,
                               Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    """BP3. delta (m, stride) -> neurons first .. end of nabla_b (stride,) = keep * nabla_b + delta summed over rows."""
    cdef Py_ssize_t i, j = first
    cdef vec total
    while j < end:
        total = splat(keep) * load(nabla_b + j)
        for i in range(m):
            total = total + load(delta + i * stride + j)        # nabla_b += delta.sum(axis=0)
        store(nabla_b + j, total)
        j += WIDTH

cdef inline void weight_gradient(const real* a_prev, Py_ssize_t stride_prev, const real* delta, real* nabla_w, real keep,
                                 Py_ssize_t m, Py_ssize_t stride, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    """BP4. a_prev (m, n_prev), delta (m, stride) -> rows first .. end of nabla_w (n_prev, stride) = keep * nabla_w
    + a_prev.T @ delta."""
    product(a_prev + first, 1, stride_prev, delta, stride, nabla_w + first * stride, stride, end - first, stride, m, keep)
