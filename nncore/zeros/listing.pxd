"""Listing the non-zero inputs of all examples, as sparse.pxd reads them: a record for each.

First a mask of each example says which of its inputs are not zero: how many they are says where its record starts. Then the records
are written, from the masks. Several threads may do either, for some of the examples each. The caller may write to the inputs
meanwhile: that changes values, but no mask.
"""
from libc.string cimport memcpy

from nncore.equations.product cimport Share
from nncore.machine.memory cimport number
from nncore.machine.random cimport word
from nncore.machine.simd cimport real
from nncore.zeros.lists cimport MASK_BITS, MORE_PLACES, bits_set, list_bits, list_bits_within, mask_of, pick_bytes
from nncore.zeros.sparse cimport BLOCKS, Sparse, inputs_in_block, record_size

cdef inline void find_entries(const Sparse* sparse, const number* inputs, Share mine, word* masks) noexcept nogil:
    """Find the non-zero inputs of the examples `mine` of inputs (n, n_in) -> masks (n, words)."""
    cdef Py_ssize_t i, t
    for i in range(mine.first, mine.end):
        for t in range(sparse.words):
            masks[i * sparse.words + t] = mask_of(inputs + i * sparse.n_in, MASK_BITS * t, sparse.n_in)

cdef inline Py_ssize_t entries_in_mask(const word* mask, Py_ssize_t words) noexcept nogil:
    """Count the bits of mask (words,) that are set."""
    cdef Py_ssize_t t, count = 0
    for t in range(words):
        count += bits_set(mask[t])
    return count

cdef inline Py_ssize_t start_records(Sparse* sparse, Py_ssize_t n, const word* masks) noexcept nogil:
    """Fill sparse.start, from masks (n, words); return the number of all entries."""
    cdef Py_ssize_t i, count, total = 0
    sparse.start[0] = 0
    for i in range(n):
        count = entries_in_mask(masks + i * sparse.words, sparse.words)
        sparse.start[i + 1] = sparse.start[i] + record_size(sparse, count)
        total += count
    return total

cdef inline void write_blocks(const Sparse* sparse, const word* mask, Py_ssize_t count, unsigned short* block) noexcept nogil:
    """Say where each block of inputs starts among the `count` entries of an example -> block (BLOCKS + 1,)."""
    cdef Py_ssize_t t, e = 0, b = 0, in_block = inputs_in_block(sparse.n_in)
    for t in range(sparse.words):
        while b < BLOCKS and b * in_block < MASK_BITS * (t + 1):        # the entries of this mask before the block starts
            block[b] = <unsigned short>(e + bits_set(mask[t] & ((<word>1 << (b * in_block - MASK_BITS * t)) - 1)))
            b += 1
        e += bits_set(mask[t])
    while b <= BLOCKS:
        block[b] = <unsigned short>count
        b += 1

cdef inline void write_record(const Sparse* sparse, Py_ssize_t example, const number* x, const word* found) noexcept nogil:
    """Write the record of example number `example`, whose inputs are x (n_in,) and whose mask is `found` (words,)."""
    cdef Py_ssize_t t, e = 0, count = entries_in_mask(found, sparse.words)
    cdef word* mask = <word*>(sparse.records + sparse.start[example])
    cdef unsigned short* block = <unsigned short*>(mask + sparse.words)
    cdef unsigned short* index = block + BLOCKS + 1
    cdef unsigned char* value = <unsigned char*>(index + count)
    memcpy(mask, found, sparse.words * sizeof(word))
    write_blocks(sparse, found, count, block)
    if count * <Py_ssize_t>sizeof(number) >= MORE_PLACES * <Py_ssize_t>sizeof(short):
        # What list_bits writes behind the list is a place of the values, which are written later.
        for t in range(sparse.words):
            e += list_bits(found[t], MASK_BITS * t, index + e)
    else:
        for t in range(sparse.words):
            e += list_bits_within(found[t], MASK_BITS * t, index + e, count - e)
    if number is real:
        for e in range(count):
            memcpy(value + e * sizeof(real), x + index[e], sizeof(real))                    # it lies at any address
    else:
        pick_bytes(x, index, count, value)

cdef inline void write_records(const Sparse* sparse, const number* inputs, Share mine, const word* masks) noexcept nogil:
    """Write the records of the examples `mine` of inputs (n, n_in), from their masks (n, words)."""
    cdef Py_ssize_t i
    for i in range(mine.first, mine.end):
        write_record(sparse, i, inputs + i * sparse.n_in, masks + i * sparse.words)
