"""The passes over all layers: feedforward, backprop and the SGD step (chapters 1 to 3).

backward_pass serves gradients and training alike. BP3 and BP4 add to a target: to nabla, for gradients; or, times -eta/m, to
the parameters themselves (with momentum: to the velocity), so that in training a row of weights is loaded, gets all m examples of
the mini-batch, and is stored, and nabla_w never exists. BP2 uses a layer's weights before its update.

Several threads may go through a pass together (team.pxd). Convolutions, pooling, activations and masks are shared out by examples;
the products of dense layers by neurons, forward of the layer, backward of the one before; gradients of filters by filters.
"""
from libc.string cimport memcpy, memset

from nncore.equations.activations cimport Activation, activate
from nncore.zeros.active cimport MOST, active_gradients, active_weighted_input, count_active
from nncore.examples.augment cimport distort_inputs
from nncore.equations.conv cimport (
    convolution_bias_gradient, convolution_delta, convolution_weight_gradient, convolve, move, move_delta, pool, pool_delta,
    times_sigma_prime,
)
from nncore.equations.costs cimport output_delta
from nncore.equations.dense cimport bias_gradient, hidden_delta, is_wide, weight_gradient, weighted_input
from nncore.equations.dropout cimport drop
from nncore.examples.batch cimport Examples, gather_answers, gather_inputs
from nncore.passes.program cimport CONV, DENSE, POOL, Layer, Network, Workspace, share
from nncore.examples.random cimport AUGMENT, DROPOUT, stream_key, word
from nncore.machine.simd cimport LANES, HWIDTH, WIDTH, bits, load, muladd, real, splat, store
from nncore.zeros.sparse cimport (
    Lazy, settle_needed, sparse_weight_gradient, sparse_weighted_input, unpack,
)
from nncore.passes.team cimport Share, wait
from nncore.equations.update cimport SGD, Rule, descend

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
    cdef Py_ssize_t stride_prev = net.layers[0].stride_prev, stride = net.layers[net.L - 1].stride
    cdef Share mine = share(space, m, 1)
    cdef Py_ssize_t i = mine.first
    m = mine.end - i
    if space.distortions != NULL:
        distort_inputs(space.distortions, stream_key(space.seed, space.epoch, AUGMENT), space.place + i, examples, order,
                       first + i, m, space.a + i * stride_prev, stride_prev, space.canvas)
    elif space.sparse != NULL:
        space.order = order + first
        unpack(space.sparse, space.order, m, space.a, stride_prev)
    else:
        gather_inputs(examples, order, first + i, m, space.a + i * stride_prev, stride_prev)
    gather_answers(examples, order, first + i, m, space.y + i * stride, stride)

cdef inline bint drops(const Layer* layer, const Workspace* space) noexcept nogil:
    """Whether some of what goes into the layer is left out."""
    return space.dropping and layer.dropout > 0

cdef inline real kept(const Layer* layer, const Workspace* space) noexcept nogil:
    """What dropout multiplies by what it keeps."""
    return 1 / (1 - layer.dropout) if drops(layer, space) else 1

cdef inline word key_of_masks(const Layer* layer, const Workspace* space) noexcept nogil:
    return stream_key(space.seed, space.epoch, DROPOUT + layer.number)

cdef inline const real* input_of(const Network* net, Py_ssize_t l, const Workspace* space) noexcept nogil:
    """x: what goes into layer l, after dropout."""
    return space.a + space.m * (net.layers[l].x if drops(&net.layers[l], space) else net.layers[l].a_prev)

cdef inline bint is_active(const Layer* layer, const real* x, Py_ssize_t m) noexcept nogil:
    """Whether a dense layer goes over its active inputs alone: behind a ReLU, where few are, and rows are worth the lists."""
    return (layer.rectified and layer.stride >= 4 * LANES and layer.n_prev < MOST
            and 3 * count_active(x, m * layer.stride_prev) <= m * layer.n_prev)

cdef inline void weighted_input_of(const Network* net, Py_ssize_t l, Workspace* space, Py_ssize_t m) noexcept nogil:
    """z^l of a dense layer, in the place of a^l."""
    cdef const Layer* layer = &net.layers[l]
    cdef const real* a_prev = space.a + space.m * layer.a_prev
    cdef const real* x = input_of(net, l, space)
    cdef real* z = space.a + space.m * layer.a
    cdef const real* w = net.parameters + layer.weights
    cdef const real* b = net.parameters + layer.biases
    cdef Share mine = share(space, m, 1)
    cdef Py_ssize_t i = mine.first * layer.stride_prev
    if l == 0 and space.sparse != NULL:
        sparse_weighted_input(space.sparse, space.order, x, layer.stride_prev, w, b, z, m, layer.stride, space.ahead)
        return
    if drops(layer, space):
        drop(layer.dropout, key_of_masks(layer, space), space.place + mine.first, a_prev + i, <real*>x + i, mine.end - mine.first,
             layer.n_prev, layer.stride_prev, 0, layer.stride_prev)
    wait(space.team)
    mine = share(space, layer.stride, LANES)
    if is_active(layer, x, m):
        active_weighted_input(x, layer.stride_prev, w, b, z, m, layer.n_prev, layer.stride, mine.first, mine.end, space.scratch)
    else:
        weighted_input(x, layer.stride_prev, w, b, z, m, layer.n_prev, layer.stride, mine.first, mine.end)
    wait(space.team)

