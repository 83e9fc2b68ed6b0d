"""Data and kernels that many tests share, and the bounds on how far a kernel may be from the float64 twin."""

import importlib
import os
import threading
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import nncore as nn
from nncore import datasets, reference, targets

# A busy machine must not fail a test: no deadlines, no complaint about slow draws.
SLOW = [HealthCheck.too_slow]
settings.register_profile(
    "nncore", deadline=None, max_examples=25, derandomize=True, suppress_health_check=SLOW
)
settings.register_profile(
    "thorough", deadline=None, max_examples=300, suppress_health_check=SLOW
)  # pytest --hypothesis-profile=thorough
settings.load_profile("nncore")

EXP_LIMIT = {"float32": 87.0, "float64": 708.0}  # where the kernels' exp is cut, short of the subnormals
ACTIVATION_EPS = 3  # sigmoid and tanh are within so many eps of their value: see test_activations.py
STEEPEST = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0, "linear": 1.0}  # the largest slope


class Rounded(NamedTuple):
    """A value in float64, and how far from it a kernel's may be."""

    value: np.ndarray
    error: np.ndarray | float = 0.0

    @property
    def largest(self):
        return np.abs(self.value) + self.error

    @property
    def T(self):
        return Rounded(self.value.T, np.broadcast_to(self.error, self.value.shape).T)


