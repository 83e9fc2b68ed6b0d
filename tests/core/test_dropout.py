"""Dropout: the masks are a function of (seed, epoch, place, neuron), and gradients and steps are those of
what is left."""

import functools
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nncore as nn
from nncore import targets
from nncore.reference import network as reference

HIDDEN = ["sigmoid", "tanh", "relu", "linear"]
OUTPUTS = [
    ("sigmoid", "cross-entropy"),
    ("softmax", "log-likelihood"),
    ("sigmoid", "quadratic"),
    ("tanh", "quadratic"),
    ("relu", "quadratic"),
    ("linear", "quadratic"),
]
SEEDS = [0, 1, 2**64 - 1]
WORDS = st.integers(0, 2**64 - 1)
# Places 0 and 1, 16 neurons, of seed 7, epoch 2, layer 0, p = 1/2.
KNOWN = ["0110000100101110", "1101111001111000"]


# The masks again, in Python's whole numbers, and the network that they thin out, in NumPy.
def mix(x):
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
    return x ^ x >> 31


@functools.cache
def mask(seed, epoch, l, place, n, p):
    """(n,) of 0 and 1, for what goes into layer l."""
    key = mix((mix((mix(seed) + epoch) % 2**64) + 1 + l) % 2**64)
    counters = range(place * n, place * n + n)
    kept = [mix((key + counter * 0x9E3779B97F4A7C15) % 2**64) >> 32 >= int(p * 2**32) for counter in counters]
    return np.array(kept, float)


class Thinned(reference.Network):
    """The twin with dropout: each layer reads mask * a / (1 - p)."""

    def __init__(self, net):
        super().__init__(net.layers, input_shape=net.input_shape, cost=net.cost_name, seed=net.seed)
        self.weights, self.biases = net.weights, net.biases
        self.dropout = [layer.dropout for layer in net.layers]

    def gradients(self, x, y, epoch, place):
        """(nabla_b, nabla_w) of the example (n_in,), (n_out,) at this place of the epoch."""
        masks = [
            mask(self.seed, epoch, l, place, n, p) / (1 - p) if p else np.ones(n)
            for l, (n, p) in enumerate(zip(self.sizes, self.dropout, strict=False))
        ]
        a, zs, thinned = x, [], []
        for w, b, (sigma, _), kept in zip(self.weights, self.biases, self.activations, masks, strict=True):
            thinned.append(kept * a)
            zs.append(w @ thinned[-1] + b[:, 0])
            a = sigma(zs[-1])
        delta = a - y
        if self.cost_name == "quadratic":
            delta = delta * self.activations[-1][1](zs[-1])
        nabla_b, nabla_w = [], []
        for l in reversed(range(len(zs))):
            nabla_b.insert(0, delta[:, None])
            nabla_w.insert(0, np.outer(delta, thinned[l]))
            if l:
                delta = masks[l] * (self.weights[l].T @ delta) * self.activations[l - 1][1](zs[l - 1])
        return nabla_b, nabla_w

    def epoch(self, X, y, order, mini_batch_size, eta, lmbda, mu, velocity, epoch):
        """v <- mu v - eta (nabla C + lmbda/n w), w <- w + v; velocity is of weights and biases, zeros at
        first."""
        for first in range(0, len(order), mini_batch_size):
            rows = order[first : first + mini_batch_size]
            each = [self.gradients(X[i], y[i], epoch, first + k) for k, i in enumerate(rows)]
            for l in range(len(self.weights)):
                nabla_w = sum(nabla[1][l] for nabla in each) / len(rows) + lmbda / len(X) * self.weights[l]
                nabla_b = sum(nabla[0][l] for nabla in each) / len(rows)
                velocity[0][l] = mu * velocity[0][l] - eta * nabla_w
                velocity[1][l] = mu * velocity[1][l] - eta * nabla_b
                self.weights[l] = self.weights[l] + velocity[0][l]
                self.biases[l] = self.biases[l] + velocity[1][l]


