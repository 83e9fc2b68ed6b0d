"""Distorted images: what `augment=` makes of a mini-batch while it is gathered (chapter 6, "expanding the training data").

An output pixel at column c, row r takes the value of its image at

  (x, y) = A (c, r) + (d_x, d_y)(c, r)          bilinearly between the four pixels around it; all is 0 beyond the border

A is the inverse of all shifts, rotations, scalings and skews together, about the image's centre; d is the elastic field:

  d = alpha * G n        n uniform in [-1, 1) at each pixel (0 beyond the border), G a Gaussian of standard deviation sigma
                         (Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual
                         document analysis", 2003). G is separable, so G n is two products: down @ n @ across.

The amounts are a function of (key, position of the example in the epoch), key of (seed, epoch): any mini-batch, slice or thread
draws the same. Shifts alone move whole pixels: those are copied. No coordinate and no pixel is a sum whose order could differ.
"""
from libc.math cimport cos, exp, sin, tan
from libc.string cimport memcpy, memset

from nncore.equations.activations cimport ROUND_TO_INTEGER
from nncore.equations.product cimport Matrix, product, rows_of
from nncore.examples.batch cimport Examples, Inputs, example_at, inputs_of, read_inputs
from nncore.machine.memory cimport aligned, padded
from nncore.machine.random cimport random_below, random_bits, random_sign, word
from nncore.machine.simd cimport LANES, WIDTH, load, muladd, real, splat, store, vec, where_less

cdef enum Distorting:
    SHIFT                           # by up to `amount` whole pixels in x and in y
    STRAIGHT_SHIFT                  # in one of the two, or none
    ROTATE                          # by up to `amount` radians
    SCALE                           # width and height by 1 - amount to 1 + amount
    SKEW                            # columns slant by up to `amount` radians

cdef struct Distortion:
    Distorting kind
    double amount

cdef struct Distortions:
    Py_ssize_t channels             # of an image; all of them are distorted alike
    Py_ssize_t height
    Py_ssize_t width
    Py_ssize_t stride               # the width in whole registers
    const Distortion* affine        # (count,), in the order in which they are applied
    Py_ssize_t count
    bint elastic
    const real* columns             # (stride,) 0, 1, 2 ...
    const real* across              # (width, stride) G along x
    const real* down                # (height, height) alpha G along y

cdef struct Affine:                 # (x, y) = (xx c + xy r + x, yx c + yy r + y), c and r counted from the centre
    double xx
    double xy
    double yx
    double yy
    double x
    double y

cdef struct DistortionScratch:      # for one image
    real* canvas                    # (height + 3, width + 3): the image, in a border of zeros: one before, two behind
    real* source                    # (height, stride): where in the canvas the four neighbours of a pixel's source start
    real* right                     # how far the source lies from the left two towards the right two
    real* below                     # how far it lies from the upper two towards the lower two
    real* upper                     # (height, stride, 2): the upper two of these neighbours
    real* lower                     # the lower two
    real* noise                     # (2, height, width): of d_x, d_y
    real* smooth                    # (height, 2, stride): noise @ across
    real* field                     # (height, 2, stride): d_x, d_y

cdef inline Py_ssize_t distortion_scratch_size(const Distortions* d) noexcept nogil:
    """How many reals divide_distortion_scratch needs."""
    return (LANES + padded((d.height + 3) * (d.width + 3)) + 7 * d.height * d.stride
            + (padded(2 * d.height * d.width) + 4 * d.height * d.stride if d.elastic else 0))

cdef inline DistortionScratch divide_distortion_scratch(const Distortions* d, void* memory) noexcept nogil:
    """Divide memory into the parts; it must be zeros before the first image."""
    cdef DistortionScratch scratch
    cdef Py_ssize_t rows = d.height * d.stride
    scratch.canvas = aligned(memory)
    scratch.source = scratch.canvas + padded((d.height + 3) * (d.width + 3))
    scratch.right = scratch.source + rows
    scratch.below = scratch.right + rows
    scratch.upper = scratch.below + rows
    scratch.lower = scratch.upper + 2 * rows
    scratch.smooth = scratch.lower + 2 * rows
    scratch.field = scratch.smooth + 2 * rows
    scratch.noise = scratch.field + 2 * rows
    return scratch

