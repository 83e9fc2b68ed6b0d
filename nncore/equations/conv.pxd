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
Every sum is one chain of muladds in an order that the layer's shape decides: the same bits on all targets with FMA. The inner
loops are in conv.h.
"""
from libc.string cimport memset

from nncore.equations.activations cimport activate
from nncore.equations.layer cimport Layer, patch_cols, patch_size, positions, window_cells
from nncore.equations.pooling cimport pool_row
from nncore.equations.product cimport Matrix, Share, rows_of, transpose
from nncore.machine.memory cimport L1_CACHE, count_nonzero
from nncore.machine.simd cimport HWIDTH, bits, hload, hsplat, hstore, hvec, real

cdef extern from "nncore/equations/conv.h" nogil:
    enum:
        PIXELS
        FILTER_COLS
    ctypedef struct ConvGeometry:
        Py_ssize_t a_pixel
        Py_ssize_t a_row
        Py_ssize_t w_step
        Py_ssize_t z_pixel
        Py_ssize_t rows
        Py_ssize_t columns
        Py_ssize_t channels
    ctypedef struct ConvPatches:
        const real* delta
        const bits* start
        Py_ssize_t n
        Py_ssize_t step
        Py_ssize_t example
        const real* a
        Py_ssize_t a_row
        Py_ssize_t a_example
        Py_ssize_t m
    # z = sum of a * w, for PIXELS neighbours or one, and `cols` registers of filters
    void conv_pixels(Py_ssize_t cols, const ConvGeometry* g, const real* a, const real* w, real* z, const Py_ssize_t* spans,
                     Py_ssize_t x, Py_ssize_t seen)
    void conv_pixel(Py_ssize_t cols, const ConvGeometry* g, const real* a, const real* w, real* z, const Py_ssize_t* spans,
                    Py_ssize_t x, Py_ssize_t seen)
    # BP4: sums += delta * patch          BP2: a += delta[filters] @ w[filters]
    void conv_bp4(Py_ssize_t filters, Py_ssize_t rows, Py_ssize_t cols, const ConvPatches* g, real* sums, Py_ssize_t sums_filter)
    void conv_bp2(Py_ssize_t cols, const real* delta, const bits* filters, Py_ssize_t n, const real* w, Py_ssize_t w_row, real* a)

cdef inline void filter_row(Py_ssize_t cols, const Layer* layer, const real* a, const Py_ssize_t* spans, const real* w,
                            real* z) noexcept nogil:
    """A row of the maps for `cols` registers of filters: a_prev and its spans from that row on -> z (width, w_stride).

    The last pixels are done together with some before them, which are done twice: less work than one by one.
    """
    cdef Py_ssize_t width = layer.maps.width * layer.pool_width, pixel = layer.maps_prev.by_column, step = layer.w_stride
    cdef Py_ssize_t seen = layer.kernel_width - 1, x = 0
    cdef ConvGeometry g = ConvGeometry(pixel, layer.maps_prev.by_row, step, step,
                                       layer.kernel_height, layer.kernel_width, layer.maps_prev.channels)
    if pixel == g.channels:                                 # a kernel row is contiguous
        g.channels, g.columns = g.channels * g.columns, 1
    while x < width:
        if x + PIXELS > width >= PIXELS:
            x = width - PIXELS
        if x + PIXELS <= width:
            conv_pixels(cols, &g, a + x * pixel, w, z + x * step, spans, x, seen)
            x += PIXELS
        else:
            conv_pixel(cols, &g, a + x * pixel, w, z + x * step, spans, x, seen)
            x += 1

cdef inline void find_nonzero_spans(const Layer* layer, const real* image, Py_ssize_t* spans) noexcept nogil:
    """The first and the last column of each row of maps that is not 0; (width, -1) of a row of zeros. spans (height, 2)."""
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
    """a_prev (m, n_prev), w, b -> a = sigma(z) (m, n) and argmax (m, stride).

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
    """w (rows, columns, channels, w_stride) -> patches (filters, patch_size), with 0 where a patch has padding."""
    cdef Py_ssize_t t, c, channels = layer.maps_prev.channels, size = patch_size(layer), row = patch_cols(layer) * HWIDTH
    memset(patches, 0, layer.maps.channels * size * sizeof(real))
    for t in range(layer.kernel_height):
        for c in range(layer.kernel_width):
            transpose(w, layer.w_stride, patches + t * row + c * layer.maps_prev.by_column, size, channels, layer.maps.channels)
            w += channels * layer.w_stride

