"""The first layer over its non-zero inputs: the dense result to rounding, also for rows that wait.

A row of weights whose input is 0 in every example of a mini-batch only decays. It waits, until an example
needs it or the call ends; then all steps that it missed are applied at once.
"""

import functools
import itertools
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.cases import KINDS
from support.entry import program_of
from support.layout import arrays_of, padding, views
from support.limits import MOST_ROWS, POWERS
from support.memory import Guarded
from support.networks import network_on
from support.processes import run_python
from support.rounding import Rounded, Rounding

ETA = 0.0625  # a power of two: c = eta lmbda/n is then the same number in every dtype and on every path


def network(kernels, n_in, n=5, n_out=3, hidden="sigmoid", seed=1):
    return network_on(kernels, [n_in, n, n_out], [hidden, "sigmoid"], seed=seed)


def inputs(kernels, m, n_in, density, seed=0):
    """Reals from 0 to 1 of which a share `density` is not zero."""
    rng = np.random.default_rng([m, n_in, seed])
    return (rng.random((m, n_in)) * (rng.random((m, n_in)) < density)).astype(kernels.dtype)


def labels(m, n_out=3):
    return np.arange(m, dtype=np.intp) * 7 % n_out


def data(kernels, X, y, listed):
    """Examples of bytes, which stand for 256ths, or of reals.

    Y holds labels, or targets in two dimensions.
    """
    expected = (y, None) if y.ndim == 1 else (None, y)
    examples = (
        kernels.Data(X, None, *expected, 1 / 256) if X.dtype == np.uint8 else kernels.Data(None, X, *expected)
    )
    if listed:
        assert examples.list_entries()
    assert examples.entries_listed == listed
    return examples


def trained(net, examples, order, mini_batch_size, rule, parameters=None, state=None, step=0):
    """Copies of (parameters, state) after training.

    It starts from the parameters and the state given, by default from the network's parameters and zeros.
    """
    parameters = (net.parameters if parameters is None else parameters).copy()
    size = rule.states * net._program.size
    state = np.zeros(size, net.dtype) if state is None else state.copy()
    order = np.ascontiguousarray(order, np.intp)
    net._kernels.train(net._program, parameters, examples, order, mini_batch_size, rule, state=(state, step))
    return parameters, state


def rule_of(kernels, c, mu=0.0):
    """The rule whose step is (v, w) <- (mu v - c w + g, w + v); without momentum, w <- (1 - c) w + g."""
    return kernels.Rule("sgd", ETA, c / ETA, 0.0, mu)


# The bound. A step is (v, w) <- (mu v - c w + g, w + v), where g is -eta/m times the sum of BP4; for mu = 0
# there is no v. The dense path rounds each of its products and sums. The sparse path adds g / mu to v, or g /
# (1-c) to w, and then applies the matrix of the step, or that of several steps at once to a row which waits.
# Either way each of mu v, c w, w and the m terms of g passes at most m + 16 roundings a step: the constants
# (2), the division of g (3) and m sums, the product with the matrix (3; its powers are computed in float64, 3
# of its roundings a step) and the sum. Earlier errors are multiplied by M. The sums of z pass at most n_in/2
# + 16 roundings in two chains a block, no more than `Rounding.product` counts for n_in of them.
@dataclass
class BoundedTraining:
    """Training by the rule (c, mu), in float64 with bounds: [weights, biases] and [their velocities]."""

    bound: Rounding
    net: object
    c: float
    mu: float
    parameters: list
    velocity: list

    @classmethod
    def of(cls, net, c, mu, state=None):
        """It begins with the network's parameters, and with the state or at rest."""
        bound = Rounding(net.dtype)
        at_rest = np.zeros_like(net.parameters)
        parameters, velocity = (
            [[bound.exactly(array) for array in side] for side in views(net, vector)]
            for vector in (net.parameters, state if mu and state is not None else at_rest)
        )
        return cls(bound, net, c, mu, parameters, velocity)

    def step(self, X, y):
        bound, (weights, biases) = self.bound, self.parameters
        _, _, zs, activations = bound.forward(self.net, X, weights, biases)
        deltas = bound.deltas(self.net, weights, zs, activations, y)
        ones, factor = bound.exactly(np.ones((1, len(X)))), bound.exactly(-ETA / len(X))
        for l, delta in enumerate(deltas):
            scaled = bound.times(delta, factor)
            self.move(0, l, self.c, bound.product(scaled.T, activations[l]), len(X))
            self.move(1, l, 0.0, bound.product(ones, scaled).T, len(X))  # biases do not decay

    def move(self, side, l, c, g, m):
        """(v, w) <- (mu v - c w + g, w + v) of one array, for a mini-batch of m."""
        p, v, mu = self.parameters[side][l], self.velocity[side][l], self.mu
        largest = abs(mu) * v.largest + abs(c) * p.largest + g.largest
        gamma = self.bound.gamma(m + 16)
        velocity = mu * v.value - c * p.value + g.value
        self.parameters[side][l] = Rounded(
            p.value + velocity,
            abs(1 - c) * p.error + abs(mu) * v.error + g.error + gamma * (p.largest + largest),
        )
        self.velocity[side][l] = Rounded(
            velocity, abs(mu) * v.error + abs(c) * p.error + g.error + gamma * largest
        )

    def check(self, parameters, state, what):
        """The vectors are within the bounds; the state counts only with momentum."""
        for vector, expected in ((parameters, self.parameters), (state, self.velocity))[
            : 2 if self.mu else 1
        ]:
            for array, rounded in zip(arrays_of(self.net, vector), itertools.chain(*expected), strict=True):
                self.bound.check_rounded(array, rounded, what)


