"""From the layers that a user writes to the layers of a program.

A convolution and the max-pooling behind it become one layer. A layer of kind RELAYOUT is inserted where the order of feature maps
in memory changes, or where a convolution needs a border of zeros.
"""
from nncore.equations.activations cimport LINEAR, Activation
from nncore.equations.layer cimport (
    CONV, DENSE, POOL, RELAYOUT, Layer, LayerKind, Maps, channels_first, channels_last, padded_pixel, reals_in, same_order,
)
from nncore.machine.memory cimport padded
from nncore.machine.simd cimport LANES

cdef struct Plan:
    Layer* layers                   # with space for two more than L
    Py_ssize_t L                    # layers planned so far
    Py_ssize_t number               # of the user's layers so far
    Maps input                      # the user's inputs
    double reals                    # about how many reals all layers so far take, so that a network too large for memory is refused

cdef inline Maps maps_so_far(const Plan* plan) noexcept nogil:
    """The feature maps that the next layer reads."""
    return plan.layers[plan.L - 1].maps if plan.L else plan.input

cdef inline Layer* add_layer(Plan* plan, LayerKind kind, Maps maps_prev, Maps maps, Py_ssize_t fan_in,
                             Py_ssize_t w_stride) noexcept nogil:
    """Add one more layer to the program; return it."""
    cdef Layer* layer = &plan.layers[plan.L]
    layer.kind, layer.maps_prev, layer.maps, layer.activation = kind, maps_prev, maps, LINEAR
    layer.n_prev, layer.n = reals_in(&maps_prev), reals_in(&maps)
    layer.fan_in, layer.w_stride, layer.number, layer.weight_eta_factor = fan_in, w_stride, plan.number, 1
    plan.reals += (<double>fan_in + 1) * (<double>w_stride + LANES) + layer.n
    plan.L += 1
    return layer

cdef inline Maps maps_like(Plan* plan, Maps wanted, Py_ssize_t top, Py_ssize_t left) noexcept nogil:
    """Put the maps so far in the order `wanted`, with `top` rows and `left` columns of zeros before them; add a layer if needed."""
    cdef Maps maps = maps_so_far(plan)
    cdef Layer* layer
    if not top and not left and maps.height == wanted.height and maps.width == wanted.width and same_order(&maps, &wanted):
        return maps
    layer = add_layer(plan, RELAYOUT, maps, wanted, 0, 0)
    layer.top, layer.left = top, left
    return wanted

cdef inline Py_ssize_t pixel_size(const Maps* maps) noexcept nogil:
    """The reals of a pixel, once the maps are channels last."""
    return maps.by_column if maps.by_channel == 1 else maps.channels

cdef inline Layer* plan_dense(Plan* plan, Py_ssize_t n) noexcept nogil:
    """Add a fully connected layer of n neurons."""
    cdef Maps maps = maps_so_far(plan)
    maps = maps_like(plan, channels_first(maps.channels, maps.height, maps.width), 0, 0)
    return add_layer(plan, DENSE, maps, channels_first(n, 1, 1), maps.channels * maps.height * maps.width, padded(n))

cdef inline Layer* plan_convolution(Plan* plan, Py_ssize_t filters, Py_ssize_t height, Py_ssize_t width, bint same,
                                    Activation activation) noexcept nogil:
    """Add a convolution with kernels of height x width; `same` keeps the size of the maps, by a border of zeros."""
    cdef Maps maps = maps_so_far(plan), after
    cdef Py_ssize_t rows = height - 1 if same else 0, columns = width - 1 if same else 0
    cdef Layer* layer
    maps = maps_like(plan, channels_last(maps.channels, maps.height + rows, maps.width + columns, pixel_size(&maps)),
                     rows // 2, columns // 2)
    after = channels_last(filters, maps.height - height + 1, maps.width - width + 1, padded_pixel(filters))
    layer = add_layer(plan, CONV, maps, after, height * width * maps.channels, after.by_column)
    layer.kernel_height, layer.kernel_width, layer.activation = height, width, activation
    layer.pool_height = layer.pool_width = 1
    return layer

cdef inline Layer* plan_pooling(Plan* plan, Py_ssize_t height, Py_ssize_t width) noexcept nogil:
    """Add max-pooling over windows of height x width, to the convolution just before it or as a layer of its own."""
    cdef Maps maps = maps_so_far(plan)
    cdef Layer* layer = &plan.layers[plan.L - 1] if plan.L else NULL
    if layer != NULL and layer.kind == CONV and layer.pool_height == layer.pool_width == 1:
        layer.maps = channels_last(maps.channels, maps.height // height, maps.width // width, maps.by_column)
        layer.n = reals_in(&layer.maps)
    else:
        maps = maps_like(plan, channels_last(maps.channels, maps.height, maps.width, pixel_size(&maps)), 0, 0)
        layer = add_layer(plan, POOL, maps,
                          channels_last(maps.channels, maps.height // height, maps.width // width, maps.by_column), 0, 0)
    layer.pool_height, layer.pool_width = height, width
    return layer
