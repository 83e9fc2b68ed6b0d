"""The first layer over its non-zero inputs only: of MNIST's pixels 19 %.

  forward   z_i = b + sum over the non-zero k of x_ik w_k             z = x @ w + b
  BP4       w_k += x_ik delta_i for the non-zero k of each example i  nabla_w += x.T @ delta

where w_k is row k of w (n_in, stride). Leaving out a zero is exact; only the order of the sums in z differs from the dense
product (two chains a block), so the two agree to rounding. The inputs are gone through block by block, all examples of the
mini-batch in each, so that the rows of a block are fetched once and stay in the cache nearest to the core.

Regularisation and momentum would touch every row at every step. Instead a row that no example needs waits, and is settled,
several steps at once, when one does or when training hands the parameters back. For a row without a gradient a step is linear,

  (w, v) <- M (w, v),   M = [[1 - c, mu], [-c, mu]],   c = eta lmbda/n          (mu = 0: w <- (1 - c) w alone)

so k steps are M^k; and a step with a gradient is M (w, v + g/mu), or M (w + g/(1-c)) without momentum: g can be added before M.
So each row is settled before it is read, and gets its gradient, divided, after.
"""
from libc.math cimport fabs
from libc.string cimport memcpy, memset

from nncore.examples.random cimport word
from nncore.equations.product cimport columns
from nncore.zeros.rows cimport add_picked, add_to_picked
from nncore.machine.simd cimport (
    LANES, WIDTH, load, lowest_bit, muladd, prefetch, real, splat, store, vec,
)

cdef enum:
    BLOCKS = 16                     # an example's entries can be entered at each 16th of the inputs
    CACHED = 49152                  # bytes of w that a block may span
    POWERS = 32                     # M^1 .. M^32 are kept

cdef struct Sparse:                 # the non-zero inputs of all examples: a record for each, in one piece of memory
    Py_ssize_t n_in
    Py_ssize_t words                # of 64 bits, for n_in bits
    bint bytes                      # whether a value is a byte that stands for scale * byte, or a real
    real scale
    Py_ssize_t* start               # (n + 1,) where the record of an example starts
    unsigned char* records

cdef struct Entries:                # a record
    word* mask                      # (words,) a bit for each input, set where it is not zero
    unsigned short* block           # (BLOCKS + 1,) where each 16th of the inputs starts in index; the last is the count
    unsigned short* index           # (count,) which inputs they are
    void* value                     # (count,) and what they are

cdef inline Entries entries_of(const Sparse* sparse, Py_ssize_t example) noexcept nogil:
    cdef Entries entries
    entries.mask = <word*>(sparse.records + sparse.start[example])
    entries.block = <unsigned short*>(entries.mask + sparse.words)
    entries.index = entries.block + BLOCKS + 1
    entries.value = entries.index + entries.block[BLOCKS]
    return entries

cdef inline Py_ssize_t record_size(const Sparse* sparse, Py_ssize_t count) noexcept nogil:
    """Bytes of a record with so many entries, in whole words."""
    cdef Py_ssize_t size = 8 * sparse.words + 2 * (BLOCKS + 1 + count) + count * (1 if sparse.bytes else <Py_ssize_t>sizeof(real))
    return (size + 7) // 8 * 8

cdef inline Py_ssize_t count_entries(const unsigned char* image, const real* row, Py_ssize_t n_in) noexcept nogil:
    """How many of an example's inputs are not zero; it is given as an image or as a row of reals."""
    cdef Py_ssize_t k, count = 0
    if image != NULL:
        for k in range(n_in):
            count += image[k] != 0
    else:
        for k in range(n_in):
            count += row[k] != 0
    return count

cdef inline word mask_of(const unsigned char* image, const real* row, Py_ssize_t n) noexcept nogil:
    """A bit for each of n inputs, at most 64, set where it is not zero."""
    cdef word bits = 0
    cdef Py_ssize_t k
    if image != NULL:
        for k in range(n):
            bits |= <word>(image[k] != 0) << k
    else:
        for k in range(n):
            bits |= <word>(row[k] != 0) << k
    return bits

