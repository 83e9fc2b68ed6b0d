"""Whether the threads of a team split the first layer alone: see team.pxd."""
from nncore.equations.layer cimport DENSE, Layer
from nncore.passes.program cimport Network
from nncore.zeros.active cimport MOST_ROWS

cdef enum:
    MOST_REPEATED = 65536           # muladds of a mini-batch that every thread may repeat: they take as long as a few meetings

cdef inline bint can_split(const Network* net, Py_ssize_t m) noexcept nogil:
    """Whether the layers behind the first are dense, and so small that every thread can compute them whole, for m examples."""
    cdef Py_ssize_t l, repeated = 0
    for l in range(1, net.L):
        if net.layers[l].kind != DENSE:
            return False
        repeated += m * net.layers[l].fan_in * net.layers[l].w_stride
    return net.L > 1 and net.layers[0].kind == DENSE and m <= MOST_ROWS and repeated <= MOST_REPEATED
