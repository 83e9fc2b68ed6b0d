"""A slice of an epoch, and the threads that train it."""
from nncore.equations.product cimport Share
from nncore.examples.batch cimport prefetch_inputs
from nncore.passes.sgd cimport update_mini_batch
from nncore.passes.split cimport can_split
from nncore.passes.team cimport Meter, begin_meter, leave_if_busy, leaves
from nncore.passes.workspace cimport split_first_layer
from nncore.zeros.fetch cimport Fetched, plan_fetching
from nncore.zeros.sparse cimport NonZeroInputs

cdef struct Member:                     # what a thread trains
    Network net                         # if the first layer is split, all but the first have parameters and a state of their own
    State state
    LazyRows lazy
    void* memory


cdef real* copied(real* copy, const real* vector, Py_ssize_t n) noexcept:
    """Copy a vector (n,), and return the copy; NULL stays NULL."""
    if vector == NULL:
        return NULL
    memcpy(copy, vector, n * sizeof(real))
    return copy


cdef void copy_columns(const Layer* layer, const real* source, real* target, Share columns) noexcept:
    """Copy columns of w, and those of b, which lies behind w as one more row, between buffers laid out as the parameters are."""
    cdef Py_ssize_t k, first = layer.weights + columns.first
    for k in range(layer.fan_in + 1 if source != NULL else 0):
        memcpy(target + first + k * layer.w_stride, source + first + k * layer.w_stride,
               (columns.end - columns.first) * sizeof(real))


