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
from nncore.machine.memory cimport L1_CACHE, bytes_to_reals, count_nonzero, number, padded
from nncore.machine.random cimport word
from nncore.machine.simd cimport WIDTH, lowest_bit, prefetch, real
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

cdef inline Record record_of(const Sparse* sparse, Py_ssize_t example) noexcept nogil:
    """The record of an example, read from memory."""
    cdef Record record
    record.mask = <word*>(sparse.records + sparse.start[example])
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

cdef inline void prefetch_next(const Sparse* sparse, const Py_ssize_t* order, Py_ssize_t m, Py_ssize_t n_left) noexcept nogil:
    """While example order[0] is worked on, ask for the record of order[m], which is in the next mini-batch, and for where that of
    order[2 m] starts: a shuffled set is read from all over the memory. The order has n_left examples.
    """
    cdef Py_ssize_t line
    if m < n_left:
        for line in range(sparse.start[order[m]], sparse.start[order[m] + 1], 64):
            prefetch(sparse.records + line)
    if 2 * m < n_left:
        prefetch(sparse.start + order[2 * m])

cdef inline void unpack(const Sparse* sparse, const Py_ssize_t* order, Py_ssize_t m, real* values,
                        Py_ssize_t stride_prev) noexcept nogil:
    """The values of the non-zero inputs of m examples, as reals -> values (m, stride_prev): each row as far as there are any."""
    cdef Py_ssize_t i, count
    cdef Record record
    for i in range(m):
        record = record_of(sparse, order[i])
        count = record.block[BLOCKS]
        if sparse.bytes:                                        # in whole cache lines rather than with a rest
            bytes_to_reals(<const unsigned char*>record.value, padded(count), sparse.scale, values)
        else:
            memcpy(values, record.value, count * sizeof(real))
        values += stride_prev

cdef inline NonZeros entries_in(const Record* record, const real* values, Py_ssize_t block, Py_ssize_t end) noexcept nogil:
    """The entries of an example in the blocks from `block` to before `end`; values are all of its values."""
    cdef Py_ssize_t first = record.block[block]
    return NonZeros(record.index + first, values + first, record.block[min(end, <Py_ssize_t>BLOCKS)] - first)

cdef inline Py_ssize_t blocks_at_once(const Sparse* sparse, Py_ssize_t stride) noexcept nogil:
    """How many of the BLOCKS are gone through together, so that their rows stay in the first-level cache."""
    cdef Py_ssize_t bytes = (sparse.n_in + BLOCKS - 1) // BLOCKS * stride * <Py_ssize_t>sizeof(real)
    return max(<Py_ssize_t>1, min(<Py_ssize_t>BLOCKS, L1_CACHE // bytes))

cdef inline void sparse_weighted_input(const Sparse* sparse, const Py_ssize_t* order, Matrix values, Matrix w, const real* b,
                                       Matrix z, Py_ssize_t m, Py_ssize_t n_left) noexcept nogil:
    """values (entries of some examples), w (n_in, n), b (n,) -> z (those examples, n); n is whole registers.

    order[0] is the first of the examples, m is how many the mini-batch has, n_left how many the order has from there on.
    """
    cdef Py_ssize_t i, j, cols, block = 0, step = blocks_at_once(sparse, w.row)
    cdef Record record
    cdef NonZeros entries
    for i in range(z.rows):
        memcpy(z.x + i * z.row, b, z.columns * sizeof(real))
    while block < BLOCKS:
        for i in range(z.rows):
            if block == 0:
                prefetch_next(sparse, order + i, m, n_left - i)
            record = record_of(sparse, order[i])
            entries = entries_in(&record, values.x + i * values.row, block, block + step)
            j = 0
            while j < z.columns:
                cols = registers_at_once((z.columns - j) // WIDTH)
                add_rows(cols, w.x + j, w.row, entries.index, entries.value, entries.count, z.x + i * z.row + j)
                j += cols * WIDTH
        block += step

cdef inline void sparse_weight_gradient(const Sparse* sparse, const Py_ssize_t* order, Matrix values, Matrix delta,
                                        Matrix nabla_w, Share mine) noexcept nogil:
    """BP4. values (m, entries), delta (m, n) -> added to nabla_w (n_in, n), in the blocks `mine`; n is whole registers."""
    cdef Py_ssize_t i, j, cols, block = mine.first, step = blocks_at_once(sparse, nabla_w.row)
    cdef Record record
    cdef NonZeros entries
    while block < mine.end:
        for i in range(delta.rows):
            record = record_of(sparse, order[i])
            entries = entries_in(&record, values.x + i * values.row, block, min(block + step, mine.end))
            j = 0
            while j < nabla_w.columns:
                cols = registers_at_once((nabla_w.columns - j) // WIDTH)
                add_outer_to_rows(cols, nabla_w.x + j, nabla_w.row, entries.index, entries.value, entries.count,
                                  delta.x + i * delta.row + j)
                j += cols * WIDTH
        block += step
