"""What simd.h offers, as Cython sees it. `real` and `vec` are float here and whatever the build says in C."""

cdef extern from "nncore/simd.h" nogil:
    ctypedef float real
    ctypedef float vec                  # WIDTH reals in one register
    enum:
        WIDTH
        LANES                           # rows are padded to a multiple of this: 64 bytes
        TILE_ROWS
        TILE_COLS
        EXP_TERMS
    const real EXP_LIMIT
    const real ROUND_TO_INTEGER
    const real LN2_HIGH
    const real LN2_LOW
    const real INVERSE_FACTORIAL[14]

    vec load(const real* p)
    void store(real* p, vec x)
    vec splat(real x)
    vec square_root(vec x)
    vec muladd(vec a, vec b, vec c)     # a * b + c
    vec where_negative(vec x, vec a, vec b)
    vec where_less(vec x, vec y, vec a, vec b)
    vec power_of_two(vec rounded)
    void prefetch(const void* address)  # this cache line will be read soon
    void tile(int rows, int cols, const real* a, Py_ssize_t a_row, Py_ssize_t a_step, const real* b, Py_ssize_t b_step,
              real* c, Py_ssize_t c_row, Py_ssize_t steps, real keep)       # c = keep * c + a @ b, in registers
    void transpose_rows(const real* w, Py_ssize_t stride, Py_ssize_t rows, Py_ssize_t n, real* w_transposed)
    int lowest_bit(unsigned long long word)
    Py_ssize_t columns(Py_ssize_t left)         # registers of a row that the next two take together, of those left
    void add_picked(Py_ssize_t cols, const real* w, Py_ssize_t stride, const unsigned short* index, const real* value,
                    Py_ssize_t count, real* z)                              # z += value @ w[index]
    void add_to_picked(Py_ssize_t cols, real* w, Py_ssize_t stride, const unsigned short* index, const real* value,
                       Py_ssize_t count, const real* d)                     # w[index] += outer(value, d)
