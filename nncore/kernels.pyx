"""The doors of the core: arrays in, checks, the GIL released once, kernels called.

The Python layer checks what arrays mean; here memory is checked: whatever is passed, no door reads or writes outside its
arrays. Arrays are C-contiguous and of this build's dtype (`dtype`); labels and orders are np.intp.
"""
from operator import index
from threading import Lock, Thread

from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_RawFree, PyMem_RawMalloc
from libc.math cimport exp, isfinite
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from nncore.equations.activations cimport LINEAR, RELU, SIGMOID, SOFTMAX, TANH, Activation
from nncore.equations.activations cimport activate as activate_rows
from nncore.examples.augment cimport (
    ROTATE, SCALE, SHIFT, SKEW, STRAIGHT_SHIFT, Distorting, Distortion, Distortions, distort_inputs, reals_of_scratch,
)
from nncore.passes.backward cimport (
    MOST_ROWS, State, Target, activate_layer, add_convolution_gradients, add_dense_gradients, at, backward_layer, delta_before,
    forward_layer, forward_pass, gather, is_fused, output_error, update_mini_batch, weighted_input_of,
)
from nncore.passes.backward cimport backprop as backprop_of
from nncore.equations.costs cimport CROSS_ENTROPY, LOG_LIKELIHOOD, QUADRATIC, Cost, cost_value
from nncore.equations.dense cimport hidden_delta as hidden_delta_of_dense
from nncore.equations.dense cimport weight_gradient as weight_gradient_of_dense
from nncore.equations.dense cimport weighted_input as weighted_input_of_dense
from nncore.examples.batch cimport Examples, gather_inputs, image_at, prefetch_inputs, row_at
from nncore.machine.memory cimport aligned, padded
from nncore.machine.cpu cimport keeps_its_clock, runs_avx2, runs_avx512
from nncore.machine.peak cimport CHAINS, muladds
from nncore.machine.peak cimport triad as triad_of
from nncore.passes.program cimport (
    CONV, DENSE, MOVE, POOL, Layer, LayerKind, Maps, Network, Workspace,
    allocate_share, allocate_workspace, channels_first, channels_last, free_workspace, lay_out, padded_pixel, reals_in,
    same_order, share,
)
from nncore.examples.random cimport AUGMENT, SHUFFLE, stream_key, word
from nncore.examples.random cimport shuffle as shuffle_order
from nncore.machine.simd cimport LANES, WIDTH, real
from nncore.zeros.sparse cimport (
    Lazy, Sparse, can_wait, count_entries, prepare, record_size, settle_all, write_record,
)
from nncore.passes.team cimport HAS_TEAMS, Share, Team, wait
from nncore.equations.update cimport ADAM, NESTEROV, SGD, Kind
from nncore.equations.update cimport Rule as UpdateRule

cdef extern from *:
    """
    static const char *dtype_of_real = sizeof(real) == 4 ? "float32" : "float64";
    """
    const char* NNCORE_TARGET
    const char* dtype_of_real

target = NNCORE_TARGET.decode()
dtype = dtype_of_real.decode()
cdef long long MOST_REALS = 1 << 40     # of a network: more fit no memory
cdef Py_ssize_t MOST_THREADS = 256
cdef dict ACTIVATIONS = {"sigmoid": SIGMOID, "tanh": TANH, "relu": RELU, "linear": LINEAR, "softmax": SOFTMAX}
cdef dict DISTORTIONS = {"shift": SHIFT, "straight shift": STRAIGHT_SHIFT, "rotate": ROTATE, "scale": SCALE, "skew": SKEW}
cdef dict KINDS = {"sgd": SGD, "nesterov": NESTEROV, "adam": ADAM}
cdef dict COSTS = {"quadratic": QUADRATIC, "cross-entropy": CROSS_ENTROPY, "log-likelihood": LOG_LIKELIHOOD}


cdef int code_of(str argument, str name, dict codes) except -1:
    """The number that the kernels know a name by."""
    if name not in codes:
        raise ValueError(f"{argument}: one of {', '.join(codes)} needed, got {name!r}")
    return codes[name]