cdef inline void activate_layer(const Network* net, Py_ssize_t l, Workspace* space, Py_ssize_t m) noexcept nogil:
    """a^l = sigma(z^l)."""
    cdef const Layer* layer = &net.layers[l]
    cdef Share mine = share(space, m, 1)
    activate(layer.activation, space.a + space.m * layer.a + mine.first * layer.stride, mine.end - mine.first, layer.n,
             layer.stride)

cdef inline void forward_layer(const Network* net, Py_ssize_t l, Workspace* space, Py_ssize_t m) noexcept nogil:
    """a^l from a^{l-1}."""
    cdef const Layer* layer = &net.layers[l]
    cdef Share mine = share(space, m, 1)
    cdef const real* a_prev = space.a + space.m * layer.a_prev + mine.first * layer.stride_prev
    cdef real* a = space.a + space.m * layer.a + mine.first * layer.stride
    cdef bits* argmax = space.argmax + space.m * layer.argmax + mine.first * layer.stride
    if layer.kind == DENSE:
        weighted_input_of(net, l, space, m)
        activate_layer(net, l, space, m)
    elif layer.kind == CONV:
        convolve(layer, a_prev, net.parameters + layer.weights, net.parameters + layer.biases, a, argmax, l == net.first,
                 space.scratch, mine.end - mine.first)
    elif layer.kind == POOL:
        pool(layer, a_prev, a, argmax, mine.end - mine.first)
    else:
        move(layer, a_prev, a, mine.end - mine.first)

cdef inline void forward_pass(const Network* net, Workspace* space, Py_ssize_t m) noexcept nogil:
    """From the m inputs in the workspace to the activations of every layer."""
    cdef Py_ssize_t l
    wait(space.team)                                        # for the parameters of the step before
    for l in range(net.L):
        forward_layer(net, l, space, m)

cdef inline void output_error(const Network* net, Workspace* space, Py_ssize_t m, real* delta) noexcept nogil:
    """BP1: delta^L from the activations and y in the workspace."""
    cdef const Layer* output = &net.layers[net.L - 1]
    cdef Share mine = share(space, m, 1)
    cdef Py_ssize_t i = mine.first * output.stride
    output_delta(net.cost, output.activation, space.a + space.m * output.a + i, space.y + i, delta + i, mine.end - mine.first,
                 output.n, output.stride)

cdef inline void delta_before(const Network* net, Py_ssize_t l, const real* delta, real* delta_prev, Workspace* space,
                              Py_ssize_t m) noexcept nogil:
    """BP2: delta^{l-1} from delta^l."""
    cdef const Layer* layer = &net.layers[l]
    cdef Activation activation_prev = net.layers[l - 1].activation
    cdef const real* a_prev = space.a + space.m * layer.a_prev
    cdef const real* w = net.parameters + layer.weights
    cdef const bits* argmax = space.argmax + space.m * layer.argmax
    cdef Share mine
    if layer.kind == DENSE:
        mine = share(space, layer.stride_prev, LANES)
        hidden_delta(activation_prev, delta, w, a_prev, delta_prev, space.scratch, m, layer.n, layer.stride, layer.n_prev,
                     layer.stride_prev, mine.first, mine.end)
        if drops(layer, space):
            drop(layer.dropout, key_of_masks(layer, space), space.place, delta_prev, delta_prev, m, layer.n_prev, layer.stride_prev,
                 mine.first, mine.end)
        return
    mine = share(space, m, 1)
    m = mine.end - mine.first
    a_prev += mine.first * layer.stride_prev
    delta_prev += mine.first * layer.stride_prev
    delta += mine.first * layer.stride
    argmax += mine.first * layer.stride
    if layer.kind == CONV:
        convolution_delta(layer, delta, argmax, w, delta_prev, space.scratch, m)
    elif layer.kind == POOL:
        pool_delta(layer, delta, argmax, delta_prev, m)
    else:
        move_delta(layer, delta, delta_prev, m)
    times_sigma_prime(activation_prev, a_prev, delta_prev, m * layer.stride_prev)

