"""What a network answers, what that costs, and the gradient of the cost."""
from libc.stdlib cimport calloc, malloc
from libc.string cimport memcpy

from nncore.equations cimport activations
from nncore.examples.batch cimport weight_of
from nncore.passes.backward cimport clear_between_layers
from nncore.passes.evaluation cimport answer_block, score_block
from nncore.passes.groups cimport backprop_groups, groups_of, rows_at_once
from nncore.passes.team cimport take
from nncore.zeros.lists cimport fill_bit_tables

cdef enum:
    SMALLEST_BLOCK = 16                 # examples that a thread takes at a time, at least
    BLOCKS_EACH = 4                     # blocks for each thread: one that others hold up takes fewer

fill_bit_tables()


def activate(str activation not None, real[:, ::1] z not None):
    """z -> a = sigma(z), in place, row by row."""
    cdef Activation sigma = <Activation>code_of("activation", activation, ACTIVATIONS)
    cdef Py_ssize_t i, n = z.shape[1], stride = padded(z.shape[1])
    if not z.shape[0] or not n:
        return
    check_aligned("z", &z[0, 0], sizeof(real))
    cdef real* row = <real*>calloc(stride, sizeof(real))
    if row == NULL:
        raise MemoryError(f"no memory for a row of {n}")
    with nogil:
        for i in range(z.shape[0]):
            memcpy(row, &z[i, 0], n * sizeof(real))
            activations.activate(sigma, rows_of(row, 1, n, stride))
            memcpy(&z[i, 0], row, n * sizeof(real))
        free(row)


cdef class Answering(Work):
    """A call of `feedforward` or `evaluate`: blocks of examples, which threads take one after another."""
    cdef Py_ssize_t block               # examples of a block
    cdef Py_ssize_t taken               # examples of all blocks that are taken
    cdef real* out                      # (n, n_out) the activations of the output layer; or NULL, and then answers are scored:
    cdef double* costs                  # (n,) the cost of each example; NULL where it is not asked for
    cdef bint* right                    # (n,) whether each answer is right

    def __dealloc__(self):
        free(self.costs)
        free(self.right)

    cdef int allocate_blocks(self, Program program, real[::1] parameters, Data data, Py_ssize_t threads, masks) except -1:
        """Cut the examples into blocks, several for each thread; and a workspace for each thread."""
        cdef Py_ssize_t n = data.examples.n
        self.net, self.examples = bind(program, parameters), &data.examples
        self.block = n if threads <= 1 else max(<Py_ssize_t>SMALLEST_BLOCK, n // threads // <Py_ssize_t>BLOCKS_EACH)
        self.block = min(self.block, <Py_ssize_t>MOST_ROWS)
        return self.allocate(min(n, self.block), threads, masks, alone=True)

    cdef void run_share(self, Py_ssize_t rank) noexcept nogil:
        cdef Py_ssize_t n = self.examples.n, first = take(&self.taken, self.block), m
        while first < n:
            m = min(self.block, n - first)
            if self.out != NULL:
                answer_block(&self.net, self.examples, first, m, &self.spaces[rank],
                             self.out + first * self.net.layers[self.net.L - 1].n)
            else:
                score_block(&self.net, self.examples, first, m, &self.spaces[rank],
                            NULL if self.costs == NULL else self.costs + first, self.right + first)
            first = take(&self.taken, self.block)


def feedforward(Program program not None, real[::1] parameters not None, Data data not None, real[:, ::1] out not None,
                Py_ssize_t threads=1):
    """Write the activations of the output layer for every example into out (n, n_out).

    threads : how many share the examples; the bits do not depend on it
    """
    cdef Answering answering = Answering()
    cdef Network net = bind(program, parameters)
    cdef Py_ssize_t n = data.examples.n, n_out = net.layers[net.L - 1].n
    check_data(&net, data, False)
    if out.shape[0] != n or out.shape[1] != n_out:
        raise ValueError(f"out: shape ({n}, {n_out}) needed, got ({out.shape[0]}, {out.shape[1]})")
    answering.out = &out[0, 0]
    check_aligned("out", answering.out, sizeof(real))
    answering.allocate_blocks(program, parameters, data, threads, None)
    answering.run()


def evaluate(Program program not None, real[::1] parameters not None, Data data not None, masks=None, Py_ssize_t threads=1, *,
             bint cost=True):
    """Return (sum of the cost over the examples, number that the network answers as y does), both times the examples' weights.

    masks : as in backprop
    threads : how many share the examples; the bits do not depend on it
    cost : whether the cost is asked for; otherwise it is None, and takes no time
    """
    cdef Answering answering = Answering()
    cdef Network net = bind(program, parameters)
    cdef Py_ssize_t i, n = data.examples.n
    cdef double total = 0, correct = 0
    check_data(&net, data, True)
    answering.right = <bint*>malloc(n * sizeof(bint))
    answering.costs = <double*>malloc(n * sizeof(double)) if cost else NULL
    if answering.right == NULL or (cost and answering.costs == NULL):
        raise MemoryError(f"no memory for the costs of {n} examples")
    answering.allocate_blocks(program, parameters, data, threads, masks)
    answering.run()
    for i in range(n):                                  # in the examples' order, whoever computed them
        correct += weight_of(&data.examples, i) * answering.right[i]
        if cost:
            total += weight_of(&data.examples, i) * answering.costs[i]
    return total if cost else None, correct


cdef class Gradient(Work):
    """A call of `backprop`."""
    cdef real* nabla                    # (groups, size): the caller's memory if there is one group, and else
    cdef real* groups                   # this

    def __dealloc__(self):
        free(self.groups)

    cdef void run_share(self, Py_ssize_t rank) noexcept nogil:
        backprop_groups(&self.net, self.examples, NULL, 0, self.examples.n, &self.spaces[rank], self.nabla)


def backprop(Program program not None, real[::1] parameters not None, Data data not None, real[::1] nabla not None,
             masks=None, Py_ssize_t threads=1):
    """Write the gradient of the cost, summed over the examples times their weights, into nabla, laid out as the parameters are.

    masks : None, or (seed, epoch) of the dropout masks to apply, which belong to the examples in the data's order.
    threads : how many share the work, if the examples are so many that they are summed in groups; the bits do not depend on it
    """
    cdef Gradient gradient = Gradient()
    cdef Py_ssize_t n = data.examples.n, groups
    gradient.net, gradient.examples = bind(program, parameters), &data.examples
    check_data(&gradient.net, data, True)
    if nabla.shape[0] != gradient.net.size:
        raise ValueError(f"nabla: {gradient.net.size} reals needed, got {nabla.shape[0]}")
    check_aligned("nabla", &nabla[0], sizeof(real))
    groups = groups_of(&gradient.net, n)
    gradient.allocate(n if groups == 1 else rows_at_once(&gradient.net), threads if groups > 1 else 1, masks, True)
    gradient.nabla = &nabla[0]
    if groups > 1:
        gradient.nabla = gradient.groups = <real*>calloc(groups * padded(gradient.net.size), sizeof(real))
        if gradient.groups == NULL:
            raise MemoryError(f"no memory for the gradients of {groups} groups of {n} examples")
    gradient.run()
    if groups > 1:
        memcpy(&nabla[0], gradient.nabla, gradient.net.size * sizeof(real))
    clear_between_layers(&gradient.net, &nabla[0])
