"""The first layer over its non-zero inputs, listed on the way: for examples that are looked at once, as an evaluation does.

  forward   z_i = b + sum over the non-zero k of x_ik w_k             z = x @ w + b

where w_k is row k of w (n_in, n). Leaving out a zero is exact, and each sum is the chain that it is in dense.pxd: the same bits.
So either way may be taken, for any examples. The inputs are gone through block by block, so that the rows of w that belong to a
block stay in the first-level cache while all examples use them.
"""
from nncore.equations.product cimport Matrix
from nncore.machine.memory cimport L1_CACHE, number
from nncore.machine.random cimport word
from nncore.machine.simd cimport WIDTH, real
from nncore.zeros.rows cimport registers_at_once

cdef extern from "nncore/zeros/lists.h" nogil:
    enum:
        MASK_BITS                       # inputs that a mask stands for
        MORE_PLACES                     # that list_bits may write behind the list
    void fill_bit_tables()              # call this once, when the module is imported
    word mask_at(const unsigned char* x, Py_ssize_t k, Py_ssize_t n)
    word real_mask_at(const real* x, Py_ssize_t k, Py_ssize_t n)
    int bits_set(word mask)
    # the numbers of the bits that are set, + first -> index, where up to MORE_PLACES more are written; how many they are
    Py_ssize_t list_bits(word mask, Py_ssize_t first, unsigned short* index)
    # the same, at most `room`, and no more are written
    Py_ssize_t list_bits_within(word mask, Py_ssize_t first, unsigned short* index, Py_ssize_t room)
    # the inputs that the index names -> value (count,)
    void look_up(const unsigned char* x, const unsigned short* index, Py_ssize_t count, const real* table, real* value)
    void pick_bytes(const unsigned char* x, const unsigned short* index, Py_ssize_t count, unsigned char* value)
    void pick(const real* x, const unsigned short* index, Py_ssize_t count, real* value)
    # z += value @ w[index] for m examples, whose entries are first[i] to before end[i], and `cols` registers of rows
    void lists_product(Py_ssize_t cols, const real* w, Py_ssize_t stride, const unsigned short* index, const real* value,
                       const Py_ssize_t* first, const Py_ssize_t* end, Py_ssize_t m, real* z, Py_ssize_t z_row)

cdef enum:
    LISTS_AT_ONCE = 64                  # examples that go through a block of inputs together
    MOST_BLOCKS = 16                    # of inputs
    SAMPLED = 8                         # of so many examples one is looked at, to see whether most inputs are zero

cdef inline word mask_of(const number* x, Py_ssize_t k, Py_ssize_t n) noexcept nogil:
    """A bit for each of the inputs k to k + MASK_BITS - 1 of n, set where it is not zero."""
    if number is real:
        return real_mask_at(x, k, n)
    else:
        return mask_at(x, k, n)

cdef inline Py_ssize_t count_inputs(const number* x, Py_ssize_t n) noexcept nogil:
    """How many of n inputs are not zero."""
    cdef Py_ssize_t k = 0, count = 0
    while k < n:
        count += bits_set(mask_of(x, k, n))
        k += MASK_BITS
    return count

cdef inline bint are_few(const number* inputs, Py_ssize_t m, Py_ssize_t n_in) noexcept nogil:
    """Whether so few of the inputs (m, n_in) are not zero that lists are faster: in every eighth example at most three in eight."""
    cdef Py_ssize_t i = 0, count = 0
    while i < m:
        count += count_inputs(inputs + i * n_in, n_in)
        i += SAMPLED
    return 8 * count <= 3 * ((m + SAMPLED - 1) // SAMPLED) * n_in

cdef inline Py_ssize_t inputs_at_once(Py_ssize_t n_in, Py_ssize_t row) noexcept nogil:
    """The inputs of a block, in whole masks: what is used together of their rows of w fills half of the first-level cache."""
    cdef Py_ssize_t bytes = registers_at_once(row // WIDTH) * WIDTH * <Py_ssize_t>sizeof(real)
    cdef Py_ssize_t fit = L1_CACHE // 2 // (MASK_BITS * bytes), least = n_in // (MASK_BITS * MOST_BLOCKS) + 1
    return MASK_BITS * max(fit, least)

cdef inline void fill_values(const number* x, const unsigned short* index, Py_ssize_t count, const real* of_byte,
                             real* value) noexcept nogil:
    """The inputs that the index names -> value (count,); of_byte says what a byte stands for."""
    if number is real:
        pick(x, index, count, value)
    else:
        look_up(x, index, count, of_byte, value)

cdef inline void listed_weighted_input(const number* inputs, Py_ssize_t n_in, real scale, Matrix w, const real* b, Matrix z,
                                       real* value, unsigned short* index) noexcept nogil:
    """inputs (m, n_in) times scale, w (n_in, n), b (n,) -> z (m, n).

    value (m, n_in) and index (m * n_in + MORE_PLACES,) are scratch.
    """
    cdef Py_ssize_t first = 0, i, j, k, m, cols, entries, block, at_once = inputs_at_once(n_in, w.row)
    cdef Py_ssize_t blocks = (n_in + at_once - 1) // at_once
    cdef Py_ssize_t start[MOST_BLOCKS + 1][LISTS_AT_ONCE]       # where the entries of an example and a block start
    cdef real of_byte[256]
    cdef const number* x
    for k in range(256):
        of_byte[k] = scale * <real>k
    for i in range(z.rows):
        for j in range(z.row):
            z.x[i * z.row + j] = b[j]
    while first < z.rows:
        m, entries = min(z.rows - first, <Py_ssize_t>LISTS_AT_ONCE), 0
        for i in range(m):
            x = inputs + (first + i) * n_in
            k = block = 0
            while k < n_in:
                start[block][i] = entries
                block += 1
                while k < min(n_in, block * at_once):
                    entries += list_bits(mask_of(x, k, n_in), k, index + entries)
                    k += MASK_BITS
            start[block][i] = entries
            fill_values(x, index + start[0][i], entries - start[0][i], of_byte, value + start[0][i])
        for block in range(blocks):
            j = 0
            while j < z.row:
                cols = registers_at_once((z.row - j) // WIDTH)
                lists_product(cols, w.x + j, w.row, index, value, start[block], start[block + 1], m, z.x + first * z.row + j, z.row)
                j += cols * WIDTH
        first += m