class Rounding:
    """How far kernels of a dtype may be from exact arithmetic: chapter 2 in float64, and bounds.

    What an operation rounds is at most u = eps/2 of its result, and a sum of products over k operations is
    within gamma(k) = k u / (1 - k u) times the sum of the magnitudes, in any order, fused or not (Higham,
    "Accuracy and Stability of Numerical Algorithms", chapters 2 and 3). An argument's own error goes through
    by the steepest slope. u counts the float64 of the twin too. Rows are examples; weights are (n_out, n_in).
    """

    def __init__(self, dtype):
        self.u = np.finfo(dtype).eps / 2 + np.finfo(np.float64).eps / 2
        self.tiniest = float(np.finfo(dtype).smallest_subnormal)  # what an operation rounds that underflows
        self.cut = np.exp(-EXP_LIMIT[dtype]) * (1 + 6 * self.u)

    @staticmethod
    def exactly(value):
        """A value that is the same in the kernels."""
        return Rounded(np.asarray(value, np.float64))

    def gamma(self, k):
        return k * self.u / (1 - k * self.u)

    def product(self, a, b, c=None, k=0):
        """a @ b + c; k operations more than those of the sum."""
        c = Rounded(np.zeros((len(a.value), b.value.shape[1]))) if c is None else c
        k = k + 2 + len(b.value)
        a_error, b_error = a.error * np.ones_like(a.value), b.error * np.ones_like(b.value)
        through = a_error @ np.abs(b.value) + a.largest @ b_error
        rounded = self.gamma(k) * (a.largest @ b.largest + c.largest) + k * self.tiniest
        return Rounded(a.value @ b.value + c.value, through + c.error + rounded)

    def times(self, a, b):
        through = a.error * np.abs(b.value) + a.largest * b.error
        return Rounded(a.value * b.value, through + self.u * a.largest * b.largest + self.tiniest)

    def minus(self, a, b):
        through = a.error + b.error
        return Rounded(a.value - b.value, through + self.u * (np.abs(a.value - b.value) + through))

    def activated(self, activation, z):
        if activation != "softmax":
            a = reference.ACTIVATIONS[activation][0](z.value)
            own = 2 * ACTIVATION_EPS * self.u if activation in ("sigmoid", "tanh") else 0.0
            return Rounded(a, STEEPEST[activation] * z.error + own * np.abs(a) + self.cut)
        below = z.value - z.value.max(axis=1, keepdims=True)
        a = np.exp(below) / np.exp(below).sum(axis=1, keepdims=True)
        exponents = 2 * np.max(
            z.error + self.u * np.abs(below), axis=1, keepdims=True
        )  # z's, and its largest's
        each = np.expm1(exponents) + 2 * ACTIVATION_EPS * self.u
        return Rounded(a, a * (2 * each + self.gamma(a.shape[1] + 2)) + self.cut)  # numerator, and sum

    def slope(self, activation, z, a):
        """sigma'(z), which the kernels take from a."""
        slope = reference.ACTIVATIONS[activation][1](z.value)
        if activation == "relu":
            return Rounded(
                slope, (np.abs(z.value) <= z.error).astype(float)
            )  # the kernel's z may be across 0
        if activation == "linear":
            return Rounded(slope)
        steepest = 1 if activation == "sigmoid" else 2  # of a (1 - a) and of 1 - a^2
        return Rounded(slope, steepest * a.error + a.error**2 + 3 * self.u)

    def forward(self, net, X, weights=None, biases=None):
        """(weights, biases, zs, activations) for the rows X, with the network's parameters or those given."""
        weights = [self.exactly(w) for w in net.weights] if weights is None else weights
        biases = [self.exactly(b) for b in net.biases] if biases is None else biases
        zs, activations = [], [self.exactly(X)]
        for layer, w, b in zip(net.layers, weights, biases, strict=True):
            ones = self.exactly(np.ones((len(X), 1)))
            zs.append(self.product(activations[-1], w.T, self.product(ones, b.T)))
            activations.append(self.activated(layer.activation, zs[-1]))
        return weights, biases, zs, activations

    def deltas(self, net, weights, zs, activations, y):
        """BP1 and BP2."""
        delta = self.minus(activations[-1], self.exactly(y))
        if net.cost_name == "quadratic":
            delta = self.times(delta, self.slope(net.layers[-1].activation, zs[-1], activations[-1]))
        deltas = [delta]
        for l in range(len(zs) - 2, -1, -1):
            slope = self.slope(net.layers[l].activation, zs[l], activations[l + 1])
            deltas.insert(0, self.times(self.product(deltas[0], weights[l + 1]), slope))
        return deltas

    def backprop(self, net, X, y):
        """(nabla_b, nabla_w), summed over the rows."""
        weights, _, zs, activations = self.forward(net, X)
        deltas = self.deltas(net, weights, zs, activations, y)
        ones = self.exactly(np.ones((1, len(X))))
        nabla_b = [self.product(ones, delta).T for delta in deltas]  # BP3
        nabla_w = [self.product(delta.T, a) for delta, a in zip(deltas, activations[:-1], strict=True)]  # BP4
        return nabla_b, nabla_w

    def step(self, net, X, y, eta, lmbda_over_n=0.0, parameters=(None, None)):
        """(weights, biases) after a step of SGD, by either path: at most eight operations beside the sum."""
        weights, biases, zs, activations = self.forward(net, X, *parameters)
        deltas = self.deltas(net, weights, zs, activations, y)
        factor = Rounded(np.array(-eta / len(X)), 4 * self.u * eta / len(X))
        keep = Rounded(np.array(1 - eta * lmbda_over_n), 4 * self.u * (1 + eta * lmbda_over_n))
        ones = self.exactly(np.ones((1, len(X))))
        scaled = [self.times(delta, factor) for delta in deltas]
        new_biases = [self.product(ones, d, b.T, k=8).T for d, b in zip(scaled, biases, strict=True)]
        new_weights = [
            self.product(d.T, a, self.times(w, keep), k=8)
            for d, a, w in zip(scaled, activations[:-1], weights, strict=True)
        ]
        return new_weights, new_biases

    @staticmethod
    def check(got, wanted, error, what=""):
        """Each number of `got` is as close to that of `wanted` as it must be."""
        got, wanted = np.asarray(got), np.asarray(wanted, float)
        assert got.shape == wanted.shape, what
        apart = np.abs(got - wanted)
        bad = ~(apart <= error)  # a NaN is bad
        if bad.any():
            at = tuple(np.argwhere(bad)[0])
            bound = np.broadcast_to(error, got.shape)[at]
            raise AssertionError(f"{what}{at}: got {got[at]}, wanted {wanted[at]} within {bound:.3g}")


class Guarded:
    """An array between two margins that nobody may touch: `intact` says whether they are."""

    def __init__(self, array, margin=192):
        array = np.ascontiguousarray(array)
        self.memory = np.full(array.nbytes + 2 * margin, 0xFF, np.uint8)  # NaNs, or -1
        self.margin = margin
        self.array = self.memory[margin : margin + array.nbytes].view(array.dtype).reshape(array.shape)
        self.array[...] = array

    def intact(self):
        margins = self.memory[: self.margin], self.memory[-self.margin :]
        return all((margin == 0xFF).all() for margin in margins)


