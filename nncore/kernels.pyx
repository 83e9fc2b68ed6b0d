"""The doors of the core: arrays in, checks, the GIL released once, kernels called.

The Python layer checks what arrays mean; here memory is checked: whatever is passed, no door reads or writes outside its
arrays. Arrays are C-contiguous and of this build's dtype (`dtype`); labels and orders are np.intp.
"""
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from nncore.activations cimport LINEAR, RELU, SIGMOID, SOFTMAX, TANH, Activation
from nncore.activations cimport activate as activate_rows
from nncore.backprop cimport MOST_ROWS, activate_layer, forward_pass, gather, is_fused, update_mini_batch, weighted_input_of
from nncore.backprop cimport backprop as backprop_of
from nncore.costs cimport CROSS_ENTROPY, LOG_LIKELIHOOD, QUADRATIC, cost_value
from nncore.examples cimport Examples, gather_inputs, prefetch_inputs
from nncore.peak cimport CHAINS, muladds
from nncore.peak cimport triad as triad_of
from nncore.program cimport Layer, Network, Workspace, allocate_workspace, free_workspace, lay_out, padded
from nncore.random cimport SHUFFLE, stream_key, word
from nncore.random cimport shuffle as shuffle_order
from nncore.simd cimport LANES, WIDTH, real
from nncore.update cimport Rule

cdef extern from *:
    """
    static const char *dtype_of_real = sizeof(real) == 4 ? "float32" : "float64";
    #if (defined(__GNUC__) || defined(__clang__)) && (defined(__x86_64__) || defined(__i386__))
    #define has(feature) __builtin_cpu_supports(feature)    /* asks the CPU and the operating system */
    #else
    #define has(feature) 0
    #endif
    static int runs_avx2(void) { return has("avx2") && has("fma") && has("bmi") && has("bmi2"); }
    static int runs_avx512(void) {
        return runs_avx2() && has("avx512f") && has("avx512bw") && has("avx512cd") && has("avx512dq") && has("avx512vl");
    }
    static int keeps_its_clock(void) { return has("avx512vbmi2"); }     /* Ice Lake and later, Zen 4 and later */
    """
    const char* NNCORE_TARGET
    const char* dtype_of_real
    bint runs_avx2()
    bint runs_avx512()
    bint keeps_its_clock()

target = NNCORE_TARGET.decode()
dtype = dtype_of_real.decode()
cdef dict ACTIVATIONS = {"sigmoid": SIGMOID, "tanh": TANH, "relu": RELU, "linear": LINEAR, "softmax": SOFTMAX}
cdef dict COSTS = {"quadratic": QUADRATIC, "cross-entropy": CROSS_ENTROPY, "log-likelihood": LOG_LIKELIHOOD}


cdef class Program:
    """What a network computes, and where its layers lie in the parameters.

    layers : sequence of (n_prev, n, activation), the first after the input first
    cost : "quadratic", "cross-entropy" or "log-likelihood"
    """
    cdef Network net                    # without parameters: those are passed to each door
    cdef Layer* layers

    def __cinit__(self, layers, str cost not None):
        cdef Py_ssize_t l
        self.layers = <Layer*>PyMem_Calloc(max(1, len(layers)), sizeof(Layer))
        if self.layers == NULL:
            raise MemoryError("no memory for the table of layers")
        if not len(layers):
            raise ValueError("layers: a network needs one at least")
        size = 0
        for l, (n_prev, n, activation) in enumerate(layers):
            if n_prev < 1 or n < 1 or (l and n_prev != self.layers[l - 1].n):
                raise ValueError(f"layers[{l}]: {n_prev} inputs and {n} neurons do not fit the layer before")
            size += (n_prev + 1) * (n + LANES)
            if size > 1 << 40:
                raise ValueError(f"layers: a network of {size} parameters does not fit a memory")
            self.layers[l].n_prev, self.layers[l].n, self.layers[l].activation = n_prev, n, ACTIVATIONS[activation]
        self.net.layers = self.layers
        self.net.L = len(layers)
        self.net.cost = COSTS[cost]
        self.net.size = lay_out(self.layers, self.net.L)

    def __dealloc__(self):
        PyMem_Free(self.layers)

    @property
    def size(self):
        """Reals in the parameters, their padding included."""
        return self.net.size

    def places(self):
        """For each layer (weights, biases, stride): where w (n_prev, stride) and b (stride,) start in the parameters."""
        return [(self.layers[l].weights, self.layers[l].biases, self.layers[l].stride) for l in range(self.net.L)]


cdef class Data:
    """Examples as the kernels read them: bytes or reals in, labels or reals out.

    images : uint8 (n, n_in), each byte b standing for scale * b, or None, and then
    inputs : (n, n_in)
    labels : np.intp (n,), the neuron that should be 1; or None, and then
    targets : (n, n_out), or None where there is nothing to learn
    """
    cdef Examples examples
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

    def __len__(self):
        return self.examples.n


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


