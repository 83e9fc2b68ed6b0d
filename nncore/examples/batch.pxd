"""From what the caller holds to a mini-batch: inputs as bytes or reals, answers as labels or reals.

The mini-batch is the examples order[first] .. order[first+m-1], or first .. first+m-1 where order is NULL.
"""
from libc.string cimport memcpy

from nncore.equations.product cimport Matrix
from nncore.machine.memory cimport bytes_to_reals
from nncore.machine.simd cimport prefetch, real

cdef struct Examples:
    Py_ssize_t n
    Py_ssize_t n_in
    Py_ssize_t n_out
    const unsigned char* images     # (n, n_in) bytes, each standing for scale * byte; or NULL and
    real scale
    const real* inputs              # (n, n_in)
    const Py_ssize_t* labels        # (n,) the neuron that should be 1, or NULL and
    const real* targets             # (n, n_out)
    const real* weights             # (n,) how much each example counts; or NULL, and each counts as 1

cdef struct Inputs:                 # the inputs of one example, as the caller holds them
    const unsigned char* bytes      # (n_in,), each standing for scale * byte; or NULL and
    real scale
    const real* reals               # (n_in,)

cdef inline Inputs inputs_of(const Examples* examples, Py_ssize_t i) noexcept nogil:
    """The inputs of example i."""
    if examples.images != NULL:
        return Inputs(examples.images + i * examples.n_in, examples.scale, NULL)
    return Inputs(NULL, 1, examples.inputs + i * examples.n_in)

cdef inline void read_inputs(Inputs inputs, Py_ssize_t first, Py_ssize_t n, real* x) noexcept nogil:
    """n of an example's inputs, from number `first` on -> x (n,), as reals."""
    if inputs.bytes != NULL:
        bytes_to_reals(inputs.bytes + first, n, inputs.scale, x)
    else:
        memcpy(x, inputs.reals + first, n * sizeof(real))

cdef inline Py_ssize_t example_at(const Py_ssize_t* order, Py_ssize_t i) noexcept nogil:
    """Which example comes i-th in the order."""
    return i if order == NULL else order[i]

cdef inline void prefetch_inputs(const Examples* examples, const Py_ssize_t* order, Py_ssize_t first,
                                 Py_ssize_t m) noexcept nogil:
    """Ask for the inputs of a mini-batch: a shuffled set is read from all over the memory, which takes a while."""
    cdef Py_ssize_t i, k, row
    cdef const char* inputs
    if examples.images != NULL:
        row = examples.n_in
        inputs = <const char*>examples.images
    else:
        row = examples.n_in * sizeof(real)
        inputs = <const char*>examples.inputs
    for i in range(m):
        for k in range(0, row, 64):
            prefetch(inputs + example_at(order, first + i) * row + k)

cdef inline void gather_inputs(const Examples* examples, const Py_ssize_t* order, Py_ssize_t first, Matrix x) noexcept nogil:
    """The inputs of the mini-batch -> x (m, n_in), its padding 0."""
    cdef Py_ssize_t i, k
    for i in range(x.rows):
        read_inputs(inputs_of(examples, example_at(order, first + i)), 0, x.columns, x.x + i * x.row)
        for k in range(x.columns, x.row):
            x.x[i * x.row + k] = 0

cdef inline void gather_answers(const Examples* examples, const Py_ssize_t* order, Py_ssize_t first, Matrix y) noexcept nogil:
    """The desired outputs of the mini-batch -> y (m, n_out), its padding 0."""
    cdef Py_ssize_t i, j, example
    for i in range(y.rows):
        example = example_at(order, first + i)
        for j in range(y.row):
            y.x[i * y.row + j] = 0
        if examples.labels != NULL:
            if 0 <= examples.labels[example] < y.columns:   # the caller may write to the labels meanwhile
                y.x[i * y.row + examples.labels[example]] = 1
        else:
            for j in range(examples.n_out):
                y.x[i * y.row + j] = examples.targets[example * examples.n_out + j]

cdef inline real weight_of(const Examples* examples, Py_ssize_t i) noexcept nogil:
    """How much example i counts."""
    return 1 if examples.weights == NULL else examples.weights[i]

cdef inline void gather_weights(const Examples* examples, const Py_ssize_t* order, Py_ssize_t first, Py_ssize_t m,
                                real* weights) noexcept nogil:
    """How much each example of the mini-batch counts -> weights (m,)."""
    cdef Py_ssize_t i
    for i in range(m):
        weights[i] = examples.weights[example_at(order, first + i)]
