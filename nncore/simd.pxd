"""What simd.h offers, as Cython sees it. `real` and `vec` are float here and whatever the build says in C."""

cdef extern from "nncore/simd.h" nogil:
    ctypedef float real
    ctypedef int bits                   # an integer of the size of a real
    ctypedef float vec                  # WIDTH reals in one register
    ctypedef float part                 # PART reals in one register of 32 bytes at the most
    ctypedef int places                 # PART bits
    enum:
        WIDTH
        LANES                           # rows are padded to a multiple of this: 64 bytes
        TILE_ROWS
        TILE_COLS
        PART
        PIXELS
        PART_COLS
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

    part load_part(const real* p)
    void store_part(real* p, part x)
    part splat_part(real x)
    places splat_places(bits x)
    void store_places(bits* p, places x)
    void keep_larger(part z, places here, part* largest, places* at)   # where z > largest: largest = z, at = here
    ctypedef struct Correlation:
        Py_ssize_t a_pixel
        Py_ssize_t a_row
        Py_ssize_t w_step
        Py_ssize_t z_pixel
        Py_ssize_t rows
        Py_ssize_t columns
        Py_ssize_t channels
    void correlate(int pixels, int cols, const Correlation* c, const real* a, const real* w, real* z,
                   const Py_ssize_t* ink, Py_ssize_t x, Py_ssize_t seen)
    ctypedef struct Gradient:
        const real* delta
        const bits* at
        Py_ssize_t n
        Py_ssize_t step
        Py_ssize_t example
        const real* a
        Py_ssize_t a_row
        Py_ssize_t a_example
        Py_ssize_t m
    void sum_patches(Py_ssize_t filters, Py_ssize_t rows, Py_ssize_t parts, const Gradient* g, real* sum, Py_ssize_t sum_filter)
    void send_patches(Py_ssize_t parts, const real* delta, const bits* chosen, Py_ssize_t n, const real* w, Py_ssize_t w_row,
                      real* a)
    void row_tile(Py_ssize_t cols, const real* a, Py_ssize_t a_step, const real* b, Py_ssize_t b_step, real* c,
                  Py_ssize_t steps, real keep)          # one row of a tile, up to 8 registers wide
    void transpose(const real* a, Py_ssize_t a_row, real* b, Py_ssize_t b_row, Py_ssize_t rows, Py_ssize_t cols)    # b = a.T

    int lowest_bit(unsigned long long word)
    Py_ssize_t columns(Py_ssize_t left)         # registers of a row that the next two take together, of those left
    void add_picked(Py_ssize_t cols, const real* w, Py_ssize_t stride, const unsigned short* index, const real* value,
                    Py_ssize_t count, real* z)                              # z += value @ w[index]
    void sum_picked(Py_ssize_t cols, const real* w, Py_ssize_t stride, const unsigned short* index, const real* value,
                    Py_ssize_t count, real* z, real keep)                   # z = keep * z + value @ w[index], one chain
    void dots(const real* w, Py_ssize_t n, const real* d, Py_ssize_t stride, const unsigned short* index, Py_ssize_t count,
              real* dot)                                                    # dot = d[index] @ w
    void add_to_picked(Py_ssize_t cols, real* w, Py_ssize_t stride, const unsigned short* index, const real* value,
                       Py_ssize_t count, const real* d)                     # w[index] += outer(value, d)
