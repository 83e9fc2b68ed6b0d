"""The update rules: each is the plain loop that does the same, along every path that training may take."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.layout import arrays_of, padding, views
from support.limits import MOST_ROWS
from support.networks import copy_of, examples_for, network_on, reference_of
from support.rounding import Rounding
from support.rules import FUSED, RULES, STATES, PlainRule, PlainTraining
from support.training import gradient_vector, rule_and_state, train

EXACT = [name for name in RULES if "adam" not in name]
WAYS = {  # mini-batch size, whether the non-zero inputs are listed
    "fused": (4, False),
    "sparse": (4, True),
    "one at a time": (1, False),
    "sparse, one at a time": (1, True),
    "in parts": (256, False),
    "sparse, in parts": (256, True),
}


# With small whole numbers and powers of two, a linear layer, mini-batches of 4 and of 256, no operation
# rounds: each path gives the plain loop's numbers to the last bit, in either dtype.
@pytest.mark.parametrize("rule", EXACT)
@pytest.mark.parametrize("way", WAYS)
def test_steps_without_rounding_match_the_plain_loop(kernels, rule, way):
    mini_batch_size, listed = WAYS[way]
    rng = np.random.default_rng(0)
    net = network_on(kernels, [6, 3], ["linear"], "quadratic", init="zeros")
    net.weights, net.biases = [rng.integers(-2, 3, (3, 6))], [rng.integers(-2, 3, (3, 1))]
    net.weights[0][:, 2] = 0  # sgn(0) = 0
    steps = 1 if mini_batch_size == 256 else 2
    X = rng.integers(-1, 2, (steps * mini_batch_size, 6)) * (rng.random((steps * mini_batch_size, 6)) < 0.4)
    X[:, 4] = 0  # no example needs this row of weights
    y = rng.integers(-1, 2, (steps * mini_batch_size, 3))
    w, b = (side[0].astype(float) for side in (net.weights, net.biases))
    of_w, of_b = PlainRule(**RULES[rule]), PlainRule(**RULES[rule])
    for k in range(steps):
        rows = slice(k * mini_batch_size, (k + 1) * mini_batch_size)
        delta = X[rows] @ w.T + b.T - y[rows]
        w, b = (
            of_w.step(w, delta.T @ X[rows] / mini_batch_size, True),
            of_b.step(b, delta.mean(axis=0)[:, None], False),
        )
    state = train(net, (X, y), range(len(X)), mini_batch_size, RULES[rule], listed=listed)
    assert (w * 2**12 % 1 == 0).all()  # twelve binary places, and far below 2^12: float32 holds them
    np.testing.assert_array_equal(net.weights[0], w)
    np.testing.assert_array_equal(net.biases[0], b)
    if STATES[rule]:
        np.testing.assert_array_equal(views(net, state)[0][0], of_w.v)
        np.testing.assert_array_equal(views(net, state)[1][0], of_b.v)


# A step of the general path from the gradient that the kernels give, array by array. With u for one rounding,
# the numbers that go into a result pass at most: nabla a division, the constants of the penalties, and their
# multiply-adds, 5 u in all; v four more; w two more, or four with Nesterov. Adam's s holds the square: 2 * 5
# + 6. Its w is computed from the v and s of the kernels: constants, corrections, root, division and sum, 13
# u.
def check_step(bound, rule, regularised, t, before, after, nabla):
    """before and after: (w, v, s) of one array; nabla: the mean gradient. v and s may be None."""
    r = PlainRule(**RULES[rule])
    w, v, s = before
    gradient = np.abs(nabla)
    if regularised:
        nabla = r.regularised(w, nabla)
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


@pytest.mark.parametrize("rule", [name for name in RULES if name not in FUSED])
@pytest.mark.parametrize("mini_batch_size", [1, 7, MOST_ROWS + 1])
def test_each_step_of_the_general_path(kernels, rule, mini_batch_size):
    net = network_on(kernels, [20, 9, 5], ["tanh", "softmax"], seed=4)
    net.weights[0][:, 3] = 0
    data = examples_for(net, 4 * mini_batch_size)
    kind, state = rule_and_state(net, RULES[rule])
    vectors = [net.parameters, *state.reshape(-1, net._program.size)]
    for t in range(1, 5):
        rows = slice((t - 1) * mini_batch_size, t * mini_batch_size)
        mini_batch = tuple(column[rows] for column in data)
        gradients = views(net, gradient_vector(net, mini_batch).astype(float))
        before = [views(net, vector.astype(float)) for vector in vectors]
        train(net, mini_batch, range(mini_batch_size), mini_batch_size, kind, state, step=t - 1)
        after = [views(net, vector.astype(float)) for vector in vectors]
        for (side, regularised), l in itertools.product(enumerate((True, False)), range(2)):
            old, new = ([vector[side][l] for vector in ones] + [None] * 2 for ones in (before, after))
            mean = gradients[side][l] / mini_batch_size
            check_step(Rounding(kernels.dtype), rule, regularised, t, old[:3], new[:3], mean)
        assert all((padding(net, vector) == 0).all() for vector in vectors)


@given(
    sizes=st.lists(st.integers(1, 40), min_size=2, max_size=4),
    m=st.integers(1, 33),
    rule=st.sampled_from(FUSED),
)
def test_the_fused_step_matches_the_step_from_gradients(kernels, sizes, m, rule):
    """BP4 adds straight to w or v.

    The bound is that of check_step for the general path, that of the gradient's own sums, which the fused
    path adds up in another order, and m roundings more of the number that they are added to.
    """
    bound = Rounding(kernels.dtype)
    net = network_on(kernels, sizes, ["tanh"] * (len(sizes) - 2) + ["sigmoid"], seed=m)
    X, y = examples_for(net, m)
    kind, state = rule_and_state(net, RULES[rule])
    if kind.states:
        for array in arrays_of(net, state):
            array[...] = np.random.default_rng(m).standard_normal(array.shape) / 8
    r = PlainRule(**RULES[rule])
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


def test_a_momentum_step_moves_w_by_exactly_the_new_v(kernels):
    """The sum is one operation on every path to v."""
    for rule, m in (("momentum, L2", 7), ("momentum, L2", MOST_ROWS + 1), ("momentum, elastic net", 7)):
        net = network_on(kernels, [20, 9, 5], ["tanh", "softmax"], seed=4)
        data = examples_for(net, 2 * m)
        state = train(net, data, range(m), m, RULES[rule])
        before = net.parameters.copy()
        train(net, data, range(m, 2 * m), m, RULES[rule], state)
        assert (before + state).tobytes() == net.parameters.tobytes()


# An epoch in float64. A step rounds numbers of about 1 some 30 times; 40 steps that do not amplify it leave
# 1e-13 or less, Adam's with epsilon = 1e-8 at worst some 1e-17/1e-8 of its eta: 1e-11. The tolerance is
# 1e-10.
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("mini_batch_size", [1, 5])
@pytest.mark.parametrize("listed", [False, True], ids=["dense", "sparse"])
def test_an_epoch_matches_the_plain_loop(kernels64, rule, mini_batch_size, listed):
    rng = np.random.default_rng(8)
    net = network_on(kernels64, [12, 6, 4], ["sigmoid", "sigmoid"], seed=8)
    X = rng.random((40, 12)) * (rng.random((40, 12)) < 0.4)
    X[:, 5] = 0
    labels, order = rng.integers(0, 4, 40), rng.permutation(40)
    plain = PlainTraining(reference_of(net), **RULES[rule])
    plain.epoch(X, labels, order, mini_batch_size)
    state = train(net, (X, labels), order, mini_batch_size, RULES[rule], listed=listed)
    expected = plain.reference
    for got, array in zip([*net.weights, *net.biases], [*expected.weights, *expected.biases], strict=True):
        np.testing.assert_allclose(got, array, rtol=1e-10, atol=1e-11)
    for name, vector in zip(("v", "s"), state.reshape(-1, net._program.size), strict=False):
        for got, plain_rule in zip(arrays_of(net, vector), itertools.chain(*plain.rules), strict=True):
            np.testing.assert_allclose(got, getattr(plain_rule, name), rtol=1e-9, atol=1e-11)


def test_nesterov_matches_the_form_of_the_textbooks(kernels64):
    """v' = mu v - eta grad(p + mu v), p' = p + v'. The network's weights hold p + mu v."""
    net = network_on(kernels64, [5, 4, 3], ["tanh", "softmax"], seed=3)
    reference = reference_of(net)
    X, y = examples_for(net, 30)
    mu, eta = 0.9, 0.1
    p = [w.copy() for w in reference.weights]
    b = [b.copy() for b in reference.biases]
    v, v_b = [0.0, 0.0], [0.0, 0.0]
    rule, state = rule_and_state(net, {"kind": "nesterov", "eta": eta, "momentum": mu})
    for k in range(10):
        rows = slice(3 * k, 3 * k + 3)
        reference.weights = [p[l] + mu * v[l] for l in range(2)]
        reference.biases = [b[l] + mu * v_b[l] for l in range(2)]
        nabla_b, nabla_w = reference.backprop(X[rows], y[rows])
        for l in range(2):
            v[l], v_b[l] = mu * v[l] - eta * nabla_w[l] / 3, mu * v_b[l] - eta * nabla_b[l] / 3
            p[l], b[l] = p[l] + v[l], b[l] + v_b[l]
        train(net, (X[rows], y[rows]), range(3), 3, rule, state)
        for l in range(2):  # ten steps of numbers of about 1
            np.testing.assert_allclose(net.weights[l], p[l] + mu * v[l], rtol=1e-12, atol=1e-13)
            np.testing.assert_allclose(net.biases[l], b[l] + mu * v_b[l], rtol=1e-12, atol=1e-13)


def test_the_first_step_of_adam_is_eta(kernels):
    """With its bias correction v = nabla and s = nabla^2 at first: a step is eta, up or down, for any
    gradient.

    epsilon beside the root, and 13 roundings, make the difference.
    """
    net = network_on(kernels, [1, 1], ["linear"], "quadratic", init="zeros")
    for y in (1.0, 1000.0, 0.001):
        net.weights, net.biases = [[[0.0]]], [[[0.0]]]
        train(net, ([[-2.0]], [[y]]), [0], 1, {"kind": "adam", "eta": 0.125, "momentum": 0.9})
        for parameter, nabla in ((net.weights[0], 2 * y), (net.biases[0], -y)):
            expected = -0.125 * np.sign(nabla) / (1 + 1e-8 / abs(nabla))
            np.testing.assert_allclose(parameter, [[expected]], rtol=7 * np.finfo(kernels.dtype).eps)


@pytest.mark.parametrize("rule", RULES)
def test_a_call_continues_where_the_last_one_ended(kernels, rule):
    """Slices of an epoch, with the state and the number of steps kept, give the bits of the whole."""
    whole = network_on(kernels, [20, 9, 5], ["tanh", "softmax"], seed=4)
    sliced = copy_of(whole)
    data = examples_for(whole, 40)
    order = np.random.default_rng(1).permutation(40)
    state = train(whole, data, order, 3, RULES[rule])
    state_of_sliced = None
    for first, end in ((0, 3), (3, 15), (15, 39), (39, 40)):
        state_of_sliced = train(
            sliced, data, order[first:end], 3, RULES[rule], state_of_sliced, step=first // 3
        )
    assert whole.parameters.tobytes() == sliced.parameters.tobytes()
    assert state.tobytes() == state_of_sliced.tobytes()


def test_adam_counts_its_steps(kernels):
    """If the second call is not given `step`, it begins its bias correction again."""
    parameters = []
    for step in (5, 0):
        net = network_on(kernels, [20, 9, 5], ["tanh", "softmax"], seed=4)
        data = examples_for(net, 10)
        state = train(net, data, range(10), 2, RULES["adam"])
        train(net, data, range(10), 2, RULES["adam"], state, step=step)
        parameters.append(net.parameters.copy())
    assert np.abs(parameters[0] - parameters[1]).max() > 1e-3


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("listed", [False, True], ids=["dense", "sparse"])
def test_biases_are_not_regularised(kernels, rule, listed):
    """Inputs are 0 and y = b, so the gradient is 0: weights shrink if there is a penalty, biases stay."""
    net = network_on(kernels, [3, 2], ["linear"], "quadratic", init="zeros")
    net.weights, net.biases = [[[1.0, -1.0, 0.0], [2.0, 0.5, -0.5]]], [[[0.75], [-1.5]]]
    before = net.weights[0].copy()
    data = np.zeros((6, 3)), np.tile([0.75, -1.5], (6, 1))
    train(net, data, range(6), 2, RULES[rule], listed=listed)
    np.testing.assert_array_equal(net.biases[0], [[0.75], [-1.5]])
    if {"lmbda_over_n", "l1_over_n"} & RULES[rule].keys():
        assert (np.abs(net.weights[0]) < np.abs(before))[before != 0].all()
        assert (net.weights[0][before == 0] == 0).all()
    else:
        np.testing.assert_array_equal(net.weights[0], before)


# The attributes of a Rule, and what is refused.
@pytest.mark.parametrize("rule", RULES)
def test_rules_have_read_only_attributes(kernels, rule):
    given, kind = RULES[rule], kernels.Rule(**RULES[rule])
    assert kind.kind == given["kind"]
    assert kind.states == STATES[rule]
    for name in ("eta", "lmbda_over_n", "l1_over_n", "momentum"):
        assert getattr(kind, name) == given.get(name, 0)
        with pytest.raises(AttributeError):
            setattr(kind, name, 1.0)


@pytest.mark.parametrize("rule", [name for name in RULES if STATES[name]])
def test_a_state_of_another_length_is_refused(kernels, rule):
    net = network_on(kernels, [3, 2], ["sigmoid"], seed=1)
    kind, state = rule_and_state(net, RULES[rule])
    data, before = examples_for(net, 4), net.parameters.copy()
    wrong = [state[:-1], state[:0], np.concatenate([state, state[:1]]), np.concatenate([state, state])]
    wrong += [state[: net._program.size]] * (kind.states == 2)
    for other in wrong:
        with pytest.raises(ValueError, match=f"state: {kind.states} times {net._program.size} reals"):
            train(net, data, range(4), 2, kind, other)
    with pytest.raises(ValueError, match=f"state: {kind.states} times {net._program.size} reals"):
        kernels.train(net._program, net.parameters, net._data("data", data), np.arange(4), 2, kind)
    other_float = "float64" if kernels.dtype == "float32" else "float32"
    for other in (state.astype(other_float), np.repeat(state, 2)[::2], state.reshape(1, -1)):
        with pytest.raises(ValueError, match=r"mismatch|contiguous|dimensions"):
            train(net, data, range(4), 2, kind, other)
    state.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        train(net, data, range(4), 2, kind, state)
    np.testing.assert_array_equal(net.parameters, before)


def test_a_rule_without_memory_needs_no_state(kernels):
    results = []
    for state in (None, np.zeros(0, kernels.dtype), np.ones(3, kernels.dtype)):
        net = network_on(kernels, [3, 2], ["sigmoid"], seed=1)
        examples, rule = net._data("data", examples_for(net, 4)), kernels.Rule(**RULES["L2"])
        kernels.train(net._program, net.parameters, examples, np.arange(4), 2, rule, state=(state, 0))
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
def test_arguments_of_other_types_are_refused(kernels, arguments):
    with pytest.raises(TypeError):
        kernels.Rule(*arguments)


@pytest.mark.parametrize("rule", [None, "sgd", 0.5])
def test_train_needs_a_rule(kernels, rule):
    net = network_on(kernels, [3, 2], ["sigmoid"], seed=1)
    examples = net._data("data", examples_for(net, 4))
    with pytest.raises(TypeError):
        kernels.train(net._program, net.parameters, examples, np.arange(4), 2, rule)
