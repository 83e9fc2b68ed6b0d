"""A call that several threads share: the workspaces, and the threads."""
import os
from operator import index
from _thread import start_new_thread

from nncore.passes.helper cimport (
    LINGERS, TAKEN, WORKS, HelperState, change_state, end_work, has_work, set_state, wait_for_helpers,
)
from nncore.passes.team cimport HAS_TEAMS, Team
from nncore.passes.workspace cimport Workspace, allocate_share, allocate_workspace, free_workspace
from nncore.zeros.active cimport MOST_ROWS

cdef Py_ssize_t MOST_THREADS = 256


cdef Workspace workspace_for(const Network* net, Py_ssize_t m, masks) except *:
    """A workspace for m examples, or as many as go through the layers together.

    masks : None, or (seed, epoch) of the dropout masks to apply
    """
    cdef Workspace work
    seed, epoch = (0, 0) if masks is None else masks
    seed, epoch = index(seed), index(epoch)
    if not allocate_workspace(net, min(m, <Py_ssize_t>MOST_ROWS), &work):
        raise MemoryError(f"no memory for the activations of {m} examples")
    work.dropping, work.seed, work.epoch = masks is not None, seed, epoch
    return work


cdef class Work:
    """A call that threads share: what they run together, and the memory for it."""
    cdef Network net
    cdef const Examples* examples
    cdef Workspace* spaces              # one for each thread
    cdef Py_ssize_t threads
    cdef Team team

    def __dealloc__(self):
        cdef Py_ssize_t rank
        for rank in range(self.threads if self.spaces != NULL else 0):
            free_workspace(&self.spaces[rank])
        free(self.spaces)

    cdef int allocate(self, Py_ssize_t m, Py_ssize_t threads, masks, bint alone=False) except -1:
        """A workspace for each thread, m examples together.

        The threads are a team that shares every layer and the workspace, or each thread is alone in a workspace of its own.
        """
        cdef Py_ssize_t rank
        if not 1 <= threads <= MOST_THREADS:
            raise ValueError(f"threads: 1 to {MOST_THREADS} needed, got {threads}")
        self.threads = threads if HAS_TEAMS else 1
        self.spaces = <Workspace*>calloc(self.threads, sizeof(Workspace))
        if self.spaces == NULL:
            raise MemoryError(f"no memory for {self.threads} threads")
        self.spaces[0] = workspace_for(&self.net, m, masks)
        self.team.threads = 1
        if self.threads > 1:
            if alone:
                self.spaces.meeting = &self.team
            else:
                self.spaces.team = &self.team
        for rank in range(1, self.threads):
            if alone:
                self.spaces[rank] = workspace_for(&self.net, m, masks)
                self.spaces[rank].rank, self.spaces[rank].meeting = rank, &self.team
            elif not allocate_share(&self.net, self.spaces, rank, self.spaces + rank):
                raise MemoryError(f"no memory for {self.threads} threads")
        return 0

    cdef void run_share(self, Py_ssize_t rank) noexcept nogil:
        """All of it, as thread `rank` of the team does it."""

    cdef int run(self) except -1:
        """Run the shares of all threads, and wait for them."""
        cdef Helper helper
        cdef list helpers = self.take_helpers() if self.threads > 1 else []
        cdef int working = len(helpers)
        for helper in helpers:
            helper.begin(self, &working)
        with nogil:
            self.run_share(0)
            wait_for_helpers(&working)
        for helper in helpers:
            helper.work = None
        lingering.extend(helpers)
        return 0

    cdef list take_helpers(self):
        """Take a helper for each thread beside this one, and number them.

        Where the system gives fewer threads, they share the work among themselves.
        """
        cdef Helper helper
        cdef list helpers = []
        try:
            while len(helpers) + 1 < self.threads:
                helper = a_lingering_helper()
                if helper is not None:
                    helpers.append(helper)
                else:
                    helper = Helper()
                    helpers.append(helper)
                    start_new_thread(helper.main, ())
        except RuntimeError:                        # no more threads
            helpers.pop()
        except BaseException:                       # Ctrl-C
            for helper in helpers:
                set_state(&helper.helper, LINGERS)  # and leaves, since nobody knows of it
            raise
        self.team.threads += len(helpers)
        for rank, helper in enumerate(helpers, 1):
            helper.rank = rank
        return helpers


cdef class Helper:
    """A thread beside the one that calls: it does a share of a call, and then of the next."""
    cdef HelperState helper
    cdef Work work
    cdef Py_ssize_t rank

    def __cinit__(self):
        self.helper.state = TAKEN

    def main(self):
        """What the thread does."""
        with nogil:
            while has_work(&self.helper):
                self.work.run_share(self.rank)
                end_work(&self.helper)

    cdef void begin(self, Work work, int* working) noexcept:
        """Let it do its share of the work, and then count `working` down."""
        self.work, self.helper.working = work, working
        set_state(&self.helper, WORKS)


cdef list lingering = []                            # helpers that wait for the next call, or have left


cdef Helper a_lingering_helper():
    """Take one; return None if all have left."""
    cdef Helper helper
    while lingering:
        try:
            helper = lingering.pop()
        except IndexError:                          # another thread took the last one
            break
        if change_state(&helper.helper, LINGERS, TAKEN):
            return helper
    return None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lingering.clear)         # a forked process has none of the threads
