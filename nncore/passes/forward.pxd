"""Steps 1 and 2 of chapter 2's algorithm, over a mini-batch of m examples.

  1 input         a^1 = x, and the desired outputs y
  2 feedforward   for each layer: z^l = w^l a^{l-1} + b^l, a^l = sigma(z^l)

Which thread does what is in team.pxd and in the functions of workspace.pxd that say `mine`; it changes no number.
"""
from nncore.equations.activations cimport activate
from nncore.equations.conv cimport convolve
from nncore.equations.dense cimport weighted_input
from nncore.equations.dropout cimport drop
from nncore.equations.layer cimport CONV, DENSE, POOL, Layer
from nncore.equations.pooling cimport pool, relayout
from nncore.equations.product cimport Matrix, Share
from nncore.examples.augment cimport distort_inputs
from nncore.examples.batch cimport Examples, gather_answers, gather_inputs
from nncore.machine.memory cimport count_nonzero
from nncore.machine.random cimport AUGMENT, DROPOUT, stream_key, word
from nncore.machine.simd cimport LANES, real
from nncore.passes.program cimport Network, weights_in
from nncore.passes.team cimport wait
from nncore.passes.workspace cimport (
    ConvScratch, DenseScratch, Workspace, a_of, a_prev_of, argmax_of, conv_scratch, dense_scratch, drops, first_of_mine, input_of,
    mine, share, y_of,
)
from nncore.zeros.active cimport MOST_INPUTS, active_weighted_input
from nncore.zeros.sparse cimport sparse_weighted_input, unpack

cdef inline void gather(const Network* net, const Examples* examples, const Py_ssize_t* order, Py_ssize_t first,
                        Py_ssize_t m, Workspace* work) noexcept nogil:
    """Step 1: the inputs x and the desired outputs y of the examples order[first] .. order[first+m-1]."""
    cdef Matrix x = mine(work, a_prev_of(&net.layers[0], work, m))
    cdef Py_ssize_t i = first_of_mine(work, m)
    if work.distortions != NULL:
        distort_inputs(work.distortions, stream_key(work.seed, work.epoch, AUGMENT), work.position + i, examples, order, first + i,
                       x, work.canvas)
    elif work.sparse != NULL:
        work.order = order + first
        unpack(work.sparse, work.order, x.rows, x.x, x.row)
    else:
        gather_inputs(examples, order, first + i, x)
    gather_answers(examples, order, first + i, mine(work, y_of(net, work, m)))

cdef inline word key_of_masks(const Layer* layer, const Workspace* work) noexcept nogil:
    """The key of the layer's dropout masks."""
    return stream_key(work.seed, work.epoch, DROPOUT + layer.number)

cdef inline bint is_active(const Layer* layer, Matrix x) noexcept nogil:
    """Whether a dense layer goes over its active inputs alone: behind a ReLU, where few are, and rows are worth the lists."""
    return (layer.rectified and layer.stride >= 4 * LANES and layer.n_prev < MOST_INPUTS
            and 3 * count_nonzero(x.x, x.rows * x.row) <= x.rows * layer.n_prev)

cdef inline void drop_inputs(const Layer* layer, Workspace* work, Py_ssize_t m) noexcept nogil:
    """x = mask * a_prev / (1 - p), where the layer has dropout."""
    cdef Matrix a_prev = mine(work, a_prev_of(layer, work, m))
    if drops(layer, work):
        drop(layer.dropout, key_of_masks(layer, work), work.position + first_of_mine(work, m), a_prev,
             mine(work, input_of(layer, work, m)), Share(0, layer.stride_prev))

cdef inline void weighted_inputs(const Network* net, Py_ssize_t l, Workspace* work, Py_ssize_t m) noexcept nogil:
    """z^l = w^l a^{l-1} + b^l of a dense layer, in the memory of a^l.

    Whether the layer goes over its active inputs alone is decided here, for backward_pass too: work.active[l].
    """
    cdef const Layer* layer = &net.layers[l]
    cdef Matrix x = input_of(layer, work, m), z = a_of(layer, work, m), w = weights_in(net.parameters, layer)
    cdef const real* b = net.parameters + layer.biases
    cdef DenseScratch scratch
    cdef Share neurons = share(work, layer.stride, LANES)
    if l == 0 and work.sparse != NULL:
        sparse_weighted_input(work.sparse, work.order, x, w, b, z, work.n_after)
        return
    drop_inputs(layer, work, m)
    wait(work.team)                                         # for x
    work.active[l] = is_active(layer, x)
    if work.active[l]:
        scratch = dense_scratch(layer, work.m, work.scratch)
        active_weighted_input(x, w, b, z, scratch.value, scratch.index, neurons)
    else:
        weighted_input(x, w, b, z, neurons)
    wait(work.team)                                         # for z

cdef inline void activate_layer(const Layer* layer, Workspace* work, Py_ssize_t m) noexcept nogil:
    """a^l = sigma(z^l) of a dense layer."""
    activate(layer.activation, mine(work, a_of(layer, work, m)))

cdef inline void forward_layer(const Network* net, Py_ssize_t l, Workspace* work, Py_ssize_t m) noexcept nogil:
    """a^l from a^{l-1}."""
    cdef const Layer* layer = &net.layers[l]
    cdef Matrix a_prev, a
    cdef ConvScratch scratch
    if layer.kind == DENSE:
        weighted_inputs(net, l, work, m)                                # z^l = w^l a^{l-1} + b^l
        activate_layer(layer, work, m)                                  # a^l = sigma(z^l)
        return
    a_prev, a = mine(work, a_prev_of(layer, work, m)), mine(work, a_of(layer, work, m))
    if layer.kind == CONV:
        scratch = conv_scratch(layer, work.m, work.scratch)
        convolve(layer, a_prev, net.parameters + layer.weights, net.parameters + layer.biases, a,
                 argmax_of(layer, work, first_of_mine(work, m)), scratch.z_rows, scratch.spans if l == net.first else NULL)
    elif layer.kind == POOL:
        pool(layer, a_prev, a, argmax_of(layer, work, first_of_mine(work, m)))
    else:
        relayout(layer, a_prev, a)

cdef inline void forward_pass(const Network* net, Workspace* work, Py_ssize_t m) noexcept nogil:
    """Step 2: the activations of every layer, from the inputs in the workspace."""
    cdef Py_ssize_t l
    wait(work.team)                                         # for the parameters of the step before
    for l in range(net.L):
        forward_layer(net, l, work, m)
