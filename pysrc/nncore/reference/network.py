"""The network in plain NumPy and float64, one example at a time, as chapters 1 to 3 of the book write it.

The constructor and methods of `nncore.Network`, and the same numbers from the same seed: specification,
oracle, baseline. It imports NumPy alone: a twin that shares code proves nothing. All vectors are columns.
"""
from types import SimpleNamespace
from typing import Any

import numpy as np


# The activations, and their derivatives in z (chapters 1 and 3). No exp overflows, whatever z is.
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
    "softmax": (softmax, None)}  # of the output layer only: its costs do without the derivative


# The costs of one example (chapters 1 and 3), from z where an a of 0 or 1 would make ln(0).
def quadratic(z, a, y):
    return 0.5 * np.sum((a - y) ** 2)

def cross_entropy(z, a, y):  # -sum_j y_j ln(a_j) + (1 - y_j) ln(1 - a_j), a = sigmoid(z)
    return np.sum(np.maximum(z, 0.0) - z * y + np.log1p(np.exp(-np.abs(z))))

def log_likelihood(z, a, y):  # -sum_j y_j ln(a_j), a = softmax(z), for y_j that sum to 1
    return np.max(z) + np.log(np.sum(np.exp(z - np.max(z)))) - np.sum(y * z)

COSTS = {"quadratic": quadratic, "cross-entropy": cross_entropy, "log-likelihood": log_likelihood}
PAIRS = {"sigmoid": ["cross-entropy", "quadratic"], "softmax": ["log-likelihood"],  # output layer: its costs,
         "tanh": ["quadratic"], "relu": ["quadratic"], "linear": ["quadratic"]}     # the default first

# The draws: the first parameters (chapter 3), and the order of the examples in an epoch.
def normal(rng, shape, n_in):
    return rng.standard_normal(shape)
INITS: dict[str, Any] = {  # of biases, of weights
    "scaled": (normal, lambda rng, shape, n_in: rng.standard_normal(shape) / np.sqrt(n_in)),
    "he": (lambda _, s, n_in: np.zeros(s), lambda rng, s, n_in: rng.standard_normal(s) * np.sqrt(2.0 / n_in)),
    "large": (normal, normal), "zeros": (lambda _, s, n_in: np.zeros(s),) * 2}