cdef inline void add_dense_gradients(const Network* net, Py_ssize_t l, const real* delta, Workspace* space, Py_ssize_t m,
                                     const Target* target, real* delta_prev) noexcept nogil:
    """BP3 and BP4 of a dense layer, into the target; where delta_prev is not NULL, BP2 on the way: see backward_layer."""
    cdef const Layer* layer = &net.layers[l]
    cdef const real* x = input_of(net, l, space)
    cdef const real* w = net.parameters + layer.weights
    cdef real* nabla_w = target.sums + layer.weights
    cdef real* step = space.scratch                         # delta times what it is multiplied by in the target
    cdef Share mine = share(space, layer.stride, LANES)
    cdef Py_ssize_t i
    multiply(delta, target.factor, step, m * layer.stride)
    bias_gradient(step, target.sums + layer.biases, target.keep_b, m, layer.stride, mine.first, mine.end)
    if target.stepping:
        multiply(step, layer.eta_scale, step, m * layer.stride)
    mine = share(space, layer.stride_prev, LANES)
    if delta_prev != NULL:
        for i in range(m):
            memset(delta_prev + i * layer.stride_prev + mine.first, 0, (mine.end - mine.first) * sizeof(real))
    mine.end = min(mine.end, layer.n_prev)
    if l == 0 and space.sparse != NULL:
        multiply(step, 1 / target.ahead, step, m * layer.stride)
        sparse_weight_gradient(space.sparse, space.order, x, layer.stride_prev, step, nabla_w, m, layer.stride)
    elif is_active(layer, x, m):
        active_gradients(x, layer.stride_prev, step, nabla_w, target.keep_w, delta, w, kept(layer, space), delta_prev,
                         m, layer.stride, mine.first, mine.end)
    else:
        weight_gradient(x, layer.stride_prev, step, nabla_w, target.keep_w, m, layer.stride, mine.first, mine.end)

cdef inline void add_convolution_gradients(const Network* net, Py_ssize_t l, real* delta, Workspace* space, Py_ssize_t m,
                                           const Target* target) noexcept nogil:
    """BP3 and BP4 of a convolution, into the target. delta is multiplied by the target's factor."""
    cdef const Layer* layer = &net.layers[l]
    cdef Share mine = share(space, m, 1)
    multiply(delta + mine.first * layer.stride, target.factor, delta + mine.first * layer.stride,
             (mine.end - mine.first) * layer.stride)
    wait(space.team)
    mine = share(space, layer.w_stride, HWIDTH)
    convolution_bias_gradient(layer, delta, target.sums + layer.biases, target.keep_b, m, mine.first, mine.end)
    mine = share(space, layer.maps.channels, 2)
    convolution_weight_gradient(layer, input_of(net, l, space), delta, space.argmax + space.m * layer.argmax,
                                target.sums + layer.weights, target.keep_w, space.scratch, m, mine.first, mine.end)

cdef inline void backward_layer(const Network* net, Py_ssize_t l, real* delta, real* delta_prev, Workspace* space, Py_ssize_t m,
                                const Target* target) noexcept nogil:
    """BP2, unless it is the first layer, then BP3 and BP4. Of a wide layer with few active inputs they are one pass over w."""
    cdef const Layer* layer = &net.layers[l]
    cdef bint together = (l > net.first and layer.kind == DENSE and is_wide(layer.stride)
                          and is_active(layer, input_of(net, l, space), m))
    wait(space.team)                                        # for delta
    if l > net.first and not together:
        delta_before(net, l, delta, delta_prev, space, m)
    if layer.kind == DENSE:
        add_dense_gradients(net, l, delta, space, m, target, delta_prev if together else NULL)
    elif layer.kind == CONV:
        add_convolution_gradients(net, l, delta, space, m, target)

cdef inline void backward_pass(const Network* net, Workspace* space, Py_ssize_t m, const Target* target) noexcept nogil:
    """From the activations and y in the workspace to the gradients, last layer first."""
    cdef Py_ssize_t l
    cdef real* delta = space.delta
    cdef real* delta_prev = space.delta_prev
    output_error(net, space, m, delta)                                                                          # BP1
    for l in range(net.L - 1, net.first - 1, -1):
        backward_layer(net, l, delta, delta_prev, space, m, target)                                             # BP2, BP3, BP4
        delta, delta_prev = delta_prev, delta
    wait(space.team)

cdef inline void multiply(const real* vector, real factor, real* product, Py_ssize_t count) noexcept nogil:
    """product = factor * vector, which may be the same."""
    cdef Py_ssize_t i = 0
    if factor == 1 and product == vector:
        return
    while i < count:
        store(product + i, splat(factor) * load(vector + i))
        i += WIDTH