cdef inline Py_ssize_t answer(const real* row, Py_ssize_t n) noexcept nogil:
    """Where the largest of n outputs stands, the first of equals (a NaN counts as the largest, as in np.argmax); of a
    single output, whether it is above 1/2."""
    cdef Py_ssize_t j, at = 0
    if n == 1:
        return row[0] > <real>0.5
    for j in range(1, n):
        if row[at] != row[at]:
            break
        if row[j] > row[at] or row[j] != row[j]:
            at = j
    return at


def activate(str activation not None, real[:, ::1] z not None):
    """z -> a = sigma(z), in place, row by row."""
    cdef Activation sigma = ACTIVATIONS[activation]
    cdef Py_ssize_t i, j, n = z.shape[1], stride = padded(z.shape[1])
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


def evaluate(Program program not None, real[::1] parameters not None, Data data not None):
    """(sum of the cost over the examples, number of examples that the network answers as y does)."""
    cdef Network net = bind(program, parameters)
    cdef const Layer* output = &net.layers[net.L - 1]
    cdef const Examples* examples = &data.examples
    check_data(&net, data, True)
    cdef Workspace space = workspace_for(&net, examples.n)
    cdef Py_ssize_t i, l, first = 0, m, correct = 0
    cdef real* a = space.a + space.m * output.a
    cdef double total = 0
    with nogil:
        while first < examples.n:
            m = min(space.m, examples.n - first)
            gather(&net, examples, NULL, first, m, &space)
            for l in range(net.L - 1):
                weighted_input_of(&net, l, &space, m)
                activate_layer(&net, l, &space, m)
            weighted_input_of(&net, net.L - 1, &space, m)
            memcpy(space.delta, a, m * output.stride * sizeof(real))                  # z: the cost needs it beside a
            activate_layer(&net, net.L - 1, &space, m)
            for i in range(m):
                total += cost_value(net.cost, space.delta + i * output.stride, a + i * output.stride,
                                    space.y + i * output.stride, output.n)
                correct += answer(a + i * output.stride, output.n) == answer(space.y + i * output.stride, output.n)
            first += m
        free_workspace(&space)
    return total, correct


def backprop(Program program not None, real[::1] parameters not None, Data data not None, real[::1] nabla not None):
    """Write the gradient of the cost, summed over the examples, into nabla, laid out as the parameters are."""
    cdef Network net = bind(program, parameters)
    check_data(&net, data, True)
    if nabla.shape[0] != net.size:
        raise ValueError(f"nabla: {net.size} reals needed, got {nabla.shape[0]}")
    cdef Workspace space = workspace_for(&net, data.examples.n)
    with nogil:
        backprop_of(&net, &data.examples, NULL, 0, data.examples.n, &space, &nabla[0])
        free_workspace(&space)


def train(Program program not None, real[::1] parameters not None, Data data not None, const Py_ssize_t[::1] order not None,
          Py_ssize_t mini_batch_size, double eta, double lmbda_over_n=0, double l1_over_n=0, double momentum=0,
          real[::1] velocity=None):
    """SGD over the examples order[0], order[1] ... in mini-batches; the last may be shorter, and divides by its own length."""
    cdef Network net = bind(program, parameters)
    cdef Rule rule = Rule(eta, lmbda_over_n, l1_over_n, momentum)
    cdef Py_ssize_t n = order.shape[0], i
    check_data(&net, data, True)
    if mini_batch_size < 1:
        raise ValueError(f"mini_batch_size: at least 1 needed, got {mini_batch_size}")
    for i in range(n):
        if not 0 <= order[i] < data.examples.n:
            raise ValueError(f"order: 0 to {data.examples.n - 1} needed, got {order[i]} at {i}")
    if momentum != 0 and (velocity is None or velocity.shape[0] != net.size):
        raise ValueError(f"velocity: {net.size} reals needed for momentum")
    if not n:
        return
    mini_batch_size = min(mini_batch_size, n)
    cdef bint fused = is_fused(&rule, mini_batch_size)
    cdef Workspace space = workspace_for(&net, mini_batch_size)
    cdef real* nabla = NULL
    if not fused:
        nabla = <real*>malloc(net.size * sizeof(real))
        if nabla == NULL:
            free_workspace(&space)
            raise MemoryError(f"no memory for {net.size} gradients")
    with nogil:
        i = 0
        while i < n:
            if fused and i + mini_batch_size < n:
                prefetch_inputs(&data.examples, &order[0], i + mini_batch_size, min(mini_batch_size, n - i - mini_batch_size))
            update_mini_batch(&net, &rule, &data.examples, &order[0], i, min(mini_batch_size, n - i), &space, nabla,
                              NULL if momentum == 0 else &velocity[0])
            i += mini_batch_size
        free_workspace(&space)
        free(nabla)


def shuffle(Py_ssize_t[::1] order not None, word seed, word epoch):
    """Fill order with 0 .. n-1, shuffled for this seed and epoch."""
    if order.shape[0]:
        shuffle_order(&order[0], order.shape[0], stream_key(seed, epoch, SHUFFLE))


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
