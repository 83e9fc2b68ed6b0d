"""For bench/ and the tests alone: single products and single layers, many times over, and what the machine can do."""
from nncore.equations cimport dense
from nncore.equations.costs cimport log1p_of
from nncore.equations.product cimport PANEL, Matrix, Share
from nncore.machine.peak cimport CHAINS, muladds, scaled_sum
from nncore.machine.simd cimport WIDTH
from nncore.passes.backward cimport Errors, Target, bp1, bp2, bp3, bp4, errors_of, gradients_into, scale_delta
from nncore.passes.forward cimport forward_layer, forward_pass, gather
from nncore.passes.workspace cimport delta_of


cdef int check_rows(Py_ssize_t m, Py_ssize_t stride, Py_ssize_t n_prev, Py_ssize_t stride_prev) except -1:
    """Refuse rows of w that are not whole cache lines."""
    if m < 1 or n_prev < 1 or stride < 1 or stride % LANES or stride_prev < n_prev:
        raise ValueError(f"a row of w: a multiple of {LANES} reals needed, got {stride}; m {m}, n_prev {n_prev} of {stride_prev}")
    return 0


cdef Matrix matrix(const real[:, ::1] x, Py_ssize_t columns) except *:
    """x, of which `columns` count."""
    check_aligned("x", &x[0, 0], sizeof(real))
    return rows_of(&x[0, 0], x.shape[0], columns, x.shape[1])


def log1p(real[::1] x not None):
    """x -> log(1 + x), in place, in the registers in which costs are computed; x (n,) >= 0 in whole registers."""
    if x.shape[0] % WIDTH:
        raise ValueError(f"x: a multiple of {WIDTH} reals needed, got {x.shape[0]}")
    if x.shape[0]:
        log1p_of(&x[0], x.shape[0])


def weighted_input(const real[:, ::1] a_prev not None, const real[:, ::1] w not None, const real[::1] b not None,
                   real[:, ::1] z not None, Py_ssize_t repeat=1):
    """z = a_prev @ w + b, as a dense layer does it; a_prev (m, n_prev or more), w (n_prev, stride), b (stride,), z (m, stride)."""
    cdef Py_ssize_t m = z.shape[0], stride = z.shape[1], n_prev = w.shape[0], _
    check_rows(m, stride, n_prev, a_prev.shape[1])
    if a_prev.shape[0] != m or w.shape[1] != stride or b.shape[0] != stride:
        raise ValueError(f"shapes: z ({m}, {stride}) does not fit a_prev, w and b")
    cdef Matrix x = matrix(a_prev, n_prev), weights = matrix(w, stride), out = matrix(z, stride)
    with nogil:
        for _ in range(repeat):
            dense.weighted_input(x, weights, &b[0], out)


def weight_gradient(const real[:, ::1] a_prev not None, const real[:, ::1] delta not None, real[:, ::1] nabla_w not None,
                    double keep=1, Py_ssize_t repeat=1):
    """BP4: nabla_w = keep * nabla_w + a_prev.T @ delta; a_prev (m, n_prev or more), delta (m, stride), nabla_w (n_prev, stride)."""
    cdef Py_ssize_t m = delta.shape[0], stride = delta.shape[1], n_prev = nabla_w.shape[0], _
    check_rows(m, stride, n_prev, a_prev.shape[1])
    if a_prev.shape[0] != m or nabla_w.shape[1] != stride:
        raise ValueError(f"shapes: delta ({m}, {stride}) does not fit a_prev and nabla_w")
    cdef Matrix x = matrix(a_prev, n_prev), errors = matrix(delta, stride), out = matrix(nabla_w, stride)
    cdef real* turned = <real*>malloc(dense.TURNED_AT_ONCE * m * sizeof(real))
    if turned == NULL:
        raise MemoryError(f"no memory for {m} examples")
    with nogil:
        for _ in range(repeat):
            dense.weight_gradient(x, errors, out, <real>keep, Share(0, n_prev), turned)
        free(turned)


