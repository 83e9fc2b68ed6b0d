"""Which build this is, which targets the CPU runs, and the numbers that the kernels know names by."""
from nncore.equations.activations cimport LINEAR, RELU, SIGMOID, SOFTMAX, TANH, Activation
from nncore.equations.costs cimport CROSS_ENTROPY, LOG_LIKELIHOOD, QUADRATIC, Cost
from nncore.equations.update cimport ADAM, NESTEROV, SGD, Kind
from nncore.examples.augment cimport ROTATE, SCALE, SHIFT, SKEW, STRAIGHT_SHIFT, Distorting
from nncore.machine.cpu cimport keeps_its_clock, runs_avx2, runs_avx512
from nncore.machine.simd cimport real

cdef extern from *:
    """
    static const char *dtype_of_real = sizeof(real) == 4 ? "float32" : "float64";
    """
    const char* NNCORE_TARGET
    const char* dtype_of_real

target = NNCORE_TARGET.decode()
dtype = dtype_of_real.decode()
cdef dict ACTIVATIONS = {"sigmoid": SIGMOID, "tanh": TANH, "relu": RELU, "linear": LINEAR, "softmax": SOFTMAX}
cdef dict COSTS = {"quadratic": QUADRATIC, "cross-entropy": CROSS_ENTROPY, "log-likelihood": LOG_LIKELIHOOD}
cdef dict KINDS = {"sgd": SGD, "nesterov": NESTEROV, "adam": ADAM}
cdef dict DISTORTIONS = {"shift": SHIFT, "straight shift": STRAIGHT_SHIFT, "rotate": ROTATE, "scale": SCALE, "skew": SKEW}


cdef int code_of(str argument, str name, dict codes) except -1:
    """The number that the kernels know a name by."""
    if name not in codes:
        raise ValueError(f"{argument}: one of {', '.join(codes)} needed, got {name!r}")
    return codes[name]


cdef int check_aligned(str name, const void* numbers, size_t size) except -1:
    """Refuse numbers that do not start at a multiple of their size: C promises nothing for those, nor does a compiler."""
    if <size_t>numbers % size:
        raise ValueError(f"{name}: an array of aligned numbers needed, which numpy.require({name}, requirements='A') makes")
    return 0


def cpu_targets():
    """The x86 targets above base that this CPU and its operating system run: -march=x86-64-v4 and -v3."""
    return ["avx512"] * runs_avx512() + ["avx2"] * runs_avx2()


def slow_avx512():
    """Whether this is an early AVX-512 CPU, whose clock drops when 512-bit registers are in use."""
    return not keeps_its_clock()
