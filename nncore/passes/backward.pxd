"""Steps 3 to 5 of chapter 2's algorithm, over a mini-batch of m examples.

  3 output error           BP1  delta^L = nabla_a C * sigma'(z^L)
  4 backpropagate          BP2  delta^{l-1} = (w^lT delta^l) * sigma'(z^{l-1})
  5 output the gradient    BP3  dC/db^l_j = delta^l_j        BP4  dC/dw^l_jk = a^{l-1}_k delta^l_j

L is the output layer, n the number of neurons (j) of layer l, n_prev that of the layer before (k). The book keeps an example in a
column; here each example is a row, so delta^l is a matrix (m, n). `backward_pass`, near the end, is the algorithm; bp1 to
bp4, above it, call the function of equations/ or zeros/ that the kind of layer needs.

backward_pass serves gradients and training alike. BP3 and BP4 add to a target. For gradients that is nabla. For training it is the
parameters themselves (with momentum: the velocity), and delta is first multiplied by -eta/m: so a row of weights is loaded, gets
all m examples of the mini-batch, and is stored, and nabla_w never exists. BP2 of a layer reads its weights before their update.

Several threads may run a pass together: share, mine and first_of_mine (workspace.pxd) say which part a thread does, and wait
(team.pxd) waits for the others. They change no number.
"""
from libc.string cimport memset

from nncore.equations.activations cimport times_sigma_prime
from nncore.equations.conv cimport convolution_bias_gradient, convolution_delta, convolution_weight_gradient
from nncore.equations.costs cimport output_delta, weigh
from nncore.equations.dense cimport bias_gradient, hidden_delta, is_wide, takes_dots, weight_gradient
from nncore.equations.dropout cimport drop
from nncore.equations.layer cimport CONV, DENSE, POOL, Layer
from nncore.equations.pooling cimport pool_delta, relayout_delta
from nncore.equations.product cimport Matrix, Share, clear, some_columns, some_rows, with_padding
from nncore.examples.batch cimport Examples
from nncore.machine.memory cimport multiply
from nncore.machine.random cimport word
from nncore.machine.simd cimport HWIDTH, LANES, bits, real
from nncore.passes.forward cimport forward_pass, gather, key_of_masks
from nncore.passes.program cimport Network, weights_in
from nncore.passes.team cimport wait
from nncore.passes.workspace cimport (
    Block, ConvScratch, Workspace, a_of, a_prev_of, argmax_of, biases_part, block_in, block_of, by_examples, columns_of,
    conv_scratch, delta_of, delta_prev_of, dense_scratch, drops, first_of_mine, input_of, mine, share, used, weights_part, y_of,
)
from nncore.zeros.active cimport active_gradients
from nncore.zeros.sparse cimport BLOCKS, ByInput, sparse_weight_gradient

cdef struct Target:                 # where BP3 and BP4 go: sums = keep * sums + factor * gradient
    real* sums                      # laid out as the parameters are
    real factor
    real keep_w                     # `keep` of the weights
    real keep_b                     # `keep` of the biases
    bint is_step                    # whether this is a step of training: then a layer's weight_eta_factor counts
    real divisor                    # divides the sparse first layer's gradient: 1, or what lazy rows need (lazy.pxd)

cdef struct Errors:                 # the errors of a mini-batch of m examples, in layer l and in the layer before it
    Matrix delta                    # (m, n): delta^l
    Matrix delta_prev               # (m, n_prev): delta^{l-1}
    Matrix scaled                   # (m, n): delta^l times the target's factor, which BP3 and BP4 sum
    bint bp2_in_bp4                 # whether bp4 does BP2, too, in one pass over w

cdef inline Target gradients_into(real* nabla) noexcept nogil:
    """The target of the gradients themselves: nabla += gradient."""
    return Target(nabla, factor=1, keep_w=1, keep_b=1, is_step=False, divisor=1)

