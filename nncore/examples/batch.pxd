"""From what the caller holds to a mini-batch: inputs as bytes or reals, answers as labels or reals.

The mini-batch is the examples order[first] .. order[first+m-1], or first .. first+m-1 where order is NULL.
"""
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

cdef inline const unsigned char* image_at(const Examples* examples, Py_ssize_t i) noexcept nogil:
    """The inputs of example i, where they are bytes, else NULL."""
    if examples.images == NULL:
        return NULL
    return examples.images + i * examples.n_in

cdef inline const real* row_at(const Examples* examples, Py_ssize_t i) noexcept nogil:
    """The inputs of example i, where they are reals, else NULL."""
    if examples.inputs == NULL:
        return NULL
    return examples.inputs + i * examples.n_in

cdef inline Py_ssize_t at(const Py_ssize_t* order, Py_ssize_t i) noexcept nogil:
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
            prefetch(inputs + at(order, first + i) * row + k)

cdef inline void gather_inputs(const Examples* examples, const Py_ssize_t* order, Py_ssize_t first, Py_ssize_t m,
                               real* x, Py_ssize_t stride) noexcept nogil:
    """The inputs of the mini-batch -> x (m, stride)."""
    cdef Py_ssize_t i, k, n_in = examples.n_in
    cdef const unsigned char* image
    cdef const real* row
    cdef real* x_i
    cdef real scale = examples.scale
    for i in range(m):
        x_i = x + i * stride
        if examples.images != NULL:
            image = image_at(examples, at(order, first + i))
            for k in range(n_in):
                x_i[k] = scale * <real>(<int>image[k])
        else:
            row = row_at(examples, at(order, first + i))
            for k in range(n_in):
                x_i[k] = row[k]
        for k in range(n_in, stride):
            x_i[k] = 0

cdef inline void gather_answers(const Examples* examples, const Py_ssize_t* order, Py_ssize_t first, Py_ssize_t m,
                                real* y, Py_ssize_t stride) noexcept nogil:
    """The desired outputs of the mini-batch -> y (m, stride)."""
    cdef Py_ssize_t i, j, example
    for i in range(m):
        example = at(order, first + i)
        for j in range(stride):
            y[i * stride + j] = 0
        if examples.labels != NULL:
            if 0 <= examples.labels[example] < stride:      # the caller may write to his labels meanwhile
                y[i * stride + examples.labels[example]] = 1
        else:
            for j in range(examples.n_out):
                y[i * stride + j] = examples.targets[example * examples.n_out + j]