cdef inline void backprop(const Network* net, const Examples* examples, const Py_ssize_t* order, Py_ssize_t first,
                          Py_ssize_t m, Workspace* space, real* nabla) noexcept nogil:
    """nabla = gradients summed over the mini-batch, as many examples at a time as the workspace holds."""
    cdef Py_ssize_t i = 0, some, place = space.place
    cdef Target target = Target(nabla, 1, 1, 1, False, 1)
    cdef Share mine = share(space, net.size, LANES)
    memset(nabla + mine.first, 0, (mine.end - mine.first) * sizeof(real))
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

cdef inline void decay_velocity(const Network* net, const Rule* rule, Workspace* space, const State* state) noexcept nogil:
    """v = mu v - eta lmbda/n w, where rows do not wait for it."""
    cdef Py_ssize_t l, i, end
    cdef const Layer* layer
    cdef Share mine
    for l in range(net.L):
        layer = &net.layers[l]
        mine = share(space, layer.biases - layer.weights, LANES)
        i, end = layer.weights + mine.first, layer.weights + mine.end
        while i < end and not (l == 0 and state.lazy != NULL):
            store(state.v + i, muladd(splat(<real>(-rule.eta * rule.lmbda_over_n)), load(net.parameters + i),
                                      splat(<real>rule.mu) * load(state.v + i)))
            i += WIDTH
        mine = share(space, layer.end - layer.biases, LANES)
        i = layer.biases + mine.first
        multiply(state.v + i, <real>rule.mu, state.v + i, mine.end - mine.first)

cdef inline void follow_velocity(const Network* net, Workspace* space, const State* state) noexcept nogil:
    """w += v, b += v, where rows do not wait for it."""
    cdef Py_ssize_t first = net.layers[0].biases if state.lazy != NULL else 0
    cdef Share mine = share(space, net.size - first, LANES)
    cdef Py_ssize_t i = first + mine.first
    while i < first + mine.end:
        store(net.parameters + i, load(net.parameters + i) + load(state.v + i))
        i += WIDTH

cdef inline void follow_gradients(const Network* net, const Rule* rule, Py_ssize_t m, Py_ssize_t t, Workspace* space,
                                  const State* state) noexcept nogil:
    """Step t along state.nabla, as the rule says."""
    cdef Py_ssize_t l, i
    cdef const Layer* layer
    cdef Share mine
    for l in range(net.L):
        layer = &net.layers[l]
        mine = share(space, layer.biases - layer.weights, LANES)
        i = layer.weights + mine.first
        multiply(state.nabla + i, layer.eta_scale, state.nabla + i, mine.end - mine.first)
        descend(rule, net.parameters + i, state.nabla + i, at(state.v, i), at(state.s, i), mine.end - mine.first, m, t, True)
        mine = share(space, layer.end - layer.biases, LANES)
        i = layer.biases + mine.first
        descend(rule, net.parameters + i, state.nabla + i, at(state.v, i), at(state.s, i), mine.end - mine.first, m, t, False)

cdef inline void update_mini_batch(const Network* net, const Rule* rule, const Examples* examples, const Py_ssize_t* order,
                                   Py_ssize_t first, Py_ssize_t m, Py_ssize_t t, Workspace* space,
                                   const State* state) noexcept nogil:
    """Step t (from 1) of SGD, over one mini-batch."""
    cdef Target target = Target(net.parameters, <real>(-rule.eta / m), <real>(1 - rule.eta * rule.lmbda_over_n), 1, True, 1)
    if state.nabla != NULL:
        backprop(net, examples, order, first, m, space, state.nabla)
        follow_gradients(net, rule, m, t, space, state)
        wait(space.team)                                        # before nabla is zeros again
        return
    gather(net, examples, order, first, m, space)
    if state.lazy != NULL:
        settle_needed(space.sparse, space.order, m, state.lazy, net.parameters + net.layers[0].weights,
                      at(state.v, net.layers[0].weights), net.layers[0].stride)
        target.ahead = <real>(rule.mu if rule.mu != 0 else 1 - state.lazy.c)
        state.lazy.step += 1
    forward_pass(net, space, m)
    if rule.mu != 0:
        decay_velocity(net, rule, space, state)                 # all wait before BP4 adds to it
        target.sums = state.v
        target.keep_w = 1
    backward_pass(net, space, m, &target)
    if rule.mu != 0:
        follow_velocity(net, space, state)

cdef inline real* at(real* vector, Py_ssize_t place) noexcept nogil:
    return NULL if vector == NULL else vector + place