cdef inline Errors errors_of(const Layer* layer, real* delta, real* delta_prev, Py_ssize_t m) noexcept nogil:
    """The errors of a layer, in two buffers of the workspace; `scale_delta` adds the scaled ones."""
    cdef Matrix errors = delta_of(layer, delta, m)
    return Errors(errors, delta_prev_of(layer, delta_prev, m), errors, bp2_in_bp4=False)

cdef inline void bp1(const Network* net, Matrix delta, Workspace* work) noexcept nogil:
    """BP1: the activations a^L and the desired outputs y, in the workspace -> delta^L (m, n), times the examples' weights."""
    cdef const Layer* output = &net.layers[net.L - 1]
    output_delta(net.cost, output.activation, mine(work, a_of(output, work, delta.rows)), mine(work, y_of(net, work, delta.rows)),
                 mine(work, delta))
    if work.weighted:
        weigh(work.weights + first_of_mine(work, delta.rows), mine(work, delta))

cdef inline void bp2_dense(const Network* net, Py_ssize_t l, Matrix delta, Matrix delta_prev, Workspace* work) noexcept nogil:
    """BP2 of a dense layer: delta (m, n) -> delta_prev (m, n_prev), times the dropout mask of the layer's inputs."""
    cdef const Layer* layer = &net.layers[l]
    cdef Py_ssize_t m = delta.rows
    cdef Block block = block_of(work, layer.a_prev, m, layer.stride_prev)
    cdef Matrix w = some_rows(weights_in(net.parameters, layer), Share(block.columns.first, min(block.columns.end, layer.n_prev)))
    hidden_delta(net.layers[l - 1].activation, some_rows(delta, block.rows), w, block_in(a_prev_of(layer, work, m), block),
                 block_in(delta_prev, block), dense_scratch(layer, work.m, work.scratch).w_transposed,
                 takes_dots(layer.stride, m))
    if drops(layer, work):
        delta_prev = some_rows(delta_prev, block.rows)
        drop(layer.dropout, key_of_masks(layer, work), work.position + block.rows.first, delta_prev, delta_prev, block.columns)
    if by_examples(work, m):
        wait(work.team)                                     # for all to have read w

cdef inline void bp2_maps(const Network* net, Py_ssize_t l, Matrix delta, Matrix delta_prev, Workspace* work) noexcept nogil:
    """BP2 of a layer of feature maps, for this thread's examples: delta (m, n) -> delta_prev (m, n_prev)."""
    cdef const Layer* layer = &net.layers[l]
    cdef const bits* argmax = argmax_of(layer, work, first_of_mine(work, delta.rows))
    cdef Matrix a_prev = mine(work, a_prev_of(layer, work, delta.rows))
    cdef ConvScratch scratch
    delta, delta_prev = mine(work, delta), mine(work, delta_prev)
    if layer.kind == CONV:
        scratch = conv_scratch(layer, work.m, work.scratch)
        convolution_delta(layer, delta, argmax, net.parameters + layer.weights, delta_prev, scratch.patches, scratch.groups)
    elif layer.kind == POOL:
        pool_delta(layer, delta, argmax, delta_prev)
    else:
        relayout_delta(layer, delta, delta_prev)
    times_sigma_prime(net.layers[l - 1].activation, with_padding(a_prev), with_padding(delta_prev))

cdef inline void bp2(const Network* net, Py_ssize_t l, const Errors* errors, Workspace* work) noexcept nogil:
    """BP2: delta^l -> delta^{l-1}. Nothing is done if no layer before has parameters, or if bp4 does BP2, too."""
    if l == net.first or errors.bp2_in_bp4:
        return
    if net.layers[l].kind == DENSE:
        bp2_dense(net, l, errors.delta, errors.delta_prev, work)
    else:
        bp2_maps(net, l, errors.delta, errors.delta_prev, work)