def net_on(network_on, kernels, sizes, activations, dropout, cost=None, **options):
    """A network whose layers leave out these shares of what goes into them."""
    net = network_on(kernels, sizes, activations, cost, **options)
    net.layers = tuple(
        nn.Softmax(n, dropout=p) if name == "softmax" else nn.Dense(n, name, dropout=p)
        for n, name, p in zip(sizes[1:], activations, dropout, strict=True)
    )
    layers = zip(sizes, sizes[1:], activations, dropout, strict=False)
    net._program = kernels.Program(list(layers), net.cost_name)
    return net


def gradient(net, X, y, masks=None):
    nabla = np.full_like(net.parameters, np.nan)
    net._kernels.backprop(net._program, net.parameters, net._data("data", (X, y)), nabla, masks)
    return nabla


def cost(net, X, y, masks=None):
    return net._kernels.evaluate(net._program, net.parameters, net._data("data", (X, y)), masks)[0]


def drawn(network_on, kernels, n, p, masks, m, l=0, output="linear"):
    """What layer l, the last, reads of m examples whose activations are all 1: (m, n).

    Its weights are 0, and there is an output for each example, whose gradient is that example's input times
    -1."""
    sizes = [3] * l + [n, m]
    activations = ["linear"] * l + [output]
    net = net_on(network_on, kernels, sizes, activations, [0.0] * l + [p], init="zeros")
    for b in list(net.biases)[:-1]:
        b[...] = 1
    X = np.ones((m, sizes[0]))
    a = net.feedforward(X.reshape(m, 1, -1))[0, 0]  # of every output
    nabla = gradient(net, X, a + np.eye(m), masks)
    w, _, stride = net._program.places()[-1]
    return -nabla[w : w + n * stride].reshape(n, stride)[:, :m].T.astype(float)


@pytest.mark.parametrize("p", [0.125, 0.5, 0.90625])
@pytest.mark.parametrize(("l", "output"), [(0, "linear"), (1, "sigmoid"), (2, "softmax"), (3, "tanh")])
def test_masks_are_the_twin_s(kernels, network_on, p, l, output):
    """On the input, in front of a hidden or an output layer, and of softmax: 0, or 1/(1 - p), where the twin
    has it."""
    for seed, epoch in [(0, 0), (7, 3), (2**64 - 1, 2**63)]:
        got = drawn(network_on, kernels, 48, p, (seed, epoch), 5, l, output)
        wanted = [mask(seed, epoch, l, place, 48, p) / (1 - p) for place in range(5)]
        np.testing.assert_allclose(got, wanted, rtol=8 * np.finfo(kernels.dtype).eps)


def test_known_masks(kernels, network_on):
    """From a C program with uint64_t, written for this."""
    kept = drawn(network_on, kernels, 16, 0.5, (7, 2), 2) > 0
    assert ["".join(str(int(here)) for here in row) for row in kept] == KNOWN


@pytest.mark.parametrize("p", [0.2, 0.3, 0.9])
def test_a_probability_keeps_its_digits(kernels64, network_on, p):
    got = drawn(network_on, kernels64, 48, p, (1, 2), 20)
    wanted = [mask(1, 2, 0, place, 48, p) / (1 - p) for place in range(20)]
    np.testing.assert_allclose(got, wanted, rtol=1e-15)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_share_kept_is_1_minus_p(kernels, network_on, p, seed):
    """Of 40,000 draws, of each neuron and of each example: within five standard deviations of the
    binomial's."""
    kept = drawn(network_on, kernels, 400, p, (seed, 5), 100) > 0
    assert abs(kept.mean() - (1 - p)) < 5 * np.sqrt(p * (1 - p) / kept.size)
    for axis, draws in ((0, 100), (1, 400)):
        assert np.abs(kept.mean(axis=axis) - (1 - p)).max() < 5 * np.sqrt(p * (1 - p) / draws)
    for one, other in [  # draws side by side, below each other, and in both: as often alike as any two
        (kept[:, 1:], kept[:, :-1]),
        (kept[1:], kept[:-1]),
        (kept[1:, 1:], kept[:-1, :-1]),
    ]:
        alike, q = (one == other).mean(), p**2 + (1 - p) ** 2
        assert abs(alike - q) < 6 * np.sqrt(q * (1 - q) / one.size)


