"""What a network answers, what that costs, and which answers are right: a forward pass over any examples.

A block of examples goes through all layers by one thread, in a workspace of its own. Threads take the next block until none is
left, so none waits for another; an example's numbers do not depend on who computes them.
"""
from libc.string cimport memcpy

from nncore.equations.activations cimport SOFTMAX, activate, softmax
from nncore.equations.costs cimport (
    CROSS_ENTROPY, LOG_LIKELIHOOD, QUADRATIC, class_of, clear_class_of, cross_entropy_costs, log_likelihood_costs, quadratic_costs,
)
from nncore.equations.layer cimport DENSE, Layer
from nncore.equations.product cimport Matrix
from nncore.examples.batch cimport Examples, gather_answers, gather_inputs
from nncore.machine.simd cimport real
from nncore.passes.forward cimport forward_layer, weighted_inputs
from nncore.passes.program cimport Network, weights_in
from nncore.passes.workspace cimport Workspace, a_of, a_prev_of, drops, y_of
from nncore.zeros.active cimport MOST_INPUTS
from nncore.zeros.lists cimport are_few, listed_weighted_input

cdef inline bint lists_inputs(const Network* net, const Examples* examples, Py_ssize_t first, Py_ssize_t m,
                              const Workspace* work) noexcept nogil:
    """Whether the first layer reads the non-zero inputs of these examples alone; that changes no bit of z."""
    cdef const Layer* layer = &net.layers[0]
    if layer.kind != DENSE or drops(layer, work) or layer.n_prev >= MOST_INPUTS:
        return False
    if examples.images != NULL:
        return are_few(examples.images + first * examples.n_in, m, examples.n_in)
    return are_few(examples.inputs + first * examples.n_in, m, examples.n_in)

cdef inline void first_weighted_inputs(const Network* net, const Examples* examples, Py_ssize_t first, Workspace* work,
                                       Py_ssize_t m) noexcept nogil:
    """z of the first layer (m, n), over the non-zero inputs of the examples from number `first` on.

    The lists of those take the place of the inputs, and of deltas, in the workspace.
    """
    cdef const Layer* layer = &net.layers[0]
    cdef Matrix w = weights_in(net.parameters, layer), z = a_of(layer, work, m)
    cdef const real* b = net.parameters + layer.biases
    cdef real* value = a_prev_of(layer, work, m).x
    cdef unsigned short* index = <unsigned short*>work.delta
    cdef Py_ssize_t start = first * examples.n_in
    if examples.images != NULL:
        listed_weighted_input(examples.images + start, examples.n_in, examples.scale, w, b, z, value, index)
    else:
        listed_weighted_input(examples.inputs + start, examples.n_in, 1, w, b, z, value, index)

cdef inline void answer(const Network* net, const Examples* examples, Py_ssize_t first, Py_ssize_t m,
                        Workspace* work) noexcept nogil:
    """z of the output layer (m, n), in the workspace, for the examples from number `first` on."""
    cdef Py_ssize_t l = 0, last = net.L - 1
    work.position = first
    if lists_inputs(net, examples, first, m, work):
        first_weighted_inputs(net, examples, first, work, m)
        if last == 0:
            return
        activate(net.layers[0].activation, a_of(&net.layers[0], work, m))
        l = 1
    else:
        gather_inputs(examples, NULL, first, a_prev_of(&net.layers[0], work, m))
    while l < last:
        forward_layer(net, l, work, m)
        l += 1
    weighted_inputs(net, last, work, m)

cdef inline void answer_block(const Network* net, const Examples* examples, Py_ssize_t first, Py_ssize_t m, Workspace* work,
                              real* out) noexcept nogil:
    """The activations of the output layer, for the examples from number `first` on -> out (m, n)."""
    cdef const Layer* output = &net.layers[net.L - 1]
    cdef Matrix a = a_of(output, work, m)
    cdef Py_ssize_t i
    answer(net, examples, first, m, work)
    activate(output.activation, a)
    for i in range(m):
        memcpy(out + i * output.n, a.x + i * a.row, output.n * sizeof(real))

cdef inline void find_right(const Network* net, const Examples* examples, Py_ssize_t first, Matrix a, Matrix y, bint are_z,
                            bint* right) noexcept nogil:
    """Find whether each of the answers a (m, n) is the class that the label, or y (m, n), stands for -> right (m,).

    are_z : whether a holds z of a softmax layer. Its largest activation is that of the largest z, so exponentials are needed
        only where two z are so close that their activations may be equal.
    """
    cdef Py_ssize_t i, given, found
    for i in range(a.rows):
        if examples.labels != NULL and a.columns > 1:
            given = examples.labels[first + i]
        else:
            given = class_of(y.x + i * y.row, a.columns)
        found = clear_class_of(a.x + i * a.row, a.columns) if are_z else -1
        if found < 0:
            if are_z:
                softmax(a.x + i * a.row, a.columns, a.row)
            found = class_of(a.x + i * a.row, a.columns)
        right[i] = found == given

cdef inline void score_block(const Network* net, const Examples* examples, Py_ssize_t first, Py_ssize_t m, Workspace* work,
                             double* costs, bint* right) noexcept nogil:
    """Score the m examples from number `first` on: the cost of each -> costs (m,), unless it is NULL; and whether the answer is
    right -> right (m,)."""
    cdef const Layer* output = &net.layers[net.L - 1]
    cdef Matrix a = a_of(output, work, m), y = y_of(net, work, m), z = a
    cdef bint are_z = output.activation == SOFTMAX and (costs == NULL or net.cost == LOG_LIKELIHOOD)
    answer(net, examples, first, m, work)
    gather_answers(examples, NULL, first, y)
    if not are_z:
        if costs != NULL and net.cost != QUADRATIC:                     # the cost needs z beside a
            z.x = work.delta
            memcpy(z.x, a.x, m * a.row * sizeof(real))
        activate(output.activation, a)
    if costs != NULL:
        if net.cost == QUADRATIC:
            quadratic_costs(a, y, costs)
        elif net.cost == CROSS_ENTROPY:
            cross_entropy_costs(z, y, work.delta_prev, costs)
        else:
            log_likelihood_costs(z, y, work.delta_prev, costs)
    find_right(net, examples, first, a, y, are_z, right)
