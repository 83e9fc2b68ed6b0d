"""The program of a network: its layers as a table, and where each lies in the parameters and the workspace.

This is the one source of the layout of parameters and activations; that of scratch memory is in workspace.pxd. Parameters are
described in equations/layer.pxd. The workspace holds, for a mini-batch of m examples, the activations of the input and of each
layer (m, stride); if a layer has dropout, what is left of its input follows the activations before it.
"""
from nncore.equations.activations cimport RELU
from nncore.equations.costs cimport Cost
from nncore.equations.layer cimport CONV, POOL, Layer
from nncore.equations.product cimport Matrix, rows_of
from nncore.machine.memory cimport padded
from nncore.machine.simd cimport real

cdef struct Network:
    const Layer* layers             # (L,)
    Py_ssize_t L                    # number of layers, the input not counted
    Py_ssize_t first                # the first layer that has parameters: no delta is needed before it
    Py_ssize_t size                 # number of parameters, their padding included
    Cost cost
    real* parameters

cdef inline bint is_pooled(const Layer* layer) noexcept nogil:
    """Whether the layer keeps the argmax of max-pooling, or of a convolution."""
    return layer.kind == CONV or layer.kind == POOL

cdef inline Py_ssize_t lay_out(Layer* layers, Py_ssize_t L) noexcept nogil:
    """Fill in where each of the L layers lies; return the number of parameters."""
    cdef Py_ssize_t l, parameters = 0, a = 0, argmax = 0
    cdef Layer* layer
    for l in range(L):
        layer = &layers[l]
        layer.stride_prev = padded(layer.n_prev)
        layer.stride = padded(layer.n)
        layer.weights = parameters
        layer.biases = parameters + padded(layer.fan_in * layer.w_stride)
        layer.end = layer.biases + padded(layer.w_stride)
        parameters = layer.end
        layer.rectified = l > 0 and (layers[l - 1].activation == RELU or (not layers[l - 1].fan_in and layers[l - 1].rectified))
        layer.a_prev = layer.x = a
        a += layer.stride_prev
        if layer.dropout > 0 and l > 0:                     # the input itself may be overwritten
            layer.x = a
            a += layer.stride_prev
        layer.a = a
        layer.argmax = argmax
        if is_pooled(layer):
            argmax += layer.stride
    return parameters

cdef inline Matrix weights_in(real* buffer, const Layer* layer) noexcept nogil:
    """w (fan_in, n) of a dense layer, or what is laid out as it is: its gradient, or its velocity."""
    return rows_of(buffer + layer.weights, layer.fan_in, layer.n, layer.w_stride)
