"""Convolution with max-pooling (chapter 6), over a mini-batch: forward, and backward through the argmax.

  forward  z_f(p) = max over the cells (y, x) of window p of  sum_tck w_ftck a_prev(y+t, x+c, k)   + b_f        a = sigma(z)
  argmax   the cell of that maximum, the first of equals, kept as where in a_prev the filter's patch starts
  BP2      delta_prev(y+t, x+c, k) += sum_f w_ftck delta_f(p)      for each p, at its cell (y, x);  then * sigma'(z_prev)
  BP3      dC/db_f    = sum_p delta_f(p)
  BP4      dC/dw_ftck = sum_p a_prev(y+t, x+c, k) delta_f(p)       at the cell (y, x) of each p

f a filter, (t, c) row and column in its kernel, k a channel of the layer before, p a pooled pixel. The sums over examples are
left out. The activations grow with z, so pooling comes first, and bias and sigma see only what is left (as in the book's network3).
Only a window's maximum has a gradient: BP2 and BP4 go to that one cell, which is exact. Without pooling each window is one cell.

Maps are channels last, a_prev (height, width, pixel); w is (kernel rows, columns, channels, w_stride), so that filters are the
lanes forward. Backward the values of a patch are: a kernel row of it is contiguous, so w is turned into (filters, patch) and back.
Every sum is one chain of muladds in an order that the layer's shape decides: the same bits on all targets with FMA. Deltas that
are 0 add nothing, and are left out: behind a ReLU they are many. The inner loops are in conv.h.
"""
from libc.stdint cimport uint64_t
from libc.string cimport memset

from nncore.equations.activations cimport activate
from nncore.equations.layer cimport Layer, patch_cols, patch_size, positions, window_cells
from nncore.equations.pooling cimport pool_row
from nncore.equations.product cimport Matrix, Share, rows_of, transpose
from nncore.machine.memory cimport L1_CACHE
from nncore.machine.simd cimport HWIDTH, bits, hload, hsplat, hstore, hvec, real

cdef extern from "nncore/equations/conv.h" nogil:
    enum:
        FILTER_COLS
    ctypedef struct ConvGeometry:
        Py_ssize_t a_pixel
        Py_ssize_t a_row
        Py_ssize_t w_step
        Py_ssize_t z_pixel
        Py_ssize_t rows
        Py_ssize_t columns
        Py_ssize_t channels
    ctypedef struct ConvDeltas:
        const real* delta
        const bits* start
        const uint64_t* nonzero
        Py_ssize_t pixel
        Py_ssize_t example
        Py_ssize_t filters
        const real* a
        Py_ssize_t a_row
        Py_ssize_t a_example
        Py_ssize_t m
    ctypedef struct ConvGroup:
        uint64_t filters
        Py_ssize_t first
        Py_ssize_t p
        Py_ssize_t start
    # z = sum of a * w, for so many pixels of a row, at most conv_most_pixels(cols), and `cols` registers of filters
    Py_ssize_t conv_most_pixels(Py_ssize_t cols)
    void conv_pixels(Py_ssize_t pixels, Py_ssize_t cols, const ConvGeometry* g, const real* a, const real* w, real* z,
                     const Py_ssize_t* spans, Py_ssize_t x, Py_ssize_t seen)
    # BP4: sums += delta * patch          BP2: patch += delta[filters] @ w[filters], for each group
    void conv_bp4(Py_ssize_t rows, Py_ssize_t cols, const ConvDeltas* g, real* sums)
    void conv_bp2(Py_ssize_t rows, Py_ssize_t cols, const ConvGroup* groups, Py_ssize_t n, const real* delta, const real* w,
                  Py_ssize_t w_filter, real* a, Py_ssize_t a_row)

cdef enum:
    BITS = 64                       # of a word: a bit for each filter of a group, or for each position
    PATCH_BYTES = 480               # of the rows of a patch that BP2 does together: five columns of 24 channels

