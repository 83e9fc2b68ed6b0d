"""Backpropagation and the step of SGD, over whole networks."""

import importlib
import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nncore import targets

HIDDEN = ["sigmoid", "tanh", "relu", "linear"]
OUTPUTS = [
    ("sigmoid", "cross-entropy"),
    ("softmax", "log-likelihood"),
    ("sigmoid", "quadratic"),
    ("tanh", "quadratic"),
    ("relu", "quadratic"),
    ("linear", "quadratic"),
]
SIZES = st.lists(st.integers(1, 70), min_size=2, max_size=5)
LN3 = np.log(3.0)


def activations_of(sizes, output, first=0):
    """One after the other for the hidden layers, then the output's."""
    return [HIDDEN[(first + i) % 4] for i in range(len(sizes) - 2)] + [output]


def copy_of(network_on, net):
    """The same network on the same kernels, with memory of its own."""
    activations = [layer.activation for layer in net.layers]
    twin = network_on(net._kernels, net.sizes, activations, net.cost_name, seed=net.seed)
    twin.parameters = net.parameters
    return twin


def check_parameters(bound, net, wanted_weights, wanted_biases, bounds):
    for l in range(len(net.layers)):
        bound.check(net.weights[l], wanted_weights[l], bounds[0][l].error, f"weights[{l}] ")
        bound.check(net.biases[l], wanted_biases[l], bounds[1][l].error, f"biases[{l}] ")


# The 2-3-1 example, worked by hand, with sigmoid(ln 3) = 3/4 and its slope 3/16. For x = (1, 2):
#   z^2 = (ln 3, 2 - 2, 1 - 2 ln 3 + ln 3 - 1) = (ln 3, 0, -ln 3)          a^2 = (3/4, 1/2, 1/4)
#   z^3 = 4 * 3/4 - 2 * 1/2 + 8 * 1/4 + ln 3 - 4 = ln 3                    a^3 = 3/4
@pytest.fixture(params=["quadratic", "cross-entropy"])
def two_three_one(request, kernels, network_on):
    net = network_on(kernels, [2, 3, 1], ["sigmoid", "sigmoid"], request.param)
    net.weights = [[[LN3, 0.0], [2.0, -1.0], [1.0, -LN3]], [[4.0, -2.0, 8.0]]]
    net.biases = [[[0.0], [0.0], [LN3 - 1.0]], [[LN3 - 4.0]]]
    return net


# delta^3 = (3/4 - 0) * 3/16 = 9/64 for the quadratic cost, 3/4 - 0 for cross-entropy; all else in proportion:
#   BP2  delta^2 = (4, -2, 8) delta^3 * (3/16, 1/4, 3/16) = (3/4, -1/2, 3/2) delta^3
#   BP4  dC/dw^3 = delta^3 (3/4, 1/2, 1/4), dC/dw^2 = delta^2 times (1, 2)
DELTA_2 = np.array([[3 / 4], [-1 / 2], [3 / 2]])
A_2 = np.array([[3 / 4, 1 / 2, 1 / 4]])


def test_hand_worked_example(two_three_one):
    net = two_three_one
    delta = {"quadratic": 9 / 64, "cross-entropy": 3 / 4}[net.cost_name]
    rtol = 16 * np.finfo(net.dtype).eps  # z^3 sums numbers of up to 4 to about 1
    np.testing.assert_allclose(net.feedforward([1.0, 2.0]), [0.75], rtol=rtol)
    nabla_b, nabla_w = net.backprop([1.0, 2.0], [0.0])
    np.testing.assert_allclose(nabla_b[1], [[delta]], rtol=rtol)
    np.testing.assert_allclose(nabla_w[1], delta * A_2, rtol=rtol)
    np.testing.assert_allclose(nabla_b[0], delta * DELTA_2, rtol=rtol)
    np.testing.assert_allclose(nabla_w[0], delta * DELTA_2 * [[1.0, 2.0]], rtol=rtol)


