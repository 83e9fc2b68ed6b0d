"""The memory that a pass works in, for a mini-batch of m examples: activations, answers, deltas, argmaxes and scratch.

The functions at the end give a layer's part of it as a matrix with a row for each example. The layout of scratch memory is known
here alone.
"""
from libc.stdint cimport uint64_t, uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset

from nncore.equations.conv cimport ConvGroup, most_groups
from nncore.equations.dense cimport TURNED_AT_ONCE, is_wide
from nncore.equations.layer cimport CONV, DENSE, Layer, patch_size
from nncore.equations.product cimport PANEL, Matrix, Share, rows_of, some_columns, some_rows, with_padding
from nncore.examples.augment cimport Distortions
from nncore.machine.memory cimport aligned, padded, whole_registers
from nncore.machine.random cimport word
from nncore.machine.simd cimport LANES, WIDTH, bits, real
from nncore.passes.program cimport Network, is_pooled
from nncore.passes.team cimport Team, share_of
from nncore.zeros.active cimport LISTS_AT_ONCE
from nncore.zeros.fetch cimport Fetched
from nncore.zeros.sparse cimport ByInput, NonZeroInputs, Sparse, inputs_in_block

cdef struct Block:                  # a part of a matrix: of z, a or delta of a dense layer, what a thread computes
    Share rows                      # which are examples
    Share columns                   # which are neurons, in whole cache lines

cdef enum:
    EXAMPLES_EACH = 8               # a thread of a team needs so many, for examples to be shared out in a dense layer

cdef struct Workspace:              # for m examples at the most
    Py_ssize_t m
    real* a                         # activations of the input and of all layers
    real* y                         # (m, stride of the output layer)
    real* weights                   # (m,) how much each example counts, where
    bint weighted                   # they do not all count the same
    real* delta                     # (m, largest stride), as is delta_prev
    real* delta_prev
    bits* argmax                    # of each convolution and pooling layer: for each activation, where in a_prev its maximum is
    void* scratch                   # as much as any layer needs: divided by dense_scratch and conv_scratch
    bint* active                    # (L,) whether a dense layer goes over its active inputs alone, in this mini-batch
    bint dropping                   # whether dropout is on: in training
    word seed                       # key of the masks and distortions
    word epoch                      # as seed
    word position                   # position in the epoch of the first example, counted modulo 2^64
    const Sparse* sparse            # the non-zero inputs, if the first layer reads those alone; else NULL
    Fetched fetched                 # those of this mini-batch and the next ones
    const NonZeroInputs* entries          # those of this mini-batch
    Py_ssize_t n_after              # examples that come after this mini-batch
    const Distortions* distortions  # what is done to the images, or NULL
    void* canvas                    # scratch memory of the distortions
    Team* team                      # the threads that share all this, but for scratch, active and canvas; NULL if none do
    Py_ssize_t rank                 # number of this thread in the team, from 0
    Team* meeting                   # threads that each have a workspace of their own, and meet now and then; NULL if none do
    Share split                     # the neurons of the split layer that this thread computes
    Py_ssize_t split_a              # where its activations would start in `a`; -1 without a split. Instead they are in
    real* met                       # this memory, which the threads share, and in the next mini-batch in
    real* met_next
    void* memory                    # the allocation that free_workspace frees

cdef struct DenseScratch:           # parts of the scratch memory of a dense layer; they are used at different times, and overlap
    real* scaled_delta              # BP3 and BP4: (m, stride) delta times the target's factor (backward.pxd)
    real* turned                    # BP4 of a wide layer: (TURNED_AT_ONCE, m)
    ByInput by_input                # BP4 of a wide first layer over its non-zero inputs
    real* w_transposed              # BP2: (n, PANEL)
    real* value                     # forward over active inputs: (LISTS_AT_ONCE, n_prev)
    unsigned short* index           # the same
    uintptr_t end                   # behind the last of them

cdef struct ConvScratch:            # of a convolution: parts of one step follow each other, and overlap those of the others
    real* z_rows                    # forward: (pool_height, width, w_stride) the rows of one window
    Py_ssize_t* spans               # forward: (height before, 2)
    real* patches                   # BP2 and BP4: (filters, patch_size) the filters, or their gradients, as patches
    ConvGroup* groups               # BP2: (most_groups,) of one example
    real* turned                    # BP4: (channels, filters)
    uint64_t* nonzero               # BP4: (m, filters) which deltas are not zero
    uintptr_t end                   # behind the last of them

