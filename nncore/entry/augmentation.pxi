"""Augmentation: how images are distorted."""
from libc.stdlib cimport calloc, free

from nncore.equations.product cimport rows_of
from nncore.examples.augment cimport Distortion, Distortions, distort_inputs, distortion_scratch_size, fill_gaussian
from nncore.machine.memory cimport aligned, padded
from nncore.machine.random cimport AUGMENT, stream_key, word

cdef Py_ssize_t MOST_PIXELS = 1 << 24   # of an image with its border


cdef class Augmentation:
    """How images are distorted; see examples/augment.pxd.

    shape : (channels, height, width)
    affine : sequence of (kind, amount): ("shift", pixels), ("straight shift", pixels), ("rotate", radians),
        ("scale", share), ("skew", radians)
    elastic : (alpha, sigma), or None
    """
    cdef Distortions distortions
    cdef void* memory

    def __cinit__(self, shape, affine=(), elastic=None):
        cdef Py_ssize_t channels, height, width, stride, size, j
        cdef double alpha, sigma
        cdef Distortion* distortion
        cdef real* reals
        channels, height, width = shape
        # Each side is bounded by itself first: a product of unbounded ones could overflow.
        if not (0 < channels <= MOST_PIXELS and 0 < height <= MOST_PIXELS and 0 < width <= MOST_PIXELS
                and (height + 3) * (width + 3) <= MOST_PIXELS):
            raise ValueError(f"shape: images of {channels} x {height} x {width} are not distorted")
        affine = tuple(affine)
        stride = padded(width)
        if elastic is not None and width * stride + height * height > MOST_PIXELS:
            raise ValueError(f"shape: images of {height} x {width} are too large for elastic distortions")
        if len(affine) > MOST_PIXELS:
            raise ValueError(f"affine: at most {MOST_PIXELS} distortions needed, got {len(affine)}")
        size = LANES + stride + (0 if elastic is None else width * stride + height * height)
        self.memory = PyMem_Calloc(len(affine) * sizeof(Distortion) + size * sizeof(real), 1)
        if self.memory == NULL:
            raise MemoryError(f"no memory to distort images of {height} x {width}")
        distortion = <Distortion*>self.memory
        reals = aligned(distortion + len(affine))
        self.distortions = Distortions(channels, height, width, stride, distortion, len(affine), elastic is not None,
                                       reals, reals + stride, reals + stride + width * stride)
        for kind, amount in affine:
            distortion.kind, distortion.amount = <Distorting>code_of("affine", kind, DISTORTIONS), amount
            if not 0 <= distortion.amount < 1 << 24:
                raise ValueError(f"affine: a {kind} by {amount}")
            distortion += 1
        for j in range(stride):
            reals[j] = j
        if elastic is None:
            return
        alpha, sigma = elastic
        if not (0 <= alpha < 1 << 24 and 0 < sigma < 1 << 20):
            raise ValueError(f"elastic: alpha {alpha}, sigma {sigma}")
        fill_gaussian(reals + stride, width, stride, sigma, 1)
        fill_gaussian(reals + stride + width * stride, height, height, sigma, alpha)

    def __dealloc__(self):
        PyMem_Free(self.memory)


cdef void* canvas_for(const Distortions* distortions) noexcept nogil:
    """Zeros to distort one image in, or NULL."""
    return calloc(distortion_scratch_size(distortions), sizeof(real))


cdef int check_images(const Distortions* distortions, Data data) except -1:
    """Refuse examples that are not images of the augmentation's shape."""
    if distortions.channels * distortions.height * distortions.width != data.examples.n_in:
        raise ValueError(f"augmentation: it is of images of {distortions.channels} x {distortions.height} x {distortions.width}, "
                         f"the examples have {data.examples.n_in} inputs")
    return 0


def augment(Augmentation augmentation not None, Data data not None, real[:, ::1] out not None,
            word seed=0, word epoch=0, word position=0):
    """Write each example into out (n, n_in), distorted as `train` does it to the examples from `position` on of an epoch."""
    cdef const Distortions* distortions = &augmentation.distortions
    cdef const Examples* examples = &data.examples
    check_images(distortions, data)
    if out.shape[0] != examples.n or out.shape[1] != examples.n_in:
        raise ValueError(f"out: shape ({examples.n}, {examples.n_in}) needed, got ({out.shape[0]}, {out.shape[1]})")
    check_aligned("out", &out[0, 0], sizeof(real))
    cdef void* canvas = canvas_for(distortions)
    if canvas == NULL:
        raise MemoryError("no memory to distort an image")
    with nogil:
        distort_inputs(distortions, stream_key(seed, epoch, AUGMENT), position, examples, NULL, 0,
                       rows_of(&out[0, 0], examples.n, examples.n_in, examples.n_in), canvas)
        free(canvas)
