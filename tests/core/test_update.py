"""The update rules: each is the plain loop that does the same, along every path that training may take."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncore.reference import network as reference

MOST_ROWS = 250  # a larger mini-batch takes the path that keeps gradients
RULES = {
    "sgd": {"kind": "sgd", "eta": 0.5},
    "L2": {"kind": "sgd", "eta": 0.5, "lmbda_over_n": 1.0},
    "L1": {"kind": "sgd", "eta": 0.5, "l1_over_n": 0.125},
    "elastic net": {"kind": "sgd", "eta": 0.5, "lmbda_over_n": 0.25, "l1_over_n": 0.125},
    "momentum": {"kind": "sgd", "eta": 0.25, "momentum": 0.5},
    "momentum, L2": {"kind": "sgd", "eta": 0.25, "lmbda_over_n": 0.25, "momentum": 0.5},
    "momentum, elastic net": {
        "kind": "sgd", "eta": 0.25, "lmbda_over_n": 0.25, "l1_over_n": 0.125, "momentum": 0.5,
    },
    "nesterov": {"kind": "nesterov", "eta": 0.25, "momentum": 0.5},
    "nesterov, elastic net": {
        "kind": "nesterov", "eta": 0.25, "lmbda_over_n": 0.25, "l1_over_n": 0.125, "momentum": 0.5,
    },
    "nesterov without momentum": {"kind": "nesterov", "eta": 0.5},
    "adam": {"kind": "adam", "eta": 0.01, "momentum": 0.9},
    "adam, elastic net": {
        "kind": "adam", "eta": 0.01, "lmbda_over_n": 0.25, "l1_over_n": 0.125, "momentum": 0.8, "beta2": 0.95,
        "epsilon": 1e-3,
    },
}  # fmt: skip
STATES = {"sgd": 0, "L2": 0, "L1": 0, "elastic net": 0, "adam": 2, "adam, elastic net": 2}  # others: 1


class Loop:
    """A rule in float64, on one array: what the docstring of update.pxd says."""

    def __init__(self, kind, eta, lmbda_over_n=0.0, l1_over_n=0.0, momentum=0.0, beta2=0.999, epsilon=1e-8):
        self.kind, self.eta, self.mu, self.beta2, self.epsilon = kind, eta, momentum, beta2, epsilon
        self.lmbda_over_n, self.l1_over_n = lmbda_over_n, l1_over_n
        self.v = self.s = 0.0
        self.t = 0

    def step(self, w, nabla, regularised):
        """w after one step; nabla is the gradient, the mean over the mini-batch."""
        self.t += 1
        if regularised:
            nabla = nabla + self.lmbda_over_n * w + self.l1_over_n * np.sign(w)
        if self.kind == "adam":
            self.v = self.mu * self.v + (1 - self.mu) * nabla
            self.s = self.beta2 * self.s + (1 - self.beta2) * nabla**2
            v, s = self.v / (1 - self.mu**self.t), self.s / (1 - self.beta2**self.t)
            return w - self.eta * v / (np.sqrt(s) + self.epsilon)
        self.v = self.mu * self.v - self.eta * nabla
        if self.kind == "nesterov":
            return w + self.mu * self.v - self.eta * nabla
        return w + self.v


def views(net, vector):
    """The arrays in a vector laid out as the parameters are: (weights, biases)."""
    weights, biases = [], []
    for (w, b, stride), n_prev, n in zip(net._program.places(), net.sizes, net.sizes[1:], strict=False):
        weights.append(vector[w : w + n_prev * stride].reshape(n_prev, stride)[:, :n].T)
        biases.append(vector[b : b + n].reshape(n, 1))
    return weights, biases


def arrays_of(net, vector):
    weights, biases = views(net, vector)
    return [*weights, *biases]


def padding(net, vector):
    """A copy of the vector with zeros in the place of all that is no padding."""
    rest = vector.copy()
    for array in arrays_of(net, rest):
        array[...] = 0
    return rest


def state_of(net, rule):
    """(rule, zeros to remember by); the rule by its name here, or as arguments."""
    rule = net._kernels.Rule(**(RULES[rule] if isinstance(rule, str) else rule))
    return rule, np.zeros(rule.states * net._program.size, net.dtype)


def train(net, data, order, mini_batch_size, rule, state, step=0, listed=False):
    examples = net._data("data", data)
    if listed:
        assert examples.list_entries()
    order = np.ascontiguousarray(order, np.intp)
    net._kernels.train(net._program, net.parameters, examples, order, mini_batch_size, rule, state, step)


def loops_for(net, rule):
    return [[Loop(**RULES[rule]) for _ in range(len(net.sizes) - 1)] for _ in range(2)]


# Whole numbers and powers of two: a linear layer, mini-batches of 4 and of 256, eta, mu and penalties that
# are such powers. No operation rounds, so that each path gives the loop's numbers to the last bit, in
# either dtype.
EXACT = [name for name in RULES if "adam" not in name]
WAYS = {  # mini-batch size, whether the non-zero inputs are listed
    "fused": (4, False),
    "sparse": (4, True),
    "one at a time": (1, False),
    "sparse, one at a time": (1, True),
    "in parts": (256, False),
    "sparse, in parts": (256, True),
}


@pytest.mark.parametrize("rule", EXACT)
@pytest.mark.parametrize("way", WAYS)
def test_steps_without_rounding(kernels, network_on, rule, way):
    mini_batch_size, listed = WAYS[way]
    rng = np.random.default_rng(0)
    net = network_on(kernels, [6, 3], ["linear"], "quadratic", init="zeros")
    net.weights, net.biases = [rng.integers(-2, 3, (3, 6))], [rng.integers(-2, 3, (3, 1))]
    net.weights[0][:, 2] = 0  # sgn(0) = 0
    steps = 1 if mini_batch_size == 256 else 2
    X = rng.integers(-1, 2, (steps * mini_batch_size, 6)) * (rng.random((steps * mini_batch_size, 6)) < 0.4)
    X[:, 4] = 0  # a row that no example needs
    y = rng.integers(-1, 2, (steps * mini_batch_size, 3))
    w, b = (side[0].astype(float) for side in (net.weights, net.biases))
    of_w, of_b = Loop(**RULES[rule]), Loop(**RULES[rule])
    for k in range(steps):
        rows = slice(k * mini_batch_size, (k + 1) * mini_batch_size)
        delta = X[rows] @ w.T + b.T - y[rows]
        w, b = (
            of_w.step(w, delta.T @ X[rows] / mini_batch_size, True),
            of_b.step(b, delta.mean(axis=0)[:, None], False),
        )
    kind, state = state_of(net, rule)
    train(net, (X, y), range(len(X)), mini_batch_size, kind, state, listed=listed)
    assert (w * 2**12 % 1 == 0).all()  # twelve binary places, and far below 2^12: float32 has them
    np.testing.assert_array_equal(net.weights[0], w)
    np.testing.assert_array_equal(net.biases[0], b)
    if kind.states:
        np.testing.assert_array_equal(views(net, state)[0][0], of_w.v)
        np.testing.assert_array_equal(views(net, state)[1][0], of_b.v)


# A step of the general path from the gradient that the kernels give, array by array. With u for a rounding,
# each number that goes into a result passes at most: nabla a division, the constants of the penalties, and
# their muladds: 5 u in all; v four more; w two more, or four with Nesterov. Adam's s holds the square: 2 *
# 5 + 6. Its w is taken from the v and s that the kernels have: constants, corrections, root, division and
# sum, 13 u.
def check_step(bound, rule, regularised, t, before, after, nabla):
    """before and after: (w, v, s) of one array; nabla: the mean gradient. v and s may be None."""
    r = Loop(**RULES[rule])
    w, v, s = before
    gradient = np.abs(nabla)
    if regularised:
        nabla = nabla + r.lmbda_over_n * w + r.l1_over_n * np.sign(w)
        gradient = gradient + r.lmbda_over_n * np.abs(w) + r.l1_over_n * np.abs(np.sign(w))
    tiny = 8 * bound.tiniest
    if r.kind == "adam":
        velocity = r.mu * np.abs(v) + (1 - r.mu) * gradient
        bound.check(after[1], r.mu * v + (1 - r.mu) * nabla, bound.gamma(10) * velocity + tiny, "v ")
        squares = r.beta2 * s + (1 - r.beta2) * gradient**2
        bound.check(after[2], r.beta2 * s + (1 - r.beta2) * nabla**2, bound.gamma(16) * squares + tiny, "s ")
        v, s = after[1] / (1 - r.mu**t), after[2] / (1 - r.beta2**t)
        change = r.eta * v / (np.sqrt(s) + r.epsilon)
        bound.check(after[0], w - change, bound.gamma(13) * (np.abs(w) + np.abs(change)) + tiny, "w ")
        return
    v = np.zeros_like(w) if v is None else v
    velocity, largest = r.mu * v - r.eta * nabla, r.mu * np.abs(v) + r.eta * gradient
    if after[1] is not None:
        bound.check(after[1], velocity, bound.gamma(9) * largest + tiny, "v ")
    if r.kind == "nesterov":
        velocity, largest = r.mu * velocity - r.eta * nabla, r.mu * largest + r.eta * gradient
    bound.check(after[0], w + velocity, bound.gamma(13) * (np.abs(w) + largest) + tiny, "w ")


@pytest.mark.parametrize(
    "rule", [name for name in RULES if name not in ("sgd", "L2", "momentum", "momentum, L2")]
)
@pytest.mark.parametrize("mini_batch_size", [1, 7, MOST_ROWS + 1])
def test_each_step_of_the_general_path(kernels, network_on, examples_for, rounding, rule, mini_batch_size):
    net = network_on(kernels, [20, 9, 5], ["tanh", "softmax"], seed=4)
    net.weights[0][:, 3] = 0
    data = examples_for(net, 4 * mini_batch_size)
    kind, state = state_of(net, rule)
    size = net._program.size
    nabla = np.empty_like(net.parameters)
    for t in range(1, 5):
        rows = slice((t - 1) * mini_batch_size, t * mini_batch_size)
        mini_batch = [column[rows] for column in data]
        kernels.backprop(net._program, net.parameters, net._data("data", tuple(mini_batch)), nabla)
        vectors = [net.parameters, *(state[k * size : (k + 1) * size] for k in range(kind.states))]
        before = [views(net, vector.astype(float)) for vector in vectors]
        train(net, tuple(mini_batch), range(mini_batch_size), mini_batch_size, kind, state, step=t - 1)
        after = [views(net, vector.astype(float)) for vector in vectors]
        gradients = views(net, nabla.astype(float))
        for side, regularised in enumerate((True, False)):
            for l in range(2):
                old, new = ([vectors[side][l] for vectors in ones] + [None] * 2 for ones in (before, after))
                mean = gradients[side][l] / mini_batch_size
                check_step(rounding(kernels.dtype), rule, regularised, t, old[:3], new[:3], mean)
        assert all((padding(net, vector) == 0).all() for vector in vectors)


@given(
    sizes=st.lists(st.integers(1, 40), min_size=2, max_size=4),
    m=st.integers(1, 33),
    rule=st.sampled_from(["sgd", "L2", "momentum", "momentum, L2"]),
)
def test_the_fused_step_is_the_step_from_gradients(
    kernels, network_on, examples_for, rounding, sizes, m, rule
):
    """BP4 straight into w or v: what check_step has for the general path, the bound of the gradient's own
    sums, which the fused path adds up in another place, and m roundings more of what they are added to."""
    bound = rounding(kernels.dtype)
    net = network_on(kernels, sizes, ["tanh"] * (len(sizes) - 2) + ["sigmoid"], seed=m)
    X, y = examples_for(net, m)
    kind, state = state_of(net, rule)
    if kind.states:
        for array in arrays_of(net, state):
            array[...] = np.random.default_rng(m).standard_normal(array.shape) / 8
    r = Loop(**RULES[rule])
    old_w = [array.astype(float) for array in arrays_of(net, net.parameters)]
    old_v = (
        [array.astype(float) for array in arrays_of(net, state)] if kind.states else [0 * w for w in old_w]
    )
    nabla_b, nabla_w = net.backprop(X, y)
    bound_b, bound_w = bound.backprop(net, X, y)
    train(net, (X, y), range(m), m, kind, state)
    new_w = arrays_of(net, net.parameters)
    new_v = arrays_of(net, state) if kind.states else [None] * len(old_w)
    for i, (nabla, rounded) in enumerate(zip([*nabla_w, *nabla_b], [*bound_w, *bound_b], strict=True)):
        decay = r.eta * r.lmbda_over_n if i < len(nabla_w) else 0.0
        velocity = r.mu * old_v[i] - decay * old_w[i] - r.eta / m * nabla
        largest = r.mu * np.abs(old_v[i]) + decay * np.abs(old_w[i]) + r.eta / m * rounded.largest
        error = 2 * r.eta / m * rounded.error + bound.gamma(m + 12) * largest
        if kind.states:
            bound.check(new_v[i], velocity, error, "v ")
        error = error + bound.gamma(m + 12) * (np.abs(old_w[i]) + largest)
        bound.check(new_w[i], old_w[i] + velocity, error, "w ")


def test_a_momentum_step_moves_w_by_the_new_v(kernels, network_on, examples_for):
    """Bit for bit: the sum is one operation, whatever path v came from."""
    for rule, m in (("momentum, L2", 7), ("momentum, L2", MOST_ROWS + 1), ("momentum, elastic net", 7)):
        net = network_on(kernels, [20, 9, 5], ["tanh", "softmax"], seed=4)
        kind, state = state_of(net, rule)
        data = examples_for(net, 2 * m)
        train(net, data, range(m), m, kind, state)
        before = net.parameters.copy()
        train(net, data, range(m, 2 * m), m, kind, state)
        assert (before + state).tobytes() == net.parameters.tobytes()


# An epoch, in float64. A step rounds numbers of about 1 some 30 times; 40 steps that do not amplify it
# leave 1e-13 or less, Adam's with epsilon = 1e-8 some 1e-17/1e-8 of its eta at the worst: 1e-11. Promised
# is 1e-10.
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("mini_batch_size", [1, 5])
@pytest.mark.parametrize("listed", [False, True], ids=["dense", "sparse"])
def test_an_epoch_is_the_plain_loop_s(kernels64, network_on, rule, mini_batch_size, listed):
    rng = np.random.default_rng(8)
    net = network_on(kernels64, [12, 6, 4], ["sigmoid", "sigmoid"], seed=8)
    twin = reference.Network(net.layers, input_shape=net.input_shape, seed=8)
    X = rng.random((40, 12)) * (rng.random((40, 12)) < 0.4)
    X[:, 5] = 0
    labels, order = rng.integers(0, 4, 40), rng.permutation(40)
    loops = loops_for(net, rule)
    for first in range(0, 40, mini_batch_size):
        rows = order[first : first + mini_batch_size]
        nabla_b, nabla_w = twin.backprop(X[rows], labels[rows])
        for l in range(2):
            twin.weights[l] = loops[0][l].step(twin.weights[l], nabla_w[l] / len(rows), True)
            twin.biases[l] = loops[1][l].step(twin.biases[l], nabla_b[l] / len(rows), False)
    kind, state = state_of(net, rule)
    train(net, (X, labels), order, mini_batch_size, kind, state, listed=listed)
    for l in range(2):
        np.testing.assert_allclose(net.weights[l], twin.weights[l], rtol=1e-10, atol=1e-11)
        np.testing.assert_allclose(net.biases[l], twin.biases[l], rtol=1e-10, atol=1e-11)
    remembered = {1: ["v"], 2: ["v", "s"]}.get(kind.states, [])
    for k, name in enumerate(remembered):
        for side, arrays in zip(
            loops, views(net, state[k * net._program.size :][: net._program.size]), strict=True
        ):
            for loop, array in zip(side, arrays, strict=True):
                np.testing.assert_allclose(array, getattr(loop, name), rtol=1e-9, atol=1e-11)


def test_nesterov_looks_ahead(kernels64, network_on, examples_for):
    """In the form of the textbooks: v' = mu v - eta grad(p + mu v), p' = p + v'. w holds p + mu v."""
    net = network_on(kernels64, [5, 4, 3], ["tanh", "softmax"], seed=3)
    twin = reference.Network(net.layers, input_shape=net.input_shape, seed=3)
    X, y = examples_for(net, 30)
    mu, eta = 0.9, 0.1
    p = [w.copy() for w in twin.weights]
    b = [b.copy() for b in twin.biases]
    v, v_b = [0.0, 0.0], [0.0, 0.0]
    kind, state = state_of(net, {"kind": "nesterov", "eta": eta, "momentum": mu})
    for k in range(10):
        rows = slice(3 * k, 3 * k + 3)
        twin.weights = [p[l] + mu * v[l] for l in range(2)]
        twin.biases = [b[l] + mu * v_b[l] for l in range(2)]
        nabla_b, nabla_w = twin.backprop(X[rows], y[rows])
        for l in range(2):
            v[l], v_b[l] = mu * v[l] - eta * nabla_w[l] / 3, mu * v_b[l] - eta * nabla_b[l] / 3
            p[l], b[l] = p[l] + v[l], b[l] + v_b[l]
        train(net, (X[rows], y[rows]), range(3), 3, kind, state)
        for l in range(2):  # ten steps of numbers of about 1
            np.testing.assert_allclose(net.weights[l], p[l] + mu * v[l], rtol=1e-12, atol=1e-13)
            np.testing.assert_allclose(net.biases[l], b[l] + mu * v_b[l], rtol=1e-12, atol=1e-13)


