"""The passes over all layers: feedforward, backprop and the SGD step (chapters 1 and 2).

backward_pass serves gradients and training alike. BP3 and BP4 add to a target: to nabla, for gradients; or, times -eta/m, to
the parameters themselves, so that in training a row of weights is loaded, gets all m examples of the mini-batch, and is
stored, and nabla_w never exists. BP2 uses a layer's weights before its update.
"""
from libc.string cimport memset

from nncore.activations cimport activate
from nncore.conv cimport (
    convolution_bias_gradient, convolution_delta, convolution_weight_gradient, convolve, move, move_delta, pool, pool_delta, times_sigma_prime,
)
from nncore.costs cimport output_delta
from nncore.dense cimport bias_gradient, hidden_delta, weight_gradient, weighted_input
from nncore.examples cimport Examples, gather_answers, gather_inputs
from nncore.program cimport CONV, DENSE, POOL, Layer, Network, Workspace
from nncore.simd cimport WIDTH, bits, load, real, splat, store
from nncore.update cimport Rule, descend

cdef enum:
    MOST_ROWS = 250                 # examples that go through the layers together; a larger mini-batch is summed in parts

cdef struct Target:                 # where BP3 and BP4 go, and how
    real* sums                      # laid out as the parameters are
    real factor                     # sums = keep * sums + factor * gradient
    real keep_w
    real keep_b

cdef inline void weighted_input_of(const Network* net, Py_ssize_t l, Workspace* space, Py_ssize_t m) noexcept nogil:
    """z^l, in the place of a^l."""
    cdef const Layer* layer = &net.layers[l]
    weighted_input(space.a + space.m * layer.a_prev, layer.stride_prev, net.parameters + layer.weights,
                   net.parameters + layer.biases, space.a + space.m * layer.a, m, layer.n_prev, layer.stride)

cdef inline void activate_layer(const Network* net, Py_ssize_t l, Workspace* space, Py_ssize_t m) noexcept nogil:
    """a^l = sigma(z^l)."""
    cdef const Layer* layer = &net.layers[l]
    activate(layer.activation, space.a + space.m * layer.a, m, layer.n, layer.stride)

cdef inline void forward_layer(const Network* net, Py_ssize_t l, Workspace* space, Py_ssize_t m) noexcept nogil:
    """a^l from a^{l-1}."""
    cdef const Layer* layer = &net.layers[l]
    cdef const real* a_prev = space.a + space.m * layer.a_prev
    cdef real* a = space.a + space.m * layer.a
    if layer.kind == DENSE:
        weighted_input_of(net, l, space, m)
        activate_layer(net, l, space, m)
    elif layer.kind == CONV:
        convolve(layer, a_prev, net.parameters + layer.weights, net.parameters + layer.biases, a,
                 space.argmax + space.m * layer.argmax, l == net.first, space.scratch, m)
    elif layer.kind == POOL:
        pool(layer, a_prev, a, space.argmax + space.m * layer.argmax, m)
    else:
        move(layer, a_prev, a, m)

cdef inline void forward_pass(const Network* net, Workspace* space, Py_ssize_t m) noexcept nogil:
    """From the m inputs in the workspace to the activations of every layer."""
    cdef Py_ssize_t l
    for l in range(net.L):
        forward_layer(net, l, space, m)

cdef inline void delta_before(const Network* net, Py_ssize_t l, const real* delta, real* delta_prev, Workspace* space,
                              Py_ssize_t m) noexcept nogil:
    """BP2: delta^{l-1} from delta^l."""
    cdef const Layer* layer = &net.layers[l]
    cdef const real* a_prev = space.a + space.m * layer.a_prev
    cdef const real* w = net.parameters + layer.weights
    cdef const bits* argmax = space.argmax + space.m * layer.argmax
    if layer.kind == DENSE:
        hidden_delta(net.layers[l - 1].activation, delta, w, a_prev, delta_prev, space.scratch,
                     m, layer.n, layer.stride, layer.n_prev, layer.stride_prev)
        return
    if layer.kind == CONV:
        convolution_delta(layer, delta, argmax, w, delta_prev, space.scratch, m)
    elif layer.kind == POOL:
        pool_delta(layer, delta, argmax, delta_prev, m)
    else:
        move_delta(layer, delta, delta_prev, m)
    times_sigma_prime(net.layers[l - 1].activation, a_prev, delta_prev, m * layer.stride_prev)

