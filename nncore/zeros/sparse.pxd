"""The first layer over its non-zero inputs only: of MNIST's pixels 19 %.

  forward   z_i = b + sum over the non-zero k of x_ik w_k             z = x @ w + b
  BP4       w_k += x_ik delta_i for the non-zero k of each example i  nabla_w += x.T @ delta

where w_k is row k of w (n_in, n). Leaving out a zero is exact; only the order of the sums in z differs from the dense
product (two chains a block), so the two agree to rounding. The inputs are gone through block by block, all examples of the
mini-batch in each, so that the rows of a block are fetched once and stay in the first-level cache.

The rows of w that no example of a mini-batch uses are left behind when there is momentum or L2: see lazy.pxd.
"""
from libc.string cimport memcpy, memset

from nncore.equations.product cimport Matrix, Share
from nncore.machine.memory cimport L1_CACHE, count_nonzero, number
from nncore.machine.random cimport word
from nncore.machine.simd cimport WIDTH, lowest_bit, real
from nncore.zeros.rows cimport NonZeros, add_outer_to_rows, add_rows, registers_at_once

cdef enum:
    BLOCKS = 16                     # an example's entries can be entered at each 16th of the inputs

cdef struct Sparse:                 # the non-zero inputs of all examples: a record for each, in one piece of memory
    Py_ssize_t n_in
    Py_ssize_t words                # of 64 bits, for n_in bits
    bint bytes                      # whether a value is a byte that stands for scale * byte, or a real
    real scale
    Py_ssize_t* start               # (n + 1,) where the record of an example starts
    unsigned char* records

cdef struct Record:                 # the non-zero inputs of one example
    word* mask                      # (words,) a bit for each input, set where it is not zero
    unsigned short* block           # (BLOCKS + 1,) where each 16th of the inputs starts in index; the last is the count
    unsigned short* index           # (count,) which inputs they are
    void* value                     # (count,) and what they are

cdef struct Entries:                # the same, with the values as reals
    const word* mask
    const unsigned short* block
    const unsigned short* index
    const real* value

cdef inline Record record_at(const Sparse* sparse, unsigned char* memory) noexcept nogil:
    """The record that lies there in memory."""
    cdef Record record
    record.mask = <word*>memory
    record.block = <unsigned short*>(record.mask + sparse.words)
    record.index = record.block + BLOCKS + 1
    record.value = record.index + record.block[BLOCKS]
    return record

cdef inline Py_ssize_t record_size(const Sparse* sparse, Py_ssize_t count) noexcept nogil:
    """Bytes of a record with `count` entries, in whole words."""
    cdef Py_ssize_t size = 8 * sparse.words + 2 * (BLOCKS + 1 + count) + count * (1 if sparse.bytes else <Py_ssize_t>sizeof(real))
    return (size + 7) // 8 * 8

cdef inline void start_records(Sparse* sparse, const number* inputs, Py_ssize_t n, Py_ssize_t* counts) noexcept nogil:
    """Count the non-zero inputs of each of n examples (n, n_in) -> counts (n,) and sparse.start."""
    cdef Py_ssize_t i
    sparse.start[0] = 0
    for i in range(n):
        counts[i] = count_nonzero(inputs + i * sparse.n_in, sparse.n_in)
        sparse.start[i + 1] = sparse.start[i] + record_size(sparse, counts[i])

cdef inline word mask_of(const number* x, Py_ssize_t n) noexcept nogil:
    """A bit for each of n inputs, at most 64, set where it is not zero."""
    cdef word bits = 0
    cdef Py_ssize_t k
    for k in range(n):
        bits |= <word>(x[k] != 0) << k
    return bits