def test_seeds_epochs_and_layers_have_masks_of_their_own(kernels, network_on):
    """As many draws agree as of any two: half of 1600, with a standard deviation of 20."""
    named = [(0, 0), (0, 1), (1, 0), (1, 1), (2**64 - 1, 0), (0, 2**64 - 1)]
    masks = [drawn(network_on, kernels, 80, 0.5, name, 20) for name in named]
    masks += [drawn(network_on, kernels, 80, 0.5, (0, 0), 20, l) for l in (1, 2)]
    for i, one in enumerate(masks):
        for other in masks[:i]:
            assert 700 < (one == other).sum() < 900


def test_masks_do_not_hang_on_the_dtype(network_on, kernels):
    """With p = 1/2, which either holds exactly; rows are padded to other lengths."""
    others = [targets.kernels(dtype) for dtype in targets.SUFFIX]
    for n in (1, 20, 100):
        wanted = [drawn(network_on, other, n, 0.5, (3, 4), 6) for other in others]
        np.testing.assert_array_equal(*wanted)
        np.testing.assert_array_equal(drawn(network_on, kernels, n, 0.5, (3, 4), 6), wanted[0])


# With linear layers, small whole numbers and p = 1/2, whose scale is 2, nothing is rounded: sums are the
# same in any order.
def whole(network_on, kernels, sizes, m, dropout=0.5):
    rng = np.random.default_rng(m)
    net = net_on(
        network_on, kernels, sizes, ["linear"] * (len(sizes) - 1), [dropout] * (len(sizes) - 1), init="zeros"
    )
    net.weights = [rng.integers(-1, 2, w.shape) for w in net.weights]
    net.biases = [rng.integers(-1, 2, b.shape) for b in net.biases]
    return net, rng.integers(-1, 2, (m, sizes[0])), rng.integers(-1, 2, (m, sizes[-1]))


def step(
    net, X, y, order, mini_batch_size, place=0, eta=1.0, seed=11, epoch=2, rule=None, listed=False, state=None
):
    """The parameters after training from those of the network."""
    parameters = net.parameters.copy()
    examples = net._data("data", (X, y))
    if listed:
        assert examples.list_entries()
    rule = rule or net._kernels.Rule("sgd", eta)
    state = np.zeros(rule.states * net._program.size, net.dtype) if state is None else state
    order = np.ascontiguousarray(order, np.intp)
    net._kernels.train(
        net._program, parameters, examples, order, mini_batch_size, rule, state, 0, seed, epoch, place
    )
    return parameters


@given(n=st.integers(1, 40), m=st.integers(1, 33) | st.sampled_from([250, 256, 512]), seed=WORDS, epoch=WORDS)
def test_a_batch_is_its_examples_each_in_its_place(kernels, network_on, n, m, seed, epoch):
    """The gradient of m examples, of which more than 250 are summed in parts, and m steps from the same
    parameters, of one example each: the same sum, exactly. And the order decides who has which place."""
    net, X, y = whole(network_on, kernels, [6, n, 2], m)
    nabla = gradient(net, X, y, (seed, epoch))
    assert np.abs(nabla).max() < 2**20  # float32 holds every part of the sum exactly
    together = step(net, X, y, range(m), m, eta=float(m), seed=seed, epoch=epoch)  # eta/m = 1
    np.testing.assert_array_equal(together, net.parameters - nabla)
    backwards = step(net, X[::-1], y[::-1], range(m)[::-1], m, eta=float(m), seed=seed, epoch=epoch)
    np.testing.assert_array_equal(backwards, together)
    alone = [step(net, X, y, [k], 1, k, seed=seed, epoch=epoch) - net.parameters for k in range(m)]
    np.testing.assert_array_equal(np.sum(alone, axis=0), -nabla)


