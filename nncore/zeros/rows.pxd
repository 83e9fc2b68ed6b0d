"""Sums over the rows of a matrix that a list names, and the lists."""
from nncore.machine.simd cimport real

cdef struct NonZeros:               # a list of rows
    const unsigned short* index     # (count,) which they are
    const real* value               # (count,) the factor of each
    Py_ssize_t count

cdef extern from "nncore/zeros/rows.h" nogil:
    # of the registers of a row that are left, how many to take at once
    Py_ssize_t registers_at_once(Py_ssize_t left)
    # z += value @ w[index]; each function for `cols` registers of rows that are `stride` apart
    void add_rows(Py_ssize_t cols, const real* w, Py_ssize_t stride, const unsigned short* index, const real* value,
                  Py_ssize_t count, real* z)
    # z = keep * z + value @ w[index], one chain
    void rows_product(Py_ssize_t cols, const real* w, Py_ssize_t stride, const unsigned short* index, const real* value,
                      Py_ssize_t count, real* z, real keep)
    # w[index] += outer(value, d)
    void add_outer_to_rows(Py_ssize_t cols, real* w, Py_ssize_t stride, const unsigned short* index, const real* value,
                           Py_ssize_t count, const real* d)