def test_hand_worked_step(two_three_one, train):
    net = two_three_one
    delta = {"quadratic": 9 / 64, "cross-entropy": 3 / 4}[net.cost_name]
    b_2 = net.biases[0].copy()
    # lmbda = 8, n = 4: eta lmbda/n = 1/4 of each weight goes; the mini-batch holds the example twice
    train(net, ([[1.0, 2.0]] * 2, [[0.0]] * 2), [0, 1], 2, 0.125, lmbda_over_n=8 / 4)
    rtol = 16 * np.finfo(net.dtype).eps
    np.testing.assert_allclose(
        net.weights[1], 0.75 * np.array([[4.0, -2.0, 8.0]]) - delta / 8 * A_2, rtol=rtol
    )
    np.testing.assert_allclose(net.biases[1], [[LN3 - 4.0 - delta / 8]], rtol=rtol)
    np.testing.assert_allclose(net.biases[0], b_2 - delta / 8 * DELTA_2, rtol=rtol, atol=rtol)
    # BP2 took the weights from before the step: else delta^2 would be three quarters of this
    w_2 = 0.75 * np.array([[LN3, 0.0], [2.0, -1.0], [1.0, -LN3]]) - delta / 8 * DELTA_2 * [[1.0, 2.0]]
    np.testing.assert_allclose(net.weights[0], w_2, rtol=rtol, atol=rtol)


@pytest.mark.parametrize(("output", "cost"), OUTPUTS)
@pytest.mark.parametrize("first", range(4), ids=HIDDEN)
@pytest.mark.parametrize("hidden_layers", [0, 1, 3])
def test_gradients_are_central_differences(
    kernels64, network_on, examples_for, output, cost, first, hidden_layers
):
    """Of the cost that the kernels give. h^2 C'''/6 and eps C/h leave some 1e-10."""
    sizes = [3, *[4, 1, 5][:hidden_layers], 2]
    net = network_on(kernels64, sizes, activations_of(sizes, output, first), cost, init="large", seed=9)
    data = examples_for(net, 4)
    nabla_b, nabla_w = net.backprop(*data)
    examples, h = net._data("data", data), 1e-5
    for array, nabla in [*zip(net.biases, nabla_b, strict=True), *zip(net.weights, nabla_w, strict=True)]:
        for at in np.ndindex(array.shape):
            was = array[at]
            sums = []
            for moved in (was + h, was - h):
                array[at] = moved
                sums.append(kernels64.evaluate(net._program, net.parameters, examples)[0])
            array[at] = was
            assert nabla[at] == pytest.approx((sums[0] - sums[1]) / (2 * h), rel=1e-6, abs=1e-9)


@given(
    sizes=SIZES, m=st.integers(1, 33) | st.just(260), first=st.integers(0, 3), output=st.sampled_from(OUTPUTS)
)
def test_gradients_are_the_twin_s(
    kernels, network_on, twin_of, examples_for, rounding, output, sizes, m, first
):
    net = network_on(kernels, sizes, activations_of(sizes, output[0], first), output[1], seed=m)
    X, y = examples_for(net, m, seed=first)
    bound = rounding(kernels.dtype)
    for got, wanted, bounds in zip(
        net.backprop(X, y), twin_of(net).backprop(X, y), bound.backprop(net, X, y), strict=True
    ):
        for l in range(len(net.layers)):
            bound.check(got[l], wanted[l], bounds[l].error, f"layer {l} ")


@given(sizes=SIZES, m=st.integers(2, 40))
def test_gradients_are_summed_over_the_examples(kernels, network_on, examples_for, rounding, sizes, m):
    net = network_on(kernels, sizes, activations_of(sizes, "softmax"), seed=m)
    X, y = examples_for(net, m)
    bounds = rounding(kernels.dtype).backprop(net, X, y)
    each = [net.backprop(x, target) for x, target in zip(X, y, strict=True)]
    for side, whole in enumerate(net.backprop(X, y)):
        for l in range(len(net.layers)):
            total = np.sum([nablas[side][l] for nablas in each], axis=0, dtype=np.float64)
            rounding.check(whole[l], total, 2 * bounds[side][l].error)


