"""Steps 3 to 5 of chapter 2's algorithm, over a mini-batch of m examples.

  3 output error           BP1  delta^L = nabla_a C * sigma'(z^L)
  4 backpropagate          BP2  delta^{l-1} = (w^lT delta^l) * sigma'(z^{l-1})
  5 output the gradient    BP3  dC/db^l_j = delta^l_j        BP4  dC/dw^l_jk = a^{l-1}_k delta^l_j

backward_pass serves gradients and training alike. BP3 and BP4 add to a target: to nabla, for gradients; or, times -eta/m, to
the parameters themselves (with momentum: to the velocity), so that in training a row of weights is loaded, gets all m examples of
the mini-batch, and is stored, and nabla_w never exists. BP2 uses a layer's weights before its update.

Which thread does what is in team.pxd and in the functions of workspace.pxd that say `mine`; it changes no number.
"""
from libc.string cimport memset

from nncore.equations.activations cimport times_sigma_prime
from nncore.equations.conv cimport convolution_bias_gradient, convolution_delta, convolution_weight_gradient
from nncore.equations.costs cimport output_delta
from nncore.equations.dense cimport bias_gradient, hidden_delta, is_wide, weight_gradient
from nncore.equations.dropout cimport drop
from nncore.equations.layer cimport CONV, DENSE, POOL, Layer
from nncore.equations.pooling cimport pool_delta, relayout_delta
from nncore.equations.product cimport Matrix, Share, with_padding
from nncore.examples.batch cimport Examples
from nncore.machine.memory cimport multiply
from nncore.machine.simd cimport HWIDTH, LANES, real
from nncore.passes.forward cimport forward_pass, gather, key_of_masks
from nncore.passes.program cimport Network, weights_in
from nncore.passes.team cimport wait
from nncore.passes.workspace cimport (
    ConvScratch, Workspace, a_of, a_prev_of, argmax_of, conv_scratch, delta_of, delta_prev_of, dense_scratch, drops, first_of_mine,
    input_of, mine, share, y_of,
)
from nncore.zeros.active cimport active_gradients
from nncore.zeros.sparse cimport sparse_weight_gradient

cdef struct Target:                 # where BP3 and BP4 go: sums = keep * sums + factor * gradient
    real* sums                      # laid out as the parameters are
    real factor
    real keep_w
    real keep_b
    bint is_step                    # whether sums are stepped along the gradient: then a layer's weight_eta_factor counts
    real divisor                    # of the sparse first layer's gradient: 1, or what lazy rows need (lazy.pxd)

cdef inline Target gradients_into(real* nabla) noexcept nogil:
    """The target of the gradients themselves: nabla += gradient."""
    return Target(nabla, factor=1, keep_w=1, keep_b=1, is_step=False, divisor=1)

cdef inline void bp1(const Network* net, Workspace* work, Py_ssize_t m, real* delta) noexcept nogil:
    """BP1: delta^L, from the activations and y in the workspace."""
    cdef const Layer* output = &net.layers[net.L - 1]
    output_delta(net.cost, output.activation, mine(work, a_of(output, work, m)), mine(work, y_of(net, work, m)),
                 mine(work, delta_of(output, delta, m)))

cdef inline void bp2_dense(const Network* net, Py_ssize_t l, Matrix delta, Matrix delta_prev, Workspace* work) noexcept nogil:
    """BP2 of a dense layer, with the mask of its inputs."""
    cdef const Layer* layer = &net.layers[l]
    cdef Share neurons = share(work, layer.stride_prev, LANES)
    hidden_delta(net.layers[l - 1].activation, delta, weights_in(net.parameters, layer), a_prev_of(layer, work, delta.rows),
                 delta_prev, dense_scratch(layer, work.m, work.scratch).w_transposed, neurons)
    if drops(layer, work):
        drop(layer.dropout, key_of_masks(layer, work), work.position, delta_prev, delta_prev, neurons)

