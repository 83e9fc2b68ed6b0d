"""The update rules in plain NumPy: an oracle for the kernels and for SGD."""

import numpy as np

EPS = np.finfo(np.float64).eps

# The rules that tests go through, as arguments of `PlainRule` and of the kernels' Rule. Except Adam's, the
# numbers are powers of two, so that steps over small whole numbers round nothing.
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
# How many vectors a rule remembers: v, or v and s; none for SGD without momentum.
STATES = {"sgd": 0, "L2": 0, "L1": 0, "elastic net": 0, "adam": 2, "adam, elastic net": 2}
STATES = {rule: STATES.get(rule, 1) for rule in RULES}
FUSED = ["sgd", "L2", "momentum", "momentum, L2"]  # the rules whose step BP4 does without keeping gradients


class PlainRule:
    """An update rule in float64 for one array: chapter 3's exercises as a reader would write them.

    eta                : learning rate, of the mean gradient over a mini-batch
    lmbda_over_n       : weight of the L2 penalty
    l1_over_n          : weight of the L1 penalty
    momentum           : mu; Adam's beta1
    v, s, t            : velocity (Adam: mean gradient), mean squared gradient, number of steps
    """

    def __init__(self, kind, eta, lmbda_over_n=0.0, l1_over_n=0.0, momentum=0.0, beta2=0.999, epsilon=1e-8):
        self.kind, self.eta, self.mu, self.beta2, self.epsilon = kind, eta, momentum, beta2, epsilon
        self.lmbda_over_n, self.l1_over_n = lmbda_over_n, l1_over_n
        self.v = self.s = 0.0
        self.t = 0

    def regularised(self, w, nabla):
        """The gradient of the cost with its penalties."""
        return nabla + self.lmbda_over_n * w + self.l1_over_n * np.sign(w)

    def step(self, w, nabla, regularised):
        """w after one step; nabla is the mean gradient over the mini-batch. Biases are not regularised."""
        self.t += 1
        if regularised:
            nabla = self.regularised(w, nabla)
        if self.kind == "adam":
            self.v = self.mu * self.v + (1 - self.mu) * nabla
            self.s = self.beta2 * self.s + (1 - self.beta2) * nabla**2
            return w - self.eta * self.v / (1 - self.mu**self.t) / self.root()
        self.v = self.mu * self.v - self.eta * nabla
        if self.kind == "nesterov":
            return w + self.mu * self.v - self.eta * nabla
        return w + self.v

    def root(self):
        """What Adam divides the mean gradient by."""
        return np.sqrt(self.s / (1 - self.beta2**self.t)) + self.epsilon

    def max_sensitivity(self):
        """The largest factor between an error of the gradient and the change of w that it causes."""
        if self.kind == "adam":
            return self.eta / self.root().min()
        return self.eta * (1 + abs(self.mu)) if self.kind == "nesterov" else self.eta


class PlainTraining:
    """A reference network that is trained by a rule, and `error`: a bound on another program's distance from
    it.

    rules[0][l] is the rule of weights[l], rules[1][l] that of biases[l]: each array has a memory of its own.
    """

    def __init__(self, reference, **rule):
        self.reference = reference
        self.rules = [[PlainRule(**rule) for _ in reference.weights] for _ in range(2)]
        self.error = self.error_v = 0.0

    def step(self, X, y, eta=None):
        """One mini-batch; eta may differ from one to the next."""
        nabla_b, nabla_w = self.reference.backprop(X, y)
        largest, sensitivity = 1.0, 0.0
        for side, (arrays, nablas) in enumerate(
            [(self.reference.weights, nabla_w), (self.reference.biases, nabla_b)]
        ):
            for l, rule in enumerate(self.rules[side]):
                w, nabla = arrays[l], nablas[l] / len(X)
                rule.eta = rule.eta if eta is None else eta
                gradient = nabla if side else rule.regularised(w, nabla)
                arrays[l] = rule.step(w, nabla, regularised=side == 0)
                largest = max(largest, np.abs(gradient).max(), np.abs(arrays[l]).max())
                sensitivity = max(sensitivity, rule.max_sensitivity())
        # Two programs round the operations behind a gradient (on the longest way through a network of two
        # small layers there are fewer than 64) in another order. Their distance so far changes the gradient
        # by less than itself, as the second derivatives of such small costs are below 1. Momentum adds it up.
        self.error_v = abs(rule.mu) * self.error_v + sensitivity * (64 * EPS * largest + self.error)
        self.error += self.error_v + 4 * EPS * largest

    def epoch(self, X, y, order, mini_batch_size, eta=None):
        for first in range(0, len(order), mini_batch_size):
            rows = order[first : first + mini_batch_size]
            self.step(X[rows], y[rows], eta)

    def check(self, net):
        """A float64 network that was trained the same way is within the bound."""
        assert self.error < 1e-9  # the bound is narrow enough to say something
        expected = [*self.reference.weights, *self.reference.biases]
        for got, array in zip([*net.weights, *net.biases], expected, strict=True):
            np.testing.assert_allclose(got, array, rtol=0, atol=self.error)
