"""Matrices, and their product: the one kernel behind every dense layer.

Each number of a product is one chain of muladds over the inner index, in ascending order, whatever the register width, the tile
or the split of the rows: that is why all targets with FMA give the same bits.
"""
from libc.string cimport memset

from nncore.machine.simd cimport WIDTH, real

cdef extern from "nncore/equations/product.h" nogil:
    ctypedef struct Matrix:             # element (r, s) is x[r * row + s * column]
        real* x
        Py_ssize_t rows
        Py_ssize_t columns
        Py_ssize_t row
        Py_ssize_t column
    enum:
        TILE_ROWS
        TILE_COLS
    # c = keep * c + a @ b, for the first rows and registers of c; the counts are literals, but for row_tile's
    void tile(int cols, int rows, Matrix a, Matrix b, Matrix c, real keep)
    void row_tile(Py_ssize_t cols, Matrix a, Matrix b, Matrix c, real keep)
    # b = a.T
    void transpose(const real* a, Py_ssize_t a_row, real* b, Py_ssize_t b_row, Py_ssize_t rows, Py_ssize_t cols)
    # dot = d[index] @ w
    void dot_rows(const real* w, Py_ssize_t n, const real* d, Py_ssize_t stride, const unsigned short* index, Py_ssize_t count,
                  real* dot)

cdef enum:
    INNER_AT_ONCE = 128             # rows of b that a pass over c takes

cdef struct Share:                  # a part of n things: from first to before end
    Py_ssize_t first
    Py_ssize_t end

cdef inline Matrix rows_of(const real* x, Py_ssize_t rows, Py_ssize_t columns, Py_ssize_t stride) noexcept nogil:
    """The matrix (rows, columns) at x whose rows are `stride` apart: x[r, s] = x[r * stride + s]."""
    return Matrix(<real*>x, rows, columns, stride, 1)

cdef inline Matrix transposed(Matrix a) noexcept nogil:
    """a.T"""
    return Matrix(a.x, a.columns, a.rows, a.column, a.row)

cdef inline Matrix some_rows(Matrix a, Share share) noexcept nogil:
    """a[first:end]"""
    return Matrix(a.x + share.first * a.row, share.end - share.first, a.columns, a.row, a.column)

cdef inline Matrix some_columns(Matrix a, Share share) noexcept nogil:
    """a[:, first:end]"""
    return Matrix(a.x + share.first * a.column, a.rows, share.end - share.first, a.row, a.column)

cdef inline Matrix with_padding(Matrix a) noexcept nogil:
    """a, whose rows lie side by side, with the padding behind each row: whole registers."""
    return Matrix(a.x, a.rows, a.row, a.row, a.column)

cdef inline void clear(Matrix a) noexcept nogil:
    """a = 0, for rows that lie side by side."""
    cdef Py_ssize_t r
    for r in range(a.rows):
        memset(a.x + r * a.row, 0, a.columns * sizeof(real))

cdef inline void panel(int cols, Matrix a, Matrix b, Matrix c, real keep) noexcept nogil:
    """c = keep * c + a @ b, for `cols` registers of each row of c: TILE_ROWS rows at a time, then one at a time."""
    cdef Py_ssize_t r = 0
    while r + TILE_ROWS <= c.rows:
        tile(cols, TILE_ROWS, some_rows(a, Share(r, a.rows)), b, some_rows(c, Share(r, c.rows)), keep)
        r += TILE_ROWS
    while r < c.rows:
        tile(cols, 1, some_rows(a, Share(r, a.rows)), b, some_rows(c, Share(r, c.rows)), keep)
        r += 1

cdef inline void block(Matrix a, Matrix b, Matrix c, real keep) noexcept nogil:
    """c = keep * c + a @ b, panel by panel. The columns of c are whole registers; rows of b and c lie side by side."""
    cdef Py_ssize_t j = 0
    cdef Share rest
    while j < c.columns:
        rest = Share(j, c.columns)
        if c.rows == 1:                                 # one example: more columns, so that enough chains are in flight
            row_tile(min(c.columns - j, <Py_ssize_t>8 * WIDTH) // WIDTH, a, some_columns(b, rest), some_columns(c, rest), keep)
            j += 8 * WIDTH
        elif j + TILE_COLS * WIDTH <= c.columns:
            panel(TILE_COLS, a, some_columns(b, rest), some_columns(c, rest), keep)
            j += TILE_COLS * WIDTH
        elif j + 2 * WIDTH <= c.columns:
            panel(2, a, some_columns(b, rest), some_columns(c, rest), keep)
            j += 2 * WIDTH
        else:
            panel(1, a, some_columns(b, rest), some_columns(c, rest), keep)
            j += WIDTH

cdef inline void product(Matrix a, Matrix b, Matrix c, real keep) noexcept nogil:
    """c = keep * c + a @ b. The columns of c are whole registers; rows of b and c lie side by side."""
    cdef Py_ssize_t s = 0, end
    while s < a.columns or s == 0:
        end = a.columns if a.columns - s < 3 * INNER_AT_ONCE // 2 else s + INNER_AT_ONCE
        block(some_columns(a, Share(s, end)), some_rows(b, Share(s, end)), c, keep if s == 0 else 1)
        s = max(<Py_ssize_t>1, end)
