"""The passes over all layers: feedforward, backprop and the SGD step (chapters 1 to 3).

backward_pass serves gradients and training alike. BP3 and BP4 add to a target: to nabla, for gradients; or, times -eta/m, to
the parameters themselves (with momentum: to the velocity), so that in training a row of weights is loaded, gets all m examples of
the mini-batch, and is stored, and nabla_w never exists. BP2 uses a layer's weights before its update.
"""
from libc.string cimport memcpy, memset

from nncore.activations cimport activate
from nncore.active cimport MOST, active_gradients, active_weighted_input, mostly_zero
from nncore.augment cimport distort_inputs
from nncore.conv cimport (
    convolution_bias_gradient, convolution_delta, convolution_weight_gradient, convolve, move, move_delta, pool, pool_delta,
    times_sigma_prime,
)
from nncore.costs cimport output_delta
from nncore.dense cimport bias_gradient, hidden_delta, is_wide, weight_gradient, weighted_input
from nncore.dropout cimport drop
from nncore.examples cimport Examples, gather_answers, gather_inputs
from nncore.program cimport CONV, DENSE, POOL, Layer, Network, Workspace
from nncore.random cimport AUGMENT, DROPOUT, stream_key
from nncore.simd cimport LANES, WIDTH, bits, load, muladd, real, splat, store
from nncore.sparse cimport (
    Lazy, settle_needed, sparse_weight_gradient, sparse_weighted_input, unpack,
)
from nncore.update cimport SGD, Rule, descend

cdef enum:
    MOST_ROWS = 250                 # examples that go through the layers together; a larger mini-batch is summed in parts

cdef struct Target:                 # where BP3 and BP4 go: sums = keep * sums + factor * gradient
    real* sums                      # laid out as the parameters are
    real factor
    real keep_w
    real keep_b
    bint stepping                   # whether a layer's eta_scale counts: not where the gradients themselves are wanted
    real ahead                      # 1, or what the sparse first layer's gradient is divided by (sparse.pxd)

cdef struct State:                  # what an update rule remembers, each laid out as the parameters are, or NULL
    real* v
    real* s
    real* nabla                     # scratch of the general path; NULL where the rule is fused
    Lazy* lazy                      # of the sparse first layer; NULL where its rows have nothing to wait for

cdef inline void gather(const Network* net, const Examples* examples, const Py_ssize_t* order, Py_ssize_t first,
                        Py_ssize_t m, Workspace* space) noexcept nogil:
    """Inputs and answers of the mini-batch into the workspace."""
    if space.distortions != NULL:
        distort_inputs(space.distortions, stream_key(space.seed, space.epoch, AUGMENT), space.place, examples, order, first, m,
                       space.a, net.layers[0].stride_prev, space.canvas)
    elif space.sparse != NULL:
        space.order = order + first
        unpack(space.sparse, space.order, m, space.a, net.layers[0].stride_prev)
    else:
        gather_inputs(examples, order, first, m, space.a, net.layers[0].stride_prev)
    gather_answers(examples, order, first, m, space.y, net.layers[net.L - 1].stride)

cdef inline void drop_for(const Network* net, Py_ssize_t l, const Workspace* space, const real* a, real* x,
                          Py_ssize_t m) noexcept nogil:
    """Leave out of what goes into layer l, or of the error that comes back, what its mask leaves out."""
    drop(net.layers[l].dropout, stream_key(space.seed, space.epoch, DROPOUT + net.layers[l].number), space.place, a, x, m,
         net.layers[l].n_prev, net.layers[l].stride_prev)

cdef inline bint drops(const Layer* layer, const Workspace* space) noexcept nogil:
    """Whether some of what goes into the layer is left out."""
    return space.dropping and layer.dropout > 0

cdef inline real kept(const Layer* layer, const Workspace* space) noexcept nogil:
    """What dropout multiplies by what it keeps."""
    return 1 / (1 - layer.dropout) if drops(layer, space) else 1

cdef inline const real* input_of(const Network* net, Py_ssize_t l, const Workspace* space) noexcept nogil:
    """x: what goes into layer l, after dropout."""
    return space.a + space.m * (net.layers[l].x if drops(&net.layers[l], space) else net.layers[l].a_prev)

cdef inline bint is_active(const Layer* layer, const real* x, Py_ssize_t m) noexcept nogil:
    """Whether a dense layer goes over its active inputs alone: behind a ReLU, where few are, and rows are worth the lists."""
    return (layer.rectified and layer.stride >= 4 * LANES and layer.n_prev < MOST
            and mostly_zero(x, m * layer.stride_prev))