@given(
    sizes=SIZES,
    sparse=st.booleans(),
    m=st.integers(1, 33) | st.just(260),
    first=st.integers(0, 3),
    output=st.sampled_from(OUTPUTS),
)
def test_a_step_is_the_twin_s(
    kernels, train, network_on, twin_of, examples_for, rounding, output, sizes, m, first, sparse
):
    net = network_on(kernels, sizes, activations_of(sizes, output[0], first), output[1], seed=m)
    twin = twin_of(net)
    X, y = examples_for(net, m)
    bound = rounding(kernels.dtype)
    bounds = bound.step(net, X, y, 0.5, 0.1)
    train(net, (X, y), range(m), m, 0.5, lmbda_over_n=0.1, sparse=sparse)
    twin.update_mini_batch((X, y), 0.5, lmbda=0.1 * m)
    check_parameters(bound, net, twin.weights, twin.biases, bounds)


@given(sizes=SIZES, m=st.integers(1, 33), first=st.integers(0, 3), output=st.sampled_from(OUTPUTS))
def test_the_fused_step_is_the_step_by_gradients(
    kernels, train, network_on, examples_for, rounding, output, sizes, m, first
):
    """Two ways to w: -eta/m delta a summed into it; or what backprop gives, taken off. Each rounds too."""
    net = network_on(kernels, sizes, activations_of(sizes, output[0], first), output[1], seed=m)
    data = examples_for(net, m)
    nabla_b, nabla_w = net.backprop(*data)
    wanted_w = [
        0.95 * w - 0.5 / m * nabla.astype(float) for w, nabla in zip(net.weights, nabla_w, strict=True)
    ]
    wanted_b = [b - 0.5 / m * nabla.astype(float) for b, nabla in zip(net.biases, nabla_b, strict=True)]
    bound = rounding(kernels.dtype)
    bounds = bound.step(net, *data, 0.5, 0.1)
    doubled = [
        [type(b)(b.value, 2 * b.error) for b in side] for side in bounds
    ]  # either has its own rounding
    train(net, data, range(m), m, 0.5, lmbda_over_n=0.1)
    check_parameters(bound, net, wanted_w, wanted_b, doubled)


@given(sizes=SIZES, m=st.integers(1, 33))
def test_the_general_path_is_the_fused_one(kernels, train, network_on, examples_for, rounding, sizes, m):
    """An L1 penalty too small to count sends the same step along the path that keeps gradients."""
    fused = network_on(kernels, sizes, activations_of(sizes, "sigmoid"), seed=m)
    general = copy_of(network_on, fused)
    data = examples_for(fused, m)
    bound = rounding(kernels.dtype)
    bounds = bound.step(fused, *data, 0.5, 0.1)
    doubled = [[type(b)(b.value, 2 * b.error) for b in side] for side in bounds]
    train(fused, data, range(m), m, 0.5, lmbda_over_n=0.1)
    train(general, data, range(m), m, 0.5, lmbda_over_n=0.1, l1_over_n=float(np.finfo(kernels.dtype).tiny))
    check_parameters(bound, fused, list(general.weights), list(general.biases), doubled)


