"""Max-pooling (chapter 6), and the change of order of feature maps that goes with it.

  forward  a(p) = max over the cells of window p of a_prev;  argmax: which cell, the first of equals
  BP2      delta_prev at that cell += delta(p): through the maximum alone, which is exact

A layer of kind POOL pools alone; behind a convolution pooling is part of it (conv.pxd), and pool_row is its inner loop.
argmax is kept as where in the layer before the cell lies; after a convolution, where the filter's patch starts.
"""
from libc.string cimport memcpy, memset

from nncore.equations.layer cimport Layer, Maps
from nncore.equations.product cimport Matrix, transpose
from nncore.machine.simd cimport HWIDTH, bits, hisplat, histore, hivec, hload, hstore, hvec, real

cdef extern from "nncore/equations/pooling.h" nogil:
    void keep_larger(hvec z, hivec cell, hvec* largest, hivec* argmax)     # where z > largest: largest = z, argmax = cell

cdef inline void pool_row(Py_ssize_t pool_height, Py_ssize_t pool_width, const Layer* layer, const real* z, const real* b,
                          Py_ssize_t y, real* a, bits* argmax) noexcept nogil:
    """Compute a row of pooled maps plus b, and the argmax of each, from the rows of z of the convolution from row y on.

    pool_height and pool_width are the layer's: where they are literals of the caller, the window stays in registers.
    """
    cdef Py_ssize_t pixel = layer.w_stride, z_row = layer.maps.width * pool_width * pixel, _, f, t, c
    cdef Py_ssize_t row = layer.maps_prev.by_row, column = layer.maps_prev.by_column, corner = y * row
    cdef hvec largest
    cdef hivec cell
    for _ in range(layer.maps.width):
        f = 0
        while f < pixel:
            largest = hload(z + f)
            cell = hisplat(<bits>corner)
            for t in range(pool_height):
                for c in range(pool_width):
                    if t or c:
                        keep_larger(hload(z + t * z_row + c * pixel + f),
                                    hisplat(<bits>(corner + t * row + c * column)), &largest, &cell)
            hstore(a + f, largest + hload(b + f))
            histore(argmax + f, cell)
            f += HWIDTH
        z += pool_width * pixel
        a += pixel
        argmax += pixel
        corner += pool_width * column

cdef inline void pool(const Layer* layer, Matrix a_prev, Matrix a, bits* argmax) noexcept nogil:
    """Compute a (m, n) and argmax (m, stride) of max-pooling alone from a_prev (m, n_prev)."""
    cdef Py_ssize_t i, y, x, k, _, out, cell, best
    cdef const real* image
    for i in range(a.rows):
        image = a_prev.x + i * a_prev.row
        memset(a.x + i * a.row, 0, a.row * sizeof(real))
        for y in range(layer.maps.height):
            for x in range(layer.maps.width):
                for k in range(layer.maps.channels):
                    best = (y * layer.pool_height * layer.maps_prev.by_row + x * layer.pool_width * layer.maps_prev.by_column
                            + k * layer.maps_prev.by_channel)
                    out = i * a.row + y * layer.maps.by_row + x * layer.maps.by_column + k * layer.maps.by_channel
                    cell = best
                    for _ in range(layer.pool_height):
                        for _ in range(layer.pool_width):
                            if image[cell] > image[best] or image[cell] != image[cell]:
                                best = cell
                            cell += layer.maps_prev.by_column
                        cell += layer.maps_prev.by_row - layer.pool_width * layer.maps_prev.by_column
                    a.x[out] = image[best]
                    argmax[out] = <bits>best

cdef inline void pool_delta(const Layer* layer, Matrix delta, const bits* argmax, Matrix delta_prev) noexcept nogil:
    """BP2 of pooling: add delta (m, n) to delta_prev (m, n_prev), without sigma'(z_prev), where the maxima were."""
    cdef Py_ssize_t i, y, x, k, out
    memset(delta_prev.x, 0, delta_prev.rows * delta_prev.row * sizeof(real))
    for i in range(delta.rows):
        for y in range(layer.maps.height):
            for x in range(layer.maps.width):
                for k in range(layer.maps.channels):
                    out = i * delta.row + y * layer.maps.by_row + x * layer.maps.by_column + k * layer.maps.by_channel
                    delta_prev.x[i * delta_prev.row + argmax[out]] += delta.x[out]

cdef inline void copy_maps(const real* source, const Maps* maps, real* target, const Maps* target_maps,
                           const Maps* shape) noexcept nogil:
    """Copy maps of a shape from one order into another, row by row; without borders all rows are one."""
    cdef Py_ssize_t channels = shape.channels, height = shape.height, width = shape.width, _, x
    if (maps.by_row == maps.width * maps.by_column and target_maps.by_row == target_maps.width * target_maps.by_column
            and maps.width == target_maps.width):
        width, height = height * width, 1
    for _ in range(height):
        if maps.by_column == 1 and target_maps.by_channel == 1:
            transpose(source, maps.by_channel, target, target_maps.by_column, channels, width)
        elif maps.by_channel == 1 and target_maps.by_column == 1:
            transpose(source, maps.by_column, target, target_maps.by_channel, width, channels)
        else:                                                                           # both channels last
            for x in range(width):
                memcpy(target + x * target_maps.by_column, source + x * maps.by_column, channels * sizeof(real))
        source += maps.by_row
        target += target_maps.by_row

cdef inline void relayout(const Layer* layer, Matrix a_prev, Matrix a) noexcept nogil:
    """Copy the maps of a_prev (m, n_prev) into the order and the border that a (m, n) has."""
    cdef Py_ssize_t i, corner = layer.top * layer.maps.by_row + layer.left * layer.maps.by_column
    memset(a.x, 0, a.rows * a.row * sizeof(real))
    for i in range(a.rows):
        copy_maps(a_prev.x + i * a_prev.row, &layer.maps_prev, a.x + i * a.row + corner, &layer.maps, &layer.maps_prev)

cdef inline void relayout_delta(const Layer* layer, Matrix delta, Matrix delta_prev) noexcept nogil:
    """Copy delta (m, n) back into the order of delta_prev (m, n_prev), without the border."""
    cdef Py_ssize_t i, corner = layer.top * layer.maps.by_row + layer.left * layer.maps.by_column
    memset(delta_prev.x, 0, delta_prev.rows * delta_prev.row * sizeof(real))
    for i in range(delta.rows):
        copy_maps(delta.x + i * delta.row + corner, &layer.maps, delta_prev.x + i * delta_prev.row, &layer.maps_prev,
                  &layer.maps_prev)
