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
        TILE_COLS
        MOST_COLS
        PANEL                           # columns of c that go through a product together, at the most: a cache line or more
    # how many of `left` rows or registers to take at once, if `most` fit: parts of about one size
    Py_ssize_t part_of(Py_ssize_t left, Py_ssize_t most)
    # c = keep * start + a @ b, for the first TILE_COLS registers of each row of c; for fewer; for those of a single row
    void widest_panel(Matrix a, Matrix b, Matrix start, Matrix c, real keep)
    void narrow_panel(Py_ssize_t cols, Matrix a, Matrix b, Matrix start, Matrix c, real keep)
    void row_panel(Py_ssize_t cols, Matrix a, Matrix b, Matrix start, Matrix c, real keep)
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

cdef inline Matrix columns_from(Matrix a, Py_ssize_t first) noexcept nogil:
    """a[:, first:]"""
    return some_columns(a, Share(first, a.columns))

cdef inline Matrix with_padding(Matrix a) noexcept nogil:
    """a, whose rows lie side by side, with the padding behind each row: whole registers."""
    return Matrix(a.x, a.rows, a.row, a.row, a.column)

cdef inline Matrix as_one_row(Matrix a) noexcept nogil:
    """a as one long row, if its rows follow each other without a gap; else a. For what is done to each number by itself."""
    return Matrix(a.x, 1, a.rows * a.columns, a.rows * a.row, a.column) if a.rows > 0 and a.columns == a.row else a

cdef inline void clear(Matrix a) noexcept nogil:
    """a = 0, for rows that lie side by side."""
    cdef Py_ssize_t r
    for r in range(a.rows):
        memset(a.x + r * a.row, 0, a.columns * sizeof(real))

cdef inline void block(Matrix a, Matrix b, Matrix start, Matrix c, real keep) noexcept nogil:
    """c = keep * start + a @ b, panel by panel."""
    cdef Py_ssize_t j = 0, cols, most = MOST_COLS if c.rows == 1 else TILE_COLS
    while j < c.columns:
        cols = part_of((c.columns - j) // WIDTH, most)
        if c.rows == 1:                                 # one example: more columns, so that enough chains are in flight
            row_panel(cols, a, columns_from(b, j), columns_from(start, j), columns_from(c, j), keep)
        elif cols == TILE_COLS:
            widest_panel(a, columns_from(b, j), columns_from(start, j), columns_from(c, j), keep)
        else:
            narrow_panel(cols, a, columns_from(b, j), columns_from(start, j), columns_from(c, j), keep)
        j += cols * WIDTH

cdef inline void product_from(Matrix start, real keep, Matrix a, Matrix b, Matrix c) noexcept nogil:
    """c = keep * start + a @ b. The columns of c are whole registers; rows of b, start and c lie side by side.

    start may be c, or a row that counts for every row of c: then start.row is 0.
    """
    cdef Py_ssize_t s = 0, end = a.columns
    if end >= 3 * INNER_AT_ONCE // 2:
        end = INNER_AT_ONCE
    block(some_columns(a, Share(0, end)), b, start, c, keep)
    while end < a.columns:
        s, end = end, end + INNER_AT_ONCE
        if a.columns - end < INNER_AT_ONCE // 2:        # no short part at the end
            end = a.columns
        block(some_columns(a, Share(s, end)), some_rows(b, Share(s, end)), c, c, 1)

cdef inline void product(Matrix a, Matrix b, Matrix c, real keep) noexcept nogil:
    """c = keep * c + a @ b. The columns of c are whole registers; rows of b and c lie side by side."""
    product_from(c, keep, a, b, c)
