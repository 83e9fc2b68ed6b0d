"""Training: update rules, SGD over a slice of an epoch, and the order of an epoch."""
from libc.stdlib cimport malloc

from nncore.equations.update cimport UpdateRule
from nncore.examples.batch cimport prefetch_inputs
from nncore.machine.memory cimport offset
from nncore.machine cimport random
from nncore.machine.random cimport SHUFFLE
from nncore.passes.program cimport weights_in
from nncore.passes.sgd cimport State, is_fused, update_mini_batch
from nncore.passes.team cimport wait
from nncore.zeros.lazy cimport LazyRows, begin_lazy_rows, catch_up_all, rows_can_wait


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


cdef class Training(Work):
    """A call of `train`."""
    cdef UpdateRule rule
    cdef State state
    cdef LazyRows lazy
    cdef Py_ssize_t* order              # a copy, which nobody else can write to once it is checked
    cdef Py_ssize_t n, mini_batch_size, step, position

    def __dealloc__(self):
        free(self.order)
        free(self.state.nabla)
        free(self.lazy.steps_seen)
        free(self.lazy.needed)

    cdef int take_order(self, const Py_ssize_t[::1] order) except -1:
        """Copy the order, and refuse one that names an example that is not there."""
        cdef Py_ssize_t i
        self.n = order.shape[0]
        self.order = <Py_ssize_t*>malloc(self.n * sizeof(Py_ssize_t))
        if self.order == NULL:
            raise MemoryError(f"no memory for the order of {self.n} examples")
        memcpy(self.order, &order[0], self.n * sizeof(Py_ssize_t))
        for i in range(self.n):
            if not 0 <= self.order[i] < self.examples.n:
                raise ValueError(f"order: 0 to {self.examples.n - 1} needed, got {self.order[i]} at {i}")
        return 0

    cdef int distort(self, const Distortions* distortions) except -1:
        """Give every thread a canvas for distorted images."""
        cdef Py_ssize_t rank
        for rank in range(self.threads):
            self.spaces[rank].distortions = distortions
            self.spaces[rank].canvas = canvas_for(distortions)
            if self.spaces[rank].canvas == NULL:
                raise MemoryError("no memory to distort an image")
        return 0

    cdef int allocate_state(self, const Sparse* sparse) except -1:
        """Memory for what the rule needs within the call: gradients of the general way, or lazy rows of a sparse first layer."""
        cdef Workspace* work = self.spaces
        cdef double decay = self.rule.eta * self.rule.lmbda_over_n
        if not is_fused(&self.rule, self.mini_batch_size):
            work.sparse = sparse
            self.state.nabla = <real*>malloc(self.net.size * sizeof(real))
            if self.state.nabla == NULL:
                raise MemoryError(f"no memory for the gradients of {self.net.size} parameters")
            return 0
        if sparse == NULL or not rows_can_wait(decay, self.rule.mu):
            return 0
        work.sparse = sparse
        if self.rule.mu == 0 and decay == 0:
            return 0
        begin_lazy_rows(&self.lazy, decay, self.rule.mu)
        self.lazy.steps_seen = <Py_ssize_t*>calloc(self.net.layers[0].n_prev, sizeof(Py_ssize_t))
        self.lazy.needed = <word*>malloc(sparse.words * sizeof(word))
        if self.lazy.steps_seen == NULL or self.lazy.needed == NULL:
            raise MemoryError(f"no memory for the state of {self.net.layers[0].n_prev} rows")
        self.state.lazy = &self.lazy
        return 0

    cdef void run_share(self, Py_ssize_t rank) noexcept nogil:
        cdef Workspace* work = &self.spaces[rank]
        cdef const Layer* first_layer = &self.net.layers[0]
        cdef Py_ssize_t i = 0, m, step = self.step
        while i < self.n:
            m = min(self.mini_batch_size, self.n - i)
            work.position = self.position + i
            work.n_after = self.n - i - m
            if work.n_after > 0 and work.sparse == NULL and rank == 0:
                prefetch_inputs(self.examples, self.order, i + m, min(m, work.n_after))
            step += 1
            update_mini_batch(&self.net, &self.rule, self.examples, self.order, i, m, step, work, &self.state)
            i += m
        wait(work.team)
        if self.state.lazy != NULL:
            catch_up_all(self.state.lazy, weights_in(self.net.parameters, first_layer), offset(self.state.v, first_layer.weights))


def train(Program program not None, real[::1] parameters not None, Data data not None, const Py_ssize_t[::1] order not None,
          Py_ssize_t mini_batch_size, Rule rule not None, *, state=(None, 0), key=(0, 0, 0), Augmentation augmentation=None,
          Py_ssize_t threads=1):
    """SGD over the examples order[0], order[1] ... in mini-batches; the last may be shorter, and divides by its own length.

    state : (vector, step): what the rule remembers, (rule.states * program.size,), or None where it remembers nothing; and how
        many mini-batches were trained on since the vector was zeros
    key : (seed, epoch, position) of the dropout masks and distortions; position is that of order[0] in the epoch
    augmentation : how the examples, which are images, are distorted
    threads : how many share the work, if the first layer is a convolution or pooling; the bits do not depend on it
    """
    cdef Training run = Training()
    cdef const Layer* first_layer
    cdef bint sparse
    cdef real[::1] vector
    vector, run.step = state
    seed, epoch, run.position = key
    run.net = bind(program, parameters)
    first_layer = &run.net.layers[0]
    check_data(&run.net, data, True)
    sparse = (augmentation is None and data.sparse.records != NULL and first_layer.kind == DENSE and first_layer.dropout == 0)
    if mini_batch_size < 1:
        raise ValueError(f"mini_batch_size: at least 1 needed, got {mini_batch_size}")
    if run.step < 0:
        raise ValueError(f"step: at least 0 needed, got {run.step}")
    if rule.states and (vector is None or vector.shape[0] != rule.states * run.net.size):
        raise ValueError(f"state: {rule.states} times {run.net.size} reals needed")
    if augmentation is not None:
        check_images(&augmentation.distortions, data)
    if not order.shape[0]:
        return
    run.examples, run.rule = &data.examples, rule.rule
    run.mini_batch_size = min(mini_batch_size, order.shape[0])
    run.take_order(order)
    run.allocate(run.mini_batch_size, threads, (seed, epoch))
    if rule.states:
        run.state.v = &vector[0]
        run.state.s = &vector[run.net.size] if rule.states == 2 else NULL
    if augmentation is not None:
        run.distort(&augmentation.distortions)
    run.allocate_state(&data.sparse if sparse else NULL)
    run.run()


def shuffle(Py_ssize_t[::1] order not None, word seed, word epoch):
    """Fill order with 0 .. n-1, shuffled for this seed and epoch."""
    if order.shape[0]:
        random.shuffle(&order[0], order.shape[0], stream_key(seed, epoch, SHUFFLE))