cdef inline void write_record(Sparse* sparse, Py_ssize_t example, const unsigned char* image, const real* row,
                              Py_ssize_t count) noexcept nogil:
    """The record of an example that had `count` entries when they were counted: the caller may write to his array meanwhile."""
    cdef Py_ssize_t t, k, e = 0, b = 0, part = (sparse.n_in + BLOCKS - 1) // BLOCKS
    cdef word* mask = <word*>(sparse.records + sparse.start[example])
    cdef unsigned short* block = <unsigned short*>(mask + sparse.words)
    cdef unsigned short* index = block + BLOCKS + 1
    cdef unsigned char* value = <unsigned char*>(index + count)
    cdef word bits
    for t in range(sparse.words):
        bits = mask_of(image + 64 * t if image != NULL else NULL, row + 64 * t if image == NULL else NULL,
                       min(<Py_ssize_t>64, sparse.n_in - 64 * t))
        mask[t] = bits
        while bits and e < count:
            k = 64 * t + lowest_bit(bits)
            bits &= bits - 1
            while b * part <= k:
                block[b] = <unsigned short>e
                b += 1
            index[e] = <unsigned short>k
            if image != NULL:
                value[e] = image[k]
            else:
                memcpy(value + e * sizeof(real), row + k, sizeof(real))
            e += 1
    while e < count:                        # fewer than were counted: entries of value 0
        index[e] = 0
        memset(value + e * (1 if sparse.bytes else sizeof(real)), 0, 1 if sparse.bytes else sizeof(real))
        e += 1
    while b <= BLOCKS:
        block[b] = <unsigned short>count
        b += 1

cdef inline void prefetch_ahead(const Sparse* sparse, const Py_ssize_t* order, Py_ssize_t i, Py_ssize_t m,
                                Py_ssize_t ahead) noexcept nogil:
    """While example i of a mini-batch is worked on, ask for the one in its place in the next, and for where the one after starts:
    a shuffled set is read from all over the memory. `ahead` examples of the order come after this mini-batch."""
    cdef Py_ssize_t at
    if i < ahead:
        for at in range(sparse.start[order[m + i]], sparse.start[order[m + i] + 1], 64):
            prefetch(sparse.records + at)
    if m + i < ahead:
        prefetch(sparse.start + order[2 * m + i])

cdef struct Power:                  # M^k
    double ww
    double wv
    double vw
    double vv

cdef struct Lazy:                   # what rows of w wait for
    double c                        # L2: eta lmbda/n
    double mu                       # momentum
    Py_ssize_t step                 # steps done
    Py_ssize_t* settled             # (n_in,) of which a row has seen so many
    word* needed                    # (words,) the rows that this mini-batch needs
    Power powers[POWERS + 1]        # M^0 .. M^POWERS

cdef inline Power times(Power a, Power b) noexcept nogil:
    """a b, as 2x2 matrices."""
    return Power(a.ww * b.ww + a.wv * b.vw, a.ww * b.wv + a.wv * b.vv,
                 a.vw * b.ww + a.vv * b.vw, a.vw * b.wv + a.vv * b.vv)

cdef inline bint can_wait(double c, double mu) noexcept nogil:
    """Whether a gradient can be divided by what the rows wait for, mu or 1 - c, and no power of M overflows."""
    return fabs(1 - c) <= 4 and fabs(mu) <= 4 and fabs(mu if mu != 0 else 1 - c) > 1e-3

cdef inline void prepare(Lazy* lazy, double c, double mu) noexcept nogil:
    """The powers of M; no row waits yet. Without momentum v does not count, and M is (1 - c)."""
    cdef int k
    cdef Power one_step = Power(1 - c, mu, -c, mu) if mu != 0 else Power(1 - c, 0, 0, 0)
    lazy.c, lazy.mu, lazy.step = c, mu, 0
    lazy.powers[0] = Power(1, 0, 0, 1)
    for k in range(1, POWERS + 1):
        lazy.powers[k] = times(one_step, lazy.powers[k - 1])

cdef inline void settle(Lazy* lazy, Py_ssize_t k, real* w_k, real* v_k, Py_ssize_t stride) noexcept nogil:
    """Give row k, w_k and v_k (stride,), the steps that it has waited for."""
    cdef Py_ssize_t behind = lazy.step - lazy.settled[k], j
    cdef Power power
    cdef vec w, v
    lazy.settled[k] = lazy.step
    while behind > 0:
        power = lazy.powers[min(behind, <Py_ssize_t>POWERS)]
        behind -= POWERS
        j = 0
        if lazy.mu == 0:
            while j < stride:
                store(w_k + j, splat(<real>power.ww) * load(w_k + j))
                j += WIDTH
        else:
            while j < stride:
                w, v = load(w_k + j), load(v_k + j)
                store(w_k + j, muladd(splat(<real>power.ww), w, splat(<real>power.wv) * v))
                store(v_k + j, muladd(splat(<real>power.vw), w, splat(<real>power.vv) * v))
                j += WIDTH

