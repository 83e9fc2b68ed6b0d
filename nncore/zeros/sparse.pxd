"""The first layer over its non-zero inputs only: of MNIST's pixels 19 %.

  forward   z_i = b + sum over the non-zero k of x_ik w_k             z = x @ w + b
  BP4       w_k += x_ik delta_i for the non-zero k of each example i  nabla_w += x.T @ delta

where w_k is row k of w (n_in, n). Leaving out a zero is exact; only the order of the sums in z differs from the dense
product (two chains a block), so the two agree to rounding. The inputs are gone through block by block, all examples of the
mini-batch in each, so that the rows of a block are fetched once and stay in the first-level cache.

Where rows of w are long and the examples many, BP4 lists the entries of a block by their inputs: then a row of w is loaded, gets
all its examples, and is stored, as in dense.pxd. Both ways add in the same order: the same bits.

The rows of w that no example of a mini-batch uses are left behind when there is momentum or L2: see lazy.pxd.
"""
from libc.string cimport memcpy, memset

from nncore.equations.dense cimport is_wide
from nncore.equations.product cimport Matrix, Share, some_rows
from nncore.machine.memory cimport L1_CACHE
from nncore.machine.random cimport word
from nncore.machine.simd cimport LANES, WIDTH, prefetch, real
from nncore.zeros.rows cimport NonZeros, add_outer_to_rows, add_rows, registers_at_once, rows_product

cdef enum:
    BLOCKS = 16                     # an example's entries can be entered at each 16th of the inputs
    FEWEST_TO_LIST = 16             # examples for which the entries of a wide layer are listed by input
    ROWS_AHEAD = 2                  # the row of w that BP4 asks for, while it adds to one

cdef struct Sparse:                 # the non-zero inputs of all examples, listed by listing.pxd: a record for each, in one memory
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

cdef struct NonZeroInputs:                # the same, with the values as reals
    const word* mask
    const unsigned short* block
    const unsigned short* index
    const real* value

cdef struct ByInput:                # the entries of a block of inputs, those of each input together
    Py_ssize_t* end                 # (inputs_in_block,) where those of an input end; they start where those of the input before end
    unsigned short* example         # (inputs_in_block * m,) which of m examples they belong to, in ascending order
    real* value                     # the same, and what they are

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

cdef inline NonZeros entries_in(const NonZeroInputs* entries, Py_ssize_t block, Py_ssize_t end) noexcept nogil:
    """The entries in the blocks from `block` to before `end`."""
    cdef Py_ssize_t first = entries.block[block]
    return NonZeros(entries.index + first, entries.value + first, entries.block[end] - first)

cdef inline Py_ssize_t inputs_in_block(Py_ssize_t n_in) noexcept nogil:
    """How many of the inputs a block has; the last block may have fewer."""
    return (n_in + BLOCKS - 1) // BLOCKS

cdef inline Py_ssize_t blocks_at_once(Matrix w) noexcept nogil:
    """How many of the BLOCKS are gone through together, so that their rows of w stay in the first-level cache."""
    cdef Py_ssize_t bytes = inputs_in_block(w.rows) * w.row * <Py_ssize_t>sizeof(real)
    return max(<Py_ssize_t>1, min(<Py_ssize_t>BLOCKS, L1_CACHE // bytes))

cdef inline void sparse_weighted_input(const NonZeroInputs* entries, Matrix w, const real* b, Matrix z) noexcept nogil:
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

cdef inline void list_by_input(const NonZeroInputs* entries, Py_ssize_t m, Py_ssize_t block, Py_ssize_t n_in,
                               ByInput* lists) noexcept nogil:
    """List the entries of a block of inputs by their inputs: entries (m,) -> lists."""
    cdef Py_ssize_t i, e, k, place, n = inputs_in_block(n_in), first = block * n
    cdef NonZeros some
    memset(lists.end, 0, n * sizeof(Py_ssize_t))
    for i in range(m):
        some = entries_in(&entries[i], block, block + 1)
        for e in range(some.count):
            lists.end[some.index[e] - first] += 1       # how many the input has
    place = 0
    for k in range(n):
        place += lists.end[k]
        lists.end[k] = place - lists.end[k]             # where they start
    for i in range(m):
        some = entries_in(&entries[i], block, block + 1)
        for e in range(some.count):
            k = some.index[e] - first
            lists.example[lists.end[k]] = <unsigned short>i
            lists.value[lists.end[k]] = some.value[e]
            lists.end[k] += 1                           # and in the end where they end

cdef inline void gradient_by_input(const ByInput* lists, Matrix delta, Matrix nabla_w) noexcept nogil:
    """BP4 of a block of inputs: lists, delta (m, n) -> added to the rows nabla_w of the block's inputs."""
    cdef Py_ssize_t j = 0, k, line, cols, start
    while j < nabla_w.columns:
        cols = registers_at_once((nabla_w.columns - j) // WIDTH)
        start = 0
        for k in range(nabla_w.rows):
            if k + ROWS_AHEAD < nabla_w.rows:
                for line in range((cols * WIDTH + LANES - 1) // LANES):
                    prefetch(nabla_w.x + (k + ROWS_AHEAD) * nabla_w.row + j + line * LANES)
            if lists.end[k] > start:
                rows_product(cols, delta.x + j, delta.row, lists.example + start, lists.value + start, lists.end[k] - start,
                             nabla_w.x + k * nabla_w.row + j, 1)
            start = lists.end[k]
        j += cols * WIDTH

cdef inline void gradient_by_example(const NonZeroInputs* entries, Matrix delta, Matrix nabla_w, Share blocks) noexcept nogil:
    """BP4 of some blocks of inputs, one example after the other."""
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

cdef inline void sparse_weight_gradient(const NonZeroInputs* entries, Matrix delta, Matrix nabla_w, Share blocks,
                                        ByInput* lists) noexcept nogil:
    """BP4. entries (m,), delta (m, n) -> added to nabla_w (n_in, n), for the inputs of some blocks; n is whole registers.

    lists is scratch memory; it is used where the layer is wide and the examples are many.
    """
    cdef Py_ssize_t block, n = inputs_in_block(nabla_w.rows)
    if delta.rows < FEWEST_TO_LIST or not is_wide(nabla_w.row):
        gradient_by_example(entries, delta, nabla_w, blocks)
        return
    for block in range(blocks.first, blocks.end):
        if block * n < nabla_w.rows:
            list_by_input(entries, delta.rows, block, nabla_w.rows, lists)
            gradient_by_input(lists, delta, some_rows(nabla_w, Share(block * n, min(nabla_w.rows, (block + 1) * n))))
