"""Convolution and max-pooling (chapter 6), over a mini-batch: forward, and backward through the argmax.

  forward  z_f(p) = max over the places of window p of  sum_tck w_ftck a_prev(y+t, x+c, k)   + b_f        a = sigma(z)
  argmax   the place of that maximum, the first of equals, kept as where in a_prev the filter's patch starts
  BP2      delta_prev(y+t, x+c, k) += sum_f w_ftck delta_f(p)      for each p, at its place (y, x);  then * sigma'(z_prev)
  BP3      dC/db_f    = sum_p delta_f(p)
  BP4      dC/dw_ftck = sum_p a_prev(y+t, x+c, k) delta_f(p)       at the place (y, x) of each p

f a filter, (t, c) row and column in its kernel, k a channel of the layer before, p a pooled pixel. The sums over examples are left
out. The activations grow with z, so pooling comes first and bias and sigma see only what is left (as the book's network3 does). Only
a window's maximum has a gradient: BP2 and BP4 go to that one place, which is exact. Without pooling each window is one place.

Maps are channels last, a_prev (height, width, pixel); w is (kernel rows, columns, channels, w_stride), so that filters are the lanes
forward. Backward the values of a patch are: a kernel row of it is contiguous, and so w is turned into (filters, patch) and back.
Every sum is one chain of muladds in an order that the layer's shape decides: the same bits on all targets with FMA.
"""
from libc.string cimport memset

from nncore.activations cimport LINEAR, Activation, activate, sigma_prime_from_a
from nncore.program cimport Layer, Maps, patch_parts, patch_size
from nncore.simd cimport (
    PART, PART_COLS, PARTS_SENT, PIXELS, SEGMENTS, WIDTH, bits, correlate, keep_larger, load, load_part, part, places, real, send_patches,
    splat_places, store, store_part, store_places, sum_patches,
)

cdef inline void filter_row(int cols, const Layer* layer, const real* a, const real* w, real* z) noexcept nogil:
    """A row of the maps for cols parts of filters: a_prev from that row on -> z (width, w_stride).

    The last pixels are done together with some before them, which are done twice: less work than one by one.
    """
    cdef Py_ssize_t pixel = layer.maps_prev.by_column, channels = layer.maps_prev.channels, columns = layer.kernel_width
    cdef Py_ssize_t width = layer.maps.width * layer.pool_width, x = 0
    if pixel == channels:                                   # a kernel row is contiguous
        channels, columns = channels * columns, 1
    while x < width:
        if x + PIXELS > width >= PIXELS:
            x = width - PIXELS
        if x + PIXELS <= width:
            if cols == 3:
                correlate(PIXELS, 3, a + x * pixel, pixel, layer.maps_prev.by_row, w, layer.w_stride, z + x * layer.w_stride,
                          layer.w_stride, layer.kernel_height, columns, channels)
            elif cols == 2:
                correlate(PIXELS, 2, a + x * pixel, pixel, layer.maps_prev.by_row, w, layer.w_stride, z + x * layer.w_stride,
                          layer.w_stride, layer.kernel_height, columns, channels)
            else:
                correlate(PIXELS, 1, a + x * pixel, pixel, layer.maps_prev.by_row, w, layer.w_stride, z + x * layer.w_stride,
                          layer.w_stride, layer.kernel_height, columns, channels)
            x += PIXELS
        else:
            if cols == 3:
                correlate(1, 3, a + x * pixel, pixel, layer.maps_prev.by_row, w, layer.w_stride, z + x * layer.w_stride,
                          layer.w_stride, layer.kernel_height, columns, channels)
            elif cols == 2:
                correlate(1, 2, a + x * pixel, pixel, layer.maps_prev.by_row, w, layer.w_stride, z + x * layer.w_stride,
                          layer.w_stride, layer.kernel_height, columns, channels)
            else:
                correlate(1, 1, a + x * pixel, pixel, layer.maps_prev.by_row, w, layer.w_stride, z + x * layer.w_stride,
                          layer.w_stride, layer.kernel_height, columns, channels)
            x += 1