cdef inline void add_patches_to_filters(const Layer* layer, const real* patches, real* w, real keep, real* turned,
                                        Share mine) noexcept nogil:
    """Filters `mine` of w = keep * w + patches (filters, patch_size), turned back. turned (channels, filters) is scratch."""
    cdef Py_ssize_t t, c, k, f, channels = layer.maps_prev.channels, size = patch_size(layer), row = patch_cols(layer) * HWIDTH
    cdef Py_ssize_t filters = mine.end - mine.first
    w += mine.first
    for t in range(layer.kernel_height):
        for c in range(layer.kernel_width):
            transpose(patches + t * row + c * layer.maps_prev.by_column, size, turned, filters, filters, channels)
            for k in range(channels):
                for f in range(filters):
                    w[k * layer.w_stride + f] = keep * w[k * layer.w_stride + f] + turned[k * filters + f]
            w += channels * layer.w_stride

cdef inline void group_by_argmax(const Layer* layer, const real* delta, const bits* argmax, bits* groups) noexcept nogil:
    """Group each pooled pixel's filters by the window cell that their maximum came from.

    Filters with delta 0 are left out (behind a ReLU most are): they send nothing back.
    argmax (pixels, w_stride) -> groups (pixels, cells + filters): one count for each cell, then the filters, cell by cell.
    """
    cdef Py_ssize_t y, x, t, c, f, n, before, cell, cells = window_cells(layer), filters = layer.maps.channels
    cdef bits start
    for y in range(layer.maps.height):
        for x in range(layer.maps.width):
            n = cell = 0
            for t in range(layer.pool_height):
                for c in range(layer.pool_width):
                    start = <bits>((y * layer.pool_height + t) * layer.maps_prev.by_row
                                   + (x * layer.pool_width + c) * layer.maps_prev.by_column)
                    before = n
                    for f in range(filters):
                        groups[cells + n] = <bits>f         # stays only if f is counted, else the next one overwrites it
                        n += (argmax[f] == start) & (delta[f] != 0)
                    groups[cell] = <bits>(n - before)
                    cell += 1
            delta += layer.w_stride
            argmax += layer.w_stride
            groups += cells + filters