cdef class Program:
    """What a network computes, and where its layers lie in the parameters.

    layers : sequence, the first after the input first, of
        (n_prev, n, activation, dropout, eta_scale), fully connected; n_prev may be (channels, height, width), and the
        last be left out
        ("conv", (channels, height, width) before, filters, (kernel_height, kernel_width), same, activation)
        ("pool", (channels, height, width) before, (pool_height, pool_width))
    cost : "quadratic", "cross-entropy" or "log-likelihood"
    """
    cdef Network net                    # without parameters: those are passed to each door
    cdef Layer* layers
    cdef long long reals                # of all layers so far
    cdef Py_ssize_t number              # of the layer that is being added

    def __cinit__(self, layers, str cost not None):
        cdef Py_ssize_t l
        layers = tuple(layers)
        self.layers = <Layer*>PyMem_Calloc(2 * max(1, len(layers)), sizeof(Layer))          # each with a MOVE before it
        if self.layers == NULL:
            raise MemoryError("no memory for the table of layers")
        if not len(layers):
            raise ValueError("layers: a network needs one at least")
        self.net.layers = self.layers
        for l, layer in enumerate(layers):
            self.number = l
            try:
                if layer[0] == "conv":
                    _, shape_prev, filters, (height, width), same, activation = layer
                    self.add_convolution(shape_prev, filters, height, width, same, activation)
                elif layer[0] == "pool":
                    _, shape_prev, (height, width) = layer
                    self.add_pooling(shape_prev, height, width)
                else:
                    n_prev, n, activation, dropout, *rest = layer
                    [eta_scale] = rest or [1]
                    self.add_dense(n_prev, n, activation, dropout, eta_scale)
            except ValueError as reason:
                raise ValueError(f"layers[{l}]: {reason}") from None
        if self.layers[self.net.L - 1].kind != DENSE:
            raise ValueError("layers: the output layer must be fully connected")
        while not self.layers[self.net.first].fan_in:
            self.net.first += 1
        self.net.cost = <Cost>code_of("cost", cost, COSTS)
        self.net.size = lay_out(self.layers, self.net.L)

    cdef Layer* add(self, LayerKind kind, const Maps* maps_prev, const Maps* maps, Py_ssize_t fan_in,
                    Py_ssize_t w_stride) except NULL:
        cdef Layer* layer = &self.layers[self.net.L]
        layer.kind, layer.maps_prev, layer.maps, layer.activation = kind, maps_prev[0], maps[0], LINEAR
        layer.n_prev, layer.n = reals_in(maps_prev), reals_in(maps)
        layer.fan_in, layer.w_stride, layer.number, layer.eta_scale = fan_in, w_stride, self.number, 1
        self.reals += (fan_in + 1) * (w_stride + LANES) + layer.n
        if self.reals > MOST_REALS:
            raise ValueError(f"a network of {self.reals} parameters does not fit a memory")
        self.net.L += 1
        return layer

    cdef Maps before(self, shape_prev, what) except *:
        """The maps so far; before the first layer, the user's in the order (channels, height, width)."""
        cdef Maps maps
        channels, height, width = shape_prev if isinstance(shape_prev, tuple) else (shape_prev, 1, 1)
        if channels < 1 or height < 1 or width < 1:
            raise ValueError(f"{shape_prev} inputs and {what} do not fit the layer before")
        if max(channels, height, width) > MOST_REALS or channels * height * width > MOST_REALS:
            raise ValueError(f"a network of {shape_prev} inputs does not fit a memory")
        if not self.net.L:
            return channels_first(channels, height, width)
        maps = self.layers[self.net.L - 1].maps
        shape = (maps.channels, maps.height, maps.width)
        if maps.channels * maps.height * maps.width != channels * height * width or shape_prev not in (shape, channels):
            raise ValueError(f"{shape_prev} inputs and {what} do not fit the layer before, of shape {shape}")
        return maps

    cdef Py_ssize_t count(self, n, shape_prev, what) except -1:
        """n as the number of neurons or filters, or the side of a kernel."""
        if n < 1:
            raise ValueError(f"{shape_prev} inputs and {what} do not fit the layer before")
        if n > MOST_REALS:
            raise ValueError(f"a layer of {what} does not fit a memory")
        return n

    cdef Maps moved(self, const Maps* here, const Maps* there, Py_ssize_t top, Py_ssize_t left) except *:
        """The maps as `there` has them, which takes a layer if they are not so already."""
        if not top and not left and here.height == there.height and here.width == there.width and same_order(here, there):
            return here[0]
        cdef Layer* layer = self.add(MOVE, here, there, 0, 0)
        layer.top, layer.left = top, left
        return there[0]

    cdef int add_dense(self, n_prev, n, activation, dropout, eta_scale) except -1:
        cdef Maps here = self.before(n_prev, f"{n} neurons"), flat = channels_first(here.channels, here.height, here.width)
        n = self.count(n, n_prev, f"{n} neurons")
        if not (0 <= dropout < 1 and <real><double>dropout < 1):
            raise ValueError(f"a dropout of {dropout} is not a probability below 1")
        if not (0 <= eta_scale and isfinite(<double>eta_scale)):
            raise ValueError(f"an eta_scale of {eta_scale} is not a finite number of at least 0")
        here = self.moved(&here, &flat, 0, 0)
        flat = channels_first(n, 1, 1)
        cdef Layer* layer = self.add(DENSE, &here, &flat, here.channels * here.height * here.width, padded(n))
        layer.activation = <Activation>code_of("activation", activation, ACTIVATIONS)
        layer.dropout = <double>dropout                     # Cython takes a real for a float
        layer.eta_scale = <double>eta_scale
        return 0

    cdef int add_convolution(self, shape_prev, filters, height, width, same, activation) except -1:
        what = f"{filters} filters of {height} x {width}"
        cdef Maps here = self.before(shape_prev, what), there
        cdef Layer* layer
        height, width = self.count(height, shape_prev, what), self.count(width, shape_prev, what)
        filters = self.count(filters, shape_prev, what)
        if activation == "softmax":
            raise ValueError("a convolution has no softmax: the output layer has")
        rows, columns = (height - 1, width - 1) if same else (0, 0)
        there = channels_last(here.channels, here.height + rows, here.width + columns,
                              here.by_column if here.by_channel == 1 else here.channels)
        here = self.moved(&here, &there, rows // 2, columns // 2)
        if height > here.height or width > here.width:
            raise ValueError(f"a kernel of {height} x {width} does not fit maps of {here.height} x {here.width}")
        there = channels_last(filters, here.height - height + 1, here.width - width + 1, padded_pixel(filters))
        layer = self.add(CONV, &here, &there, height * width * here.channels, there.by_column)
        layer.kernel_height, layer.kernel_width = height, width
        layer.activation = <Activation>code_of("activation", activation, ACTIVATIONS)
        layer.pool_height = layer.pool_width = 1
        return 0

    cdef int add_pooling(self, shape_prev, height, width) except -1:
        cdef Maps here = self.before(shape_prev, f"windows of {height} x {width}"), there
        cdef Layer* layer
        if not (0 < height <= here.height and 0 < width <= here.width):
            raise ValueError(f"windows of {height} x {width} do not fit maps of {here.height} x {here.width}")
        layer = &self.layers[self.net.L - 1] if self.net.L else NULL
        if layer != NULL and layer.kind == CONV and layer.pool_height == layer.pool_width == 1:     # the two are one
            layer.maps = channels_last(here.channels, here.height // height, here.width // width, here.by_column)
            layer.n = reals_in(&layer.maps)
        else:
            there = channels_last(here.channels, here.height, here.width,
                                  here.by_column if here.by_channel == 1 else here.channels)
            here = self.moved(&here, &there, 0, 0)
            there = channels_last(here.channels, here.height // height, here.width // width, here.by_column)
            layer = self.add(POOL, &here, &there, 0, 0)
        layer.pool_height, layer.pool_width = height, width
        return 0

    def __dealloc__(self):
        PyMem_Free(self.layers)

    @property
    def size(self):
        """Reals in the parameters, their padding included."""
        return self.net.size

    def places(self):
        """For each layer with parameters (weights, biases, stride): where w (fan_in, stride) and b (stride,) start in them.

        fan_in is n_prev, or of a convolution kernel_height * kernel_width * channels, in that order.
        """
        return [(self.layers[l].weights, self.layers[l].biases, self.layers[l].w_stride)
                for l in range(self.net.L) if self.layers[l].fan_in]


cdef class Data:
    """Examples as the kernels read them: bytes or reals in, labels or reals out.

    images : uint8 (n, n_in), each byte b standing for scale * b, or None, and then
    inputs : (n, n_in)
    labels : np.intp (n,), the neuron that should be 1; or None, and then
    targets : (n, n_out), or None where there is nothing to learn
    """
    cdef Examples examples
    cdef Sparse sparse                  # its non-zero inputs, once they are listed
    cdef object arrays                  # keeps the memory alive

    def __cinit__(self, const unsigned char[:, ::1] images=None, const real[:, ::1] inputs=None,
                  const Py_ssize_t[::1] labels=None, const real[:, ::1] targets=None, double scale=1):
        self.arrays = (images, inputs, labels, targets)
        self.examples.scale = scale
        if (images is None) == (inputs is None):
            raise ValueError("images, inputs: one of them is needed")
        if images is not None:
            self.examples.n, self.examples.n_in = images.shape[0], images.shape[1]
        else:
            self.examples.n, self.examples.n_in = inputs.shape[0], inputs.shape[1]
        if self.examples.n < 1 or self.examples.n_in < 1:
            raise ValueError(f"images, inputs: shape ({self.examples.n}, {self.examples.n_in}) holds no example")
        if images is not None:
            self.examples.images = &images[0, 0]
        else:
            self.examples.inputs = &inputs[0, 0]
        if labels is not None:
            if labels.shape[0] != self.examples.n:
                raise ValueError(f"labels: {labels.shape[0]} of them for {self.examples.n} inputs")
            self.examples.labels = &labels[0]
        elif targets is not None:
            if targets.shape[0] != self.examples.n or targets.shape[1] < 1:
                raise ValueError(f"targets: shape ({targets.shape[0]}, {targets.shape[1]}) for {self.examples.n} inputs")
            self.examples.targets = &targets[0, 0]
            self.examples.n_out = targets.shape[1]

    def list_entries(self, double most=1):
        """List the inputs that are not zero, for `train` to read those alone, if they are at most a share `most` of all.

        Returns whether they are listed.
        """
        cdef Examples* examples = &self.examples
        cdef Sparse sparse
        cdef Py_ssize_t i, n_in = examples.n_in, total = 0
        if self.sparse.records != NULL:
            return True
        if n_in >= 1 << 16:
            return False
        memset(&sparse, 0, sizeof(Sparse))
        sparse.n_in, sparse.words, sparse.bytes, sparse.scale = n_in, (n_in + 63) // 64, examples.images != NULL, examples.scale
        cdef Py_ssize_t* counts = <Py_ssize_t*>PyMem_RawMalloc(examples.n * sizeof(Py_ssize_t))
        sparse.start = <Py_ssize_t*>PyMem_RawMalloc((examples.n + 1) * sizeof(Py_ssize_t))
        if counts != NULL and sparse.start != NULL:
            with nogil:
                sparse.start[0] = 0
                for i in range(examples.n):
                    counts[i] = count_entries(image_at(examples, i), row_at(examples, i), n_in)
                    total += counts[i]
                    sparse.start[i + 1] = sparse.start[i] + record_size(&sparse, counts[i])
            if total <= most * examples.n * n_in:
                sparse.records = <unsigned char*>PyMem_RawMalloc(sparse.start[examples.n] + sizeof(real) * LANES)
        if sparse.records != NULL:
            with nogil:
                for i in range(examples.n):
                    write_record(&sparse, i, image_at(examples, i), row_at(examples, i), counts[i])
        PyMem_RawFree(counts)
        if sparse.records != NULL and self.sparse.records == NULL:      # else another thread was quicker
            self.sparse = sparse
            return True
        PyMem_RawFree(sparse.start)
        PyMem_RawFree(sparse.records)
        if sparse.records == NULL and total <= most * examples.n * n_in:
            raise MemoryError(f"no memory for the entries of {examples.n} examples")
        return self.sparse.records != NULL

    def __dealloc__(self):
        PyMem_RawFree(self.sparse.start)
        PyMem_RawFree(self.sparse.records)

    @property
    def entries_listed(self):
        """Whether `train` reads only the inputs that are not zero."""
        return self.sparse.records != NULL

    def __len__(self):
        return self.examples.n


cdef class Augmentation:
    """How images are distorted; see augment.pxd.

    shape : (channels, height, width)
    affine : sequence of (kind, amount): ("shift", pixels), ("straight shift", pixels), ("rotate", radians),
        ("scale", share), ("skew", radians)
    elastic : (alpha, sigma), or None
    """
    cdef Distortions distortions
    cdef void* memory

    def __cinit__(self, shape, affine=(), elastic=None):
        cdef Py_ssize_t channels, height, width, stride, size, j, k
        cdef double alpha, sigma, total = 1
        cdef Distortion* distortion
        cdef real* reals
        channels, height, width = shape
        if channels < 1 or height < 1 or width < 1 or (height + 3) * (width + 3) > 1 << 24 or channels > 1 << 24:
            raise ValueError(f"shape: images of {channels} x {height} x {width} are not distorted")
        affine = tuple(affine)
        stride = padded(width)
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
        if not (0 <= alpha < 1 << 24 and 0 < sigma < 1 << 24):
            raise ValueError(f"elastic: alpha {alpha}, sigma {sigma}")
        j = 1
        while gaussian(j, sigma) > 1e-20:
            total += 2 * gaussian(j, sigma)
            j += 1
        reals += stride
        for j in range(width):
            for k in range(width):
                reals[j * stride + k] = <real>(gaussian(j - k, sigma) / total)
        reals += width * stride
        for j in range(height):
            for k in range(height):
                reals[j * height + k] = <real>(alpha * gaussian(j - k, sigma) / total)

    def __dealloc__(self):
        PyMem_Free(self.memory)


cdef inline double gaussian(double x, double sigma) noexcept nogil:
    return exp(-0.5 * (x / sigma) * (x / sigma))


cdef void* scratch_for(const Distortions* distortions) noexcept nogil:
    """Zeros to distort one image in, or NULL."""
    return calloc(reals_of_scratch(distortions), sizeof(real))


def augment(Augmentation augmentation not None, Data data not None, real[:, ::1] out not None,
            word seed=0, word epoch=0, Py_ssize_t place=0):
    """Write each example into out (n, n_in), distorted as `train` does it to the examples at place, place + 1 ... of an epoch."""
    cdef const Distortions* distortions = &augmentation.distortions
    cdef const Examples* examples = &data.examples
    check_images(distortions, data)
    if out.shape[0] != examples.n or out.shape[1] != examples.n_in:
        raise ValueError(f"out: shape ({examples.n}, {examples.n_in}) needed, got ({out.shape[0]}, {out.shape[1]})")
    cdef void* scratch = scratch_for(distortions)
    if scratch == NULL:
        raise MemoryError("no memory to distort an image")
    with nogil:
        distort_inputs(distortions, stream_key(seed, epoch, AUGMENT), place, examples, NULL, 0, examples.n,
                       &out[0, 0], examples.n_in, scratch)
        free(scratch)


cdef int check_images(const Distortions* distortions, Data data) except -1:
    if distortions.channels * distortions.height * distortions.width != data.examples.n_in:
        raise ValueError(f"augmentation: it is of images of {distortions.channels} x {distortions.height} x {distortions.width}, "
                         f"the examples have {data.examples.n_in} inputs")
    return 0


cdef Network bind(Program program, real[::1] parameters) except *:
    """The network that these parameters make of the program."""
    cdef Network net = program.net
    if parameters.shape[0] != net.size:
        raise ValueError(f"parameters: {net.size} reals needed, got {parameters.shape[0]}")
    net.parameters = &parameters[0]
    return net


cdef int check_data(const Network* net, Data data, bint answers) except -1:
    cdef const Examples* examples = &data.examples
    if examples.n_in != net.layers[0].n_prev:
        raise ValueError(f"data: the network has {net.layers[0].n_prev} inputs, the examples {examples.n_in}")
    if not answers:
        return 0
    cdef Py_ssize_t i, n_out = net.layers[net.L - 1].n
    if examples.labels != NULL:
        for i in range(examples.n):
            if not 0 <= examples.labels[i] < n_out:
                raise ValueError(f"labels: 0 to {n_out - 1} needed, got {examples.labels[i]} at {i}")
    elif examples.targets == NULL or examples.n_out != n_out:
        raise ValueError(f"data: the network has {n_out} outputs, the examples {examples.n_out}")
    return 0


cdef Workspace workspace_for(const Network* net, Py_ssize_t m) except *:
    cdef Workspace space
    if not allocate_workspace(net, min(m, <Py_ssize_t>MOST_ROWS), &space):
        raise MemoryError(f"no memory for the activations of {m} examples")
    return space


cdef struct Masks:                  # which inputs dropout leaves out
    bint dropping
    word seed
    word epoch


cdef Masks masks_of(masks) except *:
    """Those of (seed, epoch); of None, none."""
    if masks is None:
        return Masks(False, 0, 0)
    seed, epoch = masks
    return Masks(True, index(seed), index(epoch))


cdef inline void drop_by(Workspace* space, Masks masks) noexcept:
    space.dropping, space.seed, space.epoch = masks.dropping, masks.seed, masks.epoch


cdef inline Py_ssize_t answer(const real* row, Py_ssize_t n) noexcept nogil:
    """Where the largest of n outputs stands, the first of equals (a NaN counts as the largest, as in np.argmax); of a
    single output, whether it is above 1/2."""
    cdef Py_ssize_t j, largest = 0
    if n == 1:
        return row[0] > <real>0.5
    for j in range(1, n):
        if row[largest] != row[largest]:
            break
        if row[j] > row[largest] or row[j] != row[j]:
            largest = j
    return largest


def activate(str activation not None, real[:, ::1] z not None):
    """z -> a = sigma(z), in place, row by row."""
    cdef Activation sigma = <Activation>code_of("activation", activation, ACTIVATIONS)
    cdef Py_ssize_t i, n = z.shape[1], stride = padded(z.shape[1])
    if not z.shape[0] or not n:
        return
    cdef real* row = <real*>calloc(stride, sizeof(real))
    if row == NULL:
        raise MemoryError(f"no memory for a row of {n}")
    with nogil:
        for i in range(z.shape[0]):
            memcpy(row, &z[i, 0], n * sizeof(real))
            activate_rows(sigma, row, 1, n, stride)
            memcpy(&z[i, 0], row, n * sizeof(real))
        free(row)


def feedforward(Program program not None, real[::1] parameters not None, Data data not None, real[:, ::1] out not None):
    """Write the activations of the output layer for every example into out (n, n_out)."""
    cdef Network net = bind(program, parameters)
    cdef const Layer* output = &net.layers[net.L - 1]
    cdef const Examples* examples = &data.examples
    check_data(&net, data, False)
    if out.shape[0] != examples.n or out.shape[1] != output.n:
        raise ValueError(f"out: shape ({examples.n}, {output.n}) needed, got ({out.shape[0]}, {out.shape[1]})")
    cdef Workspace space = workspace_for(&net, examples.n)
    cdef Py_ssize_t i, j, first = 0, m
    with nogil:
        while first < examples.n:
            m = min(space.m, examples.n - first)
            gather_inputs(examples, NULL, first, m, space.a, net.layers[0].stride_prev)
            forward_pass(&net, &space, m)
            for i in range(m):
                for j in range(output.n):
                    out[first + i, j] = space.a[space.m * output.a + i * output.stride + j]
            first += m
        free_workspace(&space)


cdef class Work:
    """A call that threads share: what they go through together, and the memory for it."""
    cdef Network net
    cdef const Examples* examples
    cdef Workspace* spaces              # one for each thread
    cdef Py_ssize_t threads
    cdef Team team

    def __dealloc__(self):
        cdef Py_ssize_t rank
        for rank in range(self.threads if self.spaces != NULL else 0):
            free_workspace(&self.spaces[rank])
        free(self.spaces)

    cdef int allocate(self, Py_ssize_t m, Py_ssize_t threads, masks) except -1:
        """A workspace for each thread, m examples together. Networks whose first layer is dense are not shared."""
        cdef Py_ssize_t rank
        cdef Masks dropped = masks_of(masks)
        if not 1 <= threads <= MOST_THREADS:
            raise ValueError(f"threads: 1 to {MOST_THREADS} needed, got {threads}")
        self.threads = threads if HAS_TEAMS and self.net.layers[0].kind != DENSE else 1
        self.spaces = <Workspace*>calloc(self.threads, sizeof(Workspace))
        if self.spaces == NULL or not allocate_workspace(&self.net, min(m, <Py_ssize_t>MOST_ROWS), self.spaces):
            raise MemoryError(f"no memory for the activations of {m} examples")
        self.team.threads = 1
        if self.threads > 1:
            self.spaces.team = &self.team
        drop_by(self.spaces, dropped)
        for rank in range(1, self.threads):
            if not allocate_share(&self.net, self.spaces, rank, self.spaces + rank):
                raise MemoryError(f"no memory for {self.threads} threads")
        return 0

    cdef void go_through(self, Py_ssize_t rank) noexcept nogil:
        """All of it, as thread `rank` of the team does it."""

    def join_in(self, Py_ssize_t rank, gate):
        """What thread `rank` does, once the gate is open."""
        with gate:
            if rank >= self.team.threads:
                return
        with nogil:
            self.go_through(rank)

    cdef int together(self) except -1:
        members = self.gather_team()
        with nogil:
            self.go_through(0)
        for member in members:
            member.join()
        return 0

    cdef list gather_team(self):
        """Threads beside this one; where the system gives fewer, they share the work among themselves."""
        members = []
        gate = Lock()
        with gate:
            try:
                for rank in range(1, self.threads):
                    member = Thread(target=self.join_in, args=(rank, gate), name=f"nncore-{rank}", daemon=True)
                    member.start()
                    members.append(member)
                    self.team.threads += 1
            except RuntimeError:
                pass
            except BaseException:                   # Ctrl-C
                self.team.threads = 1
                raise
        return members


cdef class Evaluation(Work):
    """A call of `evaluate`."""
    cdef double total
    cdef Py_ssize_t correct

    cdef void go_through(self, Py_ssize_t rank) noexcept nogil:
        cdef Workspace* space = &self.spaces[rank]
        cdef const Layer* output = &self.net.layers[self.net.L - 1]
        cdef real* a = space.a + space.m * output.a
        cdef real* z = space.delta                                                    # the cost needs it beside a
        cdef Py_ssize_t l, i, first = 0, m
        cdef Share mine
        while first < self.examples.n:
            m = min(space.m, self.examples.n - first)
            gather(&self.net, self.examples, NULL, first, m, space)
            space.place = first
            for l in range(self.net.L - 1):
                forward_layer(&self.net, l, space, m)
            weighted_input_of(&self.net, self.net.L - 1, space, m)
            mine = share(space, m, 1)
            memcpy(z + mine.first * output.stride, a + mine.first * output.stride,
                   (mine.end - mine.first) * output.stride * sizeof(real))
            activate_layer(&self.net, self.net.L - 1, space, m)
            wait(space.team)
            for i in range(m if rank == 0 else 0):                                    # one sum, in the examples' order
                self.total += cost_value(self.net.cost, z + i * output.stride, a + i * output.stride,
                                         space.y + i * output.stride, output.n)
                self.correct += answer(a + i * output.stride, output.n) == answer(space.y + i * output.stride, output.n)
            wait(space.team)
            first += m


def evaluate(Program program not None, real[::1] parameters not None, Data data not None, masks=None, Py_ssize_t threads=1):
    """(sum of the cost over the examples, number of them that the network answers as y does).

    masks : as in backprop
    threads : as in train
    """
    cdef Evaluation look = Evaluation()
    look.net = bind(program, parameters)
    check_data(&look.net, data, True)
    look.examples = &data.examples
    look.allocate(data.examples.n, threads, masks)
    look.together()
    return look.total, look.correct


def backprop(Program program not None, real[::1] parameters not None, Data data not None, real[::1] nabla not None,
             masks=None):
    """Write the gradient of the cost, summed over the examples, into nabla, laid out as the parameters are.

    masks : None, or (seed, epoch) of the dropout masks to apply, which belong to the examples in the data's order.
    """
    cdef Network net = bind(program, parameters)
    check_data(&net, data, True)
    if nabla.shape[0] != net.size:
        raise ValueError(f"nabla: {net.size} reals needed, got {nabla.shape[0]}")
    cdef Masks dropped = masks_of(masks)
    cdef Workspace space = workspace_for(&net, data.examples.n)
    drop_by(&space, dropped)
    with nogil:
        backprop_of(&net, &data.examples, NULL, 0, data.examples.n, &space, &nabla[0])
        free_workspace(&space)


cdef class Rule:
    """How weights follow gradients; see update.pxd.

    kind : "sgd", "nesterov" or "adam"
    eta, lmbda_over_n, l1_over_n : learning rate, L2 and L1 regularisation
    momentum : mu; Adam's beta1
    beta2, epsilon : Adam's
    """
    cdef UpdateRule rule
    cdef readonly str kind

    def __cinit__(self, str kind not None, double eta, double lmbda_over_n=0, double l1_over_n=0, double momentum=0,
                  double beta2=0.999, double epsilon=1e-8):
        if not all(isfinite(number) for number in (eta, lmbda_over_n, l1_over_n, momentum, beta2, epsilon)):
            raise ValueError("eta, lmbda_over_n, l1_over_n, momentum, beta2, epsilon: finite numbers needed")
        if kind == "adam" and not (0 <= momentum < 1 and 0 <= beta2 < 1 and <real>epsilon > 0):
            raise ValueError(f"adam: 0 <= momentum, beta2 < 1 and epsilon > 0 needed, got {momentum}, {beta2}, {epsilon}")
        self.kind = kind
        self.rule = UpdateRule(<Kind>code_of("kind", kind, KINDS), eta, lmbda_over_n, l1_over_n, momentum, beta2, epsilon)

    @property
    def states(self):
        """How many vectors as long as the parameters it remembers from step to step."""
        return 2 if self.rule.kind == ADAM else 1 if self.rule.kind == NESTEROV or self.rule.mu != 0 else 0

    @property
    def eta(self):
        return self.rule.eta

    @property
    def lmbda_over_n(self):
        return self.rule.lmbda_over_n

    @property
    def l1_over_n(self):
        return self.rule.l1_over_n

    @property
    def momentum(self):
        return self.rule.mu


cdef class Training(Work):
    """A call of `train`."""
    cdef UpdateRule rule
    cdef State state
    cdef Lazy lazy
    cdef Py_ssize_t* order              # a copy, which nobody else can write to once it is checked
    cdef Py_ssize_t n, mini_batch_size, step, place

    def __dealloc__(self):
        free(self.order)
        free(self.state.nabla)
        free(self.lazy.settled)
        free(self.lazy.needed)

    cdef int take_order(self, const Py_ssize_t[::1] order) except -1:
        cdef Py_ssize_t i
        self.n = order.shape[0]
        self.order = <Py_ssize_t*>malloc(self.n * sizeof(Py_ssize_t))
        if self.order == NULL:
            raise MemoryError(f"no memory for the order of {self.n} examples")
        memcpy(self.order, &order[0], self.n * sizeof(Py_ssize_t))
        for i in range(self.n):
            if not 0 <= self.order[i] < self.examples.n:
                raise ValueError(f"order: 0 to {self.examples.n - 1} needed, got {self.order[i]} at {i}")
        return 0

    cdef bint distort(self, const Distortions* distortions) noexcept:
        cdef Py_ssize_t rank
        for rank in range(self.threads):
            self.spaces[rank].distortions = distortions
            self.spaces[rank].canvas = scratch_for(distortions)
            if self.spaces[rank].canvas == NULL:
                return False
        return True

    cdef bint remember(self, const Sparse* sparse) noexcept:
        """Memory for what the rule needs within the call; the sparse first layer, where there is one."""
        cdef Workspace* space = self.spaces
        cdef double decay = self.rule.eta * self.rule.lmbda_over_n
        if not is_fused(&self.rule, self.mini_batch_size):
            space.sparse = sparse
            self.state.nabla = <real*>malloc(self.net.size * sizeof(real))
            return self.state.nabla != NULL
        if sparse == NULL or not can_wait(decay, self.rule.mu):
            return True
        space.sparse = sparse
        if self.rule.mu == 0 and decay == 0:
            return True
        prepare(&self.lazy, decay, self.rule.mu)
        self.lazy.settled = <Py_ssize_t*>calloc(self.net.layers[0].n_prev, sizeof(Py_ssize_t))
        self.lazy.needed = <word*>malloc(sparse.words * sizeof(word))
        self.state.lazy = &self.lazy
        return self.lazy.settled != NULL and self.lazy.needed != NULL

    cdef void go_through(self, Py_ssize_t rank) noexcept nogil:
        cdef Workspace* space = &self.spaces[rank]
        cdef const Layer* first_layer = &self.net.layers[0]
        cdef Py_ssize_t i = 0, m, step = self.step
        while i < self.n:
            m = min(self.mini_batch_size, self.n - i)
            space.place = self.place + i
            space.ahead = self.n - i - m
            if space.ahead > 0 and space.sparse == NULL and rank == 0:
                prefetch_inputs(self.examples, self.order, i + m, min(m, space.ahead))
            step += 1
            update_mini_batch(&self.net, &self.rule, self.examples, self.order, i, m, step, space, &self.state)
            i += m
        wait(space.team)
        if self.state.lazy != NULL:
            settle_all(self.state.lazy, self.net.parameters + first_layer.weights, at(self.state.v, first_layer.weights),
                       first_layer.n_prev, first_layer.stride)


def train(Program program not None, real[::1] parameters not None, Data data not None, const Py_ssize_t[::1] order not None,
          Py_ssize_t mini_batch_size, Rule rule not None, real[::1] state=None, Py_ssize_t step=0,
          word seed=0, word epoch=0, Py_ssize_t place=0, Augmentation augmentation=None, Py_ssize_t threads=1):
    """SGD over the examples order[0], order[1] ... in mini-batches; the last may be shorter, and divides by its own length.

    state : (rule.states * program.size,), zeros before the first step
    step : mini-batches trained on before, since the state was zeros
    seed, epoch, place : of the dropout masks and distortions: place is that of order[0] in the epoch
    augmentation : how the examples, which are images, are distorted
    threads : how many share the work, if the first layer is a convolution or pooling; the bits do not depend on it
    """
    cdef Training run = Training()
    cdef const Layer* first_layer = &program.net.layers[0]
    cdef bint sparse = (augmentation is None and data.sparse.records != NULL and first_layer.kind == DENSE
                        and first_layer.dropout == 0)
    run.net = bind(program, parameters)
    check_data(&run.net, data, True)
    if mini_batch_size < 1:
        raise ValueError(f"mini_batch_size: at least 1 needed, got {mini_batch_size}")
    if step < 0:
        raise ValueError(f"step: at least 0 needed, got {step}")
    if rule.states and (state is None or state.shape[0] != rule.states * run.net.size):
        raise ValueError(f"state: {rule.states} times {run.net.size} reals needed")
    if augmentation is not None:
        check_images(&augmentation.distortions, data)
    if not order.shape[0]:
        return
    run.examples, run.rule, run.step, run.place = &data.examples, rule.rule, step, place
    run.mini_batch_size = min(mini_batch_size, order.shape[0])
    run.take_order(order)
    run.allocate(run.mini_batch_size, threads, (seed, epoch))
    if rule.states:
        run.state.v = &state[0]
        run.state.s = &state[run.net.size] if rule.states == 2 else NULL
    if augmentation is not None and not run.distort(&augmentation.distortions):
        raise MemoryError("no memory to distort an image")
    if not run.remember(&data.sparse if sparse else NULL):
        raise MemoryError(f"no memory for the gradients of {run.net.size} parameters")
    run.together()


def shuffle(Py_ssize_t[::1] order not None, word seed, word epoch):
    """Fill order with 0 .. n-1, shuffled for this seed and epoch."""
    if order.shape[0]:
        shuffle_order(&order[0], order.shape[0], stream_key(seed, epoch, SHUFFLE))


cdef int check_rows(Py_ssize_t m, Py_ssize_t stride, Py_ssize_t n_prev, Py_ssize_t stride_prev) except -1:
    if m < 1 or n_prev < 1 or stride < 1 or stride % LANES or stride_prev < n_prev:
        raise ValueError(f"a row of w: a multiple of {LANES} reals needed, got {stride}; m {m}, n_prev {n_prev} of {stride_prev}")
    return 0


def weighted_input(const real[:, ::1] a_prev not None, const real[:, ::1] w not None, const real[::1] b not None,
                   real[:, ::1] z not None, Py_ssize_t repeat=1):
    """z = a_prev @ w + b, as a dense layer does it; a_prev (m, n_prev or more), w (n_prev, stride), b (stride,), z (m, stride)."""
    cdef Py_ssize_t m = z.shape[0], stride = z.shape[1], n_prev = w.shape[0], stride_prev = a_prev.shape[1], _
    check_rows(m, stride, n_prev, stride_prev)
    if a_prev.shape[0] != m or w.shape[1] != stride or b.shape[0] != stride:
        raise ValueError(f"shapes: z ({m}, {stride}) does not fit a_prev, w and b")
    with nogil:
        for _ in range(repeat):
            weighted_input_of_dense(&a_prev[0, 0], stride_prev, &w[0, 0], &b[0], &z[0, 0], m, n_prev, stride, 0, stride)


def weight_gradient(const real[:, ::1] a_prev not None, const real[:, ::1] delta not None, real[:, ::1] nabla_w not None,
                    double keep=1, Py_ssize_t repeat=1):
    """BP4: nabla_w = keep * nabla_w + a_prev.T @ delta; a_prev (m, n_prev or more), delta (m, stride), nabla_w (n_prev, stride)."""
    cdef Py_ssize_t m = delta.shape[0], stride = delta.shape[1], n_prev = nabla_w.shape[0], stride_prev = a_prev.shape[1], _
    check_rows(m, stride, n_prev, stride_prev)
    if a_prev.shape[0] != m or nabla_w.shape[1] != stride:
        raise ValueError(f"shapes: delta ({m}, {stride}) does not fit a_prev and nabla_w")
    with nogil:
        for _ in range(repeat):
            weight_gradient_of_dense(&a_prev[0, 0], stride_prev, &delta[0, 0], &nabla_w[0, 0], <real>keep, m, stride, 0, n_prev)


def hidden_delta(str activation_prev not None, const real[:, ::1] delta not None, const real[:, ::1] w not None,
                 const real[:, ::1] a_prev not None, real[:, ::1] delta_prev not None, Py_ssize_t repeat=1):
    """BP2: delta_prev = (delta @ w.T) * sigma'(z_prev); delta (m, stride), w (n_prev, stride), the others (m, stride_prev)."""
    cdef Activation sigma = <Activation>code_of("activation_prev", activation_prev, ACTIVATIONS)
    cdef Py_ssize_t m = delta.shape[0], stride = delta.shape[1], n_prev = w.shape[0], stride_prev = padded(w.shape[0]), _
    check_rows(m, stride, n_prev, stride_prev)
    if (w.shape[1] != stride or a_prev.shape[0] != m or a_prev.shape[1] != stride_prev
            or delta_prev.shape[0] != m or delta_prev.shape[1] != stride_prev):
        raise ValueError(f"shapes: a_prev and delta_prev ({m}, {stride_prev}) needed")
    cdef real* w_transposed = <real*>malloc(stride * LANES * sizeof(real))
    if w_transposed == NULL:
        raise MemoryError(f"no memory for {stride} rows")
    with nogil:
        for _ in range(repeat):
            hidden_delta_of_dense(sigma, &delta[0, 0], &w[0, 0], &a_prev[0, 0], &delta_prev[0, 0], w_transposed,
                                  m, stride, stride, n_prev, stride_prev, 0, stride_prev)
        free(w_transposed)


def layer_pass(Program program not None, real[::1] parameters not None, Data data not None, Py_ssize_t l, str what not None,
               Py_ssize_t repeat=1):
    """Do again what layer l (a place in the network's weights) does in a step over all the examples, `repeat` times.

    what : "forward", "BP2", "BP3, BP4", or "backward", all three
    Returns the floating-point operations of one time: those of the equations, with the zeros and without padding.
    """
    cdef Network net = bind(program, parameters)
    cdef Py_ssize_t m = data.examples.n, at_layer = 0, wanted = l, above, _
    cdef int code = code_of("what", what, {"forward": 0, "BP2": 1, "BP3, BP4": 2, "backward": 3})
    check_data(&net, data, True)
    if m > MOST_ROWS:
        raise ValueError(f"data: {MOST_ROWS} examples at the most, got {m}")
    for at_layer in range(net.L):
        wanted -= net.layers[at_layer].fan_in > 0
        if wanted < 0:
            break
    if l < 0 or wanted >= 0 or (code == 1 and at_layer == net.first):
        raise ValueError(f"l: a layer with parameters, for BP2 not the first, needed; got {l}")
    cdef const Layer* layer = &net.layers[at_layer]
    cdef Workspace space = workspace_for(&net, m)
    cdef real* nabla = <real*>malloc(net.size * sizeof(real))
    if nabla == NULL:
        free_workspace(&space)
        raise MemoryError(f"no memory for {net.size} gradients")
    cdef Target target = Target(nabla, 1, 1, 1, False, 1)
    cdef real* delta = space.delta
    cdef real* delta_prev = space.delta_prev
    with nogil:
        space.dropping, space.seed, space.epoch = True, 0, 0
        gather(&net, &data.examples, NULL, 0, m, &space)
        forward_pass(&net, &space, m)
        output_error(&net, &space, m, delta)
        for above in range(net.L - 1, at_layer, -1):
            delta_before(&net, above, delta, delta_prev, &space, m)
            delta, delta_prev = delta_prev, delta
        for _ in range(repeat):
            if code == 0:
                forward_layer(&net, at_layer, &space, m)
            elif code == 1:
                delta_before(&net, at_layer, delta, delta_prev, &space, m)
            elif code == 2 and layer.kind == DENSE:
                add_dense_gradients(&net, at_layer, delta, &space, m, &target, NULL)
            elif code == 2:
                add_convolution_gradients(&net, at_layer, delta, &space, m, &target)
            else:
                backward_layer(&net, at_layer, delta, delta_prev, &space, m, &target)
        free_workspace(&space)
        free(nabla)
    products = 2 if code == 3 and at_layer > net.first else 1
    if layer.kind == DENSE:
        return 2 * products * m * layer.fan_in * layer.n
    pixels = layer.maps.height * layer.maps.width * (layer.pool_height * layer.pool_width if code == 0 else 1)
    return 2 * products * m * layer.fan_in * layer.maps.channels * pixels


def cpu_targets():
    """The x86 targets above base that this CPU and its operating system run: -march=x86-64-v4 and -v3."""
    return ["avx512"] * runs_avx512() + ["avx2"] * runs_avx2()


def slow_avx512():
    """Whether this is an early AVX-512 CPU, whose clock drops when 512-bit registers are in use."""
    return not keeps_its_clock()


def peak(Py_ssize_t rounds):
    """Run muladds from registers to registers; return the number of floating-point operations done."""
    cdef real total
    with nogil:
        total = muladds(rounds)
    return 2 * CHAINS * WIDTH * rounds if total == total else 0


def triad(const real[::1] a not None, const real[::1] b not None, real[::1] c not None):
    """c = a + 0.5 b, for arrays of one length, a multiple of `lanes`."""
    if not a.shape[0] == b.shape[0] == c.shape[0] or a.shape[0] < LANES or a.shape[0] % LANES:
        raise ValueError(f"a, b, c: one length needed, a multiple of {LANES}; got {a.shape[0]}, {b.shape[0]}, {c.shape[0]}")
    with nogil:
        triad_of(&a[0], &b[0], &c[0], a.shape[0])
