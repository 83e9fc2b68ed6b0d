"""The program of a network: its layers as a table, and where each lies in the buffers. The one source of the layout.

A network's parameters are one buffer. Layer l holds w (fan_in, w_stride) and behind it, as one more row, b (w_stride,): for a
dense layer fan_in is n_prev, for a convolution the terms (row, column, channel) of its filters; the neurons or the filters are
the lanes. The workspace holds, for a mini-batch of m examples: the activations of the input and of each layer (m, stride), y,
two deltas, where each maximum of a pooling was found, and scratch. Every row starts on a multiple of 64 bytes if its buffer does.

Feature maps are kept channels last, each pixel padded to PIXEL_UNIT; a user's inputs and what a dense layer sees are in the order
(channels, height, width). A layer of kind MOVE, which no user writes, stands where the order changes, or a border is needed.
"""
from libc.stdlib cimport free, malloc

from nncore.equations.activations cimport RELU, Activation
from nncore.zeros.active cimport TOGETHER
from nncore.examples.augment cimport Distortions
from nncore.equations.costs cimport Cost
from nncore.examples.random cimport word
from nncore.machine.memory cimport aligned, padded
from nncore.machine.simd cimport LANES, HWIDTH, bits, real
from nncore.zeros.sparse cimport Sparse
from nncore.passes.team cimport Share, Team, share_of

cdef enum LayerKind:
    DENSE                           # fully connected
    CONV                            # convolution, then max-pooling (of 1 x 1 where there is none)
    POOL                            # max-pooling alone
    MOVE                            # feature maps into another order, or into a border of zeros

cdef struct Maps:                   # feature maps: channel c at row y, column x is c * by_channel + y * by_row + x * by_column
    Py_ssize_t channels
    Py_ssize_t height
    Py_ssize_t width
    Py_ssize_t by_channel
    Py_ssize_t by_row
    Py_ssize_t by_column

cdef struct Layer:
    LayerKind kind
    Py_ssize_t n_prev               # reals in the layer before, or inputs
    Py_ssize_t n                    # reals in this layer: its neurons; of feature maps with the padding of their pixels
    Activation activation
    Py_ssize_t number               # of the user's layer that it is, or serves
    real dropout                    # probability that one of the n_prev is left out in training
    real eta_scale                  # what eta is multiplied by for the weights
    Maps maps_prev                  # not of DENSE
    Maps maps
    Py_ssize_t top                  # MOVE: rows of zeros above, columns of zeros at the left
    Py_ssize_t left
    Py_ssize_t kernel_height        # CONV
    Py_ssize_t kernel_width
    Py_ssize_t pool_height          # CONV and POOL
    Py_ssize_t pool_width
    bint rectified                  # whether what comes in has come through a ReLU: where it is 0, no error goes back
    Py_ssize_t fan_in               # rows of w; 0 where there are no parameters
    Py_ssize_t w_stride             # length of a row of w
    Py_ssize_t stride_prev          # from here on filled in by lay_out: n_prev and n in whole registers,
    Py_ssize_t stride
    Py_ssize_t weights              # where w and b start in the parameters, and where b ends,
    Py_ssize_t biases
    Py_ssize_t end
    Py_ssize_t a_prev               # where a_prev, x (a_prev after dropout) and a start in the workspace,
    Py_ssize_t x                    # counted for one example,
    Py_ssize_t a
    Py_ssize_t argmax               # and so the places of the maxima of CONV and POOL, in a buffer of their own

cdef struct Network:
    const Layer* layers
    Py_ssize_t L                    # number of layers, the input not counted
    Py_ssize_t first                # the first layer that has parameters: no delta is needed before it
    Py_ssize_t size                 # of the parameters
    Cost cost
    real* parameters

cdef struct Workspace:              # for m examples at the most
    Py_ssize_t m
    real* a                         # activations of the input and of all layers
    real* y                         # (m, stride of the output layer)
    real* delta                     # (m, largest stride), as is delta_prev
    real* delta_prev
    bits* argmax                    # of each layer that pools: for each of its activations, where in a_prev its patch starts
    real* scratch                   # as much as the layer needs that needs most
    bint dropping                   # whether dropout is on: in training
    word seed                       # of its masks
    word epoch
    Py_ssize_t place                # of the first of the m examples in the epoch
    const Sparse* sparse            # the non-zero inputs, where the first layer reads those alone; else NULL
    const Py_ssize_t* order         # and the examples of this mini-batch among them,
    Py_ssize_t ahead                # followed by so many
    const Distortions* distortions  # what is done to the images, or NULL,
    void* canvas                    # and the memory for it
    Team* team                      # the threads that share all this, but for scratch and canvas; NULL where there is one
    Py_ssize_t rank                 # of this one among them
    void* memory                    # what free_workspace gives back