def test_L1_and_momentum(kernels, train, network_on, examples_for, rounding):
    """v = mu v - eta (nabla/m + lmbda/n w + l1/n sgn(w)), w = w + v; biases without penalties; two steps."""
    net = network_on(kernels, [20, 9, 5], ["tanh", "softmax"], seed=4)
    net.weights[0][:, 3] = 0.0  # sgn(0) = 0
    X, y = examples_for(net, 14)
    eta, lmbda, l1, mu = 0.5, 0.25, 0.125, 0.75
    velocity = np.zeros_like(net.parameters)
    v = [[np.zeros(array.shape) for array in side] for side in (net.weights, net.biases)]
    for rows in (slice(0, 7), slice(7, 14)):
        before = [array.astype(float) for array in net.weights], [array.astype(float) for array in net.biases]
        nabla_b, nabla_w = net.backprop(X[rows], y[rows])
        for l in range(2):
            w = before[0][l]
            v[0][l] = mu * v[0][l] - eta * (nabla_w[l] / 7 + lmbda * w + l1 * np.sign(w))
            v[1][l] = mu * v[1][l] - eta * nabla_b[l] / 7
        train(
            net,
            (X[rows], y[rows]),
            range(7),
            7,
            eta,
            lmbda_over_n=lmbda,
            l1_over_n=l1,
            momentum=mu,
            state=velocity,
        )
        for side, arrays in enumerate((net.weights, net.biases)):
            for l in range(2):  # from the same gradients: at most eight roundings of numbers of at most 8
                rounding.check(arrays[l], before[side][l] + v[side][l], 64 * np.finfo(kernels.dtype).eps)


@pytest.mark.parametrize("m", [1, 3, 33, 249, 250, 251, 500, 777])
def test_a_mini_batch_of_any_size(kernels, train, network_on, twin_of, examples_for, rounding, m):
    net = network_on(kernels, [17, 5, 3], ["sigmoid", "sigmoid"], seed=1)
    twin = twin_of(net)
    X, y = examples_for(net, m)
    bound = rounding(kernels.dtype)
    bounds = bound.step(net, X, y, 2.0)
    train(net, (X, y), np.arange(m)[::-1], 1000, 2.0)  # a mini-batch larger than the set is the set
    twin.update_mini_batch((X, y), 2.0)
    check_parameters(bound, net, twin.weights, twin.biases, bounds)


def test_a_short_last_mini_batch_divides_by_its_own_length(kernels, train, network_on):
    net = network_on(kernels, [1, 1], ["linear"], "quadratic", init="zeros")
    train(net, ([[1.0]] * 3, [[1.0], [1.0], [3.0]]), [0, 1, 2], 2, 0.5)
    # first two: a = 0, delta = -1: w = b = 0.5 * 2/2; third: a = 1, delta = -2: w = b = 0.5 + 0.5 * 2/1
    assert net.weights[0] == net.biases[0] == 1.5


def test_lmbda_decays_weights_and_leaves_biases(kernels, network_on):
    net = network_on(kernels, [1, 1], ["linear"], "quadratic", init="zeros")
    net.weights, net.biases = [[[2.0]]], [[[1.0]]]
    net.SGD(([[0.0]] * 4, [[1.0]] * 4), 1, 2, 0.5, lmbda=2.0)  # a = b = y: only decay, twice
    assert net.weights[0] == 2.0 * (1 - 0.5 * 2.0 / 4) ** 2
    assert net.biases[0] == 1.0


def test_an_order_may_leave_out_and_repeat(kernels, train, network_on, examples_for):
    net = network_on(kernels, [6, 4, 2], ["tanh", "sigmoid"], seed=3)
    other = copy_of(network_on, net)
    X, y = examples_for(net, 9)
    order = [7, 2, 2, 2, 0, 8, 7]
    train(net, (X, y), order, 3, 0.5)
    train(other, (X[order], y[order]), range(7), 3, 0.5)
    assert net.parameters.tobytes() == other.parameters.tobytes()


def padding_of(net):
    """Which of the parameters are padding."""
    padding = np.ones(len(net.parameters), bool)
    for (w, b, stride), n_prev, n in zip(net._program.places(), net.sizes, net.sizes[1:], strict=False):
        padding[w : w + n_prev * stride].reshape(n_prev, stride)[:, :n] = False
        padding[b : b + n] = False
    return padding