cdef class Slice(Work):
    """A slice of an epoch, trained by one thread or more."""
    cdef Epoch epoch
    cdef Member* members                # one for each thread
    cdef Fetched fetched                # the non-zero inputs of the next mini-batches
    cdef void* met                      # the activations of the first layer, if it is split; else NULL
    cdef bint leaves
    cdef Py_ssize_t end, done           # of the examples: where the slice should end, and where it did end

    def __dealloc__(self):
        cdef Py_ssize_t rank
        for rank in range(self.threads if self.members != NULL else 0):
            free(self.members[rank].memory)
        free(self.members)
        free(self.met)
        free(self.fetched.entries)
        free(self.fetched.memory)

    cdef int set_up(self, Epoch epoch, Py_ssize_t end, Py_ssize_t threads, bint leaves) except -1:
        """Take memory for the slice, from where the epoch stands to before `end`; `leaves` as in Epoch.train."""
        cdef Py_ssize_t rank
        cdef bint in_groups = epoch.state.in_groups
        cdef bint split = can_split(&epoch.net, epoch.mini_batch_size) and not in_groups
        cdef Py_ssize_t m = rows_at_once(&epoch.net) if in_groups else epoch.mini_batch_size
        self.epoch, self.net, self.examples, self.end, self.done = epoch, epoch.net, epoch.examples, end, epoch.first
        self.leaves = leaves
        self.allocate(m, threads, epoch.masks, split or in_groups)
        self.members = <Member*>calloc(self.threads, sizeof(Member))
        if self.members == NULL:
            raise MemoryError(f"no memory for {self.threads} threads")
        if epoch.sparse != NULL:
            self.set_up_fetching()
        if split and self.threads > 1:
            self.met = malloc((2 * self.spaces.m * self.net.layers[0].stride + LANES) * sizeof(real))
            if self.met == NULL:
                raise MemoryError(f"no memory for the activations of {self.spaces.m} examples")
        for rank in range(self.threads):
            self.set_up_member(rank)
        return 0

    cdef int set_up_fetching(self) except -1:
        """Memory for the non-zero inputs of the next mini-batches: the threads share it, unless each sums groups of its own."""
        cdef Py_ssize_t rank, parts
        plan_fetching(self.epoch.sparse, self.spaces.m, &self.fetched)
        parts = 2 * (self.threads if self.epoch.state.in_groups else 1) * self.fetched.most
        self.fetched.entries = <NonZeroInputs*>malloc(parts * sizeof(NonZeroInputs))
        self.fetched.memory = <unsigned char*>malloc(parts * self.fetched.size)
        for rank in range(self.threads):
            self.spaces[rank].fetched = self.fetched
            if self.epoch.state.in_groups:
                self.spaces[rank].fetched.entries += 2 * rank * self.fetched.most
                self.spaces[rank].fetched.memory += 2 * rank * self.fetched.most * self.fetched.size
        if self.fetched.entries == NULL or self.fetched.memory == NULL:
            raise MemoryError(f"no memory for the inputs of {self.fetched.most} examples")
        return 0

    cdef int set_up_member(self, Py_ssize_t rank) except -1:
        """Set up thread `rank`: its workspace, its account of the rows that wait, its copies of parameters and state."""
        cdef Epoch epoch = self.epoch
        cdef Member* member = &self.members[rank]
        cdef Workspace* work = &self.spaces[rank]
        cdef bint copies = self.met != NULL and rank > 0
        cdef Py_ssize_t size = padded(self.net.size), rows = self.net.layers[0].n_prev if epoch.lazy.steps_seen != NULL else 0
        cdef Py_ssize_t words = epoch.sparse.words if rows else 0
        cdef real* copy
        member.net, member.state, member.lazy = epoch.net, epoch.state, epoch.lazy
        work.sparse, work.distortions = epoch.sparse, epoch.distortions
        if epoch.distortions != NULL:
            work.canvas = canvas_for(epoch.distortions)
            if work.canvas == NULL:
                raise MemoryError("no memory to distort an image")
        member.memory = malloc((4 * size if copies else 0) * sizeof(real) + (rows + words) * sizeof(word) + 64)
        if member.memory == NULL:
            raise MemoryError(f"no memory for a thread's copy of {self.net.size} parameters")
        copy = aligned(member.memory)
        if copies:
            member.net.parameters = copied(copy, epoch.net.parameters, self.net.size)
            member.state.v = copied(copy + size, epoch.state.v, self.net.size)
            member.state.s = copied(copy + 2 * size, epoch.state.s, self.net.size)
            member.state.nabla = NULL if epoch.state.nabla == NULL else copy + 3 * size
            copy += 4 * size
        if rows:
            member.lazy.steps_seen = <Py_ssize_t*>copy
            member.lazy.needed = <word*>copy + rows
            memcpy(copy, epoch.lazy.steps_seen, rows * sizeof(Py_ssize_t))
            member.state.lazy = &member.lazy
        return 0

    cdef void run_share(self, Py_ssize_t rank) noexcept nogil:
        cdef Member* member = &self.members[rank]
        cdef Workspace* work = &self.spaces[rank]
        cdef Meter meter
        cdef Py_ssize_t i = self.epoch.first, m, step = self.epoch.step
        if self.met != NULL and self.team.threads > 1:
            split_first_layer(&self.net, aligned(self.met), work)
        begin_meter(&meter, &self.team)
        while i < self.end and not leaves(&self.team, step):
            m = min(self.epoch.mini_batch_size, self.epoch.n - i)
            work.position = self.epoch.position + i
            work.n_after = self.epoch.n - i - m
            if work.n_after > 0 and work.sparse == NULL and rank == 0:
                prefetch_inputs(self.examples, self.epoch.order, i + m, min(m, work.n_after))
            step += 1
            update_mini_batch(&member.net, &self.epoch.rule, self.examples, self.epoch.order, i, m, step, work, &member.state)
            i += m
            if self.leaves and rank == 0:
                leave_if_busy(&meter, &self.team, step)
        if rank == 0:
            self.done = i

    cdef void collect(self) noexcept:
        """Put together what the threads have: the neurons of a split layer; and let the epoch know where it stands."""
        cdef const Layer* layer = &self.net.layers[0]
        cdef Member* first = self.members
        cdef Member* member
        cdef Py_ssize_t rank, m = self.epoch.mini_batch_size
        cdef Share mine
        for rank in range(1, self.team.threads if self.met != NULL else 0):
            member, mine = &self.members[rank], self.spaces[rank].split
            copy_columns(layer, member.net.parameters, first.net.parameters, mine)
            copy_columns(layer, member.state.v, first.state.v, mine)
            copy_columns(layer, member.state.s, first.state.s, mine)
        self.epoch.step += (self.done - self.epoch.first + m - 1) // m
        self.epoch.first = self.done
        if self.epoch.lazy.steps_seen != NULL:
            self.epoch.lazy.step = first.lazy.step
            memcpy(self.epoch.lazy.steps_seen, first.lazy.steps_seen, layer.n_prev * sizeof(Py_ssize_t))