cdef inline void convolution_delta(const Layer* layer, Matrix delta, const bits* argmax, const real* w, Matrix delta_prev,
                                   real* patches, bits* groups) noexcept nogil:
    """BP2, without sigma'(z_prev). delta (m, n), argmax (m, stride), w -> delta_prev (m, n_prev).

    The filters are the inner sum, for all of one group, while part of a patch row stays in registers. patches (filters,
    patch_size) and groups (m, pixels, cells + filters) are scratch.
    """
    cdef Py_ssize_t i, t, y, x, cell, cols = patch_cols(layer), size = patch_size(layer)
    cdef Py_ssize_t cells = window_cells(layer)
    cdef const bits* count
    cdef const bits* filters
    cdef const real* delta_p
    cdef real* patch_prev
    filters_to_patches(layer, w, patches)
    for i in range(delta.rows):
        group_by_argmax(layer, delta.x + i * delta.row, argmax + i * delta.row,
                        groups + i * positions(layer) * (cells + layer.maps.channels))
    memset(delta_prev.x, 0, delta_prev.rows * delta_prev.row * sizeof(real))
    for t in range(layer.kernel_height):
        count = groups
        for i in range(delta.rows):
            delta_p = delta.x + i * delta.row
            for y in range(layer.maps.height):
                for x in range(layer.maps.width):
                    filters = count + cells
                    for cell in range(cells):
                        if count[cell]:
                            patch_prev = (delta_prev.x + i * delta_prev.row
                                          + (y * layer.pool_height + cell // layer.pool_width + t) * layer.maps_prev.by_row
                                          + (x * layer.pool_width + cell % layer.pool_width) * layer.maps_prev.by_column)
                            conv_bp2(cols, delta_p, filters, count[cell], patches + t * cols * HWIDTH, size, patch_prev)
                            filters += count[cell]
                    delta_p += layer.w_stride
                    count += cells + layer.maps.channels

cdef inline void convolution_bias_gradient(const Layer* layer, Matrix delta, real* nabla_b, real keep, Share mine) noexcept nogil:
    """BP3. delta (m, n) -> filters `mine`, in whole registers, of nabla_b (w_stride,) = keep * nabla_b + delta summed over
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

cdef inline ConvPatches without_zeros(const ConvPatches* g, Py_ssize_t f, real* deltas, bits* starts) noexcept nogil:
    """The non-zero deltas of filter f, and where their patches start, of all examples in one list.

    deltas and starts (g.m * g.n,) take the list.
    """
    cdef Py_ssize_t i, _, k, count = 0
    cdef ConvPatches listed = g[0]
    for i in range(g.m):
        k = i * g.example + f
        for _ in range(g.n):
            deltas[count] = g.delta[k]                      # stays only if it is counted, else the next one overwrites it
            starts[count] = g.start[k] + <bits>(i * g.a_example)
            count += g.delta[k] != 0
            k += g.step
    listed.delta, listed.start, listed.n, listed.step, listed.m = deltas, starts, count, 1, 1
    return listed

cdef inline void convolution_weight_gradient(const Layer* layer, Matrix a_prev, Matrix delta, const bits* argmax, real* nabla_w,
                                             real keep, real* patches, real* turned, real* deltas,
                                             Share mine) noexcept nogil:
    """BP4. a_prev (m, n_prev), delta (m, n), argmax (m, stride) -> filters `mine` of nabla_w = keep * nabla_w + gradient.

    As many examples go through all filters together as fit the first-level cache. Where most of their deltas are 0, the others
    are listed first. Scratch: patches (filters, patch_size), turned (channels, filters), deltas twice (m * pixels).
    """
    cdef Py_ssize_t i = 0, f, size = patch_size(layer), filters = mine.end - mine.first
    cdef Py_ssize_t most_thirds = 2 if patch_cols(layer) > 2 else 1
    cdef Py_ssize_t at_once = max(1, L1_CACHE // <Py_ssize_t>sizeof(real) // (a_prev.row + 2 * delta.row))
    cdef bits* starts = <bits*>(deltas + delta.rows * positions(layer))
    cdef ConvPatches g, g_f
    if not filters:
        return
    memset(patches, 0, filters * size * sizeof(real))
    g.n, g.step, g.example = positions(layer), layer.w_stride, delta.row
    g.a_row, g.a_example = layer.maps_prev.by_row, a_prev.row
    while i < delta.rows:
        g.delta, g.start = delta.x + i * delta.row + mine.first, argmax + i * delta.row + mine.first
        g.a = a_prev.x + i * a_prev.row
        g.m = min(at_once, delta.rows - i)
        # list the non-zero deltas if at most this many thirds are non-zero
        if 3 * count_nonzero(delta.x + i * delta.row, g.m * delta.row) <= most_thirds * g.m * delta.columns:
            for f in range(filters):
                g_f = without_zeros(&g, f, deltas, starts)
                conv_bp4(1, layer.kernel_height, patch_cols(layer), &g_f, patches + f * size, size)
        else:
            conv_bp4(filters, layer.kernel_height, patch_cols(layer), &g, patches, size)
        i += at_once
    add_patches_to_filters(layer, patches, nabla_w, keep, turned, mine)