cdef inline void scale_delta(const Layer* layer, Errors* errors, Workspace* work, const Target* target) noexcept nogil:
    """errors.scaled = target.factor * delta^l: a copy for a dense layer, for a convolution in place of delta^l.

    For gradients the factor is 1, and a dense layer's scaled errors stay delta^l itself, which nobody changes then.
    """
    cdef Matrix part
    if layer.kind == DENSE and target.factor == 1 and not target.is_step:
        return
    if layer.kind == DENSE:
        errors.scaled.x = dense_scratch(layer, work.m, work.scratch).scaled_delta
        multiply(errors.delta.x, target.factor, errors.scaled.x, errors.delta.rows * errors.delta.row)
    elif layer.kind == CONV:
        part = mine(work, errors.delta)
        multiply(part.x, target.factor, part.x, part.rows * part.row)
        wait(work.team)                                     # for all of delta

cdef inline void bp3(const Layer* layer, const Errors* errors, Workspace* work, const Target* target) noexcept nogil:
    """BP3: nabla_b of the target += the scaled delta^l, summed over the examples."""
    cdef real* nabla_b = target.sums + layer.biases
    if layer.kind == DENSE:
        bias_gradient(errors.scaled, nabla_b, target.keep_b, columns_of(layer, work))
    elif layer.kind == CONV:
        convolution_bias_gradient(layer, errors.scaled, nabla_b, target.keep_b, share(work, layer.w_stride, HWIDTH))

cdef inline void bp4_active(const Network* net, Py_ssize_t l, const Errors* errors, Workspace* work, const Target* target,
                            Share rows) noexcept nogil:
    """BP4 of a dense layer over its active inputs, for `rows` of w; and BP2, if it is left to bp4."""
    cdef const Layer* layer = &net.layers[l]
    cdef Matrix x = input_of(layer, work, errors.delta.rows), nabla_w = weights_in(target.sums, layer)
    cdef Share neurons = share(work, layer.stride_prev, LANES)
    cdef real* delta_prev = errors.delta_prev.x
    cdef Py_ssize_t i
    if not errors.bp2_in_bp4:
        active_gradients(x, errors.scaled, nabla_w, target.keep_w, errors.scaled, nabla_w, 1, NULL, rows)
        return
    for i in range(errors.delta.rows):
        memset(delta_prev + i * layer.stride_prev + neurons.first, 0, (neurons.end - neurons.first) * sizeof(real))
    active_gradients(x, errors.scaled, nabla_w, target.keep_w, errors.delta, weights_in(net.parameters, layer),
                     1 / (1 - layer.dropout) if drops(layer, work) else 1, delta_prev, rows)

cdef inline void bp4_dense(const Network* net, Py_ssize_t l, const Errors* errors, Workspace* work,
                           const Target* target) noexcept nogil:
    """BP4 of a dense layer: over its non-zero inputs (first layer), over its active inputs (behind a ReLU), or over all."""
    cdef const Layer* layer = &net.layers[l]
    cdef Matrix scaled = errors.scaled, x = input_of(layer, work, scaled.rows), nabla_w = weights_in(target.sums, layer)
    cdef Share rows = share(work, layer.stride_prev, LANES)             # of w, which are neurons of the layer before
    rows.end = min(rows.end, layer.n_prev)
    cdef Share columns = used(layer, work.split if work.split_a == layer.a else Share(0, layer.stride))
    cdef ByInput lists
    if target.is_step:
        multiply(scaled.x, layer.weight_eta_factor, scaled.x, scaled.rows * scaled.row)
    if l == 0 and work.sparse != NULL:
        multiply(scaled.x, 1 / target.divisor, scaled.x, scaled.rows * scaled.row)
        lists = dense_scratch(layer, work.m, work.scratch).by_input
        sparse_weight_gradient(work.entries, some_columns(scaled, columns), some_columns(nabla_w, columns), share(work, BLOCKS, 1),
                               &lists)
    elif work.active[l]:
        bp4_active(net, l, errors, work, target, rows)
    else:
        weight_gradient(x, some_columns(scaled, columns), some_columns(nabla_w, columns), target.keep_w, rows,
                        dense_scratch(layer, work.m, work.scratch).turned)