cdef inline void settle_all(Lazy* lazy, real* w, real* v, Py_ssize_t n_in, Py_ssize_t stride) noexcept nogil:
    """Before anybody looks at the parameters."""
    cdef Py_ssize_t k
    for k in range(n_in):
        settle(lazy, k, w + k * stride, v + k * stride, stride)

cdef inline void settle_needed(const Sparse* sparse, const Py_ssize_t* order, Py_ssize_t m, Lazy* lazy,
                               real* w, real* v, Py_ssize_t stride) noexcept nogil:
    """Before a mini-batch: the rows that any of its examples order[0] .. order[m-1] has an input for."""
    cdef Py_ssize_t i, t, k
    cdef word bits
    cdef const word* mask
    memset(lazy.needed, 0, sparse.words * sizeof(word))
    for i in range(m):
        mask = entries_of(sparse, order[i]).mask
        for t in range(sparse.words):
            lazy.needed[t] |= mask[t]
    for t in range(sparse.words):
        bits = lazy.needed[t]
        while bits:
            k = 64 * t + lowest_bit(bits)
            settle(lazy, k, w + k * stride, v + k * stride, stride)
            bits &= bits - 1

cdef inline void unpack(const Sparse* sparse, const Py_ssize_t* order, Py_ssize_t m, real* values,
                        Py_ssize_t stride_prev) noexcept nogil:
    """The non-zero inputs of each example as reals -> values (m, stride_prev), each row as far as there are any."""
    cdef Py_ssize_t i, e, t, count
    cdef real scale = sparse.scale
    cdef Entries entries
    cdef const unsigned char* bytes
    for i in range(m):
        entries = entries_of(sparse, order[i])
        count = entries.block[BLOCKS]
        if sparse.bytes:
            bytes = <const unsigned char*>entries.value
            e = 0
            while e < count:
                for t in range(LANES):                          # a whole register more rather than a loop over the rest
                    values[e + t] = scale * <real>(<int>bytes[e + t])
                e += LANES
        else:
            memcpy(values, entries.value, count * sizeof(real))
        values += stride_prev

cdef inline Py_ssize_t parts(const Sparse* sparse, Py_ssize_t stride) noexcept nogil:
    """How many of the BLOCKS are gone through together, so that their rows stay in the nearest cache."""
    cdef Py_ssize_t bytes = (sparse.n_in + BLOCKS - 1) // BLOCKS * stride * <Py_ssize_t>sizeof(real)
    return max(<Py_ssize_t>1, min(<Py_ssize_t>BLOCKS, CACHED // bytes))

cdef inline void sparse_weighted_input(const Sparse* sparse, const Py_ssize_t* order, const real* values,
                                       Py_ssize_t stride_prev, const real* w, const real* b, real* z,
                                       Py_ssize_t m, Py_ssize_t stride, Py_ssize_t ahead) noexcept nogil:
    """values, w (n_in, stride), b (stride,) -> z (m, stride)."""
    cdef Py_ssize_t i, j, first, count, cols, block = 0, step = parts(sparse, stride)
    cdef Entries entries
    for i in range(m):
        for j in range(stride):
            z[i * stride + j] = b[j]
    while block < BLOCKS:
        for i in range(m):
            if block == 0:
                prefetch_ahead(sparse, order, i, m, ahead)
            entries = entries_of(sparse, order[i])
            first = entries.block[block]
            count = entries.block[min(block + step, <Py_ssize_t>BLOCKS)] - first
            j = 0
            while j < stride:
                cols = columns((stride - j) // WIDTH)
                add_picked(cols, w + j, stride, entries.index + first, values + i * stride_prev + first, count,
                           z + i * stride + j)
                j += cols * WIDTH
        block += step

cdef inline void sparse_weight_gradient(const Sparse* sparse, const Py_ssize_t* order, const real* values,
                                        Py_ssize_t stride_prev, const real* delta, real* nabla_w,
                                        Py_ssize_t m, Py_ssize_t stride) noexcept nogil:
    """BP4. values, delta (m, stride) -> added to nabla_w (n_in, stride)."""
    cdef Py_ssize_t i, j, first, count, cols, block = 0, step = parts(sparse, stride)
    cdef Entries entries
    while block < BLOCKS:
        for i in range(m):
            entries = entries_of(sparse, order[i])
            first = entries.block[block]
            count = entries.block[min(block + step, <Py_ssize_t>BLOCKS)] - first
            j = 0
            while j < stride:
                cols = columns((stride - j) // WIDTH)
                add_to_picked(cols, nabla_w + j, stride, entries.index + first, values + i * stride_prev + first, count,
                              delta + i * stride + j)
                j += cols * WIDTH
        block += step
