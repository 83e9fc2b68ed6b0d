"""Dropout: masks are a function of (seed, epoch, position, neuron); gradients and steps are those of what is
kept.

The position of an example counts from the start of the epoch.
"""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.differences import check_gradient
from support.entry import program_of
from support.generator import mask
from support.limits import MOST_ROWS
from support.networks import HIDDEN, OUTPUTS, network_on
from support.training import data_for, gradient_vector, rule_and_state

from nncore import reference, targets

SEEDS = [0, 1, 2**64 - 1]
WORDS = st.integers(0, 2**64 - 1)
# Positions 0 and 1, 16 neurons, of seed 7, epoch 2, layer 0, p = 1/2: computed by a C program with uint64_t.
KNOWN = ["0110000100101110", "1101111001111000"]


class ReferenceWithDropout(reference.Network):
    """The reference network in which each layer reads mask * a / (1 - p)."""

    def __init__(self, net):
        super().__init__(net.layers, input_shape=net.input_shape, cost=net.cost_name, seed=net.seed)
        self.weights, self.biases = net.weights, net.biases
        self.dropout = [layer.dropout for layer in net.layers]
        self.velocity = [[0.0] * len(self.weights), [0.0] * len(self.weights)]

    def gradients(self, x, y, epoch, position):
        """(nabla_b, nabla_w) of one example (n_in,), (n_out,) at this position of the epoch."""
        masks = [
            mask(self.seed, epoch, l, position, n, p) / (1 - p) if p else np.ones(n)
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

    def train_epoch(self, data, order, mini_batch_size, epoch, eta, lmbda=0.0, mu=0.0):
        """v <- mu v - eta (nabla C + lmbda/n w), w <- w + v, once for each mini-batch."""
        X, y = data
        for first in range(0, len(order), mini_batch_size):
            rows = order[first : first + mini_batch_size]
            each = [self.gradients(X[i], y[i], epoch, first + k) for k, i in enumerate(rows)]
            velocity_w, velocity_b = self.velocity
            for l in range(len(self.weights)):
                nabla_w = sum(nabla[1][l] for nabla in each) / len(rows) + lmbda / len(X) * self.weights[l]
                nabla_b = sum(nabla[0][l] for nabla in each) / len(rows)
                velocity_w[l] = mu * velocity_w[l] - eta * nabla_w
                velocity_b[l] = mu * velocity_b[l] - eta * nabla_b
                self.weights[l] = self.weights[l] + velocity_w[l]
                self.biases[l] = self.biases[l] + velocity_b[l]


def cost(net, data, masks=None):
    return net._kernels.evaluate(net._program, net.parameters, data_for(net, data), masks)[0]


def step(
    net, data, order, mini_batch_size, position=0, seed=11, epoch=2, rule=None, listed=False, state=None
):
    """The parameters after training; the network keeps those that it has."""
    parameters = net.parameters.copy()
    rule, zeros = rule_and_state(net, {"eta": 1.0} if rule is None else rule)
    state = zeros if state is None else state
    order = np.ascontiguousarray(order, np.intp)
    examples = data_for(net, data, listed)
    key = (seed, epoch, position)
    net._kernels.train(
        net._program, parameters, examples, order, mini_batch_size, rule, state=(state, 0), key=key
    )
    return parameters


def drawn(kernels, n, p, masks, m, l=0, output="linear"):
    """The masks of layer l, the last, for m examples, multiplied by 1/(1 - p): (m, n).

    All activations are 1, and the weights of layer l are 0. There is one output for each example; its
    gradient is the input of that example times -1.
    """
    sizes = [3] * l + [n, m]
    activations = ["linear"] * l + [output]
    net = network_on(kernels, sizes, activations, dropout=[0.0] * l + [p], init="zeros")
    for b in list(net.biases)[:-1]:
        b[...] = 1
    X = np.ones((m, sizes[0]))
    a = net.feedforward(X.reshape(m, 1, -1))[0, 0]  # the same for all outputs
    nabla = gradient_vector(net, (X, a + np.eye(m)), masks)
    w, _, stride = net._program.offsets()[-1]
    return -nabla[w : w + n * stride].reshape(n, stride)[:, :m].T.astype(float)


@pytest.mark.parametrize("p", [0.125, 0.5, 0.90625])
@pytest.mark.parametrize(("l", "output"), [(0, "linear"), (1, "sigmoid"), (2, "softmax"), (3, "tanh")])
def test_masks_match_reference(kernels, p, l, output):
    """On the input, before a hidden layer, before an output layer, and before softmax."""
    for seed, epoch in [(0, 0), (7, 3), (2**64 - 1, 2**63)]:
        got = drawn(kernels, 48, p, (seed, epoch), 5, l, output)
        expected = [mask(seed, epoch, l, position, 48, p) / (1 - p) for position in range(5)]
        np.testing.assert_allclose(got, expected, rtol=8 * np.finfo(kernels.dtype).eps)


def test_known_masks(kernels):
    kept = drawn(kernels, 16, 0.5, (7, 2), 2) > 0
    assert ["".join(str(int(number)) for number in row) for row in kept] == KNOWN


@pytest.mark.parametrize("p", [0.2, 0.3, 0.9])
def test_a_probability_keeps_its_digits(kernels64, p):
    got = drawn(kernels64, 48, p, (1, 2), 20)
    expected = [mask(1, 2, 0, position, 48, p) / (1 - p) for position in range(20)]
    np.testing.assert_allclose(got, expected, rtol=1e-15)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_share_kept_is_1_minus_p(kernels, p, seed):
    """Over all draws, for each neuron and for each example, within five standard deviations."""
    kept = drawn(kernels, 400, p, (seed, 5), 100) > 0
    assert abs(kept.mean() - (1 - p)) < 5 * np.sqrt(p * (1 - p) / kept.size)
    for axis, draws in ((0, 100), (1, 400)):
        assert np.abs(kept.mean(axis=axis) - (1 - p)).max() < 5 * np.sqrt(p * (1 - p) / draws)
    for one, other in [  # neighbours in a row, in a column, on a diagonal agree as often as any two draws
        (kept[:, 1:], kept[:, :-1]),
        (kept[1:], kept[:-1]),
        (kept[1:, 1:], kept[:-1, :-1]),
    ]:
        agree, q = (one == other).mean(), p**2 + (1 - p) ** 2
        assert abs(agree - q) < 6 * np.sqrt(q * (1 - q) / one.size)


def test_seeds_epochs_and_layers_have_different_masks(kernels):
    """As many draws agree as of any two masks: half of 1600, with a standard deviation of 20."""
    names = [(0, 0), (0, 1), (1, 0), (1, 1), (2**64 - 1, 0), (0, 2**64 - 1)]
    masks = [drawn(kernels, 80, 0.5, name, 20) for name in names]
    masks += [drawn(kernels, 80, 0.5, (0, 0), 20, l) for l in (1, 2)]
    for one, other in itertools.combinations(masks, 2):
        assert 700 < (one == other).sum() < 900


def test_masks_do_not_depend_on_the_dtype(kernels):
    """With p = 1/2, which either dtype holds exactly; they pad rows to different lengths."""
    others = [targets.kernels(dtype) for dtype in targets.SUFFIX]
    for n in (1, 20, 100):
        expected = [drawn(other, n, 0.5, (3, 4), 6) for other in others]
        np.testing.assert_array_equal(*expected)
        np.testing.assert_array_equal(drawn(kernels, n, 0.5, (3, 4), 6), expected[0])


# With linear layers, small whole numbers and p = 1/2, whose factor is 2, nothing is rounded: sums are the
# same in any order.
def exact_network(kernels, sizes, m):
    """(net, X, y): a network and m examples of small whole numbers."""
    rng, layers = np.random.default_rng(m), len(sizes) - 1
    net = network_on(kernels, sizes, ["linear"] * layers, dropout=[0.5] * layers, init="zeros")
    net.weights = [rng.integers(-1, 2, w.shape) for w in net.weights]
    net.biases = [rng.integers(-1, 2, b.shape) for b in net.biases]
    return net, rng.integers(-1, 2, (m, sizes[0])), rng.integers(-1, 2, (m, sizes[-1]))


@given(
    n=st.integers(1, 40),
    m=st.integers(1, 33) | st.sampled_from([MOST_ROWS, 256, 512]),
    seed=WORDS,
    epoch=WORDS,
)
def test_a_mini_batch_sums_its_examples_at_their_positions(kernels, n, m, seed, epoch):
    """The gradient of m examples equals, exactly, the sum of m steps of one example from the same parameters.

    More than 250 examples are summed in parts. The order decides which example has which position.
    """
    net, X, y = exact_network(kernels, [6, n, 2], m)
    nabla = gradient_vector(net, (X, y), (seed, epoch))
    assert np.abs(nabla).max() < 2**20  # float32 holds every part of the sum exactly
    one_step = {"seed": seed, "epoch": epoch}
    whole = step(net, (X, y), range(m), m, rule={"eta": float(m)}, **one_step)  # eta/m = 1
    np.testing.assert_array_equal(whole, net.parameters - nabla)
    reversed_ = step(net, (X[::-1], y[::-1]), range(m)[::-1], m, rule={"eta": float(m)}, **one_step)
    np.testing.assert_array_equal(reversed_, whole)
    each = [step(net, (X, y), [k], 1, k, **one_step) - net.parameters for k in range(m)]
    np.testing.assert_array_equal(np.sum(each, axis=0), -nabla)


@pytest.mark.parametrize("m", [1, 7, MOST_ROWS, MOST_ROWS + 1, 600])
def test_evaluate_applies_the_masks_of_backprop(kernels, m):
    """The cost of a linear network, exactly, from the reference's masks.

    More than 250 examples go in parts.
    """
    net, X, y = exact_network(kernels, [16, 4], m)
    x = np.array([mask(11, 2, 0, position, 16, 0.5) for position in range(m)]) * 2 * X
    a = x @ net.weights[0].T + net.biases[0].T
    assert cost(net, (X, y), (11, 2)) == np.sum((a - y) ** 2) / 2
    assert cost(net, (X, y)) == np.sum((X @ net.weights[0].T + net.biases[0].T - y) ** 2) / 2
    gradients = gradient_vector(net, (X, y), (11, 2))
    w, _, stride = net._program.offsets()[0]
    np.testing.assert_array_equal(gradients[w : w + 16 * stride].reshape(16, stride)[:, :4], x.T @ (a - y))


@given(n=st.integers(1, 40), cuts=st.sets(st.integers(1, 7)), mini_batch_size=st.integers(1, 9))
def test_slices_of_an_epoch_give_the_bits_of_the_whole(kernels, n, cuts, mini_batch_size):
    """Each slice is given the position of its first example."""
    net = network_on(kernels, [20, n, 3], ["tanh", "softmax"], dropout=[0.2, 0.5], seed=n)
    rng = np.random.default_rng(n)
    data = rng.random((8 * mini_batch_size - 1, 20)), rng.integers(0, 3, 8 * mini_batch_size - 1)
    order = rng.permutation(8 * mini_batch_size - 1)
    for rule in ({"eta": 0.5, "lmbda_over_n": 0.1}, {"eta": 0.5, "lmbda_over_n": 0.1, "momentum": 0.5}):
        states = [rule_and_state(net, rule)[1] for _ in range(2)]
        whole = step(net, data, order, mini_batch_size, rule=rule, state=states[0])
        start = net.parameters.copy()
        first = 0
        for end in [mini_batch_size * cut for cut in sorted(cuts)] + [len(order)]:
            part = order[first:end]
            net.parameters = step(net, data, part, mini_batch_size, first, rule=rule, state=states[1])
            first = end
        sliced = net.parameters.copy()
        net.parameters = start
        assert sliced.tobytes() == whole.tobytes()
        assert states[0].tobytes() == states[1].tobytes()


def test_a_first_layer_over_non_zero_inputs_before_dropout(kernels64):
    """If only hidden layers have dropout, the first layer still reads its non-zero inputs alone."""
    net = network_on(kernels64, [50, 20, 3], ["sigmoid", "softmax"], dropout=[0.0, 0.5], seed=1)
    rng = np.random.default_rng(1)
    data = rng.random((60, 50)) * (rng.random((60, 50)) < 0.2), rng.integers(0, 3, 60)
    for rule in (
        {"eta": 0.1},
        {"eta": 0.1, "lmbda_over_n": 0.1},
        {"eta": 0.1, "lmbda_over_n": 0.1, "momentum": 0.5},
        {"kind": "adam", "eta": 0.01},
    ):
        dense, sparse = (step(net, data, range(60), 7, rule=rule, listed=listed) for listed in (False, True))
        np.testing.assert_allclose(sparse, dense, rtol=1e-9, atol=1e-12)
        assert (sparse != dense).any()  # they went two ways


# Without masks, and without dropout.
@pytest.mark.parametrize("hidden", HIDDEN)
def test_without_masks_nothing_is_left_out(kernels, hidden):
    rng = np.random.default_rng(2)
    data = rng.random((30, 20)), rng.integers(0, 4, 30)
    results = []
    for p in (0.0, 0.5):
        net = network_on(kernels, [20, 9, 4], [hidden, "softmax"], dropout=[p, p], seed=5)
        results.append(
            (net.feedforward(data[0]).tobytes(), gradient_vector(net, data).tobytes(), cost(net, data))
        )
    assert results[0] == results[1]
    assert cost(net, data, (1, 2)) != cost(net, data)  # masks change it


def test_a_dropout_of_0_changes_nothing(kernels):
    """The bits are the same for all seeds and epochs; with p > 0 they are not."""
    rng = np.random.default_rng(2)
    data = rng.random((30, 20)), rng.integers(0, 4, 30)
    for p, same in ((0.0, True), (0.5, False)):
        net = network_on(kernels, [20, 9, 4], ["tanh", "softmax"], dropout=[p, p], seed=5)
        results = [
            (
                gradient_vector(net, data, masks).tobytes(),
                cost(net, data, masks),
                step(net, data, range(30), 4).tobytes(),
            )
            for masks in (None, (3, 4))
        ]
        results += [(*results[0][:2], step(net, data, range(30), 4, 9, seed=1, epoch=8).tobytes())]
        assert (results[0] == results[1]) is same
        assert (results[0] == results[2]) is same


def test_a_whole_layer_may_be_left_out(kernels):
    """Then the output is the biases."""
    net = network_on(kernels, [3, 2], ["linear"], dropout=[1 - 2.0**-20], seed=5)
    nabla = gradient_vector(net, (np.ones((4, 3)), np.zeros((4, 2))), (1, 1))
    w, b, stride = net._program.offsets()[0]
    assert (nabla[w : w + 3 * stride] == 0).all()
    np.testing.assert_array_equal(nabla[b : b + 2], 4 * net.biases[0][:, 0])


# Gradients and training.
@pytest.mark.parametrize(("output", "name"), OUTPUTS)
@pytest.mark.parametrize("hidden_layers", [1, 2, 3, 4])
def test_gradients_match_central_differences(kernels64, output, name, hidden_layers):
    """Of the cost that the kernels give with the same masks, in every parameter.

    h^2 C'''/6 and eps C/h leave 1e-9.
    """
    sizes = [5, *[4, 6, 5, 3][:hidden_layers], 2]
    activations = [HIDDEN[(hidden_layers + l) % 4] for l in range(hidden_layers)] + [output]
    dropout = [0.2, 0.5, 0.1, 0.3, 0.25][: hidden_layers + 1]
    net = network_on(kernels64, sizes, activations, name, dropout, seed=hidden_layers)
    rng = np.random.default_rng(9)
    X, y = rng.standard_normal((4, 5)), rng.random((4, 2))
    y /= y.sum(axis=1, keepdims=True)
    masks = (3, 1)
    nabla = gradient_vector(net, (X, y), masks)
    examples = data_for(net, (X, y))
    indices = np.flatnonzero(net.parameters)
    assert len(indices) == sum((n_prev + 1) * n for n_prev, n in itertools.pairwise(sizes))
    check_gradient(
        nabla,
        lambda: kernels64.evaluate(net._program, net.parameters, examples, masks)[0],
        net.parameters,
        abs=1e-8,
        indices=indices,
    )
    assert np.abs(nabla - gradient_vector(net, (X, y))).max() > 1e-2  # dropout changed it


CASES = [
    (["sigmoid", "softmax"], "log-likelihood", [0.0, 0.5], {"eta": 0.5}),
    (["tanh", "sigmoid"], "cross-entropy", [0.25, 0.5], {"eta": 0.1, "lmbda": 5.0}),
    (["relu", "sigmoid", "linear"], "quadratic", [0.125, 0.25, 0.5], {"eta": 0.02, "lmbda": 1.0, "mu": 0.8}),
]


@pytest.mark.parametrize(("activations", "name", "dropout", "rule"), CASES)
def test_epochs_of_digits_match_reference(kernels64, sample, activations, name, dropout, rule):
    """Two epochs: the second has other masks.

    A step rounds some 30 times: 1e-12 or less; the tolerance is 1e-10.
    """
    sizes = [784, *[32, 16][: len(activations) - 1], 10]
    net = network_on(kernels64, sizes, activations, name, dropout, seed=6)
    expected = ReferenceWithDropout(net)
    digits = sample[0][:60]
    data = digits.to_float().astype(float), np.eye(10)[digits.labels]
    kind, state = rule_and_state(
        net, {"eta": rule["eta"], "lmbda_over_n": rule.get("lmbda", 0) / 60, "momentum": rule.get("mu", 0)}
    )
    examples = data_for(net, digits)
    start = net.parameters.copy()
    for epoch in (0, 1):
        order = np.random.default_rng(epoch).permutation(60)
        key = (net.seed, epoch, 0)
        kernels64.train(net._program, net.parameters, examples, order, 7, kind, state=(state, 0), key=key)
        expected.train_epoch(data, order, 7, epoch, **rule)
    for got, array in zip([*net.weights, *net.biases], [*expected.weights, *expected.biases], strict=True):
        np.testing.assert_allclose(got, array, rtol=1e-10, atol=1e-12)
    assert np.abs(net.parameters - start).max() > 0.01


def test_SGD_draws_other_masks_in_every_epoch(kernels64, sample):
    """The reference is given the epoch, and the position of each example in it; SGD counts them."""
    net = network_on(kernels64, [784, 16, 10], ["sigmoid", "softmax"], dropout=[0.25, 0.5], seed=6)
    expected = ReferenceWithDropout(net)
    digits = sample[0][:30]
    data = digits.to_float().astype(float), np.eye(10)[digits.labels]
    for epoch in range(3):
        expected.train_epoch(data, reference.shuffled(30, net.seed, epoch), 4, epoch, eta=0.5)
    net.SGD(digits, 2, 4, 0.5)
    net.SGD(digits, 1, 4, 0.5)  # the third epoch, not the first again
    for got, array in zip([*net.weights, *net.biases], [*expected.weights, *expected.biases], strict=True):
        np.testing.assert_allclose(got, array, rtol=1e-10, atol=1e-12)


# What is refused.
@pytest.mark.parametrize("dropout", [1.0, -0.1, 1.5, float("nan"), float("inf")])
def test_an_impossible_dropout_is_refused(kernels, dropout):
    with pytest.raises(ValueError, match="a dropout of"):
        program_of(kernels, 2, (3, "tanh"), (1, "linear", dropout), cost="quadratic")


@pytest.mark.parametrize("masks", [5, "ab", (1,), (1, 2, 3), ("1", 2), (None, 1)])
def test_masks_must_be_a_seed_and_an_epoch(kernels, masks):
    net = network_on(kernels, [2, 1], ["linear"], dropout=[0.5])
    for call in (gradient_vector, cost):
        with pytest.raises((TypeError, ValueError)):
            call(net, (np.ones((1, 2)), np.ones((1, 1))), masks)


@pytest.mark.parametrize("masks", [(-1, 0), (0, -1), (2**64, 0), (0, 2**64)])
def test_seeds_beyond_64_bits_are_refused(kernels, masks):
    net = network_on(kernels, [2, 1], ["linear"], dropout=[0.5])
    data = np.ones((1, 2)), np.ones((1, 1))
    for call in (gradient_vector, cost):
        with pytest.raises(OverflowError):
            call(net, data, masks)
    with pytest.raises(OverflowError):
        step(net, data, [0], 1, seed=masks[0], epoch=masks[1])