cdef inline void undo(Affine* map, Affine inverse) noexcept nogil:
    """map <- map o inverse, the inverse of one more distortion: the last distortion is undone first."""
    cdef Affine m = map[0]
    cdef Affine u = inverse
    map.xx, map.xy = m.xx * u.xx + m.xy * u.yx, m.xx * u.xy + m.xy * u.yy
    map.yx, map.yy = m.yx * u.xx + m.yy * u.yx, m.yx * u.xy + m.yy * u.yy
    map.x, map.y = m.xx * u.x + m.xy * u.y + m.x, m.yx * u.x + m.yy * u.y + m.y

cdef inline Affine draw_affine(const Distortions* d, word key) noexcept nogil:
    """A: numbers 2k and 2k + 1 of the example's own stream decide distortion k."""
    cdef Affine map = Affine(1, 0, 0, 1, 0, 0)
    cdef const Distortion* distortion
    cdef Py_ssize_t k, n, drawn
    cdef double u, v
    for k in range(d.count):
        distortion = &d.affine[k]
        u = distortion.amount * random_sign(key, 2 * k)
        v = distortion.amount * random_sign(key, 2 * k + 1)
        if distortion.kind == SHIFT:
            n = <Py_ssize_t>distortion.amount
            undo(&map, Affine(1, 0, 0, 1, n - <Py_ssize_t>random_below(key, 2 * k, 2 * n + 1),
                              n - <Py_ssize_t>random_below(key, 2 * k + 1, 2 * n + 1)))
        elif distortion.kind == STRAIGHT_SHIFT:
            n = <Py_ssize_t>distortion.amount
            drawn = random_below(key, 2 * k, 4 * n + 1)         # 0 .. n in x, n+1 .. 2n against it, then so in y
            n = drawn if drawn <= n else n - drawn if drawn <= 2 * n else drawn - 2 * n if drawn <= 3 * n else 3 * n - drawn
            if drawn <= 2 * <Py_ssize_t>distortion.amount:
                undo(&map, Affine(1, 0, 0, 1, -n, 0))
            else:
                undo(&map, Affine(1, 0, 0, 1, 0, -n))
        elif distortion.kind == ROTATE:
            undo(&map, Affine(cos(u), -sin(u), sin(u), cos(u), 0, 0))
        elif distortion.kind == SCALE:
            undo(&map, Affine(1 / (1 + u), 0, 0, 1 / (1 + v), 0, 0))
        else:
            undo(&map, Affine(1, tan(u), 0, 1, 0, 0))
    return map