def test_adam_s_first_steps_are_of_eta(kernels, network_on):
    """Bias correction: v' = nabla and s' = nabla^2 at first, so that a step is eta, up or down, whatever the
    gradient is, but for epsilon beside it; and 13 roundings."""
    net = network_on(kernels, [1, 1], ["linear"], "quadratic", init="zeros")
    for y in (1.0, 1000.0, 0.001):
        net.weights, net.biases = [[[0.0]]], [[[0.0]]]
        kind, state = state_of(net, {"kind": "adam", "eta": 0.125, "momentum": 0.9})
        train(net, ([[-2.0]], [[y]]), [0], 1, kind, state)
        for parameter, nabla in ((net.weights[0], 2 * y), (net.biases[0], -y)):
            wanted = -0.125 * np.sign(nabla) / (1 + 1e-8 / abs(nabla))
            np.testing.assert_allclose(parameter, [[wanted]], rtol=7 * np.finfo(kernels.dtype).eps)


@pytest.mark.parametrize("rule", RULES)
def test_calls_go_on_where_the_last_one_ended(kernels, network_on, examples_for, rule):
    """Slices, with the state kept and `step` the mini-batches before, are the whole, bit for bit."""
    whole = network_on(kernels, [20, 9, 5], ["tanh", "softmax"], seed=4)
    sliced = network_on(kernels, [20, 9, 5], ["tanh", "softmax"], seed=4)
    data = examples_for(whole, 40)
    order = np.random.default_rng(1).permutation(40)
    kind, state = state_of(whole, rule)
    train(whole, data, order, 3, kind, state)
    kind, state_of_sliced = state_of(sliced, rule)
    for first, end in ((0, 3), (3, 15), (15, 39), (39, 40)):
        train(sliced, data, order[first:end], 3, kind, state_of_sliced, step=first // 3)
    assert whole.parameters.tobytes() == sliced.parameters.tobytes()
    assert state.tobytes() == state_of_sliced.tobytes()


def test_adam_counts_its_steps(kernels, network_on, examples_for):
    """t is part of the rule: without it the second call starts its correction over."""
    parameters = []
    for step in (5, 0):
        net = network_on(kernels, [20, 9, 5], ["tanh", "softmax"], seed=4)
        data = examples_for(net, 10)
        kind, state = state_of(net, "adam")
        train(net, data, range(10), 2, kind, state)
        train(net, data, range(10), 2, kind, state, step=step)
        parameters.append(net.parameters.copy())
    assert np.abs(parameters[0] - parameters[1]).max() > 1e-3


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("listed", [False, True], ids=["dense", "sparse"])
def test_biases_are_not_regularised(kernels, network_on, rule, listed):
    """Inputs are 0 and y = b: the gradient is 0 everywhere. Weights shrink if there is a penalty, biases
    stay."""
    net = network_on(kernels, [3, 2], ["linear"], "quadratic", init="zeros")
    net.weights, net.biases = [[[1.0, -1.0, 0.0], [2.0, 0.5, -0.5]]], [[[0.75], [-1.5]]]
    before = net.weights[0].copy()
    kind, state = state_of(net, rule)
    train(net, (np.zeros((6, 3)), np.tile([0.75, -1.5], (6, 1))), range(6), 2, kind, state, listed=listed)
    np.testing.assert_array_equal(net.biases[0], [[0.75], [-1.5]])
    if kind.lmbda_over_n or kind.l1_over_n:
        assert (np.abs(net.weights[0]) < np.abs(before))[before != 0].all()
        assert (net.weights[0][before == 0] == 0).all()
    else:
        np.testing.assert_array_equal(net.weights[0], before)


@pytest.mark.parametrize("rule", RULES)
def test_padding_stays_zero(kernels, network_on, examples_for, rule):
    sizes = [33, 7, 16, 17, 1]
    net = network_on(kernels, sizes, ["tanh"] * (len(sizes) - 2) + ["sigmoid"], seed=4)
    data = examples_for(net, 20)
    for m in (3, 1):
        for listed in (False, True):
            kind, state = state_of(net, rule)
            train(net, data, range(20), m, kind, state, listed=listed)
            for vector in (net.parameters, *state.reshape(-1, net._program.size)):
                assert (padding(net, vector) == 0).all()
                assert np.isfinite(vector).all()


@pytest.mark.parametrize("rule", RULES)
def test_all_targets_with_fma_give_the_same_bits(fused_kernels, network_on, examples_for, rule):
    results = []
    for kernels in fused_kernels[1]:
        net = network_on(kernels, [45, 33, 10], ["tanh", "softmax"], seed=8)
        kind, state = state_of(net, rule)
        train(net, examples_for(net, 61), range(61), 7, kind, state)
        results.append((net.parameters.tobytes(), state.tobytes()))
    assert results[0] == results[1]


# What rules say of themselves, and what is refused.
@pytest.mark.parametrize("rule", RULES)
def test_rules_say_what_they_are(kernels, rule):
    given, kind = RULES[rule], kernels.Rule(**RULES[rule])
    assert kind.kind == given["kind"]
    assert kind.states == STATES.get(rule, 1)
    for name in ("eta", "lmbda_over_n", "l1_over_n", "momentum"):
        assert getattr(kind, name) == given.get(name, 0)
        with pytest.raises(AttributeError):
            setattr(kind, name, 1.0)


@pytest.mark.parametrize("rule", [name for name in RULES if name not in STATES or STATES[name]])
def test_a_state_of_another_length_is_refused(kernels, network_on, examples_for, rule):
    net = network_on(kernels, [3, 2], ["sigmoid"], seed=1)
    kind, state = state_of(net, rule)
    data, before = examples_for(net, 4), net.parameters.copy()
    wrong = [None, state[:-1], state[:0], np.concatenate([state, state[:1]]), np.concatenate([state, state])]
    wrong += [state[: net._program.size]] * (kind.states == 2)
    for other in wrong:
        with pytest.raises(ValueError, match=f"state: {kind.states} times {net._program.size} reals"):
            train(net, data, range(4), 2, kind, other)
    other_float = "float64" if kernels.dtype == "float32" else "float32"
    for other in (state.astype(other_float), np.repeat(state, 2)[::2], state.reshape(1, -1)):
        with pytest.raises(ValueError, match=r"mismatch|contiguous|dimensions"):
            train(net, data, range(4), 2, kind, other)
    state.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        train(net, data, range(4), 2, kind, state)
    np.testing.assert_array_equal(net.parameters, before)


def test_a_rule_without_memory_needs_no_state(kernels, network_on, examples_for):
    results = []
    for state in (None, np.zeros(0, kernels.dtype), np.ones(3, kernels.dtype)):
        net = network_on(kernels, [3, 2], ["sigmoid"], seed=1)
        train(net, examples_for(net, 4), range(4), 2, state_of(net, "L2")[0], state)
        results.append(net.parameters.tobytes())
    assert results[0] == results[1] == results[2]
    assert (state == 1).all()


@pytest.mark.parametrize("kind", ["SGD", "momentum", ""])
def test_unknown_rules_are_refused(kernels, kind):
    with pytest.raises(ValueError, match=f"one of sgd, nesterov, adam needed, got '{kind}'"):
        kernels.Rule(kind, 0.5)


@pytest.mark.parametrize(
    "arguments", [(None, 0.5), ("sgd",), ("sgd", None), ("sgd", "much"), (5, 0.5), ("sgd", 1j)]
)
def test_rules_of_something_else_are_refused(kernels, arguments):
    with pytest.raises(TypeError):
        kernels.Rule(*arguments)


@pytest.mark.parametrize("rule", [None, "sgd", 0.5])
def test_train_needs_a_rule(kernels, network_on, examples_for, rule):
    net = network_on(kernels, [3, 2], ["sigmoid"], seed=1)
    with pytest.raises(TypeError):
        train(net, examples_for(net, 4), range(4), 2, rule, None)
