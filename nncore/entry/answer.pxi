"""What a network answers, what that costs, and the gradient of the cost."""
from libc.stdlib cimport calloc, malloc
from libc.string cimport memcpy

from nncore.equations cimport activations
from nncore.examples.batch cimport gather_inputs
from nncore.passes.evaluation cimport Score, score_examples
from nncore.passes.forward cimport forward_pass
from nncore.passes.groups cimport backprop_groups, groups_of, rows_at_once
from nncore.passes.workspace cimport a_of, a_prev_of


def activate(str activation not None, real[:, ::1] z not None):
    """z -> a = sigma(z), in place, row by row."""
    cdef Activation sigma = <Activation>code_of("activation", activation, ACTIVATIONS)
    cdef Py_ssize_t i, n = z.shape[1], stride = padded(z.shape[1])
    if not z.shape[0] or not n:
        return
    cdef real* row = <real*>calloc(stride, sizeof(real))
    if row == NULL:
        raise MemoryError(f"no memory for a row of {n}")
    with nogil:
        for i in range(z.shape[0]):
            memcpy(row, &z[i, 0], n * sizeof(real))
            activations.activate(sigma, rows_of(row, 1, n, stride))
            memcpy(&z[i, 0], row, n * sizeof(real))
        free(row)


def feedforward(Program program not None, real[::1] parameters not None, Data data not None, real[:, ::1] out not None):
    """Write the activations of the output layer for every example into out (n, n_out)."""
    cdef Network net = bind(program, parameters)
    cdef const Layer* output = &net.layers[net.L - 1]
    cdef const Examples* examples = &data.examples
    check_data(&net, data, False)
    if out.shape[0] != examples.n or out.shape[1] != output.n:
        raise ValueError(f"out: shape ({examples.n}, {output.n}) needed, got ({out.shape[0]}, {out.shape[1]})")
    cdef Workspace work = workspace_for(&net, examples.n, None)
    cdef Py_ssize_t i, j, first = 0, m
    cdef Matrix a
    with nogil:
        while first < examples.n:
            m = min(work.m, examples.n - first)
            gather_inputs(examples, NULL, first, a_prev_of(&net.layers[0], &work, m))
            forward_pass(&net, &work, m)
            a = a_of(output, &work, m)
            for i in range(m):
                for j in range(output.n):
                    out[first + i, j] = a.x[i * a.row + j]
            first += m
        free_workspace(&work)


cdef class Evaluation(Work):
    """A call of `evaluate`."""
    cdef Score score

    cdef void run_share(self, Py_ssize_t rank) noexcept nogil:
        score_examples(&self.net, self.examples, &self.spaces[rank], &self.score)


def evaluate(Program program not None, real[::1] parameters not None, Data data not None, masks=None, Py_ssize_t threads=1):
    """(sum of the cost over the examples, number of them that the network answers as y does).

    masks : as in backprop
    threads : as in train
    """
    cdef Evaluation evaluation = Evaluation()
    evaluation.net = bind(program, parameters)
    check_data(&evaluation.net, data, True)
    evaluation.examples = &data.examples
    evaluation.allocate(data.examples.n, threads, masks)
    evaluation.run()
    return evaluation.score.cost, evaluation.score.correct


cdef class Gradient(Work):
    """A call of `backprop`."""
    cdef real* nabla                    # (groups, size)

    def __dealloc__(self):
        free(self.nabla)

    cdef void run_share(self, Py_ssize_t rank) noexcept nogil:
        backprop_groups(&self.net, self.examples, NULL, 0, self.examples.n, &self.spaces[rank], self.nabla)


def backprop(Program program not None, real[::1] parameters not None, Data data not None, real[::1] nabla not None,
             masks=None, Py_ssize_t threads=1):
    """Write the gradient of the cost, summed over the examples, into nabla, laid out as the parameters are.

    masks : None, or (seed, epoch) of the dropout masks to apply, which belong to the examples in the data's order.
    threads : how many share the work, if the examples are so many that they are summed in groups; the bits do not depend on it
    """
    cdef Gradient gradient = Gradient()
    cdef Py_ssize_t n = data.examples.n, groups
    gradient.net, gradient.examples = bind(program, parameters), &data.examples
    check_data(&gradient.net, data, True)
    if nabla.shape[0] != gradient.net.size:
        raise ValueError(f"nabla: {gradient.net.size} reals needed, got {nabla.shape[0]}")
    groups = groups_of(&gradient.net, n)
    gradient.allocate(n if groups == 1 else rows_at_once(&gradient.net), threads if groups > 1 else 1, masks, True)
    gradient.nabla = <real*>malloc(groups * padded(gradient.net.size) * sizeof(real))
    if gradient.nabla == NULL:
        raise MemoryError(f"no memory for the gradients of {groups} groups of {n} examples")
    gradient.run()
    memcpy(&nabla[0], gradient.nabla, gradient.net.size * sizeof(real))