VARIANTS = [(target, dtype) for target in targets.targets_supported() for dtype in targets.SUFFIX]


def variant(target, dtype):
    return importlib.import_module(f"nncore._kernels_{target}_{targets.SUFFIX[dtype]}")


@pytest.fixture(scope="session", params=VARIANTS, ids=["-".join(pair) for pair in VARIANTS])
def kernels(request):
    """The kernels of every target that this machine runs, in both dtypes."""
    return variant(*request.param)


@pytest.fixture(scope="session", params=targets.targets_supported())
def kernels64(request):
    """The float64 kernels of every target: for differences, of which float32 would have no digits left."""
    return variant(request.param, "float64")


@pytest.fixture(scope="session", params=list(targets.SUFFIX))
def fused_kernels(request):
    """(dtype, kernels): those of all targets with FMA, which give the same bits."""
    with_fma = [target for target in targets.targets_supported() if target in ("avx2", "avx512")]
    if len(with_fma) < 2:
        pytest.skip("needs a CPU that runs avx2 and avx512")
    return request.param, [variant(target, request.param) for target in with_fma]


@pytest.fixture(scope="session")
def rounding():
    """The class `Rounding`: rounding(dtype) bounds what kernels of that dtype may round."""
    return Rounding


@pytest.fixture(scope="session")
def guarded():
    """The class `Guarded`: guarded(array).array is a copy of array between margins."""
    return Guarded


@pytest.fixture(scope="session")
def network_on():
    """A function: a network on given kernels, from sizes and the activations of all layers but the input."""

    patching = threading.Lock()  # what one thread puts back must not be what another put there

    def network(kernels, sizes, activations, cost=None, **options):
        layers = [
            nn.Softmax(n) if activation == "softmax" else nn.Dense(n, activation)
            for n, activation in zip(sizes[1:], activations, strict=True)
        ]
        with patching, pytest.MonkeyPatch.context() as patch:
            patch.setattr(targets, "kernels", lambda dtype: kernels)
            return nn.Network(layers, input_shape=sizes[:1], cost=cost, dtype=kernels.dtype, **options)

    return network


@pytest.fixture(scope="session")
def train():
    """A function: the door that SGD goes through, over examples in an order, on a network's parameters."""

    def train(net, data, order, mini_batch_size, eta, state=None, sparse=False, **rule):
        examples = net._data("data", data)
        if sparse:  # the first layer reads the non-zero inputs alone
            assert examples.list_entries(1.0)
        order = np.ascontiguousarray(order, np.intp)
        rule = net._kernels.Rule("sgd", eta, **rule)
        net._kernels.train(net._program, net.parameters, examples, order, mini_batch_size, rule, state)

    return train


@pytest.fixture(scope="session")
def twin_of():
    """A function: the float64 twin of a network, with its parameters."""

    def twin(net):
        twin = reference.Network(net.layers, input_shape=net.input_shape, cost=net.cost_name, seed=net.seed)
        twin.weights, twin.biases = net.weights, net.biases
        return twin

    return twin


@pytest.fixture(scope="session")
def examples_for():
    """A function: m examples for a network, of its dtype; the answers are from 0 to 1 and sum to 1."""

    def examples(net, m, seed=0):
        rng = np.random.default_rng(seed)
        X = rng.standard_normal((m, net.sizes[0])) * (rng.random((m, net.sizes[0])) < 0.8)  # some zeros
        y = rng.random((m, net.sizes[-1]))
        return X.astype(net.dtype), (y / y.sum(axis=1, keepdims=True)).astype(net.dtype)

    return examples


@pytest.fixture(scope="session")
def sample():
    """(train, validation, test): the 8,000, 1,000 and 1,000 digits that ship with the package."""
    return datasets.load_sample()


@pytest.fixture(scope="session")
def mnist():
    """(train, validation, test): MNIST's 50,000, 10,000 and 10,000 digits."""
    if not os.environ.get("NNCORE_DATA"):
        pytest.skip("needs MNIST: NNCORE_DATA is not set")
    return datasets.load_mnist()