cdef inline void bp2(const Network* net, Py_ssize_t l, Matrix delta, Matrix delta_prev, Workspace* work) noexcept nogil:
    """BP2: delta^{l-1} from delta^l."""
    cdef const Layer* layer = &net.layers[l]
    cdef ConvScratch scratch
    cdef Matrix a_prev
    cdef Py_ssize_t i = first_of_mine(work, delta.rows)
    if layer.kind == DENSE:
        bp2_dense(net, l, delta, delta_prev, work)
        return
    a_prev = mine(work, a_prev_of(layer, work, delta.rows))
    delta, delta_prev = mine(work, delta), mine(work, delta_prev)
    if layer.kind == CONV:
        scratch = conv_scratch(layer, work.m, work.scratch)
        convolution_delta(layer, delta, argmax_of(layer, work, i), net.parameters + layer.weights, delta_prev, scratch.patches,
                          scratch.groups)
    elif layer.kind == POOL:
        pool_delta(layer, delta, argmax_of(layer, work, i), delta_prev)
    else:
        relayout_delta(layer, delta, delta_prev)
    times_sigma_prime(net.layers[l - 1].activation, with_padding(a_prev), with_padding(delta_prev))

cdef inline Matrix times_factor(const Layer* layer, Matrix delta, Workspace* work, const Target* target) noexcept nogil:
    """delta times what its gradients are multiplied by in the target: of a dense layer in scratch, of a convolution in place."""
    cdef Matrix step = delta
    if layer.kind == DENSE:
        step.x = dense_scratch(layer, work.m, work.scratch).step
        multiply(delta.x, target.factor, step.x, delta.rows * delta.row)
    elif layer.kind == CONV:
        step = mine(work, delta)
        multiply(step.x, target.factor, step.x, step.rows * step.row)
        wait(work.team)                                     # for all of delta
        step = delta
    return step

cdef inline void bp3(const Layer* layer, Matrix step, Workspace* work, const Target* target) noexcept nogil:
    """BP3, from delta times the target's factor."""
    cdef real* nabla_b = target.sums + layer.biases
    if layer.kind == DENSE:
        bias_gradient(step, nabla_b, target.keep_b, share(work, layer.stride, LANES))
    elif layer.kind == CONV:
        convolution_bias_gradient(layer, step, nabla_b, target.keep_b, share(work, layer.w_stride, HWIDTH))

cdef inline Share rows_to_update(const Layer* layer, const Workspace* work) noexcept nogil:
    """The rows of a dense layer's w, which are neurons of the layer before, that this thread works on."""
    cdef Share rows = share(work, layer.stride_prev, LANES)
    return Share(rows.first, min(rows.end, layer.n_prev))

cdef inline void bp4_dense(const Network* net, Py_ssize_t l, Matrix step, Workspace* work, const Target* target) noexcept nogil:
    """BP4 of a dense layer: over all inputs, over the non-zero ones of the first layer, or over the active ones behind a ReLU."""
    cdef const Layer* layer = &net.layers[l]
    cdef Matrix x = input_of(layer, work, step.rows), nabla_w = weights_in(target.sums, layer)
    cdef Share rows = rows_to_update(layer, work)
    if target.is_step:
        multiply(step.x, layer.weight_eta_factor, step.x, step.rows * step.row)
    if l == 0 and work.sparse != NULL:
        multiply(step.x, 1 / target.divisor, step.x, step.rows * step.row)
        sparse_weight_gradient(work.sparse, work.order, x, step, nabla_w)
    elif work.active[l]:
        active_gradients(x, step, nabla_w, target.keep_w, step, nabla_w, 1, NULL, rows)
    else:
        weight_gradient(x, step, nabla_w, target.keep_w, rows)

cdef inline void bp4(const Network* net, Py_ssize_t l, Matrix step, Workspace* work, const Target* target) noexcept nogil:
    """BP4, from delta times the target's factor."""
    cdef const Layer* layer = &net.layers[l]
    cdef ConvScratch scratch
    if layer.kind == DENSE:
        bp4_dense(net, l, step, work, target)
    elif layer.kind == CONV:
        scratch = conv_scratch(layer, work.m, work.scratch)
        convolution_weight_gradient(layer, input_of(layer, work, step.rows), step, argmax_of(layer, work, 0),
                                    target.sums + layer.weights, target.keep_w, scratch.patches, scratch.turned, scratch.deltas,
                                    share(work, layer.maps.channels, 2))

