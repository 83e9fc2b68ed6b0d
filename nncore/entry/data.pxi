"""Data: examples as the kernels read them."""
cimport cython
from libc.stdlib cimport free

from nncore.examples.batch cimport Examples, weight_of
from nncore.machine.memory cimport checksum_of
from nncore.machine.random cimport word
from nncore.zeros.sparse cimport Sparse


cdef class Entries:
    """The inputs of some examples that are not zero, listed. They hold no reference to the array of all inputs."""
    cdef Sparse sparse
    cdef Py_ssize_t n                   # the number of examples

    def __dealloc__(self):
        free(self.sparse.start)
        free(self.sparse.records)


cdef class Data:
    """Examples as the kernels read them: bytes or reals in, labels or reals out.

    images : uint8 (n, n_in), each byte b standing for scale * b, or None, and then
    inputs : (n, n_in)
    labels : np.intp (n,), the neuron that should be 1; or None, and then
    targets : (n, n_out), or None where there is nothing to learn
    weights : (n,) how much each example counts, or None where each counts as 1
    """
    cdef Examples examples
    cdef Sparse sparse                  # its non-zero inputs, once they are listed: the memory is that of
    cdef Entries listed                 # these
    cdef Py_ssize_t labels_below        # the number of classes that all labels are known to be below
    cdef const unsigned char[:, ::1] images         # these keep the memory alive
    cdef const real[:, ::1] inputs
    cdef const Py_ssize_t[::1] labels
    cdef const real[:, ::1] targets
    cdef const real[::1] weights

    def __cinit__(self, const unsigned char[:, ::1] images=None, const real[:, ::1] inputs=None,
                  const Py_ssize_t[::1] labels=None, const real[:, ::1] targets=None, double scale=1,
                  const real[::1] weights=None):
        self.images, self.inputs, self.labels, self.targets, self.weights = images, inputs, labels, targets, weights
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
            check_aligned("inputs", self.examples.inputs, sizeof(real))
        if labels is not None:
            if labels.shape[0] != self.examples.n:
                raise ValueError(f"labels: {labels.shape[0]} of them for {self.examples.n} inputs")
            self.examples.labels = &labels[0]
            check_aligned("labels", self.examples.labels, sizeof(Py_ssize_t))
        elif targets is not None:
            if targets.shape[0] != self.examples.n or targets.shape[1] < 1:
                raise ValueError(f"targets: shape ({targets.shape[0]}, {targets.shape[1]}) for {self.examples.n} inputs")
            self.examples.targets = &targets[0, 0]
            check_aligned("targets", self.examples.targets, sizeof(real))
            self.examples.n_out = targets.shape[1]
        if weights is not None:
            if weights.shape[0] != self.examples.n:
                raise ValueError(f"weights: {weights.shape[0]} of them for {self.examples.n} inputs")
            self.examples.weights = &weights[0]
            check_aligned("weights", self.examples.weights, sizeof(real))

    def list_entries(self, double most=1, Py_ssize_t threads=1):
        """List the inputs that are not zero, for `train` to read those alone, if they are at most a share `most` of all.

        threads : how many share the work
        Returns whether they are listed.
        """
        if self.listed is None:
            listed = entries_of(&self.examples, most, threads)
            if listed is not None and self.listed is None:              # else another thread was quicker
                self.entries = listed
        return self.listed is not None

    @property
    def entries(self):
        """The inputs that are not zero, once they are listed; else None. Other data of the same inputs may take them over."""
        return self.listed

    @entries.setter
    def entries(self, Entries listed not None):
        cdef Sparse* sparse = &listed.sparse
        if (listed.n, sparse.n_in, sparse.bytes) != (self.examples.n, self.examples.n_in, self.examples.images != NULL):
            raise ValueError(f"entries: those of {listed.n} examples of {sparse.n_in} inputs do not fit")
        if sparse.bytes and sparse.scale != self.examples.scale:
            raise ValueError(f"entries: a byte stands for {sparse.scale} times its number, in these data {self.examples.scale}")
        with cython.critical_section(self):
            if self.listed is None:                                     # a call may be reading what is there
                self.sparse, self.listed = sparse[0], listed

    @property
    def scale(self):
        """What a byte is multiplied by."""
        return self.examples.scale

    @property
    def total_weight(self):
        """The sum of the examples' weights: as many as there are, where each counts as 1."""
        cdef double total = 0
        cdef Py_ssize_t i
        if self.examples.weights == NULL:
            return self.examples.n
        for i in range(self.examples.n):
            total += weight_of(&self.examples, i)
        return total

    @staticmethod
    def checksum(array):
        """A checksum of all bytes of a C-contiguous array; one that differs in a single word has another."""
        cdef const unsigned char[::1] data = memoryview(array).cast("B")
        cdef word sum
        with nogil:
            sum = checksum_of(&data[0], data.shape[0])
        return sum

    @property
    def entries_listed(self):
        """Whether `train` reads only the inputs that are not zero."""
        return self.listed is not None

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
        for i in range(examples.n if data.labels_below != n_out else 0):
            if not 0 <= examples.labels[i] < n_out:
                raise ValueError(f"labels: 0 to {n_out - 1} needed, got {examples.labels[i]} at {i}")
        data.labels_below = n_out
    elif examples.targets == NULL or examples.n_out != n_out:
        raise ValueError(f"data: the network has {n_out} outputs, the examples {examples.n_out}")
    return 0