cdef inline Py_ssize_t padded_pixel(Py_ssize_t channels) noexcept nogil:
    """Channels in whole parts of registers, for every target the same: 32 bytes."""
    return (channels + LANES // 2 - 1) // (LANES // 2) * (LANES // 2)

cdef inline Maps channels_first(Py_ssize_t channels, Py_ssize_t height, Py_ssize_t width) noexcept nogil:
    return Maps(channels, height, width, height * width, width, 1)

cdef inline Maps channels_last(Py_ssize_t channels, Py_ssize_t height, Py_ssize_t width, Py_ssize_t pixel) noexcept nogil:
    return Maps(channels, height, width, 1, width * pixel, pixel)

cdef inline Py_ssize_t reals_in(const Maps* maps) noexcept nogil:
    return max(maps.channels * maps.by_channel, maps.height * maps.by_row)

cdef inline bint same_order(const Maps* a, const Maps* b) noexcept nogil:
    """Whether maps of one shape lie in memory alike; a step over a single channel, row or column does not matter."""
    return (reals_in(a) == reals_in(b) and (a.channels == 1 or a.by_channel == b.by_channel)
            and (a.height == 1 or a.by_row == b.by_row) and (a.width == 1 or a.by_column == b.by_column))

cdef inline Py_ssize_t patch_parts(const Layer* layer) noexcept nogil:
    """CONV: parts of registers in one row of the patch that a filter looks at."""
    return (layer.kernel_width * layer.maps_prev.by_column + HWIDTH - 1) // HWIDTH

cdef inline Py_ssize_t patch_size(const Layer* layer) noexcept nogil:
    """CONV: reals in such a patch, its rows in whole parts."""
    return layer.kernel_height * patch_parts(layer) * HWIDTH

cdef inline Py_ssize_t scratch_size(const Layer* layer, Py_ssize_t m) noexcept nogil:
    """Reals of scratch that the layer needs for m examples."""
    cdef Py_ssize_t positions = layer.maps.height * layer.maps.width
    if layer.kind == DENSE:
        return max(m * layer.stride, layer.stride * LANES, 2 * TOGETHER * layer.n_prev)  # a step, w_transposed, or active inputs
    if layer.kind == CONV:
        return (layer.pool_height * layer.maps.width * layer.pool_width * layer.w_stride        # rows of z
                + layer.maps.channels * patch_size(layer)                                       # filters as patches
                + layer.maps_prev.channels * layer.w_stride                                     # some of them turned back
                + 2 * m * positions                                                             # a filter's deltas that are not 0
                + m * positions * (layer.maps.channels + layer.pool_height * layer.pool_width)  # who chose which patch
                + 4 * layer.maps_prev.height + 4 * LANES)                                       # the ink of its rows
    return 0

cdef inline Py_ssize_t lay_out(Layer* layers, Py_ssize_t L) noexcept nogil:
    """Fill in the places of each layer; return the size of the parameters."""
    cdef Py_ssize_t l, at = 0, a = 0, argmax = 0
    for l in range(L):
        layers[l].stride_prev = padded(layers[l].n_prev)
        layers[l].stride = padded(layers[l].n)
        layers[l].weights = at
        layers[l].biases = at + padded(layers[l].fan_in * layers[l].w_stride)
        layers[l].end = layers[l].biases + padded(layers[l].w_stride)
        at = layers[l].end
        layers[l].rectified = l > 0 and (layers[l - 1].activation == RELU or (not layers[l - 1].fan_in and layers[l - 1].rectified))
        layers[l].a_prev = layers[l].x = a
        a += layers[l].stride_prev
        if layers[l].dropout > 0 and l > 0:             # the input itself may be overwritten
            layers[l].x = a
            a += layers[l].stride_prev
        layers[l].a = a
        layers[l].argmax = argmax
        if layers[l].kind == CONV or layers[l].kind == POOL:
            argmax += layers[l].stride
    return at

cdef inline Py_ssize_t most_scratch(const Network* net, Py_ssize_t m) noexcept nogil:
    """Reals of scratch that any of the layers needs; a patch may be read up to a part behind its end."""
    cdef Py_ssize_t l, most = 0
    for l in range(net.L):
        most = max(most, scratch_size(&net.layers[l], m))
    return most + LANES

cdef inline bint allocate_workspace(const Network* net, Py_ssize_t m, Workspace* space) noexcept nogil:
    """Memory for m examples; False where there is none."""
    cdef const Layer* output = &net.layers[net.L - 1]
    cdef Py_ssize_t l, widest = net.layers[0].stride_prev, argmax = 0, size
    for l in range(net.L):
        widest = max(widest, net.layers[l].stride)
        if net.layers[l].kind == CONV or net.layers[l].kind == POOL:
            argmax += net.layers[l].stride
    size = m * (output.a + 2 * output.stride + 2 * widest + argmax) + most_scratch(net, m)
    space.memory = malloc((size + LANES) * sizeof(real))
    if space.memory == NULL:
        return False
    space.m = m
    space.dropping = False
    space.place = 0
    space.sparse = NULL
    space.distortions = NULL
    space.canvas = NULL
    space.team = NULL
    space.rank = 0
    space.a = aligned(space.memory)
    space.y = space.a + m * (output.a + output.stride)
    space.delta = space.y + m * output.stride
    space.delta_prev = space.delta + m * widest
    space.argmax = <bits*>(space.delta_prev + m * widest)
    space.scratch = space.delta_prev + m * (widest + argmax)
    return True

cdef inline bint allocate_share(const Network* net, const Workspace* whole, Py_ssize_t rank, Workspace* space) noexcept nogil:
    """The workspace of one more thread of whole.team, with scratch of its own; False where there is no memory."""
    space[0] = whole[0]
    space.rank = rank
    space.canvas = NULL
    space.memory = malloc((most_scratch(net, whole.m) + LANES) * sizeof(real))
    space.scratch = aligned(space.memory)
    return space.memory != NULL

cdef inline Share share(const Workspace* space, Py_ssize_t n, Py_ssize_t unit) noexcept nogil:
    """What this thread does of n things, in whole units."""
    return share_of(space.team, space.rank, n, unit)

cdef inline void free_workspace(Workspace* space) noexcept nogil:
    free(space.canvas)
    free(space.memory)
