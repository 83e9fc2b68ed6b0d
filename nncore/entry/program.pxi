"""Program: what a network computes."""
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Realloc
from libc.math cimport isfinite
from libc.string cimport memset

from nncore.equations.layer cimport DENSE, Layer, Maps, channels_first
from nncore.passes.plan cimport Plan, maps_so_far, plan_convolution, plan_dense, plan_pooling
from nncore.passes.program cimport Network, lay_out

cdef double MOST_REALS = 1 << 40    # of a network, and of a side of anything: more fit no memory


cdef class Program:
    """What a network computes, and where its layers lie in the parameters.

    Layers are added from the input on; the last is fully connected. `complete` ends the list.

    input_shape : n, or (channels, height, width)
    cost : "quadratic", "cross-entropy" or "log-likelihood"
    """
    cdef Network net                    # complete but for the parameters: those are passed to each entry point
    cdef Plan plan

    def __cinit__(self, input_shape, str cost not None):
        channels, height, width = input_shape if isinstance(input_shape, tuple) else (input_shape, 1, 1)
        if not (0 < channels and 0 < height and 0 < width and channels * height * width <= MOST_REALS):
            raise ValueError(f"input_shape: {input_shape} inputs do not fit a memory")
        self.plan.input = channels_first(channels, height, width)
        self.net.cost = <Cost>code_of("cost", cost, COSTS)

    def __dealloc__(self):
        PyMem_Free(self.plan.layers)

    cdef int make_space(self) except -1:
        """Space for one more layer, and a RELAYOUT before it."""
        if self.net.size:
            raise ValueError("the program is complete: no layer can be added")
        cdef void* layers = PyMem_Realloc(self.plan.layers, (self.plan.L + 2) * sizeof(Layer))
        if layers == NULL:
            raise MemoryError("no memory for the table of layers")
        self.plan.layers = <Layer*>layers
        memset(self.plan.layers + self.plan.L, 0, 2 * sizeof(Layer))
        return 0

    cdef Py_ssize_t count(self, n, what) except -1:
        """n as a number of neurons or filters, or the side of a kernel or window."""
        if not 0 < n <= MOST_REALS:
            raise ValueError(f"a layer of {what} does not fit a memory" if n > 0 else f"{what}: 1 or more needed, got {n}")
        return n

    cdef int added(self) except -1:
        """Check the size so far."""
        self.plan.number += 1
        if self.plan.reals > MOST_REALS:
            raise ValueError(f"a network of {self.plan.reals:.3g} parameters does not fit a memory")
        return 0

    def add_dense(self, n, *, activation="sigmoid", dropout=0, weight_eta_factor=1):
        """Add a fully connected layer of n neurons."""
        cdef Activation sigma = <Activation>code_of("activation", activation, ACTIVATIONS)
        n = self.count(n, f"{n} neurons")
        if not (0 <= dropout < 1 and <real><double>dropout < 1):
            raise ValueError(f"a dropout of {dropout} is not a probability below 1")
        if not (0 <= weight_eta_factor and isfinite(<double>weight_eta_factor)):
            raise ValueError(f"a weight_eta_factor of {weight_eta_factor} is not a finite number of at least 0")
        self.make_space()
        cdef Layer* layer = plan_dense(&self.plan, n)
        layer.activation = sigma
        layer.dropout = <double>dropout                     # Cython takes a real for a float
        layer.weight_eta_factor = <double>weight_eta_factor
        self.added()

    def add_convolution(self, filters, kernel_size, *, same=False, activation="sigmoid"):
        """Add a convolution; `same` keeps the size of the maps, by a border of zeros."""
        height, width = kernel_size
        what = f"{filters} filters of {height} x {width}"
        cdef Activation sigma = <Activation>code_of("activation", activation, ACTIVATIONS)
        cdef Maps maps = maps_so_far(&self.plan)
        filters, height, width = self.count(filters, what), self.count(height, what), self.count(width, what)
        if sigma == SOFTMAX:
            raise ValueError("a convolution has no softmax: the output layer has")
        if not same and (height > maps.height or width > maps.width):
            raise ValueError(f"a kernel of {height} x {width} does not fit maps of {maps.height} x {maps.width}")
        if (maps.height + height) * (maps.width + width) * max(maps.channels, filters) > MOST_REALS:
            raise ValueError(f"a layer of {what} does not fit a memory")
        self.make_space()
        plan_convolution(&self.plan, filters, height, width, same, sigma)
        self.added()

    def add_pooling(self, size):
        """Add max-pooling over windows of (height, width)."""
        height, width = size
        cdef Maps maps = maps_so_far(&self.plan)
        if not (0 < height <= maps.height and 0 < width <= maps.width):
            raise ValueError(f"windows of {height} x {width} do not fit maps of {maps.height} x {maps.width}")
        self.make_space()
        plan_pooling(&self.plan, height, width)
        self.added()

    def complete(self):
        """End the list of layers: from now on the program can be run."""
        if not self.plan.L or self.plan.layers[self.plan.L - 1].kind != DENSE:
            raise ValueError("the output layer must be fully connected")
        self.net.layers, self.net.L = self.plan.layers, self.plan.L
        self.net.first = 0
        while not self.net.layers[self.net.first].fan_in:
            self.net.first += 1
        self.net.size = lay_out(self.plan.layers, self.plan.L)

    @property
    def size(self):
        """Reals in the parameters, their padding included; 0 until the program is complete."""
        return self.net.size

    def offsets(self):
        """For each layer with parameters (weights, biases, stride): where w (fan_in, stride) and b (stride,) start in them.

        fan_in is n_prev, or of a convolution kernel_height * kernel_width * channels, in that order.
        """
        return [(self.net.layers[l].weights, self.net.layers[l].biases, self.net.layers[l].w_stride)
                for l in range(self.net.L) if self.net.layers[l].fan_in]


cdef Network bind(Program program, real[::1] parameters) except *:
    """The network that these parameters make of the program."""
    cdef Network net = program.net
    if not net.size:
        raise ValueError("program: it is not complete: call complete() after the last layer")
    if parameters.shape[0] != net.size:
        raise ValueError(f"parameters: {net.size} reals needed, got {parameters.shape[0]}")
    net.parameters = &parameters[0]
    check_aligned("parameters", net.parameters, sizeof(real))
    return net