def hidden_delta(str activation_prev not None, const real[:, ::1] delta not None, const real[:, ::1] w not None,
                 const real[:, ::1] a_prev not None, real[:, ::1] delta_prev not None, Py_ssize_t repeat=1):
    """BP2: delta_prev = (delta @ w.T) * sigma'(z_prev); delta (m, stride), w (n_prev, stride), the others (m, stride_prev)."""
    cdef Activation sigma = <Activation>code_of("activation_prev", activation_prev, ACTIVATIONS)
    cdef Py_ssize_t m = delta.shape[0], stride = delta.shape[1], n_prev = w.shape[0], stride_prev = padded(w.shape[0]), _
    check_rows(m, stride, n_prev, stride_prev)
    if (w.shape[1] != stride or a_prev.shape[0] != m or a_prev.shape[1] != stride_prev
            or delta_prev.shape[0] != m or delta_prev.shape[1] != stride_prev):
        raise ValueError(f"shapes: a_prev and delta_prev ({m}, {stride_prev}) needed")
    cdef real* w_transposed = <real*>malloc(stride * PANEL * sizeof(real))
    if w_transposed == NULL:
        raise MemoryError(f"no memory for {stride} rows")
    cdef Matrix errors = matrix(delta, stride), weights = matrix(w, stride)
    cdef Matrix a = matrix(a_prev, stride_prev), out = matrix(delta_prev, stride_prev)
    with nogil:
        for _ in range(repeat):
            dense.hidden_delta(sigma, errors, weights, a, out, w_transposed, dense.takes_dots(stride, m))
        free(w_transposed)


cdef Py_ssize_t layer_with_parameters(const Network* net, Py_ssize_t l) except -1:
    """The number in the program of the l-th layer that has parameters."""
    cdef Py_ssize_t number
    for number in range(net.L):
        if net.layers[number].fan_in:
            if l == 0:
                return number
            l -= 1
    raise ValueError("l: the number of a layer with parameters needed")


def layer_pass(Program program not None, real[::1] parameters not None, Data data not None, Py_ssize_t l, str what not None,
               Py_ssize_t repeat=1):
    """Repeat what layer l does in a step over all the examples; return the floating-point operations of one repetition.

    l : the number of the layer among those with parameters, from 0
    what : "forward", "BP2" or "BP3, BP4"
    repeat : how many times it is done, after one forward pass and the BP2 of the layers behind l

    The operations counted are those of the equations: zeros count, padding does not.
    """
    cdef Network net = bind(program, parameters)
    cdef Py_ssize_t m = data.examples.n, number = layer_with_parameters(&net, l), above, _
    cdef bint forward, backward
    code_of("what", what, {"forward": 0, "BP2": 1, "BP3, BP4": 2})
    forward, backward = what == "forward", what == "BP2"
    check_data(&net, data, True)
    if m > MOST_ROWS:
        raise ValueError(f"data: at most {MOST_ROWS} examples needed, got {m}")
    if backward and number == net.first:
        raise ValueError("l: 1 or more needed for BP2, got 0: no error goes back from the first layer with parameters")
    cdef const Layer* layer = &net.layers[number]
    cdef Workspace work = workspace_for(&net, m, (0, 0))
    cdef real* nabla = <real*>malloc(net.size * sizeof(real))
    if nabla == NULL:
        free_workspace(&work)
        raise MemoryError(f"no memory for {net.size} gradients")
    cdef Target target = gradients_into(nabla)
    cdef real* delta = work.delta
    cdef real* delta_prev = work.delta_prev
    cdef Errors errors
    with nogil:
        gather(&net, &data.examples, NULL, 0, m, &work)
        forward_pass(&net, &work, m)
        bp1(&net, delta_of(&net.layers[net.L - 1], delta, m), &work)
        for above in range(net.L - 1, number, -1):
            errors = errors_of(&net.layers[above], delta, delta_prev, m)
            bp2(&net, above, &errors, &work)
            delta, delta_prev = delta_prev, delta
        errors = errors_of(layer, delta, delta_prev, m)
        for _ in range(repeat):
            if forward:
                forward_layer(&net, number, &work, m)
            elif backward:
                bp2(&net, number, &errors, &work)
            else:
                scale_delta(layer, &errors, &work, &target)
                bp3(layer, &errors, &work, &target)
                bp4(&net, number, &errors, &work, &target)
        free_workspace(&work)
        free(nabla)
    if layer.kind == DENSE:
        return 2 * m * layer.fan_in * layer.n
    pixels = layer.maps.height * layer.maps.width * (layer.pool_height * layer.pool_width if forward else 1)
    return 2 * m * layer.fan_in * layer.maps.channels * pixels


def peak(Py_ssize_t rounds):
    """Run muladds from registers to registers; return the number of floating-point operations done."""
    cdef real total
    with nogil:
        total = muladds(rounds)
    return 2 * CHAINS * WIDTH * rounds if total == total else 0


def triad(const real[::1] a not None, const real[::1] b not None, real[::1] c not None):
    """c = a + 0.5 b, for arrays of one length, a multiple of `lanes`."""
    if not a.shape[0] == b.shape[0] == c.shape[0] or a.shape[0] < LANES or a.shape[0] % LANES:
        raise ValueError(f"a, b, c: one length needed, a multiple of {LANES}; got {a.shape[0]}, {b.shape[0]}, {c.shape[0]}")
    with nogil:
        scaled_sum(&a[0], &b[0], &c[0], a.shape[0])
