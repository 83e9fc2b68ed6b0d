"""scikit-learn's MLPClassifier, told to do the same work."""

import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier

LABEL = "scikit-learn MLPClassifier"
FORM = "partial_fit, solver sgd, momentum 0; also sums the cost of its training data"
PACKAGES = ("scikit-learn", "numpy", "scipy")


class Trainer:
    """Given one-hot rows, MLPClassifier takes sigmoid outputs and their cross-entropy, as the book does.

    Its penalty is alpha / 2m in a mini-batch of m, the book's lmbda / 2n in all: alpha = lmbda m / n.
    It starts from the same numbers: they take the place of its own after a first step on one example.
    """

    def __init__(self, work, X, Y):
        self.X, self.Y = X, Y.astype(np.int64)
        self.net = MLPClassifier(
            work.sizes[1:-1],
            activation="logistic",
            solver="sgd",
            momentum=0.0,
            learning_rate_init=work.eta,
            batch_size=work.mini_batch_size,
            alpha=work.lmbda * work.mini_batch_size / work.n,
            random_state=work.seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that one example is less than a mini-batch
            self.net.partial_fit(X[:1], self.Y[:1], classes=np.arange(work.sizes[-1]))
        biases, weights = work.parameters()
        for own, start in zip(self.net.coefs_, weights, strict=True):
            own[:] = start.T
        for own, start in zip(self.net.intercepts_, biases, strict=True):
            own[:] = start

    def epoch(self):
        self.net.partial_fit(self.X, self.Y)

    def feedforward(self, X):
        return self.net.predict_proba(X)