cdef inline real* take(uintptr_t* memory, Py_ssize_t reals) noexcept nogil:
    """Take the next `reals` reals of the memory, in whole cache lines."""
    cdef real* taken = <real*>memory[0]
    memory[0] += padded(reals) * sizeof(real)
    return taken

cdef inline DenseScratch dense_scratch(const Layer* layer, Py_ssize_t m, void* memory) noexcept nogil:
    """Divide the scratch memory among what a dense layer needs for m examples."""
    cdef DenseScratch scratch
    cdef uintptr_t forward = <uintptr_t>memory, bp2 = forward, bp4 = forward
    cdef Py_ssize_t in_block = inputs_in_block(layer.n_prev) if layer.number == 0 and is_wide(layer.stride) else 0
    scratch.value = take(&forward, LISTS_AT_ONCE * layer.n_prev)
    scratch.index = <unsigned short*>take(&forward, LISTS_AT_ONCE * layer.n_prev)
    scratch.w_transposed = take(&bp2, layer.stride * PANEL)
    scratch.scaled_delta = take(&bp4, m * layer.stride)
    scratch.turned = take(&bp4, TURNED_AT_ONCE * m if is_wide(layer.stride) else 0)
    scratch.by_input.end = <Py_ssize_t*>take(&bp4, 2 * in_block)                # at most two reals for each number
    scratch.by_input.example = <unsigned short*>take(&bp4, m * in_block)
    scratch.by_input.value = take(&bp4, m * in_block)
    scratch.end = max(forward, max(bp2, bp4))
    return scratch

