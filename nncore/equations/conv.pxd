"""Convolution and max-pooling (chapter 6), over a mini-batch: forward, and backward through the argmax.

  forward  z_f(p) = max over the places of window p of  sum_tck w_ftck a_prev(y+t, x+c, k)   + b_f        a = sigma(z)
  argmax   the place of that maximum, the first of equals, kept as where in a_prev the filter's patch starts
  BP2      delta_prev(y+t, x+c, k) += sum_f w_ftck delta_f(p)      for each p, at its place (y, x);  then * sigma'(z_prev)
  BP3      dC/db_f    = sum_p delta_f(p)
  BP4      dC/dw_ftck = sum_p a_prev(y+t, x+c, k) delta_f(p)       at the place (y, x) of each p

f a filter, (t, c) row and column in its kernel, k a channel of the layer before, p a pooled pixel. The sums over examples are
left out. The activations grow with z, so pooling comes first and bias and sigma see only what is left (as in the book's network3).
Only a window's maximum has a gradient: BP2 and BP4 go to that one place, which is exact. Without pooling each window is one place.

Maps are channels last, a_prev (height, width, pixel); w is (kernel rows, columns, channels, w_stride), so that filters are the
lanes forward. Backward the values of a patch are: a kernel row of it is contiguous, so w is turned into (filters, patch) and back.
Every sum is one chain of muladds in an order that the layer's shape decides: the same bits on all targets with FMA.
"""
from libc.string cimport memcpy, memset

from nncore.zeros.active cimport count_active
from nncore.equations.activations cimport LINEAR, Activation, activate, sigma_prime_from_a
from nncore.passes.program cimport Layer, Maps, patch_parts, patch_size
from nncore.equations.product cimport transpose
from nncore.machine.simd cimport HWIDTH, WIDTH, bits, hisplat, histore, hivec, hload, hsplat, hstore, hvec, load, real, store

cdef extern from "nncore/equations/conv.h" nogil:
    enum:
        PIXELS
        HVEC_COLS
    void keep_larger(hvec z, hivec here, hvec* largest, hivec* at)   # where z > largest: largest = z, at = here
    ctypedef struct Correlation:
        Py_ssize_t a_pixel
        Py_ssize_t a_row
        Py_ssize_t w_step
        Py_ssize_t z_pixel
        Py_ssize_t rows
        Py_ssize_t columns
        Py_ssize_t channels
    void correlate(int pixels, int cols, const Correlation* c, const real* a, const real* w, real* z,
                   const Py_ssize_t* ink, Py_ssize_t x, Py_ssize_t seen)
    ctypedef struct Gradient:
        const real* delta
        const bits* at
        Py_ssize_t n
        Py_ssize_t step
        Py_ssize_t example
        const real* a
        Py_ssize_t a_row
        Py_ssize_t a_example
        Py_ssize_t m
    void sum_patches(Py_ssize_t filters, Py_ssize_t rows, Py_ssize_t parts, const Gradient* g, real* sum, Py_ssize_t sum_filter)
    void send_patches(Py_ssize_t parts, const real* delta, const bits* chosen, Py_ssize_t n, const real* w, Py_ssize_t w_row,
                      real* a)

cdef enum:
    CACHE = 40960                   # bytes of examples that BP4 goes through together