@given(
    sizes=SIZES,
    sparse=st.booleans(),
    m=st.integers(1, 33),
    first=st.integers(0, 3),
    output=st.sampled_from(OUTPUTS),
    mu=st.sampled_from([0.0, 0.5]),
)
def test_padding_stays_zero(kernels, train, network_on, examples_for, output, sizes, m, first, mu, sparse):
    net = network_on(kernels, sizes, activations_of(sizes, output[0], first), output[1], seed=m)
    padding = padding_of(net)
    assert (~padding).sum() == sum((k + 1) * j for k, j in itertools.pairwise(sizes))
    data = examples_for(net, 2 * m + 1)
    velocity = np.zeros_like(net.parameters)
    train(
        net,
        data,
        range(2 * m + 1),
        m,
        0.01,
        lmbda_over_n=0.1,
        l1_over_n=mu / 10,
        momentum=mu,
        state=velocity,
        sparse=sparse,
    )
    nabla = np.full_like(net.parameters, np.nan)
    net._kernels.backprop(net._program, net.parameters, net._data("data", data), nabla)
    for buffer in (net.parameters, velocity, nabla):
        assert (buffer[padding] == 0).all()
    assert np.isfinite(nabla[~padding]).all()  # every NaN was replaced


TRAINING = [(output, cost, first) for output, cost in OUTPUTS for first in range(4)]


def few_steps(train, network_on, kernels, output, cost, first):
    """A network after several steps of SGD, by both paths, over data with zeros, and what it then gives."""
    sizes = [45, 33, 16, 7, 10]
    net = network_on(kernels, sizes, activations_of(sizes, output, first), cost, seed=8)
    rng = np.random.default_rng(8)
    X = rng.standard_normal((61, 45)) * (rng.random((61, 45)) < 0.5)
    labels = rng.integers(0, 10, 61)
    train(net, (X, labels), rng.permutation(61), 13, 0.02, lmbda_over_n=0.1)
    velocity = np.zeros_like(net.parameters)
    train(net, (X, labels), rng.permutation(61), 10, 0.01, l1_over_n=1e-3, momentum=0.5, state=velocity)
    train(net, (X, labels), rng.permutation(61), 1, 0.01)
    return net, (X, labels)


@pytest.mark.parametrize(("output", "cost", "first"), TRAINING)
def test_all_targets_with_fma_give_the_same_bits(fused_kernels, train, network_on, output, cost, first):
    results = []
    for kernels in fused_kernels[1]:
        net, (X, labels) = few_steps(train, network_on, kernels, output, cost, first)
        assert np.isfinite(net.parameters).all()
        nablas = [nabla.tobytes() for side in net.backprop(X, labels) for nabla in side]
        values = net._cost_and_accuracy(net._data("data", (X, labels)))
        results.append((net.parameters.tobytes(), net.feedforward(X).tobytes(), nablas, values))
    assert results[0] == results[1]


@given(sizes=SIZES, m=st.integers(1, 33), first=st.integers(0, 3), output=st.sampled_from(OUTPUTS))
def test_all_targets_with_fma_give_the_same_bits_for_any_sizes(
    fused_kernels, train, network_on, examples_for, sizes, m, first, output
):
    results = []
    for kernels in fused_kernels[1]:
        net = network_on(kernels, sizes, activations_of(sizes, output[0], first), output[1], seed=m)
        data = examples_for(net, 3 * m + 1)
        train(net, data, range(3 * m + 1), m, 0.1, lmbda_over_n=0.1)
        results.append(net.parameters.tobytes())
    assert results[0] == results[1]


