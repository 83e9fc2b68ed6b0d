"""The cost of a network's answers, and how many of them are right: a forward pass over any number of examples."""
from libc.string cimport memcpy

from nncore.equations.costs cimport class_of, cost_value
from nncore.equations.layer cimport Layer
from nncore.equations.product cimport Matrix
from nncore.examples.batch cimport Examples
from nncore.machine.simd cimport real
from nncore.passes.forward cimport activate_layer, forward_layer, gather, weighted_inputs
from nncore.passes.program cimport Network
from nncore.passes.team cimport wait
from nncore.passes.workspace cimport Workspace, a_of, delta_of, mine, y_of

cdef struct Score:
    double cost                     # sum of the cost over the examples
    Py_ssize_t correct              # number of examples whose answer is the class that y stands for

cdef inline void score_examples(const Network* net, const Examples* examples, Workspace* work, Score* score) noexcept nogil:
    """Add the cost and the right answers of all the examples to score; the first thread of the team adds, in their order."""
    cdef const Layer* output = &net.layers[net.L - 1]
    cdef Py_ssize_t l, i, first = 0, m
    cdef Matrix a, z, y
    while first < examples.n:
        m = min(work.m, examples.n - first)
        a, y, z = a_of(output, work, m), y_of(net, work, m), delta_of(output, work.delta, m)
        gather(net, examples, NULL, first, m, work)
        work.position = first
        for l in range(net.L - 1):
            forward_layer(net, l, work, m)
        weighted_inputs(net, net.L - 1, work, m)
        wait(work.team)                                                                 # for z
        memcpy(mine(work, z).x, mine(work, a).x, mine(work, a).rows * a.row * sizeof(real))    # the cost needs z beside a
        activate_layer(net, net.L - 1, work, m)
        wait(work.team)                                                                 # for a and z
        for i in range(m if work.rank == 0 else 0):
            score.cost += cost_value(net.cost, z.x + i * z.row, a.x + i * a.row, y.x + i * y.row, output.n)
            score.correct += class_of(a.x + i * a.row, output.n) == class_of(y.x + i * y.row, output.n)
        wait(work.team)                                                                 # before a and z are used again
        first += m