cdef inline void filter_row(int cols, const Layer* layer, const real* a, const Py_ssize_t* ink, const real* w,
                            real* z) noexcept nogil:
    """A row of the maps for cols parts of filters: a_prev and its ink from that row on -> z (width, w_stride).

    The last pixels are done together with some before them, which are done twice: less work than one by one.
    """
    cdef Py_ssize_t width = layer.maps.width * layer.pool_width, pixel = layer.maps_prev.by_column, step = layer.w_stride
    cdef Py_ssize_t seen = layer.kernel_width - 1, x = 0
    cdef Correlation c = Correlation(pixel, layer.maps_prev.by_row, step, step,
                                     layer.kernel_height, layer.kernel_width, layer.maps_prev.channels)
    if pixel == c.channels:                                 # a kernel row is contiguous
        c.channels, c.columns = c.channels * c.columns, 1
    while x < width:
        if x + PIXELS > width >= PIXELS:
            x = width - PIXELS
        if x + PIXELS <= width:
            if cols == 3:
                correlate(PIXELS, 3, &c, a + x * pixel, w, z + x * step, ink, x, seen)
            elif cols == 2:
                correlate(PIXELS, 2, &c, a + x * pixel, w, z + x * step, ink, x, seen)
            else:
                correlate(PIXELS, 1, &c, a + x * pixel, w, z + x * step, ink, x, seen)
            x += PIXELS
        else:
            if cols == 3:
                correlate(1, 3, &c, a + x * pixel, w, z + x * step, ink, x, seen)
            elif cols == 2:
                correlate(1, 2, &c, a + x * pixel, w, z + x * step, ink, x, seen)
            else:
                correlate(1, 1, &c, a + x * pixel, w, z + x * step, ink, x, seen)
            x += 1

cdef inline void find_ink(const Layer* layer, const real* image, Py_ssize_t* ink) noexcept nogil:
    """Of each row of maps the first and the last column where not all are 0; (width, -1) where all are. ink (height, 2)."""
    cdef Py_ssize_t y, first, last, pixel = layer.maps_prev.by_column
    for y in range(layer.maps_prev.height):
        first, last = 0, layer.maps_prev.width * pixel - 1
        while last >= 0 and image[last] == 0:
            last -= 1
        while first < last and image[first] == 0:
            first += 1
        ink[2 * y] = first // pixel if last >= 0 else layer.maps_prev.width
        ink[2 * y + 1] = last // pixel if last >= 0 else -1
        image += layer.maps_prev.by_row

cdef inline void pool_row(Py_ssize_t pool_height, Py_ssize_t pool_width, const Layer* layer, const real* z, const real* b,
                          Py_ssize_t y, real* a, bits* argmax) noexcept nogil:
    """Rows of z, from row y of the convolution -> a row of pooled maps plus b, and the place of each maximum.

    pool_height and pool_width are the layer's: where they are constants of the caller, the window stays in registers.
    """
    cdef Py_ssize_t pixel = layer.w_stride, z_row = layer.maps.width * pool_width * pixel, _, f, t, c
    cdef Py_ssize_t row = layer.maps_prev.by_row, column = layer.maps_prev.by_column, corner = y * row
    cdef hvec largest
    cdef hivec at
    for _ in range(layer.maps.width):
        f = 0
        while f < pixel:
            largest = hload(z + f)
            at = hisplat(<bits>corner)
            for t in range(pool_height):
                for c in range(pool_width):
                    if t or c:
                        keep_larger(hload(z + t * z_row + c * pixel + f),
                                    hisplat(<bits>(corner + t * row + c * column)), &largest, &at)
            hstore(a + f, largest + hload(b + f))
            histore(argmax + f, at)
            f += HWIDTH
        z += pool_width * pixel
        a += pixel
        argmax += pixel
        corner += pool_width * column