cdef inline void weighted_input_of(const Network* net, Py_ssize_t l, Workspace* space, Py_ssize_t m) noexcept nogil:
    """z^l, in the place of a^l."""
    cdef const Layer* layer = &net.layers[l]
    cdef const real* x = input_of(net, l, space)
    cdef real* z = space.a + space.m * layer.a
    cdef const real* w = net.parameters + layer.weights
    cdef const real* b = net.parameters + layer.biases
    if l == 0 and space.sparse != NULL:
        sparse_weighted_input(space.sparse, space.order, x, layer.stride_prev, w, b, z, m, layer.stride, space.ahead)
        return
    if drops(layer, space):
        drop_for(net, l, space, space.a + space.m * layer.a_prev, space.a + space.m * layer.x, m)
    if is_active(layer, x, m):
        active_weighted_input(x, layer.stride_prev, w, b, z, m, layer.n_prev, layer.stride, 0, layer.stride, space.scratch)
    else:
        weighted_input(x, layer.stride_prev, w, b, z, m, layer.n_prev, layer.stride)

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
        if drops(layer, space):
            drop_for(net, l, space, delta_prev, delta_prev, m)
        return
    if layer.kind == CONV:
        convolution_delta(layer, delta, argmax, w, delta_prev, space.scratch, m)
    elif layer.kind == POOL:
        pool_delta(layer, delta, argmax, delta_prev, m)
    else:
        move_delta(layer, delta, delta_prev, m)
    times_sigma_prime(net.layers[l - 1].activation, a_prev, delta_prev, m * layer.stride_prev)

cdef inline void add_gradients(const Network* net, Py_ssize_t l, real* step, Workspace* space, Py_ssize_t m,
                               const Target* target, const real* delta, real* delta_prev) noexcept nogil:
    """BP3 and BP4 of a layer, into the target. step is delta^l, and is scaled here.

    Where delta_prev is not NULL, BP2 is done on the way, with delta, which is delta^l to stay: see backward_layer.
    """
    cdef const Layer* layer = &net.layers[l]
    cdef const real* x = input_of(net, l, space)
    cdef const real* w = net.parameters + layer.weights
    cdef real* nabla_w = target.sums + layer.weights
    cdef real* nabla_b = target.sums + layer.biases
    if not layer.fan_in:
        return
    scale(step, target.factor, m * layer.stride)
    if layer.kind == CONV:
        convolution_bias_gradient(layer, step, nabla_b, target.keep_b, m)
        convolution_weight_gradient(layer, x, step, space.argmax + space.m * layer.argmax, nabla_w, target.keep_w, space.scratch, m)
        return
    bias_gradient(step, nabla_b, target.keep_b, m, layer.stride)
    if target.stepping:
        scale(step, layer.eta_scale, m * layer.stride)
    if l == 0 and space.sparse != NULL:
        scale(step, 1 / target.ahead, m * layer.stride)
        sparse_weight_gradient(space.sparse, space.order, x, layer.stride_prev, step, nabla_w, m, layer.stride)
    elif is_active(layer, x, m):
        active_gradients(x, layer.stride_prev, step, nabla_w, target.keep_w, delta, w, kept(layer, space), delta_prev,
                         m, layer.stride, 0, layer.n_prev)
    else:
        weight_gradient(x, layer.stride_prev, step, nabla_w, target.keep_w, m, layer.n_prev, layer.stride)

cdef inline void backward_layer(const Network* net, Py_ssize_t l, real* delta, real* delta_prev, Workspace* space, Py_ssize_t m,
                                const Target* target) noexcept nogil:
    """BP2, BP3 and BP4 of a layer, which leave in delta what they like. Of a wide layer with few active inputs they are one pass
    over the weights."""
    cdef const Layer* layer = &net.layers[l]
    if l == net.first:
        add_gradients(net, l, delta, space, m, target, NULL, NULL)
    elif layer.kind == DENSE and is_wide(layer.stride) and is_active(layer, input_of(net, l, space), m):
        memcpy(space.scratch, delta, m * layer.stride * sizeof(real))
        memset(delta_prev, 0, m * layer.stride_prev * sizeof(real))
        add_gradients(net, l, space.scratch, space, m, target, delta, delta_prev)
    else:
        delta_before(net, l, delta, delta_prev, space, m)
        add_gradients(net, l, delta, space, m, target, NULL, NULL)

cdef inline void backward_pass(const Network* net, Workspace* space, Py_ssize_t m, const Target* target) noexcept nogil:
    """From the activations and y in the workspace to the gradients, last layer first."""
    cdef Py_ssize_t l
    cdef const Layer* output = &net.layers[net.L - 1]
    cdef real* delta = space.delta
    cdef real* delta_prev = space.delta_prev
    output_delta(net.cost, output.activation, space.a + space.m * output.a, space.y, delta, m, output.n, output.stride)   # BP1
    for l in range(net.L - 1, net.first - 1, -1):
        backward_layer(net, l, delta, delta_prev, space, m, target)                                           # BP2, BP3, BP4
        delta, delta_prev = delta_prev, delta

