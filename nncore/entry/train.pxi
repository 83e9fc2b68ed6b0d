"""Training: update rules, an epoch of SGD, and its order."""
from libc.stdlib cimport malloc, realloc
from libc.string cimport memcmp

from nncore.equations.product cimport with_padding
from nncore.equations.update cimport UpdateRule
from nncore.machine.memory cimport offset
from nncore.machine cimport random
from nncore.machine.random cimport SHUFFLE, word
from nncore.machine.range cimport all_finite
from nncore.passes.groups cimport groups_of, rows_at_once, sums_groups
from nncore.passes.program cimport weights_in
from nncore.passes.sgd cimport State, is_fused
from nncore.zeros.lazy cimport LazyRows, begin_lazy_rows, catch_up_all, rows_can_wait

cdef Py_ssize_t MOST_STEPS = 1 << 53    # a double counts so far


cdef class Rule:
    """How weights follow gradients; see equations/update.pxd.

    kind : "sgd", "nesterov" or "adam"
    eta, lmbda_over_n, l1_over_n : learning rate, L2 and L1 regularisation
    momentum : mu; Adam's beta1
    beta2, epsilon : Adam's
    """
    cdef UpdateRule rule
    cdef readonly str kind

    def __cinit__(self, str kind not None, double eta, double lmbda_over_n=0, double l1_over_n=0, double momentum=0,
                  double beta2=0.999, double epsilon=1e-8):
        if not all(isfinite(number) for number in (eta, lmbda_over_n, l1_over_n, momentum, beta2, epsilon)):
            raise ValueError("eta, lmbda_over_n, l1_over_n, momentum, beta2, epsilon: finite numbers needed")
        if kind == "adam" and not (0 <= momentum < 1 and 0 <= beta2 < 1 and <real>epsilon > 0):
            raise ValueError(f"adam: 0 <= momentum, beta2 < 1 and epsilon > 0 needed, got {momentum}, {beta2}, {epsilon}")
        self.kind = kind
        self.rule = UpdateRule(<Kind>code_of("kind", kind, KINDS), eta, lmbda_over_n, l1_over_n, momentum, beta2, epsilon)

    @property
    def states(self):
        """How many vectors as long as the parameters it remembers from step to step."""
        return 2 if self.rule.kind == ADAM else 1 if self.rule.kind == NESTEROV or self.rule.mu != 0 else 0

    @property
    def eta(self):
        return self.rule.eta

    @property
    def lmbda_over_n(self):
        return self.rule.lmbda_over_n

    @property
    def l1_over_n(self):
        return self.rule.l1_over_n

    @property
    def momentum(self):
        return self.rule.mu


