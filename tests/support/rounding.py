"""Bounds on how far the kernels of a dtype may be from exact arithmetic, derived operation by operation.

`Rounding` computes the equations of chapter 2 in float64. Beside each value it keeps a bound on the error
that a kernel may make there. A test compares a kernel with the reference, and takes the bound as its
tolerance.
"""

from typing import NamedTuple

import numpy as np

from nncore.reference import ACTIVATIONS

EXP_LIMIT = {
    "float32": 87.0,
    "float64": 708.0,
}  # the kernels cut the argument of exp here: no subnormal results
ACTIVATION_ULPS = (
    3  # sigmoid and tanh are within 3 eps of their value: test_activations.py derives and tests it
)
MAX_SLOPE = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0, "linear": 1.0}


class Rounded(NamedTuple):
    """A value in float64, and a bound on the distance between it and a kernel's value."""

    value: np.ndarray
    error: np.ndarray | float = 0.0

    @property
    def largest(self):
        """The largest magnitude that the kernel's value can have."""
        return np.abs(self.value) + self.error

    @property
    def T(self):
        return Rounded(self.value.T, np.broadcast_to(self.error, self.value.shape).T)

    def with_error_times(self, factor):
        return Rounded(self.value, factor * self.error)


class Rounding:
    """The bounds for one dtype.

    One operation rounds by at most u = eps/2 of its result. A sum of products over k operations is within
    gamma(k) = k u / (1 - k u) times the sum of the magnitudes, in any order, with or without FMA (Higham,
    "Accuracy and Stability of Numerical Algorithms", chapters 2 and 3). The error of an argument is
    multiplied by the largest slope at most. u also counts the float64 rounding of the reference. Rows are
    examples; weights have the shape (n_out, n_in).
    """

    def __init__(self, dtype):
        self.u = np.finfo(dtype).eps / 2 + np.finfo(np.float64).eps / 2
        self.tiniest = float(np.finfo(dtype).smallest_subnormal)  # the error of an operation that underflows
        self.cut = np.exp(-EXP_LIMIT[dtype]) * (1 + 6 * self.u)

    @staticmethod
    def exactly(value):
        """A value that the kernels hold without error."""
        return Rounded(np.asarray(value, np.float64))

    def gamma(self, k):
        return k * self.u / (1 - k * self.u)

    def product(self, a, b, c=None, k=0):
        """a @ b + c; the sum passes k operations more than its own."""
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
            a = ACTIVATIONS[activation][0](z.value)
            own = 2 * ACTIVATION_ULPS * self.u if activation in ("sigmoid", "tanh") else 0.0
            return Rounded(a, MAX_SLOPE[activation] * z.error + own * np.abs(a) + self.cut)
        below = z.value - z.value.max(axis=1, keepdims=True)
        a = np.exp(below) / np.exp(below).sum(axis=1, keepdims=True)
        # The exponent is the difference of two z, each with an error of its own.
        exponents = 2 * np.max(z.error + self.u * np.abs(below), axis=1, keepdims=True)
        each = np.expm1(exponents) + 2 * ACTIVATION_ULPS * self.u
        return Rounded(a, a * (2 * each + self.gamma(a.shape[1] + 2)) + self.cut)  # numerator and denominator

    def slope(self, activation, z, a):
        """sigma'(z), which the kernels compute from a."""
        slope = ACTIVATIONS[activation][1](z.value)
        if activation == "relu":  # the kernel's z may lie on the other side of 0
            return Rounded(slope, (np.abs(z.value) <= z.error).astype(float))
        if activation == "linear":
            return Rounded(slope)
        steepest = 1 if activation == "sigmoid" else 2  # of a (1 - a) and of 1 - a^2
        return Rounded(slope, steepest * a.error + a.error**2 + 3 * self.u)

    def forward(self, net, X, weights=None, biases=None):
        """(weights, biases, zs, activations) for the rows of X, by default with the network's parameters."""
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
    def check(got, expected, error, what=""):
        """Each number of `got` is within `error` of the number of `expected`; a NaN is not."""
        got, expected = np.asarray(got), np.asarray(expected, float)
        assert got.shape == expected.shape, what
        bad = ~(np.abs(got - expected) <= error)
        if bad.any():
            index = tuple(np.argwhere(bad)[0])
            bound = np.broadcast_to(error, got.shape)[index]
            raise AssertionError(
                f"{what}{index}: got {got[index]}, expected {expected[index]} within {bound:.3g}"
            )

    def check_rounded(self, got, rounded, what=""):
        """`got` is the value of a `Rounded`, within its bound."""
        self.check(got, rounded.value, rounded.error, what)