cdef inline void scale(real* delta, real factor, Py_ssize_t count) noexcept nogil:
    """delta *= factor"""
    cdef Py_ssize_t i = 0
    if factor != 1:
        while i < count:
            store(delta + i, splat(factor) * load(delta + i))
            i += WIDTH

cdef inline void backprop(const Network* net, const Examples* examples, const Py_ssize_t* order, Py_ssize_t first,
                          Py_ssize_t m, Workspace* space, real* nabla) noexcept nogil:
    """nabla = gradients summed over the mini-batch, as many examples at a time as the workspace holds."""
    cdef Py_ssize_t i = 0, some, place = space.place
    cdef Target target = Target(nabla, 1, 1, 1, False, 1)
    memset(nabla, 0, net.size * sizeof(real))
    while i < m:
        some = min(space.m, m - i)
        space.place = place + i
        space.ahead = m - i - some
        gather(net, examples, order, first + i, some, space)
        forward_pass(net, space, some)
        backward_pass(net, space, some, &target)
        i += some

cdef inline bint is_fused(const Rule* rule, Py_ssize_t mini_batch_size) noexcept nogil:
    """Whether BP4 may add to the weights or the velocity itself: the book's SGD, a mini-batch that fits the workspace."""
    return rule.kind == SGD and rule.l1_over_n == 0 and mini_batch_size <= MOST_ROWS

cdef inline void decay_velocity(const Network* net, const Rule* rule, const State* state) noexcept nogil:
    """v = mu v - eta lmbda/n w, where rows do not wait for it."""
    cdef Py_ssize_t l, i
    cdef const Layer* layer
    for l in range(net.L):
        layer = &net.layers[l]
        i = layer.weights
        while i < layer.biases and not (l == 0 and state.lazy != NULL):
            store(state.v + i, muladd(splat(<real>(-rule.eta * rule.lmbda_over_n)), load(net.parameters + i),
                                      splat(<real>rule.mu) * load(state.v + i)))
            i += WIDTH
        scale(state.v + layer.biases, <real>rule.mu, layer.end - layer.biases)

cdef inline void follow_velocity(const Network* net, const State* state) noexcept nogil:
    """w += v, b += v, where rows do not wait for it."""
    cdef Py_ssize_t i = net.layers[0].biases if state.lazy != NULL else 0
    while i < net.size:
        store(net.parameters + i, load(net.parameters + i) + load(state.v + i))
        i += WIDTH

cdef inline void update_mini_batch(const Network* net, const Rule* rule, const Examples* examples, const Py_ssize_t* order,
                                   Py_ssize_t first, Py_ssize_t m, Py_ssize_t t, Workspace* space,
                                   const State* state) noexcept nogil:
    """Step t (from 1) of SGD, over one mini-batch."""
    cdef Py_ssize_t l
    cdef const Layer* layer
    cdef Target target = Target(net.parameters, <real>(-rule.eta / m), <real>(1 - rule.eta * rule.lmbda_over_n), 1, True, 1)
    if state.nabla != NULL:
        backprop(net, examples, order, first, m, space, state.nabla)
        for l in range(net.L):
            layer = &net.layers[l]
            scale(state.nabla + layer.weights, layer.eta_scale, layer.biases - layer.weights)
            descend(rule, net.parameters + layer.weights, state.nabla + layer.weights, at(state.v, layer.weights),
                    at(state.s, layer.weights), layer.biases - layer.weights, m, t, True)
            descend(rule, net.parameters + layer.biases, state.nabla + layer.biases, at(state.v, layer.biases),
                    at(state.s, layer.biases), layer.end - layer.biases, m, t, False)
        return
    gather(net, examples, order, first, m, space)
    if state.lazy != NULL:
        settle_needed(space.sparse, space.order, m, state.lazy, net.parameters + net.layers[0].weights,
                      at(state.v, net.layers[0].weights), net.layers[0].stride)
        target.ahead = <real>(rule.mu if rule.mu != 0 else 1 - state.lazy.c)
        state.lazy.step += 1
    forward_pass(net, space, m)
    if rule.mu != 0:
        decay_velocity(net, rule, state)
        target.sums = state.v
        target.keep_w = 1
    backward_pass(net, space, m, &target)
    if rule.mu != 0:
        follow_velocity(net, state)

cdef inline real* at(real* vector, Py_ssize_t place) noexcept nogil:
    return NULL if vector == NULL else vector + place