cdef inline void draw_field(const Distortions* d, word key, DistortionScratch* scratch) noexcept nogil:
    """d_x and d_y: 16 bits of the example's stream for each number of the noise, then G along x, then along y."""
    cdef Py_ssize_t h = d.height, w = d.width, stride = d.stride, j
    cdef Py_ssize_t count = 2 * h * w
    cdef word bits
    cdef Matrix across, down
    cdef real* noise = scratch.noise
    for j in range((count + 3) // 4):                           # the last word may fill what is over in the last line
        bits = random_bits(key, 2 * d.count + j)
        noise[4 * j] = (<real>(<int>(bits & 0xFFFF)) - <real>32767.5) * <real>(1 / 32768.0)
        noise[4 * j + 1] = (<real>(<int>(bits >> 16 & 0xFFFF)) - <real>32767.5) * <real>(1 / 32768.0)
        noise[4 * j + 2] = (<real>(<int>(bits >> 32 & 0xFFFF)) - <real>32767.5) * <real>(1 / 32768.0)
        noise[4 * j + 3] = (<real>(<int>(bits >> 48)) - <real>32767.5) * <real>(1 / 32768.0)
    across, down = rows_of(d.across, w, stride, stride), rows_of(d.down, h, h, h)
    product(rows_of(noise, h, w, w), across, rows_of(scratch.smooth, h, stride, 2 * stride), 0)                 # of d_x,
    product(rows_of(noise + h * w, h, w, w), across, rows_of(scratch.smooth + stride, h, stride, 2 * stride), 0)    # of d_y
    product(down, rows_of(scratch.smooth, h, 2 * stride, 2 * stride), rows_of(scratch.field, h, 2 * stride, 2 * stride), 0)

cdef inline vec floor_of(vec x) noexcept nogil:
    cdef vec nearest = (x + splat(ROUND_TO_INTEGER)) - splat(ROUND_TO_INTEGER)
    return where_less(x, nearest, nearest - splat(1), nearest)

cdef inline vec clamp(vec x, real most) noexcept nogil:
    """x, at least -1 and at most `most`: beyond, all is 0. Whatever x is, even a NaN, the result lies on the canvas."""
    x = where_less(splat(-1), x, x, splat(-1))
    return where_less(x, splat(most), x, splat(most))

cdef inline void locate(const Distortions* d, const Affine* map, DistortionScratch* scratch) noexcept nogil:
    """Where each pixel's value comes from -> scratch.source, right and below."""
    cdef Py_ssize_t r, c, h = d.height, w = d.width, stride = d.stride
    cdef double centre_c = (w - 1) / 2.0, centre_r = (h - 1) / 2.0
    cdef real x_row, y_row
    cdef vec x, y, column, x_floor, y_floor
    for r in range(h):
        x_row = <real>(map.xy * (r - centre_r) - map.xx * centre_c + map.x + centre_c)
        y_row = <real>(map.yy * (r - centre_r) - map.yx * centre_c + map.y + centre_r)
        c = 0
        while c < stride:
            column = load(d.columns + c)
            x = muladd(splat(<real>map.xx), column, splat(x_row))
            y = muladd(splat(<real>map.yx), column, splat(y_row))
            if d.elastic:
                x = x + load(scratch.field + 2 * r * stride + c)
                y = y + load(scratch.field + (2 * r + 1) * stride + c)
            x = clamp(x, <real>w)
            y = clamp(y, <real>h)
            x_floor = floor_of(x)
            y_floor = floor_of(y)
            store(scratch.right + r * stride + c, x - x_floor)
            store(scratch.below + r * stride + c, y - y_floor)
            store(scratch.source + r * stride + c, muladd(y_floor, splat(<real>(w + 3)), x_floor + splat(<real>(w + 4))))
            c += WIDTH

cdef inline void interpolate(const Distortions* d, const DistortionScratch* scratch, real* out) noexcept nogil:
    """The values of the canvas at the sources -> out (height, width).

    First the neighbours are fetched, two at a time, from all over the canvas; then they are mixed, in whole registers.
    """
    cdef Py_ssize_t c, corner, _, w = d.width, stride = d.stride
    cdef const real* canvas = scratch.canvas
    cdef const real* under = canvas + w + 3
    cdef const real* source = scratch.source
    cdef const real* right = scratch.right
    cdef const real* below = scratch.below
    cdef real* upper = scratch.upper
    cdef real* lower = scratch.lower
    cdef real top, bottom
    for c in range(d.height * stride):
        corner = <int>source[c]
        memcpy(upper + 2 * c, canvas + corner, 2 * sizeof(real))
        memcpy(lower + 2 * c, under + corner, 2 * sizeof(real))
    for _ in range(d.height):
        for c in range(w):
            top = upper[2 * c] + right[c] * (upper[2 * c + 1] - upper[2 * c])
            bottom = lower[2 * c] + right[c] * (lower[2 * c + 1] - lower[2 * c])
            out[c] = top + below[c] * (bottom - top)
        out += w
        upper += 2 * stride
        lower += 2 * stride
        right += stride
        below += stride

cdef inline void paint(const Distortions* d, const real* image, real* canvas) noexcept nogil:
    """Copy one channel of an image, (height, width), onto the canvas."""
    cdef Py_ssize_t r, w = d.width
    for r in range(d.height):
        memcpy(canvas + (r + 1) * (w + 3) + 1, image + r * w, w * sizeof(real))

cdef inline void shift(const Distortions* d, Py_ssize_t x, Py_ssize_t y, Inputs image, Py_ssize_t start,
                       real* out) noexcept nogil:
    """One channel of the image, from input number `start` on, each pixel from x columns and y rows further on -> out (height,
    width). The channel is copied as one piece; what came from another row is then set to 0."""
    cdef Py_ssize_t h = d.height, w = d.width, k, r, n = h * w
    cdef Py_ssize_t distance = y * w + x, first, end
    if x <= -w or x >= w or y <= -h or y >= h:
        memset(out, 0, n * sizeof(real))
        return
    first, end = max(<Py_ssize_t>0, -distance), min(n, n - distance)
    memset(out, 0, first * sizeof(real))
    read_inputs(image, start + first + distance, end - first, out + first)
    memset(out + end, 0, (n - end) * sizeof(real))
    for r in range(h):
        for k in range(w - x, w):
            out[r * w + k] = 0
        for k in range(-x):
            out[r * w + k] = 0

cdef inline bint moves_whole_pixels(const Distortions* d) noexcept nogil:
    """Whether all distortions are shifts."""
    cdef Py_ssize_t k
    for k in range(d.count):
        if d.affine[k].kind != SHIFT and d.affine[k].kind != STRAIGHT_SHIFT:
            return False
    return not d.elastic

cdef inline void distort(const Distortions* d, word key, Inputs image, real* out, DistortionScratch* scratch) noexcept nogil:
    """One image -> out (channels, height, width)."""
    cdef Affine map = draw_affine(d, key)
    cdef Py_ssize_t channel, size = d.height * d.width
    cdef bint whole = moves_whole_pixels(d)
    if d.elastic:
        draw_field(d, key, scratch)
    if not whole:
        locate(d, &map, scratch)
    for channel in range(d.channels):
        if whole:
            shift(d, <Py_ssize_t>map.x, <Py_ssize_t>map.y, image, channel * size, out)
        else:
            read_inputs(image, channel * size, size, out)
            paint(d, out, scratch.canvas)
            interpolate(d, scratch, out)
        out += size

cdef inline void distort_inputs(const Distortions* d, word key, word position, const Examples* examples,
                                const Py_ssize_t* order, Py_ssize_t first, Matrix x, void* memory) noexcept nogil:
    """The inputs of the mini-batch, distorted -> x (m, n_in). Its first example is at `position` of the epoch."""
    cdef DistortionScratch scratch = divide_distortion_scratch(d, memory)
    cdef Py_ssize_t i, k
    for i in range(x.rows):
        distort(d, random_bits(key, position + i), inputs_of(examples, example_at(order, first + i)), x.x + i * x.row, &scratch)
        for k in range(x.columns, x.row):
            x.x[i * x.row + k] = 0

cdef inline double gaussian(double x, double sigma) noexcept nogil:
    """e^(-x^2 / (2 sigma^2)): the shape of G."""
    return exp(-0.5 * (x / sigma) * (x / sigma))

cdef inline void fill_gaussian(real* matrix, Py_ssize_t n, Py_ssize_t stride, double sigma, double factor) noexcept nogil:
    """G along one axis -> matrix (n, n), rows `stride` apart: factor times the Gaussian, whose sum over all integers is 1."""
    cdef double total = 1
    cdef Py_ssize_t j = 1, k
    while gaussian(j, sigma) > 1e-20:
        total += 2 * gaussian(j, sigma)
        j += 1
    for j in range(n):
        for k in range(n):
            matrix[j * stride + k] = <real>(factor * gaussian(j - k, sigma) / total)