cdef inline void write_record(Sparse* sparse, Py_ssize_t example, const number* x, Py_ssize_t count) noexcept nogil:
    """Write the record of example number `example`, whose inputs are x (n_in,).

    It had `count` entries when they were counted: the caller may write to the array meanwhile.
    """
    cdef Py_ssize_t t, k, e = 0, b = 0, inputs_in_block = (sparse.n_in + BLOCKS - 1) // BLOCKS
    cdef word* mask = <word*>(sparse.records + sparse.start[example])
    cdef unsigned short* block = <unsigned short*>(mask + sparse.words)
    cdef unsigned short* index = block + BLOCKS + 1
    cdef unsigned char* value = <unsigned char*>(index + count)
    cdef word bits
    for t in range(sparse.words):
        bits = mask_of(x + 64 * t, min(<Py_ssize_t>64, sparse.n_in - 64 * t))
        mask[t] = bits
        while bits and e < count:
            k = 64 * t + lowest_bit(bits)
            bits &= bits - 1
            while b * inputs_in_block <= k:
                block[b] = <unsigned short>e
                b += 1
            index[e] = <unsigned short>k
            memcpy(value + e * sizeof(number), x + k, sizeof(number))
            e += 1
    while e < count:                        # fewer than were counted: entries of value 0
        index[e] = 0
        memset(value + e * sizeof(number), 0, sizeof(number))
        e += 1
    while b <= BLOCKS:
        block[b] = <unsigned short>count
        b += 1

cdef inline void write_records(Sparse* sparse, const number* inputs, Py_ssize_t n, const Py_ssize_t* counts) noexcept nogil:
    """Write the records of n examples (n, n_in) whose entries start_records has counted."""
    cdef Py_ssize_t i
    for i in range(n):
        write_record(sparse, i, inputs + i * sparse.n_in, counts[i])

cdef inline NonZeros entries_in(const Entries* entries, Py_ssize_t block, Py_ssize_t end) noexcept nogil:
    """The entries in the blocks from `block` to before `end`."""
    cdef Py_ssize_t first = entries.block[block]
    return NonZeros(entries.index + first, entries.value + first, entries.block[end] - first)

cdef inline Py_ssize_t blocks_at_once(Matrix w) noexcept nogil:
    """How many of the BLOCKS are gone through together, so that their rows of w stay in the first-level cache."""
    cdef Py_ssize_t bytes = (w.rows + BLOCKS - 1) // BLOCKS * w.row * <Py_ssize_t>sizeof(real)
    return max(<Py_ssize_t>1, min(<Py_ssize_t>BLOCKS, L1_CACHE // bytes))

cdef inline void sparse_weighted_input(const Entries* entries, Matrix w, const real* b, Matrix z) noexcept nogil:
    """entries (m,), w (n_in, n), b (n,) -> z (m, n); n is whole registers."""
    cdef Py_ssize_t i, j, cols, block = 0, step = blocks_at_once(w)
    cdef NonZeros some
    for i in range(z.rows):
        memcpy(z.x + i * z.row, b, z.columns * sizeof(real))
    while block < BLOCKS:
        for i in range(z.rows):
            some = entries_in(&entries[i], block, min(block + step, <Py_ssize_t>BLOCKS))
            j = 0
            while j < z.columns:
                cols = registers_at_once((z.columns - j) // WIDTH)
                add_rows(cols, w.x + j, w.row, some.index, some.value, some.count, z.x + i * z.row + j)
                j += cols * WIDTH
        block += step

cdef inline void sparse_weight_gradient(const Entries* entries, Matrix delta, Matrix nabla_w, Share blocks) noexcept nogil:
    """BP4. entries (m,), delta (m, n) -> added to nabla_w (n_in, n), for the inputs of some blocks; n is whole registers."""
    cdef Py_ssize_t i, j, cols, block = blocks.first, step = blocks_at_once(nabla_w)
    cdef NonZeros some
    while block < blocks.end:
        for i in range(delta.rows):
            some = entries_in(&entries[i], block, min(block + step, blocks.end))
            j = 0
            while j < nabla_w.columns:
                cols = registers_at_once((nabla_w.columns - j) // WIDTH)
                add_outer_to_rows(cols, nabla_w.x + j, nabla_w.row, some.index, some.value, some.count, delta.x + i * delta.row + j)
                j += cols * WIDTH
        block += step
