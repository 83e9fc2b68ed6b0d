"""A step of stochastic gradient descent over one mini-batch (chapters 1 and 3).

There are two paths, which give the same step. The book's rule, with L2 and momentum, is fused into BP3 and BP4: they add to the
parameters or to the velocity themselves. Any other rule takes the general path: the gradients go to a buffer, and update.pxd
applies them. The general path is right for every rule; the tests check the fused one against it.
"""
from nncore.equations.layer cimport Layer
from nncore.equations.product cimport Matrix, some_columns
from nncore.equations.update cimport SGD, UpdateRule, UpdateStep, descend, step_of
from nncore.examples.batch cimport Examples
from nncore.machine.memory cimport offset
from nncore.machine.simd cimport WIDTH, load, muladd, real, splat, store
from nncore.passes.backward cimport Target, backprop, backward_pass
from nncore.passes.forward cimport forward_pass, gather
from nncore.passes.groups cimport backprop_groups
from nncore.passes.program cimport Network, weights_in
from nncore.passes.team cimport wait
from nncore.passes.workspace cimport Workspace, biases_part, columns_of, weights_part
from nncore.zeros.active cimport MOST_ROWS
from nncore.zeros.lazy cimport LazyRows, catch_up_needed, gradient_divisor

cdef struct State:                  # what an update rule keeps between steps: each is laid out as the parameters are, or NULL
    real* v
    real* s
    real* nabla                     # gradients of the general path, for each group of the mini-batch; NULL if the rule is fused
    bint in_groups                  # whether the gradients are summed in groups
    LazyRows* lazy                  # of the sparse first layer; NULL if its rows need not wait

cdef inline bint is_fused(const UpdateRule* rule, Py_ssize_t mini_batch_size) noexcept nogil:
    """Whether BP4 adds to the weights or the velocity: for the book's rule without L1, if the mini-batch fits the workspace."""
    return rule.kind == SGD and rule.l1_over_n == 0 and mini_batch_size <= MOST_ROWS

cdef inline Target step_along_gradients(const Network* net, const UpdateRule* rule, Py_ssize_t m,
                                        const State* state) noexcept nogil:
    """The target of a fused step: w = (1 - eta lmbda/n) w - eta/m nabla_w, b -= eta/m nabla_b; with momentum v for both."""
    cdef Target target = Target(net.parameters, factor=<real>(-rule.eta / m), keep_w=<real>(1 - rule.eta * rule.lmbda_over_n),
                                keep_b=1, is_step=True, divisor=1)
    if state.lazy != NULL:
        target.divisor = gradient_divisor(state.lazy)
    if rule.mu != 0:
        target.sums, target.keep_w = state.v, 1
    return target

cdef inline void combine(real factor, Matrix a, real keep, Matrix b) noexcept nogil:
    """b = factor * a + keep * b, for rows of whole registers."""
    cdef Py_ssize_t r, j
    for r in range(b.rows):
        j = 0
        while j < b.columns:
            store(b.x + r * b.row + j, muladd(splat(factor), load(a.x + r * a.row + j), splat(keep) * load(b.x + r * b.row + j)))
            j += WIDTH

cdef inline void decay_velocity(const Network* net, const UpdateRule* rule, Workspace* work, const State* state) noexcept nogil:
    """v = mu v - eta lmbda/n w, and for biases v = mu v; lazy rows of the first layer get theirs later (lazy.pxd)."""
    cdef Py_ssize_t l
    cdef const Layer* layer
    cdef real decay = <real>(-rule.eta * rule.lmbda_over_n), mu = <real>rule.mu
    for l in range(net.L):
        layer = &net.layers[l]
        if l or state.lazy == NULL:
            combine(decay, weights_part(layer, work, net.parameters), mu, weights_part(layer, work, state.v))
        combine(0, biases_part(layer, work, net.parameters), mu, biases_part(layer, work, state.v))

cdef inline void follow_velocity(const Network* net, Workspace* work, const State* state) noexcept nogil:
    """w += v, b += v; lazy rows of the first layer get theirs later (lazy.pxd)."""
    cdef Py_ssize_t l
    cdef const Layer* layer
    for l in range(net.L):
        layer = &net.layers[l]
        if l or state.lazy == NULL:
            combine(1, weights_part(layer, work, state.v), 1, weights_part(layer, work, net.parameters))
        combine(1, biases_part(layer, work, state.v), 1, biases_part(layer, work, net.parameters))

cdef inline void follow(const Network* net, const UpdateStep* step, Matrix part, const State* state,
                        bint are_weights) noexcept nogil:
    """Do a step along state.nabla, for a part of the parameters: weights, which are regularised, or biases."""
    cdef Py_ssize_t i = part.x - net.parameters
    descend(step, part, state.nabla + i, offset(state.v, i), offset(state.s, i), are_weights)

cdef inline void follow_gradients(const Network* net, const UpdateRule* rule, Py_ssize_t m, Py_ssize_t t, Workspace* work,
                                  const State* state) noexcept nogil:
    """Do step t along state.nabla, for all parameters, as the rule says."""
    cdef Py_ssize_t l
    cdef const Layer* layer
    cdef Matrix part
    cdef UpdateStep step = step_of(rule, m, t)
    for l in range(net.L):
        layer = &net.layers[l]
        part = weights_part(layer, work, state.nabla)
        if layer.weight_eta_factor != 1:
            combine(0, part, layer.weight_eta_factor, part)
        follow(net, &step, weights_part(layer, work, net.parameters), state, True)
        follow(net, &step, biases_part(layer, work, net.parameters), state, False)

cdef inline void fused_step(const Network* net, const UpdateRule* rule, Py_ssize_t m, Workspace* work,
                            const State* state) noexcept nogil:
    """Do a step of the book's rule, over the m examples whose inputs and desired outputs are in the workspace."""
    cdef Target target = step_along_gradients(net, rule, m, state)
    cdef const Layer* layer = &net.layers[0]
    cdef Matrix part
    if state.lazy != NULL:
        part = some_columns(weights_in(net.parameters, layer), columns_of(layer, work))
        catch_up_needed(state.lazy, work.entries, m, part, offset(state.v, part.x - net.parameters))
        state.lazy.step += 1
    forward_pass(net, work, m)                                          # step 2
    if rule.mu != 0:
        decay_velocity(net, rule, work, state)                          # backward_pass waits for all threads before BP3 adds to v
    backward_pass(net, work, m, &target)                                # steps 3 to 5, and the update
    if rule.mu != 0:
        follow_velocity(net, work, state)
        wait(work.team)                                                 # before the next step reads the parameters

cdef inline void update_mini_batch(const Network* net, const UpdateRule* rule, const Examples* examples, const Py_ssize_t* order,
                                   Py_ssize_t first, Py_ssize_t m, Py_ssize_t t, Workspace* work,
                                   const State* state) noexcept nogil:
    """Do step t (from 1) of SGD, over the examples order[first] .. order[first+m-1]."""
    if state.nabla == NULL:
        gather(net, examples, order, first, m, work)                    # step 1
        fused_step(net, rule, m, work, state)
        return
    if not state.in_groups:
        backprop(net, examples, order, first, m, work, state.nabla)
        follow_gradients(net, rule, m, t, work, state)
        wait(work.team)                                                 # before the next step fills nabla with zeros
        return
    backprop_groups(net, examples, order, first, m, work, state.nabla)
    work.team = work.meeting                                            # for this the threads share all parameters
    follow_gradients(net, rule, m, t, work, state)
    wait(work.team)                                                     # before the next step fills nabla with zeros
    work.team = NULL
