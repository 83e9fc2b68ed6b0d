"""The program of a network: its layers as a table, and where each lies in the buffers. The one source of the layout.

A network's parameters are one buffer. Layer l holds w (n_prev, stride) and behind it, as one more row, b (stride,).
The workspace holds, for a mini-batch of m examples: the activations of the input and of each layer (m, stride), y, two deltas
and a block of transposed weights. Every row starts on a multiple of 64 bytes if its buffer does.
"""
from libc.stdint cimport uintptr_t
from libc.stdlib cimport free, malloc

from nncore.activations cimport Activation
from nncore.augment cimport Distortions
from nncore.costs cimport Cost
from nncore.random cimport word
from nncore.simd cimport LANES, real
from nncore.sparse cimport Sparse

cdef struct Layer:
    Py_ssize_t n_prev               # neurons in the layer before, or inputs
    Py_ssize_t n                    # neurons in this layer
    Activation activation
    real dropout                    # probability that one of the n_prev is left out in training
    Py_ssize_t stride_prev          # from here on filled in by lay_out: n_prev and n in whole registers,
    Py_ssize_t stride
    Py_ssize_t weights              # where w and b start in the parameters,
    Py_ssize_t biases
    Py_ssize_t a_prev               # and where a_prev, x (a_prev after dropout) and a start in the workspace,
    Py_ssize_t x                    # counted for one example
    Py_ssize_t a

cdef struct Network:
    const Layer* layers
    Py_ssize_t L                    # number of layers, the input not counted
    Py_ssize_t size                 # of the parameters
    Cost cost
    real* parameters

cdef struct Workspace:              # for m examples at the most
    Py_ssize_t m
    real* a                         # activations of the input and of all layers
    real* y                         # (m, stride of the output layer)
    real* delta                     # (m, largest stride), as is delta_prev
    real* delta_prev
    real* w_transposed              # (largest n, LANES)
    bint dropping                   # whether dropout is on: in training
    word seed                       # of its masks
    word epoch
    Py_ssize_t place                # of the first of the m examples in the epoch
    const Sparse* sparse            # the non-zero inputs, where the first layer reads those alone; else NULL
    const Py_ssize_t* order         # and the examples of this mini-batch among them,
    Py_ssize_t ahead                # followed by so many
    const Distortions* distortions  # what is done to the images, or NULL,
    void* scratch                   # and the memory for it
    void* memory                    # what free_workspace gives back

cdef inline Py_ssize_t padded(Py_ssize_t n) noexcept nogil:
    return (n + LANES - 1) // LANES * LANES

cdef inline Py_ssize_t lay_out(Layer* layers, Py_ssize_t L) noexcept nogil:
    """Fill in the places of each layer; return the size of the parameters."""
    cdef Py_ssize_t l, at = 0, a = 0
    for l in range(L):
        layers[l].stride_prev = padded(layers[l].n_prev)
        layers[l].stride = padded(layers[l].n)
        layers[l].weights = at
        layers[l].biases = at + layers[l].n_prev * layers[l].stride
        at = layers[l].biases + layers[l].stride
        layers[l].a_prev = layers[l].x = a
        a += layers[l].stride_prev
        if layers[l].dropout > 0 and l > 0:             # the input itself may be overwritten
            layers[l].x = a
            a += layers[l].stride_prev
        layers[l].a = a
    return at

cdef inline Py_ssize_t largest_stride(const Layer* layers, Py_ssize_t L) noexcept nogil:
    cdef Py_ssize_t l, largest = layers[0].stride_prev
    for l in range(L):
        largest = max(largest, layers[l].stride)
    return largest

cdef inline bint allocate_workspace(const Network* net, Py_ssize_t m, Workspace* space) noexcept nogil:
    """Memory for m examples; False where there is none."""
    cdef const Layer* output = &net.layers[net.L - 1]
    cdef Py_ssize_t widest = largest_stride(net.layers, net.L)
    cdef Py_ssize_t size = m * (output.a + 2 * output.stride + 2 * widest) + widest * LANES
    space.memory = malloc((size + LANES) * sizeof(real))
    if space.memory == NULL:
        return False
    space.m = m
    space.dropping = False
    space.place = 0
    space.sparse = NULL
    space.distortions = NULL
    space.scratch = NULL
    space.a = <real*>((<uintptr_t>space.memory + 63) // 64 * 64)
    space.y = space.a + m * (output.a + output.stride)
    space.delta = space.y + m * output.stride
    space.delta_prev = space.delta + m * widest
    space.w_transposed = space.delta_prev + m * widest
    return True

cdef inline void free_workspace(Workspace* space) noexcept nogil:
    free(space.scratch)
    free(space.memory)
