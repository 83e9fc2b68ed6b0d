"""This page is the network of chapters 1 to 3 of the book in plain NumPy and float64, one example at a time.

Its `Network` has the constructor and the methods of `nncore.Network` and gives the same numbers from the same
seed. It specifies what the core computes, and the tests and benchmarks compare the core with it. It imports
NumPy alone: a reference that shares code with the core would prove nothing. All vectors are columns.
"""
from types import SimpleNamespace
from typing import Any

import numpy as np

from nncore.reference import checks


# The activations, and their derivatives by z (chapters 1 and 3). No exp overflows, whatever z is.
def sigmoid(z):
    return 1.0 / (1.0 + np.exp(np.minimum(-z, 709.0)))  # float64 holds exp(709), not exp(710)

def sigmoid_prime(z):
    e = np.exp(-np.abs(z))  # sigma' is even in z: the exponent may stay below 0
    return e / (1.0 + e) ** 2

def softmax(z):
    e = np.exp(z - np.max(z))
    return e / np.sum(e)

ACTIVATIONS: dict[str, Any] = {
    "sigmoid": (sigmoid, sigmoid_prime), "linear": (np.positive, np.ones_like),
    "tanh": (np.tanh, lambda z: 4.0 * sigmoid_prime(2.0 * z)),  # 1 - tanh(z)^2, with all its digits
    "relu": (lambda z: np.maximum(z, 0.0), lambda z: np.where(z > 0.0, 1.0, 0.0)),
    "softmax": (softmax, None)}  # for the output layer only: its cost does not need the derivative


# The costs of one example (chapters 1 and 3). Two are computed from z: ln(a) and ln(1 - a) could be ln(0).
def quadratic(z, a, y):
    return 0.5 * np.sum((a - y) ** 2)

def cross_entropy(z, a, y):  # -sum_j y_j ln(a_j) + (1 - y_j) ln(1 - a_j), a = sigmoid(z)
    return np.sum(np.maximum(z, 0.0) - z * y + np.log1p(np.exp(-np.abs(z))))

def log_likelihood(z, a, y):  # -sum_j y_j ln(a_j), a = softmax(z), for y_j that sum to 1
    return np.max(z) + np.log(np.sum(np.exp(z - np.max(z)))) - np.sum(y * z)

COSTS = {"quadratic": quadratic, "cross-entropy": cross_entropy, "log-likelihood": log_likelihood}
PAIRS = {"sigmoid": ["cross-entropy", "quadratic"], "softmax": ["log-likelihood"],  # output layer: its
         "tanh": ["quadratic"], "relu": ["quadratic"], "linear": ["quadratic"]}    # costs, the default first

# The draws: the first parameters (chapter 3), and the order of the examples in an epoch.
def normal(rng, shape, n_in):
    return rng.standard_normal(shape)