@pytest.mark.parametrize("m", [1, 7, 250, 251, 600])
def test_evaluate_applies_the_masks_that_backprop_does(kernels, network_on, m):
    """C of a linear network, exactly, from the masks that backprop shows; more than 250 go through it in
    parts."""
    net, X, y = whole(network_on, kernels, [16, 4], m)
    x = np.array([mask(11, 2, 0, place, 16, 0.5) for place in range(m)]) * 2 * X
    a = x @ net.weights[0].T + net.biases[0].T
    assert cost(net, X, y, (11, 2)) == np.sum((a - y) ** 2) / 2
    assert cost(net, X, y) == np.sum((X @ net.weights[0].T + net.biases[0].T - y) ** 2) / 2
    gradients = gradient(net, X, y, (11, 2))
    w, _, stride = net._program.places()[0]
    np.testing.assert_array_equal(gradients[w : w + 16 * stride].reshape(16, stride)[:, :4], x.T @ (a - y))


@given(n=st.integers(1, 40), cuts=st.sets(st.integers(1, 7)), mini_batch_size=st.integers(1, 9))
def test_slices_of_an_epoch_are_the_whole(kernels, network_on, n, cuts, mini_batch_size):
    """Bit for bit: a slice is told the place of its first example."""
    net = net_on(network_on, kernels, [20, n, 3], ["tanh", "softmax"], [0.2, 0.5], seed=n)
    rng = np.random.default_rng(n)
    X, y = rng.random((8 * mini_batch_size - 1, 20)), rng.integers(0, 3, 8 * mini_batch_size - 1)
    order = rng.permutation(len(X))
    for rule in (net._kernels.Rule("sgd", 0.5, 0.1), net._kernels.Rule("sgd", 0.5, 0.1, 0.0, 0.5)):
        states = [np.zeros(rule.states * net._program.size, net.dtype) for _ in range(2)]
        whole_epoch = step(net, X, y, order, mini_batch_size, rule=rule, state=states[0])
        start = net.parameters.copy()
        first = 0
        for end in [mini_batch_size * cut for cut in sorted(cuts)] + [len(X)]:
            part = order[first:end]
            net.parameters = step(net, X, y, part, mini_batch_size, first, rule=rule, state=states[1])
            first = end
        sliced = net.parameters.copy()
        net.parameters = start
        assert sliced.tobytes() == whole_epoch.tobytes()
        assert states[0].tobytes() == states[1].tobytes()


def test_a_listed_first_layer_before_dropout(kernels64, network_on):
    """Dropout on hidden layers alone leaves the first layer its non-zero inputs: the dense steps to
    rounding."""
    net = net_on(network_on, kernels64, [50, 20, 3], ["sigmoid", "softmax"], [0.0, 0.5], seed=1)
    rng = np.random.default_rng(1)
    X, y = rng.random((60, 50)) * (rng.random((60, 50)) < 0.2), rng.integers(0, 3, 60)
    for rule in (("sgd", 0.1), ("sgd", 0.1, 0.1), ("sgd", 0.1, 0.1, 0.0, 0.5), ("adam", 0.01)):
        rule = kernels64.Rule(*rule)
        dense, sparse = (step(net, X, y, range(60), 7, rule=rule, listed=listed) for listed in (False, True))
        np.testing.assert_allclose(sparse, dense, rtol=1e-9, atol=1e-12)
        assert (sparse != dense).any()  # there were two ways


# Without masks, and without dropout.
@pytest.mark.parametrize("hidden", HIDDEN)
def test_nothing_is_left_out_when_no_masks_are_named(kernels, network_on, hidden):
    rng = np.random.default_rng(2)
    X, y = rng.random((30, 20)), rng.integers(0, 4, 30)
    results = []
    for p in (0.0, 0.5):
        net = net_on(network_on, kernels, [20, 9, 4], [hidden, "softmax"], [p, p], seed=5)
        results.append((net.feedforward(X).tobytes(), gradient(net, X, y).tobytes(), cost(net, X, y)))
    assert results[0] == results[1]
    assert cost(net, X, y, (1, 2)) != cost(net, X, y)  # with masks it is something else