cdef inline void convolve(const Layer* layer, const real* a_prev, const real* w, const real* b, real* a, bits* argmax,
                          bint inputs, real* scratch, Py_ssize_t m) noexcept nogil:
    """a_prev (m, stride_prev), w, b -> a = sigma(z) (m, stride) and argmax (m, stride). scratch holds the rows of one window.

    Where a_prev are the network's inputs, kernel rows that see nothing but 0 are left out: it adds nothing, to the bit.
    """
    cdef Py_ssize_t i, y, t, f, cols, pooled, width = layer.maps.width * layer.pool_width
    cdef Py_ssize_t* ink = <Py_ssize_t*>(scratch + layer.pool_height * width * layer.w_stride) if inputs else NULL
    cdef const real* image
    for i in range(m):
        image = a_prev + i * layer.stride_prev
        if inputs:
            find_ink(layer, image, ink)
        for y in range(layer.maps.height):
            f = 0
            while f < layer.w_stride:
                cols = min(<Py_ssize_t>HVEC_COLS, (layer.w_stride - f) // HWIDTH)
                for t in range(y * layer.pool_height, (y + 1) * layer.pool_height):
                    filter_row(<int>cols, layer, image + t * layer.maps_prev.by_row, ink + 2 * t if inputs else NULL, w + f,
                               scratch + (t - y * layer.pool_height) * width * layer.w_stride + f)
                f += cols * HWIDTH
            pooled = i * layer.stride + y * layer.maps.by_row
            if layer.pool_height == 2 and layer.pool_width == 2:
                pool_row(2, 2, layer, scratch, b, 2 * y, a + pooled, argmax + pooled)
            else:
                pool_row(layer.pool_height, layer.pool_width, layer, scratch, b, layer.pool_height * y, a + pooled, argmax + pooled)
        for f in range(layer.n, layer.stride):
            a[i * layer.stride + f] = 0
        activate(layer.activation, a + i * layer.stride, 1, layer.n, layer.stride)

cdef inline void turn_filters(const Layer* layer, const real* w, real* patches) noexcept nogil:
    """w (rows, columns, channels, w_stride) -> patches (filters, patch_size), with 0 where a patch has padding."""
    cdef Py_ssize_t t, c, channels = layer.maps_prev.channels, size = patch_size(layer), row = patch_parts(layer) * HWIDTH
    memset(patches, 0, layer.maps.channels * size * sizeof(real))
    for t in range(layer.kernel_height):
        for c in range(layer.kernel_width):
            transpose(w, layer.w_stride, patches + t * row + c * layer.maps_prev.by_column, size, channels, layer.maps.channels)
            w += channels * layer.w_stride

cdef inline void add_turned(const Layer* layer, const real* patches, real* w, real keep, real* turned, Py_ssize_t first,
                            Py_ssize_t end) noexcept nogil:
    """Of filters first .. end: w = keep * w + patches (end - first, patch_size), turned back. turned (channels, end - first) is
    scratch."""
    cdef Py_ssize_t t, c, k, f, channels = layer.maps_prev.channels, size = patch_size(layer), row = patch_parts(layer) * HWIDTH
    cdef Py_ssize_t filters = end - first
    w += first
    for t in range(layer.kernel_height):
        for c in range(layer.kernel_width):
            transpose(patches + t * row + c * layer.maps_prev.by_column, size, turned, filters, filters, channels)
            for k in range(channels):
                for f in range(filters):
                    w[k * layer.w_stride + f] = keep * w[k * layer.w_stride + f] + turned[k * filters + f]
            w += channels * layer.w_stride

cdef inline void choose(const Layer* layer, const real* delta, const bits* argmax, bits* chosen) noexcept nogil:
    """For each pooled pixel: the filters whose maximum is at the first place of its window, at the second, and so on, without
    those whose delta is 0 (behind a ReLU most are): they send nothing.

    argmax (pixels, w_stride) -> chosen (pixels, places + filters): how many each place has, then the filters, place by place.
    """
    cdef Py_ssize_t y, x, t, c, f, n, before, place, area = layer.pool_height * layer.pool_width, filters = layer.maps.channels
    cdef bits here
    for y in range(layer.maps.height):
        for x in range(layer.maps.width):
            n = place = 0
            for t in range(layer.pool_height):
                for c in range(layer.pool_width):
                    here = <bits>((y * layer.pool_height + t) * layer.maps_prev.by_row
                                  + (x * layer.pool_width + c) * layer.maps_prev.by_column)
                    before = n
                    for f in range(filters):
                        chosen[area + n] = <bits>f          # stays only if f is counted, else the next one overwrites it
                        n += (argmax[f] == here) & (delta[f] != 0)
                    chosen[place] = <bits>(n - before)
                    place += 1
            delta += layer.w_stride
            argmax += layer.w_stride
            chosen += area + filters

cdef inline void convolution_delta(const Layer* layer, const real* delta, const bits* argmax, const real* w, real* delta_prev,
                                   real* scratch, Py_ssize_t m) noexcept nogil:
    """BP2, without sigma'(z_prev). delta (m, stride), argmax (m, stride), w -> delta_prev (m, stride_prev).

    The filters are the inner sum, for all that chose one place, while part of a patch row stays in registers.
    """
    cdef Py_ssize_t i, t, y, x, place, parts = patch_parts(layer), size = patch_size(layer)
    cdef Py_ssize_t pixels = layer.maps.height * layer.maps.width, area = layer.pool_height * layer.pool_width
    cdef real* patches = scratch
    cdef bits* chosen = <bits*>(scratch + layer.maps.channels * size)
    cdef const bits* count
    cdef const bits* filters
    cdef const real* delta_p
    cdef real* place_prev
    turn_filters(layer, w, patches)
    for i in range(m):
        choose(layer, delta + i * layer.stride, argmax + i * layer.stride, chosen + i * pixels * (area + layer.maps.channels))
    memset(delta_prev, 0, m * layer.stride_prev * sizeof(real))
    for t in range(layer.kernel_height):
        count = chosen
        for i in range(m):
            delta_p = delta + i * layer.stride
            for y in range(layer.maps.height):
                for x in range(layer.maps.width):
                    filters = count + area
                    for place in range(area):
                        if count[place]:
                            place_prev = (delta_prev + i * layer.stride_prev
                                          + (y * layer.pool_height + place // layer.pool_width + t) * layer.maps_prev.by_row
                                          + (x * layer.pool_width + place % layer.pool_width) * layer.maps_prev.by_column)
                            send_patches(parts, delta_p, filters, count[place], patches + t * parts * HWIDTH, size, place_prev)
                            filters += count[place]
                    delta_p += layer.w_stride
                    count += area + layer.maps.channels

cdef inline void convolution_bias_gradient(const Layer* layer, const real* delta, real* nabla_b, real keep, Py_ssize_t m,
                                           Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    """BP3. delta (m, stride) -> filters first .. end, whole parts, of nabla_b (w_stride,) = keep * nabla_b + delta summed over
    examples and pixels."""
    cdef Py_ssize_t i, p, f = first
    cdef hvec total
    while f < end:
        total = hsplat(keep) * hload(nabla_b + f)
        for i in range(m):
            for p in range(layer.maps.height * layer.maps.width):
                total = total + hload(delta + i * layer.stride + p * layer.w_stride + f)
        hstore(nabla_b + f, total)
        f += HWIDTH

cdef inline void convolution_weight_gradient(const Layer* layer, const real* a_prev, const real* delta, const bits* argmax,
                                             real* nabla_w, real keep, real* scratch, Py_ssize_t m,
                                             Py_ssize_t first, Py_ssize_t end) noexcept nogil:
    """BP4. a_prev (m, stride_prev), delta (m, stride), argmax (m, stride) -> of filters first .. end nabla_w = keep * nabla_w +
    gradient."""
    cdef Py_ssize_t i = 0, f, size = patch_size(layer), filters = end - first
    cdef Py_ssize_t most = 2 if patch_parts(layer) > 2 else 1       # thirds that are not 0, up to which they are listed
    cdef Py_ssize_t together = max(1, CACHE // <Py_ssize_t>sizeof(real) // (layer.stride_prev + 2 * layer.stride))
    cdef real* turned = scratch + filters * size
    cdef real* listed = turned + layer.maps_prev.channels * layer.w_stride
    cdef Gradient g, g_f
    if not filters:
        return
    memset(scratch, 0, filters * size * sizeof(real))
    g.n, g.step, g.example = layer.maps.height * layer.maps.width, layer.w_stride, layer.stride
    g.a_row, g.a_example = layer.maps_prev.by_row, layer.stride_prev
    while i < m:
        g.delta, g.at, g.a = delta + i * layer.stride + first, argmax + i * layer.stride + first, a_prev + i * layer.stride_prev
        g.m = min(together, m - i)
        if 3 * count_active(delta + i * layer.stride, g.m * layer.stride) <= most * g.m * layer.n:
            for f in range(filters):
                g_f = without_zeros(&g, f, listed)
                sum_patches(1, layer.kernel_height, patch_parts(layer), &g_f, scratch + f * size, size)
        else:
            sum_patches(filters, layer.kernel_height, patch_parts(layer), &g, scratch, size)
        i += together
    add_turned(layer, scratch, nabla_w, keep, turned, first, end)

cdef inline Gradient without_zeros(const Gradient* g, Py_ssize_t f, real* listed) noexcept nogil:
    """The deltas of filter f that are not 0, and where they go, of all examples in one list. listed: room for twice g.m * g.n."""
    cdef bits* at = <bits*>(listed + g.m * g.n)
    cdef Py_ssize_t i, _, here, count = 0
    cdef Gradient g_f = g[0]
    for i in range(g.m):
        here = i * g.example + f
        for _ in range(g.n):
            listed[count] = g.delta[here]                           # stays only if it is counted
            at[count] = g.at[here] + <bits>(i * g.a_example)
            count += g.delta[here] != 0
            here += g.step
    g_f.delta, g_f.at, g_f.n, g_f.step, g_f.m = listed, at, count, 1, 1
    return g_f

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
    cdef Py_ssize_t i, y, x, k, _, out, place, best
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
                    for _ in range(layer.pool_height):
                        for _ in range(layer.pool_width):
                            if image[place] > image[best] or image[place] != image[place]:
                                best = place
                            place += layer.maps_prev.by_column
                        place += layer.maps_prev.by_row - layer.pool_width * layer.maps_prev.by_column
                    a[out] = image[best]
                    argmax[out] = <bits>best

cdef inline void pool_delta(const Layer* layer, const real* delta, const bits* argmax, real* delta_prev,
                            Py_ssize_t m) noexcept nogil:
    """BP2 of pooling, without sigma'(z_prev). delta (m, stride) goes to where the maxima were -> delta_prev (m, stride_prev)."""
    cdef Py_ssize_t i, y, x, k, out
    memset(delta_prev, 0, m * layer.stride_prev * sizeof(real))
    for i in range(m):
        for y in range(layer.maps.height):
            for x in range(layer.maps.width):
                for k in range(layer.maps.channels):
                    out = i * layer.stride + y * layer.maps.by_row + x * layer.maps.by_column + k * layer.maps.by_channel
                    delta_prev[i * layer.stride_prev + argmax[out]] += delta[out]

cdef inline void copy_maps(const real* source, const Maps* here, real* target, const Maps* there, Py_ssize_t channels,
                           Py_ssize_t height, Py_ssize_t width) noexcept nogil:
    """Maps of this shape from one order into the other, row by row; without borders all rows are one."""
    cdef Py_ssize_t _, x
    if (here.by_row == here.width * here.by_column and there.by_row == there.width * there.by_column
            and here.width == there.width):
        width, height = height * width, 1
    for _ in range(height):
        if here.by_column == 1 and there.by_channel == 1:
            transpose(source, here.by_channel, target, there.by_column, channels, width)
        elif here.by_channel == 1 and there.by_column == 1:
            transpose(source, here.by_column, target, there.by_channel, width, channels)
        else:                                                                           # both channels last
            for x in range(width):
                memcpy(target + x * there.by_column, source + x * here.by_column, channels * sizeof(real))
        source += here.by_row
        target += there.by_row

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
