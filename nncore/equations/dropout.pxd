"""Dropout: in training each neuron of a layer's input is left out with probability p (chapter 3, "Dropout").

  x = mask * a / (1 - p)       delta <- mask * delta / (1 - p)        mask is 0 with probability p, else 1

What is kept is scaled up in training ("inverted" dropout), so that nothing need be scaled when the network is used. The book
halves the weights at the end instead: the same network in the mean. The mask is a function of (key, position of the example
in the epoch, neuron), so that both directions, any mini-batch and any thread draw the same one.
"""
from nncore.equations.product cimport Matrix, Share
from nncore.machine.random cimport random_bits, word
from nncore.machine.simd cimport real

cdef inline void drop(real p, word key, word position, Matrix a, Matrix x, Share mine) noexcept nogil:
    """Neurons `mine` of a (m, n) -> x (m, n), which may be a. Row 0 is the example at `position` of the epoch."""
    cdef Py_ssize_t i, j
    cdef word threshold = <word>(p * 4294967296.0)              # of 32 random bits
    cdef real scale = 1 / (1 - p)
    for i in range(a.rows):
        for j in range(mine.first, min(a.columns, mine.end)):
            if random_bits(key, (position + i) * a.columns + j) >> 32 < threshold:
                x.x[i * x.row + j] = 0
            else:
                x.x[i * x.row + j] = scale * a.x[i * a.row + j]
        for j in range(max(a.columns, mine.first), mine.end):
            x.x[i * x.row + j] = 0
