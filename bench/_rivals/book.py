"""The book's algorithm: one example at a time, in NumPy."""

import numpy as np

from nncore.reference import network as reference

LABEL = "the book's algorithm"
FORM = "nncore.reference: NumPy, float64, one example at a time"
PACKAGES = ("numpy",)


def takes(work):
    return not work.filters and work.output == "sigmoid" and work.rule == "sgd"


class Trainer:
    def __init__(self, work, X, Y):
        self.work, self.rng = work, np.random.default_rng(work.seed)
        self.X, self.Y = X.astype(np.float64)[:, :, None], Y.astype(np.float64)[:, :, None]
        self.net = reference.Network(work.sizes, cost="cross-entropy", seed=work.seed)
        biases, weights = work.parameters()
        self.net.biases, self.net.weights = [b[:, None] for b in biases], weights

    def epochs(self, count, shuffle=True):
        work, steps = self.work, 0
        for _ in range(count):
            for rows in work.order(self.rng, shuffle):
                self.net.update_mini_batch((self.X[rows], self.Y[rows]), work.eta, work.lmbda, work.n)
                steps += 1
        return steps

    def feedforward(self, X):
        return self.net.feedforward(X)