cdef inline void bp2_and_bp4(const Network* net, Py_ssize_t l, Matrix delta, Matrix delta_prev, Matrix step, Workspace* work,
                             const Target* target) noexcept nogil:
    """BP2, from delta, and BP4, from delta times the target's factor, of a wide layer with few active inputs: one pass over w."""
    cdef const Layer* layer = &net.layers[l]
    cdef Share rows = share(work, layer.stride_prev, LANES)
    cdef Py_ssize_t i
    for i in range(delta_prev.rows):
        memset(delta_prev.x + i * delta_prev.row + rows.first, 0, (rows.end - rows.first) * sizeof(real))
    if target.is_step:
        multiply(step.x, layer.weight_eta_factor, step.x, step.rows * step.row)
    active_gradients(input_of(layer, work, delta.rows), step, weights_in(target.sums, layer), target.keep_w, delta,
                     weights_in(net.parameters, layer), 1 / (1 - layer.dropout) if drops(layer, work) else 1, delta_prev.x,
                     rows_to_update(layer, work))

cdef inline void backward_layer(const Network* net, Py_ssize_t l, Matrix delta, Matrix delta_prev, Workspace* work,
                                const Target* target) noexcept nogil:
    """BP2, unless l is the first layer with parameters; then BP3 and BP4."""
    cdef const Layer* layer = &net.layers[l]
    cdef bint in_one_pass = l > net.first and work.active[l] and is_wide(layer.stride)
    cdef Matrix step
    wait(work.team)                                                     # for delta
    if l > net.first and not in_one_pass:
        bp2(net, l, delta, delta_prev, work)                            # delta^{l-1} = (w^lT delta^l) * sigma'(z^{l-1})
    step = times_factor(layer, delta, work, target)
    bp3(layer, step, work, target)                                      # dC/db^l_j = delta^l_j
    if in_one_pass:
        bp2_and_bp4(net, l, delta, delta_prev, step, work, target)
    else:
        bp4(net, l, step, work, target)                                 # dC/dw^l_jk = a^{l-1}_k delta^l_j

cdef inline void backward_pass(const Network* net, Workspace* work, Py_ssize_t m, const Target* target) noexcept nogil:
    """Steps 3 to 5: from the activations and y in the workspace to the gradients, the last layer first."""
    cdef Py_ssize_t l
    cdef real* delta = work.delta
    cdef real* delta_prev = work.delta_prev
    bp1(net, work, m, delta)                                            # delta^L = nabla_a C * sigma'(z^L)
    for l in range(net.L - 1, net.first - 1, -1):
        backward_layer(net, l, delta_of(&net.layers[l], delta, m), delta_prev_of(&net.layers[l], delta_prev, m), work, target)
        delta, delta_prev = delta_prev, delta
    wait(work.team)                                                     # for the gradients

cdef inline void backprop(const Network* net, const Examples* examples, const Py_ssize_t* order, Py_ssize_t first,
                          Py_ssize_t m, Workspace* work, real* nabla) noexcept nogil:
    """nabla = gradients summed over the mini-batch, as many examples at a time as the workspace holds."""
    cdef Py_ssize_t i = 0, some, position = work.position
    cdef Target target = gradients_into(nabla)
    cdef Share mine_of_nabla = share(work, net.size, LANES)
    memset(nabla + mine_of_nabla.first, 0, (mine_of_nabla.end - mine_of_nabla.first) * sizeof(real))
    while i < m:
        some = min(work.m, m - i)
        work.position = position + i
        work.n_after = m - i - some
        gather(net, examples, order, first + i, some, work)             # step 1
        forward_pass(net, work, some)                                   # step 2
        backward_pass(net, work, some, &target)                         # steps 3 to 5
        i += some
