"""The first layer over its non-zero inputs: the dense result to rounding, and no row that still waits is
ever seen."""

import functools
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

POWERS = 32  # steps that a waiting row is given at once
MOST_ROWS = 250  # a larger mini-batch takes the path that keeps gradients
ETA = 0.0625  # a power of two: c = eta lmbda/n is then the same number in every dtype and on every path


def network(network_on, kernels, n_in, n=5, n_out=3, hidden="sigmoid", seed=1):
    return network_on(kernels, [n_in, n, n_out], [hidden, "sigmoid"], seed=seed)


def inputs(kernels, m, n_in, density, seed=0):
    """Reals from 0 to 1 of which a share `density` is not zero."""
    rng = np.random.default_rng([m, n_in, seed])
    return (rng.random((m, n_in)) * (rng.random((m, n_in)) < density)).astype(kernels.dtype)


def labels(m, n_out=3):
    return np.arange(m, dtype=np.intp) * 7 % n_out


def data(kernels, X, y, listed):
    """Examples, of bytes that stand for 256ths or of reals; targets where y has two dimensions, else
    labels."""
    answers = (y, None) if y.ndim == 1 else (None, y)
    examples = (
        kernels.Data(X, None, *answers, 1 / 256) if X.dtype == np.uint8 else kernels.Data(None, X, *answers)
    )
    if listed:
        assert examples.list_entries()
    assert examples.entries_listed == listed
    return examples


def trained(net, examples, order, mini_batch_size, rule, parameters=None, state=None, step=0):
    """(parameters, state) after training from those given, or from the network's and zeros; all of them
    copies."""
    parameters = (net.parameters if parameters is None else parameters).copy()
    size = rule.states * net._program.size
    state = np.zeros(size, net.dtype) if state is None else state.copy()
    order = np.ascontiguousarray(order, np.intp)
    net._kernels.train(net._program, parameters, examples, order, mini_batch_size, rule, state, step)
    return parameters, state


def views(net, vector):
    """(weights, biases) of a vector laid out as the parameters are."""
    weights, biases = [], []
    for (w, b, stride), n_prev, n in zip(net._program.places(), net.sizes, net.sizes[1:], strict=False):
        weights.append(vector[w : w + n_prev * stride].reshape(n_prev, stride)[:, :n].T)
        biases.append(vector[b : b + n].reshape(n, 1))
    return weights, biases


def padding(net, vector):
    """A copy of the vector with zeros in the place of all that is no padding."""
    rest = vector.copy()
    for side in views(net, rest):
        for array in side:
            array[...] = 0
    return rest


# The bound. A step is (v, w) <- (mu v - c w + g, w + v), whose g is -eta/m times the sum of BP4; for mu = 0
# there is no v. The dense path rounds each of its products and sums; the sparse one adds g / mu to v, or g
# / (1-c) to w, and then applies the matrix of the step, or that of several steps at once to a row which
# waits. Either way each of mu v, c w, w and the m terms of g passes at most m + 16 roundings a step: the
# constants (2), g's division (3) and m sums, the product with the matrix (3; its powers are taken in
# float64, 3 of its roundings a step) and the sum. What was rounded before goes through M. The sums of z
# pass at most n_in/2 + 16 in two chains a block, no more than `Rounding.product` has for n_in of them.
def step_within(bound, net, X, y, c, mu, parameters, velocity):
    """([weights, biases], [their velocities]) after a step, as `Rounded`; those before are given so too."""
    weights, biases = parameters
    _, _, zs, activations = bound.forward(net, X, weights, biases)
    deltas = bound.deltas(net, weights, zs, activations, y)
    ones = bound.exactly(np.ones((1, len(X))))
    factor = bound.exactly(-ETA / len(X))
    new_parameters, new_velocity = [[], []], [[], []]
    for l, delta in enumerate(deltas):
        scaled = bound.times(delta, factor)
        for side, (p, v, decay, g) in enumerate(
            [
                (weights[l], velocity[0][l], c, bound.product(scaled.T, activations[l])),
                (biases[l], velocity[1][l], 0.0, bound.product(ones, scaled).T),
            ]
        ):
            largest = abs(mu) * v.largest + abs(decay) * p.largest + g.largest
            gamma = bound.gamma(len(X) + 16)
            kind = type(p)
            new_parameters[side].append(
                kind(
                    p.value + (mu * v.value - decay * p.value + g.value),
                    abs(1 - decay) * p.error + abs(mu) * v.error + g.error + gamma * (p.largest + largest),
                )
            )
            new_velocity[side].append(
                kind(
                    mu * v.value - decay * p.value + g.value,
                    abs(mu) * v.error + abs(decay) * p.error + g.error + gamma * largest,
                )
            )
    return new_parameters, new_velocity


