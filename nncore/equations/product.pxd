"""The general matrix product, in tiles of registers, and the dot products of one row with many.

Each number of a product is a single chain of muladds over the inner index in ascending order, whatever the register width, the
tile or the split of the rows: that is why all targets with FMA give the same bits.
"""
from nncore.machine.simd cimport WIDTH, real

cdef extern from "nncore/equations/product.h" nogil:
    enum:
        TILE_ROWS
        TILE_COLS
    void tile(int rows, int cols, const real* a, Py_ssize_t a_row, Py_ssize_t a_step, const real* b, Py_ssize_t b_step,
              real* c, Py_ssize_t c_row, Py_ssize_t steps, real keep)       # c = keep * c + a @ b, in registers
    void row_tile(Py_ssize_t cols, const real* a, Py_ssize_t a_step, const real* b, Py_ssize_t b_step, real* c,
                  Py_ssize_t steps, real keep)          # one row of a tile, up to 8 registers wide
    void transpose(const real* a, Py_ssize_t a_row, real* b, Py_ssize_t b_row, Py_ssize_t rows, Py_ssize_t cols)    # b = a.T
    Py_ssize_t columns(Py_ssize_t left)
    void dots(const real* w, Py_ssize_t n, const real* d, Py_ssize_t stride, const unsigned short* index, Py_ssize_t count,
              real* dot)                                                    # dot = d[index] @ w

cdef inline void panel(int cols, const real* a, Py_ssize_t a_row, Py_ssize_t a_step,
                       const real* b, Py_ssize_t b_step, real* c, Py_ssize_t c_row,
                       Py_ssize_t rows, Py_ssize_t steps, real keep) noexcept nogil:
    """A panel of c, cols registers wide: TILE_ROWS rows at a time, then one at a time. cols is a constant of the caller."""
    cdef Py_ssize_t r = 0
    while r + TILE_ROWS <= rows:
        tile(TILE_ROWS, cols, a + r * a_row, a_row, a_step, b, b_step, c + r * c_row, c_row, steps, keep)
        r += TILE_ROWS
    while r < rows:
        tile(1, cols, a + r * a_row, a_row, a_step, b, b_step, c + r * c_row, c_row, steps, keep)
        r += 1

cdef inline void product(const real* a, Py_ssize_t a_row, Py_ssize_t a_step, const real* b, Py_ssize_t b_step,
                         real* c, Py_ssize_t c_row, Py_ssize_t rows, Py_ssize_t width, Py_ssize_t steps,
                         real keep) noexcept nogil:
    """c (rows, width) = keep * c + a (rows, steps) @ b (steps, width); width is a multiple of WIDTH.

    a is read at a[r * a_row + s * a_step], so that it may be a transpose.
    """
    cdef Py_ssize_t j = 0
    while rows == 1 and j < width:                      # one example: more columns, so that enough chains are in flight
        row_tile((width - j) // WIDTH if width - j < 8 * WIDTH else 8, a, a_step, b + j, b_step, c + j, steps, keep)
        j += 8 * WIDTH
    while j + TILE_COLS * WIDTH <= width:
        panel(TILE_COLS, a, a_row, a_step, b + j, b_step, c + j, c_row, rows, steps, keep)
        j += TILE_COLS * WIDTH
    while j + 2 * WIDTH <= width:
        panel(2, a, a_row, a_step, b + j, b_step, c + j, c_row, rows, steps, keep)
        j += 2 * WIDTH
    while j < width:
        panel(1, a, a_row, a_step, b + j, b_step, c + j, c_row, rows, steps, keep)
        j += WIDTH