@dataclass(frozen=True)
class Case:
    """A network, its examples, a rule (c, mu), and how often a call ends before the four mini-batches do."""

    n_in: int
    n: int
    m: int
    density: float
    rule: tuple
    of_bytes: bool
    cuts: frozenset
    hidden: str


CASES = st.builds(
    Case,
    n_in=st.integers(1, 70) | st.sampled_from([127, 128, 129, 200]),
    n=st.integers(1, 40),
    m=st.integers(1, 12),
    density=st.sampled_from([0.0, 0.05, 0.2, 0.6, 1.0]),
    rule=st.sampled_from(
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
    ),
    of_bytes=st.booleans(),
    cuts=st.frozensets(st.integers(1, 3)),
    hidden=st.sampled_from(["sigmoid", "tanh", "linear"]),
)


@given(case=CASES)
def test_dense_and_sparse_steps_are_within_the_bound(kernels, case):
    """Four mini-batches in one call, or cut into several, after each of which no row waits.

    Some rows are needed more than once, some examples come twice in a mini-batch, and the last one is short.
    """
    (c, mu), m = case.rule, case.m
    net = network(kernels, case.n_in, case.n, hidden=case.hidden, seed=m)
    X, y = inputs(kernels, 9, case.n_in, case.density), np.eye(3, dtype=kernels.dtype)[labels(9)]
    if case.of_bytes:
        X = (X * 255).astype(np.uint8)
    reals = X / 256 if case.of_bytes else X.astype(float)
    order = np.random.default_rng(m).integers(0, 9, 3 * m + (m + 1) // 2)
    rule = rule_of(kernels, c, mu)
    state = np.zeros(rule.states * net._program.size, kernels.dtype)
    if mu:
        for array in arrays_of(net, state):
            array[...] = np.random.default_rng(case.n).standard_normal(array.shape) / 8
    expected = BoundedTraining.of(net, c, mu, state)
    runs = {
        name: (data(kernels, X, y, listed), Guarded(net.parameters), Guarded(state))
        for name, listed in (("dense ", False), ("sparse ", True))
    }
    first = 0
    for cut in sorted(case.cuts | {4}):
        for k in range(first, cut):
            rows = order[k * m : (k + 1) * m]
            expected.step(reals[rows], y[rows])
        for name, (examples, parameters, velocity) in runs.items():
            part = order[first * m : cut * m]
            kernels.train(net._program, parameters.array, examples, part, m, rule, state=(velocity.array, 0))
            expected.check(parameters.array, velocity.array, name)
            assert (padding(net, parameters.array) == 0).all()
            assert not mu or (padding(net, velocity.array) == 0).all()
            assert parameters.intact()
            assert velocity.intact()
        first = cut


@pytest.mark.parametrize(("c", "mu"), [(0.0, 0.0), (0.125, 0.0), (0.125, 0.9)])
def test_the_bound_is_narrow(kernels, c, mu):
    """A bound that holds anything proves nothing.

    After three steps it is some 10,000 eps, and a tenth, at most, of what the steps change.
    """
    net = network(kernels, 60)
    X, y = inputs(kernels, 40, 60, 0.2), np.eye(3)[labels(40)]
    training = BoundedTraining.of(net, c, mu)
    for k in range(3):
        rows = slice(10 * k, 10 * k + 10)
        training.step(X[rows].astype(float), y[rows])
    for w, before in zip(training.parameters[0], net.weights, strict=True):
        assert np.max(w.error) < 2e4 * np.finfo(kernels.dtype).eps
        assert np.max(w.error) < 0.1 * np.abs(w.value - before).mean()


# The steps of a row that no example needs are the power of a matrix, here in whole multiples of 2^-80, which
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
def test_rows_that_are_never_needed_decay_exactly(kernels, c, mu, steps):
    """No example needs row 1 of three. Its steps are done when the call ends, 32 at a time and then the rest.

    M^k of k steps is computed in float64, within gamma(3k) |M|^k, and rounded. The product with it rounds (w,
    v) four times more.
    """
    net = network(kernels, 3)
    X = np.ones((4, 3), kernels.dtype)
    X[:, 1] = 0
    rule = rule_of(kernels, c, mu)
    state = np.zeros(rule.states * net._program.size, kernels.dtype)
    before = np.array([views(net, net.parameters)[0][0][:, 1], np.zeros(5)])
    if mu:
        views(net, state)[0][0][:, 1] = before[1] = np.linspace(-0.5, 0.75, 5)
    examples = data(kernels, X, labels(4), True)
    parameters, state = trained(net, examples, np.arange(steps) % 4, 1, rule, state=state)

    bound, in_float64 = Rounding(kernels.dtype), Rounding("float64")
    errors, largest = np.zeros((2, 5)), np.abs(before)
    for k in [POWERS] * (steps // POWERS) + [steps % POWERS]:
        P, of_M = np.abs(power(c, mu, k)), np.linalg.matrix_power(np.abs(power(c, mu, 1)), k)
        relative = bound.gamma(6) * P + in_float64.gamma(3 * k) * of_M
        errors = P @ errors + relative @ (largest + errors) + bound.tiniest
        largest = P @ largest
    expected = power(c, mu, steps) @ before
    bound.check(views(net, parameters)[0][0][:, 1], expected[0], errors[0], "w ")
    if mu:
        bound.check(views(net, state)[0][0][:, 1], expected[1], errors[1], "v ")
    assert np.isfinite(parameters).all()


# A gradient is divided by mu, or without momentum by 1 - c: if that is 0 or almost 0, no row waits.
@pytest.mark.parametrize(
    ("c", "mu"),
    [(1.0, 0.0), (1 + 2**-52, 0.0), (1 - 2**-30, 0.0), (0.125, 1e-9), (0.0, 1e-44), (0.125, -1e-320)],
)
def test_steps_that_cannot_wait_match_the_dense_ones(kernels, c, mu):
    net = network(kernels, 20)
    X, y = inputs(kernels, 12, 20, 0.2), labels(12)
    rule = rule_of(kernels, c, mu)
    results = [trained(net, data(kernels, X, y, listed), range(12), 2, rule) for listed in (False, True)]
    for dense, sparse in zip(*results, strict=True):  # six steps
        np.testing.assert_allclose(sparse, dense, rtol=0, atol=100 * np.finfo(kernels.dtype).eps)


@pytest.mark.parametrize(("c", "mu"), [(20.0, 0.0), (0.0, 20.0), (0.125, -20.0)])
def test_powers_that_overflow_leave_zeros_alone(kernels, c, mu):
    """All numbers are 0 and stay 0. 20^32 is infinite in float32, and 0 times infinity would be NaN."""
    net = network_on(kernels, [20, 3], ["linear"], "quadratic", init="zeros")
    X, y = np.zeros((40, 20), kernels.dtype), np.zeros((40, 3), kernels.dtype)
    rule = rule_of(kernels, c, mu)
    for vector in trained(net, data(kernels, X, y, True), range(40), 1, rule):
        assert (vector == 0).all()


@pytest.mark.parametrize("gap", [*STEPS, 3 * POWERS + 1])
@pytest.mark.parametrize(("c", "mu"), [(0.01, 0.0), (0.0, 0.9), (0.01, 0.9), (0.01, -0.9)])
def test_a_row_that_is_needed_after_a_gap(kernels64, gap, c, mu):
    """Example 0 needs inputs 0 to 3, the other one inputs 2 to 5. A step rounds some 20 times, by 2e-15."""
    net = network(kernels64, 6)
    X = np.array([[0.5, 1, 0.25, 1, 0, 0], [0, 0, 1, 0.5, 1, 0.125]])
    order = [0, *[1] * gap, 0, 0, *[1] * gap]
    rule = rule_of(kernels64, c, mu)
    results = [
        trained(net, data(kernels64, X, labels(2), listed), order, 1, rule) for listed in (False, True)
    ]
    for dense, sparse in zip(*results, strict=True):
        np.testing.assert_allclose(sparse, dense, rtol=1e-12, atol=1e-13)


# Whole epochs in float64. A step rounds numbers of about 1 some 30 times; 300 steps that do not amplify it
# leave 1e-12 or less; the tolerance is 1e-10.
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mini_batch_size", [1, 10, 33, 300])
def test_an_epoch_of_digits_matches_the_dense_one(kernels64, sample, kind, mini_batch_size):
    assert 33 < MOST_ROWS < 300
    net = network(kernels64, 784, 30, 10)
    digits = sample[0][:300]
    images, answers = digits.images.reshape(-1, 784), digits.labels.astype(np.intp)
    order = np.random.default_rng(3).permutation(300)
    rule = kernels64.Rule(**{"kind": "sgd"} | KINDS[kind])
    never = ~images.any(axis=0)
    assert never.sum() > 60  # pixels that are 0 in all digits: their rows wait for the whole epoch
    dense, sparse = (
        trained(net, data(kernels64, images, answers, listed), order, mini_batch_size, rule)
        for listed in (False, True)
    )
    for one, other in zip(sparse, dense, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
    (w, *_), _ = views(net, sparse[0])
    (w_before, *_), _ = views(net, net.parameters)
    assert np.abs(w - w_before).max() > 1e-4  # it learned
    if kind == "L2":
        steps = -(-300 // mini_batch_size)
        np.testing.assert_allclose(w[:, never], w_before[:, never] * 0.999**steps, rtol=1e-12)


@pytest.mark.parametrize("kind", ["L2", "momentum", "momentum and L2"])
def test_no_row_waits_when_a_call_ends(kernels64, kind):
    """Slices of 1 to 40 mini-batches: after each, parameters and velocity match the dense ones."""
    net = network(kernels64, 50)
    X, y = inputs(kernels64, 300, 50, 0.03), labels(300)
    X[:, 7] = 0
    rule = kernels64.Rule(**{"kind": "sgd"} | KINDS[kind])
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
    for sliced, in_one_call in zip(runs[True][1:], whole, strict=True):
        np.testing.assert_allclose(sliced, in_one_call, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("density", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("n_in", [1, 15, 16, 17, 63, 64, 65, 784])
@pytest.mark.parametrize("n", [1, 130, 300])
def test_sizes_and_densities_match_the_dense_path(kernels64, n_in, density, n):
    """Numbers of inputs around whole words of the mask.

    Rows of one register, of many, and longer than the cache.
    """
    net = network(kernels64, n_in, n)
    X, y = inputs(kernels64, 6, n_in, density), labels(6)
    for rule in (kernels64.Rule("sgd", 0.1, 0.5), kernels64.Rule("sgd", 0.1, 0.5, 0.0, 0.5)):
        results = [trained(net, data(kernels64, X, y, listed), range(6), 2, rule) for listed in (False, True)]
        for dense, sparse in zip(*results, strict=True):  # three steps with sums of 784: some 1e-13
            np.testing.assert_allclose(sparse, dense, rtol=1e-11, atol=1e-13)


def test_bytes_and_reals_give_the_same_bits(kernels, sample):
    digits = sample[0][:40]
    net = network(kernels, 784, 30, 10)
    images, answers = digits.images.reshape(-1, 784), digits.labels.astype(np.intp)
    for kind in ("plain", "momentum and L2"):
        rule = kernels.Rule(**{"kind": "sgd"} | KINDS[kind])
        results = [
            trained(net, data(kernels, X, answers, True), range(40), 7, rule)
            for X in (images, (images / 256).astype(kernels.dtype))
        ]
        for one, other in zip(*results, strict=True):
            assert one.tobytes() == other.tobytes()


def test_minus_zero_is_zero_and_subnormals_are_not(kernels):
    X = np.zeros((1, 4), kernels.dtype)
    X[0, 1:] = -0.0, np.finfo(kernels.dtype).smallest_subnormal, -1
    assert not kernels.Data(None, X).list_entries(0.49)
    assert kernels.Data(None, X).list_entries(0.5)


def test_the_other_entry_points_read_all_inputs(kernels):
    net = network(kernels, 70)
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
    """Masks are drawn for every input. The bits are the same, whether entries are listed or not."""
    program = program_of(kernels, 40, (5, "sigmoid", 0.5), (3, "softmax", 0.5))
    X, y, order = inputs(kernels, 20, 40, 0.3), labels(20), np.arange(20, dtype=np.intp)
    results = []
    for listed in (False, True):
        parameters, state = np.full(program.size, 0.1, kernels.dtype), np.zeros(program.size, kernels.dtype)
        rule = kernels.Rule("sgd", 0.1, 0.1, 0.0, 0.9)
        kernels.train(program, parameters, data(kernels, X, y, listed), order, 3, rule, state=(state, 0))
        results.append((parameters.tobytes(), state.tobytes()))
    assert results[0] == results[1]


# Listing the non-zero inputs.
@pytest.mark.parametrize("dtype", ["bytes", "reals"])
def test_list_entries_refuses_more_than_a_share(kernels, dtype):
    X = np.zeros((4, 6), np.uint8 if dtype == "bytes" else kernels.dtype)
    X[0, 0] = X[1, 1:5] = X[3, 5] = 3  # 6 of 24
    y = labels(4)
    net = network(kernels, 6)
    examples = data(kernels, X, y, False)
    for most in (0.0, 0.2499, -1.0):
        assert examples.list_entries(most) is False
        assert examples.entries_listed is False
    rule = kernels.Rule("sgd", 0.5)
    dense = trained(net, data(kernels, X, y, False), range(4), 2, rule)[0]
    assert trained(net, examples, range(4), 2, rule)[0].tobytes() == dense.tobytes()
    assert examples.list_entries(0.25) is True
    assert examples.entries_listed is True
    assert examples.list_entries(0.0) is True  # they were listed before


def test_the_largest_number_of_inputs_that_is_listed(kernels):
    """An index has 16 bits: 65,535 inputs are listed; 65,536 are refused, and all of them are read."""
    for n_in, fits in ((65_535, True), (65_536, False)):
        X = np.zeros((3, n_in), np.uint8)
        X[0, 0] = X[1, -1] = X[2, 40_000] = 200
        X[2, -2:] = 100
        net = network(kernels, n_in, 2)
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


def test_the_list_is_a_copy(kernels):
    """Training does not see what the caller writes to the array afterwards."""
    X, y = inputs(kernels, 20, 70, 0.3), labels(20)
    net = network(kernels, 70)
    rule = kernels.Rule("sgd", 0.5, 0.1)
    expected = trained(net, data(kernels, X, y, True), range(20), 3, rule)[0]
    examples = data(kernels, X, y, True)
    X[...] = np.nan
    assert trained(net, examples, range(20), 3, rule)[0].tobytes() == expected.tobytes()


CHANGING = """
import threading
import numpy as np
from nncore import targets
from support.entry import program_of

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
        program = program_of(kernels, 70, (5, "sigmoid"), (3, "softmax"))
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


def test_an_array_may_change_while_it_is_listed():
    assert "alive" in run_python(CHANGING, timeout=60)


LISTED_TWICE = """
import threading
import numpy as np
from nncore import targets
from support.entry import program_of

kernels = targets.kernels("float32")
images = (np.random.default_rng(0).random((20_000, 100)) < 0.2).astype(np.uint8)
y, order = np.arange(20_000) % 3, np.arange(20_000)
program = program_of(kernels, 100, (5, "sigmoid"), (3, "softmax"))

def trained(data):
    parameters = np.zeros(program.size, "float32")
    kernels.train(program, parameters, data, order[-500:], 10, kernels.Rule("sgd", 0.1, 0.1))
    return parameters

def differ(data):
    return data.entries_listed and (trained(data) != expected).any()

alone = kernels.Data(images, None, y)
alone.list_entries()
expected = trained(alone)
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
    assert "alive" in run_python(LISTED_TWICE, timeout=60)