@pytest.mark.parametrize(("output", "cost"), OUTPUTS)
def test_base_differs_from_the_others_by_rounding_alone(
    fused_kernels, train, network_on, examples_for, rounding, output, cost
):
    """Three steps. Each of the two is within the bound of exact arithmetic, which grows from step to step."""
    dtype, (kernels, _) = fused_kernels
    base = importlib.import_module(f"nncore._kernels_base_{targets.SUFFIX[dtype]}")
    nets = [network_on(module, [31, 20, 10], ["tanh", output], cost, seed=6) for module in (kernels, base)]
    X, y = examples_for(nets[0], 30)
    bound = rounding(dtype)
    parameters = (None, None)
    for rows in (slice(0, 10), slice(10, 20), slice(20, 30)):
        parameters = bound.step(nets[0], X[rows], y[rows], 0.1, 0.1, parameters)
        for net in nets:
            train(net, (X[rows], y[rows]), range(10), 10, 0.1, lmbda_over_n=0.1)
    for l in range(2):
        bound.check(nets[0].weights[l], nets[1].weights[l], 2 * parameters[0][l].error)
        bound.check(nets[0].biases[l], nets[1].biases[l], 2 * parameters[1][l].error)
        assert np.max(parameters[0][l].error) < 1e5 * np.finfo(dtype).eps
    assert nets[0].parameters.tobytes() != nets[1].parameters.tobytes()  # there is something to bound


# Cost and activations that go together, and an eta at which they learn.
LEARNING = [
    ("sigmoid", "sigmoid", "cross-entropy", 0.5),
    ("sigmoid", "softmax", "log-likelihood", 0.5),
    ("sigmoid", "sigmoid", "quadratic", 3.0),
    ("sigmoid", "tanh", "quadratic", 0.1),
    ("sigmoid", "relu", "quadratic", 0.05),
    ("sigmoid", "linear", "quadratic", 0.05),
    ("tanh", "sigmoid", "cross-entropy", 0.1),
    ("relu", "sigmoid", "cross-entropy", 0.1),
    ("linear", "sigmoid", "cross-entropy", 0.1),
]


def check_epoch(network_on, twin_of, kernels, digits, hidden, output, cost, eta):
    """One epoch of a network and of its twin, each drawing the order from its seed: the same parameters.

    Promised is 1e-10 of each number. Those that all but cancelled keep the rounding of the terms they are the
    sums of: they differ by some 1e-15 of the array's largest number.
    """
    net = network_on(kernels, [784, 30, 10], [hidden, output], cost, seed=1)
    twin = twin_of(net)
    before = [w.copy() for w in twin.weights]
    lmbda = 5.0 * len(digits) / 50_000
    net.SGD(digits, 1, 10, eta, lmbda)
    twin.SGD(digits, 1, 10, eta, lmbda)
    for got, wanted, start in zip(net.weights, twin.weights, before, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-14 * np.abs(wanted).max())
        assert np.abs(got - start).max() > 0.01  # it did learn
    for got, wanted in zip(net.biases, twin.biases, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-14 * np.abs(wanted).max())


@pytest.mark.parametrize(("hidden", "output", "cost", "eta"), LEARNING)
def test_an_epoch_of_digits_is_the_twin_s(kernels64, network_on, twin_of, sample, hidden, output, cost, eta):
    check_epoch(network_on, twin_of, kernels64, sample[0][:305], hidden, output, cost, eta)


@pytest.mark.slow
@pytest.mark.parametrize(("hidden", "output", "cost", "eta"), LEARNING)
def test_an_epoch_of_mnist_is_the_twin_s(kernels64, network_on, twin_of, mnist, hidden, output, cost, eta):
    check_epoch(network_on, twin_of, kernels64, mnist[0][:5000], hidden, output, cost, eta)


def test_one_seed_one_result(kernels, network_on, sample):
    def trained(seed):
        net = network_on(kernels, [784, 12, 10], ["sigmoid", "softmax"], seed=seed)
        net.SGD(sample[0][:200], 2, 10, 0.5)
        return net.parameters.tobytes()

    assert trained(7) == trained(7)
    assert trained(7) != trained(8)


def test_networks_in_threads_are_as_alone(kernels, network_on, sample):
    digits = sample[0][:2000]

    def trained(seed):
        net = network_on(kernels, [784, 30, 10], ["sigmoid", "sigmoid"], seed=seed)
        net.SGD(digits, 2, 10, 0.5)
        return net.parameters.tobytes()

    alone = [trained(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(trained, range(4))) == alone