def exactly(bound, net, vector):
    return [[bound.exactly(array) for array in side] for side in views(net, vector)]


def check_within(bound, net, got, wanted, what):
    for name, side, rounded in zip(("weights", "biases"), views(net, got), wanted, strict=True):
        for l, array in enumerate(side):
            bound.check(array, rounded[l].value, rounded[l].error, f"{what} {name}[{l}] ")


RULES = st.sampled_from(  # of (c, mu)
    [
        (0.0, 0.0),
        (0.125, 0.0),
        (0.998, 0.0),
        (1.5, 0.0),  # 1 - c is negative
        (0.0, 0.9),
        (0.125, 0.9),
        (1.0, 0.5),
        (0.125, 0.002),
        (0.125, 1e-6),
        (0.125, -0.5),
        (0.125, 1.25),
    ]
)


@given(
    n_in=st.integers(1, 70) | st.sampled_from([127, 128, 129, 200]),
    n=st.integers(1, 40),
    m=st.integers(1, 12),
    density=st.sampled_from([0.0, 0.05, 0.2, 0.6, 1.0]),
    rule=RULES,
    of_bytes=st.booleans(),
    cuts=st.sets(st.integers(1, 3)),
    hidden=st.sampled_from(["sigmoid", "tanh", "linear"]),
)
def test_steps_are_the_dense_ones_within_the_bound(
    kernels, network_on, rounding, guarded, n_in, n, m, density, rule, of_bytes, cuts, hidden
):
    """Four mini-batches, in one call or cut into several, after each of which nothing waits; some rows are
    met more than once, some examples twice in a mini-batch, and the last is short."""
    c, mu = rule
    net = network(network_on, kernels, n_in, n, hidden=hidden, seed=m)
    X, y = inputs(kernels, 9, n_in, density), np.eye(3, dtype=kernels.dtype)[labels(9)]
    if of_bytes:
        X = (X * 255).astype(np.uint8)
    reals = X / 256 if of_bytes else X.astype(float)
    order = np.random.default_rng(m).integers(0, 9, 3 * m + (m + 1) // 2)
    bound = rounding(kernels.dtype)
    kind = kernels.Rule("sgd", ETA, c / ETA, 0.0, mu)
    dense, sparse = data(kernels, X, y, False), data(kernels, X, y, True)
    state = np.zeros(kind.states * net._program.size, kernels.dtype)
    if mu:
        for side in views(net, state):
            for array in side:
                array[...] = np.random.default_rng(n).standard_normal(array.shape) / 8
    runs = [
        [dense, guarded(net.parameters), guarded(state)],
        [sparse, guarded(net.parameters), guarded(state)],
    ]
    wanted = exactly(bound, net, net.parameters)
    velocity = exactly(bound, net, state if mu else np.zeros_like(net.parameters))
    first = 0
    for cut in sorted(cuts | {4}):
        part = order[first * m : cut * m]
        for examples, parameters, memory in runs:
            kernels.train(net._program, parameters.array, examples, part, m, kind, memory.array)
        for k in range(first, cut):
            rows = order[k * m : (k + 1) * m]
            wanted, velocity = step_within(bound, net, reals[rows], y[rows], c, mu, wanted, velocity)
        first = cut
        for name, (_, parameters, memory) in zip(("dense", "sparse"), runs, strict=True):
            check_within(bound, net, parameters.array, wanted, name)
            assert (padding(net, parameters.array) == 0).all()
            if mu:
                check_within(bound, net, memory.array, velocity, f"{name} velocity of")
                assert (padding(net, memory.array) == 0).all()
            assert parameters.intact()
            assert memory.intact()


@pytest.mark.parametrize(("c", "mu"), [(0.0, 0.0), (0.125, 0.0), (0.125, 0.9)])
def test_the_bound_is_narrow(kernels, network_on, rounding, c, mu):
    """A bound that holds anything proves nothing: after three steps it is some 10,000 eps,
    and a tenth, at most, of what the steps change."""
    net = network(network_on, kernels, 60)
    X, y = inputs(kernels, 40, 60, 0.2), np.eye(3)[labels(40)]
    bound = rounding(kernels.dtype)
    parameters = start = exactly(bound, net, net.parameters)
    velocity = exactly(bound, net, np.zeros_like(net.parameters))
    for k in range(3):
        rows = slice(10 * k, 10 * k + 10)
        parameters, velocity = step_within(
            bound, net, X[rows].astype(float), y[rows], c, mu, parameters, velocity
        )
    for w, before in zip(parameters[0], start[0], strict=True):
        assert np.max(w.error) < 2e4 * np.finfo(kernels.dtype).eps
        assert np.max(w.error) < 0.1 * np.abs(w.value - before.value).mean()


# A row that no example needs: its steps are the power of a matrix, here in whole multiples of 2^-80, which
# round nothing.
UNIT = 2**80


def step_matrix(c, mu):
    one, c, mu = UNIT, int(Fraction(c) * UNIT), int(Fraction(mu) * UNIT)
    return [[one - c, mu], [-c, mu]] if mu else [[one - c, 0], [0, 0]]


@functools.cache
def power(c, mu, k):
    """M^k, rounded once."""
    M, result = step_matrix(c, mu), [[1, 0], [0, 1]]
    for _ in range(k):
        result = [[sum(M[i][h] * result[h][j] for h in (0, 1)) for j in (0, 1)] for i in (0, 1)]
    return np.array([[number / UNIT**k for number in row] for row in result])


STEPS = [1, POWERS - 1, POWERS, POWERS + 1, 2 * POWERS, 2 * POWERS + 1, 100]
WAITING = [  # (c, mu)
    (0.125, 0.0),
    (1 - 2**-9, 0.0),
    (1 + 2**-9, 0.0),
    (1 + 2**-40, 0.0),
    (2.5, 0.0),
    (0.0, 0.9),
    (0.125, 0.9),
    (1.0, 0.5),
    (0.125, 0.002),
    (0.125, -0.75),
    (0.0, 1.125),
]


@pytest.mark.parametrize(("c", "mu"), WAITING)
@pytest.mark.parametrize("steps", STEPS)
def test_rows_that_are_never_needed_decay_exactly(kernels, network_on, rounding, c, mu, steps):
    """Row 1 of three is needed by nobody. It is settled when the call ends, 32 steps at a time and then the
    rest. M^k of k steps is taken in float64, within gamma(3k) |M|^k, and rounded; with it (w, v) pass four
    roundings more."""
    net = network(network_on, kernels, 3)
    X = np.ones((4, 3), kernels.dtype)
    X[:, 1] = 0
    rule = kernels.Rule("sgd", ETA, c / ETA, 0.0, mu)
    state = np.zeros(rule.states * net._program.size, kernels.dtype)
    before = np.array([views(net, net.parameters)[0][0][:, 1], np.zeros(5)])
    if mu:
        views(net, state)[0][0][:, 1] = before[1] = np.linspace(-0.5, 0.75, 5)
    examples = data(kernels, X, labels(4), True)
    parameters, state = trained(net, examples, np.arange(steps) % 4, 1, rule, state=state)

    bound, in_float64 = rounding(kernels.dtype), rounding("float64")
    errors, largest = np.zeros((2, 5)), np.abs(before)
    for k in [POWERS] * (steps // POWERS) + [steps % POWERS]:
        P, of_M = np.abs(power(c, mu, k)), np.linalg.matrix_power(np.abs(power(c, mu, 1)), k)
        relative = bound.gamma(6) * P + in_float64.gamma(3 * k) * of_M
        errors = P @ errors + relative @ (largest + errors) + bound.tiniest
        largest = P @ largest
    wanted = power(c, mu, steps) @ before
    bound.check(views(net, parameters)[0][0][:, 1], wanted[0], errors[0], "w ")
    if mu:
        bound.check(views(net, state)[0][0][:, 1], wanted[1], errors[1], "v ")
    assert np.isfinite(parameters).all()


# A gradient is divided by mu, or without momentum by 1 - c: where that is 0 or almost, no row waits.
@pytest.mark.parametrize(
    ("c", "mu"),
    [(1.0, 0.0), (1 + 2**-52, 0.0), (1 - 2**-30, 0.0), (0.125, 1e-9), (0.0, 1e-44), (0.125, -1e-320)],
)
def test_steps_that_cannot_wait(kernels, network_on, c, mu):
    net = network(network_on, kernels, 20)
    X, y = inputs(kernels, 12, 20, 0.2), labels(12)
    rule = kernels.Rule("sgd", ETA, c / ETA, 0.0, mu)
    results = [trained(net, data(kernels, X, y, listed), range(12), 2, rule) for listed in (False, True)]
    for dense, sparse in zip(*results, strict=True):  # six steps
        np.testing.assert_allclose(sparse, dense, rtol=0, atol=100 * np.finfo(kernels.dtype).eps)


@pytest.mark.parametrize(("c", "mu"), [(20.0, 0.0), (0.0, 20.0), (0.125, -20.0)])
def test_powers_that_overflow_do_no_harm_to_zeros(kernels, network_on, c, mu):
    """All is 0 and stays so, at any rate; 20^32 is an infinity in float32, and 0 times that no number."""
    net = network_on(kernels, [20, 3], ["linear"], "quadratic", init="zeros")
    X, y = np.zeros((40, 20), kernels.dtype), np.zeros((40, 3), kernels.dtype)
    rule = kernels.Rule("sgd", ETA, c / ETA, 0.0, mu)
    for vector in trained(net, data(kernels, X, y, True), range(40), 1, rule):
        assert (vector == 0).all()


@pytest.mark.parametrize("gap", [*STEPS, 3 * POWERS + 1])
@pytest.mark.parametrize(("c", "mu"), [(0.01, 0.0), (0.0, 0.9), (0.01, 0.9), (0.01, -0.9)])
def test_a_row_that_is_needed_after_a_gap(kernels64, network_on, gap, c, mu):
    """Example 0 needs inputs 0 to 3, the other inputs 2 to 5; a step rounds some 20 times, so 2e-15: 1e-12
    for all."""
    net = network(network_on, kernels64, 6)
    X = np.array([[0.5, 1, 0.25, 1, 0, 0], [0, 0, 1, 0.5, 1, 0.125]])
    order = [0, *[1] * gap, 0, 0, *[1] * gap]
    rule = kernels64.Rule("sgd", ETA, c / ETA, 0.0, mu)
    results = [
        trained(net, data(kernels64, X, labels(2), listed), order, 1, rule) for listed in (False, True)
    ]
    for dense, sparse in zip(*results, strict=True):
        np.testing.assert_allclose(sparse, dense, rtol=1e-12, atol=1e-13)


# Whole epochs, in float64. A step rounds numbers of about 1 some 30 times; 300 steps that do not amplify it
# leave 1e-12 or less; promised is 1e-10. eta is such that mini-batches of one example converge: else a last
# bit grows to anything. Adam divides the error of a gradient, of some 1e-17, by epsilon at most: with 1e-4
# it counts no more than the others'.
KINDS = {
    "plain": ("sgd", 0.05),
    "L2": ("sgd", 0.05, 0.02),
    "momentum": ("sgd", 0.01, 0.0, 0.0, 0.8),
    "momentum and L2": ("sgd", 0.01, 0.02, 0.0, 0.8),
    "L1": ("sgd", 0.05, 0.0, 0.001),
    "nesterov": ("nesterov", 0.01, 0.02, 0.0, 0.8),
    "adam": ("adam", 0.001, 0.002, 0.0, 0.9, 0.999, 1e-4),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mini_batch_size", [1, 10, 33, 300])
def test_an_epoch_of_digits_is_the_dense_one(kernels64, network_on, sample, kind, mini_batch_size):
    assert 33 < MOST_ROWS < 300
    net = network(network_on, kernels64, 784, 30, 10)
    digits = sample[0][:300]
    images, answers = digits.images.reshape(-1, 784), digits.labels.astype(np.intp)
    order = np.random.default_rng(3).permutation(300)
    rule = kernels64.Rule(*KINDS[kind])
    never = ~images.any(axis=0)
    assert never.sum() > 60  # pixels that are zero in all of them: rows that wait for the whole epoch
    dense, sparse = (
        trained(net, data(kernels64, images, answers, listed), order, mini_batch_size, rule)
        for listed in (False, True)
    )
    for one, other in zip(sparse, dense, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
    (w, *_), _ = views(net, sparse[0])
    (w_before, *_), _ = views(net, net.parameters)
    assert np.abs(w - w_before).max() > 1e-4  # it did learn
    if kind == "L2":
        steps = -(-300 // mini_batch_size)
        np.testing.assert_allclose(w[:, never], w_before[:, never] * 0.999**steps, rtol=1e-12)


@pytest.mark.parametrize("kind", ["L2", "momentum", "momentum and L2"])
def test_nothing_waits_when_a_call_ends(kernels64, network_on, kind):
    """Slices of 1 to 40 mini-batches: after each, parameters and velocity are the dense ones, and they go on
    from there."""
    net = network(network_on, kernels64, 50)
    X, y = inputs(kernels64, 300, 50, 0.03), labels(300)
    X[:, 7] = 0
    rule = kernels64.Rule(*KINDS[kind])
    runs = {listed: [data(kernels64, X, y, listed), None, None] for listed in (False, True)}
    first = 0
    for mini_batches in [1, 1, 2, 40, 3, 33, 1, 19]:
        part = np.arange(first, first + 3 * mini_batches)
        for run in runs.values():
            run[1:] = trained(net, run[0], part, 3, rule, *run[1:])
        first += 3 * mini_batches
        for dense, sparse in zip(*(run[1:] for run in runs.values()), strict=True):
            np.testing.assert_allclose(sparse, dense, rtol=1e-12, atol=1e-14)
    whole = trained(net, runs[True][0], np.arange(first), 3, rule)
    for slices, at_once in zip(runs[True][1:], whole, strict=True):
        np.testing.assert_allclose(slices, at_once, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [1, 16, 17, 30, 100, 130, 200, 300])
def test_all_targets_with_fma_give_the_same_bits(fused_kernels, network_on, sample, kind, n):
    """Whatever registers a row is made of, and however many of its blocks fit the cache."""
    digits = sample[0][:23]
    results = []
    for kernels in fused_kernels[1]:
        net = network(network_on, kernels, 784, n, 10)
        examples = data(kernels, digits.images.reshape(-1, 784), digits.labels.astype(np.intp), True)
        results.append(trained(net, examples, np.arange(23), 4, kernels.Rule(*KINDS[kind])))
        assert np.isfinite(results[-1][0]).all()
    for one, other in zip(*results, strict=True):
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("density", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("n_in", [1, 15, 16, 17, 63, 64, 65, 784])
@pytest.mark.parametrize("n", [1, 130, 300])
def test_sizes_and_densities(kernels64, network_on, n_in, density, n):
    """Inputs around a word of the mask and a sixteenth; rows of one register, of many, and too long for the
    cache."""
    net = network(network_on, kernels64, n_in, n)
    X, y = inputs(kernels64, 6, n_in, density), labels(6)
    for rule in (kernels64.Rule("sgd", 0.1, 0.5), kernels64.Rule("sgd", 0.1, 0.5, 0.0, 0.5)):
        results = [trained(net, data(kernels64, X, y, listed), range(6), 2, rule) for listed in (False, True)]
        for dense, sparse in zip(*results, strict=True):  # three steps with sums of 784: some 1e-13
            np.testing.assert_allclose(sparse, dense, rtol=1e-11, atol=1e-13)


def test_bytes_and_reals_give_the_same_bits(kernels, network_on, sample):
    digits = sample[0][:40]
    net = network(network_on, kernels, 784, 30, 10)
    images, answers = digits.images.reshape(-1, 784), digits.labels.astype(np.intp)
    for kind in ("plain", "momentum and L2"):
        rule = kernels.Rule(*KINDS[kind])
        results = [
            trained(net, data(kernels, X, answers, True), range(40), 7, rule)
            for X in (images, (images / 256).astype(kernels.dtype))
        ]
        for one, other in zip(*results, strict=True):
            assert one.tobytes() == other.tobytes()


def test_minus_zero_is_zero_and_small_numbers_are_not(kernels):
    X = np.zeros((1, 4), kernels.dtype)
    X[0, 1:] = -0.0, np.finfo(kernels.dtype).smallest_subnormal, -1
    assert not kernels.Data(None, X).list_entries(0.49)
    assert kernels.Data(None, X).list_entries(0.5)


def test_the_other_doors_read_all_inputs_as_before(kernels, network_on):
    net = network(network_on, kernels, 70)
    X, y = inputs(kernels, 9, 70, 0.3), labels(9)
    out = np.empty((9, 3), kernels.dtype)
    nabla = np.empty_like(net.parameters)
    results = []
    for listed in (False, True):
        examples = data(kernels, X, y, listed)
        kernels.feedforward(net._program, net.parameters, examples, out)
        kernels.backprop(net._program, net.parameters, examples, nabla)
        values = kernels.evaluate(net._program, net.parameters, examples)
        results.append((out.tobytes(), nabla.tobytes(), values))
    assert results[0] == results[1]


def test_a_first_layer_with_dropout_reads_all_inputs(kernels):
    """What it leaves out is drawn for every input. The same bits, whether entries are listed or not."""
    program = kernels.Program([(40, 5, "sigmoid", 0.5), (5, 3, "softmax", 0.5)], "log-likelihood")
    X, y, order = inputs(kernels, 20, 40, 0.3), labels(20), np.arange(20, dtype=np.intp)
    results = []
    for listed in (False, True):
        parameters, state = np.full(program.size, 0.1, kernels.dtype), np.zeros(program.size, kernels.dtype)
        rule = kernels.Rule("sgd", 0.1, 0.1, 0.0, 0.9)
        kernels.train(program, parameters, data(kernels, X, y, listed), order, 3, rule, state)
        results.append((parameters.tobytes(), state.tobytes()))
    assert results[0] == results[1]


# Listing.
@pytest.mark.parametrize("dtype", ["bytes", "reals"])
def test_list_entries_takes_up_to_a_share(kernels, network_on, dtype):
    X = np.zeros((4, 6), np.uint8 if dtype == "bytes" else kernels.dtype)
    X[0, 0] = X[1, 1:5] = X[3, 5] = 3  # 6 of 24
    y = labels(4)
    net = network(network_on, kernels, 6)
    examples = data(kernels, X, y, False)
    for most in (0.0, 0.2499, -1.0):
        assert examples.list_entries(most) is False
        assert examples.entries_listed is False
    rule = kernels.Rule("sgd", 0.5)
    dense = trained(net, data(kernels, X, y, False), range(4), 2, rule)[0]
    assert trained(net, examples, range(4), 2, rule)[0].tobytes() == dense.tobytes()
    assert examples.list_entries(0.25) is True
    assert examples.entries_listed is True
    assert examples.list_entries(0.0) is True  # they are listed already


def test_the_most_inputs_that_are_listed(kernels, network_on):
    """An index has 16 bits: 65,535 inputs are listed, 65,536 are refused and trained on as a whole."""
    for n_in, fits in ((65_535, True), (65_536, False)):
        X = np.zeros((3, n_in), np.uint8)
        X[0, 0] = X[1, -1] = X[2, 40_000] = 200
        X[2, -2:] = 100
        net = network(network_on, kernels, n_in, 2)
        examples = data(kernels, X, labels(3), False)
        assert examples.list_entries() is fits
        assert examples.entries_listed is fits
        rule = kernels.Rule("sgd", 0.5, 0.125)
        got = trained(net, examples, [0, 1, 2, 2], 1, rule)[0]
        dense = trained(net, data(kernels, X, labels(3), False), [0, 1, 2, 2], 1, rule)[0]
        if fits:  # sums of two: four steps round some 60 times
            np.testing.assert_allclose(got, dense, rtol=0, atol=60 * np.finfo(kernels.dtype).eps)
        else:
            assert got.tobytes() == dense.tobytes()


def test_the_list_is_a_copy(kernels, network_on):
    """What the caller writes into his array afterwards is not trained on."""
    X, y = inputs(kernels, 20, 70, 0.3), labels(20)
    net = network(network_on, kernels, 70)
    rule = kernels.Rule("sgd", 0.5, 0.1)
    wanted = trained(net, data(kernels, X, y, True), range(20), 3, rule)[0]
    examples = data(kernels, X, y, True)
    X[...] = np.nan
    assert trained(net, examples, range(20), 3, rule)[0].tobytes() == wanted.tobytes()


def in_a_process(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)


CHANGING = """
import threading
import numpy as np
from nncore import targets

for dtype in targets.SUFFIX:
    kernels = targets.kernels(dtype)
    rule = kernels.Rule("sgd", 0.1, 0.1)
    for images in (np.zeros((2000, 70), np.uint8), np.zeros((2000, 70), dtype)):
        ended = threading.Event()
        def change():
            rng = np.random.default_rng(0)
            while not ended.is_set():
                images[...] = rng.random(images.shape) < rng.random()
        thread = threading.Thread(target=change)
        thread.start()
        program = kernels.Program([(70, 5, "sigmoid", 0.0), (5, 3, "softmax", 0.0)], "log-likelihood")
        y, order = np.arange(2000) % 3, np.arange(2000)
        for _ in range(20):
            if images.dtype == np.uint8:
                data = kernels.Data(images, None, y)
            else:
                data = kernels.Data(None, images, y)
            assert data.list_entries()
            parameters = np.zeros(program.size, dtype)
            kernels.train(program, parameters, data, order, 10, rule)
            assert np.isfinite(parameters).all()
        ended.set()
        thread.join()
print("alive")
"""


def test_an_array_that_changes_while_it_is_listed_does_no_harm():
    run = in_a_process(CHANGING)
    assert run.returncode == 0, run.stderr
    assert "alive" in run.stdout


LISTED_TWICE = """
import threading
import numpy as np
from nncore import targets

kernels = targets.kernels("float32")
images = (np.random.default_rng(0).random((20_000, 100)) < 0.2).astype(np.uint8)
y, order = np.arange(20_000) % 3, np.arange(20_000)
program = kernels.Program([(100, 5, "sigmoid", 0.0), (5, 3, "softmax", 0.0)], "log-likelihood")

def trained(data):
    parameters = np.zeros(program.size, "float32")
    kernels.train(program, parameters, data, order[-500:], 10, kernels.Rule("sgd", 0.1, 0.1))
    return parameters

def differ(data):
    return data.entries_listed and (trained(data) != wanted).any()

alone = kernels.Data(images, None, y)
alone.list_entries()
wanted = trained(alone)
wrong = 0
for _ in range(20):
    data = kernels.Data(images, None, y)
    threads = [threading.Thread(target=data.list_entries) for _ in range(3)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        wrong += differ(data)
    for thread in threads:
        thread.join()
    wrong += differ(data)
assert not wrong, f"{wrong} times on a list that was not written yet"
print("alive")
"""


def test_threads_may_list_the_same_examples():
    run = in_a_process(LISTED_TWICE)
    assert run.returncode == 0, run.stderr
    assert "alive" in run.stdout
