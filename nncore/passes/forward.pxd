"""Steps 1 and 2 of chapter 2's algorithm, over a mini-batch of m examples.

  1 input         a^1 = x, and the desired outputs y
  2 feedforward   for each layer: z^l = w^l a^{l-1} + b^l, a^l = sigma(z^l)

L is the number of layers, the input not counted; n is the number of neurons of layer l, n_prev that of the layer before. Each
example is a row, so a^l and z^l are matrices (m, n).

Several threads may run a pass together: share, mine and first_of_mine (workspace.pxd) say which part a thread does, and wait
(team.pxd) waits for the others. They change no number.
"""
from nncore.equations.activations cimport activate
from nncore.equations.conv cimport convolve
from nncore.equations.dense cimport weighted_input
from nncore.equations.dropout cimport drop
from nncore.equations.layer cimport CONV, DENSE, POOL, Layer
from nncore.equations.pooling cimport pool, relayout
from nncore.equations.product cimport Matrix, Share, clear, some_columns, some_rows
from nncore.examples.augment cimport distort_inputs
from nncore.examples.batch cimport Examples, gather_answers, gather_inputs, gather_weights
from nncore.machine.memory cimport count_nonzero
from nncore.machine.random cimport AUGMENT, DROPOUT, stream_key, word
from nncore.machine.simd cimport LANES, real
from nncore.passes.program cimport Network, weights_in
from nncore.passes.team cimport wait
from nncore.passes.workspace cimport (
    Block, ConvScratch, DenseScratch, Workspace, a_of, a_prev_of, argmax_of, block_in, block_of, conv_scratch, dense_scratch, drops,
    fetched_part, first_of_mine, input_of, mine, used, y_of,
)
from nncore.zeros.active cimport MOST_INPUTS, active_weighted_input
from nncore.zeros.fetch cimport Fetched, entries_of, fetch
from nncore.zeros.sparse cimport sparse_weighted_input

cdef inline void gather_entries(const Py_ssize_t* order, Py_ssize_t first, Py_ssize_t m, Workspace* work) noexcept nogil:
    """Step 1 for a first layer over its non-zero inputs: fetch those of this mini-batch and the next, if they are not there."""
    cdef Fetched* fetched = &work.fetched
    cdef Py_ssize_t n
    if not fetched.first <= first < fetched.end:
        n = min(fetched.most, m + work.n_after)
        fetched.part, fetched.first, fetched.end = 1 - fetched.part, first, first + n
        fetch(work.sparse, order + first, n, fetched_part(work, n), fetched)
        wait(work.team if work.split_a < 0 else work.meeting)       # for what the others fetch
    work.entries = entries_of(fetched, first)

cdef inline void gather(const Network* net, const Examples* examples, const Py_ssize_t* order, Py_ssize_t first,
                        Py_ssize_t m, Workspace* work) noexcept nogil:
    """Step 1: fetch the examples order[first] .. order[first+m-1]: inputs x (m, n_in), desired outputs y (m, n_out) and weights."""
    cdef Matrix x = mine(work, a_prev_of(&net.layers[0], work, m))
    cdef Py_ssize_t i = first_of_mine(work, m)
    if work.distortions != NULL:
        distort_inputs(work.distortions, stream_key(work.seed, work.epoch, AUGMENT), work.position + i, examples, order, first + i,
                       x, work.canvas)
    elif work.sparse != NULL:
        gather_entries(order, first, m, work)
    else:
        gather_inputs(examples, order, first + i, x)
    gather_answers(examples, order, first + i, mine(work, y_of(net, work, m)))
    work.weighted = examples.weights != NULL
    if work.weighted:
        gather_weights(examples, order, first + i, x.rows, work.weights + i)

cdef inline word key_of_masks(const Layer* layer, const Workspace* work) noexcept nogil:
    """The random key of the layer's dropout masks in this epoch."""
    return stream_key(work.seed, work.epoch, DROPOUT + layer.number)