cdef class Epoch:
    """An epoch of SGD over the examples order[0], order[1] ... in mini-batches, trained in slices.

    The last mini-batch may be shorter, and divides by its own length. Between two slices the parameters may be looked at, and
    changed. A look changes nothing: an epoch in slices, on any numbers of threads, ends with the bits of one in one piece.
    `begin` begins the next epoch of a training, in the memory of the last.

    state : (vector, step): what the rule remembers, (rule.states * program.size,), or None where it remembers nothing; and how
        many mini-batches were trained on since the vector was zeros
    key : (seed, epoch, position) of the dropout masks and distortions; position is that of order[0] in the epoch
    augmentation : how the examples, which are images, are distorted
    """
    cdef Network net
    cdef const Examples* examples
    cdef const Sparse* sparse           # the non-zero inputs, if the first layer reads those alone; else NULL
    cdef const Distortions* distortions
    cdef UpdateRule rule
    cdef State state                    # without lazy rows: each thread has its own account of those
    cdef real* nabla                    # memory for state.nabla
    cdef Py_ssize_t* order              # a copy, which nobody else can write to once it is checked
    cdef Py_ssize_t n, mini_batch_size, step
    cdef Py_ssize_t most                # the mini-batch size that was asked for; that of an epoch is not above n
    cdef Py_ssize_t states              # vectors that the rule remembers
    cdef real* copy                     # what `keep` kept: the parameters, and behind them what the rule
    cdef Py_ssize_t kept_states         # remembered, so many vectors
    cdef word position
    cdef Py_ssize_t first               # where the next slice begins
    cdef LazyRows lazy                  # between two slices, the account of the first layer's rows that wait; and in
    cdef real* waiting                  # this memory, those rows and their velocities, and what was handed over for them
    cdef tuple masks                    # (seed, epoch)
    cdef Data data                      # these keep alive what the pointers point to
    cdef Program program
    cdef Augmentation augmentation
    cdef real[::1] parameters, vector

    def __cinit__(self, Program program not None, real[::1] parameters not None, Data data not None,
                  const Py_ssize_t[::1] order not None, Py_ssize_t mini_batch_size, Rule rule not None, *, state=(None, 0),
                  key=(0, 0, 0), Augmentation augmentation=None):
        self.program, self.parameters, self.data, self.augmentation = program, parameters, data, augmentation
        self.net, self.examples, self.most = bind(program, parameters), &data.examples, mini_batch_size
        check_data(&self.net, data, True)
        if mini_batch_size < 1:
            raise ValueError(f"mini_batch_size: at least 1 needed, got {mini_batch_size}")
        if augmentation is not None:
            check_images(&augmentation.distortions, data)
            self.distortions = &augmentation.distortions
        self.begin(order, rule, state=state, key=key)

    def __dealloc__(self):
        free(self.order)
        free(self.nabla)
        free(self.lazy.steps_seen)
        free(self.waiting)
        free(self.copy)

    def begin(self, const Py_ssize_t[::1] order not None, Rule rule not None, *, state=(None, 0), key=(0, 0, 0)):
        """Begin an epoch, which may be the next of a training; the arguments are those of Epoch."""
        cdef real[::1] vector
        cdef Py_ssize_t step, states = rule.states
        cdef word position
        vector, step = state
        seed, epoch, position = key
        masks = index(seed), index(epoch)
        if not 0 <= step <= MOST_STEPS:
            raise ValueError(f"step: 0 to {MOST_STEPS} needed, got {step}")
        if states and (vector is None or vector.shape[0] != states * self.net.size):
            raise ValueError(f"state: {states} times {self.net.size} reals needed")
        if states:
            check_aligned("state", &vector[0], sizeof(real))
        self.first = self.n = 0                             # nothing is trained until all is known to be right
        self.take_order(order)
        self.mini_batch_size = max(<Py_ssize_t>1, min(self.most, order.shape[0]))
        self.vector, self.step, self.position, self.masks = vector, step, position, masks
        self.rule, self.states = rule.rule, states
        self.state.v = &vector[0] if states else NULL
        self.state.s = &vector[self.net.size] if states == 2 else NULL
        self.take_gradients()
        free(self.lazy.steps_seen)
        free(self.waiting)
        self.sparse, self.lazy.steps_seen, self.waiting = NULL, NULL, NULL
        if self.augmentation is None and self.data.listed is not None:
            self.read_non_zeros(&self.data.sparse)
        self.n = order.shape[0]

    cdef int take_order(self, const Py_ssize_t[::1] order) except -1:
        """Copy the order, and refuse one that names an example that is not there."""
        cdef Py_ssize_t i, n = order.shape[0]
        cdef void* memory = realloc(self.order, max(<Py_ssize_t>1, n) * sizeof(Py_ssize_t))
        if memory == NULL:
            raise MemoryError(f"no memory for the order of {n} examples")
        self.order = <Py_ssize_t*>memory
        if n:
            check_aligned("order", &order[0], sizeof(Py_ssize_t))
        for i in range(n):
            self.order[i] = order[i]
            if not 0 <= self.order[i] < self.examples.n:
                raise ValueError(f"order: 0 to {self.examples.n - 1} needed, got {self.order[i]} at {i}")
        return 0

    cdef int take_gradients(self) except -1:
        """Take memory for gradients, if the rule goes the general way."""
        cdef void* memory
        self.state.in_groups, self.state.nabla = False, NULL
        if is_fused(&self.rule, self.mini_batch_size):
            return 0
        self.state.in_groups = sums_groups(&self.net, self.mini_batch_size)
        memory = realloc(self.nabla, groups_of(&self.net, self.mini_batch_size) * padded(self.net.size) * sizeof(real))
        if memory == NULL:
            raise MemoryError(f"no memory for the gradients of {self.net.size} parameters")
        self.state.nabla = self.nabla = <real*>memory
        return 0

    def keep(self):
        """Copy the parameters, and what the rule remembers, for `restore`."""
        cdef Py_ssize_t size = self.net.size
        cdef void* memory = realloc(self.copy, (1 + self.states) * size * sizeof(real))
        if memory == NULL:
            raise MemoryError(f"no memory for a copy of {size} parameters")
        self.copy, self.kept_states = <real*>memory, self.states
        with nogil:
            memcpy(self.copy, self.net.parameters, size * sizeof(real))
            if self.states:
                memcpy(self.copy + size, self.state.v, self.states * size * sizeof(real))

    def restore(self):
        """Put parameters, and what the rule remembers, back to what they were when `keep` was called in this epoch."""
        cdef Py_ssize_t size = self.net.size
        if self.copy == NULL or self.kept_states != self.states:
            raise ValueError("restore: call keep() first")
        memcpy(self.net.parameters, self.copy, size * sizeof(real))
        if self.states:
            memcpy(self.state.v, self.copy + size, self.states * size * sizeof(real))

    def is_finite(self):
        """Whether all parameters are finite."""
        cdef bint finite
        with nogil:
            finite = all_finite(self.net.parameters, self.net.size)
        return finite

    cdef int read_non_zeros(self, const Sparse* sparse) except -1:
        """Let the first layer read its non-zero inputs alone, if it can; with momentum or L2 its rows then wait (lazy.pxd)."""
        cdef const Layer* layer = &self.net.layers[0]
        cdef double decay = self.rule.eta * self.rule.lmbda_over_n
        if layer.kind != DENSE or layer.dropout > 0:
            return 0
        if self.state.nabla == NULL and not rows_can_wait(decay, self.rule.mu):
            return 0
        self.sparse = sparse
        if self.state.nabla != NULL or (self.rule.mu == 0 and decay == 0):
            return 0
        begin_lazy_rows(&self.lazy, decay, self.rule.mu)
        self.lazy.steps_seen = <Py_ssize_t*>calloc(2 * layer.n_prev, sizeof(Py_ssize_t))        # the second half is scratch
        if self.lazy.steps_seen == NULL:
            raise MemoryError(f"no memory for the state of {layer.n_prev} rows")
        return 0

    def train(self, Py_ssize_t end, Py_ssize_t threads=1, bint leaves=False):
        """Train on, mini-batch by mini-batch, until at least `end` examples of the order are done; return how many are done.

        threads : how many share the work; the bits do not depend on it
        leaves : whether a team that waits more than it works, since others use the processors, ends the slice early
        """
        cdef Slice slice = Slice()
        cdef Py_ssize_t m = self.mini_batch_size
        if not 1 <= threads <= MOST_THREADS:
            raise ValueError(f"threads: 1 to {MOST_THREADS} needed, got {threads}")
        end = min(self.n, (min(end, self.n) + m - 1) // m * m)
        if end <= self.first:
            return self.first
        self.take_back_rows()
        try:
            slice.set_up(self, end, threads, leaves)
            slice.run()
            slice.collect()
        finally:
            self.hand_over_rows()
        return self.first

    cdef Py_ssize_t copy_rows(self, real* copy) noexcept nogil:
        """Copy the first layer's rows, and behind them their velocities, to `copy`; return how many reals they are."""
        cdef const Layer* layer = &self.net.layers[0]
        cdef Py_ssize_t size = layer.biases - layer.weights
        if copy != NULL:
            memcpy(copy, self.net.parameters + layer.weights, size * sizeof(real))
            if self.state.v != NULL:
                memcpy(copy + size, self.state.v + layer.weights, size * sizeof(real))
        return 2 * size if self.state.v != NULL else size

    cdef int hand_over_rows(self) except -1:
        """Bring the rows that wait up to date, for others to look at, and keep them as they were until the next slice."""
        cdef const Layer* layer = &self.net.layers[0]
        cdef Py_ssize_t size = self.copy_rows(NULL)
        cdef LazyRows lazy = self.lazy
        if lazy.steps_seen == NULL:
            return 0
        if self.waiting == NULL and self.first < self.n:
            self.waiting = <real*>malloc(2 * size * sizeof(real))
            if self.waiting == NULL:
                raise MemoryError(f"no memory for the {layer.n_prev} rows that wait")
        if self.waiting != NULL:
            self.copy_rows(self.waiting)
        lazy.steps_seen = self.lazy.steps_seen + layer.n_prev
        memcpy(lazy.steps_seen, self.lazy.steps_seen, layer.n_prev * sizeof(Py_ssize_t))
        catch_up_all(&lazy, with_padding(weights_in(self.net.parameters, layer)), offset(self.state.v, layer.weights))
        if self.waiting != NULL:
            self.copy_rows(self.waiting + size)
        return 0

    cdef void take_back_rows(self) noexcept:
        """Put the rows that wait back as they were; if somebody has changed what was handed over, they wait no longer."""
        cdef const Layer* layer = &self.net.layers[0]
        cdef Py_ssize_t k, rows = layer.biases - layer.weights
        cdef const real* handed
        cdef bint same
        if self.waiting == NULL:
            return
        handed = self.waiting + self.copy_rows(NULL)
        same = memcmp(handed, self.net.parameters + layer.weights, rows * sizeof(real)) == 0
        if self.state.v != NULL:
            same = same and memcmp(handed + rows, self.state.v + layer.weights, rows * sizeof(real)) == 0
        if not same:
            for k in range(layer.n_prev):
                self.lazy.steps_seen[k] = self.lazy.step
            return
        memcpy(self.net.parameters + layer.weights, self.waiting, rows * sizeof(real))
        if self.state.v != NULL:
            memcpy(self.state.v + layer.weights, self.waiting + rows, rows * sizeof(real))


def train(Program program not None, real[::1] parameters not None, Data data not None, const Py_ssize_t[::1] order not None,
          Py_ssize_t mini_batch_size, Rule rule not None, *, state=(None, 0), key=(0, 0, 0), Augmentation augmentation=None,
          Py_ssize_t threads=1):
    """Train an epoch in one slice; the arguments are those of Epoch and of its `train`."""
    epoch = Epoch(program, parameters, data, order, mini_batch_size, rule, state=state, key=key, augmentation=augmentation)
    epoch.train(order.shape[0], threads)


def shuffle(Py_ssize_t[::1] order not None, word seed, word epoch):
    """Fill order with 0 .. n-1, shuffled for this seed and epoch."""
    if order.shape[0]:
        check_aligned("order", &order[0], sizeof(Py_ssize_t))
        random.shuffle(&order[0], order.shape[0], stream_key(seed, epoch, SHUFFLE))