cdef inline void add_gradients(const Network* net, Py_ssize_t l, real* delta, Workspace* space, Py_ssize_t m,
                               const Target* target) noexcept nogil:
    """BP3 and BP4 of a layer, into the target."""
    cdef const Layer* layer = &net.layers[l]
    cdef const real* a_prev = space.a + space.m * layer.a_prev
    cdef Py_ssize_t i = 0
    if not layer.fan_in:
        return
    while i < m * layer.stride:
        store(delta + i, splat(target.factor) * load(delta + i))
        i += WIDTH
    if layer.kind == DENSE:
        bias_gradient(delta, target.sums + layer.biases, target.keep_b, m, layer.stride)
        weight_gradient(a_prev, layer.stride_prev, delta, target.sums + layer.weights, target.keep_w, m, layer.n_prev, layer.stride)
    elif layer.kind == CONV:
        convolution_bias_gradient(layer, delta, target.sums + layer.biases, target.keep_b, m)
        convolution_weight_gradient(layer, a_prev, delta, space.argmax + space.m * layer.argmax, target.sums + layer.weights,
                                    target.keep_w, space.scratch, m)

cdef inline void backward_pass(const Network* net, Workspace* space, Py_ssize_t m, const Target* target) noexcept nogil:
    """From the activations and y in the workspace to the gradients, last layer first."""
    cdef Py_ssize_t l
    cdef const Layer* output = &net.layers[net.L - 1]
    cdef real* delta = space.delta
    cdef real* delta_prev = space.delta_prev
    output_delta(net.cost, output.activation, space.a + space.m * output.a, space.y, delta, m, output.n, output.stride)   # BP1
    for l in range(net.L - 1, net.first - 1, -1):
        if l > net.first:
            delta_before(net, l, delta, delta_prev, space, m)                                                             # BP2
        add_gradients(net, l, delta, space, m, target)                                                                    # BP3, BP4
        delta, delta_prev = delta_prev, delta

cdef inline void gather(const Network* net, const Examples* examples, const Py_ssize_t* order, Py_ssize_t first,
                        Py_ssize_t m, Workspace* space) noexcept nogil:
    """Inputs and answers of the mini-batch into the workspace."""
    gather_inputs(examples, order, first, m, space.a, net.layers[0].stride_prev)
    gather_answers(examples, order, first, m, space.y, net.layers[net.L - 1].stride)

cdef inline void backprop(const Network* net, const Examples* examples, const Py_ssize_t* order, Py_ssize_t first,
                          Py_ssize_t m, Workspace* space, real* nabla) noexcept nogil:
    """nabla = gradients summed over the mini-batch, as many examples at a time as the workspace holds."""
    cdef Py_ssize_t i = 0, some
    cdef Target target
    target.sums = nabla
    target.factor = target.keep_w = target.keep_b = 1
    memset(nabla, 0, net.size * sizeof(real))
    while i < m:
        some = min(space.m, m - i)
        gather(net, examples, order, first + i, some, space)
        forward_pass(net, space, some)
        backward_pass(net, space, some, &target)
        i += some

cdef inline bint is_fused(const Rule* rule, Py_ssize_t mini_batch_size) noexcept nogil:
    """Whether BP4 may add to the weights themselves: plain SGD with or without L2, a mini-batch that fits the workspace."""
    return rule.mu == 0 and rule.l1_over_n == 0 and mini_batch_size <= MOST_ROWS

cdef inline void update_mini_batch(const Network* net, const Rule* rule, const Examples* examples, const Py_ssize_t* order,
                                   Py_ssize_t first, Py_ssize_t m, Workspace* space, real* nabla,
                                   real* velocity) noexcept nogil:
    """One step of SGD over the mini-batch. nabla is NULL where the rule is fused."""
    cdef Py_ssize_t l
    cdef const Layer* layer
    cdef Target target
    if nabla == NULL:
        target.sums = net.parameters
        target.factor = -rule.eta / <real>m
        target.keep_w = 1 - rule.eta * rule.lmbda_over_n
        target.keep_b = 1
        gather(net, examples, order, first, m, space)
        forward_pass(net, space, m)
        backward_pass(net, space, m, &target)
        return
    backprop(net, examples, order, first, m, space, nabla)
    for l in range(net.L):
        layer = &net.layers[l]
        descend(rule, net.parameters + layer.weights, nabla + layer.weights,
                NULL if velocity == NULL else velocity + layer.weights, layer.biases - layer.weights, m, True)
        descend(rule, net.parameters + layer.biases, nabla + layer.biases,
                NULL if velocity == NULL else velocity + layer.biases, layer.end - layer.biases, m, False)
