"""What a layer is, for the equations: its kind, its shapes, and where its parameters and activations lie.

A network's parameters are one buffer. Layer l holds w (fan_in, w_stride) and behind it, as one more row, b (w_stride,): for a
dense layer fan_in is n_prev, for a convolution the terms (row, column, channel) of its filters; the neurons or the filters are
the lanes. Feature maps are kept channels last, each pixel padded to 32 bytes; a user's inputs and what a dense layer sees are in
the order (channels, height, width). A layer of kind RELAYOUT, which no user writes, stands where the order changes, or a border is
needed.
"""
from nncore.equations.activations cimport Activation
from nncore.machine.simd cimport HWIDTH, LANES, real

cdef enum LayerKind:
    DENSE                           # fully connected
    CONV                            # convolution, then max-pooling (of 1 x 1 where there is none)
    POOL                            # max-pooling alone
    RELAYOUT                        # feature maps into another order, or into a border of zeros

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
    Py_ssize_t number               # number of the user's layer that this layer is, or serves
    real dropout                    # probability that one of the n_prev is left out in training
    real weight_eta_factor          # what eta is multiplied by for the weights
    Maps maps_prev                  # not of DENSE
    Maps maps
    Py_ssize_t top                  # RELAYOUT: rows of zeros above, columns of zeros at the left
    Py_ssize_t left
    Py_ssize_t kernel_height        # CONV
    Py_ssize_t kernel_width
    Py_ssize_t pool_height          # CONV and POOL
    Py_ssize_t pool_width
    bint rectified                  # whether the inputs have come through a ReLU: where one is 0, no error goes back
    Py_ssize_t fan_in               # rows of w; 0 where there are no parameters
    Py_ssize_t w_stride             # length of a row of w
    # lay_out (program.pxd) fills in what follows.
    Py_ssize_t stride_prev          # n_prev and n in whole cache lines
    Py_ssize_t stride
    Py_ssize_t weights              # where w and b start in the parameters, and where b ends
    Py_ssize_t biases
    Py_ssize_t end
    Py_ssize_t a_prev               # where a_prev, x (a_prev after dropout) and a start in the workspace, counted for one example
    Py_ssize_t x
    Py_ssize_t a
    Py_ssize_t argmax               # the same for the argmax of CONV and POOL, in a buffer of its own

cdef inline Py_ssize_t padded_pixel(Py_ssize_t channels) noexcept nogil:
    """Channels in units of 32 bytes, which is the same for every target."""
    return (channels + LANES // 2 - 1) // (LANES // 2) * (LANES // 2)

cdef inline Maps channels_first(Py_ssize_t channels, Py_ssize_t height, Py_ssize_t width) noexcept nogil:
    """Maps in the order (channels, height, width)."""
    return Maps(channels, height, width, height * width, width, 1)

cdef inline Maps channels_last(Py_ssize_t channels, Py_ssize_t height, Py_ssize_t width, Py_ssize_t pixel) noexcept nogil:
    """Maps in the order (height, width, pixel): `pixel` is the number of channels with their padding."""
    return Maps(channels, height, width, 1, width * pixel, pixel)

cdef inline Py_ssize_t reals_in(const Maps* maps) noexcept nogil:
    """How many reals the maps take, their padding included."""
    return max(maps.channels * maps.by_channel, maps.height * maps.by_row)

cdef inline bint same_order(const Maps* a, const Maps* b) noexcept nogil:
    """Whether maps of one shape lie in memory alike; a step over a single channel, row or column does not matter."""
    return (reals_in(a) == reals_in(b) and (a.channels == 1 or a.by_channel == b.by_channel)
            and (a.height == 1 or a.by_row == b.by_row) and (a.width == 1 or a.by_column == b.by_column))

cdef inline Py_ssize_t positions(const Layer* layer) noexcept nogil:
    """CONV: pixels of the layer's maps, after pooling."""
    return layer.maps.height * layer.maps.width

cdef inline Py_ssize_t window_cells(const Layer* layer) noexcept nogil:
    """CONV, POOL: cells of a pooling window."""
    return layer.pool_height * layer.pool_width

cdef inline Py_ssize_t patch_cols(const Layer* layer) noexcept nogil:
    """CONV: registers in one row of a patch, which is what a filter looks at."""
    return (layer.kernel_width * layer.maps_prev.by_column + HWIDTH - 1) // HWIDTH

cdef inline Py_ssize_t patch_size(const Layer* layer) noexcept nogil:
    """CONV: reals in a patch, its rows in whole registers."""
    return layer.kernel_height * patch_cols(layer) * HWIDTH