def test_a_dropout_of_0_is_none(kernels, network_on):
    """The same bits, whatever seed and epoch; and with p > 0 not."""
    rng = np.random.default_rng(2)
    X, y = rng.random((30, 20)), rng.integers(0, 4, 30)
    for p, same in ((0.0, True), (0.5, False)):
        net = net_on(network_on, kernels, [20, 9, 4], ["tanh", "softmax"], [p, p], seed=5)
        results = [
            (
                gradient(net, X, y, masks).tobytes(),
                cost(net, X, y, masks),
                step(net, X, y, range(30), 4).tobytes(),
            )
            for masks in (None, (3, 4))
        ]
        results += [(*results[0][:2], step(net, X, y, range(30), 4, 9, seed=1, epoch=8).tobytes())]
        assert (results[0] == results[1]) is same
        assert (results[0] == results[2]) is same


def test_a_whole_layer_may_be_left_out(kernels, network_on):
    """Then what is left are the biases."""
    p = 1 - 2.0**-20
    net = net_on(network_on, kernels, [3, 2], ["linear"], [p], seed=5)
    X, y = np.ones((4, 3)), np.zeros((4, 2))
    nabla = gradient(net, X, y, (1, 1))
    w, b, stride = net._program.places()[0]
    assert (nabla[w : w + 3 * stride] == 0).all()
    np.testing.assert_array_equal(nabla[b : b + 2], 4 * net.biases[0][:, 0])


def test_padding_stays_zero(kernels, network_on):
    net = net_on(network_on, kernels, [5, 7, 3], ["sigmoid", "softmax"], [0.3, 0.6], seed=5)
    rng = np.random.default_rng(2)
    rule = kernels.Rule("sgd", 0.5, 0.1, 0.0, 0.5)
    state = np.zeros(net._program.size, kernels.dtype)
    y = rng.integers(0, 3, 30)
    X = rng.random((30, 5))
    parameters = step(net, X, y, range(30), 4, rule=rule, state=state)
    for vector in (parameters, state, gradient(net, X, y, (1, 1))):
        for (w, b, stride), n_prev, n in zip(net._program.places(), net.sizes, net.sizes[1:], strict=False):
            rows = vector[w : b + stride].reshape(n_prev + 1, stride)
            assert (rows[:, n:] == 0).all()
            assert (rows[:, :n] != 0).any()


# Gradients and training.
@pytest.mark.parametrize(("output", "name"), OUTPUTS)
@pytest.mark.parametrize("hidden_layers", [1, 2, 3, 4])
def test_gradients_are_central_differences(kernels64, network_on, output, name, hidden_layers):
    """With the masks frozen, of the cost that the kernels give, in every parameter: h^2 C'''/6 and eps C/h
    leave 1e-9."""
    sizes = [5, *[4, 6, 5, 3][:hidden_layers], 2]
    activations = [HIDDEN[(hidden_layers + l) % 4] for l in range(hidden_layers)] + [output]
    dropout = [0.2, 0.5, 0.1, 0.3, 0.25][: hidden_layers + 1]
    net = net_on(network_on, kernels64, sizes, activations, dropout, name, seed=hidden_layers)
    rng = np.random.default_rng(9)
    X, y = rng.standard_normal((4, 5)), rng.random((4, 2))
    y /= y.sum(axis=1, keepdims=True)
    masks, h = (3, 1), 1e-5
    nabla = gradient(net, X, y, masks)
    examples = net._data("data", (X, y))
    checked = 0
    for at in np.flatnonzero(net.parameters):
        was, costs = net.parameters[at], []
        for moved in (was + h, was - h):
            net.parameters[at] = moved
            costs.append(kernels64.evaluate(net._program, net.parameters, examples, masks)[0])
        net.parameters[at] = was
        assert nabla[at] == pytest.approx((costs[0] - costs[1]) / (2 * h), rel=1e-6, abs=1e-8)
        checked += 1
    assert checked == sum((k + 1) * j for k, j in itertools.pairwise(sizes))
    assert np.abs(nabla - gradient(net, X, y)).max() > 1e-2  # dropout changed it