cdef inline void bp4(const Network* net, Py_ssize_t l, const Errors* errors, Workspace* work,
                     const Target* target) noexcept nogil:
    """BP4: nabla_w of the target += a^{l-1} times the scaled delta^l, summed over the examples."""
    cdef const Layer* layer = &net.layers[l]
    cdef ConvScratch scratch
    if layer.kind == DENSE:
        bp4_dense(net, l, errors, work, target)
    elif layer.kind == CONV:
        scratch = conv_scratch(layer, work.m, work.scratch)
        convolution_weight_gradient(layer, input_of(layer, work, errors.scaled.rows), errors.scaled, argmax_of(layer, work, 0),
                                    target.sums + layer.weights, target.keep_w, scratch.patches, scratch.turned, scratch.nonzero,
                                    share(work, layer.maps.channels, 2))

cdef inline void backward_pass(const Network* net, Workspace* work, Py_ssize_t m, const Target* target) noexcept nogil:
    """Steps 3 to 5: the activations and y, in the workspace -> the gradients, in the target; the output layer comes first."""
    cdef Py_ssize_t l
    cdef const Layer* layer
    cdef Errors errors
    cdef real* delta = work.delta
    cdef real* delta_prev = work.delta_prev
    bp1(net, delta_of(&net.layers[net.L - 1], delta, m), work)      # BP1  delta^L = nabla_a C * sigma'(z^L)
    for l in range(net.L - 1, net.first - 1, -1):
        layer = &net.layers[l]
        errors = errors_of(layer, delta, delta_prev, m)
        errors.bp2_in_bp4 = l > net.first and work.active[l] and is_wide(layer.stride)
        wait(work.team)                                             # for delta
        bp2(net, l, &errors, work)                                  # BP2  delta^{l-1} = (w^lT delta^l) * sigma'(z^{l-1})
        scale_delta(layer, &errors, work, target)
        bp3(layer, &errors, work, target)                           # BP3  dC/db^l_j = delta^l_j
        bp4(net, l, &errors, work, target)                          # BP4  dC/dw^l_jk = a^{l-1}_k delta^l_j
        delta, delta_prev = delta_prev, delta
    wait(work.team)                                                 # for the gradients, and before the inputs are replaced

cdef inline void clear_part(const Network* net, const Workspace* work, real* nabla) noexcept nogil:
    """nabla = 0, in the part that this thread updates."""
    cdef Py_ssize_t l
    for l in range(net.L):
        clear(weights_part(&net.layers[l], work, nabla))
        clear(biases_part(&net.layers[l], work, nabla))

cdef inline void clear_between_layers(const Network* net, real* nabla) noexcept nogil:
    """nabla = 0 where no layer's gradients go: behind the rows of weights, and behind the biases."""
    cdef Py_ssize_t l, rows_end, row_end
    cdef const Layer* layer
    for l in range(net.L):
        layer = &net.layers[l]
        rows_end = layer.weights + layer.fan_in * layer.w_stride
        row_end = layer.biases + (layer.w_stride if layer.fan_in else 0)
        memset(nabla + rows_end, 0, (layer.biases - rows_end) * sizeof(real))
        memset(nabla + row_end, 0, (layer.end - row_end) * sizeof(real))

cdef inline void backprop(const Network* net, const Examples* examples, const Py_ssize_t* order, Py_ssize_t first,
                          Py_ssize_t m, Workspace* work, real* nabla) noexcept nogil:
    """nabla = the gradients summed over the examples order[first] .. order[first+m-1], work.m of them at a time."""
    cdef Py_ssize_t i = 0, count
    cdef word position = work.position
    cdef Target target = gradients_into(nabla)
    clear_part(net, work, nabla)
    while i < m:
        count = min(work.m, m - i)
        work.position = position + i
        work.n_after = m - i - count
        gather(net, examples, order, first + i, count, work)            # step 1
        forward_pass(net, work, count)                                  # step 2
        backward_pass(net, work, count, &target)                        # steps 3 to 5
        i += count