cdef inline void pool_row(const Layer* layer, const real* z, const real* b, Py_ssize_t y, real* a, bits* argmax) noexcept nogil:
    """pool_height rows of z, from row y of the convolution -> a row of pooled maps plus b, and the place of each maximum."""
    cdef Py_ssize_t pixel = layer.w_stride, width = layer.maps.width * layer.pool_width, x, f, t, c
    cdef Py_ssize_t row = layer.maps_prev.by_row, column = layer.maps_prev.by_column
    cdef const real* window
    cdef part largest
    cdef places at
    for x in range(layer.maps.width):
        f = 0
        while f < pixel:
            window = z + x * layer.pool_width * pixel + f
            largest = load_part(window)
            at = splat_places(<bits>(y * row + x * layer.pool_width * column))
            for t in range(layer.pool_height):
                for c in range(layer.pool_width):
                    keep_larger(load_part(window + (t * width + c) * pixel),
                                splat_places(<bits>((y + t) * row + (x * layer.pool_width + c) * column)), &largest, &at)
            store_part(a + x * pixel + f, largest + load_part(b + f))
            store_places(argmax + x * pixel + f, at)
            f += PART

cdef inline void convolve(const Layer* layer, const real* a_prev, const real* w, const real* b, real* a, bits* argmax,
                          real* scratch, Py_ssize_t m) noexcept nogil:
    """a_prev (m, stride_prev), w, b -> a = sigma(z) (m, stride) and argmax (m, stride). scratch holds the rows of one window."""
    cdef Py_ssize_t i, y, t, f, cols, width = layer.maps.width * layer.pool_width, row = layer.maps_prev.by_row
    cdef const real* image
    for i in range(m):
        image = a_prev + i * layer.stride_prev
        for y in range(layer.maps.height):
            f = 0
            while f < layer.w_stride:
                cols = min(<Py_ssize_t>PART_COLS, (layer.w_stride - f) // PART)
                for t in range(layer.pool_height):
                    filter_row(<int>cols, layer, image + (y * layer.pool_height + t) * row, w + f,
                               scratch + t * width * layer.w_stride + f)
                f += cols * PART
            pool_row(layer, scratch, b, y * layer.pool_height, a + i * layer.stride + y * layer.maps.by_row,
                     argmax + i * layer.stride + y * layer.maps.by_row)
        for f in range(layer.n, layer.stride):
            a[i * layer.stride + f] = 0
        activate(layer.activation, a + i * layer.stride, 1, layer.n, layer.stride)

cdef inline void turn_filters(const Layer* layer, const real* w, real* patches) noexcept nogil:
    """w (rows, columns, channels, w_stride) -> patches (filters, patch_size), with 0 where a patch has padding."""
    cdef Py_ssize_t t, c, k, f, size = patch_size(layer), row = patch_parts(layer) * PART
    cdef Py_ssize_t pixel = layer.maps_prev.by_column
    cdef const real* terms = w
    memset(patches, 0, layer.maps.channels * size * sizeof(real))
    for t in range(layer.kernel_height):
        for c in range(layer.kernel_width):
            for k in range(layer.maps_prev.channels):
                for f in range(layer.maps.channels):
                    patches[f * size + t * row + c * pixel + k] = terms[f]
                terms += layer.w_stride

cdef inline void add_turned(const Layer* layer, const real* patches, real* w, real keep) noexcept nogil:
    """w = keep * w + patches, turned back."""
    cdef Py_ssize_t t, c, k, f, size = patch_size(layer), row = patch_parts(layer) * PART
    cdef Py_ssize_t pixel = layer.maps_prev.by_column
    cdef real* terms = w
    for t in range(layer.kernel_height):
        for c in range(layer.kernel_width):
            for k in range(layer.maps_prev.channels):
                for f in range(layer.maps.channels):
                    terms[f] = keep * terms[f] + patches[f * size + t * row + c * pixel + k]
                terms += layer.w_stride

cdef inline void choose(const Layer* layer, const bits* argmax, bits* chosen) noexcept nogil:
    """For each pooled pixel: the filters whose maximum is at the first place of its window, at the second, and so on.

    argmax (pixels, w_stride) -> chosen (pixels, places + filters): how many each place has, then the filters, place by place.
    """
    cdef Py_ssize_t y, x, t, c, f, n, before, place, area = layer.pool_height * layer.pool_width
    cdef bits here
    for y in range(layer.maps.height):
        for x in range(layer.maps.width):
            n = place = 0
            for t in range(layer.pool_height):
                for c in range(layer.pool_width):
                    here = <bits>((y * layer.pool_height + t) * layer.maps_prev.by_row
                                  + (x * layer.pool_width + c) * layer.maps_prev.by_column)
                    before = n
                    for f in range(layer.maps.channels):
                        chosen[area + n] = <bits>f          # stays only if f is counted, else the next one overwrites it
                        n += argmax[f] == here
                    chosen[place] = <bits>(n - before)
                    place += 1
            argmax += layer.w_stride
            chosen += area + layer.maps.channels

cdef inline void convolution_delta(const Layer* layer, const real* delta, const bits* argmax, const real* w, real* delta_prev,
                                   real* scratch, Py_ssize_t m) noexcept nogil:
    """BP2, without sigma'(z_prev). delta (m, stride), argmax (m, stride), w -> delta_prev (m, stride_prev).

    The filters are the inner sum, for all that chose one place, while part of a patch row stays in registers.
    """
    cdef Py_ssize_t i, t, y, x, place, first = 0, parts = patch_parts(layer), size = patch_size(layer)
    cdef Py_ssize_t pixels = layer.maps.height * layer.maps.width, area = layer.pool_height * layer.pool_width
    cdef real* patches = scratch
    cdef bits* chosen = <bits*>(scratch + layer.maps.channels * size)
    cdef const bits* count
    cdef const bits* filters
    cdef const real* delta_p
    cdef real* place_prev
    turn_filters(layer, w, patches)
    for i in range(m):
        choose(layer, argmax + i * layer.stride, chosen + i * pixels * (area + layer.maps.channels))
    memset(delta_prev, 0, m * layer.stride_prev * sizeof(real))
    while first < parts:
        for t in range(layer.kernel_height):
            count = chosen
            for i in range(m):
                delta_p = delta + i * layer.stride
                for y in range(layer.maps.height):
                    for x in range(layer.maps.width):
                        filters = count + area
                        for place in range(area):
                            place_prev = (delta_prev + i * layer.stride_prev
                                          + (y * layer.pool_height + place // layer.pool_width + t) * layer.maps_prev.by_row
                                          + (x * layer.pool_width + place % layer.pool_width) * layer.maps_prev.by_column)
                            send_patches(min(parts - first, <Py_ssize_t>PARTS_SENT), delta_p, filters, count[place],
                                         patches + (t * parts + first) * PART, size, place_prev + first * PART)
                            filters += count[place]
                        delta_p += layer.w_stride
                        count = filters
        first += PARTS_SENT

cdef inline void convolution_bias_gradient(const Layer* layer, const real* delta, real* nabla_b, real keep, Py_ssize_t m) noexcept nogil:
    """BP3. delta (m, stride) -> nabla_b (w_stride,) = keep * nabla_b + delta summed over examples and pixels."""
    cdef Py_ssize_t i, p, f
    for f in range(layer.w_stride):
        nabla_b[f] *= keep
    for i in range(m):
        for p in range(layer.maps.height * layer.maps.width):
            for f in range(layer.w_stride):
                nabla_b[f] += delta[i * layer.stride + p * layer.w_stride + f]

cdef inline void convolution_weight_gradient(const Layer* layer, const real* a_prev, const real* delta, const bits* argmax,
                                             real* nabla_w, real keep, real* scratch, Py_ssize_t m) noexcept nogil:
    """BP4. a_prev (m, stride_prev), delta (m, stride), argmax (m, stride) -> nabla_w = keep * nabla_w + gradient."""
    cdef Py_ssize_t i, f, s, first, parts = patch_parts(layer), size = patch_size(layer)
    cdef Py_ssize_t all_segments = layer.kernel_height * parts, pixels = layer.maps.height * layer.maps.width
    cdef Py_ssize_t segment[SEGMENTS]
    memset(scratch, 0, layer.maps.channels * size * sizeof(real))
    for i in range(m):
        first = 0
        while first < all_segments:
            for s in range(SEGMENTS):
                segment[s] = (first + s) // parts * layer.maps_prev.by_row + (first + s) % parts * PART
            for f in range(layer.maps.channels):
                sum_patches(min(<Py_ssize_t>SEGMENTS, all_segments - first), delta + i * layer.stride + f, argmax + i * layer.stride + f,
                            layer.w_stride, pixels, a_prev + i * layer.stride_prev, segment, scratch + f * size + first * PART)
            first += SEGMENTS
    add_turned(layer, scratch, nabla_w, keep)

cdef inline void times_sigma_prime(Activation activation, const real* a, real* delta, Py_ssize_t n) noexcept nogil:
    """The end of BP2: delta (n,) *= sigma'(z), from a (n,). n is a multiple of LANES."""
    cdef Py_ssize_t i = 0
    if activation == LINEAR:
        return
    while i < n:
        store(delta + i, load(delta + i) * sigma_prime_from_a(activation, load(a + i)))
        i += WIDTH

cdef inline void pool(const Layer* layer, const real* a_prev, real* a, bits* argmax, Py_ssize_t m) noexcept nogil:
    """Max-pooling alone: a_prev (m, stride_prev) -> a (m, stride) and argmax (m, stride)."""
    cdef Py_ssize_t i, y, x, k, t, c
    cdef Py_ssize_t out, place, best
    cdef const real* image
    for i in range(m):
        image = a_prev + i * layer.stride_prev
        memset(a + i * layer.stride, 0, layer.stride * sizeof(real))
        for y in range(layer.maps.height):
            for x in range(layer.maps.width):
                for k in range(layer.maps.channels):
                    best = (y * layer.pool_height * layer.maps_prev.by_row + x * layer.pool_width * layer.maps_prev.by_column
                            + k * layer.maps_prev.by_channel)
                    out = i * layer.stride + y * layer.maps.by_row + x * layer.maps.by_column + k * layer.maps.by_channel
                    place = best
                    for t in range(layer.pool_height):
                        for c in range(layer.pool_width):
                            if image[place] > image[best] or image[place] != image[place]:
                                best = place
                            place += layer.maps_prev.by_column
                        place += layer.maps_prev.by_row - layer.pool_width * layer.maps_prev.by_column
                    a[out] = image[best]
                    argmax[out] = <bits>best

cdef inline void pool_delta(const Layer* layer, const real* delta, const bits* argmax, real* delta_prev, Py_ssize_t m) noexcept nogil:
    """BP2 of pooling, without sigma'(z_prev): each delta (m, stride) goes to where its maximum was -> delta_prev (m, stride_prev)."""
    cdef Py_ssize_t i, y, x, k, out
    memset(delta_prev, 0, m * layer.stride_prev * sizeof(real))
    for i in range(m):
        for y in range(layer.maps.height):
            for x in range(layer.maps.width):
                for k in range(layer.maps.channels):
                    out = i * layer.stride + y * layer.maps.by_row + x * layer.maps.by_column + k * layer.maps.by_channel
                    delta_prev[i * layer.stride_prev + argmax[out]] += delta[out]

cdef inline void copy_maps(const real* source, const Maps* source_maps, real* target, const Maps* target_maps,
                           Py_ssize_t channels, Py_ssize_t height, Py_ssize_t width) noexcept nogil:
    cdef Py_ssize_t y, x, k
    for y in range(height):
        for x in range(width):
            for k in range(channels):
                target[k * target_maps.by_channel + y * target_maps.by_row + x * target_maps.by_column] = (
                    source[k * source_maps.by_channel + y * source_maps.by_row + x * source_maps.by_column])

cdef inline void move(const Layer* layer, const real* a_prev, real* a, Py_ssize_t m) noexcept nogil:
    """a_prev (m, stride_prev) -> a (m, stride): the maps in their new order and border."""
    cdef Py_ssize_t i, corner = layer.top * layer.maps.by_row + layer.left * layer.maps.by_column
    memset(a, 0, m * layer.stride * sizeof(real))
    for i in range(m):
        copy_maps(a_prev + i * layer.stride_prev, &layer.maps_prev, a + i * layer.stride + corner, &layer.maps,
                  layer.maps_prev.channels, layer.maps_prev.height, layer.maps_prev.width)

cdef inline void move_delta(const Layer* layer, const real* delta, real* delta_prev, Py_ssize_t m) noexcept nogil:
    """delta (m, stride) -> delta_prev (m, stride_prev): back, without the border."""
    cdef Py_ssize_t i, corner = layer.top * layer.maps.by_row + layer.left * layer.maps.by_column
    memset(delta_prev, 0, m * layer.stride_prev * sizeof(real))
    for i in range(m):
        copy_maps(delta + i * layer.stride + corner, &layer.maps, delta_prev + i * layer.stride_prev, &layer.maps_prev,
                  layer.maps_prev.channels, layer.maps_prev.height, layer.maps_prev.width)