def glorot(rng, shape, n_in):
    return rng.uniform(-1, 1, shape) * np.sqrt(6 / (n_in + np.prod(shape) // shape[1]))
INITS: dict[str, Any] = {  # how the biases are drawn, and how the weights are
    "scaled": (normal, lambda rng, shape, n_in: rng.standard_normal(shape) / np.sqrt(n_in)),
    "he": (lambda _, s, n_in: np.zeros(s), lambda rng, s, n_in: rng.standard_normal(s) * np.sqrt(2.0 / n_in)),
    "glorot": (lambda _, s, n_in: np.zeros(s), glorot),
    "large": (normal, normal), "zeros": (lambda _, s, n_in: np.zeros(s),) * 2}

def mix(b):
    """Scramble the bits of b, modulo 2^64: the last step of the generator SplitMix64."""
    b = b % 2**64
    b = (b ^ (b >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    b = (b ^ (b >> 27)) * 0x94D049BB133111EB % 2**64
    return b ^ (b >> 31)

def shuffled(n, seed, epoch, stream=0):
    """The order of n examples in an epoch: a Fisher-Yates shuffle, drawn from (seed, epoch) alone."""
    key, order = mix(mix(mix(seed) + epoch) + stream), list(range(n))
    for i in range(n - 1, 0, -1):
        j = (mix(key + i * 0x9E3779B97F4A7C15) >> 32) * (i + 1) >> 32  # 0 to i, from the upper 32 bits
        order[i], order[j] = order[j], order[i]
    return order


def seen(X):
    """The numbers that a network sees: those of bytes, which are pixels, are byte/256."""
    X = checks.array("X", X)
    return X / 256 if X.dtype == np.uint8 else X.astype(np.float64, copy=False)


def answer(a):
    return np.argmax(a, axis=-1) if a.shape[-1] > 1 else (a[..., 0] > 0.5).astype(int)


def weights_of(weights, n):
    """How much each of n examples counts: 1 by default."""
    counts = np.ones(n) if weights is None else np.asarray(weights, np.float64)
    if counts.shape != (n,) or not np.all((counts >= 0) & np.isfinite(counts)):
        raise ValueError(f"weights: {n} numbers of at least 0 needed, got {weights}")
    return counts


class Network:
    """The book's network. `layers` lists sizes, the input's first, or objects with `n` and `activation`.

    Objects need `input_shape`. An activation is a name, or your own pair of functions (sigma, sigma'); with
    sizes, `activation` is that of the hidden layers. A cost is a name, or your own object with `fn(a, y)` and
    `delta(z, a, y)`, as in the book's network2. Arithmetic is float64; `dtype="float32"` only rounds the
    first parameters, to those that a float32 network begins with. Data are `(X, y)`, an object with
    `to_float()` and `labels`, or pairs `(x, y)`; y holds labels or targets.

    Examples
    --------
    >>> net = Network([2, 1], cost="quadratic", init="zeros")
    >>> net.backprop([1.0, 2.0], [1.0])  # delta = (a - y) sigma'(z) = -0.5 * 0.25
    ([array([[-0.125]])], [array([[-0.125, -0.25 ]])])
    """
    def __init__(self, layers, *, cost=None, init="scaled", dtype="float64", seed=None, input_shape=None,
                 activation="sigmoid"):
        shapes = self.lay_out(layers if input_shape is None else [input_shape, *layers])
        names = [getattr(layer, "activation", activation) for layer in layers[input_shape is None:]]
        if input_shape is None:
            names[-1] = "sigmoid"
        self.activations = [ACTIVATIONS[name] if isinstance(name, str) else name for name in names]
        fitting = PAIRS.get(names[-1], ["quadratic"])  # the costs of the output layer
        self.cost_name = fitting[0] if cost is None else cost
        if (not hasattr(cost, "delta") and self.cost_name not in fitting) or "softmax" in names[:-1]:
            raise ValueError(f"cost: got {cost!r} after {names}; output layers and their costs are {PAIRS}")
        self.seed = int(np.random.SeedSequence().generate_state(1, "u8")[0]) if seed is None else int(seed)
        self.epochs_trained = 0
        init_b, init_w = INITS[init] if isinstance(init, str) else (init, init)
        rng = np.random.default_rng(self.seed)
        self.biases = [np.asarray(init_b(rng, (s[0], 1), np.prod(s[1:])), dtype) for s in shapes]
        self.weights = [np.asarray(init_w(rng, s, np.prod(s[1:])), dtype) for s in shapes]

    def lay_out(self, layers):
        """Set `sizes`, from the input's size or shape and the layers; return the shapes of the weights."""
        self.shape = tuple(np.atleast_1d(layers[0]))
        self.sizes = [int(np.prod(getattr(layer, "n", layer))) for layer in layers]
        return list(zip(self.sizes[1:], self.sizes[:-1], strict=True))

    def __setattr__(self, name, value):
        if name in ("weights", "biases"):  # assigning copies in
            value = [np.array(array, np.float64) for array in value]
        super().__setattr__(name, value)

    def forward(self, x):
        """The z of every layer, and the a of every layer, the input x first."""
        zs, activations = [], [x]
        for w, b, (sigma, _) in zip(self.weights, self.biases, self.activations, strict=True):
            zs.append(np.dot(w, activations[-1]) + b)
            activations.append(sigma(zs[-1]))
        return zs, activations

    def feedforward(self, X):
        """The outputs: `(n_out, 1)` of a column, `(n_out,)` of one example, `(m, n_out)` of m examples."""
        X = seen(X)
        checks.images(self.shape, X)
        a = np.array([self.forward(x)[1][-1][:, 0] for x in X.reshape(-1, self.sizes[0], 1)])
        one = len(a) == 1 and (X.ndim == 1 or len(X) > 1)
        return a.T if X.shape == (self.sizes[0], 1) else a[0] if one else a

    def predict(self, X):
        """The label: the index of the largest output, or whether a single output is above 1/2."""
        a = self.feedforward(X)
        return answer(a[:, 0] if np.shape(X) == (self.sizes[0], 1) else a)

    def SGD(self, training_data, epochs, mini_batch_size, eta, lmbda=0.0, *,
            evaluation_data=None, weights=None, shuffle=True):
        """Train (chapter 1). `shuffle` is True, False, or a function of (epoch, n) that returns the order."""
        history = SimpleNamespace(evaluation_cost=[], evaluation_accuracy=[])  # one value per epoch
        X, y = self.columns(training_data)
        counts = weights_of(weights, len(X))
        for epoch in range(self.epochs_trained, self.epochs_trained + epochs):
            n, drawn = len(X), callable(shuffle)
            order = shuffle(epoch, n) if drawn else shuffled(n, self.seed, epoch) if shuffle else range(n)
            for k in range(0, len(X), mini_batch_size):
                rows = order[k:k + mini_batch_size]
                self.update_mini_batch((X[rows], y[rows]), eta, lmbda, len(X), weights=counts[rows])
            self.epochs_trained += 1
            if evaluation_data is not None:
                evaluation_data = self.columns(evaluation_data)
                history.evaluation_cost.append(self.cost(evaluation_data, lmbda))
                history.evaluation_accuracy.append(self.accuracy(evaluation_data))
        return history

    def update_mini_batch(self, mini_batch, eta, lmbda=0.0, n=None, *, weights=None):
        """Make one step. With n training examples, lmbda shrinks the weights, not the biases (chapter 3)."""
        X, y = self.columns(mini_batch)
        m, (nabla_b, nabla_w) = len(X), self.backprop(X, y, weights=weights)
        decay = 1 - eta * lmbda / (n or m)
        self.weights[:] = [decay * w - eta / m * nw for w, nw in zip(self.weights, nabla_w, strict=True)]
        self.biases[:] = [b - eta / m * nb for b, nb in zip(self.biases, nabla_b, strict=True)]

    def backprop(self, X, y, *, weights=None):
        """C's gradient, summed over the rows: (nabla_b, nabla_w), as biases and weights (chapter 2).

        `weights` say how much each row counts; by default 1.
        """
        nabla_b, nabla_w = [np.zeros_like(b) for b in self.biases], [np.zeros_like(w) for w in self.weights]
        sigma_prime = [prime for _, prime in self.activations]
        X, y = self.columns((X, y), one=True)
        for x, target, count in zip(X, y, weights_of(weights, len(X)), strict=True):
            zs, activations = self.forward(x)
            delta = count * self.output_delta(zs[-1], activations[-1], target)
            for layer in reversed(range(len(zs))):
                nabla_b[layer] += delta  # BP3
                nabla_w[layer] += np.dot(delta, activations[layer].T)  # BP4; activations[0] is x
                if layer > 0:  # BP2
                    delta = np.dot(self.weights[layer].T, delta) * sigma_prime[layer - 1](zs[layer - 1])
        return nabla_b, nabla_w

    def output_delta(self, z, a, y):
        """BP1: the error of the output layer."""
        if hasattr(self.cost_name, "delta"):
            return self.cost_name.delta(z, a, y)  # a cost of your own
        return (a - y) * self.activations[-1][1](z) if self.cost_name == "quadratic" else a - y

    def cost(self, data, lmbda=0.0, *, weights=None):
        """C: the mean cost of the n examples, plus lmbda/2n times the sum of the squared weights.

        If `weights` say how much each example counts, the mean is a weighted one, and n is their sum.
        """
        C, (X, y) = lmbda / 2 * sum(np.sum(w**2) for w in self.weights), self.columns(data)
        counts = weights_of(weights, len(X))
        for x, target, count in zip(X, y, counts, strict=True):
            (*_, z), (*_, a) = self.forward(x)
            own = getattr(self.cost_name, "fn", None)
            C += count * (own(a, target) if own else COSTS[self.cost_name](z, a, target))
        return float(C / np.sum(counts))

    def accuracy(self, data, *, weights=None):
        """The fraction of the examples, as they count, that `predict` gives the right label."""
        X, y = (column[:, :, 0] for column in self.columns(data))
        return float(np.average(self.predict(X) == answer(y), weights=weights_of(weights, len(X))))

    def columns(self, data, one=False):
        """The examples in `data` as X `(m, n_in, 1)` and y `(m, n_out, 1)`; a label becomes a unit vector.

        With `one`, data may be a single pair (x, y).
        """
        checks.pair(data)
        if hasattr(data, "to_float"):
            data = data.to_float(), data.labels
        elif not isinstance(data, tuple) or len(data) != 2 or isinstance(data[0], tuple):
            data = zip(*data, strict=True)  # the book's pairs
        X, y = (checks.array(name, column) for name, column in zip("Xy", data, strict=True))
        checks.images(self.shape, X)
        if not one and self.sizes[0] > 1:
            checks.several(X)
        X = seen(X).reshape(-1, self.sizes[0], 1)
        if y.size != len(X) * self.sizes[-1]:
            labels, y = y, y.reshape(-1, 1) == np.arange(self.sizes[-1])
            if len(y) != len(X) or not y.any(axis=1).all():
                raise ValueError(f"y: {len(X)} labels from 0 to {self.sizes[-1] - 1} needed, got {labels}")
        y = y.reshape(-1, self.sizes[-1], 1).astype(np.float64, copy=False)
        checks.targets(y, self.cost_name)
        return X, y