cdef inline Py_ssize_t most_groups(const Layer* layer) noexcept nogil:
    """How many groups BP2 makes of the filters of an example, at the most."""
    return positions(layer) * window_cells(layer) * ((layer.maps.channels + BITS - 1) // BITS)

cdef inline void filter_row(Py_ssize_t cols, const Layer* layer, const real* a, const Py_ssize_t* spans, const real* w,
                            real* z) noexcept nogil:
    """Compute a row of z (width, w_stride) for `cols` registers of filters, from a_prev and its spans from that row on.

    All tiles of a row have the same size, and the last may do some pixels again.
    """
    cdef Py_ssize_t width = layer.maps.width * layer.pool_width, pixel = layer.maps_prev.by_column, filters = layer.w_stride
    cdef Py_ssize_t seen = layer.kernel_width - 1, x = 0
    cdef Py_ssize_t most = conv_most_pixels(cols), tiles = (width + most - 1) // most, pixels = (width + tiles - 1) // tiles
    cdef ConvGeometry g = ConvGeometry(pixel, layer.maps_prev.by_row, filters, filters,
                                       layer.kernel_height, layer.kernel_width, layer.maps_prev.channels)
    if pixel == g.channels:                                 # a kernel row is contiguous
        g.channels, g.columns = g.channels * g.columns, 1
    while x < width:
        x = min(x, width - pixels)
        conv_pixels(pixels, cols, &g, a + x * pixel, w, z + x * filters, spans, x, seen)
        x += pixels

cdef inline void find_nonzero_spans(const Layer* layer, const real* image, Py_ssize_t* spans) noexcept nogil:
    """Write to spans (height, 2) the first and the last column of each row that is not 0; of a row of zeros (width, -1)."""
    cdef Py_ssize_t y, first, last, pixel = layer.maps_prev.by_column
    for y in range(layer.maps_prev.height):
        first, last = 0, layer.maps_prev.width * pixel - 1
        while last >= 0 and image[last] == 0:
            last -= 1
        while first < last and image[first] == 0:
            first += 1
        spans[2 * y] = first // pixel if last >= 0 else layer.maps_prev.width
        spans[2 * y + 1] = last // pixel if last >= 0 else -1
        image += layer.maps_prev.by_row

cdef inline void convolve(const Layer* layer, Matrix a_prev, const real* w, const real* b, Matrix a, bits* argmax,
                          real* z_rows, Py_ssize_t* spans) noexcept nogil:
    """Compute a = sigma(z) (m, n) and argmax (m, stride) from a_prev (m, n_prev), w and b.

    z_rows, the rows of one window, is scratch. So is spans, unless it is NULL: then kernel rows that see nothing but 0 are
    skipped, which changes no bit. That pays where a_prev are the network's inputs.
    """
    cdef Py_ssize_t i, y, t, f, cols, pooled, width = layer.maps.width * layer.pool_width
    cdef const real* image
    for i in range(a.rows):
        image = a_prev.x + i * a_prev.row
        if spans != NULL:
            find_nonzero_spans(layer, image, spans)
        for y in range(layer.maps.height):
            f = 0
            while f < layer.w_stride:
                cols = min(<Py_ssize_t>FILTER_COLS, (layer.w_stride - f) // HWIDTH)
                for t in range(y * layer.pool_height, (y + 1) * layer.pool_height):
                    filter_row(cols, layer, image + t * layer.maps_prev.by_row, spans + 2 * t if spans != NULL else NULL, w + f,
                               z_rows + (t - y * layer.pool_height) * width * layer.w_stride + f)
                f += cols * HWIDTH
            pooled = i * a.row + y * layer.maps.by_row
            if layer.pool_height == 2 and layer.pool_width == 2:
                pool_row(2, 2, layer, z_rows, b, 2 * y, a.x + pooled, argmax + pooled)
            else:
                pool_row(layer.pool_height, layer.pool_width, layer, z_rows, b, layer.pool_height * y, a.x + pooled,
                         argmax + pooled)
        for f in range(a.columns, a.row):
            a.x[i * a.row + f] = 0
        activate(layer.activation, rows_of(a.x + i * a.row, 1, a.columns, a.row))

cdef inline void filters_to_patches(const Layer* layer, const real* w, real* patches) noexcept nogil:
    """Turn w (rows, columns, channels, w_stride) into patches (filters, patch_size), with 0 where a patch has padding."""
    cdef Py_ssize_t t, c, channels = layer.maps_prev.channels, size = patch_size(layer), row = patch_cols(layer) * HWIDTH
    memset(patches, 0, layer.maps.channels * size * sizeof(real))
    for t in range(layer.kernel_height):
        for c in range(layer.kernel_width):
            transpose(w, layer.w_stride, patches + t * row + c * layer.maps_prev.by_column, size, channels, layer.maps.channels)
            w += channels * layer.w_stride

cdef inline void add_scaled(real* w, real keep, const real* gradient, Py_ssize_t n) noexcept nogil:
    """Replace w (n,) by keep * w + gradient (n,)."""
    cdef Py_ssize_t f
    for f in range(n):
        w[f] = keep * w[f] + gradient[f]

cdef inline void add_patches_to_filters(const Layer* layer, const real* patches, real* w, real keep, real* turned,
                                        Share mine) noexcept nogil:
    """Replace filters `mine` of w by keep * w + patches (filters, patch_size), turned back.

    turned (channels, filters) is scratch.
    """
    cdef Py_ssize_t t, c, k, channels = layer.maps_prev.channels, size = patch_size(layer), row = patch_cols(layer) * HWIDTH
    cdef Py_ssize_t filters = mine.end - mine.first
    w += mine.first
    for t in range(layer.kernel_height):
        for c in range(layer.kernel_width):
            transpose(patches + t * row + c * layer.maps_prev.by_column, size, turned, filters, filters, channels)
            for k in range(channels):
                add_scaled(w, keep, turned + k * filters, filters)
                w += layer.w_stride

cdef inline Py_ssize_t group_by_argmax(const Layer* layer, const real* delta, const bits* argmax, ConvGroup* groups) noexcept nogil:
    """Group the filters of each pooled pixel of an example by the window cell that their maximum came from.

    delta and argmax (pixels, w_stride) -> groups; returns their number. Filters with delta 0 are left out (behind a ReLU many
    are): they send nothing back.
    """
    cdef Py_ssize_t y, x, t, c, f, first, corner, n = 0, p = 0
    cdef bits start
    cdef uint64_t filters
    for y in range(layer.maps.height):
        for x in range(layer.maps.width):
            corner = y * layer.pool_height * layer.maps_prev.by_row + x * layer.pool_width * layer.maps_prev.by_column
            for t in range(layer.pool_height):
                for c in range(layer.pool_width):
                    start = <bits>(corner + t * layer.maps_prev.by_row + c * layer.maps_prev.by_column)
                    first = 0
                    while first < layer.maps.channels:
                        filters = 0
                        for f in range(min(<Py_ssize_t>BITS, layer.maps.channels - first)):
                            filters |= <uint64_t>((argmax[p + first + f] == start) & (delta[p + first + f] != 0)) << f
                        groups[n] = ConvGroup(filters, first, p, start)
                        n += filters != 0                   # an empty group does not stay: the next one overwrites it
                        first += BITS
            p += layer.w_stride
    return n

cdef inline void convolution_delta(const Layer* layer, Matrix delta, const bits* argmax, const real* w, Matrix delta_prev,
                                   real* patches, ConvGroup* groups) noexcept nogil:
    """BP2: compute delta_prev (m, n_prev), without sigma'(z_prev), from delta (m, n), argmax (m, stride) and w.

    The filters of a group are the inner sum, while rows of their patch stay in registers. patches (filters, patch_size) and
    groups, as many as cells of all windows of an example for each BITS filters, are scratch.
    """
    cdef Py_ssize_t i, t, rows, n, cols = patch_cols(layer), size = patch_size(layer)
    cdef Py_ssize_t row_bytes = (cols * HWIDTH * <Py_ssize_t>sizeof(real) + 31) // 32 * 32           # the same for every target
    cdef Py_ssize_t at_once = max(1, PATCH_BYTES // row_bytes)
    filters_to_patches(layer, w, patches)
    memset(delta_prev.x, 0, delta_prev.rows * delta_prev.row * sizeof(real))
    for i in range(delta.rows):
        n = group_by_argmax(layer, delta.x + i * delta.row, argmax + i * delta.row, groups)
        t = 0
        while t < layer.kernel_height:
            rows = min(at_once, layer.kernel_height - t)
            conv_bp2(rows, cols, groups, n, delta.x + i * delta.row, patches + t * cols * HWIDTH, size,
                     delta_prev.x + i * delta_prev.row + t * layer.maps_prev.by_row, layer.maps_prev.by_row)
            t += rows

cdef inline void convolution_bias_gradient(const Layer* layer, Matrix delta, real* nabla_b, real keep, Share mine) noexcept nogil:
    """BP3: replace filters `mine`, in whole registers, of nabla_b (w_stride,) by keep * nabla_b + delta (m, n), summed over
    examples and pixels."""
    cdef Py_ssize_t i, p, f = mine.first
    cdef hvec total
    while f < mine.end:
        total = hsplat(keep) * hload(nabla_b + f)
        for i in range(delta.rows):
            for p in range(positions(layer)):
                total = total + hload(delta.x + i * delta.row + p * layer.w_stride + f)
        hstore(nabla_b + f, total)
        f += HWIDTH

cdef inline void find_nonzero(const ConvDeltas* g, Py_ssize_t n, uint64_t* nonzero) noexcept nogil:
    """Write to nonzero (g.m, g.filters) which of the first n deltas are not 0, a bit for each."""
    cdef Py_ssize_t i, p, f
    cdef const real* delta
    memset(nonzero, 0, g.m * g.filters * sizeof(uint64_t))
    for i in range(g.m):
        for p in range(n):
            delta = g.delta + i * g.example + p * g.pixel
            for f in range(g.filters):
                nonzero[f] |= <uint64_t>(delta[f] != 0) << p
        nonzero += g.filters

cdef inline void convolution_weight_gradient(const Layer* layer, Matrix a_prev, Matrix delta, const bits* argmax, real* nabla_w,
                                             real keep, real* patches, real* turned, uint64_t* nonzero,
                                             Share mine) noexcept nogil:
    """BP4: replace filters `mine` of nabla_w by keep * nabla_w + gradient; a_prev (m, n_prev), delta (m, n), argmax (m, stride).

    As many examples go through all filters together as fit the first-level cache, up to BITS positions of each at a time. Deltas
    that are 0 are left out. Scratch: patches (filters, patch_size), turned (channels, filters), nonzero (m, filters).
    """
    cdef Py_ssize_t i = 0, p, at, size = patch_size(layer), filters = mine.end - mine.first
    cdef Py_ssize_t at_once = max(1, L1_CACHE // <Py_ssize_t>sizeof(real) // (a_prev.row + 2 * delta.row))
    cdef ConvDeltas g
    if not filters:
        return
    memset(patches, 0, filters * size * sizeof(real))
    while i < delta.rows:
        p = 0
        while p < positions(layer):
            at = i * delta.row + p * layer.w_stride + mine.first
            g = ConvDeltas(delta.x + at, argmax + at, nonzero, layer.w_stride, delta.row, filters, a_prev.x + i * a_prev.row,
                           layer.maps_prev.by_row, a_prev.row, min(at_once, delta.rows - i))
            find_nonzero(&g, min(<Py_ssize_t>BITS, positions(layer) - p), nonzero)
            conv_bp4(layer.kernel_height, patch_cols(layer), &g, patches)
            p += BITS
        i += at_once
    add_patches_to_filters(layer, patches, nabla_w, keep, turned, mine)
