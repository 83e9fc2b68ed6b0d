"""The gradient over a large mini-batch, summed in groups of its examples.

A mini-batch of more examples than go through the layers together is cut into groups. How many they are depends on its length, and
not on the threads. One thread sums a group, in a workspace of its own. The sums are then added in the order of the groups, so that
the bits do not depend on the threads either. The gradient of a large network is one group: more would take too much memory, and
threads share its layers.
"""
from nncore.examples.batch cimport Examples
from nncore.machine.memory cimport L1_CACHE, padded
from nncore.machine.simd cimport LANES, WIDTH, load, real, store
from nncore.equations.product cimport Share
from nncore.passes.backward cimport backprop
from nncore.passes.program cimport Network
from nncore.passes.team cimport share_of, wait
from nncore.passes.workspace cimport Workspace, reals_for_example
from nncore.zeros.active cimport MOST_ROWS

cdef enum:
    MOST_GROUPS = 32
    FEWEST_IN_A_GROUP = 128         # examples
    FEWEST_AT_ONCE = 64             # examples that go through the layers together, at the least
    MOST_GROUPED = 1 << 18          # parameters of a network whose gradients are summed in groups

cdef inline bint sums_groups(const Network* net, Py_ssize_t m) noexcept nogil:
    """Whether mini-batches of m examples are cut into groups."""
    return m > MOST_ROWS and net.size <= MOST_GROUPED

cdef inline Py_ssize_t groups_of(const Network* net, Py_ssize_t m) noexcept nogil:
    """How many groups a mini-batch of m examples has."""
    return min(<Py_ssize_t>MOST_GROUPS, m // FEWEST_IN_A_GROUP) if sums_groups(net, m) else 1

cdef inline Py_ssize_t rows_at_once(const Network* net) noexcept nogil:
    """How many examples of a group go through the layers together: as many as the first-level cache can hold."""
    cdef Py_ssize_t bytes = reals_for_example(net) * <Py_ssize_t>sizeof(real)
    return max(<Py_ssize_t>FEWEST_AT_ONCE, min(<Py_ssize_t>MOST_ROWS, L1_CACHE // bytes))

cdef inline void add_groups(real* nabla, Py_ssize_t size, Py_ssize_t groups, Share mine) noexcept nogil:
    """Add the other groups' sums in nabla (groups, size) to those of the first, for the parameters `mine`."""
    cdef Py_ssize_t g, i
    for g in range(1, groups):
        i = mine.first
        while i < mine.end:
            store(nabla + i, load(nabla + i) + load(nabla + g * size + i))
            i += WIDTH

cdef inline void backprop_groups(const Network* net, const Examples* examples, const Py_ssize_t* order, Py_ssize_t first,
                                 Py_ssize_t m, Workspace* work, real* nabla) noexcept nogil:
    """The gradients summed over the examples order[first] .. order[first+m-1] -> the first of nabla (groups, size)."""
    cdef Py_ssize_t g, i, end, position = work.position, groups = groups_of(net, m), size = padded(net.size)
    cdef Share mine = share_of(work.meeting, work.rank, groups, 1)
    for g in range(mine.first, mine.end):
        i, end = m * g // groups, m * (g + 1) // groups
        work.position = position + i
        backprop(net, examples, order, first + i, end - i, work, nabla + g * size)
    wait(work.meeting)                                      # for all sums
    add_groups(nabla, size, groups, share_of(work.meeting, work.rank, size, LANES))
    wait(work.meeting)                                      # for all of their sum