CASES = [
    (["sigmoid", "softmax"], "log-likelihood", [0.0, 0.5], 0.5, 0.0, 0.0),
    (["tanh", "sigmoid"], "cross-entropy", [0.25, 0.5], 0.1, 5.0, 0.0),
    (["relu", "sigmoid", "linear"], "quadratic", [0.125, 0.25, 0.5], 0.02, 1.0, 0.8),
]


@pytest.mark.parametrize(("activations", "name", "dropout", "eta", "lmbda", "mu"), CASES)
def test_epochs_of_digits_are_the_twin_s(
    kernels64, network_on, sample, activations, name, dropout, eta, lmbda, mu
):
    """Two of them: in the second the masks are others. A step rounds some 30 times: 1e-12 or less; promised
    is 1e-10."""
    sizes = [784, *[32, 16][: len(activations) - 1], 10]
    net = net_on(network_on, kernels64, sizes, activations, dropout, name, seed=6)
    twin = Thinned(net)
    digits = sample[0][:60]
    y = np.eye(10)[digits.labels]
    velocity = [[np.zeros_like(array) for array in side] for side in (twin.weights, twin.biases)]
    examples = net._data("data", digits)
    rule = kernels64.Rule("sgd", eta, lmbda / 60, 0.0, mu)
    state = np.zeros(rule.states * net._program.size)
    start = net.parameters.copy()
    for epoch in (0, 1):
        order = np.random.default_rng(epoch).permutation(60)
        kernels64.train(net._program, net.parameters, examples, order, 7, rule, state, 0, net.seed, epoch)
        twin.epoch(digits.to_float().astype(float), y, order, 7, eta, lmbda, mu, velocity, epoch)
    for got, wanted in zip([*net.weights, *net.biases], [*twin.weights, *twin.biases], strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)
    assert np.abs(net.parameters - start).max() > 0.01


def test_SGD_draws_other_masks_in_every_epoch(kernels64, network_on, sample):
    """What a user calls: its epochs are the twin's, which know the epoch, and the place of each example in
    it."""
    net = net_on(network_on, kernels64, [784, 16, 10], ["sigmoid", "softmax"], [0.25, 0.5], seed=6)
    twin = Thinned(net)
    digits = sample[0][:30]
    velocity = [[0.0, 0.0], [0.0, 0.0]]
    for epoch in range(3):
        order = reference.shuffled(30, net.seed, epoch)
        twin.epoch(
            digits.to_float().astype(float),
            np.eye(10)[digits.labels],
            order,
            4,
            0.5,
            0.0,
            0.0,
            velocity,
            epoch,
        )
    net.SGD(digits, 2, 4, 0.5)
    net.SGD(digits, 1, 4, 0.5)  # the third, not the first again
    for got, wanted in zip([*net.weights, *net.biases], [*twin.weights, *twin.biases], strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)


# What is refused.
@pytest.mark.parametrize("dropout", [1.0, -0.1, 1.5, float("nan"), float("inf")])
def test_a_dropout_that_is_none_is_refused(kernels, dropout):
    with pytest.raises(ValueError, match=r"layers\[1\]: a dropout of"):
        kernels.Program([(2, 3, "tanh", 0.0), (3, 1, "linear", dropout)], "quadratic")


@pytest.mark.parametrize("masks", [5, "ab", (1,), (1, 2, 3), ("1", 2), (None, 1)])
def test_masks_that_are_none_are_refused(kernels, network_on, masks):
    net = net_on(network_on, kernels, [2, 1], ["linear"], [0.5])
    for door in (gradient, cost):
        with pytest.raises((TypeError, ValueError)):
            door(net, np.ones((1, 2)), np.ones((1, 1)), masks)


@pytest.mark.parametrize("masks", [(-1, 0), (0, -1), (2**64, 0), (0, 2**64)])
def test_seeds_that_64_bits_do_not_hold_are_refused(kernels, network_on, masks):
    net = net_on(network_on, kernels, [2, 1], ["linear"], [0.5])
    X, y = np.ones((1, 2)), np.ones((1, 1))
    for door in (gradient, cost):
        with pytest.raises(OverflowError):
            door(net, X, y, masks)
    with pytest.raises(OverflowError):
        step(net, X, y, [0], 1, seed=masks[0], epoch=masks[1])
