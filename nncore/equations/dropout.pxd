"""Dropout: in training each neuron of a layer's input is left out with probability p (chapter 3, "Dropout").

  x = mask * a / (1 - p)       delta <- mask * delta / (1 - p)        mask is 0 with probability p, else 1

What is kept is scaled up in training ("inverted" dropout), so that nothing need be scaled when the network is used. The book
halves the weights at the end instead: the same network in the mean. The mask is a function of (key, place of the example in
the epoch, neuron), so that both directions, any mini-batch and any thread draw the same one.
"""
from nncore.examples.random cimport random_bits, word
from nncore.machine.simd cimport real

cdef inline void drop(real p, word key, Py_ssize_t place, const real* a, real* x, Py_ssize_t m, Py_ssize_t n,
                      Py_ssize_t stride, Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    """Columns first .. end of a (m, stride) -> x (m, stride), which may be a. Row 0 is the example at `place` of the epoch."""
    cdef Py_ssize_t i, j
    cdef word threshold = <word>(p * 4294967296.0)              # of 32 random bits
    cdef real scale = 1 / (1 - p)
    for i in range(m):
        for j in range(first, min(n, end)):
            if random_bits(key, (place + i) * n + j) >> 32 < threshold:
                x[i * stride + j] = 0
            else:
                x[i * stride + j] = scale * a[i * stride + j]
        for j in range(max(n, first), end):
            x[i * stride + j] = 0
