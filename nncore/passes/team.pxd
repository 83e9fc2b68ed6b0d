"""A team: threads that go through a mini-batch together, in one of two ways.

They share every layer. All run the same passes over the same buffers. Each does its share of a step - of the examples, of the
neurons of a layer, or of the filters - and waits for the others where it will read what they wrote.

Or they split the first layer alone, where the layers behind it are small. Each thread owns some neurons of the first layer. It
computes them, and tells the others their activations; that is the one meeting of a mini-batch. The rest of the network each thread
computes whole, on parameters of its own, which stay the same bits in all threads since all do the same with them.

The number of threads decides which thread computes a number, never how: each is one sum of one thread, in an order that the layers
decide. So the bits do not depend on it.
"""
from nncore.equations.product cimport Share

cdef extern from "nncore/passes/team.h" nogil:
    bint HAS_TEAMS                  # whether teams exist; without them a network trains in one thread, to the same bits
    ctypedef struct Team:
        int threads
        int arrived                 # threads that wait
        int round                   # how often all have met
    ctypedef struct Meter:
        pass
    void wait_for(Team* team)
    void begin_meter(Meter* meter, Team* team)
    # called by the first thread behind a step: lets the team leave after a later step if it waits more than it works
    void leave_if_busy(Meter* meter, Team* team, Py_ssize_t step)
    # called by all threads before a step: whether the team leaves here, behind `step` steps
    bint leaves(Team* team, Py_ssize_t step)
    Py_ssize_t take(Py_ssize_t* taken, Py_ssize_t more)     # taken += more, one thread at a time; return what it was before

cdef inline void wait(Team* team) noexcept nogil:
    """Wait until all threads of the team have called this; NULL is a team of one."""
    if team != NULL:
        wait_for(team)

cdef inline Share share_of(const Team* team, Py_ssize_t rank, Py_ssize_t n, Py_ssize_t unit) noexcept nogil:
    """The part of n things that thread `rank` does, in whole units; the last unit may be shorter."""
    cdef Py_ssize_t units = (n + unit - 1) // unit
    if team == NULL:
        return Share(0, n)
    return Share(min(n, units * rank // team.threads * unit), min(n, units * (rank + 1) // team.threads * unit))