def mix(b):
    """Scramble b, modulo 2^64: the last step of SplitMix64."""
    b = b % 2**64
    b = (b ^ (b >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    b = (b ^ (b >> 27)) * 0x94D049BB133111EB % 2**64
    return b ^ (b >> 31)

def shuffled(n, seed, epoch, stream=0):
    """The order of n examples in an epoch: Fisher and Yates' shuffle, drawn from (seed, epoch) alone."""
    key, order = mix(mix(mix(seed) + epoch) + stream), list(range(n))
    for i in range(n - 1, 0, -1):
        j = (mix(key + i * 0x9E3779B97F4A7C15) >> 32) * (i + 1) >> 32  # 0 to i, from the upper 32 bits
        order[i], order[j] = order[j], order[i]
    return order


def answer(a):
    return np.argmax(a, axis=-1) if a.shape[-1] > 1 else (a[..., 0] > 0.5).astype(int)


class Network:
    """The book's network. `layers`: sizes, input first; or objects with `n`, `activation`, and `input_shape`.

    Arithmetic is float64; `dtype="float32"` only rounds the first parameters to those of such a network.
    Data are `(X, y)`, or have `to_float()` and `labels`, or are pairs `(x, y)`; y holds labels or targets.

    Examples
    --------
    >>> net = Network([2, 1], cost="quadratic", init="zeros")
    >>> net.backprop([1.0, 2.0], [1.0])  # delta = (a - y) sigma'(z) = -0.5 * 0.25
    ([array([[-0.125]])], [array([[-0.125, -0.25 ]])])
    """
    def __new__(cls, layers=(), *_, **__):  # a layer of another kind brings a network that knows it
        twins = (layer.twin for layer in layers if hasattr(layer, "twin")) if cls is Network else iter(())
        return super().__new__(next(twins, cls))

    def __init__(self, layers, *, cost=None, init="scaled", dtype="float64", seed=None, input_shape=None):
        shapes = self.lay_out(layers if input_shape is None else [input_shape, *layers])
        names = [getattr(layer, "activation", "sigmoid") for layer in layers[input_shape is None:]]
        self.activations = [ACTIVATIONS[name] for name in names]
        self.cost_name = PAIRS[names[-1]][0] if cost is None else cost
        if self.cost_name not in PAIRS[names[-1]] or "softmax" in names[:-1]:
            raise ValueError(f"cost: got {cost!r} after {names}; output layers and their costs are {PAIRS}")
        self.seed = int(np.random.SeedSequence().generate_state(1, "u8")[0]) if seed is None else int(seed)
        self.epochs_trained = 0
        init_b, init_w = INITS[init] if isinstance(init, str) else (init, init)
        rng = np.random.default_rng(self.seed)
        self.biases = [np.asarray(init_b(rng, (s[0], 1), np.prod(s[1:])), dtype) for s in shapes]
        self.weights = [np.asarray(init_w(rng, s, np.prod(s[1:])), dtype) for s in shapes]

    def lay_out(self, layers):  # the input first; gives the shapes of the weights
        self.sizes = [int(np.prod(getattr(layer, "n", layer))) for layer in layers]
        return list(zip(self.sizes[1:], self.sizes[:-1], strict=True))

    def __setattr__(self, name, value):
        if name in ("weights", "biases"):  # assigning copies in
            value = [np.array(array, np.float64) for array in value]
        super().__setattr__(name, value)

    def forward(self, x):
        """The z of every layer, and the a of every layer from the input x on."""
        zs, activations = [], [x]
        for w, b, (sigma, _) in zip(self.weights, self.biases, self.activations, strict=True):
            zs.append(np.dot(w, activations[-1]) + b)
            activations.append(sigma(zs[-1]))
        return zs, activations

    def feedforward(self, X):
        """`(n_in, 1)` to `(n_out, 1)`; `(n_in,)`, an image to `(n_out,)`; rows `(m, ...)` to `(m, n_out)`."""
        X = np.asarray(X, np.float64)
        a = np.array([self.forward(x)[1][-1][:, 0] for x in X.reshape(-1, self.sizes[0], 1)])
        one = len(a) == 1 and (X.ndim == 1 or len(X) > 1)
        return a.T if X.shape == (self.sizes[0], 1) else a[0] if one else a

    def predict(self, X):
        """The number of the largest output; of a single output, whether it is above 1/2."""
        a = self.feedforward(X)
        return answer(a[:, 0] if np.shape(X) == (self.sizes[0], 1) else a)

    def SGD(self, training_data, epochs, mini_batch_size, eta, lmbda=0.0, *,
            evaluation_data=None, shuffle=True):
        """Train (chapter 1). `shuffle`: True, False, or a function of (epoch, n) that gives the order."""
        history = SimpleNamespace(evaluation_cost=[], evaluation_accuracy=[])  # one value an epoch
        X, y = self.columns(training_data)
        for epoch in range(self.epochs_trained, self.epochs_trained + epochs):
            n, drawn = len(X), callable(shuffle)
            order = shuffle(epoch, n) if drawn else shuffled(n, self.seed, epoch) if shuffle else range(n)
            for k in range(0, len(X), mini_batch_size):
                rows = order[k:k + mini_batch_size]
                self.update_mini_batch((X[rows], y[rows]), eta, lmbda, len(X))
            self.epochs_trained += 1
            if evaluation_data is not None:
                evaluation_data = self.columns(evaluation_data)
                history.evaluation_cost.append(self.cost(evaluation_data, lmbda))
                history.evaluation_accuracy.append(self.accuracy(evaluation_data))
        return history

    def update_mini_batch(self, mini_batch, eta, lmbda=0.0, n=None):
        """One step; lmbda decays the weights, not the biases, by the n training examples (chapter 3)."""
        X, y = self.columns(mini_batch)
        m, (nabla_b, nabla_w) = len(X), self.backprop(X, y)
        decay = 1 - eta * lmbda / (n or m)
        self.weights[:] = [decay * w - eta / m * nw for w, nw in zip(self.weights, nabla_w, strict=True)]
        self.biases[:] = [b - eta / m * nb for b, nb in zip(self.biases, nabla_b, strict=True)]

    def backprop(self, X, y):
        """(nabla_b, nabla_w), shaped as biases and weights: C's gradient, summed over rows (chapter 2)."""
        nabla_b, nabla_w = [np.zeros_like(b) for b in self.biases], [np.zeros_like(w) for w in self.weights]
        sigma_prime = [prime for _, prime in self.activations]
        for x, target in zip(*self.columns((X, y)), strict=True):
            zs, activations = self.forward(x)
            delta = activations[-1] - target  # BP1, where the cost cancels sigma'(z)
            if self.cost_name == "quadratic":
                delta = delta * sigma_prime[-1](zs[-1])  # BP1, where it does not
            for layer in reversed(range(len(zs))):
                nabla_b[layer] += delta  # BP3
                nabla_w[layer] += np.dot(delta, activations[layer].T)  # BP4; activations[0] is x
                if layer > 0:  # BP2
                    delta = np.dot(self.weights[layer].T, delta) * sigma_prime[layer - 1](zs[layer - 1])
        return nabla_b, nabla_w

    def cost(self, data, lmbda=0.0):
        """C: the mean over the n examples of the data, plus lmbda/2n times the sum of the squared weights."""
        C, (X, y) = lmbda / 2 * sum(np.sum(w**2) for w in self.weights), self.columns(data)
        for x, target in zip(X, y, strict=True):
            zs, activations = self.forward(x)
            C += COSTS[self.cost_name](zs[-1], activations[-1], target)
        return float(C / len(X))

    def accuracy(self, data):
        """The fraction of the examples whose largest output is the label's."""
        X, y = (column[:, :, 0] for column in self.columns(data))
        return float(np.mean(self.predict(X) == answer(y)))

    def columns(self, data):
        """X `(m, n_in, 1)` and y `(m, n_out, 1)` of any data; a label becomes a unit vector."""
        if hasattr(data, "to_float"):
            data = data.to_float(), data.labels
        elif not isinstance(data, tuple) or len(data) != 2 or isinstance(data[0], tuple):
            data = zip(*data, strict=True)  # the book's pairs
        X, y = (np.asarray(column) for column in data)
        X = X.reshape(-1, self.sizes[0], 1).astype(np.float64, copy=False)
        if y.size != len(X) * self.sizes[-1]:
            labels, y = y, y.reshape(-1, 1) == np.arange(self.sizes[-1])
            if len(y) != len(X) or not y.any(axis=1).all():
                raise ValueError(f"y: expected {len(X)} labels, 0 to {self.sizes[-1] - 1}, got {labels}")
        return X, y.reshape(-1, self.sizes[-1], 1).astype(np.float64, copy=False)
