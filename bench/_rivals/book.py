"""The book's algorithm: one example at a time, in NumPy."""

import numpy as np

from nncore.reference import network as reference

LABEL = "the book's algorithm"
FORM = "nncore.reference: NumPy, float64, one example at a time; 4 % of an epoch, extrapolated"
PACKAGES = ("numpy",)
PART = 0.04


class Trainer:
    def __init__(self, work, X, Y):
        self.work, self.rng = work, np.random.default_rng(work.seed)
        self.X, self.Y = X.astype(np.float64)[:, :, None], Y.astype(np.float64)[:, :, None]
        self.net = reference.Network(work.sizes, cost="cross-entropy", seed=work.seed)
        biases, weights = work.parameters()
        self.net.biases, self.net.weights = [b[:, None] for b in biases], weights
        self.part = 1.0  # the first epoch is whole: its accuracy is shown

    def epoch(self):
        work, m = self.work, self.work.mini_batch_size
        order = self.rng.permutation(work.n)
        for k in range(0, int(work.n * self.part), m):
            rows = order[k : k + m]
            self.net.update_mini_batch((self.X[rows], self.Y[rows]), work.eta, work.lmbda, work.n)

    def after_first_epoch(self):
        self.part = PART

    def feedforward(self, X):
        return self.net.feedforward(X)
