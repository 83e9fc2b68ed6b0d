"""Data: examples as the kernels read them."""
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc

from nncore.examples.batch cimport Examples
from nncore.machine.simd cimport LANES
from nncore.zeros.sparse cimport Sparse, start_records, write_records


cdef class Data:
    """Examples as the kernels read them: bytes or reals in, labels or reals out.

    images : uint8 (n, n_in), each byte b standing for scale * b, or None, and then
    inputs : (n, n_in)
    labels : np.intp (n,), the neuron that should be 1; or None, and then
    targets : (n, n_out), or None where there is nothing to learn
    """
    cdef Examples examples
    cdef Sparse sparse                  # its non-zero inputs, once they are listed
    cdef object arrays                  # keeps the memory alive

    def __cinit__(self, const unsigned char[:, ::1] images=None, const real[:, ::1] inputs=None,
                  const Py_ssize_t[::1] labels=None, const real[:, ::1] targets=None, double scale=1):
        self.arrays = (images, inputs, labels, targets)
        self.examples.scale = scale
        if (images is None) == (inputs is None):
            raise ValueError("images, inputs: one of them is needed")
        if images is not None:
            self.examples.n, self.examples.n_in = images.shape[0], images.shape[1]
        else:
            self.examples.n, self.examples.n_in = inputs.shape[0], inputs.shape[1]
        if self.examples.n < 1 or self.examples.n_in < 1:
            raise ValueError(f"images, inputs: shape ({self.examples.n}, {self.examples.n_in}) holds no example")
        if images is not None:
            self.examples.images = &images[0, 0]
        else:
            self.examples.inputs = &inputs[0, 0]
        if labels is not None:
            if labels.shape[0] != self.examples.n:
                raise ValueError(f"labels: {labels.shape[0]} of them for {self.examples.n} inputs")
            self.examples.labels = &labels[0]
        elif targets is not None:
            if targets.shape[0] != self.examples.n or targets.shape[1] < 1:
                raise ValueError(f"targets: shape ({targets.shape[0]}, {targets.shape[1]}) for {self.examples.n} inputs")
            self.examples.targets = &targets[0, 0]
            self.examples.n_out = targets.shape[1]

    def list_entries(self, double most=1):
        """List the inputs that are not zero, for `train` to read those alone, if they are at most a share `most` of all.

        Returns whether they are listed.
        """
        cdef const Examples* examples = &self.examples
        cdef Sparse sparse
        cdef Py_ssize_t n = examples.n
        if self.sparse.records != NULL:
            return True
        if examples.n_in >= 1 << 16:
            return False
        memset(&sparse, 0, sizeof(Sparse))
        sparse.n_in, sparse.words = examples.n_in, (examples.n_in + 63) // 64
        sparse.bytes, sparse.scale = examples.images != NULL, examples.scale
        cdef Py_ssize_t* counts = <Py_ssize_t*>PyMem_RawMalloc(n * sizeof(Py_ssize_t))
        sparse.start = <Py_ssize_t*>PyMem_RawMalloc((n + 1) * sizeof(Py_ssize_t))
        cdef Py_ssize_t i, total = 0
        if counts != NULL and sparse.start != NULL:
            with nogil:
                if examples.images != NULL:
                    start_records(&sparse, examples.images, n, counts)
                else:
                    start_records(&sparse, examples.inputs, n, counts)
                for i in range(n):
                    total += counts[i]
            if total <= most * n * examples.n_in:
                sparse.records = <unsigned char*>PyMem_RawMalloc(sparse.start[n] + sizeof(real) * LANES)
        if sparse.records != NULL:
            with nogil:
                if examples.images != NULL:
                    write_records(&sparse, examples.images, n, counts)
                else:
                    write_records(&sparse, examples.inputs, n, counts)
        PyMem_RawFree(counts)
        if sparse.records != NULL and self.sparse.records == NULL:      # else another thread was quicker
            self.sparse = sparse
            return True
        PyMem_RawFree(sparse.start)
        PyMem_RawFree(sparse.records)
        if sparse.records == NULL and total <= most * n * examples.n_in:
            raise MemoryError(f"no memory for the entries of {n} examples")
        return self.sparse.records != NULL

    def __dealloc__(self):
        PyMem_RawFree(self.sparse.start)
        PyMem_RawFree(self.sparse.records)

    @property
    def entries_listed(self):
        """Whether `train` reads only the inputs that are not zero."""
        return self.sparse.records != NULL

    def __len__(self):
        return self.examples.n


cdef int check_data(const Network* net, Data data, bint answers) except -1:
    """Refuse examples that do not fit the network; `answers` says whether they need labels or targets."""
    cdef const Examples* examples = &data.examples
    if examples.n_in != net.layers[0].n_prev:
        raise ValueError(f"data: the network has {net.layers[0].n_prev} inputs, the examples {examples.n_in}")
    if not answers:
        return 0
    cdef Py_ssize_t i, n_out = net.layers[net.L - 1].n
    if examples.labels != NULL:
        for i in range(examples.n):
            if not 0 <= examples.labels[i] < n_out:
                raise ValueError(f"labels: 0 to {n_out - 1} needed, got {examples.labels[i]} at {i}")
    elif examples.targets == NULL or examples.n_out != n_out:
        raise ValueError(f"data: the network has {n_out} outputs, the examples {examples.n_out}")
    return 0