cdef inline bint is_active(const Layer* layer, Matrix x) noexcept nogil:
    """Whether a dense layer with the inputs x (m, n_prev) reads its active inputs alone.

    It does behind a ReLU, if at most a third of the inputs are not zero and the rows of w are long enough to repay the lists.
    """
    return (layer.rectified and layer.stride >= 4 * LANES and layer.n_prev < MOST_INPUTS
            and 3 * count_nonzero(x.x, x.rows * x.row) <= x.rows * layer.n_prev)

cdef inline void drop_inputs(const Layer* layer, Workspace* work, Py_ssize_t m) noexcept nogil:
    """x = mask * a_prev / (1 - p), both (m, n_prev), if the layer has dropout; else nothing is done, and x is a_prev."""
    cdef Matrix a_prev = mine(work, a_prev_of(layer, work, m))
    if drops(layer, work):
        drop(layer.dropout, key_of_masks(layer, work), work.position + first_of_mine(work, m), a_prev,
             mine(work, input_of(layer, work, m)), Share(0, layer.stride_prev))

cdef inline void weighted_inputs(const Network* net, Py_ssize_t l, Workspace* work, Py_ssize_t m) noexcept nogil:
    """Write this thread's block of z^l = w^l a^{l-1} + b^l (m, n), of a dense layer, into the memory of a^l.

    This also decides, for backward_pass too, whether the layer reads its active inputs alone: work.active[l].
    """
    cdef const Layer* layer = &net.layers[l]
    cdef Block block = block_of(work, layer.a, m, layer.stride)
    cdef Share columns = used(layer, block.columns)
    cdef Matrix x = input_of(layer, work, m), z = some_columns(some_rows(a_of(layer, work, m), block.rows), columns)
    cdef Matrix w = some_columns(weights_in(net.parameters, layer), columns)
    cdef const real* b = net.parameters + layer.biases + columns.first
    cdef DenseScratch scratch
    wait(work.team)                                         # for a_prev, and for the parameters of the step before
    if columns.end < block.columns.end:                     # the padding that no register of neurons covers
        clear(some_columns(some_rows(a_of(layer, work, m), block.rows), Share(columns.end, block.columns.end)))
    if l == 0 and work.sparse != NULL:
        sparse_weighted_input(work.entries + block.rows.first, w, b, z)
        return
    if drops(layer, work):
        drop_inputs(layer, work, m)
        wait(work.team)                                     # for x
    work.active[l] = is_active(layer, x)
    x = some_rows(x, block.rows)
    if work.active[l]:
        scratch = dense_scratch(layer, work.m, work.scratch)
        active_weighted_input(x, w, b, z, scratch.value, scratch.index)
    else:
        weighted_input(x, w, b, z)

cdef inline void activate_layer(const Network* net, Py_ssize_t l, Workspace* work, Py_ssize_t m) noexcept nogil:
    """Replace z^l (m, n) of a dense layer by a^l = sigma(z^l): this thread's block; of the output layer its rows, for softmax."""
    cdef const Layer* layer = &net.layers[l]
    cdef Matrix a = a_of(layer, work, m)
    if l == net.L - 1:
        wait(work.team)                                     # for z
        activate(layer.activation, mine(work, a))
    else:
        activate(layer.activation, block_in(a, block_of(work, layer.a, m, layer.stride)))
    if work.split_a == layer.a:
        wait(work.meeting)                                  # for a

cdef inline void forward_layer(const Network* net, Py_ssize_t l, Workspace* work, Py_ssize_t m) noexcept nogil:
    """Compute a^l (m, n) from a^{l-1} (m, n_prev), in the workspace."""
    cdef const Layer* layer = &net.layers[l]
    cdef Matrix a_prev, a
    cdef ConvScratch scratch
    if layer.kind == DENSE:
        weighted_inputs(net, l, work, m)                                # z^l = w^l a^{l-1} + b^l
        activate_layer(net, l, work, m)                                 # a^l = sigma(z^l)
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
    """Step 2: compute the activations of every layer from the inputs in the workspace."""
    cdef Py_ssize_t l
    work.met, work.met_next = work.met_next, work.met       # others may still read the activations of the step before
    for l in range(net.L):
        forward_layer(net, l, work, m)