cdef inline ConvScratch conv_scratch(const Layer* layer, Py_ssize_t m, void* memory) noexcept nogil:
    """Divide the scratch memory among what a convolution needs for m examples."""
    cdef ConvScratch scratch
    cdef uintptr_t forward = <uintptr_t>memory, bp2 = forward, bp4
    scratch.z_rows = take(&forward, layer.pool_height * layer.maps.width * layer.pool_width * layer.w_stride)
    scratch.spans = <Py_ssize_t*>take(&forward, 4 * layer.maps_prev.height)     # at most two reals for each number
    scratch.patches = take(&bp2, layer.maps.channels * patch_size(layer))
    bp4 = bp2
    scratch.groups = <ConvGroup*>take(&bp2, most_groups(layer) * <Py_ssize_t>(sizeof(ConvGroup) // sizeof(real)))
    scratch.turned = take(&bp4, layer.maps_prev.channels * layer.w_stride)
    scratch.nonzero = <uint64_t*>take(&bp4, m * layer.maps.channels * <Py_ssize_t>(sizeof(uint64_t) // sizeof(real)))
    scratch.end = max(forward, max(bp2, bp4))
    return scratch

cdef inline Py_ssize_t scratch_size(const Layer* layer, Py_ssize_t m) noexcept nogil:
    """Bytes of scratch memory that the layer needs for m examples."""
    if layer.kind == DENSE:
        return dense_scratch(layer, m, NULL).end
    return conv_scratch(layer, m, NULL).end if layer.kind == CONV else 0

cdef inline Py_ssize_t most_scratch(const Network* net, Py_ssize_t m) noexcept nogil:
    """The reals of scratch memory that the layer with the largest need takes, and LANES: a patch may be read beyond its end."""
    cdef Py_ssize_t l, most = 0
    for l in range(net.L):
        most = max(most, scratch_size(&net.layers[l], m) // <Py_ssize_t>sizeof(real))
    return most + LANES

cdef inline bint allocate_private(const Network* net, Py_ssize_t extra, Workspace* work) noexcept nogil:
    """Allocate `extra` reals, and then what each thread has for itself; return False if there is no memory."""
    cdef Py_ssize_t flags = padded(net.L)
    work.memory = malloc((extra + flags + most_scratch(net, work.m) + LANES) * sizeof(real))
    if work.memory == NULL:
        return False
    work.active = <bint*>(aligned(work.memory) + extra)
    memset(work.active, 0, flags * sizeof(real))
    work.scratch = aligned(work.memory) + extra + flags
    return True

cdef inline Py_ssize_t widest_layer(const Network* net) noexcept nogil:
    """The reals of the widest layer, or of the input, padded."""
    cdef Py_ssize_t l, widest = net.layers[0].stride_prev
    for l in range(net.L):
        widest = max(widest, net.layers[l].stride)
    return widest

cdef inline Py_ssize_t reals_for_example(const Network* net) noexcept nogil:
    """The reals that the workspace has for each example: activations, y, two deltas, and argmaxes, which are as large."""
    cdef const Layer* output = &net.layers[net.L - 1]
    cdef Py_ssize_t l, argmax = 0
    for l in range(net.L):
        if is_pooled(&net.layers[l]):
            argmax += net.layers[l].stride
    return output.a + 2 * output.stride + 2 * widest_layer(net) + argmax

cdef inline bint allocate_workspace(const Network* net, Py_ssize_t m, Workspace* work) noexcept nogil:
    """Allocate a workspace for m examples; return False if there is no memory."""
    cdef const Layer* output = &net.layers[net.L - 1]
    cdef Py_ssize_t widest = widest_layer(net)
    memset(work, 0, sizeof(Workspace))
    work.split_a = -1
    work.m = m
    if not allocate_private(net, m * reals_for_example(net) + padded(m), work):
        return False
    work.a = aligned(work.memory)
    work.y = work.a + m * (output.a + output.stride)
    work.delta = work.y + m * output.stride
    work.delta_prev = work.delta + m * widest
    work.argmax = <bits*>(work.delta_prev + m * widest)
    work.weights = work.a + m * reals_for_example(net)
    return True

cdef inline bint allocate_share(const Network* net, const Workspace* whole, Py_ssize_t rank, Workspace* work) noexcept nogil:
    """Set up the workspace of thread `rank` of whole.team, with scratch of its own; return False if there is no memory."""
    work[0] = whole[0]
    work.rank = rank
    work.canvas = NULL
    return allocate_private(net, 0, work)

cdef inline void free_workspace(Workspace* work) noexcept nogil:
    """Free the memory of a workspace."""
    free(work.canvas)
    free(work.memory)

cdef inline void split_first_layer(const Network* net, real* met, Workspace* work) noexcept nogil:
    """Let the thread compute its neurons of the first layer alone; met (2, m, stride) is shared by all threads."""
    cdef const Layer* layer = &net.layers[0]
    work.split = share_of(work.meeting, work.rank, layer.stride, max(WIDTH, LANES // 2))
    work.split_a, work.met, work.met_next = layer.a, met, met + work.m * layer.stride

cdef inline Share share(const Workspace* work, Py_ssize_t n, Py_ssize_t unit) noexcept nogil:
    """The part of n things that this thread does, in whole units."""
    return share_of(work.team, work.rank, n, unit)

cdef inline Matrix mine(const Workspace* work, Matrix rows) noexcept nogil:
    """The rows, which are examples, that this thread works on."""
    return some_rows(rows, share(work, rows.rows, 1))

cdef inline Share fetched_part(const Workspace* work, Py_ssize_t n) noexcept nogil:
    """The part of n examples whose non-zero inputs this thread fetches."""
    return share_of(work.team if work.split_a < 0 else work.meeting, work.rank, n, 1)

cdef inline Matrix weights_part(const Layer* layer, const Workspace* work, real* buffer) noexcept nogil:
    """The part that this thread updates of the layer's weights in `buffer`, which is laid out as the parameters are.

    They are rows, but of a split layer columns.
    """
    cdef Matrix w = rows_of(buffer + layer.weights, layer.fan_in, layer.w_stride, layer.w_stride)
    cdef Share rows
    if work.split_a == layer.a:
        return some_columns(w, work.split)
    rows = share(work, layer.stride_prev if layer.kind == DENSE else layer.fan_in, LANES)
    return some_rows(w, Share(rows.first, min(rows.end, w.rows)))

cdef inline Share columns_of(const Layer* layer, const Workspace* work) noexcept nogil:
    """The columns of the layer's w and b that this thread updates where columns are shared out, in whole cache lines."""
    return work.split if work.split_a == layer.a else share(work, layer.w_stride, LANES)

cdef inline Matrix biases_part(const Layer* layer, const Workspace* work, real* buffer) noexcept nogil:
    """The part that this thread updates of the layer's biases in `buffer`: one row."""
    cdef Matrix b = rows_of(buffer + layer.biases, 1 if layer.fan_in else 0, layer.w_stride, layer.w_stride)
    return some_columns(b, columns_of(layer, work))

cdef inline real* activations_at(const Workspace* work, Py_ssize_t start) noexcept nogil:
    """The activations that start at `start`, counted for one example."""
    return work.met if start == work.split_a else work.a + work.m * start

cdef inline Py_ssize_t first_of_mine(const Workspace* work, Py_ssize_t m) noexcept nogil:
    """The first of the m examples that this thread works on."""
    return share(work, m, 1).first

cdef inline Matrix block_in(Matrix a, Block block) noexcept nogil:
    """a[rows, columns], for rows of a that lie side by side with their padding."""
    return some_columns(some_rows(with_padding(a), block.rows), block.columns)

cdef inline bint by_examples(const Workspace* work, Py_ssize_t m) noexcept nogil:
    """Whether the threads share out the examples of a dense layer, not its neurons: where each gets enough for a tile or two."""
    return work.team != NULL and m >= EXAMPLES_EACH * work.team.threads

cdef inline Block block_of(const Workspace* work, Py_ssize_t a, Py_ssize_t m, Py_ssize_t stride) noexcept nogil:
    """What this thread computes of z, a and delta (m, stride) of a layer whose activations start at `a` in the workspace.

    They are its examples, or its neurons in whole cache lines.
    """
    if by_examples(work, m):
        return Block(share(work, m, 1), Share(0, stride))
    return Block(Share(0, m), work.split if work.split_a == a else share(work, stride, LANES))

cdef inline Share used(const Layer* layer, Share columns) noexcept nogil:
    """Those of the columns, of w or z of a dense layer, that hold neurons: whole registers, without the padding behind them."""
    cdef Py_ssize_t end = whole_registers(layer.n)
    return Share(min(columns.first, end), min(columns.end, end))

# A layer's part of the workspace: a row for each of m examples.

cdef inline Matrix a_prev_of(const Layer* layer, const Workspace* work, Py_ssize_t m) noexcept nogil:
    """The activations of the layer before, or the inputs: (m, n_prev)."""
    return rows_of(activations_at(work, layer.a_prev), m, layer.n_prev, layer.stride_prev)

cdef inline Matrix a_of(const Layer* layer, const Workspace* work, Py_ssize_t m) noexcept nogil:
    """The activations of the layer, and before them its weighted inputs z: (m, n)."""
    return rows_of(activations_at(work, layer.a), m, layer.n, layer.stride)

cdef inline bits* argmax_of(const Layer* layer, const Workspace* work, Py_ssize_t i) noexcept nogil:
    """The argmaxes of the layer, from example i on: (m - i, stride)."""
    return work.argmax + work.m * layer.argmax + i * layer.stride

cdef inline Matrix delta_of(const Layer* layer, real* delta, Py_ssize_t m) noexcept nogil:
    """The errors of the layer: (m, n)."""
    return rows_of(delta, m, layer.n, layer.stride)

cdef inline Matrix delta_prev_of(const Layer* layer, real* delta_prev, Py_ssize_t m) noexcept nogil:
    """The errors of the layer before: (m, n_prev)."""
    return rows_of(delta_prev, m, layer.n_prev, layer.stride_prev)

cdef inline Matrix y_of(const Network* net, const Workspace* work, Py_ssize_t m) noexcept nogil:
    """The desired outputs: (m, n) of the output layer."""
    return rows_of(work.y, m, net.layers[net.L - 1].n, net.layers[net.L - 1].stride)

cdef inline bint drops(const Layer* layer, const Workspace* work) noexcept nogil:
    """Whether dropout leaves some of the layer's inputs out."""
    return work.dropping and layer.dropout > 0

cdef inline Matrix input_of(const Layer* layer, const Workspace* work, Py_ssize_t m) noexcept nogil:
    """x, the inputs of the layer after dropout: (m, n_prev)."""
    return rows_of(activations_at(work, layer.x if drops(layer, work) else layer.a_prev), m, layer.n_prev, layer.stride_prev)
