"""Listing the inputs of data that are not zero."""
from libc.stdlib cimport malloc

from nncore.equations.product cimport Share
from nncore.machine.memory cimport allocate_large
from nncore.machine.simd cimport LANES
from nncore.passes.team cimport take, wait
from nncore.zeros.active cimport MOST_INPUTS
from nncore.zeros.listing cimport find_entries, start_records, write_records
from nncore.zeros.lists cimport MASK_BITS

cdef enum:
    EXAMPLES_LISTED = 256               # that a thread takes at a time


cdef class Listing(Work):
    """A call of `Data.list_entries`: each thread finds and lists the entries of some of the examples."""
    cdef Entries entries
    cdef Sparse* sparse
    cdef word* masks                    # (n, words) which inputs of each example are not zero
    cdef Py_ssize_t most                # entries; where there are more, none are listed
    cdef Py_ssize_t total               # entries of all examples
    cdef Py_ssize_t found, written      # examples that threads have taken, to find their entries and to write them

    def __dealloc__(self):
        free(self.masks)

    cdef int set_up(self, const Examples* examples, double most, Py_ssize_t threads) except -1:
        """Allocate what is needed before the entries are counted."""
        if not 1 <= threads <= MOST_THREADS:
            raise ValueError(f"threads: 1 to {MOST_THREADS} needed, got {threads}")
        self.threads = min(threads, examples.n) if HAS_TEAMS else 1
        self.team.threads = 1
        self.examples, self.most = examples, <Py_ssize_t>(most * examples.n * examples.n_in)
        self.entries = Entries()
        self.entries.n, self.sparse = examples.n, &self.entries.sparse
        self.sparse.n_in, self.sparse.words = examples.n_in, (examples.n_in + MASK_BITS - 1) // MASK_BITS
        self.sparse.bytes, self.sparse.scale = examples.images != NULL, examples.scale
        self.masks = <word*>allocate_large(examples.n * self.sparse.words * sizeof(word))
        self.sparse.start = <Py_ssize_t*>malloc((examples.n + 1) * sizeof(Py_ssize_t))
        if self.masks == NULL or self.sparse.start == NULL:
            raise MemoryError(f"no memory for the entries of {examples.n} examples")
        return 0

    cdef void run_share(self, Py_ssize_t rank) noexcept nogil:
        cdef Share some = self.next_part(&self.found)
        while some.first < some.end:
            if self.examples.images != NULL:
                find_entries(self.sparse, self.examples.images, some, self.masks)
            else:
                find_entries(self.sparse, self.examples.inputs, some, self.masks)
            some = self.next_part(&self.found)
        wait(&self.team)                                                # for all masks
        if rank == 0:
            self.total = start_records(self.sparse, self.examples.n, self.masks)
            if self.total <= self.most:
                self.sparse.records = <unsigned char*>allocate_large(self.sparse.start[self.examples.n] + sizeof(real) * LANES)
        wait(&self.team)                                                # for the memory
        if self.sparse.records == NULL:
            return
        some = self.next_part(&self.written)
        while some.first < some.end:
            if self.examples.images != NULL:
                write_records(self.sparse, self.examples.images, some, self.masks)
            else:
                write_records(self.sparse, self.examples.inputs, some, self.masks)
            some = self.next_part(&self.written)

    cdef Share next_part(self, Py_ssize_t* taken) noexcept nogil:
        """Take the next examples; a thread that others hold up takes fewer of them."""
        cdef Py_ssize_t first = take(taken, EXAMPLES_LISTED)
        return Share(first, min(first + EXAMPLES_LISTED, self.examples.n))


cdef Entries entries_of(const Examples* examples, double most, Py_ssize_t threads):
    """The inputs that are not zero, if they are at most a share `most` of all and can be named by 16 bits; else None."""
    cdef Listing listing = Listing()
    if examples.n_in >= MOST_INPUTS:
        return None
    listing.set_up(examples, most, threads)
    listing.run()
    if listing.total > listing.most:
        return None
    if listing.sparse.records == NULL:
        raise MemoryError(f"no memory for the entries of {examples.n} examples")
    return listing.entries
