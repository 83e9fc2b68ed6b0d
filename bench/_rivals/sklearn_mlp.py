"""scikit-learn's MLPClassifier or MLPRegressor, told to do the same work."""

import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

LABEL = "scikit-learn"
FORM = "MLPClassifier or MLPRegressor, partial_fit, momentum 0; also sums the cost of its training data"
PACKAGES = ("scikit-learn", "numpy", "scipy")
ACTIVATIONS = {"sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}


def takes(work):
    return not work.filters


class Trainer:
    """Given one-hot rows, MLPClassifier takes sigmoid outputs and their cross-entropy, as the book does.

    Given labels it takes softmax and log-likelihood. Its penalty is alpha / 2m in a mini-batch of m, the
    book's lmbda / 2n in all: alpha = lmbda m / n. It starts from the same numbers: they take the place of its
    own after a first step on one example.
    """

    def __init__(self, work, X, Y):
        self.work, self.X = work, X
        options = {
            "activation": ACTIVATIONS[work.activation],
            "solver": work.rule,
            "learning_rate_init": work.eta,
            "batch_size": work.mini_batch_size,
            "alpha": work.lmbda * work.mini_batch_size / work.n,
            "random_state": work.seed,
        } | ({"momentum": 0.0} if work.rule == "sgd" else {})
        classes = {}
        if work.output == "linear":
            self.net, self.Y = MLPRegressor(hidden_layer_sizes=work.sizes[1:-1], **options), Y
        else:
            self.net, self.Y = MLPClassifier(work.sizes[1:-1], **options), Y.astype(np.int64)
            classes = {"classes": np.arange(work.sizes[-1])}
            if work.output == "softmax":
                self.Y = self.Y.argmax(axis=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that one example is less than a mini-batch
            self.net.partial_fit(X[:1], self.Y[:1], **classes)
        biases, weights = work.parameters()
        for own, start in zip(self.net.coefs_, weights, strict=True):
            own[:] = start.T
        for own, start in zip(self.net.intercepts_, biases, strict=True):
            own[:] = start
        if work.rule == "adam":
            optimizer = self.net._optimizer
            optimizer.t = 0
            for sums in (*optimizer.ms, *optimizer.vs):
                sums[:] = 0
        self.net.t_ = 0

    def epochs(self, count, shuffle=True):
        self.net.shuffle, before = shuffle, self.net.t_
        for _ in range(count):
            self.net.partial_fit(self.X, self.Y)
        return (self.net.t_ - before) // self.work.mini_batch_size  # it counts examples

    def feedforward(self, X):
        return self.net.predict(X) if self.work.output == "linear" else self.net.predict_proba(X)
