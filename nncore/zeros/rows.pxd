"""Sums over the rows of a matrix that a list of indices names."""
from nncore.machine.simd cimport real

cdef extern from "nncore/zeros/rows.h" nogil:
    void add_picked(Py_ssize_t cols, const real* w, Py_ssize_t stride, const unsigned short* index, const real* value,
                    Py_ssize_t count, real* z)                              # z += value @ w[index]
    void sum_picked(Py_ssize_t cols, const real* w, Py_ssize_t stride, const unsigned short* index, const real* value,
                    Py_ssize_t count, real* z, real keep)                   # z = keep * z + value @ w[index], one chain
    void add_to_picked(Py_ssize_t cols, real* w, Py_ssize_t stride, const unsigned short* index, const real* value,
                       Py_ssize_t count, const real* d)                     # w[index] += outer(value, d)
