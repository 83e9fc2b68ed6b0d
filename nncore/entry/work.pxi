"""A call that several threads share: the workspaces, and the threads."""
from operator import index
from _thread import start_new_thread
from threading import Lock

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

    def thread_main(self, Py_ssize_t rank, gate, done):
        """What thread `rank` does, once the gate is open; it releases `done` behind it."""
        try:
            with gate:
                if rank >= self.team.threads:
                    return
            with nogil:
                self.run_share(rank)
        finally:
            done.release()

    cdef int run(self) except -1:
        """Run the shares of all threads, and wait for them."""
        members = self.start_threads() if self.threads > 1 else ()
        with nogil:
            self.run_share(0)
        for done in members:
            done.acquire()
        return 0

    cdef list start_threads(self):
        """Start threads beside this one; return a lock for each, which it releases at its end.

        Where the system gives fewer threads, they share the work among themselves. A Thread object would take twice as long to
        start and to end, which a slice of a few milliseconds feels.
        """
        members = []
        gate = Lock()
        with gate:
            try:
                for rank in range(1, self.threads):
                    done = Lock()
                    done.acquire()
                    start_new_thread(self.thread_main, (rank, gate, done))
                    members.append(done)
                    self.team.threads += 1
            except RuntimeError:
                pass
            except BaseException:                   # Ctrl-C
                self.team.threads = 1
                raise
        return members
