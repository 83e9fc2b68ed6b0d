"""The non-zero inputs of the next mini-batches, fetched from all over the memory and put side by side.

An epoch reads the examples in a shuffled order, so the record of each comes from another page of memory, and takes a while. The
records of many mini-batches are fetched together, in two rounds: the first only copies, so that the processor waits for many at a
time; the second turns bytes into reals. What is fetched stays in the second-level cache until it is used.

There are two parts of memory, used in turn. So a thread may fetch while others still use what was fetched before.
"""
from libc.stdint cimport uintptr_t
from libc.string cimport memcpy

from nncore.equations.product cimport Share
from nncore.machine.memory cimport bytes_to_reals, padded
from nncore.machine.random cimport word
from nncore.machine.simd cimport prefetch, real
from nncore.zeros.sparse cimport BLOCKS, NonZeroInputs, Record, Sparse, record_at, record_size

cdef enum:
    EXAMPLES_AT_ONCE = 256          # about how many are fetched together
    MOST_BYTES = 1 << 21            # how much memory they may take at the most, if a mini-batch needs no more
    AHEAD = 4                       # while a record is copied, the one so many further on is asked for
    SLACK = 64                      # bytes behind a record that may be read or written with it

cdef struct Fetched:
    NonZeroInputs* entries                # (2, most)
    unsigned char* memory           # (2, most, size)
    Py_ssize_t most                 # how many examples are fetched together: whole mini-batches
    Py_ssize_t size                 # bytes that one may take
    Py_ssize_t part                 # which of the two parts is in use
    Py_ssize_t first                # which examples of the order are there: from `first` to before `end`
    Py_ssize_t end

cdef inline Py_ssize_t copy_size(const Sparse* sparse) noexcept nogil:
    """Bytes of the copy of a record with as many entries as there can be."""
    return (record_size(sparse, sparse.n_in) + SLACK) // 64 * 64 + 64

cdef inline void plan_fetching(const Sparse* sparse, Py_ssize_t m, Fetched* fetched) noexcept nogil:
    """Decide how many examples, in mini-batches of m, are fetched together; nothing is fetched yet."""
    fetched.size = copy_size(sparse) + padded(sparse.n_in) * sizeof(real) + SLACK
    fetched.most = max(m, min(<Py_ssize_t>EXAMPLES_AT_ONCE, MOST_BYTES // fetched.size) // m * m)
    fetched.part = fetched.first = fetched.end = 0

cdef inline void copy_record(const Sparse* sparse, Py_ssize_t example, unsigned char* copy) noexcept nogil:
    """Copy the record of an example, in whole units of 32 bytes."""
    cdef Py_ssize_t i = sparse.start[example]
    cdef Py_ssize_t end = sparse.start[example + 1]
    while i < end:
        memcpy(copy, sparse.records + i, 32)
        copy += 32
        i += 32

cdef inline void fetch(const Sparse* sparse, const Py_ssize_t* order, Py_ssize_t n, Share mine, Fetched* fetched) noexcept nogil:
    """Fetch the examples `mine` of the n that order[0] .. order[n-1] name."""
    cdef NonZeroInputs* entries = fetched.entries + fetched.part * fetched.most
    cdef unsigned char* memory = fetched.memory + (fetched.part * fetched.most + mine.first) * fetched.size
    cdef Py_ssize_t i, count
    cdef Record record
    for i in range(mine.first, mine.end):
        if i + 2 * AHEAD < n:
            prefetch(sparse.start + order[i + 2 * AHEAD])
        if i + AHEAD < n:
            prefetch(sparse.records + sparse.start[order[i + AHEAD]])
        copy_record(sparse, order[i], memory)
        entries[i].mask = <word*>memory
        memory += (sparse.start[order[i] + 1] - sparse.start[order[i]] + SLACK) // 64 * 64
    memory = <unsigned char*>((<uintptr_t>memory + 63) // 64 * 64)
    for i in range(mine.first, mine.end):
        record = record_at(sparse, <unsigned char*>entries[i].mask)
        count = record.block[BLOCKS]
        if sparse.bytes:                                        # in whole cache lines rather than with a rest
            bytes_to_reals(<const unsigned char*>record.value, padded(count), sparse.scale, <real*>memory)
        else:
            memcpy(memory, record.value, count * sizeof(real))
        entries[i] = NonZeroInputs(record.mask, record.block, record.index, <real*>memory)
        memory += padded(count) * sizeof(real)

cdef inline const NonZeroInputs* entries_of(const Fetched* fetched, Py_ssize_t i) noexcept nogil:
    """The entries of example i of the order, and of those behind it."""
    return fetched.entries + fetched.part * fetched.most + i - fetched.first
